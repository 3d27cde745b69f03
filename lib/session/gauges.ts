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

/**
 * Takes `price` off a rate, all in ms; false where less is saved up. More than a burst may be taken where nothing is owed; the debt is then waited off.
 *
 * @param at where `numbers` holds the time until which the rate is paid.
 */
export function pay(numbers: Float64Array, at: number, now: number, price: number, burst: number): boolean {
  const paid = numbers[at]!
  const next = Math.max(paid, now) + price
  // A microsecond more: sums are rounded, and the last of a burst is to pass.
  if (next - now > burst + 1e-3 && !(price > burst && paid - now <= 1e-3)) return false
  numbers[at] = next
  return true
}

/** What is granted on top of rates, each time once. Asked only where a rate is used up. */
export class Credits {
  readonly #left = new Map<number, number>()

  grant(at: number, ms: number): void {
    if (ms > 0) this.#left.set(at, ms)
  }

  pay(at: number, price: number): boolean {
    const left = this.#left.get(at)
    if (left === undefined || left < price) return false
    this.#left.set(at, left - price)
    return true
  }

  /** Forgets those of `count` rates. */
  drop(from: number, count: number): void {
    if (this.#left.size > 0) for (let at = from; at < from + count; at++) this.#left.delete(at)
  }
}

export class Gauges {
  #numbers = new Float64Array(WIDTH * 16)
  #used = 0
  readonly #free: number[] = []
  readonly #credits = new Credits()
  /** What a call and a byte cost, ms, at the rates that were asked for last: a division would cost more than the rest. */
  #callsPerSecond = Number.NaN
  #callPrice = 0
  #bytesPerSecond = Number.NaN
  #bytePrice = 0

  /** A place for one session, which has all its rates saved up. */
  open(now: number): number {
    const place = this.#free.pop() ?? this.#take()
    this.#numbers.fill(now, place, place + WIDTH)
    return place
  }

  close(place: number): void {
    this.#credits.drop(place, WIDTH)
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
    if (perSecond !== this.#callsPerSecond) {
      this.#callsPerSecond = perSecond
      this.#callPrice = 1000 / perSecond
    }
    return this.#pay(place, place + CALLS, this.#callPrice)
  }

  takeBytes(place: number, count: number, perSecond: number): boolean {
    if (perSecond !== this.#bytesPerSecond) {
      this.#bytesPerSecond = perSecond
      this.#bytePrice = 1000 / perSecond
    }
    return this.#pay(place, place + BYTES, count * this.#bytePrice)
  }

  /** For a session that was away: what its rates saved up meanwhile, beyond the burst, once. */
  grant(place: number, ms: number): void {
    this.#credits.grant(place + CALLS, ms)
    this.#credits.grant(place + BYTES, ms)
  }

  #pay(place: number, at: number, price: number): boolean {
    // A rate of 0, or none.
    if (!(price >= 0 && price < Number.POSITIVE_INFINITY)) return false
    const numbers = this.#numbers
    return pay(numbers, at, numbers[place]!, price, BURST) || this.#credits.pay(at, price)
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
