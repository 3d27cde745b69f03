/** Zones whose stored objects come when somebody looks, and go when nobody does. Rule 13 of docs/guarantees.md. */
import { expect } from 'chai'
import type { Client } from 'fieldcast/client'
import { World } from 'fieldcast/testing'
import { Hero } from './game.ts'
import type { TroubledStore } from './trouble.ts'
import { Worlds } from './worlds.ts'

describe('zones of stored objects', () => {
  let worlds: Worlds<Hero>
  let store: TroubledStore

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero], avatar: Hero, zone: null, canWatch: () => true },
      client: { classes: [Hero], avatar: Hero },
    })
    store = worlds.store
  })
  afterEach(() => worlds.end())

  /** A store that holds a hero at home in each of some zones, and nothing in memory. */
  async function fill(...zones: number[]): Promise<string[]> {
    const world = await World.start<Hero>({ server: { classes: [Hero], store }, client: { classes: [Hero] } })
    const heroes = zones.map(zone =>
      world.server.create(Hero, hero => hero.send.setName(`of ${zone}`), { persistent: true, zone }),
    )
    await world.stop()
    return heroes.map(({ storedId }) => storedId!)
  }

  const namesOf = (client: Client<Hero>): string[] =>
    client.objects
      .of(Hero)
      .filter(hero => hero !== client.avatar)
      .map(({ name }) => name)
      .sort()

  it('are loaded whole', async () => {
    await fill(1, 1, 2, ...Array.from({ length: 1200 }, () => 3))
    const world = await worlds.open()
    const loaded = await world.until(world.server.loadZone(1))
    expect(loaded.map(hero => (hero as Hero).name)).to.deep.equal(['of 1', 'of 1'])
    expect(await world.until(world.server.loadZone(1))).to.have.members(loaded)
    expect(await world.until(world.server.loadZone(3))).to.have.length(1200)
    expect(await world.until(world.server.loadZone(9))).to.deep.equal([])
    expect(world.server.objects.size).to.equal(1202)
  })

  it('and objects that are asked for together are read together', async () => {
    const ids = await fill(1, 1, 1, 2, 2)
    const world = await worlds.open()
    const { reads } = store
    const loaded = await world.until(Promise.all(ids.map(id => world.server.load<Hero>(id))))
    expect(loaded.map(hero => hero!.storedId)).to.deep.equal(ids)
    expect(store.reads).to.equal(reads + 1)
  })

  it('wake for the first who watches, and the watching waits for them', async () => {
    await fill(1, 1, 2)
    const world = await worlds.open({ storage: { zones: 'lazy' } })
    const ann = await world.join()
    expect(world.server.objects.size).to.equal(1)
    await world.until(ann.zones.set([1]))
    expect(namesOf(ann)).to.deep.equal(['of 1', 'of 1'])
    const bob = await world.join()
    const { reads } = store
    await world.until(bob.zones.set([1]))
    expect(namesOf(bob)).to.deep.equal(['of 1', 'of 1'])
    expect(store.reads).to.equal(reads)
    await world.until(bob.zones.add([2]))
    expect(namesOf(bob)).to.deep.equal(['of 1', 'of 1', 'of 2'])
  })

  it('wake for an avatar that starts or walks there', async () => {
    await fill(0, 4)
    const world = await worlds.open({ storage: { zones: 'lazy' }, zone: 0 })
    const ann = await world.join()
    expect(namesOf(ann)).to.deep.equal(['of 0'])
    await world.until(world.server.clients.get(ann.id)!.avatar!.enterZone(4))
    await world.settle()
    expect(namesOf(ann)).to.deep.equal(['of 4'])
  })

  it('fall asleep when nobody watches any more, after all is saved, and wake as they were', async () => {
    const [id] = await fill(1)
    const world = await worlds.open({ storage: { zones: 'lazy', unloadMs: 5000 } })
    const ann = await world.join()
    await world.until(ann.zones.set([1]))
    const hero = world.server.objects.of(Hero).find(({ storedId }) => storedId === id)!
    hero.send.moveTo(7, 8)
    await world.until(ann.zones.set([]))
    await world.run(4000)
    await world.until(ann.zones.set([1]))
    await world.run(4000)
    expect(world.server.objects.get(hero.id)).to.equal(hero)
    await world.until(ann.zones.set([]))
    await world.run(6000)
    expect(world.server.objects.get(hero.id)).to.equal(undefined)
    await world.until(ann.zones.set([1]))
    const again = world.server.objects.of(Hero).find(({ storedId }) => storedId === id)!
    expect([again === hero, again.x, again.y, again.name]).to.deep.equal([false, 7, 8, 'of 1'])
    expect(namesOf(ann)).to.deep.equal(['of 1'])
  })

  it('keep what a connected client owns', async () => {
    await fill(1)
    const world = await worlds.open({ storage: { zones: 'lazy', unloadMs: 1000 } })
    const ann = await world.join()
    await world.until(ann.zones.set([1]))
    const hero = world.server.objects.of(Hero).find(({ name }) => name === 'of 1')!
    hero.transferOwner(world.server.clients.get(ann.id)!)
    await world.until(ann.zones.set([]))
    await world.run(5000)
    expect(world.server.objects.get(hero.id)).to.equal(hero)
  })

  it('happen in the order in which they were asked for, however long each takes to load', async () => {
    await fill(1, 2)
    const world = await worlds.open({ storage: { zones: 'lazy' } })
    const ann = await world.join()
    const client = world.server.clients.get(ann.id)!
    await world.until(client.zones.set([2]))
    const first = client.zones.set([1])
    const second = client.zones.set([2])
    const third = client.zones.delete([2])
    await world.until(Promise.all([first, second, third]))
    await world.settle()
    expect([...client.zones]).to.deep.equal([])
    expect(namesOf(ann)).to.deep.equal([])
    await world.until(Promise.all([client.zones.set([1]), client.zones.set([2])]))
    await world.settle()
    expect(namesOf(ann)).to.deep.equal(['of 2'])
  })

  it('take in what walks to them while they sleep', async () => {
    const [id] = await fill(1)
    const world = await worlds.open({ storage: { zones: 'lazy', unloadMs: 1000 } })
    const hero = (await world.until(world.server.load<Hero>(id!)))!
    await hero.enterZone(2)
    const ann = await world.join()
    await world.until(ann.zones.set([1, 2]))
    expect(namesOf(ann)).to.deep.equal(['of 1'])
    expect(world.server.objects.of(Hero).filter(({ storedId }) => storedId === id)).to.deep.equal([hero])
  })

  it('wait for a store that is away', async () => {
    await fill(1)
    const world = await worlds.open({ storage: { zones: 'lazy' } })
    const ann = await world.join()
    const errors: unknown[] = []
    world.server.on('error', ({ where }) => errors.push(where))
    store.away = true
    let there = false
    const watching = world.server.clients
      .get(ann.id)!
      .zones.set([1])
      .then(() => (there = true))
    await world.run(20_000)
    expect(there).to.equal(false)
    expect(new Set(errors)).to.deep.equal(new Set(['store']))
    store.away = false
    await world.until(watching)
    expect(namesOf(ann)).to.deep.equal(['of 1'])
  })

  it('let go of a client that leaves while they wake', async () => {
    await fill(1)
    const world = await worlds.open({ storage: { zones: 'lazy', unloadMs: 1000 } })
    const ann = await world.join()
    store.away = true
    world.server.on('error', () => {})
    ann.zones.set([1]).catch(() => {})
    await world.run(1000)
    ann.close()
    await world.run(100)
    store.away = false
    await world.run(20_000)
    expect(world.server.objects.size).to.equal(0)
  })

  it('are sent to before they are awake', async () => {
    const [id] = await fill(1)
    const world = await worlds.open()
    const { reads } = store
    const hero = world.server.stored(Hero, id!)
    expect(store.reads).to.equal(reads)
    hero.send.moveTo(1, 1)
    hero.send.moveTo(2, 2)
    expect(() => hero.send.moveTo(1, 1e9)).to.throw('moveTo')
    const live = (await world.until(hero.load()))!
    expect(live.heard).to.deep.equal(['setName of 1', 'moveTo 1 1', 'moveTo 2 2'])
    expect(store.reads).to.equal(reads + 1)
    const errors: string[] = []
    world.server.on('error', ({ error }) => errors.push((error as Error).message))
    world.server.stored(Hero, '0123456789abcdef01234567').send.wave()
    await world.settle()
    expect(errors).to.have.length(1)
    expect(errors[0]).to.contain('does not exist')
  })
})
