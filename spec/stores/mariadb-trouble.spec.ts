/** What servers and networks do to a store on MariaDB while it is open. */
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { failure, MariadbBench } from './mariadb.ts'

describe('mariadbStore, in trouble', () => {
  const bench = new MariadbBench()

  it('fails as retryable where its connection is killed in the middle of a commit, and commits later', async () => {
    const store = await bench.open()
    await store.commit({ put: [row(1)] })
    const { sql } = bench
    await sql.query('START TRANSACTION')
    await sql.query(`SELECT id FROM ${bench.table('objects')} WHERE id = ? FOR UPDATE`, [idOf(1)])
    const put = [row(1, { version: 2 }), row(2)]
    const failed = failure(store.commit({ put }))
    await sql.query(`KILL ${await waiting(bench)}`)
    const error = await failed
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
    await sql.query('ROLLBACK')
    expect(await store.get([idOf(1), idOf(2)])).to.deep.equal([row(1), undefined])
    expect(await store.commit({ put })).to.equal(true)
    expect(await store.get([idOf(1), idOf(2)])).to.deep.equal(put)
  })

  it('outlives the loss of connections that nobody uses', async () => {
    const store = await bench.open()
    await Promise.all(numbers(8).map(n => store.commit({ put: [row(n)] })))
    for (const { id } of await connections(bench)) await bench.sql.query(`KILL ${id}`)
    const first = await store.commit({ put: [row(9)] }).catch((error: unknown) => error)
    if (first !== true) expect(first).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
    expect(await store.commit({ put: [row(9)] })).to.equal(true)
  })

  it('gives a commit up that the network swallows, and commits when it is there again', async () => {
    const proxy = await bench.proxy()
    const store = await bench.open({ url: proxy.url, queryTimeout: 1000, connectTimeout: 500 })
    await store.commit({ put: [row(1)] })
    proxy.hold()
    const put = [row(1, { version: 2 }), row(2)]
    const error = await failure(store.commit({ put }))
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
    proxy.release()
    expect(await store.commit({ put })).to.equal(true)
    expect(await store.get([idOf(1), idOf(2)])).to.deep.equal(put)
  })

  it('waits for a lock no longer than it may', async () => {
    const store = await bench.open({ queryTimeout: 1000 })
    await store.commit({ put: [row(1)] })
    await bench.sql.query('START TRANSACTION')
    await bench.sql.query(`SELECT id FROM ${bench.table('objects')} FOR UPDATE`)
    const error = await failure(store.commit({ put: [row(1, { version: 2 })] }))
    await bench.sql.query('ROLLBACK')
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'retryable')
    expect(await store.commit({ put: [row(1, { version: 2 })] })).to.equal(true)
  })

  it('lets a claim wait for the commit of a server that has fallen silent', async () => {
    const store = await bench.open()
    await store.claim('world', 1)
    await store.commit({ put: [row(1)] }, { shard: 'world', epoch: 1 })
    await bench.sql.query('START TRANSACTION')
    await bench.sql.query(`SELECT epoch FROM ${bench.table('fences')} WHERE shard = 'world' LOCK IN SHARE MODE`)
    let claimed = false
    const claim = store.claim('world', 2).then(() => (claimed = true))
    await waiting(bench)
    expect(claimed).to.equal(false)
    await bench.sql.query('COMMIT')
    await claim
  })

  it('lets one of two commits be that each expect what the other makes to be absent', async () => {
    const [first, second] = [await bench.open(), await bench.open()]
    for (const n of numbers(10)) {
      const [a, b] = [row(2 * n), row(2 * n + 1)]
      const outcomes = await Promise.all([
        first.commit({ put: [a], expect: [{ id: b.id, version: 0 }] }),
        second.commit({ put: [b], expect: [{ id: a.id, version: 0 }] }),
      ])
      expect(outcomes.filter(Boolean)).to.have.length(1)
    }
  })

  it('lets go of deletions after two hours, and of nothing else', async () => {
    const store = await bench.open()
    await store.commit({ put: [row(1)], del: numbers(5).map(n => ({ id: idOf(10 + n), version: 1 })) })
    await store.close()
    const age = (n: number, minutes: number) =>
      bench.sql.query(
        `UPDATE ${bench.table('objects')} SET deleted = deleted - INTERVAL ${minutes} MINUTE WHERE id = ?`,
        [idOf(n)],
      )
    await age(10, 121)
    await age(11, 600)
    await age(12, 119)
    const again = await bench.open()
    await again.commit({ put: [], del: [{ id: idOf(20), version: 1 }] })
    await again.close()
    const left = (await bench.sql.query(`SELECT id FROM ${bench.table('objects')}`)) as { id: string }[]
    expect(left.map(({ id }) => id).sort()).to.deep.equal([1, 12, 13, 14, 20].map(idOf).sort())
  })
})

interface Connected {
  readonly id: number
}

/** The connections of stores to the database of this run. */
async function connections(bench: MariadbBench, more = ''): Promise<Connected[]> {
  return bench.sql.query(
    `SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() ${more}`,
  )
}

/** The connection that waits for a lock, once one does. */
async function waiting(bench: MariadbBench): Promise<number> {
  for (;;) {
    const [found] = await connections(bench, `AND command = 'Query' AND info REGEXP 'FOR UPDATE|^INSERT'`)
    if (found) return found.id
  }
}
