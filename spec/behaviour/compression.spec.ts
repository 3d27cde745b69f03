/** Large frames travel deflated, in both directions, in their order. Rule 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, type str, UsageError, type uint16 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { World, type WorldOptions } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import { tcp, tcpDialer } from 'fieldcast/transports/tcp'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import { Reader } from '../../lib/base/bytes.ts'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { Frame, frameRoom } from '../../lib/link/transport.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Deflater } from '../../lib/session/deflater.ts'
import { deflate, inflate } from '../../lib/session/streams.ts'
import { zlib } from '../../lib/session/zlib-node.ts'
import { record } from '../support/outcome.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Writer extends NetworkObject {
  @field(Flags.Broadcast | Flags.Latest)
  show(text: str<900>): void {
    this.heard.push(text)
  }

  readonly told: string[] = []
  readonly heard: string[] = []

  @field(Flags.OwnerSend)
  tell(text: str<200_000>): void {
    this.told.push(text)
  }

  @field(Flags.Broadcast)
  hear(text: str<200_000>): void {
    this.heard.push(text)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  hold(n: uint16): void {}
}

const host = '127.0.0.1'
const wires = {
  websocket: () => ({ listener: websocket({ port: 0, host }), dialer: () => websocketDialer() }),
  tcp: () => ({ listener: tcp({ port: 0, host }), dialer: () => tcpDialer() }),
} as const
const limits = { bytesPerSecond: 1e9 }
const options: WorldOptions<Writer> = {
  server: { classes: [Writer], avatar: Writer, limits },
  client: { classes: [Writer] },
  trace: true,
}
/** What deflates well, and no two alike. */
const long = (n: number, length = 20_000): string => `${n}: `.padEnd(length, `the quick brown fox ${n} `)
const onServer = (world: World<Writer>, client: Client<Writer>): Writer =>
  world.server.objects.get(client.avatar.id) as Writer

/** The size of each frame that carries a call, as it was before it was deflated, and as it travelled. */
function sizes(world: World<any>, to: 'server' | 'client', client = 1): (readonly [plain: number, wire: number])[] {
  return world.trace
    .filter(frame => frame.to === to && frame.client === client)
    .filter(({ bytes }) => [Op.Call, Op.Deliver, Op.Deflated].includes(bytes[0] as never))
    .map(({ bytes }) => [
      bytes[0] === Op.Deflated ? new Reader(bytes.subarray(1)).varint() : bytes.length,
      bytes.length,
    ])
}

