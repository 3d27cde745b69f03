/** A storm: the wires of a thousand clients are cut at once, and all come back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../kit/child.ts'
import { figureOf, type Row, ratioOf, type Suite } from '../kit/table.ts'
import type { Aftermath, StormCrowd } from './storm-crowd.ts'
import type { Effort, StormPlace } from './storm-server.ts'

interface Kind {
  readonly name: string
  readonly kind: Row['kind']
  readonly limits: StormPlace['limits']
  /** They have left, and log in anew. */
  readonly logsIn?: boolean
}

const logins: Kind = { name: 'new logins, all at once', kind: 'bare', limits: {}, logsIn: true }
const byLog: Kind = { name: 'cut, and told what they missed', kind: 'fieldcast', limits: {} }
const kinds: readonly Kind[] = [
  logins,
  byLog,
  { name: 'cut, and told everything anew', kind: 'fieldcast', limits: { resumeBytes: 1 } },
]

/** One storm. */
interface Reading {
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Of the server, per client. */
  readonly cpu: number
  readonly bytes: number
  readonly busy: number
}

class Pair {
  readonly #server = new Child(new URL('./storm-server.ts', import.meta.url))
  readonly #crowd = new Child(new URL('./storm-crowd.ts', import.meta.url))
  readonly #kind: Kind
  readonly #players: number
  #storms = 0

  constructor(kind: Kind, players: number) {
    this.#kind = kind
    this.#players = players
  }

  async open(): Promise<void> {
    const [zones, things] = [20, 50]
    const place: StormPlace = { zones, things, limits: this.#kind.limits }
    const url = await this.#server.ask<string>('open', place)
    await this.#crowd.ask('gather', { url, players: this.#players, zones, things } satisfies StormCrowd)
  }

  async storm(): Promise<Reading> {
    const { logsIn = false, limits } = this.#kind
    let at: number
    this.#storms++
    if (logsIn) {
      await this.#crowd.ask('leave')
      while ((await this.#server.ask<number>('count')) > 0) await sleep(20)
      await this.#server.ask('storm', this.#storms)
      // The zones are told before anybody is there.
      await sleep(200)
      at = await this.#crowd.ask<number>('rush')
    } else {
      await this.#crowd.ask('expect')
      at = await this.#server.ask<number>('storm', this.#storms)
    }
    const { times, fresh, busy } = await this.#crowd.ask<Aftermath>('aftermath')
    const { cpu, bytes } = await this.#server.ask<Effort>('effort')
    if (!logsIn && fresh > 0 !== 'resumeBytes' in limits) throw new Error(`${fresh} clients were told everything anew.`)
    const sorted = times.map(time => time - at).sort((a, b) => a - b)
    const quantile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!
    // What they acknowledge, and what the server remembers of the storm, belongs to no one else's round.
    await sleep(500)
    const per = this.#players
    return {
      p50: quantile(0.5),
      p99: quantile(0.99),
      max: quantile(1),
      cpu: cpu / per,
      bytes: bytes / per,
      busy: busy * 100,
    }
  }

  async end(): Promise<void> {
    await this.#crowd.end()
    await this.#server.end()
  }
}

const suite: Suite = {
  id: 'storm',
  title: 'A storm of lost connections',
  seconds: 120,
  async run({ quick, log }) {
    const players = quick ? 200 : 1000
    const rounds = quick ? 2 : 7
    const readings = kinds.map((): Reading[] => [])
    const pairs = kinds.map(kind => new Pair(kind, players))
    try {
      for (const pair of pairs) await pair.open()
      // The first of each is the compiler's.
      for (const pair of pairs) await pair.storm()
      for (let round = 1; round <= rounds; round++) {
        for (const [i, pair] of pairs.entries()) readings[i]!.push(await pair.storm())
        log(`round ${round} of ${rounds}`)
      }
    } finally {
      for (const pair of pairs) await pair.end()
    }
    const each = (i: number, what: keyof Reading): number[] => readings[i]!.map(reading => reading[what])
    const control = kinds.indexOf(logins)
    return [
      {
        id: 'storm',
        title: `${players.toLocaleString('en')} clients come back at once`,
        text: `In 20 zones of 50 objects, beside the ${players / 20} avatars. All sockets are destroyed at once, and every object is called; a client has caught up when it has heard of all of its zone: from what was kept for it, or, where next to nothing is kept, from a fresh snapshot. Times are from the cut. The control is the same number of clients, who had left, and log in at once; theirs are from the first word. One process is the server's, one all the clients', whose own work is most of it: see the last column.`,
        columns: [
          { id: 'p50', title: 'caught up, p50', unit: 'ms' },
          { id: 'p99', title: 'p99', unit: 'ms' },
          { id: 'max', title: 'all', unit: 'ms' },
          { id: 'ratio', title: 'all, to logins', unit: '' },
          { id: 'cpu', title: "server's CPU per client", unit: 'µs' },
          { id: 'cpuRatio', title: 'to logins', unit: '' },
          { id: 'bytes', title: 'sent per client', unit: 'bytes' },
          { id: 'busy', title: 'load busy', unit: '%', digits: 2 },
        ],
        rows: kinds.map(
          ({ name, kind }, i): Row => ({
            name,
            kind,
            figures: {
              p50: figureOf(each(i, 'p50')),
              p99: figureOf(each(i, 'p99')),
              max: figureOf(each(i, 'max')),
              ratio: ratioOf(each(i, 'max'), each(control, 'max')),
              cpu: figureOf(each(i, 'cpu')),
              cpuRatio: ratioOf(each(i, 'cpu'), each(control, 'cpu')),
              bytes: figureOf(each(i, 'bytes')),
              busy: figureOf(each(i, 'busy')),
            },
          }),
        ),
        goals: [
          {
            text: 'All caught up by what was kept, to as many new logins',
            figure: ratioOf(each(kinds.indexOf(byLog), 'max'), each(control, 'max')),
            unit: '',
            atMost: 1,
          },
        ],
        plots: [],
      },
    ]
  },
}

export default suite
