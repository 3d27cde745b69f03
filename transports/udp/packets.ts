/**
 * The packets: one byte says the kind, then who is meant, then what each kind has. Numbers are little-endian.
 *
 * ```
 * HELLO      kind, 'FCU', version, client id, zeros up to 1,200 bytes    client: may I?
 * COOKIE     kind, client id, cookie                                     server: prove that you are there
 * OPEN       kind, 'FCU', version, client id, cookie, zeros up to 1,200 bytes
 * ACCEPT     kind, client id, server id, reset token                     now there is a connection
 * REFUSED    kind, client id, u16 close code
 * DATA       kind, id, u32 number, u32 next wanted, bytes of the stream (1 or more)
 * ACK        kind, id, u32 next wanted, a bit for each number behind it that has come
 * DATAGRAM   kind, id, u32 number, the datagram
 * DONE       kind, id                                                    I have ended; wait for me no longer
 * RESET      kind, id (to a client: its reset token)                     it has ended without a word
 * CHALLENGE  kind, client id, 8 bytes                                    server, to an address that is new: are you there?
 * PROOF      kind, server id, the same 8 bytes
 * ```
 *
 * Ids are 64 random bits that the receiver of the packet chose: who has not seen them can neither write into a connection nor end it.
 *
 * The stream is frames, each behind a varint of its length + 1. A 0 there stands for the end: a varint of the length of what follows, a u16 close code, and
 * its text in UTF-8.
 */
import { Buffer } from 'node:buffer'

/** Of an url that names none. */
export const DEFAULT_PORT = 7202

export const HELLO = 1
export const COOKIE = 2
export const OPEN = 3
export const ACCEPT = 4
export const REFUSED = 5
export const DATA = 6
export const ACK = 7
export const DATAGRAM = 8
export const DONE = 9
export const RESET = 10
export const CHALLENGE = 11
export const PROOF = 12

/** The longest packet, bytes: networks carry these in one piece, IPv6 promises 1,232. */
export const PACKET = 1200
/** Behind the kind and an id of 8 bytes. */
export const BODY = 9
export const DATA_HEADER: number = BODY + 8
export const ACK_HEADER: number = BODY + 4
export const DATAGRAM_HEADER: number = BODY + 4
/** A time and a signature. */
export const COOKIE_SIZE = 20
/** Where the cookie of an OPEN begins: behind kind, name, version and client id. */
export const OPEN_COOKIE = 13
export const NONCE_SIZE = 8
/** How many numbers ahead of the next wanted one may be under way: a packet of 64 bytes of bits tells of them all. */
export const WINDOW = 512

const NAME = [0x46, 0x43, 0x55]
const VERSION = 1

/** 64 bits in two halves, for a look-up without an object. */
export interface Id {
  readonly low: number
  readonly high: number
}

/** The id that stands at `at`. */
export const lowAt = (packet: Buffer, at = 1): number => packet.readInt32LE(at)
export const highAt = (packet: Buffer, at = 1): number => packet.readInt32LE(at + 4)
export const idAt = (packet: Buffer, at = 1): Id => ({ low: lowAt(packet, at), high: highAt(packet, at) })

export function writeId(packet: Buffer, id: Id, at = 1): void {
  packet.writeInt32LE(id.low, at)
  packet.writeInt32LE(id.high, at + 4)
}

/** A packet with kind and id, whose other bytes are not set. */
export function packetOf(kind: number, id: Id, size: number = BODY): Buffer {
  const packet = Buffer.allocUnsafe(size)
  packet[0] = kind
  writeId(packet, id)
  return packet
}

/** A first packet of a client, as long as the longest, so that no answer is longer. */
export function knock(kind: typeof HELLO | typeof OPEN, clientId: Id, cookie?: Uint8Array): Buffer {
  const packet = Buffer.alloc(PACKET)
  packet[0] = kind
  packet.set(NAME, 1)
  packet[4] = VERSION
  writeId(packet, clientId, 5)
  if (cookie) packet.set(cookie, OPEN_COOKIE)
  return packet
}

/** What a first packet is: `ours`, of `another` version, or `nothing` that deserves an answer. */
export function knockKind(packet: Buffer): 'ours' | 'another' | 'nothing' {
  if (packet.length < PACKET || NAME.some((byte, at) => packet[1 + at] !== byte)) return 'nothing'
  return packet[4] === VERSION ? 'ours' : 'another'
}
