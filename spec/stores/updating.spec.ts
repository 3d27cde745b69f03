/** Several fields of a stored object changed together, compared first, in the game and out of it. Rule 14 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  ArgumentError,
  amend,
  Flags,
  field,
  type float32,
  NetworkObject,
  networkClass,
  Registry,
  Reject,
  Rejected,
  type str,
  UsageError,
  type uint8,
} from 'fieldcast'
import { createServer, StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import type { UpdateOptions } from '../../lib/replication/authority/stored.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { Herald } from './acceptance.ts'
import { Hero } from './game.ts'
import { rowIn, Worlds } from './worlds.ts'

const registry = new Registry()

@networkClass(1, { registry })
class Chest extends NetworkObject {
  readonly heard: string[] = []

  @field(Flags.Broadcast | Flags.Database)
  lock(code?: str<8>, tries?: uint8): void {
    this.heard.push(`lock ${code} ${tries}`)
  }

  @field(Flags.Broadcast | Flags.Database)
  weigh(kilos: float32): void {
    this.heard.push(`weigh ${kilos}`)
  }

  @field(Flags.Broadcast | Flags.Database, { default: ['red'] })
  paint(colour: str<8>): void {
    this.heard.push(`paint ${colour}`)
  }

  @field(Flags.Broadcast | Flags.RAM)
  open(): void {}
}

/** Vetoes some calls, changes others, and takes its time for all. */
class StrictHero extends Hero {
  override async setName(name: string): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    super.setName(name)
  }
  override moveTo(x: number, y: number): ReturnType<Hero['moveTo']> {
    super.moveTo(x, y)
    if (x === 13) throw new Error('unlucky')
    if (x > 100) return amend(100, y) as never
    if (x < -100) return amend('far') as never
  }
}

