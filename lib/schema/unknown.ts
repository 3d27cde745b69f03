/** `unknown` as a type among others. What can encode it is loaded only by programs that have such a field. */
import { UsageError } from '../base/errors.ts'
import { type Codec, type Compile, MAX_COUNT, MAX_DEPTH, openTraits, type Structs } from './codec/contract.ts'
import { Misfit } from './codec/misfit.ts'
import { kit } from './unknown/kit.ts'

export type { UnknownCodec } from './codec/contract.ts'

let packed: typeof import('./unknown/packed.ts') | undefined

/** Loads what `unknown` needs; to be awaited before a shape that has `unknown` within is compiled. */
export async function loadUnknownCodec(): Promise<void> {
  packed ??= await import('./unknown/packed.ts')
}

/** A varint with the length in bytes, at most 65,535, then msgpack. Throws UsageError before loadUnknownCodec has resolved. */
export function unknownCodec(structs: Structs, compile: Compile): Codec {
  if (!packed)
    throw new UsageError(
      'A field of type unknown needs its codec: await loadUnknownCodec() before its class is compiled.',
    )
  const codec = packed.packedCodec(kit, structs, compile, MAX_COUNT, MAX_DEPTH)
  return {
    ...openTraits([]),
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
    is(value) {
      try {
        codec.encode(value)
        return true
      } catch {
        return false
      }
    },
  }
}
