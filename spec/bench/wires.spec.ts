/** The arena runs over the other wires too, small and short: moves get through, and what is written to the sockets is counted. */
import { expect } from 'chai'
import * as who from '../../bench/net/contestants.ts'
import { playMatch } from '../../bench/net/match.ts'

const wires = {
  TCP: [who.bareTcp, who.fieldcastTcp],
  UDP: [who.bareUdp, who.fieldcastUdp],
  WebRTC: [who.bareWebrtc, who.fieldcastWebrtc],
} as const

describe('The wires of the benchmarks', () => {
  for (const [wire, contestants] of Object.entries(wires))
    it(`${wire} is played by a bare server and by fieldcast, in processes of their own`, async () => {
      const match = { contestants, players: 12, readers: 5, world: 2000, rounds: 1, seconds: 0.6 }
      const readings = await playMatch(match, () => {})
      for (const [i, { name }] of contestants.entries()) {
        const { seen, cpu, bytes } = readings[i]![0]!
        expect(seen, name).to.be.within(0.6, 1.3)
        expect(cpu, name).to.be.above(0)
        // 2 of the player, 8 of its move, and the length of the frame: what is counted begins and ends between two frames. fieldcast may write less where little has changed.
        expect(bytes, name).to.be.within(i === 1 ? 3 : 7, 14)
      }
    })
})
