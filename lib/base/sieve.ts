/** Keeps strangers from filling a log: each text passes once in a while, and only so many different ones do. */
import type { Clock } from './clock.ts'

/** How long a text is remembered, ms. */
const memory = 60_000
/** How many texts pass in that time. */
const capacity = 32

export class Sieve {
  readonly #clock: Clock
  /** When each text passed, the oldest first. */
  readonly #passed = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a text has not passed lately and may now. */
  isNews(text: string): boolean {
    const now = this.#clock.now()
    for (const [old, at] of this.#passed) {
      if (now - at < memory) break
      this.#passed.delete(old)
    }
    if (this.#passed.size >= capacity || this.#passed.has(text)) return false
    this.#passed.set(text, now)
    return true
  }
}
