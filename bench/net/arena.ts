/** The arena: N clients in one zone, each moves 20 times a second at its own phase, and everyone sees everyone. */
import type { Goal, Plot, Run, Suite, Table } from '../kit/table.ts'
import type { Contestant } from './contestant.ts'
import * as who from './contestants.ts'
import { playMatch, type Reading } from './match.ts'
import { columns, excess, figure, ratio, rowOf } from './rows.ts'

export interface ArenaOptions {
  readonly contestants: readonly Contestant[]
  readonly players: number
  readonly rounds: number
  readonly seconds: number
}

/** So many read all that they are sent; the others, who are sent the same, count bytes. */
const readers = 5
/** The first table says for all what is measured. */
const smallest = 50

export async function arena({ contestants, players, rounds, seconds }: ArenaOptions, log: Run['log']): Promise<Table> {
  const match = { contestants, players, readers: Math.min(readers, players), world: 2000, rounds, seconds }
  const readings = await playMatch(match, log)
  const of = (contestant: Contestant): readonly Reading[] => readings[contestants.indexOf(contestant)]!
  return {
    id: `arena-${players}`,
    title: `Arena, ${players} clients`,
    text: players === smallest ? text : 'As above.',
    columns,
    rows: contestants.map(contestant => rowOf(contestant, of(contestant), of(who.bare))),
    goals: contestants.includes(who.fieldcast) ? goals(players, of(who.fieldcast), of(who.bare)) : [],
    plots: [plot(players, contestants, of)],
  }
}

const text = `Each client sends (int16, int16, uint32) 20 times a second; the uint32 is the time of sending. The server's CPU (user and system, all threads) is divided by the moves that
arrived at clients: one that keeps the newest move per player delivers at most one of each player per tick. Bytes are those written to the sockets, frame headers included.
The age of a move, of others than the receiver, is taken when its frame arrives. Moves seen: those that arrived, of those sent times the clients. Heap: what the server's V8 heap grew by between collections, so garbage too, but not buffers' own memory.
The load is a process of its own, and sends the same for all: ${readers} clients read all that they are sent, the others count its bytes. fieldcast, Colyseus and Socket.IO are spoken to by their own clients, which have more to do than the bare sockets; how busy they were is in the last column.`

function goals(players: number, ours: readonly Reading[], bare: readonly Reading[]): readonly Goal[] {
  return [
    {
      text: 'CPU per delivered move, to bare',
      figure: ratio(ours, bare, 'cpu'),
      unit: '',
      atMost: 1,
    },
    ...(players === 200
      ? [{ text: 'bytes per delivered move', figure: figure(ours, 'bytes'), unit: '', atMost: 9.5 }]
      : []),
    { text: "age p99 over bare's", figure: excess(ours, bare, 'p99'), unit: 'ms', atMost: 5 },
  ]
}

function plot(
  players: number,
  contestants: readonly Contestant[],
  of: (contestant: Contestant) => readonly Reading[],
): Plot {
  return {
    id: `arena-${players}`,
    title: `CPU per delivered move, ${players} clients, to bare ws`,
    kind: 'bars',
    x: '',
    y: 'times the bare server',
    points: contestants.map(contestant => ({
      series: contestant.kind,
      x: contestant.name,
      y: ratio(of(contestant), of(who.bare), 'cpu').median,
    })),
  }
}

const suite: Suite = {
  id: 'arena',
  title: 'Arena: everyone sees everyone',
  seconds: 400,
  async run({ quick, log }) {
    const small = [who.relay, who.colyseusMessages, who.socketIo]
    const all = [who.bare, who.bareRaw, who.fieldcast, who.colyseusState]
    const pace = quick ? { rounds: 2, seconds: 1.5 } : { rounds: 5, seconds: 4 }
    return [
      await arena({ contestants: [...all, ...small], players: smallest, ...pace }, log),
      await arena({ contestants: all, players: 200, ...pace }, log),
      await arena({ contestants: all, players: 500, ...pace }, log),
    ]
  },
}

export default suite
