/** What is stored outlives the server: creation, calls, loading, leaving, trouble. Rules 12 to 14 of docs/guarantees.md. */
import { expect } from 'chai'
import { type ServerEvents, StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import { Hero } from './game.ts'
import { TroubledStore } from './trouble.ts'
import { Worlds } from './worlds.ts'

describe('objects that are stored', () => {
  let worlds: Worlds<Hero>
  let store: TroubledStore

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero], avatar: Hero },
      client: { classes: [Hero], avatar: Hero },
    })
    store = worlds.store
  })
  afterEach(() => worlds.end())

  /** What a server tells of its store. */
  function states(world: World<Hero>): ServerEvents['store']['state'][] {
    const heard: ServerEvents['store']['state'][] = []
    world.server.on('store', ({ state }) => heard.push(state))
    return heard
  }

  function makeHero(world: World<Hero>, name = 'ann'): Hero {
    return world.server.create(Hero, hero => hero.send.setName(name), { persistent: true })
  }

  it('come back as they were', async () => {
    const first = await worlds.open()
    const hero = first.server.create(
      Hero,
      hero => {
        hero.send.setName('ann')
        hero.send.feel('happy')
      },
      { persistent: true, zone: 7 },
    )
    const id = hero.storedId!
    hero.send.moveTo(3, 4)
    await first.until(hero.saved())
    await worlds.shut(first)

    const second = await worlds.open()
    const back = (await second.until(second.server.load<Hero>(id)))!
    expect(back).to.be.instanceOf(Hero)
    expect([back.storedId, back.name, back.x, back.y, back.mood, back.zone]).to.deep.equal([id, 'ann', 3, 4, '', 7])
    expect(back.heard).to.deep.equal(['moveTo 3 4', 'setName ann'])
    expect(await second.until(second.server.load(id))).to.equal(back)
    expect(await second.until(second.server.load('0123456789abcdef01234567'))).to.equal(null)
  })

  it('are written together, each once, as they stand', async () => {
    const world = await worlds.open()
    const heroes = ['ann', 'bob', 'cyd'].map(name => makeHero(world, name))
    for (const hero of heroes) for (let x = 1; x <= 50; x++) hero.send.moveTo(x, x)
    await world.until(Promise.all(heroes.map(hero => hero.saved())))
    expect(store.commits.map(({ put }) => put.length)).to.deep.equal([3])
    expect(await store.fields(heroes[1]!.storedId!)).to.deep.equal({ setName: ['bob'], moveTo: [50, 50] })
  })

  it('gather while a commit is under way', async () => {
    const world = await worlds.open({ storage: { gapMs: 0 } })
    const hero = makeHero(world)
    await world.until(hero.saved())
    store.held = true
    hero.send.moveTo(1, 1)
    const first = hero.saved()
    await world.settle()
    for (let x = 2; x <= 9; x++) hero.send.moveTo(x, x)
    let second = false
    const both = hero.saved().then(() => (second = true))
    await world.settle()
    expect([store.commits.length, second]).to.deep.equal([2, false])
    store.release()
    await world.until(first)
    await world.until(both)
    expect(store.commits.map(({ put }) => JSON.parse(put[0]!.fields).moveTo?.[0])).to.deep.equal([undefined, 1, 9])
  })

  it('wait for a gap that nobody who awaits them has to wait for', async () => {
    const world = await worlds.open({ storage: { gapMs: 500 } })
    const hero = makeHero(world)
    await world.until(hero.saved())
    const before = world.clock.now()
    hero.send.moveTo(1, 1)
    await world.run(100)
    hero.send.moveTo(2, 2)
    await world.run(100)
    const { length } = store.commits
    await world.until(hero.saved())
    expect(world.clock.now() - before).to.be.below(400)
    expect(store.commits.length).to.equal(length + 1)
  })

  it('wait for no gap where a whole commit has gathered', async () => {
    worlds.store = store = new TroubledStore(undefined, { batch: 10 })
    const world = await worlds.open({ storage: { gapMs: 10_000 } })
    for (let i = 0; i < 25; i++) makeHero(world, `hero ${i}`)
    await world.run(100)
    expect(store.commits.map(({ put }) => put.length)).to.deep.equal([10, 10])
    for (let i = 0; i < 5; i++) makeHero(world, `late ${i}`)
    await world.run(100)
    expect(store.commits.map(({ put }) => put.length)).to.deep.equal([10, 10, 10])
    makeHero(world, 'the last')
    await world.run(9000)
    expect(store.commits.length).to.equal(3)
    await world.run(1000)
    expect(store.commits.map(({ put }) => put.length)).to.deep.equal([10, 10, 10, 1])
  })

  it('are encoded in slices, between which the game goes on and may change them', async () => {
    const world = await worlds.open()
    const heroes = Array.from({ length: 1700 }, (_, i) => makeHero(world, `hero ${i}`))
    const last = heroes.at(-1)!
    world.clock.after(0, () => {
      last.send.moveTo(7, 7)
      heroes[0]!.send.moveTo(8, 8)
      heroes[1600]!.delete()
    })
    await world.until(Promise.all(heroes.map(hero => hero.saved())))
    await world.until(Promise.all([last.saved(), heroes[0]!.saved()]))
    expect((await store.fields(last.storedId!))!['moveTo']).to.deep.equal([7, 7])
    expect((await store.fields(heroes[0]!.storedId!))!['moveTo']).to.deep.equal([8, 8])
    expect(await store.fields(heroes[1600]!.storedId!)).to.equal(null)
    expect(await store.fields(heroes[1699 - 1]!.storedId!)).to.deep.equal({ setName: ['hero 1698'] })
  })

  it('are unharmed by a store that goes away and comes back', async () => {
    const world = await worlds.open()
    const heard = states(world)
    const hero = makeHero(world)
    await world.until(hero.saved())
    store.down()
    hero.send.moveTo(1, 1)
    let saved = false
    const waiting = hero.saved().then(() => (saved = true))
    await world.run(20_000)
    hero.send.moveTo(2, 2)
    const other = makeHero(world, 'bob')
    await world.run(20_000)
    expect(saved).to.equal(false)
    expect(heard.every(state => state === 'failing') && heard.length).to.be.within(1, 4)
    expect(world.server.store.state).to.include({ failing: true, waiting: 2 })
    expect(world.server.store.state.oldestMs).to.be.above(20_000)
    // Every attempt at one commit is the same commit.
    const attempts = store.commits.slice(1).map(({ put }) => `${put.length} ${put[0]!.version} ${put[0]!.fields}`)
    expect(new Set(attempts).size).to.equal(1)
    store.up()
    await world.until(waiting)
    await world.until(other.saved())
    await world.until(hero.saved())
    expect(heard.at(-1)).to.equal('working')
    expect((await store.fields(hero.storedId!))!['moveTo']).to.deep.equal([2, 2])
    expect(await store.fields(other.storedId!)).to.deep.equal({ setName: ['bob'] })
    expect(world.server.store.state).to.include({ failing: false, waiting: 0, oldestMs: 0 })
  })

  it('are pushed back at the dirty limit, while calls go on', async () => {
    const world = await worlds.open({ storage: { dirtyLimit: 3 } })
    const heard = states(world)
    const kept = makeHero(world, 'kept')
    await world.until(world.server.unload(kept))
    store.down()
    const heroes = ['ann', 'bob', 'cyd'].map(name => makeHero(world, name))
    expect(() => makeHero(world, 'dan')).to.throw(StoreError, 'behind')
    await world.until(
      world.server.load(kept.storedId!).then(
        () => expect.fail('it was loaded'),
        error => expect(error).to.include({ code: 'store', kind: 'retryable' }),
      ),
    )
    heroes[0]!.send.moveTo(5, 5)
    expect(heroes[0]!.x).to.equal(5)
    expect(world.server.objects.size).to.equal(3)
    store.up()
    await world.until(Promise.all(heroes.map(hero => hero.saved())))
    makeHero(world, 'dan')
    expect(await world.until(world.server.load(kept.storedId!))).to.not.equal(null)
    expect(heard).to.include.members(['behind', 'working'])
  })

  it('do not stop each other: what the store refuses is told and tried again, the rest is written', async () => {
    const world = await worlds.open()
    const refused: unknown[] = []
    world.server.on('error', ({ error, where, object }) =>
      refused.push([(error as StoreError).kind, where, object?.id]),
    )
    const [ann, bob, cyd] = ['ann', 'bob', 'cyd'].map(name => makeHero(world, name)) as [Hero, Hero, Hero]
    store.trouble = ({ put }) =>
      put.some(({ id }) => id === bob.storedId) ? new StoreError('fatal', 'the row is too large') : null
    const outcome = bob.saved().then(
      () => 'saved',
      (error: StoreError) => error.kind,
    )
    await world.until(Promise.all([ann.saved(), cyd.saved()]))
    expect(await world.until(outcome)).to.equal('fatal')
    expect(refused).to.deep.equal([['fatal', 'store', bob.id]])
    expect(await store.fields(ann.storedId!)).to.deep.equal({ setName: ['ann'] })
    store.up()
    bob.send.moveTo(1, 2)
    await world.until(bob.saved())
    expect(await store.fields(bob.storedId!)).to.deep.equal({ setName: ['bob'], moveTo: [1, 2] })
  })

  it('are written before the server has stopped', async () => {
    const world = await worlds.open({ storage: { gapMs: 10_000 } })
    const heroes = Array.from({ length: 100 }, (_, i) => makeHero(world, `hero ${i}`))
    for (const hero of heroes) hero.send.moveTo(hero.id, 0)
    await worlds.shut(world)
    for (const hero of heroes)
      expect(await store.fields(hero.storedId!)).to.deep.equal({ setName: [hero.name], moveTo: [hero.id, 0] })
  })

  it('that cannot be written are counted when the server stops', async () => {
    const world = await worlds.open({ storage: { stopMs: 3000 } })
    makeHero(world)
    makeHero(world)
    store.down()
    worlds.forget(world)
    await world.until(
      world.server.stop().then(
        () => expect.fail('it stopped'),
        error => {
          expect(error).to.be.instanceOf(StoreError)
          expect(error.message).to.contain('2 objects are unsaved')
        },
      ),
    )
  })

  it('are left to the server that has taken over', async () => {
    const first = await worlds.open()
    const heard = states(first)
    const hero = makeHero(first)
    await first.until(hero.saved())
    const second = await worlds.open()
    hero.send.moveTo(9, 9)
    await first.until(
      hero.saved().then(
        () => expect.fail('it was saved'),
        error => expect(error).to.include({ code: 'store', kind: 'fenced' }),
      ),
    )
    expect(heard).to.deep.equal(['fenced'])
    expect(await store.fields(hero.storedId!)).to.deep.equal({ setName: ['ann'] })
    const back = await second.until(second.server.load<Hero>(hero.storedId!))
    expect([back!.name, back!.x]).to.deep.equal(['ann', 0])
    worlds.forget(first)
    await first.until(first.server.stop().catch(() => {}))
  })

  it('go with their deletion, and no other does', async () => {
    const world = await worlds.open()
    const [ann, bob] = [makeHero(world, 'ann'), makeHero(world, 'bob')]
    await world.until(Promise.all([ann.saved(), bob.saved()]))
    ann.delete()
    await world.until(ann.saved())
    expect(await store.fields(ann.storedId!)).to.equal(null)
    expect(await store.fields(bob.storedId!)).to.deep.equal({ setName: ['bob'] })
    const brief = makeHero(world, 'brief')
    const { length } = store.commits
    brief.delete()
    await world.until(brief.saved())
    expect(store.commits.length).to.equal(length)
    expect(await world.until(world.server.load(ann.storedId!))).to.equal(null)
  })

  it('are not stored where their creation fails', async () => {
    const world = await worlds.open()
    expect(() =>
      world.server.create(
        Hero,
        hero => {
          hero.send.setName('ann')
          throw new Error('changed my mind')
        },
        { persistent: true },
      ),
    ).to.throw('changed my mind')
    await world.run(1000)
    expect(store.commits).to.deep.equal([])
  })
})
