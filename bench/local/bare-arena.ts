/** The control of the arena: the same bytes decoded, the newest move kept, one buffer a tick for all. No check, no object, no zone. */
import { Reader, Writer } from './engine.ts'
import { written } from './written.ts'

export class BareArena {
  readonly #newest: { x: number; y: number; at: number }[]
  readonly #reader = new Reader()
  readonly #out: Writer

  constructor(clients: number) {
    this.#newest = Array.from({ length: clients }, () => ({ x: 0, y: 0, at: 0 }))
    this.#out = new Writer(clients * 16)
  }

  receive(client: number, bytes: Uint8Array): void {
    const r = this.#reader
    r.reset(bytes)
    const entry = this.#newest[client]!
    while (r.remaining > 0) {
      entry.x = r.i16()
      entry.y = r.i16()
      entry.at = r.u32()
    }
  }

  /** All newest moves. */
  tick(): Uint8Array {
    const out = this.#out
    out.reset()
    for (let i = 0; i < this.#newest.length; i++) {
      const { x, y, at } = this.#newest[i]!
      out.u16(i)
      out.i16(x)
      out.i16(y)
      out.u32(at)
    }
    return out.slice()
  }
}

export function bareMoves(calls: number): Uint8Array {
  return written(w => {
    for (let i = 0; i < calls; i++) {
      w.i16(3)
      w.i16(4)
      w.u32(5)
    }
  })
}
