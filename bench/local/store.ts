/** Durable rows per second while 10,000 objects change at random: through the engine, through its store alone, and through the bare driver. */
import { type Figure, figureOf, type Row, ratioOf, type Suite, type Table } from '../kit/table.ts'
import { type Contestant, contestant, inTurn } from './contestant.ts'
import { objects, type StoreArgument, type StoreResult } from './store-part.ts'
import { type Database, databases, Places, reachable, titles } from './store-places.ts'

const module = new URL('./store-part.ts', import.meta.url).href
/** Rows of a transaction: up to half of all objects. */
const sizes = [500, 1000, 2000, 5000]
/** The driver's name, and whether the project promises a ratio. */
const traits: Readonly<Record<Database, { readonly driver: string; readonly promised: boolean }>> = {
  lmdb: { driver: 'lmdb', promised: true },
  postgres: { driver: 'pg', promised: true },
  mariadb: { driver: 'mariadb', promised: false },
}

const suite: Suite = {
  id: 'store',
  title: 'Durable rows',
  seconds: 260,
  async run({ quick, log }) {
    const { at, missing } = await reachable()
    const tables: Table[] = []
    for (const database of databases) {
      if (!at.has(database)) continue
      log(titles[database])
      tables.push(tableOf(database, await measure(database, new Places(at), quick)))
    }
    const [first, ...others] = tables as [Table, ...Table[]]
    return [{ ...first, text: [first.text, ...missing].join(' ') }, ...others]
  },
}
export default suite

type Results = readonly (readonly StoreResult[])[]

async function measure(database: Database, places: Places, quick: boolean): Promise<Results> {
  const contestants: Contestant<StoreResult>[] = []
  const ways: readonly Pick<StoreArgument, 'way' | 'sizes'>[] = [
    { way: 'engine' },
    { way: 'commit' },
    { way: 'bare', sizes: [1000] },
    { way: 'plain', sizes },
    { way: 'bare', sizes },
  ]
  try {
    for (const way of ways) {
      const argument: StoreArgument = { ...way, place: places.make(database), seconds: quick ? 0.5 : 2 }
      contestants.push(await contestant(module, argument))
    }
    return await inTurn(contestants, quick ? 2 : 7)
  } finally {
    await Promise.all(contestants.map(one => one.end()))
    await places.remove()
  }
}

function tableOf(database: Database, results: Results): Table {
  const title = titles[database]
  const { driver, promised } = traits[database]
  const [plain, best] = results.slice(-2) as [readonly StoreResult[], readonly StoreResult[]]
  const speeds = (rounds: readonly StoreResult[]): number[] => rounds.map(({ rows }) => rows)
  const row = (i: number, name: string, kind: Row['kind']): Row => {
    const rounds = results[i]!
    const of = (key: keyof StoreResult): Figure => figureOf(rounds.map(round => round[key]))
    const figures = { rows: of('rows'), batch: of('batch'), cpu: of('cpu'), block: of('block') }
    const ratio = ratioOf(speeds(rounds), speeds(best))
    const toPlain = ratioOf(speeds(rounds), speeds(plain))
    return { name, kind, figures: { ...figures, ratio, toPlain, ...(i === 0 && { calls: of('calls') }) } }
  }
  const rows = [
    row(0, 'a server', 'fieldcast'),
    row(1, 'its store alone', 'fieldcast'),
    row(2, `${driver} alone, 1,000 rows a transaction`, 'bare'),
    row(3, `${driver} alone, as many as are best, JSON made for each row`, 'bare'),
    row(4, `${driver} alone, as many as are best`, 'bare'),
  ]
  return {
    id: `store-${database}`,
    title: `Durable rows per second, ${title}`,
    text: `${objects.toLocaleString('en')} objects of three \`Database\` fields and an index, about 165 bytes of text each. A server sends \`moveTo\` to random ones, as many as its store takes, and counts what \`server.store.state\` says is durable; an object that changes again while it waits is one row, so that there are more \`calls\` than rows. The store alone is its \`commit()\`. The controls write the same rows with the driver alone: the texts are ready but for the version, nothing is compared, indexed or fenced, and one transaction follows the other. One control makes the JSON of each row from a plain object when it is written, as whoever writes this by hand has to. The last two have ${sizes.map(size => size.toLocaleString('en')).join(', ')} rows a transaction, whichever was fastest when it began. \`cpu\` is the process's own, all threads, and \`block\` the longest time for which nothing else could run in it.`,
    columns: [
      { id: 'rows', title: 'durable rows', unit: 'per s' },
      { id: 'ratio', title: `to ${driver} at its best`, unit: '' },
      { id: 'toPlain', title: 'to that with JSON made', unit: '' },
      { id: 'calls', title: 'calls', unit: 'per row' },
      { id: 'batch', title: 'rows a transaction', unit: '' },
      { id: 'cpu', title: 'cpu', unit: 'µs per row' },
      { id: 'block', title: 'block', unit: 'ms' },
    ],
    rows,
    goals: promised
      ? [
          {
            text: `Durable rows of a server, to ${driver} at its best`,
            figure: rows[0]!.figures.ratio!,
            unit: '',
            atLeast: 0.8,
          },
        ]
      : [],
    plots: [
      {
        id: `store-${database}`,
        title: `Durable rows per second, ${title}`,
        kind: 'bars',
        x: '',
        y: 'rows per second',
        points: rows.map(({ name, kind, figures }) => ({ series: kind, x: name, y: figures.rows!.median })),
      },
    ],
  }
}
