/** Tells the other side of a connection how much more it may send of each stream: as much as was read, and on a server no faster than its limits. */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Side } from '../envelope.ts'
import type { Pace } from './pace.ts'
import type { Sender } from './sender.ts'
import type { Stream } from './stream.ts'
import { Said, windowCost } from './wire.ts'

/** Between two such messages, ms: a server counts what its clients send. */
const gapsMs: Readonly<Record<Side, number>> = { server: 10, client: 40 }

export class Credits {
  readonly #clock: Clock
  readonly #pace: Pace | null
  readonly #sender: Sender
  readonly #gapMs: number
  /** What is worth a message. */
  readonly #step: number
  /** Those that could be granted more. */
  readonly #wanting = new Set<Stream>()
  #toldAt = Number.NEGATIVE_INFINITY
  #timer: Timer | null = null

  constructor(side: Side, clock: Clock, pace: Pace | null, sender: Sender) {
    this.#gapMs = gapsMs[side]
    this.#clock = clock
    this.#pace = pace
    this.#sender = sender
    this.#step = pace?.piece ?? windowCost / 4
  }

  /** What a new stream may be sent at first. */
  first(stream: Stream): number {
    stream.in.granted = this.#pace ? this.#pace.grant(windowCost, 0, 0) : windowCost
    this.wants(stream)
    return stream.in.granted
  }

  /** Some of what came was read. */
  wants(stream: Stream): void {
    if (stream.in.wish < this.#step) return
    this.#wanting.add(stream)
    this.#schedule()
  }

  /** So much of what was granted has been used. */
  used(cost: number): void {
    this.#pace?.use(cost)
    if (this.#wanting.size > 0) this.#schedule()
  }

  /** A stream has ended. */
  delete(stream: Stream): void {
    this.#pace?.use(stream.in.granted - stream.in.spent)
    this.#wanting.delete(stream)
  }

  clear(): void {
    this.#wanting.clear()
    this.#timer?.cancel()
    this.#timer = null
  }

  #schedule(): void {
    this.#timer ??= this.#clock.after(Math.max(this.#toldAt + this.#gapMs - this.#clock.now(), 0), () => {
      this.#timer = null
      this.#tell()
    })
  }

  #tell(): void {
    this.#toldAt = this.#clock.now()
    if (this.#sender.isBlocked) return this.#schedule()
    const granted: Stream[] = []
    for (const stream of [...this.#wanting]) {
      const more = this.#grant(stream)
      if (more === 0) continue
      stream.in.granted += more
      granted.push(stream)
    }
    if (granted.length > 0)
      this.#sender.tell(Said.credit, w => {
        for (const { number, in: way } of granted) {
          w.varint(number)
          w.varint(way.granted)
        }
      })
    for (const stream of granted) this.wants(stream)
    if (!this.#pace?.isShort) return
    this.#pace.isShort = false
    this.#schedule()
  }

  #grant(stream: Stream): number {
    const { wish, granted, spent } = stream.in
    const more = wish < this.#step ? 0 : this.#pace ? this.#pace.grant(wish, granted - spent, spent) : wish
    // Behind the others, where it could be granted yet more.
    if (more > 0 || wish < this.#step) this.#wanting.delete(stream)
    return more
  }
}
