/** What messages ask of the engine that carries them, and what they offer to it. Neither knows the other's insides. */
import type { Reader, Writer } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { CloseName } from '../protocol/close.ts'
import type { Limits } from '../protocol/limits.ts'
import type { Violation } from '../session/server-session.ts'
import type { MessageLike, ReplyOf, ValueOf } from './definition.ts'
import type { SharedParameters } from './parameters.ts'
import type { ByteStream } from './streams/byte-stream.ts'

/** One connection, from the end that holds it. */
export interface Line {
  /** Sends a message at the end of this turn, or when the connection stands again. False where it cannot be sent, nor kept. */
  send(message: Uint8Array): boolean
  /** Says why, and ends the connection. */
  close(reason: CloseName | number, text?: string): void
  /** The other side broke a rule. On a client this throws MalformedError where the connection has to end. */
  violate(violation: Violation): void
  /** Counts one message that came. Gives what stands in its way, which has been told where it is a violation; null where nothing does. Absent: nothing ever does. */
  charge?(): Obstacle | null
  /** Sends what answers the other side: it is kept for one that is away whatever else that misses. Default: `send`. */
  answer?(message: Uint8Array): boolean
  /** Bytes that may be sent now without others having to wait; less than one where none may, as while the connection is lost. Absent: any number. */
  room?(): number
}

/** Why a message was not read: its sender sends too much, or has broken too many rules, or more came than is pumped. */
export type Obstacle = 'rate' | 'quarantined' | 'busy'

/** What a server gives to its messages. `C` is the engine's client. */
export interface ServerSeat<C> {
  readonly clock: Clock
  /** Those who are logged in. */
  readonly clients: ReadonlyMap<number, C>
  /** Messages that may wait to be answered, for each client. */
  readonly mostWaiting: number
  /** What each client may send. */
  readonly rates: Pick<Limits, 'callsPerSecond' | 'bytesPerSecond'>
  line(client: C): Line
  /** The type that it connected as. */
  connectionType(client: C): string
  /** Code of the game threw. */
  failed(error: unknown, where: string): void
}

/** A server's messages, as the engine sees them. */
export interface ServerPost<C> {
  /** To be awaited before the first client is there. */
  ready(): Promise<void>
  /** A client that takes messages is there. Gives what it is told with its welcome; null for nothing. */
  welcome(client: C): Uint8Array | null
  /** A message has come: reads it, with its length. @throws MalformedError of a client that takes none. */
  receive(client: C, r: Reader): void
  /** A client has come back that had missed more than is kept. */
  awake(client: C): void
  /** A client has gone for good. */
  leave(client: C, code: number): void
}

/** What a client gives to its messages: as much of itself as they need. */
export interface ClientSeat {
  readonly clock: Clock
  readonly options: { readonly requestMs?: number }
  readonly selection: { readonly connectionType: string }
  readonly outgoing: {
    put(op: number, put: (w: Writer) => void): void
    flush(): void
    /** Hears of the end of the connection, and of the way to another server. */
    readonly requests: { whenClosed: ((code: number) => void) | undefined }
  }
  /** On its way to another server. */
  readonly isMoving: boolean
  readonly session: { readonly buffered: number; close(reason: CloseName, text?: string): void } | null
  /** Keeps what is sent while the connection is lost. */
  readonly link: { readonly isAway: boolean; isFull(bytes: number): boolean } | undefined
  readonly emitter: {
    emit(
      event: 'error',
      value: { readonly error: unknown; readonly where: string; readonly object: null; readonly field: null },
    ): void
  }
}

/** A client's messages, as the engine sees them. */
export interface ClientPost {
  /** A session has begun: another one than before, where the client was sent on. @param abilities of the server, as its welcome says them. */
  welcome(abilities: number): void
  receive(r: Reader): void
}

/** As much of the engine's client as messages know. */
export interface Recipient {
  readonly id: number
}

export interface AskOptions {
  /** Time to answer, ms. @default 10,000 */
  readonly timeoutMs?: number
}

/** What a client on the server has of messages. */
export interface ClientTalk {
  /** Sends it a message. @throws ArgumentError for a value that does not fit; UsageError for a message that is not registered. */
  send<M extends MessageLike>(message: M, value: ValueOf<M>): void
  /** Asks it. Rejects with Rejected, TimedOut, or Disconnected. */
  ask<M extends MessageLike>(message: M, value: ValueOf<M>, options?: AskOptions): Promise<ReplyOf<M>>
  /** Opens a byte stream to it, once it has taken that. Rejects with Rejected, `no-handler` where nobody takes it, TimedOut, or Disconnected. docs/streams.md. */
  open<M extends MessageLike>(message: M, head: ValueOf<M>, options?: AskOptions): Promise<ByteStream>
  /** The values that it and the server share. */
  readonly parameters: SharedParameters
  /** Where the connection stands, for messages with conditions. @default 'active' */
  state: string
  mode: string | number | null
}
