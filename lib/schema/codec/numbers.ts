/** Numbers, booleans and null. One switch serves them all, so that a field of numbers is written without a call per type. */
import type { Reader, Writer } from '../../base/bytes.ts'
import type { Codec } from './contract.ts'
import * as Kind from './kinds.ts'
import { Misfit } from './misfit.ts'

/** The fewest bytes of each kind. */
const sizes = [1, 2, 4, 1, 2, 4, 1, 4, 8, 1, 0]

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
    case Kind.FLOAT32:
      w.f32(value as number)
      break
    case Kind.FLOAT64:
      w.f64(value as number)
      break
    case Kind.BOOL:
      w.u8(value ? 1 : 0)
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
    case Kind.FLOAT32:
      return r.f32()
    case Kind.FLOAT64:
      return r.f64()
    case Kind.BOOL: {
      const byte = r.u8()
      if (byte > 1) throw new Misfit('bool (0 or 1)', byte)
      return byte === 1
    }
    default:
      return null
  }
}

/** Whether putPlain takes the value. Comparing a number with its `| 0` tells whole ones of 32 bits, and takes -0 for 0. */
export function isPlain(kind: number, value: unknown): boolean {
  if (typeof value !== 'number')
    return (kind === Kind.BOOL && typeof value === 'boolean') || (kind === Kind.NULL && value === null)
  switch (kind) {
    case Kind.INT8:
      return (value | 0) === value && value >= -0x80 && value <= 0x7f
    case Kind.INT16:
      return (value | 0) === value && value >= -0x8000 && value <= 0x7fff
    case Kind.INT32:
      return (value | 0) === value
    case Kind.UINT8:
      return (value | 0) === value && value >= 0 && value <= 0xff
    case Kind.UINT16:
      return (value | 0) === value && value >= 0 && value <= 0xffff
    case Kind.UINT32:
      return value >>> 0 === value
    case Kind.VARINT:
      return Number.isSafeInteger(value)
    default:
      return kind === Kind.FLOAT32 || kind === Kind.FLOAT64
  }
}

/** The codec of a plain type. */
export function plainCodec(kind: number): Codec {
  return {
    minBytes: sizes[kind]!,
    plain: kind,
    write: (w, value) => putPlain(w, kind, value),
    read: r => getPlain(r, kind),
  }
}
