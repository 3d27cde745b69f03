/** A running server: takes connections, logs clients in, gives them avatars, ticks, and takes leave of them. */
import type { Reader } from '../../base/bytes.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import { Reject, UsageError } from '../../base/errors.ts'
import { printable } from '../../base/printable.ts'
import type { Random } from '../../base/random.ts'
import { Sieve } from '../../base/sieve.ts'
import { guard, isThenable } from '../../base/thenable.ts'
import type { Channel, ChannelReceiver, Listener } from '../../link/transport.ts'
import { CloseReason, closeName } from '../../protocol/close.ts'
import type { Limits } from '../../protocol/limits.ts'
import { library } from '../../protocol/version.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import { Schema } from '../../schema/schema.ts'
import { type Account, Accounts } from '../../session/login.ts'
import { ServerSession, type ServerSessionHost, type Violation } from '../../session/server-session.ts'
import { checkZone } from '../zone-number.ts'
import { Authority } from './authority.ts'
import { checkDefaults, requireSources, warnings } from './class-checks.ts'
import { type Client, RemoteClient } from './client.ts'
import type { CreateHook } from './client-create.ts'
import type { ServerEvents } from './events.ts'
import { type HostObjects, objectsOf } from './host-objects.ts'
import { receive } from './inbox.ts'
import { abandon, announce, type CreateOptions, celebrate, conceive, enterWithAvatar, typeOf } from './life.ts'
import { memoryOnly } from './persistence.ts'

