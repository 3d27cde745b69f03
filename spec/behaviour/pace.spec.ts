/** When things leave with `tickRate: 0`: at once, and then at least `flushGapMs` apart. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, UsageError, type uint16 } from 'fieldcast'
import { createServer } from 'fieldcast/server'
import { World } from 'fieldcast/testing'

const registry = new Registry()

@networkClass(10, { registry })
class Bell extends NetworkObject {
  @field(Flags.Broadcast)
  ring(_n: uint16): void {}
}

describe('A server with tickRate: 0', () => {
  let world: World

  async function start(flushGapMs?: number): Promise<{ bell: Bell; times: () => number[] }> {
    const server = { classes: [Bell], tickRate: 0, ...(flushGapMs === undefined ? {} : { flushGapMs }) }
    world = await World.start({ server, client: { classes: [Bell] }, trace: true })
    await world.join()
    const bell = world.server.create(Bell, null, { zone: 0 })
    await world.run(100)
    const [from, start] = [world.trace.length, world.clock.now()]
    const times = (): number[] =>
      world.trace.slice(from).flatMap(({ at, to }) => (to === 'client' ? [Math.round((at - start) * 10) / 10] : []))
    return { bell, times }
  }
  afterEach(() => world.stop())

  it('sends the first call after a pause at once, and what comes within the gap together at its end', async () => {
    const { bell, times } = await start(10)
    for (let n = 0; n < 25; n++) {
      bell.send.ring(n)
      await world.run(1)
    }
    await world.run(50)
    expect(times()).to.deep.equal([0, 10, 20, 30])
  })

  it('keeps 2 ms where nothing else is said', async () => {
    const { bell, times } = await start()
    for (let n = 0; n < 8; n++) {
      bell.send.ring(n)
      await world.run(0.5)
    }
    await world.run(50)
    // Platforms' timers know whole milliseconds: rather late than early.
    expect(times()).to.deep.equal([0, 2.5, 4.5])
  })

  it('sends after every turn where the gap is 0', async () => {
    const { bell, times } = await start(0)
    for (let n = 0; n < 3; n++) {
      bell.send.ring(n)
      bell.send.ring(n)
      await world.run(1)
    }
    expect(times()).to.deep.equal([0, 1, 2])
  })

  it('keeps the gap after a tick() of the game’s own', async () => {
    const { bell, times } = await start(10)
    bell.send.ring(1)
    world.server.tick()
    bell.send.ring(2)
    await world.run(50)
    expect(times()).to.deep.equal([0, 10])
  })

  it('leaves no timer behind when it stops', async () => {
    const { bell } = await start(10)
    bell.send.ring(1)
    await world.run(1)
    bell.send.ring(2)
    await world.server.stop()
    const sent = world.trace.length
    await world.run(100)
    expect(world.trace.length).to.equal(sent)
  })

  it('refuses a gap that is none', () => {
    for (const flushGapMs of [-1, Number.NaN, 1001])
      expect(() => createServer({ classes: [Bell], tickRate: 0, flushGapMs })).to.throw(
        UsageError,
        /flushGapMs is 0 to 1000 ms/,
      )
  })
})
