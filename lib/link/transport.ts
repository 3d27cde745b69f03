/**
 * The Transport contract: what the engine asks of a wire. `transports/` implements it, and one suite (spec/transports/suite.ts) holds each
 * to it.
 *
 * A channel MUST deliver whole frames (0 bytes to the limit), in order, each once, until it ends; MUST report its end exactly once on
 * either side, also after an abrupt one; MUST NOT deliver anything after its end, nor frames after this side's own `close` or `abort`;
 * MUST NOT throw from `send`, `close` or `abort`, whatever state it is in; and MUST NOT call its receiver from within them or from
 * within `accept`.
 *
 * A wire that can also send bytes without waiting for lost ones offers `datagrams`. Each datagram MUST come whole, at most once, unchanged and not after the channel's
 * end, or not at all; it MAY overtake frames and other datagrams; it MUST NOT wait behind frames, nor be kept where the wire cannot take it now.
 *
 * Which end is reported: this side's own code if it closed first; the other side's if that did; `too-large` or `malformed` on both sides
 * where the wire itself refused bytes; undefined where the connection ended without a word, by `abort` of either side too.
 */

/** Bytes to send. Those for many receivers are built once. */
export class Frame {
  readonly bytes: Uint8Array
  /** A transport's own wire form of the bytes. It MUST check that what it finds is its own: frames go out over several transports. */
  wire: unknown = undefined
  /** So many bytes before `bytes` in their buffer are for the transport to write a header into. 0 unless one channel alone gets the frame. */
  readonly room: number

  constructor(bytes: Uint8Array, room = 0) {
    this.bytes = bytes
    this.room = room
  }
}

/** The room that frames for one receiver have: enough for the header of a WebSocket frame of any length. */
export const frameRoom = 10

/** What the engine wants to hear of a channel. Its functions do not throw. */
export interface ChannelReceiver {
  /** One whole frame, a plain Uint8Array (no Buffer: its `slice` copies). The bytes belong to the receiver only while the call lasts. */
  frame(bytes: Uint8Array): void
  /** One whole datagram, in the same way. A receiver without it does without datagrams. */
  datagram?(bytes: Uint8Array): void
  /**
   * The channel has ended; nothing follows. `code` is a close code of docs/protocol.md as far as the wire could carry it (every wire
   * carries those below 999), else undefined.
   */
  end(code: number | undefined, text: string): void
}

/** The unreliable half of a connection. */
export interface Datagrams {
  /** Longest that the wire carries, bytes: at least 1,000. */
  readonly maxSize: number
  /** Sends one, or loses it: a longer one too, and any after `close`, `abort` or the end. Its bytes MUST NOT change afterwards. */
  send(frame: Frame): void
}

/** One open connection. */
export interface Channel {
  /** Where the other end is, for limits per address and for logs; '' for the own process. */
  readonly address: string
  /** False where silence can only mean an idle peer (the own process): no heartbeat is needed then. */
  readonly network: boolean
  /** True where the wire compresses what it is given. @default false */
  readonly compresses?: boolean
  /** Bytes given to `send` that have not left this process yet; 0 after the end. */
  readonly buffered: number
  /** Sends one frame, reliably and in order. Does nothing after `close`, `abort` or the end. The frame's bytes MUST NOT change afterwards. */
  send(frame: Frame): void
  /** Where the wire has them, from the opening on. */
  readonly datagrams?: Datagrams
  /** Sends what was given so far, then ends the connection politely, by force if the other end does not follow within 2 s. */
  close(code: number, text: string): void
  /** Ends the connection at once; what has not left is lost. */
  abort(): void
}

/** Limits that a transport enforces before it hands bytes up. */
export interface WireLimits {
  /** Longest frame in bytes; a longer one ends its connection with the code `too-large`, before it is buffered whole where the platform lets us. */
  readonly maxFrame: number
}

/** The server half of a transport. */
export interface Listener {
  /**
   * Starts to listen. `accept` is called for each new connection and returns who hears of it, or null to refuse it: the client's channel
   * then opens and ends with `too-many-connections`. Resolves with the url that a client would connect to. Rejects with ConnectionFailed
   * where it cannot listen, with UsageError where it listens already.
   */
  listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string>
  /**
   * Stops listening and ends what is still open with `server-shutdown`. Resolves when every end was reported and nothing is left;
   * `listen` may be called again then.
   */
  close(): Promise<void>
}

/** The client half of a transport. */
export interface Dialer {
  /** The schemes of its urls, such as `ws` and `wss`: by them `connect` chooses among several. */
  readonly schemes?: readonly string[]
  /**
   * Connects to `url`. `accept` is called once, when the connection is open, and returns who hears of it;
   * the promise resolves after that. Rejects with ConnectionFailed when no connection comes about; `accept` is not called then.
   */
  dial(url: string, accept: (channel: Channel) => ChannelReceiver, limits: WireLimits): Promise<void>
}
