/**
 * What both halves ask of a peer connection: two data channels, agreed on beforehand by their ids, one reliable and in order, one neither. Browsers
 * have it, and in Node the package node-datachannel.
 */

/** What a peer tells its owner, from within an event of its own. Nothing follows `ended`, nor this side's `close`. */
export interface PeerEvents {
  /** Both channels can be written to. Comes before any message. */
  opened(): void
  /** A message of the reliable channel. The bytes belong to the receiver only while the call lasts. */
  message(data: Uint8Array | string): void
  /** A binary message of the other channel. */
  datagram(bytes: Uint8Array): void
  /** `buffered` has fallen to LOW. */
  drained(): void
  /** The other end did what no end of ours does. */
  fault(text: string): void
  /** The connection is gone, or never came to be. */
  ended(): void
}

/** One end of a peer connection. `send` and `sendDatagram` throw where the connection is no longer open. */
export interface Peer {
  events: PeerEvents
  /** Bytes that wait in the reliable channel. */
  readonly buffered: number
  /** Bytes that wait in the other one. */
  readonly datagramsBuffered: number
  send(data: Uint8Array | string): void
  sendDatagram(bytes: Uint8Array): void
  /** Ends the connection at once. */
  close(): void
}

/** The end that begins. */
export interface OfferingPeer extends Peer {
  /** The offer, as SDP; without candidates where these take time. */
  offer(): Promise<string>
  /** Takes the answer. Rejects where it is none. */
  take(answer: string): Promise<void>
}

/** A STUN or TURN server, in the form that browsers take. */
export interface IceServer {
  /** `stun:host:port`, `turn:host:port`, `turns:host:port`. */
  readonly urls: string | readonly string[]
  readonly username?: string
  readonly credential?: string
}

/** What an answer to an http request says. */
export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/** Events for a time in which nobody wants to hear of them. */
export const deaf: PeerEvents = {
  opened() {},
  message() {},
  datagram() {},
  drained() {},
  fault() {},
  ended() {},
}

/** Where a server takes offers unless an url says otherwise. */
export const DEFAULT_PATH = '/fieldcast-rtc'

/** The ids of the two data channels. */
export const FRAMES = 0
export const DATAGRAMS = 1

/** Above so many bytes in the reliable channel its owner holds back what follows: datagrams wait behind no more, and browsers fail at 16 MiB. */
export const HIGH: number = 64 << 10
/** Down to so many it fills up again. */
export const LOW: number = 16 << 10
/** Longest message, bytes: every implementation takes it, and it holds up a datagram for no longer than a few packets. */
export const PIECE: number = 16 << 10
/** Longest datagram, bytes: with the headers of SCTP, DTLS and UDP it stays within one packet of 1,200 bytes. */
export const MAX_DATAGRAM = 1100
