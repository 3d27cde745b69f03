/** The control of the growth: newest moves kept by zone, one buffer per zone and tick, and of nine of these a frame for each client. Nobody is told who comes and goes. */
import { moveBytes } from './arena.ts'
import { Frame, Reader, Writer } from './engine.ts'
import type { Grid } from './grid.ts'
import type { GridServer } from './growth-part.ts'
import { HandWire } from './wire.ts'

export class BareGrid implements GridServer {
  readonly #wire: HandWire
  readonly #frames: Uint8Array[]
  readonly #views: DataView[]
  readonly #newest: { x: number; y: number; at: number; zone: number; near: number[] }[]
  readonly #members: Set<number>[]
  readonly #streams: Writer[]
  readonly #reader = new Reader()
  readonly #out = new Writer()
  readonly #around: (zone: number) => number[]

  static async start(grid: Grid): Promise<BareGrid> {
    const wire = new HandWire()
    await wire.listen(() => ({ frame() {}, end() {} }))
    return new BareGrid(wire, grid)
  }

  private constructor(wire: HandWire, grid: Grid) {
    this.#wire = wire
    this.#around = zone => grid.around(zone)
    this.#frames = grid.zones.map(() => new Uint8Array(moveBytes))
    this.#views = this.#frames.map(({ buffer }) => new DataView(buffer))
    this.#members = Array.from({ length: grid.width ** 2 }, () => new Set())
    this.#streams = this.#members.map(() => new Writer(64))
    this.#newest = grid.zones.map((zone, walker) => {
      wire.dial()
      this.#members[zone]!.add(walker)
      return { x: 0, y: 0, at: 0, zone, near: grid.around(zone) }
    })
  }

  prepare({ x, y }: Grid): void {
    for (let i = 0; i < this.#views.length; i++) {
      this.#views[i]!.setInt16(0, x[i]! * 640, true)
      this.#views[i]!.setInt16(2, y[i]! * 640, true)
    }
  }

  call(): void {
    const r = this.#reader
    for (let i = 0; i < this.#frames.length; i++) {
      r.reset(this.#frames[i]!)
      const entry = this.#newest[i]!
      entry.x = r.i16()
      entry.y = r.i16()
      entry.at = r.u32()
    }
  }

  cross(walker: number, zone: number): void {
    const entry = this.#newest[walker]!
    this.#members[entry.zone]!.delete(walker)
    this.#members[zone]!.add(walker)
    entry.zone = zone
    entry.near = this.#around(zone)
  }

  flush(): void {
    for (let zone = 0; zone < this.#members.length; zone++) {
      const stream = this.#streams[zone]!
      stream.reset()
      for (const walker of this.#members[zone]!) {
        const { x, y, at } = this.#newest[walker]!
        stream.u16(walker)
        stream.i16(x)
        stream.i16(y)
        stream.u32(at)
      }
    }
    const out = this.#out
    for (let i = 0; i < this.#newest.length; i++) {
      out.reset()
      for (const zone of this.#newest[i]!.near) out.raw(this.#streams[zone]!.bytes, 0, this.#streams[zone]!.position)
      this.#wire.lines[i]!.channel.send(new Frame(out.slice()))
    }
  }

  bytes(): number {
    return this.#wire.bytes
  }
}
