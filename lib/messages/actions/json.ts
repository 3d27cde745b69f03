/** Actions as JSON, for those who read the wire, with a form for what JSON lacks. */
import { MalformedError } from '../../base/errors.ts'
import { MAX_DEPTH } from '../../schema/codec/contract.ts'
import { Misfit, within } from '../../schema/codec/misfit.ts'
import { define } from '../../schema/codec/structures.ts'
import type { Encoder } from './encoder.ts'

// One key that begins with a dollar says what JSON lacks; of the game's own objects of one such key, the dollar is doubled.
const BYTES = '$bytes'
const BIGINT = '$bigint'
const NUMBER = '$number'

const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Text, for eyes and for tools. Bytes travel as `{ "$bytes": base64 }`, a bigint of 64 bits as `{ "$bigint": "12" }`, `NaN` and the infinities as `{ "$number": "NaN" }`.
 * A Date, Map, Set or instance of a class throws when it is sent: msgpack carries those.
 */
export const json: Encoder = {
  name: 'json',
  encode: value => utf8.encode(JSON.stringify(lower(value, 0))),
  decode(bytes) {
    let parsed: unknown
    try {
      parsed = JSON.parse(text.decode(bytes))
    } catch (cause) {
      throw new MalformedError('The bytes of an action are no JSON.', { cause })
    }
    return lift(parsed, 0)
  },
}

function lower(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value
    case 'number':
      return Number.isFinite(value) ? value : { [NUMBER]: String(value) }
    case 'bigint':
      if (isWide(value)) return { [BIGINT]: String(value) }
      break
    case 'object':
      return value === null ? null : lowerObject(value, depth)
  }
  throw new Misfit('a value that JSON carries', value)
}

function lowerObject(value: object, depth: number): unknown {
  if (depth >= MAX_DEPTH) throw new Misfit(`at most ${MAX_DEPTH} levels, none of them cyclic`, value)
  if (value instanceof Uint8Array) return { [BYTES]: toBase64(value) }
  if (Array.isArray(value)) return Array.from(value, (item, i) => step(i, () => lower(item, depth + 1)))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw new Misfit('a value that JSON carries (msgpack takes Date, Map, Set and structs)', value)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  const object = {}
  for (const [key, item] of entries)
    define(
      object,
      entries.length === 1 && key.startsWith('$') ? `$${key}` : key,
      step(key, () => lower(item, depth + 1)),
    )
  return object
}

function lift(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) throw new Misfit(`at most ${MAX_DEPTH} levels`, value)
  if (Array.isArray(value)) return value.map((item, i) => step(i, () => lift(item, depth + 1)))
  const entries = Object.entries(value)
  if (entries.length === 1 && entries[0]![0].startsWith('$')) return special(...entries[0]!, depth)
  const object = {}
  for (const [key, item] of entries)
    define(
      object,
      key,
      step(key, () => lift(item, depth + 1)),
    )
  return object
}

function special(key: string, content: unknown, depth: number): unknown {
  if (key.startsWith('$$')) {
    const object = {}
    define(
      object,
      key.slice(1),
      step(key, () => lift(content, depth + 1)),
    )
    return object
  }
  if (key === BYTES && typeof content === 'string') return fromBase64(content)
  if (key === NUMBER && ['NaN', 'Infinity', '-Infinity'].includes(content as string)) return Number(content)
  if (key === BIGINT && typeof content === 'string' && /^-?\d{1,20}$/.test(content)) {
    const value = BigInt(content)
    if (isWide(value)) return value
  }
  throw new Misfit('$bytes, $bigint or $number with what belongs to it', content)
}

const isWide = (value: bigint): boolean => BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value

function step<T>(key: string | number, task: () => T): T {
  try {
    return task()
  } catch (error) {
    throw within(error, key)
  }
}

function toBase64(bytes: Uint8Array): string {
  let letters = ''
  for (let at = 0; at < bytes.length; at += 0x2000) letters += String.fromCharCode(...bytes.subarray(at, at + 0x2000))
  return btoa(letters)
}

function fromBase64(letters: string): Uint8Array {
  try {
    return Uint8Array.from(atob(letters), letter => letter.charCodeAt(0))
  } catch {
    throw new Misfit('bytes in base64', letters)
  }
}
