/** What is on its way to the store, at its edges. Rules 12 and 13 of docs/guarantees.md. */
import { expect } from 'chai'
import { type Account, StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { StoredRecord } from '../../lib/stores/persister/record.ts'
import { WriteBehind } from '../../lib/stores/persister/write-behind.ts'
import { failureOf, record } from '../support/outcome.ts'
import { Hero } from './game.ts'
import { TroubledStore } from './trouble.ts'
import { rowIn, Worlds } from './worlds.ts'

describe('What is on its way to the store', () => {
  let worlds: Worlds<Hero>
  const annsId = 'a'.repeat(24)

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero], avatar: Hero, login: (): Account => ({ id: 'ann', avatar: annsId }) },
      client: { classes: [Hero], avatar: Hero },
    })
  })
  afterEach(() => worlds.end())

  it('is stored also under an id whose object was deleted a moment ago, however often that had changed', async () => {
    const world = await worlds.open({ storage: { gapMs: 0 } })
    const client = await world.join()
    const ann = world.server.clients.get(client.id)!.avatar as Hero
    // Without time that passes: each commit has a version of its own all the same.
    for (let gold = 1; gold <= 50; gold++) {
      ann.send.setGold(gold)
      await ann.saved()
    }
    const { version } = await rowIn(worlds.store, annsId)
    ann.delete()
    await ann.saved()
    client.close()
    await world.settle()
    const again = await world.join()
    const anew = world.server.clients.get(again.id)!.avatar as Hero
    anew.send.setGold(7)
    await world.until(anew.saved())
    expect((await rowIn(worlds.store, annsId)).fields).to.equal('{"setGold":[7]}')
    expect((await rowIn(worlds.store, annsId)).version).to.be.above(version)
  })

  it('is not touched by what is left of an object that was unloaded', async () => {
    const world = await worlds.open()
    const stale = world.server.create(Hero, hero => hero.send.setGold(1), { persistent: true })
    await world.until(world.server.unload(stale))
    const hero = (await world.until(world.server.load<Hero>(stale.storedId!)))!
    hero.send.setGold(2)
    await world.until(hero.saved())
    expect(() => stale.clear('setGold')).to.throw('has been deleted')
    await world.run(1000)
    await world.until(hero.saved())
    expect((await rowIn(worlds.store, hero.storedId!)).fields).to.equal('{"setGold":[2]}')
  })

  it('does not wait for gaps where it is more than a commit takes', async () => {
    const store = new TroubledStore(memoryStore(), { batch: 10 })
    const world = await new Worlds<Hero>(
      { server: { classes: [Hero], storage: { gapMs: 1000 } }, client: { classes: [Hero] } },
      store,
    ).open()
    const heroes = Array.from({ length: 95 }, () => world.server.create(Hero, null, { persistent: true }))
    await world.until(heroes.at(-1)!.saved())
    await world.run(5000)
    for (const hero of heroes) hero.send.setGold(1)
    const { length } = store.commits
    // The gap to what went before.
    await world.run(1000)
    expect(store.commits.slice(length).map(({ put }) => put.length)).to.deep.equal([...Array(9).fill(10), 5])
    await world.stop()
  })

  it('of which one thing has no stored form is all durable when it is said to be', async () => {
    const store = new TroubledStore()
    await store.open()
    const clock = new VirtualClock()
    const refused: string[] = []
    const queue = new WriteBehind({
      store,
      clock,
      fence: { shard: 'main', epoch: 1 },
      gapMs: 0,
      encode: ({ id, version }) => {
        if (id.startsWith('b')) throw new Error('what is that')
        return { id, class: 'Hero', version, format: 1, owner: null, zone: null, keys: {}, fields: '{}' }
      },
      tell: {
        failing() {},
        working() {},
        fenced() {},
        refused: ({ id }) => refused.push(id),
        committed() {},
      },
    })
    store.held = true
    const records = ['a', 'b'].map(letter => new StoredRecord(letter.repeat(24)))
    for (const each of records) queue.add(each)
    let told = false
    const flushed = queue.flushed().then(() => {
      told = true
    })
    expect((await failureOf(queue.saved(records[1]!), StoreError)).kind).to.equal('fatal')
    await clock.advance(100)
    expect([refused, told]).to.deep.equal([['b'.repeat(24)], false])
    store.release()
    await flushed
    expect(await rowIn(store, 'a'.repeat(24))).to.include({ class: 'Hero' })
  })

  it('counts what waits, and no longer what was refused', async () => {
    const world = await worlds.open()
    const errors = record(world.server, 'error')
    worlds.store.trouble = ({ put }) => (put.length > 0 ? new StoreError('fatal', 'too long') : null)
    const hero = world.server.create(Hero, null, { persistent: true })
    await failureOf(world.until(hero.saved()), StoreError)
    expect([world.server.store.state.waiting, errors.length]).to.deep.equal([0, 1])
    worlds.store.up()
  })

  it('is taken by a zone whose other objects the store has refused', async () => {
    const world = await worlds.open()
    record(world.server, 'error')
    const told = record(world.server, 'unreadable')
    const [ann, bob] = ['ann', 'bob'].map(name =>
      world.server.create(Hero, hero => hero.send.setName(name), { persistent: true, zone: 1 }),
    ) as [Hero, Hero]
    await world.until(Promise.all([ann.saved(), bob.saved()]))
    worlds.store.trouble = ({ put }) =>
      put.some(({ id }) => id === ann.storedId) ? new StoreError('fatal', 'too long') : null
    ann.send.setGold(1)
    await failureOf(world.until(world.server.unload(ann)), StoreError)
    await world.until(world.server.unload(bob))
    const loaded = await world.until(world.server.loadZone(1))
    expect(loaded.map(hero => (hero as Hero).name)).to.deep.equal(['bob'])
    expect(told.map(({ id }) => id)).to.deep.equal([ann.storedId])
  })
})

