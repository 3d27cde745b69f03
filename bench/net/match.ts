/** Contestants take turns, round by round, each with a server's process and a crowd's process of its own, which live through the match. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../kit/child.ts'
import type { Contestant } from './contestant.ts'
import type { Gathering, Heard } from './crowd.ts'
import type { Spent } from './serve.ts'

export interface Match {
  readonly contestants: readonly Contestant[]
  readonly players: number
  /** How many of them read what they are sent. @default all */
  readonly readers?: number
  readonly world: number
  /** Between two moves of a player, ms. @default 50 */
  readonly interval?: number
  readonly rounds: number
  /** Of each contestant in each round; as much as half of it goes before as warm-up. */
  readonly seconds: number
}

/** One contestant in one round. */
export interface Reading {
  /** CPU of the server per move that arrived at a player, µs. */
  readonly cpu: number
  readonly bytes: number
  readonly allocated: number
  readonly p50: number
  readonly p99: number
  /** Moves that arrived, per second. */
  readonly delivered: number
  /** Of the moves sent, times the players: 1 where everyone hears every move of everyone. */
  readonly seen: number
  /** Share of the time that the load's event loop was busy. */
  readonly busy: number
  /** Moves that the load has sent, of those that it meant to send. */
  readonly kept: number
}

interface Pair {
  readonly server: Child
  readonly crowd: Child
  readonly players: number
}

const serve = new URL('./serve.ts', import.meta.url)
const crowd = new URL('./crowd.ts', import.meta.url)

async function gather(contestant: Contestant, match: Match, pairs: Pair[]): Promise<Pair> {
  const { server, client, options = {}, players = match.players } = contestant
  const { readers = players, world, interval = 50 } = match
  const pair = { server: new Child(serve), crowd: new Child(crowd), players }
  pairs.push(pair)
  const url = await pair.server.ask<string>('open', { module: server, options })
  const gathering: Gathering = { module: client, url, players, readers, world, interval }
  await pair.crowd.ask('gather', gathering)
  return pair
}

async function play({ server, crowd, players }: Pair, { interval = 50, seconds }: Match): Promise<Reading> {
  await crowd.ask('go')
  await sleep(500 * Math.min(seconds, 2))
  await Promise.all([server.ask('start'), crowd.ask('start')])
  await sleep(1000 * seconds)
  const [spent, heard] = await Promise.all([server.ask<Spent>('stop'), crowd.ask<Heard>('stop')])
  await crowd.ask('halt')
  // What is still on its way belongs to no one else's round.
  await sleep(150)
  return {
    cpu: spent.cpu / heard.moves,
    bytes: spent.bytes / heard.moves,
    allocated: spent.allocated / heard.moves,
    p50: heard.p50,
    p99: heard.p99,
    delivered: heard.moves / heard.seconds,
    seen: heard.moves / (heard.sent * players),
    busy: heard.busy,
    kept: heard.sent / ((players * heard.seconds * 1000) / interval),
  }
}

/** Readings by contestant, in their order; the nth of each come from the same round. */
export async function playMatch(match: Match, log: (text: string) => void): Promise<readonly (readonly Reading[])[]> {
  const all: Pair[] = []
  try {
    const pairs: Pair[] = []
    for (const contestant of match.contestants) pairs.push(await gather(contestant, match, all))
    const readings = match.contestants.map((): Reading[] => [])
    // Uncounted: until a server has seen a few thousand messages, it is the compiler that is measured.
    for (const pair of pairs) await play(pair, { ...match, seconds: 2 * match.seconds })
    for (let round = 0; round < match.rounds; round++) {
      for (const [i, pair] of pairs.entries()) readings[i]!.push(await play(pair, match))
      log(`${match.players} players, round ${round + 1} of ${match.rounds}`)
    }
    return readings
  } finally {
    // The crowd first: its players would take the end of their server for a fault.
    for (const { crowd, server } of all) {
      await crowd.end()
      await server.end()
    }
  }
}
