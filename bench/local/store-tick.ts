/** What a store costs the ticks of a game: 1,000 stored objects of which half move in each, on lmdb, in memory, and without a store. */
import { type Figure, figureOf, type Row, ratioOf, type Suite } from '../kit/table.ts'
import { type Contestant, contestant, inTurn } from './contestant.ts'
import { Places, reachable } from './store-places.ts'
import { clients, moving, objects, type TickArgument, type TickResult } from './store-tick-part.ts'

const module = new URL('./store-tick-part.ts', import.meta.url).href

const suite: Suite = {
  id: 'store-tick',
  title: 'Ticks beside a store',
  seconds: 220,
  async run({ quick, log }) {
    const ticks = quick ? 40 : 200
    const rounds = quick ? 2 : 7
    const { at, missing } = await reachable()
    const places = new Places(at)
    const contestants: Contestant<TickResult>[] = []
    try {
      for (const place of [null, 'memory', places.make('lmdb')] as const)
        contestants.push(await contestant(module, { place, ticks } satisfies TickArgument))
      log(`${rounds} rounds of ${ticks} ticks`)
      const results = await inTurn(contestants, rounds)
      const of = (i: number, key: keyof TickResult): number[] => results[i]!.map(round => round[key])
      const ratio = (i: number): Figure => ratioOf(of(i, 'p99'), of(0, 'p99'))
      const row = (i: number, name: string, kind: Row['kind']): Row => ({
        name,
        kind,
        figures: {
          p50: figureOf(of(i, 'p50')),
          p99: figureOf(of(i, 'p99')),
          ratio: ratio(i),
          late: figureOf(of(i, 'late')),
          block: figureOf(of(i, 'block')),
          rows: figureOf(of(i, 'rows')),
        },
      })
      const rows = [
        row(0, 'without a store', 'bare'),
        row(1, 'memoryStore()', 'fieldcast'),
        row(2, 'lmdbStore()', 'fieldcast'),
      ]
      return [
        {
          id: 'store-tick',
          title: `${objects.toLocaleString('en')} stored objects, ${moving} of which move in each tick`,
          text: `${ticks} ticks a round, 20 per second, in real time. In each, the server calls \`moveTo\`, a \`Database\` field, on ${moving} of the objects, and ${clients} clients over the memory transport, in the same process, are sent all of it; they do not read. A tick is measured from the first call to the end of \`server.tick()\`; \`late\` is how long after its time 1 tick of 100 began at least, because something else ran, and \`block\` the longest time for which nothing else could run. ${missing.filter(text => text.includes('lmdb')).join(' ')}`.trim(),
          columns: [
            { id: 'p50', title: 'p50', unit: 'ms' },
            { id: 'p99', title: 'p99', unit: 'ms' },
            { id: 'ratio', title: 'p99 to that without a store', unit: '' },
            { id: 'late', title: 'late, p99', unit: 'ms' },
            { id: 'block', title: 'block', unit: 'ms' },
            { id: 'rows', title: 'durable rows', unit: 'per s' },
          ],
          rows,
          goals: [
            { text: 'A tick with lmdb, to one without a store, at p99', figure: ratio(2), unit: '', atMost: 1.1 },
          ],
          plots: [],
        },
      ]
    } finally {
      await Promise.all(contestants.map(one => one.end()))
      await places.remove()
    }
  },
}
export default suite
