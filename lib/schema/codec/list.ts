/** Many values of one shape. */
import type { Reader } from '../../base/bytes.ts'
import { MalformedError } from '../../base/errors.ts'
import { type Codec, MAX_COUNT } from './contract.ts'
import { Misfit, within } from './misfit.ts'

/** Reads a count and refuses it, before anything is allocated, where the limit or the bytes that are left cannot hold so many. */
function readCount(r: Reader, max: number, minBytes: number): number {
  const count = r.varint()
  if (count > max) throw new Misfit(`at most ${max} items`, count)
  if (count * minBytes > r.remaining) throw new MalformedError('The bytes end too early.')
  return count
}

/** @param of takes a byte at least: three bytes on the wire could else fill a memory. */
export function listCodec(of: Codec, max: number = MAX_COUNT): Codec {
  return {
    minBytes: 1,
    write(w, value, refs) {
      if (!Array.isArray(value) || value.length > max) throw new Misfit(`an array of at most ${max} items`, value)
      w.varint(value.length)
      let i = 0
      try {
        for (; i < value.length; i++) of.write(w, value[i], refs)
      } catch (error) {
        throw within(error, i)
      }
    },
    read(r, refs) {
      const items: unknown[] = []
      for (let left = readCount(r, max, of.minBytes); left > 0; left--) items.push(of.read(r, refs))
      return items
    },
  }
}
