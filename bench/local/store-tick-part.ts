/** One contestant of the ticks beside a store: 20 times a second, half of 1,000 stored objects move, and 20 clients see it. */
import { createServer, type Server } from 'fieldcast/server'
import { memoryStore } from 'fieldcast/stores/memory'
import { type MemoryWire, memory } from 'fieldcast/transports/memory'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { type Channel, type ChannelReceiver, Frame, messages, protocolVersion } from './engine.ts'
import { Blocks, immediate } from './store-blocks.ts'
import { driverOf, type Place } from './store-places.ts'
import { createThings, Lots, Thing } from './store-things.ts'
import { written } from './written.ts'

export interface TickArgument {
  /** `null` for no store. */
  readonly place: Place | 'memory' | null
  /** Of a round. */
  readonly ticks: number
}

export interface TickResult {
  /** What the moves of a tick and the tick take, ms. */
  readonly p50: number
  readonly p99: number
  /** How long after its time a tick began, ms. */
  readonly late: number
  /** The longest time for which nothing else could run, ms. */
  readonly block: number
  /** Durable rows per second. */
  readonly rows: number
}

export const objects = 1000
export const moving = 500
export const clients = 20
const zones = 10
const tickMs = 50
/** Ticks after which the compiler is done. */
const warmUp = 2000

export const part: Part<TickArgument, TickResult> = async ({ place, ticks }) => {
  const store = place === 'memory' ? memoryStore() : place && (await driverOf(place)).store(place)
  const wire = memory()
  const server = createServer({ ...unhurried, classes: [Thing], transports: [wire], ...(store && { store }) })
  // It says that nothing is stored, which is the point.
  if (!store) server.on('warning', () => {})
  await server.start()
  const things = createThings(server, objects, { zone: index => index % zones })
  for (let i = 0; i < clients; i++) await watch(server, wire)
  const lots = new Lots(objects)
  let turn = 0
  const tick = (): void => {
    turn++
    for (const i of lots.draw(moving)) things[i]!.send.moveTo(turn % 1000, i)
    server.tick()
  }
  for (let i = 0; i < warmUp; i++) {
    tick()
    if (i % 10 === 0) await immediate()
  }
  return async () => {
    const times = new Float64Array(ticks)
    const delays = new Float64Array(ticks)
    const before = server.store.state.saved
    const begin = performance.now() + tickMs
    const blocks = new Blocks()
    for (let i = 0; i < ticks; i++) {
      const due = begin + i * tickMs
      await new Promise(resolve => setTimeout(resolve, Math.max(0, due - performance.now())))
      const start = performance.now()
      tick()
      times[i] = performance.now() - start
      delays[i] = Math.max(0, start - due)
    }
    const rows = (server.store.state.saved - before) / ((ticks * tickMs) / 1e3)
    const block = await blocks.end()
    times.sort()
    delays.sort()
    const at = (sorted: Float64Array, share: number): number => sorted[Math.ceil(share * ticks) - 1]!
    return { p50: at(times, 0.5), p99: at(times, 0.99), late: at(delays, 0.99), block, rows }
  }
}

/** A client that says the fewest words that log in, watches all zones, and does not read what it is told. */
async function watch(server: Server, wire: MemoryWire): Promise<void> {
  const known = server.clients.size
  const words = written(w => {
    messages.putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: server.schemaHash })
    messages.putLogin(w, 'null')
  })
  const accept = (channel: Channel): ChannelReceiver => {
    channel.send(new Frame(words))
    return { frame() {}, end() {} }
  }
  await wire.dial('memory:', accept, { maxFrame: 2 ** 24 })
  while (server.clients.size === known) await immediate()
  void [...server.clients.values()].at(-1)!.zones.set(Array.from({ length: zones }, (_, i) => i))
}
