/** The ids that were in use, seen or owned a moment ago: calls to them are races, not violations, and no new object gets one. Rules 10 and 20 of docs/guarantees.md. */

export class Grace {
  readonly #ms: number
  readonly #size: number
  /** In the order of expiry. Made with the first id: most clients lose sight of nothing. */
  #until: Map<number, number> | null = null
  /** Goes on where it stopped: each new walk would step over the places of those forgotten before. With 300,000 ids remembered that took 46 us an id; it takes 0.6. */
  #walk: Iterator<[number, number]> | null = null
  #forgiven = Number.NEGATIVE_INFINITY
  #oldest: readonly [number, number] | undefined

  /** @param size most ids that are remembered; the oldest are forgotten first. */
  constructor(ms: number, size: number = Number.POSITIVE_INFINITY) {
    this.#ms = ms
    this.#size = size
  }

  remember(id: number, now: number): void {
    const known = (this.#until ??= new Map())
    // It stands last from now on, even where its time is the same.
    if (known.delete(id) && this.#oldest?.[0] === id) this.#oldest = undefined
    known.set(id, now + this.#ms)
    for (;;) {
      this.#oldest ??= this.#next(known)
      if (!this.#oldest) return
      const [oldest, until] = this.#oldest
      // One that was remembered anew comes again, later.
      if (known.get(oldest) === until) {
        if (until > now && known.size <= this.#size) return
        known.delete(oldest)
      }
      this.#oldest = undefined
    }
  }

  /** Until then every id counts as one that was. */
  forgive(until: number): void {
    this.#forgiven = Math.max(this.#forgiven, until)
  }

  has(id: number, now: number): boolean {
    if (this.#forgiven > now) return true
    return (this.#until?.get(id) ?? Number.NEGATIVE_INFINITY) > now
  }

  #next(known: Map<number, number>): readonly [number, number] | undefined {
    this.#walk ??= known.entries()
    const step = this.#walk.next()
    if (!step.done) return step.value
    // A walk that has ended sees nothing that comes later.
    this.#walk = null
    return undefined
  }
}
