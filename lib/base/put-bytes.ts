/** Copying runs of bytes that are mostly short. */
import type { Writer } from './bytes.ts'

// Up to here a loop beats the view that `set` needs, on Node 20.
const FEW = 24

/** Copies the bytes from `from` to `to` to where `at` is in the target, which must have room. */
export function copyBytes(bytes: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  if (to - from > FEW) target.set(bytes.subarray(from, to), at)
  else for (; from < to; from++, at++) target[at] = bytes[from]!
}

/** The same as `w.raw`, faster where they are few. Apart from Writer, for clients write none so often and would carry it. */
export function putBytes(w: Writer, bytes: Uint8Array, from: number, to: number): void {
  const at = w.reserve(to - from)
  copyBytes(bytes, from, to, w.bytes, at)
}
