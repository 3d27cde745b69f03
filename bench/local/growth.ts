/** Cost follows deliveries: walkers on more and more zones, whose neighbours stay as many. */
import { type Column, figureOf, type Row, ratioOf, type Suite } from '../kit/table.ts'
import { type Contestant, contestant, inTurn } from './contestant.ts'
import type { GrowthArgument, GrowthResult } from './growth-part.ts'

const module = new URL('./growth-part.ts', import.meta.url).href
const kinds = ['latest', 'plain', 'bare'] as const
const names = { latest: 'fieldcast, a Latest field', plain: 'fieldcast', bare: 'bare' } as const
/** Calls that one round comes to, about. */
const callsPerRound = 40_000

const columns: readonly Column[] = [
  { id: 'deliveries', title: 'moves delivered a tick', unit: '' },
  { id: 'tick', title: 'tick', unit: 'µs' },
  { id: 'crossing', title: 'of it, zone changes', unit: 'µs' },
  { id: 'perMove', title: 'per delivered move', unit: 'ns' },
  { id: 'ratio', title: 'to bare', unit: '' },
  { id: 'bytes', title: 'per delivered move', unit: 'bytes' },
]

const suite: Suite = {
  id: 'growth',
  title: 'Walkers on more and more zones',
  seconds: 120,
  async run({ quick, log }) {
    const sizes = quick ? [50, 200, 2000] : [50, 100, 200, 500, 1000, 2000]
    const cases = sizes.flatMap(walkers => kinds.map(kind => ({ kind, walkers })))
    const contestants: Contestant<GrowthResult>[] = []
    try {
      for (const { kind, walkers } of cases) {
        const argument: GrowthArgument = {
          kind,
          walkers,
          ticks: Math.ceil((quick ? callsPerRound / 4 : callsPerRound) / walkers),
        }
        contestants.push(await contestant<GrowthResult>(module, argument))
      }
      log(`${sizes.join(', ')} walkers, in turn`)
      const results = await inTurn(contestants, quick ? 2 : 7)
      const of = (kind: (typeof kinds)[number], walkers: number, key: keyof GrowthResult): number[] =>
        results[cases.findIndex(one => one.kind === kind && one.walkers === walkers)]!.map(result => result[key])
      const rows = cases.map(
        ({ kind, walkers }): Row => ({
          name: `${names[kind]}, ${walkers}`,
          kind: kind === 'bare' ? 'bare' : 'fieldcast',
          figures: {
            ...Object.fromEntries(
              (['deliveries', 'tick', 'crossing', 'perMove', 'bytes'] as const).map(key => [
                key,
                figureOf(of(kind, walkers, key)),
              ]),
            ),
            ratio: ratioOf(of(kind, walkers, 'perMove'), of('bare', walkers, 'perMove')),
          },
        }),
      )
      const points = (key: 'perMove' | 'tick') =>
        cases.map(({ kind, walkers }) => ({
          series: names[kind],
          x: walkers,
          y: figureOf(of(kind, walkers, key)).median,
        }))
      /** Ten times the walkers leave the caches of any program: what a bare loop over the same bytes pays for that is no work of the engine. */
      const growth = (kind: (typeof kinds)[number]): number[] =>
        of(kind, 2000, 'perMove').map((cost, i) => cost / of(kind, 200, 'perMove')[i]!)
      return [
        {
          id: 'growth',
          title: 'Walkers on more and more zones',
          text: 'N walkers on 0.8 N zones; each moves once a tick, at 5 units a second over zones of 20 units, is seen from the nine zones around, and watches these. The server alone: what it would send is counted. Zone changes are in the cost: `enterZone` and `zones.set` with snapshots, enters and leaves. The bare control keeps the newest move of each walker by zone and sends each client the nine zones; it tells nobody who comes and goes.',
          columns,
          rows,
          goals: (['latest', 'plain'] as const).map(kind => ({
            text: `${names[kind]}: growth of the cost per delivered move from 200 to 2,000 walkers, to the bare loop's`,
            figure: ratioOf(growth(kind), growth('bare')),
            unit: '',
            atMost: 1.5,
          })),
          plots: [
            {
              id: 'growth-per-move',
              title: 'Cost of a delivered move',
              kind: 'lines',
              x: 'walkers',
              y: 'ns per delivered move',
              logX: true,
              points: points('perMove'),
            },
            {
              id: 'growth-tick',
              title: 'Cost of a tick',
              kind: 'lines',
              x: 'walkers',
              y: 'µs per tick',
              logX: true,
              logY: true,
              points: points('tick'),
            },
          ],
        },
      ]
    } finally {
      await Promise.all(contestants.map(one => one.end()))
    }
  },
}
export default suite
