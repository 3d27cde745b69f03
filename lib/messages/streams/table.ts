/** The streams of one connection by their numbers: those that the client opens are odd, the server's even, and each side's only grow. */
import { MalformedError } from '../../base/errors.ts'
import type { Side } from '../envelope.ts'
import type { Stream } from './stream.ts'
import { mostStreams } from './wire.ts'

export class Table {
  readonly #streams = new Map<number, Stream>()
  /** The remainder by two of the numbers of what this side opens. */
  readonly #own: number
  #lastOwn: number
  #lastTheirs = 0

  constructor(side: Side) {
    this.#own = side === 'client' ? 1 : 0
    this.#lastOwn = -this.#own
  }

  /** For a stream that this side opens; null where as many are open as may be. */
  next(): number | null {
    return this.#isFull(this.#own) ? null : (this.#lastOwn += 2)
  }

  /** Takes the number of a stream that the other side opens. False where as many are open as may be. */
  claim(number: number): boolean {
    if (number % 2 === this.#own || number <= this.#lastTheirs) throw new MalformedError(`${number} is no new one`)
    this.#lastTheirs = number
    return !this.#isFull(1 - this.#own)
  }

  add(stream: Stream): void {
    this.#streams.set(stream.number, stream)
  }

  has(stream: Stream): boolean {
    return this.#streams.has(stream.number)
  }

  /** Null for one that has ended. @throws MalformedError for one that never was. */
  find(number: number): Stream | null {
    const stream = this.#streams.get(number)
    if (stream) return stream
    if (number < 1 || number > (number % 2 === this.#own ? this.#lastOwn : this.#lastTheirs))
      throw new MalformedError(`${number} was never opened`)
    return null
  }

  /** False where it was not there. */
  delete(stream: Stream): boolean {
    return this.#streams.delete(stream.number)
  }

  all(): Stream[] {
    return [...this.#streams.values()]
  }

  #isFull(parity: number): boolean {
    let count = 0
    for (const number of this.#streams.keys()) if (number % 2 === parity) count++
    return count >= mostStreams
  }
}
