/** One contestant of the durable rows: 10,000 objects that change at random, through the engine, through its store alone, or through the bare driver. */
import { createServer } from 'fieldcast/server'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { Blocks, immediate } from './store-blocks.ts'
import { type Driver, driverOf, type Place } from './store-places.ts'
import { createThings, Lots, PlainThing, Thing, type ThingRow, ThingRows } from './store-things.ts'
import { HandWire } from './wire.ts'

export interface StoreArgument {
  readonly place: Place
  readonly way: 'engine' | 'commit' | 'bare' | 'plain'
  /** Of a round. */
  readonly seconds: number
  /** How many rows a transaction of the driver alone has: the best of these. */
  readonly sizes?: readonly number[]
}

export interface StoreResult {
  /** Durable ones per second. */
  readonly rows: number
  /** Of one transaction. */
  readonly batch: number
  /** Of the engine, per row: of several before a commit the last is written. */
  readonly calls: number
  /** The process's own, all threads, µs per row. */
  readonly cpu: number
  /** The longest time for which nothing else could run, ms. */
  readonly block: number
}

interface Written {
  readonly rows: number
  readonly commits: number
  readonly calls: number
}

export const objects = 10_000
/** Until the compiler is done. */
const warmUp = 1.5

export const part: Part<StoreArgument, StoreResult> = async ({ place, way, seconds, sizes = [] }) => {
  const driver = await driverOf(place)
  const write = await writers[way](driver, place, sizes)
  await write(warmUp)
  return async () => {
    const blocks = new Blocks()
    const before = process.cpuUsage()
    const start = performance.now()
    const { rows, commits, calls } = await write(seconds)
    const elapsed = (performance.now() - start) / 1e3
    const { user, system } = process.cpuUsage(before)
    const cpu = (user + system) / rows
    return { rows: rows / elapsed, batch: rows / commits, calls: calls / rows, cpu, block: await blocks.end() }
  }
}

/** Changes objects and writes them for so long, and gives what was written when all of it is durable. */
type Write = (seconds: number) => Promise<Written>

const writers: Readonly<
  Record<StoreArgument['way'], (driver: Driver, place: Place, sizes: readonly number[]) => Promise<Write>>
> = {
  async engine(driver, place) {
    const store = driver.store(place)
    const server = createServer({ ...unhurried, classes: [Thing], transports: [new HandWire()], store })
    await server.start()
    const things = createThings(server, objects)
    const settled = (): Promise<unknown> => Promise.all(things.map(thing => thing.saved()))
    await settled()
    const [first] = await store.get([things[0]!.storedId!])
    const expected = new ThingRows(0).at(1, 0, 0)
    for (const part of ['class', 'zone', 'fields'] as const)
      if ((first as ThingRow)[part] !== expected[part]) throw new Error(`The control writes another ${part}.`)
    const lots = new Lots(objects)
    const wave = store.capabilities.batch
    let turn = 0
    /** One wave of different objects; gives the last of them. */
    const change = async (): Promise<Thing> => {
      let thing: Thing
      const drawn = lots.draw(wave)
      for (let sent = 0; sent < wave; sent += slice) {
        turn++
        for (let i = 0; i < slice; i++) {
          thing = things[drawn[sent + i]!]!
          thing.send.moveTo(turn % 1000, i)
        }
        await immediate()
      }
      return thing!
    }
    return async seconds => {
      const before = server.store.state
      const end = performance.now() + seconds * 1e3
      // Two waves wait while a third is written, so that each commit finds as many objects as it takes.
      const waves: Promise<void>[] = []
      let calls = 0
      while (performance.now() < end) {
        waves.push((await change()).saved())
        calls += wave
        if (waves.length > 2) await waves.shift()
      }
      await settled()
      const after = server.store.state
      return { rows: after.saved - before.saved, commits: after.commits - before.commits, calls }
    }
  },

  async commit(driver, place) {
    const store = driver.store(place)
    await store.open()
    await store.claim('main', 1)
    const commit = (rows: ThingRow[]): Promise<unknown> => store.commit({ put: rows }, { shard: 'main', epoch: 1 })
    return changing(ThingRows, commit, store.capabilities.batch)
  },

  bare: (driver, place, sizes) => alone(driver, place, sizes, ThingRows),
  plain: (driver, place, sizes) => alone(driver, place, sizes, PlainThing),
}

/** The driver alone, with the size of transactions that is best. */
async function alone(driver: Driver, place: Place, sizes: readonly number[], things: Things): Promise<Write> {
  const bare = await driver.bare(place)
  const fresh = async (size: number): Promise<Write> => {
    // What one size has left behind is not to slow the next.
    await bare.make()
    return changing(things, rows => bare.write(rows), size)
  }
  const speeds = sizes.map(() => 0)
  for (let round = 0; round < (sizes.length > 1 ? 2 : 0); round++)
    for (const [i, size] of sizes.entries()) {
      const write = await fresh(size)
      await write(trial)
      const start = performance.now()
      const { rows } = await write(trial)
      speeds[i] = Math.max(speeds[i]!, rows / (performance.now() - start))
    }
  return fresh(sizes[speeds.indexOf(Math.max(...speeds))]!)
}

/** What makes the rows of one thing. */
type Things = new (index: number) => { at(version: number, x: number, y: number): ThingRow }

/** Sends in one turn of the event loop: the game goes on while commits are under way. */
const slice = 100
/** How long each size of a transaction is tried at a time, s: once for the compiler, once for the clock. */
const trial = 0.3

/** Writes all objects once. One transaction is under way at a time. */
async function changing(Things: Things, commit: (rows: ThingRow[]) => Promise<unknown>, batch: number): Promise<Write> {
  const things = Array.from({ length: objects }, (_, index) => new Things(index))
  const lots = new Lots(objects)
  let version = Date.now()
  const write = async (indices: Iterable<number>): Promise<void> => {
    version++
    await commit(Array.from(indices, (index, i) => things[index]!.at(version, version % 1000, i % 100)))
  }
  for (let from = 0; from < objects; from += batch)
    await write(Array.from({ length: Math.min(batch, objects - from) }, (_, i) => from + i))
  return async seconds => {
    const end = performance.now() + seconds * 1e3
    let commits = 0
    for (; performance.now() < end; commits++) await write(lots.draw(batch))
    return { rows: commits * batch, commits, calls: 0 }
  }
}