/** The server's options with their defaults filled in. */
export interface HostOptions {
  readonly classes: readonly NetworkObjectClass[]
  readonly avatar?: NetworkObjectClass
  readonly transports: readonly Listener[]
  readonly tickRate: number | 'manual'
  readonly flushGapMs: number
  readonly login?: (credentials: any, client: { readonly address: string }) => Account | void | Promise<Account | void>
  readonly zone: number | null
  readonly follow: boolean
  readonly canWatch: (client: Client, zone: number) => boolean | Promise<boolean>
  readonly onCreateRequest?: CreateHook
  readonly authorize?: (client: Client, object: NetworkObject, field: string) => boolean
  readonly doubleLogin?: (older: Client, address: string) => 'close-older' | 'refuse-newer'
  readonly violations: 'close' | 'ignore'
  readonly motd: string
  readonly connectionTypes: ReadonlySet<string>
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
  readonly #options: HostOptions
  readonly #schema: Schema
  readonly #authority: Authority
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
    error: ({ where, object, field }) =>
      `an error in ${where}${field ? ` of ${field}` : ''}${object ? `, object ${object.id}` : ''}:`,
  })
  readonly #sieve: Sieve
  readonly #sessions = new Set<Session>()
  readonly #perAddress = new Map<string, number>()
  readonly #accounts = new Accounts<RemoteClient>()
  readonly #timers: Timer[] = []
  #state: 'new' | 'starting' | 'running' | 'stopped' = 'new'
  #lastClient = 0
  #stopping: Promise<void> | null = null

  constructor(options: HostOptions) {
    this.#options = options
    this.clock = options.clock
    this.#sieve = new Sieve(options.clock)
    this.limits = options.limits
    this.motd = options.motd
    this.connectionTypes = options.connectionTypes
    this.#schema = new Schema(options.classes)
    requireSources(this.#schema)
    this.#authority = new Authority({
      schema: this.#schema,
      clock: options.clock,
      random: options.random,
      limits: options.limits,
      persistence: memoryOnly,
      follow: options.follow,
      flushGapMs: options.tickRate === 0 ? options.flushGapMs : null,
      emit: (event, value) => this.#emit(event, value),
      policy: field => field?.declaration.options.violations ?? options.violations,
      authorize: options.authorize,
    })
  }

  // ---- for the game

  get clients(): ReadonlyMap<number, Client> {
    return this.#authority.clients
  }

  get schemaHash(): string {
    return this.#schema.hash
  }

  readonly objects: HostObjects = objectsOf(() => this.#authority)

  create<T extends NetworkObject>(
    type: NetworkObjectClass<T>,
    init?: ((object: T) => void) | null,
    options: CreateOptions = {},
  ): T {
    if (this.#state === 'new' || this.#state === 'starting')
      throw new UsageError('create() was called before the server had started. Await server.start() first.')
    return this.#authority.create(
      type,
      (init ?? undefined) as ((object: NetworkObject) => void) | undefined,
      options,
    ) as T
  }

  on<E extends keyof ServerEvents>(event: E, listener: (event: ServerEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  tick(): void {
    this.#authority.flush()
  }

  async start(): Promise<string[]> {
    if (this.#state !== 'new') throw new UsageError('A server is started once. Make another with createServer.')
    this.#state = 'starting'
    await this.#schema.ready('server.start()')
    checkDefaults(this.#schema, this.#authority.references)
    for (const text of warnings(this.#schema)) this.#emit('warning', { text })
    const { tickRate, transports } = this.#options
    if (this.#hasStopped()) throw new UsageError('The server was stopped while it started.')
    this.#state = 'running'
    if (typeof tickRate === 'number' && tickRate > 0)
      this.#timers.push(this.clock.every(1000 / tickRate, () => this.tick()))
    const { heartbeatMs, frame: maxFrame } = this.limits
    if (heartbeatMs > 0) this.#timers.push(this.clock.every(heartbeatMs, () => this.#beat()))
    if (transports.length === 0) this.#emit('warning', { text: 'the server listens nowhere: it has no transports.' })
    try {
      return await Promise.all(
        transports.map(transport => transport.listen(channel => this.#accept(channel), { maxFrame })),
      )
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  #hasStopped(): boolean {
    return this.#state === 'stopped'
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop())
  }

  async #stop(): Promise<void> {
    this.#state = 'stopped'
    this.tick()
    for (const timer of this.#timers) timer.cancel()
    for (const session of [...this.#sessions]) session.close('server-shutdown')
    await Promise.all(this.#options.transports.map(transport => transport.close()))
    await Promise.all([...this.#authority.bodies].map(body => body.saved()))
  }

  // ---- for sessions

  outline(): string {
    return JSON.stringify(this.#schema.outline)
  }

  login(session: Session, credentials: unknown): void {
    const { login } = this.#options
    const { address } = session.channel
    let decided: Account | void | PromiseLike<Account | void>
    try {
      decided = login?.(credentials, { address })
    } catch (error) {
      return this.#refuseLogin(session, error)
    }
    if (!isThenable(decided)) return this.#admit(session, (decided as Account | undefined) ?? {})
    decided.then(
      account => this.#admit(session, (account as Account | undefined) ?? {}),
      error => this.#refuseLogin(session, error),
    )
  }

  message(session: Session, op: number, body: Reader): void {
    receive(this.#authority, this.#options, session.client!, op, body)
  }

  violation(session: Session, { reason, detail }: Violation): 'close' | 'ignore' {
    const client = session.client
    this.#emit('violation', { client, address: session.channel.address, reason, detail, object: null, field: null })
    return this.#options.violations
  }

  failed(error: unknown): void {
    this.#emit('error', { error, where: 'engine', object: null, field: null })
  }

  mismatched({ channel: { address } }: Session, differences: string): void {
    this.#emit('mismatch', { address, differences: printable(differences, 9, 200) })
  }

  closed(session: Session, code: number, text: string): void {
    const client = session.client
    const { address } = session.channel
    this.#sessions.delete(session)
    try {
      if (client) this.#farewell(client, code)
    } catch (error) {
      // A transport calls this: nothing may escape into it.
      this.failed(error)
    }
    this.#emit('close', { client, address, code, reason: closeName(code), text })
  }

  ended({ channel: { address } }: Session): void {
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, left)
  }

  // ---- the life of a connection

  #accept(channel: Channel): ChannelReceiver | null {
    const { address, network } = channel
    const count = this.#perAddress.get(address) ?? 0
    if (this.#state !== 'running') return null
    if (network && count >= this.limits.connectionsPerAddress) {
      this.#emit('close', {
        client: null,
        address,
        code: CloseReason['too-many-connections'],
        reason: 'too-many-connections',
        text: '',
      })
      return null
    }
    this.#perAddress.set(address, count + 1)
    const session = new ServerSession<RemoteClient>(channel, this)
    this.#sessions.add(session)
    return session
  }

  #refuseLogin(session: Session, error: unknown): void {
    if (error instanceof Reject) return session.close('invalid-login', error.reason)
    this.#emit('error', { error, where: 'login', object: null, field: null })
    session.close('invalid-login', 'The server could not check the login.')
  }

  #admit(session: Session, account: Account): void {
    if (session.state === 'closed') return
    const older = this.#accounts.holder(account)
    if (older) {
      if (this.#refusesNewer(older, session.channel.address)) return session.close('double-login')
      older.kick('double-login')
      // Whoever heard of that may have stopped the server.
      if (this.#isOver(session)) return
    }
    const { avatar } = this.#options
    const zone = account.zone === undefined ? this.#options.zone : account.zone
    try {
      if (zone !== null) checkZone(zone)
    } catch (error) {
      return this.#refuseLogin(session, error)
    }
    const client = new RemoteClient(this.#authority, session, ++this.#lastClient, account)
    session.client = client
    this.#accounts.claim(account, client)
    this.#authority.clients.set(client.id, client)
    try {
      if (avatar) client.avatarBody = conceive(this.#authority, typeOf(this.#authority, avatar), undefined, false)
      const body = client.avatarBody
      session.welcome({ clientId: client.id, token: '', avatar: body?.id ?? 0, zone, serverTime: this.clock.now() })
      if (body) announce(this.#authority, body, zone, client)
      enterWithAvatar(this.#authority, client, zone)
      if (body) celebrate(this.#authority, body)
    } catch (error) {
      this.#emit('error', { error, where: 'avatar', object: null, field: null })
      if (client.avatarBody && !client.avatarBody.announced) abandon(this.#authority, client.avatarBody)
      return session.close('invalid-login', 'The server could not make an avatar.')
    }
    // A hook may have thrown it out again.
    if (client.connected) this.#emit('connect', { client })
  }

  #isOver(session: Session): boolean {
    return session.state === 'closed'
  }

  #refusesNewer(older: RemoteClient, address: string): boolean {
    try {
      return this.#options.doubleLogin?.(older, address) === 'refuse-newer'
    } catch (error) {
      this.#emit('error', { error, where: 'doubleLogin', object: null, field: null })
      return false
    }
  }

  #farewell(client: RemoteClient, code: number): void {
    const authority = this.#authority
    authority.forget(client)
    this.#accounts.release(client.account, client)
    // A goodbye is no accident: last wills are for those who could not say one.
    if (code !== CloseReason.normal) for (const will of client.wills) this.#run(will)
    client.wills.clear()
    for (const body of [...client.owned]) {
      if (body.deleted || body.ownedBy !== client) continue
      const policy = body === client.avatarBody ? 'delete' : (body.type.declaration.options.onOwnerGone ?? 'release')
      if (policy === 'delete') authority.delete(body)
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
  }
}
