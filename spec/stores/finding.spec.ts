/** Stored objects found by indexes, owner and zone, whether they are in the game or not. */
import { expect } from 'chai'
import {
  ArgumentError,
  Flags,
  field,
  NetworkObject,
  networkClass,
  Registry,
  type str,
  UsageError,
  type uint8,
  type uint16,
} from 'fieldcast'
import { StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import { MAX_KEY } from '../../lib/stores/store.ts'
import { failureOf, record } from '../support/outcome.ts'
import { rowIn, Worlds } from './worlds.ts'

const registry = new Registry()

@networkClass(1, { registry, index: ['name', 'spot', 'tags', 'keeper'] })
class Item extends NetworkObject {
  name = ''
  weight = 0

  @field(Flags.Broadcast | Flags.Database)
  setName(name: str<2000>): void {
    this.name = name
  }

  /** The floor may be left out. */
  @field(Flags.Broadcast | Flags.Database)
  setSpot(x: uint16, y: uint16, floor?: uint8): void {}

  @field(Flags.Broadcast | Flags.Database)
  tags(...tags: str<10>[]): void {}

  @field(Flags.Broadcast | Flags.Database)
  setKeeper(keeper: Item | null): void {}

  @field(Flags.Broadcast | Flags.Database)
  setWeight(weight: uint16): void {
    this.weight = weight
  }
}

@networkClass(2, { registry, index: ['name'] })
class Place extends NetworkObject {
  @field(Flags.Broadcast | Flags.Database)
  setName(name: str<2000>): void {}
}

describe('Finding', () => {
  let worlds: Worlds<Item>
  let world: World<Item>

  beforeEach(async () => {
    worlds = new Worlds<Item>({
      server: {
        classes: [Item, Place],
        avatar: Item,
        storage: { gapMs: 0 },
        login: (name: string) => ({ id: name }),
      },
      client: { classes: [Item, Place] },
    })
    world = await worlds.open()
  })
  afterEach(() => worlds.end())

  const make = (init: (item: Item) => void, zone: number | null = null): Item =>
    world.server.create(Item, init, { persistent: true, zone })
  const named = (name: string, zone?: number): Item => make(item => item.send.setName(name), zone)
  const find = (where?: Record<string, unknown>, options?: Parameters<typeof world.server.find>[2]) =>
    world.until(world.server.find(Item, where, options))
  const idsOf = async (...given: Parameters<typeof find>): Promise<string[]> =>
    (await find(...given)).map(({ id }) => id)
  const ids = (...items: Item[]): string[] => items.map(({ storedId }) => storedId!).sort()

  it('gives what is in the game and what is not, of this class alone, in the order of ids', async () => {
    const items = ['sword', 'shield', 'sword'].map(name => named(name))
    world.server.create(Place, place => place.send.setName('sword'), { persistent: true })
    expect(await idsOf({ name: 'sword' })).to.deep.equal(ids(items[0]!, items[2]!))
    await world.until(world.server.unload(items[0]!))
    expect(await idsOf({ name: 'sword' })).to.deep.equal(ids(items[0]!, items[2]!))
    expect(await idsOf()).to.deep.equal(ids(...items))
    expect(await idsOf({ name: 'bow' })).to.deep.equal([])
    expect((await find({ name: 'shield' }))[0]).to.deep.equal({
      id: items[1]!.storedId,
      class: 'Item',
      owner: null,
      zone: null,
      fields: { setName: ['shield'] },
    })
    expect([...world.server.objects]).to.have.length(3)
  })

  it('knows what was accepted a moment ago, also while a commit is under way', async () => {
    const sword = named('sword')
    expect(await idsOf({ name: 'sword' })).to.deep.equal(ids(sword))
    worlds.store.held = true
    sword.send.setName('axe')
    await world.settle()
    const brief = named('axe')
    brief.delete()
    const bow = named('bow')
    const [axes, bows, swords] = ['axe', 'bow', 'sword'].map(name => world.server.find(Item, { name }))
    await world.settle()
    worlds.store.release()
    const found = await world.until(Promise.all([axes!, bows!, swords!]))
    expect(found.map(list => list.map(({ id }) => id))).to.deep.equal([ids(sword), ids(bow), []])
    sword.clear('setName')
    expect(await idsOf({ name: 'axe' })).to.deep.equal([])
  })

  it('waits for what is last in the queue, also where that came and went', async () => {
    const sword = named('sword')
    await world.until(sword.saved())
    worlds.store.held = true
    sword.send.setName('axe')
    named('brief').delete()
    await world.settle()
    const finding = world.server.find(Item, { name: 'axe' })
    await world.settle()
    worlds.store.release()
    expect((await world.until(finding)).map(({ id }) => id)).to.deep.equal(ids(sword))
  })

  it('is not kept from it by an object that the store refuses', async () => {
    const errors = record(world.server, 'error')
    const sword = named('sword')
    await world.until(sword.saved())
    const huge = named('huge')
    worlds.store.trouble = ({ put }) =>
      put.some(({ id }) => id === huge.storedId) ? new StoreError('fatal', 'too large') : null
    expect(await idsOf({ name: 'sword' })).to.deep.equal(ids(sword))
    expect(errors).to.have.length(1)
  })

  it('narrows by owner and by zone', async () => {
    const client = await world.join('ann')
    const owner = world.server.clients.get(client.id)!
    const mine = [1, 1, 2].map(zone =>
      world.server.create(Item, item => item.send.setName('sword'), { persistent: true, zone, owner }),
    )
    const other = named('sword', 1)
    expect(await idsOf({ name: 'sword' }, { owner: 'ann' })).to.deep.equal(ids(...mine))
    expect(await idsOf({}, { owner: 'ann', zone: 1 })).to.deep.equal(ids(mine[0]!, mine[1]!))
    expect(await idsOf({ name: 'sword' }, { zone: 1 })).to.deep.equal(ids(mine[0]!, mine[1]!, other))
    expect(await idsOf({}, { owner: 'bob' })).to.deep.equal([])
    client.close()
    await world.settle()
    mine[0]!.transferOwner(null)
    await mine[1]!.enterZone(2)
    // Who disconnects gives up no property.
    expect(await idsOf({}, { owner: 'ann', zone: 2 })).to.deep.equal(ids(mine[1]!, mine[2]!))
    expect((await find({}, { owner: 'ann' }))[0]).to.include({ owner: 'ann' })
  })

  it('takes an account by its number', async () => {
    const numbered = await worlds.restart(world, { login: () => ({ id: 17 }) })
    world = numbered
    const client = await numbered.join()
    const owner = numbered.server.clients.get(client.id)!
    const mine = numbered.server.create(Item, null, { persistent: true, owner })
    expect(await idsOf({}, { owner: 17 })).to.deep.equal(ids(mine))
  })

  it('goes page by page, every object once', async () => {
    const swords = Array.from({ length: 23 }, () => named('sword'))
    for (let n = 0; n < 5; n++) named('shield')
    const found: string[] = []
    for (let after: string | undefined; ; after = found.at(-1)) {
      const page = await idsOf({ name: 'sword' }, { limit: 5, ...(after && { after }) })
      found.push(...page)
      if (page.length < 5) break
    }
    expect(found).to.deep.equal(ids(...swords))
    const many = Array.from({ length: 120 }, () => named('bow'))
    expect(await idsOf({ name: 'bow' })).to.deep.equal(ids(...many).slice(0, 100))
  })

  it('tells long values apart, by more than their hash and their start', async () => {
    const lengths = [MAX_KEY - 3, MAX_KEY - 2, MAX_KEY - 1, MAX_KEY, 1000, 1001]
    const items = lengths.map(length => named('x'.repeat(length)))
    for (const [i, length] of lengths.entries())
      expect(await idsOf({ name: 'x'.repeat(length) })).to.deep.equal(ids(items[i]!))
    const [long, row] = [items[4]!, await rowIn(worlds.store, items[4]!.storedId!)]
    expect(row.keys['name']!.length).to.be.below(MAX_KEY)
    // Another with the same hash, as chance may have it.
    const twin = named('twin')
    await world.until(world.server.unload(twin))
    const forged = { ...(await rowIn(worlds.store, twin.storedId!)), keys: row.keys, version: row.version + 1000 }
    await worlds.store.inner.commit({ put: [forged] })
    expect(await idsOf({ name: 'x'.repeat(1000) }, { limit: 1 })).to.deep.equal(ids(long))
    expect(await idsOf({ name: 'x'.repeat(1000) })).to.deep.equal(ids(long))
  })

  it('takes the arguments of fields with several, without those that may be left out', async () => {
    const items = [
      [1, 2],
      [1, 2, 3],
      [2, 2],
    ].map(spot => make(item => item.send.setSpot(...(spot as [number, number]))))
    expect(await idsOf({ spot: [1, 2] })).to.deep.equal(ids(items[0]!))
    expect(await idsOf({ spot: [1, 2, undefined] })).to.deep.equal(ids(items[0]!))
    expect(await idsOf({ spot: [1, 2, 3] })).to.deep.equal(ids(items[1]!))
    expect(await idsOf({ spot: [1, 3] })).to.deep.equal([])
    const tagged = [['a'], ['a', 'b'], []].map(tags => make(item => item.send.tags(...tags)))
    expect(await idsOf({ tags: ['a'] })).to.deep.equal(ids(tagged[0]!))
    expect(await idsOf({ tags: ['a', 'b'] })).to.deep.equal(ids(tagged[1]!))
    expect(await idsOf({ tags: [] })).to.deep.equal(ids(tagged[2]!))
  })

  it('takes several indexes, all of which must hold', async () => {
    const both = make(item => {
      item.send.setName('sword')
      item.send.setSpot(1, 1)
    })
    named('sword')
    make(item => item.send.setSpot(1, 1))
    for (const where of [
      { name: 'sword', spot: [1, 1] },
      { spot: [1, 1], name: 'sword' },
    ])
      expect(await idsOf(where)).to.deep.equal(ids(both))
    expect(await idsOf({ name: 'sword', spot: [1, 2] })).to.deep.equal([])
  })

  it('finds by the objects that are referred to, in the game or not', async () => {
    const keeper = named('ann')
    const items = [0, 1].map(() => make(item => item.send.setKeeper(keeper)))
    const free = make(item => item.send.setKeeper(null))
    expect(await idsOf({ keeper })).to.deep.equal(ids(...items))
    await world.until(world.server.unload(keeper))
    items[0]!.send.setWeight(3)
    expect(await idsOf({ keeper: { storedId: keeper.storedId } })).to.deep.equal(ids(...items))
    expect(await idsOf({ keeper: null })).to.deep.equal(ids(free))
    world = await worlds.restart(world)
    expect(await idsOf({ keeper: { storedId: keeper.storedId } })).to.deep.equal(ids(...items))
    const loaded = (await world.until(world.server.load<Item>(items[1]!.storedId!)))!
    loaded.send.setWeight(9)
    expect(await idsOf({ keeper: { storedId: keeper.storedId } })).to.deep.equal(ids(...items))
  })

  it('finds by a field that bears another name now', async () => {
    const sword = named('sword')
    named('shield')
    const table = new Registry()
    class Renamed extends NetworkObject {
      title = ''
      name(title: string): void {
        this.title = title
      }
    }
    Object.defineProperty(Renamed, 'name', { value: 'Item' })
    const descriptor = Object.getOwnPropertyDescriptor(Renamed.prototype, 'name')!
    const { str: text } = await import('fieldcast')
    field(Flags.Broadcast | Flags.Database, { was: 'setName' }, text(2000))(
      Renamed.prototype,
      'name',
      descriptor as never,
    )
    networkClass(1, { registry: table, index: ['name'] })(Renamed)
    const now = await worlds.restart(world, { classes: [Renamed], avatar: undefined as never })
    const [found, ...others] = await now.until(now.server.find(Renamed, { name: 'sword' }))
    expect([found!.id, found!.fields, others]).to.deep.equal([sword.storedId, { name: ['sword'] }, []])
    await now.until(now.server.store.update(found!.id, { name: ['axe'] }, { expect: { name: ['sword'] } }))
    expect(JSON.parse((await rowIn(worlds.store, found!.id)).fields)).to.deep.equal({ name: ['axe'] })
    expect((await now.until(now.server.find(Renamed, { name: 'axe' }))).map(({ id }) => id)).to.deep.equal([found!.id])
    expect(((await now.until(now.server.load(found!.id))) as Renamed).title).to.equal('axe')
  })

  it('refuses what it cannot look for', async () => {
    const { server } = world
    class Stranger extends NetworkObject {}
    for (const [given, text] of [
      [[Item, { weight: 5 }], "Item declares no index 'weight'"],
      [[Item, { setName: 'a' }], "Item declares no index 'setName'"],
      [[Stranger, {}], 'not among this server’s classes'.replace('’', "'")],
      [[Item, {}, { limit: 0 }], 'limit'],
      [[Item, {}, { limit: 1.5 }], 'limit'],
      [[Item, {}, { after: 'abc' }], '24 hex digits'],
      [[Item, {}, { zone: -1 }], 'zone'],
    ] as const)
      expect(
        (await world.until(failureOf(server.find(...(given as unknown as [never])), UsageError))).message,
      ).to.contain(text)
    for (const where of [
      { name: 5 },
      { name: undefined },
      { name: 'x'.repeat(2001) },
      { spot: 5 },
      { spot: [1] },
      { tags: 'a' },
    ])
      await world.until(failureOf(server.find(Item, where), ArgumentError))
  })

  it('names an index that no Database field stands for at the start', async () => {
    const table = new Registry()
    class Wrong extends NetworkObject {}
    networkClass(1, { registry: table, index: ['nothing'] })(Wrong)
    const { message } = await failureOf(worlds.open({ classes: [Wrong], avatar: undefined as never }), UsageError)
    expect(message).to.contain("Wrong names the index 'nothing'").and.contain('setNothing')
  })
})