for (const [name, wire] of Object.entries(wires))
  describe(`large frames (${name})`, () => {
    const worlds: World<Writer>[] = []
    afterEach(async () => {
      for (const world of worlds.splice(0)) await world.stop()
    })
    async function start(
      server: Partial<WorldOptions['server']> = {},
      client: Partial<WorldOptions['client']> = {},
      more: Partial<WorldOptions<Writer>> = {},
    ): Promise<World<Writer>> {
      const world = await World.start<Writer>({
        ...options,
        wire: wire(),
        ...more,
        server: { ...options.server, ...server } as never,
        client: { ...options.client, ...client } as never,
      })
      worlds.push(world)
      return world
    }
    /** Has a text of each length told and heard. Gives how long the frames were, plain and on the wire. */
    async function spoken(world: World<Writer>, lengths: readonly number[]) {
      const client = await world.join()
      await world.settle()
      world.trace.length = 0
      for (const length of lengths) {
        client.avatar.send.tell(long(1, length))
        onServer(world, client).send.hear(long(2, length))
        await world.settle()
      }
      expect(onServer(world, client).told).to.deep.equal(lengths.map(length => long(1, length)))
      expect(client.avatar.heard).to.deep.equal(lengths.map(length => long(2, length)))
      return { up: sizes(world, 'server'), down: sizes(world, 'client') }
    }

    it('PG9 A frame of 8,192 bytes goes as it is, one of 8,193 deflated, both ways', async () => {
      // To the server a call has 4 bytes more than its text and its two lengths; to the client 3.
      const { up, down } = await spoken(await start(), [8182, 8183, 8184, 8185, 8186, 8187, 8188])
      for (const frames of [up, down]) {
        expect(frames.map(([plain]) => plain)).to.include.members([8192, 8193])
        for (const [plain, wire] of frames)
          if (plain > 8192) expect(wire).to.be.lessThan(300)
          else expect(wire).to.equal(plain)
      }
    })

    it('PG9 go as they are where the server or the client has it off; where the thresholds differ, each goes by its own', async () => {
      for (const [server, client] of [
        [{ compression: false }, {}],
        [{}, { compression: false }],
      ] as const) {
        const { up, down } = await spoken(await start(server, client), [30_000])
        for (const [plain, wire] of [...up, ...down]) expect(wire).to.equal(plain)
      }
      const world = await start({ compression: { threshold: 100, level: 9 } }, { compression: { threshold: 2000 } })
      const { up, down } = await spoken(world, [1000, 3000])
      expect(down.map(([plain, wire]) => wire < plain)).to.deep.equal([true, true])
      expect(up.map(([plain, wire]) => wire < plain)).to.deep.equal([false, true])
    })

    it('that would not get smaller go as they are', async () => {
      const noise = Array.from({ length: 20_000 }, (_, i) =>
        String.fromCodePoint(0x4e00 + ((i * 7919 * (i + 13)) % 20_000)),
      )
      const world = await start()
      const client = await world.join()
      onServer(world, client).send.hear(noise.join(''))
      await world.settle()
      expect(client.avatar.heard).to.deep.equal([noise.join('')])
      const frames = sizes(world, 'client')
      // Chinese by chance deflates a little: bytes of chance do not.
      expect(frames.every(([plain, wire]) => wire <= plain)).to.equal(true)
      const chance = new Frame(crypto.getRandomValues(new Uint8Array(20_000)))
      expect(new Deflater({}, new VirtualClock()).wireOf(chance)).to.equal(chance)
    })

    it('keep their order among small ones, and a goodbye comes behind them', async () => {
      const world = await start()
      const client = await world.join()
      const original = onServer(world, client)
      const texts = Array.from({ length: 40 }, (_, n) => long(n, n % 3 === 0 ? 30_000 : 5))
      for (const text of texts) {
        client.avatar.send.tell(text)
        original.send.hear(text)
        // Each a frame of its own.
        world.server.tick()
        await Promise.resolve()
      }
      await world.settle()
      expect(original.told).to.deep.equal(texts)
      expect(client.avatar.heard).to.deep.equal(texts)
      const gone = new Promise(resolve => world.server.on('close', resolve))
      client.avatar.send.tell(long(99))
      client.close()
      expect(await gone).to.include({ reason: 'normal' })
      expect(original.told.at(-1)).to.equal(long(99))
    })

    it('wait for pump() in their order', async () => {
      const world = await start()
      const client = await world.join(undefined, { pump: 'manual' })
      const original = onServer(world, client)
      for (let n = 0; n < 6; n++) {
        original.send.hear(long(n, n % 2 ? 30_000 : 5))
        world.server.tick()
      }
      expect(client.avatar.heard).to.deep.equal([])
      while (client.avatar.heard.length < 6) {
        await new Promise(setImmediate)
        client.pump()
      }
      expect(client.avatar.heard).to.deep.equal(Array.from({ length: 6 }, (_, n) => long(n, n % 2 ? 30_000 : 5)))
    })

    it('are deflated once for all who watch', async () => {
      const world = await start()
      const [a, b] = [await world.join(), await world.join()]
      await world.settle()
      world.trace.length = 0
      onServer(world, a).send.hear(long(1))
      await world.settle()
      expect(b.objects.get(a.avatar.id)).to.have.deep.property('heard', [long(1)])
      const deflated = world.trace.filter(({ bytes }) => bytes[0] === Op.Deflated)
      expect(deflated.map(({ client }) => client)).to.deep.equal([1, 2])
      expect(deflated[0]!.bytes).to.deep.equal(deflated[1]!.bytes)
    })

    it('are mostly zones that somebody enters', async () => {
      const world = await start({ canWatch: () => true })
      for (let n = 0; n < 3000; n++) world.server.create(Writer, writer => writer.send.hold(n), { zone: 7 })
      const client = await world.join()
      await world.until(client.zones.add(7))
      expect(client.objects.size).to.equal(3001)
      const deflated = sizes(world, 'client').filter(([plain]) => plain > 8192)
      expect(deflated.length).to.be.greaterThan(0)
      for (const [plain, wire] of deflated) expect(wire).to.be.lessThan(plain / 2)
    })

    it('survive losses of the connection, once each and in order, wherever it breaks', async () => {
      const world = await start()
      const client = await world.join()
      const original = onServer(world, client)
      const resumed = record(client, 'resumed')
      const sent: string[] = []
      for (let round = 0; round < 12; round++) {
        for (let i = 0; i < 4; i++) {
          const text = long(sent.length, (round + i) % 2 ? 40_000 : 7)
          sent.push(text)
          client.avatar.send.tell(text)
          original.send.hear(text)
          world.server.tick()
          for (let turn = 0; turn < round % 4; turn++) await new Promise(setImmediate)
        }
        await world.cut(client)
        if (!client.connected) await new Promise<void>(resolve => client.on('resumed', () => resolve()))
      }
      await world.settle()
      while (client.avatar.heard.length < sent.length || original.told.length < sent.length) await world.settle()
      expect(original.told.map(text => text.slice(0, 4))).to.deep.equal(sent.map(text => text.slice(0, 4)))
      expect(client.avatar.heard).to.deep.equal(sent)
      expect(resumed).to.have.length(12)
    })
  })

