/** What one side of a connection has asked the other: each by its number, until it is answered, refused, or its time is up. */
import type { Clock, Timer } from '../base/clock.ts'
import { Deferred } from '../base/deferred.ts'
import { TimedOut, UsageError } from '../base/errors.ts'
import { endedBefore } from '../session/ended.ts'
import type { Registered } from './registry.ts'

/** A question under way. */
export interface Question {
  readonly number: number
  readonly entry: Registered
  readonly answer: Deferred<unknown>
  readonly timer: Timer
}

/** Longest that a timer waits, ms. */
const longestTimeoutMs = 2 ** 31 - 1

export class Questions {
  readonly #clock: Clock
  readonly #open = new Map<number, Question>()
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws UsageError for a time that is none. */
  open(entry: Registered, timeoutMs: number): Question {
    if (!(timeoutMs > 0 && timeoutMs <= longestTimeoutMs))
      throw new UsageError(`ask() takes a timeoutMs of 1 to ${longestTimeoutMs}, not ${timeoutMs}.`)
    const answer = new Deferred<unknown>()
    const number = ++this.#last
    const timer = this.#clock.after(timeoutMs, () => {
      this.#open.delete(number)
      answer.reject(new TimedOut(`${entry.name} was not answered within ${timeoutMs} ms.`))
    })
    const question = { number, entry, answer, timer }
    this.#open.set(number, question)
    return question
  }

  has(number: number): boolean {
    return this.#open.has(number)
  }

  /** Undefined for one whose time was up, or that was never asked. */
  take(number: number): Question | undefined {
    const question = this.#open.get(number)
    question?.timer.cancel()
    this.#open.delete(number)
    return question
  }

  /** Nothing is answered any more. */
  abandon(code: number): void {
    for (const { number, entry, answer } of [...this.#open.values()]) {
      this.take(number)
      answer.reject(endedBefore(entry.name, code))
    }
  }
}
