/** Latest calls that a client is told later than others, or once more: after a loss, over another wire, or when they have been quiet. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type uint16 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import type { Dialer, Listener } from '../../lib/link/transport.ts'
import { memory } from '../../transports/memory.ts'
import { fatedWire } from '../support/datagrams.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest)
  aim(n: uint16): void {
    this.note('aim', n)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.RAM)
  place(n: uint16): void {
    this.note('place', n)
  }
}

const sides = { server: { classes: [Player], avatar: Player }, client: { classes: [Player] } }

describe('A Latest call that a client is owed', () => {
  let world: World<Player>
  afterEach(() => world.stop())

  it('reaches one that was lost on a wire without datagrams and comes back by one with them, though all of these are lost', async () => {
    let isLoose = false
    world = await World.start<Player>({
      ...sides,
      wire: (clock): Listener & Dialer => {
        const plain = memory({ clock })
        const loose = fatedWire(clock, ({ toServer, pass }) => {
          if (toServer) pass()
        })
        return {
          async listen(...listening) {
            await loose.listen(...listening)
            return plain.listen(...listening)
          },
          close: async () => void (await Promise.all([plain.close(), loose.close()])),
          dial: (...dialing) => (isLoose ? loose : plain).dial(...dialing),
        }
      },
    })
    const [ann, bob] = [await world.join(), await world.join()]
    await world.settle()
    const bobAtAnn = sightOf(ann, originalOf(world, bob.avatar))
    await world.lose(ann)
    bob.avatar.send.aim(7)
    bob.avatar.send.place(8)
    await world.settle()
    await world.run(1000)
    isLoose = true
    await world.restore(ann)
    for (let i = 0; i < 10; i++) {
      await world.run(200)
      await world.settle()
    }
    expect(bobAtAnn.heard).to.deep.equal([
      ['aim', 7],
      ['place', 8],
    ])
  })

  it('is owed no more when the object has left its view, though the object comes again', async () => {
    world = await World.start<Player>(sides)
    const [ann, bob] = [await world.join(), await world.join()]
    const avatar = originalOf(world, bob.avatar)
    await world.lose(ann)
    avatar.send.aim(7)
    avatar.send.place(8)
    await world.settle()
    for (const zone of [1, 0]) {
      void avatar.enterZone(zone)
      await world.settle()
    }
    await world.restore(ann)
    await world.settle()
    expect(sightOf(ann, avatar).heard).to.deep.equal([['place', 8]])
  })

  it('is owed no more to an owner that does not own the object any more, nor sees it', async () => {
    world = await World.start<Player>(sides)
    const ann = await world.join()
    const remote = onServer(world, ann)
    const thing = world.server.create(Player, null, { zone: 5, owner: remote })
    await watch(world, ann, 0, 5)
    await world.lose(ann)
    thing.send.aim(7)
    await world.settle()
    void remote.zones.delete(5)
    thing.transferOwner(null)
    await world.settle()
    thing.transferOwner(remote)
    await world.restore(ann)
    await world.settle()
    expect(sightOf(ann, thing).heard).to.deep.equal([])
  })

  it('is owed no more when it was told a newer one by itself, as an owner is that does not watch', async () => {
    world = await World.start<Player>({ ...sides, datagrams: true })
    const ann = await world.join()
    const avatar = originalOf(world, ann.avatar)
    avatar.send.aim(7)
    await world.settle()
    await world.lose(ann)
    void onServer(world, ann).zones.set([5])
    avatar.send.aim(8)
    await world.settle()
    await world.restore(ann)
    await world.settle()
    expect(ann.avatar.heard.at(-1)).to.deep.equal(['aim', 8])
  })

  it('… or as somebody to whom alone the server has sent', async () => {
    world = await World.start<Player>(sides)
    const [ann, bob] = [await world.join(), await world.join()]
    const avatar = originalOf(world, bob.avatar)
    await world.lose(ann)
    avatar.send.aim(7)
    await world.settle()
    avatar.sendTo(onServer(world, ann)).aim(8)
    await world.settle()
    await world.restore(ann)
    await world.settle()
    expect(sightOf(ann, avatar).heard.at(-1)).to.deep.equal(['aim', 8])
  })

  for (const what of ['moves with it', 'stays behind'])
    it(`and may have been lost reaches an owner that leaves the zone, where the object ${what}`, async () => {
      world = await World.start<Player>({
        ...sides,
        wire: clock =>
          fatedWire(clock, ({ toServer, pass }) => {
            if (toServer) pass()
          }),
      })
      const ann = await world.join()
      const avatar = originalOf(world, ann.avatar)
      avatar.send.aim(7)
      await world.settle()
      if (what === 'moves with it') void avatar.enterZone(5)
      else void onServer(world, ann).zones.set([5])
      for (let i = 0; i < 10; i++) {
        await world.settle()
        await world.run(100)
      }
      expect(ann.avatar.heard).to.deep.equal([['aim', 7]])
    })

  it('and confirmed when it has been quiet is nothing to who begins to watch in that very flush', async () => {
    world = await World.start<Player>({ ...sides, datagrams: true })
    const [ann, bob] = [await world.join(), await world.join()]
    const thing = world.server.create(Player, null, { zone: 5 })
    const dropped: string[] = []
    bob.on('dropped', ({ field: name, why }) => dropped.push(`${name} ${why}`))
    await watch(world, ann, 5)
    thing.send.aim(7)
    await world.settle()
    await world.run(300)
    await watch(world, bob, 5)
    expect(sightOf(ann, thing).heard).to.deep.equal([['aim', 7]])
    expect(sightOf(bob, thing).heard).to.deep.equal([])
    expect(dropped).to.deep.equal([])
  })
})
