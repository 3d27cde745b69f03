/**
 * One form for all ways to write the same type, so that bytes and hashes never depend on the order in which somebody wrote keys or literals.
 * Types take it where they are written down: the transformer emits it, the wire types by hand make it. Codecs and schemas know no other.
 */
import { SchemaError } from '../base/errors.ts'
import { MAX_COUNT } from './codec/contract.ts'
import { plainKinds } from './codec/kinds.ts'
import type { FieldSchema, Literal, ParameterShape, Shape, Types } from './shape.ts'

export interface NormalForm {
  readonly shape: Shape
  /** The recursive types that `shape` uses, by number in order of first use. */
  readonly types: Types
}

/**
 * The normal form of a shape: limits of 65,535 left out, keys and enum values sorted, the latter by type and value without duplicates, nested unions
 * flattened, their literals joined into one enum at the place of the first, recursive types numbered by first use, other named types put in place.
 * The members of a union keep their order: the first that takes a value is used, so the order is part of the contract.
 * Throws SchemaError for unknown kinds and names, impossible limits, lists of nothing and types without an end.
 */
export function normalizeShape(shape: Shape, types: Types = {}): NormalForm {
  const normalizer = new Normalizer(types)
  return { shape: normalizer.checked(shape), types: normalizer.types }
}

/** The normal form of all that a field's calls carry. Recursive types are numbered over the whole field. Throws SchemaError. */
export function normalizeField(field: FieldSchema): FieldSchema {
  const { params, result, types: _, ...others } = field
  const normalizer = new Normalizer(field.types ?? {})
  const normal: ParameterShape[] = params.map(([name, shape], i) => {
    if (shape[0] !== 'rest') return [name, normalizer.checked(shape as Shape)]
    if (i < params.length - 1) throw new SchemaError(`The rest parameter ${name} must be the last.`)
    return [name, ['rest', (normalizer.checked(['list', shape[1] as Shape]) as readonly ['list', Shape])[1]]]
  })
  return {
    params: normal,
    ...(result !== undefined && { result: result === 'void' ? result : normalizer.checked(result) }),
    ...others,
    ...(Object.keys(normalizer.types).length > 0 && { types: normalizer.types }),
  }
}

class Normalizer {
  readonly types: Record<string, Shape> = {}
  readonly #source: Types
  readonly #numbers = new Map<string, string>()

  constructor(source: Types) {
    this.#source = source
  }

  checked(shape: Shape): Shape {
    const normal = this.#of(shape)
    check(normal, this.types, new Set())
    return normal
  }

  #of(shape: Shape): Shape {
    const kind = kindOf(shape)
    if (!(typeof shape === 'string' ? plain : compound).includes(kind)) throw wrong(shape)
    if (typeof shape === 'string') return shape
    if (shape[0] === 'type') return this.#named(shape[1])
    if (shape[0] === 'enum') return choice(shape[1])
    if (shape[0] === 'quantized') {
      const [, min, max, bits] = shape
      const fits =
        min < max && max - min < Number.POSITIVE_INFINITY && bits >= 1 && bits <= 32 && Number.isInteger(bits)
      if (!fits) throw wrong(shape)
    }
    if (shape[0] === 'numbers' && !numbersKinds.includes(shape[1])) throw wrong(shape)
    const normal = mapParts(shape, part => this.#of(part)) as Exclude<Shape, string>
    if (normal[0] === 'opt') return normal[1][0] === 'opt' ? normal[1] : normal
    if (normal[0] === 'union') return union(normal[1])
    const at = limits[kind]
    if (at === undefined) return normal
    const max = (normal[at] as number | undefined) ?? MAX_COUNT
    if (!(max >= 0 && max <= 0xffffffff && Number.isInteger(max))) throw wrong(shape)
    const unlimited = normal.slice(0, at)
    if (max !== MAX_COUNT) return [...unlimited, max] as unknown as Shape
    return (at === 1 ? kind : unlimited) as Shape
  }

