/** Silence on a network wire. Rule 31 of docs/guarantees.md. */
import { expect } from 'chai'
import { NetworkObject, networkClass, Registry } from 'fieldcast'
import { World } from 'fieldcast/testing'

const registry = new Registry()

@networkClass(10, { registry })
class Rock extends NetworkObject {}

describe('A quiet connection', () => {
  for (const heartbeatMs of [5000, 0]) {
    it(`holds for an hour with the server's heartbeat ${heartbeatMs ? 'on' : 'off'}: the client asks as well`, async () => {
      const world = await World.start({
        server: { classes: [Rock], avatar: Rock, limits: { heartbeatMs } },
        client: { classes: [Rock] },
        latency: 50,
      })
      const ann = await world.join()
      await world.run(3_600_000)
      expect(ann.connected).to.equal(true)
      expect(world.server.clients.size).to.equal(1)
      expect(ann.latency).to.equal(100)
      await world.stop()
    })
  }

  it('tells the client what the server’s clock says', async () => {
    const world = await World.start({
      server: { classes: [Rock], avatar: Rock },
      client: { classes: [Rock] },
      latency: 50,
    })
    const ann = await world.join()
    await world.run(60_000)
    expect(ann.serverTime).to.equal(world.server.time)
    expect(world.server.time).to.be.at.least(60_000)
    await world.stop()
  })
})
