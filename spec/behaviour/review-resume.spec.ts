/** What comes back with a lost connection, and what must not. Rule 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str, type uint32 } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { World } from 'fieldcast/testing'
import { Reader } from '../../lib/base/bytes.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Channel, Dialer } from '../../lib/link/transport.ts'
import { closeName } from '../../lib/protocol/close.ts'
import { getWelcome } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Gate, record } from '../support/outcome.ts'
import { RawClient } from '../support/raw-client.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Mover extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest)
  place(n: uint32): void {
    this.note('place', n)
  }

  @field(Flags.ClientSend)
  count(n: uint32): void {
    this.note('count', n)
  }

  /** Answers when the spec says so. */
  @field(Flags.OwnerSend)
  ask(_n: uint32): Promise<str<300>> {
    return answers.passed
  }

  @field(Flags.Broadcast)
  say(text: str<4000>): void {
    this.note('say', text.length)
  }
}

/** What requests are answered with. */
let answers: Gate<string>

const options = {
  server: { classes: [Mover], avatar: Mover, follow: false, zone: 0 },
  client: { classes: [Mover] },
}

/** A client whose connection breaks, and comes back, without a tick between. */
async function fragile(world: World<Mover>) {
  let channel: Channel | undefined
  const line = { isDown: false, break: () => channel!.abort() }
  const transport: Dialer = {
    dial: async (url, accept, limits) => {
      if (line.isDown) throw new ConnectionFailed('down')
      await world.dialer().dial(url, opened => accept((channel = opened)), limits)
    },
  }
  const joining = connect<Mover>(world.url, {
    classes: [Mover],
    transport,
    clock: world.clock,
    random: world.random,
    compression: false,
  })
  return { client: await world.until(joining), line }
}

describe('A client that is told everything anew within a tick', () => {
  it('gets nothing of what that tick had brought before', async () => {
    const world = await World.start<Mover>({
      ...options,
      server: { ...options.server, limits: { resumeBytes: 4096 } },
    })
    const { client: a, line } = await fragile(world)
    const b = await world.join()
    const ship = world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    ship.send.place(1000)
    await world.settle()
    const seen = sightOf(a, ship)
    expect(seen.heard).to.deep.equal([['place', 1000]])
    line.isDown = true
    line.break()
    await world.run(10)
    for (let i = 0; i < 4; i++) {
      ship.send.say('x'.repeat(2000))
      world.server.tick()
    }
    for (const n of [5000, 5001]) {
      ship.send.place(n)
      world.server.tick()
    }
    ship.send.place(5002)
    // Puts what waits into the zone's stream, ahead of the tick.
    void onServer(world, b).zones.set([])
    ship.send.say('late')
    const fresh = record(a, 'resumed')
    const dropped = record(a, 'dropped')
    line.isDown = false
    await world.run(5000)
    await world.settle()
    expect(fresh.map(({ fresh }) => fresh)).to.deep.equal([true])
    expect(dropped).to.deep.equal([])
    expect(seen.heard).to.deep.equal([['place', 1000]])
    await world.stop()
  })
})

for (const isFresh of [false, true])
  describe(`A client that was away for longer than races may take${isFresh ? ', and is told everything anew' : ''}`, () => {
    it('may have spoken of what has gone meanwhile', async () => {
      const limits = { graceMs: 1000, resumeBytes: isFresh ? 4096 : 1 << 18 }
      const world = await World.start<Mover>({ ...options, server: { ...options.server, limits } })
      const a = await world.join()
      const ship = world.server.create(Mover, null, { zone: 0 })
      await world.settle()
      const seen = sightOf(a, ship)
      await world.lose(a)
      ship.delete()
      const other = world.server.create(Mover, null, { zone: 0 })
      for (let i = 0; i < 4; i++) {
        other.send.say('x'.repeat(2000))
        world.server.tick()
      }
      seen.send.count(1)
      await world.run(3000)
      const violations = record(world.server, 'violation')
      const resumed = record(a, 'resumed')
      await world.restore(a)
      await world.settle()
      expect(resumed.map(({ fresh }) => fresh)).to.deep.equal([isFresh])
      expect(violations).to.deep.equal([])
      expect([a.connected, seen.story.at(-1)]).to.deep.equal([true, 'onLeave'])
      await world.stop()
    })
  })

