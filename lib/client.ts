/** `fieldcast/client`: connects to a server and gives sight of its world. */
import { websocketDialer } from '../transports/websocket/client.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { Emitter } from './base/emitter.ts'
import { ConnectionFailed, Disconnected, FieldcastError, Rejected, SchemaMismatch, TimedOut, UsageError } from './base/errors.ts'
import type { Channel, ChannelReceiver, Dialer } from './link/transport.ts'
import { CloseReason, closeName } from './protocol/close.ts'
import { defaultLimits } from './protocol/limits.ts'
import type { Hello, Welcome } from './protocol/messages.ts'
import type { ClientEvents } from './replication/view/events.ts'
import { View } from './replication/view/view.ts'
import { checkZone, zoneList } from './replication/zone-number.ts'
import { declaringClass, ownDeclaration } from './schema/declaration.ts'
import { Flags } from './schema/flags.ts'
import type { NetworkObjectClass } from './schema/network-class.ts'
import type { NetworkObject } from './schema/network-object.ts'
import { loadDifferences } from './schema/outline.ts'
import { Schema } from './schema/schema.ts'
import { ClientSession, type ClientSessionHost } from './session/client-session.ts'
import type { Reader } from './base/bytes.ts'

export type { ClientEvents } from './replication/view/events.ts'
export type { CloseName } from './protocol/close.ts'

export interface ConnectOptions<A extends NetworkObject> {
  /** This side's class for each class of the game. The first gives `client.avatar` its type, unless `avatar` does. */
  readonly classes: readonly (NetworkObjectClass<A> | NetworkObjectClass)[]
  /** Other classes for the objects that this client owns when they come into view. */
  readonly owned?: readonly NetworkObjectClass[]
  /** The class of the avatar, where `classes` has several: it gives `client.avatar` its type. */
  readonly avatar?: NetworkObjectClass
  /** Credentials for the server's `login`; plain JSON. */
  readonly login?: unknown
  /** Another transport than the one of the url's scheme. */
  readonly transport?: Dialer
  /** For servers that tell several kinds of clients apart. @default 'game' */
  readonly connectionType?: string
  /** `manual`: what is received waits until `client.pump()`. @default 'auto' */
  readonly pump?: 'auto' | 'manual'
  /** Time for a request to be answered, ms. @default 10,000 */
  readonly requestMs?: number
  /** Time for the whole handshake, ms. @default 10,000 */
  readonly handshakeMs?: number
  /** Longest frame that is taken, bytes. @default 16 MiB */
  readonly maxFrame?: number
  /** Listeners that must not miss what happens before `connect` resolves. */
  readonly on?: { readonly [E in keyof ClientEvents]?: (event: ClientEvents[E]) => void }
  readonly clock?: Clock
}

/** The zones that this client watches. It may ask for others; the server's `canWatch` decides. */
export interface ClientZones extends Iterable<number> {
  readonly size: number
  has(zone: number): boolean
  /** Asks to watch exactly these. Resolves when every snapshot has arrived; rejects with Rejected('hidden-zone') where the server says no. */
  set(zones: Iterable<number>): Promise<void>
  add(zones: number | Iterable<number>): Promise<void>
  delete(zones: number | Iterable<number>): Promise<void>
}

/** The objects in view, by id. */
export interface ObjectsInView extends Iterable<NetworkObject> {
  readonly size: number
  get(id: number): NetworkObject | undefined
  /** Those of one class. */
  of<T extends NetworkObject>(type: abstract new () => T): T[]
}

