/** The store of tests and of worlds that end with their process. */
import { expect } from 'chai'
import { StoreError } from '../../lib/base/errors.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { StoredRow } from '../../lib/stores/store.ts'
import { storeCases } from '../../lib/stores/suite.ts'
import { failureOf } from '../support/outcome.ts'
import { ManualClock } from '../transports/manual-clock.ts'

const id = 'a'.repeat(24)
const row = (version: number): StoredRow => ({
  id,
  class: 'Player',
  version,
  format: 1,
  owner: null,
  zone: 0,
  keys: {},
  fields: '{}',
})

describe('memoryStore', () => {
  const make = () => {
    const store = memoryStore()
    return { store: () => store }
  }
  for (const { title, run } of storeCases(make)) it(title, run)

  it('keeps its rows from one server to the next', async () => {
    const store = memoryStore()
    await store.open()
    await store.commit({ put: [row(1)] })
    await store.close()
    await store.open()
    expect(await store.get([id])).to.deep.equal([row(1)])
  })

  it('is open until every server that opened it has closed it', async () => {
    const store = memoryStore()
    await store.open()
    await store.open()
    await store.close()
    expect(await store.commit({ put: [row(1)] })).to.equal(true)
    await store.close()
    expect((await failureOf(store.get([id]), StoreError)).kind).to.equal('fatal')
  })

  it('forgets a deletion after an hour, not before', async () => {
    const clock = new ManualClock()
    const store = memoryStore({ clock })
    await store.open()
    const other = { id: 'b'.repeat(24), version: 1 }
    await store.commit({ put: [], del: [{ id, version: 5 }] })
    await clock.advance(3_600_000)
    await store.commit({ put: [row(5)], del: [other] })
    expect(await store.get([id])).to.deep.equal([undefined])
    await clock.advance(1)
    await store.commit({ put: [], del: [{ ...other, version: 2 }] })
    await store.commit({ put: [row(5)] })
    expect(await store.get([id])).to.deep.equal([row(5)])
  })
})
