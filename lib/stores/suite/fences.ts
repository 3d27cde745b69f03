/** Who has claimed a shard writes it; who held it before does not. */
import { StoreError } from '../../base/errors.ts'
import {
  all,
  assert,
  commitAtLast,
  type Describe,
  holds,
  idOf,
  lacks,
  numbers,
  refusedAsFenced,
  row,
  same,
} from './bench.ts'

export function fenceCases(it: Describe): void {
  it('knows of no epoch before the first claim, and of the highest after it', async store => {
    assert.equal(await store.epoch('world'), 0)
    for (const epoch of [1, 2, 9, 2 ** 40]) {
      await store.claim('world', epoch)
      assert.equal(await store.epoch('world'), epoch)
    }
  })

  it('refuses a claim of an epoch that is not above the one claimed', async store => {
    await store.claim('world', 5)
    for (const epoch of [5, 4, 1]) await refusedAsFenced(store.claim('world', epoch))
    assert.equal(await store.epoch('world'), 5)
    await store.claim('world', 6)
  })

  it('writes nothing under an epoch below the one claimed', async store => {
    await store.claim('world', 1)
    assert.equal(await store.commit({ put: [row(1), row(2)] }, { shard: 'world', epoch: 1 }), true)
    await store.claim('world', 3)
    const late = { put: [row(1, { version: 2, owner: 'ann' }), row(3)], del: [{ id: idOf(2), version: 2 }] }
    for (const epoch of [2, 1]) await refusedAsFenced(store.commit(late, { shard: 'world', epoch }))
    await refusedAsFenced(
      store.commit({ ...late, expect: [{ id: idOf(1), version: 1 }] }, { shard: 'world', epoch: 2 }),
    )
    await refusedAsFenced(store.commit({ put: [] }, { shard: 'world', epoch: 2 }))
    await holds(store, row(1), row(2))
    await lacks(store, idOf(3))
    same(await all(store, { owner: 'ann' }), [])
    assert.equal(await store.commit(late, { shard: 'world', epoch: 3 }), true)
    await holds(store, late.put[0]!, late.put[1]!)
    await lacks(store, idOf(2))
  })

  it('compares under a fence too', async store => {
    await store.claim('world', 1)
    const fence = { shard: 'world', epoch: 1 }
    assert.equal(await store.commit({ put: [row(1)], expect: [{ id: idOf(1), version: 1 }] }, fence), false)
    assert.equal(await store.commit({ put: [row(1)], expect: [{ id: idOf(1), version: 0 }] }, fence), true)
    await holds(store, row(1))
  })

  it('keeps shards apart, whatever their names', async store => {
    const shards = [
      'world',
      'World',
      'world ',
      '',
      '__proto__',
      'constructor',
      `'; DROP TABLE objects; --`,
      'zone 🐟',
      '0',
      'a/b',
      'w'.repeat(200),
    ]
    for (const [n, shard] of shards.entries()) {
      assert.equal(await store.epoch(shard), 0)
      await store.claim(shard, n + 2)
    }
    for (const [n, shard] of shards.entries()) {
      assert.equal(await store.epoch(shard), n + 2)
      await store.commit({ put: [row(n)] }, { shard, epoch: n + 2 })
      await refusedAsFenced(store.commit({ put: [row(100 + n)] }, { shard, epoch: n + 1 }))
    }
    await holds(store, ...shards.map((_, n) => row(n)))
    assert.equal((await all(store)).length, shards.length)
  })

  it('fences the store that wrote before by the claim of another', async (first, bench) => {
    const second = await bench.beside(first)
    await first.claim('world', (await first.epoch('world')) + 1)
    assert.equal(await first.commit({ put: [row(1)] }, { shard: 'world', epoch: 1 }), true)
    assert.equal(await second.epoch('world'), 1)
    await second.claim('world', 2)
    await refusedAsFenced(first.commit({ put: [row(1, { version: 2 })] }, { shard: 'world', epoch: 1 }))
    await refusedAsFenced(first.claim('world', 2))
    await holds(first, row(1))
    assert.equal(await second.commit({ put: [row(1, { version: 2 })] }, { shard: 'world', epoch: 2 }), true)
    await holds(first, row(1, { version: 2 }))
  })

  it('lets exactly one of concurrent claimants have an epoch', async (first, bench) => {
    const second = await bench.beside(first)
    for (const epoch of [1, 2, 3]) {
      const outcomes = await Promise.allSettled(numbers(10).map(n => (n % 2 ? first : second).claim('world', epoch)))
      const refusals = outcomes.flatMap(each => (each.status === 'rejected' ? [each.reason as unknown] : []))
      for (const error of refusals) assert.ok(error instanceof StoreError && error.kind !== 'fatal', String(error))
      // What fails as retryable may have been done.
      const unclear = refusals.some(error => (error as StoreError).kind === 'retryable')
      assert.ok(unclear ? refusals.length >= 9 : refusals.length === 9, `${10 - refusals.length} of ten have won.`)
      assert.equal(await first.epoch('world'), epoch)
    }
  })

  it('writes nothing of a lower epoch once a claim has resolved, though commits are under way', async (first, bench) => {
    const second = await bench.beside(first)
    const idsThere = async () => new Set((await all(second)).map(each => each.id))
    await first.claim('world', 1)
    const commits = numbers(30).map(n => {
      const put = numbers(10).map(i => row(10 * n + i))
      return commitAtLast(first, { put }, { shard: 'world', epoch: 1 })
    })
    const claim = second.claim('world', 2).then(idsThere)
    const outcomes = await Promise.allSettled(commits)
    const seen = await claim
    const there = await idsThere()
    assert.deepEqual(there, seen, 'Something was written under the lower epoch after the claim.')
    for (const [n, outcome] of outcomes.entries()) {
      const written = numbers(10).filter(i => there.has(idOf(10 * n + i))).length
      if (outcome.status === 'fulfilled') assert.equal(written, 10)
      else {
        await refusedAsFenced(Promise.reject(outcome.reason))
        assert.ok(written === 0 || written === 10, `${written} rows of ten are there.`)
      }
    }
  })

  it('remembers claims when it is opened again', async (store, bench) => {
    await store.claim('world', 4)
    if (store.capabilities.durability === 'none') return
    const again = await bench.reopen(store)
    assert.equal(await again.epoch('world'), 4)
    await refusedAsFenced(again.claim('world', 4))
    await refusedAsFenced(again.commit({ put: [row(1)] }, { shard: 'world', epoch: 3 }))
    assert.equal(await again.commit({ put: [row(1)] }, { shard: 'world', epoch: 4 }), true)
  })
}
