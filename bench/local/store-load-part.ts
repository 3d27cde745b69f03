/** One contestant of loading: 100,000 stored objects, by zones and by ids, through the engine, through its store alone, or through the bare driver. */
import { createServer } from 'fieldcast/server'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { Blocks, immediate } from './store-blocks.ts'
import { type Driver, driverOf, type Place } from './store-places.ts'
import { Lots, Thing, zones } from './store-things.ts'
import { HandWire } from './wire.ts'

export interface LoadArgument {
  readonly place: Place
  readonly way: 'engine' | 'store' | 'bare'
  /** How many there are. */
  readonly objects: number
  /** How many of them are asked for by id. */
  readonly byId: number
}

export interface LoadResult {
  /** Objects per second. */
  readonly zone: number
  readonly id: number
  /** The longest time for which nothing else could run, ms. */
  readonly zoneBlock: number
  readonly idBlock: number
}

/** Ids that are asked for at once. */
export const together = 100
/** Rows of a page. */
const page = 500

/** How a round reads: all of a zone, so many ids, and the end. Each gives how many it has found. */
interface Reading {
  zone(zone: number): Promise<number>
  ids(ids: readonly string[]): Promise<number>
  end(): Promise<unknown>
}

const readings: Readonly<Record<LoadArgument['way'], (driver: Driver, place: Place) => Promise<Reading>>> = {
  async engine(driver, place) {
    const transports = [new HandWire()]
    const server = createServer({ ...unhurried, classes: [Thing], transports, store: driver.store(place) })
    await server.start()
    return {
      zone: async zone => (await server.loadZone(zone)).length,
      ids: async ids => (await Promise.all(ids.map(id => server.load(id)))).filter(object => object).length,
      end: () => server.stop(),
    }
  },
  async store(driver, place) {
    const store = driver.store(place)
    await store.open()
    return {
      async zone(zone) {
        let count = 0
        for (let after: string | null = ''; after !== null; ) {
          const { rows, next } = await store.query({ zone, limit: page, ...(after && { after }) })
          count += rows.length
          after = next
        }
        return count
      },
      ids: async ids => (await store.get(ids)).filter(row => row).length,
      end: () => store.close(),
    }
  },
  async bare(driver, place) {
    const bare = await driver.bare(place)
    return { zone: zone => bare.readZone(zone), ids: ids => bare.readIds(ids), end: () => bare.close() }
  },
}

export const part: Part<LoadArgument, LoadResult> = async ({ place, way, objects, byId }) => {
  const driver = await driverOf(place)
  const all = await idsOf(driver, place)
  if (all.length < objects) throw new Error(`${all.length} objects are stored, not ${objects}.`)
  const lots = new Lots(all.length)
  /** The second half of a round begins with a server that knows nothing again. */
  const time = async (read: (reading: Reading) => Promise<number>): Promise<readonly [number, number]> => {
    const reading = await readings[way](driver, place)
    gc!()
    const blocks = new Blocks()
    const start = performance.now()
    const count = await read(reading)
    const elapsed = (performance.now() - start) / 1e3
    const block = await blocks.end()
    await reading.end()
    return [count / elapsed, block]
  }
  return async () => {
    const [zone, zoneBlock] = await time(async reading => {
      let count = 0
      for (let zone = 0; zone < zones; zone++) {
        count += await reading.zone(zone)
        await immediate()
      }
      if (count !== all.length) throw new Error(`${count} of ${all.length} objects came by zones.`)
      return count
    })
    const ids = Array.from(lots.draw(byId), lot => all[lot]!)
    const [id, idBlock] = await time(async reading => {
      let count = 0
      for (let from = 0; from < byId; from += together) {
        count += await reading.ids(ids.slice(from, from + together))
        await immediate()
      }
      if (count !== byId) throw new Error(`${count} of ${byId} objects came by their ids.`)
      return count
    })
    return { zone, id, zoneBlock, idBlock }
  }
}

async function idsOf(driver: Driver, place: Place): Promise<string[]> {
  const store = driver.store(place)
  await store.open()
  const ids: string[] = []
  for (let after: string | null = ''; after !== null; ) {
    const { rows, next } = await store.query({ class: 'Thing', limit: 1000, ...(after && { after }) })
    ids.push(...rows.map(({ id }) => id))
    after = next
  }
  await store.close()
  return ids
}
