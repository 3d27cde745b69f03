/** `fieldcast/server`: the server of a game. */
import { type Clock, systemClock } from './base/clock.ts'
import { UsageError } from './base/errors.ts'
import { type Random, systemRandom } from './base/random.ts'
import type { Listener } from './link/transport.ts'
import type { MessagePlan } from './messages/plan.ts'
import type { ServerMessages } from './messages/server-messages.ts'
import { checkLimits, checkMotd, checkViolations } from './protocol/check-limits.ts'
import { type LimitOptions, limitsFrom } from './protocol/limits.ts'
import type { Client } from './replication/authority/client.ts'
import type { CreateRequest } from './replication/authority/client-create.ts'
import type { ServerEvents } from './replication/authority/events.ts'
import { Host } from './replication/authority/host.ts'
import type { Later } from './replication/authority/later.ts'
import type { CreateOptions } from './replication/authority/life.ts'
import { memoryOnly } from './replication/authority/persistence.ts'
import { checkAnswers, type InfoOption } from './replication/authority/query-answers.ts'
import type { StopOptions } from './replication/authority/stopping.ts'
import type { FindOptions, LoadOptions, ServerStore, StoredObject } from './replication/authority/stored.ts'
import type { NetworkObjectClass } from './schema/network-class.ts'
import type { NetworkObject } from './schema/network-object.ts'
import { type CompressionOptions, Deflater } from './session/deflater.ts'
import type { Account } from './session/login.ts'
import type { Passenger, TransferOptions } from './session/ticket.ts'
import { checkStorage, type StorageOptions } from './stores/persister/options.ts'
import { Persister } from './stores/persister/persister.ts'
import type { Store } from './stores/store.ts'

export { ArgumentError, FieldcastError, Reject, SchemaError, StoreError, UsageError } from './base/errors.ts'
export type { CloseName } from './protocol/close.ts'
export type { LimitOptions, Limits, StandingLimits } from './protocol/limits.ts'
export type { Client, WatchedZones } from './replication/authority/client.ts'
export type { CreateRequest } from './replication/authority/client-create.ts'
export type { ServerEvents } from './replication/authority/events.ts'
export type { Later } from './replication/authority/later.ts'
export type { CreateOptions } from './replication/authority/life.ts'
export type { InfoOption } from './replication/authority/query-answers.ts'
export type { StopOptions } from './replication/authority/stopping.ts'
export type {
  FindOptions,
  LoadOptions,
  ServerStore,
  StorageState,
  StoredFields,
  StoredObject,
  UpdateOptions,
  UpdateResult,
} from './replication/authority/stored.ts'
export type { TransferTo } from './replication/authority/transfers.ts'
export { amend } from './schema/amendment.ts'
export type { CompressionOptions } from './session/deflater.ts'
export type { Account } from './session/login.ts'
export type { Passenger, TransferOptions } from './session/ticket.ts'
export type { StorageOptions } from './stores/persister/options.ts'
export type { Store } from './stores/store.ts'

