/**
 * Stores for the arguments that objects keep, cut from pieces: of the 200 bytes that a Uint8Array of 8 takes on Node 20, more than half are its
 * ArrayBuffer's.
 */
import { copyBytes } from '../../base/put-bytes.ts'

// Small, for a piece is freed only with the last object that has a part of it.
const PIECE = 2048
/** Longer ones get a buffer of their own: it weighs less beside what they hold. */
const LONG = 128

export class KeptStore {
  #piece = new ArrayBuffer(0)
  #used = 0

  /** The bytes from `from` to `to`, in `old` where the length allows: a field of fixed size takes a store once. */
  overwrite(old: Uint8Array | undefined, bytes: Uint8Array, from: number, to: number): Uint8Array {
    const store = old?.length === to - from ? old : this.#take(to - from)
    copyBytes(bytes, from, to, store, 0)
    return store
  }

  #take(size: number): Uint8Array {
    if (size > LONG) return new Uint8Array(size)
    if (this.#used + size > this.#piece.byteLength) {
      this.#piece = new ArrayBuffer(PIECE)
      this.#used = 0
    }
    const store = new Uint8Array(this.#piece, this.#used, size)
    this.#used += size
    return store
  }
}
