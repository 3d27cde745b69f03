/** Many values of one shape: list, set, map; a fixed run of several shapes: tuple. */
import type { Reader } from '../../base/bytes.ts'
import { MalformedError } from '../../base/errors.ts'
import { type Codec, countRequired, MAX_COUNT, openTraits, traits } from './contract.ts'
import { Misfit, within } from './misfit.ts'

/** Reads a count and refuses it, before anything is allocated, where the limit or the bytes that are left cannot hold so many. */
function readCount(r: Reader, max: number, minBytes: number): number {
  const count = r.varint()
  if (count > max) throw new Misfit(`at most ${max} items`, count)
  if (count * minBytes > r.remaining) throw new MalformedError(`${count} items do not fit into ${r.remaining} bytes.`)
  return count
}

/** @param of takes a byte at least: three bytes on the wire could else fill a memory. */
export function listCodec(of: Codec, max: number = MAX_COUNT): Codec {
  const fits = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length <= max
  return {
    ...openTraits([of]),
    write(w, value, refs) {
      if (!fits(value)) throw new Misfit(`an array of at most ${max} items`, value)
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
    is(value, refs) {
      if (!fits(value)) return false
      // No `every`: it skips the holes of sparse arrays.
      for (let i = 0; i < value.length; i++) if (!of.is(value[i], refs)) return false
      return true
    },
  }
}

export const setCodec = (of: Codec, max?: number): Codec => collectionCodec(Set, listCodec(of, max), of.merges)

export const mapCodec = (keys: Codec, values: Codec, max?: number): Codec =>
  collectionCodec(Map, listCodec(tupleCodec([keys, values]), max), keys.merges)

/** Travels as the list of its items. Where values merge, a twin is no fault of the sender: the last one stands. */
function collectionCodec(
  Collection: new (items: any) => Iterable<unknown> & { readonly size: number },
  items: Codec,
  merges: boolean,
): Codec {
  return {
    ...items,
    write(w, value, refs) {
      if (!(value instanceof Collection)) throw new Misfit(`a ${Collection.name}`, value)
      items.write(w, [...value], refs)
    },
    read(r, refs) {
      const found = items.read(r, refs) as unknown[]
      const collection = new Collection(found)
      if (!merges && collection.size < found.length) throw new Misfit('no duplicates', found)
      return collection
    },
    is: (value, refs) => value instanceof Collection && items.is([...value], refs),
  }
}

/** @param rest the list that follows the items, where the tuple is open. */
export function tupleCodec(items: readonly Codec[], rest?: Codec): Codec {
  const required = countRequired(items)
  const fits = (value: unknown): value is readonly unknown[] =>
    Array.isArray(value) && value.length >= required && (!!rest || value.length <= items.length)
  return {
    ...traits(rest ? [...items, rest] : items),
    write(w, value, refs) {
      if (!fits(value)) throw new Misfit(`an array of ${items.length}${rest ? ' or more' : ''} items`, value)
      let i = 0
      try {
        for (; i < items.length; i++) items[i]!.write(w, value[i], refs)
        rest?.write(w, value.slice(items.length), refs)
      } catch (error) {
        throw within(error, i)
      }
    },
    read(r, refs) {
      const values = items.map(item => item.read(r, refs))
      const others = rest?.read(r, refs) as unknown[] | undefined
      if (others?.length) return values.concat(others)
      // What was left out at the end is left out here too.
      while (values.length > required && values.at(-1) === undefined) values.pop()
      return values
    },
    is: (value, refs) =>
      fits(value) &&
      items.every((item, i) => item.is(value[i], refs)) &&
      (!rest || rest.is(value.slice(items.length), refs)),
  }
}
