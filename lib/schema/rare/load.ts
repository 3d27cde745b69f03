/** Loads the types that few games use, for those that do. */
import type { Codec, Compiler } from '../codec/contract.ts'
import type { Shape } from '../shape.ts'
import { kit } from './kit.ts'

let rare: typeof import('./rare.ts') | undefined

const rareKinds = /"(u?int64|bytes|date|numbers|quantized|set|map|tuple|union|instance|type|unknown)"/

/**
 * To be awaited before shapes are compiled.
 * @param text all shapes as JSON. Whatever else it holds may load too much, never too little.
 */
export async function loadCodecs(text: string): Promise<void> {
  if (!rareKinds.test(text)) return
  rare ??= await import('./rare.ts')
  if (text.includes('"unknown"')) await rare.loadPacked()
}

/** The codec of one of those types. */
export const rareCodec = (shape: Shape, compiler: Compiler): Codec => rare!.rareCodec(kit, shape, compiler)
