/**
 * Bytes of a short life, cut from large pieces: an ArrayBuffer of its own for each costs more than what is written into it.
 * A piece is freed when nothing of it is in use any more, so what may have to wait for long does not belong here.
 */

const PIECE = 32 << 10

export class Slab {
  #piece: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #used = 0

  /** So many bytes that nobody else has, with `room` more before them in the same buffer. What they hold is undefined. */
  take(size: number, room: number): Uint8Array<ArrayBuffer> {
    const needed = room + size
    if (needed > PIECE / 4) return alone(size, room)
    if (this.#used + needed > this.#piece.length) {
      this.#piece = new Uint8Array(PIECE)
      this.#used = 0
    }
    const from = this.#used + room
    this.#used += needed
    return this.#piece.subarray(from, from + size)
  }
}

/** The same; in a buffer of their own where there is no slab, for bytes that may have to wait. */
export function bytesFrom(slab: Slab | null, size: number, room: number): Uint8Array<ArrayBuffer> {
  return slab ? slab.take(size, room) : alone(size, room)
}

function alone(size: number, room: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(room + size).subarray(room)
}
