/** A fixed run of several shapes. */
import type { Codec } from '../codec/contract.ts'
import type { Kit } from './kit.ts'

/** @param rest the list that follows the items, where the tuple is open. */
export function tupleCodec(kit: Kit, items: readonly Codec[], rest?: Codec): Codec {
  const { countRequired, Misfit, minBytesOf, within } = kit
  const required = countRequired(items)
  const fits = (value: unknown): value is readonly unknown[] =>
    Array.isArray(value) && value.length >= required && (!!rest || value.length <= items.length)
  return {
    minBytes: minBytesOf(rest ? [...items, rest] : items),
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
  }
}
