/** Names are bytes to a store: no two are alike but the same, and none means anything to it. */
import type { StoredRow, StoreQuery } from '../store.ts'
import { all, assert, type Describe, expected, holds, keysOf, row, same } from './bench.ts'

const alike = [
  'ann',
  'Ann',
  'ANN',
  'änn',
  'a\u0308nn',
  'ann ',
  ' ann',
  '',
  ' ',
  '0',
  '00',
  '0.0',
  '1',
  '1e0',
  'null',
  'undefined',
  'ß',
  'ss',
  'SS',
  'ı',
  'i',
  '🐟',
  '🐠',
]

const hostile = [
  `'; DROP TABLE objects; --`,
  `" OR "1"="1`,
  '\\',
  `\\'`,
  '%',
  '_',
  '*',
  '$1',
  '?',
  ':id',
  '$' + '{x}',
  '{"$ne":null}',
  '$where',
  'a.b',
  '$gt',
  '.',
  '__proto__',
  'constructor',
  'toString',
  '\u2028',
  '\n',
  '\t',
  '\u0001',
  '\u007f',
  '../../etc/passwd',
]

type Query = Omit<StoreQuery, 'limit'>

export function textCases(it: Describe): void {
  it('tells texts apart that differ in case, accents or spaces only', async store => {
    const rows = alike.flatMap((text, n) => [
      row(3 * n, { owner: text }),
      row(3 * n + 1, { class: text, keys: { name: 'x' } }),
      row(3 * n + 2, { class: 'Named', keys: { name: text, [`k${text}`]: 'x' } }),
    ])
    await store.commit({ put: rows })
    for (const text of alike)
      for (const query of [
        { owner: text },
        { class: text },
        { class: text, key: { name: 'name', value: 'x' } },
        { class: 'Named', key: { name: 'name', value: text } },
        { class: 'Named', key: { name: `k${text}`, value: 'x' } },
      ])
        same(await all(store, query), expected(rows, query))
  })

  it('takes hostile names for what they are: text', async store => {
    const rows = hostile.flatMap((text, n) => [
      row(3 * n, { owner: text, class: text }),
      row(3 * n + 1, { class: text, keys: keysOf([text, text]) }),
      row(3 * n + 2, { class: 'Named', keys: keysOf([text, 'x'], ['name', text]) }),
    ])
    await store.commit({ put: rows })
    await holds(store, ...rows)
    for (const text of hostile)
      for (const query of [
        { owner: text },
        { class: text },
        { class: text, owner: text },
        { class: text, key: { name: text, value: text } },
        { class: 'Named', key: { name: text, value: 'x' } },
        { class: 'Named', key: { name: 'name', value: text } },
      ])
        same(await all(store, query), expected(rows, query))
    assert.equal((await all(store)).length, rows.length)
  })

  it('keeps neighbours apart whose names run into each other', async store => {
    const names = ['a', 'ab', 'b', 'c', 'bc', 'a/b', 'a:b', 'a\u0001b', 'a b', 'a,b', 'a"b']
    const parts = names.flatMap(type => names.flatMap(name => [[type, name] as const]))
    const rows: StoredRow[] = parts.map(([type, name], n) => row(n, { class: type, keys: { [name]: 'v', a: name } }))
    await store.commit({ put: rows })
    for (const [type, name] of parts)
      for (const key of [
        { name, value: 'v' },
        { name: 'a', value: name },
        { name: 'a', value: `${name}v` },
      ]) {
        const query: Query = { class: type, key }
        same(await all(store, query), expected(rows, query))
      }
  })

  it('takes `after` for text as well', async store => {
    const one = row(1)
    await store.commit({ put: [one] })
    for (const after of hostile) {
      const answer = await store.query({ after, limit: 5 }).catch((error: unknown) => error)
      // What is no id may be refused, or compared.
      if (!(answer instanceof Error)) assert.ok('rows' in Object(answer))
    }
    await holds(store, one)
  })
}
