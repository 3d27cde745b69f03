/** What a stored object weighs, in memory and on disk: makes so many of them, and leaves them in the store. */
import { createServer, type Server, type Store } from 'fieldcast/server'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { driverOf, type Place } from './store-places.ts'
import { createThings, Thing } from './store-things.ts'
import { HandWire } from './wire.ts'

export interface WeightArgument {
  /** `nowhere` for a store that keeps nothing; null for objects that are not stored. */
  readonly place: Place | 'nowhere' | null
  readonly objects: number
}

export interface WeightResult {
  /** In memory when all is saved, bytes per object; what the store itself remembers of it is in it. */
  readonly memory: number
  /** On disk; 0 where there is none. */
  readonly disk: number
  /** From the first `create` until all is durable, objects per second. */
  readonly create: number
}

const first = 1000

export const part: Part<WeightArgument, WeightResult> = async ({ place, objects }) => {
  const store = place === 'nowhere' ? nowhere : place && (await driverOf(place)).store(place)
  const transports = [new HandWire()]
  const storage = { dirtyLimit: 2 * objects }
  const server = createServer({ ...unhurried, classes: [Thing], transports, storage, ...(store && { store }) })
  // It says that nothing is stored, which is the point.
  if (!store) server.on('warning', () => {})
  await server.start()
  // So that what is made for the first of them does not count.
  await make(server, first, place !== null)
  return async () => {
    const before = used()
    const start = performance.now()
    const others = objects - first
    await make(server, others, place !== null)
    const elapsed = (performance.now() - start) / 1e3
    const memory = (used() - before) / others
    await server.stop()
    return {
      memory,
      disk: place && typeof place === 'object' ? await sizeOf(place, objects) : 0,
      create: others / elapsed,
    }
  }
}

async function make(server: Server, count: number, persistent: boolean): Promise<void> {
  const things = createThings(server, count, { persistent })
  await Promise.all(things.map(thing => thing.saved()))
}

async function sizeOf(place: Place, objects: number): Promise<number> {
  const bare = await (await driverOf(place)).bare(place)
  const size = await bare.size()
  await bare.close()
  return size / objects
}

function used(): number {
  // More than once: buffers are swept behind a collection's back.
  for (let i = 0; i < 3; i++) gc!()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const nowhere: Store = {
  name: 'nowhere',
  capabilities: { durability: 'none', shared: true, batch: 10_000 },
  async open() {},
  async close() {},
  epoch: async () => 0,
  async claim() {},
  commit: async () => true,
  get: async ids => ids.map(() => undefined),
  query: async () => ({ rows: [], next: null }),
}
