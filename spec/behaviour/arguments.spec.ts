/** What a call may carry. Rules 9 and 20 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  ArgumentError,
  type bool,
  Flags,
  field,
  type float32,
  type int32,
  type int64,
  type list,
  networkClass,
  Registry,
  type str,
  type uint8,
  type uint32,
} from 'fieldcast'
import { type Arguments, Intruder } from '../support/intruder.ts'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

interface Pose {
  x: number
  name?: string
}

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  count(n: int32): void {
    this.note('count', n)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<4>, loud: bool = false): void {
    this.note('say', text, loud)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  roll(sides: uint8, ...results: uint8[]): void {
    this.note('roll', sides, ...results)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  big(n: int64): void {
    this.note('big', n)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  exact(n: number, rough: float32): void {
    this.note('exact', n, rough)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  pose(pose: Pose, tags: list<str<8>, 3>): void {
    this.note('pose', pose, tags)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  anything(value: unknown): void {
    this.note('anything', value)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  target(other: Player | null): void {
    this.note('target', other)
  }

  @field(Flags.OwnerSend)
  long(text: str<1000000>): void {
    this.note('long', text.length)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  byId(id: uint32, stored: str<24>): void {
    this.note('byId', id, stored)
  }
}

const classes = [Player]
const options = { server: { classes, avatar: Player }, client: { classes } }

/** Bytes that are no arguments of the field, however they are read. */
const illBytes: readonly [path: string, what: string, put: Arguments][] = [
  ['Player.count', 'three bytes of an int32', w => w.raw(Uint8Array.of(1, 2, 3))],
  ['Player.count', 'five bytes for an int32', w => w.raw(Uint8Array.of(1, 2, 3, 4, 5))],
  [
    'Player.say',
    'five code points in a str<4>',
    w => {
      w.text('hello')
      w.u8(0)
    },
  ],
  ['Player.say', 'bytes that are no UTF-8', w => w.raw(Uint8Array.of(2, 0xff, 0xfe, 0))],
  ['Player.say', 'an encoded surrogate', w => w.raw(Uint8Array.of(3, 0xed, 0xa0, 0x80, 0))],
  ['Player.say', 'a presence byte of 2', w => w.raw(Uint8Array.of(1, 0x61, 2))],
  ['Player.say', 'a bool of 2', w => w.raw(Uint8Array.of(1, 0x61, 1, 2))],
  ['Player.roll', 'a count of more items than there are bytes', w => w.raw(Uint8Array.of(6, 200, 1, 1))],
  [
    'Player.pose',
    'four items in a list<.., 3>',
    w => {
      w.f64(1)
      w.u8(0)
      w.u8(4)
      for (const tag of ['a', 'b', 'c', 'd']) w.text(tag)
    },
  ],
  ['Player.anything', 'a msgpack extension', w => w.raw(Uint8Array.of(3, 0xd4, 1, 1))],
  ['Player.anything', 'a msgpack header of 4 GB', w => w.raw(Uint8Array.of(5, 0xdd, 0xff, 0xff, 0xff, 0xff))],
  ['Player.anything', 'nesting 100 deep', w => w.raw(Uint8Array.of(101, ...Array(100).fill(0x91), 1))],
  ['Player.target', 'an id beyond 32 bits', w => w.varint(2 ** 40)],
]

