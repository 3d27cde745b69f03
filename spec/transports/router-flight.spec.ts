/** What is under way to each player is counted exactly, with one mark at a time for all of them. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Flight, Marks } from '../../transports/router/flight.ts'

/** The same with a list of all that was sent. */
class Model {
  readonly sent: { player: number; bytes: number }[] = []
  /** How many of them stood before the open mark. */
  mark: number | null = null
  read = 0

  bytes(player: number): number {
    return this.sent.slice(this.read).reduce((sum, sent) => sum + (sent.player === player ? sent.bytes : 0), 0)
  }
}

describe('the count of what is under way', () => {
  it('is that of a list of all that was sent and not read, whenever marks are set and answered', () => {
    const step = fc.oneof(
      fc.record({ player: fc.nat(3), bytes: fc.nat(100) }),
      fc.constant('mark' as const),
      fc.constant('answer' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), steps => {
        const marks = new Marks()
        const flights = [0, 1, 2, 3].map(() => new Flight(marks))
        const model = new Model()
        for (const each of steps) {
          if (each === 'mark') {
            const may = model.mark === null && model.sent.length > model.read
            expect(marks.take()).to.equal(may)
            if (may) model.mark = model.sent.length
          } else if (each === 'answer') {
            expect(marks.answer()).to.equal(model.mark !== null)
            model.read = model.mark ?? model.read
            model.mark = null
          } else {
            marks.note()
            flights[each.player]!.add(each.bytes)
            model.sent.push(each)
          }
          expect(flights.map(flight => flight.bytes)).to.deep.equal(flights.map((_, player) => model.bytes(player)))
        }
      }),
      { numRuns: 500 },
    )
  })
})
