/** Objects that come back from the store: whole, once, before anybody sees them. Rule 13 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, UsageError, uint8 } from 'fieldcast'
import { StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { Herald } from './acceptance.ts'
import { Hero } from './game.ts'
import { rowIn, Worlds } from './worlds.ts'

describe('Loading', () => {
  let worlds: Worlds<Hero>

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero, Herald], avatar: Hero },
      client: { classes: [Hero, Herald], avatar: Hero },
    })
  })
  afterEach(() => worlds.end())

  /** A hero in the store, and no server. */
  async function keep(init: (hero: Hero) => void, zone: number | null = 0): Promise<string> {
    const world = await worlds.open()
    const hero = world.server.create(Hero, init, { persistent: true, zone })
    await worlds.shut(world)
    return hero.storedId!
  }

  const load = async <T extends NetworkObject = Hero>(world: World<Hero>, id: string): Promise<T> =>
    (await world.until(world.server.load<T>(id)))!

  const fieldsOf = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await rowIn(worlds.store, id)).fields)

  describe('an object', () => {
    it('runs its handlers in field order before anyone sees it, and watchers get one whole snapshot', async () => {
      const id = await keep(hero => {
        hero.send.setName('ann')
        hero.send.setGold(5)
        hero.send.moveTo(1, 2)
      })
      const seen: unknown[] = []
      class Watched extends Hero {
        override async moveTo(x: number, y: number): Promise<void> {
          super.moveTo(x, y)
          await world.run(50)
          seen.push(['moveTo', this.zone, [...world.server.objects].includes(this), world.server.objects.get(this.id)])
        }
        override setName(name: string): void {
          super.setName(name)
          seen.push(['setName', this.zone, [...world.server.objects].includes(this), this.gold])
        }
        override onEnter(): void {
          seen.push(['onEnter', this.zone, this.heard.length])
        }
      }
      const world = await worlds.open({ classes: [Watched, Herald], avatar: Watched })
      const client = await world.join()
      const entered: unknown[] = []
      client.on('enter', ({ object }) => entered.push([object.storedId, [...(object as Hero).heard], object.zone]))
      seen.length = 0
      const hero = await load(world, id)
      expect(hero.heard).to.deep.equal(['moveTo 1 2', 'setGold 5', 'setName ann'])
      expect(seen).to.deep.equal([
        ['moveTo', null, false, undefined],
        ['setName', null, false, 5],
        ['onEnter', 0, 3],
      ])
      await world.settle()
      expect(entered).to.deep.equal([[id, ['moveTo 1 2', 'setName ann'], 0]])
    })

    it('comes back where it was, or where it is told to', async () => {
      const id = await keep(() => {}, 7)
      const world = await worlds.open()
      const client = await world.join()
      const owner = world.server.clients.get(client.id)!
      expect((await load(world, id)).zone).to.equal(7)
      for (const zone of [0, null, 9]) {
        await world.until(world.server.unload(world.server.objects.of(Hero).find(({ storedId }) => storedId === id)!))
        const hero = (await world.until(world.server.load<Hero>(id, { zone, owner })))!
        expect([hero.zone, hero.owner]).to.deep.equal([zone, owner])
        await world.settle()
        expect([...client.objects].some(({ storedId }) => storedId === id)).to.equal(true)
        await world.until(hero.saved())
        expect((await rowIn(worlds.store, id)).zone).to.equal(zone)
      }
    })

    it('is as it was after a load that was refused', async () => {
      const id = await keep(hero => hero.send.setName('ann'), 7)
      const world = await worlds.open()
      const client = await world.join()
      const gone = world.server.clients.get(client.id)!
      client.close()
      await world.settle()
      for (const zone of [-1, 0.5, 2 ** 32]) await world.until(failureOf(world.server.load(id, { zone }), UsageError))
      await world.until(failureOf(world.server.load(id, { owner: gone }), UsageError))
      await world.until(failureOf(world.server.load(id, { owner: { id: 1 } }), UsageError))
      expect([...world.server.objects]).to.deep.equal([])
      const hero = await load(world, id)
      expect([hero.name, hero.zone, hero.owner]).to.deep.equal(['ann', 7, null])
    })

    it('that is in the game already is given as it is', async () => {
      const id = await keep(() => {}, 7)
      const world = await worlds.open()
      const hero = await load(world, id)
      hero.send.moveTo(3, 3)
      expect(await world.until(world.server.load(id, { zone: 1 }))).to.equal(hero)
      expect([hero.zone, hero.x]).to.deep.equal([7, 3])
    })

    it('keeps a value whose handler throws, and says so', async () => {
      const id = await keep(hero => {
        hero.send.setName('ann')
        hero.send.moveTo(1, 2)
      })
      class Fragile extends Hero {
        override moveTo(): void {
          throw new Error('broken leg')
        }
      }
      const world = await worlds.open({ classes: [Fragile, Herald], avatar: Fragile })
      const errors = record(world.server, 'error')
      const hero = await load(world, id)
      expect(errors.map(({ error, where, object, field }) => [String(error), where, object, field])).to.deep.equal([
        ['Error: broken leg', 'load', hero, 'Hero.moveTo'],
      ])
      hero.send.setGold(5)
      await world.until(hero.saved())
      expect(await fieldsOf(id)).to.deep.equal({ moveTo: [1, 2], setGold: [5], setName: ['ann'] })
    })

    it('may be deleted by its own handlers: there is none then, and none in the store', async () => {
      const id = await keep(hero => hero.send.setName('ann'))
      const other = await keep(hero => hero.send.setName('bob'))
      class Mortal extends Hero {
        override setName(name: string): void {
          super.setName(name)
          if (name === 'ann') this.delete()
        }
      }
      const world = await worlds.open({ classes: [Mortal, Herald], avatar: Mortal })
      const created = record(world.server, 'create')
      const found = world.server.load(id)
      const read = world.server.store.read(id)
      expect(await world.until(found)).to.equal(null)
      expect(await world.until(read)).to.equal(null)
      expect(await world.until(world.server.load(id))).to.equal(null)
      expect([created.length, world.server.objects.size]).to.deep.equal([0, 0])
      expect((await load(world, other)).name).to.equal('bob')
      expect(await worlds.store.inner.get([id])).to.deep.equal([undefined])
    })

    it('that deletes itself while it is made takes nothing else with it', async () => {
      const world = await worlds.open()
      let other: Hero | undefined
      const make = (): Hero =>
        world.server.create(
          Hero,
          hero => {
            hero.delete()
            other = world.server.create(Hero, null, { id: hero.id, persistent: true })
          },
          { persistent: true },
        )
      expect(make).to.throw(UsageError, 'deleted')
      expect([...world.server.objects]).to.deep.equal([other])
    })

    it('may wait in its handlers for what it saved, which is nothing yet', async () => {
      const id = await keep(hero => hero.send.setName('ann'))
      class Patient extends Hero {
        override async setName(name: string): Promise<void> {
          await this.saved()
          super.setName(name)
        }
      }
      const world = await worlds.open({ classes: [Patient, Herald], avatar: Patient })
      expect((await load(world, id)).name).to.equal('ann')
      expect(worlds.store.commits.at(-1)!.put[0]!.version).to.equal((await rowIn(worlds.store, id)).version)
    })

    it('handles what its handlers send on it after the load, in order, and tells nobody before', async () => {
      const id = await keep(hero => {
        hero.send.setName('ann')
        hero.send.moveTo(1, 2)
      })
      class Busy extends Hero {
        override async moveTo(x: number, y: number): Promise<void> {
          this.send.feel('first')
          super.moveTo(x, y)
          await world.run(20)
          if (x === 1) this.send.setGold(7)
        }
        override setName(name: string): void {
          super.setName(name)
          this.send.feel('second')
          this.send.moveTo(8, 8)
        }
      }
      const world = await worlds.open({ classes: [Busy, Herald], avatar: Busy })
      const client = await world.join()
      const hero = await load(world, id)
      await world.run(50)
      await world.settle()
      const handled = [
        'moveTo 1 2',
        'setName ann',
        'feel first',
        'setGold 7',
        'feel second',
        'moveTo 8 8',
        'feel first',
      ]
      expect(hero.heard).to.deep.equal(handled)
      const sight = [...client.objects].find(({ storedId }) => storedId === id) as Hero
      // The snapshot, then what came after.
      expect(sight.heard).to.deep.equal(['feel second', 'moveTo 1 2', 'setName ann', 'moveTo 8 8', 'feel first'])
      await world.until(hero.saved())
      expect(await fieldsOf(id)).to.deep.equal({ moveTo: [8, 8], setGold: [7], setName: ['ann'] })
    })
  })

  describe('references', () => {
    async function keepHerald(): Promise<{ herald: string; hero: string }> {
      const world = await worlds.open()
      const hero = world.server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
      const herald = world.server.create(Herald, herald => herald.send.setTarget(hero), { persistent: true })
      await worlds.shut(world)
      return { hero: hero.storedId!, herald: herald.storedId! }
    }

    it('to objects that are in the game are these objects', async () => {
      const ids = await keepHerald()
      const world = await worlds.open()
      const hero = await load(world, ids.hero)
      expect((await load<Herald>(world, ids.herald)).target).to.equal(hero)
    })

    it('to others are null, and survive in the store until the field is called again', async () => {
      const ids = await keepHerald()
      const world = await worlds.open()
      const herald = await load<Herald>(world, ids.herald)
      expect(herald.target).to.equal(null)
      herald.send.setIds(1, '')
      await world.until(herald.saved())
      expect(await fieldsOf(ids.herald)).to.deep.equal({ setIds: [1, ''], setTarget: [{ $object: ids.hero }] })
      herald.send.setTarget(null)
      await world.until(herald.saved())
      expect(await fieldsOf(ids.herald)).to.deep.equal({ setIds: [1, ''], setTarget: [null] })
    })

    it('stay in the store when what they refer to leaves the game, or leaves it first', async () => {
      const ids = await keepHerald()
      const world = await worlds.open()
      const hero = await load(world, ids.hero)
      const herald = await load<Herald>(world, ids.herald)
      await world.until(world.server.unload(hero))
      herald.send.setIds(1, '')
      await world.until(herald.saved())
      expect((await fieldsOf(ids.herald))['setTarget']).to.deep.equal([{ $object: ids.hero }])
      const again = await load(world, ids.hero)
      worlds.store.held = true
      herald.send.setTarget(null)
      herald.send.setTarget(again)
      await world.settle()
      const unloaded = world.server.unload(again)
      herald.send.setIds(2, '')
      const saved = herald.saved()
      await world.settle()
      worlds.store.release()
      await world.until(Promise.all([unloaded, saved]))
      expect(await fieldsOf(ids.herald)).to.deep.equal({ setIds: [2, ''], setTarget: [{ $object: ids.hero }] })
      herald.clear('setTarget')
      await world.until(herald.saved())
      expect(await fieldsOf(ids.herald)).to.deep.equal({ setIds: [2, ''] })
    })

    it('to objects of another class are refused, and stay in the store', async () => {
      const ids = await keepHerald()
      const world = await worlds.open()
      const herald = await load<Herald>(world, ids.herald)
      await world.until(world.server.unload(herald))
      await worlds.store.inner.commit({
        put: [{ ...(await rowIn(worlds.store, ids.hero)), class: 'Herald', fields: '{}', version: 2 ** 50 }],
      })
      const unreadable = record(world.server, 'unreadable')
      await load(world, ids.hero)
      const back = await load<Herald>(world, ids.herald)
      expect(back.target).to.equal(null)
      expect(unreadable.map(({ field, problem }) => [field, problem])).to.deep.equal([
        ['setTarget', 'target: expected a Hero or null, got an instance of Herald'],
      ])
      back.send.setIds(1, '')
      await world.until(back.saved())
      expect((await fieldsOf(ids.herald))['setTarget']).to.deep.equal([{ $object: ids.hero }])
    })
  })

  describe('beside other work', () => {
    it('waits for an object that is on its way out, and finds what it was at last', async () => {
      const world = await worlds.open()
      const hero = world.server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
      await world.until(hero.saved())
      worlds.store.held = true
      hero.send.moveTo(5, 6)
      const unloaded = world.server.unload(hero)
      const loaded = world.server.load<Hero>(hero.storedId!)
      const read = world.server.store.read(hero.storedId!)
      await world.settle()
      expect(worlds.store.reads).to.equal(0)
      worlds.store.release()
      await world.until(unloaded)
      const back = (await world.until(loaded))!
      expect(back).to.not.equal(hero)
      expect([back.name, back.x, (await world.until(read))!.fields['moveTo']]).to.deep.equal(['ann', 5, [5, 6]])
    })

    it('finds nothing once a deletion has been asked for', async () => {
      const world = await worlds.open()
      const hero = world.server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
      await world.until(hero.saved())
      worlds.store.held = true
      hero.delete()
      const loads = [world.server.load(hero.storedId!), world.server.store.read(hero.storedId!)]
      await world.settle()
      worlds.store.release()
      expect(await world.until(Promise.all(loads))).to.deep.equal([null, null])
    })

    it('of what the store refuses says so, and what it refused is tried again at the end', async () => {
      const world = await worlds.open()
      const errors = record(world.server, 'error')
      const hero = world.server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
      await world.until(hero.saved())
      worlds.store.trouble = ({ put }) => (put.length > 0 ? new StoreError('fatal', 'the row is too large') : null)
      hero.send.moveTo(5, 6)
      await world.until(failureOf(world.server.unload(hero), StoreError))
      const id = hero.storedId!
      const { load, store } = { load: world.server.load(id), store: world.server.store }
      const refusals = [load, store.read(id), store.delete(id)].map(use => failureOf(use, StoreError))
      for (const { message } of await world.until(Promise.all(refusals)))
        expect(message).to.contain('the row is too large').and.contain(id)
      expect(errors).to.have.length(1)
      worlds.store.up()
      await worlds.shut(world)
      await worlds.store.inner.open()
      expect(await fieldsOf(id)).to.deep.equal({ moveTo: [5, 6], setName: ['ann'] })
    })

    it('is not undone at the end by what the store had refused before and took later', async () => {
      const world = await worlds.open()
      record(world.server, 'error')
      const hero = world.server.create(Hero, null, { persistent: true })
      await world.until(hero.saved())
      worlds.store.trouble = ({ put }) => (put.length > 0 ? new StoreError('fatal', 'the row is too large') : null)
      hero.send.moveTo(1, 1)
      await world.until(failureOf(hero.saved(), StoreError))
      worlds.store.up()
      hero.send.moveTo(2, 2)
      await world.until(world.server.unload(hero))
      const back = await load(world, hero.storedId!)
      back.send.moveTo(3, 3)
      await world.until(back.saved())
      await world.run(1000)
      await worlds.shut(world)
      await worlds.store.inner.open()
      expect(await fieldsOf(hero.storedId!)).to.deep.equal({ moveTo: [3, 3] })
    })

    it('fails with the store, and succeeds when it is back', async () => {
      const id = await keep(hero => hero.send.setName('ann'))
      const world = await worlds.open()
      const { store } = worlds
      const { get } = store
      store.get = () => Promise.reject(new StoreError('retryable', 'gone for a moment'))
      await world.until(failureOf(world.server.load(id), StoreError))
      await world.until(failureOf(world.server.store.read(id), StoreError))
      store.get = get
      expect((await load(world, id)).name).to.equal('ann')
    })

    it('is followed by what waited for it, one after the other', async () => {
      const id = await keep(hero => hero.send.setName('ann'))
      const gate = new Gate()
      class Slow extends Hero {
        override async setName(name: string): Promise<void> {
          await gate.passed
          super.setName(name)
        }
      }
      const world = await worlds.open({ classes: [Slow, Herald], avatar: Slow })
      const first = world.server.load<Hero>(id)
      await world.settle()
      // All of them wait for the first, and go on in this order.
      const deleted = world.server.store.delete(id)
      const second = world.server.store.update(id, { setGold: [5] })
      const third = world.server.store.delete(id)
      gate.open()
      expect((await world.until(first))!.name).to.equal('ann')
      expect(await world.until(Promise.all([deleted, second, third]))).to.deep.equal([
        true,
        { done: false, stands: null },
        false,
      ])
      expect(await worlds.store.inner.get([id])).to.deep.equal([undefined])
    })

    it('takes no id that is none', async () => {
      const world = await worlds.open()
      for (const id of ['', 'abc', 'A'.repeat(24), 5, null, undefined, {}] as string[]) {
        const { message } = await world.until(failureOf(world.server.load(id), UsageError))
        expect(message).to.contain('24 hex digits')
        await world.until(failureOf(world.server.store.read(id), UsageError))
        await world.until(failureOf(world.server.store.update(id, {}), UsageError))
        await world.until(failureOf(world.server.store.delete(id), UsageError))
      }
      expect(worlds.store.reads).to.equal(0)
    })
  })

  it('refuses an object without a value for a Required field, which stays in the store', async () => {
    const before = new Registry()
    const after = new Registry()
    class Lamp extends NetworkObject {
      lit = 0
    }
    class LampNow extends NetworkObject {
      lit = 0
      hue = 0
    }
    for (const [table, type, fields] of [
      [before, Lamp, { light: Flags.Broadcast | Flags.Database }],
      [
        after,
        LampNow,
        { light: Flags.Broadcast | Flags.Database, tint: Flags.Database | Flags.Broadcast | Flags.Required },
      ],
    ] as const) {
      for (const [name, flags] of Object.entries(fields)) {
        const method = function (this: LampNow, value: uint8) {
          this[name === 'light' ? 'lit' : 'hue'] = value
        }
        Object.defineProperty(type.prototype, name, { value: method, configurable: true, writable: true })
        field(flags, uint8)(type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name) as never)
      }
      Object.defineProperty(type, 'name', { value: 'Lamp' })
      networkClass(30, { registry: table })(type)
    }
    const world = await worlds.open({ classes: [Lamp], avatar: undefined as never })
    const lamp = world.server.create(Lamp, made => (made.send as never as { light(n: number): void }).light(3), {
      persistent: true,
    })
    const id = lamp.storedId!
    const now = await worlds.restart(world, { classes: [LampNow], avatar: undefined as never })
    const row = await rowIn(worlds.store, id)
    const { message } = await now.until(failureOf(now.server.load(id), StoreError))
    expect(message).to.contain('Lamp.tint is Required').and.contain(id)
    expect([...now.server.objects]).to.deep.equal([])
    expect(await rowIn(worlds.store, id)).to.deep.equal(row)
  })
})
