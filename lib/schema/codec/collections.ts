/** Many values of one shape: list, set, map; a fixed run of several shapes: tuple. */
import type { Reader } from '../../base/bytes.ts'
import { MalformedError, SchemaError } from '../../base/errors.ts'
import { type Codec, countRequired, openTraits, traits } from './contract.ts'
import { Misfit, within } from './misfit.ts'

/** Reads a count and refuses it, before anything is allocated, where the limit or the bytes that are left cannot hold so many. */
function readCount(r: Reader, max: number, minBytes: number): number {
  const count = r.varint()
  if (count > max) throw new Misfit(`at most ${max} items`, count)
  if (count * minBytes > r.remaining) throw new MalformedError(`${count} items do not fit into ${r.remaining} bytes.`)
  return count
}

/** Throws SchemaError for items that take no bytes: three bytes on the wire could then fill a memory. */
export function listCodec(of: Codec, max: number): Codec {
  if (of.minBytes === 0)
    throw new SchemaError('A list of nothing but null holds only its length: send that as a number.')
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

export function setCodec(of: Codec, max: number): Codec {
  const items = listCodec(of, max)
  return {
    ...openTraits([of]),
    write(w, value, refs) {
      if (!(value instanceof Set)) throw new Misfit('a Set', value)
      items.write(w, [...value], refs)
    },
    read(r, refs) {
      const set = new Set<unknown>()
      for (let left = readCount(r, max, of.minBytes); left > 0; left--) {
        const item = of.read(r, refs)
        refuseTwin(of, item, set)
        set.add(item)
      }
      return set
    },
    is: (value, refs) => value instanceof Set && items.is([...value], refs),
  }
}

export function mapCodec(keys: Codec, values: Codec, max: number): Codec {
  return {
    ...openTraits([keys, values]),
    write(w, value, refs) {
      if (!(value instanceof Map) || value.size > max) throw new Misfit(`a Map of at most ${max} entries`, value)
      w.varint(value.size)
      let i = 0
      for (const [key, item] of value) {
        try {
          keys.write(w, key, refs)
          values.write(w, item, refs)
        } catch (error) {
          throw within(error, typeof key === 'string' ? key : i)
        }
        i++
      }
    },
    read(r, refs) {
      const map = new Map<unknown, unknown>()
      for (let left = readCount(r, max, keys.minBytes + values.minBytes); left > 0; left--) {
        const key = keys.read(r, refs)
        refuseTwin(keys, key, map)
        map.set(key, values.read(r, refs))
      }
      return map
    },
    is(value, refs) {
      if (!(value instanceof Map) || value.size > max) return false
      for (const [key, item] of value) if (!keys.is(key, refs) || !values.is(item, refs)) return false
      return true
    },
  }
}

function refuseTwin(of: Codec, item: unknown, seen: { has(item: unknown): boolean }): void {
  // Where values merge, a twin is no fault of the sender: the last one stands.
  if (!of.merges && seen.has(item)) throw new Misfit('no duplicates', item)
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
