/** A server of PostgreSQL that is restarted or dies under load: what was acknowledged is there, and nothing is torn. And whom it lets in. */
import { expect } from 'chai'
import pg from 'pg'
import { StoreError } from '../../lib/base/errors.ts'
import { postgresStore } from '../../lib/stores/postgres.ts'
import type { Store, StoredRow } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { failureOf, Gate } from '../support/outcome.ts'
import { type PostgresCluster, startCluster } from './postgres-cluster.ts'

describe('postgresStore on a server of its own', () => {
  let cluster: PostgresCluster

  before(async function () {
    cluster = await startCluster(this)
  })
  after(() => cluster?.remove())

  /** Writes groups of objects over and over, each group in one commit, and again what failed; keeps what was acknowledged. */
  class Load {
    readonly acknowledged: number[]
    readonly errors: StoreError[] = []
    readonly #store: Store
    /** How many objects each group has. */
    readonly #sizes: readonly number[]
    readonly #writers: Promise<void>[]
    #count = 0
    #waiting: { at: number; gate: Gate } | null = null
    #stopped = false

    constructor(store: Store, sizes: readonly number[]) {
      this.#store = store
      this.#sizes = sizes
      this.acknowledged = sizes.map(() => 0)
      this.#writers = sizes.map((_, group) => this.#write(group))
    }

    ids(group: number): string[] {
      return numbers(this.#sizes[group]!).map(n => idOf(group * 10_000 + n))
    }

    async #write(group: number): Promise<void> {
      for (let version = 1; !this.#stopped; ) {
        const put = this.ids(group).map(id => row(0, { id, version, zone: group, keys: { version: `${version}` } }))
        try {
          await this.#store.commit({ put }, { shard: 'world', epoch: 1 })
          this.acknowledged[group] = version++
          if (++this.#count === this.#waiting?.at) this.#waiting.gate.open()
        } catch (error) {
          this.errors.push(error as StoreError)
          await cluster.up
        }
      }
    }

    /** Resolves when as many more commits were acknowledged. */
    more(commits: number): Promise<void> {
      this.#waiting = { at: this.#count + commits, gate: new Gate() }
      return Promise.race([this.#waiting.gate.passed, Promise.all(this.#writers).then(() => {})])
    }

    async stop(): Promise<void> {
      this.#stopped = true
      await Promise.all(this.#writers)
    }

    /** Each group is there as of one commit, acknowledged or later. */
    async check(store: Store): Promise<void> {
      for (const [group, size] of this.#sizes.entries()) {
        const rows = (await store.get(this.ids(group))) as StoredRow[]
        const versions = new Set(rows.map(each => each?.version))
        expect(versions.size, `group ${group} is torn: versions ${[...versions]}`).to.equal(1)
        const [version] = versions
        expect(version).to.be.at.least(this.acknowledged[group]!)
        expect(version).to.be.at.most(this.acknowledged[group]! + 1)
        const key = { name: 'version', value: `${version}` }
        const found = await store.query({ class: 'Player', zone: group, key, limit: size + 1 })
        expect(found.rows.map(({ id }) => id)).to.deep.equal(this.ids(group).sort())
      }
    }
  }

  for (const [what, signal, rounds] of [
    ['is restarted', 'SIGINT', 2],
    ['is killed', 'SIGKILL', 2],
  ] as const)
    it(`has everything that was acknowledged when the server ${what} under load`, async () => {
      const options = { url: cluster.url, schema: `crash_${signal.toLowerCase()}` }
      const store = postgresStore(options)
      await store.open()
      await store.claim('world', 1)
      const load = new Load(store, [1, 40, 40, 40, 2_500])
      for (let round = 0; round < rounds; round++) {
        await load.more(30)
        const failures = load.errors.length
        await cluster.restart(signal)
        await load.more(30)
        expect(load.errors.length, 'nobody has noticed').to.be.above(failures)
      }
      await load.stop()
      for (const error of load.errors) {
        expect(error).to.be.instanceOf(StoreError)
        expect(error.kind, error.message).to.equal('retryable')
      }
      await store.close()
      const after = postgresStore(options)
      await after.open()
      await load.check(after)
      await after.close()
    })

  describe('who is let in', () => {
    let admin: pg.Client
    const as = (user: string, more: object = {}) => {
      const url = new URL(cluster.url)
      const [name, password] = user.split(':')
      url.username = name!
      url.password = password ?? ''
      return postgresStore({ url: url.href, ...more })
    }
    const refused = async (text: RegExp, promise: Promise<unknown>): Promise<void> => {
      const error = await failureOf(promise, StoreError)
      expect(error.message)
        .to.match(text)
        .and.not.match(/wrong|right/)
      expect(error.kind).to.equal('fatal')
      expect(`${error.stack} ${JSON.stringify(error)} ${(error.cause as Error | undefined)?.stack}`).not.to.match(
        /wrong-one|right-one/,
      )
    }

    before(async () => {
      await cluster.letIn('host all ann 127.0.0.1/32 scram-sha-256', 'host all bob 127.0.0.1/32 trust')
      admin = new pg.Client(cluster.url)
      await admin.connect()
      await admin.query(`CREATE ROLE ann LOGIN PASSWORD 'right-one'; CREATE ROLE bob LOGIN; CREATE ROLE eve LOGIN`)
    })
    after(() => admin?.end())

    it('is told with a wrong password, without one, and without an entry', async () => {
      await refused(/password authentication failed.*user and password/, as('ann:wrong-one').open())
      await refused(/Does \{ url \} name a password/, as('ann').open())
      await refused(/pg_hba\.conf/, as('eve').open())
    })

    it('is told what is missing to a role without rights, and needs few where the layout is there', async () => {
      const role = as('ann:right-one')
      await refused(/permission denied.*CREATE on the database/, role.open())
      const owner = postgresStore(cluster.url)
      await owner.open()
      await owner.close()
      await admin.query('GRANT USAGE ON SCHEMA fieldcast TO ann')
      await refused(/permission denied/, role.open())
      await admin.query('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fieldcast TO ann')
      await role.open()
      await role.claim('world', 1)
      const keys = { name: 'ann' }
      expect(await role.commit({ put: [row(1, { keys }), row(2)] }, { shard: 'world', epoch: 1 })).to.equal(true)
      expect(await role.commit({ put: [], del: [{ id: idOf(1), version: 2 }] })).to.equal(true)
      await role.close()
      await admin.query('REVOKE UPDATE ON fieldcast.objects FROM ann')
      await role.open()
      await refused(/permission denied for table objects/, role.commit({ put: [row(3)] }))
      await role.close()
    })

    it('is refused a second connection too many, for now', async () => {
      await admin.query('ALTER ROLE bob CONNECTION LIMIT 1; GRANT CREATE ON DATABASE postgres TO bob')
      const [first, second] = [as('bob', { schema: 'of_bob' }), as('bob', { schema: 'of_bob' })]
      await first.open()
      const error = await failureOf(second.open(), StoreError)
      expect(error.message).to.match(/too many connections.*max_connections/)
      expect(error.kind).to.equal('retryable')
      await first.close()
      // The server may take a moment to notice.
      for (let room = false; !room; )
        room = await second.open().then(
          () => true,
          each => {
            expect(each).to.include({ kind: 'retryable' })
            return false
          },
        )
      await second.close()
    })

    it('is a server with which commits outlive its machine, or one that is named as it is', async () => {
      await admin.query('ALTER SYSTEM SET fsync = off')
      await admin.query('SELECT pg_reload_conf()')
      // When it has reached this session, those to come have it too.
      while ((await admin.query('SHOW fsync')).rows[0].fsync !== 'off');
      await refused(/fsync = off.*durability/, postgresStore(cluster.url).open())
      const careless = postgresStore({ url: cluster.url, durability: 'none' })
      await careless.open()
      expect(careless.capabilities.durability).to.equal('none')
      await careless.close()
    })
  })
})
