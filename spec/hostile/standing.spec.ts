/** Violations that are ignored add up: a client is slowed, quarantined, closed in the end. Rules 10 and 32 of docs/guarantees.md. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Flags, field, networkClass, Registry, Rejected, type uint8 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { defaultLimits, limitsFrom } from '../../lib/protocol/limits.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { RemoteClient } from '../../lib/replication/authority/client.ts'
import { Standing, type StandingLevel } from '../../lib/session/standing.ts'
import { Intruder } from '../support/intruder.ts'
import { failureOf, record } from '../support/outcome.ts'
import { originalOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry, clientCreate: true, clientDelete: true })
class Player extends Witness {
  @field(Flags.OwnerSend)
  aim(x: uint8): void {
    this.note('aim', x)
  }

  @field(Flags.OwnerSend)
  async ask(x: uint8): Promise<uint8> {
    return x
  }

  @field(0)
  secret(): void {}
}

const classes = [Player]
const options = (limits = {}) => ({
  server: { classes, avatar: Player, zone: 0, violations: 'ignore' as const, canWatch: () => true, limits },
  client: { classes, avatar: Player },
})
const points = defaultLimits.standing as Exclude<typeof defaultLimits.standing, false>

describe('The standing of a client', () => {
  let world: World<Player>
  const start = async (limits = {}): Promise<void> => {
    world = await World.start<Player>(options(limits))
  }
  afterEach(() => world.stop())

  /** So many violations worth 5 points. */
  const offend = async (b: Intruder, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) b.call('Player.secret', b.avatar)
    await b.settle()
  }

  it('falls step by step: slowed, quarantined, closed with the last reason; each is told, and the others notice nothing', async () => {
    await start()
    const a = await world.join()
    const told = record(world.server, 'standing')
    const b = await Intruder.join(world, classes)
    await offend(b, 9)
    expect(told).to.be.empty
    await offend(b, 1)
    expect(told.map(({ level, points, reason }) => [level, points, reason])).to.deep.equal([
      ['slowed', 50, 'no-permission'],
    ])
    await offend(b, 10)
    expect(told.at(-1)).to.include({ level: 'quarantined', points: 100, reason: 'no-permission' })
    for (let i = 0; i < 20; i++) b.call('Player.secret', b.avatar)
    expect(await b.fate()).to.equal('no-permission')
    expect(told.map(({ level, client }) => [level, client.id])).to.deep.equal([
      ['slowed', b.id],
      ['quarantined', b.id],
      ['closed', b.id],
    ])
    a.avatar.send.aim(3)
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['aim', 3]])
  })

  it('closes with no-object what offends by objects that it does not see', async () => {
    await start()
    const hidden = world.server.create(Player, null, { zone: 99 })
    const b = await Intruder.join(world, classes)
    for (let i = 0; i < 40; i++) b.call('Player.aim', hidden, w => w.u8(1))
    expect(await b.fate()).to.equal('no-object')
  })

  it('halves the calls of a slowed client', async () => {
    await start({ callsPerSecond: 10 })
    const b = await Intruder.join(world, classes)
    const avatar = world.server.objects.get(b.avatar) as Player
    await offend(b, 10)
    // What the offences themselves cost has to come back first; the level is left after 25 s.
    await world.run(5000)
    for (let i = 0; i < 20; i++) b.call('Player.aim', b.avatar, w => w.u8(i))
    await b.settle()
    expect(avatar.heard).to.have.length(10)
  })

  it('drops the calls of a quarantined client, refuses its requests and wishes, and takes them again when it has calmed down', async () => {
    await start()
    const a = await world.join()
    const [told, dropped] = [record(world.server, 'standing'), record(world.server, 'dropped')]
    const avatar = originalOf(world, a.avatar)
    const { authority } = world.server.clients.get(a.id) as RemoteClient
    for (let i = 0; i < 20; i++)
      authority.violate(
        world.server.clients.get(a.id) as RemoteClient,
        { reason: 'bad-arguments', detail: '' },
        null,
        null,
      )
    expect(told.map(({ level }) => level)).to.deep.equal(['slowed', 'quarantined'])
    a.avatar.send.aim(1)
    for (const attempt of [a.avatar.send.ask(1), a.zones.add(5), a.create(Player)])
      expect((await world.until(failureOf(attempt as Promise<unknown>, Rejected))).reason).to.equal('quarantined')
    a.avatar.delete()
    await world.settle()
    expect(avatar.heard).to.be.empty
    expect(avatar.zone).to.equal(0)
    expect(dropped.map(({ why, field }) => [why, field])).to.deep.equal([
      ['quarantined', 'Player.aim'],
      ['quarantined', 'Player.ask'],
      ['quarantined', null],
    ])
    await world.run(51_000)
    expect(told.slice(2).map(({ level, reason }) => [level, reason])).to.deep.equal([['slowed', null]])
    a.avatar.send.aim(2)
    await world.settle()
    expect(avatar.heard).to.deep.equal([['aim', 2]])
    await world.run(26_000)
    expect(told.slice(3).map(({ level, points }) => [level, points])).to.deep.equal([['good', 25]])
  })

  it('goes on to fall where a quarantined client floods', async () => {
    await start({ callsPerSecond: 10 })
    const told = record(world.server, 'standing')
    const b = await Intruder.join(world, classes)
    await offend(b, 20)
    for (let second = 0; second < 30 && b.connected; second++) {
      for (let i = 0; i < 60; i++) {
        b.call('Player.aim', b.avatar, w => w.u8(1))
        await world.run(16)
      }
    }
    expect(await b.fate()).to.equal('rate')
    expect(told.map(({ level }) => level)).to.deep.equal(['slowed', 'quarantined', 'closed'])
    expect(told.at(-1)!.reason).to.equal('rate')
  })

  it('counts what the session finds wrong, too', async () => {
    await start()
    const told = record(world.server, 'standing')
    const b = await Intruder.join(world, classes)
    for (let i = 0; i < 10; i++) b.raw.send(Uint8Array.of(Op.Welcome))
    expect(await b.fate()).to.equal('wrong-direction')
    expect(told.map(({ reason }) => reason)).to.deep.equal(Array(3).fill('wrong-direction'))
  })

  it('is nothing where `limits.standing` is false, and what the game says where it says something', async () => {
    await start({ standing: false })
    let told = record(world.server, 'standing')
    let b = await Intruder.join(world, classes)
    await offend(b, 100)
    expect(b.connected).to.equal(true)
    expect(told).to.be.empty
    await world.stop()

    await start({ standing: { closed: 7, points: { 'no-permission': 4 } } })
    told = record(world.server, 'standing')
    b = await Intruder.join(world, classes)
    for (let i = 0; i < 2; i++) b.call('Player.secret', b.avatar)
    expect(await b.fate()).to.equal('no-permission')
    expect(told.map(({ level, points }) => [level, points])).to.deep.equal([['closed', 8]])
  })

  it('does not touch the policy to close', async () => {
    world = await World.start<Player>({ ...options(), server: { classes, avatar: Player } })
    const told = record(world.server, 'standing')
    const b = await Intruder.join(world, classes)
    b.call('Player.secret', b.avatar)
    expect(await b.fate()).to.equal('no-permission')
    expect(told).to.be.empty
  })

  it('is never reached by an honest client on a bad network: held up for 15 s again and again, it sends all at once', async () => {
    await start()
    const a = await world.join()
    const [told, violations] = [record(world.server, 'standing'), record(world.server, 'violation')]
    for (let round = 0; round < 20; round++) {
      await world.run(15_000)
      for (let i = 0; i < 15 * 60; i++) a.avatar.send.aim(i & 255)
      await world.settle()
    }
    expect(violations).to.not.be.empty
    expect(told).to.be.empty
    expect(a.connected).to.equal(true)
  })

  it('leaves no timer of a client that has gone', async () => {
    await start()
    const b = await Intruder.join(world, classes)
    await offend(b, 10)
    const told = record(world.server, 'standing')
    b.raw.abort()
    await world.run(120_000)
    expect(told).to.be.empty
  })
})

