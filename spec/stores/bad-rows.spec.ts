/** Rows that are damaged, unknown, or that a hand has been at: each is named, none is destroyed, and the rest of the world loads. Rule 13 of docs/guarantees.md. */
import { expect } from 'chai'
import { type ServerEvents, StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import type { StoredRow } from '../../lib/stores/store.ts'
import { failureOf, record } from '../support/outcome.ts'
import { Herald } from './acceptance.ts'
import { Hero } from './game.ts'
import { mend, rowIn, Worlds } from './worlds.ts'

describe('A row that cannot be read', () => {
  let worlds: Worlds<Hero>
  /** The bad one among three heroes in zone 3. */
  let id: string
  let others: string[]

  beforeEach(async () => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero, Herald], avatar: Hero },
      client: { classes: [Hero, Herald], avatar: Hero },
    })
    const world = await worlds.open()
    const make = (name: string): Hero =>
      world.server.create(
        Hero,
        hero => {
          hero.send.setName(name)
          hero.send.setGold(5)
          hero.send.moveTo(1, 2)
        },
        { persistent: true, zone: 3 },
      )
    const heroes = ['ann', 'bob', 'cyd'].map(make)
    await worlds.shut(world)
    ;[others, id] = [[heroes[0]!.storedId!, heroes[2]!.storedId!], heroes[1]!.storedId!]
  })
  afterEach(() => worlds.end())

  /** What is told of the row. */
  const told = (world: World<Hero>): ServerEvents['unreadable'][] => record(world.server, 'unreadable')

  /** Everything that could touch the object fails, says why, and leaves it as it is, and the others are not held up. */
  async function expectRefused(row: StoredRow | null, text: string, name: string | null): Promise<void> {
    const world = await worlds.open()
    const { server } = world
    const events = told(world)
    for (const use of [
      () => server.load(id),
      () => server.store.read(id),
      () => server.store.update(id, { setGold: [1] }),
      () => server.stored(Hero, id).load(),
    ]) {
      const { message, kind } = await world.until(failureOf(use(), StoreError))
      expect(message).to.contain(text).and.contain(id)
      expect(message.length).to.be.below(500)
      expect(kind).to.equal('fatal')
    }
    expect(events).to.deep.equal([])
    const loaded = await world.until(server.loadZone(3))
    expect(loaded.map(({ storedId }) => storedId)).to.have.members(others)
    expect(events.map(event => [event.id, event.class, event.field, event.value])).to.deep.equal([
      [id, name, null, null],
    ])
    expect(events[0]!.problem).to.contain(text)
    const found = await world.until(server.find(Hero))
    expect(found.map(object => object.id)).to.have.members(others)
    for (const each of loaded) (each as Hero).send.setGold(6)
    await world.until(Promise.all(loaded.map(each => each.saved())))
    expect(
      worlds.store.commits.flatMap(({ put, del = [] }) => [...put, ...del]).filter(each => each.id === id),
    ).to.have.length(1)
    if (row) expect(await rowIn(worlds.store, id)).to.deep.equal(row)
    await worlds.shut(world)
  }

  it('because its class is none of the server’s', async () => {
    const row = await mend(worlds.store, id, { class: 'Dragon' })
    await expectRefused(row, "it is a Dragon, which is none of this server's classes", 'Dragon')
  })

  it('because it comes from a newer version of its class', async () => {
    const row = await mend(worlds.store, id, { format: 9 })
    await expectRefused(row, 'it was written by version 9 of Hero, and this server has version 1', 'Hero')
  })

  for (const [fields, text] of [
    ['', 'its fields are no JSON'],
    ['{', 'its fields are no JSON'],
    ['{"setGold":[5]', 'its fields are no JSON'],
    ['{setGold:[5]}', 'its fields are no JSON'],
    ['[]', 'its fields are no JSON object'],
    ['null', 'its fields are no JSON object'],
    ['"{}"', 'its fields are no JSON object'],
    ['5', 'its fields are no JSON object'],
    [`{"setGold":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'nested deeper than 1000 levels'],
    [`{"a":1,${'"b":{'.repeat(50_000)}`, 'nested deeper than 1000 levels'],
  ] as const)
    it(`because its fields are ${fields.length > 40 ? `${fields.slice(0, 40)}...` : fields || 'empty'}`, async () => {
      const row = await mend(worlds.store, id, { fields })
      await expectRefused(row, text, 'Hero')
    })

  for (const zone of [-1, 0.5, 2 ** 32])
    it(`because its zone is ${zone}`, async () => {
      const row = await mend(worlds.store, id, { zone })
      const world = await worlds.open()
      expect((await world.until(failureOf(world.server.load(id), StoreError))).message).to.contain(
        `its zone is ${zone}`,
      )
      expect(await rowIn(worlds.store, id)).to.deep.equal(row)
    })

  it('because the store says that it is damaged', async () => {
    const { store } = worlds
    const { get, query } = store
    const damaged = { id, damaged: 'its checksum is wrong' }
    store.get = async ids => (await get.call(store, ids)).map(row => (row?.id === id ? damaged : row))
    store.query = async what => {
      const page = await query.call(store, what)
      return { ...page, rows: page.rows.map(row => (row.id === id ? damaged : row)) }
    }
    const world = await worlds.open()
    const events = told(world)
    for (const use of [
      () => world.server.load(id),
      () => world.server.store.read(id),
      () => world.server.store.update(id, { setGold: [1] }),
      () => world.server.store.delete(id),
    ])
      expect((await world.until(failureOf(use(), StoreError))).message)
        .to.contain('its checksum is wrong')
        .and.contain(id)
    expect((await world.until(world.server.loadZone(3))).map(({ storedId }) => storedId)).to.have.members(others)
    expect((await world.until(world.server.find(Hero))).map(object => object.id)).to.have.members(others)
    expect(events.map(event => [event.id, event.class, event.problem.includes('checksum')])).to.deep.equal([
      [id, null, true],
      [id, null, true],
    ])
    expect(store.commits.slice(1)).to.deep.equal([])
  })

  it('can be deleted, where the store knows it', async () => {
    await mend(worlds.store, id, { class: 'Dragon' })
    const world = await worlds.open()
    expect(await world.until(world.server.store.delete(id))).to.equal(true)
    expect(await worlds.store.inner.get([id])).to.deep.equal([undefined])
  })
})

describe('A row with values that a hand has changed', () => {
  let worlds: Worlds<Hero>
  let id: string

  beforeEach(async () => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero, Herald], avatar: Hero },
      client: { classes: [Hero, Herald], avatar: Hero },
    })
    const world = await worlds.open()
    const hero = world.server.create(Hero, hero => hero.send.setName('bob'), { persistent: true })
    await worlds.shut(world)
    id = hero.storedId!
  })
  afterEach(() => worlds.end())

  const cases: [given: string, problem: string][] = [
    ['5', 'expected a list of arguments, got 5'],
    ['{"0":1}', 'expected a list of arguments, got an object'],
    ['null', 'expected a list of arguments, got null'],
    ['"[5]"', 'expected a list of arguments, got "[5]"'],
    ['[]', 'expected 1 arguments (gold), got 0'],
    ['[1,2]', 'expected 1 arguments (gold), got 2'],
    ['[-1]', 'gold: expected uint32, got -1'],
    ['["5"]', 'gold: expected uint32, got "5"'],
    ['[[5]]', 'gold: expected uint32, got an array of 1'],
    ['[null]', 'gold: expected uint32, got null'],
    ['[{"$number":"NaN"}]', 'gold: expected uint32, got NaN'],
    ['[{"$bigint":"5"}]', 'gold: expected uint32, got 5n'],
    ['[{"$undefined":true}]', 'gold: expected uint32, got undefined'],
    ['[{"$bytes":5}]', 'expected a value in the form of stored values, got an object'],
    ['[{"$struct":["__proto__",{}]}]', 'expected the name of a registered struct, got "__proto__"'],
    ['[{"$nothing":1}]', 'expected a value in the form of stored values, got an object'],
    ['[{"__proto__":{"polluted":1}}]', 'gold: expected uint32, got an object'],
  ]
  for (const [given, problem] of cases)
    it(`loads without ${given}, names it, and keeps it until the field is called again`, async () => {
      const fields = `{"setGold":${given},"setName":["bob"]}`
      await mend(worlds.store, id, { fields })
      const world = await worlds.open()
      const events = record(world.server, 'unreadable')
      const read = await world.until(world.server.store.read(id))
      expect(read!.fields).to.deep.equal({ setName: ['bob'] })
      const hero = (await world.until(world.server.load<Hero>(id)))!
      expect(hero.heard).to.deep.equal(['setName bob'])
      const event = { id, class: 'Hero', field: 'setGold', value: JSON.parse(given), problem }
      expect(events).to.deep.equal([event, event])
      hero.send.moveTo(1, 2)
      await world.until(hero.saved())
      const kept = JSON.parse((await rowIn(worlds.store, id)).fields)
      expect(kept).to.deep.equal(JSON.parse(`{"setGold":${given},"setName":["bob"],"moveTo":[1,2]}`))
      hero.send.setGold(7)
      await world.until(hero.saved())
      expect(JSON.parse((await rowIn(worlds.store, id)).fields).setGold).to.deep.equal([7])
      expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)
    })

  it('keeps fields with names of JavaScript’s own', async () => {
    const fields = '{"setName":["bob"],"__proto__":[1],"constructor":["x"],"toString":[]}'
    await mend(worlds.store, id, { fields })
    const world = await worlds.open()
    const events = record(world.server, 'unreadable')
    const hero = (await world.until(world.server.load<Hero>(id)))!
    expect(events.map(({ field }) => field)).to.have.members(['__proto__', 'constructor', 'toString'])
    hero.send.setName('bert')
    await world.until(hero.saved())
    const text = (await rowIn(worlds.store, id)).fields
    expect(JSON.parse(text)).to.deep.equal(JSON.parse(fields.replace('bob', 'bert')))
    await world.until(world.server.unload(hero))
    await world.until(world.server.store.update(id, { setName: ['bob'] }))
    expect(JSON.parse((await rowIn(worlds.store, id)).fields)).to.deep.equal(JSON.parse(fields))
  })

  it('is found by what its fields say, not by what its keys do, once it has been written again', async () => {
    await mend(worlds.store, id, { fields: '{"setName":["bert"]}' })
    const world = await worlds.open()
    const found = async (name: string) => (await world.until(world.server.find(Hero, { name }))).map(each => each.id)
    // The key leads to it, but it is not what was looked for.
    expect([await found('bob'), await found('bert')]).to.deep.equal([[], []])
    const hero = (await world.until(world.server.load<Hero>(id)))!
    hero.send.moveTo(1, 1)
    expect([await found('bob'), await found('bert')]).to.deep.equal([[], [id]])
  })

  it('is written with no key for a value that is none', async () => {
    await mend(worlds.store, id, { fields: '{"setName":5,"setGold":[1]}' })
    const world = await worlds.open()
    const hero = (await world.until(world.server.load<Hero>(id)))!
    hero.send.moveTo(1, 1)
    await world.until(hero.saved())
    expect((await rowIn(worlds.store, id)).keys).to.deep.equal({})
    expect(JSON.parse((await rowIn(worlds.store, id)).fields)).to.deep.equal({
      setName: 5,
      setGold: [1],
      moveTo: [1, 1],
    })
  })
})
