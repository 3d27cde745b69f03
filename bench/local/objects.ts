/** 1,000 objects that change at once, beside @colyseus/schema: bytes, the time to change and encode, the time to decode, and what views cost. */
import { type Column, figureOf, type Goal, type Row, ratioOf, type Suite, type Table } from '../kit/table.ts'
import { type Contestant, contestant, inTurn } from './contestant.ts'
import { count, groups, groupsSeen, type ObjectsArgument, type ObjectsResult, viewers } from './objects-part.ts'

const module = new URL('./objects-part.ts', import.meta.url).href
const kinds = ['plain', 'latest', 'schema'] as const
const names = { plain: 'fieldcast', latest: 'fieldcast, a Latest field', schema: '@colyseus/schema 5' } as const

const suite: Suite = {
  id: 'objects',
  title: '1,000 objects that change at once',
  seconds: 60,
  async run({ quick, log }) {
    const measure = async (mode: ObjectsArgument['mode']): Promise<Results> => {
      log(mode === 'all' ? 'all 1,000 to one client' : '60 each to 100 clients')
      const contestants: Contestant<ObjectsResult>[] = []
      try {
        for (const kind of kinds) contestants.push(await contestant(module, { kind, mode, ticks: quick ? 100 : 500 }))
        const [plain, latest, schema] = await inTurn(contestants, quick ? 2 : 9)
        return { plain: plain!, latest: latest!, schema: schema! }
      } finally {
        await Promise.all(contestants.map(one => one.end()))
      }
    }
    return [all(await measure('all')), views(await measure('views'))]
  },
}
export default suite

type Results = Readonly<Record<(typeof kinds)[number], readonly ObjectsResult[]>>

const of = (rounds: readonly ObjectsResult[], key: keyof ObjectsResult): number[] => rounds.map(round => round[key])
const ratio = (results: Results, kind: (typeof kinds)[number], key: keyof ObjectsResult) =>
  ratioOf(of(results[kind], key), of(results.schema, key))

const times: readonly Column[] = [
  { id: 'bytes', title: 'bytes', unit: 'bytes', digits: 5 },
  { id: 'change', title: 'change', unit: 'µs' },
  { id: 'encode', title: 'encode', unit: 'µs' },
  { id: 'both', title: 'both', unit: 'µs' },
  { id: 'ratio', title: 'to @colyseus/schema', unit: '' },
]

function rowsOf(results: Results, columns: readonly (keyof ObjectsResult)[]): Row[] {
  return kinds.map(kind => ({
    name: names[kind],
    kind: kind === 'schema' ? 'peer' : 'fieldcast',
    figures: {
      ...Object.fromEntries(columns.map(column => [column, figureOf(of(results[kind], column))])),
      ratio: ratio(results, kind, 'both'),
      ...(columns.includes('decode') && { decodeRatio: ratio(results, kind, 'decode') }),
    },
  }))
}

function all(results: Results): Table {
  const rows = rowsOf(results, ['bytes', 'change', 'encode', 'both', 'decode'])
  const goals = (['plain'] as const).flatMap((kind): Goal[] => [
    {
      text: `${names[kind]}: bytes of ${count} objects`,
      figure: figureOf(of(results[kind], 'bytes')),
      unit: 'bytes',
      atMost: 10_500,
    },
    {
      text: `${names[kind]}: time to change and encode, to @colyseus/schema`,
      figure: ratio(results, kind, 'both'),
      unit: '',
      atMost: 1,
    },
    {
      text: `${names[kind]}: time to decode, to @colyseus/schema`,
      figure: ratio(results, kind, 'decode'),
      unit: '',
      atMost: 0.5,
    },
  ])
  return {
    id: 'objects',
    title: '1,000 objects that change at once',
    text: `${count} server-made objects whose two \`float32\` change in one tick, to one client. \`change\` is \`object.send.moveTo(x, y)\` (types checked, handler run, value kept) against two setters, \`encode\` the tick against \`encode()\` and \`discardChanges()\`. \`decode\` is a whole client which finds the object and runs its handler, against \`Decoder.decode()\` without callbacks.`,
    columns: [
      ...times,
      { id: 'decode', title: 'decode', unit: 'µs' },
      { id: 'decodeRatio', title: 'decode to @colyseus/schema', unit: '' },
    ],
    rows,
    goals,
    plots: [
      {
        id: 'objects',
        title: '1,000 objects that change at once',
        kind: 'bars',
        x: '',
        y: 'µs',
        points: rows.flatMap(({ name, figures }) =>
          ['change', 'encode', 'decode'].map(phase => ({ series: phase, x: name, y: figures[phase]!.median })),
        ),
      },
    ],
  }
}

function views(results: Results): Table {
  const rows = rowsOf(results, ['bytes', 'change', 'encode', 'both'])
  return {
    id: 'objects-views',
    title: '1,000 objects, of which each of 100 clients sees 60',
    text: `The same objects in ${groups} groups; each of ${viewers} clients sees ${groupsSeen} of them: zones here, a \`StateView\` per client with its entities added there, \`encode()\`, \`encodeView()\` for each, \`discardChanges()\`. Bytes are those to all clients.`,
    columns: times,
    rows,
    goals: (['plain'] as const).flatMap((kind): Goal[] => [
      {
        text: `${names[kind]}: time to encode for all views, to @colyseus/schema`,
        figure: ratio(results, kind, 'encode'),
        unit: '',
        atMost: 0.1,
      },
      {
        text: `${names[kind]}: time to change and encode for all views, to @colyseus/schema`,
        figure: ratio(results, kind, 'both'),
        unit: '',
        atMost: 0.1,
      },
    ]),
    plots: [
      {
        id: 'objects-views',
        title: '100 clients that see 60 objects each',
        kind: 'bars',
        x: '',
        y: 'µs',
        points: rows.flatMap(({ name, figures }) =>
          ['change', 'encode'].map(phase => ({ series: phase, x: name, y: figures[phase]!.median })),
        ),
      },
    ],
  }
}
