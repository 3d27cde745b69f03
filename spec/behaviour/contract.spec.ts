/** The classes that both sides share: their ids, their numbers, their hash. Rules 15, 16 and 19 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, int8, NetworkObject, networkClass, Registry, SchemaError, str, type WireType } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import type { NetworkObjectClass } from '../../lib/schema/network-class.ts'
import { Schema } from '../../lib/schema/schema.ts'
import { onEveryWire } from '../support/stage.ts'
import { Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<64>): void {
    this.note('say', text)
  }
}

class ServerPlayer extends Player {}
class ClientPlayer extends Player {}

interface Spec {
  flags?: number
  options?: object
  types?: readonly WireType[]
}

/** A class with these fields, declared in this order. */
function classOf(
  id: number,
  fields: Record<string, Spec>,
  base: NetworkObjectClass = Plain,
  table = new Registry(),
): NetworkObjectClass {
  const Made = class extends base {}
  for (const [name, { flags = Flags.Broadcast, options = {}, types = [int8] }] of Object.entries(fields)) {
    const method = (): void => {}
    Object.defineProperty(Made.prototype, name, { value: method, configurable: true })
    field(flags, options, ...(types as []))(Made.prototype, name, { value: method } as never)
  }
  Object.defineProperty(Made, 'name', { value: `Class${id}` })
  networkClass(id, { registry: table })(Made)
  return Made
}
class Plain extends NetworkObject {}

const idsOf = (type: NetworkObjectClass): Record<string, number> =>
  Object.fromEntries(new Schema([type]).fields.map(({ name, id }) => [name, id]))

onEveryWire('contract', start => {
  it('X1 One shared model imported by both sides gives the same hash on both, whatever they subclass', async () => {
    const world = await start({
      server: { classes: [ServerPlayer], avatar: ServerPlayer },
      client: { classes: [ClientPlayer] },
    })
    expect((await world.join()).connected).to.equal(true)
    expect(world.server.schemaHash).to.match(/^[0-9a-f]{16}$/)
    expect(new Schema([ClientPlayer]).hash).to.equal(world.server.schemaHash)
    expect(new Schema([Player]).hash).to.equal(world.server.schemaHash)
  })
})

