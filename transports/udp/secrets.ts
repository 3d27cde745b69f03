/** What only this server can write: it proves addresses and ends forgotten connections without keeping anything about them. */
import type { Buffer } from 'node:buffer'
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../lib/base/clock.ts'
import { COOKIE_SIZE, type Id } from './packets.ts'

/** How long a cookie is good for, s. */
export const COOKIE_LIFE = 10
const SIGNATURE = 16
const TOKEN = 8

export class Secrets {
  readonly #key: Uint8Array
  readonly #clock: Clock

  constructor(secret: string | Uint8Array | undefined, clock: Clock) {
    this.#key = secret === undefined ? randomBytes(32) : new TextEncoder().encode(`${secret}`)
    if (secret instanceof Uint8Array) this.#key = new Uint8Array(secret)
    this.#clock = clock
  }

  /** Bound to the address, the port, the client's id and the time. */
  writeCookie(packet: Buffer, at: number, address: string, port: number, client: Id): void {
    const second = this.#second()
    packet.writeUInt32LE(second, at)
    packet.set(this.#sign(address, port, client, second), at + 4)
  }

  /** Whether a cookie is ours, for this address, port and client, and young enough. */
  isGood(packet: Buffer, at: number, address: string, port: number, client: Id): boolean {
    const second = packet.readUInt32LE(at)
    const age = (this.#second() - second) | 0
    if (age < 0 || age > COOKIE_LIFE) return false
    return timingSafeEqual(packet.subarray(at + 4, at + COOKIE_SIZE), this.#sign(address, port, client, second))
  }

  /** Ends the client's half of the connection `server`, also when all that is known of it is its id. */
  resetToken(server: Id): Buffer {
    const bytes = Int32Array.of(server.low, server.high)
    return createHmac('sha256', this.#key).update('reset').update(bytes).digest().subarray(0, TOKEN)
  }

  #second(): number {
    return Math.floor(this.#clock.wall() / 1000) >>> 0
  }

  #sign(address: string, port: number, client: Id, second: number): Buffer {
    const bytes = Int32Array.of(client.low, client.high, second, port)
    return createHmac('sha256', this.#key)
      .update('cookie')
      .update(bytes)
      .update(address)
      .digest()
      .subarray(0, SIGNATURE)
  }
}
