/** Requests that await an answer, by number. Loaded late, with beside.ts. */
import type { Reader } from '../../base/bytes.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Deferred } from '../../base/deferred.ts'
import type { MalformedError, Rejected, TimedOut } from '../../base/errors.ts'
import type { endedBefore } from '../../session/ended.ts'
import type { Opening } from './opening.ts'

// As in protocol/close.ts, which the first piece has.
const lost = 13

/** What it would import if it were not loaded late. */
export interface RequestKit {
  readonly Reader: typeof Reader
  readonly Deferred: typeof Deferred
  readonly MalformedError: typeof MalformedError
  readonly Rejected: typeof Rejected
  readonly TimedOut: typeof TimedOut
  readonly endedBefore: typeof endedBefore
}

interface Waiting {
  readonly what: string
  readonly read: (r: Reader) => unknown
  readonly answer: Deferred<unknown>
  readonly timer: Timer
}

export class Requests {
  readonly #waiting = new Map<number, Waiting>()
  readonly #kit: RequestKit
  readonly #clock: Clock
  readonly #timeoutMs: number
  /** Who else hears of it. */
  whenClosed: ((code: number) => void) | undefined
  #last = 0
  /** The close code of a connection that has ended. */
  #end: number | undefined

  constructor(kit: RequestKit, clock: Clock, timeoutMs: number) {
    this.#kit = kit
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Opens a request. @param read takes the answer from its message. @param what names it in errors. @param isLost it cannot be sent. */
  open(what: string, read: (r: Reader) => unknown, isLost: boolean): { number: number; answer: Promise<any> } {
    const { Deferred, TimedOut, endedBefore } = this.#kit
    const number = ++this.#last
    const answer = new Deferred<unknown>()
    if (isLost || this.isClosed) answer.reject(endedBefore(what, this.#end ?? lost))
    else {
      // It stays in the table when its time is up: a late answer must still be read past.
      const timer = this.#clock.after(this.#timeoutMs, () =>
        answer.reject(new TimedOut(`${what} was not answered within ${this.#timeoutMs} ms.`)),
      )
      this.#waiting.set(number, { what, read, answer, timer })
    }
    return { number, answer: answer.promise }
  }

  /** @param opening what the answer waits for: calls that came before it have not run yet. */
  resolve(number: number, r: Reader, opening: Opening | null): void {
    if (!opening) return this.#settle(this.#take(number), r)
    const from = r.position
    try {
      this.#of(number).read(r)
    } catch (error) {
      // Any other is an answer too.
      if (error instanceof this.#kit.MalformedError) throw error
    }
    // Read again then: it may name objects that are still to come.
    const again = new this.#kit.Reader(r.bytes.slice(from, r.position))
    opening.later(() => {
      if (!this.isClosed) this.#settle(this.#take(number), again)
    })
  }

  #settle({ read, answer }: Waiting, r: Reader): void {
    try {
      answer.resolve(read(r))
    } catch (error) {
      answer.reject(error)
      if (error instanceof this.#kit.MalformedError) throw error
    }
  }

  refuse(number: number, reason: string): void {
    if (this.isClosed) return
    const { what, answer } = this.#take(number)
    answer.reject(new this.#kit.Rejected(`${what} was refused: ${reason}`, reason))
  }

  get isClosed(): boolean {
    return this.#end !== undefined
  }

  /** Why the connection has ended, where it has. */
  get closeCode(): number | undefined {
    return this.#end
  }

  /** The connection has ended. Requests opened from now on fail at once. */
  close(code: number): void {
    this.#end = code
    for (const { what, answer, timer } of this.#waiting.values()) {
      timer.cancel()
      answer.reject(this.#kit.endedBefore(what, code))
    }
    this.#waiting.clear()
    this.whenClosed?.(code)
  }

  /** There is another connection: requests can be opened again. */
  reopen(): void {
    this.#end = undefined
  }

  #of(number: number): Waiting {
    const waiting = this.#waiting.get(number)
    if (!waiting) throw new this.#kit.MalformedError(`there is no request ${number}`)
    return waiting
  }

  #take(number: number): Waiting {
    const waiting = this.#of(number)
    this.#waiting.delete(number)
    waiting.timer.cancel()
    return waiting
  }
}
