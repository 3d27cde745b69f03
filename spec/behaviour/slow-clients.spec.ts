/** Clients that cannot be told everything get the newest of what matters most. Rule 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, type str, type uint32 } from 'fieldcast'
import { World, type WorldOptions } from 'fieldcast/testing'
import { record } from '../support/outcome.ts'
import { sightOf } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Ship extends NetworkObject {
  readonly steps: number[] = []
  readonly shouts: string[] = []
  readonly pings: number[] = []

  @field(Flags.Broadcast | Flags.Latest | Flags.RAM)
  moveTo(step: uint32, square: uint32): void {
    if (square !== step * step) throw new Error(`${step} with ${square}: a step from what was never here`)
    this.steps.push(step)
  }

  @field(Flags.Broadcast | Flags.Latest)
  aim(step: uint32): void {
    this.pings.push(step)
  }

  @field(Flags.Broadcast)
  shout(text: str<100>): void {
    this.shouts.push(text)
  }
}

const classes = [Ship]
const tickMs = 50

/** A world in which a flush is due every 50 ms, `count` ships in zone 0, and two clients, the second with a budget. */
async function fleet(
  count: number,
  sendBytesPerSecond: number,
  priority?: (ship: Ship) => number,
  more: { network?: WorldOptions['network']; backlogBytes?: number } = {},
) {
  const { network, ...limits } = more
  const world = await World.start({
    ...(network && { network }),
    server: {
      classes,
      limits: { sendBytesPerSecond, ...limits },
      ...(priority && { priority: (_: unknown, object: NetworkObject) => priority(object as Ship) }),
    },
    client: { classes },
    trace: true,
  })
  const client = await world.join()
  const ships = Array.from({ length: count }, () => world.server.create(Ship, null, { zone: 0 }))
  await world.settle()
  let step = 0
  const sail = async (steps: number): Promise<void> => {
    for (let i = 0; i < steps; i++) {
      step++
      for (const ship of ships) ship.send.moveTo(step, step * step)
      world.server.tick()
      await world.run(tickMs)
    }
  }
  const rest = async (ticks: number): Promise<void> => {
    for (let i = 0; i < ticks; i++) {
      world.server.tick()
      await world.run(tickMs)
    }
  }
  return { world, client, ships, sail, rest, steps: () => step }
}

/** Bytes that a world's only client was sent from one time on. */
const bytesSince = (world: World, at: number): number =>
  world.trace.reduce((sum, frame) => sum + (frame.to === 'client' && frame.at >= at ? frame.bytes.length : 0), 0)

describe('A client on a line that carries less than it would be sent', () => {
  /** How many steps behind the ship that is worst off is at the client after 20 s. */
  async function lag(backlogBytes: number): Promise<number> {
    const network = { down: { bandwidth: 10_000 } }
    const { world, client, ships, sail, steps } = await fleet(200, Number.POSITIVE_INFINITY, undefined, {
      network,
      backlogBytes,
    })
    await sail(400)
    const worst = Math.max(...ships.map(ship => steps() - (sightOf(client, ship).steps.at(-1) ?? 0)))
    await world.stop()
    return worst
  }

  it('is told the newest of everything in turn, where a queue would fall behind further and further', async () => {
    const [queued, chosen] = [await lag(4 << 20), await lag(64 << 10)]
    expect(queued).to.be.greaterThan(100)
    expect(chosen).to.be.lessThan(60)
  })
})

describe('A client with a budget of bytes', () => {
  it('is sent no more than that of Latest calls, and has the newest of all when it is quiet again', async () => {
    const { world, client, ships, sail, rest, steps } = await fleet(100, 4000)
    const slow = record(world.server, 'slow')
    await sail(20)
    const from = world.clock.now()
    await sail(100)
    const perSecond = bytesSince(world, from) / ((world.clock.now() - from) / 1000)
    expect(perSecond).to.be.within(3000, 4100)
    await rest(60)
    for (const ship of ships) expect(sightOf(client, ship).steps.at(-1)).to.equal(steps())
    expect(slow.map(event => event.slow)).to.deep.equal([true, false])
    // It reads the zone's stream again, with the others.
    await sail(1)
    await rest(1)
    for (const ship of ships) expect(sightOf(client, ship).steps.at(-1)).to.equal(steps())
    await world.stop()
  })

  it('gets what matters more oftener, and of everything its turn', async () => {
    const near = new Set<NetworkObject>()
    const { world, client, ships, sail } = await fleet(100, 4000, ship => (near.has(ship) ? 10 : 1))
    for (const ship of ships.slice(0, 10)) near.add(ship)
    await sail(20)
    const before = new Map(ships.map(ship => [ship, sightOf(client, ship).steps.length]))
    await sail(200)
    const told = (ship: Ship): number => sightOf(client, ship).steps.length - before.get(ship)!
    const few = Math.min(...ships.slice(0, 10).map(told))
    const many = ships.slice(10).map(told)
    expect(few).to.be.greaterThan(Math.max(...many) * 3)
    expect(Math.min(...many)).to.be.greaterThan(3)
    await world.stop()
  })

  it('prefers its own objects where the game says nothing', async () => {
    const { world, client, ships, sail } = await fleet(100, 4000)
    ships[50]!.transferOwner(onServer(world, client))
    await sail(20)
    const before = ships.map(ship => sightOf(client, ship).steps.length)
    await sail(100)
    const told = ships.map((ship, i) => sightOf(client, ship).steps.length - before[i]!)
    const own = told[50]!
    expect(own).to.be.greaterThan(Math.max(...told.filter((_, i) => i !== 50)) * 1.5)
    await world.stop()
  })

  it('gets all reliable calls, in order, whatever they take', async () => {
    const { world, client, ships, sail } = await fleet(20, 1000)
    const texts = Array.from({ length: 100 }, (_, i) => `${i} `.padEnd(90, 'x'))
    for (const text of texts) {
      ships[0]!.send.shout(text)
      await sail(1)
    }
    expect(sightOf(client, ships[0]!).shouts).to.deep.equal(texts)
    await world.stop()
  })

  it('gets the newest of Latest fields that nobody keeps, too, and nothing that was kept from it', async () => {
    const { world, client, ships, sail, rest } = await fleet(100, 4000)
    await sail(30)
    ships[7]!.send.aim(1)
    ships[8]!.sendExcept(onServer(world, client)).aim(666)
    await sail(40)
    await rest(60)
    expect(sightOf(client, ships[7]!).pings).to.deep.equal([1])
    expect(sightOf(client, ships[8]!).pings).to.deep.equal([])
    await world.stop()
  })

  it('costs others nothing: a client that keeps up shares the zone’s frames', async () => {
    const { world, ships, sail } = await fleet(10, Number.POSITIVE_INFINITY)
    const slow = record(world.server, 'slow')
    await sail(20)
    expect(slow).to.deep.equal([])
    expect(ships).to.have.lengthOf(10)
    await world.stop()
  })

  it('survives a priority that throws or is no number, and says so', async () => {
    const { world, client, ships, sail, rest, steps } = await fleet(100, 4000, ship => {
      if (ship.id % 2) throw new Error('no map')
      return Number.NaN
    })
    const errors = record(world.server, 'error')
    await sail(40)
    await rest(60)
    expect(new Set(errors.map(({ where }) => where))).to.deep.equal(new Set(['priority']))
    for (const ship of ships) expect(sightOf(client, ship).steps.at(-1)).to.equal(steps())
    await world.stop()
  })
})
