/** What a client sends: calls, requests and wishes, all of one turn in one frame. */
import { type Reader, Writer } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { ArgumentError, Rejected, UsageError } from '../../base/errors.ts'
import { putZone, type WatchMode, watchModes } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import { attach, type NetworkObject } from '../../schema/network-object.ts'
import { Misfit } from '../../schema/references.ts'
import { Senders } from '../senders.ts'
import type { Drafting } from './draft.ts'
import { rare } from './load-rare.ts'
import { Requests } from './requests.ts'
import type { View } from './view.ts'
import type { Sight, ViewBody } from './view-body.ts'

/** Calls of one turn go out in one frame, unless they grow past this. */
const frameBytes = 256 << 10
/** The longest arguments that a server takes by default, less what surrounds them. */
const longestCall = (1 << 20) - 64

export class Outgoing implements Sight, Drafting {
  declare readonly view: View
  declare readonly requests: Requests
  readonly senders: Senders = new Senders()
  readonly #clock: Clock
  readonly #transmit: (frame: Uint8Array) => void
  readonly #frame = new Writer()
  readonly #args = new Writer()
  #flushing = false

  /** @param transmit hands a frame to the connection; does nothing without one. */
  constructor(view: View, clock: Clock, requestMs: number, transmit: (frame: Uint8Array) => void) {
    this.view = view
    this.#clock = clock
    this.#transmit = transmit
    this.requests = new Requests(clock, requestMs)
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
    if (!body.inView)
      throw new UsageError(
        `${field.path} was sent on object ${id}, which has left this client's view. Drop objects in onLeave().`,
      )
    if (!(field.has(Flags.ClientSend) || (field.has(Flags.OwnerSend) && body.isMine)))
      throw new UsageError(whyNot(field))
    const bytes = this.encode(field, args)
    const isLost = this.requests.isClosed
    const call = (w: Writer): void => {
      w.varint(field.key)
      w.varint(id)
      w.varint(bytes.length)
      w.raw(bytes)
    }
    let answer: Promise<unknown> | undefined
    if (field.isRequest) answer = this.ask(Op.Request, field.path, r => this.view.readResult(field, r), call)
    else if (isLost) this.view.emit('dropped', { object: id, field: field.path, why: 'disconnected' })
    else this.#put(Op.Call, call)
    if (field.has(Flags.Predict) && !isLost) this.view.predict(body, field, bytes)
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
    if (w.position > longestCall)
      throw new ArgumentError(`${field.path}: the arguments take ${w.position} bytes, a call may take ${longestCall}.`)
    return w.slice()
  }

  askDelete(body: ViewBody): void {
    const { id, type } = body
    if (!body.isMine || !type.declaration.options.clientDelete)
      throw new UsageError(
        `Object ${id} (${type.name}) cannot be deleted from here: @networkClass(id, { clientDelete: true }) allows it to the owner.`,
      )
    this.#put(Op.Delete, w => w.varint(id))
  }

  /** Asks for an object that is called but not here. */
  fetch(id: number): void {
    this.#put(Op.Fetch, w => w.varint(id))
  }

  /** Asks for zones. Resolves when all their snapshots have arrived. */
  watch(mode: WatchMode, zones: readonly number[]): Promise<void> {
    return this.ask(
      Op.Watch,
      'the wish for zones',
      () => undefined,
      w => {
        w.u8(watchModes.indexOf(mode))
        w.varint(zones.length)
        for (const zone of zones) w.varint(zone)
      },
    )
  }

  /** Asks for a new object. */
  create(
    type: NetworkClass,
    init: ((draft: NetworkObject) => void) | undefined,
    zone: number | null,
  ): Promise<NetworkObject> {
    const { id, name, declaration } = type
    if (!declaration.options.clientCreate)
      throw new UsageError(
        `${name} cannot be created by clients: @networkClass(${id}, { clientCreate: true }) allows it.`,
      )
    const kit = { op: Op.Create, Writer, UsageError, Rejected, Flags, attach, putZone }
    return rare!.create(kit, this, type, init, zone)
  }

  /** Sends a request. @param what names it in errors. @param read takes the answer. */
  ask<T>(op: number, what: string, read: (r: Reader) => T, put: (w: Writer) => void): Promise<T> {
    const { number, answer } = this.requests.open(what, read)
    this.#put(op, w => {
      w.varint(number)
      put(w)
    })
    return answer as Promise<T>
  }

  #put(op: number, put: (w: Writer) => void): void {
    const w = this.#frame
    w.u8(op)
    put(w)
    if (w.position > frameBytes) return this.flush()
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
  }
}

function whyNot(field: Field): string {
  const who = field.has(Flags.OwnerSend) ? 'the object’s owner' : 'the server'
  return `${field.path} cannot be sent from here: only ${who} may send it. Flags.OwnerSend lets the owner, Flags.ClientSend whoever sees the object.`
}