describe('A login', () => {
  let worlds: Worlds<Hero>
  let account: Account

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero], avatar: Hero, login: () => account, storage: { zones: 'lazy' } },
      client: { classes: [Hero], avatar: Hero },
    })
  })
  afterEach(() => worlds.end())

  it('of one account while another of it waits for its zone leaves one of them', async () => {
    const world = await worlds.open()
    account = { id: 'ann', zone: 2 }
    const before = await world.join()
    before.close()
    await world.settle()
    // Zone 2 is awake, zone 1 is not.
    const { query } = worlds.store
    let go!: () => void
    const held = new Promise<void>(resolve => {
      go = resolve
    })
    worlds.store.query = async asked => {
      await held
      return query.call(worlds.store, asked)
    }
    account = { id: 'ann', zone: 1 }
    const older = failureOf(world.join(), Error)
    await world.settle()
    account = { id: 'ann', zone: 2 }
    const newer = await world.join()
    go()
    await world.until(older)
    await world.settle()
    expect([world.server.clients.size, newer.connected]).to.deep.equal([1, true])
  })

  it('whose connection has gone before its turn comes costs the store nothing', async () => {
    const world = await worlds.open()
    account = { id: 'ann', avatar: 'a'.repeat(24) }
    const first = await world.join()
    await world.until((world.server.clients.get(first.id)!.avatar as Hero).saved())
    worlds.store.held = true
    ;(world.server.clients.get(first.id)!.avatar as Hero).send.setGold(1)
    await world.settle()
    const { reads } = worlds.store
    // Each ends the one before, and all wait for what the first has left to be stored.
    const joining = Array.from({ length: 20 }, () => world.join().catch(() => null))
    await world.settle()
    worlds.store.release()
    const joined = (await Promise.all(joining)).filter(client => client !== null)
    expect(joined).to.have.length(1)
    expect(worlds.store.reads - reads).to.equal(1)
    expect(world.server.objects.size).to.equal(1)
  })

  it('is refused where a store throws at once, as where its promise fails', async () => {
    const world = await worlds.open()
    const errors = record(world.server, 'error')
    account = { id: 'ann', avatar: 'a'.repeat(24) }
    const { get } = worlds.store
    worlds.store.get = () => {
      throw new StoreError('retryable', 'not now')
    }
    await failureOf(world.join(), Error)
    await failureOf(world.until(world.server.load('b'.repeat(24))), StoreError)
    expect(errors.map(({ where }) => where)).to.deep.equal(['login'])
    worlds.store.get = get
    expect((await world.join()).avatar.storedId).to.equal('a'.repeat(24))
  })

  it('waits for no change that its avatar’s handlers wait to see saved', async () => {
    const world: World<Hero> = await worlds.open()
    const hero = world.server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
    await world.until(hero.saved())
    class Careful extends Hero {
      override async setName(name: string): Promise<void> {
        await this.saved()
        super.setName(name)
      }
    }
    // It has not been an avatar before.
    account = { id: 'ann', avatar: hero.storedId! }
    const next = await worlds.restart(world, { classes: [Careful], avatar: Careful })
    expect((await next.join()).avatar.name).to.equal('ann')
  })
})
