/**
 * The wire types, each as a type (for method parameters, read by the transformer) and as a value of the same name (for types by hand).
 * The types are plain TypeScript types with an optional brand: ordinary numbers, strings and arrays stay assignable.
 */
import { SchemaError } from '../base/errors.ts'
import { schemaByHand } from './by-hand.ts'
import { normalizeShape } from './canonical.ts'
import type { FieldSchema, Literal, NumbersKind, PlainShape, Shape, TypedArray } from './shape.ts'

declare const brand: unique symbol
type Brand<Name extends string, Parameters extends readonly unknown[] = []> = {
  readonly [brand]?: readonly [Name, ...Parameters]
}

/** A wire type as a value: what `@field(flags, int16, str(64))` is given. */
export class WireType<T = unknown> {
  /** Phantom: lets the compiler compare the wire types with the method's parameters. */
  declare readonly type: T
  readonly shape: Shape | readonly ['rest', Shape] | 'void'
  /** `argument` for parameters, `result` for what `wire.returns` made, `none` for `wire.none`. */
  readonly role: 'argument' | 'result' | 'none'

  constructor(shape: Shape | readonly ['rest', Shape] | 'void', role: 'argument' | 'result' | 'none' = 'argument') {
    this.shape = shape
    this.role = role
  }

  /** For `@field`: the schema of a field whose types are `all`, this one among them. */
  schemaOf(field: string, all: readonly WireType[], names: readonly string[]): FieldSchema {
    return schemaByHand(field, all, names)
  }
}

const plain = <T>(shape: PlainShape): WireType<T> => new WireType<T>(shape)
const normal = <T>(shape: Shape): WireType<T> => new WireType<T>(normalizeShape(shape).shape)

/** Whole number, -128 to 127, 1 byte. */
export type int8 = number & Brand<'int8'>
export const int8: WireType<int8> = plain('int8')
/** Whole number, -32,768 to 32,767, 2 bytes. */
export type int16 = number & Brand<'int16'>
export const int16: WireType<int16> = plain('int16')
/** Whole number, -2^31 to 2^31 - 1, 4 bytes. */
export type int32 = number & Brand<'int32'>
export const int32: WireType<int32> = plain('int32')
/** Whole number, -2^63 to 2^63 - 1, 8 bytes. A bigint; safe integers are accepted and arrive as bigint. */
export type int64 = (bigint | number) & Brand<'int64'>
export const int64: WireType<int64> = plain('int64')
/** Whole number, 0 to 255, 1 byte. */
export type uint8 = number & Brand<'uint8'>
export const uint8: WireType<uint8> = plain('uint8')
/** Whole number, 0 to 65,535, 2 bytes. */
export type uint16 = number & Brand<'uint16'>
export const uint16: WireType<uint16> = plain('uint16')
/** Whole number, 0 to 2^32 - 1, 4 bytes. */
export type uint32 = number & Brand<'uint32'>
export const uint32: WireType<uint32> = plain('uint32')
/** Whole number, 0 to 2^64 - 1, 8 bytes. A bigint; safe integers are accepted and arrive as bigint. */
export type uint64 = (bigint | number) & Brand<'uint64'>
export const uint64: WireType<uint64> = plain('uint64')
/** Whole number in the safe range of both signs; 1 byte up to 63 in size, then as many as it needs. */
export type varint = number & Brand<'varint'>
export const varint: WireType<varint> = plain('varint')
/** Number rounded to 32-bit precision, 4 bytes. Takes NaN and infinities. */
export type float32 = number & Brand<'float32'>
export const float32: WireType<float32> = plain('float32')
/** Number as JavaScript has it, 8 bytes. Takes NaN and infinities. What a plain `number` means. */
export type float64 = number & Brand<'float64'>
export const float64: WireType<float64> = plain('float64')
/** True or false, 1 byte. What a plain `boolean` means. */
export type bool = boolean & Brand<'bool'>
export const bool: WireType<boolean> = plain('bool')

/** Text of at most `Max` code points. What a plain `string` means, with 65,535. */
export type str<Max extends number = 65535> = string & Brand<'str', [Max]>
export function str<Max extends number = 65535>(max?: Max): WireType<string> {
  return normal(max === undefined ? 'str' : ['str', count('str', max)])
}
/** At most `Max` bytes. What a plain `Uint8Array` means, with 65,535. */
export type bytes<Max extends number = 65535> = Uint8Array & Brand<'bytes', [Max]>
export function bytes<Max extends number = 65535>(max?: Max): WireType<Uint8Array> {
  return normal(max === undefined ? 'bytes' : ['bytes', count('bytes', max)])
}
/** At most `Max` items. What a plain `T[]` means, with 65,535. */
export type list<T, Max extends number = 65535> = T[] & Brand<'list', [Max]>
export function list<T>(of: WireType<T>, max?: number): WireType<T[]> {
  return normal(max === undefined ? ['list', shapeOf(of)] : ['list', shapeOf(of), count('list', max)])
}
/** A number from `Min` to `Max` in `Bits` bits (1 to 32, rounded up to whole bytes), rounded to the nearest step. */
export type quantized<Min extends number, Max extends number, Bits extends number> = number &
  Brand<'quantized', [Min, Max, Bits]>
