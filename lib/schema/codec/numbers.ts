/** Numbers, booleans, dates and null. One switch serves the plain ones, so that a field of numbers is written without a call per type. */
import type { Reader, Writer } from '../../base/bytes.ts'
import type { Codec } from './contract.ts'
import * as Kind from './kinds.ts'
import { Misfit } from './misfit.ts'

const VARIABLE = -1
const sizes = [1, 2, 4, 1, 2, 4, VARIABLE, 8, 8, 4, 8, 1, 8, 0]

const LAST_DAY = 8.64e15

/** Writes a value of a plain kind; throws Misfit. */
export function putPlain(w: Writer, kind: number, value: unknown): void {
  if (!isPlain(kind, value)) throw new Misfit(Kind.plainKinds[kind]!, value)
  switch (kind) {
    case Kind.INT8:
    case Kind.UINT8:
      w.u8(value as number)
      break
    case Kind.INT16:
    case Kind.UINT16:
      w.u16(value as number)
      break
    case Kind.INT32:
    case Kind.UINT32:
      w.u32(value as number)
      break
    case Kind.VARINT:
      w.zigzag(value as number)
      break
    case Kind.INT64:
    case Kind.UINT64:
      w.u64(BigInt(value as number | bigint))
      break
    case Kind.FLOAT32:
      w.f32(value as number)
      break
    case Kind.FLOAT64:
      w.f64(value as number)
      break
    case Kind.BOOL:
      w.u8(value ? 1 : 0)
      break
    case Kind.DATE:
      w.f64((value as Date).getTime())
  }
}

/** Reads a value of a plain kind. */
export function getPlain(r: Reader, kind: number): unknown {
  switch (kind) {
    case Kind.INT8:
      return r.i8()
    case Kind.INT16:
      return r.i16()
    case Kind.INT32:
      return r.i32()
    case Kind.UINT8:
      return r.u8()
    case Kind.UINT16:
      return r.u16()
    case Kind.UINT32:
      return r.u32()
    case Kind.VARINT:
      return r.zigzag()
    case Kind.INT64:
      return r.i64()
    case Kind.UINT64:
      return r.u64()
    case Kind.FLOAT32:
      return r.f32()
    case Kind.FLOAT64:
      return r.f64()
    case Kind.BOOL: {
      const byte = r.u8()
      if (byte > 1) throw new Misfit('bool (0 or 1)', byte)
      return byte === 1
    }
    case Kind.DATE: {
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
  if (typeof value === 'number') {
    const bits = 8 * sizes[kind]!
    switch (kind) {
      case Kind.INT8:
      case Kind.INT16:
      case Kind.INT32:
        return (value << (32 - bits)) >> (32 - bits) === value
      case Kind.UINT8:
      case Kind.UINT16:
      case Kind.UINT32:
        return (value << (32 - bits)) >>> (32 - bits) === value
      case Kind.VARINT:
      case Kind.INT64:
        return Number.isSafeInteger(value)
      case Kind.UINT64:
        return Number.isSafeInteger(value) && value >= 0
      default:
        return kind === Kind.FLOAT32 || kind === Kind.FLOAT64
    }
  }
  switch (kind) {
    case Kind.INT64:
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
    case Kind.UINT64:
      return typeof value === 'bigint' && BigInt.asUintN(64, value) === value
    case Kind.BOOL:
      return typeof value === 'boolean'
    case Kind.DATE:
      return value instanceof Date && isTime(value.getTime())
    default:
      return kind === Kind.NULL && value === null
  }
}

const isTime = (time: number): boolean => Number.isInteger(time) && Math.abs(time) <= LAST_DAY

/** The codec of a plain type. */
export function plainCodec(kind: number): Codec {
  const size = sizes[kind]!
  return {
    minBytes: Math.abs(size),
    ...(size !== VARIABLE && { fixedBytes: size }),
    plain: kind,
    write: (w, value) => putPlain(w, kind, value),
    read: r => getPlain(r, kind),
  }
}
