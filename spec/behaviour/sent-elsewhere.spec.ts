/** A server that sends a client elsewhere in the very moment in which it logs in: from its event `connect`, before the client was told of anything. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry } from 'fieldcast'
import type { Client as Remote } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { idsInView } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends NetworkObject {
  @field(Flags.Broadcast)
  say(): void {}
}

describe('A client that is sent elsewhere at once', () => {
  let world: World<Player>
  afterEach(() => world.stop())
  const start = async (act: (client: Remote) => unknown, snapshotSlice = 2000): Promise<void> => {
    world = await World.start<Player>({
      server: { classes: [Player], avatar: Player, limits: { snapshotSlice } },
      client: { classes: [Player] },
    })
    for (const zone of [0, 5, 7]) for (let i = 0; i < 5; i++) world.server.create(Player, null, { zone })
    world.server.on('connect', ({ client }) => void act(client))
  }

  for (const slice of [2000, 2])
    describe(slice === 2 ? 'in slices' : 'whole', () => {
      it('to another zone is there, and sees that zone alone', async () => {
        await start(client => client.zones.set([5]), slice)
        const ann = await world.join()
        expect([...ann.zones]).to.deep.equal([5])
        expect(idsInView(ann)).to.include.members([ann.avatar.id, 6]).and.to.have.length(6)
      })

      it('with its avatar is there too', async () => {
        await start(client => client.avatar!.enterZone(7), slice)
        const ann = await world.join()
        expect([[...ann.zones], ann.avatar.zone]).to.deep.equal([[7], 7])
        expect(idsInView(ann)).to.have.length(6)
      })

      it('again and again is where it was sent last', async () => {
        await start(client => {
          void client.zones.set([5])
          void client.avatar!.enterZone(7)
          void client.zones.set([0])
          void client.zones.set([])
          void client.zones.add([5])
        }, slice)
        const ann = await world.join()
        await world.settle()
        expect([[...ann.zones], ann.avatar.zone]).to.deep.equal([[5], 7])
      })

      it('and whose avatar is deleted is there without one', async () => {
        await start(client => client.avatar!.delete(), slice)
        const ann = await world.join()
        expect(() => ann.avatar).to.throw('no avatar')
        expect([...ann.zones]).to.deep.equal([0])
      })
    })
})
