/** `unknown` as a type among others. msgpack is loaded only by programs that have such a field. */
import type { Codec, Compiler } from '../codec/contract.ts'
import type { Kit } from './kit.ts'
import { nested } from './recursive.ts'

let packed: typeof import('./packed.ts') | undefined

/** To be awaited before a shape that has `unknown` within is compiled. */
export async function loadPacked(): Promise<void> {
  packed ??= await import('./packed.ts')
}

/** A varint with the length in bytes, at most 65,535, then msgpack. Needs `loadPacked`. */
export function unknownCodec(kit: Kit, compiler: Compiler): Codec {
  const { MAX_COUNT, Misfit } = kit
  const codec = packed!.packedCodec({ ...kit, nested: (task, value) => nested(kit, task, value) }, compiler)
  return {
    minBytes: 1,
    write(w, value) {
      const bytes = codec.encode(value)
      w.varint(bytes.length)
      w.raw(bytes)
    },
    read(r) {
      const count = r.varint()
      if (count > MAX_COUNT) throw new Misfit(`at most ${MAX_COUNT} bytes of msgpack`, count)
      const at = r.take(count)
      return codec.decode(r.bytes.subarray(at, at + count))
    },
  }
}
