/** The messages of one connection, at one of its ends: what comes is checked, read and handled, questions find their replies. */
import type { Reader, Writer } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { MalformedError, Reject, Rejected } from '../base/errors.ts'
import { isThenable } from '../base/thenable.ts'
import { CloseReason } from '../protocol/close.ts'
import { getReason, putReason } from '../protocol/messages.ts'
import { Misfit } from '../schema/references.ts'
import { endedBefore } from '../session/ended.ts'
import type { Compiled } from './compiled.ts'
import type { Line, Obstacle } from './contract.ts'
import { FIRST_ID, type MessageType } from './definition.ts'
import { envelope, Inner, opened, type Side } from './envelope.ts'
import { droppedBefore } from './filters.ts'
import type { Held } from './held.ts'
import { Questions } from './questions.ts'
import type { Registered } from './registry.ts'

/** Reads one of the library's own messages, behind its id. @param obstacle it is not taken: it may say so. */
export type Part = (talk: Talk<any>, r: Reader, obstacle?: Obstacle) => void

/** What all connections of one side have in common. */
export interface Common<P> {
  readonly side: Side
  readonly clock: Clock
  /** Questions of one connection that may wait for their answers. */
  readonly mostWaiting: number
  /** What else there is beside messages, by the library's id. */
  readonly parts: ReadonlyMap<number, Part>
  /** Where messages wait for `pump()`; null where they are handled as they come. */
  readonly held: Held | null
  /** By the id on the wire. */
  entryOf(id: number): Registered | undefined
  compiled(type: MessageType): Compiled
  handle(talk: Talk<P>, entry: Registered, value: object): void
  answer(talk: Talk<P>, entry: Registered, value: object): Answer | PromiseLike<Answer>
  bytesOut(message: Uint8Array): Uint8Array | null
  bytesIn(r: Reader): Reader | null
  unknown(talk: Talk<P>, id: number, bytes: number): void
  dropped(talk: Talk<P>, message: string | null, why: Obstacle): void
  misplaced(talk: Talk<P>, message: string, why: string, closes: boolean): void
  failed(error: unknown, where: string): void
}

/** Where a connection stands at its beginning. */
export interface Standing {
  readonly state?: string
  readonly mode?: string | number | null
}

/** @typeParam P who is at the other end, as handlers see it. */
export class Talk<P = unknown> {
  readonly hub: Common<P>
  readonly line: Line
  readonly peer: P
  readonly connectionType: string
  /** Where the connection stands, for messages with conditions: the game's to set. Each side has its own. */
  state: string
  mode: string | number | null
  /** Whatever else is kept of this connection, by whom. */
  readonly parts: Map<unknown, unknown> = new Map()
  /** Hear of the end of the connection, and of the way to another server. */
  readonly ends: Set<(code: number) => void> = new Set()
  readonly #asked: Questions
  /** Questions of the other side that are being answered. */
  #answering = 0
  /** Counts the servers that a client has been sent on to: what one has asked is no business of the next. */
  #round = 0
  #end: number | null = null

  constructor(hub: Common<P>, line: Line, peer: P, connectionType: string, { state, mode }: Standing) {
    this.hub = hub
    this.#asked = new Questions(hub.clock)
    this.line = line
    this.peer = peer
    this.connectionType = connectionType
    this.state = state ?? 'active'
    this.mode = mode ?? null
  }

  /** The code with which the connection ended; that of a loss where it has not. */
  get endCode(): number {
    return this.#end ?? CloseReason.lost
  }

  get isOver(): boolean {
    return this.#end !== null
  }

  // ---- out

  /** Sends what `put` writes behind one of the library's ids. */
  tell(id: number, put: (w: Writer) => void): boolean {
    return this.send(
      envelope(this.hub.side, w => {
        w.varint(id)
        put(w)
      }),
    )
  }

  /** Sends a message as it stands in a frame. False where it was lost, or middleware kept it. */
  send(message: Uint8Array): boolean {
    const bytes = this.hub.bytesOut(message)
    return bytes !== null && this.put(bytes)
  }

