/** Rates with bursts of twice what a second allows. Rule 32 of docs/guarantees.md. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Gauges } from '../../lib/session/gauges.ts'

describe('A session’s gauges', () => {
  it('let twice a second’s calls pass at once, and not one more, whenever that is and whatever the rate', () => {
    const rates = fc.integer({ min: 1, max: 1000 })
    fc.assert(
      fc.property(rates, fc.double({ min: 0, max: 1e9, noNaN: true }), (perSecond, now) => {
        const gauges = new Gauges()
        const place = gauges.open(now)
        for (let i = 0; i < 2 * perSecond; i++) expect(gauges.takeCall(place, perSecond)).to.equal(true)
        expect(gauges.takeCall(place, perSecond)).to.equal(false)
      }),
      { numRuns: 200 },
    )
  })

  it('save up what was not used, up to the burst, and refuse without taking', () => {
    const gauges = new Gauges()
    const place = gauges.open(0)
    expect(gauges.takeBytes(place, 2000, 1000)).to.equal(true)
    expect(gauges.takeBytes(place, 1, 1000)).to.equal(false)
    gauges.hear(place, 500)
    expect(gauges.takeBytes(place, 501, 1000)).to.equal(false)
    expect(gauges.takeBytes(place, 500, 1000)).to.equal(true)
    gauges.hear(place, 1e9)
    expect(gauges.takeBytes(place, 2000, 1000)).to.equal(true)
    expect(gauges.takeBytes(place, 1, 1000)).to.equal(false)
  })

  it('let more than a burst pass where nothing is owed, and have it waited off', () => {
    const gauges = new Gauges()
    const place = gauges.open(0)
    expect(gauges.takeBytes(place, 5000, 1000)).to.equal(true)
    gauges.hear(place, 2999)
    expect(gauges.takeBytes(place, 1, 1000)).to.equal(false)
    gauges.hear(place, 3002)
    expect(gauges.takeBytes(place, 1, 1000)).to.equal(true)
  })

  it('let nothing pass at a rate of 0', () => {
    const gauges = new Gauges()
    expect(gauges.takeCall(gauges.open(0), 0)).to.equal(false)
  })

  it('keep sessions apart, also in a place that another had', () => {
    const gauges = new Gauges()
    const places = Array.from({ length: 100 }, (_, i) => gauges.open(i))
    expect(new Set(places).size).to.equal(100)
    for (const [i, place] of places.entries()) expect(gauges.heardAt(place)).to.equal(i)
    const [first] = places
    expect(gauges.takeBytes(first!, 2000, 1000)).to.equal(true)
    expect(gauges.takeBytes(places[1]!, 2000, 1000)).to.equal(true)
    gauges.close(first!)
    const again = gauges.open(7)
    expect(again).to.equal(first)
    expect(gauges.takeBytes(again, 2000, 1000)).to.equal(true)
  })
})
