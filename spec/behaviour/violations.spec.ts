/** What breaks the rules, and what it costs. Rules 1 and 10 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str, type uint8 } from 'fieldcast'
import { World } from 'fieldcast/testing'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Intruder } from '../support/intruder.ts'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.ClientSend | Flags.Broadcast | Flags.RAM)
  aim(x: uint8, y: uint8): void {
    this.note('aim', x, y)
  }

  @field(Flags.OwnerSend | Flags.Broadcast, { violations: 'ignore' })
  chat(text: str<8>): void {
    this.note('chat', text)
  }

  @field(Flags.OwnerSend)
  drop(): void {
    this.note('drop')
  }

  @field(Flags.OwnerSend | Flags.ClientSend)
  async ask(question: str<16>): Promise<uint8> {
    this.note('ask', question)
    return 42
  }
}

@networkClass(11, { registry })
class Stone extends Witness {
  @field(Flags.ClientSend)
  kick(): void {
    this.note('kick')
  }
}

const classes = [Player, Stone]
const options = { server: { classes, avatar: Player }, client: { classes } }
const lenient = { ...options, server: { ...options.server, violations: 'ignore' as const } }

/** Ill calls of a client on its own avatar, by the code that each deserves. */
const offences: readonly [reason: string, what: string, commit: (b: Intruder) => void][] = [
  ['bad-arguments', 'too few arguments', b => b.call('Player.aim', b.avatar, w => w.u8(1))],
  ['bad-arguments', 'too many arguments', b => b.call('Player.aim', b.avatar, w => w.raw(Uint8Array.of(1, 2, 3)))],
  ['bad-arguments', 'no arguments', b => b.call('Player.aim', b.avatar)],
  ['no-field', 'a field of another class', b => b.call('Stone.kick', b.avatar)],
  ['no-field', 'a field number beyond the last', b => b.raw.call(4000, b.avatar, [])],
  ['no-field', 'a request of a field that answers none', b => b.request(1, 'Player.drop', b.avatar)],
  ['no-object', 'an object that does not exist', b => b.call('Player.aim', 4_000_000, w => w.u16(0))],
  [
    'wrong-direction',
    'a message that only the server sends',
    b => b.raw.send(Uint8Array.of(Op.Deliver, 0, b.avatar, 1, 2)),
  ],
]