onEveryWire('arguments', start => {
  for (const [what, send] of [
    ['an int32 out of range', (p: Player) => p.send.count(2 ** 31)],
    ['an int32 below its range', (p: Player) => p.send.count(-(2 ** 31) - 1)],
    ['a fraction for an int32', (p: Player) => p.send.count(1.5)],
    ['NaN for an int32', (p: Player) => p.send.count(Number.NaN)],
    ['infinity for an int32', (p: Player) => p.send.count(Number.POSITIVE_INFINITY)],
    ['text for an int32', (p: Player) => p.send.count('1' as never)],
    ['a bigint for an int32', (p: Player) => p.send.count(1n as never)],
    ['null for an int32', (p: Player) => p.send.count(null as never)],
    ['no argument at all', (p: Player) => (p.send.count as () => void)()],
    ['one argument too many', (p: Player) => (p.send.count as (...args: number[]) => void)(1, 2)],
    ['undefined for an argument without default', (p: Player) => p.send.count(undefined as never)],
    ['too long a text', (p: Player) => p.send.say('hello')],
    ['a number for a text', (p: Player) => p.send.say(5 as never)],
    ['a text for a bool', (p: Player) => p.send.say('a', 'yes' as never)],
    ['a rest argument out of range', (p: Player) => p.send.roll(6, 1, 256)],
    ['an unsafe number for an int64', (p: Player) => p.send.big(2 ** 53)],
    ['a bigint beyond an int64', (p: Player) => p.send.big(2n ** 63n)],
    ['a missing key', (p: Player) => p.send.pose({} as never, [])],
    ['too long a list', (p: Player) => p.send.pose({ x: 1 }, ['a', 'b', 'c', 'd'])],
    ['an array for an object', (p: Player) => p.send.pose([1] as never, [])],
    ['a function', (p: Player) => p.send.anything(() => 1)],
    ['a symbol', (p: Player) => p.send.anything(Symbol('x'))],
    [
      'a cycle',
      (p: Player) => {
        const cycle: unknown[] = []
        cycle.push(cycle)
        p.send.anything(cycle)
      },
    ],
    ['an instance of a class that is no struct', (p: Player) => p.send.anything(/x/)],
    ['a plain object for a network object', (p: Player) => p.send.target({ id: 1 } as never)],
    ['a network object that no engine made', (p: Player) => p.send.target(new Player())],
  ] as [string, (player: Player) => unknown][]) {
    it(`LP34 Throws at once at the sender, on either side, for ${what}, and sends nothing`, async () => {
      const world = await start({ ...options, trace: true })
      const a = await world.join()
      await world.settle()
      const original = originalOf(world, a.avatar)
      const before = world.trace.length
      for (const side of [a.avatar, original]) expect(() => send(side)).to.throw(ArgumentError, /^Player\.\w+: /)
      expect(world.trace.length).to.equal(before)
      await world.settle()
      expect(original.heard).to.be.empty
      expect(a.avatar.heard).to.be.empty
    })
  }

  for (const [path, what, put] of illBytes) {
    it(`LP34 Refuses at the receiver ${what}`, async () => {
      const world = await start(options)
      const b = await Intruder.join(world, classes)
      const avatar = world.server.objects.get(b.avatar) as Player
      b.call(path, b.avatar, put)
      expect(await b.fate()).to.equal('bad-arguments')
      expect(avatar.heard).to.be.empty
    })
  }

  it('LP34 Takes the extremes of its types, unchanged', async () => {
    const world = await start(options)
    const a = await world.join()
    const calls: unknown[][] = [
      ['count', -(2 ** 31)],
      ['count', 2 ** 31 - 1],
      ['say', '𝄞𝄞𝄞𝄞', true],
      ['big', 2n ** 63n - 1n],
      ['big', -(2n ** 63n)],
      ['exact', Number.MAX_VALUE, Number.POSITIVE_INFINITY],
      ['exact', 0.1, Number.NaN],
      ['roll', 255],
      ['anything', new Map<unknown, unknown>([['k', new Set([1n, null])]])],
      ['anything', { deep: [{ date: new Date(5), bytes: Uint8Array.of(1, 2) }] }],
    ]
    for (const [name, ...args] of calls)
      (a.avatar.send as unknown as Record<string, (...args: unknown[]) => void>)[name as string]!(...args)
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal(calls)
    expect(a.avatar.heard).to.deep.equal(calls)
  })

  it('gives safe integers sent for an int64 as bigint', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.big(7)
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['big', 7n]])
  })

  it('gives the server’s own handler what a client’s call would give it', async () => {
    const world = await start(options)
    const a = await world.join()
    const original = originalOf(world, a.avatar)
    const pose = { x: 1, hidden: 'dropped' }
    original.send.pose(pose as Pose, ['a'])
    original.send.exact(1, 0.1)
    const [, [, , rough]] = original.heard as [unknown, [unknown, unknown, number]]
    expect(original.heard[0]).to.deep.equal(['pose', { x: 1 }, ['a']])
    expect(rough).to.equal(Math.fround(0.1))
    expect(original.heard[0]![1]).to.not.equal(pose)
  })

  it('drops unknown keys of an interface at the sender', async () => {
    const world = await start({ ...options, trace: true })
    const a = await world.join()
    a.avatar.send.pose({ x: 2, name: 'n', password: 'hunter2' } as Pose, [])
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['pose', { x: 2, name: 'n' }, []]])
    expect(world.trace.some(({ bytes }) => Buffer.from(bytes).includes('hunter2'))).to.equal(false)
  })

  it('MN15 A default argument is used where one is omitted, and a rest parameter collects the remainder', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.say('hi')
    a.avatar.send.say('hi', undefined)
    a.avatar.send.say('hi', true)
    a.avatar.send.roll(6)
    a.avatar.send.roll(6, 1, 2, 3)
    await world.settle()
    const expected = [
      ['say', 'hi', false],
      ['say', 'hi', false],
      ['say', 'hi', true],
      ['roll', 6],
      ['roll', 6, 1, 2, 3],
    ]
    expect(originalOf(world, a.avatar).heard).to.deep.equal(expected)
    expect(a.avatar.heard).to.deep.equal(expected)
  })

  it('LP35 Dynamic ids round-trip as ids, as field arguments and as references', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const high = world.server.create(Player, null, { zone: 0, id: 0xffffffff })
    await world.settle()
    expect(sightOf(a, high).id).to.equal(0xffffffff)
    a.avatar.send.byId(high.id, '')
    a.avatar.send.target(sightOf(a, high))
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.equal([
      ['byId', 0xffffffff, ''],
      ['target', high],
    ])
    expect(sightOf(b, a.avatar).heard[0]).to.deep.equal(['byId', 0xffffffff, ''])
    expect(sightOf(b, a.avatar).heard[1]![1]).to.equal(sightOf(b, high))
    expect(a.avatar.heard[1]![1]).to.equal(sightOf(a, high))
  })

  it('LP35 Stored ids of 12 bytes arrive at clients as 24 hex digits and round-trip as field arguments; dynamic objects have none', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const stored = [1, 2, 3].map(() => world.server.create(Player, null, { zone: 0, persistent: true }))
    await world.settle()
    const ids = stored.map(object => object.storedId!)
    for (const id of ids) expect(id).to.match(/^[0-9a-f]{24}$/)
    expect(new Set(ids).size).to.equal(3)
    for (const client of [a, b]) expect(stored.map(object => sightOf(client, object).storedId)).to.deep.equal(ids)
    expect(a.avatar.storedId).to.equal(null)
    expect(originalOf(world, a.avatar).storedId).to.equal(null)
    a.avatar.send.byId(stored[0]!.id, ids[0]!)
    await world.settle()
    expect(sightOf(b, a.avatar).heard).to.deep.equal([['byId', stored[0]!.id, ids[0]]])
  })

  it('refuses ids that are none, or in use', async () => {
    const world = await start(options)
    const one = world.server.create(Player, null, { id: 500 })
    for (const id of [500, 0, -1, 1.5, 2 ** 32]) expect(() => world.server.create(Player, null, { id })).to.throw()
    expect([...world.server.objects]).to.deep.equal([one])
    one.delete()
    expect(() => world.server.create(Player, null, { id: 500 })).to.throw('was a moment ago')
  })

  it('sends a reference to an object that the receiver does not see as null, live and in snapshots', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const far = world.server.create(Player, null, { zone: 9 })
    await world.until(onServer(world, a).zones.add(9))
    await world.settle()
    a.avatar.send.target(sightOf(a, far))
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['target', sightOf(a, far)]])
    expect(sightOf(b, a.avatar).heard).to.deep.equal([['target', null]])
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.deep.equal([['target', null]])
    far.delete()
    await world.settle()
    const d = await world.join()
    expect(sightOf(d, a.avatar).heard).to.deep.equal([['target', null]])
  })

  it('takes a client’s reference to an object that it does not see for null, and tells it nothing', async () => {
    const world = await start(options)
    const hidden = world.server.create(Player, null, { zone: 9 })
    const b = await Intruder.join(world, classes)
    const avatar = world.server.objects.get(b.avatar) as Player
    b.call('Player.target', b.avatar, w => w.varint(hidden.id))
    b.call('Player.target', b.avatar, w => w.varint(4_000_000))
    await b.settle()
    expect(avatar.heard).to.deep.equal([
      ['target', null],
      ['target', null],
    ])
    expect(b.connected).to.equal(true)
  })

  it('refuses a call whose arguments no frame can hold, before it is sent', async () => {
    const world = await start(options)
    const a = await world.join()
    const violations = record(world.server, 'violation')
    expect(() => a.avatar.send.anything('x'.repeat(2 << 20))).to.throw(ArgumentError)
    await world.settle()
    expect(violations).to.be.empty
    expect(a.connected).to.equal(true)
  })

  it('sends a long call apart from what gathered before it in the same turn: no frame is too long', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { bytesPerSecond: 16 << 20 } } })
    const a = await world.join()
    a.avatar.send.long('x'.repeat(200_000))
    a.avatar.send.long('y'.repeat(900_000))
    await world.settle()
    const { heard } = world.server.objects.get(a.avatar.id) as Player
    expect(heard).to.deep.equal([
      ['long', 200_000],
      ['long', 900_000],
    ])
    expect(a.connected).to.equal(true)
  })
})
