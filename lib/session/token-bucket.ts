/** A rate limit that allows bursts: so many a second, saved up to twice that. */

export class TokenBucket {
  readonly #perMs: number
  readonly #capacity: number
  #tokens: number
  #at: number

  constructor(perSecond: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#capacity = this.#tokens = perSecond * 2
    this.#at = now
  }

  /** Takes `count` tokens, or none and says false. More than the bucket holds may be taken from a full one; the debt is then waited off. */
  take(count: number, now: number): boolean {
    if (now > this.#at) {
      this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) * this.#perMs)
      this.#at = now
    }
    if (Math.min(count, this.#capacity) > this.#tokens) return false
    this.#tokens -= count
    return true
  }
}
