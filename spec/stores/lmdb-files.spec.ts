/** The files of an embedded store: what people, other programs, other versions and crashes have done to them. */
import { createHash } from 'node:crypto'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { open, type RootDatabase } from 'lmdb'
import { StoreError, UsageError } from '../../lib/base/errors.ts'
import { lmdbStore } from '../../lib/stores/lmdb.ts'
import { type Damaged, isDamaged, type Store, type StoredRow } from '../../lib/stores/store.ts'
import { all, holds, idOf, numbers, row, same } from '../../lib/stores/suite/bench.ts'
import { failureOf } from '../support/outcome.ts'

describe('The files of an embedded store', () => {
  let folder: string
  let store: Store

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'fieldcast-files-')))
    store = lmdbStore(folder)
  })
  afterEach(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  /** Does something to the files with LMDB's own tools, while the store is closed. */
  const byHand = async (edit: (root: RootDatabase) => unknown): Promise<void> => {
    await store.close()
    const root = open({ path: folder, noSubdir: false })
    await edit(root)
    await root.close()
  }
  const keyEncoder = {
    writeKey: (key: string, target: Buffer, start: number) => start + target.write(key, start),
    readKey: (source: Buffer, start: number, end: number) => source.toString('utf8', start, end),
  }
  const table = (root: RootDatabase, name: string) =>
    root.openDB<string | Buffer, string>({ name, encoding: 'binary', keyEncoder } as { name: string })
  const textIn = (root: RootDatabase, name: string, key: string) =>
    Buffer.from(table(root, name).getBinary(key) ?? '').toString()
  const edited = (edit: (text: string) => string | Buffer, ...numbers: number[]) =>
    byHand(async root => {
      const objects = table(root, 'objects')
      for (const n of numbers) await objects.put(idOf(n), Buffer.from(edit(textIn(root, 'objects', idOf(n)))))
    })
  const fingerprint = () =>
    createHash('sha256')
      .update(readFileSync(join(folder, 'data.mdb')))
      .digest('hex')

  it('are text that a person can read', async () => {
    await store.open()
    const player = row(1, { owner: 'ann', zone: 3, keys: { name: '"ann"' } })
    await store.commit({ put: [player, row(2)], del: [{ id: idOf(3), version: 8 }] })
    await store.claim('world', 3)
    await byHand(root => {
      expect(textIn(root, 'objects', idOf(1))).to.equal(
        '{"version":1,"format":1,"class":"Player","owner":"ann","zone":3,"keys":{"name":"\\"ann\\""},\n"fields":{"moveTo":[1,0]}}',
      )
      expect([...table(root, 'index').getKeys({ start: ' ' })].filter(key => key.endsWith(idOf(1)))).to.deep.equal(
        ['class\tPlayer\t', 'key\tPlayer\tname\t"ann"\t', 'owner\tann\t', 'zone\t3\t'].map(way => way + idOf(1)),
      )
      expect(textIn(root, 'shards', 'shard\tworld\t')).to.equal('{"shard":"world","epoch":3}')
      expect(textIn(root, 'deleted', idOf(3))).to.match(/^\{"version":8,"at":\d{13}\}$/)
      expect(textIn(root, 'about', 'layout')).to.match(/^\{"layout":1,"library":"fieldcast\/\d+\.\d+\.\d+"\}$/)
    })
  })

  it('are left as they are by an older version, which says who wrote them', async () => {
    await store.open()
    await store.commit({ put: [row(1)] })
    const written = '{"layout":2,"library":"fieldcast/7.1.0"}'
    await byHand(root => table(root, 'about').put('layout', Buffer.from(written)))
    const before = fingerprint()
    const { kind, message } = await failureOf(store.open(), StoreError)
    expect([kind, fingerprint()]).to.deep.equal(['fatal', before])
    expect(message).to.contain(folder).and.contain('layout 2').and.contain('fieldcast/7.1.0').and.contain('update')
    expect(readdirSync(folder).sort()).to.deep.equal(['data.mdb', 'lock.mdb'])
  })

  for (const [what, content] of [
    ['a text', Buffer.from('my diary\n')],
    ['a long text', Buffer.alloc(20_000, 'diary ')],
    ['zeros', Buffer.alloc(8192)],
    ['the beginning of a file of LMDB of another format', Buffer.alloc(8192, Buffer.from('dec0efbe01000000', 'hex'))],
  ] as const)
    it(`are not those of LMDB where data.mdb is ${what}, and that stays`, async () => {
      writeFileSync(join(folder, 'data.mdb'), content)
      const { kind, message } = await failureOf(store.open(), StoreError)
      expect(kind).to.equal('fatal')
      expect(message).to.match(/LMDB.* left as it is/)
      expect(readFileSync(join(folder, 'data.mdb')).equals(content)).to.equal(true)
    })

  it('are refused where they are cut off within their first pages, and stay', async () => {
    await store.open()
    await store.commit({ put: [row(1)] })
    await store.close()
    for (const length of [8191, 4096, 128, 20]) {
      truncateSync(join(folder, 'data.mdb'), length)
      const { kind, message } = await failureOf(store.open(), StoreError)
      expect(kind).to.equal('fatal')
      expect(message)
        .to.match(/cut off|no file of LMDB/)
        .and.contain('left as it is')
      expect(statSync(join(folder, 'data.mdb')).size).to.equal(length)
    }
  })

  it('are known to be damaged where their end was cut off', async () => {
    await store.open()
    await store.commit({ put: [row(1)] })
    await store.commit({ put: [row(2, { fields: `{"say":["${'x'.repeat(100_000)}"]}` })] })
    await store.commit({ put: [row(1, { version: 2 })] })
    await store.close()
    truncateSync(join(folder, 'data.mdb'), statSync(join(folder, 'data.mdb')).size - 40_000)
    await store.open()
    const { kind, message } = await failureOf(store.get([idOf(1), idOf(2)]), StoreError)
    expect([kind, message.includes('restore a backup')]).to.deep.equal(['fatal', true])
  })

  it('are not ours where another program has made them, and stay', async () => {
    await byHand(root => root.put('theirs', 'value'))
    const before = fingerprint()
    const { kind, message } = await failureOf(store.open(), StoreError)
    expect([kind, fingerprint()]).to.deep.equal(['fatal', before])
    expect(message).to.contain("none of fieldcast's")
  })

  it('are not ours where the path is that of a file', async () => {
    writeFileSync(join(folder, 'file'), 'text')
    for (const path of ['file', 'file/world'])
      expect(await failureOf(lmdbStore(join(folder, path)).open(), StoreError)).to.have.property('kind', 'fatal')
    expect(readFileSync(join(folder, 'file'), 'utf8')).to.equal('text')
  })

  it('may be empty, as LMDB leaves them where a crash came early', async () => {
    await byHand(() => {})
    await store.open()
    await store.commit({ put: [row(1)] })
    await store.close()
    writeFileSync(join(folder, 'data.mdb'), '')
    await store.open()
    same(await all(store), [])
  })

  it('refuse no path but one that is none', () => {
    for (const path of ['', 'a\0b', undefined, 7, {}])
      expect(() => lmdbStore(path as string)).to.throw(UsageError, 'name of a folder')
  })

  describe('with rows that cannot be read', () => {
    const rows = numbers(20).map(n => row(n, { owner: n % 2 ? 'ann' : 'bob', zone: n % 4, keys: { name: `n${n}` } }))
    const [first, second] = [rows[1]!, rows[5]!]
    const query = { class: 'Player', owner: 'ann', zone: 1 }

    beforeEach(async () => {
      await store.open()
      await store.commit({ put: rows })
    })

    for (const [what, edit, why] of [
      ['cut off', text => text.slice(0, -3), /no JSON/],
      ['cut off in the first line', text => text.slice(0, 40), /no JSON/],
      ['empty', () => '', /no JSON/],
      ['with a comma too many', text => text.replace('"fields":{', '"fields":{,'), /no JSON/],
      ['with bytes that are no text', text => Buffer.from(text.replace('moveTo', 'm\xffve'), 'latin1'), /no UTF-8/],
      ['without fields', text => `${text.split(',\n')[0]!}}`, /no fields/],
      ['without a version', text => text.replace('"version":1,', ''), /its version/],
      ['with a version that is none', text => text.replace('"version":1,', '"version":"x",'), /its version/],
      ['with a zone that is none', text => text.replace(/"zone":\d/, '"zone":"north"'), /its zone/],
      ['with keys that are none', text => text.replace(/"keys":\{[^}]*\}/, '"keys":null'), /its list of keys/],
      ['of another kind', () => '[1,2]', /no fields/],
    ] as readonly (readonly [string, (text: string) => string | Buffer, RegExp])[])
      it(`names those that are ${what}, gives the others, and leaves them as they are`, async () => {
        await edited(edit, 1, 5)
        await store.open()
        const damaged = ({ id }: StoredRow, found: readonly (StoredRow | Damaged | undefined)[]) => {
          const one = found.find(each => each?.id === id)
          expect(one && isDamaged(one) && one.damaged).to.match(why)
        }
        for (const found of [
          await store.get(rows.map(({ id }) => id)),
          await all(store),
          await all(store, query),
          await all(store, { class: 'Player', key: { name: 'name', value: 'n1' } }).then(async one => [
            ...one,
            ...(await all(store, { zone: 1, owner: 'ann' })),
          ]),
        ]) {
          damaged(first, found)
          damaged(second, found)
        }
        expect(await all(store, { ...query, owner: 'bob' })).to.deep.equal([])
        const others = rows.filter(each => each !== first && each !== second)
        same(
          (await store.get(others.map(({ id }) => id))).filter(each => each),
          others,
        )
        expect(await all(store, {}, 3)).to.have.length(rows.length)
        await store.commit({ put: [row(50)] })
        await byHand(root => {
          const text = Buffer.from(table(root, 'objects').getBinary(first.id)!)
          const original = `{"version":1,"format":1,"class":"Player","owner":"ann","zone":1,"keys":{"name":"n1"},\n"fields":{"moveTo":[1,0]}}`
          expect(text.equals(Buffer.from(edit(original)))).to.equal(true)
        })
      })

    it('takes them for there: writing over one is refused, deleting it is not', async () => {
      await edited(() => '{', 1)
      await store.open()
      const next = { ...first, version: 2 }
      const { kind, message } = await failureOf(store.commit({ put: [row(30), next] }), StoreError)
      expect([kind, message.includes(first.id)]).to.deep.equal(['fatal', true])
      expect(await store.get([row(30).id])).to.deep.equal([undefined])
      expect(await store.commit({ put: [row(30)], expect: [{ id: first.id, version: 0 }] })).to.equal(false)
      expect(await store.commit({ put: [], del: [{ id: first.id, version: 2 }] })).to.equal(true)
      await store.commit({ put: [{ ...first, version: 3 }] })
      await holds(store, { ...first, version: 3 })
      const expected = rows.filter(each => each.owner === 'ann' && each.zone === 1 && each !== first)
      expected.push({ ...first, version: 3 })
      expected.sort((a, b) => (a.id < b.id ? -1 : 1))
      same(await all(store, { owner: 'ann', zone: 1, class: 'Player' }), expected)
    })

    it('reads and writes over those that were edited well', async () => {
      await edited(text => JSON.stringify({ ...JSON.parse(text), extra: 1, fields: { moveTo: [7, 7] } }, null, 2), 1)
      await store.open()
      await holds(store, { ...first, fields: '{"moveTo":[7,7]}' })
      expect(await store.commit({ put: [{ ...first, version: 1, fields: '{}' }] })).to.equal(true)
      await holds(store, { ...first, fields: '{"moveTo":[7,7]}' })
      await store.commit({ put: [{ ...first, version: 2, zone: 9 }] })
      await holds(store, { ...first, version: 2, zone: 9 })
      same(await all(store, { zone: 9 }), [{ ...first, version: 2, zone: 9 }])
      expect((await all(store, { zone: 1 })).map(({ id }) => id)).not.to.include(first.id)
    })

    it('names those whose ids are none, and goes on behind them', async () => {
      const odd = ['!', '7', '7'.repeat(500), 'zone']
      await byHand(async root => {
        for (const id of odd) await table(root, 'objects').put(id, Buffer.from('{}'))
      })
      await store.open()
      for (const limit of [1, 4, 1000]) {
        const found = await all(store, {}, limit)
        expect(found.filter(isDamaged)).to.deep.equal(odd.map(id => ({ id, damaged: 'its id is none' })))
        expect(found).to.have.length(rows.length + odd.length)
      }
      expect(await store.get(['7', '', 'x'.repeat(3000)])).to.deep.equal([
        { id: '7', damaged: 'its id is none' },
        undefined,
        undefined,
      ])
    })

    it('gives no row that the index leads to and that is gone or says something else', async () => {
      await byHand(async root => {
        await table(root, 'objects').remove(first.id)
        await table(root, 'index').put(`owner\tbob\t${second.id}`, Buffer.alloc(0))
      })
      await store.open()
      expect((await all(store, { owner: 'bob' })).every(each => 'owner' in each && each.owner === 'bob')).to.equal(true)
      const found = await all(store, { owner: 'ann' }, 2)
      same(
        found,
        rows.filter(each => each.owner === 'ann' && each !== first).sort((a, b) => (a.id < b.id ? -1 : 1)),
      )
    })
  })
})
