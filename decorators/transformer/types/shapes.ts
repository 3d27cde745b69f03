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
  const [only] = types
  if (types.length === 1 && (typeof only === 'string' || !/^(opt|union|enum)$/.test(only![0]))) return only!
  const found = gathered(types)
  const { members, optional } = found
  if (members.includes('unknown')) return 'unknown'
  let { enumAt } = found
  let literals: readonly Literal[] = found.literals.items
  const has = (shape: Shape): boolean => members.includes(shape)
  const isBoolean = literals.includes(true) && literals.includes(false)
  const isNullable = has('null') && members.length === 1
  if (literals.length > 0 && !isBoolean && isNullable) {
    members.length = 0
    if (!literals.includes(null)) literals = [...literals, null]
    enumAt = 0
  }
  if (isBoolean && !has('bool')) members.splice(enumAt, 0, 'bool')
  const general = { string: has('str'), number: has('float64'), boolean: has('bool'), object: has('null') }
  const kept = literals.filter(value => !general[typeof value as keyof typeof general])
  if (kept.length > 0) {
    const choice: Shape = ['enum', kept]
    if (found.origin) origins.set(choice, found.origin)
    members.splice(enumAt, 0, choice)
  }
  // A reference is null where its object is out of view: `Player | null` says no more than `Player`.
  const plain = members.some(isReference) ? members.filter(member => member !== 'null') : members
  if (plain.length === 0) return optional ? 'undefined' : 'never'
  const union: Shape = plain.length === 1 ? plain[0]! : ['union', plain]
  return optional ? ['opt', union] : union
}

/** `T | undefined` */
export function orUndefined(type: Resolved): Resolved {
  if (type === 'never') return 'undefined'
  return type === 'undefined' || type === 'unknown' || isOptional(type) ? type : ['opt', type]
}

/** The members of nested unions, literals apart, each once. */
function gathered(types: readonly Resolved[]) {
  const literals = distinct<Literal>(value => value)
  const members = distinct<Shape>(shape => (typeof shape === 'string' ? shape : JSON.stringify(shape)), equal)
  let optional = false
  let enumAt = -1
  let origin: object | undefined
  const add = (type: Resolved): void => {
    if (type === 'undefined') optional = true
    else if (type === 'never') return
    else if (isOptional(type)) {
      optional = true
      add(type[1])
    } else if (typeof type !== 'string' && type[0] === 'union') type[1].forEach(add)
    else if (isLiterals(type)) {
      origin = enumAt < 0 || origin === enumOf(type) ? enumOf(type) : mixed
      if (enumAt < 0) enumAt = members.items.length
      type[1].forEach(literals.add)
    } else members.add(type)
  }
  types.forEach(add)
  return { members: members.items, literals, optional, enumAt, origin }
}

/** Gathers items once each. Only many of them pay for keys to compare by. */
function distinct<T>(keyOf: (item: T) => unknown, same: (a: T, b: T) => boolean = Object.is) {
  const items: T[] = []
  let keys: Set<unknown> | undefined
  const add = (item: T): void => {
    if (items.length >= 16) keys ??= new Set(items.map(keyOf))
    if (keys) {
      const before = keys.size
      if (keys.add(keyOf(item)).size === before) return
    } else if (items.some(other => same(other, item))) return
    items.push(item)
  }
  return { items, add }
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

/** How many parts a type has, written out; what is beyond `limit` is not counted. */
export function weigh(type: unknown, limit: number): number {
  if (typeof type !== 'object' || type === null) return 1
  let weight = 1
  for (const part of Object.values(type)) {
    weight += weigh(part, limit - weight)
    if (weight > limit) return weight
  }
  return weight
}

/** Whether two types are written the same. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(key => Object.hasOwn(b, key) && equal((a as never)[key], (b as never)[key]))
}
