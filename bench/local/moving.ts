/** Bytes per moving object at 20 Hz, for the forms in which a game may declare a place. */
import { figureOf, type Row, type Suite } from '../kit/table.ts'
import { onlyRound } from './contestant.ts'
import type { Form, MovingArgument, MovingResult } from './moving-part.ts'
import { stepsPerSecond } from './walk.ts'

const module = new URL('./moving-part.ts', import.meta.url).href
const forms: readonly Form[] = [
  'float32 pair, each call',
  'float32 pair',
  'int16 pair',
  'quantized pair',
  'int16 pair and uint32',
]
/** What the values take without any compression, with two bytes for whose they are. */
const bareBytes: Readonly<Partial<Record<Form, number>>> = {
  'float32 pair': 10,
  'int16 pair': 6,
  'quantized pair': 6,
  'int16 pair and uint32': 10,
}
const peerForms: readonly Form[] = ['float32 pair', 'int16 pair']
const objects = 100

const suite: Suite = {
  id: 'moving',
  title: 'Bytes per moving object',
  seconds: 15,
  async run({ quick, log }) {
    const measure = async (argument: Pick<MovingArgument, 'form' | 'system' | 'standing'>): Promise<number> =>
      (await onlyRound<MovingResult>(module, { objects, seconds: quick ? 2 : 30, ...argument })).bytes
    const rows: Row[] = []
    for (const system of ['fieldcast', 'schema'] as const) {
      for (const form of system === 'schema' ? peerForms : forms) {
        log(`${system}: ${form}`)
        rows.push({
          name: system === 'schema' ? `@colyseus/schema 5: ${form}` : form,
          kind: system === 'schema' ? 'peer' : 'fieldcast',
          figures: {
            walking: figureOf([await measure({ form, system, standing: 0 })]),
            resting: figureOf([await measure({ form, system, standing: 0.5 })]),
          },
        })
      }
    }
    for (const [form, bytes] of Object.entries(bareBytes))
      rows.push({
        name: `bare: ${form}`,
        kind: 'bare',
        figures: { walking: figureOf([bytes]), resting: figureOf([bytes]) },
      })
    return [
      {
        id: 'moving',
        title: 'Bytes per moving object at 20 Hz',
        text: `${objects} objects walk at 5 units a second through a world of 1,000 by 1,000, ${stepsPerSecond} steps a second, in no order of theirs and with ids ten apart; bytes of frames to a client which sees them all, per step of one object, without the wire's own headers. \`quantized\` is \`quantized<0, 1000, 16>\`, \`int16\` counts 32nds of a unit, \`uint32\` is the time in ms. All are \`Latest\` but the first. Bare are the values as they are, behind a uint16 that says whose they are. A real client checks that it sees every object where it is.`,
        columns: [
          { id: 'walking', title: 'all walk', unit: 'bytes' },
          { id: 'resting', title: 'half of them rest', unit: 'bytes' },
        ],
        rows,
        goals: rows
          .filter(row => row.name === 'quantized pair')
          .map(row => ({
            text: 'Bytes per moving object, a quantized pair',
            figure: row.figures.walking!,
            unit: 'bytes',
            atMost: 5,
          })),
        plots: [
          {
            id: 'moving',
            title: 'Bytes per moving object at 20 Hz',
            kind: 'bars',
            x: '',
            y: 'bytes',
            points: rows.map(row => ({ series: row.kind, x: row.name, y: row.figures.walking!.median })),
          },
        ],
      },
    ]
  },
}
export default suite
