/** The arena runs, small and short: its figures mean nothing then, but moves get through and what is counted adds up. */
import { expect } from 'chai'
import { arena } from '../../bench/net/arena.ts'
import { bare, bareRaw, fieldcast } from '../../bench/net/contestants.ts'

describe('The arena of the benchmarks', () => {
  it('is played by a bare server and by fieldcast, in processes of their own', async () => {
    const contestants = [bare, bareRaw, fieldcast]
    const { rows, goals } = await arena({ contestants, players: 12, rounds: 1, seconds: 0.6 }, () => {})
    expect(rows.map(({ name }) => name)).to.deep.equal(contestants.map(({ name }) => name))
    for (const { figures, name } of rows) {
      expect(figures['seen']!.median, name).to.be.within(60, 130)
      expect(figures['cpu']!.median, name).to.be.above(0)
      // 2 of the player, 8 of its move, and what frames and pings weigh; fieldcast may write less where little has changed.
      expect(figures['bytes']!.median, name).to.be.within(name === fieldcast.name ? 3 : 10, 12)
    }
    expect(goals.map(({ text }) => text)).to.have.length(2)
  })
})
