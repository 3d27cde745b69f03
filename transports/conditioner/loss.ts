/** Which packets are lost. Losses come in bursts: the two-state model of Gilbert and Elliott, which loses nothing in its good state and all in its bad one. */
import type { Random } from '../../lib/base/random.ts'

export class Losses {
  readonly #random: Random
  readonly #toBad: number
  readonly #toGood: number
  #isBad = false

  /**
   * @param rate the share of packets that are lost, below 1.
   * @param burst how many are lost in a row on average, at least rate / (1 - rate).
   */
  constructor(random: Random, rate: number, burst: number) {
    this.#random = random
    this.#toGood = 1 / burst
    this.#toBad = rate / (burst * (1 - rate))
  }

  /** Whether the next packet is lost. */
  next(): boolean {
    // A network without loss takes no chance from others.
    if (this.#toBad > 0)
      this.#isBad = this.#isBad ? this.#random.number() >= this.#toGood : this.#random.number() < this.#toBad
    return this.#isBad
  }
}
