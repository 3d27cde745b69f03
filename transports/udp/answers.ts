/** When the other end is told what has come, and how. */
import type { Buffer } from 'node:buffer'
import type { Inbound } from './inbound.ts'
import { ANSWER_DELAY } from './pace.ts'
import { ACK, ACK_HEADER, BODY, type Id, packetOf } from './packets.ts'

/** An answer is not held back behind so many packets. */
const ENOUGH = 2

export class Answers {
  readonly #inbound: Inbound
  readonly #peer: Id
  /** Packets of the stream that came since the last answer. */
  #owed = 0
  #at = 0
  isUrgent = false

  constructor(inbound: Inbound, peer: Id) {
    this.#inbound = inbound
    this.#peer = peer
  }

  get isOwed(): boolean {
    return this.#owed > 0
  }

  /** A packet came. @param isOdd whether the other end should know at once: one is missing, or came twice. */
  owe(now: number, isOdd: boolean): void {
    if (this.#owed++ === 0) this.#at = now + ANSWER_DELAY
    if (isOdd || this.#owed >= ENOUGH) this.isUrgent = true
  }

  isDue(now: number): boolean {
    return this.#owed > 0 && now >= this.#at
  }

  /** The other end has been told. */
  given(): void {
    this.#owed = 0
    this.isUrgent = false
  }

  /** An answer by itself, with `least` bytes of bits at least. */
  packet(least = 0): Buffer {
    const packet = packetOf(ACK, this.#peer, ACK_HEADER + Math.max(least, this.#inbound.bitBytes))
    packet.writeUInt32LE(this.#inbound.next >>> 0, BODY)
    packet.fill(0, ACK_HEADER)
    this.#inbound.writeBits(packet, ACK_HEADER)
    return packet
  }
}
