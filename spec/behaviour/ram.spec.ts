/** What is kept in memory and replayed to whoever comes to see the object. Rules 11, 12, 16 and 17 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  Flags,
  field,
  int8,
  NetworkObject,
  networkClass,
  Registry,
  Reject,
  type str,
  UsageError,
  type uint8,
} from 'fieldcast'
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.RAM | Flags.Broadcast)
  setName(name: str<32>): void {
    this.note('setName', name)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  wave(): void {
    this.note('wave')
  }

  @field(Flags.OwnerSend | Flags.RAM)
  setAge(years: uint8): void {
    this.note('setAge', years)
  }

  @field(Flags.OwnerSend | Flags.Database | Flags.Broadcast)
  setLevel(level: uint8): void {
    this.note('setLevel', level)
  }

  @field(Flags.Broadcast | Flags.RAM, { default: ['red'] })
  setColor(color: str<16>): void {
    this.note('setColor', color)
  }

  @field(Flags.Broadcast | Flags.RAM | Flags.Required, { default: ['sword'] })
  setTool(tool: str<16>): void {
    this.note('setTool', tool)
  }
}

class ServerPlayer extends Player {
  override setName(name: string): void {
    if (name === 'admin') throw new Reject('reserved')
    super.setName(name)
  }
}

const options = { server: { classes: [ServerPlayer], avatar: ServerPlayer }, client: { classes: [Player] } }
const tool = ['setTool', 'sword']

onEveryWire('RAM', start => {
  it('LP11 A client that joins the zone later receives a RAM field before its onEnter', async () => {
    const world = await start(options)
    const a = await world.join()
    originalOf(world, a.avatar).send.setName('Ann')
    await world.settle()
    const c = await world.join()
    const seen = sightOf(c, a.avatar)
    expect(seen.heard).to.deep.equal([['setName', 'Ann'], tool])
    expect(seen.story).to.deep.equal(['setName', 'setTool', 'onEnter'])
  })

  it('LP12 Of two RAM sends of one field the newcomer receives the latest alone', async () => {
    const world = await start(options)
    const a = await world.join()
    originalOf(world, a.avatar).send.setName('Ann')
    a.avatar.send.setName('Annabel')
    await world.settle()
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([['setName', 'Annabel'], tool])
  })

  it('LP13 A RAM call of a client that the handler vetoes is not replayed to newcomers', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.setName('admin')
    await world.settle()
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([tool])
  })

  it('MN18 A refused value does not replace the one that newcomers get', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.setName('Ann')
    a.avatar.send.setName('admin')
    await world.settle()
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([['setName', 'Ann'], tool])
  })

  it('LP15 Without RAM and Required a newcomer receives nothing of an earlier call', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    a.avatar.send.wave()
    await world.settle()
    expect(sightOf(b, a.avatar).heard).to.deep.include(['wave'])
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([tool])
  })

  it('MN19 A late joiner gets the fields with RAM, and not those without', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.setName('Ann')
    a.avatar.send.wave()
    a.avatar.send.setAge(30)
    await world.settle()
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([['setAge', 30], ['setName', 'Ann'], tool])
  })

  it('replays plain RAM without Broadcast to whoever comes to see the object', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    a.avatar.send.setAge(41)
    await world.settle()
    expect(sightOf(b, a.avatar).heard).to.deep.equal([tool])
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.include(['setAge', 41])
  })

  it('replays in field order, whatever the order of the sends', async () => {
    const world = await start(options)
    const a = await world.join()
    for (const send of [originalOf(world, a.avatar).send]) {
      send.setTool('bow')
      send.setName('Ann')
      send.setColor('blue')
      send.setAge(9)
    }
    const c = await world.join()
    expect(sightOf(c, a.avatar).story).to.deep.equal(['setAge', 'setColor', 'setName', 'setTool', 'onEnter'])
  })

  it('keeps Database fields as RAM where nothing is stored', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.setLevel(12)
    await world.settle()
    await world.until(originalOf(world, a.avatar).saved())
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([['setLevel', 12], tool])
  })

  it('drops a kept value with clear(), and the default stands again', async () => {
    const world = await start(options)
    const a = await world.join()
    const original = originalOf(world, a.avatar)
    original.send.setName('Ann')
    original.send.setTool('bow')
    original.clear('setName')
    original.clear('setTool')
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([tool])
  })

  it('has clear() on the server alone, and for fields alone', async () => {
    const world = await start(options)
    const a = await world.join()
    expect(() => a.avatar.clear('setName')).to.throw(UsageError)
    expect(() => originalOf(world, a.avatar).clear('note' as never)).to.throw(UsageError, 'no field note')
  })
})

describe('Database without a store', () => {
  it('warns once per class at the start where Database fields have no store, and where one is shown to everyone', async () => {
    const table = new Registry()
    class Bank extends NetworkObject {}
    for (const [name, flags] of Object.entries({ vault: Flags.Database, safe: Flags.Database | Flags.ServerOnly }))
      field(flags, int8)(Bank.prototype, name, { value: () => {} } as never)
    networkClass(20, { registry: table })(Bank)
    const server = createServer({ classes: [Bank], transports: [memory()] })
    const warnings = record(server, 'warning')
    await server.start()
    await server.stop()
    expect(warnings.map(({ text }) => text.split(' ')[0])).to.have.members(['Bank.vault', 'Bank'])
  })
})
