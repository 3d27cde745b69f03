/**
 * The server's side of replication: all objects, zones and clients, and the operations on them, each of which lives in a file of its own.
 * It does no input or output: sessions hand it messages, and it hands them frames.
 */
import type { Clock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'
import { Slab } from '../../base/slab.ts'
import { guard } from '../../base/thenable.ts'
import type { Limits } from '../../protocol/limits.ts'
import { putReason, type WatchMode } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import type { Field, NetworkClass, NetworkObjectClass } from '../../schema/network-class.ts'
import type { ClientRef, NetworkObject } from '../../schema/network-object.ts'
import type { Schema } from '../../schema/schema.ts'
import { told, type Violation } from '../../session/server-session.ts'
import { Absences, type AbsencesOptions } from './absences.ts'
import { Archetype } from './archetype.ts'
import { putToSleep } from './asleep.ts'
import { Bodies } from './bodies.ts'
import type { Body } from './body.ts'
import { withWriter } from './call-arguments.ts'
import { runQueued } from './call-path.ts'
import { RemoteClient } from './client.ts'
import type { ServerEvents } from './events.ts'
import { FieldRates } from './field-rates.ts'
import { Flights } from './flights.ts'
import { flush, headFor, resolveHanded } from './flush.ts'
import { settleZone } from './held-calls.ts'
import { Ids } from './ids.ts'
import { watch } from './interest.ts'
import { type CreateOptions, changeOwner, create, destroy, enterZone } from './life.ts'
import { Openings } from './openings.ts'
import { Pace } from './pace.ts'
import type { Persistence } from './persistence.ts'
import { Posts } from './posts.ts'
import { ServerReferences } from './references.ts'
import { standing, writeReferences } from './snapshot.ts'
import { charge } from './toll.ts'
import { Transfers, type TransfersOptions } from './transfers.ts'
import { Zone } from './zone.ts'

/** What the server above decides. */
export interface AuthorityOptions extends AbsencesOptions, TransfersOptions {
  readonly schema: Schema
  readonly clock: Clock
  readonly limits: Limits
  readonly persistence: Persistence
  /** `avatar.enterZone(z)` makes its client watch exactly {z}. */
  readonly follow: boolean
  /** Flushes as soon as the code that runs now has finished, with gaps of at least so many ms; null where ticks do it. */
  readonly flushGapMs: number | null
  readonly emit: <E extends keyof ServerEvents>(event: E, value: ServerEvents[E]) => void
  /** What a violation of this field costs. */
  readonly policy: (field: Field | null) => 'close' | 'ignore'
  /** How much an object matters to a client that cannot be told of all. */
  readonly priority?: ((client: RemoteClient, object: NetworkObject) => number) | undefined
  /** The game's own word on a call, after the flags have allowed it. */
  readonly authorize: ((client: RemoteClient, object: NetworkObject, field: string) => boolean) | undefined
}

/** Where no tick does, how often slow clients are looked at, ms. */
const slowAgainMs = 50

export class Authority {
  readonly schema: Schema
  readonly clock: Clock
  readonly limits: Limits
  readonly persistence: Persistence
  readonly follow: boolean
  readonly emit: AuthorityOptions['emit']
  readonly bodies: Bodies = new Bodies()
  readonly clients: Map<number, RemoteClient> = new Map()
  /** Those that do not keep up: looked at in every flush, also when nothing is new for them. */
  readonly slow: Set<RemoteClient> = new Set()
  /** Those whose connection was lost and who may come back. */
  readonly absent: Set<RemoteClient> = new Set()
  readonly absences: Absences
  readonly transfers: Transfers
  readonly openings: Openings = new Openings(this)
  readonly posts: Posts = new Posts(this)
  /** What went out as datagrams and may have been lost. */
  readonly flights: Flights = new Flights(this)
  /** Null where no field has a rate. */
  readonly rates: FieldRates | null
  /** The number of the flush that is under way, or else of the next. */
  tick = 1
  readonly ids: Ids
  /** For the frames of single clients. */
  readonly slab: Slab = new Slab()
  /** The server's own sight: everything. */
  readonly references: ServerReferences
  readonly #options: AuthorityOptions
  readonly #archetypes = new Map<NetworkClass, Archetype>()
  readonly #zones = new Map<number, Zone>()
  readonly #dirtyZones = new Set<Zone>()
  readonly #dirtyClients = new Set<RemoteClient>()
  readonly #references = new WeakMap<RemoteClient, ServerReferences>()
  readonly #pace: Pace | null

  constructor(options: AuthorityOptions) {
    const { schema, clock, random, limits, persistence, follow, emit } = options
    this.#options = options
    this.schema = schema
    this.clock = clock
    this.limits = limits
    this.persistence = persistence
    this.follow = follow
    this.emit = emit
    this.rates = FieldRates.of(schema)
    this.#pace = options.flushGapMs === null ? null : new Pace(clock, options.flushGapMs, () => this.flush())
    // One that comes back must not take a new object for one that it knew.
    this.ids = new Ids(clock, random, Math.max(limits.graceMs, limits.resumeMs), id => this.bodies.has(id))
    this.absences = new Absences(this, options)
    this.transfers = new Transfers(this, options)
    this.references = new ServerReferences(schema, this.bodies, null)
  }

  create(
    construct: NetworkObjectClass,
    init: ((object: NetworkObject) => void) | undefined,
    options: CreateOptions,
  ): NetworkObject {
    return create(this, construct, init, options)
  }

  enterZone(body: Body, zone: number | null): Promise<void> {
    return enterZone(this, body, zone)
  }

  transferOwner(body: Body, to: RemoteClient | null): void {
    changeOwner(this, body, to)
  }

  /** Deletes an object everywhere, or takes it out of memory alone. */
  delete(body: Body, forGood = true): void {
    destroy(this, body, forGood)
    runQueued(this, body)
  }

  watch(client: RemoteClient, mode: WatchMode, zones: readonly number[]): Promise<void> {
    return watch(this, client, mode, zones)
  }

  /** Ends the tick: everything that has gathered is handed to the clients. */
  flush(): void {
    this.#pace?.flushed()
    for (const client of this.slow) this.#dirtyClients.add(client)
    this.flights.confirm()
    flush(this, this.#dirtyZones, this.#dirtyClients)
    this.tick++
    if (this.absent.size > 0) putToSleep(this)
    if (this.slow.size > 0 || !this.flights.isEmpty) this.#pace?.lookAgain(slowAgainMs)
  }

  /** Hands one client what it is owed ahead of the tick; for its last words. */
  handOver(client: RemoteClient): void {
    for (const zone of client.watched.keys()) settleZone(this, zone)
    const frame = client.outbox.drain(null, false, headFor(this, client))
    if (frame) client.deliver(frame)
    this.posts.handOver(client)
    resolveHanded(client)
  }

  /** Resolves at the end of the tick, or at once where the client is owed nothing. */
  handed(client: RemoteClient): Promise<void> {
    if (!client.dirty || !client.isHere) return Promise.resolve()
    return new Promise(resolve => client.handed.push(resolve))
  }

  archetype(type: NetworkClass): Archetype {
    let archetype = this.#archetypes.get(type)
    if (!archetype) this.#archetypes.set(type, (archetype = new Archetype(this, type)))
    return archetype
  }

  zone(id: number): Zone {
    let zone = this.#zones.get(id)
    if (!zone) this.#zones.set(id, (zone = new Zone(id)))
    return zone
  }

  /** The zone, if anybody is in it or watches it. */
  zoneIfAny(id: number): Zone | undefined {
    return this.#zones.get(id)
  }

  /** Forgets a zone that nobody is in or watches. */
  releaseZone(zone: Zone): void {
    if (!zone.isWatched) this.persistence.deserted(zone.id)
    if (zone.idle) this.#zones.delete(zone.id)
  }

  touchZone(zone: Zone): void {
    if (zone.dirty) return
    zone.dirty = true
    this.#dirtyZones.add(zone)
    this.#pace?.want()
  }

  touchClient(client: RemoteClient): void {
    // One that has gone is owed nothing: it must not be remembered until the next flush.
    if (client.dirty || !client.isHere || client.asleep) return
    client.dirty = true
    this.#dirtyClients.add(client)
    this.#pace?.want()
  }

  /** The same, behind all that have been touched so far: the old owner is told before the new one. */
  touchLast(client: RemoteClient): void {
    this.touchClient(client)
    this.#dirtyClients.delete(client)
    this.#dirtyClients.add(client)
    client.comesLast = true
  }

  /** The client is gone: nothing is flushed to it any more. */
  forget(client: RemoteClient): void {
    const { asleep } = client
    this.clients.delete(client.id)
    this.absences.forget(client)
    this.neglect(client)
    this.openings.drop(client)
    for (const zone of client.watched.keys()) {
      if (asleep) zone.sleepers--
      else zone.dismiss(client)
      client.unwatch(zone)
      this.releaseZone(zone)
    }
    client.outbox.end()
    client.standing?.end()
    this.rates?.close(client.rates)
    resolveHanded(client)
  }

  /** Nothing is flushed to a client for now. */
  neglect(client: RemoteClient): void {
    this.#dirtyClients.delete(client)
    client.dirty = client.slow = client.isSparedQuietly = false
    this.slow.delete(client)
    if (this.slow.size === 0) this.#pace?.calm()
    client.owed.clear()
  }

  referencesFor(client: RemoteClient): ServerReferences {
    let references = this.#references.get(client)
    if (!references) this.#references.set(client, (references = new ServerReferences(this.schema, this.bodies, client)))
    return references
  }

  /** Delivers a call whose arguments name objects: each receiver sees its own. */
  deliverReferences(receiver: RemoteClient, body: Body, field: Field, args: readonly unknown[]): void {
    withWriter(w => {
      writeReferences(this, w, field, args, receiver)
      receiver.outbox.personal().deliver(field.key, body.id, w.bytes, 0, w.position)
    })
  }

  standing(body: Body, field: Field, viewer: RemoteClient): Uint8Array | null {
    return standing(this, body, field, viewer)
  }

  answer(client: RemoteClient, request: number, result: Uint8Array | null): void {
    if (!client.isHere) return
    client.answer(w => {
      w.u8(Op.Result)
      w.varint(request)
      if (result) w.raw(result)
    })
  }

  /** Tells a client that a request of its was not granted. */
  refuse(client: RemoteClient, request: number, reason: string): void {
    if (!client.isHere) return
    client.answer(w => {
      w.u8(Op.Refused)
      w.varint(request)
      putReason(w, reason)
    })
  }

  /** Reports a violation and says what it costs; closes the connection where that is the price. */
  violate(client: RemoteClient, violation: Violation, object: number | null, field: Field | null): 'close' | 'ignore' {
    const policy = this.#options.policy(field)
    this.emit('violation', { client, address: client.address, ...violation, object, field: field?.path ?? null })
    if (policy === 'ignore') return charge(this, client, violation.reason)
    client.session.close(told(violation.reason))
    return 'close'
  }

  /** Whether `mayCall` runs code of the game. */
  get asksGame(): boolean {
    return this.#options.authorize !== undefined
  }

  mayCall(client: RemoteClient, object: NetworkObject, field: Field): boolean {
    const { authorize } = this.#options
    if (!authorize) return true
    try {
      // Exactly true: a promise is no permission.
      return authorize(client, object, field.name) === true
    } catch (error) {
      this.emit('error', { error, where: 'authorize', object, field: field.path })
      return false
    }
  }

  /** How much an object matters to a client that cannot be told of all: by the game's word, else its own objects most. */
  weigh(client: RemoteClient, object: NetworkObject): number {
    const { priority } = this.#options
    if (!priority) return client.owned.size > 0 && object.owner === client ? 4 : 1
    try {
      return Number(priority(client, object)) || 0
    } catch (error) {
      this.emit('error', { error, where: 'priority', object, field: null })
      return 0
    }
  }

  /** Runs one of an object's hooks; what it throws is told, and harms nobody. */
  hook(body: Body, name: 'onEnter' | 'onLeave' | 'onOwnerGained' | 'onOwnerLost'): void {
    guard(
      () => body.object[name](),
      error => this.emit('error', { error, where: name, object: body.object, field: null }),
    )
  }

  /** The client of this server that a reference stands for. @throws UsageError for a client of another server, or one that has gone. */
  remote(ref: ClientRef | null): RemoteClient | null {
    if (ref === null) return null
    if (ref instanceof RemoteClient && ref.authority === this) return ref
    throw new UsageError(
      'A client of this server was expected here: one of server.clients, this.caller, or the client of an event.',
    )
  }
}
