/** What a tick allocates is for what has changed: nothing for each client that receives it, nothing for each object that does not move. */
import { expect } from 'chai'
import type { Allocations } from '../../bench/local/allocations.ts'
import { onlyRound } from '../../bench/local/contestant.ts'
import { quietHeap } from '../../bench/local/heap.ts'

const allocations = new URL('../../bench/local/allocations.ts', import.meta.url).href
const idle = 20_000

for (const kind of ['plain', 'latest'] as const) {
  describe(`A tick with calls of a ${kind} field`, () => {
    let measured: Allocations

    before(async function () {
      this.timeout(60_000)
      measured = await onlyRound<Allocations>(allocations, { kind, idle }, quietHeap)
    })

    it('allocates nothing per receiver', () => {
      // One object each would be 16 at the least; what is measured of nothing stays below 3.
      expect(measured.perReceiver).to.be.below(8)
    })

    it('allocates nothing per idle object in the same zone', () => {
      expect(measured.perIdle).to.be.below(0.1)
    })

    it('visits no idle object', () => {
      const [without, beside] = measured.steps
      expect(beside).to.equal(without)
      // Each receiver is one.
      expect(without).to.be.at.least(200)
    })

    it('allocates something, or nothing would be measured', () => {
      expect(measured.perTick).to.be.above(100)
    })
  })
}
