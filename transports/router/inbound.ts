/** Reads the bytes that messages of a link end with, and puts together those that came in pieces. */
import type { Reader } from '../../lib/base/bytes.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import { leastPiece } from './wire.ts'

export class Inbound {
  readonly #limit: number
  #pieces: Uint8Array[] = []
  #size = 0

  /** @param limit longest frame of a player that is kept, bytes. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** One piece of what the next payload ends. */
  more(r: Reader): void {
    const size = r.varint()
    // Else the pieces would weigh more than what is in them.
    if (size < leastPiece) throw new MalformedError(`A piece has ${size} bytes.`)
    const at = r.take(size)
    this.#size += size
    // Too long already: what it was is not kept, only that it was.
    if (this.#size > this.#limit) this.#pieces = []
    else this.#pieces.push(new Uint8Array(r.bytes.subarray(at, at + size)))
  }

  /** A payload: a view of the bytes that are being read, or a copy where it came in pieces. Null where it is longer than the limit. */
  payload(r: Reader): Uint8Array | null {
    const size = r.varint()
    const at = r.take(size)
    const last = r.bytes.subarray(at, at + size)
    if (this.#size === 0) return size > this.#limit ? null : last
    const whole = this.#size + size
    const pieces = this.#pieces
    this.#pieces = []
    this.#size = 0
    if (whole > this.#limit) return null
    const bytes = new Uint8Array(whole)
    let to = 0
    for (const piece of [...pieces, last]) {
      bytes.set(piece, to)
      to += piece.length
    }
    return bytes
  }
}

/** A payload that never comes in pieces: a datagram's. */
export function single(r: Reader): Uint8Array {
  const size = r.varint()
  const at = r.take(size)
  return r.bytes.subarray(at, at + size)
}
