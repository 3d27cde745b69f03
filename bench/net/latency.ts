/** The arena with low latency: moves leave with the turn that brought them, or two milliseconds later. */
import type { Suite } from '../kit/table.ts'
import type { Contestant } from './contestant.ts'
import * as who from './contestants.ts'
import { playMatch, type Reading } from './match.ts'
import { columns, figure, ratio, rowOf } from './rows.ts'

const players = 50

const suite: Suite = {
  id: 'latency',
  title: 'Arena with low latency',
  seconds: 130,
  async run({ quick, log }) {
    const contestants = [who.bare, who.bareTwo, who.bareTurns, who.fieldcastSoon]
    const readings = await playMatch(
      {
        contestants,
        players,
        readers: 5,
        world: 2000,
        ...(quick ? { rounds: 2, seconds: 1.5 } : { rounds: 5, seconds: 4 }),
      },
      log,
    )
    const of = (contestant: Contestant): readonly Reading[] => readings[contestants.indexOf(contestant)]!
    const ours = of(who.fieldcastSoon)
    return [
      {
        id: 'latency',
        title: `Arena, ${players} clients, low latency`,
        text: 'The arena once more, for games that cannot wait for a tick: `tickRate: 0` flushes at the end of a turn of the event loop, at most once in 2 ms. The controls do the same without any check. The tick of 50 ms is what ratios are to.',
        columns,
        rows: contestants.map(contestant => rowOf(contestant, of(contestant), of(who.bare))),
        goals: [
          { text: 'age p50', figure: figure(ours, 'p50'), unit: 'ms', atMost: 3 },
          {
            text: "CPU per delivered move, to the bare tick's",
            figure: ratio(ours, of(who.bare), 'cpu'),
            unit: '',
            atMost: 3,
          },
          {
            text: "CPU per delivered move, to the bare server's that flushes at most every 2 ms",
            figure: ratio(ours, of(who.bareTwo), 'cpu'),
            unit: '',
            atMost: 1,
          },
        ],
        plots: [],
      },
    ]
  },
}

export default suite
