/** What depends on a server's settings, and what its end does to us: with a server of our own. */
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import { type MariadbOptions, mariadbStore } from '../../lib/stores/mariadb.ts'
import type { Store, StoredRow } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { failure } from './mariadb.ts'
import { MariadbServer } from './mariadb-server.ts'

describe('mariadbStore, on a server of its own', () => {
  let server: MariadbServer
  before(async function () {
    server = await MariadbServer.make(this)
  })
  after(() => server?.remove())

  const opened: Store[] = []
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })
  const storeOf = (options: Partial<MariadbOptions> = {}): Store => {
    const store = mariadbStore({ url: server.url, connectTimeout: 5000, queryTimeout: 5000, ...options })
    opened.push(store)
    return store
  }

  async function set(...settings: readonly string[]): Promise<void> {
    const sql = await server.connect()
    for (const each of settings) await sql.query(`SET GLOBAL ${each}`)
    await sql.end()
  }

  it('refuses settings that lose commits with the machine, and says which', async () => {
    const cases = [
      [1, 0, /sync_binlog is 0/],
      [1, 7, /sync_binlog is 7/],
      [2, 1, /innodb_flush_log_at_trx_commit is 2/],
      [0, 1, /innodb_flush_log_at_trx_commit is 0/],
    ] as const
    for (const [flush, sync, reason] of cases) {
      await set(`innodb_flush_log_at_trx_commit = ${flush}`, `sync_binlog = ${sync}`)
      const error = await failure(storeOf().open())
      expect(error).to.be.instanceOf(StoreError).with.property('kind', 'fatal')
      expect(error.message).to.match(reason).and.include("durability: 'none'")
      const careless = storeOf({ durability: 'none' })
      expect(careless.capabilities.durability).to.equal('none')
      await careless.open()
    }
    for (const [flush, sync] of [
      [1, 1],
      [3, 0],
    ]) {
      await set(`innodb_flush_log_at_trx_commit = ${flush}`, `sync_binlog = ${sync}`)
      const store = storeOf()
      expect(store.capabilities.durability).to.equal('machine')
      await store.open()
    }
  })

  it('keeps within max_allowed_packet, and names it where one object is too large', async () => {
    await set('innodb_flush_log_at_trx_commit = 1', 'sync_binlog = 1', 'max_allowed_packet = 1048576')
    const large = (n: number, length: number): StoredRow => row(n, { fields: `{"a":["${'x'.repeat(length)}"]}` })
    for (const [round, bulk] of [true, false].entries()) {
      const store = storeOf({ prefix: `packet${round}_`, driver: { bulk } })
      await store.open()
      const rows = numbers(12).map(n => large(n, n % 3 ? 400_000 : 1_000_000))
      await store.commit({ put: rows })
      expect(await store.get(rows.map(({ id }) => id))).to.deep.equal(rows)
      for (const tooLarge of [large(20, 1_100_000), row(20, { fields: JSON.stringify('"'.repeat(540_000)) })]) {
        const error = await failure(store.commit({ put: [row(21), tooLarge, row(22)] }))
        expect(error).to.be.instanceOf(StoreError).with.property('kind', 'fatal')
        expect(error.message)
          .to.match(/max_allowed_packet/)
          .and.include(idOf(20))
        expect(await store.get([20, 21, 22].map(idOf))).to.deep.equal([undefined, undefined, undefined])
      }
      expect(await store.commit({ put: [row(21)] })).to.equal(true)
    }
    await set('max_allowed_packet = 16777216')
  })

  it('speaks TLS, and takes no certificate that it was not told to trust', async () => {
    await set('innodb_flush_log_at_trx_commit = 1', 'sync_binlog = 1')
    const sql = await server.connect()
    await sql.query(`CREATE OR REPLACE USER tls@'127.0.0.1' IDENTIFIED BY 'hunter2' REQUIRE SSL`)
    await sql.query(`GRANT ALL ON world.* TO tls@'127.0.0.1'`)
    await sql.end()
    const url = server.url.replace('root@', 'tls:hunter2@')
    const store = storeOf({ url, tls: { ca: server.certificate } })
    await store.open()
    expect(await store.commit({ put: [row(1)] })).to.equal(true)
    for (const tls of [false, true]) {
      const error = await failure(storeOf({ url, tls }).open())
      expect(error).to.be.instanceOf(StoreError).with.property('kind', 'fatal')
      expect(JSON.stringify([error.message, error.stack])).not.to.include('hunter2')
    }
  })

  it('needs the right to make tables for the first start alone', async () => {
    const sql = await server.connect()
    await sql.query(`CREATE OR REPLACE USER plain@'127.0.0.1' IDENTIFIED BY 'hunter2'`)
    await sql.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON world.* TO plain@'127.0.0.1'`)
    await sql.end()
    const plain = { url: server.url.replace('root@', 'plain:hunter2@'), prefix: 'plain_' }
    const error = await failure(storeOf(plain).open())
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'fatal')
    expect(error.message).to.include('CREATE for the first start').and.not.include('hunter2')
    await storeOf({ prefix: 'plain_' }).open()
    const store = storeOf(plain)
    await store.open()
    await store.claim('world', 1)
    expect(await store.commit({ put: [row(1)] }, { shard: 'world', epoch: 1 })).to.equal(true)
  })

  it('goes on after a shutdown of the server that found its connections idle', async () => {
    const store = storeOf({ prefix: 'idle_' })
    await store.open()
    await Promise.all(numbers(8).map(n => store.commit({ put: [row(n)] })))
    await server.stop('SIGTERM')
    const error = await failure(store.commit({ put: [row(9)] }))
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
    await server.start()
    await set('sync_binlog = 1')
    expect(await store.commit({ put: [row(9)] })).to.equal(true)
    expect(await store.get(numbers(10).map(idOf))).to.deep.equal(numbers(10).map(n => (n === 8 ? undefined : row(n))))
  })

  it('loses nothing that was acknowledged, and tears nothing, when the server is killed under load', async () => {
    const store = storeOf({ prefix: 'killed_' })
    await store.open()
    await store.claim('world', 1)
    const writers = numbers(3)
    const sent = writers.map(() => 0)
    const acknowledged = writers.map(() => 0)
    for (let round = 0; round < 3; round++) {
      let kill: Promise<void> | null = null
      const goal = acknowledged.map(n => n + 5 + 7 * round)
      const ends = await Promise.all(
        writers.map(async writer => {
          for (;;) {
            const version = ++sent[writer]!
            const put = numbers(30).map(n => row(100 * writer + n, { version, keys: { v: `${version}` } }))
            try {
              await store.commit({ put }, { shard: 'world', epoch: 1 })
            } catch (error) {
              return error as StoreError
            }
            acknowledged[writer] = version
            if (acknowledged.every((n, index) => n >= goal[index]!)) kill ??= server.stop('SIGKILL')
          }
        }),
      )
      for (const error of ends) expect(error).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
      await kill
      await server.start()
      await set('sync_binlog = 1')
      for (const writer of writers) {
        const rows = (await store.get(numbers(30).map(n => idOf(100 * writer + n)))) as StoredRow[]
        const versions = new Set(rows.map(({ version }) => version))
        expect(versions.size).to.equal(1)
        const [version] = versions
        expect(version).to.be.within(acknowledged[writer]!, sent[writer]!)
        const found = await store.query({ class: 'Player', key: { name: 'v', value: `${version}` }, limit: 1000 })
        expect(found.rows.filter(({ id }) => rows.some(each => each.id === id))).to.have.length(30)
      }
    }
    expect(await store.epoch('world')).to.equal(1)
  })
})
