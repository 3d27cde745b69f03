/** A running server: takes connections, logs clients in, gives them avatars, ticks, and takes leave of them. */
import type { Reader } from '../../base/bytes.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import { TimedOut, UsageError } from '../../base/errors.ts'
import { printable } from '../../base/printable.ts'
import type { Random } from '../../base/random.ts'
import { Sieve } from '../../base/sieve.ts'
import { guard } from '../../base/thenable.ts'
import type { Channel, ChannelReceiver, Listener } from '../../link/transport.ts'
import type { MessagePlan } from '../../messages/plan.ts'
import type { ServerMessages } from '../../messages/server-messages.ts'
import { within } from '../../messages/waiting.ts'
import { CloseReason, closeName } from '../../protocol/close.ts'
import type { Limits } from '../../protocol/limits.ts'
import type { Info, Query, Resume } from '../../protocol/messages.ts'
import { library } from '../../protocol/version.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import { Schema } from '../../schema/schema.ts'
import type { Deflater } from '../../session/deflater.ts'
import type { Account } from '../../session/login.ts'
import { ServerSession, type ServerSessionHost, type Violation } from '../../session/server-session.ts'
import type { TransferOptions } from '../../session/ticket.ts'
import { Visitors } from '../../session/visitors.ts'
import { checkZone } from '../zone-number.ts'
import { Admission, type AdmissionOptions } from './admission.ts'
import { Authority } from './authority.ts'
import { checkDefaults, requireSources, warnings } from './class-checks.ts'
import type { Client, RemoteClient } from './client.ts'
import type { CreateHook } from './client-create.ts'
import type { ServerEvents } from './events.ts'
import { type HostObjects, objectsOf } from './host-objects.ts'
import { receive } from './inbox.ts'
import { type Later, later } from './later.ts'
import { type CreateOptions, typeOf } from './life.ts'
import { receiveDatagram } from './numbered-calls.ts'
import type { Persistence } from './persistence.ts'
import { answerTo, type QueryAnswers, reservedForQueries } from './query-answers.ts'
import { checkStop, type StopOptions } from './stopping.ts'
import type { FindOptions, LoadOptions, ServerStore, StoredObject } from './stored.ts'
import { charge } from './toll.ts'

/** The server's options with their defaults filled in. */
export interface HostOptions extends QueryAnswers {
  readonly classes: readonly NetworkObjectClass[]
  readonly avatar?: NetworkObjectClass
  readonly transports: readonly Listener[]
  readonly persistence: Persistence
  readonly tickRate: number | 'manual'
  readonly flushGapMs: number
  readonly login?: (credentials: any, client: { readonly address: string }) => Account | void | Promise<Account | void>
  readonly transfer?: TransferOptions
  readonly onTransfer?: AdmissionOptions['onTransfer']
  readonly loginName?: (credentials: any) => string | number | null | undefined
  readonly zone: number | null
  readonly follow: boolean
  readonly canWatch: (client: Client, zone: number) => boolean | Promise<boolean>
  readonly onCreateRequest?: CreateHook
  readonly priority?: (client: Client, object: NetworkObject) => number
  readonly authorize?: (client: Client, object: NetworkObject, field: string) => boolean
  readonly doubleLogin?: (older: Client, address: string) => 'close-older' | 'refuse-newer'
  readonly violations: 'close' | 'ignore'
  readonly messages?: MessagePlan | undefined
  readonly motd: string
  readonly connectionTypes: ReadonlySet<string>
  readonly deflater: Deflater | null
  readonly limits: Limits
  readonly clock: Clock
  readonly random: Random
}

type Session = ServerSession<RemoteClient>

