/** The only door to the console: what has nobody else to be told to. */

export function logWarning(text: string): void {
  console.warn(`fieldcast: ${text}`)
}

export function logError(error: unknown): void {
  console.error(error)
}
