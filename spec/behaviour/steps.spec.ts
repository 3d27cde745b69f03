/** Latest calls leave as steps from what a receiver surely has: whatever happened in between, the next one arrives right. docs/protocol.md, "Batches". */
import { expect } from 'chai'
import {
  type bool,
  Flags,
  field,
  type float32,
  type int8,
  type int16,
  networkClass,
  type quantized,
  Registry,
  type str,
  type uint8,
  type uint32,
} from 'fieldcast'
import type { Client } from 'fieldcast/client'
import { World } from 'fieldcast/testing'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { Body } from '../../lib/replication/authority/body.ts'
import type { Zone } from '../../lib/replication/authority/zone.ts'
import { attachment } from '../../lib/schema/network-object.ts'
import { onEveryWire } from '../support/stage.ts'
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

  @field(Flags.Broadcast | Flags.Latest | Flags.RAM)
  pose(a: int8, b: uint8, c: uint32, d: float32, e: bool, f: quantized<0, 1000, 16>): void {
    this.note('pose', a, b, c, d, e, f)
  }

  @field(Flags.Broadcast | Flags.Latest | Flags.RAM)
  label(text: str<20>): void {
    this.note('label', text)
  }
}

const options = {
  server: { classes: [Mover], avatar: Mover, follow: false, zone: 0 },
  client: { classes: [Mover] },
}

type Play = World<Mover>

/** Moves by 1, so that it would be a step, and compares what everybody who sees it holds then. */
async function moveAndCompare(world: Play, object: Mover, sees: readonly Client<any>[], n: number): Promise<void> {
  object.send.place(1000 + n, -1000 - n)
  object.send.aim(500 + n)
  object.send.turn(700 + n)
  await world.settle()
  for (const client of sees) {
    const last = (name: string): unknown => sightOf(client, object).heard.findLast(([field]) => field === name)
    expect([last('place'), last('aim'), last('turn')], `client ${client.id}, ${n}`).to.deep.equal([
      ['place', 1000 + n, -1000 - n],
      ['aim', 500 + n],
      ['turn', 700 + n],
    ])
  }
}

/** The server's own record of the zone that an object is in. */
const zoneOf = (object: Mover): Zone => (attachment(object) as unknown as Body).inZone!

type Happening = (world: Play, object: Mover, a: Client<any>, b: Client<any>) => unknown

/** What may come between two calls, by what it does to who has what. */
const happenings: Record<string, Happening> = {
  'nothing happened': () => {},
  'somebody came': async world => void (await world.join()),
  'a watcher went and came back': async (world, _, __, b) => {
    await watch(world, b, 5)
    await watch(world, b, 0)
  },
  'everybody went, it moved, and they came back': async (world, object, a, b) => {
    await watch(world, a, 5)
    await watch(world, b, 5)
    object.send.place(1, 1)
    object.send.aim(1)
    await world.settle()
    await watch(world, a, 0)
    await watch(world, b, 0)
  },
  'it was sent to one alone': (world, object, _, b) => object.sendTo(onServer(world, b)).place(7, 7),
  'it was sent to all but one': (world, object, _, b) => object.sendExcept(onServer(world, b)).place(8, 8),
  'it was sent to all but one, and again': async (world, object, _, b) => {
    object.sendExcept(onServer(world, b)).place(8, 8)
    await world.settle()
    object.sendExcept(onServer(world, b)).place(9, 9)
    await world.settle()
  },
  'it was sent to all but one, and somebody came': async (world, object, _, b) => {
    object.sendExcept(onServer(world, b)).place(8, 8)
    await world.settle()
    await world.join()
  },
  'its owner moved it, without echo': async (world, object, a) => {
    const own = sightOf(a, object)
    if (own.owner?.id === a.id) own.send.turn(703)
    await world.settle()
  },
  'it left all zones, moved, and came back': async (world, object) => {
    await object.enterZone(null)
    object.send.place(3, 3)
    object.send.aim(3)
    await world.settle()
    await object.enterZone(0)
  },
  'it went through another zone within the tick': async (_, object) => {
    object.send.place(2, 2)
    void object.enterZone(5)
    object.send.place(3, 3)
    void object.enterZone(0)
    object.send.place(4, 4)
  },
  'it changed hands, twice, within the tick': (world, object, a, b) => {
    object.send.place(2, 2)
    object.transferOwner(onServer(world, b))
    object.send.place(3, 3)
    object.transferOwner(onServer(world, a))
  },
  'its owner went, it moved, and the owner came back': async (world, object, a) => {
    await watch(world, a, 5)
    object.send.place(6, 6)
    object.send.aim(6)
    await world.settle()
    await watch(world, a, 0)
  },
  'its owner went, it moved twice, and the owner came back within the tick': async (world, object, a) => {
    await watch(world, a, 5)
    object.send.place(6, 6)
    await world.settle()
    object.send.place(7, 7)
    void onServer(world, a).zones.set([0])
  },
  'its last value was cleared and somebody came': async (world, object) => {
    object.clear('place')
    await world.join()
  },
  'it was cleared while a call waited, and somebody came': async (world, object) => {
    object.send.place(5, 5)
    object.clear('place')
    await world.settle()
    await world.join()
  },
  'it was vetoed': async (world, object) => {
    object.send.place(5, 5)
    await world.settle()
  },
}

