/** What a client is answered and told of other things while a large zone is being opened for it. Rules 22 and 25 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type uint16 } from 'fieldcast'
import type { Client } from 'fieldcast/client'
import { World } from 'fieldcast/testing'
import type { RemoteClient } from '../../lib/replication/authority/client.ts'
import { record } from '../support/outcome.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Shop extends Witness {
  @field(Flags.Broadcast)
  coins(n: uint16): void {
    this.note('coins', n)
  }

  @field(Flags.ClientSend)
  async buy(n: uint16): Promise<uint16> {
    this.send.coins(n)
    return n
  }

  @field(Flags.ClientSend)
  async rob(): Promise<void> {
    throw new Error('no')
  }
}

@networkClass(11, { registry })
class Greeter extends Witness {
  static client: { zones: { add(zone: number): unknown } } | null = null

  getName(): number {
    void Greeter.client?.zones.add(0)
    return 1
  }

  @field(Flags.Broadcast | Flags.Required)
  setName(_n: uint16): void {}
}

const classes = [Shop, Greeter]

describe('While a large zone is opened', () => {
  let world: World
  afterEach(() => world.stop())

  async function start(limits: object = {}): Promise<void> {
    world = await World.start({
      server: { classes, tickRate: 1, canWatch: () => true, limits: { snapshotSlice: 5, ...limits } },
      client: { classes },
      trace: true,
    })
  }
  const fill = (zone: number, count: number): void => {
    for (let i = 0; i < count; i++) world.server.create(Shop, null, { zone })
  }
  const remote = (client: Client<any>): RemoteClient => onServer(world, client) as unknown as RemoteClient

  it('a request is answered behind the calls that it caused, and so is one that is refused', async () => {
    await start()
    const client = await world.join()
    const shop = world.server.create(Shop, null, { zone: 0 })
    fill(5, 100)
    await world.settle()
    record(world.server, 'error')
    const own = sightOf(client, shop)
    // Nothing is told of the zone while the client has enough to read.
    let waiting = 5e6
    Object.defineProperty(remote(client).session.channel, 'buffered', { get: () => waiting })
    void remote(client).zones.add(5)
    void own.send.buy(3).then(() => own.story.push('bought'))
    void own.send.rob().catch(() => own.story.push('caught'))
    await world.run(500)
    waiting = 0
    world.server.tick()
    await world.run(1)
    expect(own.story, 'still opening').to.deep.equal(['onEnter'])
    await world.settle()
    expect(own.story).to.deep.equal(['onEnter', 'coins', 'bought', 'caught'])
  })

  it('an old owner is told before the new one all the same', async () => {
    await start()
    const [a, b] = [await world.join(), await world.join()]
    const shop = world.server.create(Shop, null, { zone: 0, owner: onServer(world, a) })
    fill(5, 20)
    await world.settle()
    const told: string[] = []
    a.on('owner', () => told.push('old'))
    b.on('owner', () => told.push('new'))
    void remote(b).zones.add(5)
    shop.transferOwner(onServer(world, b))
    await world.run(3000)
    expect(told).to.deep.equal(['old', 'new'])
  })

  it('answers to come are bounded', async () => {
    await start({ waitingCalls: 10, waitingBytes: 100, callsPerSecond: 1e6 })
    const client = await world.join()
    fill(5, 100)
    let waiting = 150
    Object.defineProperty(remote(client).session.channel, 'buffered', { get: () => waiting })
    const outcomes: string[] = []
    for (let i = 0; i < 50; i++)
      void client.zones.add(5).then(
        () => outcomes.push('watches'),
        error => outcomes.push(error.reason),
      )
    await world.run(100)
    expect(remote(client).wishes).to.equal(10)
    waiting = 0
    await world.settle()
    expect(outcomes.filter(outcome => outcome === 'busy')).to.have.length(40)
    expect(outcomes.filter(outcome => outcome === 'watches')).to.have.length(10)
    expect(remote(client).wishes).to.equal(0)
  })

  it('wishes for it cost as much of a client’s rate as there is to tell', async () => {
    await start({ snapshotSlice: 100_000, callsPerSecond: 20 })
    const client = await world.join()
    fill(5, 256 * 12)
    await world.settle()
    const violations = record(world.server, 'violation')
    // Bursts of 40 pass: three wishes of 12 calls, with as many for leaving.
    for (let i = 0; i < 4; i++) {
      void client.zones.add(5).catch(() => {})
      void client.zones.delete(5).catch(() => {})
    }
    await world.settle()
    expect(violations.map(({ reason, detail }) => `${reason}: ${detail}`)).to.deep.equal([
      'rate: too many wishes for zones',
    ])
  })
})

describe('A zone that a getter opens for the client that is just welcomed', () => {
  it('is opened once', async () => {
    const world = await World.start({ server: { classes }, client: { classes }, trace: true })
    world.server.create(Greeter, null, { zone: 0 })
    world.server.on('create', ({ object }) => object)
    const entered: number[] = []
    let asked = 0
    Greeter.client = {
      zones: { add: zone => asked++ === 0 && [...world.server.clients.values()].at(-1)!.zones.add(zone) },
    }
    const client = await world.join(null, { on: { enter: ({ object }) => entered.push(object.id) } })
    await world.settle()
    Greeter.client = null
    expect(asked).to.be.greaterThan(0)
    expect(entered).to.have.length(1)
    expect([...onServer(world, client).zones]).to.deep.equal([0])
    const opens = world.trace.filter(({ to, bytes }) => to === 'client' && bytes[0] === 0x48)
    expect(opens).to.have.length(1)
    await world.stop()
  })
})
