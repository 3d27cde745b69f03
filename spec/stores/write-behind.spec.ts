/** Commits that are made ready while the one before is under way: in order, whatever becomes of that. Rule 12 of docs/guarantees.md. */
import { expect } from 'chai'
import { StoreError } from 'fieldcast/server'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { StoredRecord } from '../../lib/stores/persister/record.ts'
import { WriteBehind } from '../../lib/stores/persister/write-behind.ts'
import type { Commit } from '../../lib/stores/store.ts'
import { failureOf } from '../support/outcome.ts'
import { TroubledStore } from './trouble.ts'

const idOf = (n: number): string => n.toString(16).padStart(24, '0')

describe('A commit that is made ready while another is under way', () => {
  let clock: VirtualClock
  let store: TroubledStore
  let queue: WriteBehind
  /** What the fields of each record say, by id, and whose were read. */
  let values: Map<string, number>
  let encoded: number[]
  let refused: number[]

  beforeEach(async () => {
    clock = new VirtualClock()
    store = new TroubledStore(memoryStore(), { batch: 2 })
    await store.open()
    values = new Map()
    encoded = []
    refused = []
    queue = new WriteBehind({
      store,
      clock,
      fence: { shard: 'main', epoch: 1 },
      gapMs: 0,
      encode: ({ id, version }) => {
        const value = values.get(id)
        if (value === undefined) throw new Error('what is that')
        encoded.push(Number.parseInt(id, 16))
        return { id, class: 'Hero', version, format: 1, owner: null, zone: null, keys: {}, fields: `{"v":[${value}]}` }
      },
      tell: {
        failing() {},
        working() {},
        fenced() {},
        refused: ({ id }) => refused.push(Number.parseInt(id, 16)),
        committed() {},
      },
    })
  })
  afterEach(() => store.close())

  const made = (count: number): StoredRecord[] => Array.from({ length: count }, (_, n) => new StoredRecord(idOf(n + 1)))

  function change(record: StoredRecord, value: number): void {
    values.set(record.id, value)
    queue.add(record)
  }

  /** Four records in two commits: the first is held, the second ready. */
  async function underWay(): Promise<StoredRecord[]> {
    const records = made(4)
    store.held = true
    for (const record of records) change(record, 1)
    await clock.advance(10)
    return records
  }

  const sent = (): number[][] => store.commits.map(({ put }) => put.map(({ id }) => Number.parseInt(id, 16)))
  const valueOf = async (record: StoredRecord): Promise<unknown> => (await store.fields(record.id))?.v

  it('is encoded then, and sent when that one has landed', async () => {
    const [first, , third] = await underWay()
    expect([encoded, sent(), queue.waiting]).to.deep.equal([[1, 2, 3, 4], [[1, 2]], 4])
    const order: string[] = []
    const saved = [first!, third!].map((record, n) => queue.saved(record).then(() => order.push(`${n}`)))
    store.release()
    await Promise.all(saved)
    expect([order, sent(), queue.waiting]).to.deep.equal([
      ['0', '1'],
      [
        [1, 2],
        [3, 4],
      ],
      0,
    ])
  })

  it('waits until that one, which fails, has been taken, sent again as it was', async () => {
    await underWay()
    store.down()
    store.release()
    await clock.advance(2000)
    const attempts = store.commits.length
    expect(attempts).to.be.above(2)
    expect(new Set(sent().map(String))).to.deep.equal(new Set(['1,2']))
    store.up()
    await clock.advance(5000)
    expect(sent().slice(attempts)).to.deep.equal([
      [1, 2],
      [3, 4],
    ])
    const versions = (n: number): number[] => (store.commits[n] as Commit).put.map(({ version }) => version)
    expect(versions(attempts)).to.deep.equal(versions(0))
    expect(queue.waiting).to.equal(0)
  })

  it('has a later state of what changes again, and whoever waits for that hears of it then', async () => {
    const [first, second, third, fourth] = await underWay()
    // Both are in a commit that is ready, behind the one that they wait in.
    store.release()
    await queue.saved(fourth!)
    store.held = true
    for (const record of [first!, second!]) change(record, 2)
    await clock.advance(10)
    for (const record of [first!, third!]) change(record, 3)
    await clock.advance(10)
    expect(queue.waiting).to.equal(3)
    change(first!, 4)
    let told = false
    const saved = queue.saved(first!).then(() => {
      told = true
    })
    expect(queue.waiting).to.equal(3)
    store.release()
    await queue.saved(third!)
    expect([told, await valueOf(third!)]).to.deep.equal([false, [3]])
    await saved
    const versions = store.commits
      .flatMap(({ put }) => put.filter(({ id }) => id === first!.id))
      .map(row => row.version)
    expect(versions).to.have.length(4)
    expect(versions).to.deep.equal([...new Set(versions)].sort((a, b) => a - b))
    expect(await Promise.all([first!, second!].map(valueOf))).to.deep.equal([[4], [2]])
    expect([first!, second!, third!].every(record => record.isSaved)).to.equal(true)
  })

  it('brings what was refused in that one, where its later state is taken', async () => {
    const [first, second, third] = made(3)
    for (const record of [first!, second!, third!]) change(record, 1)
    await clock.advance(10)
    store.held = true
    for (const record of [first!, second!]) change(record, 2)
    const before = queue.saved(first!)
    await clock.advance(10)
    for (const record of [first!, third!]) change(record, 3)
    await clock.advance(10)
    store.trouble = ({ put }) =>
      put.some(({ id, fields }) => id === first!.id && fields === '{"v":[2]}') ? new StoreError('fatal', 'no') : null
    store.release()
    expect((await failureOf(before, StoreError)).kind).to.equal('fatal')
    await queue.flushed()
    expect(refused).to.deep.equal([1])
    expect(await Promise.all([first!, second!, third!].map(valueOf))).to.deep.equal([[3], [2], [3]])
    expect([first!.isSaved, queue.waiting]).to.deep.equal([true, 0])
  })

  it('goes without what has no stored form, whose last state that was taken stays', async () => {
    const [first, second, third] = made(3)
    for (const record of [first!, second!]) change(record, 1)
    store.held = true
    await clock.advance(10)
    change(third!, 1)
    queue.add(first!)
    values.delete(first!.id)
    const waits = failureOf(queue.saved(first!), StoreError)
    await clock.advance(10)
    expect((await waits).kind).to.equal('fatal')
    const flushed = queue.flushed()
    store.release()
    await flushed
    expect(await Promise.all([first!, second!, third!].map(valueOf))).to.deep.equal([[1], [1], [1]])
    expect([refused, first!.isSaved]).to.deep.equal([[1], false])
  })

  it('is never sent where that one finds the shard taken: all who wait hear so', async () => {
    const records = await underWay()
    const waits = records.map(record => failureOf(queue.saved(record), StoreError))
    await store.inner.claim('main', 2)
    store.release()
    for (const error of await Promise.all(waits)) expect(error.kind).to.equal('fenced')
    await clock.advance(10_000)
    expect(sent()).to.deep.equal([[1, 2]])
    expect(records.some(record => record.isSaved)).to.equal(false)
  })

  it('is written too before the queue is drained', async () => {
    const records = await underWay()
    const drained = queue.drain()
    store.release()
    await drained
    expect(sent()).to.have.length(2)
    expect(records.every(record => record.isSaved)).to.equal(true)
  })
})
