/** The byte streams of one connection, at one of its ends: which there are, and what is said of them, checked. */
import type { Reader } from '../../base/bytes.ts'
import { Disconnected, MalformedError, Rejected, TimedOut } from '../../base/errors.ts'
import { CloseReason, closeName } from '../../protocol/close.ts'
import { getReason } from '../../protocol/messages.ts'
import type { Obstacle } from '../contract.ts'
import type { Registered } from '../registry.ts'
import type { Talk } from '../talk.ts'
import type { ByteStream } from './byte-stream.ts'
import { Credits } from './credits.ts'
import type { Pace } from './pace.ts'
import { Sender } from './sender.ts'
import { type Carrier, Stream } from './stream.ts'
import { Table } from './table.ts'
import { inward, longestAhead, mostStreams, outward, Said, toll } from './wire.ts'

/** A stream that somebody takes. */
export interface Taken {
  readonly name: string
  run(stream: Stream): void
}

/** Reads the head of a stream that the other side opens. Gives who takes it, or why nobody does. */
export type Taker = (talk: Talk<any>, r: Reader) => Taken | string

export class Streams implements Carrier {
  readonly #talk: Talk<any>
  readonly #take: Taker
  readonly #sender: Sender
  readonly #credits: Credits
  readonly #table: Table
  readonly #isServer: boolean
  /** How often all was lost, and whether the other side has yet to say that it knows: until then what comes is of lost streams. */
  #round = 0
  #isVoid = false

  constructor(talk: Talk<any>, take: Taker, pace: Pace | null) {
    const { side, clock } = talk.hub
    this.#talk = talk
    this.#take = take
    this.#isServer = side === 'server'
    this.#table = new Table(side)
    this.#sender = new Sender(talk)
    this.#credits = new Credits(side, clock, pace, this.#sender)
  }