describe('large frames', () => {
  const told = async (world: World<Writer>): Promise<(readonly [number, number])[]> => {
    const client = await world.join()
    client.avatar.send.tell(long(1))
    onServer(world, client).send.hear(long(2))
    await world.settle()
    while (client.avatar.heard.length + onServer(world, client).told.length < 2) await world.settle()
    const all = [...sizes(world, 'server'), ...sizes(world, 'client')].filter(([plain]) => plain > 8192)
    expect(all).to.have.length(2)
    await world.stop()
    return all
  }
  const asked = { server: { ...options.server, compression: {} }, client: { ...options.client, compression: {} } }

  it('of a World go as they are, unless it is asked for; inside one process always', async () => {
    for (const [plain, wire] of await told(await World.start({ ...options, latency: 5 }))) expect(wire).to.equal(plain)
    for (const [plain, wire] of await told(await World.start({ ...options, ...asked }))) expect(wire).to.equal(plain)
    for (const [plain, wire] of await told(await World.start({ ...options, ...asked, latency: 5 })))
      expect(wire).to.be.lessThan(plain)
  })

  it('are not deflated twice where the wire does so itself', async () => {
    const wire = { listener: websocket({ port: 0, host, deflate: true }), dialer: () => websocketDialer() }
    const sizes = await told(await World.start({ ...options, wire }))
    // Node's own WebSocket and `ws` both take permessage-deflate.
    for (const [plain, size] of sizes) expect(size).to.equal(plain)
  })

  it('are never datagrams, however low the threshold', async () => {
    const compression = { threshold: 0 }
    const world = await World.start<Writer>({
      trace: true,
      latency: 5,
      datagrams: true,
      server: { ...options.server, compression },
      client: { ...options.client, compression },
    })
    const client = await world.join()
    const avatar = onServer(world, client)
    avatar.send.show(long(1, 800))
    await world.settle()
    while (client.avatar.heard.length === 0) await world.settle()
    const [datagram] = world.trace.filter(({ datagram }) => datagram)
    expect(datagram!.bytes.length).to.be.greaterThan(800)
    expect(datagram!.bytes[0]).to.equal(Op.Tick)
    await world.stop()
  })

  it('are deflated as far as the rate goes, then go as they are', () => {
    const clock = new VirtualClock()
    const deflater = new Deflater({ bytesPerSecond: 20_000 }, clock)
    const frames = Array.from({ length: 6 }, () => new Frame(new Uint8Array(10_000)))
    expect(frames.map(frame => deflater.wireOf(frame) === frame)).to.deep.equal([
      false,
      false,
      false,
      false,
      true,
      true,
    ])
    // What was decided stands: it is asked once for each receiver.
    expect(frames.map(frame => deflater.wireOf(frame) === frame)).to.deep.equal([
      false,
      false,
      false,
      false,
      true,
      true,
    ])
    expect(deflater.wireOf(frames[0]!)).to.equal(deflater.wireOf(frames[0]!))
    const alone = new Frame(new Uint8Array(frameRoom + 10_000).subarray(frameRoom), frameRoom)
    expect(deflater.wireOf(alone)).to.equal(alone)
  })

  it('come with options that are checked', () => {
    for (const compression of [
      { threshold: -1 },
      { threshold: Number.NaN },
      { level: 0 },
      { level: 10 },
      { level: 1.5 },
      { bytesPerSecond: 0 },
    ])
      expect(() => createServer({ classes: [Writer], compression }), JSON.stringify(compression)).to.throw(UsageError)
  })

  it('are the same to zlib and to the platform’s streams', async () => {
    for (const size of [9000, 70_000, 1 << 20]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * i) >> 7)
      const frame = new Frame(bytes)
      const byZlib = new Deflater({ bytesPerSecond: 1e9 }, new VirtualClock()).wireOf(frame).bytes
      expect(byZlib.length).to.be.lessThan(size)
      expect(Buffer.compare((await inflate(byZlib.slice(), size))!, bytes)).to.equal(0)
      const byStream = await deflate(bytes)
      const r = new Reader(byStream.subarray(1))
      expect(r.varint()).to.equal(size)
      expect(Buffer.compare(zlib!.inflate(byStream.subarray(1 + r.position), size)!, bytes)).to.equal(0)
    }
  })

  it('of a client whose platform has no such streams go and come as they are', async () => {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'DecompressionStream')!
    delete (globalThis as { DecompressionStream?: unknown }).DecompressionStream
    try {
      const world = await World.start<Writer>({ ...options, wire: wires.websocket() })
      for (const [plain, wire] of await told(world)) expect(wire).to.equal(plain)
    } finally {
      Object.defineProperty(globalThis, 'DecompressionStream', descriptor)
    }
  })

  it('are no matter for a player in the server’s own process', async () => {
    const wire = memory()
    const server = createServer({ classes: [Writer], avatar: Writer, transports: [wire], tickRate: 'manual' })
    await server.start()
    const connecting = connect('memory:', { classes: [Writer], transport: wire })
    await new Promise(setImmediate)
    server.tick()
    const client = await connecting
    ;(server.objects.get(client.avatar.id) as Writer).send.hear(long(1))
    server.tick()
    await new Promise(setImmediate)
    expect((client.avatar as Writer).heard).to.deep.equal([long(1)])
    client.close()
    await server.stop()
  })
})
