/** Types that few games use: a client loads them only where a class of its own has one. */
import type { Codec, Compiler } from '../codec/contract.ts'
import type { Shape } from '../shape.ts'
import { bytesCodec } from './bytes.ts'
import { mapCodec, setCodec } from './collections.ts'
import type { Kit } from './kit.ts'
import { numbersCodec } from './numbers.ts'
import { quantizedCodec } from './quantized.ts'
import { recursiveCodec } from './recursive.ts'
import { structNamed } from './structs.ts'
import { tupleCodec } from './tuple.ts'
import { unionCodec } from './union.ts'
import { unknownCodec } from './unknown.ts'
import { dateCodec, wideCodec } from './wide.ts'

export { loadPacked } from './unknown.ts'

/** @param shape in normal form. */
export function rareCodec(kit: Kit, shape: Shape, compiler: Compiler): Codec {
  switch (shape) {
    case 'bytes':
      return bytesCodec(kit)
    case 'int64':
    case 'uint64':
      return wideCodec(kit, shape)
    case 'date':
      return dateCodec(kit)
    case 'unknown':
      return unknownCodec(kit, compiler)
  }
  const compile = (of: Shape): Codec => compiler.compile(of)
  switch (shape[0]) {
    case 'bytes':
      return bytesCodec(kit, shape[1])
    case 'numbers':
      return numbersCodec(kit, shape[1], shape[2])
    case 'quantized':
      return quantizedCodec(kit, shape[1], shape[2], shape[3])
    case 'set':
      return setCodec(kit, shape[1], compile, shape[2])
    case 'map':
      return mapCodec(kit, shape[1], shape[2], compile, shape[3])
    case 'tuple':
      return tupleCodec(kit, shape[1].map(compile), shape[2] && kit.listCodec(compile(shape[2])))
    case 'union':
      return unionCodec(kit, shape[1], shape[1].map(compile), compiler.types)
    case 'instance':
      return kit.structCodec(compiler.keys(shape[2]), () =>
        instance(kit, structNamed(compiler.structs, shape[1])?.target),
      )
    case 'type':
      return named(kit, shape[1], compiler)
    default:
      throw new kit.Misfit('a type that the wire knows', shape)
  }
}

function named(kit: Kit, name: string, compiler: Compiler): Codec {
  const { types, recursive } = compiler
  const shape = types[name]!
  if (!recursive.has(name)) {
    // Known before its content is compiled, which names it again.
    recursive.set(name, undefined)
    recursive.set(name, compiler.compile(shape))
  }
  return recursiveCodec(kit, () => recursive.get(name)!, shape[0] === 'opt')
}

function instance({ Misfit }: Kit, Class: (new () => object) | undefined): object {
  try {
    return Class ? new Class() : {}
  } catch (cause) {
    throw Object.assign(new Misfit(`that new ${Class!.name}() works without arguments`, undefined), { cause })
  }
}
