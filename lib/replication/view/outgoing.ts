/** What a client sends: calls, requests and wishes, all of one turn in one frame. */
import { Reader, Writer } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { Deferred } from '../../base/deferred.ts'
import { ArgumentError, MalformedError, Rejected, TimedOut, UsageError } from '../../base/errors.ts'
import { Frame } from '../../link/transport.ts'
import type { ClientMessages } from '../../messages/client-messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import { Misfit } from '../../schema/references.ts'
import { endedBefore } from '../../session/ended.ts'
import type { Senders } from '../senders.ts'
import type { Drafting } from './draft.ts'
import type { Flights } from './flights.ts'
import { batches, beside } from './load-rare.ts'
import type { Reconnect } from './reconnect.ts'
import type { Requests } from './requests.ts'
import type { View } from './view.ts'
import type { Sight, ViewBody } from './view-body.ts'

/** Calls of one turn go out in one frame, unless they grow past this. */
const frameBytes = 256 << 10
/** What surrounds a call's arguments, at most. */
const longestHead = 64
/** The longest arguments that a server takes by default, less what surrounds them. */
const longestCall = (1 << 20) - longestHead

export class Outgoing implements Sight, Drafting {
  declare readonly view: View
  /** Where there are classes whose calls may leave as datagrams. */
  readonly flights: Flights | undefined
  /** Where the session goes on when the connection was lost. */
  link: Reconnect | undefined
  /** Messages beside the objects, where the game has any. */
  declare messages: ClientMessages | undefined
  readonly #clock: Clock
  readonly #requestMs: number
  #requests: Requests | undefined
  #senders: Senders | undefined
  readonly #transmit: (frame: Uint8Array) => void
  readonly #frame = new Writer()
  readonly #args = new Writer()
  #flushing = false

  /** @param transmit hands a frame to the connection; does nothing without one. */
  constructor(view: View, clock: Clock, requestMs: number, transmit: (frame: Uint8Array) => void) {
    this.view = view
    this.#clock = clock
    this.#transmit = transmit
    this.#requestMs = requestMs
    if (batches) this.flights = new batches.Flights({ Writer, Frame, clock }, this)
  }

  get requests(): Requests {
    return (this.#requests ??= new beside!.Requests(
      { Reader, Deferred, MalformedError, Rejected, TimedOut, endedBefore },
      this.#clock,
      this.#requestMs,
    ))
  }

  get senders(): Senders {
    return (this.#senders ??= new beside!.Senders())
  }

  get me(): number {
    return this.view.clientId
  }

  sender(body: ViewBody): object {
    return this.senders.make(body.type, (field, args) => this.send(body, field, args))
  }

  /** `object.send.field(...args)`. @throws UsageError or ArgumentError at once; nothing is sent then. */
  send(body: ViewBody, field: Field, args: readonly unknown[]): unknown {
    const { id } = body
    if (!body.inView) throw new UsageError(beside!.hasLeft(field, id))
    if (!(field.has(Flags.ClientSend) || (field.has(Flags.OwnerSend) && body.isMine)))
      throw new UsageError(beside!.mayNotSend(field, field.has(Flags.OwnerSend)))
    const bytes = this.encode(field, args)
    const { link } = this
    // With what has gathered before it the frame would be longer than a server takes. First, for it takes the number of a frame.
    if (bytes.length > frameBytes) this.flush()
    const isLost = this.requests.isClosed || this.#isFull(bytes.length)
    const number = link?.next
    const call = (w: Writer): void => {
      w.varint(field.key)
      w.varint(id)
      w.varint(bytes.length)
      w.raw(bytes)
    }
    let answer: Promise<unknown> | undefined
    if (field.isRequest) answer = this.ask(Op.Request, field.path, r => this.view.readResult(field, r), call)
    else if (isLost || (link?.isAway && field.has(Flags.Unreliable) && !field.isLatest))
      this.view.emit('dropped', { object: id, field: field.path, why: 'disconnected' })
    else if (link?.isAway && field.isLatest) link.keepLatest(body, field, call)
    else if (this.flights?.datagrams && field.has(Flags.Latest | Flags.Unreliable)) {
      this.flights.send(body, field, bytes)
      this.#gather()
    } else {
      if (link?.isAway) link.gather(id, field)
      this.put(Op.Call, call)
    }
    if (field.has(Flags.Predict) && !isLost) this.view.predict(body, field, bytes, number)
    return answer
  }

  encode(field: Field, args: readonly unknown[]): Uint8Array {
    const w = this.#args
    w.reset()
    try {
      field.codec.writeArguments(w, args, this.view)
    } catch (error) {
      throw error instanceof Misfit ? new ArgumentError(`${field.path}: ${error.message}`, { cause: error }) : error
    }
    if (w.position > longestCall) throw new ArgumentError(beside!.isTooLong(field, w.position, longestCall))
    return w.slice()
  }

  askDelete(body: ViewBody): void {
    const { id, type } = body
    if (!body.isMine || !type.declaration.options.clientDelete) throw new UsageError(beside!.mayNotDelete(type, id))
    this.put(Op.Delete, w => w.varint(id))
  }

  /** Asks for an object that is called but not here. */
  fetch(id: number): void {
    this.put(Op.Fetch, w => w.varint(id))
  }

  /** Sends a request. @param what names it in errors. @param read takes the answer. */
  ask<T>(op: number, what: string, read: (r: Reader) => T, put: (w: Writer) => void): Promise<T> {
    const isFull = this.#isFull(longestHead)
    const { number, answer } = this.requests.open(what, read, isFull)
    if (!isFull)
      this.put(op, w => {
        w.varint(number)
        put(w)
      })
    return answer as Promise<T>
  }

  /** The connection is lost, and no more can be kept for it. */
  #isFull(bytes: number): boolean {
    return this.link?.isFull(this.#frame.position + bytes) ?? false
  }

  /** Sends a message with the others of this turn. */
  put(op: number, put: (w: Writer) => void): void {
    const w = this.#frame
    w.u8(op)
    put(w)
    if (w.position > frameBytes) this.flush()
    else this.#gather()
  }

  /** Sends at the end of this turn. */
  #gather(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.#clock.soon(() => this.flush())
  }

  /** Sends what has gathered in this turn. */
  flush(): void {
    this.#flushing = false
    const frame = this.#frame.slice()
    this.#frame.reset()
    if (frame.length > 0) this.#transmit(frame)
    this.flights?.flush()
  }
}