onEveryWire('violations', start => {
  for (const [reason, what, commit] of offences) {
    it(`closes a client that sends ${what} with ${reason}, runs nothing, and serves the others`, async () => {
      const world = await start(options)
      const a = await world.join<Player>()
      const violations = record(world.server, 'violation')
      const b = await Intruder.join(world, classes)
      const avatar = world.server.objects.get(b.avatar) as Player
      commit(b)
      expect(await b.fate()).to.equal(reason)
      expect(avatar.heard).to.be.empty
      expect(violations.map(violation => violation.reason)).to.deep.equal([reason])
      expect(violations[0]!.client?.id).to.equal(b.id)
      expect(violations[0]!.detail).to.be.a('string').that.is.not.empty
      a.avatar.send.aim(1, 2)
      await world.settle()
      expect(a.avatar.heard).to.deep.equal([['aim', 1, 2]])
    })

    it(`MN14 ignores ${what} under the policy to ignore: the handler is not run, the event has the reason ${reason}, the sender stays`, async () => {
      const world = await start(lenient)
      const a = await world.join<Player>()
      const violations = record(world.server, 'violation')
      const b = await Intruder.join(world, classes)
      const avatar = world.server.objects.get(b.avatar) as Player
      commit(b)
      await b.settle()
      expect(b.connected).to.equal(true)
      expect(violations.map(violation => violation.reason)).to.deep.equal([reason])
      expect(avatar.heard).to.be.empty
      expect(sightOf(a, avatar).heard).to.be.empty
      b.call('Player.aim', b.avatar, w => w.raw(Uint8Array.of(7, 8)))
      await b.settle()
      expect(avatar.heard).to.deep.equal([['aim', 7, 8]])
      expect(sightOf(a, avatar).heard).to.deep.equal([['aim', 7, 8]])
    })
  }

  it('LP31 An unknown field number, truncated and trailing bytes: that client is closed, the server keeps serving others', async () => {
    const world = await start(options)
    const a = await world.join<Player>()
    const frames: readonly (readonly number[])[] = [
      [Op.Call],
      [Op.Call, 0],
      [Op.Call, 0, 1],
      [Op.Call, 0, 1, 2],
      [Op.Call, 0, 1, 200, 1],
      [Op.Call, 0x80],
      [Op.Call, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [Op.Request, 0, 0, 1, 0],
      [Op.Watch, 1, 9, 0],
      [Op.Watch, 1, 0, 200, 1],
      [Op.Create, 1],
      [0x2f],
      [],
    ]
    for (const frame of frames) {
      const b = await Intruder.join(world, classes)
      b.raw.send(Uint8Array.from(frame))
      expect(await b.fate(), `frame ${frame}`).to.equal('malformed')
    }
    a.avatar.send.aim(1, 2)
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['aim', 1, 2]])
    expect(world.server.clients.size).to.equal(1)
  })

  it('LP31 Survives a cut at every byte of a good frame, and of what follows it nothing runs', async () => {
    const world = await start(options)
    const a = await world.join<Player>()
    const good = [Op.Call, 0, a.avatar.id, 2, 5, 6, Op.Call, 0, a.avatar.id, 2, 7, 8]
    for (let length = 1; length < good.length; length++) {
      if (length === 6) continue
      const b = await Intruder.join(world, classes)
      b.raw.send(Uint8Array.from(good.slice(0, length)))
      expect(await b.fate(), `cut at ${length}`).to.equal('malformed')
    }
    const heard = originalOf(world, a.avatar).heard
    expect(heard).to.deep.equal(Array(5).fill(['aim', 5, 6]))
  })

  it('runs what came before the ill message of a frame, and nothing behind it', async () => {
    const world = await start(options)
    const a = await world.join<Player>()
    const b = await Intruder.join(world, classes)
    const call = (x: number): number[] => [Op.Call, 0, a.avatar.id, 2, x, 0]
    b.raw.send(Uint8Array.from([...call(1), Op.Call, 77, a.avatar.id, 0, ...call(2)]))
    expect(await b.fate()).to.equal('no-field')
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['aim', 1, 0]])
  })

  it('MN14 A field may have a policy of its own, whatever the server’s', async () => {
    const world = await start(options)
    const violations = record(world.server, 'violation')
    const b = await Intruder.join(world, classes)
    b.call('Player.chat', b.avatar, w => w.text('far too long'))
    await b.settle()
    expect(b.connected).to.equal(true)
    expect(violations.map(({ reason, field, object }) => [reason, field, object])).to.deep.equal([
      ['bad-arguments', 'Player.chat', b.avatar],
    ])
    expect((world.server.objects.get(b.avatar) as Player).heard).to.be.empty
  })

  it('answers an ignored call with a veto and an ignored request with a refusal, each with the reason', async () => {
    const world = await start(lenient)
    const b = await Intruder.join(world, classes)
    b.call('Player.aim', b.avatar)
    b.request(9, 'Player.ask', b.avatar, w => w.text('this question is too long'))
    b.request(10, 'Player.ask', 4_000_000, w => w.text('?'))
    await b.settle()
    const answers = Buffer.concat(b.raw.frames.slice(-3))
    expect(answers.includes('bad-arguments')).to.equal(true)
    expect(answers.includes('no-object')).to.equal(true)
    expect(b.connected).to.equal(true)
  })

  it('MN16 An unknown field has the reason no-field, a call that the authorisation hook refuses no-permission', async () => {
    const asked: [number, number, string][] = []
    const authorize = (client: { readonly id: number }, object: { readonly id: number }, name: string): boolean => {
      asked.push([client.id, object.id, name])
      return name !== 'drop'
    }
    const world = await start({ ...options, server: { ...options.server, authorize } })
    const a = await world.join<Player>()
    const violations = record(world.server, 'violation')
    a.avatar.send.aim(1, 1)
    await world.settle()
    expect(asked).to.deep.equal([[a.id, a.avatar.id, 'aim']])
    const avatar = originalOf(world, a.avatar)
    a.avatar.send.drop()
    await world.settle()
    const b = await Intruder.join(world, classes)
    b.raw.call(999, b.avatar, [])
    expect(await b.fate()).to.equal('no-field')
    expect(violations.map(({ reason }) => reason)).to.deep.equal(['no-permission', 'no-field'])
    expect(avatar.heard).to.deep.equal([['aim', 1, 1]])
    expect(a.connected).to.equal(false)
  })

  it('does not ask the authorisation hook what the flags refuse, and takes its failure for a no', async () => {
    let asked = 0
    const authorize = (): boolean => {
      asked++
      throw new Error('bug')
    }
    const world = await start({ ...lenient, server: { ...lenient.server, authorize } })
    const errors = record(world.server, 'error')
    const a = await world.join<Player>()
    const b = await Intruder.join(world, classes)
    b.call('Player.drop', a.avatar)
    await b.settle()
    expect(asked).to.equal(0)
    a.avatar.send.drop()
    await world.settle()
    expect(asked).to.equal(1)
    expect(errors.map(({ where, field }) => [where, field])).to.deep.equal([['authorize', 'Player.drop']])
    expect(originalOf(world, a.avatar).heard).to.be.empty
    expect(a.connected).to.equal(true)
  })

  it('checks permission before arguments', async () => {
    const world = await start(options)
    const a = await world.join<Player>()
    const b = await Intruder.join(world, classes)
    b.call('Player.drop', a.avatar, w => w.u16(1))
    expect(await b.fate()).to.equal('no-permission')
  })

  it('drops, without punishment, a call to an object that left the client’s view a moment ago', async () => {
    const world = await start(options)
    const dropped = record(world.server, 'dropped')
    const stone = world.server.create(Stone, null, { zone: 0 })
    const moved = world.server.create(Stone, null, { zone: 0 })
    const b = await Intruder.join(world, classes)
    stone.delete()
    await world.until(moved.enterZone(9))
    b.call('Stone.kick', stone)
    b.call('Stone.kick', moved)
    await b.settle()
    expect(b.connected).to.equal(true)
    expect(dropped.map(({ object, why }) => [object, why])).to.deep.equal([
      [stone.id, 'left-view'],
      [moved.id, 'left-view'],
    ])
    expect([...stone.heard, ...moved.heard]).to.be.empty
  })

  it('drops, without punishment, a call of one who was the owner a moment ago', async () => {
    const world = await start(options)
    const dropped = record(world.server, 'dropped')
    const a = await world.join<Player>()
    const b = await Intruder.join(world, classes)
    const avatar = world.server.objects.get(b.avatar) as Player
    avatar.transferOwner(onServer(world, a))
    b.call('Player.drop', avatar)
    await b.settle()
    expect(b.connected).to.equal(true)
    expect(dropped.map(({ object, field, why }) => [object, field, why])).to.deep.equal([
      [avatar.id, 'Player.drop', 'not-owner-any-more'],
    ])
    expect(avatar.heard).to.be.empty
  })

  it('remembers only so many objects that left', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { graceObjects: 2 } } })
    const stones = [1, 2, 3].map(() => world.server.create(Stone, null, { zone: 0 }))
    const b = await Intruder.join(world, classes)
    for (const stone of stones) stone.delete()
    b.call('Stone.kick', stones[2]!)
    b.call('Stone.kick', stones[1]!)
    await b.settle()
    expect(b.connected).to.equal(true)
    b.call('Stone.kick', stones[0]!)
    expect(await b.fate()).to.equal('no-object')
  })

  it('closes a client that calls too often with rate, and lets a burst of twice the rate pass', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { callsPerSecond: 20 } } })
    const a = await world.join<Player>()
    for (let i = 0; i < 40; i++) a.avatar.send.drop()
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.have.lengthOf(40)
    expect(a.connected).to.equal(true)
    const b = await Intruder.join(world, classes)
    const avatar = world.server.objects.get(b.avatar) as Player
    for (let i = 0; i < 200; i++) b.call('Player.drop', b.avatar)
    expect(await b.fate()).to.equal('rate')
    expect(avatar.heard.length).to.be.within(40, 60)
  })

  it('closes a client that sends too many bytes with rate', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { bytesPerSecond: 4096 } } })
    const b = await Intruder.join(world, classes)
    b.raw.send(new Uint8Array(9000))
    expect(await b.fate()).to.equal('rate')
  })

  it('closes a client whose frame is over the limit, and that one alone', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { frame: 1000 } } })
    const a = await world.join<Player>()
    const b = await Intruder.join(world, classes)
    b.raw.send(new Uint8Array(1001))
    await world.until(b.raw.gone)
    await world.settle()
    expect(world.server.clients.has(b.id)).to.equal(false)
    expect(a.connected).to.equal(true)
  })

  it('tells every violation’s client nothing of its detail', async () => {
    const world = await start(options)
    const violations = record(world.server, 'violation')
    const b = await Intruder.join(world, classes)
    b.call('Player.aim', b.avatar, w => w.u8(1))
    await b.fate()
    expect(violations[0]!.detail).to.include('Player.aim')
    expect(b.raw.closed!.text).to.not.include('Player.aim')
  })

  it('serves on where a listener of the violation event throws', async () => {
    const world = await start(options)
    const errors = record(world.server, 'error')
    world.server.on('violation', () => {
      throw new Error('log is full')
    })
    const later = record(world.server, 'violation')
    const b = await Intruder.join(world, classes)
    b.raw.call(999, b.avatar, [])
    expect(await b.fate()).to.equal('no-field')
    expect(later).to.have.lengthOf(1)
    expect(errors.map(({ where }) => where)).to.deep.equal(['listener of violation'])
  })
})

