/** How a client stands that breaks rules where these are ignored: points for each violation, which time takes away again, and what so many of them cost. */
import type { Clock, Timer } from '../base/clock.ts'
import type { StandingLimits } from '../protocol/limits.ts'
import type { ViolationReason } from './server-session.ts'

/** `slowed`: each call costs two. `quarantined`: calls are dropped and requests refused. `closed`: the connection has ended. */
export type StandingLevel = 'good' | 'slowed' | 'quarantined' | 'closed'

const steps = ['closed', 'quarantined', 'slowed'] as const

/** The points of a reason that the limits do not name. */
const otherwise = 5

/** Whoever was held up sends a lot at once, and honestly: of a burst, and of a flood, so much counts once, ms. */
const rateCountsEvery = 100

export class Standing {
  #level: StandingLevel = 'good'
  #points = 0
  /** When `#points` was right, ms. */
  #at: number
  #rateAt = Number.NEGATIVE_INFINITY
  #fall: Timer | null = null
  readonly #limits: StandingLimits
  readonly #clock: Clock
  readonly #changed: (level: StandingLevel, points: number, reason: ViolationReason | null) => void

  /** @param changed hears of each new level, with the violation that brought it; null where time did. */
  constructor(
    limits: StandingLimits,
    clock: Clock,
    changed: (level: StandingLevel, points: number, reason: ViolationReason | null) => void,
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#changed = changed
    this.#at = clock.now()
  }

  get level(): StandingLevel {
    return this.#level
  }

  /** Counts one violation. */
  add(reason: ViolationReason): void {
    if (this.#level === 'closed') return
    const now = this.#clock.now()
    if (reason === 'rate') {
      if (now - this.#rateAt < rateCountsEvery) return
      this.#rateAt = now
    }
    this.#points = this.#pointsAt(now) + (this.#limits.points[reason] ?? otherwise)
    this.#at = now
    for (const step of steps) {
      if (this.#points < this.#limits[step]) continue
      // Others are left when the points have fallen.
      if (steps.indexOf(step) < steps.indexOf(this.#level as 'slowed') || this.#level === 'good')
        this.#turn(step, reason)
      break
    }
  }

  /** The client has gone. */
  end(): void {
    this.#fall?.cancel()
    this.#fall = null
  }

  #pointsAt(now: number): number {
    return Math.max(0, this.#points - ((now - this.#at) / 1000) * this.#limits.decayPerSecond)
  }

  #turn(level: StandingLevel, reason: ViolationReason | null): void {
    this.#level = level
    this.end()
    if (level === 'slowed' || level === 'quarantined') this.#watchFall(level)
    this.#changed(level, Math.round(this.#pointsAt(this.#clock.now())), reason)
  }

  /** A level is left at half the points that lead to it, so that nobody goes to and fro. */
  #watchFall(level: 'slowed' | 'quarantined'): void {
    const { decayPerSecond } = this.#limits
    if (!(decayPerSecond > 0)) return
    const floor = this.#limits[level] / 2
    const ms = ((this.#pointsAt(this.#clock.now()) - floor) / decayPerSecond) * 1000
    // Points that came meanwhile put it off. A timer counts whole ms.
    this.#fall = this.#clock.after(Math.ceil(Math.max(ms, 0)) + 1, () => {
      const points = this.#pointsAt(this.#clock.now())
      if (points > floor) this.#watchFall(level)
      else this.#turn(level === 'quarantined' && points >= this.#limits.slowed / 2 ? 'slowed' : 'good', null)
    })
  }
}
