/** Numbers of 32 bits on the wire that stand for ones that never wrap, and which of them have come already. */

/** The whole number that `wire` is the low 32 bits of: of all such the nearest to `near`. */
export function whole(wire: number, near: number): number {
  return near + ((wire - near) | 0)
}

/** How far behind the newest a datagram may come, datagrams. */
export const SPAN = 1024

/** Tells new datagrams from such as came before. What is so old that it cannot be told counts as known. */
export class Seen {
  readonly #first: number
  #highest: number
  readonly #bits: Uint32Array = new Uint32Array(SPAN / 32)

  /** @param first the number of the first datagram. */
  constructor(first = 0) {
    this.#first = first
    this.#highest = first - 1
  }

  /** True where this number comes for the first time. */
  isNew(wire: number): boolean {
    const number = whole(wire, this.#highest)
    if (number < this.#first || number <= this.#highest - SPAN) return false
    if (number > this.#highest) {
      if (number - this.#highest >= SPAN) this.#bits.fill(0)
      else for (let at = this.#highest + 1; at < number; at++) this.#mark(at, false)
      this.#highest = number
      this.#mark(number, true)
      return true
    }
    if (this.#bits[(number % SPAN) >>> 5]! & (1 << (number & 31))) return false
    this.#mark(number, true)
    return true
  }

  #mark(number: number, seen: boolean): void {
    const at = (number % SPAN) >>> 5
    const bit = 1 << (number & 31)
    this.#bits[at] = seen ? this.#bits[at]! | bit : this.#bits[at]! & ~bit
  }
}
