/** The tables of a store on MariaDB: made by many, changed by hand, of others, of a newer version. */
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import { mariadbStore } from '../../lib/stores/mariadb.ts'
import type { Store } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { damageCases } from '../../lib/stores/suite.ts'
import { failure, MariadbBench } from './mariadb.ts'

describe('mariadbStore, its tables', () => {
  const bench = new MariadbBench()

  const damaged = () => {
    const own = bench.another()
    return {
      store: () => mariadbStore(own),
      remove: () => bench.drop(own),
      damage: async (id: string) => {
        await bench.sql.query(`UPDATE ${own.prefix}objects SET indexed = '{"level": 3}' WHERE id = ?`, [id])
      },
    }
  }
  for (const { title, run } of damageCases(damaged)) it(title, run)

  it('names what is wrong with rows that were changed by hand, and leaves them', async () => {
    const store = await bench.open()
    const rows = numbers(8).map(n => row(n, { owner: 'ann', keys: { name: 'x' } }))
    await store.commit({ put: rows })
    const changes: readonly (readonly [string, RegExp])[] = [
      ['class = NULL', /class/],
      ['version = 0', /version is 0/],
      ['version = 9007199254740993', /version is 9007199254740993/],
      ['fields = NULL', /fields/],
      [`indexed = '{"name":'`, /indexed/],
      [`indexed = '["x"]'`, /indexed/],
    ]
    for (const [n, [change]] of changes.entries())
      await bench.sql.query(`UPDATE ${bench.table('objects')} SET ${change} WHERE id = ?`, [idOf(n)])
    await bench.sql.query(`UPDATE ${bench.table('objects')} SET fields = '{"moveTo":[1' WHERE id = ?`, [idOf(6)])
    await bench.sql.query(`UPDATE ${bench.table('objects')} SET id = UPPER(id) WHERE id = ?`, [idOf(7)])
    const standing = () => bench.sql.query(`SELECT * FROM ${bench.table('objects')} ORDER BY id`)
    const before = await standing()

    const found = await store.get(numbers(8).map(idOf))
    for (const [n, [, what]] of changes.entries()) {
      expect(found[n]).to.have.property('id', idOf(n))
      expect(found[n]).to.have.property('damaged').that.matches(what)
    }
    expect(found[6]).to.deep.equal({ ...rows[6], fields: '{"moveTo":[1' })
    expect(found[7]).to.equal(undefined)
    const pages = []
    for (let after: string | null = ''; after !== null; ) {
      const page: Awaited<ReturnType<Store['query']>> = await store.query({ owner: 'ann', after, limit: 1 })
      pages.push(...page.rows)
      after = page.next
    }
    expect(pages.map(({ id }) => id)).to.deep.equal(
      numbers(8)
        .map(n => (n === 7 ? idOf(n).toUpperCase() : idOf(n)))
        .sort(),
    )
    expect(pages.find(({ id }) => id === idOf(7).toUpperCase()))
      .to.have.property('damaged')
      .that.matches(/id/)
    expect(await standing()).to.deep.equal(before)
  })

  it('refuses a newer layout and leaves it as it is', async () => {
    const store = await bench.open()
    await store.commit({ put: [row(1)] })
    await store.close()
    await bench.sql.query(`UPDATE ${bench.table('meta')} SET value = '2' WHERE name = 'layout'`)
    await bench.sql.query(`DROP TABLE ${bench.table('fences')}`)
    expect(await bench.refusal('fatal')).to.match(/newer fieldcast \(layout 2; this one knows 1\)/)
    const tables = (await bench.sql.query('SHOW TABLES LIKE ?', [`${bench.place.prefix}%`])) as unknown[]
    expect(tables).to.have.length(3)
  })

  it('refuses tables of somebody else', async () => {
    const cases = [
      [`CREATE TABLE ${bench.table('objects')} (id INT)`, /meta.* is missing/],
      [`CREATE TABLE ${bench.table('meta')} (x INT)`, /other columns/],
      [`CREATE TABLE ${bench.table('meta')} (name VARCHAR(9), value VARCHAR(9))`, /layout is 'blue'/],
      [`CREATE TABLE ${bench.table('meta')} (name VARCHAR(64), value VARCHAR(9)) ENGINE = MyISAM`, /no transactions/],
    ] as const
    for (const [statement, what] of cases) {
      await bench.sql.query(statement)
      if (/blue/.test(what.source))
        await bench.sql.query(`INSERT INTO ${bench.table('meta')} VALUES ('layout', 'blue')`)
      expect(await bench.refusal('fatal')).to.match(what)
      expect(await bench.sql.query('SHOW TABLES LIKE ?', [`${bench.place.prefix}%`])).to.have.length(1)
      await bench.drop()
    }
  })

  it('finishes tables whose making was broken off', async () => {
    await bench.open()
    await bench.sql.query(`DROP TABLE ${bench.table('index')}, ${bench.table('fences')}`)
    const store = await bench.open()
    expect(await store.commit({ put: [row(1, { keys: { name: 'x' } })] })).to.equal(true)
    await bench.drop()
    await bench.sql.query(`CREATE TABLE ${bench.table('meta')} (name VARCHAR(64) PRIMARY KEY, value VARCHAR(255))`)
    const other = await bench.open()
    expect(await other.commit({ put: [row(1)] })).to.equal(true)
  })

  it('is opened for the first time by six servers at once', async () => {
    const stores = numbers(6).map(() => bench.store())
    await Promise.all(stores.map(store => store.open()))
    await Promise.all(stores.map((store, n) => store.commit({ put: [row(n)] })))
    expect(await stores[0]!.get(numbers(6).map(idOf))).to.deep.equal(numbers(6).map(n => row(n)))
  })

  it('says that a table has gone', async () => {
    const store = await bench.open()
    await bench.drop()
    const error = await failure(store.commit({ put: [row(1)] }))
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'fatal')
    expect(error.message).to.include('taken away')
  })
})
