/** The clients of a storm, a process of their own: each says when it has caught up. */
import { performance } from 'node:perf_hooks'
import { type Client, connect } from 'fieldcast/client'
import { answer } from '../kit/child.ts'
import { Mover } from './model.ts'
import { Beacon } from './storm-model.ts'

export interface StormCrowd {
  readonly url: string
  readonly players: number
  readonly zones: number
  readonly things: number
}

/** What all the clients together have come to. */
export interface Aftermath {
  /** When each had caught up, ms since 1970. */
  readonly times: readonly number[]
  /** How many were told everything anew. */
  readonly fresh: number
  /** Share of the time that this process's event loop was busy. */
  readonly busy: number
}

let crowd: StormCrowd
const clients: Client<Mover>[] = []
let storm = 0
let waiting: { times: number[]; fresh: number; left: number; done: () => void } | null = null
let loop = performance.eventLoopUtilization()

/** How many beacons have told a client of the storm that is on. */
class Watcher {
  told = 0
}

class HeardBeacon extends Beacon {
  watcher: Watcher | null = null

  override storm(count: number): void {
    this.count = count
    if (this.watcher) told(this.watcher, this)
  }
}

function told(watcher: Watcher, { count }: Beacon): void {
  if (!waiting || count !== storm || ++watcher.told !== crowd.things) return
  waiting.times.push(performance.timeOrigin + performance.now())
  if (--waiting.left === 0) waiting.done()
}

const watchers: Watcher[] = []

async function join(i: number): Promise<void> {
  const watcher = new Watcher()
  watchers.push(watcher)
  const client = await connect<Mover>(crowd.url, {
    classes: [Mover, HeardBeacon],
    avatar: Mover,
    login: i % crowd.zones,
    handshakeMs: 60_000,
    on: {
      enter: ({ object }) => {
        if (!(object instanceof HeardBeacon)) return
        object.watcher = watcher
        // What its snapshot said was said before it knew whom to tell.
        told(watcher, object)
      },
      resumed: ({ fresh }) => {
        if (fresh && waiting) waiting.fresh++
      },
      // Meant.
      lost: () => {},
      close: ({ reason, text }) => {
        if (reason === 'normal') return
        console.error(`A client of the storm was put out: ${reason}, ${text}`)
        process.exit(1)
      },
    },
  })
  clients.push(client)
}

/** Resolves when every client has caught up with the next storm. */
function allCaughtUp(): Promise<Aftermath> {
  storm++
  for (const watcher of watchers) watcher.told = 0
  loop = performance.eventLoopUtilization()
  return new Promise(resolve => {
    const times: number[] = []
    const done = (): void => {
      const { fresh } = waiting!
      waiting = null
      resolve({ times, fresh, busy: performance.eventLoopUtilization(loop).utilization })
    }
    waiting = { times, fresh: 0, left: crowd.players, done }
  })
}
let aftermath: Promise<Aftermath>

answer({
  async gather(gathering: StormCrowd): Promise<void> {
    crowd = gathering
    for (let i = 0; i < crowd.players; i += 20)
      await Promise.all(Array.from({ length: Math.min(20, crowd.players - i) }, (_, k) => join(i + k)))
  },
  /** Waits for the next storm. */
  expect(): void {
    aftermath = allCaughtUp()
  },
  aftermath: () => aftermath,
  leave(): void {
    for (const client of clients.splice(0)) client.close()
    watchers.length = 0
  },
  /** All log in at once. The time of that. */
  rush(): number {
    aftermath = allCaughtUp()
    const at = performance.timeOrigin + performance.now()
    for (let i = 0; i < crowd.players; i++) void join(i)
    return at
  },
})
