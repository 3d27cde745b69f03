/** Long frames: cut where they are sent, put together where they come. */
import type { Frame } from '../../lib/link/transport.ts'
import { longMessage } from './control.ts'
import { PIECE } from './peer.ts'

/** The messages of a long frame. */
class Pieces {
  readonly messages: readonly (Uint8Array | string)[]

  constructor(bytes: Uint8Array) {
    const messages: (Uint8Array | string)[] = [longMessage(bytes.length)]
    for (let at = 0; at < bytes.length; at += PIECE) messages.push(bytes.subarray(at, at + PIECE))
    this.messages = messages
  }
}

/** The messages of a frame of more than PIECE bytes: cut once for all its receivers. */
export function piecesOf(frame: Frame): readonly (Uint8Array | string)[] {
  if (frame.wire instanceof Pieces) return frame.wire.messages
  const pieces = new Pieces(frame.bytes)
  if (frame.wire === undefined) frame.wire = pieces
  return pieces.messages
}

/** A long frame that is on its way. Its memory grows with what has come, not with what was announced. */
export class Assembly {
  readonly #length: number
  #bytes = new Uint8Array(0)
  #have = 0

  constructor(length: number) {
    this.#length = length
  }

  /** False where the piece is empty or longer than what is missing. */
  add(piece: Uint8Array): boolean {
    const have = this.#have + piece.length
    if (piece.length === 0 || have > this.#length) return false
    if (have > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#length, Math.max(2 * have, PIECE)))
      grown.set(this.#bytes.subarray(0, this.#have))
      this.#bytes = grown
    }
    this.#bytes.set(piece, this.#have)
    this.#have = have
    return true
  }

  /** The frame; null while something is missing. */
  get whole(): Uint8Array | null {
    return this.#have === this.#length ? this.#bytes : null
  }
}