describe('A client that missed too much', () => {
  const small = { ...options, server: { ...options.server, limits: { resumeBytes: 4096 } } }

  /** Puts a client that is away to sleep. */
  async function bury(world: World<Mover>): Promise<void> {
    const ship = world.server.create(Mover, null, { zone: 0 })
    for (let i = 0; i < 4; i++) {
      ship.send.say('x'.repeat(2000))
      world.server.tick()
    }
    ship.delete()
    world.server.tick()
    await world.run(1)
  }

  it('watches each zone as often as before', async () => {
    const world = await World.start<Mover>(small)
    const a = await world.join()
    const { zones } = onServer(world, a)
    for (let i = 0; i < 2; i++) void zones.add(5)
    await world.settle()
    await world.lose(a)
    await bury(world)
    await world.restore(a)
    await world.settle()
    void zones.delete(5)
    await world.settle()
    expect([...a.zones].sort()).to.deep.equal([0, 5])
    void zones.delete(5)
    await world.settle()
    expect([...a.zones]).to.deep.equal([0])
    await world.stop()
  })

  it('is given as many answers as are kept, and no more', async () => {
    answers = new Gate<string>()
    const world = await World.start<Mover>(small)
    const a = await world.join()
    const outcomes = Array.from({ length: 30 }, () =>
      world.server.objects.of(Mover).length > 0
        ? a.avatar.send.ask(1).then(
            () => 'answered',
            error => (error as Error).name,
          )
        : Promise.resolve('none'),
    )
    await world.settle()
    await world.lose(a)
    await bury(world)
    answers.open('y'.repeat(300))
    await world.run(10)
    await world.restore(a)
    await world.settle()
    const all = await world.until(Promise.all(outcomes))
    const answered = all.filter(one => one === 'answered').length
    expect(answered).to.be.within(8, 14)
    expect(new Set(all)).to.deep.equal(new Set(['answered', 'TimedOut']))
    await world.stop()
  })

  it('is given its answers though it is lost again before it has been told everything', async () => {
    answers = new Gate<string>()
    const world = await World.start<Mover>({
      ...options,
      server: { ...options.server, limits: { resumeBytes: 4096, snapshotSlice: 10 } },
    })
    const { client: a, line } = await fragile(world)
    for (let i = 0; i < 500; i++) world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    const asked = a.avatar.send.ask(1)
    await world.settle()
    line.isDown = true
    line.break()
    await world.run(10)
    await bury(world)
    answers.open('well')
    await world.run(1)
    const resumed = record(a, 'resumed')
    const off = a.on('resumed', () => {
      off()
      line.isDown = true
      line.break()
    })
    line.isDown = false
    while (resumed.length === 0) await world.run(50)
    await bury(world)
    line.isDown = false
    expect(await world.until(asked)).to.equal('well')
    expect(resumed.map(({ fresh }) => fresh)).to.deep.equal([true, true])
    await world.stop()
  })
})

describe('A client that has come back', () => {
  it('says at once that it has its next token: the one before is good for nobody', async () => {
    const world = await World.start<Mover>({ ...options, trace: true })
    const a = await world.join()
    const welcome = world.trace.find(({ to, bytes }) => to === 'client' && bytes[0] === Op.Welcome)!
    const { token } = getWelcome(new Reader(welcome.bytes.subarray(1)))
    await world.cut(a)
    await world.restore(a)
    await world.settle()
    const thief = await RawClient.dial(world.dialer(), world.url)
    thief.selectResuming(world.server.schemaHash)
    thief.resume(token)
    await world.until(thief.gone)
    expect(closeName(thief.closed!.code)).to.equal('session-over')
    expect(a.connected).to.equal(true)
    await world.stop()
  })
})
