/** Two sides that each lack a class of the other, and know it by the schema file. */
import { expect } from 'chai'
import {
  Flags,
  field,
  type int32,
  NetworkObject,
  networkClass,
  Registry,
  SchemaError,
  type str,
  UsageError,
  type uint8,
} from 'fieldcast'
import { classesFrom, isForeign, type SchemaFile } from 'fieldcast/schema'
import { World } from 'fieldcast/testing'
import { lockOf, lockText } from '../../decorators/transformer/project/lock.ts'
import type { NetworkObjectClass } from '../../lib/schema/network-class.ts'
import { Schema } from '../../lib/schema/schema.ts'

const registry = new Registry()

interface Tree {
  readonly value: int32
  readonly branches: Tree[]
}

@networkClass(1, { registry })
class Player extends NetworkObject {
  at: [number, number] = [0, 0]
  held: NetworkObject | null = null

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  moveTo(x: int32, y: int32): void {
    this.at = [x, y]
  }

  @field(Flags.Broadcast | Flags.RAM)
  hold(what: NetworkObject | null): void {
    this.held = what
  }
}

@networkClass(2, { registry })
class Machine extends NetworkObject {
  lever = 0

  @field(Flags.ClientSend | Flags.Broadcast | Flags.RAM, { id: 7 })
  pull(by: Player | null, strength?: uint8): void {
    this.lever += strength ?? 1
  }

  @field(Flags.Broadcast | Flags.Required)
  name(name: str<20>): void {}
  getName(): string {
    return 'press'
  }

  @field(Flags.ClientSend)
  async count(tree: Tree, kind: 'big' | 'small'): Promise<int32> {
    return tree.value
  }
}

@networkClass(3, { registry, clientCreate: true })
class Brush extends NetworkObject {
  @field(Flags.OwnerSend | Flags.Broadcast)
  paint(colour: str<10>): void {}
}

const all: NetworkObjectClass[] = [Player, Machine, Brush]
/** As the command writes it. */
const text = lockText(lockOf(new Schema(all)))
const file = (): SchemaFile => JSON.parse(text)
const completed = (...own: NetworkObjectClass[]): NetworkObjectClass[] => [...own, ...classesFrom(file(), own)]

const start = () =>
  World.start({
    server: { classes: completed(Player, Machine), canWatch: () => true, violations: 'ignore' },
    client: { classes: completed(Player, Brush) },
    latency: 10,
  })

describe('The schema file', () => {
  it('MN39 Signature file exported by one side lets the other start without importing its classes', async () => {
    const world = await start()
    expect(world.server.schemaHash).to.equal(new Schema(all).hash)
    const machine = world.server.create(Machine, null, { zone: 1 })
    const player = world.server.create(Player, null, { zone: 1 })
    player.send.hold(machine)
    machine.send.pull(player, 3)
    const client = await world.join()
    await world.until(client.zones.set([1]))
    const [seen, held] = [client.objects.get(machine.id)!, client.objects.get(player.id) as Player]
    expect([isForeign(seen), isForeign(held), seen.constructor.name]).to.deep.equal([true, false, 'Machine'])
    expect(seen).not.to.be.instanceOf(Machine)
    expect(held.held).to.equal(seen)
    await world.stop()
  })

  it('gives objects that see no calls and go as they came', async () => {
    const world = await start()
    const machine = world.server.create(Machine, null, { zone: 1 })
    const client = await world.join()
    const errors: unknown[] = []
    client.on('error', event => errors.push(event))
    await world.until(client.zones.set([1]))
    const seen = client.objects.get(machine.id)!
    machine.send.pull(null)
    await world.settle()
    expect(machine.lever).to.equal(1)
    expect(Object.keys(seen)).to.deep.equal([])
    machine.delete()
    await world.settle()
    expect([client.objects.get(machine.id), errors, client.connected]).to.deep.equal([undefined, [], true])
    await world.stop()
  })

  it('gives objects on which nothing is sent: the error says what to do', async () => {
    const world = await start()
    const machine = world.server.create(Machine, null, { zone: 1 })
    const client = await world.join()
    await world.until(client.zones.set([1]))
    const seen = client.objects.get(machine.id) as Machine
    expect(() => seen.send.pull(null)).to.throw(UsageError, 'knows Machine from the schema file alone')
    expect(() => seen.sendTo({ id: 1 })).to.throw(UsageError, 'Import the class')
    expect(() => seen.sendExcept({ id: 1 })).to.throw(UsageError, 'Import the class')
    await world.stop()
  })

  it('makes no object of a class that the server does not have, whatever a client wishes', async () => {
    const world = await start()
    const client = await world.join()
    const failure = await world.until(client.create(Brush).catch(error => error))
    expect(failure).to.include({ code: 'rejected', reason: 'no-permission' })
    expect([...world.server.objects]).to.deep.equal([])
    await world.stop()
  })

  it('lets a server start that lacks a class with Required fields', async () => {
    const world = await World.start({
      server: { classes: completed(Player), canWatch: () => true },
      client: { classes: all },
    })
    const client = await world.join()
    expect(client.connected).to.equal(true)
    await world.stop()
  })

  it('leaves a difference what it is: the other side is refused by name', async () => {
    @networkClass(2, { registry: new Registry() })
    class OtherMachine extends NetworkObject {
      @field(Flags.ClientSend)
      push(): void {}
    }
    const world = await World.start({
      server: { classes: completed(Player, OtherMachine) },
      client: { classes: completed(Player, Brush) },
    })
    const failure = await world.join().catch(error => error)
    expect(failure).to.include({ code: 'schema-mismatch' })
    await world.stop()
  })

  for (const [what, damage, message] of [
    ['nothing', () => null, 'no schema file'],
    ['a text', () => text, 'no schema file'],
    ['another JSON', () => ({ name: 'package', version: '1' }), 'no schema file'],
    ['one without fields', () => ({ ...file(), classes: [{ id: 1, name: 'Player' }] }), 'no schema file'],
    ['one of a newer fieldcast', () => ({ ...file(), format: 2 }), 'newer fieldcast'],
    ['one whose types were changed', () => JSON.parse(text.replace('"int32"', '"int16"')), 'changed by hand'],
    ['one whose flags are none', () => JSON.parse(text.replaceAll('OwnerSend', 'toString')), 'the flag toString'],
    ['one that lacks a class', () => lockWithout(), 'has no class 3'],
  ] as const)
    it(`is refused where it is ${what}`, () => {
      expect(() => classesFrom(damage() as SchemaFile, [Brush])).to.throw(SchemaError, message)
    })

  const lockWithout = (): SchemaFile => JSON.parse(lockText(lockOf(new Schema([Player, Machine]))))

  it('may be read as often as one likes, beside the classes themselves', () => {
    const [first, second] = [classesFrom(file()), classesFrom(file())]
    expect(first.map(({ name }) => name)).to.deep.equal(['Player', 'Machine', 'Brush'])
    expect(new Schema(first).hash).to.equal(new Schema(second).hash).and.to.equal(new Schema(all).hash)
  })
})
