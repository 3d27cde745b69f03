/** Keeps links dialled: each comes back by itself, after pauses that grow. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Random } from '../../lib/base/random.ts'
import type { Channel, ChannelReceiver, Dialer } from '../../lib/link/transport.ts'
import type { Link } from './link.ts'
import { linkLimits } from './wire.ts'

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 10_000
/** A link that stood so long counts as a good one: the next pause is the first again, ms. */
const GOOD = 10_000

/** What is dialled. */
export interface Redialling {
  readonly url: string
  readonly dialer: Dialer
  readonly links: number
  readonly clock: Clock
  readonly random: Random
  readonly make: (channel: Channel) => Link
  /** Nobody answered. */
  readonly failed: (error: unknown) => void
}

export class Redial {
  readonly #what: Redialling
  readonly #timers = new Set<Timer>()
  #isStopped = false

  constructor(what: Redialling) {
    this.#what = what
    for (let i = 0; i < what.links; i++) this.#dial(FIRST_PAUSE)
  }

  /** Dials no more. What is being dialled is dropped as soon as it opens. */
  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  async #dial(pause: number): Promise<void> {
    const { url, dialer, clock, make, failed } = this.#what
    let link: Link | null = null
    const began = clock.now()
    try {
      await dialer.dial(url, channel => (this.#isStopped ? dropped(channel) : (link = make(channel))), linkLimits)
      await (link as Link | null)?.gone
    } catch (error) {
      if (!this.#isStopped) failed(error)
    }
    if (this.#isStopped) return
    const wait = clock.now() - began > GOOD && link ? FIRST_PAUSE : pause
    this.#later(wait)
  }

  #later(pause: number): void {
    const { clock, random } = this.#what
    const timer = clock.after(pause * (0.5 + random.number()), () => {
      this.#timers.delete(timer)
      void this.#dial(Math.min(pause * 2, LONGEST_PAUSE))
    })
    this.#timers.add(timer)
  }
}

/** Nobody wants it any more. */
function dropped(channel: Channel): ChannelReceiver {
  channel.abort()
  return { frame() {}, end() {} }
}
