/** Actions as msgpack: everything that a parameter of type `unknown` can be. */
import { UsageError } from '../../base/errors.ts'
import type { Compiler, UnknownCodec } from '../../schema/codec/contract.ts'
import { ShapeCompiler } from '../../schema/codec.ts'
import { kit } from '../../schema/rare/kit.ts'
import { loadCodecs } from '../../schema/rare/load.ts'
import { packedCodec } from '../../schema/rare/packed.ts'
import { nested } from '../../schema/rare/recursive.ts'
import { Registry } from '../../schema/registry.ts'
import type { Types } from '../../schema/shape.ts'
import { longestMessage } from '../compiled.ts'
import type { Encoder } from './encoder.ts'

let codec: UnknownCodec | undefined
let isLoaded = false

/** Structs may have fields of types that are loaded late. */
class StructCompiler extends ShapeCompiler {
  override of(types: Types): Compiler {
    if (isLoaded) return super.of(types)
    throw new UsageError('Instances of structs can be sent from when connect() or start() is done.')
  }
}

const packed = (): UnknownCodec =>
  (codec ??= packedCodec(
    { ...kit, MAX_COUNT: longestMessage, nested: (task, value) => nested(kit, task, value) },
    new StructCompiler({}, Registry.shared),
  ))

/** The default: compact, exact numbers, with bytes, bigint of 64 bits, Date, Map, Set and instances of `@struct` classes. */
export const msgpack: Encoder = {
  name: 'msgpack',
  encode: value => packed().encode(value),
  decode: bytes => packed().decode(bytes),
  async ready() {
    await loadCodecs('"unknown"')
    isLoaded = true
  },
}
