/** Calls that answer. Rule 7 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  amend,
  Disconnected,
  Flags,
  field,
  networkClass,
  Registry,
  Reject,
  Rejected,
  type str,
  TimedOut,
  type uint8,
} from 'fieldcast'
import { World } from 'fieldcast/testing'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Intruder } from '../support/intruder.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

interface Item {
  name: string
  price: uint8
}

@networkClass(10, { registry })
class Shop extends Witness {
  @field(Flags.ClientSend)
  async buy(name: str<16>): Promise<Item | null> {
    this.note('buy', name)
    return null
  }

  @field(Flags.ClientSend | Flags.Broadcast | Flags.RAM)
  async paint(color: str<16>): Promise<uint8> {
    this.note('paint', color)
    return 0
  }

  @field(Flags.ClientSend)
  async close(): Promise<void> {
    this.note('close')
  }

  @field(Flags.OwnerSend)
  async audit(): Promise<uint8> {
    this.note('audit')
    return 1
  }
}

let gate = new Gate()

class ServerShop extends Shop {
  override async buy(name: str<16>): Promise<Item | null> {
    await super.buy(name)
    if (name === 'nothing') return null
    if (name === 'gun') throw new Reject('not sold to minors')
    if (name === 'bug') throw new Error('out of memory')
    if (name === 'wrong') return { name: 5, price: 1 } as never
    if (name === 'later') await gate.passed
    return { name, price: name.length, secret: 'cost price' } as Item
  }

  override async paint(color: str<16>): Promise<uint8> {
    await super.paint(color)
    if (color === 'rainbow') return amend.answering(7, 'grey')
    return color.length
  }
}

const options = { server: { classes: [ServerShop], avatar: ServerShop }, client: { classes: [Shop] } }

onEveryWire('requests', start => {
  beforeEach(() => {
    gate = new Gate()
  })

  it('give the result of the server’s handler, checked against its type, to the caller alone', async () => {
    const world = await start({ ...options, trace: true })
    const [a, b] = [await world.join(), await world.join()]
    expect(await world.until(a.avatar.send.buy('apple'))).to.deep.equal({ name: 'apple', price: 5 })
    expect(await world.until(sightOf(b, a.avatar).send.buy('nothing'))).to.equal(null)
    expect(await world.until(a.avatar.send.close())).to.equal(undefined)
    expect(originalOf(world, a.avatar).callers).to.deep.equal([a.id, b.id, a.id])
    expect(a.avatar.heard).to.be.empty
    const answers = world.trace.filter(({ to, bytes }) => to === 'client' && Buffer.from(bytes).includes('apple'))
    expect(answers.map(({ client }) => client)).to.deep.equal([1])
    expect(world.trace.some(({ bytes }) => Buffer.from(bytes).includes('cost price'))).to.equal(false)
  })

  it('are stored and relayed by their flags as well', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    expect(await world.until(a.avatar.send.paint('red'))).to.equal(3)
    await world.settle()
    expect(sightOf(b, a.avatar).heard).to.deep.equal([['paint', 'red']])
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([['paint', 'red']])
  })

  it('may be amended and answered at once', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    expect(await world.until(a.avatar.send.paint('rainbow'))).to.equal(7)
    await world.settle()
    expect(sightOf(b, a.avatar).heard).to.deep.equal([['paint', 'grey']])
  })

  it('reject with Rejected and the reason where the handler vetoes', async () => {
    const world = await start(options)
    const a = await world.join()
    const vetoed = record(a, 'vetoed')
    const error = await failureOf(world.until(a.avatar.send.buy('gun')), Rejected)
    expect(error.reason).to.equal('not sold to minors')
    expect(vetoed).to.be.empty
  })

  it('reject with Rejected where the handler fails or its result does not fit, and tell the server alone why', async () => {
    const world = await start({ ...options, trace: true })
    const a = await world.join()
    const errors = record(world.server, 'error')
    for (const name of ['bug', 'wrong']) {
      const error = await failureOf(world.until(a.avatar.send.buy(name)), Rejected)
      expect(error.reason).to.equal('error')
    }
    expect(errors.map(({ field }) => field)).to.deep.equal(['Shop.buy', 'Shop.buy'])
    expect(String(errors[1]!.error)).to.include('The result of Shop.buy')
    expect(world.trace.some(({ bytes }) => Buffer.from(bytes).includes('out of memory'))).to.equal(false)
  })

  it('of one client are answered each to its own, whatever the order', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const slow = a.avatar.send.buy('later')
    const quick = sightOf(a, b.avatar).send.buy('pear')
    expect(await world.until(quick)).to.deep.equal({ name: 'pear', price: 4 })
    gate.open()
    expect(await world.until(slow)).to.deep.equal({ name: 'later', price: 5 })
  })

  it('reject with Disconnected where the connection ends first, and where there is none', async () => {
    const world = await start(options)
    const a = await world.join()
    const pending = failureOf(a.avatar.send.buy('later'), Disconnected)
    await world.settle()
    world.server.clients.get(a.id)!.kick(2000, 'maintenance')
    const error = await world.until(pending)
    expect([error.closeCode, error.reason]).to.deep.equal([2000, 'game'])
    expect((await failureOf(a.avatar.send.buy('x'), Disconnected)).closeCode).to.equal(2000)
    gate.open()
    await world.settle()
  })

  it('of the server’s own are answered by its own handler', async () => {
    const world = await start(options)
    const a = await world.join()
    const original = originalOf(world, a.avatar)
    expect(await world.until(original.send.buy('fig'))).to.deep.include({ name: 'fig' })
    expect((await failureOf(world.until(original.send.buy('gun')), Rejected)).reason).to.equal('not sold to minors')
  })

  it('are refused to those who may not send the field, like any call', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await Intruder.join(world, [Shop])
    b.request(1, 'Shop.audit', a.avatar)
    expect(await b.fate()).to.equal('no-permission')
    expect(originalOf(world, a.avatar).heard).to.be.empty
  })

  it('numbered 0 end the connection, and a plain call of a request’s field is answered to nobody', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await Intruder.join(world, [Shop])
    b.call('Shop.buy', a.avatar, w => w.text('kiwi'))
    await b.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['buy', 'kiwi']])
    expect(b.raw.frames.some(frame => frame[0] === Op.Result)).to.equal(false)
    b.request(0, 'Shop.buy', a.avatar, w => w.text('kiwi'))
    expect(await b.fate()).to.equal('malformed')
  })
})

describe('requests under virtual time', () => {
  let world: World<Shop>
  beforeEach(() => {
    gate = new Gate()
  })
  afterEach(() => world.stop())

  it('reject with TimedOut after 10 s of silence, and read past an answer that comes later', async () => {
    world = await World.start<Shop>(options)
    const a = await world.join()
    const asked = world.clock.now()
    const error = await failureOf(world.until(a.avatar.send.buy('later')), TimedOut)
    expect(error.message).to.include('Shop.buy')
    expect(world.clock.now() - asked).to.be.within(10_000, 10_100)
    gate.open()
    await world.settle()
    expect(a.connected).to.equal(true)
    expect(await world.until(a.avatar.send.buy('plum'))).to.deep.include({ name: 'plum' })
  })

  it('wait as long as requestMs says', async () => {
    world = await World.start<Shop>(options)
    const a = await world.join(undefined, { requestMs: 500 })
    const asked = world.clock.now()
    await failureOf(world.until(a.avatar.send.buy('later')), TimedOut)
    expect(world.clock.now() - asked).to.be.within(500, 600)
  })

  it('survive 250 ms of latency and 100 ms of jitter', async () => {
    world = await World.start<Shop>({ ...options, latency: 250, jitter: 100 })
    const a = await world.join()
    expect(await world.until(a.avatar.send.buy('melon'))).to.deep.equal({ name: 'melon', price: 5 })
  })
})
