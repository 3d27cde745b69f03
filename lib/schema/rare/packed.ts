/** Values of no declared type as msgpack, with Map, Set, Date and structs on top. The only file that knows msgpackr. */
import { Packr } from 'msgpackr'
import { utf8Length } from '../../base/utf8.ts'
import type { Codec, Compiler, References, UnknownCodec } from '../codec/contract.ts'
import type { Kit } from './kit.ts'
import { scanPacked } from './scan.ts'
import { structName, structNamed } from './structs.ts'

// No msgpack extension is used: msgpackr's are registered for the whole process, and more of them decode than anybody asked for.
// What msgpack lacks is a map of one entry whose key is one of these numbers; the keys of plain objects are always text.
const MAP = 0
const SET = 1
const DATE = 2
const INSTANCE = 3
// Text that begins with a byte order mark, which msgpackr drops in browsers.
const TEXT = 4
const MARK = '\ufeff'

const packr = new Packr({ useRecords: false, mapsAsObjects: false })

/** The kit, with the count of levels that recursive types share. */
export interface PackedKit extends Kit {
  nested<T>(task: () => T, value?: unknown): T
}

export function packedCodec(kit: PackedKit, compiler: Compiler): UnknownCodec {
  const { MAX_COUNT: limit, MAX_DEPTH: maxDepth } = kit
  const structs = new StructCodecs(kit, compiler)
  const tooLong = (value: unknown): Error => new kit.Misfit(`at most ${limit} bytes of msgpack`, value)
  return {
    encode(value) {
      const lowered = new Lowering(kit, structs, limit, tooLong).lower(value)
      const bytes = new Uint8Array(packr.pack(lowered))
      if (bytes.length > limit) throw tooLong(value)
      return bytes
    },
    decode(bytes) {
      if (bytes.length > limit) throw tooLong(bytes)
      // Map, Set, Date and struct take two levels of msgpack for one of the value.
      const entries = scanPacked(kit, bytes, 2 * maxDepth)
      let packed: unknown
      try {
        // A view of its own: msgpackr puts a property onto its source.
        packed = packr.unpack(bytes.subarray())
      } catch (cause) {
        throw new kit.MalformedError('The bytes of an unknown are no msgpack.', { cause })
      }
      const lifting = new Lifting(kit, structs)
      const value = lifting.lift(packed)
      if (lifting.entries !== entries) throw new kit.Misfit('no key twice', value)
      return value
    },
  }
}

/** Registered structs, each with the codec of its declared keys: an unknown is no way around a struct's types. */
class StructCodecs {
  private readonly kit: Kit
  private readonly noReferences: References
  private readonly compiler: Compiler
  private readonly codecs = new Map<string, Codec>()

  constructor(kit: Kit, compiler: Compiler) {
    this.kit = kit
    const refuse = (value: unknown): never => {
      throw new kit.Misfit('no network object within an unknown', value)
    }
    // The bytes of an unknown are the same for all receivers; references are not.
    this.noReferences = { idOf: value => (value === null ? 0 : refuse(value)), objectAt: refuse }
    this.compiler = compiler
  }

  nameOf(value: object): string | undefined {
    return structName(this.compiler.structs, value.constructor)
  }

  write(name: string, value: object): Uint8Array {
    const w = new this.kit.Writer()
    this.of(name).write(w, value, this.noReferences)
    return w.slice()
  }

  read(name: string, bytes: Uint8Array): unknown {
    const r = new this.kit.Reader(bytes)
    const value = this.of(name).read(r, this.noReferences)
    r.finish()
    return value
  }

  private of(name: string): Codec {
    const known = this.codecs.get(name)
    if (known) return known
    const struct = structNamed(this.compiler.structs, name)
    if (!struct) throw new this.kit.Misfit('the name of a registered struct', name)
    const codec = this.compiler.of(struct.types ?? {}).compile(struct.shape)
    this.codecs.set(name, codec)
    return codec
  }
}

/** From a value to what msgpackr packs without further questions: null, booleans, numbers, text, bytes, arrays, Maps. */
class Lowering {
  private readonly kit: PackedKit
  private readonly structs: StructCodecs
  private readonly tooLong: (value: unknown) => Error
  /** Bytes that may still be spent. */
  private left: number

  constructor(kit: PackedKit, structs: StructCodecs, limit: number, tooLong: (value: unknown) => Error) {
    this.kit = kit
    this.structs = structs
    this.left = limit
    this.tooLong = tooLong
  }

  lower(value: unknown): unknown {
    this.spend(1, value)
    switch (typeof value) {
      case 'boolean':
      case 'number':
        return value
      case 'bigint':
        if (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value) return value
        break
      case 'string':
        return value.startsWith(MARK) ? new Map([[TEXT, this.marked(value)]]) : this.text(value)
      case 'object':
        return value === null ? null : this.kit.nested(() => this.object(value), value)
    }
    throw new this.kit.Misfit('a value that unknown can carry', value)
  }

