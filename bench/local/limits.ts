/** What it costs a call to be counted against the limits: the call path with all of them, with each alone, and with none. */
import { figureOf, type Row, type Suite } from '../kit/table.ts'
import { type Contestant, contestant, inTurn } from './contestant.ts'
import { type Count, counts, type LimitsResult } from './limits-part.ts'

const module = new URL('./limits-part.ts', import.meta.url).href
const clients = 200

/** What is counted, by the row's name. The first is what the others are compared with. */
const contestants: readonly (readonly [name: string, counts: readonly Count[]])[] = [
  ['no limits', []],
  ['bytes per client', ['bytes']],
  ['calls per client', ['calls']],
  ['calls per field', ['field']],
  ['standing', ['standing']],
  ['all of them', counts],
]

const suite: Suite = {
  id: 'limits',
  title: 'The limits of each call',
  seconds: 85,
  async run({ quick, log }) {
    // Of one and the same code the compiler makes now this, now that, which weighs as much as a limit: so several processes of each are heard.
    const generations = quick ? 1 : 7
    const results = contestants.map((): LimitsResult[] => [])
    for (let generation = 1; generation <= generations; generation++) {
      const processes: Contestant<LimitsResult>[] = []
      try {
        for (const [, counts] of contestants)
          processes.push(await contestant(module, { counts, clients, ticks: quick ? 100 : 400 }))
        const found = await inTurn(processes, quick ? 5 : 9)
        // The quickest of each process: nothing makes a round quicker than its code is, and much makes it slower.
        for (const [i, rounds] of found.entries()) results[i]!.push(Math.min(...rounds))
      } finally {
        await Promise.all(processes.map(one => one.end()))
      }
      log(`${generation} of ${generations}`)
    }
    const none = results[0]!
    const more = (of: readonly LimitsResult[]): number[] => of.map((ns, i) => ns - none[i]!)
    const share = (of: readonly LimitsResult[]): number[] => ratios(of, none).map(ratio => (ratio - 1) * 100)
    const rows = contestants.map(([name], i): Row => {
      const of = results[i]!
      return {
        name,
        kind: i === 0 ? 'bare' : 'fieldcast',
        figures: {
          ns: figureOf(of),
          ...(i > 0 && { more: figureOf(more(of)), share: figureOf(share(of)) }),
        },
      }
    })
    return [
      {
        id: 'limits',
        title: 'What each call is counted against',
        text: `${clients} clients in one zone, each calls \`moveTo(int16, int16, uint32)\` in a frame of its own; over no wire, without the flush. Nobody comes near a limit. "No limits" is a server out of which the counting was taken, which no option does: an endless rate is counted too. Standing is counted where violations are ignored and a client has broken a rule.`,
        columns: [
          { id: 'ns', title: 'per call', unit: 'ns' },
          { id: 'more', title: 'more than without', unit: 'ns' },
          { id: 'share', title: 'of the call path', unit: '%' },
        ],
        rows,
        goals: [
          {
            text: 'All limits, of the call path',
            figure: figureOf(share(results.at(-1)!)),
            unit: '%',
            atMost: 5,
          },
        ],
        plots: [],
      },
    ]
  },
}

export default suite

const ratios = (of: readonly number[], to: readonly number[]): number[] => of.map((value, i) => value / to[i]!)