describe('violations under virtual time', () => {
  let world: World<any>
  afterEach(() => world.stop())

  it('takes a call to an object that left view 30 s ago for a violation, and one of 29 s ago for a race', async () => {
    world = await World.start(options)
    const stone = world.server.create(Stone, null, { zone: 0 })
    const b = await Intruder.join(world, classes)
    stone.delete()
    await b.settle()
    await world.run(29_000)
    b.call('Stone.kick', stone)
    await b.settle()
    expect(b.connected).to.equal(true)
    await world.run(1_100)
    b.call('Stone.kick', stone)
    expect(await b.fate()).to.equal('no-object')
  })

  it('takes a call of one who stopped owning 30 s ago for a violation, and of 29 s ago for a race', async () => {
    world = await World.start(options)
    const b = await Intruder.join(world, classes)
    const avatar = world.server.objects.get(b.avatar) as Player
    avatar.transferOwner(null)
    await world.run(29_000)
    b.call('Player.drop', avatar)
    await b.settle()
    expect(b.connected).to.equal(true)
    await world.run(1_100)
    b.call('Player.drop', avatar)
    expect(await b.fate()).to.equal('no-permission')
  })

  it('lets a client call again when its rate has recovered', async () => {
    world = await World.start({ ...options, server: { ...options.server, limits: { callsPerSecond: 10 } } })
    const a = (await world.join()) as { avatar: Player; connected: boolean }
    for (let second = 0; second < 5; second++) {
      for (let i = 0; i < 10; i++) a.avatar.send.drop()
      await world.run(1000)
    }
    expect(a.connected).to.equal(true)
    expect(originalOf(world, a.avatar).heard).to.have.lengthOf(50)
  })
})
