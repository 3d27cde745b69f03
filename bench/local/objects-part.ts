/** One contestant of the 1,000 objects: sets their two float32, encodes, and decodes at the other end, each phase timed. */
import { createServer } from 'fieldcast/server'
import { schemaWorld } from '../peers/schema.ts'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { FloatPlaced, LatestFloat } from './placed.ts'
import { HandWire } from './wire.ts'

export interface ObjectsArgument {
  readonly kind: 'plain' | 'latest' | 'schema'
  readonly mode: 'all' | 'views'
  readonly ticks: number
}

/** Means of one tick: µs, and bytes to one client (in the mode `views` to all). */
export interface ObjectsResult {
  readonly change: number
  readonly encode: number
  readonly both: number
  readonly decode: number
  readonly bytes: number
}

export const count = 1000
export const viewers = 100
/** Each viewer sees three of 50 groups of twenty. */
export const groups = 50
export const groupsSeen = 3
const perGroup = count / groups

/** The groups that a viewer sees. */
const seenBy = (viewer: number): number[] => Array.from({ length: groupsSeen }, (_, i) => (viewer + i * 7) % groups)

/** What a contestant does in each phase of a tick. */
interface Phases {
  /** Puts every object somewhere: an exact float32 each. */
  change(tick: number): void
  encode(): void
  decode?(): void
  /** Sent so far. */
  bytes(): number
  /** Where the other end has the first object. */
  seen?(): number
}

const place = (tick: number, i: number): number => Math.fround((tick % 977) + i / 8)

export const part: Part<ObjectsArgument, ObjectsResult> = async ({ kind, mode, ticks }) => {
  const phases = kind === 'schema' ? await schema(mode) : await fieldcast(kind, mode)
  let tick = 0
  const round = (ticks: number): ObjectsResult => {
    let [change, encode, decode] = [0, 0, 0]
    const before = phases.bytes()
    for (let i = 0; i < ticks; i++) {
      tick++
      const start = performance.now()
      phases.change(tick)
      const changed = performance.now()
      phases.encode()
      const encoded = performance.now()
      phases.decode?.()
      decode += performance.now() - encoded
      encode += encoded - changed
      change += changed - start
      if (phases.seen && phases.seen() !== place(tick, 0))
        throw new Error(`${kind} shows ${phases.seen()} in tick ${tick}.`)
    }
    const us = 1e3 / ticks
    return {
      change: change * us,
      encode: encode * us,
      both: (change + encode) * us,
      decode: decode * us,
      bytes: (phases.bytes() - before) / ticks,
    }
  }
  round(Math.max(60, ticks >> 1))
  return () => round(ticks)
}

function checkSeen(kind: string, seen: number): void {
  if (seen !== groupsSeen * perGroup) throw new Error(`A client of ${kind} sees ${seen} objects.`)
}

async function fieldcast(kind: 'plain' | 'latest', mode: ObjectsArgument['mode']): Promise<Phases> {
  const Placed = kind === 'plain' ? FloatPlaced : LatestFloat
  const wire = new HandWire()
  const server = createServer({ ...unhurried, classes: [Placed], transports: [wire] })
  await server.start()
  const objects = Array.from({ length: count }, (_, i) =>
    server.create(Placed, null, { zone: mode === 'all' ? 0 : 1 + Math.floor(i / perGroup) }),
  )
  const change = (tick: number): void => {
    for (let i = 0; i < count; i++) objects[i]!.send.moveTo(place(tick, i), place(tick, i + 1))
  }
  const encode = (): void => server.tick()
  if (mode === 'views') {
    const { client, line } = await wire.connect(server, [Placed])
    for (let i = 1; i < viewers; i++) wire.login(server)
    let viewer = 0
    for (const client of server.clients.values()) void client.zones.set(seenBy(viewer++).map(group => 1 + group))
    server.tick()
    line.handOver()
    checkSeen(kind, client.objects.size)
    // From here on bytes are counted and dropped, as on the other lines.
    line.kept = null
    return { change, encode, bytes: () => wire.bytes }
  }
  const { client, line } = await wire.connect(server, [Placed])
  const [first] = client.objects.of(Placed)
  return { change, encode, decode: () => line.handOver(), bytes: () => line.bytes, seen: () => first!.x }
}

async function schema(mode: ObjectsArgument['mode']): Promise<Phases> {
  const world = await schemaWorld(count, 'float32', mode === 'views')
  const { encoder, entities } = world
  const change = (tick: number): void => {
    for (let i = 0; i < count; i++) {
      const entity = entities[i]!
      entity.x = place(tick, i)
      entity.y = place(tick, i + 1)
    }
  }
  let bytes = 0
  if (mode === 'all') {
    const decoder = world.decoder()
    encoder.discardChanges()
    let encoded = new Uint8Array()
    let first: { x: number } | undefined
    decoder.state.entities.forEach(entity => {
      first ??= entity
    })
    return {
      change,
      encode() {
        encoded = encoder.encode() as Uint8Array<ArrayBuffer>
        encoder.discardChanges()
        bytes += encoded.length
      },
      decode: () => void decoder.decode(encoded),
      bytes: () => bytes,
      seen: () => first!.x,
    }
  }
  const views = Array.from({ length: viewers }, (_, viewer) => {
    const view = world.view()
    for (const group of seenBy(viewer)) for (let i = 0; i < perGroup; i++) view.add(entities[group * perGroup + i]!)
    return view
  })
  const decoder = world.decoder(views[0])
  checkSeen('schema', decoder.state.entities.size)
  encoder.discardChanges()
  const encodeViews = (): void => {
    const iterator = { offset: 0 }
    encoder.encode(iterator)
    const sharedOffset = iterator.offset
    for (const view of views) bytes += encoder.encodeView(view, sharedOffset, iterator).length
    encoder.discardChanges()
  }
  encodeViews()
  return { change, encode: encodeViews, bytes: () => bytes }
}
