/** Versions only grow: what is not above them is passed over, deletions count. */
import { all, assert, commitAtLast, type Describe, holds, idOf, lacks, numbers, row, same } from './bench.ts'

export function versionCases(it: Describe): void {
  const stands = row(1, { version: 5, owner: 'ann', zone: 3, keys: { name: 'ann' }, fields: '{"a":[1]}' })

  for (const [what, version] of [
    ['an older', 4],
    ['the same', 5],
  ] as const)
    it(`passes ${what} version over, wholly, and writes the rest of the commit`, async store => {
      await store.commit({ put: [stands] })
      const late = row(1, {
        version,
        class: 'Ship',
        owner: 'bob',
        zone: 4,
        format: 9,
        keys: { name: 'bob' },
        fields: '{}',
      })
      assert.equal(await store.commit({ put: [row(0), late, row(2)] }), true)
      await holds(store, row(0), stands, row(2))
      for (const query of [{ owner: 'ann' }, { zone: 3 }, { class: 'Player', key: { name: 'name', value: 'ann' } }])
        same(await all(store, query), [stands])
      for (const query of [
        { owner: 'bob' },
        { zone: 4 },
        { class: 'Ship' },
        { class: 'Ship', key: { name: 'name', value: 'bob' } },
      ])
        same(await all(store, query), [])
    })

  it('takes a commit again whose answer was lost', async store => {
    const commit = { put: [row(1), row(2)], del: [{ id: idOf(3), version: 2 }] }
    await store.commit({ put: [row(3)] })
    for (let n = 0; n < 3; n++) assert.equal(await store.commit(commit), true)
    await holds(store, row(1), row(2))
    await lacks(store, idOf(3))
  })

  it('skips versions', async store => {
    for (const version of [1, 10, 2 ** 40])
      await store.commit({ put: [row(1, { version, fields: `{"v":[${version}]}` })] })
    await holds(store, row(1, { version: 2 ** 40, fields: `{"v":[${2 ** 40}]}` }))
  })

  it('deletes: the object is gone for `get` and for every query', async store => {
    await store.commit({ put: [stands, row(2)] })
    assert.equal(await store.commit({ put: [], del: [{ id: stands.id, version: 6 }] }), true)
    await lacks(store, stands.id)
    for (const query of [{ owner: 'ann' }, { zone: 3 }, { class: 'Player', key: { name: 'name', value: 'ann' } }])
      same(await all(store, query), [])
    await holds(store, row(2))
  })

  it('passes a deletion over whose version is not above the object’s', async store => {
    await store.commit({ put: [stands] })
    for (const version of [4, 5]) assert.equal(await store.commit({ put: [], del: [{ id: stands.id, version }] }), true)
    await holds(store, stands)
  })

  it('brings no deleted object back by a version that is not above the deletion’s', async store => {
    await store.commit({ put: [stands] })
    await store.commit({ put: [], del: [{ id: stands.id, version: 8 }] })
    for (const version of [5, 6, 8])
      assert.equal(await store.commit({ put: [{ ...stands, version }, row(version)] }), true)
    await lacks(store, stands.id)
    await holds(store, row(5), row(6), row(8))
  })

  it('does so too for one that was never there', async store => {
    assert.equal(await store.commit({ put: [], del: [{ id: idOf(1), version: 3 }] }), true)
    await store.commit({ put: [row(1, { version: 3 })] })
    await lacks(store, idOf(1))
  })

  it('keeps the highest version of several deletions', async store => {
    await store.commit({ put: [stands] })
    for (const version of [9, 7]) await store.commit({ put: [], del: [{ id: stands.id, version }] })
    await store.commit({ put: [{ ...stands, version: 9 }] })
    await lacks(store, stands.id)
  })

  it('takes a deleted object again with a version above the deletion’s', async store => {
    await store.commit({ put: [stands] })
    await store.commit({ put: [], del: [{ id: stands.id, version: 6 }] })
    const again = row(1, { version: 7, owner: 'bob', keys: { name: 'bob' } })
    await store.commit({ put: [again] })
    await holds(store, again)
    same(await all(store), [again])
    same(await all(store, { owner: 'ann' }), [])
    same(await all(store, { class: 'Player', key: { name: 'name', value: 'bob' } }), [again])
    await store.commit({ put: [stands], del: [] })
    await holds(store, again)
  })

  it('remembers versions when it is opened again, and deletions where others may have written', async (store, bench) => {
    const { durability, shared } = store.capabilities
    if (durability === 'none') return
    await store.commit({ put: [stands, row(2)] })
    await store.commit({ put: [], del: [{ id: idOf(2), version: 2 }] })
    const again = await bench.reopen(store)
    await again.commit({ put: [{ ...stands, version: 5, owner: 'bob' }, row(2, { version: 2 })] })
    await holds(again, stands)
    if (shared) await lacks(again, idOf(2))
  })

  it('lets the highest version of concurrent commits stand', async (first, bench) => {
    const second = await bench.beside(first)
    const versions = numbers(24).map(n => ((n * 7) % 24) + 1)
    const written = (version: number) => row(1, { version, owner: `owner ${version}`, keys: { v: String(version) } })
    const commits = versions.map((version, n) => commitAtLast(n % 2 ? first : second, { put: [written(version)] }))
    assert.deepEqual(new Set(await Promise.all(commits)), new Set([true]))
    for (const store of [first, second]) {
      await holds(store, written(24))
      same(await all(store, { owner: 'owner 24' }), [written(24)])
      for (const version of [1, 23])
        same(await all(store, { class: 'Player', key: { name: 'v', value: String(version) } }), [])
    }
  })

  it('settles concurrent commits of the same objects in opposite orders', async (first, bench) => {
    const second = await bench.beside(first)
    const some = numbers(40)
    const rows = (version: number) => some.map(n => row(n, { version, zone: version }))
    await Promise.all(
      numbers(10).map(n => commitAtLast(n % 2 ? first : second, { put: n % 2 ? rows(n + 1) : rows(n + 1).reverse() })),
    )
    await holds(first, ...rows(10))
    assert.equal((await all(second, { zone: 10 })).length, 40)
    assert.equal((await all(second)).length, 40)
  })
}
