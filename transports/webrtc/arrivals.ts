/** Who is about to connect: bounded in number, in all and from one address, and each for a limited time. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { NativePeer } from './native.ts'

export interface ArrivalLimits {
  readonly total: number
  readonly perAddress: number
  /** ms */
  readonly timeout: number
}

/** One client, from its request to the opening of its channels. */
export class Arrival {
  readonly address: string
  peer: NativePeer | null = null
  /** Its answer has gone out: at its end the channels may be open already. */
  isAnswered = false
  isOver = false
  readonly #clock: Clock
  readonly #late: () => void
  readonly #onOver: (arrival: Arrival) => void
  #timer: Timer

  constructor(address: string, clock: Clock, timeout: number, late: () => void, onOver: (arrival: Arrival) => void) {
    this.address = address
    this.#clock = clock
    this.#late = late
    this.#onOver = onOver
    this.#timer = this.#expireAfter(timeout)
  }

  /** Gives it so much time, from now. */
  hasten(ms: number): void {
    this.#timer.cancel()
    this.#timer = this.#expireAfter(ms)
  }

  /** It has come in: nothing of it is to be ended with it. */
  finish(): void {
    if (this.isOver) return
    this.isOver = true
    this.#timer.cancel()
    this.#onOver(this)
  }

  /** It will not come in. */
  drop(): void {
    if (this.isOver) return
    this.finish()
    this.peer?.close()
  }

  #expireAfter(ms: number): Timer {
    return this.#clock.after(ms, () => {
      this.drop()
      this.#late()
    })
  }
}

export class Arrivals {
  readonly #clock: Clock
  readonly #limits: ArrivalLimits
  readonly #under = new Set<Arrival>()
  readonly #byAddress = new Map<string, number>()

  constructor(clock: Clock, limits: ArrivalLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#under.size
  }

  /** 503 or 429 where a limit is reached, with a sentence; null where there is room. */
  refusal(address: string): { readonly status: number; readonly text: string } | null {
    if (this.#under.size >= this.#limits.total)
      return { status: 503, text: 'Too many clients are connecting right now; try again in a moment.' }
    if ((this.#byAddress.get(address) ?? 0) >= this.#limits.perAddress)
      return { status: 429, text: 'Too many clients of this address are connecting right now; try again in a moment.' }
    return null
  }

  /** @param late called where its time is over. */
  add(address: string, late: () => void): Arrival {
    const arrival = new Arrival(address, this.#clock, this.#limits.timeout, late, over => this.#remove(over))
    this.#under.add(arrival)
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1)
    return arrival
  }

  /** Ends those that have no answer yet; the others get so much time, ms, to come in. */
  hasten(ms: number): void {
    for (const arrival of this.#under)
      if (arrival.isAnswered) arrival.hasten(ms)
      else arrival.drop()
  }

  #remove(arrival: Arrival): void {
    this.#under.delete(arrival)
    const left = (this.#byAddress.get(arrival.address) ?? 1) - 1
    if (left > 0) this.#byAddress.set(arrival.address, left)
    else this.#byAddress.delete(arrival.address)
  }
}
