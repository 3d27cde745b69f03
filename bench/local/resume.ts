/** Everybody loses the connection at once: how long until all are back. */
import { figureOf, type Row, ratioOf, type Suite } from '../kit/table.ts'
import { onlyRound } from './contestant.ts'
import type { ResumeArgument, ResumeResult } from './resume-part.ts'

const module = new URL('./resume-part.ts', import.meta.url).href
const clients = 1000

const cases: readonly { readonly name: string; readonly kind: ResumeArgument['kind']; readonly row: Row['kind'] }[] = [
  { name: 'come back, and get what they missed', kind: 'missed', row: 'fieldcast' },
  { name: 'come back, and are told everything anew', kind: 'anew', row: 'fieldcast' },
  { name: 'log in as new clients', kind: 'login', row: 'bare' },
]

const suite: Suite = {
  id: 'resume',
  title: 'Everybody comes back at once',
  seconds: 60,
  async run({ quick, log }) {
    const results = cases.map((): ResumeResult[] => [])
    for (let round = 0; round < (quick ? 1 : 5); round++)
      for (const [i, { kind }] of cases.entries()) {
        log(`${clients} clients: ${kind}`)
        results[i]!.push(await onlyRound<ResumeResult>(module, { kind, clients }))
      }
    const control = results.at(-1)!.map(({ cpu }) => cpu)
    return [
      {
        id: 'resume',
        title: `${clients} connections are lost at once`,
        text: `${clients} clients in 50 zones of 20 objects, over WebSocket, server and clients in one process. All connections break; each object is called; then all come back, and get one call more of each object. The control is the same clients without resume, who connect and log in anew.`,
        columns: [
          { id: 'whole', title: 'until all are back', unit: 'ms' },
          { id: 'cpu', title: 'processor, both sides', unit: 'ms' },
          { id: 'ratio', title: 'to a login', unit: '' },
        ],
        rows: cases.map(
          ({ name, row }, i): Row => ({
            name,
            kind: row,
            figures: {
              whole: figureOf(results[i]!.map(({ whole }) => whole)),
              cpu: figureOf(results[i]!.map(({ cpu }) => cpu)),
              ratio: ratioOf(
                results[i]!.map(({ cpu }) => cpu),
                control,
              ),
            },
          }),
        ),
        goals: [],
        plots: [],
      },
    ]
  },
}

export default suite
