/**
 * Commits of the same objects in PostgreSQL at the same time, of a game and of commands beside it: they wait for each other in one order, so that the server never has to end one.
 * The function is called as the store calls it, but once: the store does again at once what has lost a race, and would hide it.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import pg from 'pg'
import { changed, expected, shardToColumn } from '../../lib/stores/postgres/rows.ts'
import type { Commit, Fence, Store, StoredRow } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { named, type PostgresPlace, PostgresPlaces } from './postgres.ts'
import { postgresUrl, requireService } from './services.ts'

describe('Several who write the same objects to PostgreSQL', function () {
  this.timeout(60_000)
  const places = new PostgresPlaces()
  const clients: pg.Client[] = []
  let place: PostgresPlace
  let store: Store

  before(async function () {
    await places.start(await requireService(this, postgresUrl))
  })
  after(() => places.end())
  beforeEach(async () => {
    place = places.next()
    store = place.store()
    await store.open()
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end()
    await store?.close()
  })

  async function connect(name: string): Promise<pg.Client> {
    const client = new pg.Client(named(places.url, `${place.schema} ${name}`))
    await client.connect()
    clients.push(client)
    return client
  }

  /** What `write` gives: null where the commit is written. */
  async function write(client: pg.Client, { put, del = [], expect = [] }: Commit, fence?: Fence): Promise<unknown> {
    const { rows } = await client.query({
      text: `SELECT ${place.schema}.write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      values: [
        '20000',
        fence ? shardToColumn(fence.shard) : null,
        fence ? `${fence.epoch}` : null,
        ...expected(expect),
        ...changed([...put, ...del]),
      ],
      rowMode: 'array',
    })
    return rows[0][0]
  }

  const waiting = (name: string): Promise<number> => places.blocked(`${place.schema} ${name}`)
  const fence: Fence = { shard: 'main', epoch: 1 }
  const at = (n: number, version: number, part: Partial<StoredRow> = {}): StoredRow => row(n, { version, ...part })
  /** Of these objects as they stand, as a command says it. */
  const there = (...versions: readonly (readonly [number, number])[]): Commit['expect'] =>
    versions.map(([n, version]) => ({ id: idOf(n), version }))

  // The id of object 2 is the highest of these. A holder keeps it until both wait.
  for (const [what, change] of [
    ['with another key', { put: [at(1, 9, { keys: { name: 'zoe' } }), at(2, 9)] }],
    ['that it deletes', { put: [at(2, 9)], del: [{ id: idOf(1), version: 9 }] }],
    ['of another class', { put: [at(1, 9, { class: 'Ship' }), at(2, 9)] }],
    ['of which one is new', { put: [at(2, 9), at(0, 9)] }],
  ] as const)
    it(`are a server and a command: the server writes objects ${what}`, async () => {
      await store.claim(fence.shard, fence.epoch)
      await store.commit({ put: [at(1, 1), at(2, 1)] })
      const [server, command, holder] = [await connect('server'), await connect('command'), await connect('holder')]
      await holder.query(`BEGIN; SELECT 1 FROM ${place.schema}.objects WHERE id = '${idOf(2)}' FOR UPDATE`)
      const played = write(server, change, fence)
      await waiting('server')
      const imported = write(command, {
        put: [at(0, 5), at(1, 5), at(2, 5)],
        expect: there([0, 0], [1, 1], [2, 1]),
      })
      await waiting('command')
      await holder.query('COMMIT')
      expect(await played).to.equal(null)
      // Nothing is overwritten unseen: the command finds that the objects have changed, and compares again.
      expect(await imported).to.equal('-1')
      expect((await store.get([idOf(2)]))[0]).to.include({ version: 9 })
    })

  it('are two servers of one shard, during a takeover: the newer waits for the commit that is under way', async () => {
    await store.claim(fence.shard, 1)
    await store.commit({ put: [at(1, 1), at(2, 1)] })
    const [older, newer, holder] = [await connect('older'), await connect('newer'), await connect('holder')]
    await holder.query(`BEGIN; SELECT 1 FROM ${place.schema}.objects WHERE id = '${idOf(2)}' FOR UPDATE`)
    const last = write(older, { put: [at(1, 9), at(2, 9)] }, fence)
    await waiting('older')
    const claimed = newer.query(`SELECT ${place.schema}.claim(20000, 'main', 2)`)
    await waiting('newer')
    await holder.query('COMMIT')
    expect(await last).to.equal(null)
    expect((await claimed).rows[0].claim).to.equal(null)
    expect(await write(older, { put: [at(1, 10)] }, fence)).to.equal('2')
    expect(await write(newer, { put: [at(2, 10), at(1, 10)] }, { shard: 'main', epoch: 2 })).to.equal(null)
  })

  it('are one server whose answer was lost, and which sends the commit again while it is under way', async () => {
    await store.commit({ put: [at(1, 1), at(2, 1)] })
    const [first, second, holder] = [await connect('first'), await connect('second'), await connect('holder')]
    await holder.query(`BEGIN; SELECT 1 FROM ${place.schema}.objects WHERE id = '${idOf(2)}' FOR UPDATE`)
    const commit: Commit = { put: [at(2, 9), at(3, 9), at(1, 9, { keys: { name: 'zoe' } })] }
    const sent = write(first, commit, fence)
    await waiting('first')
    const again = write(second, commit, fence)
    await waiting('second')
    await holder.query('COMMIT')
    expect(await Promise.all([sent, again])).to.deep.equal([null, null])
    expect(await store.get([1, 2, 3].map(idOf))).to.deep.equal([commit.put[2], commit.put[0], commit.put[1]])
  })

  it('are many, who create, change, move and delete by chance: each is answered, and the newest stands', async () => {
    const writers = await Promise.all(numbers(6).map(n => connect(`writer ${n}`)))
    const choice = fc.record({
      n: fc.nat(9),
      as: fc.constantFrom('put', 'put', 'put', 'key', 'class', 'zone', 'del'),
    })
    const change = fc.record({
      objects: fc.uniqueArray(choice, { selector: ({ n }) => n, minLength: 2, maxLength: 8 }),
      /** As commands do, of all that they write. */
      compares: fc.boolean(),
    })
    let version = 0
    let overtaken = 0
    let standing = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: writers.length, maxLength: writers.length }), async round => {
        const newest = new Map<string, number>()
        const answers = round.map(({ objects, compares }, i) => {
          version++
          const changes = objects.map(({ n, as }) =>
            as === 'del' ? { id: idOf(n), version } : altered(n, version, as),
          )
          if (!compares) for (const { id } of changes) newest.set(id, version)
          return write(writers[i]!, {
            put: changes.filter(each => 'class' in each),
            del: changes.filter(each => !('class' in each)),
            expect: compares ? changes.map(({ id }) => ({ id, version: standing.get(id) ?? 0 })) : [],
          })
        })
        for (const answer of await Promise.all(answers)) if (answer !== null) overtaken++
        const { rows } = await places.sql.query(`SELECT id, class, version FROM ${place.schema}.objects`)
        const stored = new Map<string, number>(rows.map(each => [each.id, Number(each.version)]))
        for (const [id, least] of newest) expect(stored.get(id)).to.be.at.least(least)
        standing = new Map(rows.filter(each => each.class !== null).map(each => [each.id, Number(each.version)]))
      }),
      { numRuns: 150, endOnFailure: true },
    )
    expect(overtaken).to.be.above(0)
  })
})

function altered(n: number, version: number, as: string): StoredRow {
  if (as === 'key') return row(n, { version, keys: { name: `n${version}` } })
  if (as === 'class') return row(n, { version, class: version % 2 ? 'Ship' : 'Player' })
  return row(n, { version, ...(as === 'zone' && { zone: version }) })
}
