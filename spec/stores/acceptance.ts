/** The acceptance cases of what is stored, for a server with any store: over real connections and in real time. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, type str, type uint32 } from 'fieldcast'
import type { World } from 'fieldcast/testing'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import type { StoreMaker, StorePlace } from '../../lib/stores/suite.ts'
import { record } from '../support/outcome.ts'
import { Hero, registry } from './game.ts'
import { TroubledStore } from './trouble.ts'
import { rowIn, Worlds } from './worlds.ts'

/** Refers to others by everything that names them. */
@networkClass(2, { registry })
export class Herald extends NetworkObject {
  target: Hero | null = null
  ids: readonly [number, string] = [0, '']

  @field(Flags.Broadcast | Flags.Database)
  setIds(dynamic: uint32, stored: str<24>): void {
    this.ids = [dynamic, stored]
  }

  @field(Flags.Broadcast | Flags.Database)
  setTarget(target: Hero | null): void {
    this.target = target
  }
}

/** Its calls take their time. */
class SlowHero extends Hero {
  override async setGold(gold: number): Promise<void> {
    await new Promise<void>(resolve => setImmediate(resolve))
    super.setGold(gold)
    this.send.wave()
  }
}

/** A hero in the view of a client, with what its handlers were given. */
const sightOf = (client: { objects: Iterable<NetworkObject> }, storedId: string): Hero | undefined =>
  [...client.objects].find(object => object.storedId === storedId) as Hero | undefined

