/** Messages that have come and wait until the game asks for them: `server.messages.pump()`. */
import { Reader } from '../base/bytes.ts'
import { MalformedError } from '../base/errors.ts'
import type { Line } from './contract.ts'

/** As much of a connection's messages as waiting needs. */
interface Talking {
  readonly line: Line
  handle(id: number, r: Reader): void
}

interface Waiting {
  readonly talk: Talking
  readonly id: number
  readonly r: Reader
}

export class Held {
  readonly #most: number
  readonly #failed: (error: unknown, where: string) => void
  #queue: Waiting[] = []
  readonly #counts = new Map<Talking, number>()
  #pumping = 0

  /** @param most of one connection. */
  constructor(most: number, failed: (error: unknown, where: string) => void) {
    this.#most = most
    this.#failed = failed
  }

  /** Keeps a copy of a message, read up to behind its id. False where too many of its connection wait. @param isAwaited it answers a question, and has a place. */
  hold(talk: Talking, id: number, r: Reader, isAwaited: boolean): boolean {
    const count = this.#counts.get(talk) ?? 0
    if (count >= this.#most && !isAwaited) return false
    if (!isAwaited) this.#counts.set(talk, count + 1)
    this.#queue.push({ talk, id, r: new Reader(r.raw(r.remaining)) })
    return true
  }

  /** Handles everything that has come so far, in order, and gives the number. */
  pump(): number {
    let count = 0
    this.#pumping++
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        const { talk } = next
        const waiting = this.#counts.get(talk) ?? 0
        if (waiting > 1) this.#counts.set(talk, waiting - 1)
        else this.#counts.delete(talk)
        count++
        this.#handle(next)
      }
    } finally {
      this.#pumping--
    }
    return count
  }

  /** A connection has ended: what came before is handled, unless a handler has thrown it out. */
  leave(talk: Talking): void {
    this.#counts.delete(talk)
    if (this.#pumping > 0) this.#queue = this.#queue.filter(waiting => waiting.talk !== talk)
  }

  #handle({ talk, id, r }: Waiting): void {
    try {
      talk.handle(id, r)
    } catch (error) {
      if (error instanceof MalformedError) return talk.line.violate({ reason: 'malformed', detail: error.message })
      // A fault of ours costs this one connection, never the game's loop.
      this.#failed(error, 'engine')
      talk.line.close('server-error')
    }
  }
}
