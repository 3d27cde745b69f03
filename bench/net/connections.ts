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

const suite: Suite = {
  id: 'connections',
  title: 'Idle connections',
  seconds: 60,
  async run({ quick, log }) {
    const players = quick ? 300 : 1000
    const contestants = [
      who.bare,
      { ...who.fieldcast, options: { tickRate: 20, avatars: false } },
      { ...who.fieldcast, options: { tickRate: 20, zone: null } },
    ]
    const names = ['bare ws', 'fieldcast', 'fieldcast, with an avatar each, in no zone']
    const readings = contestants.map((): PerConnection[] => [])
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const [i, contestant] of contestants.entries()) readings[i]!.push(await held(contestant, players))
      log(`round ${round + 1}`)
    }
    const kB = (of: readonly PerConnection[], what: keyof PerConnection): readonly number[] =>
      of.map(one => one[what] / 1000)
    const rows = readings.map(
      (of, i): Row => ({
        name: names[i]!,
        kind: contestants[i]!.kind,
        figures: {
          heap: figureOf(kB(of, 'heap')),
          external: figureOf(kB(of, 'external')),
          ratio: ratioOf(kB(of, 'v8'), kB(readings[0]!, 'v8')),
          rss: figureOf(kB(of, 'rss')),
        },
      }),
    )
    return [
      {
        id: 'connections',
        title: `${players} idle connections`,
        text: 'What the server holds more, per connection, after they have come, logged in and been seen for what they are: V8 heap and buffers after full collections, and the resident set, which holds what Node and the system keep of a socket too, and moves in steps.',
        columns: [
          { id: 'heap', title: 'heap', unit: 'kB' },
          { id: 'external', title: 'buffers', unit: 'kB' },
          { id: 'ratio', title: 'heap and buffers, to bare', unit: '' },
          { id: 'rss', title: 'resident', unit: 'kB' },
        ],
        rows,
        goals: [],
        plots: [],
      },
    ]
  },
}

export default suite
