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

/** TypeScript tells the values of an enum from equal literals where it compares types. */
const origins = new WeakMap<object, object>()
const mixed = {}
/** Stands for any enum, perhaps none. */
export const someEnum: object = {}

/** The enum that a type's literals are from, if they are from one. */
export function enumOf(type: Resolved): object | undefined {
  return typeof type === 'string' ? undefined : origins.get(type)
}

/** Whether literals of `a` that `b` has too are the same to TypeScript. */
export function comparesByValue(a: Resolved, b: Resolved): boolean {
  const target = enumOf(b)
  return target === undefined || (target !== mixed && target !== someEnum && target === enumOf(a))
}

/** What a union's members come to: literals gathered into one enum, `undefined` outermost, nothing twice; the order is kept. */
export function unionOf(types: readonly Resolved[]): Resolved {
  const members: Shape[] = []
  const known = new Set<string>()
  const literals = new Set<Literal>()
  const from = new Set<object | undefined>()
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
      for (const value of type[1]) literals.add(value)
      from.add(enumOf(type))
    } else {
      const text = JSON.stringify(type)
      if (!known.has(text)) members.push(type)
      known.add(text)
    }
  }
  types.forEach(add)
  if (members.includes('unknown')) return 'unknown'

  const has = (shape: Shape): boolean => members.includes(shape)
  const isBoolean = literals.has(true) && literals.has(false)
  const onlyNull = members.every(member => member === 'null')
  if (literals.size > 0 && !isBoolean && onlyNull && has('null')) {
    members.length = 0
    literals.add(null)
    enumAt = 0
  }
  if (isBoolean && !members.includes('bool')) members.splice(enumAt, 0, 'bool')
  const kept = [...literals].filter(
    value =>
      !(
        (typeof value === 'string' && has('str')) ||
        (typeof value === 'number' && has('float64')) ||
        (typeof value === 'boolean' && has('bool')) ||
        (value === null && has('null'))
      ),
  )
  if (kept.length > 0) {
    const choice: Shape = ['enum', kept]
    const origin = from.size === 1 ? [...from][0] : mixed
    if (origin) origins.set(choice, origin)
    members.splice(enumAt, 0, choice)
  }
  // A reference is null where its object is out of view: `Player | null` says no more than `Player`.
  const plain = members.some(isReference) ? members.filter(member => member !== 'null') : members
  if (plain.length === 0) return optional ? 'undefined' : 'never'
  const union: Shape = plain.length === 1 ? plain[0]! : ['union', plain]
  return optional ? ['opt', union] : union
}

const isReference = (shape: Shape): boolean => typeof shape !== 'string' && shape[0] === 'ref'

/** What `typeof` says of the values, for types without keys of their own. */
export function kindsOf(type: Resolved): readonly string[] | undefined {
  if (isLiterals(type)) return type[1].map(value => (value === null ? 'null' : typeof value))
  const kind = typeof type === 'string' ? type : type[0]
  switch (kind) {
    case 'null':
    case 'undefined':
      return [kind]
    case 'str':
      return ['string']
    case 'bool':
      return ['boolean']
    case 'int64':
    case 'uint64':
      return ['bigint', 'number']
    case 'quantized':
    case 'varint':
      return ['number']
    default:
      return /^(u?int|float)\d+$/.test(kind) ? ['number'] : undefined
  }
}

/** What a value of both types is, or undefined where that cannot be said. `open` looks behind the name of a recursive type. */
export function intersectionOf(a: Resolved, b: Resolved, open: (shape: Resolved) => Resolved): Resolved | undefined {
  if (equal(a, b)) return a
  if (a === 'unknown') return b
  if (b === 'unknown') return a
  if (a === 'never' || b === 'never') return 'never'
  if (a === 'undefined') return isOptional(b) ? 'undefined' : 'never'
  if (b === 'undefined') return isOptional(a) ? 'undefined' : 'never'
  if (isOptional(a) || isOptional(b)) {
    const inner = intersectionOf(isOptional(a) ? a[1] : a, isOptional(b) ? b[1] : b, open)
    return inner && isOptional(a) && isOptional(b) ? unionOf([inner, 'undefined']) : inner
  }
  if (isLiterals(a) && isLiterals(b)) {
    const common = a[1].filter(value => b[1].includes(value))
    return common.length === 0 || enumOf(a) === enumOf(b) ? literals(common, enumOf(a)) : undefined
  }
  if (isLiterals(a) && isPlain(b)) return narrow(a, b)
  if (isLiterals(b) && isPlain(a)) return narrow(b, a)
  if (a === 'float64' && isNumber(b)) return b
  if (b === 'float64' && isNumber(a)) return a
  if (a === 'str' && b[0] === 'str') return b
  if (b === 'str' && a[0] === 'str') return a
  const left = open(a)
  const right = open(b)
  const kinds = [kindsOf(left), kindsOf(right)]
  if (kinds[0] && kinds[1] && !kinds[0].some(kind => kinds[1]!.includes(kind)))
    // Of `string & number` TypeScript makes never only where it stands by itself.
    return [left, right].some(type => type === 'bool' || type === 'null' || isLiterals(type)) ? 'never' : undefined
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

function isPlain(shape: Resolved): boolean {
  return shape === 'bool' || shape === 'float64' || shape === 'str'
}

function narrow(choice: readonly ['enum', readonly Literal[]], shape: Resolved): Resolved {
  const kind = shape === 'bool' ? 'boolean' : shape === 'float64' ? 'number' : 'string'
  return literals(
    choice[1].filter(value => typeof value === kind),
    enumOf(choice),
  )
}

/** @param from the enum that they are from, if they are from one. */
export function literals(values: readonly Literal[], from?: object): Resolved {
  if (values.length === 0) return 'never'
  if (values.every(value => value === null)) return 'null'
  const choice: Resolved = ['enum', values]
  if (from) origins.set(choice, from)
  return unionOf([choice])
}

const weights = new WeakMap<object, number>()

/** How many parts a type has, written out. */
export function weigh(type: unknown): number {
  if (typeof type !== 'object' || type === null) return 1
  let weight = weights.get(type)
  if (weight === undefined) {
    weight = 1
    for (const part of Object.values(type)) weight += weigh(part)
    weights.set(type, weight)
  }
  return weight
}

export function equal(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
