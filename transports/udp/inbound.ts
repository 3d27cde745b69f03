/** The receiving half of the reliable stream: puts numbered packets back in order, and knows which have come. */
import type { Buffer } from 'node:buffer'
import { whole } from './numbers.ts'
import { WINDOW } from './packets.ts'

export class Inbound {
  /** The number that is wanted next. */
  next: number
  /** What came before its turn, at the place of its number: never more than the window. */
  readonly #early: (Uint8Array | undefined)[] = []
  #earlyCount = 0
  #highest: number

  /** @param first the number of the first packet. */
  constructor(first = 0) {
    this.next = first
    this.#highest = first - 1
  }

  /** True where some number is missing that a later one has overtaken. */
  get hasGap(): boolean {
    return this.#earlyCount > 0
  }

  /** Where a number stands: its turn has come, it is early, it came before, or it is none that the other end may send now. */
  judge(wire: number): 'next' | 'early' | 'known' | 'far' {
    const number = whole(wire, this.next)
    if (number === this.next) return 'next'
    if (number < this.next) return 'known'
    if (number >= this.next + WINDOW) return 'far'
    return this.#early[number % WINDOW] ? 'known' : 'early'
  }

  /** Keeps what is early. */
  keep(wire: number, bytes: Uint8Array): void {
    const number = whole(wire, this.next)
    this.#early[number % WINDOW] = bytes
    this.#earlyCount++
    this.#highest = Math.max(this.#highest, number)
  }

  /** The one whose turn it was has been read: gives the one behind it if that has come. */
  step(): Uint8Array | undefined {
    this.next++
    if (this.#earlyCount === 0) return undefined
    const bytes = this.#early[this.next % WINDOW]
    if (bytes) {
      this.#early[this.next % WINDOW] = undefined
      this.#earlyCount--
    }
    return bytes
  }

  /** Forgets what came early. */
  clear(): void {
    this.#early.length = this.#earlyCount = 0
  }

  /** How many bytes `writeBits` writes. */
  get bitBytes(): number {
    return this.#earlyCount === 0 ? 0 : (this.#highest - this.next + 7) >> 3
  }

  /** A bit for each number behind `next` that has come, lowest first. */
  writeBits(packet: Buffer, at: number): void {
    packet.fill(0, at, at + this.bitBytes)
    for (let number = this.next + 1; number <= this.#highest; number++)
      if (this.#early[number % WINDOW])
        packet[at + ((number - this.next - 1) >> 3)]! |= 1 << ((number - this.next - 1) & 7)
  }
}
