/** Typed arrays: many numbers of one type, in a fraction of a list's time. */
import type { Codec } from '../codec/contract.ts'
import type { NumbersKind, TypedArray } from '../shape.ts'
import type { Kit } from './kit.ts'

/** The class of each kind. `uint8` is missing: that is `bytes`. */
const arrays: Readonly<Record<NumbersKind, new (buffer: ArrayBuffer) => TypedArray>> = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** @param max items. */
export function numbersCodec({ Misfit, MAX_COUNT }: Kit, kind: NumbersKind, max: number = MAX_COUNT): Codec {
  const Class = arrays[kind]
  const size = new Class(new ArrayBuffer(0)).BYTES_PER_ELEMENT
  return {
    minBytes: 1,
    write(w, value) {
      if (!(value instanceof Class && value.length <= max))
        throw new Misfit(`a ${Class.name} of at most ${max} items`, value)
      w.varint(value.length)
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      w.raw(isLittleEndian ? bytes : swapped(bytes.slice(), size))
    },
    read(r) {
      const count = r.varint()
      if (count > max) throw new Misfit(`at most ${max} items`, count)
      const bytes = r.raw(count * size)
      return new Class((isLittleEndian ? bytes : swapped(bytes, size)).buffer)
    },
  }
}

/** Turns the bytes of each item around, in place. */
function swapped<T extends Uint8Array>(bytes: T, size: number): T {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse()
  return bytes
}
