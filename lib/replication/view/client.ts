/** What a game holds of its connection, and what it may ask of it. */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Dialer } from '../../link/transport.ts'
import type { ClientMessages } from '../../messages/client-messages.ts'
import type { MessagePlan } from '../../messages/plan.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import type { ClientEvents } from './events.ts'

export interface ConnectOptions<A extends NetworkObject> {
  /** This side's class for each class of the game. The first gives `client.avatar` its type, unless `avatar` does. */
  readonly classes: readonly (NetworkObjectClass<A> | NetworkObjectClass)[]
  /** Other classes for the objects that this client owns when they come into view. */
  readonly owned?: readonly NetworkObjectClass[]
  /** The class of the avatar, where `classes` has several: it gives `client.avatar` its type. */
  readonly avatar?: NetworkObjectClass
  /** Credentials for the server's `login`; plain JSON. */
  readonly login?: unknown
  /** Another transport than the one of the url's scheme: one Dialer, which takes every url, or several, each of which takes those of its `schemes`. */
  readonly transport?: Dialer | readonly Dialer[]
  /** Of several urls, how long one may take to open before the next is tried beside it, ms. @default 1500 */
  readonly fallbackMs?: number
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
  /**
   * Frames of more bytes leave deflated, and such frames come so, where the server and the platform can: Node, and browsers since 2023. False: neither.
   * @default { threshold: 8192 }
   */
  readonly compression?: { readonly threshold?: number } | false
  /** Messages beside the objects, or without any: what `messages([...])` of 'fieldcast/messages' gives. docs/messages.md. Default: none. */
  readonly messages?: MessagePlan
  /** Listeners that must not miss what happens before `connect` resolves. */
  readonly on?: { readonly [E in keyof ClientEvents]?: (event: ClientEvents[E]) => void }
  /** Whether a lost connection is tried again, and the session goes on where it was. @default true */
  readonly resume?: boolean
  /**
   * Whether the server may send this client on to another one: never, or to those urls for which the function gives true. Default: to `ws` and `wss` urls, and to those of
   * the scheme that it is connected by. docs/transfer.md.
   */
  readonly transfer?: boolean | ((url: string) => boolean)
  readonly clock?: Clock
  /** Chance, for the pauses between attempts to connect again. @default the platform's */
  readonly random?: Random
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
  /** Messages beside the objects. @throws UsageError without `connect(url, { messages })`. */
  readonly messages: ClientMessages
  readonly zones: ClientZones
  /** Round trip in ms as last measured; 0 before. */
  readonly latency: number
  /** Ms on the server's clock, as well as it is known. */
  readonly serverTime: number
  /** False while the connection is lost, too: it may come back. */
  readonly connected: boolean
  /** Calls `listener` at each event until the returned function is called. */
  on<E extends keyof ClientEvents>(event: E, listener: (event: ClientEvents[E]) => void): () => void
  /** Asks the server for an object of one's own; `init` may send first calls on a draft of it. The promise gives the live object. Rule 21 of docs/guarantees.md. */
  create<T extends NetworkObject>(
    type: NetworkObjectClass<T>,
    init?: (draft: T) => void,
    options?: { zone?: number | null },
  ): Promise<T>
  /** With `pump: 'manual'`: handles everything received so far, in order, the connection's end included, and gives the number of frames. */
  pump(): number
  /** Measures the round trip now, ms. Rejects with Disconnected where the connection ends first. */
  ping(): Promise<number>
  /** Says goodbye and ends the connection; while it is lost, gives up on it at once. */
  close(): void
}
