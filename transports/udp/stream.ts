/** Cuts the stream into frames, and finds its end. What it holds of a frame follows what has come of it, not what its length promises. */
import { copyBytes } from '../../lib/base/put-bytes.ts'

/** Code and text of an end. */
const LONGEST_END = 2 + 255
const LONGEST_LENGTH = 2 ** 35
const FIRST_PIECE = 4096

/** Who hears of what the stream carries. */
export interface StreamReader {
  frame(bytes: Uint8Array): void
  /** The other end has closed. */
  end(code: number, text: string): void
  /** A length is over the limit. */
  tooLarge(length: number): void
  malformed(why: string): void
}

export class Stream {
  readonly #reader: StreamReader
  readonly #maxFrame: number
  /** The length that is being read: its value so far, and what its next byte counts. */
  #length = 0
  #scale = 1
  #isEnd = false
  /** Bytes of the body that are still to come; -1 while its length is being read. */
  #due = -1
  #piece: Uint8Array<ArrayBuffer> | null = null
  #filled = 0
  #done = false

  constructor(reader: StreamReader, maxFrame: number) {
    this.#reader = reader
    this.#maxFrame = maxFrame
  }

  /** Reads nothing from now on. */
  stop(): void {
    this.#done = true
    this.#piece = null
  }

  /** The next bytes. */
  read(bytes: Uint8Array): void {
    let at = 0
    while (!this.#done) {
      if (this.#due < 0) {
        if (at === bytes.length) return
        this.#lengthByte(bytes[at++]!)
        // A body without bytes is whole at once.
        if (this.#due !== 0) continue
      }
      const part = Math.min(this.#due, bytes.length - at)
      if (part === this.#due && !this.#piece) {
        this.#body(new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, part))
      } else if (part === 0) {
        return
      } else {
        this.#gather(bytes, at, part)
        this.#due -= part
        if (this.#due === 0) this.#body(this.#piece!.subarray(0, this.#filled))
      }
      at += part
    }
  }

  #lengthByte(byte: number): void {
    this.#length += (byte & 0x7f) * this.#scale
    this.#scale *= 0x80
    if (this.#scale > LONGEST_LENGTH) return this.#refuse('A length is out of range.')
    if (byte >= 0x80) return
    const isPadded = byte === 0 && this.#scale > 0x80
    const length = this.#length
    this.#length = 0
    this.#scale = 1
    if (isPadded) return this.#refuse('A length is not in its shortest form.')
    if (this.#isEnd) {
      if (length < 2 || length > LONGEST_END) return this.#refuse('An end is too short or too long.')
      this.#due = length
    } else if (length === 0) {
      this.#isEnd = true
    } else if (length - 1 > this.#maxFrame) {
      this.stop()
      this.#reader.tooLarge(length - 1)
    } else {
      this.#due = length - 1
    }
  }

  #gather(bytes: Uint8Array, from: number, count: number): void {
    const needed = this.#filled + count
    if (!this.#piece || this.#piece.length < needed) {
      const whole = this.#filled + this.#due
      const grown = new Uint8Array(Math.min(whole, Math.max(FIRST_PIECE, needed * 2)))
      if (this.#piece) copyBytes(this.#piece, 0, this.#filled, grown, 0)
      this.#piece = grown
    }
    copyBytes(bytes, from, from + count, this.#piece, this.#filled)
    this.#filled = needed
  }

  #body(bytes: Uint8Array<ArrayBuffer>): void {
    this.#due = -1
    this.#piece = null
    this.#filled = 0
    if (!this.#isEnd) {
      this.#reader.frame(bytes)
      return
    }
    this.stop()
    this.#reader.end(bytes[0]! | (bytes[1]! << 8), new TextDecoder().decode(bytes.subarray(2)))
  }

  #refuse(why: string): void {
    this.stop()
    this.#reader.malformed(why)
  }
}

/** What stands in the stream for its end: the text is cut between two characters where it is too long. */
export function endRecord(code: number, text: string): Uint8Array {
  const room = new Uint8Array(LONGEST_END + 3)
  const { written } = new TextEncoder().encodeInto(text, room.subarray(5, 5 + LONGEST_END - 2))
  const length = written + 2
  // The length always takes two bytes but where it is short.
  const at = length < 0x80 ? 1 : 0
  room[at] = 0
  if (at === 1) room[2] = length
  else {
    room[1] = (length & 0x7f) | 0x80
    room[2] = length >> 7
  }
  room[3] = code & 255
  room[4] = code >> 8
  return room.subarray(at, 3 + length)
}
