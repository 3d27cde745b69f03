/** A client with its connection: session below, sight of the world beside it, the game above. */
import { type Reader, Writer } from '../../base/bytes.ts'
import { type Clock, systemClock } from '../../base/clock.ts'
import { Deferred } from '../../base/deferred.ts'
import { Emitter } from '../../base/emitter.ts'
import { Disconnected, Rejected, SchemaMismatch, TimedOut, UsageError } from '../../base/errors.ts'
import { type Channel, type ChannelReceiver, type Dialer, Frame } from '../../link/transport.ts'
import type { ClientMessages } from '../../messages/client-messages.ts'
import { CloseReason, closeName } from '../../protocol/close.ts'
import { waitingBytes } from '../../protocol/limits.ts'
import { type Hello, putLogin, type Select, type Transfer, type Welcome } from '../../protocol/messages.ts'
import { protocolVersion } from '../../protocol/version.ts'
import { declaringClass, ownDeclaration } from '../../schema/declaration.ts'
import { Flags } from '../../schema/flags.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import { attach, type NetworkObject } from '../../schema/network-object.ts'
import type { Schema } from '../../schema/schema.ts'
import { ClientSession, type ClientSessionHost } from '../../session/client-session.ts'
import { checkZone, zoneList } from '../zone-number.ts'
import type { Client, ClientZones, ConnectOptions, ObjectsInView } from './client.ts'
import { early } from './early.ts'
import type { ClientEvents } from './events.ts'
import type { Traveller } from './follow.ts'
import type { HeldFrames } from './held-frames.ts'
import { Incoming } from './incoming.ts'
import { loadFollow } from './load-follow.ts'
import { beside, loadBeside, rare } from './load-rare.ts'
import { Outgoing } from './outgoing.ts'
import type { Reconnect, Reconnectable } from './reconnect.ts'
import type { Mismatch } from './refused.ts'
import { View } from './view.ts'

/** Finds the wire for another url than the first. */
export type DialerOf = (url: string) => Promise<Dialer>

