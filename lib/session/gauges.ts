/**
 * When each session was heard last and how far its rates are used up. All sessions' numbers stand side by side: as fields each would be an object of its
 * own on the heap, and after a pause the first touch of an object costs more than the sum that is done with it.
 */

/** Numbers per session: heard at, calls paid at, bytes paid at, all in ms; and one to spare, so that none straddles two cache lines. */
const WIDTH = 4
const CALLS = 1
const BYTES = 2

/** How far a rate may run ahead, ms: so long it was saved up for. */
const BURST = 2000

export class Gauges {
  #numbers = new Float64Array(WIDTH * 16)
  #used = 0
  readonly #free: number[] = []

  /** A place for one session, which has all its rates saved up. */
  open(now: number): number {
    const place = this.#free.pop() ?? this.#take()
    this.#numbers.fill(now, place, place + WIDTH)
    return place
  }

  close(place: number): void {
    this.#free.push(place)
  }

  hear(place: number, now: number): void {
    this.#numbers[place] = now
  }

  heardAt(place: number): number {
    return this.#numbers[place]!
  }

  /** One call more, by the time of what was heard last; false where that is one too many. */
  takeCall(place: number, perSecond: number): boolean {
    return this.#pay(place, place + CALLS, 1, perSecond)
  }

  takeBytes(place: number, count: number, perSecond: number): boolean {
    return this.#pay(place, place + BYTES, count, perSecond)
  }

  /** More than a burst may be taken where nothing is owed; the debt is then waited off. */
  #pay(place: number, at: number, count: number, perSecond: number): boolean {
    const numbers = this.#numbers
    const now = numbers[place]!
    const owed = Math.max(numbers[at]! - now, 0)
    const price = (count * 1000) / perSecond
    // A microsecond more: sums are rounded, and the last of a burst is to pass.
    if (!(perSecond > 0) || owed + Math.min(price, BURST) > BURST + 1e-3) return false
    numbers[at] = now + owed + price
    return true
  }

  #take(): number {
    const place = this.#used
    this.#used += WIDTH
    if (this.#used > this.#numbers.length) {
      const old = this.#numbers
      this.#numbers = new Float64Array(old.length * 2)
      this.#numbers.set(old)
    }
    return place
  }
}
