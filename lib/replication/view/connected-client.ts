/** A client with its connection: session below, sight of the world beside it, the game above. */
import { type Clock, systemClock } from '../../base/clock.ts'
import { Deferred } from '../../base/deferred.ts'
import { Emitter } from '../../base/emitter.ts'
import { Disconnected, type FieldcastError, Rejected, SchemaMismatch, TimedOut, UsageError } from '../../base/errors.ts'
import type { Dialer } from '../../link/transport.ts'
import { CloseReason, closeName } from '../../protocol/close.ts'
import { waitingBytes } from '../../protocol/limits.ts'
import type { Hello, Select, Welcome } from '../../protocol/messages.ts'
import { protocolVersion } from '../../protocol/version.ts'
import { declaringClass, ownDeclaration } from '../../schema/declaration.ts'
import { Flags } from '../../schema/flags.ts'
import { loadDifferences } from '../../schema/load-differences.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import type { Schema } from '../../schema/schema.ts'
import { ClientSession, type ClientSessionHost } from '../../session/client-session.ts'
import { checkZone } from '../zone-number.ts'
import type { Client, ClientZones, ConnectOptions, ObjectsInView } from './client.ts'
import type { ClientEvents } from './events.ts'
import type { HeldFrames } from './held-frames.ts'
import { inView, watched } from './in-view.ts'
import { Incoming } from './incoming.ts'
import { rare } from './load-rare.ts'
import { Outgoing } from './outgoing.ts'
import { View } from './view.ts'

