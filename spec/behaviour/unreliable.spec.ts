/** Unreliable calls in a program of their own: what a client loads late is loaded once per process, by whoever needs it first. */
import { expect } from 'chai'
import { start, stopAll } from '../support/process.ts'

describe('A game with Unreliable calls and no Latest ones', () => {
  afterEach(stopAll)

  it('hears them', async () => {
    const program = start('spec/support/unreliable-alone.ts')
    expect(await program.ended).to.equal(0)
    expect(program.lines).to.deep.equal(['spark 7', 'closed: normal'])
  })
})