export interface ServerOptions {
  /** This side's class for each class of the game. */
  readonly classes: readonly NetworkObjectClass[]
  /** Every client gets one of these when it logs in. Default: none. */
  readonly avatar?: NetworkObjectClass
  /** Where clients come from: `[websocket({ port: 7200 })]`, `[memory()]`, or several at once. */
  readonly transports?: readonly Listener[]
  /** Where objects made with `persistent: true` outlive the server. Default: nowhere, and Database fields are kept in memory alone. */
  readonly store?: Store
  readonly storage?: StorageOptions
  /** Flushes per second; 0 flushes at once, as far as `flushGapMs` allows; `manual` only when `tick()` is called. @default 20 */
  readonly tickRate?: number | 'manual'
  /**
   * With `tickRate: 0`, the least time from one flush to the next, ms: what happens meanwhile leaves together. The first call after a pause goes out
   * at once. 0 flushes at the end of every turn of the event loop, at several times the cost. @default 2
   */
  readonly flushGapMs?: number
  /** Decides who a connection is. Throws `Reject` for nobody. Default: everyone is welcome, anonymously. */
  readonly login?: (credentials: any, client: { readonly address: string }) => Account | void | Promise<Account | void>
  /**
   * Whose login these credentials are, for `limits.failedLoginsPerAccount`: `({ name }) => name`. Asked before `login`, with whatever the client sent. Null for nobody's.
   * Default: no account is watched, only addresses are.
   */
  readonly loginName?: (credentials: any) => string | number | null | undefined
  /** Lets clients be sent on to other servers that have the same key, and takes those who come from there: `client.transfer(url)`. docs/transfer.md. Default: neither. */
  readonly transfer?: TransferOptions
  /** Asked in place of `login` about a client that comes from another server with a good ticket; false or `Reject` refuses it. Default: all are welcome. */
  readonly onTransfer?: (
    passenger: Passenger,
    client: { readonly address: string },
  ) => boolean | void | Promise<boolean | void>
  /** Where avatars start; null for no zone. @default 0 */
  readonly zone?: number | null
  /** `avatar.enterZone(z)` makes its client watch exactly {z}. @default true */
  readonly follow?: boolean
  /** Whether a client may watch a zone that it asks for. Default: no. */
  readonly canWatch?: (client: Client, zone: number) => boolean | Promise<boolean>
  /** Decides on objects that clients wish for, where their class has `clientCreate`. Throws `Reject` or gives false to refuse. */
  readonly onCreateRequest?: (client: Client, request: CreateRequest) => boolean | void | Promise<boolean | void>
  /** The game's own word on a client's call, after the flags have allowed it; false is a violation. */
  readonly authorize?: (client: Client, object: NetworkObject, field: string) => boolean
  /**
   * How much an object matters to a client that cannot be told of all, because it reads too slowly or would take more than `limits.sendBytesPerSecond`: any
   * number of 0 or more, such as 1 / (1 + distance). It grows with the time that an object has been left out.
   * Asked in the middle of a flush: it must change nothing. Default: 4 for its own objects, 1 for others.
   */
  readonly priority?: (client: Client, object: NetworkObject) => number
  /** Two logins of one account: `close-older` or `refuse-newer`. @default 'close-older' */
  readonly doubleLogin?: (older: Client, address: string) => 'close-older' | 'refuse-newer'
  /** What violations cost; a field may say otherwise. @default 'close' */
  readonly violations?: 'close' | 'ignore'
  /** What the server is called in its answers to queries, at most 256 characters. @default '' */
  readonly name?: string
  /**
   * How many clients there may be at once, those included whose connection was lost and who may come back; whoever logs in beyond that is closed as `server-full`. Queries are answered all the same.
   * @default Infinity
   */
  readonly maxClients?: number
  /**
   * What else queries are told, as `data`: an object, or a function that gives one, at once. At most 8 KiB as JSON. Everybody may ask, without a login. docs/query.md
   *
   * ```ts
   * createServer({ classes, info: () => ({ map: 'harbour', round }) })
   * ```
   */
  readonly info?: InfoOption
  /** Whether queries are answered at all. @default true */
  readonly query?: boolean
  /**
   * Frames of more than 8,192 bytes, such as those of a large zone that somebody enters, go deflated to clients that can read them, where the wire is a network that does not compress by itself.
   * False: they go as they are. @default { threshold: 8192, level: 6, bytesPerSecond: 2 MiB }
   */
  readonly compression?: CompressionOptions | false
  /** Messages beside the objects, or without any: what `messages([...])` of 'fieldcast/messages' gives. docs/messages.md. Default: none. */
  readonly messages?: MessagePlan
  /** Message of the day, in every hello. */
  readonly motd?: string
  /** The connection types that are served, beside those that `messages([...], { connectionTypes })` has hooks for. @default ['game'] */
  readonly connectionTypes?: readonly string[]
  /** Rule 32 of docs/guarantees.md, and the table in docs/api.md. */
  readonly limits?: LimitOptions
  readonly clock?: Clock
  readonly random?: Random
}