  /** Sends what has passed the middleware of bytes. False where it was lost. */
  put(bytes: Uint8Array): boolean {
    return !this.isOver && this.line.send(bytes)
  }

  /** Sends a question. The promise rejects with Rejected, TimedOut or Disconnected. */
  async ask(entry: Registered, wireId: number, value: Uint8Array, timeoutMs: number): Promise<unknown> {
    const { number, answer } = this.#asked.open(entry, timeoutMs)
    const { name } = entry
    const question = envelope(this.hub.side, w => {
      w.varint(Inner.ask)
      w.varint(number)
      w.varint(wireId)
      w.raw(value)
    })
    const bytes = this.hub.bytesOut(question)
    if (!bytes) this.#asked.take(number)?.answer.reject(droppedBefore(name))
    else if (!this.put(bytes)) this.#asked.take(number)?.answer.reject(endedBefore(name, this.endCode))
    return answer.promise
  }

  // ---- in

  /** Reads one message, with its length. */
  receive(r: Reader): void {
    const inner = this.hub.bytesIn(opened(r))
    if (this.isOver) return
    const id = inner?.varint()
    // What was asked for costs nothing.
    const isAwaited = inner && (id === Inner.reply || id === Inner.refused) && this.#asked.has(peeked(inner))
    const obstacle = isAwaited ? null : (this.line.charge?.() ?? null)
    if (!inner || id === undefined || this.isOver) return
    if (obstacle) return this.#drop(id, inner, obstacle)
    const { held } = this.hub
    if (held === null) this.handle(id, inner)
    else if (!held.hold(this, id, inner, isAwaited === true)) this.#overflow(id, inner)
  }

  /** Handles a message, read up to behind its id. */
  handle(id: number, inner: Reader): void {
    if (id >= FIRST_ID) return this.#message(id, inner)
    if (id === Inner.ask) return this.#question(inner)
    if (id === Inner.reply) return this.#answered(inner)
    if (id === Inner.refused) return this.#refused(inner)
    const part = this.hub.parts.get(id)
    if (!part) throw new MalformedError(`There is no message ${id} among the library's.`)
    part(this, inner)
  }