export class ConnectedClient<A extends NetworkObject>
  implements Client<A>, ClientSessionHost, Reconnectable, Traveller
{
  declare readonly clock: Clock
  declare readonly selection: Select
  declare link: Reconnect | undefined
  readonly #credentials: string
  declare readonly inbox: Incoming
  latency = 0
  declare readonly options: ConnectOptions<NetworkObject>
  readonly #view: View
  declare readonly outgoing: Outgoing
  readonly emitter: Emitter<ClientEvents> = new Emitter<ClientEvents>({
    // Before that, connect() rejects with it.
    lost: event => beside!.lost(event),
    close: event => this.isReady && event.code !== CloseReason.normal && beside!.ended(event),
    vetoed: event => beside!.vetoed(event),
  })
  declare opened: Deferred<void>
  session: ClientSession | null = null
  #avatar: NetworkObject | null = null
  #objects: ObjectsInView | undefined
  #zones: ClientZones | undefined
  offset = 0
  #welcome: Welcome | null = null
  /** The avatar and the first zone are in view. */
  isReady = false
  #held: HeldFrames | undefined
  declare dial: Reconnectable['dial']
  declare url: string
  declare dialerOf: DialerOf | undefined
  /** Where the server has sent the client, until it is there. */
  passage: Transfer | null = null
  isMoving = false
  #mismatch: Promise<Mismatch | null> | undefined

  constructor(schema: Schema, options: ConnectOptions<NetworkObject>) {
    const { clock = systemClock, connectionType = 'game', requestMs = 10_000, owned = [], login, on = {} } = options
    this.options = options
    this.clock = clock
    this.selection = {
      protocol: protocolVersion,
      connectionType,
      hash: schema.hash,
      resumes: options.resume !== false,
      deflates: options.compression !== false && 'DecompressionStream' in globalThis,
      talks: !!options.messages,
    }
    this.#credentials = json(login)
    for (const [event, listener] of Object.entries(on)) this.on(event as keyof ClientEvents, listener as never)
    const view = new View(schema, (event, value) => {
      if (!this.isReady && this.#welcome) this.#welcome = beside!.without(this.#welcome, event, value)
      this.emitter.emit(event, value)
    })
    this.#view = view
    this.outgoing = new Outgoing(view, clock, requestMs, frame => this.#transmit(frame))
    this.outgoing.messages = options.messages?.attach(this)
    this.inbox = new Incoming(view, this.outgoing, clock, ownedClasses(schema, owned))
  }

  // ---- for the game

  get id(): number {
    return this.#view.clientId
  }

  get avatar(): A {
    if (this.#avatar) return this.#avatar as A
    throw new UsageError(beside!.noAvatar)
  }

  get messages(): ClientMessages {
    return this.outgoing.messages ?? beside!.noMessages(UsageError)
  }

  get objects(): ObjectsInView {
    return (this.#objects ??= beside!.inView(this.#view))
  }

  get zones(): ClientZones {
    return (this.#zones ??= beside!.watched(this.#view, this.outgoing, zoneList))
  }

  get serverTime(): number {
    return this.clock.now() + this.offset
  }

  get connected(): boolean {
    return this.session?.isOpen === true && !this.link?.isAway
  }

  on<E extends keyof ClientEvents>(event: E, listener: (event: ClientEvents[E]) => void): () => void {
    return this.emitter.on(event, listener)
  }

  create<T extends NetworkObject>(
    type: NetworkObjectClass<T>,
    init?: (draft: T) => void,
    { zone = this.#avatar?.zone ?? null }: { zone?: number | null } = {},
  ): Promise<T> {
    const known = this.#view.schema.classOf(type)
    if (!known) throw new UsageError(beside!.isUnknown(type.name))
    if (!known.declaration.options.clientCreate) throw new UsageError(beside!.mayNotCreate(known))
    if (zone !== null) checkZone(zone)
    const kit = { Writer, UsageError, Rejected, Flags, attach }
    return rare!.create(
      kit,
      this.outgoing,
      known,
      init as ((draft: NetworkObject) => void) | undefined,
      zone,
    ) as Promise<T>
  }

  pump(): number {
    return this.#held?.pump() ?? 0
  }

  ping(): Promise<number> {
    this.outgoing.flush()
    return this.session!.ping()
  }

  close(): void {
    this.outgoing.flush()
    const wasAway = this.link?.isAway || this.isMoving
    if (!this.isMoving) this.passage = null
    if (this.isMoving) this.outgoing.requests.reopen()
    this.isMoving = false
    this.link?.stop()
    this.session?.close('normal')
    if (wasAway) this.end(CloseReason.normal, 'normal')
  }

  // ---- for connect

  async open(url: string, dialer: Dialer, dialerOf?: DialerOf): Promise<void> {
    this.url = url
    if (dialerOf) this.dialerOf = dialerOf
    const { handshakeMs = 10_000, maxFrame = 16 << 20 } = this.options
    const opened = new Deferred<void>()
    this.opened = opened
    this.#welcome = null
    this.isReady = false
    const before = this.session
    let late = false
    const fail = (error: unknown): void => {
      late = true
      opened.reject(error)
    }
    const deadline = this.clock.after(handshakeMs, () => {
      // It goes on elsewhere, and has other deadlines.
      if (this.isMoving && opened !== this.opened) return
      late = true
      // The end of the connection has the word, even while its error is being put together.
      if (this.session !== before && this.session?.isOpen === false) return
      fail(new TimedOut(`${url} did not complete the handshake within ${handshakeMs} ms.`))
      this.session?.close('handshake-timeout')
    })
    if (this.options.pump === 'manual') this.#held ??= new rare!.HeldFrames(session => this.isReady && session.isActive)
    this.dial = accept => dialer.dial(url, accept, { maxFrame })
    // Beside the dialling, which takes longer.
    const loading = loadBeside().catch(fail)
    const accept = (channel: Channel): ChannelReceiver => {
      // The dial outlived its welcome: the server must not keep a client that nobody holds, and another connection may carry this one by now.
      if (late) {
        channel.close(CloseReason['handshake-timeout'], '')
        return { frame() {}, end() {} }
      }
      if (!beside) return early(loading.then(() => accept(channel)))
      if (this.selection.resumes)
        this.link = this.outgoing.link = new beside.Reconnect(this, this.options, this.outgoing, this.emitter)
      const { session, receiver } = this.begin(channel)
      this.carry(session)
      return receiver
    }
    this.dial(accept).catch(fail)
    try {
      await opened.promise
    } finally {
      deadline.cancel()
    }
  }

  begin(channel: Channel): { session: ClientSession; receiver: ChannelReceiver } {
    const large = this.selection.deflates ? new beside!.LargeFrames(channel, this.options) : null
    const session = new ClientSession(large ?? channel, this)
    const receiver =
      this.#held?.receiver(session, (code = CloseReason.lost, text) => this.link?.lose(session, code, text)) ?? session
    return { session, receiver: large?.receiver(session, receiver) ?? receiver }
  }

  carry(session: ClientSession | null): void {
    if (session) {
      this.session = session
      session.deflates = this.#welcome && this.#welcome.abilities & 1
    }
    const { flights } = this.outgoing
    if (flights) flights.datagrams = session?.datagrams
  }

  tell(what: () => void): void {
    if (this.#held) this.#held.later(what)
    else what()
  }

  // ---- the session's host

  introduce(w: Writer): void {
    if (this.link?.introduce(w)) return
    if (this.passage) beside!.showPassage(w, this.passage)
    else putLogin(w, this.#credentials)
  }

  hello(hello: Hello): string | undefined {
    if (!this.isReady) this.emitter.emit('hello', hello)
    return hello.protocol === protocolVersion ? undefined : beside!.otherProtocol(hello, protocolVersion)
  }

  outline(outline: string): void {
    this.#mismatch ??= beside!.compare(outline, this.#view.schema.outline, Flags, this.session!)
  }

  welcome(welcome: Welcome): void {
    this.#welcome = welcome
    this.carry(this.session)
    this.outgoing.messages?.welcome(welcome.abilities)
    this.outgoing.requests.reopen()
    this.#view.clientId = welcome.clientId
    this.offset = welcome.serverTime - this.clock.now()
    this.link?.offered(this.session!, welcome.token, welcome.windowMs)
  }

  endFrame(): void {
    if (this.isReady || !this.#welcome || this.inbox.isOpening) return
    if (!beside!.isComplete(this.#welcome, this.#view)) return
    const object = this.#view.objectAt(this.#welcome.avatar)
    const { avatar: expected } = this.options
    if (expected && !(object instanceof declaringClass(expected))) {
      this.opened.reject(new UsageError(beside!.otherAvatar(object, expected.name)))
      return this.close()
    }
    this.#avatar = object
    this.isReady = true
    this.opened.resolve()
  }

  measured(latency: number, time: number): void {
    this.latency = latency
    this.offset = time + latency / 2 - this.clock.now()
    this.emitter.emit('latency', { latency })
  }

  closed(code: number, text: string, session: ClientSession): void {
    if (!this.#goesOn(code) && !this.link?.closed(session, code, text)) this.end(code, text)
  }

  transfer(r: Reader): void {
    this.passage = beside!.readPassage(r)
  }

  /** Once it has been told where to go on, it goes, also where the connection is lost before its end was told. */
  #goesOn(code: number): boolean {
    const { passage } = this
    const isBroken = code !== CloseReason.normal && !this.isMoving && !this.outgoing.requests.isClosed
    if (!passage || !(isBroken || code === CloseReason.transferred)) return false
    this.#follow(passage)
    return true
  }

  /** Leaves this world for the one of another server. */
  #follow(to: Transfer): void {
    this.isMoving = true
    this.carry(null)
    loadFollow().then(
      ({ follow }) => follow(this, to, beside!),
      ({ message }) => {
        this.isMoving = false
        this.passage = null
        this.end(CloseReason.transferred, message)
      },
    )
  }

  /** The end, for good. */
  end(code: number, text: string): void {
    if (this.#goesOn(code)) return
    const reason = closeName(code)
    const { requests, flights } = this.outgoing
    if (!this.isMoving) {
      if (requests.isClosed) return
      requests.close(code)
      flights?.end()
      this.link?.drop()
      this.emitter.emit('close', { code, reason, text })
    }
    if (this.isReady) return
    const kit = { Disconnected, Rejected, SchemaMismatch }
    void beside!.refusal(kit, code, reason, text, this.#mismatch).then(this.opened.reject)
  }

  #transmit(bytes: Uint8Array): void {
    const session = this.session
    const frame = new Frame(bytes)
    if (this.link?.send(frame) === false || !session?.isOpen) return
    if (session.buffered > waitingBytes) session.close('too-slow', beside!.isTooSlow)
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
        throw new UsageError(`owned holds ${construct.name}, but classes has none of id ${id} for others.`)
      return [id, construct]
    }),
  )
}
