/** The algebra of shapes: unions and intersections in one normal form. */
import type { Literal, Shape } from '../../../lib/schema/shape.ts'

/** A shape, or one of the two types that no value of the wire has. */
export type Resolved = Shape | 'undefined' | 'never'

export type Keys = Readonly<Record<string, Shape>>

const integers = new Set(['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32', 'varint'])

export function isLiterals(type: Resolved): type is readonly ['enum', readonly Literal[]] {
  return type[0] === 'enum' && typeof type !== 'string'
}

export function isOptional(type: Resolved): type is readonly ['opt', Shape] {
  return type[0] === 'opt' && typeof type !== 'string'
}

/** What a union's members come to: literals gathered into one enum, `undefined` outermost, nothing twice; the order is kept. */
export function unionOf(types: readonly Resolved[]): Resolved {
  const members: Shape[] = []
  const literals: Literal[] = []
  let optional = false
  let enumAt = -1
  const add = (type: Resolved): void => {
    if (type === 'undefined') optional = true
    else if (type === 'never') return
    else if (isOptional(type)) {
      optional = true
      add(type[1])
    } else if (typeof type !== 'string' && type[0] === 'union') type[1].forEach(add)
    else if (isLiterals(type)) {
      if (enumAt < 0) enumAt = members.length
      for (const value of type[1]) if (!literals.includes(value)) literals.push(value)
    } else if (!members.some(member => equal(member, type))) members.push(type)
  }
  types.forEach(add)
  if (members.includes('unknown')) return 'unknown'

  const has = (shape: Shape): boolean => members.includes(shape)
  const onlyNull = members.every(member => member === 'null')
  if (literals.length > 0 && onlyNull && has('null')) {
    members.length = 0
    if (!literals.includes(null)) literals.push(null)
    enumAt = 0
  }
  if (literals.length === 2 && literals.includes(true) && literals.includes(false)) literals.splice(0, 2, ...addBool())
  const kept = literals.filter(
    value =>
      !(
        (typeof value === 'string' && has('str')) ||
        (typeof value === 'number' && has('float64')) ||
        (typeof value === 'boolean' && has('bool')) ||
        (value === null && has('null'))
      ),
  )
  if (kept.length > 0) members.splice(enumAt, 0, ['enum', kept])
  // A reference is null where its object is out of view: `Player | null` says no more than `Player`.
  const plain = members.some(isReference) ? members.filter(member => member !== 'null') : members
  if (plain.length === 0) return optional ? 'undefined' : 'never'
  const union: Shape = plain.length === 1 ? plain[0]! : ['union', plain]
  return optional ? ['opt', union] : union

  function addBool(): Literal[] {
    if (!members.includes('bool')) members.splice(enumAt, 0, 'bool')
    return []
  }
}

const isReference = (shape: Shape): boolean => typeof shape !== 'string' && shape[0] === 'ref'

/** What a value of both types is, or undefined where that cannot be said. `open` looks behind the name of a recursive type. */
export function intersectionOf(a: Resolved, b: Resolved, open: (shape: Resolved) => Resolved): Resolved | undefined {
  if (equal(a, b)) return a
  if (a === 'unknown') return b
  if (b === 'unknown') return a
  if (a === 'never' || b === 'never') return 'never'
  if (a === 'undefined') return isOptional(b) ? 'undefined' : undefined
  if (b === 'undefined') return isOptional(a) ? 'undefined' : undefined
  if (isOptional(a) || isOptional(b)) {
    const inner = intersectionOf(isOptional(a) ? a[1] : a, isOptional(b) ? b[1] : b, open)
    return inner && isOptional(a) && isOptional(b) ? unionOf([inner, 'undefined']) : inner
  }
  if (isLiterals(a) && isLiterals(b)) return literals(a[1].filter(value => b[1].includes(value)))
  if (isLiterals(a)) return narrow(a[1], b)
  if (isLiterals(b)) return narrow(b[1], a)
  if (a === 'float64' && isNumber(b)) return b
  if (b === 'float64' && isNumber(a)) return a
  if (a === 'str' && b[0] === 'str') return b
  if (b === 'str' && a[0] === 'str') return a
  const left = open(a)
  const right = open(b)
  if (left[0] === 'union' && typeof left !== 'string') return distribute(left[1] as readonly Shape[], right, open)
  if (right[0] === 'union' && typeof right !== 'string') return distribute(right[1] as readonly Shape[], left, open)
  if (left[0] !== 'struct' || right[0] !== 'struct') return undefined
  const keys: Record<string, Shape> = { ...(left[1] as Keys) }
  for (const [key, shape] of Object.entries(right[1] as Keys)) {
    const both = keys[key] === undefined ? shape : intersectionOf(keys[key], shape, open)
    if (both === undefined || both === 'undefined') return undefined
    if (both === 'never') return 'never'
    keys[key] = both
  }
  return ['struct', keys]
}

function distribute(
  members: readonly Shape[],
  other: Resolved,
  open: (shape: Resolved) => Resolved,
): Resolved | undefined {
  const parts = members.map(member => intersectionOf(member, other, open))
  return parts.includes(undefined) ? undefined : unionOf(parts as Resolved[])
}

function isNumber(shape: Resolved): boolean {
  return integers.has(shape as string) || shape === 'float32' || (typeof shape !== 'string' && shape[0] === 'quantized')
}

function narrow(values: readonly Literal[], shape: Resolved): Resolved | undefined {
  if (shape === 'bool') return literals(values.filter(value => typeof value === 'boolean'))
  if (shape === 'float64') return literals(values.filter(value => typeof value === 'number'))
  if (shape === 'str') return literals(values.filter(value => typeof value === 'string'))
  return undefined
}

export function literals(values: readonly Literal[]): Resolved {
  return values.length === 0 ? 'never' : unionOf([['enum', values]])
}

export function equal(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
