/** Specs break rules on purpose: what the library then warns of is no news. Tests of the warnings themselves listen here. */

export const warnings: string[] = []

const { warn } = console
console.warn = (...args: unknown[]): void => {
  if (typeof args[0] === 'string' && args[0].startsWith('fieldcast: ')) {
    warnings.push(args[0])
    if (warnings.length > 1000) warnings.shift()
  } else warn(...args)
}
