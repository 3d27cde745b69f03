/** One byte stream: its two ways, and what is said of each to the other side. */
import { Deferred } from '../../base/deferred.ts'
import { Reject, Rejected } from '../../base/errors.ts'
import type { ByteStream } from './byte-stream.ts'
import { Incoming, type IncomingOwner } from './incoming.ts'
import { Outgoing, type OutgoingOwner } from './outgoing.ts'
import { inward, outward } from './wire.ts'

/** The connection that carries it. */
export interface Carrier {
  /** It has something to send. */
  ready(stream: Stream): void
  /** What has come was read. */
  wants(stream: Stream): void
  tellAbort(stream: Stream, ways: number, reason: string): void
  /** Neither way goes on. */
  over(stream: Stream): void
}

export class Stream implements OutgoingOwner, IncomingOwner {
  readonly number: number
  readonly name: string
  readonly out: Outgoing
  readonly in: Incoming
  /** What the game has of it. */
  readonly face: ByteStream
  /** Both sides have it. */
  isTaken = false
  /** Settles when the other side has taken it, where this one has opened it. */
  readonly taken: Deferred<ByteStream> = new Deferred<ByteStream>()
  readonly #carrier: Carrier

  constructor(carrier: Carrier, number: number, name: string) {
    this.#carrier = carrier
    this.number = number
    this.name = name
    this.out = new Outgoing(this)
    this.in = new Incoming(this)
    const { writable } = this.out
    const { readable } = this.in
    this.face = { readable, writable, abort: (reason = 'aborted') => this.abort(outward | inward, reason) }
  }

  /** This side gives up some of its ways. */
  abort(ways: number, reason: unknown): void {
    const words = wordsOf(reason)
    const error = new Rejected(`The stream ${this.name} was aborted by this side: ${words}`, words)
    let told = 0
    if (ways & outward && !this.out.isOver) {
      told |= outward
      this.out.fail(error)
    }
    if (ways & inward && this.in.isOpen) {
      told |= inward
      this.in.stop(error)
    }
    if (told > 0) this.#carrier.tellAbort(this, told, words)
    this.taken.reject(error)
    this.#settle()
  }

  /** The other side has given up some of them, as it sees them. */
  aborted(ways: number, reason: string): void {
    const error = new Rejected(`The stream ${this.name} was aborted by the other side: ${reason}`, reason)
    this.taken.reject(new Rejected(`The stream ${this.name} was refused: ${reason}`, reason))
    if (ways & outward) {
      this.in.fail(error)
      this.in.isOver = true
    }
    if (ways & inward && !this.out.isOver) {
      this.out.fail(error)
      this.#carrier.tellAbort(this, outward, reason)
    }
    this.#settle()
  }

  /** Whoever took it is done with it. */
  finish(): void {
    if (this.in.isOpen) {
      this.in.stop(null)
      this.#carrier.tellAbort(this, inward, 'done')
    }
    this.out.finish()
    this.#settle()
  }

  /** Its connection does not carry it on: nobody is told. */
  fail(error: Error): void {
    this.taken.reject(error)
    this.out.fail(error)
    this.in.fail(error)
    this.in.isOver = true
  }

  /** The other side has sent all. */
  ended(): void {
    this.in.end()
    this.#settle()
  }

  /** This side has told its end. */
  hasEnded(): void {
    this.out.end()
    this.#settle()
  }

  /** Whether that is why the stream itself failed. */
  isFault(error: unknown): boolean {
    return error === this.in.fault || error === this.out.fault
  }

  #settle(): void {
    if (this.out.isOver && this.in.isOver) this.#carrier.over(this)
  }

  // ---- for its ways

  ready(): void {
    this.#carrier.ready(this)
  }

  wants(): void {
    this.#carrier.wants(this)
  }

  abortOut(reason: unknown): void {
    this.abort(outward, reason)
  }

  abortIn(reason: unknown): void {
    if (!this.in.isOpen) return
    this.in.stop(null)
    this.#carrier.tellAbort(this, inward, wordsOf(reason))
    this.#settle()
  }
}

/** What the other side is told: nothing of errors that were not meant for it. */
export function wordsOf(reason: unknown): string {
  const words = reason instanceof Reject || reason instanceof Rejected ? reason.reason : reason
  return typeof words === 'string' && words !== '' ? words.slice(0, 1024) : 'aborted'
}