export class Host implements ServerSessionHost<RemoteClient> {
  readonly clock: Clock
  readonly limits: Limits
  readonly library: string = library
  readonly motd: string
  readonly connectionTypes: ReadonlySet<string>
  readonly deflater: Deflater | null
  readonly #options: HostOptions
  readonly #schema: Schema
  readonly #authority: Authority
  readonly #admission: Admission
  readonly #emitter = new Emitter<ServerEvents>({
    violation: ({ client, address, reason, detail }) =>
      `${reason} by ${client ? `client ${client.id}` : 'a stranger'} (${address || 'own process'}): ${detail}`,
    mismatch: ({ address, differences }) => {
      const what = differences.join('; ') || 'it does not say which'
      return (
        this.#sieve.isNews(what) &&
        `a client (${address || 'own process'}) was turned away: it was built from other classes. It says: ${what}. Build both from the same files: restart this server after an edit, and reload the page.`
      )
    },
    warning: ({ text }) => text,
    store: ({ state, error, waiting }) =>
      `the store is ${state} (${waiting} objects unsaved)${error ? `: ${(error as Error).message}` : ''}`,
    unreadable: ({ id, class: name, field, value, problem }) =>
      this.#news(
        field === null
          ? problem
          : `the stored ${name} ${id} was read without its ${field}, which stays in the store: ${problem} (${JSON.stringify(value).slice(0, 80)})`,
      ),
    error: ({ where, object, field }) =>
      `an error in ${where}${field ? ` of ${field}` : ''}${object ? `, object ${object.id}` : ''}:`,
  })
  readonly #sieve: Sieve
  readonly #sessions = new Set<Session>()
  readonly #visitors: Visitors
  readonly #timers: Timer[] = []
  #state: 'new' | 'starting' | 'running' | 'stopped' = 'new'
  #stopping: Promise<void> | null = null
  /** The store's own start. */
  #opening: Promise<void> | null = null

  constructor(options: HostOptions) {
    this.#options = options
    this.clock = options.clock
    this.#sieve = new Sieve(options.clock)
    this.limits = options.limits
    this.motd = options.motd
    this.connectionTypes = options.connectionTypes
    this.deflater = options.deflater
    this.#schema = new Schema(options.classes)
    requireSources(this.#schema)
    this.#authority = new Authority({
      schema: this.#schema,
      clock: options.clock,
      random: options.random,
      limits: options.limits,
      persistence: options.persistence,
      ...(options.transfer && { transfer: options.transfer }),
      follow: options.follow,
      flushGapMs: options.tickRate === 0 ? options.flushGapMs : null,
      emit: (event, value) => this.#emit(event, value),
      policy: field => field?.declaration.options.violations ?? options.violations,
      authorize: options.authorize,
      isRunning: () => this.#state === 'running',
      leave: (client, code, text) => this.#leave(client.session as Session, code, text),
      priority: options.priority,
    })
    const { posts } = this.#authority
    posts.messages = options.messages?.serve(posts.seat()) ?? null
    this.#visitors = new Visitors(options.limits, options.clock)
    this.#admission = new Admission(this.#authority, options, this.#visitors)
  }

  // ---- for the game

  get clients(): ReadonlyMap<number, Client> {
    return this.#authority.clients
  }

  get time(): number {
    return this.clock.now()
  }

  get schemaHash(): string {
    return this.#schema.hash
  }

  get messages(): ServerMessages<Client> {
    return this.#authority.posts.taken as unknown as ServerMessages<Client>
  }

  /** Whether messages are taken beside the objects. */
  get talks(): boolean {
    return this.#authority.posts.messages !== null
  }

  readonly objects: HostObjects = objectsOf(() => this.#authority)

  create<T extends NetworkObject>(
    type: NetworkObjectClass<T>,
    init?: ((object: T) => void) | null,
    options: CreateOptions = {},
  ): T {
    this.#mustRun('create()')
    return this.#authority.create(
      type,
      (init ?? undefined) as ((object: NetworkObject) => void) | undefined,
      options,
    ) as T
  }

  stored<T extends NetworkObject>(type: NetworkObjectClass<T>, id: string): Later<T> {
    this.#mustRun('stored()')
    return later(this.#authority, typeOf(this.#authority, type), id) as Later<T>
  }

  async loadZone(zone: number): Promise<NetworkObject[]> {
    this.#mustRun('loadZone()')
    checkZone(zone)
    return this.#options.persistence.loadZone(zone)
  }

  async load<T extends NetworkObject>(id: string, options: LoadOptions = {}): Promise<T | null> {
    this.#mustRun('load()')
    return (await this.#options.persistence.load(id, options)) as T | null
  }

  async find(
    construct: NetworkObjectClass,
    where: Readonly<Record<string, unknown>> = {},
    options: FindOptions = {},
  ): Promise<StoredObject[]> {
    this.#mustRun('find()')
    return this.#options.persistence.find(typeOf(this.#authority, construct), where, options)
  }

  get store(): ServerStore {
    this.#mustHaveStarted('server.store')
    return this.#options.persistence.objects
  }

  async unload(object: NetworkObject): Promise<void> {
    const body = this.#authority.bodies.get(object.id)
    if (body?.object !== object) throw new UsageError(`unload() was given an object that this server does not hold.`)
    if (!body.storedId)
      throw new UsageError(
        `Object ${body.id} (${body.type.name}) is not stored, so unloading would lose it. Delete it, or create it with { persistent: true }.`,
      )
    this.#authority.delete(body, false)
    await body.saved()
  }

  on<E extends keyof ServerEvents>(event: E, listener: (event: ServerEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  /** What has not been said lately. */
  #news(text: string): string | false {
    return this.#sieve.isNews(text) && text
  }

  #mustRun(what: string): void {
    if (this.#state === 'stopped')
      throw new UsageError(`${what} was called after the server had stopped. Make another with createServer.`)
    this.#mustHaveStarted(what)
  }

  #mustHaveStarted(what: string): void {
    if (this.#state === 'new' || this.#state === 'starting')
      throw new UsageError(`${what} was called before the server had started. Await server.start() first.`)
  }

  tick(): void {
    this.#authority.flush()
  }

  async start(): Promise<string[]> {
    if (this.#state !== 'new') throw new UsageError('A server is started once. Make another with createServer.')
    this.#state = 'starting'
    await this.#schema.ready('server.start()')
    await this.#authority.posts.messages?.ready()
    this.#checkStarting()
    checkDefaults(this.#schema, this.#authority.references)
    for (const text of warnings(this.#schema, this.#options.persistence.stores)) this.#emit('warning', { text })
    const { tickRate, transports } = this.#options
    this.#opening = this.#options.persistence.start(this.#authority)
    await this.#opening
    this.#checkStarting()
    this.#state = 'running'
    if (typeof tickRate === 'number' && tickRate > 0)
      this.#timers.push(this.clock.every(1000 / tickRate, () => this.tick()))
    const { heartbeatMs, frame: maxFrame } = this.limits
    if (heartbeatMs > 0) this.#timers.push(this.clock.every(heartbeatMs, () => this.#beat()))
    if (transports.length === 0) this.#emit('warning', { text: 'the server listens nowhere: it has no transports.' })
    try {
      const urls = await Promise.all(
        transports.map(transport => transport.listen(channel => this.#accept(channel), { maxFrame })),
      )
      if (this.#isRunning()) this.#emit('start', { urls })
      return urls
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  #isRunning(): boolean {
    return this.#state === 'running'
  }

  #checkStarting(): void {
    if (this.#state === 'stopped') throw new UsageError('The server was stopped while it started.')
  }

  stop(options: StopOptions = {}): Promise<void> {
    try {
      checkStop(options)
    } catch (error) {
      return Promise.reject(error)
    }
    this.#stopping ??= this.#stop(options)
    const { timeoutMs = 0 } = options
    if (timeoutMs === 0) return this.#stopping
    return within(this.#stopping, timeoutMs, this.clock, 'The server has not stopped').catch(error => {
      if (!(error instanceof TimedOut)) throw error
      this.#emit('warning', { text: `${error.message} What is left is closed and saved by itself.` })
    })
  }

  async #stop({ reason = 'server-shutdown', text, timeoutMs = 0 }: StopOptions): Promise<void> {
    this.#state = 'stopped'
    this.tick()
    this.#authority.posts.flush()
    for (const timer of this.#timers) timer.cancel()
    for (const session of [...this.#sessions]) session.close(reason, text)
    this.#authority.absences.stop(reason, text)
    this.#emit('stop', { reason, text: text ?? '', timeoutMs })
    const { transports, persistence } = this.#options
    // What was accepted is stored also where a transport does not close.
    const stored = this.#stopStore(persistence)
    const closed = Promise.all(transports.map(async transport => transport.close()))
    await Promise.allSettled([stored, closed])
    await stored
    await closed
  }

  async #stopStore(persistence: Persistence): Promise<void> {
    await this.#opening?.catch(() => {})
    await persistence.stop()
  }

  // ---- for sessions

  outline(): string {
    return JSON.stringify(this.#schema.outline)
  }

  login(session: Session, credentials: unknown): void {
    this.#admission.login(session, credentials)
  }

  answer({ channel: { address } }: Session, query: Query): Info | null {
    if (!this.#options.query) return null
    return answerTo(query, address, this.#options, this.clients.size, this.clock.wall(), error =>
      this.#emit('error', { error, where: 'info', object: null, field: null }),
    )
  }

  ticket(session: Session, ticket: string): void {
    this.#admission.ticket(session, ticket)
  }

  resume(session: Session, wish: Resume): void {
    this.#authority.absences.resume(session, wish)
  }

  confirmed({ client }: Session): void {
    this.#authority.absences.confirm(client!)
  }

  message(session: Session, op: number, body: Reader): void {
    receive(this.#authority, this.#options, session.client!, op, body)
  }

  datagram(session: Session, body: Reader): void {
    receiveDatagram(this.#authority, session.client!, body)
  }

  violation(session: Session, { reason, detail }: Violation): 'close' | 'ignore' {
    const client = session.client
    this.#emit('violation', { client, address: session.channel.address, reason, detail, object: null, field: null })
    const policy = this.#options.violations
    return policy === 'ignore' && client ? charge(this.#authority, client, reason) : policy
  }

  failed(error: unknown): void {
    this.#emit('error', { error, where: 'engine', object: null, field: null })
  }

  mismatched({ channel: { address } }: Session, differences: string): void {
    this.#emit('mismatch', { address, differences: printable(differences, 9, 200) })
  }

  closed(session: Session, code: number, text: string): boolean {
    const { client } = session
    this.#sessions.delete(session)
    try {
      if (client && this.#authority.absences.keep(client, code, text)) return true
    } catch (error) {
      // A transport calls this: nothing may escape into it.
      this.failed(error)
    }
    this.#leave(session, code, text)
    return false
  }

  ended({ channel }: Session): void {
    this.#visitors.leave(channel)
  }

  // ---- the life of a connection

  /** A session is over for good. */
  #leave(session: Session, code: number, text: string): void {
    const { client } = session
    const { address } = session.channel
    try {
      if (client) this.#farewell(client, code)
    } catch (error) {
      // A transport calls this: nothing may escape into it.
      this.failed(error)
    }
    session.release()
    this.#emit('close', { client, address, code, reason: closeName(code), text })
  }

  #accept(channel: Channel): ChannelReceiver | null {
    if (this.#state !== 'running') return null
    const isPlain = this.#visitors.admit(channel)
    if (!isPlain && !(this.#options.query && this.#visitors.admit(channel, reservedForQueries))) {
      this.#emit('close', {
        client: null,
        address: channel.address,
        code: CloseReason['too-many-connections'],
        reason: 'too-many-connections',
        text: '',
      })
      return null
    }
    const session = new ServerSession<RemoteClient>(channel, this, !isPlain)
    this.#sessions.add(session)
    return session
  }

  #farewell(client: RemoteClient, code: number): void {
    const authority = this.#authority
    client.isHere = false
    authority.forget(client)
    authority.posts.messages?.leave(client, code)
    this.#admission.release(client)
    // A goodbye is no accident: last wills are for those who could not say one.
    if (code !== CloseReason.normal && code !== CloseReason.transferred)
      for (const will of client.wills) this.#run(will)
    client.wills.clear()
    for (const body of [...client.owned]) {
      if (body.deleted || body.ownedBy !== client) continue
      const policy = body === client.avatarBody ? 'delete' : (body.type.declaration.options.onOwnerGone ?? 'release')
      // A stored avatar waits in the store for its account.
      if (policy === 'delete') authority.delete(body, body !== client.avatarBody)
      else if (policy === 'release') authority.transferOwner(body, null)
      // Kept for its owner: nobody may use it until the game gives it to somebody.
      else client.owned.delete(body)
    }
  }

  #run(will: () => void): void {
    guard(will, error => this.#emit('error', { error, where: 'will', object: null, field: null }))
  }

  #beat(): void {
    for (const session of [...this.#sessions]) if (session.channel.network) session.beat()
  }

  #emit<E extends keyof ServerEvents>(event: E, value: ServerEvents[E]): void {
    this.#emitter.emit(event, value)
    // Another server has taken this one's place: what goes on here would be lost. Whoever waits for the store is told so before the end.
    if (event === 'store' && (value as ServerEvents['store']).state === 'fenced')
      this.clock.soon(() => this.stop().catch(() => {}))
  }
}
