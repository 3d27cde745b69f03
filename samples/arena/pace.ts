/** Keeps walkers honest: nobody covers more ground than time allows, and nobody is punished for a stutter in the network. */

/** How much faster than the rules a walker may seem, since clocks and packets are never quite in step. */
const TOLERANCE = 1.15
/** Time that may be saved up by standing still, and spent when delayed steps arrive at once, in ms. */
const SAVED = 1000

export class Pace {
  readonly #speed: number
  readonly #now: () => number
  #allowed: number
  #at: number

  /** @param speed in units per second. */
  constructor(speed: number, now: () => number) {
    this.#speed = (speed * TOLERANCE) / 1000
    this.#now = now
    this.#allowed = this.#speed * SAVED
    this.#at = now()
  }

  /** Takes a step, and gives the part of it that was allowed: 1 for all of it. */
  step(length: number): number {
    const now = this.#now()
    this.#allowed = Math.min(this.#speed * SAVED, this.#allowed + (now - this.#at) * this.#speed)
    this.#at = now
    const part = length <= this.#allowed ? 1 : this.#allowed / length
    this.#allowed -= length * part
    return part
  }
}
