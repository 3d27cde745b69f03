/** Objects come into zones and go: each watcher is told once, whole, and in order. Rules 16, 20 and 25 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, type int16, NetworkObject, networkClass, Registry, type str, UsageError } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { Intruder } from '../support/intruder.ts'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { comings, idsInView, onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Lamp extends Witness {
  @field(Flags.Broadcast | Flags.RAM)
  zoom(by: int16): void {
    this.note('zoom', by)
  }

  @field(Flags.Broadcast | Flags.Required, { default: ['white'] })
  colour(name: str<16>): void {
    this.note('colour', name)
  }

  @field(Flags.Broadcast | Flags.RAM | Flags.ClientSend)
  aim(x: int16, y: int16): void {
    this.note('aim', x, y)
  }

  @field(Flags.Broadcast)
  flash(): void {
    this.note('flash')
  }
}

@networkClass(11, { registry })
class Sign extends Witness {
  @field(Flags.Broadcast | Flags.RAM | Flags.Required)
  text(text: str<32>): void {
    this.note('text', text)
  }

  @field(Flags.Broadcast | Flags.ClientSend)
  knock(): void {
    this.note('knock')
  }
}

@networkClass(12, { registry })
class Stranger extends NetworkObject {}

const classes = [Lamp, Sign]
const options = { server: { classes, zone: null }, client: { classes } }

onEveryWire('objects in zones', start => {
  it('Z1 An object created in a zone enters each watcher exactly once, with its snapshot fields in field order', async () => {
    const world = await start(options)
    const [a, b, elsewhere] = [await world.join(), await world.join(), await world.join()]
    await watch(world, a, 7)
    await watch(world, b, 7, 8)
    await watch(world, elsewhere, 8)
    const logs = [a, b, elsewhere].map(comings)
    const lamp = world.server.create(
      Lamp,
      l => {
        l.send.zoom(3)
        l.send.flash()
        l.send.aim(1, 2)
        l.send.aim(4, 5)
      },
      { zone: 7 },
    )
    await world.settle()
    expect(logs).to.deep.equal([[`+${lamp.id}`], [`+${lamp.id}`], []])
    for (const client of [a, b]) {
      expect(sightOf(client, lamp).heard).to.deep.equal([
        ['aim', 4, 5],
        ['colour', 'white'],
        ['zoom', 3],
      ])
      expect(sightOf(client, lamp).story).to.deep.equal(['aim', 'colour', 'zoom', 'onEnter'])
      expect(sightOf(client, lamp).zone).to.equal(7)
    }
  })

  it('Z1 What is called on an object in the turn of its creation follows its snapshot, in order', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 7)
    const lamp = world.server.create(Lamp, null, { zone: 7 })
    lamp.send.flash()
    lamp.send.zoom(1)
    lamp.send.zoom(2)
    await world.settle()
    expect(sightOf(a, lamp).story).to.deep.equal(['colour', 'onEnter', 'flash', 'zoom', 'zoom'])
  })

  it('Z2 Deleting an object leaves each watcher exactly once', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, a, 7)
    await watch(world, b, 7)
    const lamp = world.server.create(Lamp, null, { zone: 7 })
    await world.settle()
    const seen = [sightOf(a, lamp), sightOf(b, lamp)]
    const logs = [a, b].map(comings)
    lamp.delete()
    lamp.delete()
    await world.settle()
    expect(logs).to.deep.equal([[`!${lamp.id}`], [`!${lamp.id}`]])
    for (const object of seen) expect(object.story.filter(line => line === 'onLeave')).to.have.lengthOf(1)
    expect([idsInView(a), idsInView(b)]).to.deep.equal([[], []])
    expect(() => lamp.send.flash()).to.throw(UsageError, 'deleted')
  })

  it('Z2 The id of a deleted object is refused, and given to no other object', async () => {
    const world = await start(options)
    const { id } = world.server.create(Lamp, null, { id: 3 })
    world.server.objects.get(id)!.delete()
    expect(() => world.server.create(Lamp, null, { id })).to.throw(UsageError, 'a moment ago')
    const others = Array.from({ length: 50 }, () => world.server.create(Lamp).id)
    expect(others).not.to.include(id)
    expect(new Set(others).size).to.equal(50)
  })

  it('Z2 An object that is created and deleted in one turn is gone from every view', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 7)
    const log = comings(a)
    const lamp = world.server.create(Lamp, null, { zone: 7 })
    lamp.delete()
    await world.settle()
    expect(log).to.deep.equal([`+${lamp.id}`, `!${lamp.id}`])
    expect(idsInView(a)).to.be.empty
  })

  it('Z3 Creating with an unknown class, an id in use or without a Required value changes and announces nothing', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 7)
    const lamp = world.server.create(Lamp, null, { zone: 7 })
    await world.settle()
    const created = record(world.server, 'create')
    const log = comings(a)
    const before = world.server.objects.size
    expect(() => world.server.create(Stranger, null, { zone: 7 })).to.throw(UsageError, 'Stranger')
    expect(() => world.server.create(Lamp, null, { zone: 7, id: lamp.id })).to.throw(UsageError, String(lamp.id))
    expect(() => world.server.create(Sign, null, { zone: 7 })).to.throw(UsageError, 'Sign.text')
    expect(() => world.server.create(Lamp, null, { zone: -1 })).to.throw(UsageError, 'zone')
    expect(() => world.server.create(Lamp, null, { id: 0 })).to.throw(UsageError, 'id')
    const failing = (): never => {
      throw new Error('no bulb')
    }
    expect(() => world.server.create(Lamp, failing, { zone: 7 })).to.throw('no bulb')
    await world.settle()
    expect(created).to.be.empty
    expect(log).to.be.empty
    expect(world.server.objects.size).to.equal(before)
    expect([...world.server.objects]).to.deep.equal([lamp])
  })

  it('Z4 A call that names an unknown field, a foreign class’s field or carries truncated arguments changes nothing and is broadcast to nobody', async () => {
    const world = await start({ ...options, server: { ...options.server, violations: 'ignore' as const } })
    const a = await world.join()
    const intruder = await Intruder.join(world, classes)
    await watch(world, a, 7)
    const lamp = world.server.create(Lamp, l => l.send.aim(1, 1), { zone: 7 })
    await world.until(world.server.clients.get(intruder.id)!.zones.add(7))
    await intruder.settle()
    const violations = record(world.server, 'violation')
    const [at, there] = [lamp.heard.length, sightOf(a, lamp).heard.length]
    const frames = intruder.raw.frames.length
    intruder.raw.call(9999, lamp.id, [])
    intruder.call('Sign.knock', lamp)
    for (let cut = 0; cut < 4; cut++) intruder.call('Lamp.aim', lamp, w => w.raw(new Uint8Array(cut)))
    intruder.call('Lamp.aim', lamp, w => w.raw(new Uint8Array(5)))
    await intruder.settle()
    expect(violations.map(({ reason }) => reason)).to.deep.equal([
      'no-field',
      'no-field',
      ...Array(5).fill('bad-arguments'),
    ])
    expect(lamp.heard).to.have.lengthOf(at)
    expect(sightOf(a, lamp).heard).to.have.lengthOf(there)
    expect(intruder.raw.frames.length, 'answers to the intruder').to.be.greaterThan(frames)
    // A newcomer's snapshot has the old value.
    const c = await world.join()
    await watch(world, c, 7)
    expect(sightOf(c, lamp).heard[0]).to.deep.equal(['aim', 1, 1])
  })

  it('Z12 A call to an object that left view a moment ago is dropped without punishment', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 7)
    const lamp = world.server.create(Lamp, null, { zone: 7 })
    const other = world.server.create(Lamp, null, { zone: 7 })
    await world.settle()
    const [violations, dropped] = [record(world.server, 'violation'), record(world.server, 'dropped')]
    // On their way when the client does not know yet.
    void lamp.enterZone(9)
    other.delete()
    sightOf(a, lamp).send.aim(1, 2)
    sightOf(a, other).send.aim(3, 4)
    await world.settle()
    expect(a.connected).to.equal(true)
    expect(violations).to.be.empty
    expect(dropped.map(({ object, field: name, why }) => [object, name, why])).to.deep.equal([
      [lamp.id, 'Lamp.aim', 'left-view'],
      [other.id, 'Lamp.aim', 'left-view'],
    ])
    expect(lamp.heard.filter(([name]) => name === 'aim')).to.be.empty
  })

  it('Z12 A call to an object never seen is a violation', async () => {
    const world = await start(options)
    await world.join()
    const lamp = world.server.create(Lamp, null, { zone: 7 })
    const intruder = await Intruder.join(world, classes)
    const violations = record(world.server, 'violation')
    intruder.call('Lamp.aim', lamp, w => (w.i16(1), w.i16(2)))
    expect(await intruder.fate()).to.equal('no-object')
    expect(violations.map(({ reason, object }) => [reason, object])).to.deep.equal([['not-visible', lamp.id]])
    expect(lamp.heard).to.be.empty
  })

  it('a zone’s watchers and members are forgotten when the last has gone', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 7)
    expect([...onServer(world, a).zones]).to.deep.equal([7])
    await watch(world, a)
    expect([...onServer(world, a).zones]).to.deep.equal([])
    expect([...a.zones]).to.deep.equal([])
  })
})

describe('the grace time', () => {
  it('Z2 an id may be used again, and Z12 a call to what left view becomes a violation, when 30 s have passed', async () => {
    const world = await World.start(options)
    const intruder = await Intruder.join(world, classes)
    const lamp = world.server.create(Lamp, null, { zone: 7, id: 77 })
    await world.until(world.server.clients.get(intruder.id)!.zones.add(7))
    lamp.delete()
    const put = (w: { i16(value: number): void }): void => {
      w.i16(1)
      w.i16(2)
    }
    await world.run(29_999)
    intruder.call('Lamp.aim', 77, put)
    await intruder.settle()
    expect(intruder.connected).to.equal(true)
    expect(() => world.server.create(Lamp, null, { id: 77 })).to.throw(UsageError)
    await world.run(2)
    expect(world.server.create(Lamp, null, { id: 77 }).id).to.equal(77)
    world.server.objects.get(77)!.delete()
    intruder.call('Lamp.aim', 77, put)
    expect(await intruder.fate()).to.equal('no-object')
    await world.stop()
  })
})
