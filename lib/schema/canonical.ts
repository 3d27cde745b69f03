/**
 * One form for all ways to write the same type. Both sides compare its text, and the codecs are compiled from it,
 * so that bytes never depend on the order in which somebody wrote keys or literals.
 */
import { SchemaError } from '../base/errors.ts'
import { MAX_COUNT } from './codec/contract.ts'
import { plainKinds } from './codec/numbers.ts'
import type { Literal, Shape } from './shape.ts'

export interface NormalForm {
  readonly shape: Shape
  /** The recursive types that `shape` uses, by number in order of first use. */
  readonly types: Readonly<Record<string, Shape>>
}

/**
 * The normal form of a shape: defaults explicit, keys, enum values sorted by type and value without duplicates, nested unions flattened, their literals
 * joined into one enum at the place of the first, recursive types numbered by first use, other named types put in place.
 * The members of a union keep their order: the first that takes a value is used, so the order is part of the contract.
 * Throws SchemaError for unknown kinds and names and for impossible limits.
 */
export function normalizeShape(shape: Shape, types: Readonly<Record<string, Shape>> = {}): NormalForm {
  return new Normalizer(types).form(shape)
}

/** The normal form as text; equal contracts give equal text. */
export function canonicalText(shape: Shape, types: Readonly<Record<string, Shape>> = {}): string {
  const normal = normalizeShape(shape, types)
  return text(Object.keys(normal.types).length > 0 ? [normal.shape, normal.types] : normal.shape)
}

/** A parameter's shape, a rest parameter's included. */
export type ParameterForm = Shape | readonly ['rest', Shape]

/** Whether loadUnknownCodec is needed for a shape that refers to `types`. Rather true too often than too seldom. */
export const usesUnknown = (shape: ParameterForm, types: Readonly<Record<string, Shape>> = {}): boolean =>
  holdsUnknown(shape) || holdsUnknown(types)

function holdsUnknown(part: unknown): boolean {
  if (part === 'unknown') return true
  if (Array.isArray(part) && leaves.includes(part[0])) return false
  return typeof part === 'object' && part !== null && Object.values(part).some(holdsUnknown)
}

/** Whether `test` holds for the kind of the shape or of any shape within. */
export function someShape(
  shape: Shape,
  types: Readonly<Record<string, Shape>>,
  test: (kind: string) => boolean,
  seen: Set<string> = new Set(),
): boolean {
  if (test(kindOf(shape))) return true
  if (shape[0] !== 'type') return parts(shape).some(part => someShape(part, types, test, seen))
  if (seen.has(shape[1])) return false
  seen.add(shape[1])
  return someShape(lookUp(types, shape[1]), types, test, seen)
}

/** A lower bound for the bytes of a value in normal form. Throws SchemaError for a type that contains itself without an end. */
export function leastBytes(shape: Shape, types: Readonly<Record<string, Shape>>, open: readonly string[] = []): number {
  const kind = kindOf(shape)
  if (kind === 'null') return 0
  if (shape[0] === 'type') {
    if (open.includes(shape[1]))
      throw new SchemaError('A type contains itself without an end: make the inner one optional or an array.')
    return leastBytes(lookUp(types, shape[1]), types, [...open, shape[1]])
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
    return Object.fromEntries(sortedKeys(keys).map(key => [key, f(keys[key]!)]))
  }
  return shape.map(mapped) as unknown as Shape
}

/** Shapes whose parameters are no shapes. */
const leaves: readonly string[] = ['str', 'bytes', 'quantized', 'enum', 'ref', 'type']

/** Where a shape has its limit. */
const limits: Readonly<Record<string, number>> = { str: 1, bytes: 1, list: 2, set: 2, map: 3 }

function parts(shape: Shape): Shape[] {
  const found: Shape[] = []
  mapParts(shape, part => {
    found.push(part)
    return part
  })
  return found
}