  /** More came than is pumped. The library's own cannot be left out: what they belong to would go on without them. */
  #overflow(id: number, r: Reader): void {
    if (id >= FIRST_ID || id === Inner.ask) return this.#drop(id, r, 'busy')
    this.line.violate({ reason: 'rate', detail: 'more messages than are pumped' })
  }

  /** A message that is not read. */
  #drop(id: number, r: Reader, why: Obstacle): void {
    if (id === Inner.parameter || id === Inner.stream) this.hub.parts.get(id)?.(this, r, why)
    const question = id === Inner.ask ? r.varint() : null
    const entry = this.hub.entryOf(question === null ? id : r.varint())
    this.hub.dropped(this, entry?.name ?? null, why)
    if (question !== null) this.#refuse(question, why)
  }

  #message(id: number, r: Reader): void {
    const entry = this.hub.entryOf(id)
    if (!entry) return this.hub.unknown(this, id, r.remaining)
    if (!this.#isInPlace(entry)) return
    const value = this.#read(entry, r)
    if (value) this.hub.handle(this, entry, value)
  }

  #question(r: Reader): void {
    const number = r.varint()
    const head = this.head(r)
    if ('refused' in head) return this.#refuse(number, head.refused)
    const { entry, value } = head
    if (this.#answering >= this.hub.mostWaiting) return this.#refuse(number, 'busy')
    const answer = this.hub.answer(this, entry, value)
    if (!isThenable(answer)) return this.#answer(number, entry, answer)
    const round = this.#round
    this.#answering++
    answer.then(
      result => {
        this.#answering--
        if (round === this.#round) this.#answer(number, entry, result as Answer)
      },
      error => {
        this.#answering--
        this.hub.failed(error, `the reply to ${entry.name}`)
        if (round === this.#round) this.#refuse(number, 'error')
      },
    )
  }

  /** Reads a message of which the other side is to hear why it is not taken. */
  head(r: Reader): { readonly entry: Registered; readonly value: object } | { readonly refused: string } {
    const id = r.varint()
    const entry = this.hub.entryOf(id)
    if (!entry) {
      this.hub.unknown(this, id, r.remaining)
      return { refused: 'unknown-message' }
    }
    if (!this.#isInPlace(entry)) return { refused: 'wrong-state' }
    const value = this.#read(entry, r)
    return value ? { entry, value } : { refused: 'bad-arguments' }
  }

  #answer(number: number, entry: Registered, answer: Answer): void {
    if (this.isOver) return
    if ('refused' in answer) return this.#refuse(number, answer.refused)
    let bytes: Uint8Array
    try {
      bytes = this.hub.compiled(entry.type).encodeReply(answer.value)
    } catch (error) {
      this.hub.failed(error, `the reply to ${entry.name}`)
      return this.#refuse(number, 'error')
    }
    this.#reply(Inner.reply, number, w => w.raw(bytes))
  }

  #refuse(number: number, reason: string): void {
    this.#reply(Inner.refused, number, w => putReason(w, reason))
  }

  #reply(id: number, number: number, put: (w: Writer) => void): void {
    const message = envelope(this.hub.side, w => {
      w.varint(id)
      w.varint(number)
      put(w)
    })
    const bytes = this.isOver ? null : this.hub.bytesOut(message)
    if (!bytes) return
    if (this.line.answer) this.line.answer(bytes)
    else this.line.send(bytes)
  }

  #answered(r: Reader): void {
    const waiting = this.#asked.take(r.varint())
    // Its time was up.
    if (!waiting) return
    const { entry, answer } = waiting
    try {
      answer.resolve(this.hub.compiled(entry.type).decodeReply(r))
    } catch (error) {
      answer.reject(new Rejected(`${entry.name} was answered with something else than its reply.`, 'bad-arguments'))
      this.#misread(error, `the reply to ${entry.name}`)
    }
  }

  #refused(r: Reader): void {
    const number = r.varint()
    const reason = getReason(r)
    r.finish()
    const waiting = this.#asked.take(number)
    waiting?.answer.reject(new Rejected(`${waiting.entry.name} was refused: ${reason}`, reason))
  }

  /** Whether the connection stands where a message may come; tells where it does not. */
  #isInPlace({ type, name }: Registered): boolean {
    const { state = 'active', mode, side = 'both', connectionType, invalid } = type.conditions
    const wrong =
      (side !== 'both' && side !== this.hub.side && `goes to the ${side} alone`) ||
      (state !== this.state && `wants the state ${state}, not ${this.state}`) ||
      (mode !== undefined && mode !== this.mode && `wants the mode ${mode}, not ${this.mode}`) ||
      (connectionType !== undefined &&
        connectionType !== this.connectionType &&
        `wants the connection type ${connectionType}, not ${this.connectionType}`)
    if (!wrong) return true
    this.hub.misplaced(this, name, wrong, invalid === 'close')
    return false
  }

  #read(entry: Registered, r: Reader): object | null {
    try {
      return this.hub.compiled(entry.type).decode(r)
    } catch (error) {
      this.#misread(error, entry.name)
      return null
    }
  }

  #misread(error: unknown, what: string): void {
    // The constructor or a setter of the message's class.
    if (!(error instanceof Misfit || error instanceof MalformedError)) return this.hub.failed(error, what)
    this.line.violate({ reason: 'bad-arguments', detail: `${what}: ${error.message}` })
  }

  /** The connection has ended for good: nothing is answered any more. */
  end(code: number): void {
    if (this.isOver) return
    this.#end = code
    this.abandon(code)
  }

  /** What was asked is not answered any more. */
  abandon(code: number): void {
    this.#round++
    for (const end of [...this.ends]) end(code)
    this.#asked.abandon(code)
  }
}

/** The number at a reader's place, which it stays at. */
function peeked(r: Reader): number {
  const { position } = r
  const number = r.varint()
  r.position = position
  return number
}

/** What came of a question. */
export type Answer = { readonly value: unknown } | { readonly refused: string }

/** What a handler that threw meant by it. */
export const reasonOf = (error: unknown): string | null => (error instanceof Reject ? error.reason : null)
