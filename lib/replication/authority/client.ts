/** One client as the server knows it: its avatar, what it owns and watches, what it is owed. */
import type { Writer } from '../../base/bytes.ts'
import type { Datagrams, Frame } from '../../link/transport.ts'
import type { ClientTalk } from '../../messages/contract.ts'
import type { CloseName } from '../../protocol/close.ts'
import type { Caller, NetworkObject } from '../../schema/network-object.ts'
import type { Account } from '../../session/login.ts'
import type { ServerSession } from '../../session/server-session.ts'
import type { Standing } from '../../session/standing.ts'
import { zoneList } from '../zone-number.ts'
import type { Authority } from './authority.ts'
import type { Away } from './away.ts'
import type { Body } from './body.ts'
import type { Origin } from './call-path.ts'
import { Grace } from './grace.ts'
import type { Newest } from './numbered-calls.ts'
import { Outbox } from './outbox.ts'
import { Budget, type Owed } from './slow-clients.ts'
import type { TransferTo } from './transfers.ts'
import type { Zone } from './zone.ts'

/** The zones that a client watches. Interests overlap and are counted: a zone added twice must be deleted twice. Rules 5 and 23 of docs/guarantees.md. */
export interface WatchedZones extends Iterable<number> {
  readonly size: number
  has(zone: number): boolean
  /** Watches exactly these, each counted once. Resolves when every snapshot has been handed to the client. */
  set(zones: Iterable<number>): Promise<void>
  /** Watches these too. Resolves when every snapshot has been handed to the client; at once for zones watched already. */
  add(zones: number | Iterable<number>): Promise<void>
  /** Ends one interest in each of these. */
  delete(zones: number | Iterable<number>): Promise<void>
}

/** A client on the server. */
export interface Client extends Caller {
  /** Unique for a server run. */
  readonly id: number
  /** Its avatar; null where the server gives none, or when it was deleted. */
  readonly avatar: NetworkObject | null
  /** What `login` returned as `id`; null for anonymous clients. */
  readonly account: string | number | null
  /** What `login` returned as `data`. */
  readonly data: unknown
  /** Where it comes from; '' in the own process. */
  readonly address: string
  readonly zones: WatchedZones
  readonly context: Record<string, unknown>
  readonly latency: number
  /** False while its connection is lost; it may come back then. */
  readonly connected: boolean
  /** Messages to it, beside the objects: docs/messages.md. @throws UsageError where the server, or this client, takes none. */
  readonly messages: ClientTalk
  /** Delivers what is pending, says why, and ends the connection; at once where that is lost. @param reason a name or number of docs/protocol.md, or a number of the game's own, 1000 to 65,535. */
  kick(reason?: CloseName | number, text?: string): void
  /**
   * Sends it on to another server of the deployment, with its account, `data` and `context`, which have to be plain JSON. A stored avatar is saved first and leaves this server. Resolves
   * when the client has been told where to go; its connection here ends with `transferred`. docs/transfer.md.
   * @throws UsageError without `createServer({ transfer: { key } })`, or for what cannot be taken along; Disconnected where the client is not there, or goes meanwhile. It rejects with them.
   */
  transfer(url: string, options?: TransferTo): Promise<void>
  /** A last will: `run` runs once if the client goes without having said goodbye; one whose connection was lost, when it can no longer come back. The returned function takes it back. */
  will(run: () => void): () => void
}

export class RemoteClient implements Client {
  readonly id: number
  readonly authority: Authority
  /** Its connection: the present one, or while it is away the last. */
  session: ServerSession
  /** It has logged in and has not gone for good. The engine goes by this: a client that is away owns and watches on. */
  isHere = true
  readonly account: string | number | null
  readonly data: unknown
  readonly context: Record<string, unknown> = {}
  readonly zones: WatchedZones
  avatarBody: Body | null = null

  /** Each watched zone with its number of interests; taken out by `unwatch`. */
  readonly watched: Map<Zone, number> = new Map()
  /** One of them. */
  #lately: Zone | null = null
  readonly owned: Set<Body> = new Set()
  readonly outbox: Outbox = new Outbox(this.watched)
  readonly origin: Origin
  readonly leftView: Grace
  readonly leftHands: Grace
  readonly wills: Set<() => void> = new Set()
  /** What is kept of it while its connection is lost. */
  away: Away | null = null
  /** With which it may come back; two until it has confirmed the second. */
  readonly tokens: string[] = []
  /** Its row among the rates of fields; -1 where no field has one. */
  readonly rates: number
  /** Null until its first violation that was ignored. */
  standing: Standing | null = null
  /** Resolvers of those who wait until the client has been handed everything. */
  readonly handed: (() => void)[] = []
  /** Wishes for zones, and for objects, that wait for the game's word. */
  wishes = 0
  creating = 0
  dirty = false
  /** Others are to be told before it, at the next flush. */
  comesLast = false
  /** Settles when the client's wishes for zones so far have been decided. */
  lastWish: Promise<void> = Promise.resolve()
  /** Settles when the zones that it is to watch are in the game; null where nothing is waited for. */
  waking: Promise<void> | null = null
  /** The unreliable half of its wire; null where that has none. */
  datagrams: Datagrams | null
  /** What it sent last by datagrams. */
  newest: Newest | null = null
  /** Too much waits for this client: Latest calls are left out, and owed. */
  slow = false
  /** It was away, which is no news. */
  isSparedQuietly = false
  /** The Latest fields that were left out, by object. */
  readonly owed: Map<Body, Owed> = new Map()
  /** Null where it may be sent any number of bytes. */
  readonly budget: Budget | null

