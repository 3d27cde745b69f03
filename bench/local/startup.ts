/** The start: a server of 500 classes, and what a page loads before it can connect. */
import { type Column, figureOf, type Row, ratioOf, type Suite, type Table } from '../kit/table.ts'
import { bundleOf, type Library } from './client-bundle.ts'
import { onlyRound } from './contestant.ts'
import { classCount, Game } from './game.ts'
import type { StartupArgument, StartupResult } from './startup-part.ts'

const module = new URL('./startup-part.ts', import.meta.url).href

const suite: Suite = {
  id: 'startup',
  title: 'Start-up, and the size of a client',
  seconds: 40,
  run: async ({ quick, log }) => {
    log(`${classCount} classes, read, loaded and served`)
    return [await startup(quick ? 2 : 9), await bundles(log)]
  },
}
export default suite

interface Case extends StartupArgument {
  readonly name: string
  readonly kind: Row['kind']
  /** The name of its control. */
  readonly control: string
}

async function startup(rounds: number): Promise<Table> {
  const game = new Game()
  try {
    const [types, hand, none] = [game.sources('types'), game.sources('hand'), game.sources('none')]
    const read = 'bare classes, loaded by fieldcast/register'
    const built = 'bare classes, bundled by esbuild'
    const cases: readonly Case[] = [
      { name: 'types read by fieldcast/register', kind: 'fieldcast', module: types, serves: true, control: read },
      {
        name: 'types by hand, loaded by fieldcast/register',
        kind: 'fieldcast',
        module: hand,
        serves: true,
        control: read,
      },
      { name: read, kind: 'bare', module: none, serves: false, control: read },
      {
        name: 'types read by fieldcast/esbuild, built',
        kind: 'fieldcast',
        module: await game.built('types'),
        serves: true,
        control: built,
      },
      {
        name: 'types by hand, built',
        kind: 'fieldcast',
        module: await game.built('hand'),
        serves: true,
        control: built,
      },
      { name: built, kind: 'bare', module: await game.built('none'), serves: false, control: built },
    ]
    const results = new Map<string, StartupResult[]>(cases.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round++)
      for (const { name, module: of, serves } of cases)
        results.get(name)!.push(await onlyRound<StartupResult>(module, { module: of, serves }))
    const of = (name: string, key: keyof StartupResult): number[] => results.get(name)!.map(result => result[key])
    const columns: readonly (Column & { readonly id: keyof StartupResult })[] = [
      { id: 'load', title: 'import', unit: 'ms' },
      { id: 'start', title: 'start', unit: 'ms' },
      { id: 'both', title: 'both', unit: 'ms' },
    ]
    const rows = cases.map(
      ({ name, kind, control }): Row => ({
        name,
        kind,
        figures: {
          ...Object.fromEntries(columns.map(({ id }) => [id, figureOf(of(name, id))])),
          ratio: ratioOf(of(name, 'both'), of(control, 'both')),
        },
      }),
    )
    return {
      id: 'startup',
      title: `A server of ${classCount} classes starts`,
      text: `${classCount} classes of five methods in 50 files: from the first \`import\` until \`server.start()\` has resolved, in a new process each, where fieldcast itself is loaded already. The controls are the same classes without decorators, loaded in the same way, and not served.`,
      columns: [...columns, { id: 'ratio', title: 'to bare', unit: '' }],
      rows,
      goals: [],
      plots: [
        {
          id: 'startup',
          title: `A server of ${classCount} classes starts`,
          kind: 'bars',
          x: '',
          y: 'ms',
          points: rows.flatMap(({ name, figures }) =>
            ['load', 'start'].map(key => ({ series: key, x: name, y: figures[key]!.median })),
          ),
        },
      ],
    }
  } finally {
    game.delete()
  }
}

async function bundles(log: (text: string) => void): Promise<Table> {
  const libraries: readonly Library[] = ['fieldcast', 'socket.io-client', '@colyseus/sdk']
  const rows: Row[] = []
  for (const library of libraries) {
    log(`the client bundle of ${library}`)
    const { bytes, besideBytes } = await bundleOf(library)
    const kind = library === 'fieldcast' ? 'fieldcast' : 'peer'
    rows.push({ name: library, kind, figures: { bytes: figureOf([bytes]) } })
    if (besideBytes > 0)
      rows.push({
        name: `${library}, with what it loads while it dials`,
        kind,
        figures: { bytes: figureOf([bytes + besideBytes]) },
      })
  }
  const own = rows[0]!.figures.bytes!
  const whole = rows[1]!.figures.bytes!
  return {
    id: 'bundle',
    title: 'The client bundle',
    text: 'What a page loads before it can dial: bundled and minified by esbuild, with gzip -9.',
    columns: [{ id: 'bytes', title: 'bytes', unit: 'bytes', digits: 5 }],
    rows,
    goals: [
      { text: 'Bytes of the client’s first piece', figure: own, unit: 'bytes', atMost: 16_000 },
      { text: 'Bytes of all that every client loads, the stretch goal', figure: whole, unit: 'bytes', atMost: 12_000 },
    ],
    plots: [
      {
        id: 'bundle',
        title: 'The client bundle, gzip',
        kind: 'bars',
        x: '',
        y: 'bytes',
        points: rows.map(({ name, kind, figures }) => ({ series: kind, x: name, y: figures.bytes!.median })),
      },
    ],
  }
}
