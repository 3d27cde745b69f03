/** Typed messages without objects: round trips one by one and side by side, and what goes one way. */
import { Child } from '../kit/child.ts'
import { type Figure, figureOf, type Row, ratioOf, type Suite } from '../kit/table.ts'
import type { Spent } from './serve.ts'

const contestants = [
  { name: 'bare ws, msgpackr', kind: 'bare', module: 'net/bare-talk.ts' },
  { name: 'fieldcast', kind: 'fieldcast', module: 'net/fieldcast-talk.ts' },
  { name: 'Socket.IO 4.8', kind: 'peer', module: 'peers/socketio-talk.ts' },
] as const

interface Reading {
  /** µs of one round trip, alone on the wire. */
  readonly trip: number
  /** Round trips a second, 64 under way. */
  readonly trips: number
  /** Messages a second, one way. */
  readonly lines: number
  /** CPU of the server for each of these, µs. */
  readonly cpu: number
}

interface Pair {
  readonly server: Child
  readonly load: Child
}

interface Counts {
  readonly alone: number
  readonly together: number
  readonly lines: number
}

async function open(module: string, pairs: Pair[]): Promise<void> {
  const [server, load] = [
    new Child(new URL('./serve.ts', import.meta.url)),
    new Child(new URL('./talk-load.ts', import.meta.url)),
  ]
  pairs.push({ server, load })
  const url = await server.ask<string>('open', { module })
  await load.ask('join', { module, url })
}

async function play({ server, load }: Pair, { alone, together, lines }: Counts): Promise<Reading> {
  const oneByOne = await load.ask<number>('trips', { count: alone, rows: 1 })
  const sideBySide = await load.ask<number>('trips', { count: together, rows: 64 })
  await server.ask('start')
  const oneWay = await load.ask<number>('lines', { count: lines })
  const { cpu } = await server.ask<Spent>('stop')
  return {
    trip: (oneByOne * 1000) / alone,
    trips: (together * 1000) / sideBySide,
    lines: (lines * 1000) / oneWay,
    cpu: cpu / lines,
  }
}

const suite: Suite = {
  id: 'messages',
  title: 'Messages',
  seconds: 50,
  async run({ quick, log }) {
    const counts = quick
      ? { alone: 2000, together: 6400, lines: 20_000 }
      : { alone: 3000, together: 64_000, lines: 100_000 }
    const pairs: Pair[] = []
    const readings: Reading[][] = contestants.map(() => [])
    try {
      for (const { module } of contestants) await open(module, pairs)
      for (const pair of pairs) await play(pair, counts)
      for (let round = 0; round < (quick ? 2 : 5); round++) {
        for (const [i, pair] of pairs.entries()) readings[i]!.push(await play(pair, counts))
        log(`round ${round + 1}`)
      }
    } finally {
      await Promise.all(pairs.flatMap(({ server, load }) => [server.end(), load.end()]))
    }
    const each = (i: number, what: keyof Reading): number[] => readings[i]!.map(reading => reading[what])
    const ratio = (i: number, to: number, what: keyof Reading): Figure => ratioOf(each(i, what), each(to, what))
    const figures = ['trip', 'trips', 'lines', 'cpu'] as const
    const rows = contestants.map(
      ({ name, kind }, i): Row => ({
        name,
        kind,
        figures: {
          ...Object.fromEntries(figures.map(what => [what, figureOf(each(i, what))])),
          tripsRatio: ratio(i, 0, 'trips'),
          linesRatio: ratio(i, 0, 'lines'),
        },
      }),
    )
    return [
      {
        id: 'messages',
        title: 'Messages between one client and a server',
        text: 'One client and one server, each in a process of its own, over WebSocket. A question carries two numbers and is answered with their sum, as a reply, by number, or as an acknowledgement; one at a time, then 64 under way. One way go a text of 43 characters and a time, 100 in a turn. fieldcast checks types, lengths and rates of each; it sends what one turn has in one frame, the others a frame for each.',
        columns: [
          { id: 'trip', title: 'round trip, alone', unit: 'µs' },
          { id: 'trips', title: 'round trips a second, 64 under way', unit: '' },
          { id: 'tripsRatio', title: 'to bare', unit: '' },
          { id: 'lines', title: 'one way, a second', unit: '' },
          { id: 'linesRatio', title: 'to bare', unit: '' },
          { id: 'cpu', title: 'CPU of the server, one way', unit: 'µs' },
        ],
        rows,
        goals: [
          { text: "round trips a second, to bare ws's", figure: ratio(1, 0, 'trips'), unit: '', atLeast: 0.9 },
          { text: "one way a second, to bare ws's", figure: ratio(1, 0, 'lines'), unit: '', atLeast: 0.9 },
          { text: "round trips a second, to Socket.IO's", figure: ratio(1, 2, 'trips'), unit: '', atLeast: 2 },
          { text: "one way a second, to Socket.IO's", figure: ratio(1, 2, 'lines'), unit: '', atLeast: 2 },
        ],
        plots: [],
      },
    ]
  },
}

export default suite
