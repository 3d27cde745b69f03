/** Bytes that moving objects cost a client which sees them, for one form of their place. Nothing is timed. */
import { createServer } from 'fieldcast/server'
import { seededRandom } from 'fieldcast/testing'
import { type NumberType, schemaWorld } from '../peers/schema.ts'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { FloatPlaced, LatestFloat, LatestInt, LatestQuantized, LatestTimed } from './placed.ts'
import { Crowd, stepsPerSecond } from './walk.ts'
import { HandWire } from './wire.ts'

const places = {
  'float32 pair, each call': FloatPlaced,
  'float32 pair': LatestFloat,
  'int16 pair': LatestInt,
  'quantized pair': LatestQuantized,
  'int16 pair and uint32': LatestTimed,
} as const

export type Form = keyof typeof places

export interface MovingArgument {
  readonly form: Form
  readonly system: 'fieldcast' | 'schema'
  readonly objects: number
  readonly seconds: number
  /** The share of the time that each stands still. */
  readonly standing: number
}

export interface MovingResult {
  readonly moves: number
  /** Per move, without the wire's own headers. */
  readonly bytes: number
}

/** Fixed-point, where the type is whole numbers: 32 steps to a unit. */
const scale = (form: Form, value: number): number => (form.startsWith('int16') ? Math.round(value * 32) : value)

/** What the type makes of a value at the other end, within its rounding. */
const tolerance = (form: Form): number => (form === 'quantized pair' ? 1000 / 65535 : 1e-4)

export const part: Part<MovingArgument, MovingResult> = async argument => {
  const { objects, seconds, standing } = argument
  const { move, tick } = await (argument.system === 'schema' ? schema(argument) : fieldcast(argument))
  const crowd = new Crowd(objects, standing)
  const order = shuffled(objects)
  return () => {
    let [moves, bytes] = [0, 0]
    for (let i = 0; i < seconds * stepsPerSecond; i++) {
      for (const one of order) {
        if (!crowd.step(one)) continue
        const { x, y } = crowd.walkers[one]!
        move(one, x, y, i * (1000 / stepsPerSecond))
        moves++
      }
      bytes += tick()
    }
    return { moves, bytes: bytes / moves }
  }
}

interface World {
  move(one: number, x: number, y: number, at: number): void
  /** Sends, checks what the other end sees, and gives the bytes. */
  tick(): number
}

async function fieldcast({ form, objects }: MovingArgument): Promise<World> {
  const wire = new HandWire()
  const Placed = places[form] as typeof LatestTimed
  const server = createServer({ ...unhurried, classes: [Placed], transports: [wire] })
  await server.start()
  // One in ten is in view: the ids of those that meet in a game do not follow each other.
  const made = Array.from({ length: objects * 10 }, (_, i) =>
    server.create(Placed, null, { zone: i % 10 === 0 ? 0 : 1 }),
  ).filter(({ zone }) => zone === 0)
  const { client, line } = await wire.connect(server, [Placed])
  const seen = made.map(({ id }) => client.objects.get(id) as LatestTimed)
  return {
    move(one, x, y, at) {
      const send = made[one]!.send as { moveTo(x: number, y: number, at?: number): void }
      if (form === 'int16 pair and uint32') send.moveTo(scale(form, x), scale(form, y), at)
      else send.moveTo(scale(form, x), scale(form, y))
    },
    tick() {
      const before = line.bytes
      server.tick()
      line.handOver()
      made.forEach(({ x, y }, i) => {
        const far = Math.max(Math.abs(seen[i]!.x - x), Math.abs(seen[i]!.y - y))
        if (far > tolerance(form)) throw new Error(`${form}: object ${i} is ${far} away from where it is shown.`)
      })
      return line.bytes - before
    },
  }
}

/** An order in which calls may come. */
function shuffled(count: number): number[] {
  const random = seededRandom(2)
  return Array.from({ length: count }, (_, i) => ({ i, key: random.number() }))
    .sort((a, b) => a.key - b.key)
    .map(({ i }) => i)
}

async function schema({ form, objects }: MovingArgument): Promise<World> {
  const { encoder, entities } = await schemaWorld(objects, form.split(' ')[0] as NumberType)
  encoder.discardChanges()
  return {
    move(one, x, y) {
      entities[one]!.x = scale(form, x)
      entities[one]!.y = scale(form, y)
    },
    tick() {
      const bytes = encoder.encode().length
      encoder.discardChanges()
      return bytes
    },
  }
}
