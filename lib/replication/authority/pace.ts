/** When the next flush comes where no tick brings it: as soon as the running turn is over, but not sooner than a gap after the last one. */
import type { Clock, Timer } from '../../base/clock.ts'

export class Pace {
  readonly #clock: Clock
  readonly #gapMs: number
  readonly #flush: () => void
  #flushedAt = Number.NEGATIVE_INFINITY
  #wanted = false
  #timer: Timer | null = null

  /** @param gapMs least time between two flushes. A frame per call costs several times what a frame per 2 ms does (docs/benchmarks.md). */
  constructor(clock: Clock, gapMs: number, flush: () => void) {
    this.#clock = clock
    this.#gapMs = gapMs
    this.#flush = flush
  }

  /** Something waits for a flush. */
  want(): void {
    if (this.#wanted) return
    this.#wanted = true
    if (this.#left > 0) this.#waitForGap()
    else
      this.#clock.soon(() => {
        if (!this.#wanted) return
        // The game may have flushed meanwhile.
        if (this.#left > 0) this.#waitForGap()
        else this.#flush()
      })
  }

  get #left(): number {
    return this.#flushedAt + this.#gapMs - this.#clock.now()
  }

  #waitForGap(): void {
    // Up: platforms cut a timer's fractions, and would fire before the gap is over.
    this.#wait(Math.ceil(this.#left))
  }

  /** Something has to be looked at again in a while, if no flush comes before. */
  lookAgain(ms: number): void {
    if (!this.#wanted && !this.#timer) this.#wait(ms)
  }

  /** Nothing has to be looked at again. */
  calm(): void {
    if (!this.#wanted) this.stop()
  }

  flushed(): void {
    this.#flushedAt = this.#clock.now()
    this.stop()
  }

  stop(): void {
    this.#wanted = false
    this.#timer?.cancel()
    this.#timer = null
  }

  #wait(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = null
      this.#flush()
    })
  }
}
