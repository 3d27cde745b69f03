/** One contestant of the growth: so many walkers, each of whom moves once a tick and sees who is in the nine zones around it. */
import { createServer } from 'fieldcast/server'
import { moveBytes, moveFrame, unhurried } from './arena.ts'
import { BareGrid } from './bare-grid.ts'
import type { Part } from './contestant.ts'
import { Grid } from './grid.ts'
import { type MoverKind, movers } from './movers.ts'
import { HandWire } from './wire.ts'

export interface GrowthArgument {
  readonly kind: MoverKind | 'bare'
  readonly walkers: number
  readonly ticks: number
}

export interface GrowthResult {
  /** µs per tick. */
  readonly tick: number
  /** Of these, for walkers who have come into another zone. */
  readonly crossing: number
  /** ns per delivered move, all told. */
  readonly perMove: number
  readonly deliveries: number
  readonly bytes: number
}

/** What the server does in a tick. */
export interface GridServer {
  /** Untimed: what the clients are about to send. */
  prepare(grid: Grid): void
  call(): void
  cross(walker: number, zone: number): void
  flush(): void
  bytes(): number
}

export const part: Part<GrowthArgument, GrowthResult> = async ({ kind, walkers, ticks }) => {
  const grid = new Grid(walkers, walkers * 0.8)
  const server = kind === 'bare' ? await BareGrid.start(grid) : await fieldcast(kind, grid)
  const round = (ticks: number): GrowthResult => {
    let [time, crossing, deliveries] = [0, 0, 0]
    const bytes = server.bytes()
    for (let i = 0; i < ticks; i++) {
      const crossed = grid.step()
      server.prepare(grid)
      deliveries += grid.deliveries
      const start = performance.now()
      for (const walker of crossed) server.cross(walker, grid.zones[walker]!)
      const middle = performance.now()
      server.call()
      server.flush()
      time += performance.now() - start
      crossing += middle - start
    }
    return {
      tick: (time * 1e3) / ticks,
      crossing: (crossing * 1e3) / ticks,
      perMove: (time * 1e6) / deliveries,
      deliveries: deliveries / ticks,
      bytes: (server.bytes() - bytes) / deliveries,
    }
  }
  // As many calls for each N, so that the compiler has seen as much.
  round(Math.ceil(100_000 / walkers))
  return () => round(ticks)
}

async function fieldcast(kind: MoverKind, grid: Grid): Promise<GridServer> {
  const avatar = movers[kind]
  const wire = new HandWire()
  const server = createServer({
    ...unhurried,
    classes: [avatar],
    avatar,
    zone: null,
    follow: false,
    transports: [wire],
  })
  await server.start()
  const lines = grid.zones.map(() => wire.login(server))
  const clients = [...server.clients.values()]
  const cross = (walker: number, zone: number): void => {
    const client = clients[walker]!
    void client.avatar!.enterZone(zone)
    void client.zones.set(grid.around(zone))
  }
  for (let walker = 0; walker < clients.length; walker++) cross(walker, grid.zones[walker]!)
  server.tick()
  const frames = clients.map(({ avatar }, i) => moveFrame(avatar!.id, i))
  const views = frames.map(({ buffer, length }) => new DataView(buffer, length - moveBytes))
  return {
    prepare({ x, y }) {
      for (let i = 0; i < views.length; i++) {
        views[i]!.setInt16(0, x[i]! * 640, true)
        views[i]!.setInt16(2, y[i]! * 640, true)
      }
    },
    call() {
      for (let i = 0; i < frames.length; i++) lines[i]!.server.frame(frames[i]!)
    },
    cross,
    flush: () => server.tick(),
    bytes: () => wire.bytes,
  }
}
