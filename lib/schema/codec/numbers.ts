/** Numbers, booleans, dates and null. One switch serves the plain ones, so that a field of numbers is written without a call per type. */
import type { Reader, Writer } from '../../base/bytes.ts'
import { type Codec, openTraits, traits } from './contract.ts'
import { Misfit } from './misfit.ts'

/** The position in this list is the kind that putPlain and getPlain take. */
export const plainKinds: readonly string[] = [
  'int8',
  'int16',
  'int32',
  'uint8',
  'uint16',
  'uint32',
  'varint',
  'float32',
  'float64',
  'int64',
  'uint64',
  'bool',
  'date',
  'null',
]

const VARIABLE = -1
const sizes = [1, 2, 4, 1, 2, 4, VARIABLE, 4, 8, 8, 8, 1, 8, 0]
const LAST_DAY = 8.64e15

/** Writes a value of a plain kind; throws Misfit. */
export function putPlain(w: Writer, kind: number, value: unknown): void {
  if (!isPlain(kind, value)) throw new Misfit(plainKinds[kind]!, value)
  switch (kind) {
    case 0:
    case 3:
      w.u8(value as number)
      break
    case 1:
    case 4:
      w.u16(value as number)
      break
    case 2:
    case 5:
      w.u32(value as number)
      break
    case 6:
      w.zigzag(value as number)
      break
    case 7:
      w.f32(value as number)
      break
    case 8:
      w.f64(value as number)
      break
    case 9:
    case 10:
      w.u64(BigInt(value as number | bigint))
      break
    case 11:
      w.u8(value ? 1 : 0)
      break
    case 12:
      w.f64((value as Date).getTime())
  }
}

/** Reads a value of a plain kind. */
export function getPlain(r: Reader, kind: number): unknown {
  switch (kind) {
    case 0:
      return r.i8()
    case 1:
      return r.i16()
    case 2:
      return r.i32()
    case 3:
      return r.u8()
    case 4:
      return r.u16()
    case 5:
      return r.u32()
    case 6:
      return r.zigzag()
    case 7:
      return r.f32()
    case 8:
      return r.f64()
    case 9:
      return r.i64()
    case 10:
      return r.u64()
    case 11: {
      const byte = r.u8()
      if (byte > 1) throw new Misfit('bool (0 or 1)', byte)
      return byte === 1
    }
    case 12: {
      const time = r.f64()
      if (!isTime(time)) throw new Misfit('date', time)
      return new Date(time)
    }
    default:
      return null
  }
}

/** Whether putPlain takes the value. Comparing a number with its `| 0` tells whole ones of 32 bits, and takes -0 for 0. */
export function isPlain(kind: number, value: unknown): boolean {
  if (typeof value === 'number')
    switch (kind) {
      case 0:
        return (value | 0) === value && value >= -0x80 && value <= 0x7f
      case 1:
        return (value | 0) === value && value >= -0x8000 && value <= 0x7fff
      case 2:
        return (value | 0) === value
      case 3:
        return (value | 0) === value && value >= 0 && value <= 0xff
      case 4:
        return (value | 0) === value && value >= 0 && value <= 0xffff
      case 5:
        return value >>> 0 === value
      case 6:
      case 9:
        return Number.isSafeInteger(value)
      case 7:
      case 8:
        return true
      case 10:
        return Number.isSafeInteger(value) && value >= 0
      default:
        return false
    }
  switch (kind) {
    case 9:
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
    case 10:
      return typeof value === 'bigint' && BigInt.asUintN(64, value) === value
    case 11:
      return typeof value === 'boolean'
    case 12:
      return value instanceof Date && isTime(value.getTime())
    default:
      return kind === 13 && value === null
  }
}

const isTime = (time: number): boolean => Number.isInteger(time) && Math.abs(time) <= LAST_DAY

/** The codec of a plain type. */
export function plainCodec(kind: number): Codec {
  const size = sizes[kind]!
  return {
    ...(size === VARIABLE ? openTraits([], true) : traits([], size)),
    plain: kind,
    // float32 rounds; of 64 bits a number and a bigint may be the same.
    merges: kind === 7 || kind === 9 || kind === 10,
    write: (w, value) => putPlain(w, kind, value),
    read: r => getPlain(r, kind),
    is: value => isPlain(kind, value),
  }
}

/** A number in [min, max] as the nearest of 2^bits equidistant steps, in whole bytes. */
export function quantizedCodec(min: number, max: number, bits: number): Codec {
  const steps = 2 ** bits - 1
  const size = Math.ceil(bits / 8)
  const is = (value: unknown): boolean => typeof value === 'number' && value >= min && value <= max
  return {
    ...traits([], size),
    merges: true,
    is,
    write(w, value) {
      if (!is(value)) throw new Misfit(`a number from ${min} to ${max}`, value)
      let step = Math.round((((value as number) - min) / (max - min)) * steps)
      for (let i = 0; i < size; i++, step = Math.floor(step / 0x100)) w.u8(step)
    },
    read(r) {
      let step = 0
      for (let i = 0; i < size; i++) step += r.u8() * 0x100 ** i
      if (step > steps) throw new Misfit(`a step from 0 to ${steps}`, step)
      // The last step is `max` itself: the sum may be off by a rounding, and would then not fit when it is sent on.
      return step === steps ? max : min + (step / steps) * (max - min)
    },
  }
}
