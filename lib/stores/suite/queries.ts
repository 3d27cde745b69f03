/** Queries give what fits, each row once, in ascending order of ids, page by page. */
import type { StoredRow, StoreQuery } from '../store.ts'
import {
  all,
  assert,
  commitAtLast,
  type Describe,
  during,
  expected,
  holds,
  idOf,
  numbers,
  pages,
  row,
  same,
} from './bench.ts'

const owners = [null, 'ann', 'bob', '']
const zones = [null, 0, 4_294_967_295]
const colours = ['red', 'blue', '']

/** Every mixture of class, owner, zone and keys, several times. */
const mixed: readonly StoredRow[] = numbers(240).map(n =>
  row(n, {
    class: n % 2 ? 'Player' : 'Ship',
    owner: owners[(n >> 1) % 4]!,
    zone: zones[(n >> 3) % 3]!,
    keys: n % 5 ? { colour: colours[(n >> 2) % 3]!, name: `name ${n % 7}` } : {},
  }),
)

/** All combinations of parts, each part absent too. */
function combinations(): Omit<StoreQuery, 'limit'>[] {
  const keys = [
    { name: 'colour', value: 'red' },
    { name: 'colour', value: '' },
    { name: 'name', value: 'name 3' },
    undefined,
  ]
  return ['Player', 'Ship', 'Nothing', undefined].flatMap(type =>
    ['ann', '', 'nobody', undefined].flatMap(owner =>
      [0, 4_294_967_295, 7, undefined].flatMap(zone =>
        (type === undefined ? [undefined] : keys).map(key => ({
          ...(type === undefined ? {} : { class: type }),
          ...(owner === undefined ? {} : { owner }),
          ...(zone === undefined ? {} : { zone }),
          ...(key === undefined ? {} : { key }),
        })),
      ),
    ),
  )
}