export function acceptance(make: StoreMaker): void {
  let place: StorePlace
  let worlds: Worlds<Hero>
  let store: TroubledStore

  beforeEach(async () => {
    place = await make()
    store = new TroubledStore(place.store())
    worlds = new Worlds<Hero>(
      {
        wire: { listener: websocket({ port: 0, host: '127.0.0.1' }), dialer: () => websocketDialer() },
        server: { classes: [Hero, Herald], avatar: Hero, storage: { gapMs: 0 } },
        client: { classes: [Hero, Herald], avatar: Hero },
      },
      store,
    )
  })
  afterEach(async () => {
    await worlds.end()
    await place.remove?.()
  })

  const open: Worlds<Hero>['open'] = server => worlds.open(server)

  /** A hero of a client that has just joined. */
  async function heroOf(world: World<Hero>, name: string) {
    const client = await world.join()
    const owner = world.server.clients.get(client.id)!
    const hero = world.server.create(Hero, hero => hero.send.setName(name), { persistent: true, zone: 0, owner })
    await world.settle()
    await world.until(hero.saved())
    return { client, hero, id: hero.storedId!, sight: sightOf(client, hero.storedId!)! }
  }

  it('LP19 An accepted send of a Database field calls the store once with the id, the field and the arguments; the value is replayed as RAM', async () => {
    const world = await open()
    const { hero, id, sight } = await heroOf(world, 'ann')
    store.commits.length = 0
    sight.send.moveTo(3, -4)
    await world.settle()
    await world.until(hero.saved())
    expect(store.commits).to.have.length(1)
    const [{ put, del = [] }] = store.commits as [(typeof store.commits)[0]]
    expect([put.length, del.length]).to.deep.equal([1, 0])
    expect([put[0]!.id, JSON.parse(put[0]!.fields).moveTo]).to.deep.equal([id, [3, -4]])
    expect(JSON.parse((await rowIn(store, id)).fields)).to.deep.equal({ moveTo: [3, -4], setName: ['ann'] })
    const late = await world.join()
    expect(sightOf(late, id)!.heard).to.deep.equal(['moveTo 3 -4', 'setName ann'])
    sight.send.setName('admin')
    await world.settle()
    await world.until(hero.saved())
    expect(store.commits).to.have.length(1)
  })

  it('LP20 A field with RAM alone never calls the store', async () => {
    const world = await open()
    const { hero, id, sight } = await heroOf(world, 'ann')
    store.commits.length = 0
    sight.send.feel('happy')
    await world.settle()
    hero.send.feel('sad')
    hero.send.wave()
    await world.until(hero.saved())
    expect(store.commits).to.deep.equal([])
    hero.send.moveTo(1, 1)
    await world.until(hero.saved())
    expect(store.commits.map(({ put }) => put.map(({ fields }) => Object.keys(JSON.parse(fields))))).to.deep.equal([
      [['moveTo', 'setName']],
    ])
    const late = await world.join()
    expect(sightOf(late, id)!.mood).to.equal('sad')
  })

  it('LP21 A Database field calls the store on an object with a 12-byte id, not on one with a plain number', async () => {
    const world = await open()
    const warnings = record(world.server, 'warning')
    const plain = world.server.create(Hero, hero => hero.send.setName('plain'), { zone: 0 })
    plain.send.moveTo(1, 1)
    await world.until(plain.saved())
    expect([store.commits, plain.storedId]).to.deep.equal([[], null])
    expect(warnings.map(({ text }) => text)).to.satisfy(([text]: string[]) => /Hero.*persistent/.test(text!))
    const stored = world.server.create(Hero, hero => hero.send.setName('stored'), { persistent: true })
    await world.until(stored.saved())
    expect(store.commits.map(({ put }) => put.map(({ id }) => id))).to.deep.equal([[stored.storedId]])
    expect(stored.storedId).to.match(/^[0-9a-f]{24}$/)
  })

  it('MN19 Who joins late gets the fields that are kept, and not those that are not; after a restart those of the store', async () => {
    const first = await open()
    const { hero, id } = await heroOf(first, 'ann')
    hero.send.moveTo(5, 6)
    hero.send.feel('happy')
    hero.send.wave()
    hero.send.setGold(9)
    const late = await first.join()
    expect(sightOf(late, id)!.heard).to.deep.equal(['feel happy', 'moveTo 5 6', 'setName ann'])
    const second = await restarted(first)
    await second.until(second.server.load(id))
    const later = await second.join()
    expect(sightOf(later, id)!.heard).to.deep.equal(['moveTo 5 6', 'setName ann'])
  })

  it('LP35 Ids of 4 and of 12 bytes come through the store as ids, as arguments and as references', async () => {
    const first = await open()
    const { id: heroId, hero } = await heroOf(first, 'ann')
    const herald = first.server.create(
      Herald,
      herald => {
        herald.send.setIds(0xffffffff, heroId)
        herald.send.setTarget(hero)
      },
      { persistent: true, zone: 0 },
    )
    await first.until(herald.saved())
    const fields = JSON.parse((await rowIn(store, herald.storedId!)).fields)
    expect(fields).to.deep.equal({ setIds: [0xffffffff, heroId], setTarget: [{ $object: heroId }] })

    const second = await restarted(first)
    const client = await second.join()
    const backHero = (await second.until(second.server.load<Hero>(heroId)))!
    const back = (await second.until(second.server.load<Herald>(herald.storedId!)))!
    expect([back.storedId, back.ids, back.target]).to.deep.equal([herald.storedId, [0xffffffff, heroId], backHero])
    await second.settle()
    const sight = sightOf(client, herald.storedId!) as unknown as Herald
    expect([sight.id, sight.ids]).to.deep.equal([back.id, [0xffffffff, heroId]])
    expect(sight.target).to.equal(sightOf(client, heroId))
    expect(sight.target!.id).to.equal(backHero.id)
  })

  it('Z14 Changing several stored fields with an expectation is all or nothing; a failed expectation returns what stands and announces nothing', async () => {
    const world = await open()
    const { hero, id, sight } = await heroOf(world, 'ann')
    const { store: objects } = world.server
    await world.until(objects.update(id, { setGold: [10], moveTo: [1, 1] }))
    await world.settle()
    for (const loaded of [true, false]) {
      if (!loaded) await world.until(world.server.unload(hero))
      await world.settle()
      const before = await rowIn(store, id)
      store.commits.length = 0
      const heard = [...sight.heard]
      const failed = await world.until(
        objects.update(id, { setGold: [0], moveTo: [9, 9] }, { expect: { setGold: [11], setName: ['ann'] } }),
      )
      expect(failed.done).to.equal(false)
      expect(failed.stands).to.deep.include({
        id,
        class: 'Hero',
        fields: { moveTo: [1, 1], setGold: [10], setName: ['ann'] },
      })
      await world.settle()
      expect([store.commits, await rowIn(store, id), sight.heard]).to.deep.equal([[], before, heard])
      const done = await world.until(
        objects.update(id, { setGold: [10], moveTo: [2, 3] }, { expect: { setGold: [10], moveTo: [1, 1] } }),
      )
      expect([done.done, done.stands!.fields]).to.deep.equal([
        true,
        { moveTo: [2, 3], setGold: [10], setName: ['ann'] },
      ])
      expect(JSON.parse((await rowIn(store, id)).fields)).to.deep.equal(done.stands!.fields)
      await world.until(objects.update(id, { moveTo: [1, 1] }))
    }
  })

  it('Z15 Loading an object twice at once reads the store once; calls sent meanwhile are handled after the load, in order', async () => {
    const first = await open()
    const { hero, id } = await heroOf(first, 'ann')
    hero.send.setGold(5)
    hero.send.moveTo(1, 2)
    const second = await restarted(first, { classes: [SlowHero, Herald], avatar: SlowHero })
    const { server } = second
    const client = await second.join()
    store.reads = 0
    const later = server.stored(SlowHero, id)
    const loads = [server.load<SlowHero>(id), server.load<SlowHero>(id)]
    for (let x = 1; x <= 5; x++) {
      later.send.moveTo(x, x)
      loads.push(later.load())
    }
    const heroes = await second.until(Promise.all(loads))
    expect(new Set(heroes).size).to.equal(1)
    expect(store.reads).to.equal(1)
    const handled = ['moveTo 1 2', 'setGold 5', 'setName ann', 'wave', ...[1, 2, 3, 4, 5].map(x => `moveTo ${x} ${x}`)]
    await second.settle()
    expect(heroes[0]!.heard).to.deep.equal(handled)
    expect(sightOf(client, id)!.heard).to.deep.equal(['moveTo 1 2', 'setName ann', ...handled.slice(4)])
  })

  it('Z16 Only Database fields are ever written to the store; deleting one stored object never changes another', async () => {
    const world = await open()
    const { hero, id } = await heroOf(world, 'ann')
    const others = ['bob', 'cyd'].map(name =>
      world.server.create(Hero, other => other.send.setName(name), { persistent: true, zone: 0 }),
    )
    for (const each of [hero, ...others]) {
      each.send.feel('odd')
      each.send.wave()
      each.send.setGold(each.id)
      each.send.moveTo(each.id, 0)
    }
    const herald = world.server.create(Herald, herald => herald.send.setTarget(hero), { persistent: true })
    await world.until(Promise.all([hero, ...others, herald].map(each => each.saved())))
    const allowed = ['moveTo', 'setGold', 'setName', 'setTarget']
    for (const { put } of store.commits)
      for (const { fields } of put) expect(allowed).to.include.members(Object.keys(JSON.parse(fields)))
    const ids = [...others, herald].map(({ storedId }) => storedId!)
    const rows = (): Promise<unknown> => store.inner.get(ids)
    const before = await rows()
    hero.delete()
    await world.until(hero.saved())
    expect(await store.inner.get([id])).to.deep.equal([undefined])
    expect(await rows()).to.deep.equal(before)
    await world.until(world.server.unload(others[0]!))
    expect(await world.until(world.server.store.delete(ids[0]!))).to.equal(true)
    expect((await store.inner.get(ids)).map(row => row !== undefined)).to.deep.equal([false, true, true])
    expect((await store.inner.get(ids)).slice(1)).to.deep.equal(((await before) as unknown[]).slice(1))
  })

  it('Z17 A write to a stored object that is not loaded changes the store alone; a read of it does not load it', async () => {
    const world = await open()
    const { hero, id, client } = await heroOf(world, 'ann')
    await world.until(world.server.unload(hero))
    await world.settle()
    const created = record(world.server, 'create')
    const { size } = world.server.objects
    const heard = [...hero.heard]
    const entered = record(client, 'enter')
    expect((await world.until(world.server.store.read(id)))!.fields).to.deep.equal({ setName: ['ann'] })
    const { done } = await world.until(world.server.store.update(id, { setName: ['anna'], moveTo: [7, 8] }))
    expect(done).to.equal(true)
    expect((await world.until(world.server.find(Hero, { name: 'anna' }))).map(found => found.id)).to.deep.equal([id])
    expect(await world.until(world.server.find(Hero, { name: 'ann' }))).to.deep.equal([])
    await world.settle()
    expect([created.length, entered.length, world.server.objects.size]).to.deep.equal([0, 0, size])
    expect(hero.heard).to.deep.equal(heard)
    expect(JSON.parse((await rowIn(store, id)).fields)).to.deep.equal({ moveTo: [7, 8], setName: ['anna'] })
    const back = (await world.until(world.server.load<Hero>(id)))!
    expect([back.name, back.x, back.y]).to.deep.equal(['anna', 7, 8])
  })

  it('finds objects by any text that a name can be', async () => {
    const world = await open()
    const names = [
      '',
      'ann',
      'Ann',
      'ann ',
      "o'neil",
      '"',
      '\\',
      '%',
      'ann_',
      '\0',
      'é',
      'e\u0301',
      '𝄞',
      'ß',
      'null',
      '1',
    ]
    for (const name of names) world.server.create(Hero, hero => hero.send.setName(name), { persistent: true })
    for (const name of names) {
      const found = await world.until(world.server.find(Hero, { name }))
      expect(found.map(({ fields }) => fields['setName'])).to.deep.equal([[name]])
    }
  })

  async function restarted(world: World<Hero>, server: Parameters<typeof open>[0] = {}): Promise<World<Hero>> {
    await worlds.shut(world)
    worlds.store = store = new TroubledStore(place.store())
    return open(server)
  }
}
