/** MongoDB, where there is one: the suite, and documents that were changed by hand, of others, of a newer version. */
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import { mongodbStore } from '../../lib/stores/mongodb.ts'
import type { Store } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { damageCases, storeCases } from '../../lib/stores/suite.ts'
import { MongodbBench } from './mongodb.ts'

describe('mongodbStore', () => {
  const bench = new MongodbBench()
  const make = () => {
    const place = bench.another()
    return {
      store: () => mongodbStore(place),
      remove: () => bench.drop(place),
      async damage(id: string) {
        await bench.collection('objects', place).updateOne({ _id: id }, { $set: { keys: { level: 3 } } })
      },
    }
  }
  for (const { title, run } of [...storeCases(make), ...damageCases(make)]) it(title, run)

  it('names what is wrong with documents that were changed by hand, and leaves them', async () => {
    const store = await bench.open()
    const changes: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ class: 7 }, /class/],
      [{ version: 'new' }, /version/],
      [{ version: 2.5 }, /version/],
      [{ version: 0 }, /version/],
      [{ format: null }, /format/],
      [{ zone: -1 }, /zone/],
      [{ zone: 'north' }, /zone/],
      [{ keys: [{ name: 'x' }] }, /keys/],
      [{ fields: { moveTo: [1, 2] } }, /fields/],
    ]
    const rows = numbers(changes.length + 1).map(n => row(n, { owner: 'ann', keys: { name: 'x' } }))
    await store.commit({ put: rows })
    const objects = bench.collection('objects')
    for (const [n, [change]] of changes.entries()) await objects.updateOne({ _id: idOf(n) }, { $set: change })
    const last = rows.at(-1)!
    await objects.updateOne({ _id: last.id }, { $set: { fields: '{"moveTo":[1' } })
    const before = await objects.find().toArray()
    const found = await store.get(rows.map(({ id }) => id))
    for (const [n, [, what]] of changes.entries()) {
      expect(found[n]).to.have.property('id', idOf(n))
      expect(found[n]).to.have.property('damaged').that.matches(what)
    }
    expect(found.at(-1)).to.deep.equal({ ...last, fields: '{"moveTo":[1' })
    const pages = []
    for (let after: string | null = ''; after !== null; ) {
      const page: Awaited<ReturnType<Store['query']>> = await store.query({ owner: 'ann', after, limit: 3 })
      pages.push(...page.rows)
      after = page.next
    }
    expect(pages.map(({ id }) => id)).to.deep.equal(rows.map(({ id }) => id).sort())
    expect(await objects.find().toArray()).to.deep.equal(before)
  })

  it('writes whole numbers as such, and times by the clock of the server', async () => {
    const store = await bench.open()
    await store.commit({ put: [row(1, { version: 2 ** 40, zone: 2 ** 32 - 1 }), row(2)] })
    await store.commit({ put: [], del: [{ id: idOf(2), version: 2 }] })
    const objects = bench.collection('objects')
    const [kept] = await objects.find({ _id: idOf(1) }, { useBigInt64: true }).toArray()
    expect(kept).to.include({ version: 2n ** 40n, zone: 2n ** 32n - 1n })
    const [gone] = await objects.find({ _id: idOf(2) }).toArray()
    expect(Object.keys(gone!).sort()).to.deep.equal(['_id', 'deleted', 'version'])
    expect(gone!['deleted']).to.be.instanceOf(Date)
    const [ttl] = (await objects.indexes()).filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined)
    expect(ttl).to.deep.include({ key: { deleted: 1 }, expireAfterSeconds: 7200 })
  })

  it('refuses a newer layout and leaves it as it is', async () => {
    const store = await bench.open()
    await store.close()
    await bench.collection('meta').updateOne({ _id: 'layout' }, { $set: { layout: 2 } })
    await bench.collection('fences').drop()
    expect(await bench.refusal('fatal')).to.match(/newer fieldcast \(layout 2; this one knows 1\)/)
    expect(await bench.db.listCollections({ name: `${bench.place.prefix}fences` }).toArray()).to.deep.equal([])
  })

  it('refuses collections of somebody else', async () => {
    await bench.collection('objects').insertOne({ _id: 'x' })
    expect(await bench.refusal('fatal')).to.match(/not ours/)
    expect(await bench.collection('objects').find().toArray()).to.deep.equal([{ _id: 'x' }])
    await bench.drop()
    await bench.collection('meta').insertOne({ _id: 'layout', layout: 'blue' })
    expect(await bench.refusal('fatal')).to.match(/not ours/)
  })

  it('is opened for the first time by six servers at once', async () => {
    const stores = await Promise.all(numbers(6).map(() => bench.open()))
    await Promise.all(stores.map((store, n) => store.commit({ put: [row(n)] })))
    expect(await stores[0]!.get(numbers(6).map(idOf))).to.deep.equal(numbers(6).map(n => row(n)))
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

  it('refuses an object above the size of a document, and keeps the rest of what it has', async () => {
    const store = await bench.open()
    await store.commit({ put: [row(1)] })
    const large = row(2, { fields: `{"a":["${'x'.repeat(17_000_000)}"]}` })
    const error = await store.commit({ put: [row(1, { version: 2 }), large] }).catch((error: unknown) => error)
    expect(error).to.be.instanceOf(StoreError).with.property('kind', 'fatal')
    expect(String(error)).to.include(idOf(2)).and.include('16 MiB')
    expect(await store.get([idOf(1), idOf(2)])).to.deep.equal([row(1), undefined])
  })
})
