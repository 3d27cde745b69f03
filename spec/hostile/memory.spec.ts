/** What hostile company leaves behind in memory: nothing. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { World } from 'fieldcast/testing'
import { seededRandom } from '../../lib/base/random.ts'
import { Intruder } from '../support/intruder.ts'
import { mutated } from '../support/noise.ts'
import { Siege, siegeClasses, validFrames } from '../support/siege.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const heap = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

describe('Memory', () => {
  it('returns to where it was after 3,000 hostile connections', async function () {
    this.timeout(60_000)
    const siege = await Siege.start(options => World.start(options))
    const random = seededRandom(3)
    const round = async (connections: number): Promise<number> => {
      for (let i = 0; i < connections; i++) {
        const intruder = await Intruder.join(siege.world, siegeClasses)
        const valid = Object.values(validFrames(siege, intruder))
        for (let frames = 0; frames < 8; frames++) intruder.raw.send(mutated(valid, random))
        await siege.heard(intruder.raw)
        intruder.raw.abort()
      }
      // Past every grace time.
      await siege.world.run(60_000)
      siege.world.server.tick()
      siege.violations.length = siege.tent.told.length = 0
      return heap()
    }
    // What is made once, for all, is there after the first. What is left behind is so by each round; what else is on this heap comes and goes.
    const heaps: number[] = []
    for (let rounds = 0; rounds < 4; rounds++) heaps.push(await round(750))
    const growth = heaps.slice(1).map((bytes, i) => bytes - heaps[i]!)
    expect(siege.world.server.clients.size).to.equal(1)
    // A session, a client and its outbox take about 10 kB: one in fifty left behind would show.
    expect(Math.min(...growth), `grew by ${growth.join(', ')}`).to.be.lessThan(150_000)
    await siege.unharmed()
  })
})
