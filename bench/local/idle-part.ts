/** One contestant of the idle objects: what a tick takes beside them, and what they weigh. */
import { Flags, field, type int16, NetworkObject, networkClass } from 'fieldcast'
import { createServer } from 'fieldcast/server'
import { unhurried } from './arena.ts'
import type { Part } from './contestant.ts'
import { keptBy } from './heap.ts'
import { HandWire } from './wire.ts'

@networkClass(30)
class Thing extends NetworkObject {
  x = 0
  y = 0

  @field(Flags.Broadcast | Flags.RAM)
  moveTo(x: int16, y: int16) {
    this.x = x
    this.y = y
  }
}

class BarePoint {
  x = 0
  y = 0
}

class BareObject {
  readonly id: number
  zone: number | null
  owner: object | null = null
  x = 0
  y = 0

  constructor(id: number, zone: number) {
    this.id = id
    this.zone = zone
  }
}

export interface IdleArgument {
  readonly kind: 'fieldcast' | 'point' | 'object'
  readonly idle: number
  readonly ticks: number
}

export interface IdleResult {
  /** Of a tick in which 100 objects move, µs. 0 for the bare ones, which do not tick. */
  readonly tick: number
  /** Bytes per idle object; 0 where there are none. */
  readonly bytes: number
  /** To create one, ns. */
  readonly create: number
}

const zones = 1000
const moving = 100
const watchers = 20
/** Ticks after which the compiler is done, with idle objects and without. */
const warmUp = 3000

export const part: Part<IdleArgument, IdleResult> = async ({ kind, idle, ticks }) => {
  const wire = new HandWire()
  const server = createServer({ ...unhurried, classes: [Thing], transports: [wire] })
  await server.start()
  // In ten of the zones that hold the idle ones too.
  const things = Array.from({ length: moving }, (_, i) => server.create(Thing, null, { zone: i % 10 }))
  for (let i = 0; i < watchers; i++) wire.login(server)
  for (const client of server.clients.values()) void client.zones.set(Array.from({ length: 10 }, (_, i) => i))
  server.tick()
  let turn = 0
  const run = (ticks: number): number => {
    const start = performance.now()
    for (let tick = 0; tick < ticks; tick++) {
      turn++
      for (let i = 0; i < moving; i++) things[i]!.send.moveTo(turn % 1000, i)
      server.tick()
    }
    return ((performance.now() - start) * 1e3) / ticks
  }
  run(warmUp)
  let create = 0
  const timed = (): object => {
    const start = performance.now()
    const made = make(kind, idle, server)
    create = ((performance.now() - start) * 1e6) / idle
    return made
  }
  const bytes = idle === 0 ? 0 : keptBy(timed) / idle
  // The watchers are told of those that came into their zones.
  server.tick()
  run(warmUp)
  return () => ({ tick: kind === 'fieldcast' ? run(ticks) : 0, bytes, create })
}

function make(kind: IdleArgument['kind'], count: number, server: ReturnType<typeof createServer>): object {
  if (kind === 'fieldcast') {
    for (let i = 0; i < count; i++) server.create(Thing, null, { zone: i % zones })
    return server
  }
  const map = new Map<number, object>()
  for (let i = 1; i <= count; i++) map.set(i, kind === 'point' ? new BarePoint() : new BareObject(i, i % zones))
  return map
}
