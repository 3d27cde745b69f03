/** What an idle connection costs the server's memory. */
import { Child } from '../kit/child.ts'
import { figureOf, type Row, ratioOf, type Suite } from '../kit/table.ts'
import type { Contestant } from './contestant.ts'
import * as who from './contestants.ts'
import type { Memory } from './serve.ts'

type PerConnection = { readonly [K in keyof Memory]: number } & { readonly v8: number }

/** What the memory has grown by, per player, when a crowd has come and does nothing. */
async function held({ server, client, options = {} }: Contestant, players: number): Promise<PerConnection> {
  const host = new Child(new URL('./serve.ts', import.meta.url), ['--expose-gc'])
  const crowd = new Child(new URL('./crowd.ts', import.meta.url))
  try {
    const url = await host.ask<string>('open', { module: server, options })
    // The first few bring code and pools with them that all the others share.
    const gathering = { module: client, url, players: 50, readers: 0, world: 2000, interval: 50 }
    await crowd.ask('gather', gathering)
    const before = await host.ask<Memory>('memory')
    await crowd.ask('gather', { ...gathering, players })
    const after = await host.ask<Memory>('memory')
    const grown = (what: keyof Memory): number => (after[what] - before[what]) / players
    return {
      heap: grown('heap'),
      external: grown('external'),
      rss: grown('rss'),
      v8: grown('heap') + grown('external'),
    }
  } finally {
    await crowd.end()
    await host.end()
  }
}

/** Who is measured, beside the bare server of the same wire. */
interface Idler {
  readonly name: string
  readonly contestant: Contestant
  readonly bare: Contestant
}

const quiet = { tickRate: 20, avatars: false }
const idlers: readonly Idler[] = [
  { name: 'bare ws', contestant: who.bare, bare: who.bare },
  { name: 'fieldcast', contestant: { ...who.fieldcast, options: quiet }, bare: who.bare },
  {
    name: 'fieldcast, with an avatar each, in no zone',
    contestant: { ...who.fieldcast, options: { tickRate: 20, zone: null } },
    bare: who.bare,
  },
  { name: 'bare TCP', contestant: who.bareTcp, bare: who.bareTcp },
  {
    name: 'fieldcast over TCP',
    contestant: { ...who.fieldcastTcp, options: { ...quiet, wire: 'tcp' } },
    bare: who.bareTcp,
  },
]

const suite: Suite = {
  id: 'connections',
  title: 'Idle connections',
  seconds: 200,
  async run({ quick, log }) {
    const players = quick ? 500 : 5000
    const readings = idlers.map((): PerConnection[] => [])
    for (let round = 0; round < (quick ? 1 : 3); round++)
      for (const [i, { name, contestant }] of idlers.entries()) {
        readings[i]!.push(await held(contestant, players))
        log(`${name}, round ${round + 1}`)
      }
    const kB = (of: readonly PerConnection[], what: keyof PerConnection): readonly number[] =>
      of.map(one => one[what] / 1000)
    const rows = idlers.map(({ name, contestant, bare }, i): Row => {
      const of = readings[i]!
      const control = readings[idlers.findIndex(({ contestant }) => contestant === bare)]!
      return {
        name,
        kind: contestant.kind,
        figures: {
          heap: figureOf(kB(of, 'heap')),
          external: figureOf(kB(of, 'external')),
          ratio: ratioOf(kB(of, 'v8'), kB(control, 'v8')),
          rss: figureOf(kB(of, 'rss')),
          rssRatio: ratioOf(kB(of, 'rss'), kB(control, 'rss')),
        },
      }
    })
    return [
      {
        id: 'connections',
        title: `${players.toLocaleString('en')} idle connections`,
        text: 'What the server holds more, per connection, after they have come, logged in and been seen for what they are: V8 heap and buffers after full collections, and the resident set, which holds what Node and the system keep of a socket too, and moves in steps. Server and clients are processes of their own. Ratios are to the bare server of the same wire, which knows nothing of who has come.',
        columns: [
          { id: 'heap', title: 'heap', unit: 'kB' },
          { id: 'external', title: 'buffers', unit: 'kB' },
          { id: 'ratio', title: 'heap and buffers, to bare', unit: '' },
          { id: 'rss', title: 'resident', unit: 'kB' },
          { id: 'rssRatio', title: 'resident, to bare', unit: '' },
        ],
        rows,
        goals: [],
        plots: [],
      },
    ]
  },
}

export default suite