describe('Updating', () => {
  let worlds: Worlds<Hero>

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [StrictHero, Herald], avatar: StrictHero, storage: { gapMs: 0 } },
      client: { classes: [Hero, Herald], avatar: Hero },
    })
  })
  afterEach(() => worlds.end())

  /** A hero named ann with 10 gold at 1, 1, whom a client watches. */
  async function start() {
    const world = await worlds.open()
    const client = await world.join()
    const hero = world.server.create(StrictHero, null, { persistent: true, zone: 0 })
    hero.send.setName('ann')
    hero.send.setGold(10)
    hero.send.moveTo(1, 1)
    await world.settle()
    await world.until(hero.saved())
    const sight = [...client.objects].find(({ id }) => id === hero.id) as Hero
    hero.heard.length = sight.heard.length = worlds.store.commits.length = 0
    return { world, client, hero, id: hero.storedId!, sight }
  }

  const fieldsOf = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await rowIn(worlds.store, id)).fields)

  const update = (
    world: World<any>,
    id: string,
    fields: Record<string, readonly unknown[]>,
    expected?: UpdateOptions['expect'],
  ) => world.until(world.server.store.update(id, fields, expected ? { expect: expected } : {}))

  describe('in the game', () => {
    it('runs every handler, then keeps and delivers everything at once', async () => {
      const { world, hero, id, sight } = await start()
      const seen: unknown[] = []
      const updating = update(world, id, { setName: ['anna'], setGold: [20], moveTo: [2, 2] })
      hero.send.feel('after')
      seen.push([...hero.heard])
      const { done, stands } = await updating
      await world.settle()
      expect(seen).to.deep.equal([[]])
      expect(hero.heard).to.deep.equal(['setName anna', 'setGold 20', 'moveTo 2 2', 'feel after'])
      expect(sight.heard).to.deep.equal(['setName anna', 'moveTo 2 2', 'feel after'])
      expect([done, stands]).to.deep.equal([
        true,
        {
          id,
          class: 'Hero',
          owner: null,
          zone: 0,
          fields: { setName: ['anna'], setGold: [20], moveTo: [2, 2] },
        },
      ])
      // One commit, and it was awaited.
      expect(worlds.store.commits.filter(({ put }) => JSON.parse(put[0]!.fields).setName[0] === 'anna')).to.have.length(
        1,
      )
      expect(await fieldsOf(id)).to.deep.equal(stands!.fields)
    })

    it('is vetoed whole by any handler: those before it run again with what stands, and nobody hears of it', async () => {
      const { world, hero, id, sight } = await start()
      const vetoed = record(world.server, 'vetoed')
      const failure = await world.until(
        failureOf(world.server.store.update(id, { setGold: [0], moveTo: [9, 9], setName: ['admin'] }), Rejected),
      )
      expect([failure.reason, failure.message]).to.deep.equal([
        'reserved',
        'Hero.setName was vetoed: reserved. Nothing was changed.',
      ])
      await world.settle()
      expect(hero.heard).to.deep.equal(['setGold 0', 'moveTo 9 9', 'setGold 10', 'moveTo 1 1'])
      expect([hero.gold, hero.x, hero.name]).to.deep.equal([10, 1, 'ann'])
      expect(sight.heard).to.deep.equal([])
      expect(worlds.store.commits).to.deep.equal([])
      expect(vetoed.map(({ field, reason, client }) => [field, reason, client])).to.deep.equal([
        ['Hero.setName', 'reserved', null],
      ])
      hero.send.feel('free')
      expect(hero.mood).to.equal('free')
    })

    it('is undone by a handler that fails, which is told', async () => {
      const { world, hero, id } = await start()
      const errors = record(world.server, 'error')
      const failure = await world.until(
        failureOf(world.server.store.update(id, { setName: ['bob'], moveTo: [13, 0] }), Rejected),
      )
      expect(failure.reason).to.equal('error')
      expect(errors.map(({ error, field }) => [String(error), field])).to.deep.equal([
        ['Error: unlucky', 'Hero.moveTo'],
      ])
      expect([hero.name, hero.heard.at(-1)]).to.deep.equal(['ann', 'setName ann'])
      expect((await world.until(world.server.store.read(id)))!.fields).to.deep.include({
        setName: ['ann'],
        moveTo: [1, 1],
      })
    })

    it('takes what a handler amends, and an amendment that does not fit undoes all', async () => {
      const { world, hero, id, sight } = await start()
      const { stands } = await update(world, id, { moveTo: [500, 3], setGold: [11] })
      await world.settle()
      expect(stands!.fields).to.deep.include({ moveTo: [100, 3], setGold: [11] })
      expect([sight.x, sight.heard]).to.deep.equal([100, ['moveTo 100 3']])
      const errors = record(world.server, 'error')
      await world.until(failureOf(world.server.store.update(id, { setGold: [12], moveTo: [-500, 3] }), Rejected))
      expect((errors[0]!.error as Error).message).to.contain('Hero.moveTo')
      expect([hero.gold, hero.x]).to.deep.equal([11, 100])
    })

    it('waits for calls before it and holds up those behind it', async () => {
      const { world, hero, id } = await start()
      hero.send.setName('before')
      const updating = update(world, id, { setName: ['during'], setGold: [1] }, { setName: ['before'] })
      await null
      hero.send.setName('after')
      expect((await updating).done).to.equal(true)
      await world.until(hero.saved())
      await world.settle()
      expect(hero.heard).to.deep.equal(['setName before', 'setName during', 'setGold 1', 'setName after'])
      expect((await world.until(world.server.store.read(id)))!.fields['setName']).to.deep.equal(['after'])
    })

    it('is not made on an object that is deleted meanwhile', async () => {
      const { world, hero, id } = await start()
      const updating = world.server.store.update(id, { setName: ['bob'], setGold: [1] })
      await null
      await null
      hero.delete()
      expect(await world.until(updating)).to.deep.equal({ done: false, stands: null })
      expect(await worlds.store.inner.get([id])).to.deep.equal([undefined])
    })

    it('is waited for until it is durable, and says where it cannot be', async () => {
      const { world, id, hero } = await start()
      worlds.store.down()
      let settled = false
      const updating = world.server.store.update(id, { setGold: [11] }).finally(() => {
        settled = true
      })
      await world.run(3000)
      expect([settled, hero.gold]).to.deep.equal([false, 11])
      worlds.store.up()
      expect((await world.until(updating)).done).to.equal(true)
      worlds.store.trouble = ({ put }) => (put.length ? new StoreError('fatal', 'too large') : null)
      record(world.server, 'error')
      await world.until(failureOf(world.server.store.update(id, { setGold: [12] }), StoreError))
    })
  })

  for (const place of ['in the game', 'in the store alone'] as const)
    describe(`${place}, what is given`, () => {
      async function settled() {
        const started = await start()
        if (place === 'in the store alone') await started.world.until(started.world.server.unload(started.hero))
        worlds.store.commits.length = 0
        return started
      }

      it('is checked before anything is changed', async () => {
        const { world, id } = await settled()
        const before = await rowIn(worlds.store, id)
        const { store } = world.server
        for (const [fields, expected, text] of [
          [{ setGold: [1], moveTo: [1] }, {}, 'Hero.moveTo: expected 2 arguments (x, y), got 1'],
          [{ moveTo: [1, 40000] }, {}, 'Hero.moveTo: y: expected int16, got 40000'],
          [{ setGold: [-1] }, {}, 'Hero.setGold: gold: expected uint32, got -1'],
          [{ setGold: 5 }, {}, 'Hero.setGold: expected a list of arguments, got 5'],
          [{ setGold: null }, {}, 'Hero.setGold: expected a list of arguments, got null'],
          [{ setName: ['x'.repeat(33)] }, {}, 'Hero.setName: name: expected text of at most 32 characters'],
          [{ setGold: [1] }, { moveTo: ['a', 1] }, 'Hero.moveTo: x: expected int16, got "a"'],
        ] as const) {
          const refused = failureOf(store.update(id, fields as never, { expect: expected as never }), ArgumentError)
          expect((await world.until(refused)).message).to.contain(text)
        }
        for (const name of ['feel', 'nothing', 'toString', '__proto__', 'wave']) {
          const fields = Object.fromEntries([[name, []]])
          await world.until(failureOf(store.update(id, fields), UsageError))
          await world.until(failureOf(store.update(id, { setGold: [1] }, { expect: fields }), UsageError))
        }
        expect([worlds.store.commits, await rowIn(worlds.store, id)]).to.deep.equal([[], before])
      })

      it('is expected of every field that is named, null of those that were never called', async () => {
        const { world, id } = await settled()
        const stranger = world.server.create(StrictHero, null, { persistent: true })
        await world.until(stranger.saved())
        const strangerId = stranger.storedId!
        if (place === 'in the store alone') await world.until(world.server.unload(stranger))
        for (const [of, expected, holds] of [
          [id, { setGold: [10], moveTo: [1, 1] }, true],
          [id, { setGold: [10], moveTo: [1, 2] }, false],
          [id, { setGold: null }, false],
          [id, {}, true],
          [strangerId, { setGold: null, moveTo: null }, true],
          [strangerId, { setGold: [0] }, false],
        ] as const)
          expect((await update(world, of, {}, expected)).done, JSON.stringify(expected)).to.equal(holds)
        expect(worlds.store.commits.flatMap(({ put }) => put).filter(row => row.id === id)).to.deep.equal([])
        expect((await update(world, strangerId, { setGold: [1] }, { setGold: null })).done).to.equal(true)
        expect((await update(world, strangerId, { setGold: [2] }, { setGold: null })).done).to.equal(false)
      })

      it('succeeds for exactly one of many who expect the same', async () => {
        const { world, id } = await settled()
        const outcomes = await world.until(
          Promise.all(
            Array.from({ length: 20 }, (_, i) =>
              world.server.store.update(id, { setGold: [11], moveTo: [i, i] }, { expect: { setGold: [10] } }),
            ),
          ),
        )
        const winners = outcomes.flatMap(({ done }, i) => (done ? [i] : []))
        expect(winners).to.have.length(1)
        expect(await fieldsOf(id)).to.deep.include({ setGold: [11], moveTo: [winners[0], winners[0]] })
      })

      it('adds up, where many raise a counter and try again', async () => {
        const { world, id } = await settled()
        const { store } = world.server
        const raise = async (): Promise<void> => {
          for (;;) {
            const gold = (await store.read(id))!.fields['setGold']![0] as number
            if ((await store.update(id, { setGold: [gold + 1] }, { expect: { setGold: [gold] } })).done) return
          }
        }
        await world.until(Promise.all(Array.from({ length: 25 }, raise)))
        expect((await fieldsOf(id))['setGold']).to.deep.equal([35])
      })
    })

  describe('in the store alone', () => {
    it('is tried again when another server came between, and runs no handler', async () => {
      const { world, hero, id } = await start()
      await world.until(world.server.unload(hero))
      const { store } = worlds
      let others = 0
      const { get } = store
      store.get = async ids => {
        const rows = await get.call(store, ids)
        // As if another server had changed it since.
        if (others++ < 3) {
          const row = await rowIn(store, id)
          const fields = JSON.stringify({ ...JSON.parse(row.fields), setGold: [100 + others] })
          await store.inner.commit({ put: [{ ...row, fields, version: row.version + 1 }] })
        }
        return rows
      }
      hero.heard.length = 0
      const { done, stands } = await update(world, id, { moveTo: [5, 5] })
      expect([done, others, stands!.fields]).to.deep.equal([
        true,
        4,
        { setGold: [103], moveTo: [5, 5], setName: ['ann'] },
      ])
      expect(hero.heard).to.deep.equal([])
      others = Number.NEGATIVE_INFINITY
      const failure = await world.until(failureOf(world.server.store.update(id, { moveTo: [6, 6] }), StoreError))
      expect([failure.kind, failure.message]).to.satisfy(
        ([kind, message]: string[]) => kind === 'retryable' && message!.includes('20 times'),
      )
    })

    it('finds nothing to change where there is no such object', async () => {
      const { world } = await start()
      const id = 'f'.repeat(24)
      expect(await update(world, id, { setGold: [1] })).to.deep.equal({ done: false, stands: null })
      expect(await world.until(world.server.store.delete(id))).to.equal(false)
      expect(await world.until(world.server.store.read(id))).to.equal(null)
    })

    it('leaves owner, zone and all other fields as they are, and a server that loads it next goes on from there', async () => {
      const { world, hero, id } = await start()
      await hero.enterZone(5)
      await world.until(world.server.unload(hero))
      const before = await rowIn(worlds.store, id)
      await update(world, id, { setName: ['anna'] })
      const after = await rowIn(worlds.store, id)
      expect({ ...after, version: 0, fields: '', keys: {} }).to.deep.equal({
        ...before,
        version: 0,
        fields: '',
        keys: {},
      })
      expect(after.version).to.be.above(before.version)
      expect(after.keys).to.deep.equal({ name: '"anna"' })
      const back = (await world.until(world.server.load<Hero>(id)))!
      expect([back.name, back.gold, back.zone]).to.deep.equal(['anna', 10, 5])
      back.send.setGold(11)
      await world.until(back.saved())
      expect(await fieldsOf(id)).to.deep.equal({ setName: ['anna'], setGold: [11], moveTo: [1, 1] })
    })

    it('writes nothing once another server has taken over', async () => {
      const { world, hero, id } = await start()
      await world.until(world.server.unload(hero))
      const second = await worlds.open()
      worlds.forget(world)
      const before = await rowIn(worlds.store, id)
      const failure = await world.until(failureOf(world.server.store.update(id, { setGold: [1] }), StoreError))
      expect(failure.kind).to.equal('fenced')
      await world.until(failureOf(world.server.store.delete(id), StoreError))
      expect(await rowIn(worlds.store, id)).to.deep.equal(before)
      expect((await update(second, id, { setGold: [1] })).done).to.equal(true)
    })
  })

  describe('of values that are written in more than one way', () => {
    async function chest(loaded: boolean) {
      const world = await worlds.open({ classes: [Chest], avatar: undefined as never })
      const made = world.server.create(
        Chest,
        chest => {
          chest.send.lock('abc')
          chest.send.weigh(0.1)
        },
        { persistent: true },
      )
      await world.until(made.saved())
      if (!loaded) await world.until(world.server.unload(made))
      return { world, id: made.storedId!, made }
    }

    for (const loaded of [true, false])
      it(`compares what the types make of them, ${loaded ? 'in the game' : 'in the store alone'}`, async () => {
        const { world, id } = await chest(loaded)
        const holds = async (expected: UpdateOptions['expect']) => (await update(world, id, {}, expected)).done
        expect(await holds({ lock: ['abc'], weigh: [0.1] })).to.equal(true)
        expect(await holds({ lock: ['abc', undefined], weigh: [Math.fround(0.1)] })).to.equal(true)
        expect(await holds({ lock: ['abc', 1] })).to.equal(false)
        expect(await holds({ lock: [] })).to.equal(false)
        expect((await update(world, id, { lock: [undefined, 3], weigh: [-0] })).done).to.equal(true)
        expect(await holds({ lock: [undefined, 3], weigh: [-0] })).to.equal(true)
        expect(await holds({ weigh: [0] })).to.equal(false)
        expect((await update(world, id, { lock: [] })).done).to.equal(true)
        expect(await holds({ lock: [undefined, undefined] })).to.equal(true)
        expect(await fieldsOf(id)).to.deep.include({ lock: [], weigh: [{ $number: '-0' }] })
        expect((await world.until(world.server.store.read(id)))!.fields['weigh']).to.deep.equal([-0])
      })

    it('undoes with the default, where a field has one and nothing was called', async () => {
      const { world, id, made } = await chest(true)
      made.weigh = () => {
        throw new Reject('too heavy')
      }
      made.heard.length = 0
      await world.until(failureOf(world.server.store.update(id, { paint: ['blue'], weigh: [9] }), Rejected))
      expect(made.heard).to.deep.equal(['paint blue', 'paint red'])
    })
  })

  describe('of references', () => {
    async function cast() {
      const { world, hero, id } = await start()
      const herald = world.server.create(Herald, made => made.send.setTarget(hero), { persistent: true })
      await world.until(herald.saved())
      return { world, hero, id, herald, heraldId: herald.storedId! }
    }
    const targetOf = async (id: string) => (await fieldsOf(id))['setTarget']

    for (const loaded of [true, false])
      it(`does not take an object that is away for none, ${loaded ? 'in the game' : 'in the store alone'}`, async () => {
        const { world, hero, id, herald, heraldId } = await cast()
        await world.until(world.server.unload(hero))
        if (!loaded) await world.until(world.server.unload(herald))
        const failed = await update(world, heraldId, { setTarget: [null] }, { setTarget: [null] })
        expect(failed.done).to.equal(false)
        const [target] = failed.stands!.fields['setTarget'] as [{ storedId: string }]
        expect(target.storedId).to.equal(id)
        expect(await targetOf(heraldId)).to.deep.equal([{ $object: id }])
        // What stands, and what a game writes by hand, name it.
        for (const named of [target, { storedId: id }])
          expect((await update(world, heraldId, {}, { setTarget: [named] })).done).to.equal(true)
        await update(world, heraldId, { setTarget: [null] })
        expect((await update(world, heraldId, { setTarget: [{ storedId: id }] }, { setTarget: [null] })).done).to.equal(
          true,
        )
        expect(await targetOf(heraldId)).to.deep.equal([{ $object: id }])
        expect(herald.target).to.equal(loaded ? null : hero)
        const back = (await world.until(world.server.load<Hero>(id)))!
        for (const named of [back, { storedId: id }])
          expect((await update(world, heraldId, {}, { setTarget: [named] })).done).to.equal(true)
        expect((await world.until(world.server.store.read(heraldId)))!.fields['setTarget']).to.deep.equal([back])
      })

    it('takes an object in the game as itself, and one that is not stored for the time of the game alone', async () => {
      const { world, id, herald, heraldId } = await cast()
      const brief = world.server.create(Hero)
      expect((await update(world, heraldId, { setTarget: [brief] })).done).to.equal(true)
      expect([herald.target, await targetOf(heraldId)]).to.deep.equal([brief, [null]])
      await update(world, heraldId, { setTarget: [{ storedId: id }] })
      expect(herald.target!.storedId).to.equal(id)
      const misfit = failureOf(world.server.store.update(heraldId, { setTarget: [herald] }), ArgumentError)
      expect((await world.until(misfit)).message).to.contain('expected a Hero or null')
      for (const wrong of [{ storedId: 'abc' }, {}, 5, id])
        await world.until(failureOf(world.server.store.update(heraldId, { setTarget: [wrong] }), ArgumentError))
    })
  })

  it('stores what a handler makes of a reference, not what was given', async () => {
    class Loyal extends Herald {
      lord: Hero | null = null
      override setTarget(target: Hero | null): void {
        super.setTarget(target ?? this.lord)
        return (target ? undefined : amend(this.lord)) as never
      }
    }
    const world = await worlds.open({ classes: [Hero, Loyal], avatar: undefined as never })
    const [away, lord] = [1, 2].map(() => world.server.create(Hero, null, { persistent: true }))
    const herald = world.server.create(Loyal, null, { persistent: true })
    herald.lord = lord!
    await world.until(world.server.unload(away!))
    const { stands } = await update(world, herald.storedId!, { setTarget: [{ storedId: away!.storedId }] })
    expect([herald.target, stands!.fields['setTarget']]).to.deep.equal([lord, [lord]])
    expect((await fieldsOf(herald.storedId!))['setTarget']).to.deep.equal([{ $object: lord!.storedId }])
  })

  it('waits for a load that is under way, and is handled by the object', async () => {
    const { world, hero, id } = await start()
    await world.until(world.server.unload(hero))
    const gate = new Gate()
    const { get } = worlds.store
    worlds.store.get = async ids => {
      await gate.passed
      return get.call(worlds.store, ids)
    }
    const loading = world.server.load<Hero>(id)
    const updating = update(world, id, { setGold: [11] }, { setGold: [10] })
    await world.settle()
    gate.open()
    expect((await updating).done).to.equal(true)
    expect((await world.until(loading))!.gold).to.equal(11)
  })

  it('needs a server that has started', () => {
    const server = createServer({ classes: [Hero], store: worlds.store })
    expect(() => server.store).to.throw(UsageError, 'before the server had started')
  })

  it('needs a store', async () => {
    const world = await worlds.open({ store: undefined as never })
    for (const use of [
      world.server.store.update('f'.repeat(24), {}),
      world.server.store.read('f'.repeat(24)),
      world.server.store.delete('f'.repeat(24)),
      world.server.find(Hero),
    ])
      expect((await failureOf(use, UsageError)).message).to.contain('createServer({ store')
  })
})
