/** A million idle objects: what they do to a tick, and what they weigh beside bare ones. */
import { figureOf, type Goal, type Row, ratioOf, type Suite } from '../kit/table.ts'
import { type Contestant, contestant, inTurn } from './contestant.ts'
import type { IdleArgument, IdleResult } from './idle-part.ts'

const module = new URL('./idle-part.ts', import.meta.url).href
const flags = ['--expose-gc', '--max-old-space-size=4000']

const suite: Suite = {
  id: 'idle',
  title: 'A million idle objects',
  seconds: 60,
  async run({ quick, log }) {
    const idle = quick ? 100_000 : 1_000_000
    const ticks = quick ? 100 : 500
    log(`${idle} idle objects beside 100 that move`)
    const kinds: readonly (Omit<IdleArgument, 'ticks'> & { readonly name: string })[] = [
      { name: 'fieldcast, without idle objects', kind: 'fieldcast', idle: 0 },
      { name: 'fieldcast', kind: 'fieldcast', idle },
      { name: 'bare: x and y, in a Map', kind: 'point', idle },
      { name: 'bare: id, zone, owner, x and y, in a Map', kind: 'object', idle },
    ]
    const contestants: Contestant<IdleResult>[] = []
    try {
      for (const { kind, idle } of kinds) contestants.push(await contestant(module, { kind, idle, ticks }, flags))
      const ticking = await inTurn(contestants.slice(0, 2), quick ? 2 : 9)
      const bare = await inTurn(contestants.slice(2), 1)
      const [without, beside, point, object] = [...ticking, ...bare] as [
        IdleResult[],
        IdleResult[],
        IdleResult[],
        IdleResult[],
      ]
      const tick = (results: readonly IdleResult[]): number[] => results.map(result => result.tick)
      const weight = (results: readonly IdleResult[]) => figureOf([results[0]!.bytes])
      const ratio = ratioOf(tick(beside), tick(without))
      const toPoint = figureOf([beside[0]!.bytes / point[0]!.bytes])
      const toObject = figureOf([beside[0]!.bytes / object[0]!.bytes])
      const rows: Row[] = [
        { name: kinds[0]!.name, kind: 'fieldcast', figures: { tick: figureOf(tick(without)) } },
        {
          name: kinds[1]!.name,
          kind: 'fieldcast',
          figures: {
            tick: figureOf(tick(beside)),
            ratio,
            bytes: weight(beside),
            toPoint,
            toObject,
            create: figureOf([beside[0]!.create]),
          },
        },
        { name: kinds[2]!.name, kind: 'bare', figures: { bytes: weight(point), create: figureOf([point[0]!.create]) } },
        {
          name: kinds[3]!.name,
          kind: 'bare',
          figures: { bytes: weight(object), create: figureOf([object[0]!.create]) },
        },
      ]
      const goals: Goal[] = [
        { text: 'A tick with the idle objects, to one without', figure: ratio, unit: '', atMost: 1.1 },
        {
          text: 'Bytes per idle object, to a bare one with id, zone and owner',
          figure: toObject,
          unit: '',
          atMost: 1.5,
        },
        { text: 'Bytes per idle object, to a bare one with x and y alone', figure: toPoint, unit: '', atMost: 1.5 },
      ]
      return [
        {
          id: 'idle',
          title: `${idle.toLocaleString('en')} idle objects`,
          text: 'Objects of a class with the numbers `x` and `y`, made by `server.create` in 1,000 zones, which nobody touches, while 100 others move in ten of these zones, watched by 20 clients. Bytes are what is alive on the heap after a collection; the bare controls are instances of a class, in a Map by id.',
          columns: [
            { id: 'tick', title: 'tick', unit: 'µs' },
            { id: 'ratio', title: 'to one without', unit: '' },
            { id: 'bytes', title: 'per object', unit: 'bytes' },
            { id: 'toPoint', title: 'to x, y', unit: '' },
            { id: 'toObject', title: 'to id, zone, owner, x, y', unit: '' },
            { id: 'create', title: 'to create', unit: 'ns' },
          ],
          rows,
          goals,
          plots: [
            {
              id: 'idle',
              title: 'Bytes per idle object',
              kind: 'bars',
              x: '',
              y: 'bytes',
              points: rows
                .slice(1)
                .map(({ name, kind, figures }) => ({ series: kind, x: name, y: figures.bytes!.median })),
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
