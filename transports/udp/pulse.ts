/** One timer for all connections of an endpoint, which runs only while one of them waits for something. */
import type { Clock, Timer } from '../../lib/base/clock.ts'

/** How exact the waiting is, ms. */
export const BEAT = 10
/** A beat that is so late, ms, follows a turn of the event loop in which nothing was read: what has come since is to be read first. */
const LATE = 40

export interface Beating {
  /** Looks after what waits. False: there is nothing to wait for. */
  beat(now: number): boolean
  /** Sends what has gathered. */
  flush(): void
}

export class Pulse {
  readonly clock: Clock
  readonly #members = new Set<Beating>()
  #dirty: Beating[] = []
  #flushing: Beating[] = []
  #timer: Timer | null = null
  #due = 0
  #wasLate = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  get now(): number {
    return this.clock.now()
  }

  /** `member` waits for something. */
  join(member: Beating): void {
    this.#members.add(member)
    if (!this.#timer) this.#arm()
  }

  /** `member` waits for nothing any more. */
  leave(member: Beating): void {
    this.#members.delete(member)
    if (this.#members.size > 0) return
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Has `member` send what it has gathered as soon as the running code is done; to be called once until then. */
  soon(member: Beating): void {
    if (this.#dirty.push(member) === 1) this.clock.soon(this.#flush)
  }

  readonly #flush = (): void => {
    const batch = this.#dirty
    this.#dirty = this.#flushing
    this.#flushing = batch
    for (const member of batch) member.flush()
    batch.length = 0
  }

  #arm(): void {
    this.#due = this.now + BEAT
    this.#timer = this.clock.after(BEAT, this.#beat)
  }

  readonly #beat = (): void => {
    this.#timer = null
    const { now } = this
    this.#wasLate = !this.#wasLate && now > this.#due + LATE
    if (!this.#wasLate) for (const member of this.#members) if (!member.beat(now)) this.#members.delete(member)
    if (this.#members.size > 0 && !this.#timer) this.#arm()
  }
}
