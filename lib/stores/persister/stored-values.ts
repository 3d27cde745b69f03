/**
 * Arguments as stores keep them: JSON that a person can read and mend. What JSON has no word for is an object of one key that begins with `$`; keys of a game's own that
 * begin so get another `$` in front. It does not depend on the types: those decide when a value comes back, as they do for a call.
 */
import type { Structs } from '../../schema/codec/contract.ts'
import { Misfit } from '../../schema/codec/misfit.ts'
import { define, valueAt } from '../../schema/codec/structures.ts'
import { NetworkObject } from '../../schema/network-object.ts'
import { structName, structNamed } from '../../schema/rare/structs.ts'
import { isStoredId } from '../store.ts'

/** Network objects in stored values: by stored id. */
export interface StoredReferences {
  /** Null for an object that is not stored: it cannot be referred to beyond this run. */
  idOf(object: NetworkObject): string | null
  /** Null where it is not in the game. */
  objectAt(id: string): NetworkObject | null
}

/** Stands for a stored object that is not in the game, where a value refers to one. */
export class StoredReference {
  readonly storedId: string

  constructor(storedId: string) {
    this.storedId = storedId
  }
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const arrays: ReadonlyMap<unknown, { from(values: unknown[]): ArrayLike<unknown> & Iterable<unknown> }> = new Map(
  [
    Int8Array,
    Int16Array,
    Int32Array,
    BigInt64Array,
    Uint16Array,
    Uint32Array,
    BigUint64Array,
    Float32Array,
    Float64Array,
  ].map(type => [type.name, type as never]),
)

/** `values` as JSON; the same array where it is JSON already. */
export function toStored(values: readonly unknown[], structs: Structs, refs: StoredReferences): readonly Json[] {
  return values.every(isPlain) ? (values as Json[]) : values.map(value => lower(value, structs, refs))
}

/** The way back. @throws Misfit for a tag that is none of ours, or that holds what it does not take. */
export function fromStored(stored: readonly unknown[], structs: Structs, refs: StoredReferences): unknown[] {
  return stored.map(value => (isPlain(value) ? value : lift(value as Json, structs, refs)))
}

/** Texts that JSON writes as they stand. */
const unescaped = /^[ !#-[\]-~]*$/

/** `values` as JSON text where each is a number, a text, a boolean or null, as most are; undefined for all others. Each saved object passes here. */
export function plainText(values: readonly unknown[]): string | undefined {
  let text = '['
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (i > 0) text += ','
    if (!isPlain(value)) return undefined
    text += typeof value !== 'string' ? value : unescaped.test(value) ? `"${value}"` : JSON.stringify(value)
  }
  return `${text}]`
}

function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'string':
    case 'boolean':
      return true
    default:
      return value === null
  }
}

function lower(value: unknown, structs: Structs, refs: StoredReferences): Json {
  if (isPlain(value)) return value as Json
  if (typeof value === 'number') return { $number: Object.is(value, -0) ? '-0' : String(value) }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (value === undefined) return { $undefined: true }
  const each = (item: unknown): Json => lower(item, structs, refs)
  if (Array.isArray(value)) return value.map(each)
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) }
  if (ArrayBuffer.isView(value)) return { $numbers: [value.constructor.name, Array.from(value as Int8Array, each)] }
  if (value instanceof Date) return { $date: value.toISOString() }
  if (value instanceof Map) return { $map: Array.from(value, entry => entry.map(each)) }
  if (value instanceof Set) return { $set: Array.from(value, each) }
  if (value instanceof StoredReference) return { $object: value.storedId }
  if (value instanceof NetworkObject) {
    const id = refs.idOf(value)
    return id === null ? null : { $object: id }
  }
  const keys = (names: readonly string[]): Json => {
    const entries: Record<string, Json> = {}
    for (const key of names) {
      const item = valueAt(value as Record<string, unknown>, key)
      if (item !== undefined) define(entries, key.startsWith('$') ? `$${key}` : key, each(item))
    }
    return entries
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  const name = prototype === Object.prototype ? undefined : structName(structs, (value as object).constructor)
  // What an instance carries beyond its type belongs to this run.
  return name === undefined ? keys(Object.keys(value as object)) : { $struct: [name, keys(structKeys(structs, name))] }
}