describe('Standing', () => {
  it('is what the points say, whatever comes when: up at a threshold, down at half of it', async () => {
    const step = fc.record({
      ms: fc.integer({ min: 0, max: 40_000 }),
      reason: fc.constantFrom('rate', 'no-field', 'malformed', 'bad-arguments', null),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async stepsTaken => {
        const clock = new VirtualClock()
        const limits = limitsFrom().standing as typeof points
        const heard: StandingLevel[] = []
        const standing = new Standing(limits, clock, level => heard.push(level))
        let [model, level, at, rateAt]: [number, StandingLevel, number, number] = [0, 'good', 0, -1e9]
        const fall = (now: number): void => {
          model = Math.max(0, model - (now - at) / 1000)
          at = now
          if (level === 'quarantined' && model < 49.9) level = 'slowed'
          if (level === 'slowed' && model < 24.9) level = 'good'
        }
        for (const { ms, reason } of stepsTaken) {
          await clock.advance(ms)
          if (level === 'closed') break
          fall(clock.now())
          // Within the rounding of a timer either level is right.
          fc.pre(![25, 50].some(edge => Math.abs(model - edge) < 0.2))
          expect(standing.level).to.equal(level)
          if (!reason || (reason === 'rate' && clock.now() - rateAt < 100)) continue
          if (reason === 'rate') rateAt = clock.now()
          model += reason === 'rate' ? 1 : reason === 'malformed' ? 20 : 5
          fc.pre(![50, 100, 200].some(edge => Math.abs(model - edge) < 0.2))
          if (model >= 200) level = 'closed'
          else if (model >= 100) level = 'quarantined'
          else if (model >= 50 && level === 'good') level = 'slowed'
          standing.add(reason)
          expect(standing.level).to.equal(level)
        }
        expect(heard.every((next, i) => next !== heard[i - 1])).to.equal(true)
        standing.end()
      }),
      { numRuns: 150 },
    )
  })
})
