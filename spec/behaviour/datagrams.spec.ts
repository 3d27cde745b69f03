/** Latest and Unreliable calls over a wire with datagrams, which are lost, late and overtaken. docs/protocol.md, "Datagrams". */
import { expect } from 'chai'
import { Flags, field, type int16, networkClass, Registry, type str } from 'fieldcast'
import { seededRandom, World, type WorldOptions } from 'fieldcast/testing'
import * as Op from '../../lib/protocol/opcodes.ts'
import { fatedWire, type Sent } from '../support/datagrams.ts'
import { record } from '../support/outcome.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Mover extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.RAM)
  place(x: int16, y: int16): void {
    this.note('place', x, y)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest)
  aim(angle: int16): void {
    this.note('aim', angle)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.RAM | Flags.NoEcho)
  turn(angle: int16): void {
    this.note('turn', angle)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.Predict)
  walk(x: int16): void {
    this.note('walk', x)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Unreliable)
  spark(n: int16): void {
    this.note('spark', n)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest)
  label(text: str<3000>): void {
    this.note('label', text)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  fire(n: int16): void {
    this.note('fire', n)
  }
}

/** Longer than a Latest field has to be quiet before it is confirmed, ms. */
const quiet = 300

type Options = WorldOptions<Mover>
const options: Options = {
  server: { classes: [Mover], avatar: Mover, follow: false, zone: 0 },
  client: { classes: [Mover] },
}

/** A world whose wire has datagrams; `fate` may be set at any time. Every datagram is kept. */
async function start(more: Partial<Options['server']> = {}) {
  const sent: Sent[] = []
  const air = { sent, fate: ({ pass }: Sent): void => pass() }
  const world = await World.start<Mover>({
    ...options,
    server: { ...options.server, ...more },
    wire: clock =>
      fatedWire(clock, one => {
        sent.push(one)
        air.fate(one)
      }),
  })
  return { world, air }
}

/** Lets time pass until what was lost has been confirmed. */
async function calm(world: World<any>): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await world.run(quiet)
    await world.settle()
  }
}

const heard = (client: Parameters<typeof sightOf>[0], object: Mover, name: string): unknown[] =>
  sightOf(client, object)
    .heard.filter(([field]) => field === name)
    .map(([, ...args]) => args[0])

