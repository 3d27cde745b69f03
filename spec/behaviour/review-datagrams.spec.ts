/** Datagrams where connections are lost, wires change and clients are slow: an older value never replaces a newer one, on either side. Rule 3 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str, type uint32 } from 'fieldcast'
import { World, type WorldOptions } from 'fieldcast/testing'
import type { Channel } from '../../lib/link/transport.ts'
import { fatedWire, type Sent } from '../support/datagrams.ts'
import { record } from '../support/outcome.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Mover extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest)
  place(n: uint32): void {
    this.note('place', n)
  }

  @field(Flags.Broadcast | Flags.Latest)
  label(text: str<20>): void {
    this.note('label', text)
  }

  @field(Flags.Broadcast | Flags.Latest | Flags.RAM)
  stay(n: uint32): void {
    this.note('stay', n)
  }
}

/** Longer than a Latest field has to be quiet before it is confirmed, ms. */
const quiet = 300
const options: WorldOptions<Mover> = {
  server: { classes: [Mover], avatar: Mover, follow: false, zone: 0 },
  client: { classes: [Mover] },
}

async function start(more: Partial<WorldOptions<Mover>['server']> = {}) {
  const air = { fate: ({ pass }: Sent): void => pass() }
  const world = await World.start<Mover>({
    ...options,
    server: { ...options.server, ...more },
    wire: clock => fatedWire(clock, one => air.fate(one)),
  })
  return { world, air }
}

const places = (mover: Mover): unknown[] => mover.heard.map(([, n]) => n)

async function calm(world: World<any>): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await world.run(quiet)
    await world.settle()
  }
}

describe('Datagrams that were lost with their connection', () => {
  it('are not confirmed behind what was sent while it was away', async () => {
    const { world, air } = await start()
    const a = await world.join()
    const avatar = originalOf(world, a.avatar)
    await world.settle()
    air.fate = () => {}
    a.avatar.send.place(1)
    await world.run(20)
    a.on('lost', () => a.avatar.send.place(2))
    await world.cut(a)
    await world.restore(a)
    await world.settle()
    await calm(world)
    expect(places(avatar).at(-1)).to.equal(2)
    await world.stop()
  })
})

describe('A zone that is opened in the tick in which an object of it is confirmed', () => {
  it('tells nothing of objects that the newcomer does not know yet', async () => {
    const { world, air } = await start()
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, a, 5)
    const ship = world.server.create(Mover, null, { zone: 5 })
    await world.settle()
    air.fate = () => {}
    ship.send.place(7)
    world.server.tick()
    const dropped = record(b, 'dropped')
    await world.run(quiet)
    void onServer(world, b).zones.set([5])
    world.server.tick()
    await world.settle()
    expect(places(sightOf(a, ship))).to.deep.equal([7])
    expect(sightOf(b, ship)).to.be.instanceOf(Mover)
    expect(dropped).to.deep.equal([])
    await world.stop()
  })
})

for (const kind of ['with datagrams', 'without'] as const)
  describe(`A client that was spared a call (${kind})`, () => {
    it('gets it where the next one is not for it', async () => {
      const world = await World.start<Mover>({ ...options, datagrams: kind === 'with datagrams' })
      const [a, b] = [await world.join(), await world.join()]
      const ship = world.server.create(Mover, null, { zone: 0 })
      await world.settle()
      await world.lose(b)
      ship.send.place(1)
      world.server.tick()
      await world.run(50)
      ship.sendExcept(onServer(world, b)).place(2)
      world.server.tick()
      await world.run(50)
      await world.restore(b)
      await calm(world)
      expect(places(sightOf(a, ship)).at(-1)).to.equal(2)
      expect(places(sightOf(b, ship))).to.deep.equal([1])
      await world.stop()
    })

    it('gets it ahead of one that is for it alone', async () => {
      const world = await World.start<Mover>({ ...options, datagrams: kind === 'with datagrams' })
      const [a, b] = [await world.join(), await world.join()]
      const ship = world.server.create(Mover, null, { zone: 0 })
      await world.settle()
      await world.lose(b)
      ship.send.place(1)
      world.server.tick()
      await world.run(50)
      ship.sendTo(onServer(world, b)).place(2)
      world.server.tick()
      await world.run(50)
      await world.restore(b)
      await calm(world)
      expect(places(sightOf(a, ship))).to.deep.equal([1])
      expect(places(sightOf(b, ship))).to.deep.equal([1, 2])
      await world.stop()
    })

    for (const way of ['moves', 'changes hands'] as const)
      it(`does not get it behind a newer value, where the object ${way} meanwhile`, async () => {
        const world = await World.start<Mover>({ ...options, datagrams: kind === 'with datagrams' })
        const b = await world.join()
        const ship = world.server.create(Mover, null, { zone: 0 })
        await world.settle()
        await world.lose(b)
        ship.send.stay(1)
        world.server.tick()
        if (way === 'moves') void ship.enterZone(9)
        else {
          ship.transferOwner(onServer(world, b))
          void ship.enterZone(9)
          ship.transferOwner(null)
        }
        ship.send.stay(2)
        world.server.tick()
        void ship.enterZone(0)
        await world.restore(b)
        await calm(world)
        expect(sightOf(b, ship).heard.at(-1)).to.deep.equal(['stay', 2])
        await world.stop()
      })
  })

