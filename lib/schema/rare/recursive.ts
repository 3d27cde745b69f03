/** Types that contain themselves, and the count of levels that keeps them from going on without end. */
import type { Codec } from '../codec/contract.ts'
import type { Kit } from './kit.ts'

let depth = 0

/** Runs `task` one level deeper; throws Misfit below MAX_DEPTH levels. What nests within `unknown` counts on. */
export function nested<T>({ Misfit, MAX_DEPTH }: Kit, task: () => T, value?: unknown): T {
  if (depth >= MAX_DEPTH) throw new Misfit(`at most ${MAX_DEPTH} levels, none of them cyclic`, value)
  depth++
  try {
    return task()
  } finally {
    depth--
  }
}

/** A recursive type: `target` gives its codec, which is compiled only after this one. A type that ends anywhere takes a byte to say so. */
export function recursiveCodec(kit: Kit, target: () => Codec, optional: boolean): Codec {
  return {
    minBytes: 1,
    ...(optional && { optional }),
    write: (w, value, refs) => nested(kit, () => target().write(w, value, refs), value),
    read: (r, refs) => nested(kit, () => target().read(r, refs)),
  }
}
