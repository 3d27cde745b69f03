/** `fieldcast store copy`, from every store to every other; and how rows are put where others may be. */
import { expect } from 'chai'
import { StoreError } from 'fieldcast/server'
import { memoryStore } from 'fieldcast/stores/memory'
import { patiently } from '../../lib/stores/command/patience.ts'
import { RowPutter } from '../../lib/stores/command/put-rows.ts'
import type { StoredRow } from '../../lib/stores/store.ts'
import { idOf, numbers, row } from '../../lib/stores/suite/bench.ts'
import { failureOf } from '../support/outcome.ts'
import { ManualClock } from '../transports/manual-clock.ts'
import { Desk, everyUrl, placeOfEach } from './command-places.ts'
import { TroubledStore } from './trouble.ts'

const rows = numbers(250).map(n =>
  row(n, {
    class: n % 5 ? 'Player' : 'Chest',
    version: 1_795_000_000_000 + n,
    owner: n % 3 ? null : 'ann',
    keys: n % 5 ? { name: `"p${n}"` } : {},
    fields: `{ "say": ["text ${n} äß 語 🐟 \\u0000"], "n":[1.0]}`,
  }),
)
const sorted = (some: readonly StoredRow[]): StoredRow[] => [...some].sort((a, b) => (a.id < b.id ? -1 : 1))

describe('fieldcast store copy', function () {
  this.timeout(60_000)
  let desk: Desk

  beforeEach(() => {
    desk = new Desk()
  })
  afterEach(() => desk.remove())

  for (const places of everyUrl())
    describe(`with ${places.kind}`, () => {
      const place = placeOfEach(places)

      it('carries every row there and back', async () => {
        await desk.fill('world', rows)
        const there = await desk.run('copy', 'world', place.url)
        expect([there.code, there.err, there.out]).to.deep.equal([
          0,
          '',
          '250 objects in lmdb world: 250 new, 0 equal to what is there.\n',
        ])
        expect(await desk.rows(place.url)).to.deep.equal(sorted(rows))
        const back = await desk.run('copy', place.url, 'copy')
        expect([back.code, back.err]).to.deep.equal([0, ''])
        expect(await desk.rows('copy')).to.deep.equal(sorted(rows))

        await desk.fill('world', [{ ...rows[0]!, version: rows[0]!.version + 1, zone: 77 }])
        const kept = await desk.run('copy', 'world', place.url)
        expect([kept.code, kept.out.split('\n')[0]]).to.deep.equal([
          1,
          '250 objects in lmdb world: 0 new, 249 equal to what is there, 1 that differs from what is there (1 newer).',
        ])
        expect(await desk.rows(place.url)).to.deep.equal(sorted(rows))
        expect((await desk.run('copy', 'world', place.url, '--overwrite')).code).to.equal(0)
        expect(await desk.rows(place.url)).to.deep.equal(await desk.rows('world'))
        const counted = await desk.run('inspect', place.url)
        expect(counted.out)
          .to.match(/^Chest +50 /m)
          .and.match(/^Player +200 /m)
      })
    })

  it('names rows that cannot be read, and leaves them where they are', async () => {
    await desk.fill('world', rows)
    await desk.damage('world', idOf(1))
    const { code, out, err } = await desk.run('copy', 'world', 'copy')
    expect(code).to.equal(1)
    expect(out).to.include('249 new')
    expect(err)
      .to.match(new RegExp(`^${idOf(1)}: \\w`, 'm'))
      .and.include('1 object of lmdb world cannot be read')
    expect(await desk.rows('copy')).to.deep.equal(sorted(rows.filter((_, n) => n !== 1)))
    expect((await desk.rows('world')).find(({ id }) => id === idOf(1))).to.have.property('damaged')
  })
})