onEveryWire('A Latest call arrives right after', start => {
  for (const [title, happen] of Object.entries(happenings)) {
    it(title, async () => {
      const world = await start<Mover>(options)
      const [a, b] = [await world.join(), await world.join()]
      const object = originalOf(world, a.avatar as Mover)
      const crowd = Array.from({ length: 3 }, () => world.server.create(Mover, null, { zone: 0 }))
      for (let n = 1; n <= 3; n++) {
        for (const other of crowd) await moveAndCompare(world, other, [a, b], n)
        await moveAndCompare(world, object, [a, b], n)
      }
      await happen(world, object, a, b)
      await happen(world, crowd[0]!, a, b)
      // Without a pause and with one: what was held must not mix with what comes.
      for (let n = 4; n <= 6; n++) {
        await moveAndCompare(world, object, [...world.clients], n)
        for (const other of crowd) await moveAndCompare(world, other, [...world.clients], n)
      }
    })
  }
})

describe('A batch', () => {
  let world: Play
  afterEach(() => world.stop())

  it('leads on from what a newcomer was told, where the last watcher was lost between two calls of one tick', async () => {
    world = await World.start({ ...options, server: { ...options.server, tickRate: 1 } })
    const a = await world.join()
    const mover = world.server.create(Mover, null, { zone: 0 })
    await world.settle()
    mover.send.place(1, 1)
    await world.cut(a)
    mover.send.place(5, 5)
    await world.settle()
    const b = await world.join()
    mover.send.place(6, 6)
    await world.settle()
    expect(sightOf(b, mover).heard.at(-1)).to.deep.equal(['place', 6, 6])
  })

  it('ends where a handler closes the connection', async () => {
    world = await World.start(options)
    const client = await world.join()
    const movers = Array.from({ length: 5 }, () => world.server.create(Mover, null, { zone: 0 }))
    await world.settle()
    const seen = movers.map(mover => sightOf(client, mover))
    seen[1]!.place = () => client.close()
    for (const mover of movers) mover.send.place(1, 1)
    await world.settle()
    expect(seen.map(({ heard }) => heard.length)).to.deep.equal([1, 0, 0, 0, 0])
  })

  it('costs no walk over all that waits for each object that moves on', async () => {
    world = await World.start(options)
    await world.join()
    const movers = Array.from({ length: 300 }, () => world.server.create(Mover, null, { zone: 0 }))
    await world.settle()
    for (const mover of movers) mover.send.place(1, 1)
    const { held } = zoneOf(movers[0]!)
    let reads = 0
    const [first] = held
    const { body } = first!
    Object.defineProperty(first!, 'body', { get: () => (reads++, body) })
    for (const mover of movers.slice(1)) mover.delete()
    expect(reads).to.equal(0)
  })

  /** The frames that one client is sent for what `act` does, as bytes after the opcode. */
  async function framesOf(act: () => void): Promise<Uint8Array[]> {
    const from = world.trace.length
    act()
    await world.settle()
    return world.trace.slice(from).flatMap(({ client, to, bytes }) => (client === 1 && to === 'client' ? [bytes] : []))
  }

  it('carries all moves of a tick in one message, objects ascending, at no more than a byte beside the arguments', async () => {
    world = await World.start({ ...options, server: { ...options.server, avatar: undefined }, trace: true } as never)
    await world.join()
    const movers = Array.from({ length: 100 }, () => world.server.create(Mover, null, { zone: 0 }))
    await world.settle()
    const frames = await framesOf(() => {
      for (const mover of movers.toReversed()) mover.send.place(mover.id * 100, -9999)
    })
    expect(frames).to.have.length(1)
    expect(frames[0]![0]).to.equal(Op.Batch)
    // Opcode, key and length; objects from 64 on from the last one are not among these.
    expect(frames[0]!.length).to.be.at.most(4 + 100 * (4 + 1))
  })

  it('takes 3 bytes for an object that walks, however wide its numbers', async () => {
    world = await World.start({ ...options, server: { ...options.server, avatar: undefined }, trace: true } as never)
    const client = await world.join()
    const movers = Array.from({ length: 100 }, () => world.server.create(Mover, null, { zone: 0 }))
    for (const mover of movers) mover.send.place(30_000, -30_000)
    await world.settle()
    const frames = await framesOf(() => {
      for (const mover of movers) mover.send.place(30_063, -30_064)
    })
    expect(frames.map(({ length }) => length)).to.deep.equal([4 + 100 * 3])
    for (const mover of movers) expect(sightOf(client, mover).heard.at(-1)).to.deep.equal(['place', 30_063, -30_064])
  })

  it('goes whole where a step would be longer, and over the ends of a range', async () => {
    world = await World.start(options)
    const client = await world.join()
    const mover = world.server.create(Mover, null, { zone: 0 })
    const poses: [number, number, number, number, boolean, number][] = [
      [127, 255, 0xffffffff, 1e30, true, 1000],
      [-128, 0, 0, -1e-30, false, 0],
      [-127, 1, 1, -0, true, 1000],
      [0, 128, 0x80000000, Number.NaN, true, 0],
      [1, 127, 0x7fffffff, Number.POSITIVE_INFINITY, false, 1000],
      [1, 127, 0x7fffffff, 0.5, false, 1000],
      [1, 128, 0x80000000, 0.5000000596046448, false, 1000],
    ]
    for (const pose of poses) {
      mover.send.pose(...pose)
      await world.settle()
    }
    const heard = sightOf(client, mover).heard.map(([, ...args]) => args)
    const narrow = poses.map(([a, b, c, d, e, f]) => [a, b, c, Math.fround(d), e, f])
    expect(heard).to.deep.equal(narrow)
  })

  it('carries what has no steps whole', async () => {
    world = await World.start(options)
    const client = await world.join()
    const mover = world.server.create(Mover, null, { zone: 0 })
    for (const text of ['a', '', 'a longer one', 'b']) {
      mover.send.label(text)
      await world.settle()
    }
    expect(sightOf(client, mover).heard.map(([, text]) => text)).to.deep.equal(['a', '', 'a longer one', 'b'])
  })
})