  private object(value: object): unknown {
    if (Array.isArray(value)) return this.items(value)
    if (value instanceof Uint8Array) {
      this.spend(value.length, value)
      return new Uint8Array(value.buffer, value.byteOffset, value.length)
    }
    if (value instanceof Map) return new Map([[MAP, this.items([...value].flat())]])
    if (value instanceof Set) return new Map([[SET, this.items([...value])]])
    if (value instanceof Date && !Number.isNaN(value.getTime())) return new Map([[DATE, value.getTime()]])
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.entries(value)
    const name = this.structs.nameOf(value)
    if (name === undefined) throw new this.kit.Misfit('a value that unknown can carry (a class needs @struct)', value)
    const bytes = this.structs.write(name, value)
    this.spend(bytes.length, value)
    return new Map([[INSTANCE, [name, bytes]]])
  }

  private items(items: readonly unknown[]): unknown[] {
    // A sparse array of 2^32 must not be walked.
    if (items.length > this.left) throw this.tooLong(items)
    return Array.from(items, (item, i) => this.within(item, i))
  }

  private entries(value: object): Map<string, unknown> {
    const entries = new Map<string, unknown>()
    for (const [key, item] of Object.entries(value))
      if (key.startsWith(MARK)) throw new this.kit.Misfit('keys without a byte order mark before them', key)
      else if (item !== undefined) entries.set(this.text(key), this.within(item, key))
    return entries
  }

  private within(item: unknown, key: string | number): unknown {
    try {
      return this.lower(item)
    } catch (error) {
      throw this.kit.within(error, key)
    }
  }

  private text(text: string): string {
    if (!this.kit.isWellFormed(text)) throw new this.kit.Misfit('text without lone surrogates', text)
    this.spend(utf8Length(text), text)
    return text
  }

  private marked(text: string): Uint8Array {
    const w = new this.kit.Writer()
    w.text(this.text(text))
    return w.slice()
  }

  /** Every item takes at least a byte: so the limit also ends what holds one array a million times. */
  private spend(bytes: number, value: unknown): void {
    this.left -= bytes
    if (this.left < 0) throw this.tooLong(value)
  }
}

/** The way back. Counts the entries that it finds: fewer than were on the wire means that a key came twice. */
class Lifting {
  entries = 0
  private readonly kit: PackedKit
  private readonly structs: StructCodecs

  constructor(kit: PackedKit, structs: StructCodecs) {
    this.kit = kit
    this.structs = structs
  }

  lift(packed: unknown): unknown {
    return typeof packed === 'object' && packed !== null ? this.kit.nested(() => this.object(packed)) : packed
  }

  private object(packed: object): unknown {
    if (Array.isArray(packed)) return packed.map(item => this.lift(item))
    // A copy, and of the plain class: msgpackr gives a view of its source, in Node a Buffer.
    if (packed instanceof Uint8Array) return new Uint8Array(packed)
    if (!(packed instanceof Map)) throw new this.kit.MalformedError('An unknown holds what no sender writes.')
    this.entries += packed.size
    if (packed.size === 1) {
      const [[kind, content]] = packed as unknown as [[unknown, unknown]]
      if (typeof kind !== 'string') return this.special(kind, content)
    }
    const object = {}
    for (const [key, item] of packed) {
      if (typeof key !== 'string') throw new this.kit.Misfit('text as a key', key)
      this.kit.define(object, key, this.lift(item))
    }
    return object
  }

  private special(kind: unknown, content: unknown): unknown {
    if (kind === DATE && typeof content === 'number') {
      const date = new Date(content)
      if (date.getTime() === content) return date
    }
    if (kind === TEXT && content instanceof Uint8Array) {
      const r = new this.kit.Reader(content)
      const text = r.text(content.length)
      r.finish()
      return text
    }
    if (Array.isArray(content)) {
      if (
        kind === INSTANCE &&
        content.length === 2 &&
        typeof content[0] === 'string' &&
        content[1] instanceof Uint8Array
      )
        return this.structs.read(content[0], content[1])
      if (kind === SET) return this.unique(new Set(this.items(content)), content.length)
      if (kind === MAP && content.length % 2 === 0) {
        const items = this.items(content)
        const map = new Map<unknown, unknown>()
        for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1])
        return this.unique(map, items.length / 2)
      }
    }
    throw new this.kit.Misfit('a Map, Set, Date or struct', kind)
  }

  private items(content: readonly unknown[]): unknown[] {
    return content.map(item => this.lift(item))
  }

  private unique<T extends { readonly size: number }>(collection: T, count: number): T {
    if (collection.size !== count) throw new this.kit.Misfit('no duplicates', collection)
    return collection
  }
}
