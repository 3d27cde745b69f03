/** Rows come back as they went in, by `get`. */
import type { StoredRow } from '../store.ts'
import { all, assert, type Describe, expected, holds, idOf, keysOf, numbers, row, same } from './bench.ts'

const stringify = (fields: unknown): string => JSON.stringify(fields)

type Kind = readonly [what: string, more: Partial<StoredRow>]

const fields: readonly Kind[] = [
  ['without a field', { fields: '{}' }],
  ['with text of all planes', { fields: stringify({ say: ['äß 語 🐟 \u2028 \ufeff \uffff e\u0301'] }) }],
  ['with lone surrogates as JSON writes them', { fields: stringify({ say: ['\ud800 \udfff'] }) }],
  ['with NUL as JSON writes it', { fields: stringify({ say: ['a\u0000b'] }) }],
  ['with quotes, backslashes and percent signs', { fields: stringify({ say: [`\\ \\\\ ' " \` % _ $1 ? :a`] }) }],
  ['whose JSON has spaces and an order of its own', { fields: '{ "b" : [1.0],\n\t"a":[1e2], "b":[2] }' }],
  ['with numbers beyond doubles', { fields: '{"n":[12345678901234567890.10,-0,1E400]}' }],
  ['with a field named `__proto__`', { fields: '{"__proto__":[{"constructor":1}]}' }],
  ['of a megabyte', { fields: stringify({ say: ['0123456789abcdé'.repeat(65_536)] }) }],
]

const owners: readonly Kind[] = [
  ['without an owner', { owner: null }],
  ['of an owner without a name', { owner: '' }],
  ['of an owner named null', { owner: 'null' }],
  ['of an owner with quotes', { owner: `o'brien "the" \\ \`one\`` }],
  ['of an owner of 200 characters', { owner: '語'.repeat(200) }],
]

const zones: readonly Kind[] = [
  ['in no zone', { zone: null }],
  ['in zone 0', { zone: 0 }],
  ['in zone 2^31', { zone: 2 ** 31 }],
  ['in the last zone', { zone: 2 ** 32 - 1 }],
]

const versions: readonly Kind[] = [
  ['of format 0', { format: 0 }],
  ['of a high format', { format: 2 ** 31 - 1 }],
  ['of a version above 32 bits', { version: 2 ** 32 + 1 }],
  ['of a version that was a time', { version: 1_795_000_000_123 }],
  ['of the last version', { version: Number.MAX_SAFE_INTEGER }],
]

const keys: readonly Kind[] = [
  ['with an empty key', { keys: { name: '' } }],
  ['with a key without a name', { keys: { '': 'x' } }],
  [
    'with keys of 200 characters',
    { keys: { ascii: 'k'.repeat(200), wide: '語'.repeat(200), astral: '🐟'.repeat(100) } },
  ],
  ['with many keys', { keys: Object.fromEntries(numbers(20).map(n => [`key${n}`, `value ${n}`])) }],
  ['with keys that differ in case and spaces', { keys: { a: 'ann', b: 'Ann', c: 'ann ', d: ' ann', A: 'änn' } }],
  ['with keys of prototypes', { keys: keysOf(['__proto__', 'x'], ['constructor', 'y'], ['toString', '__proto__']) }],
]

const groups = { fields, owners, zones, versions, keys }

export function rowCases(it: Describe): void {
  for (const [name, kinds] of Object.entries(groups))
    it(`keeps the ${name} of objects as they are`, async store => {
      const kept: StoredRow[] = []
      for (const [n, [what, more]] of kinds.entries()) {
        const one = row(n, more)
        kept.push(one)
        assert.equal(await store.commit({ put: [one] }), true, what)
        same(await store.get([one.id]), [one], `An object ${what} has changed.`)
      }
      await holds(store, ...kept)
      same(await all(store), expected(kept, {}))
    })

  it('keeps them all in one commit', async store => {
    const rows = Object.values(groups)
      .flat()
      .map(([, more], n) => row(n, more))
    await store.commit({ put: rows })
    await holds(store, ...rows)
    same(await all(store, {}, 7), expected(rows, {}))
  })

  it('replaces every part of an object', async store => {
    const first = row(1, { owner: 'ann', keys: { name: 'ann', guild: 'blue' }, format: 2 })
    const second = row(1, {
      version: 2,
      class: 'Ship',
      owner: null,
      zone: null,
      keys: { port: 'x' },
      format: 1,
      fields: '{}',
    })
    await store.commit({ put: [first] })
    await store.commit({ put: [second] })
    await holds(store, second)
  })

  it('holds or refuses what a text may not hold everywhere, and never changes it', async store => {
    const texts = ['nul\u0000', '\u0000', 'high \ud83d', '\udc1f low']
    const odd = texts.flatMap((text, n) => [
      row(4 * n, { owner: text }),
      row(4 * n + 1, { keys: { name: text } }),
      row(4 * n + 2, { keys: { [text]: 'x' } }),
      row(4 * n + 3, { class: text }),
    ])
    for (const each of odd) {
      const kept = await store.commit({ put: [each] }).catch((error: unknown) => {
        assert.match(String((error as { code?: unknown }).code), /^(store|usage)$/, `${error} is not ours.`)
        return false
      })
      same(await store.get([each.id]), [kept ? each : undefined])
    }
  })

  it('keeps its own copy: rows that were given or taken may be changed afterwards', async store => {
    const given = row(1, { keys: { name: 'ann' } })
    await store.commit({ put: [given] })
    const change = (each: StoredRow): void => {
      // Unlike an assignment this does not throw where the store has frozen its answer.
      Reflect.set(each.keys, 'name', 'changed')
      Reflect.set(each, 'owner', 'changed')
    }
    change(given)
    change((await store.get([given.id]))[0] as StoredRow)
    change((await store.query({ limit: 1 })).rows[0] as StoredRow)
    await holds(store, row(1, { keys: { name: 'ann' } }))
  })

  it('gives rows in the order of the ids asked for, some twice, some not there', async store => {
    const rows = numbers(5).map(n => row(n))
    await store.commit({ put: rows })
    const order = [3, 0, 99, 3, 4, 98, 1, 2, 0]
    same(
      await store.get(order.map(idOf)),
      order.map(n => rows[n]),
    )
    assert.deepEqual(await store.get([]), [])
    assert.deepEqual(await store.get([idOf(7)]), [undefined])
  })

  it('gives the rows of 70,000 ids at once', async store => {
    const rows = numbers(50).map(n => row(n * 1400))
    await store.commit({ put: rows })
    const found = await store.get(numbers(70_000).map(idOf))
    assert.equal(found.length, 70_000)
    same(
      found.filter(each => each !== undefined),
      rows,
    )
    same([found[1400], found[1401]], [rows[1], undefined])
  })
}
