/**
 * Takes small whole messages off a socket before `ws` reads it, for servers: the calls of games are frames of a few bytes, each in a read of its own, and through the
 * stream machinery of `ws` such a frame costs as much as the whole check of the call that it carries (bench/net, arena: 8 to 9 % of the server's time).
 *
 * Everything else is `ws`'s: long, split and partial frames, text, pings, closes, and whatever is against the rules. So that frames are found again behind those, their
 * headers are followed. Where a later `ws` should not read its socket by a listener of the event `data`, nothing is taken.
 */
import type { Buffer } from 'node:buffer'
import type { Duplex } from 'node:stream'

const FINAL = 0x80
const FINAL_BINARY = 0x82
const OPCODE = 0x0f
const CLOSE = 8
const MASKED = 0x80
/** Header and mask of a frame whose payload has at most 125 bytes. */
const SMALL_HEADER = 6
const LONGEST_HEADER = 14

export class SmallFrames {
  readonly #socket: Duplex
  readonly #message: (payload: Uint8Array) => boolean
  /** What `ws` hears the socket with; null where this takes nothing, or no longer. */
  #reader: ((chunk: Buffer) => void) | null = null
  /** Bytes of the payload of the frame that `ws` is reading which are still to come. */
  #due = 0
  readonly #header = new Uint8Array(LONGEST_HEADER)
  /** Bytes of a header that ended with a read. */
  #headerBytes = 0
  #inPieces = false

  /**
   * @param message is handed each message, unmasked, as a view of the read's bytes; false ends the taking of messages for this read.
   */
  constructor(socket: Duplex, message: (payload: Uint8Array) => boolean) {
    this.#socket = socket
    this.#message = message
    const readers = socket.listeners('data')
    if (readers.length !== 1) return
    this.#reader = readers[0] as (chunk: Buffer) => void
    socket.on('data', this.#read)
    socket.off('data', this.#reader)
  }

  /** Whether messages are taken here. */
  get taking(): boolean {
    return this.#reader !== null
  }

  /** Leaves all that comes to `ws`: before this end closes. */
  release(): void {
    if (!this.#reader) return
    this.#socket.on('data', this.#reader)
    this.drop()
  }

  /** Reads no more: `ws` itself has stopped reading, after an offence. */
  drop(): void {
    this.#socket.off('data', this.#read)
    this.#reader = null
  }

  readonly #read = (chunk: Buffer): void => {
    const reader = this.#reader
    if (!reader) return
    const between = this.#due === 0 && this.#headerBytes === 0 && !this.#inPieces
    const taken = between ? this.#take(chunk) : 0
    if (taken === chunk.length) return
    const rest = taken === 0 ? chunk : chunk.subarray(taken)
    if (this.#reader) this.#follow(rest)
    // At an offence it pauses the socket before it tells of it: nothing passes by meanwhile.
    reader.call(this.#socket, rest)
  }

  /** Hands on the small messages that `chunk` begins with; gives the place of the first byte behind them. */
  #take(chunk: Buffer): number {
    const { length } = chunk
    let at = 0
    while (at + SMALL_HEADER <= length && chunk[at] === FINAL_BINARY) {
      const size = chunk[at + 1]! - MASKED
      const begin = at + SMALL_HEADER
      if (size < 0 || size > 125 || begin + size > length) break
      const mask = at + 2
      for (let i = 0; i < size; i++) chunk[begin + i] = chunk[begin + i]! ^ chunk[mask + (i & 3)]!
      at = begin + size
      if (!this.#message(new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset + begin, size))) break
    }
    return at
  }

  /** Finds where the frames of `bytes` end. A close frame is the last that `ws` reads, and it stops by itself. */
  #follow(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#due > 0) {
        const part = Math.min(this.#due, bytes.length - at)
        this.#due -= part
        at += part
        continue
      }
      this.#header[this.#headerBytes++] = bytes[at++]!
      const whole = headerSize(this.#header, this.#headerBytes)
      if (this.#headerBytes < whole) continue
      this.#headerBytes = 0
      const [first, second] = [this.#header[0]!, this.#header[1]!]
      const opcode = first & OPCODE
      if (opcode === CLOSE) return this.release()
      if (opcode < CLOSE) this.#inPieces = (first & FINAL) === 0
      this.#due = payloadSize(this.#header, second & ~MASKED)
    }
  }
}

/** Bytes of a header of which `known` bytes are there, mask included. */
function headerSize(header: Uint8Array, known: number): number {
  if (known < 2) return 2
  const length = header[1]! & ~MASKED
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (header[1]! & MASKED ? 4 : 0)
}

function payloadSize(header: Uint8Array, length: number): number {
  if (length < 126) return length
  const end = length === 126 ? 4 : 10
  let size = 0
  for (let i = 2; i < end; i++) size = size * 256 + header[i]!
  return size
}
