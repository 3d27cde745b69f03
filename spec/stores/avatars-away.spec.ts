/** Stored avatars whose clients are away: they wait in the store, and no zone brings them. Rule 13 of docs/guarantees.md. */
import { expect } from 'chai'
import type { Client } from 'fieldcast/client'
import type { World } from 'fieldcast/testing'
import { Hero } from './game.ts'
import { Worlds } from './worlds.ts'

const id = 'a'.repeat(24)

describe('The stored avatar of a client that is away', () => {
  let worlds: Worlds<Hero>

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: {
        classes: [Hero],
        avatar: Hero,
        zone: 4,
        canWatch: () => true,
        login: (name: string) => (name === 'ann' ? { id: 'ann', avatar: id } : { id: name }),
      },
      client: { classes: [Hero], avatar: Hero },
    })
  })
  afterEach(() => worlds.end())

  /** Ann has been here, in zone 7 at last. */
  async function visit(world: World<Hero>): Promise<void> {
    const ann = await world.join('ann')
    ann.avatar.send.setName('ann')
    await world.until(world.server.clients.get(ann.id)!.avatar!.enterZone(7))
    await world.settle()
    ann.close()
    await world.settle()
  }

  const storedIds = (client: Client<Hero>): (string | null)[] => client.objects.of(Hero).map(({ storedId }) => storedId)

  it('does not come with its zone, loaded or lazy', async () => {
    const first = await worlds.open()
    await visit(first)
    expect(await first.until(first.server.loadZone(7))).to.deep.equal([])
    expect(await first.until(first.server.find(Hero, {}, { zone: 7 }))).to.deep.equal([])
    const second = await worlds.restart(first, { storage: { zones: 'lazy' } })
    const bob = await second.join('bob')
    await second.until(bob.zones.set([7]))
    expect(storedIds(bob)).to.not.include(id)
  })

  it('comes with its client, to where it was', async () => {
    const world = await worlds.open()
    await visit(world)
    const next = await worlds.restart(world)
    const [found] = await next.until(next.server.find(Hero, { name: 'ann' }))
    expect([found!.id, found!.zone, found!.owner]).to.deep.equal([id, 7, 'ann'])
    expect((await next.until(next.server.store.read(id)))!.zone).to.equal(7)
    const ann = await next.join('ann')
    expect([ann.avatar.storedId, ann.avatar.zone, ann.avatar.name]).to.deep.equal([id, 7, 'ann'])
  })

  it('is given to its client where the game has loaded it meanwhile', async () => {
    const world = await worlds.open()
    await visit(world)
    const loaded = (await world.until(world.server.load<Hero>(id)))!
    loaded.send.setGold(5)
    expect(loaded.zone).to.equal(7)
    const ann = await world.join('ann')
    expect([ann.avatar.storedId, ann.avatar.gold, ann.avatar.zone]).to.deep.equal([id, 5, 7])
    expect(world.server.objects.of(Hero).filter(({ storedId }) => storedId === id)).to.have.length(1)
    expect(world.server.objects.get(loaded.id)).to.equal(undefined)
  })

  it('stays an avatar when the store changes it, and becomes one of an object that was none', async () => {
    const world = await worlds.open()
    const other = world.server.create(Hero, hero => hero.send.setName('npc'), { persistent: true, zone: 7 })
    await world.until(world.server.unload(other))
    await visit(world)
    await world.until(world.server.store.update(id, { setGold: [9] }))
    expect((await world.until(world.server.loadZone(7))).map(({ storedId }) => storedId)).to.deep.equal([
      other.storedId,
    ])
    const next = await worlds.restart(world, {
      login: () => ({ id: 'npc', avatar: other.storedId! }),
    })
    const npc = await next.join('npc')
    expect([npc.avatar.storedId, npc.avatar.zone, npc.avatar.name]).to.deep.equal([other.storedId, 7, 'npc'])
    npc.close()
    await next.settle()
    expect(await next.until(next.server.loadZone(7))).to.deep.equal([])
  })
})
