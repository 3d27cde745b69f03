/** Entering a zone of 10,000 objects: bytes, time, and for how long the server does nothing else. */
import { type Column, figureOf, type Row, ratioOf, type Suite } from '../kit/table.ts'
import { type Contestant, contestant, inTurn } from './contestant.ts'
import type { EntryArgument, EntryResult } from './entry-part.ts'

const module = new URL('./entry-part.ts', import.meta.url).href
const cases: readonly (EntryArgument & { readonly name: string })[] = [
  { name: 'fieldcast, 10,000 objects', kind: 'fieldcast', objects: 10_000 },
  { name: 'without compression, 10,000 objects', kind: 'plain', objects: 10_000 },
  { name: 'bare, 10,000 objects', kind: 'bare', objects: 10_000 },
  { name: 'fieldcast, 50,000 objects', kind: 'fieldcast', objects: 50_000 },
  { name: 'without compression, 50,000 objects', kind: 'plain', objects: 50_000 },
  { name: 'bare, 50,000 objects', kind: 'bare', objects: 50_000 },
]
const columns: readonly (Column & { readonly id: keyof EntryResult | 'ratio' })[] = [
  { id: 'bytes', title: 'bytes', unit: 'bytes', digits: 6 },
  { id: 'cpu', title: "server's processor", unit: 'ms' },
  { id: 'ratio', title: 'of it, to bare', unit: '' },
  { id: 'handed', title: 'until handed over', unit: 'ms' },
  { id: 'whole', title: 'until whole at the client', unit: 'ms' },
  { id: 'block', title: 'longest block of the event loop', unit: 'ms' },
]

const suite: Suite = {
  id: 'entry',
  title: 'Entering a zone of 10,000 objects',
  seconds: 40,
  async run({ quick, log }) {
    const contestants: Contestant<EntryResult>[] = []
    const used = quick ? cases.slice(0, 3) : cases
    try {
      log(used.map(({ name }) => name).join('; '))
      for (const { kind, objects } of used) contestants.push(await contestant(module, { kind, objects }))
      const results = await inTurn(contestants, quick ? 3 : 15)
      const rows = used.map(({ name, kind }, i): Row => {
        // Each stands before its control.
        const control = results[i + used.slice(i).findIndex(one => one.kind === 'bare')]!
        const of = (rounds: readonly EntryResult[], key: keyof EntryResult): number[] => rounds.map(one => one[key])
        return {
          name,
          kind: kind === 'bare' ? 'bare' : 'fieldcast',
          figures: {
            ...Object.fromEntries(
              columns
                .filter(({ id }) => id !== 'ratio')
                .map(({ id }) => [id, figureOf(of(results[i]!, id as keyof EntryResult))]),
            ),
            ratio: ratioOf(of(results[i]!, 'cpu'), of(control, 'cpu')),
          },
        }
      })
      return [
        {
          id: 'entry',
          title: 'Entering a zone of many objects',
          text: 'The only client of a server enters a zone of objects with two kept fields, (float32, float32) and (uint16), over a WebSocket; it runs in a process of its own. Its frames are deflated, unless `compression` is off. The longest block is the most processor time between two turns of the event loop, by a probe that asks for every turn, in an entry of its own. The bare control writes the same values with an id and a zone each, in one frame, and its client puts them into a Map.',
          columns,
          rows,
          goals: rows
            .filter(({ kind }) => kind === 'fieldcast')
            .map(({ name, figures }) => ({
              text: `${name}: longest block of the event loop`,
              figure: figures.block!,
              unit: 'ms',
              atMost: 10,
            })),
          plots: [
            {
              id: 'entry',
              title: 'Longest block of the event loop when a client enters',
              kind: 'bars',
              x: '',
              y: 'ms',
              points: rows.map(({ name, kind, figures }) => ({ series: kind, x: name, y: figures.block!.median })),
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