describe('A value that is sent just when the one before it is to be confirmed', () => {
  it('is handled once', async () => {
    const { world, air } = await start()
    const a = await world.join()
    const ship = world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    air.fate = () => {}
    ship.send.label('one')
    world.server.tick()
    await world.run(quiet)
    air.fate = ({ pass }) => pass()
    ship.send.label('two')
    await world.settle()
    await calm(world)
    expect(sightOf(a, ship).heard).to.deep.equal([['label', 'two']])
    await world.stop()
  })
})

describe('A datagram from before an object was told of anew', () => {
  it('does not replace what the snapshot said', async () => {
    const { world, air } = await start()
    const b = await world.join()
    const ship = world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    const late: Sent[] = []
    air.fate = one => void late.push(one)
    ship.send.stay(1)
    ship.send.place(1)
    world.server.tick()
    expect(late).to.have.length(1)
    await watch(world, b)
    ship.send.stay(2)
    await watch(world, b, 0)
    late[0]!.pass()
    await calm(world)
    expect(sightOf(b, ship).heard).to.deep.equal([['stay', 2]])
    await world.stop()
  })
})

describe('A client that comes back over another kind of wire', () => {
  /** A world whose new connections have datagrams while `has` says so; `count` counts those to clients, which are lost while `isLossy`. */
  async function changing() {
    const air = { has: true, isLossy: false, count: 0 }
    const world = await World.start<Mover>({
      ...options,
      wire: clock => {
        const wire = fatedWire(clock, ({ toServer, pass }) => {
          if (!toServer) air.count++
          if (!air.isLossy) pass()
        })
        const chosen = (channel: Channel): Channel => {
          if (air.has) return channel
          return {
            address: channel.address,
            network: channel.network,
            get buffered() {
              return channel.buffered
            },
            send: frame => channel.send(frame),
            close: (code, text) => channel.close(code, text),
            abort: () => channel.abort(),
          }
        }
        return {
          listen: (accept, limits) => wire.listen(channel => accept(chosen(channel)), limits),
          close: () => wire.close(),
          dial: (url, accept, limits) => wire.dial(url, channel => accept(chosen(channel)), limits),
        }
      },
    })
    return { world, air }
  }

  it('gets what it was sent by datagrams that were lost, and all else by frames', async () => {
    const { world, air } = await changing()
    const a = await world.join()
    const ship = world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    air.isLossy = true
    ship.send.place(1)
    world.server.tick()
    air.has = false
    await world.cut(a)
    await world.restore(a)
    await world.settle()
    expect(places(sightOf(a, ship))).to.deep.equal([1])
    air.count = 0
    for (const n of [2, 3]) {
      ship.send.place(n)
      await world.settle()
      expect(places(sightOf(a, ship)).at(-1)).to.equal(n)
    }
    expect(air.count).to.equal(0)
    await world.stop()
  })

  it('gets datagrams where it had none before', async () => {
    const { world, air } = await changing()
    air.has = false
    const a = await world.join()
    const ship = world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    air.has = true
    await world.cut(a)
    await world.restore(a)
    await world.settle()
    air.count = 0
    for (const n of [1, 2, 3]) {
      ship.send.place(n)
      await world.settle()
    }
    expect(places(sightOf(a, ship))).to.deep.equal([1, 2, 3])
    expect(air.count).to.be.at.least(2)
    await world.stop()
  })
})

describe('A budget of bytes', () => {
  it('is spent by datagrams too', async () => {
    const { world, air } = await start({ avatar: undefined, limits: { sendBytesPerSecond: 2000 } } as never)
    const a = await world.join()
    const ships = Array.from({ length: 60 }, () => world.server.create(Mover, null, { zone: 0 }))
    await world.settle()
    let bytes = 0
    air.fate = one => {
      if (!one.toServer) bytes += one.bytes.length
      one.pass()
    }
    const seconds = 10
    for (let n = 1; n <= seconds * 20; n++) {
      for (const ship of ships) ship.send.place(n)
      world.server.tick()
      await world.run(50)
    }
    // A second's worth may have been saved up, and what was on its way when it was used up goes all the same.
    expect(bytes).to.be.within(2000 * seconds * 0.5, 2000 * (seconds + 2))
    for (let i = 0; i < 40; i++) {
      world.server.tick()
      await world.run(50)
    }
    for (const ship of ships) expect(places(sightOf(a, ship)).at(-1)).to.equal(seconds * 20)
    await world.stop()
  })
})
