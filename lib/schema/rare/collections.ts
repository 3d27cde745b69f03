/** Sets and maps travel as lists: of their members, of pairs. */
import type { Codec } from '../codec/contract.ts'
import type { Shape } from '../shape.ts'
import type { Kit } from './kit.ts'
import { tupleCodec } from './tuple.ts'

export const setCodec = (kit: Kit, of: Shape, compile: Compile, max?: number): Codec =>
  collectionCodec(kit, Set, kit.listCodec(compile(of), max), merges(of))

export const mapCodec = (kit: Kit, key: Shape, value: Shape, compile: Compile, max?: number): Codec =>
  collectionCodec(kit, Map, kit.listCodec(tupleCodec(kit, [compile(key), compile(value)]), max), merges(key))

type Compile = (shape: Shape) => Codec

/**
 * Whether values that differ at the sender may be equal at the receiver: rounded ones, a number and a bigint, objects that it does not see.
 * A false alarm lets twins pass, of which the last stands.
 */
const merges = (shape: Shape): boolean => /"(float32|u?int64|quantized|ref|type)"/.test(JSON.stringify(shape))

/** @param merges where true, a twin is no fault of the sender. */
function collectionCodec(
  { Misfit }: Kit,
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
  }
}
