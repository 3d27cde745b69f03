/** Requests that await an answer, by number. */
import type { Reader } from '../../base/bytes.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import { Disconnected, MalformedError, Rejected, TimedOut } from '../../base/errors.ts'

interface Waiting {
  readonly what: string
  readonly read: (r: Reader) => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly timer: Timer
}

export class Requests {
  readonly #waiting = new Map<number, Waiting>()
  readonly #clock: Clock
  readonly #timeoutMs: number
  #last = 0

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Opens a request. @param read takes the answer from its message. @param what names it in errors. */
  open<T>(what: string, read: (r: Reader) => T): { number: number; answer: Promise<T> } {
    const number = ++this.#last
    const answer = new Promise<T>((resolve, reject) => {
      // It stays in the table when its time is up: a late answer must still be read past.
      const timer = this.#clock.after(this.#timeoutMs, () =>
        reject(new TimedOut(`${what} was not answered within ${this.#timeoutMs} ms.`)),
      )
      this.#waiting.set(number, { what, read, resolve: resolve as (value: unknown) => void, reject, timer })
    })
    // A request that nobody awaits must not end the process when it fails.
    answer.catch(() => {})
    return { number, answer }
  }

  resolve(number: number, r: Reader): void {
    const { read, resolve, reject } = this.#take(number)
    let value: unknown
    try {
      value = read(r)
    } catch (error) {
      reject(error)
      // Any other is an answer too.
      if (error instanceof MalformedError) throw error
      return
    }
    resolve(value)
  }

  refuse(number: number, reason: string): void {
    const { what, reject } = this.#take(number)
    reject(new Rejected(`${what} was refused: ${reason}`, reason))
  }

  closeAll(code: number, reason: string): void {
    for (const { what, reject, timer } of this.#waiting.values()) {
      timer.cancel()
      reject(new Disconnected(`The connection ended (${reason}) before ${what} was answered.`, code, reason))
    }
    this.#waiting.clear()
  }

  #take(number: number): Waiting {
    const waiting = this.#waiting.get(number)
    if (!waiting) throw new MalformedError(`an answer to request ${number}, which is not open`)
    this.#waiting.delete(number)
    waiting.timer.cancel()
    return waiting
  }
}