  /** Opens a stream. @param head the message. Rejects with Rejected, TimedOut or Disconnected. */
  open({ name }: Registered, wireId: number, head: Uint8Array, timeoutMs: number): Promise<ByteStream> {
    const number = this.#table.next()
    if (number === null) {
      const text = `The stream ${name} was not opened: ${mostStreams} of this side are open. End one first.`
      return Promise.reject(new Rejected(text, 'busy'))
    }
    const stream = this.#add(number, name)
    this.#sender.tell(Said.open, w => {
      w.varint(stream.number)
      w.varint(stream.in.granted)
      w.varint(wireId)
      w.raw(head)
    })
    const timer = this.#talk.hub.clock.after(timeoutMs, () => {
      stream.taken.reject(new TimedOut(`The stream ${name} was not taken within ${timeoutMs} ms.`))
      stream.abort(outward | inward, 'timed-out')
    })
    const done = (): void => timer.cancel()
    stream.taken.promise.then(done, done)
    return stream.taken.promise
  }

  /** Some of what was sent to the other side is lost: no stream goes on. */
  afresh(): void {
    this.#isVoid = true
    this.end(CloseReason.lost)
    this.#tellAfresh(++this.#round)
  }

  // ---- what comes

  /** @param obstacle what stands in the way of its sender, if anything. */
  receive(r: Reader, obstacle: Obstacle | null = null): void {
    try {
      const said = r.u8()
      if (said === Said.afresh) this.#heardAfresh(r)
      else if (!this.#isVoid) this.#receive(said, r, obstacle)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      this.#talk.line.violate({ reason: 'malformed', detail: `a stream: ${error.message}` })
    }
  }

  #receive(said: number, r: Reader, obstacle: Obstacle | null): void {
    if (said === Said.open) return this.#opened(r, obstacle)
    if (said === Said.credit) {
      while (r.remaining > 0) this.#credited(this.#table.find(r.varint()), r.varint())
      return
    }
    const stream = this.#table.find(r.varint())
    if (said === Said.accept) return this.#accepted(stream, r)
    if (said === Said.abort) return this.#aborted(stream, r)
    if (said !== Said.data && said !== Said.end) throw new MalformedError(`nothing is said with ${said}`)
    if (!stream?.isTaken || stream.in.isOver)
      throw new MalformedError('what comes before its beginning or after its end')
    if (obstacle) stream.abort(outward | inward, obstacle)
    if (said === Said.data) this.#data(stream, r)
    else this.#ended(stream, r)
  }

  #opened(r: Reader, obstacle: Obstacle | null): void {
    const number = r.varint()
    const granted = r.varint()
    if (granted > longestAhead) throw new MalformedError(`credit of ${granted}`)
    if (!this.#table.claim(number)) {
      this.#refuse(number, 'busy')
      return this.#talk.line.violate({ reason: 'rate', detail: `more than ${mostStreams} streams at once` })
    }
    const taken = obstacle ?? this.#take(this.#talk, r)
    if (typeof taken === 'string') return this.#refuse(number, taken)
    const stream = this.#add(number, taken.name)
    stream.isTaken = true
    this.#sender.tell(Said.accept, w => {
      w.varint(number)
      w.varint(stream.in.granted)
    })
    stream.out.grant(granted)
    taken.run(stream)
  }

  #accepted(stream: Stream | null, r: Reader): void {
    const granted = r.varint()
    r.finish()
    if (!stream) return
    if (stream.isTaken) throw new MalformedError(`${stream.number} is accepted that was open`)
    stream.isTaken = true
    this.#credited(stream, granted)
    stream.taken.resolve(stream.face)
  }

  #credited(stream: Stream | null, granted: number): void {
    // It may have ended when that was on its way.
    if (!stream) return
    const { out } = stream
    if (!stream.isTaken || granted < out.granted || granted > out.spent + longestAhead)
      throw new MalformedError(`credit of ${granted}, where ${out.spent} of ${out.granted} was spent`)
    out.grant(granted)
  }

  #data(stream: Stream, r: Reader): void {
    const { in: way } = stream
    const before = way.spent
    const position = r.varint()
    const cost = r.remaining + toll
    if (r.remaining === 0) throw new MalformedError('an empty piece')
    if (position < before) throw new MalformedError('a piece that had come')
    if (position + cost > way.granted) throw new MalformedError('more than its credit')
    if (position > before) this.#isIncomplete(stream, position)
    way.add(r.raw(r.remaining))
    this.#credits.used(way.spent - before)
  }

  #ended(stream: Stream, r: Reader): void {
    const { in: way } = stream
    const position = r.varint()
    r.finish()
    if (position < way.spent || position > way.granted) throw new MalformedError('an end elsewhere than at its end')
    if (position > way.spent) this.#isIncomplete(stream, way.spent)
    stream.ended()
  }

  /** A piece was dropped on its way: by middleware, or as one too many. */
  #isIncomplete(stream: Stream, position: number): void {
    stream.abort(inward, 'incomplete')
    stream.in.spent = position
  }

  #aborted(stream: Stream | null, r: Reader): void {
    const ways = r.u8()
    const reason = getReason(r)
    r.finish()
    if (ways < 1 || ways > (outward | inward)) throw new MalformedError(`ways ${ways}`)
    stream?.aborted(ways, reason)
  }

  #heardAfresh(r: Reader): void {
    const round = r.varint()
    r.finish()
    if (this.#isServer) {
      if (round > this.#round) throw new MalformedError(`${round} losses, where there were ${this.#round}`)
      this.#isVoid &&= round !== this.#round
      return
    }
    this.end(CloseReason.lost)
    this.#tellAfresh(round)
  }

  #tellAfresh(round: number): void {
    this.#sender.tell(Said.afresh, w => w.varint(round))
  }

  /** The connection carries them no further. */
  end(code: number): void {
    const reason = closeName(code)
    const streams = this.#table.all()
    for (const stream of streams) this.over(stream)
    this.#sender.clear()
    this.#credits.clear()
    for (const stream of streams)
      stream.fail(new Disconnected(`The connection ended (${reason}) before the stream ${stream.name}.`, code, reason))
  }

  #add(number: number, name: string): Stream {
    const stream = new Stream(this, number, name)
    this.#table.add(stream)
    this.#credits.first(stream)
    return stream
  }

  #refuse(number: number, reason: string): void {
    this.#tellAbort(number, outward | inward, reason)
  }

  #tellAbort(number: number, ways: number, reason: string): void {
    this.#sender.tell(Said.abort, w => {
      w.varint(number)
      w.u8(ways)
      w.text(reason)
    })
  }

  // ---- for its streams

  ready(stream: Stream): void {
    this.#sender.add(stream)
  }

  wants(stream: Stream): void {
    if (this.#table.has(stream)) this.#credits.wants(stream)
  }

  tellAbort({ number }: Stream, ways: number, reason: string): void {
    this.#tellAbort(number, ways, reason)
  }

  over(stream: Stream): void {
    if (!this.#table.delete(stream)) return
    this.#sender.delete(stream)
    this.#credits.delete(stream)
  }
}
