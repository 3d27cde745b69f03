/**
 * A Shape is a type as the wire sees it: plain JSON, made by the transformer from a TypeScript type or by the wire types' values by hand.
 * It is the one description from which codec, validator and hash are made, in the normal form of canonical.ts. docs/protocol.md says how each is written in bytes.
 */

/** Shapes without parameters. `str` and `bytes` without a limit take up to 65,535 code points or bytes. */
export type PlainShape =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'varint'
  | 'float32'
  | 'float64'
  | 'bool'
  | 'null'
  | 'date'
  | 'str'
  | 'bytes'
  | 'unknown'

/** What a typed array holds. `Uint8Array` is `bytes`. */
export type NumbersKind = 'int8' | 'int16' | 'int32' | 'int64' | 'uint16' | 'uint32' | 'uint64' | 'float32' | 'float64'

export type TypedArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array

export type Literal = string | number | boolean | null

export type Shape =
  | PlainShape
  /** Text of at most so many code points. */
  | readonly ['str', number]
  /** At most so many bytes. */
  | readonly ['bytes', number]
  /** A typed array of at most so many items, 65,535 where absent. */
  | readonly ['numbers', of: NumbersKind, max?: number]
  /** A number in [min, max], in so many bits (1 to 32), rounded to the nearest step. */
  | readonly ['quantized', min: number, max: number, bits: number]
  /** An array; `max` items, 65,535 where absent. */
  | readonly ['list', of: Shape, max?: number]
  | readonly ['set', of: Shape, max?: number]
  | readonly ['map', key: Shape, value: Shape, max?: number]
  /** A fixed run of items, the last ones perhaps `['opt', ...]`, then perhaps any number of `rest`. */
  | readonly ['tuple', items: readonly Shape[], rest?: Shape]
  /** The value or undefined. */
  | readonly ['opt', of: Shape]
  /** One of the listed values (a union of literals, an enum). */
  | readonly ['enum', values: readonly Literal[]]
  /** One of several shapes. The first that takes the value is used. */
  | readonly ['union', of: readonly Shape[]]
  /** An object with exactly these keys; a key whose shape is `['opt', ...]` may be absent. */
  | readonly ['struct', keys: Readonly<Record<string, Shape>>]
  /** The same for an instance of the class that `@struct()` registered under this name: it arrives as an instance. */
  | readonly ['instance', name: string, keys: Readonly<Record<string, Shape>>]
  /** A network object of the class of this name (or class id), or null. */
  | readonly ['ref', target: string | number]
  /** A recursive type, by its name in the field's or struct's own `types`. */
  | readonly ['type', name: string]

/** Recursive types, by name. */
export type Types = Readonly<Record<string, Shape>>

/** One parameter of a field. `['opt', T]` marks an optional or defaulted one, `['rest', T]` a rest parameter, which comes last. */
export type ParameterShape = readonly [name: string, shape: Shape | readonly ['rest', Shape]]

/** The signature of one decorated method. */
export interface FieldSchema {
  readonly params: readonly ParameterShape[]
  /** Present when the method returns `Promise<T>`: the shape of `T`, `'void'` for nothing. Such a field is a request. */
  readonly result?: Shape | 'void'
  /** The method's JSDoc, for the inspector. Not part of the contract. */
  readonly doc?: string
  /** Recursive types that this field names. The names hold within the field alone. */
  readonly types?: Types
}

/** What the transformer knows of one network class. Each field's schema comes with the field. */
export interface ClassSchema {
  /** The class's name in the source: minifiers rename classes, the contract does not follow them. */
  readonly name: string
  /** The names of what it extends, nearest first, up to the next class with `@networkClass` or NetworkObject: fields can refer to them. */
  readonly bases?: readonly string[]
  /** Fields inherited from a generic base class, whose types are known only here: `class Chest extends Box<Coin>`. */
  readonly fields?: Readonly<Record<string, FieldSchema>>
}

/** What the transformer knows of one class with `@struct()`: the name in the source and what its instances carry, inherited properties first. */
export interface StructSchema {
  readonly name: string
  readonly keys: Readonly<Record<string, Shape>>
  /** Recursive types that the keys name. */
  readonly types?: Types
}
