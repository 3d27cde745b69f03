/** A connection that was lost comes back, and the session goes on. Rule 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, Reject, type str, type uint8, type uint16 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import type { Dialer } from '../../lib/link/transport.ts'
import { failureOf, next, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  count(n: uint16): void {
    this.note('count', n)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest)
  aim(n: uint16): void {
    this.note('aim', n)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Unreliable)
  puff(n: uint16): void {
    this.note('puff', n)
  }

  @field(Flags.OwnerSend)
  async double(n: uint8): Promise<uint16> {
    if (n === 13) throw new Reject('unlucky')
    return n * 2
  }

  @field(Flags.OwnerSend)
  write(_text: str<20_000>): void {}

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM | Flags.Predict)
  step(n: uint16): void {
    this.note('step', n)
  }

  @field(Flags.OwnerSend)
  refuse(): void {}
}

const options = { server: { classes: [Player], avatar: Player }, client: { classes: [Player] } }
const counts = (player: Player): unknown[] => player.heard.filter(([name]) => name === 'count').map(([, n]) => n)

onEveryWire('a lost connection', start => {
  it('comes back by itself: the client keeps its id, its avatar and its objects, gets what it missed, and says what it had to say', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    const { id, avatar } = a
    const seen = b.objects.get(avatar.id) as Player
    const events = [record(a, 'lost'), record(a, 'resumed'), record(a, 'close')] as const
    const told = [record(world.server, 'lost'), record(world.server, 'resumed'), record(world.server, 'close')] as const
    const others = [record(b, 'leave'), record(b, 'enter')]
    await world.lose(a)
    expect(a.connected).to.equal(false)
    expect(onServer(world, a).connected).to.equal(false)
    originalOf(world, avatar).send.count(1)
    avatar.send.count(2)
    world.server.tick()
    await world.restore(a)
    await world.settle()
    expect([a.id, a.avatar, a.connected, onServer(world, a).connected]).to.deep.equal([id, avatar, true, true])
    for (const player of [avatar, originalOf(world, avatar), seen]) expect(counts(player)).to.deep.equal([1, 2])
    expect(events.map(({ length }) => length)).to.deep.equal([1, 1, 0])
    expect(told.map(({ length }) => length)).to.deep.equal([1, 1, 0])
    expect(others).to.deep.equal([[], []])
    expect(events[0][0]).to.include({ reason: 'lost', windowMs: 15_000 })
    expect(events[1][0]!.fresh).to.equal(false)
    expect(told[0][0]).to.include({ client: onServer(world, a), reason: 'lost' })
    expect(told[1][0]).to.include({ client: onServer(world, a), fresh: false })
  })

  it('settles the requests that were under way, and those made meanwhile', async () => {
    const world = await start(options)
    const a = await world.join()
    const before = a.avatar.send.double(4)
    await world.lose(a)
    const meanwhile = [a.avatar.send.double(5), a.avatar.send.double(13).catch(error => (error as Error).name)]
    await world.restore(a)
    expect(await world.until(Promise.all([before, ...meanwhile]))).to.deep.equal([8, 10, 'Rejected'])
  })

  it('does not come back where the client does not want it, and the server does not wait then', async () => {
    const world = await start(options)
    const a = await world.join(undefined, { resume: false })
    const closes = [next(a, 'close'), next(world.server, 'close')]
    await world.cut(a)
    expect((await world.until(Promise.all(closes))).map(({ reason }) => reason)).to.deep.equal(['lost', 'lost'])
    expect(world.server.clients.size).to.equal(0)
    expect(world.server.objects.size).to.equal(0)
  })

  it('does not come back where the server offers no time for it', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { resumeMs: 0 } } })
    const a = await world.join()
    const closes = [next(a, 'close'), next(world.server, 'close')]
    await world.cut(a)
    expect((await world.until(Promise.all(closes))).map(({ reason }) => reason)).to.deep.equal(['lost', 'lost'])
  })

  it('of a client that is kicked meanwhile is over at once; the client learns it when it comes back', async () => {
    const world = await start(options)
    const a = await world.join()
    await world.lose(a)
    const client = onServer(world, a)
    const closed = next(world.server, 'close')
    client.kick()
    expect((await closed).reason).to.equal('kicked')
    expect([world.server.clients.size, world.server.objects.size]).to.deep.equal([0, 0])
    const end = next(a, 'close')
    await world.restore(a)
    expect((await world.until(end)).reason).to.equal('session-over')
  })

  it('gives its place to a new login of the account at once, whatever the server does with double logins', async () => {
    const world = await start({
      ...options,
      server: { ...options.server, login: (id: string) => ({ id }), doubleLogin: () => 'refuse-newer' as const },
    })
    const a = await world.join('ann')
    await world.lose(a)
    const again = await world.join('ann')
    expect([...world.server.clients.keys()]).to.deep.equal([again.id])
    const end = next(a, 'close')
    await world.restore(a)
    expect((await world.until(end)).reason).to.equal('session-over')
    expect(again.connected).to.equal(true)
  })

  it('that the client gives up ends at once for it', async () => {
    const world = await start(options)
    const a = await world.join()
    await world.lose(a)
    const end = next(a, 'close')
    const asked = a.avatar.send.double(2)
    a.close()
    expect((await end).reason).to.equal('normal')
    await world.until(failureOf(asked, Error))
    expect(a.connected).to.equal(false)
  })

  it('with what is read by hand: what had come before the loss is handled first, then the events, then what was missed', async () => {
    const world = await start(options)
    const a = await world.join(undefined, { pump: 'manual' })
    const b = await world.join()
    const original = originalOf(world, a.avatar)
    const story: unknown[] = []
    a.avatar.count = n => void story.push(n)
    a.on('lost', () => story.push('lost'))
    a.on('resumed', () => story.push('resumed'))
    original.send.count(1)
    world.server.tick()
    await world.until(b.ping())
    const back = next(world.server, 'resumed')
    const gone = next(world.server, 'lost')
    void world.lose(a).catch(() => {})
    await world.until(gone)
    original.send.count(2)
    world.server.tick()
    a.avatar.send.count(3)
    expect(story).to.deep.equal([])
    void world.restore(a).catch(() => {})
    await world.until(back)
    for (let i = 0; i < 5; i++) {
      world.server.tick()
      await world.until(b.ping())
    }
    expect(story).to.deep.equal([])
    while (!story.includes(3)) {
      a.pump()
      await world.until(b.ping())
      world.server.tick()
    }
    expect(story).to.deep.equal([1, 'lost', 'resumed', 2, 3])
  })

  it('ends when the server stops, which waits for nobody', async () => {
    const world = await start(options)
    const a = await world.join()
    await world.lose(a)
    const closes = record(world.server, 'close')
    await world.stop()
    expect(closes.map(({ reason }) => reason)).to.deep.equal(['server-shutdown'])
    expect(world.server.clients.size).to.equal(0)
  })
})

describe('A connection that stays lost', () => {
  let world: World<Player>
  afterEach(() => world.stop())

  const start = async (limits = {}): Promise<Client<Player>> => {
    world = await World.start<Player>({ ...options, server: { ...options.server, limits }, latency: 10 })
    return world.join()
  }

  it('is over when its time has passed: then wills run, and what the client owned goes', async () => {
    const a = await start({ resumeMs: 8000 })
    const client = onServer(world, a)
    const ran: number[] = []
    client.will(() => ran.push(world.clock.now()))
    const closed = [record(a, 'close'), record(world.server, 'close')]
    await world.lose(a)
    const at = world.clock.now()
    await world.run(7900)
    expect([world.server.clients.size, world.server.objects.size, ran.length]).to.deep.equal([1, 1, 0])
    await world.run(200)
    expect([world.server.clients.size, world.server.objects.size]).to.deep.equal([0, 0])
    expect(ran[0]! - at).to.be.within(7900, 8100)
    await world.run(5000)
    expect(closed.map(events => events.map(({ reason }) => reason))).to.deep.equal([['lost'], ['lost']])
  })

  it('is tried at once, then with growing pauses, until its time has passed', async () => {
    const a = await start()
    const tries: number[] = []
    const at = world.clock.now()
    const inner = world.dialer()
    const dialer: Dialer = {
      dial: (...args) => {
        tries.push(world.clock.now())
        return tries.length === 1 ? inner.dial(...args) : Promise.reject(new Error('nobody'))
      },
    }
    a.close()
    const c = await world.until(
      connect(world.url, { classes: [Player], transport: dialer, clock: world.clock, random: world.random }),
    )
    const lost = next(c, 'lost')
    onServer(world, c as Client<any>)
    ;(
      onServer(world, c as Client<any>) as unknown as { session: { channel: { abort(): void } } }
    ).session.channel.abort()
    await world.until(lost)
    const [lostAt] = [world.clock.now()]
    await world.run(20_000)
    const pauses = tries.slice(1).map((time, i) => time - (tries[i] ?? at))
    expect(tries[1]! - lostAt).to.be.below(1)
    expect(pauses.length).to.be.greaterThan(6)
    for (let i = 1; i < pauses.length - 1; i++) {
      const pause = Math.min(250 * 2 ** (i - 1), 5000)
      expect(pauses[i]).to.be.within(pause * 0.75, pause * 1.25)
    }
    expect(tries.at(-1)! - lostAt).to.be.within(14_999, 15_001)
    expect(c.connected).to.equal(false)
  })

  it('keeps 256 KiB of what is said meanwhile, and tells of what it cannot keep', async () => {
    const a = await start()
    const dropped = record(a, 'dropped')
    await world.lose(a)
    for (let i = 0; i < 20; i++) {
      a.avatar.send.write('x'.repeat(20_000))
      await world.run(1)
    }
    expect(dropped.length).to.be.within(7, 8)
    expect(dropped[0]).to.include({ field: 'Player.write', why: 'disconnected' })
    const refused = failureOf(a.avatar.send.double(3), Error)
    for (let i = 0; i < 2000; i++) a.avatar.send.count(i)
    const late = a.avatar.send.double(3)
    expect((await world.until(failureOf(late, Error))).name).to.equal('Disconnected')
    await world.restore(a)
    await world.until(refused.catch(() => {}))
    await world.settle()
    expect(a.connected).to.equal(true)
  })

  for (const end of ['never comes back', 'gives up'])
    it(`tells of each call that had gathered when the client ${end}`, async () => {
      const a = await start({ resumeMs: 8000 })
      const story: unknown[] = []
      a.on('dropped', ({ object, field, why }) => story.push([object, field, why]))
      a.on('close', () => story.push('close'))
      const { avatar } = a
      avatar.send.count(0)
      await world.settle()
      await world.lose(a)
      for (let i = 1; i <= 2; i++) avatar.send.count(i)
      for (let i = 0; i < 5; i++) avatar.send.aim(i)
      await world.run(100)
      avatar.send.step(1)
      expect(story).to.deep.equal([])
      if (end === 'gives up') a.close()
      else await world.run(20_000)
      const dropped = ['count', 'count', 'step', 'aim'].map(name => [avatar.id, `Player.${name}`, 'disconnected'])
      expect(story).to.deep.equal([...dropped, 'close'])
    })

  it('tells nothing of calls that left after all, also when a later loss is for good', async () => {
    const a = await start({ resumeMs: 8000 })
    const dropped = record(a, 'dropped')
    await world.lose(a)
    a.avatar.send.count(1)
    a.avatar.send.aim(1)
    await world.restore(a)
    await world.settle()
    await world.lose(a)
    await world.run(20_000)
    expect([a.connected, dropped]).to.deep.equal([false, []])
  })

  it('keeps of Latest fields the newest call alone, and nothing of Unreliable ones', async () => {
    const a = await start()
    const original = originalOf(world, a.avatar)
    const dropped = record(a, 'dropped')
    await world.lose(a)
    for (let i = 0; i < 100; i++) a.avatar.send.aim(i)
    a.avatar.send.puff(1)
    a.avatar.send.count(5)
    await world.restore(a)
    await world.settle()
    expect(original.heard).to.deep.equal([
      ['count', 5],
      ['aim', 99],
    ])
    expect(dropped).to.deep.equal([{ object: original.id, field: 'Player.puff', why: 'disconnected' }])
  })

  it('costs an honest client nothing that it says then all at once', async () => {
    const a = await start()
    const violations = record(world.server, 'violation')
    await world.lose(a)
    // 190 a second, of 200 that it may.
    for (let i = 0; i < 10; i++) {
      for (let n = 0; n < 190; n++) a.avatar.send.count(i * 190 + n)
      await world.run(1000)
    }
    await world.restore(a)
    await world.settle()
    expect(violations).to.deep.equal([])
    expect(counts(originalOf(world, a.avatar))).to.have.lengthOf(1900)
  })

  it('leaves requests to their time', async () => {
    const a = await start()
    await world.lose(a)
    const asked = a.avatar.send.double(3)
    expect((await world.until(failureOf(asked, Error))).name).to.equal('TimedOut')
    await world.restore(a)
    await world.settle()
    expect(a.connected).to.equal(true)
  })

  it('for longer than what is missed is kept, still brings the answers that came meanwhile', async () => {
    class Slow extends Player {
      override async double(n: uint8): Promise<uint16> {
        await new Promise<void>(resolve => world.clock.after(1000, resolve))
        return super.double(n)
      }
      override async refuse(): Promise<void> {
        await new Promise<void>(resolve => world.clock.after(500, resolve))
        throw new Reject('no')
      }
    }
    world = await World.start<Player>({
      ...options,
      server: { classes: [Slow], avatar: Slow, limits: { resumeBytes: 500 } },
      latency: 10,
    })
    const a = await world.join()
    const other = world.server.create(Slow, null, { zone: 0 })
    const vetoed = record(a, 'vetoed')
    a.avatar.send.refuse()
    const asked = [a.avatar.send.double(4), a.avatar.send.double(13).catch(error => (error as Error).name)]
    await world.run(20)
    await world.lose(a)
    for (let i = 0; i < 20; i++) {
      other.send.count(i)
      world.server.tick()
    }
    expect((onServer(world, a) as unknown as { asleep: boolean }).asleep).to.equal(true)
    await world.run(3000)
    const resumed = record(a, 'resumed')
    await world.restore(a)
    expect(await world.until(Promise.all(asked))).to.deep.equal([8, 'Rejected'])
    expect(vetoed.map(({ field: name, reason }) => [name, reason])).to.deep.equal([['Player.refuse', 'no']])
    expect(resumed.map(({ fresh }) => fresh)).to.deep.equal([true])
  })

  it('for that long settles predictions that the server has handled; those still to come are confirmed as ever', async () => {
    const a = await start({ resumeBytes: 1 })
    const { avatar } = a
    const original = originalOf(world, avatar)
    const resumed = record(a, 'resumed')
    avatar.send.step(5)
    await world.run(12)
    expect(original.heard).to.deep.equal([['step', 5]])
    await world.lose(a)
    original.send.step(9)
    for (let i = 0; i < 20; i++) {
      original.send.count(i)
      world.server.tick()
    }
    await world.restore(a)
    await world.settle()
    expect(avatar.heard.filter(([name]) => name === 'step')).to.deep.equal([
      ['step', 5],
      ['step', 9],
    ])
    // What is said while it is away is predicted, shown over what is told anew, and not run again when it returns.
    await world.lose(a)
    avatar.send.step(6)
    for (let i = 0; i < 20; i++) {
      original.send.count(i)
      world.server.tick()
    }
    await world.restore(a)
    await world.settle()
    expect(avatar.heard.filter(([name]) => name === 'step').at(-1)).to.deep.equal(['step', 6])
    expect(original.heard.filter(([name]) => name === 'step').map(([, n]) => n)).to.deep.equal([5, 9, 6])
    expect(resumed.map(({ fresh }) => fresh)).to.deep.equal([true, true])
  })

  it('may be resumed many times', async () => {
    const a = await start()
    for (let i = 0; i < 30; i++) {
      originalOf(world, a.avatar).send.count(i)
      await (i % 2 ? world.cut(a) : world.lose(a).then(() => world.restore(a)))
      await world.run(300)
    }
    expect(counts(a.avatar)).to.deep.equal(Array.from({ length: 30 }, (_, i) => i))
  })

  it('is noticed where nothing is heard of the other side any more', async () => {
    const a = await start()
    const lost = record(a, 'lost')
    const told = record(world.server, 'lost')
    const client = onServer(world, a) as unknown as { session: { channel: { send(): void } } }
    client.session.channel.send = () => {}
    await world.run(40_000)
    expect([lost.length, told.length]).to.deep.equal([1, 1])
    expect(lost[0]!.reason).to.equal('heartbeat-timeout')
    expect(a.connected).to.equal(true)
  })
})

describe('A session', () => {
  it('goes on over another transport, and from another address', async () => {
    const wire = memory()
    const server = createServer({
      ...options.server,
      tickRate: 0,
      transports: [wire, websocket({ port: 0, host: '127.0.0.1' })],
    })
    const url = (await server.start()).find(address => address !== 'memory:')!
    const dialers: Dialer[] = [websocketDialer(), wire]
    let dials = 0
    const transport: Dialer = {
      dial: (_, accept, limits) => {
        const i = dials++ % 2
        return dialers[i]!.dial(i === 0 ? url : 'memory:', accept, limits)
      },
    }
    const a = await connect(url, { classes: [Player], transport })
    const resumed = record(server, 'resumed')
    const addresses: string[] = [server.clients.get(a.id)!.address]
    for (let i = 0; i < 3; i++) {
      const back = next(a, 'resumed')
      const client = server.clients.get(a.id) as unknown as { session: { channel: { abort(): void } } }
      ;(server.objects.get(a.avatar.id) as Player).send.count(i)
      client.session.channel.abort()
      await back
      addresses.push(server.clients.get(a.id)!.address)
    }
    await a.ping()
    expect(counts(a.avatar)).to.deep.equal([0, 1, 2])
    expect(addresses).to.deep.equal(['127.0.0.1', '', '127.0.0.1', ''])
    expect(resumed.map(({ address }) => address)).to.deep.equal(['', '127.0.0.1', ''])
    a.close()
    await server.stop()
  })
})

describe('MN35 Reconnect', () => {
  it('MN35 Reconnect with a token within the window keeps client id and ownership and re-sends visible objects', async () => {
    const world = await World.start<Player>({
      ...options,
      server: { ...options.server, limits: { resumeBytes: 200 } },
      latency: 10,
    })
    const a = await world.join()
    const { id } = a
    const mine = world.server.create(Player, null, { zone: 7, owner: onServer(world, a) })
    const old = world.server.create(Player, null, { zone: 0 })
    await world.settle()
    const kept = a.objects.get(mine.id)
    await world.lose(a)
    old.delete()
    const fresh = world.server.create(Player, null, { zone: 0 })
    for (let i = 0; i < 20; i++) {
      originalOf(world, a.avatar).send.count(i)
      world.server.tick()
    }
    const resumed = record(a, 'resumed')
    await world.restore(a)
    await world.settle()
    expect(resumed[0]!.fresh).to.equal(true)
    expect(a.id).to.equal(id)
    expect(mine.owner?.id).to.equal(id)
    expect([...a.objects].map(object => object.id).sort()).to.deep.equal([a.avatar.id, mine.id, fresh.id].sort())
    expect(a.objects.get(mine.id)).to.equal(kept)
    await world.stop()
  })
})
