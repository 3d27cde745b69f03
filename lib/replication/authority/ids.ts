/** Object ids. Dynamic ones are unique for a server run and not reused within the grace time; stored ones are made without coordination. Rule 20 of docs/guarantees.md. */
import type { Clock } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import type { Random } from '../../base/random.ts'
import { Grace } from './grace.ts'

export class Ids {
  readonly #clock: Clock
  readonly #inUse: (id: number) => boolean
  readonly #retired: Grace
  readonly #origin: Uint8Array
  #last = 0
  #serial: number

  constructor(clock: Clock, random: Random, graceMs: number, inUse: (id: number) => boolean) {
    this.#clock = clock
    this.#retired = new Grace(graceMs)
    this.#inUse = inUse
    this.#origin = random.bytes(5)
    this.#serial = Math.floor(random.number() * 0x1000000)
  }

  next(): number {
    do this.#last = this.#last >= 0xffffffff ? 1 : this.#last + 1
    while (!this.isFree(this.#last))
    return this.#last
  }

  isFree(id: number): boolean {
    return !this.#inUse(id) && !this.#retired.has(id, this.#clock.now())
  }

  retire(id: number): void {
    this.#retired.remember(id, this.#clock.now())
  }

  /** Keeps the stored ids of this run apart from those of other runs over the same store, also where chance comes from the same seed. */
  mark(run: number): void {
    for (let i = 4, left = run; left > 0 && i >= 0; i--, left = Math.floor(left / 0x100))
      this.#origin[i]! ^= left & 0xff
  }

  /** 24 hex digits: 4 bytes of seconds since 1970, 5 of this server's own, 3 of a count. */
  stored(): string {
    this.#serial = (this.#serial + 1) & 0xffffff
    const bytes = new Uint8Array(12)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, Math.floor(this.#clock.wall() / 1000))
    bytes.set(this.#origin, 4)
    view.setUint8(9, this.#serial >> 16)
    view.setUint16(10, this.#serial & 0xffff)
    return toHex(bytes)
  }
}
