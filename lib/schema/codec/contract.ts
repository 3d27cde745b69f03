/** What every codec promises, and what it needs from the engine. */
import type { Reader, Writer } from '../../base/bytes.ts'
import type { Shape, Types } from '../shape.ts'

/** Network objects as numbers. */
export interface References {
  /** The id that is written for `value`; 0 for null. Throws Misfit where it is no network object of the class `target`. */
  idOf(value: unknown, target: string | number): number
  /** The object of this id; null where the receiver does not see it. Throws Misfit where it is of another class than `target`. */
  objectAt(id: number, target: string | number): unknown
}

/** A class whose instances travel, and what of them does. */
export interface Struct {
  readonly target: new () => object
  /** An `['instance', ...]`. */
  readonly shape: Shape
  /** The recursive types that the shape names. */
  readonly types?: Types
}

/** The classes that `@struct()` registered. `unknown` carries instances of those alone. */
export interface Structs {
  /** By name; the first table that has a struct counts. */
  structTables(): readonly ReadonlyMap<string, Struct>[]
}

/** Writes and reads the values of one shape. */
export interface Codec {
  /** No value takes fewer bytes; where it is 0, none takes any. */
  readonly minBytes: number
  /** Throws Misfit where the value does not fit; what was written until then is the caller's to rewind. */
  write(w: Writer, value: unknown, refs: References): void
  /** Throws MalformedError for bytes that are no value at all, Misfit for a value that this type does not take. */
  read(r: Reader, refs: References): unknown
  /** The position in `plainKinds` of a plain type. */
  readonly plain?: number
  /** Whether undefined is a value. */
  readonly optional?: true
}

/** A whole value of type unknown in bytes and back. */
export interface UnknownCodec {
  /** Throws Misfit for what rule 9 of docs/guarantees.md does not allow. */
  encode(value: unknown): Uint8Array
  /** Throws MalformedError or Misfit. */
  decode(bytes: Uint8Array): unknown
}

/** How shapes become codecs. */
export interface Compiler {
  readonly types: Types
  readonly structs: Structs
  /** Recursive types, each under compilation or compiled. */
  readonly recursive: Map<string, Codec | undefined>
  compile(shape: Shape): Codec
  /** The keys of a struct in the order of the wire. */
  keys(keys: Readonly<Record<string, Shape>>): (readonly [string, Codec])[]
  /** One for shapes that name other types. */
  of(types: Types): Compiler
}

/** The fewest bytes of one value of each part. */
export const minBytesOf = (parts: readonly Codec[]): number => parts.reduce((total, part) => total + part.minBytes, 0)

/** How many leading items a call or tuple must have: those behind are optional. */
export const countRequired = (items: readonly Codec[]): number => items.findLastIndex(item => !item.optional) + 1

/** Deepest nesting of recursive types and of `unknown`. */
export const MAX_DEPTH = 32

/** Most items, entries, code points and bytes where a type names no limit. */
export const MAX_COUNT = 65535