describe('contract', () => {
  it('X1 The hash depends neither on the order of classes nor on that of fields', () => {
    const one = classOf(1, { a: {}, b: { types: [str(5)] } })
    const two = classOf(2, { c: {} })
    const twin = classOf(1, { b: { types: [str(5)] }, a: {} })
    expect(new Schema([one, two]).hash).to.equal(new Schema([two, twin]).hash)
  })

  it('X1 The hash changes with an id, a name, flags, types and their order', () => {
    const base = classOf(1, { a: {}, b: {} })
    const others = [
      classOf(2, { a: {}, b: {} }),
      classOf(1, { a: {}, c: {} }),
      classOf(1, { a: {}, b: { flags: Flags.Broadcast | Flags.RAM } }),
      classOf(1, { a: {}, b: { types: [str()] } }),
      classOf(1, { a: {}, b: { types: [int8, int8] } }),
      classOf(1, { a: { options: { id: 9 } }, b: {} }),
    ]
    const hashes = [base, ...others].map(type => new Schema([type]).hash)
    expect(new Set(hashes).size).to.equal(hashes.length)
  })

  it('X2 Two classes with the same id throw at load, naming both', () => {
    const table = new Registry()
    class Wolf extends NetworkObject {}
    class Sheep extends NetworkObject {}
    networkClass(7, { registry: table })(Wolf)
    expect(() => networkClass(7, { registry: table })(Sheep))
      .to.throw(SchemaError)
      .with.property('message')
      .that.includes('Wolf')
      .and.includes('Sheep')
      .and.includes('7')
    expect(() => networkClass(7, { registry: new Registry() })(Sheep)).to.not.throw()
  })

  it('takes class ids from 1 to 65535 and no others', () => {
    for (const id of [0, -1, 65536, 1.5, Number.NaN, '5' as never]) {
      class Cat extends NetworkObject {}
      expect(() => networkClass(id, { registry: new Registry() })(Cat)).to.throw(SchemaError, 'from 1 to 65535')
    }
    for (const id of [1, 65535]) {
      class Cat extends NetworkObject {}
      expect(() => networkClass(id, { registry: new Registry() })(Cat)).to.not.throw()
    }
  })

  it('refuses a field without types, at load, and says how to set up each toolchain', () => {
    class Cat extends NetworkObject {
      meow(loud: number): void {
        void loud
      }
    }
    field(Flags.Broadcast)(Cat.prototype, 'meow', { value: Cat.prototype.meow })
    let message = ''
    try {
      networkClass(5, { registry: new Registry() })(Cat)
    } catch (error) {
      expect(error).to.be.instanceOf(SchemaError)
      message = (error as Error).message
    }
    expect(message).to.include('Cat.meow has no types')
    for (const hint of ['node --import fieldcast/register', 'tsx', 'fieldcast/vite', '@field(flags, int16, str(64))'])
      expect(message).to.include(hint)
  })

  it('refuses flags that contradict each other, naming the field and what to do', () => {
    for (const [flags, hint] of [
      [Flags.OwnerOnly | Flags.Broadcast, 'OwnerOnly narrows'],
      [Flags.ServerOnly | Flags.Broadcast, 'ServerOnly never leaves'],
      [Flags.ServerOnly | Flags.OwnerOnly, 'ServerOnly never leaves'],
      [Flags.Broadcast | Flags.Predict, 'Predict'],
      [Flags.Broadcast | Flags.NoEcho, 'NoEcho'],
      [1 << 20, 'no combination of Flags'],
      [-1, 'no combination of Flags'],
    ] as const)
      expect(() => classOf(3, { act: { flags } }), hint)
        .to.throw(SchemaError, hint)
        .with.property('message')
        .that.includes('.act')
  })

  it('refuses a field that bears the name of a member of every object', () => {
    for (const name of ['send', 'delete', 'owner', 'constructor', 'toString', 'hasOwnProperty'])
      expect(() => classOf(3, { [name]: {} })).to.throw(SchemaError, name)
  })

  it('numbers a base class’s fields first, then its own by name; an override keeps its base’s number', () => {
    class Base extends NetworkObject {}
    for (const name of ['zebra', 'ant'])
      field(Flags.Broadcast, int8)(Base.prototype, name, { value: () => {} } as never)
    const derived = classOf(4, { bee: {}, zebra: {}, aardvark: {} }, Base)
    expect(idsOf(derived)).to.deep.equal({ ant: 0, zebra: 1, aardvark: 2, bee: 3 })
  })

  it('pins a field’s number, lets the others count past it, and refuses a pin that is taken', () => {
    expect(idsOf(classOf(4, { a: {}, b: { options: { id: 0 } }, c: {} }))).to.deep.equal({ b: 0, a: 1, c: 2 })
    expect(() => classOf(4, { a: { options: { id: 3 } }, b: { options: { id: 3 } } })).to.throw(SchemaError, 'a and b')
    for (const id of [-1, 65536, 0.5])
      expect(() => classOf(4, { a: { options: { id } } })).to.throw(SchemaError, '0 to 65535')
  })

  it('freezes a registry at the first start, and at the first connect', async () => {
    for (const first of ['start', 'connect']) {
      const table = new Registry()
      const type = classOf(1, { a: {} }, Plain, table)
      const server = createServer({ classes: [type], transports: [memory()] })
      if (first === 'start') await server.start()
      else await connect('memory:', { classes: [type], transport: memory() }).catch(() => {})
      expect(() => classOf(2, { b: {} }, Plain, table))
        .to.throw(SchemaError, 'was loaded after')
        .with.property('message')
        .that.includes('Class2')
      await server.stop()
    }
  })

  it('keeps two servers of one process apart', async () => {
    const [one, two] = [classOf(1, { a: {} }), classOf(1, { b: {} })]
    const servers = [one, two].map(type => createServer({ classes: [type], transports: [memory()] }))
    for (const server of servers) await server.start()
    const [first, second] = servers
    first!.create(one)
    expect([first!.objects.size, second!.objects.size]).to.deep.equal([1, 0])
    expect(() => second!.create(one)).to.throw('not among this server')
    expect(first!.schemaHash).to.not.equal(second!.schemaHash)
    for (const server of servers) await server.stop()
  })
})