export function quantized(min: number, max: number, bits: number): WireType<number> {
  if (!(min < max) || !Number.isFinite(max - min) || !Number.isInteger(bits) || bits < 1 || bits > 32)
    throw new SchemaError(`quantized(${min}, ${max}, ${bits}) needs finite min < max and 1 to 32 bits.`)
  return normal(['quantized', min, max, bits])
}

/** A value that may be left out or be undefined. */
export const optional = <T>(of: WireType<T>): WireType<T | undefined> => normal(['opt', shapeOf(of)])
/** A rest parameter: any number of further arguments; only as the last type of a field. */
export const rest = <T>(of: WireType<T>): WireType<RestOf<T>> => new WireType<RestOf<T>>(['rest', shapeOf(of)])
/** What a request answers: the last type given to a `@field` whose method returns a Promise. Without argument: nothing but success. */
export const returns = <T = void>(of?: WireType<T>): WireType<ResultOf<T>> =>
  new WireType<ResultOf<T>>(of ? shapeOf(of) : 'void', 'result')
/** One of these values. */
export const oneOf = <const V extends readonly Literal[]>(...values: V): WireType<V[number]> => normal(['enum', values])
/** Any of several types; the first that takes the value is used. */
export const union = <const T extends readonly WireType[]>(...of: T): WireType<T[number]['type']> =>
  normal(['union', of.map(shapeOf)])
/** An object with exactly these keys. */
export const object = <T extends Record<string, WireType>>(keys: T): WireType<{ [K in keyof T]: T[K]['type'] }> =>
  normal(['struct', Object.fromEntries(Object.entries(keys).map(([key, type]) => [key, shapeOf(type)]))])
/** A fixed run of items. */
export const tuple = <const T extends readonly WireType[]>(
  ...items: T
): WireType<{ -readonly [K in keyof T]: T[K]['type'] }> => normal(['tuple', items.map(shapeOf)])
/** A Map with at most `max` entries (default 65,535). */
export const map = <K, V>(key: WireType<K>, value: WireType<V>, max?: number): WireType<Map<K, V>> =>
  normal(
    max === undefined
      ? ['map', shapeOf(key), shapeOf(value)]
      : ['map', shapeOf(key), shapeOf(value), count('map', max)],
  )
/** A Set with at most `max` members (default 65,535). */
export const set = <T>(of: WireType<T>, max?: number): WireType<Set<T>> =>
  normal(max === undefined ? ['set', shapeOf(of)] : ['set', shapeOf(of), count('set', max)])
/** A Date, to the millisecond. */
export const date: WireType<Date> = plain('date')
/** Says by hand that a field has no parameters: `@field(Flags.ClientSend, wire.none)`. */
export const none: WireType<NoParameters> = new WireType<NoParameters>('void', 'none')
/** A typed array of at most `max` items (default 65,535): `wire.numbers(Float32Array)`. For `Uint8Array` write bytes. */
export const numbers = <T extends TypedArray>(type: new (length: number) => T, max?: number): WireType<T> => {
  const of = type.name.replace(/^Big|Array$/g, '').toLowerCase() as NumbersKind
  return normal(max === undefined ? ['numbers', of] : ['numbers', of, count('numbers', max)])
}
/** Null and nothing else. */
export const nothing: WireType<null> = plain('null')
/** Whatever msgpack can carry (rule 9 of docs/guarantees.md). What a parameter of type `unknown` means. */
export const anything: WireType<unknown> = plain('unknown')

/** A network object of the class of this name (or id), or null. `wire.reference<Player>('Player')` */
export const reference = <T extends object>(target: string | number): WireType<T | null> => normal(['ref', target])

/** Marks the phantom type of a rest parameter. */
export interface RestOf<T> {
  readonly rest: T
}
/** Marks the phantom type of `wire.none`. */
export interface NoParameters {
  readonly parameters: 0
}
/** Marks the phantom type of a request's result. */
export interface ResultOf<T> {
  readonly result: T
}

function shapeOf(type: WireType): Shape {
  if (!(type instanceof WireType) || type.role !== 'argument' || type.shape[0] === 'rest')
    throw new SchemaError(
      'A wire type was expected here, like int16 or str(64). wire.rest and wire.returns stand only in @field itself.',
    )
  return type.shape as Shape
}

function count(name: string, max: number): number {
  if (!Number.isInteger(max) || max < 0 || max > 0xffffffff)
    throw new SchemaError(`${name}: the limit must be a whole number from 0 to 2^32 - 1, not ${max}.`)
  return max
}