describe('putting rows into a store', () => {
  let store: TroubledStore
  let clock: ManualClock
  let told: string[]
  let failed: string[]

  beforeEach(async () => {
    store = new TroubledStore(memoryStore(), { batch: 10 })
    await store.open()
    clock = new ManualClock()
    told = []
    failed = []
  })

  const putter = (overwrite = false): RowPutter =>
    new RowPutter(store, {
      overwrite,
      teller: { clock, tell: text => told.push(text) },
      fail: (id, why) => failed.push(`${id} ${why}`),
    })

  async function put(some: readonly StoredRow[], into = putter()): Promise<RowPutter> {
    for (const each of some) await into.put(each)
    await into.flush()
    return into
  }

  const there = async (): Promise<readonly unknown[]> => (await store.query({ limit: 1000 })).rows

  it('writes in batches, each row of a file with two in its turn', async () => {
    const again = { ...rows[22]!, version: rows[22]!.version + 1, zone: 9 }
    const { tally } = await put([...rows.slice(0, 25), again], putter(true))
    expect(store.commits.map(commit => commit.put.length)).to.deep.equal([10, 10, 5, 1])
    expect(tally).to.include({ added: 25, newer: 1, replaced: 1, equal: 0, failed: 0 })
    expect(await store.get([again.id])).to.deep.equal([again])
    expect(await there()).to.have.length(25)
  })

  it('waits for a store that goes away, longer each time', async () => {
    store.down()
    const putting = put(rows.slice(0, 5))
    for (const ms of [250, 500, 1000]) {
      expect(await there()).to.deep.equal([])
      await clock.advance(ms)
    }
    store.up()
    await clock.advance(2000)
    expect((await putting).tally).to.include({ added: 5, failed: 0 })
    expect(told).to.have.length(4)
    expect(told[0]).to.equal('the server went away Trying again in 0.25 s.')
    expect(await there()).to.deep.equal(sorted(rows.slice(0, 5)))
  })

  it('gives up in the end, and at once where waiting is in vain', async () => {
    const teller = { clock, tell: (text: string) => told.push(text) }
    let attempts = 0
    const fail = (kind: 'retryable' | 'fatal') => async (): Promise<never> => {
      attempts++
      throw new StoreError(kind, 'it does not')
    }
    const failure = failureOf(patiently(teller, fail('retryable')), StoreError)
    await clock.advance(60_000)
    await failure
    expect(attempts).to.equal(7)
    await failureOf(patiently(teller, fail('fatal')), StoreError)
    expect(attempts).to.equal(8)
  })

  it('names the rows that a store refuses, and writes the others', async () => {
    const bad = new Set([idOf(3), idOf(7), idOf(8)])
    store.trouble = ({ put }) => (put.some(({ id }) => bad.has(id)) ? new StoreError('fatal', 'not this one') : null)
    const { tally } = await put(rows.slice(0, 20))
    expect(tally).to.include({ added: 17, failed: 3 })
    expect(failed.sort()).to.deep.equal([...bad].sort().map(id => `${id} not this one`))
    expect(await there()).to.deep.equal(sorted(rows.slice(0, 20).filter(({ id }) => !bad.has(id))))
  })

  it('fails where a store refuses everything', async () => {
    store.trouble = () => new StoreError('fatal', 'the disk is broken')
    const { message } = await failureOf(put(rows.slice(0, 5)), StoreError)
    expect(message).to.equal('the disk is broken')
    expect(failed).to.deep.equal([])
  })

  it('compares anew what somebody else has changed meanwhile', async () => {
    await store.inner.commit({ put: [row(1, { version: 5 })] })
    let once = true
    store.trouble = () => {
      // Between comparing and writing.
      if (once) void store.inner.commit({ put: [row(1, { version: 9, zone: 3 }), row(2, { version: 2, zone: 4 })] })
      once = false
      return null
    }
    const given = [row(1, { version: 6, zone: 1 }), row(2)]
    const { tally } = await put(given, putter(true))
    expect(tally).to.deep.equal({ added: 0, equal: 0, newer: 0, older: 2, different: 0, replaced: 2, failed: 0 })
    expect(await there()).to.deep.equal(
      sorted([
        { ...given[0]!, version: 10 },
        { ...given[1]!, version: 3 },
      ]),
    )
  })

  it('brings back rows that the store remembers as deleted, or names them', async () => {
    await clock.advance(1000)
    await store.inner.commit({
      put: [],
      del: [
        { id: idOf(1), version: 500 },
        { id: idOf(2), version: 2000 },
      ],
    })
    const { tally } = await put([row(1), row(2), row(3)])
    expect(tally).to.include({ added: 2, failed: 1 })
    expect(failed).to.have.length(1)
    expect(failed[0]).to.match(new RegExp(`^${idOf(2)} .*deleted`))
    expect(await there()).to.deep.equal(sorted([row(1, { version: 1000 }), row(3)]))
  })
})
