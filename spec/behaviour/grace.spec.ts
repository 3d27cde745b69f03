/** What is remembered for a grace time: as long as that, no longer, and no more than so many. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Grace } from '../../lib/replication/authority/grace.ts'

describe('A grace time', () => {
  it('remembers ids for so long, the newest of so many', () => {
    const steps = fc.array(fc.record({ id: fc.integer({ min: 1, max: 12 }), later: fc.integer({ min: 0, max: 4 }) }))
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 6 }), (steps, size) => {
        const ms = 10
        const grace = new Grace(ms, size)
        const model: { id: number; until: number }[] = []
        let now = 0
        for (const { id, later } of steps) {
          now += later
          const known = model.findIndex(entry => entry.id === id)
          if (known >= 0) model.splice(known, 1)
          model.push({ id, until: now + ms })
          if (model.length > size) model.shift()
          grace.remember(id, now)
          for (let other = 0; other <= 13; other++)
            for (const at of [now, now + 3, now + ms])
              expect(grace.has(other, at)).to.equal(model.some(entry => entry.id === other && entry.until > at))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('takes an id that is remembered again at the same time for the newest', () => {
    const grace = new Grace(10, 2)
    for (const id of [2, 3, 2, 1]) grace.remember(id, 0)
    expect([1, 2, 3].filter(id => grace.has(id, 0))).to.deep.equal([1, 2])
  })

  it('of nothing forgets at once', () => {
    const grace = new Grace(0)
    grace.remember(1, 5)
    grace.remember(1, 5)
    expect(grace.has(1, 5)).to.equal(false)
    grace.remember(2, 6)
    expect(grace.has(2, 6)).to.equal(false)
  })
})
