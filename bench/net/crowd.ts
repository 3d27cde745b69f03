/** The load's process: a crowd of players of one contestant, who walk, send, and hear. */
import { performance } from 'node:perf_hooks'
import { answer } from '../kit/child.ts'
import type { Join, Player } from './contestant.ts'
import { Ear, quantile, stamp } from './ear.ts'
import { Walker } from './walker.ts'

export interface Gathering {
  /** Path of the client's module from bench/. */
  readonly module: string
  readonly url: string
  readonly players: number
  /** How many of them read what they are sent; the others count its bytes. */
  readonly readers: number
  /** Width and height of the world that they walk. */
  readonly world: number
  /** Between two moves of a player, ms. */
  readonly interval: number
}

/** What the crowd has sent and heard between `start` and `stop`. */
export interface Heard {
  readonly sent: number
  /** Moves that arrived at all players; from those who read, by their share of the bytes. */
  readonly moves: number
  /** Ages of the moves that arrived, ms. */
  readonly p50: number
  readonly p99: number
  /** Share of the time that this process's event loop was busy: near 1, the load was the bottleneck. */
  readonly busy: number
  readonly seconds: number
}

interface Member {
  readonly player: Player
  readonly walker: Walker
  due: number
}

const members: Member[] = []
const ears: Ear[] = []
let interval = 50
let sent = 0
let timer: NodeJS.Timeout | null = null
let started = { at: 0, loop: performance.eventLoopUtilization() }

/** Sends what is due. Timers have a resolution of 1 ms, so a turn serves all whose phase falls into that. */
function turn(): void {
  const now = performance.now()
  for (const member of members) {
    if (member.due > now) continue
    const { x, y } = member.walker.step()
    member.player.move(x, y, stamp())
    sent++
    // A load that has fallen behind leaves moves out: it does not send them in a burst.
    member.due = Math.max(member.due + interval, now)
  }
  timer = setTimeout(turn, 1)
}

answer({
  async gather({ module, url, players, readers, world, interval: ms }: Gathering) {
    const { join } = (await import(new URL(`../${module}`, import.meta.url).href)) as { join: Join }
    interval = ms
    // Spread evenly: a server serves those who came first first.
    const stride = players / readers
    const enter = async (i: number): Promise<void> => {
      const ear = new Ear(readers > 0 && i % stride < 1)
      ears.push(ear)
      members.push({ player: await join(url, ear), walker: new Walker(world), due: 0 })
    }
    for (let i = 0; i < players; i += 20)
      await Promise.all(Array.from({ length: Math.min(20, players - i) }, (_, k) => enter(i + k)))
  },
  go() {
    const now = performance.now()
    for (const member of members) member.due = now + Math.random() * interval
    timer = setTimeout(turn, 1)
  },
  halt() {
    clearTimeout(timer!)
  },
  start() {
    for (const ear of ears) ear.reset()
    sent = 0
    started = { at: performance.now(), loop: performance.eventLoopUtilization() }
  },
  stop(): Heard {
    const reading = ears.filter(ear => ear.reads)
    const sum = (of: readonly Ear[], what: 'moves' | 'bytes'): number => of.reduce((total, ear) => total + ear[what], 0)
    const ages = new Uint32Array(reading[0]!.ages.length)
    for (const ear of reading) for (let i = 0; i < ages.length; i++) ages[i]! += ear.ages[i]!
    return {
      sent,
      moves: (sum(reading, 'moves') * sum(ears, 'bytes')) / sum(reading, 'bytes'),
      p50: quantile(ages, 0.5),
      p99: quantile(ages, 0.99),
      busy: performance.eventLoopUtilization(started.loop).utilization,
      seconds: (performance.now() - started.at) / 1000,
    }
  },
})