function lift(stored: Json, structs: Structs, refs: StoredReferences): unknown {
  if (typeof stored !== 'object' || stored === null) return stored
  const each = (item: Json): unknown => lift(item, structs, refs)
  if (Array.isArray(stored)) return stored.map(each)
  const entries = Object.entries(stored as { readonly [key: string]: Json })
  const [first] = entries
  if (entries.length === 1 && first && /^\$[^$]/.test(first[0])) return special(first[0], first[1], each, structs, refs)
  const object = {}
  for (const [key, item] of entries) define(object, key.startsWith('$$') ? key.slice(1) : key, each(item))
  return object
}

function special(
  tag: string,
  content: Json,
  each: (item: Json) => unknown,
  structs: Structs,
  refs: StoredReferences,
): unknown {
  const text = typeof content === 'string' ? content : null
  const items = Array.isArray(content) ? (content as readonly Json[]) : null
  switch (tag) {
    case '$number':
      if (text !== null && /^(NaN|-?Infinity|-0)$/.test(text)) return Number(text)
      break
    case '$bigint':
      if (text !== null && /^-?\d{1,20}$/.test(text)) return BigInt(text)
      break
    case '$undefined':
      if (content === true) return undefined
      break
    case '$bytes':
      if (text !== null) return fromBase64(text)
      break
    case '$date': {
      // Other forms mean a time that depends on the machine.
      const date = new Date(text !== null && /^([+-]\d\d)?\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) ? text : Number.NaN)
      if (!Number.isNaN(date.getTime())) return date
      break
    }
    case '$numbers':
      if (items?.length === 2 && Array.isArray(items[1])) return numbers(items[0]!, items[1].map(each))
      break
    case '$map':
      if (items?.every(item => Array.isArray(item) && item.length === 2))
        return new Map(items.map(item => (item as readonly Json[]).map(each) as [unknown, unknown]))
      break
    case '$set':
      if (items) return new Set(items.map(each))
      break
    case '$object':
      if (isStoredId(content)) return refs.objectAt(content) ?? new StoredReference(content)
      break
    case '$struct':
      if (items?.length === 2 && typeof items[0] === 'string') return instance(items[0], each(items[1]!), structs)
  }
  throw new Misfit('a value in the form of stored values', { [tag]: content })
}

function numbers(kind: Json, values: unknown[]): unknown {
  const type = arrays.get(kind)
  const item = String(kind).startsWith('Big') ? 'bigint' : 'number'
  const array = type && values.every(value => typeof value === item) && type.from(values)
  // Those of whole numbers cut what they cannot hold.
  if (!array || (!/^Float/.test(String(kind)) && values.some((value, i) => value !== array[i])))
    throw new Misfit('the numbers of a typed array', values)
  return array
}

function instance(name: string, values: unknown, structs: Structs): object {
  const struct = structNamed(structs, name)
  if (!struct) throw new Misfit('the name of a registered struct', name)
  if (typeof values !== 'object' || values === null || Object.getPrototypeOf(values) !== Object.prototype)
    throw new Misfit(`the keys of a ${name}`, values)
  let made: object
  try {
    made = new struct.target()
  } catch (cause) {
    throw Object.assign(new Misfit(`that new ${name}() works without arguments`, undefined), { cause })
  }
  for (const key of structKeys(structs, name))
    if (Object.hasOwn(values, key)) define(made, key, (values as Record<string, unknown>)[key])
  return made
}

const structKeys = (structs: Structs, name: string): string[] =>
  Object.keys(structNamed(structs, name)!.shape.at(-1) as object)

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
  } catch {
    throw new Misfit('bytes in base64', text)
  }
}
