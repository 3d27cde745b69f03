/**
 * How much a server lets one client send in streams: less than its limits punish, so that an upload slows down instead, and leaves room for calls. Rule 32 of docs/guarantees.md, and
 * docs/streams.md.
 */
import type { Clock } from '../../base/clock.ts'
import { longestPiece, toll } from './wire.ts'

/** The limits that are kept to. */
export interface Rates {
  readonly callsPerSecond: number
  readonly bytesPerSecond: number
}

/** The shares of them that streams may take. A piece costs its toll at least, which bounds their number. */
const ofBytes = 0.75
const ofCalls = 0.5
/** What a stream is given that can send nothing, so that others cannot starve it, in cost. */
const least: number = toll + 1024

export class Pace {
  readonly #clock: Clock
  /** Cost per ms. */
  readonly #rate: number
  /** What may be granted and unused over all streams, about a second's worth. */
  readonly #most: number
  /** The smallest that is worth a message. */
  readonly piece: number
  /** Something was not granted that a little more time would have allowed. The caller takes that back. */
  isShort = false
  #saved: number
  #at: number
  /** What is granted and unused. */
  #open = 0

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#rate = perSecond / 1000
    this.#most = perSecond
    this.piece = Math.max(Math.min(longestPiece + toll, perSecond / 4), least)
    this.#saved = this.#burst
    this.#at = clock.now()
  }

  /** Null where the limits are none. */
  static within(clock: Clock, { callsPerSecond, bytesPerSecond }: Rates): Pace | null {
    const perSecond = Math.min(bytesPerSecond * ofBytes, callsPerSecond * ofCalls * toll)
    return perSecond < Number.POSITIVE_INFINITY ? new Pace(clock, perSecond) : null
  }

  get #burst(): number {
    return Math.max(this.#rate * 250, this.piece)
  }

  /**
   * What a stream is granted now of what it could be; 0 for nothing.
   *
   * @param left what it was granted and has not used. @param used what it has used: who uses much is given more ahead.
   */
  grant(wish: number, left: number, used: number): number {
    const fair = Math.min(wish, Math.min(this.#most / 2, this.piece + used) - left, this.#most - this.#open)
    const due = fair >= this.piece ? fair : left <= toll ? Math.min(wish, least) : 0
    const saved = this.#save()
    if (due <= 0) return 0
    if (saved < Math.min(due, this.piece)) {
      this.isShort = true
      return 0
    }
    const granted = Math.floor(Math.min(due, saved))
    this.#saved -= granted
    this.#open += granted
    return granted
  }

  /** So much was used, or will not be. */
  use(cost: number): void {
    this.#open -= cost
  }

  #save(): number {
    const now = this.#clock.now()
    this.#saved = Math.min(this.#burst, this.#saved + (now - this.#at) * this.#rate)
    this.#at = now
    return this.#saved
  }
}