/** A server of one game. Nothing is shared between two of them. */
export interface Server {
  /** Starts to listen and to tick. Resolves with the urls that clients may connect to. @throws ConnectionFailed when a port is taken. */
  start(): Promise<string[]>
  /**
   * Closes every connection with `server-shutdown`, or another reason, and stops. Resolves when nothing is left open or unsaved, or when `timeoutMs` have passed. Of several calls the first says why.
   * @throws UsageError for options that are none. It rejects with it, and nothing stops.
   */
  stop(options?: StopOptions): Promise<void>
  /** The clients that are logged in, by id. */
  readonly clients: ReadonlyMap<number, Client>
  /** All objects, by id. */
  readonly objects: ServerObjects
  /** Messages beside the objects. @throws UsageError without `createServer({ messages })`. */
  readonly messages: ServerMessages<Client>
  /** Creates an object. `init` may send first calls: they are handled and kept before anyone sees the object. @throws UsageError for an unknown class, an id in use, a missing Required value; nothing is created then. */
  create<T extends NetworkObject>(
    type: NetworkObjectClass<T>,
    init?: ((object: T) => void) | null,
    options?: CreateOptions,
  ): T
  /**
   * Brings a stored object into the game: its handlers run in field order, then it is announced. The object itself where it is in the game already; null where the store
   * holds none of this id. Rule 13 of docs/guarantees.md. @throws StoreError for what cannot be read, with its reason: it stays in the store as it is.
   */
  load<T extends NetworkObject>(id: string, options?: LoadOptions): Promise<T | null>
  /**
   * A stored object to send to without waiting for it: `server.stored(Chest, id).send.open()`. The first call loads it, and all are handled after the load, in order.
   * Nothing is read before. @throws UsageError for an unknown class.
   */
  stored<T extends NetworkObject>(type: NetworkObjectClass<T>, id: string): Later<T>
  /** Brings all stored objects of a zone into the game, and gives them; those too that were in it already. */
  loadZone(zone: number): Promise<NetworkObject[]>
  /** Takes a stored object out of the game and leaves it in the store. Resolves when all of it is durable. */
  unload(object: NetworkObject): Promise<void>
  /**
   * Stored objects of a class, in ascending order of their ids, without bringing them into the game: those whose declared indexes have these values. What was accepted before
   * is found. `find(Hero, { name: 'ann' })`
   */
  find<T extends NetworkObject>(
    type: NetworkObjectClass<T>,
    where?: Readonly<Record<string, unknown>>,
    options?: FindOptions,
  ): Promise<StoredObject[]>
  /** Stored objects, whether they are in the game or not. */
  readonly store: ServerStore
  /** Calls `listener` at each event until the returned function is called. */
  on<E extends keyof ServerEvents>(event: E, listener: (event: ServerEvents[E]) => void): () => void
  /** Hands everything that has gathered to the clients, now. */
  tick(): void
  /** Its clock, ms: what `client.serverTime` tells clients, as well as they know it. */
  readonly time: number
  /** Equal to the hash of every client that can connect. */
  readonly schemaHash: string
}

export interface ServerObjects extends Iterable<NetworkObject> {
  readonly size: number
  get(id: number): NetworkObject | undefined
  /** Those of one class. */
  of<T extends NetworkObject>(type: abstract new () => T): T[]
}

/**
 * Makes a server; `start()` opens it.
 *
 * ```ts
 * const server = createServer({ classes: [ServerPlayer], avatar: ServerPlayer, transports: [websocket({ port: 7200 })] })
 * await server.start()
 * ```
 *
 * @throws SchemaError for classes that cannot be served, UsageError for options that contradict each other.
 */
export function createServer(options: ServerOptions): Server {
  const { tickRate = 20 } = options
  if (tickRate !== 'manual' && !(tickRate >= 0 && tickRate <= 1000))
    throw new UsageError(`tickRate is 0 to 1000 per second or 'manual', not ${String(tickRate)}.`)
  const { flushGapMs = 2 } = options
  if (!(flushGapMs >= 0 && flushGapMs <= 1000))
    throw new UsageError(`flushGapMs is 0 to 1000 ms, not ${String(flushGapMs)}.`)
  const { store, storage = {} } = options
  if (store && typeof store.open !== 'function')
    throw new UsageError(
      `createServer({ store }) takes a store, such as lmdbStore('./world'); storeByUrl of 'fieldcast/stores' makes one of a text like 'lmdb:./world'.`,
    )
  checkStorage(storage)
  checkAnswers(options)
  checkLimits(options.limits)
  checkMotd(options.motd)
  checkViolations(options.violations)
  if (options.messages && typeof options.messages.serve !== 'function')
    throw new UsageError('createServer({ messages }) takes what messages([...]) gives.')
  return new Host({
    ...options,
    classes:
      options.avatar && !options.classes.includes(options.avatar)
        ? [...options.classes, options.avatar]
        : options.classes,
    tickRate,
    flushGapMs,
    transports: options.transports ?? [],
    persistence: options.store ? new Persister(options.store, storage) : memoryOnly,
    zone: options.zone === undefined ? 0 : options.zone,
    follow: options.follow ?? true,
    canWatch: options.canWatch ?? (() => false),
    violations: options.violations ?? 'close',
    motd: options.motd ?? '',
    name: options.name ?? '',
    maxClients: options.maxClients ?? Number.POSITIVE_INFINITY,
    query: options.query ?? true,
    connectionTypes: new Set([...(options.connectionTypes ?? ['game']), ...(options.messages?.connectionTypes ?? [])]),
    limits: limitsFrom(options.limits),
    deflater:
      options.compression === false ? null : new Deflater(options.compression ?? {}, options.clock ?? systemClock),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  })
}
