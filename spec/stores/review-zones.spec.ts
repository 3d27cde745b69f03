/** Zones that wake while other things happen: to the store, to their objects, to those who wait for them. Rule 13 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, type str } from 'fieldcast'
import { type Account, StoreError, UsageError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import type { Page, StoreQuery } from '../../lib/stores/store.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { Hero } from './game.ts'
import { TroubledStore } from './trouble.ts'
import { Worlds } from './worlds.ts'

/** Whose queries can be held back, or refused. */
class QueriedStore extends TroubledStore {
  gate: Gate | null = null
  refusal: StoreError | null = null

  override async query(query: StoreQuery): Promise<Page> {
    await this.gate?.passed
    if (this.refusal) throw this.refusal
    return super.query(query)
  }
}

describe('A zone of stored objects', () => {
  let worlds: Worlds<Hero>
  let store: QueriedStore
  const annsId = 'a'.repeat(24)
  let account: Account

  beforeEach(() => {
    account = { id: 'ann' }
    store = new QueriedStore()
    worlds = new Worlds<Hero>(
      {
        server: {
          classes: [Hero],
          avatar: Hero,
          zone: null,
          canWatch: () => true,
          login: () => account,
          storage: { zones: 'lazy', unloadMs: 5000 },
        },
        client: { classes: [Hero], avatar: Hero },
      },
      store,
    )
  })
  afterEach(async () => {
    store.refusal = null
    store.gate?.open()
    await worlds.end()
  })

  /** A server with a hero at home in zone 1, who is in the store alone. */
  async function begin(): Promise<{ world: World<Hero>; id: string }> {
    const world = await worlds.open()
    const hero = world.server.create(Hero, hero => hero.send.setName('bob'), { persistent: true, zone: 1 })
    await world.until(world.server.unload(hero))
    return { world, id: hero.storedId! }
  }

  const fatal = (): StoreError => new StoreError('fatal', 'no such table')
  const inGame = (world: World<Hero>, id: string): Hero | undefined =>
    world.server.objects.of(Hero).find(({ storedId }) => storedId === id)

  it('that cannot be read is an error to who wished for it, ends no process, and is tried again with the next wish', async () => {
    const { world, id } = await begin()
    const errors = record(world.server, 'error')
    const client = await world.join()
    const ann = world.server.clients.get(client.id)!
    store.refusal = fatal()
    // Nobody awaits this.
    void ann.avatar!.enterZone(1)
    await world.settle()
    void ann.zones.set([1])
    await world.settle()
    const refused = client.zones.set([1])
    expect((await failureOf(world.until(refused), Error)).message).to.contain('error')
    expect(new Set(errors.map(({ where }) => where))).to.include('store')
    store.refusal = null
    await world.until(ann.zones.set([1]))
    expect([...ann.zones]).to.deep.equal([1])
    expect(inGame(world, id)).to.not.equal(undefined)
    await world.until(client.zones.set([1, 2]))
  })

  it('that cannot be read refuses the login of who starts there, and not the next one', async () => {
    const { world } = await begin()
    record(world.server, 'error')
    account = { id: 'ann', avatar: annsId, zone: 1 }
    store.refusal = fatal()
    await failureOf(world.join(), Error)
    expect(world.server.objects.size).to.equal(0)
    store.refusal = null
    const client = await world.join()
    expect([client.avatar.storedId, client.avatar.zone]).to.deep.equal([annsId, 1])
  })

  it('is told of as awake when its objects are there, and not before', async () => {
    const { world } = await begin()
    const client = await world.join()
    store.gate = new Gate()
    let told = false
    const wish = client.zones.set([1]).then(() => {
      told = true
    })
    await world.run(2000)
    expect(told).to.equal(false)
    store.gate.open()
    await world.until(wish)
    expect(client.objects.of(Hero).map(({ name }) => name)).to.include('bob')
  })

  it('leaves the game so long after the last has left, however many came before', async () => {
    const { world, id } = await begin()
    const ann = world.server.clients.get((await world.join()).id)!
    for (let visit = 0; visit < 3; visit++) {
      await world.until(ann.zones.set([1]))
      await world.run(1000)
      await world.until(ann.zones.set([]))
      await world.run(3000)
    }
    // 3 s since the last has left, and more than 5 since the first.
    expect(inGame(world, id)).to.not.equal(undefined)
    await world.run(3000)
    expect(inGame(world, id)).to.equal(undefined)
  })

  it('leaves the game also where its objects move in and out all the time', async () => {
    const { world, id } = await begin()
    const ann = world.server.clients.get((await world.join()).id)!
    await world.until(ann.zones.set([1]))
    const walker = world.server.create(Hero, null, { zone: 1 })
    await world.until(ann.zones.set([]))
    for (let step = 0; step < 8; step++) {
      await walker.enterZone(step % 2 === 0 ? 2 : 1)
      await world.run(1000)
    }
    expect(inGame(world, id)).to.equal(undefined)
  })

  it('has what has moved there and left the game, though that is not stored yet', async () => {
    const { world, id } = await begin()
    const client = await world.join()
    const hero = (await world.until(world.server.load<Hero>(id)))!
    await world.until(hero.saved())
    await world.run(1000)
    store.held = true
    await hero.enterZone(9)
    const unloaded = world.server.unload(hero)
    const watching = client.zones.set([9])
    await world.settle()
    store.release()
    await world.until(Promise.all([unloaded, watching]))
    expect(client.objects.of(Hero).map(({ storedId }) => storedId)).to.include(id)
  })

  it('is not loaded while too much waits for the store', async () => {
    const { world } = await begin()
    await worlds.shut(world)
    const full = await worlds.open({ storage: { zones: 'manual', dirtyLimit: 2 } })
    record(full.server, 'store')
    store.down()
    for (let i = 0; i < 2; i++) full.server.create(Hero, null, { persistent: true })
    const error = await failureOf(full.until(full.server.loadZone(1)), StoreError)
    expect(error).to.include({ kind: 'retryable' })
    store.up()
    await full.run(1000)
    expect(await full.until(full.server.loadZone(1))).to.have.length(1)
  })

  it('is not loaded for the wishes of a client that has gone', async () => {
    const { world, id } = await begin()
    const client = await world.join()
    const ann = world.server.clients.get(client.id)!
    store.gate = new Gate()
    const { reads } = store
    const wishes = [1, 2, 3].map(zone => ann.zones.set([zone]))
    await world.settle()
    client.close()
    await world.settle()
    wishes.push(ann.zones.set([4]))
    store.gate.open()
    await world.until(Promise.all(wishes))
    await world.settle()
    // That of the first was on its way.
    expect(store.reads - reads).to.be.at.most(2)
    await world.run(6000)
    expect([inGame(world, id), world.server.objects.size]).to.deep.equal([undefined, 0])
  })

  it('forgets what a connected client owned when that has gone, and nobody watches', async () => {
    const { world, id } = await begin()
    const client = await world.join()
    const ann = world.server.clients.get(client.id)!
    await world.until(ann.zones.set([1]))
    inGame(world, id)!.transferOwner(ann)
    await world.until(ann.zones.set([]))
    await world.run(6000)
    expect(inGame(world, id)).to.not.equal(undefined)
    client.close()
    await world.run(6000)
    expect(inGame(world, id)).to.equal(undefined)
  })
})

