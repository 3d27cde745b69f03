/** A client's sight of the world: the objects of its zones and those it owns, and the calls to and from them. Law 4: it is exact. */
import { Reader, Writer } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { ArgumentError, Disconnected, MalformedError, Rejected, UsageError } from '../../base/errors.ts'
import { getEnter, getLeave, getReason, getWindow, getZone, putZone, type WatchMode, watchModes } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { checkClass, Misfit, type References } from '../../schema/references.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass, NetworkObjectClass } from '../../schema/network-class.ts'
import { attach, attachment, type NetworkObject } from '../../schema/network-object.ts'
import type { Schema } from '../../schema/schema.ts'
import { Senders } from '../senders.ts'
import { Draft } from './draft.ts'
import type { ClientEvents } from './events.ts'
import { Opening } from './opening.ts'
import { Predictions } from './predictions.ts'
import { Requests } from './requests.ts'
import { ViewBody } from './view-body.ts'

/** What the client above supplies. */
export interface ViewOptions {
  readonly schema: Schema
  readonly clock: Clock
  /** The classes of one's own objects, by class id, where they differ. */
  readonly owned: ReadonlyMap<number, NetworkObjectClass>
  readonly requestMs: number
  readonly emit: <E extends keyof ClientEvents>(event: E, value: ClientEvents[E]) => void
  /** Hands a frame to the connection; does nothing without one. */
  readonly transmit: (bytes: Uint8Array) => void
}

/** A lost object is asked for at most this often, ms. */
const fetchEveryMs = 2000
/** Calls of one turn go out in one frame, unless they grow past this. */
const frameBytes = 256 << 10
/** The longest arguments that a server takes by default, less what surrounds them. */
const longestCall = (1 << 20) - 64

export class View implements References {
  readonly senders: Senders<never> = new Senders()
  readonly bodies: Map<number, ViewBody> = new Map()
  /** The zones that are watched and complete. */
  readonly zones: Set<number> = new Set()
  clientId = 0
  connected = true
  readonly #options: ViewOptions
  readonly #requests: Requests
  readonly #out = new Writer(256)
  readonly #args = new Writer(256)
  #flushing = false
  #opening: Opening | null = null
  #closedWith = { code: 0, reason: '' }
  /** The object of the last delivery, to which a Repeat counts. */
  #lastObject = 0
  #lastField: Field | null = null

  constructor(options: ViewOptions) {
    this.#options = options
    this.#requests = new Requests(options.clock, options.requestMs)
  }

  // ---- out

  /** `object.send.field(...args)`. @throws UsageError or ArgumentError at once; nothing is sent then. */
  send(body: ViewBody, field: Field, args: readonly unknown[]): unknown {
    const { emit } = this.#options
    if (!body.inView) throw new UsageError(`${field.path} was sent on object ${body.id}, which has left this client's view. Drop objects in onLeave().`)
    if (!(field.has(Flags.ClientSend) || (field.has(Flags.OwnerSend) && body.isMine))) throw new UsageError(whyNot(field))
    const bytes = this.encode(field, args)
    if (!this.connected) {
      if (field.isRequest) {
        const lost = Promise.reject(new Disconnected(`${field.path} cannot be asked: the connection has ended.`, this.#closedWith.code, this.#closedWith.reason))
        lost.catch(() => {})
        return lost
      }
      emit('dropped', { object: body.id, field: field.path, why: 'disconnected' })
      return undefined
    }
    const request = field.isRequest ? this.#requests.open(field.path, r => this.#readResult(field, r)) : null
    const w = this.#out
    w.u8(request ? Op.Request : Op.Call)
    if (request) w.varint(request.number)
    w.varint(field.key)
    w.varint(body.id)
    w.varint(bytes.length)
    w.raw(bytes)
    this.#sendSoon()
    if (field.has(Flags.Predict) && body.object) {
      if (returnsToSender(field, body.isMine)) (body.predictions ??= new Predictions()).predict(field, bytes)
      this.invoke(body, field, field.codec.readArguments(new Reader(bytes), this))
    }
    return request?.answer
  }

  /** Arguments as bytes. @throws ArgumentError naming the one that does not fit. */
  encode(field: Field, args: readonly unknown[]): Uint8Array {
    const w = this.#args
    w.reset()
    try {
      field.codec.writeArguments(w, args, this)
    } catch (error) {
      if (error instanceof Misfit) throw new ArgumentError(`${field.path}: ${error.message}`, { cause: error })
      throw error
    }
    if (w.position > longestCall) throw new ArgumentError(`${field.path}: the arguments take ${w.position} bytes; a call may take ${longestCall}. Send them in parts.`)
    return w.slice()
  }

  askDelete(body: ViewBody): void {
    if (!body.isMine || !body.type.declaration.options.clientDelete)
      throw new UsageError(
        `Object ${body.id} (${body.type.name}) cannot be deleted from here: only its owner may, and only where the class says so: @networkClass(id, { clientDelete: true }).`,
      )
    this.#out.u8(Op.Delete)
    this.#out.varint(body.id)
    this.#sendSoon()
  }

  /** Asks for zones. Resolves when all their snapshots have arrived. */
  watch(mode: WatchMode, zones: readonly number[]): Promise<void> {
    return this.#ask('the wish for zones', () => undefined, Op.Watch, w => {
      w.u8(watchModes.indexOf(mode))
      w.varint(zones.length)
      for (const zone of zones) w.varint(zone)
    })
  }