export class ConnectedClient<A extends NetworkObject> implements Client<A>, ClientSessionHost {
  declare readonly clock: Clock
  declare readonly selection: Select
  declare readonly credentials: string
  declare readonly objects: ObjectsInView
  declare readonly zones: ClientZones
  declare readonly inbox: Incoming
  latency = 0
  readonly #options: ConnectOptions<NetworkObject>
  readonly #view: View
  readonly #outgoing: Outgoing
  readonly #emitter = new Emitter<ClientEvents>({
    // Before that, connect() rejects with it.
    close: ({ code, reason, text }) =>
      this.#ready && code !== CloseReason.normal && `the connection has ended: ${text} (${reason})`,
    vetoed: ({ field, reason }) => `${field} was vetoed: ${reason}`,
  })
  readonly #opened = new Deferred<void>()
  #session: ClientSession | null = null
  #avatar: NetworkObject | null = null
  #offset = 0
  #welcome: Welcome | null = null
  /** The avatar and the first zone are in view. */
  #ready = false
  #held: HeldFrames | undefined
  /** How the server's classes differ from these; null where the words for it cannot be loaded, as on a page of yesterday. */
  #mismatch: Promise<{ readonly message: string; readonly differences: readonly string[] } | null> | undefined

  constructor(schema: Schema, options: ConnectOptions<NetworkObject>) {
    const { clock = systemClock, connectionType = 'game', requestMs = 10_000, owned = [], login, on = {} } = options
    this.#options = options
    this.clock = clock
    this.selection = { protocol: protocolVersion, connectionType, hash: schema.hash }
    this.credentials = json(login)
    for (const [event, listener] of Object.entries(on)) this.on(event as keyof ClientEvents, listener as never)
    const view = new View(schema, (event, value) => this.#emitter.emit(event, value))
    this.#view = view
    this.#outgoing = new Outgoing(view, clock, requestMs, frame => this.#transmit(frame))
    this.inbox = new Incoming(view, this.#outgoing, clock, ownedClasses(schema, owned))
    this.objects = inView(view)
    this.zones = watched(view, (mode, zones) => this.#outgoing.watch(mode, zones))
  }

  // ---- for the game

  get id(): number {
    return this.#view.clientId
  }

  get avatar(): A {
    if (this.#avatar) return this.#avatar as A
    throw new UsageError('This server gives its clients no avatar: createServer({ avatar: ... }) would.')
  }

  get serverTime(): number {
    return this.clock.now() + this.#offset
  }

  get connected(): boolean {
    return this.#session?.isOpen ?? false
  }

  on<E extends keyof ClientEvents>(event: E, listener: (event: ClientEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  create<T extends NetworkObject>(
    type: NetworkObjectClass<T>,
    init?: (draft: T) => void,
    { zone = this.#avatar?.zone ?? null }: { zone?: number | null } = {},
  ): Promise<T> {
    const known = this.#view.schema.classOf(type)
    if (!known)
      throw new UsageError(`${type.name} is not among this client's classes: connect(url, { classes: [...] }).`)
    if (zone !== null) checkZone(zone)
    return this.#outgoing.create(known, init as ((draft: NetworkObject) => void) | undefined, zone) as Promise<T>
  }

  pump(): number {
    return this.#held?.pump() ?? 0
  }

  ping(): Promise<number> {
    this.#outgoing.flush()
    return this.#session!.ping()
  }

  close(): void {
    this.#outgoing.flush()
    this.#session?.close('normal')
  }

  // ---- for connect

  async open(url: string, dialer: Dialer): Promise<void> {
    const { handshakeMs = 10_000, maxFrame = 16 << 20 } = this.#options
    const opened = this.#opened
    let late = false
    const deadline = this.clock.after(handshakeMs, () => {
      late = true
      // The end of the connection has the word, even while its error is being put together.
      if (this.#session?.isOpen === false) return
      opened.reject(new TimedOut(`${url} did not complete the handshake within ${handshakeMs} ms.`))
      this.#session?.close('handshake-timeout')
    })
    const dialing = dialer.dial(
      url,
      channel => {
        const session = new ClientSession(channel, this)
        this.#session = session
        // The dial outlived its welcome: the server must not keep a client that nobody holds.
        if (late) session.close('handshake-timeout')
        if (this.#options.pump === 'manual') this.#held = new rare!.HeldFrames(session, () => this.#ready)
        return this.#held ?? session
      },
      { maxFrame },
    )
    dialing.catch(opened.reject)
    try {
      await opened.promise
    } finally {
      deadline.cancel()
    }
  }

  // ---- the session's host

  hello(hello: Hello): void {
    this.#emitter.emit('hello', hello)
  }

  outline(outline: string): void {
    this.#mismatch ??= loadDifferences()
      .then(({ mismatch }) => {
        const words = mismatch(JSON.parse(outline), this.#view.schema.outline, Flags)
        this.#session!.differs(words.told)
        return words
      })
      .catch(() => null)
  }

  welcome(welcome: Welcome): void {
    this.#welcome = welcome
    this.#view.clientId = welcome.clientId
    this.#offset = welcome.serverTime - this.clock.now()
  }

  endFrame(): void {
    if (this.#ready || !this.#welcome || this.inbox.isOpening) return
    const { avatar, zone } = this.#welcome
    const { bodies, zones } = this.#view
    if ((avatar !== 0 && !bodies.has(avatar)) || (zone !== null && !zones.has(zone))) return
    const object = this.#view.objectAt(avatar)
    const { avatar: expected } = this.#options
    if (expected && !(object instanceof declaringClass(expected))) {
      this.#opened.reject(
        new UsageError(
          `This server's avatars are ${object ? `of ${object.constructor.name}` : 'none'}, not ${expected.name}.`,
        ),
      )
      return this.close()
    }
    this.#avatar = object
    this.#ready = true
    this.#opened.resolve()
  }

  measured(latency: number, time: number): void {
    this.latency = latency
    this.#offset = time + latency / 2 - this.clock.now()
    this.#emitter.emit('latency', { latency })
  }

  closed(code: number, text: string): void {
    const reason = closeName(code)
    this.#outgoing.requests.close(code)
    if (!this.#ready) void this.#closeError(code, reason, text).then(this.#opened.reject)
    this.#emitter.emit('close', { code, reason, text })
  }

  async #closeError(code: number, reason: string, text: string): Promise<FieldcastError> {
    if (code === CloseReason['schema-mismatch']) {
      const words = await this.#mismatch
      return new SchemaMismatch(words?.message ?? text, words?.differences ?? [])
    }
    if (code === CloseReason['invalid-login']) return new Rejected(`The login was refused: ${text}`, text)
    return new Disconnected(`The server ended the connection: ${text} (${reason}, code ${code})`, code, reason)
  }

  #transmit(frame: Uint8Array): void {
    const session = this.#session
    if (!session?.isOpen) return
    if (session.buffered > waitingBytes) session.close('too-slow', 'The server does not read what this client sends.')
    else session.send(frame)
  }
}

function json(credentials: unknown): string {
  try {
    return JSON.stringify(credentials ?? null)
  } catch (cause) {
    throw new UsageError('login must be plain JSON: no cycles, no bigint.', { cause })
  }
}

function ownedClasses(schema: Schema, classes: readonly NetworkObjectClass[]): Map<number, NetworkObjectClass> {
  return new Map(
    classes.map(construct => {
      const { id } = ownDeclaration(declaringClass(construct))!
      if (!schema.classes.has(id))
        throw new UsageError(
          `owned holds ${construct.name}, but classes has none of its id ${id}, for objects of others.`,
        )
      return [id, construct]
    }),
  )
}
