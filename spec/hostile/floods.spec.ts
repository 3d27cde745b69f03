/** Too much of everything. Rule 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, SchemaError } from 'fieldcast'
import { closeName } from '../../lib/protocol/close.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { type Intruder, written } from '../support/intruder.ts'
import { camp, Siege, Tent } from '../support/siege.ts'
import { onEveryWire } from '../support/stage.ts'

const watchOf = (request: number, zones: readonly number[]): Uint8Array =>
  written(w => {
    w.u8(Op.Watch)
    w.varint(request)
    w.u8(1)
    w.varint(zones.length)
    for (const zone of zones) w.varint(zone)
  })
const wish = (request: number): Uint8Array =>
  written(w => {
    w.u8(Op.Create)
    w.varint(request)
    w.varint(11)
    w.varint(camp + 1)
    w.varint(1)
    w.varint(0)
  })

/** How often a reason stands in what came back. */
function told(intruder: Intruder, reason: string): number {
  return intruder.raw.frames.reduce(
    (sum, frame) => sum + Buffer.from(frame).toString('latin1').split(reason).length - 1,
    0,
  )
}

onEveryWire('floods', start => {
  it('of calls are let pass up to twice the rate, then end with rate', async () => {
    const siege = await Siege.start(start, { limits: { callsPerSecond: 10 } })
    const intruder = await siege.intruder()
    const avatar = siege.world.server.objects.get(intruder.avatar) as unknown as { heard: unknown[] }
    for (let i = 0; i < 60; i++) intruder.call('Knight.say', intruder.avatar, w => w.text(''))
    expect(closeName(await siege.end(intruder.raw))).to.equal('rate')
    expect(avatar.heard.length).to.be.within(20, 30)
    await siege.unharmed()
  })

  it('of calls in one frame end it there', async () => {
    const siege = await Siege.start(start, { limits: { callsPerSecond: 10 } })
    const intruder = await siege.intruder()
    const avatar = siege.world.server.objects.get(intruder.avatar) as unknown as { heard: unknown[] }
    intruder.raw.write(w => {
      for (let i = 0; i < 5000; i++) {
        w.u8(Op.Call)
        w.varint(intruder.keyOf('Knight.say'))
        w.varint(intruder.avatar)
        w.varint(1)
        w.u8(0)
      }
    })
    expect(closeName(await siege.end(intruder.raw))).to.equal('rate')
    expect(avatar.heard.length).to.be.within(20, 25)
    expect(siege.violations).to.have.lengthOf(1)
    await siege.unharmed()
  })

  it('of bytes end with rate, before and after the login', async () => {
    const siege = await Siege.start(start, { limits: { bytesPerSecond: 10_000 } })
    const intruder = await siege.intruder()
    const silent = await siege.stranger()
    // Pings are allowed at any time, and cost bytes like anything else.
    const pings = written(w => {
      for (let i = 0; i < 300; i++) {
        w.u8(Op.Ping)
        w.f64(i)
        w.f32(0)
        w.varint(0)
      }
    })
    for (const raw of [intruder.raw, silent]) {
      for (let i = 0; i < 10; i++) raw.send(pings)
      expect(closeName(await siege.end(raw))).to.equal('rate')
    }
    await siege.unharmed()
  })

  it('of one frame over the limit end with too-large: 64 KiB before the login, 1 MiB after it', async () => {
    const siege = await Siege.start(start)
    const silent = await siege.stranger()
    silent.send(new Uint8Array(65_537).fill(Op.Ping))
    expect(closeName(await siege.end(silent))).to.equal('too-large')
    const intruder = await siege.intruder()
    const pad = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i % 14 === 0 ? Op.Ping : 0))
    intruder.raw.send(pad(14 * 81_000))
    expect(closeName(await siege.end(intruder.raw))).to.equal('too-large')
    const inBounds = await siege.intruder()
    inBounds.raw.send(pad(14 * 10_000))
    await siege.heard(inBounds.raw)
    expect(inBounds.connected).to.equal(true)
    inBounds.raw.abort()
    await siege.unharmed()
  })

  it('of requests behind a handler that never answers are held back to a number, then refused as busy', async () => {
    const siege = await Siege.start(start, { limits: { waitingCalls: 5 } })
    const intruder = await siege.intruder()
    // An object of its own: what waits there waits for ever.
    const pit = siege.world.server.create(Tent, null, { zone: camp })
    await intruder.settle()
    for (let i = 1; i <= 20; i++) intruder.request(i, 'Tent.brood', pit)
    intruder.request(21, 'Tent.ask', siege.tent, w => w.u16(4))
    await intruder.settle()
    expect(told(intruder, 'busy')).to.equal(14)
    expect(intruder.connected).to.equal(true)
    intruder.raw.abort()
    pit.delete()
    await siege.unharmed()
  })

  it('of wishes for zones and objects that the game never decides are held back to a number, then refused', async () => {
    const siege = await Siege.start(start, {
      limits: { waitingCalls: 5, ownedObjects: 8 },
      canWatch: () => new Promise<boolean>(() => {}),
      onCreateRequest: () => new Promise<boolean>(() => {}),
    })
    const intruder = await siege.intruder()
    for (let i = 1; i <= 10; i++) intruder.raw.send(watchOf(i, [1000 + i]))
    for (let i = 11; i <= 20; i++) intruder.raw.send(wish(i))
    await intruder.settle()
    expect(told(intruder, 'busy')).to.equal(5)
    // Its avatar and seven that are being decided.
    expect(told(intruder, 'too-many-objects')).to.equal(3)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('of zones end at the number that a client may watch', async () => {
    const siege = await Siege.start(start)
    const intruder = await siege.intruder()
    const many = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)
    intruder.raw.send(watchOf(1, many(1000, 4000)))
    intruder.raw.send(watchOf(2, many(10_000, 96)))
    intruder.raw.send(watchOf(3, many(1000, 4000)))
    await intruder.settle()
    const watched = (): number => siege.world.server.clients.get(intruder.id)!.zones.size
    // One was its own before.
    expect(watched()).to.equal(4001)
    expect(told(intruder, 'too-many-zones')).to.equal(1)
    intruder.raw.send(watchOf(4, many(10_000, 95)))
    await intruder.settle()
    expect(watched()).to.equal(4096)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('of one zone named often in one wish open it once', async () => {
    const siege = await Siege.start(start)
    const there = siege.world.server.create(Tent, null, { zone: 500 })
    const intruder = await siege.intruder()
    await intruder.settle()
    const before = intruder.raw.frames.length
    intruder.raw.send(watchOf(1, Array(1000).fill(500)))
    await intruder.settle()
    const bytes = intruder.raw.frames.slice(before).reduce((sum, frame) => sum + frame.length, 0)
    expect(bytes).to.be.lessThan(200)
    intruder.raw.abort()
    await siege.world.settle()
    there.delete()
    await siege.unharmed()
  })

  it('of objects end at the number that a client may own, and go with it', async () => {
    const siege = await Siege.start(start, { limits: { ownedObjects: 10 } })
    const intruder = await siege.intruder()
    for (let i = 1; i <= 100; i++) intruder.raw.send(wish(i))
    await intruder.settle()
    const owned = [...siege.world.server.objects].filter(object => object.owner?.id === intruder.id)
    // Its avatar is one of them.
    expect(owned).to.have.lengthOf(10)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('of objects created and deleted leave none behind', async () => {
    const siege = await Siege.start(start)
    const intruder = await siege.intruder()
    for (let round = 0; round < 20; round++) {
      for (let i = 1; i <= 25; i++) intruder.raw.send(wish(round * 100 + i))
      await siege.heard(intruder.raw)
      for (const object of [...siege.world.server.objects]) {
        if (!(object instanceof Tent) || object.owner?.id !== intruder.id) continue
        intruder.raw.write(w => (w.u8(Op.Delete), w.varint(object.id)))
        intruder.raw.write(w => (w.u8(Op.Delete), w.varint(object.id)))
      }
      await siege.heard(intruder.raw)
    }
    expect(siege.violations).to.deep.equal([])
    expect([...siege.world.server.objects].filter(object => object instanceof Tent)).to.have.lengthOf(2)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('of connections that come and go leave none behind', async () => {
    const siege = await Siege.start(start)
    for (let i = 0; i < 60; i++) {
      const raw = await siege.stranger()
      if (i % 3 > 0) raw.select(siege.world.server.schemaHash)
      if (i % 3 > 1) raw.login()
      if (i % 2 === 0) await siege.heard(raw)
      raw.abort()
    }
    await siege.unharmed()
  })
})

onEveryWire('connections from one address', start => {
  it('are refused beyond their number, and taken again when one has gone; the own process has no such limit', async function () {
    const siege = await Siege.start(start, { limits: { connectionsPerAddress: 3 } })
    const isNetwork = this.test!.titlePath()[0]!.includes('websocket')
    const first = [await siege.stranger(), await siege.stranger()]
    for (const raw of first) await siege.heard(raw)
    const third = await siege.stranger()
    if (isNetwork) expect(closeName(await siege.end(third))).to.equal('too-many-connections')
    else await siege.heard(third)
    const gone = new Promise<void>(resolve => siege.world.server.on('close', () => resolve()))
    first[0]!.abort()
    await siege.world.until(gone)
    const fourth = await siege.stranger()
    await siege.heard(fourth)
    expect(fourth.ended).to.equal(null)
    for (const raw of [...first, third, fourth]) raw.abort()
    await siege.unharmed()
  })
})

describe('fields named like what every object has', () => {
  const registry = new Registry()
  for (const [index, name] of [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'send',
    'delete',
    'onEnter',
  ].entries()) {
    it(`are refused when the class is registered: ${name}`, () => {
      class Odd extends NetworkObject {}
      Object.defineProperty(Odd.prototype, name, { value() {}, configurable: true, writable: true })
      ;(field(Flags.Broadcast) as unknown as (target: unknown, name: string, schema: unknown) => void)(Odd, name, {
        params: [],
      })
      expect(() => networkClass(20 + index, { registry })(Odd)).to.throw(SchemaError, name)
    })
  }
})