  /** Asks for a new object. */
  create(type: NetworkClass, init: ((object: NetworkObject) => void) | undefined, zone: number | null): Promise<NetworkObject> {
    if (!type.declaration.options.clientCreate)
      throw new UsageError(`${type.name} cannot be created by clients. Allow it with @networkClass(${type.id}, { clientCreate: true }), or let the server create it.`)
    const draft = new Draft(this, type)
    init?.(draft.object)
    const calls = draft.finish()
    const live = (r: Reader): NetworkObject => {
      const object = this.bodies.get(r.varint())?.object
      // The server's own code may have taken it away at once.
      if (!object) throw new Rejected(`The new ${type.name} has left view already.`, 'left-view')
      return object
    }
    return this.#ask(`create(${type.name})`, live, Op.Create, w => {
      w.varint(type.id)
      putZone(w, zone)
      w.varint(calls.length)
      w.raw(calls)
    })
  }

  #ask<T>(what: string, read: (r: Reader) => T, op: number, put: (w: Writer) => void): Promise<T> {
    if (!this.connected) {
      const lost = Promise.reject(new Disconnected(`${what} cannot be asked: the connection has ended.`, this.#closedWith.code, this.#closedWith.reason))
      lost.catch(() => {})
      return lost
    }
    const { number, answer } = this.#requests.open(what, read)
    this.#out.u8(op)
    this.#out.varint(number)
    put(this.#out)
    this.#sendSoon()
    return answer
  }

  /** Sends what has gathered in this turn. */
  flush(): void {
    this.#flushing = false
    if (this.#out.position === 0) return
    const bytes = this.#out.slice()
    this.#out.reset()
    this.#options.transmit(bytes)
  }

  #sendSoon(): void {
    if (this.#out.position > frameBytes) return this.flush()
    if (this.#flushing) return
    this.#flushing = true
    this.#options.clock.soon(() => this.flush())
  }

  // ---- in

  /** A new frame begins: deliveries count from nothing again. */
  beginFrame(): void {
    this.#lastField = null
  }

  /** Zones are being opened: what they hold is not to be seen yet. */
  get isOpening(): boolean {
    return this.#opening !== null
  }

  /** Reads one message and does what it says. */
  receive(op: number, r: Reader): void {
    if (op >= Op.Repeat) {
      if (!this.#lastField) throw new MalformedError('a repeat without what it repeats')
      // 7 bits, two's complement.
      return this.#deliver(this.#lastField, this.#lastObject + (((op & 0x7f) << 25) >> 25), r)
    }
    switch (op) {
      case Op.Deliver:
        return this.#deliver(this.#field(r.varint()), r.varint(), r)
      case Op.Enter:
        return this.#enter(r)
      case Op.Leave: {
        const { id, deleted } = getLeave(r)
        const body = this.bodies.get(id)
        return this.#do(() => body && this.#leave(body, deleted))
      }
      case Op.Move: {
        const body = this.bodies.get(r.varint())
        const zone = getZone(r)
        return this.#do(() => body && this.#move(body, zone))
      }
      case Op.Owner: {
        const body = this.bodies.get(r.varint())
        const owner = r.varint()
        return this.#do(() => body && this.#changeOwner(body, owner))
      }
      case Op.Open:
        this.#opening = new Opening(r.varint(), this.#opening)
        return
      case Op.ZoneDone:
        return this.#zoneDone(r.varint(), r.varint())
      case Op.ZoneLeft: {
        const zone = r.varint()
        return this.#do(() => this.#zoneLeft(zone))
      }
      case Op.Refresh: {
        const body = this.bodies.get(r.varint())
        const bytes = r.raw(getWindow(r) - r.position)
        return this.#do(() => body && this.#applyFields(body, bytes))
      }
      case Op.Result:
        return this.#requests.resolve(r.varint(), r)
      case Op.Refused:
        return this.#requests.refuse(r.varint(), getReason(r))
      case Op.Vetoed:
        return this.#vetoed(r)
      case Op.Settled: {
        const field = this.#field(r.varint())
        this.bodies.get(r.varint())?.predictions?.settle(field)
        return
      }
      default:
        throw new MalformedError(`there is no message 0x${op.toString(16)}`)
    }
  }

  /** The connection has ended: the objects stay as they are, to be looked at; what waits is answered. */
  end(code: number, reason: string): void {
    this.connected = false
    this.#closedWith = { code, reason }
    this.#requests.closeAll(code, reason)
  }

  /** Runs a handler. What it throws is told, and harms nobody. */
  invoke(body: ViewBody, field: Field, args: readonly unknown[]): void {
    const { object } = body
    if (!object) return
    const fail = (error: unknown): void => this.#options.emit('error', { error, where: 'handler', object, field: field.path })
    try {
      const result = (object as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[field.name]!(...args)
      if (result instanceof Promise) result.catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  idOf(value: unknown, target: string | number): number {
    if (value === null) return 0
    checkClass(this.#options.schema, value, target)
    const id = attachment(value as NetworkObject)?.id ?? 0
    if (this.bodies.get(id)?.object !== value) throw new Misfit('an object in view', value)
    return id
  }

  objectAt(id: number): unknown {
    return this.bodies.get(id)?.object ?? null
  }

  #field(key: number): Field {
    const field = this.#options.schema.fields[key]
    if (!field) throw new MalformedError(`there is no field ${key}`)
    return field
  }

  #deliver(field: Field, id: number, r: Reader): void {
    this.#lastField = field
    this.#lastObject = id
    const from = r.position
    const args = this.#readArguments(field, r)
    const body = this.bodies.get(id)
    if (!body?.object) return this.#lost(id, field, body)
    if (body.predictions?.confirms(field, r.bytes, from, r.position)) return
    this.#do(() => this.#run(body, field, args))
  }

  /** Runs a call that was not predicted here; a predicted one that is still under way comes after it, and so runs again. */
  #run(body: ViewBody, field: Field, args: readonly unknown[]): void {
    this.invoke(body, field, args)
    const newest = body.predictions?.newest(field)
    if (newest) this.invoke(body, field, field.codec.readArguments(new Reader(newest), this))
  }

  /** Runs a call that says what stands, whoever's it was. */
  #runStanding(body: ViewBody, field: Field, args: readonly unknown[]): void {
    body.predictions?.overtake(field)
    this.#run(body, field, args)
  }

  #lost(id: number, field: Field, body: ViewBody | undefined): void {
    const { clock, emit } = this.#options
    emit('dropped', { object: id, field: field.path, why: 'unknown-object' })
    if (!body || clock.now() - body.fetchedAt < fetchEveryMs) return
    body.fetchedAt = clock.now()
    this.#out.u8(Op.Fetch)
    this.#out.varint(id)
    this.#sendSoon()
  }

  #enter(r: Reader): void {
    const { type: classId, id, zone, storedId, owner } = getEnter(r)
    const type = this.#options.schema.classes.get(classId)
    if (!type) throw new MalformedError('an object of no known class')
    const fields = r.raw(getWindow(r) - r.position)
    const known = this.bodies.get(id)
    if (known?.object) return this.#do(() => this.#applyFields(known, fields))
    const body = new ViewBody(this, type, id, storedId, zone, owner)
    // The grace of the last attempt goes with it: a constructor that always throws is not asked for without end.
    if (known) body.fetchedAt = known.fetchedAt
    this.bodies.set(id, body)
    const construct = (body.isMine && this.#options.owned.get(type.id)) || type.construct
    try {
      const object = new construct()
      attach(object, body)
      body.object = object
    } catch (error) {
      this.#options.emit('error', { error, where: `new ${construct.name}()`, object: null, field: null })
      return
    }
    const apply = (): void => this.#applyFields(body, fields)
    const greet = (): void => this.#greet(body)
    if (this.#opening) this.#opening.enter(apply, greet)
    else {
      apply()
      greet()
    }
  }

  #greet(body: ViewBody): void {
    this.#hook(body, 'onEnter')
    if (body.isMine) this.#hook(body, 'onOwnerGained')
    this.#options.emit('enter', { object: body.object! })
  }

  #applyFields(body: ViewBody, bytes: Uint8Array): void {
    const r = new Reader(bytes)
    while (r.remaining > 0) {
      const field = body.type.fieldById(r.varint())
      if (!field) throw new MalformedError(`a ${body.type.name} has no such field`)
      this.#runStanding(body, field, this.#readArguments(field, r))
    }
  }

  #leave(body: ViewBody, deleted: boolean): void {
    this.bodies.delete(body.id)
    const { object } = body
    if (!object) return
    if (body.isMine) {
      body.ownerId = 0
      this.#hook(body, 'onOwnerLost')
    }
    body.inView = false
    this.#hook(body, 'onLeave')
    this.#options.emit('leave', { object, deleted })
  }

  #move(body: ViewBody, to: number | null): void {
    const from = body.zone
    body.zone = to
    if (body.object) this.#options.emit('zone', { object: body.object, from, to })
  }

  #changeOwner(body: ViewBody, owner: number): void {
    const from = body.ownerId
    const wasMine = body.isMine
    body.ownerId = owner
    if (wasMine) {
      body.predictions = null
      this.#hook(body, 'onOwnerLost')
    }
    if (body.isMine) this.#hook(body, 'onOwnerGained')
    if (body.object) this.#options.emit('owner', { object: body.object, from: from || null, to: owner || null })
  }

  #zoneDone(zone: number, count: number): void {
    this.zones.add(zone)
    const opening = this.#opening
    if (!opening) throw new MalformedError('a zone is done that was not opened')
    opening.done(() => this.#options.emit('zone-done', { zone, count }))
    if (!opening.isComplete) return
    this.#opening = opening.outer
    opening.complete()
  }

  #zoneLeft(zone: number): void {
    this.zones.delete(zone)
    for (const body of [...this.bodies.values()]) if (body.zone === zone && !body.isMine) this.#leave(body, false)
    this.#options.emit('zone-left', { zone })
  }

  #vetoed(r: Reader): void {
    const field = this.#field(r.varint())
    const body = this.bodies.get(r.varint())
    const reason = getReason(r)
    const standing = r.u8() === 1 ? this.#readArguments(field, r) : null
    if (body && field.has(Flags.Predict)) body.predictions?.settle(field)
    this.#options.emit('vetoed', { object: body?.object ?? null, field: field.path, reason })
    if (body && standing) this.#runStanding(body, field, standing)
  }

  /** Honest servers send what fits: a misfit is as bad as bytes that are none. */
  #strict<T>(field: Field, read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw error instanceof Misfit ? new MalformedError(`${field.path}: ${error.message}`) : error
    }
  }

  #readArguments(field: Field, r: Reader): unknown[] {
    return this.#strict(field, () => field.codec.readArguments(r, this))
  }

  #readResult(field: Field, r: Reader): unknown {
    const { result } = field.schema
    if (result === undefined || !field.codec.result) return undefined
    const value = this.#strict(field, () => field.codec.result!.read(r, this))
    return result === 'void' ? undefined : value
  }

  /** While zones are being opened everything waits until they are whole. */
  #do(task: () => void): void {
    if (this.#opening) this.#opening.later(task)
    else task()
  }

  #hook(body: ViewBody, name: 'onEnter' | 'onLeave' | 'onOwnerGained' | 'onOwnerLost'): void {
    const { object } = body
    if (!object) return
    try {
      object[name]()
    } catch (error) {
      this.#options.emit('error', { error, where: name, object, field: null })
    }
  }
}

/** Whether the server sends such a call of one's own back. */
function returnsToSender(field: Field, mine: boolean): boolean {
  if (field.has(Flags.NoEcho) || field.has(Flags.ServerOnly)) return false
  if (field.has(Flags.OwnerOnly)) return mine
  return field.has(Flags.Broadcast) || field.isKept
}

function whyNot(field: Field): string {
  const who = field.has(Flags.OwnerSend) ? 'only the object’s owner may send it, and this client is not' : 'only the server may send it'
  return `${field.path} cannot be sent from here: ${who}. Its flags decide: Flags.OwnerSend for the owner, Flags.ClientSend for any client that sees the object.`
}
