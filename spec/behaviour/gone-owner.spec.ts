/** What is kept for a client that has gone costs nothing while it is away. Rule 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, type uint32 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import type { RemoteClient } from '../../lib/replication/authority/client.ts'
import { goesAtOnce } from '../support/departure.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry, onOwnerGone: 'keep' })
class House extends NetworkObject {
  @field(Flags.Broadcast)
  ring(_n: uint32): void {}
}

describe('An object that is kept for an owner who has gone', () => {
  it('gathers nothing for it', async () => {
    const world = await World.start({ server: { classes: [House], ...goesAtOnce }, client: { classes: [House] } })
    const client = await world.join()
    const owner = onServer(world, client) as unknown as RemoteClient
    const house = world.server.create(House, null, { zone: 5, owner })
    await world.settle()
    await world.cut(client)
    for (let n = 0; n < 1000; n++) house.send.ring(n)
    await world.settle()
    for (let n = 0; n < 1000; n++) house.send.ring(n)
    expect(owner.outbox.personal().position).to.equal(0)
    expect(house.owner).to.equal(owner)
    await world.stop()
  })
})