export function queryCases(it: Describe): void {
  it('finds nothing in an empty store', async store => {
    for (const query of combinations().filter((_, n) => n % 7 === 0))
      assert.deepEqual(await store.query({ ...query, limit: 5 }), { rows: [], next: null })
  })

  it('finds what fits every combination of class, owner, zone and key', async store => {
    await store.commit({ put: mixed })
    for (const query of combinations()) same(await all(store, query), expected(mixed, query))
  })

  for (const limit of [1, 7])
    it(`finds the same in pages of ${limit}`, async store => {
      const rows = mixed.slice(0, 60)
      await store.commit({ put: rows })
      for (const query of combinations()) {
        const found = await all(store, query, limit)
        same(found, expected(rows, query))
      }
    })

  it('counts what fits every combination of class, owner, zone and key, where it counts', async store => {
    if (!store.count) return
    assert.equal(await store.count(), 0)
    await store.commit({ put: mixed })
    // What is deleted is not counted, nor what has changed since.
    const [gone, moved, ...others] = mixed as readonly [StoredRow, StoredRow, ...StoredRow[]]
    const now = { ...moved, version: 2, class: 'Nothing', owner: 'nobody', zone: 7, keys: {} }
    await store.commit({ put: [now], del: [{ id: gone.id, version: 2 }] })
    const there = [now, ...others]
    assert.equal(await store.count(), there.length)
    for (const query of combinations())
      assert.equal(await store.count(query), expected(there, query).length, JSON.stringify(query))
  })

  it('gives no next where a page ends with the last row that fits', async store => {
    await store.commit({
      put: numbers(14).map(n => row(n, { class: n % 2 ? 'Player' : 'Ship', owner: n % 2 ? 'ann' : null })),
    })
    for (const query of [{ class: 'Player' }, { owner: 'ann' }, { class: 'Player', owner: 'ann', zone: 0 }])
      for (const limit of [1, 2, 6, 7, 8]) {
        const found = await pages(store, query, limit)
        assert.equal(found.flat().length, 7)
        assert.ok(found.at(-1)!.length > 0, 'A page leads to a next one that is empty.')
      }
    assert.equal((await store.query({ class: 'Player', limit: 7 })).next, null)
    assert.equal((await store.query({ limit: 14 })).next, null)
    assert.equal((await store.query({ limit: 1_000_000 })).rows.length, 14)
  })

  it('begins above an id, whether it is there or not, fits or not', async store => {
    const rows = mixed.slice(0, 40)
    await store.commit({ put: rows.filter((_, n) => n % 4 !== 3) })
    const there = rows.filter((_, n) => n % 4 !== 3)
    for (const after of [...rows.map(each => each.id), '0'.repeat(24), 'f'.repeat(24)])
      for (const query of [
        {},
        { class: 'Player' },
        { owner: 'ann' },
        { zone: 0 },
        { class: 'Ship', key: { name: 'colour', value: 'blue' } },
      ])
        same(
          (await store.query({ ...query, after, limit: 1000 })).rows,
          expected(there, query).filter(each => each.id > after),
        )
  })

  const everyIndex: readonly Omit<StoreQuery, 'limit'>[] = [
    {},
    { class: 'Player' },
    { owner: 'ann' },
    { zone: 1 },
    { class: 'Player', key: { name: 'name', value: 'x' } },
  ]
  const fitting = { owner: 'ann', zone: 1, keys: { name: 'x' } }
  /** Every third object is there from first to last, also where the others come and go. */
  const steady = numbers(90).filter(n => n % 3 === 0)
  const passing = numbers(90).filter(n => n % 3 !== 0)

  /** In ascending order, each once, and all that are steady. */
  function assertSteady(found: readonly { readonly id: string }[]): void {
    const ids = found.map(each => each.id)
    assert.deepEqual(ids, [...new Set(ids)].sort(), 'Rows come in ascending order of ids, each once.')
    assert.deepEqual(
      steady.map(idOf).filter(id => !ids.includes(id)),
      [],
      'Rows that were there throughout are missing.',
    )
  }

  for (const query of everyIndex)
    it(`gives every row once that is there throughout, whatever is written between pages, by ${JSON.stringify(query)}`, async store => {
      await store.commit({ put: numbers(90).map(n => row(n, fitting)) })
      let version = 1
      const found = await pages(store, query, 4, async page => {
        version++
        const comes = passing.filter(n => (n + page) % 4 === 0)
        const goes = passing.filter(n => (n + page) % 4 === 1)
        const leaves = passing.filter(n => (n + page) % 4 === 2)
        await store.commit({
          put: [
            ...steady.map(n => row(n, { ...fitting, version, fields: `{"page":[${page}]}` })),
            ...comes.map(n => row(n, { ...fitting, version })),
            ...leaves.map(n => row(n, { version, class: 'Ship', owner: 'bob', zone: 2 })),
            row(1000 + page, fitting),
          ],
          del: goes.map(n => ({ id: idOf(n), version })),
        })
      })
      assert.ok(version > 5)
      assertSteady(found.flat())
    })

  it('does so while others write', async (store, bench) => {
    const reader = await bench.beside(store)
    await store.commit({ put: numbers(90).map(n => row(n, fitting)) })
    const write = async (): Promise<void> => {
      for (let version = 2; version <= 20; version++)
        await commitAtLast(store, {
          put: [...steady, ...passing.filter(n => (n + version) % 2)].map(n => row(n, { ...fitting, version })),
          del: passing.filter(n => (n + version) % 2 === 0).map(n => ({ id: idOf(n), version })),
        })
    }
    await during(write(), async () => {
      for (const query of everyIndex) assertSteady(await all(reader, query, 7))
    })
  })

  it('moves an object from one answer to another when what is asked for changes', async store => {
    let stands = row(1, { class: 'Player', owner: 'ann', zone: 1, keys: { name: 'a', guild: 'blue' } })
    await store.commit({ put: [row(0, { owner: 'zoe' }), stands] })
    const changes: readonly Partial<StoredRow>[] = [
      { owner: 'bob' },
      { owner: null },
      { owner: 'ann', zone: 2 },
      { zone: null },
      { keys: { name: 'b', guild: 'blue' } },
      { keys: { guild: 'b' } },
      { class: 'Ship' },
      { keys: {} },
      { class: 'Player', keys: { name: 'a' }, zone: 1 },
    ]
    const queries = [
      ...['ann', 'bob'].map(owner => ({ owner })),
      ...[1, 2].map(zone => ({ zone })),
      ...['Player', 'Ship'].flatMap(type => [
        { class: type, zone: 1 },
        { class: type, owner: 'ann' },
        ...['a', 'b', 'blue'].flatMap(value => ['name', 'guild'].map(name => ({ class: type, key: { name, value } }))),
      ]),
    ]
    for (const change of [{}, ...changes]) {
      stands = { ...stands, ...change, version: stands.version + 1 }
      await store.commit({ put: [stands] })
      await holds(store, stands)
      for (const query of queries) same(await all(store, query), expected([stands], query))
    }
  })
}
