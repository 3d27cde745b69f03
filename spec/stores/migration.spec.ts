/** Classes that change while their objects are in the store: versions and `migrate`, renamed and removed fields, other types. Rule 13 of docs/guarantees.md. */
import { expect } from 'chai'
import { bool, Flags, field, int8, int32, NetworkObject, networkClass, Registry, str, wire } from 'fieldcast'
import { type ServerEvents, StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import type { FieldOptions } from '../../lib/schema/declaration.ts'
import type { WireType } from '../../lib/schema/wire.ts'
import { failureOf, record } from '../support/outcome.ts'
import { mend, rowIn, Worlds } from './worlds.ts'

type FieldSpec = readonly [types: readonly WireType<any>[], options?: FieldOptions, flags?: number]
type Migrate = (stored: Record<string, readonly unknown[]>, version: number) => unknown

interface Made extends NetworkObject {
  readonly heard: unknown[][]
  send: this & Record<string, (...args: unknown[]) => void>
}

/** A class named Lamp as some deployment of the game has it. */
function lamp(
  fields: Record<string, FieldSpec>,
  version?: number,
  migrate?: Migrate,
  index?: string[],
): new () => Made {
  const Lamp = class extends NetworkObject {
    readonly heard: unknown[][] = []
  }
  Object.defineProperty(Lamp, 'name', { value: 'Lamp' })
  for (const [name, [types, options = {}, flags = Flags.Broadcast | Flags.Database]] of Object.entries(fields)) {
    const value = function (this: Made, ...args: unknown[]): void {
      this.heard.push([name, ...args])
    }
    Object.defineProperty(Lamp.prototype, name, { value, configurable: true, writable: true })
    const descriptor = Object.getOwnPropertyDescriptor(Lamp.prototype, name)!
    field(flags, options, ...(types as [WireType<any>]))(Lamp.prototype, name, descriptor as never)
  }
  if (migrate) Object.assign(Lamp, { migrate })
  networkClass(1, { registry: new Registry(), ...(version && { version }), ...(index && { index }) })(Lamp)
  return Lamp as unknown as new () => Made
}

describe('A class that has changed', () => {
  let worlds: Worlds<Made>
  let world: World<Made>
  let unreadable: ServerEvents['unreadable'][]

  beforeEach(() => {
    worlds = new Worlds<Made>({ server: { classes: [] }, client: { classes: [] } })
    world = undefined as never
  })
  afterEach(() => worlds.end())

  /** Starts a server with another form of the class. */
  async function deploy(type: new () => Made): Promise<World<Made>> {
    if (world) await worlds.shut(world)
    world = await worlds.open({ classes: [type] })
    unreadable = record(world.server, 'unreadable')
    return world
  }
  async function made(type: new () => Made, init: (lamp: Made) => void): Promise<string> {
    await deploy(type)
    const object = world.server.create(type, init, { persistent: true })
    await world.until(object.saved())
    return object.storedId!
  }

  const load = async (id: string): Promise<Made> => (await world.until(world.server.load<Made>(id)))!
  const fieldsOf = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await rowIn(worlds.store, id)).fields)
  const told = (): unknown[] =>
    unreadable.map(({ class: name, field, value, problem }) => [name, field, value, problem])

  describe('with a higher version', () => {
    const first = lamp({ turn: [[bool]] })
    const migrate: Migrate = (stored, version) => {
      let { turn, shine, dim, ...rest } = stored
      if (version < 2 && turn) shine = [turn[0] ? 9 : 0]
      if (version < 3 && shine) dim = [(shine[0] as number) * 10, 'white']
      return { ...rest, ...(dim && { dim }) }
    }
    const third = lamp({ dim: [[int32, str(9)]] }, 3, migrate, ['dim'])

    it('has its values brought up to date by migrate, from whatever version they are', async () => {
      const old = await made(first, lamp => lamp.send['turn']!(true))
      const middle = await made(lamp({ shine: [[int8]] }, 2), lamp => lamp.send['shine']!(4))
      await deploy(third)
      for (const [id, args] of [
        [old, [90, 'white']],
        [middle, [40, 'white']],
      ] as const) {
        const before = await rowIn(worlds.store, id)
        expect((await world.until(world.server.store.read(id)))!.fields).to.deep.equal({ dim: args })
        const lamp = await load(id)
        expect(lamp.heard).to.deep.equal([['dim', ...args]])
        expect(await rowIn(worlds.store, id)).to.deep.equal(before)
        lamp.send['dim']!(1, 'red')
        await world.until(lamp.saved())
        expect(await rowIn(worlds.store, id)).to.deep.include({ format: 3, fields: '{"dim":[1,"red"]}' })
        await world.until(world.server.unload(lamp))
        expect((await load(id)).heard).to.deep.equal([['dim', 1, 'red']])
      }
      expect(told()).to.deep.equal([])
    })

    it('has them brought up to date for updates and for what is found, too', async () => {
      const id = await made(first, lamp => lamp.send['turn']!(true))
      await deploy(third)
      const { store } = world.server
      const failed = await world.until(store.update(id, { dim: [1, 'red'] }, { expect: { dim: [9, 'white'] } }))
      expect([failed.done, failed.stands!.fields]).to.deep.equal([false, { dim: [90, 'white'] }])
      expect((await rowIn(worlds.store, id)).format).to.equal(1)
      await world.until(store.update(id, { dim: [1, 'red'] }, { expect: { dim: [90, 'white'] } }))
      expect(await rowIn(worlds.store, id)).to.deep.include({
        format: 3,
        fields: '{"dim":[1,"red"]}',
        keys: { dim: '[1,"red"]' },
      })
      expect((await world.until(world.server.find(third, { dim: [1, 'red'] }))).map(found => found.id)).to.deep.equal([
        id,
      ])
    })

    it('is given the values as they were, those of JavaScript’s own types and of what is away among them', async () => {
      const everything = lamp({
        when: [[wire.date]],
        what: [[wire.map(str(), wire.int64)]],
        who: [[wire.reference('Lamp')]],
        maybe: [[int8, wire.optional(int8)]],
      })
      const target = await made(everything, () => {})
      const other = await load(target)
      const id = await made(everything, lamp => {
        lamp.send['when']!(new Date(5))
        lamp.send['what']!(new Map([['a', 5n]]))
        lamp.send['maybe']!(1)
      })
      const lampNow = await (await deploy(everything)).until(world.server.load<Made>(id))
      lampNow!.send['who']!(await load(target))
      await world.until(lampNow!.saved())
      expect(other.storedId).to.equal(target)
      let given: unknown
      const next = lamp(
        { when: [[wire.date]], who2: [[wire.reference('Lamp')]], maybe: [[int8, wire.optional(int8)]] },
        2,
        (stored, version) => {
          given = [version, stored['when'], stored['what'], stored['maybe'], Object.keys(stored).sort()]
          return { when: [new Date((stored['when']![0] as Date).getTime() + 1)], who2: stored['who']!, gone: undefined }
        },
      )
      await deploy(next)
      const lampThen = await load(id)
      expect(given).to.deep.equal([1, [new Date(5)], [new Map([['a', 5n]])], [1], ['maybe', 'what', 'when', 'who']])
      expect(lampThen.heard).to.deep.equal([
        ['when', new Date(6)],
        ['who2', null],
      ])
      lampThen.send['maybe']!(3)
      await world.until(lampThen.saved())
      expect(await fieldsOf(id)).to.deep.equal({
        when: [{ $date: new Date(6).toISOString() }],
        maybe: [3],
        who2: [{ $object: target }],
      })
    })

    it('leaves everything as it is where migrate fails, and says which object it was', async () => {
      const id = await made(first, lamp => lamp.send['turn']!(true))
      const row = await rowIn(worlds.store, id)
      for (const [wrong, text] of [
        [
          () => {
            throw new Error('no idea')
          },
          'no idea',
        ],
        [async (stored: object) => stored, 'no promise'],
        [() => undefined, 'return the fields'],
        [() => null, 'return the fields'],
        [() => 'dim', 'return the fields'],
        [() => ({ dim: 5 }), 'no list of arguments for dim'],
        [() => ({ dim: [new Date(Number.NaN)] }), 'Lamp.migrate failed'],
      ] as const) {
        await deploy(lamp({ dim: [[int8]] }, 2, wrong as Migrate))
        const { server } = world
        for (const use of [
          () => server.load(id),
          () => server.store.read(id),
          () => server.store.update(id, { dim: [1] }),
        ]) {
          const { message, kind } = await world.until(failureOf(use(), StoreError))
          expect(message).to.contain(text).and.contain(id)
          expect(kind).to.equal('fatal')
        }
        expect(await rowIn(worlds.store, id)).to.deep.equal(row)
        expect([...server.objects]).to.deep.equal([])
      }
    })

    it('keeps what migrate gave where that does not fit, and says so', async () => {
      const id = await made(first, lamp => lamp.send['turn']!(true))
      await deploy(lamp({ dim: [[int8]], hue: [[str()]] }, 2, () => ({ dim: [1000], hue: ['red'] })))
      const lampNow = await load(id)
      expect(lampNow.heard).to.deep.equal([['hue', 'red']])
      expect(told()).to.deep.equal([['Lamp', 'dim', [1000], 'argument1: expected int8, got 1000']])
      lampNow.send['hue']!('blue')
      await world.until(lampNow.saved())
      const { format, fields } = await rowIn(worlds.store, id)
      expect([format, JSON.parse(fields)]).to.deep.equal([2, { hue: ['blue'], dim: [1000] }])
    })

    it('does not touch objects of a newer one', async () => {
      const id = await made(lamp({ dim: [[int8]] }, 2), lamp => lamp.send['dim']!(5))
      const row = await rowIn(worlds.store, id)
      await deploy(lamp({ dim: [[int8]] }, 1, () => expect.fail('it was asked')))
      const { server } = world
      for (const use of [
        () => server.load(id),
        () => server.store.read(id),
        () => server.store.update(id, { dim: [1] }),
      ])
        expect((await world.until(failureOf(use(), StoreError))).message).to.contain(
          'it was written by version 2 of Lamp, and this server has version 1',
        )
      expect(await rowIn(worlds.store, id)).to.deep.equal(row)
    })

    it('needs no migrate where the values still fit', async () => {
      const id = await made(lamp({ dim: [[int8]] }), lamp => lamp.send['dim']!(5))
      await deploy(lamp({ dim: [[int32]] }, 7))
      expect((await load(id)).heard).to.deep.equal([['dim', 5]])
    })
  })

  describe('with a renamed field', () => {
    it('finds its value under the name that it was', async () => {
      const id = await made(lamp({ turn: [[bool]], hue: [[str()]] }), lamp => {
        lamp.send['turn']!(true)
        lamp.send['hue']!('red')
      })
      await deploy(lamp({ light: [[bool], { was: 'turn' }], hue: [[str()]] }))
      expect((await world.until(world.server.store.read(id)))!.fields).to.deep.equal({ hue: ['red'], light: [true] })
      const lampNow = await load(id)
      expect(lampNow.heard).to.deep.equal([
        ['hue', 'red'],
        ['light', true],
      ])
      lampNow.send['hue']!('blue')
      await world.until(lampNow.saved())
      expect(await fieldsOf(id)).to.deep.equal({ hue: ['blue'], light: [true] })
      expect(told()).to.deep.equal([])
    })

    it('takes its own value where there are both', async () => {
      const id = await made(lamp({ turn: [[bool]], light: [[bool]] }), lamp => {
        lamp.send['turn']!(true)
        lamp.send['light']!(false)
      })
      await deploy(lamp({ light: [[bool], { was: 'turn' }] }))
      expect((await load(id)).heard).to.deep.equal([['light', false]])
    })

    it('takes nothing from a field that has the name now', async () => {
      const id = await made(lamp({ turn: [[bool]] }), lamp => lamp.send['turn']!(true))
      await deploy(lamp({ alight: [[bool], { was: 'turn' }], turn: [[bool]] }))
      expect((await load(id)).heard).to.deep.equal([['turn', true]])
    })

    it('keeps a value that does not fit under its new name', async () => {
      const id = await made(lamp({ turn: [[str()]] }), lamp => lamp.send['turn']!('on'))
      await deploy(lamp({ light: [[bool], { was: 'turn' }], hue: [[str()]] }))
      const lampNow = await load(id)
      expect(told()).to.deep.equal([['Lamp', 'light', ['on'], 'argument1: expected bool, got "on"']])
      lampNow.send['hue']!('red')
      await world.until(lampNow.saved())
      expect(await fieldsOf(id)).to.deep.equal({ hue: ['red'], light: ['on'] })
    })
  })

  describe('without a field that it had', () => {
    const before = lamp({ turn: [[bool]], hue: [[str()]], born: [[wire.date]] })
    const after = lamp({ hue: [[str()]] })

    it('keeps its value in the store and says so once', async () => {
      const ids: string[] = []
      for (let n = 0; n < 3; n++)
        ids.push(
          await made(before, lamp => {
            lamp.send['turn']!(true)
            lamp.send['born']!(new Date(n))
            lamp.send['hue']!('red')
          }),
        )
      await deploy(after)
      for (const id of ids) {
        expect((await world.until(world.server.store.read(id)))!.fields).to.deep.equal({ hue: ['red'] })
        const lampNow = await load(id)
        expect(lampNow.heard).to.deep.equal([['hue', 'red']])
        lampNow.send['hue']!('blue')
        await world.until(world.server.unload(lampNow))
        await world.until(world.server.store.update(id, { hue: ['green'] }))
      }
      expect(unreadable.map(({ field, problem }) => [field, problem])).to.have.deep.members([
        [
          'turn',
          "the class has no such field; if it was renamed, @field(flags, { was: 'turn' }) finds it. Told once per field",
        ],
        [
          'born',
          "the class has no such field; if it was renamed, @field(flags, { was: 'born' }) finds it. Told once per field",
        ],
      ])
      await deploy(before)
      expect((await load(ids[1]!)).heard).to.have.deep.members([
        ['born', new Date(1)],
        ['hue', 'green'],
        ['turn', true],
      ])
    })

    it('says the same of one that is no Database field any more', async () => {
      const id = await made(before, lamp => lamp.send['turn']!(true))
      await deploy(lamp({ hue: [[str()]], turn: [[bool], {}, Flags.Broadcast | Flags.RAM] }))
      const lampNow = await load(id)
      expect([lampNow.heard, told()]).to.deep.equal([[], [['Lamp', 'turn', [true], 'it is no Database field']]])
      lampNow.send['turn']!(false)
      lampNow.send['hue']!('red')
      await world.until(lampNow.saved())
      expect(await fieldsOf(id)).to.deep.equal({ hue: ['red'], turn: [true] })
    })
  })

  describe('with other types', () => {
    it('keeps what is too large for a narrower one, and names class, field and value', async () => {
      const wide = lamp({ dim: [[int32]], hue: [[str()]] })
      const large = await made(wide, lamp => lamp.send['dim']!(1000))
      const small = await made(wide, lamp => lamp.send['dim']!(100))
      await deploy(lamp({ dim: [[int8]], hue: [[str()]] }))
      expect((await load(small)).heard).to.deep.equal([['dim', 100]])
      const lampNow = await load(large)
      expect(lampNow.heard).to.deep.equal([])
      expect(unreadable).to.deep.equal([
        { id: large, class: 'Lamp', field: 'dim', value: [1000], problem: 'argument1: expected int8, got 1000' },
      ])
      lampNow.send['hue']!('red')
      await world.until(lampNow.saved())
      expect(await fieldsOf(large)).to.deep.equal({ hue: ['red'], dim: [1000] })
      lampNow.send['dim']!(1)
      await world.until(lampNow.saved())
      expect(await fieldsOf(large)).to.deep.equal({ dim: [1], hue: ['red'] })
      await deploy(wide)
      expect((await load(large)).heard).to.deep.include(['dim', 1])
    })

    it('is what it was for an update of other fields, and takes one of its own', async () => {
      const id = await made(lamp({ dim: [[int32]], hue: [[str()]] }), lamp => lamp.send['dim']!(1000))
      await deploy(lamp({ dim: [[int8]], hue: [[str()]] }))
      const { store } = world.server
      await world.until(store.update(id, { hue: ['red'] }))
      expect(await fieldsOf(id)).to.deep.equal({ hue: ['red'], dim: [1000] })
      expect((await world.until(store.update(id, { dim: [2] }, { expect: { dim: null } }))).done).to.equal(true)
      expect(await fieldsOf(id)).to.deep.equal({ dim: [2], hue: ['red'] })
    })

    it('takes values without an argument that may be left out since', async () => {
      const id = await made(lamp({ dim: [[int8]] }), lamp => lamp.send['dim']!(5))
      await deploy(lamp({ dim: [[int8, wire.optional(str())]] }))
      expect((await load(id)).heard).to.deep.equal([['dim', 5, undefined]])
      expect((await world.until(world.server.store.update(id, {}, { expect: { dim: [5] } }))).done).to.equal(true)
      await deploy(lamp({ dim: [[int8, str()]] }))
      expect((await load(id)).heard).to.deep.equal([])
      expect(told()).to.deep.equal([['Lamp', 'dim', [5], 'expected 2 arguments (argument1, argument2), got 1']])
    })
  })

  it('is another class under another name: its objects stay where they are', async () => {
    const id = await made(lamp({ dim: [[int8]] }), lamp => lamp.send['dim']!(5))
    await worlds.shut(world)
    const row = await mend(worlds.store, id, { class: 'Candle' })
    world = await worlds.open({ classes: [lamp({ dim: [[int8]] })] })
    const { message } = await world.until(failureOf(world.server.store.read(id), StoreError))
    expect(message).to.contain('a Candle, which is none of this server')
    expect(await rowIn(worlds.store, id)).to.deep.equal(row)
  })
})
