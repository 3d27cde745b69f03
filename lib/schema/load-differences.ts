/** Loads what puts the difference of two contracts into words: hardly any client ever needs it. */

let inWords: Promise<typeof import('./differences.ts')> | undefined

/** What puts a difference into words: a module of its own, because hardly any client ever needs it. */
export function loadDifferences(): Promise<typeof import('./differences.ts')> {
  inWords ??= import('./differences.ts')
  return inWords
}
