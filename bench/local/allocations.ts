/** What ticks allocate and visit: with fewer and with more receivers, and beside objects that nobody touches. */
import { arena } from './arena.ts'
import type { Part } from './contestant.ts'
import { allocatedBy } from './heap.ts'
import { type MoverKind, movers } from './movers.ts'
import { stepsOf } from './steps.ts'

export interface AllocationsArgument {
  readonly kind: MoverKind
  /** Objects in the same zone that nobody touches. @default none, and nothing is said of them */
  readonly idle?: number
}

export interface Allocations {
  /** Bytes per tick, for each client more that receives it. */
  readonly perReceiver: number
  /** Bytes per tick, with the fewer receivers. */
  readonly perTick: number
  /** Bytes per tick, for each idle object. */
  readonly perIdle: number
  /** What a tick visits, without and with the idle objects. */
  readonly steps: readonly [number, number]
}

const few = 200
const many = 400
const callers = 10
const ticks = 300

export const part: Part<AllocationsArgument, Allocations> = async ({ kind, idle = 0 }) => {
  const [small, large] = [await prepare(kind, few, 0), await prepare(kind, many, 0)]
  const crowded = idle > 0 ? await prepare(kind, few, idle) : small
  return () => {
    const [less, more, beside] = [allocated(small), allocated(large), allocated(crowded)]
    return {
      perReceiver: (more - less) / (many - few),
      perTick: less,
      perIdle: idle > 0 ? (beside - less) / idle : 0,
      // Last: from then on every iterator of this process allocates.
      steps: [stepsOf(small), stepsOf(crowded)],
    }
  }
}

/** Gives what does a tick. */
async function prepare(kind: MoverKind, clients: number, idle: number): Promise<() => void> {
  const { call, server } = await arena({ kind, clients, callers })
  for (let i = 0; i < idle; i++) server.create(movers[kind], null, { zone: 0 })
  const tick = (): void => {
    call()
    server.tick()
  }
  // Until it is compiled: code that is interpreted allocates for itself.
  for (let i = 0; i < 6 * ticks; i++) tick()
  return tick
}

/** Bytes per tick. */
function allocated(tick: () => void): number {
  const run = (): void => {
    for (let i = 0; i < ticks; i++) tick()
  }
  return allocatedBy(run) / ticks
}