  #named(name: string): Shape {
    const type = lookUp(this.#source, name)
    if (!this.#reaches(type, name, new Set())) return this.#of(type)
    let number = this.#numbers.get(name)
    if (number === undefined) {
      number = String(this.#numbers.size)
      this.#numbers.set(name, number)
      this.types[number] = this.#of(type)
    }
    return ['type', number]
  }

  /** Whether the type `name` occurs within a shape. */
  #reaches(shape: Shape, name: string, seen: Set<string>): boolean {
    if (shape[0] !== 'type') return parts(shape).some(part => this.#reaches(part, name, seen))
    if (shape[1] === name) return true
    if (seen.has(shape[1])) return false
    seen.add(shape[1])
    return this.#reaches(lookUp(this.#source, shape[1]), name, seen)
  }
}

/** @param members in normal form. */
function union(members: readonly Shape[]): Shape {
  const flat: Shape[] = []
  const literals: Literal[] = []
  let place = -1
  let optional = false
  const add = (member: Shape): void => {
    const kind = kindOf(member)
    if (kind === 'union') for (const inner of member[1] as readonly Shape[]) add(inner)
    else if (kind === 'opt') {
      optional = true
      add(member[1] as Shape)
    } else if (kind === 'null' || kind === 'enum') {
      if (place < 0) place = flat.length
      literals.push(...(kind === 'null' ? [null] : (member[1] as readonly Literal[])))
    } else if (!flat.some(other => JSON.stringify(other) === JSON.stringify(member))) flat.push(member)
  }
  members.forEach(add)
  if (place >= 0) flat.splice(place, 0, choice(literals))
  const of: Shape = flat.length === 1 ? flat[0]! : ['union', flat]
  if (flat.length === 0) throw wrong(of)
  return optional ? ['opt', of] : of
}

const order = ['object', 'boolean', 'number', 'string']
const rank = (value: Literal): number => order.indexOf(typeof value)

function choice(values: readonly Literal[]): Shape {
  const sorted = [...new Set(values)].sort((a, b) => rank(a) - rank(b) || (a! < b! ? -1 : 1))
  if (
    sorted.length === 0 ||
    sorted.some(value => rank(value) < 0 || (typeof value === 'number' && !Number.isFinite(value)))
  )
    throw wrong(['enum', values])
  const kinds = JSON.stringify(sorted)
  return kinds === '[null]' ? 'null' : kinds === '[false,true]' ? 'bool' : ['enum', sorted]
}

/** Refuses, anywhere in a normal form, items that take no bytes (three bytes on the wire could then fill a memory) and types without an end. */
function check(shape: Shape, types: Types, seen: Set<string>): void {
  if (shape[0] === 'type') {
    if (seen.has(shape[1])) return
    seen.add(shape[1])
    leastBytes(shape, types)
    check(types[shape[1]]!, types, seen)
  }
  const within = parts(shape)
  const counted = shape[0] === 'list' || shape[0] === 'set' || shape[0] === 'map'
  if (counted && within.every(part => leastBytes(part, types) === 0))
    throw new SchemaError('A list of nothing but null holds only its length: send that as a number.')
  for (const part of within) check(part, types, seen)
}

/** A lower bound for the bytes of a value in normal form. Throws SchemaError for a type that contains itself without an end. */
function leastBytes(shape: Shape, types: Types, open: readonly string[] = []): number {
  const kind = kindOf(shape)
  if (kind === 'null') return 0
  if (shape[0] === 'type') {
    if (open.includes(shape[1]))
      throw new SchemaError('A type contains itself without an end: make the inner one optional or an array.')
    return leastBytes(types[shape[1]]!, types, [...open, shape[1]])
  }
  if (kind !== 'struct' && kind !== 'instance' && kind !== 'tuple') return 1
  return parts(shape).reduce((total, part) => total + leastBytes(part, types, open), 0)
}

/** The same shape with `f` of each shape directly within. Keys come in code unit order. */
function mapParts(shape: Shape, f: (part: Shape) => Shape): Shape {
  if (typeof shape === 'string' || leaves.includes(shape[0])) return shape
  const mapped = (part: unknown, i: number): unknown => {
    if (i === 0 || typeof part === 'number' || (i === 1 && shape[0] === 'instance')) return part
    if (i === 1 && (shape[0] === 'tuple' || shape[0] === 'union')) return (part as Shape[]).map(f)
    if (typeof part !== 'object' || Array.isArray(part)) return f(part as Shape)
    const keys = part as Record<string, Shape>
    // fromEntries defines its keys, so that one called `__proto__` stays a key.
    return Object.fromEntries(
      Object.keys(keys)
        .sort()
        .map(key => [key, f(keys[key]!)]),
    )
  }
  return shape.map(mapped) as unknown as Shape
}

function parts(shape: Shape): Shape[] {
  const found: Shape[] = []
  mapParts(shape, part => {
    found.push(part)
    return part
  })
  return found
}

/** Shapes whose parameters are no shapes. */
const leaves: readonly string[] = ['str', 'bytes', 'numbers', 'quantized', 'enum', 'ref', 'type']
const plain: readonly string[] = [...plainKinds, 'int64', 'uint64', 'date', 'str', 'bytes', 'unknown']
const compound: readonly string[] = [...leaves, 'list', 'set', 'map', 'tuple', 'opt', 'union', 'struct', 'instance']

const numbersKinds: readonly string[] = 'int8 int16 int32 int64 uint16 uint32 uint64 float32 float64'.split(' ')

/** Where a shape has its limit. */
const limits: Readonly<Record<string, number>> = { str: 1, bytes: 1, numbers: 2, list: 2, set: 2, map: 3 }

const kindOf = (shape: Shape): string => (typeof shape === 'string' ? shape : shape?.[0])

function lookUp(types: Types, name: string): Shape {
  if (!Object.hasOwn(types, name)) throw new SchemaError(`There is no type named ${name} in the schema.`)
  return types[name]!
}

const wrong = (shape: Shape): SchemaError =>
  new SchemaError(`This is no type that the wire knows: ${JSON.stringify(shape)}.`)