class Normalizer {
  private readonly source: Readonly<Record<string, Shape>>
  private readonly numbers = new Map<string, string>()
  private readonly types: Record<string, Shape> = {}

  constructor(source: Readonly<Record<string, Shape>>) {
    this.source = source
  }

  form(shape: Shape): NormalForm {
    return { shape: this.of(shape), types: this.types }
  }

  private of(shape: Shape): Shape {
    const kind = kindOf(shape)
    if (!(typeof shape === 'string' ? plain : compound).includes(kind)) throw wrong(shape)
    if (typeof shape === 'string') return kind in limits ? ([kind, MAX_COUNT] as unknown as Shape) : shape
    if (shape[0] === 'type') return this.named(shape[1])
    if (shape[0] === 'enum') return choice(shape[1])
    if (shape[0] === 'quantized') {
      const [, min, max, bits] = shape
      const fits =
        min < max && max - min < Number.POSITIVE_INFINITY && bits >= 1 && bits <= 32 && Number.isInteger(bits)
      if (!fits) throw wrong(shape)
    }
    const normal = mapParts(shape, part => this.of(part)) as Exclude<Shape, string>
    if (normal[0] === 'opt') return normal[1][0] === 'opt' ? normal[1] : normal
    if (normal[0] === 'union') return union(normal[1])
    const at = limits[kind]
    if (at === undefined) return normal
    const max = (normal[at] as number | undefined) ?? MAX_COUNT
    if (!(max >= 0 && max <= 0xffffffff && Number.isInteger(max))) throw wrong(shape)
    return [...normal.slice(0, at), max] as unknown as Shape
  }

  private named(name: string): Shape {
    const type = lookUp(this.source, name)
    if (!this.reaches(type, name, new Set())) return this.of(type)
    let number = this.numbers.get(name)
    if (number === undefined) {
      number = String(this.numbers.size)
      this.numbers.set(name, number)
      this.types[number] = this.of(type)
    }
    return ['type', number]
  }

  /** Whether the type `name` occurs within a shape. */
  private reaches(shape: Shape, name: string, seen: Set<string>): boolean {
    if (shape[0] !== 'type') return parts(shape).some(part => this.reaches(part, name, seen))
    if (shape[1] === name) return true
    if (seen.has(shape[1])) return false
    seen.add(shape[1])
    return this.reaches(lookUp(this.source, shape[1]), name, seen)
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
    } else if (!flat.some(other => text(other) === text(member))) flat.push(member)
  }
  members.forEach(add)
  if (place >= 0) flat.splice(place, 0, choice(literals))
  const of: Shape = flat.length === 1 ? flat[0]! : ['union', flat]
  if (flat.length === 0) throw wrong(of)
  return optional ? ['opt', of] : of
}

const kindOf = (shape: Shape): string => (typeof shape === 'string' ? shape : shape?.[0])

const plain: readonly string[] = [...plainKinds, 'str', 'bytes', 'unknown']
const compound: readonly string[] = [...leaves, 'list', 'set', 'map', 'tuple', 'opt', 'union', 'struct', 'instance']

function lookUp(types: Readonly<Record<string, Shape>>, name: string): Shape {
  if (!Object.hasOwn(types, name)) throw new SchemaError(`There is no type named ${name} in the schema.`)
  return types[name]!
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
  const kinds = text(sorted)
  return kinds === '[null]' ? 'null' : kinds === '[false,true]' ? 'bool' : ['enum', sorted]
}

const wrong = (shape: Shape): SchemaError => new SchemaError(`This is no type that the wire knows: ${text(shape)}.`)

const sortedKeys = (object: object): string[] => Object.keys(object).sort()

/** JSON with keys in code unit order; JSON.stringify would put integer-like keys first. */
function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text)}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value)
  return `{${sortedKeys(value).map(key => `${JSON.stringify(key)}:${text((value as Record<string, unknown>)[key])}`)}}`
}