const registry = new Registry()

@networkClass(1, { registry })
class Friend extends NetworkObject {
  name = ''
  met: string | null = null

  @field(Flags.Broadcast | Flags.Database)
  aName(name: str<32>): void {
    this.name = name
  }

  @field(Flags.Broadcast | Flags.Database)
  async meet(_id: str<24>): Promise<void> {}
}

@networkClass(2, { registry })
class Named extends NetworkObject {
  @field(Flags.Broadcast | Flags.Database | Flags.Required)
  setName(_name: str<32>): void {}
}

describe('A Required value that nothing else gives', () => {
  it('cannot be cleared: nobody could be told of the object, and no server could load it', async () => {
    const worlds = new Worlds<NetworkObject>({ server: { classes: [Named] }, client: { classes: [Named] } })
    try {
      const world = await worlds.open()
      const named = world.server.create(Named, named => named.send.setName('ann'), { persistent: true, zone: 1 })
      expect(() => named.clear('setName')).to.throw(UsageError, 'Required')
      const second = await worlds.restart(world)
      expect(await second.until(second.server.loadZone(1))).to.have.length(1)
    } finally {
      await worlds.end()
    }
  })
})

describe('An object that takes leave as it enters', () => {
  it('is not given to who loads it, and is no longer stored', async () => {
    let stays = true
    class Shy extends Hero {
      override onEnter(): void {
        if (!stays) this.delete()
      }
    }
    const worlds = new Worlds<Hero>({ server: { classes: [Shy] }, client: { classes: [Hero] } })
    try {
      const world = await worlds.open()
      const { storedId } = world.server.create(Shy, null, { persistent: true })
      const second = await worlds.restart(world)
      stays = false
      expect(await second.until(second.server.load(storedId!))).to.equal(null)
      expect(await second.until(second.server.store.read(storedId!))).to.equal(null)
    } finally {
      await worlds.end()
    }
  })
})

describe('An object that in its handlers loads another', () => {
  it('finds it, though both are loaded with their zone', async () => {
    let world!: World<NetworkObject>
    class Meeting extends Friend {
      override async meet(id: string): Promise<void> {
        const { server } = world
        this.met = (await server.load<Friend>(id))!.name + (await server.store.read(id))!.fields['aName']![0]
      }
    }
    const worlds = new Worlds<NetworkObject>({ server: { classes: [Friend] }, client: { classes: [Friend] } })
    try {
      const first = await worlds.open()
      const friends = ['ann', 'bob', 'cyd'].map(name =>
        first.server.create(Friend, friend => friend.send.aName(name), { persistent: true, zone: 1 }),
      )
      friends[0]!.send.meet(friends[2]!.storedId!)
      world = await worlds.restart(first, { classes: [Meeting] })
      const loaded = (await world.until(world.server.loadZone(1))) as Friend[]
      expect(loaded.map(({ name }) => name).sort()).to.deep.equal(['ann', 'bob', 'cyd'])
      expect(loaded.map(({ met }) => met).filter(Boolean)).to.deep.equal(['cydcyd'])
    } finally {
      await worlds.end()
    }
  })
})