describe('Over a wire with datagrams', () => {
  it('Latest and Unreliable calls travel as datagrams both ways, all else in frames', async () => {
    const { world, air } = await start()
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    air.sent.length = 0
    a.avatar.send.place(3, 4)
    a.avatar.send.spark(7)
    await world.settle()
    expect(air.sent.filter(({ toServer }) => toServer)).to.have.lengthOf(1)
    expect(air.sent.filter(({ toServer }) => !toServer)).to.have.lengthOf(2)
    expect(air.sent.map(({ bytes }) => bytes[0])).to.deep.equal([Op.Datagram, Op.Tick, Op.Tick])
    for (const client of [a, b]) {
      expect(heard(client, avatar, 'place')).to.deep.equal([3])
      expect(heard(client, avatar, 'spark')).to.deep.equal([7])
    }
    air.sent.length = 0
    a.avatar.send.fire(1)
    await world.settle()
    expect(air.sent).to.deep.equal([])
    expect(heard(b, avatar, 'fire')).to.deep.equal([1])
    await world.stop()
  })

  it('every value is handled once: its confirmation is no second call', async () => {
    const { world } = await start()
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    for (let n = 1; n <= 5; n++) {
      a.avatar.send.place(n, n)
      a.avatar.send.aim(n)
      a.avatar.send.turn(n)
      await world.settle()
    }
    await calm(world)
    expect(avatar.heard.filter(([name]) => name === 'place')).to.have.lengthOf(5)
    for (const name of ['place', 'aim'])
      for (const client of [a, b]) expect(heard(client, avatar, name)).to.deep.equal([1, 2, 3, 4, 5])
    expect(heard(b, avatar, 'turn')).to.deep.equal([1, 2, 3, 4, 5])
    expect(heard(a, avatar, 'turn')).to.deep.equal([])
    await world.stop()
  })

  for (const way of ['to the server', 'to the client'] as const)
    it(`the last value arrives though every datagram ${way} is lost`, async () => {
      const { world, air } = await start()
      const [a, b] = [await world.join(), await world.join()]
      const avatar = originalOf(world, a.avatar)
      air.fate = ({ toServer, pass }) => void (toServer === (way === 'to the server') || pass())
      for (let n = 1; n <= 5; n++) {
        a.avatar.send.place(n, n)
        a.avatar.send.aim(n)
        a.avatar.send.turn(n)
        a.avatar.send.spark(n)
        await world.settle()
      }
      await calm(world)
      expect(heard(b, avatar, 'place')).to.deep.equal([5])
      expect(heard(b, avatar, 'aim')).to.deep.equal([5])
      expect(heard(b, avatar, 'turn')).to.deep.equal([5])
      expect(heard(a, avatar, 'turn')).to.deep.equal([])
      expect(heard(b, avatar, 'spark')).to.deep.equal([])
      await world.stop()
    })

  it('an older value never replaces a newer one, whichever way either comes', async () => {
    const { world, air } = await start()
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    const late: Sent[] = []
    air.fate = one => void (one.toServer ? one.pass() : late.push(one))
    for (let n = 1; n <= 4; n++) {
      a.avatar.send.place(n, n)
      await world.settle()
    }
    for (const one of late.splice(0).reverse()) one.pass()
    await world.settle()
    expect(heard(b, avatar, 'place')).to.deep.equal([4])
    // Told to one alone in a frame, which overtakes the datagram from before.
    a.avatar.send.place(5, 5)
    await world.settle()
    avatar.sendTo(onServer(world, b)).place(6, 6)
    await world.settle()
    for (const one of late.splice(0)) one.pass()
    await calm(world)
    expect(heard(b, avatar, 'place')).to.deep.equal([4, 5, 6])
    await world.stop()
  })

  it('a client’s older datagrams are stepped over by the server, and so is what it confirms in vain', async () => {
    const { world, air } = await start()
    const a = await world.join()
    const avatar = originalOf(world, a.avatar)
    const late: Sent[] = []
    air.fate = one => void (one.toServer ? late.push(one) : one.pass())
    for (let n = 1; n <= 3; n++) {
      a.avatar.send.place(n, n)
      await world.settle()
    }
    for (const one of late.splice(0).reverse()) one.pass()
    await calm(world)
    expect(avatar.heard).to.deep.equal([['place', 3, 3]])
    await world.stop()
  })

  it('a datagram for an object that has not come, or has left, is nothing', async () => {
    const { world, air } = await start()
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    const [dropped, violations] = [record(b, 'dropped'), record(world.server, 'violation')]
    const late: Sent[] = []
    air.fate = one => void late.push(one)
    avatar.send.place(1, 1)
    await world.settle()
    await watch(world, b, 5)
    for (const one of late.splice(0)) one.pass()
    await world.settle()
    expect(dropped).to.deep.equal([])
    expect(violations).to.deep.equal([])
    air.fate = one => one.pass()
    await watch(world, b, 0)
    await calm(world)
    expect(heard(b, avatar, 'place').at(-1)).to.equal(1)
    await world.stop()
  })

  it('what is lost is confirmed before the object moves to another zone, changes hands or goes', async () => {
    const { world, air } = await start()
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    await watch(world, b, 0, 1)
    air.fate = () => {}
    avatar.send.place(1, 1)
    avatar.send.aim(1)
    await world.settle()
    avatar.enterZone(1)
    await world.settle()
    expect(sightOf(b, avatar).heard.filter(([name]) => name === 'place' || name === 'aim')).to.deep.equal([
      ['aim', 1],
      ['place', 1, 1],
    ])
    avatar.send.place(2, 2)
    await world.settle()
    avatar.transferOwner(onServer(world, b))
    await world.settle()
    expect(heard(b, avatar, 'place')).to.deep.equal([1, 2])
    await world.stop()
  })

  it('nobody gets what was sent past it, neither at once nor as a confirmation', async () => {
    const { world, air } = await start()
    const [a, b, c] = [await world.join(), await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    avatar.send.aim(1)
    await world.settle()
    air.fate = () => {}
    avatar.send.aim(2)
    await world.settle()
    avatar.sendExcept(onServer(world, b)).aim(3)
    await world.settle()
    await calm(world)
    expect(heard(a, avatar, 'aim')).to.deep.equal([1, 2, 3])
    expect(heard(b, avatar, 'aim')).to.deep.equal([1, 2])
    expect(heard(c, avatar, 'aim')).to.deep.equal([1, 2, 3])
    await world.stop()
  })

  it('calls too long for a datagram go in frames, in both directions', async () => {
    const { world, air } = await start()
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    for (const length of [900, 950, 960, 970, 980, 990, 1000, 3000]) {
      air.sent.length = 0
      a.avatar.send.label('x'.repeat(length))
      await world.settle()
      expect(heard(b, avatar, 'label').at(-1), `${length}`).to.have.lengthOf(length)
      for (const { bytes } of air.sent) expect(bytes.length).to.be.at.most(1000)
    }
    await calm(world)
    expect(heard(b, avatar, 'label')).to.have.lengthOf(8)
    expect(heard(a, avatar, 'label')).to.have.lengthOf(8)
    await world.stop()
  })

  it('many objects fill several datagrams, each readable alone', async () => {
    const { world, air } = await start()
    const a = await world.join()
    const movers = Array.from({ length: 500 }, () => world.server.create(Mover, null, { zone: 0 }))
    await world.settle()
    air.sent.length = 0
    let passed = 0
    air.fate = ({ pass }) => void (passed++ % 2 === 0 && pass())
    for (const [i, mover] of movers.entries()) mover.send.place(i, -i)
    await world.settle()
    expect(air.sent.length).to.be.greaterThan(2)
    for (const { bytes } of air.sent) expect(bytes.length).to.be.at.most(1000)
    const arrived = movers.filter(mover => heard(a, mover, 'place').length === 1).length
    expect(arrived).to.be.within(100, 400)
    await calm(world)
    for (const [i, mover] of movers.entries()) expect(heard(a, mover, 'place')).to.deep.equal([i])
    await world.stop()
  })

  it('a predicted call is confirmed by datagram, or in the end', async () => {
    const { world, air } = await start()
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    let n = 0
    air.fate = ({ pass }) => void (n++ % 3 === 0 && pass())
    for (let x = 1; x <= 20; x++) {
      a.avatar.send.walk(x)
      await world.settle()
    }
    await calm(world)
    expect(heard(a, avatar, 'walk')).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(heard(b, avatar, 'walk').at(-1)).to.equal(20)
    await world.stop()
  })

  it('one’s own calls are read with pump: manual, too', async () => {
    const { world } = await start()
    const [a, b] = [await world.join(), await world.join(undefined, { pump: 'manual' })]
    const avatar = originalOf(world, a.avatar)
    avatar.send.place(1, 1)
    await world.settle()
    expect(heard(b, avatar, 'place')).to.deep.equal([])
    expect(b.pump()).to.be.greaterThan(0)
    expect(heard(b, avatar, 'place')).to.deep.equal([1])
    await world.stop()
  })

  it('whatever is lost, doubled late or overtaken, everybody has the newest values when it is quiet', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed)
      const { world, air } = await start()
      const clients = [await world.join(), await world.join(), await world.join()]
      const avatars = clients.map(client => originalOf(world, client.avatar))
      const errors = clients.map(client => record(client, 'error'))
      const late: Sent[] = []
      air.fate = one => {
        const chance = random.number()
        if (chance < 0.4) one.pass()
        else if (chance < 0.7) late.push(one)
      }
      for (let step = 1; step <= 60; step++) {
        for (const [i, client] of clients.entries()) {
          if (random.number() < 0.5) client.avatar.send.place(step, i)
          if (random.number() < 0.3) client.avatar.send.aim(step)
          if (random.number() < 0.3) client.avatar.send.turn(step)
          if (random.number() < 0.1) client.avatar.send.fire(step)
        }
        const at = Math.floor(random.number() * 3)
        if (random.number() < 0.1) avatars[at]!.enterZone(Math.floor(random.number() * 2))
        if (random.number() < 0.1) void onServer(world, clients[at]!).zones.set(random.number() < 0.5 ? [0] : [0, 1])
        if (random.number() < 0.05) avatars[at]!.sendExcept(onServer(world, clients[(at + 1) % 3]!)).place(step, 99)
        world.server.tick()
        await world.run(50)
        for (const one of late.splice(0)) if (random.number() < 0.5) one.pass()
      }
      for (const one of late) one.pass()
      // What its clients sent last and was lost comes to the server now.
      await calm(world)
      for (const client of clients) await world.until(onServer(world, client).zones.set([0, 1]))
      // A last word, so that what was sent past somebody is overtaken; of these most are lost as well.
      for (const [i, avatar] of avatars.entries()) {
        avatar.send.place(1000 + i, seed)
        avatar.send.aim(1000 + i)
      }
      await calm(world)
      for (const [i, avatar] of avatars.entries())
        for (const client of clients) {
          const seen = sightOf(client, avatar)
          expect(
            seen.heard.findLast(([name]) => name === 'place'),
            `seed ${seed}`,
          ).to.deep.equal(['place', 1000 + i, seed])
          expect(
            seen.heard.findLast(([name]) => name === 'aim'),
            `seed ${seed}`,
          ).to.deep.equal(['aim', 1000 + i])
          // The owner alone sends these, and has them already.
          const mine = avatar.heard.findLast(([name]) => name === 'turn')
          if (client.avatar.id !== avatar.id && mine)
            expect(
              seen.heard.findLast(([name]) => name === 'turn'),
              `seed ${seed}`,
            ).to.deep.equal(mine)
        }
      expect(errors.flat()).to.deep.equal([])
      await world.stop()
    }
  })
})
