/** Commits are there whole or not at all; expectations decide which. */
import { StoreError } from '../../base/errors.ts'
import type { Store, StoredRow } from '../store.ts'
import { all, assert, commitAtLast, type Describe, during, holds, idOf, lacks, numbers, row, same } from './bench.ts'

/** More rows than the store writes well at once. */
const many = (store: Store): number => Math.min(20_001, Math.max(2_500, 2 * store.capabilities.batch + 1))

export function commitCases(it: Describe): void {
  it('takes a commit without anything', async store => {
    assert.equal(await store.commit({ put: [] }), true)
    assert.equal(await store.commit({ put: [], del: [], expect: [] }), true)
    same(await all(store), [])
  })

  it('puts and deletes in one commit', async store => {
    await store.commit({ put: numbers(6).map(n => row(n)) })
    const put = [0, 1, 6].map(n => row(n, { version: 2, owner: 'ann' }))
    const del = [2, 3, 7].map(n => ({ id: idOf(n), version: 2 }))
    assert.equal(await store.commit({ put, del }), true)
    await holds(store, ...put, row(4), row(5))
    await lacks(store, ...del.map(each => each.id))
  })

  it('writes and deletes far more than a batch at once', async store => {
    const some = numbers(many(store))
    const rows = some.map(n => row(n, { zone: n % 5, owner: n % 3 ? null : 'ann', keys: { name: `n${n}` } }))
    await store.commit({ put: rows })
    await holds(store, ...rows)
    assert.equal((await all(store)).length, rows.length)
    same(await all(store, { class: 'Player', key: { name: 'name', value: `n${rows.length - 1}` } }), rows.slice(-1))
    await store.commit({ put: rows.slice(1, 3), del: rows.slice(3).map(({ id }) => ({ id, version: 2 })) })
    assert.equal((await all(store)).length, 3)
  })

  it('writes twenty megabytes at once', async store => {
    const rows = numbers(20).map(n => row(n, { fields: `{"say":["${String(n % 10).repeat(1_000_000)}"]}` }))
    await store.commit({ put: rows })
    await holds(store, ...rows)
  })

  it('shows no half of a commit to readers', async (store, bench) => {
    const reader = await bench.beside(store)
    const some = numbers(300)
    const ids = some.map(idOf)
    await store.commit({ put: some.map(n => row(n)) })
    const versions = (rows: readonly unknown[]) =>
      new Set(rows.map(each => (each as { version?: number } | undefined)?.version))
    const write = async (): Promise<void> => {
      for (let version = 2; version <= 12; version++)
        await commitAtLast(store, { put: some.map(n => row(n, { version, zone: version })) })
    }
    await during(write(), async () => {
      const found = versions(await reader.get(ids))
      assert.equal(found.size, 1, `One get has seen versions ${[...found]} of what is always written together.`)
      const { rows } = await reader.query({ class: 'Player', limit: 300 })
      const shown = versions(rows)
      assert.equal(shown.size, 1, `One page has shown versions ${[...shown]} of what is always written together.`)
      assert.equal(rows.length, 300)
    })
    await holds(reader, ...some.map(n => row(n, { version: 12, zone: 12 })))
  })

  it('writes where every object has the version expected', async store => {
    await store.commit({ put: [row(1, { version: 4 }), row(2, { version: 7 })] })
    const expect = [
      { id: idOf(1), version: 4 },
      { id: idOf(2), version: 7 },
      { id: idOf(3), version: 0 },
    ]
    const put = [row(1, { version: 5 }), row(3)]
    assert.equal(await store.commit({ put, expect }), true)
    await holds(store, ...put, row(2, { version: 7 }))
  })

  it('writes nothing where one of several expectations does not hold', async store => {
    await store.commit({ put: [row(1, { version: 4 }), row(2, { version: 7 })] })
    const wrong = [
      { id: idOf(1), version: 3 },
      { id: idOf(1), version: 5 },
      { id: idOf(1), version: 0 },
      { id: idOf(3), version: 1 },
    ]
    for (const one of wrong)
      for (const expect of [
        [one],
        [one, { id: idOf(2), version: 7 }],
        [{ id: idOf(2), version: 7 }, { id: idOf(9), version: 0 }, one],
      ]) {
        const put = [row(1, { version: 8, owner: 'ann' }), row(3, { version: 8 })]
        assert.equal(await store.commit({ put, del: [{ id: idOf(2), version: 9 }], expect }), false)
        await holds(store, row(1, { version: 4 }), row(2, { version: 7 }))
        await lacks(store, idOf(3))
      }
    same(await all(store, { owner: 'ann' }), [])
    assert.equal(await store.commit({ put: [row(3), row(2, { version: 8 })] }), true)
    await holds(store, row(3), row(2, { version: 8 }))
  })

  it('takes an object for absent after its deletion', async store => {
    await store.commit({ put: [row(1)] })
    await store.commit({ put: [], del: [{ id: idOf(1), version: 2 }] })
    for (const version of [1, 2])
      assert.equal(await store.commit({ put: [row(2)], expect: [{ id: idOf(1), version }] }), false)
    assert.equal(await store.commit({ put: [row(1, { version: 3 })], expect: [{ id: idOf(1), version: 0 }] }), true)
    await holds(store, row(1, { version: 3 }))
  })

  it('compares without writing, and of objects that the commit does not write', async store => {
    await store.commit({ put: [row(1)] })
    assert.equal(await store.commit({ put: [], expect: [{ id: idOf(1), version: 1 }] }), true)
    assert.equal(await store.commit({ put: [], expect: [{ id: idOf(1), version: 2 }] }), false)
    assert.equal(await store.commit({ put: [], expect: [{ id: idOf(2), version: 0 }] }), true)
    await holds(store, row(1))
    await lacks(store, idOf(2))
  })

  it('deletes by expectation', async store => {
    await store.commit({ put: [row(1, { version: 3 })] })
    const del = [{ id: idOf(1), version: 4 }]
    assert.equal(await store.commit({ put: [], del, expect: [{ id: idOf(1), version: 2 }] }), false)
    await holds(store, row(1, { version: 3 }))
    assert.equal(await store.commit({ put: [], del, expect: [{ id: idOf(1), version: 3 }] }), true)
    await lacks(store, idOf(1))
  })

  it('writes nothing of far more than a batch where the last object is not as expected', async store => {
    const rows = numbers(many(store)).map(n => row(n))
    const expect = [...rows.slice(0, -1).map(({ id }) => ({ id, version: 0 })), { id: rows.at(-1)!.id, version: 1 }]
    assert.equal(await store.commit({ put: rows, expect }), false)
    same(await all(store), [])
    expect.push({ ...expect.pop()!, version: 0 })
    assert.equal(await store.commit({ put: rows, expect }), true)
    assert.equal((await all(store)).length, rows.length)
  })

  for (const [what, stands] of [
    ['change the same object', 1],
    ['create the same object', 0],
  ] as const)
    it(`lets exactly one win of concurrent commits that expect and ${what}`, async (first, bench) => {
      const second = await bench.beside(first)
      if (stands) await first.commit({ put: [row(1)] })
      const mine = (n: number) => row(1, { version: stands + 1, owner: `owner ${n}` })
      const outcomes = await Promise.all(
        numbers(12).map(async n => {
          const commit = { put: [mine(n), row(100 + n)], expect: [{ id: idOf(1), version: stands }] }
          return commitAtLast(n % 2 ? first : second, commit)
        }),
      )
      const [stored] = await first.get([idOf(1)])
      const winner = numbers(12).find(n => stored && 'owner' in stored && stored.owner === mine(n).owner)
      assert.ok(winner !== undefined, 'Nobody has won.')
      same([stored], [mine(winner)])
      for (const n of numbers(12)) {
        if (n !== winner) assert.equal(outcomes[n], false)
        same(await second.get([idOf(100 + n)]), [n === winner ? row(100 + n) : undefined])
      }
    })

  it('counts every one of concurrent increments that compare first', async (first, bench) => {
    const stores = [first, await bench.beside(first)]
    await first.commit({ put: [row(1)] })
    let unclear = 0
    const increment = async (store: Store): Promise<void> => {
      for (let written = false, attempts = 0; !written; attempts++) {
        assert.ok(attempts < 1000, 'A commit whose expectations hold is not written.')
        const [stored] = await store.get([idOf(1)])
        const { version } = stored as StoredRow
        const commit = { put: [row(1, { version: version + 1 })], expect: [{ id: idOf(1), version }] }
        written = await store.commit(commit).catch((error: unknown) => {
          if (!(error instanceof StoreError) || error.kind !== 'retryable' || unclear++ > 100) throw error
          return false
        })
      }
    }
    await Promise.all(
      numbers(4).map(async n => {
        for (let i = 0; i < 5; i++) await increment(stores[n % 2]!)
      }),
    )
    const { version } = (await first.get([idOf(1)]))[0] as StoredRow
    // What failed as retryable may have been written.
    assert.ok(version >= 21 && version <= 21 + unclear, `Twenty increments have led from version 1 to ${version}.`)
  })
}
