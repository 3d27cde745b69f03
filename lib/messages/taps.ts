/** Whoever hears of every message that leaves. */
import type { Passing } from './middleware.ts'

/** Told of a message once for each receiver, with its bytes. */
export type Tap = (to: unknown, message: Passing, bytes: Uint8Array) => void

export class Taps {
  readonly #taps = new Set<Tap>()

  /** The returned function takes it off. */
  add(tap: Tap): () => void {
    this.#taps.add(tap)
    return () => void this.#taps.delete(tap)
  }

  sent(to: unknown, message: Passing, bytes: Uint8Array): void {
    if (this.#taps.size > 0) for (const tap of this.#taps) tap(to, message, bytes)
  }
}