export interface Client<A extends NetworkObject = NetworkObject> {
  /** Unique for a server run. */
  readonly id: number
  /** The object that the server gave this client. @throws UsageError where the server gives none. */
  readonly avatar: A
  readonly objects: ObjectsInView
  readonly zones: ClientZones
  /** Round trip in ms as last measured; 0 before. */
  readonly latency: number
  /** Ms on the server's clock, as well as it is known. */
  readonly serverTime: number
  readonly connected: boolean
  /** Calls `listener` at each event until the returned function is called. */
  on<E extends keyof ClientEvents>(event: E, listener: (event: ClientEvents[E]) => void): () => void
  /** Asks the server for an object of one's own; `init` may send first calls on a draft of it. The promise gives the live object. Rule 21 of docs/guarantees.md. */
  create<T extends NetworkObject>(type: NetworkObjectClass<T>, init?: (draft: T) => void, options?: { zone?: number | null }): Promise<T>
  /** With `pump: 'manual'`: handles everything received so far, in order, the connection's end included, and gives the number of frames. */
  pump(): number
  /** Measures the round trip now, ms. Rejects with Disconnected where the connection ends first. */
  ping(): Promise<number>
  /** Says goodbye and ends the connection. */
  close(): void
}

const dialers: Readonly<Record<string, () => Dialer>> = { ws: websocketDialer, wss: websocketDialer }

/**
 * Connects, logs in, and resolves when the avatar and the first zone are in view.
 *
 * ```ts
 * const client = await connect('ws://localhost:7200', { classes: [ClientPlayer], login: { name: 'ann' } })
 * client.avatar.send.moveTo(3, 4)
 * ```
 *
 * @throws ConnectionFailed when nobody answers, SchemaMismatch when the server was built from other classes, Rejected when the login is refused,
 * TimedOut, or Disconnected with the server's reason.
 */
export async function connect<A extends NetworkObject, P extends NetworkObject = A>(
  url: string,
  options: ConnectOptions<A> & { readonly avatar?: NetworkObjectClass<P> },
): Promise<Client<P>> {
  const schema = new Schema(options.classes)
  await schema.ready('connect()')
  const client = new ConnectedClient<P>(schema, options)
  await client.open(url)
  return client
}

class ConnectedClient<A extends NetworkObject> implements Client<A>, ClientSessionHost, ChannelReceiver {
  readonly clock: Clock
  readonly connectionType: string
  readonly schemaHash: string
  readonly credentials: string
  readonly heartbeatMs: number = defaultLimits.heartbeatMs
  readonly silenceMs: number = defaultLimits.silenceMs
  latency = 0
  readonly #options: ConnectOptions<NetworkObject>
  readonly #schema: Schema
  readonly #view: View
  readonly #emitter: Emitter<ClientEvents>
  readonly #pings: { resolve(latency: number): void; reject(error: unknown): void }[] = []
  #session: ClientSession | null = null
  #avatar: NetworkObject | null = null
  #offset = 0
  #welcome: Welcome | null = null
  #ready = false
  #waiting: Uint8Array[] = []
  /** By hand, the end waits for its turn too. */
  #waitingEnd: { readonly code: number | undefined; readonly text: string } | null = null
  #opened: { resolve(): void; reject(error: unknown): void } | null = null
  /** The outline of a server that was built from other classes. */
  #theirs = '[]'