  constructor(authority: Authority, session: ServerSession, id: number, account: Account) {
    this.authority = authority
    this.session = session
    this.id = id
    this.datagrams = session.channel.datagrams ?? null
    this.account = account.id ?? null
    this.data = account.data
    this.origin = { client: this, request: 0, only: null, except: null, settle: null }
    const { graceMs, graceObjects, sendBytesPerSecond } = authority.limits
    this.budget =
      sendBytesPerSecond < Number.POSITIVE_INFINITY ? new Budget(sendBytesPerSecond, authority.clock.now()) : null
    this.rates = authority.rates?.open(authority.clock.now()) ?? -1
    this.leftView = new Grace(graceMs, graceObjects)
    this.leftHands = new Grace(graceMs, graceObjects)
    this.zones = new ZonesOf(this)
  }

  get avatar(): NetworkObject | null {
    return this.avatarBody && !this.avatarBody.deleted ? this.avatarBody.object : null
  }

  get address(): string {
    return this.session.channel.address
  }

  get latency(): number {
    return this.session.latency
  }

  get connected(): boolean {
    return this.isHere && this.session.state !== 'closed'
  }

  get messages(): ClientTalk {
    return this.authority.posts.of(this)
  }

  /** It is away, and told nothing: what it has missed is too much. */
  get asleep(): boolean {
    return this.away?.asleep === true
  }

  watches(zone: Zone): boolean {
    // Mostly the same as last: the look into the map would cost a call more than its other checks.
    if (zone === this.#lately) return true
    if (!this.watched.has(zone)) return false
    this.#lately = zone
    return true
  }

  /** Ends all interests in a zone. */
  unwatch(zone: Zone): void {
    this.watched.delete(zone)
    this.#lately = null
  }

  sees(body: Body): boolean {
    return body.present && (body.ownedBy === this || (body.inZone !== null && this.watches(body.inZone)))
  }

  /** Sends a datagram, out of its budget. Only where it has datagrams. */
  fire(packet: Frame): void {
    this.budget?.spend(packet.bytes.length)
    this.datagrams!.send(packet)
  }

  /** All frames to the client go through here. */
  deliver(frame: Frame): void {
    this.session.send(frame)
  }

  /** Tells it what came of something that it asked for. @param instead what is told when it was away and is told everything else anew; null for nothing. */
  answer(put: (w: Writer) => void, instead: ((w: Writer) => void) | null = put): void {
    if (instead) this.away?.note(instead)
    this.outbox.write(put)
    this.authority.touchClient(this)
  }

  /** Until then whatever it names that is not there was there once. */
  forgive(until: number): void {
    this.leftView.forgive(until)
    this.leftHands.forgive(until)
  }

  kick(reason: CloseName | number = 'kicked', text?: string): void {
    if (this.away) return this.authority.absences.expel(this, reason, text)
    this.authority.handOver(this)
    this.session.close(reason, text)
  }

  transfer(url: string, options: TransferTo = {}): Promise<void> {
    return this.authority.transfers.send(this, url, options)
  }

  will(run: () => void): () => void {
    // Too late: the wills of a client that is gone have run.
    if (!this.isHere) return () => {}
    // A wrapper of its own, so that the same function given twice is two wills.
    const last = (): void => run()
    this.wills.add(last)
    return () => void this.wills.delete(last)
  }
}

// What Node prints of a client: not the engine behind it.
Object.defineProperty(RemoteClient.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: RemoteClient) {
    const { id, account, address, connected } = this
    return `Client ${JSON.stringify({ id, account, address, connected })}`
  },
})

class ZonesOf implements WatchedZones {
  readonly #client: RemoteClient

  constructor(client: RemoteClient) {
    this.#client = client
  }

  get size(): number {
    return this.#client.watched.size
  }

  has(zone: number): boolean {
    for (const watched of this.#client.watched.keys()) if (watched.id === zone) return true
    return false
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const zone of this.#client.watched.keys()) yield zone.id
  }

  set(zones: Iterable<number>): Promise<void> {
    return this.#client.authority.watch(this.#client, 'set', zoneList(zones))
  }

  add(zones: number | Iterable<number>): Promise<void> {
    return this.#client.authority.watch(this.#client, 'add', zoneList(zones))
  }

  delete(zones: number | Iterable<number>): Promise<void> {
    return this.#client.authority.watch(this.#client, 'delete', zoneList(zones))
  }
}
