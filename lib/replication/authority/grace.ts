/** The ids that a client saw or owned a moment ago: calls to them are races, not violations. Rule 10 of docs/guarantees.md. */

export class Grace {
  readonly #until = new Map<number, number>()
  readonly #ms: number
  readonly #size: number

  constructor(ms: number, size: number) {
    this.#ms = ms
    this.#size = size
  }

  remember(id: number, now: number): void {
    // Deleted first, so that the map's order is the order of expiry.
    this.#until.delete(id)
    this.#until.set(id, now + this.#ms)
    for (const [oldest, until] of this.#until) {
      if (until > now && this.#until.size <= this.#size) break
      this.#until.delete(oldest)
    }
  }

  has(id: number, now: number): boolean {
    return (this.#until.get(id) ?? Number.NEGATIVE_INFINITY) > now
  }
}