  constructor(schema: Schema, options: ConnectOptions<NetworkObject>) {
    this.#schema = schema
    this.#options = options
    this.clock = options.clock ?? systemClock
    this.connectionType = options.connectionType ?? 'game'
    this.schemaHash = schema.hash
    this.credentials = json(options.login)
    this.#emitter = new Emitter((error, event) => {
      // An `error` listener that throws has nobody left to be told but the platform.
      if (event === 'error') queueMicrotask(() => { throw error })
      else this.#emit('error', { error, where: `listener of ${event}`, object: null, field: null })
    })
    for (const [event, listener] of Object.entries(options.on ?? {})) this.#emitter.on(event as keyof ClientEvents, listener as never)
    this.#view = new View({
      schema,
      clock: this.clock,
      owned: ownedClasses(schema, options.owned ?? []),
      requestMs: options.requestMs ?? 10_000,
      emit: (event, value) => this.#emit(event, value),
      transmit: bytes => this.#transmit(bytes),
    })
  }

  // ---- for the game

  get id(): number {
    return this.#view.clientId
  }

  get avatar(): A {
    if (this.#avatar) return this.#avatar as A
    throw new UsageError('This server gives its clients no avatar. Name one on the server: createServer({ avatar: ... }).')
  }

  readonly objects: ObjectsInView = inView(() => this.#view)
  readonly zones: ClientZones = zonesOf(() => this.#view)

  get serverTime(): number {
    return this.clock.now() + this.#offset
  }

  get connected(): boolean {
    return this.#session?.isOpen ?? false
  }

  on<E extends keyof ClientEvents>(event: E, listener: (event: ClientEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  create<T extends NetworkObject>(type: NetworkObjectClass<T>, init?: (draft: T) => void, options: { zone?: number | null } = {}): Promise<T> {
    const known = this.#schema.classOf(type)
    if (!known) throw new UsageError(`${type.name} is not among this client's classes. Pass it to connect(url, { classes: [...] }).`)
    const zone = options.zone === undefined ? (this.#avatar?.zone ?? null) : options.zone
    if (zone !== null) checkZone(zone)
    return this.#view.create(known, init as ((object: NetworkObject) => void) | undefined, zone) as Promise<T>
  }

  pump(): number {
    const frames = this.#waiting
    this.#waiting = []
    for (const frame of frames) this.#session?.frame(frame)
    if (this.#waitingEnd) this.#session?.end(this.#waitingEnd.code, this.#waitingEnd.text)
    return frames.length
  }

  ping(): Promise<number> {
    if (!this.connected) {
      const lost = Promise.reject(new Disconnected('There is no connection to measure.', 0, 'normal'))
      lost.catch(() => {})
      return lost
    }
    this.#view.flush()
    this.#session!.ping()
    const measured = new Promise<number>((resolve, reject) => this.#pings.push({ resolve, reject }))
    measured.catch(() => {})
    return measured
  }

  close(): void {
    this.#view.flush()
    this.#session?.close('normal')
  }

  // ---- for connect

  async open(url: string): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = { resolve, reject }
    })
    opened.catch(() => {})
    const { handshakeMs = 10_000, maxFrame = 16 << 20 } = this.#options
    const deadline = this.clock.after(handshakeMs, () => {
      // The end of the connection has the word, even while its error is being put together.
      if (this.#session && !this.#session.isOpen) return
      this.#opened?.reject(new TimedOut(`${url} did not complete the handshake within ${handshakeMs} ms.`))
      this.#session?.close('handshake-timeout')
    })
    try {
      await Promise.race([this.#dialer(url).dial(url, channel => this.#accept(channel), { maxFrame }), opened])
      await opened
    } finally {
      deadline.cancel()
      this.#opened = null
    }
  }

  #dialer(url: string): Dialer {
    if (this.#options.transport) return this.#options.transport
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? ''
    const make = dialers[scheme]
    if (make) return make()
    throw new ConnectionFailed(
      `No transport is known for ${JSON.stringify(url)}. Write ws://host:port or wss://host, or pass { transport: ... } for another wire.`,
    )
  }

  #accept(channel: Channel): ChannelReceiver {
    this.#session = new ClientSession(channel, this)
    return this
  }

  // ---- the channel's receiver: by hand, frames wait here for pump()

  frame(bytes: Uint8Array): void {
    if (this.#byHand) this.#waiting.push(bytes.slice())
    else this.#session!.frame(bytes)
  }

  end(code: number | undefined, text: string): void {
    if (this.#byHand) this.#waitingEnd = { code, text }
    else this.#session!.end(code, text)
  }

  get #byHand(): boolean {
    return this.#ready && this.#options.pump === 'manual'
  }

  // ---- the session's host

  hello({ library, motd }: Hello): void {
    this.#emit('hello', { library, motd })
  }

  outline(outline: string): void {
    this.#theirs = outline
  }

  welcome(welcome: Welcome): void {
    this.#welcome = welcome
    this.#view.clientId = welcome.clientId
    this.#offset = welcome.serverTime - this.clock.now()
  }

  beginFrame(): void {
    this.#view.beginFrame()
  }

  endFrame(): void {
    if (this.#ready || !this.#welcome) return
    const { avatar, zone } = this.#welcome
    const body = this.#view.bodies.get(avatar)
    if ((avatar !== 0 && !body) || (zone !== null && !this.#view.zones.has(zone)) || this.#view.isOpening) return
    this.#avatar = body?.object ?? null
    this.#ready = true
    this.#opened?.resolve()
  }

  message(op: number, body: Reader): void {
    this.#view.receive(op, body)
  }

  measured(latency: number, offset: number): void {
    this.latency = latency
    this.#offset = offset
    this.#emit('latency', { latency })
  }

  pong(): void {
    this.#pings.shift()?.resolve(this.latency)
  }

  closed(code: number, text: string): void {
    const reason = closeName(code)
    this.#view.end(code, reason)
    for (const ping of this.#pings.splice(0))
      ping.reject(new Disconnected(`The connection ended (${reason}) before its round trip was measured.`, code, reason))
    const opened = this.#opened
    if (opened) void this.#closeError(code, reason, text).then(opened.reject, opened.reject)
    this.#emit('close', { code, reason, text })
  }

  async #closeError(code: number, reason: string, text: string): Promise<FieldcastError> {
    if (code === CloseReason['schema-mismatch']) {
      const { differences } = await loadDifferences()
      const lines = differences(JSON.parse(this.#theirs), this.#schema.outline, Flags)
      return new SchemaMismatch(
        `Server and client were built from different classes:\n${lines.map(line => `  ${line}`).join('\n')}\nBuild both from the same files.`,
        lines,
      )
    }
    if (code === CloseReason['invalid-login']) return new Rejected(`The login was refused: ${text}`, text)
    return new Disconnected(`The server ended the connection: ${text} (${reason}, code ${code})`, code, reason)
  }

  #transmit(bytes: Uint8Array): void {
    const session = this.#session
    if (!session?.isOpen) return
    if (session.buffered > defaultLimits.waitingBytes) session.close('too-slow', 'The server does not read what this client sends.')
    else session.send(bytes)
  }

  #emit<E extends keyof ClientEvents>(event: E, value: ClientEvents[E]): void {
    if (event === 'error' && !this.#emitter.has('error')) console.error((value as ClientEvents['error']).error)
    this.#emitter.emit(event, value)
  }
}

function json(credentials: unknown): string {
  try {
    return JSON.stringify(credentials ?? null)
  } catch (error) {
    throw new UsageError('login must be plain JSON: no cycles, no bigint.', { cause: error })
  }
}

function ownedClasses(schema: Schema, classes: readonly NetworkObjectClass[]): Map<number, NetworkObjectClass> {
  return new Map(
    classes.map(construct => {
      const { id } = ownDeclaration(declaringClass(construct))!
      if (!schema.classes.has(id)) throw new UsageError(`owned holds ${construct.name}, but classes has no class of its id ${id}. Add the one for objects of others to classes.`)
      return [id, construct]
    }),
  )
}

function inView(view: () => View): ObjectsInView {
  const objects = function* (): Generator<NetworkObject> {
    for (const { object } of view().bodies.values()) if (object) yield object
  }
  return {
    get size() {
      return view().bodies.size
    },
    get: id => view().bodies.get(id)?.object ?? undefined,
    of: <T extends NetworkObject>(type: abstract new () => T) => [...objects()].filter(object => object instanceof type) as T[],
    [Symbol.iterator]: objects,
  }
}

function zonesOf(view: () => View): ClientZones {
  return {
    get size() {
      return view().zones.size
    },
    has: zone => view().zones.has(zone),
    set: zones => view().watch('set', zoneList(zones)),
    add: zones => view().watch('add', zoneList(zones)),
    delete: zones => view().watch('delete', zoneList(zones)),
    [Symbol.iterator]: () => view().zones[Symbol.iterator](),
  }
}
