/** A value that its type does not take, with the way to it. Internal: the engine turns it into an ArgumentError or a violation. */

export class Misfit extends Error {
  /** Keys, indices and parameter names from the arguments down to the value. */
  readonly path: (string | number)[] = []
  /** What the type takes, in words. */
  declare readonly expected: string
  declare readonly value: unknown

  constructor(expected: string, value: unknown) {
    super()
    this.expected = expected
    this.value = value
  }

  override get name(): string {
    return 'Misfit'
  }

  override get message(): string {
    // A recursive value may have a long way to it; its ends are enough.
    const steps = this.path.length > 12 ? [...this.path.slice(0, 6), '...', ...this.path.slice(-5)] : this.path
    const way = steps.map((key, i) => (typeof key === 'number' ? `[${key}]` : (i ? '.' : '') + brief(key))).join('')
    return `${way}${way && ': '}expected ${this.expected}, got ${describe(this.value)}`
  }
}

/** Adds one step to the way of a Misfit that passes by; other errors pass untouched. Use as `throw within(error, key)`. */
export function within(error: unknown, key: string | number): unknown {
  if (error instanceof Misfit) error.path.unshift(key)
  return error
}

const brief = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text)

/** A value in at most 80 characters. Never throws and runs no code of the value but, at worst, a proxy's traps. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `${JSON.stringify(brief(value)).slice(0, 60)}${value.length > 40 ? ` (${value.length} long)` : ''}`
    case 'bigint':
      // Printing a bigint of a million digits takes seconds.
      return BigInt.asIntN(72, value) === value ? `${value}n` : 'a huge bigint'
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    case 'object':
      return value ? describeObject(value) : 'null'
    default:
      return String(value)
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  let name: unknown
  try {
    name = Object.getPrototypeOf(value)?.constructor?.name
  } catch {}
  return typeof name === 'string' && name && name !== 'Object' ? `an instance of ${brief(name)}` : 'an object'
}
