/** Bytes: their length is known and checked before any of them is copied. */
import type { Codec } from '../codec/contract.ts'
import type { Kit } from './kit.ts'

export function bytesCodec({ MAX_COUNT, Misfit }: Kit, max: number = MAX_COUNT): Codec {
  return {
    minBytes: 1,
    write(w, value) {
      if (!(value instanceof Uint8Array && value.length <= max))
        throw new Misfit(`a Uint8Array of at most ${max} bytes`, value)
      w.varint(value.length)
      w.raw(value)
    },
    read(r) {
      const count = r.varint()
      if (count > max) throw new Misfit(`at most ${max} bytes`, count)
      return r.raw(count)
    },
  }
}
