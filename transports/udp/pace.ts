/** How long an answer takes, how many packets may be under way: smoothed round trips (RFC 6298), and a window that grows until one is lost. */
import { WINDOW } from './packets.ts'

/** Before the first round trip is known, ms. */
const FIRST_WAIT = 500
const SHORTEST_WAIT = 60
const LONGEST_WAIT = 2000
/** An answer may be held back so long, ms: most leave with what the next tick sends. */
export const ANSWER_DELAY = 40
const FIRST_WINDOW = 16
const SMALLEST_WINDOW = 4
/** What a loss leaves of the window. */
const AFTER_LOSS = 0.7

export class Pace {
  /** Packets that may be under way. */
  window: number = FIRST_WINDOW
  #threshold = WINDOW
  #trip = -1
  #spread = 0
  /** Waits that ended without an answer, in a row. */
  misses = 0

  /** How long to wait for an answer until a packet counts as lost, ms. */
  get wait(): number {
    const calm = this.#trip < 0 ? FIRST_WAIT : this.#trip + Math.max(4 * this.#spread, 10) + ANSWER_DELAY
    return Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, calm) * 2 ** Math.min(this.misses, 10))
  }

  /** A round trip took `ms`. */
  measured(ms: number): void {
    if (this.#trip < 0) {
      this.#trip = ms
      this.#spread = ms / 2
      return
    }
    this.#spread += (Math.abs(this.#trip - ms) - this.#spread) / 4
    this.#trip += (ms - this.#trip) / 8
  }

  /** `count` packets have arrived. @param full whether the window was what held others back. */
  arrived(count: number, full: boolean): void {
    this.misses = 0
    if (!full) return
    this.window = Math.min(WINDOW, this.window + (this.window < this.#threshold ? count : count / this.window))
  }

  /** Packets were lost among others that arrived. */
  lost(): void {
    this.window = this.#threshold = Math.max(SMALLEST_WINDOW, this.window * AFTER_LOSS)
  }

  /** No answer came. */
  missed(): void {
    if (this.misses++ === 0) this.#threshold = Math.max(SMALLEST_WINDOW, this.window / 2)
    this.window = SMALLEST_WINDOW
  }

  /** The way is another one: what is known of the old one means nothing. */
  moved(): void {
    this.window = FIRST_WINDOW
    this.#threshold = WINDOW
    this.#trip = -1
    this.misses = 0
  }
}
