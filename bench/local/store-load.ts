/** Loading 100,000 stored objects, by zones and by ids; and what a stored object weighs. */
import { type Column, type Figure, figureOf, type Row, ratioOf, type Suite, type Table } from '../kit/table.ts'
import { type Contestant, contestant, inTurn, onlyRound } from './contestant.ts'
import { type LoadArgument, type LoadResult, together } from './store-load-part.ts'
import { type Database, databases, type Place, Places, reachable, titles } from './store-places.ts'
import { ThingRows, zones } from './store-things.ts'
import type { WeightArgument, WeightResult } from './store-weight-part.ts'

const loading = new URL('./store-load-part.ts', import.meta.url).href
const weighing = new URL('./store-weight-part.ts', import.meta.url).href
const flags = ['--expose-gc', '--max-old-space-size=4000']

interface Size {
  readonly objects: number
  readonly byId: number
  readonly rounds: number
}

const suite: Suite = {
  id: 'store-load',
  title: 'Loading a world',
  seconds: 180,
  async run({ quick, log }) {
    const size: Size = quick
      ? { objects: 10_000, byId: 1000, rounds: 2 }
      : { objects: 100_000, byId: 10_000, rounds: 5 }
    const { at, missing } = await reachable()
    const weigh = (place: WeightArgument['place']): Promise<WeightResult> =>
      onlyRound(weighing, { place, objects: size.objects } satisfies WeightArgument, flags)
    log('objects in memory alone')
    const plain = await weigh(null)
    const nowhere = await weigh('nowhere')
    const stored = new Map<Database, WeightResult>()
    const tables: Table[] = []
    for (const database of databases) {
      if (!at.has(database)) continue
      log(titles[database])
      const places = new Places(at)
      try {
        const place = places.make(database)
        stored.set(database, await weigh(place))
        tables.push(loadTable(database, size, await load(place, size)))
      } finally {
        await places.remove()
      }
    }
    return [...tables, weightTable(size, plain, nowhere, stored, missing)]
  },
}
export default suite

const ways = ['engine', 'store', 'bare'] as const

async function load(place: Place, { objects, byId, rounds }: Size): Promise<readonly (readonly LoadResult[])[]> {
  const contestants: Contestant<LoadResult>[] = []
  try {
    for (const way of ways)
      contestants.push(await contestant(loading, { place, way, objects, byId } satisfies LoadArgument, flags))
    // Once for the compiler.
    await inTurn(contestants, 1)
    return await inTurn(contestants, rounds)
  } finally {
    await Promise.all(contestants.map(one => one.end()))
  }
}

function loadTable(database: Database, { objects, byId }: Size, results: readonly (readonly LoadResult[])[]): Table {
  const title = titles[database]
  const bare = results.at(-1)!
  const names = ['`server.loadZone()` and `server.load()`', 'the store alone', 'the driver alone']
  const rows = results.map((rounds, i): Row => {
    const of = (key: keyof LoadResult): number[] => rounds.map(round => round[key])
    const to = (key: keyof LoadResult): Figure =>
      ratioOf(
        of(key),
        bare.map(round => round[key]),
      )
    return {
      name: names[i]!,
      kind: ways[i] === 'bare' ? 'bare' : 'fieldcast',
      figures: {
        zone: figureOf(of('zone')),
        zoneRatio: to('zone'),
        zoneBlock: figureOf(of('zoneBlock')),
        id: figureOf(of('id')),
        idRatio: to('id'),
        idBlock: figureOf(of('idBlock')),
      },
    }
  })
  return {
    id: `store-load-${database}`,
    title: `Loading ${objects.toLocaleString('en')} objects, ${title}`,
    text: `The objects of the durable rows, in ${zones} zones. By zones: \`loadZone\`, \`query\` in pages of 500, or one statement, one zone after the other. By ids: ${byId.toLocaleString('en')} of them by chance, ${together} at once, which are as many calls of \`load\`, or one \`get\` or statement. The driver alone reads the rows of the store as text; the engine makes objects of them, with three handlers each. \`block\` is the longest time for which nothing else could run.`,
    columns: [...columnsOf('zone', 'by zones'), ...columnsOf('id', 'by ids')],
    rows,
    goals: [],
    plots: [
      {
        id: `store-load-${database}`,
        title: `Objects loaded per second, ${title}`,
        kind: 'bars',
        x: '',
        y: 'objects per second',
        points: rows.flatMap(({ name, figures }) => [
          { series: 'by zones', x: plain(name), y: figures.zone!.median },
          { series: 'by ids', x: plain(name), y: figures.id!.median },
        ]),
      },
    ],
  }
}

/** Without what Markdown alone understands. */
const plain = (name: string): string => name.replaceAll('`', '')

const columnsOf = (id: string, title: string): readonly Column[] => [
  { id, title, unit: 'per s' },
  { id: `${id}Ratio`, title: 'to the driver', unit: '' },
  { id: `${id}Block`, title: 'block', unit: 'ms' },
]

function weightTable(
  { objects }: Size,
  plain: WeightResult,
  nowhere: WeightResult,
  stored: ReadonlyMap<Database, WeightResult>,
  missing: readonly string[],
): Table {
  const row = (name: string, kind: Row['kind'], { memory, disk, create }: WeightResult): Row => ({
    name,
    kind,
    figures: {
      memory: figureOf([memory]),
      beyond: figureOf([memory - plain.memory]),
      ...(disk > 0 && { disk: figureOf([disk]) }),
      create: figureOf([create]),
    },
  })
  const { id, keysText, fields } = new ThingRows(objects - 1).at(Date.now(), 500, 0)
  const text = figureOf([id.length + keysText.length + fields.length])
  return {
    id: 'store-weight',
    title: `${objects.toLocaleString('en')} stored objects, in memory and on disk`,
    text: `The same objects, made by \`server.create\`, when all is durable. In memory: on the heap and in buffers after a collection, what the store remembers of them included; on disk: all tables and indexes of the store. The row's own id, key and values are what the disk would need at least. ${missing.join(' ')}`.trim(),
    columns: [
      { id: 'memory', title: 'in memory', unit: 'bytes' },
      { id: 'beyond', title: 'beyond one that is not stored', unit: 'bytes' },
      { id: 'disk', title: 'on disk', unit: 'bytes' },
      { id: 'create', title: 'made and durable', unit: 'per s' },
    ],
    rows: [
      row('not stored', 'bare', plain),
      row('stored, by a store that keeps nothing', 'fieldcast', nowhere),
      ...[...stored].map(([database, result]) => row(`stored, ${titles[database]}`, 'fieldcast', result)),
      { name: "the row's id, key and values as text", kind: 'bare', figures: { disk: text } },
    ],
    goals: [],
    plots: [],
  }
}
