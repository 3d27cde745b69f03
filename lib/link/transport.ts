/**
 * The Transport contract: what the engine asks of a wire. `memory` and `websocket` implement it, and one suite (spec/link) holds each to it.
 *
 * A channel MUST deliver whole frames, in order, each once, until it ends; MUST report its end exactly once, also after an abrupt one;
 * MUST NOT deliver anything after its end; and MUST NOT throw from `send` or `close`, whatever state it is in.
 */

/** Bytes that are sent to many receivers. A transport may keep its own wire form of them in `wire`, so that it is built once. */
export class Frame {
  readonly bytes: Uint8Array
  wire: unknown = undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** What the engine wants to hear of a channel. */
export interface ChannelReceiver {
  /** One whole frame. The bytes belong to the receiver only while the call lasts. */
  frame(bytes: Uint8Array): void
  /** The channel has ended; nothing follows. `code` is a close code of docs/protocol.md as far as the wire could carry it, else undefined. */
  end(code: number | undefined, text: string): void
}

/** One open connection. */
export interface Channel {
  /** Where the other end is, for limits per address and for logs; '' for the own process. */
  readonly address: string
  /** False where silence can only mean an idle peer (the own process): no heartbeat is needed then. */
  readonly network: boolean
  /** Bytes given to `send` that have not left this process yet. */
  readonly buffered: number
  /** Sends one frame, reliably and in order. Does nothing after the end. The frame's bytes MUST NOT change afterwards. */
  send(frame: Frame): void
  /** Sends what was given so far, then ends the connection politely, by force if the other end does not follow within 2 s. */
  close(code: number, text: string): void
  /** Ends the connection at once; what has not left is lost. */
  abort(): void
}

/** Limits that a transport enforces before it hands bytes up. */
export interface WireLimits {
  /** Longest frame in bytes; a longer one ends the connection with the code `too-large` before it is buffered whole. */
  readonly maxFrame: number
}

/** The server half of a transport. */
export interface Listener {
  /**
   * Starts to listen. `accept` is called for each new connection and returns who hears of it, or null to refuse it.
   * Resolves with the url that a client would connect to.
   */
  listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string>
  /** Stops listening and ends what is still open. Resolves when nothing is left. */
  close(): Promise<void>
}

/** The client half of a transport. */
export interface Dialer {
  /**
   * Connects to `url`. `accept` is called once, when the connection is open, and returns who hears of it;
   * the promise resolves after that. Rejects with ConnectionFailed when no connection comes about; `accept` is not called then.
   */
  dial(url: string, accept: (channel: Channel) => ChannelReceiver, limits: WireLimits): Promise<void>
}
