/** What links carry and how: bytes for many once, order per player, what waits where, and what a link's end means. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { Clock } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { type Channel, type ChannelReceiver, type Dialer, Frame, type Listener } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { type MemoryOptions, type MemoryWire, memory } from '../../transports/memory.ts'
import { createRouter, type Router, type RouterOptions, routed } from '../../transports/router.ts'
import { ManualClock } from './manual-clock.ts'
import { Bench, eventually, type Recorder, turns } from './recorder.ts'
import { running, secret } from './router-bench.ts'

/** A chain in memory under a clock that is moved by hand. */
class Scene {
  readonly clock = new ManualClock()
  readonly players: MemoryWire
  readonly link: MemoryWire
  readonly bench: Bench
  readonly router: Router
  /** Bytes that the game server has put on links, and those that the router has. */
  down = 0
  up = 0
  /** The channels of the links at the router. */
  readonly links: Channel[] = []
  /** While it holds, nothing passes on the links: as on a wire that was cut far away. */
  isDeaf = false
  /** What each player's channel was handed at the router. */
  readonly handed: Frame[] = []

  constructor(
    options: Partial<RouterOptions> = {},
    link: MemoryOptions = {},
    players?: (clock: Clock) => MemoryOptions,
  ) {
    const { clock } = this
    this.link = memory({ clock, ...link })
    this.players = memory({ clock, ...players?.(clock) })
    this.bench = new Bench(routed(this.link, { secret, clock }), this.players)
    this.router = createRouter({
      listen: this.#watched(this.players),
      server: 'memory:',
      transport: this.#counted(this.link),
      secret,
      clock,
      random: seededRandom(1),
      ...options,
    })
    this.router.on('link-down', () => {})
    this.router.on('refused', () => {})
  }

  async open(links = this.router.links): Promise<this> {
    await this.bench.listen()
    await this.router.start()
    this.bench.url = 'memory:'
    await this.pass(running(this.router, links || 1))
    return this
  }

  /** Lets time pass until a promise has settled. */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const done = (): boolean => (settled = true)
    promise.then(done, done)
    while (!settled) await this.clock.advance(1)
    return promise
  }

  pair(): Promise<{ client: Recorder; server: Recorder }> {
    return this.pass(this.bench.pair())
  }

  async close(): Promise<void> {
    await this.pass(this.bench.listener.close())
    await this.pass(this.router.stop())
    expect(this.clock.waiting).to.equal(0)
  }

  #counted(wire: Dialer): Dialer {
    const hears = (receiver: ChannelReceiver): ChannelReceiver => ({
      frame: bytes => {
        if (this.isDeaf) return
        this.down += bytes.length
        receiver.frame(bytes)
      },
      end: (code, text) => receiver.end(code, text),
    })
    const says = (channel: Channel): Channel => {
      const said: Channel = {
        address: channel.address,
        network: channel.network,
        get buffered() {
          return channel.buffered
        },
        send: frame => {
          this.up += frame.bytes.length
          if (!this.isDeaf) channel.send(frame)
        },
        close: (code, text) => !this.isDeaf && channel.close(code, text),
        abort: () => channel.abort(),
      }
      this.links.push(said)
      return said
    }
    return { dial: (url, accept, limits) => wire.dial(url, channel => hears(accept(says(channel))), limits) }
  }

  #watched(wire: Listener): Listener {
    return {
      listen: (accept, limits) =>
        wire.listen(channel => {
          const send = channel.send.bind(channel)
          channel.send = frame => {
            this.handed.push(frame)
            send(frame)
          }
          return accept(channel)
        }, limits),
      close: () => wire.close(),
    }
  }
}

const payload = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255)

describe('a link', () => {
  let scene: Scene
  afterEach(() => scene.close())

  describe('for many', () => {
    it('carries the bytes of a shared frame once, with the list of its receivers', async () => {
      scene = await new Scene({ links: 1 }).open()
      const pairs = []
      for (let i = 0; i < 300; i++) pairs.push(await scene.pair())
      await turns()
      scene.down = 0
      scene.handed.length = 0
      const frame = new Frame(payload(1000))
      for (const { server } of pairs) server.channel.send(frame)
      await Promise.all(pairs.map(({ client }) => client.has(1)))
      for (const { client } of pairs) expect(client.frames).to.deep.equal([frame.bytes])
      // Neighbours make one run: 4 bytes for 300 of them, beside lengths and the mark.
      expect(scene.down).to.be.within(1000, 1020)
      expect(new Set(scene.handed).size, 'frames at the router').to.equal(1)
    })

    it('carries it once on each link', async () => {
      scene = await new Scene({ links: 3 }).open(3)
      const pairs = []
      for (let i = 0; i < 30; i++) pairs.push(await scene.pair())
      await turns()
      scene.down = 0
      const frame = new Frame(payload(1000))
      for (const { server } of pairs) server.channel.send(frame)
      await Promise.all(pairs.map(({ client }) => client.has(1)))
      expect(scene.down).to.be.within(3000, 3060)
    })

    it('lists scattered receivers by a byte or two each', async () => {
      scene = await new Scene({ links: 1 }).open()
      const pairs = []
      for (let i = 0; i < 300; i++) pairs.push(await scene.pair())
      await turns()
      scene.down = 0
      const frame = new Frame(payload(1000))
      const chosen = pairs.filter((_, index) => index % 3 === 0)
      for (const { server } of [...chosen].reverse()) server.channel.send(frame)
      await Promise.all(chosen.map(({ client }) => client.has(1)))
      await turns()
      expect(scene.down).to.be.within(1000, 1020 + 2 * chosen.length)
      expect(pairs.filter(({ client }) => client.frames.length > 0)).to.deep.equal(chosen)
    })

    it('carries apart what is equal but not the same frame', async () => {
      scene = await new Scene({ links: 1 }).open()
      const pairs = [await scene.pair(), await scene.pair()]
      await turns()
      scene.down = 0
      for (const { server } of pairs) server.channel.send(new Frame(payload(1000)))
      await Promise.all(pairs.map(({ client }) => client.has(1)))
      expect(scene.down).to.be.within(2000, 2040)
    })

    it('keeps each player’s order, whatever is shared with whom', async () => {
      scene = await new Scene({ links: 2 }).open(2)
      const pairs: { client: Recorder; server: Recorder }[] = []
      for (let i = 0; i < 5; i++) pairs.push(await scene.pair())
      const step = fc.oneof(
        fc.record({ to: fc.nat(4), frame: fc.nat(3), shared: fc.boolean() }),
        fc.constant('turn' as const),
      )
      let n = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
          const expected: number[][] = pairs.map(() => [])
          for (const { client } of pairs) client.frames.length = 0
          let frames: Frame[] = []
          const fresh = (): Frame => new Frame(Uint8Array.of(++n & 255, (n >> 8) & 255, n >> 16))
          for (const each of steps) {
            if (each === 'turn') {
              frames = []
              await turns(1)
              continue
            }
            const frame = each.shared ? (frames[each.frame] ??= fresh()) : fresh()
            pairs[each.to]!.server.channel.send(frame)
            expected[each.to]!.push(frame.bytes[0]! | (frame.bytes[1]! << 8) | (frame.bytes[2]! << 16))
          }
          await Promise.all(pairs.map(({ client }, i) => client.has(expected[i]!.length)))
          const got = pairs.map(({ client }) => client.frames.map(([a, b, c]) => a! | (b! << 8) | (c! << 16)))
          expect(got).to.deep.equal(expected)
        }),
        { numRuns: 200 },
      )
    })

    it('carries long frames in pieces, for one and for many, with short ones between', async () => {
      scene = await new Scene({ links: 1 }).open()
      const [a, b] = [await scene.pair(), await scene.pair()]
      const shared = new Frame(payload(200_000, 2))
      a.server.channel.send(new Frame(payload(500_000, 3)))
      a.server.channel.send(shared)
      b.server.channel.send(shared)
      b.server.send(9)
      await Promise.all([a.client.has(2), b.client.has(2)])
      expect(a.client.frames.map(frame => frame.length)).to.deep.equal([500_000, 200_000])
      expect(Buffer.compare(a.client.frames[0]!, payload(500_000, 3))).to.equal(0)
      for (const frame of [a.client.frames[1]!, b.client.frames[0]!])
        expect(Buffer.compare(frame, shared.bytes)).to.equal(0)
      expect(b.client.frames[1]).to.deep.equal(Uint8Array.of(9))
      expect(scene.down).to.be.lessThan(701_000)
    })
  })

  describe('with a player that does not read', () => {
    /** Frames to players pass one after another, 100,000 bytes a second: what was sent waits at the router meanwhile. */
    const slow = (clock: Clock): MemoryOptions => {
      let free = 0
      const delay = (bytes: number, toServer: boolean): number => {
        if (toServer || bytes < 1000) return 0
        free = Math.max(free, clock.now()) + bytes / 100
        return free - clock.now()
      }
      return { delay }
    }

    it('tells the game server what waits for it, down to nothing, and holds nobody else up', async () => {
      scene = await new Scene({ links: 1 }, {}, slow).open()
      const [lazy, brisk] = [await scene.pair(), await scene.pair()]
      lazy.client.send(1)
      await scene.pass(lazy.server.has(1))
      for (let i = 0; i < 10; i++) lazy.server.channel.send(new Frame(payload(100_000)))
      expect(lazy.server.channel.buffered).to.equal(1_000_000)
      brisk.server.send(1)
      await scene.pass(brisk.client.has(1))
      expect(scene.clock.now()).to.be.lessThan(100)
      await scene.clock.advance(100)
      expect(lazy.server.channel.buffered).to.equal(1_000_000)
      expect(brisk.server.channel.buffered).to.equal(0)
      await scene.clock.advance(5_000)
      expect(lazy.server.channel.buffered).to.equal(500_000)
      await scene.clock.advance(5_000)
      expect(lazy.server.channel.buffered).to.equal(0)
      expect(lazy.client.frames).to.have.length(10)
      lazy.server.send(1)
      expect(lazy.server.channel.buffered).to.equal(1)
    })

    it('ends it as too-slow at the router’s own limit, at once and it alone', async () => {
      scene = await new Scene({ links: 1, limits: { waitingBytes: 250_000 } }, {}, slow).open()
      const [lazy, brisk] = [await scene.pair(), await scene.pair()]
      for (let i = 0; i < 3; i++) lazy.server.channel.send(new Frame(payload(100_000)))
      await scene.pass(lazy.server.ended())
      expect(lazy.server.ends.map(end => end.code)).to.deep.equal([CloseReason['too-slow']])
      expect(scene.clock.now()).to.be.lessThan(100)
      expect(brisk.server.ends).to.deep.equal([])
    })

    it('ends those for whom most waits where too much waits for all', async () => {
      scene = await new Scene({ links: 2, limits: { waitingBytesOfAll: 500_000 } }, {}, slow).open(2)
      const pairs = [await scene.pair(), await scene.pair(), await scene.pair()]
      for (const [index, { server }] of pairs.entries())
        for (let i = 0; i <= index; i++) server.channel.send(new Frame(payload(100_000)))
      await scene.clock.advance(100)
      expect(pairs.map(({ server }) => server.ends.length)).to.deep.equal([0, 0, 1])
      expect(pairs[2]!.server.ends[0]!.code).to.equal(CloseReason['too-slow'])
    })

    it('keeps no frame that is longer than what may wait', async () => {
      scene = await new Scene({ links: 1, limits: { waitingBytes: 250_000 } }).open()
      const { client, server } = await scene.pair()
      server.channel.send(new Frame(payload(300_000)))
      await scene.pass(client.ended())
      expect(client.frames).to.deep.equal([])
      expect(client.ends.map(end => end.code)).to.deep.equal([CloseReason['too-large']])
      expect((await scene.pair()).client.ends).to.deep.equal([])
    })
  })

  describe('that does not take what players send', () => {
    it('ends a player with more unread than it may have, for its rate, and no other', async () => {
      const delay = (bytes: number): number => (bytes > 1000 ? 1000 : 1)
      scene = await new Scene({ links: 1, limits: { unreadBytes: 200_000 } }, { delay }).open()
      const [flood, calm] = [await scene.pair(), await scene.pair()]
      for (let i = 0; i < 3; i++) flood.client.channel.send(new Frame(payload(90_000)))
      calm.client.send(7)
      await scene.pass(flood.client.ended())
      expect(flood.client.ends.map(end => end.code)).to.deep.equal([CloseReason.rate])
      await scene.pass(Promise.all([flood.server.ended(), calm.server.has(1)]))
      expect(flood.server.frames).to.have.length(2)
      expect(flood.server.ends.map(end => end.code)).to.deep.equal([CloseReason.rate])
      // What was read counts no more.
      for (let i = 0; i < 10; i++) {
        calm.client.channel.send(new Frame(payload(90_000)))
        await scene.clock.advance(4000)
      }
      expect(calm.server.frames).to.have.length(11)
    })

    it('leaves each player its share once half of what may wait does', async () => {
      const delay = (bytes: number): number => (bytes > 1000 ? 10_000 : 1)
      scene = await new Scene({ links: 1, limits: { linkBytes: 400_000, unreadBytes: 300_000 } }, { delay }).open()
      const [flood, calm] = [await scene.pair(), await scene.pair()]
      for (let i = 0; i < 3; i++) {
        flood.client.channel.send(new Frame(payload(90_000)))
        await turns(2)
      }
      calm.client.channel.send(new Frame(payload(50_000)))
      await turns(2)
      flood.client.send(1)
      await scene.pass(flood.client.ended())
      expect(flood.client.ends.map(end => end.code)).to.deep.equal([CloseReason.rate])
      await scene.pass(calm.server.has(1))
    })

    it('is given up where even that does not help, and its players are lost', async () => {
      const delay = (bytes: number): number => (bytes > 1000 ? 10_000 : 1)
      scene = await new Scene({ links: 1, limits: { linkBytes: 100_000, unreadBytes: 300_000 } }, { delay }).open()
      const a = await scene.pair()
      a.client.channel.send(new Frame(payload(200_000)))
      await scene.pass(a.client.ended())
      expect(a.client.ends.map(end => end.code)).to.deep.equal([CloseReason.lost])
      await scene.pass(a.server.ended())
      expect(a.server.ends).to.deep.equal([{ code: undefined, text: '' }])
    })
  })
})

describe('a link that breaks', () => {
  let scene: Scene
  afterEach(() => scene.close())

  it('loses its own players at both ends, and comes back', async () => {
    scene = await new Scene({ links: 2 }).open(2)
    const pairs = [await scene.pair(), await scene.pair(), await scene.pair(), await scene.pair()]
    scene.links[0]!.abort()
    await eventually(() => scene.router.links === 1)
    await turns()
    const lost = pairs.filter(({ client }) => client.ends.length > 0)
    expect(lost).to.have.length(2)
    for (const { client, server } of lost) {
      expect(client.ends.map(end => end.code)).to.deep.equal([CloseReason.lost])
      expect(server.ends).to.deep.equal([{ code: undefined, text: '' }])
    }
    const { client, server } = pairs.find(pair => !lost.includes(pair))!
    client.send(1)
    await server.has(1)
    expect(scene.router.state).to.equal('running')
    await scene.pass(running(scene.router, 2))
    // Whoever comes takes the link with the fewest players.
    await Promise.all([scene.pair(), scene.pair()])
    expect(scene.router.players).to.equal(4)
  })

  it('that was the last leaves the router waiting: newcomers hear too-many-connections until one stands again', async () => {
    scene = await new Scene({ links: 2 }).open(2)
    const { client } = await scene.pair()
    const states: string[] = []
    scene.router.on('state', ({ state }) => states.push(state))
    scene.link.cut()
    await client.ended()
    expect(scene.router.state).to.equal('waiting')
    const newcomer = await scene.pass(scene.bench.dial())
    await scene.pass(newcomer.ended())
    expect(newcomer.ends.map(end => end.code)).to.deep.equal([CloseReason['too-many-connections']])
    await scene.pass(running(scene.router))
    await scene.pair()
    expect(states).to.deep.equal(['waiting', 'running'])
  })

  it('is dialled again after pauses that grow, from a quarter of a second to ten', async () => {
    const times: number[] = []
    scene = new Scene({
      links: 1,
      transport: {
        dial: async () => {
          times.push(scene.clock.now())
          throw new Error('nobody there')
        },
      },
    })
    await scene.bench.listen()
    await scene.router.start()
    await scene.clock.advance(120_000)
    const pauses = times.slice(1).map((time, i) => time - times[i]!)
    for (const [i, pause] of pauses.entries()) {
      const plan = Math.min(250 * 2 ** i, 10_000)
      expect(pause).to.be.within(plan / 2, plan * 1.5)
    }
    expect(times.length).to.be.within(13, 28)
    expect(scene.router.state).to.equal('waiting')
  })

  it('without a word is noticed by its silence, at both ends', async () => {
    scene = await new Scene({ links: 1 }, { delay: () => 1 }).open()
    const { client, server } = await scene.pair()
    client.send(1)
    await scene.pass(server.has(1))
    await scene.clock.advance(60_000)
    expect([client.ends, server.ends]).to.deep.equal([[], []])
    scene.isDeaf = true
    const since = scene.clock.now()
    await scene.pass(client.ended())
    scene.isDeaf = false
    await scene.pass(server.ended())
    expect(scene.clock.now() - since).to.be.within(15_000, 30_000)
    expect(client.ends.map(end => end.code)).to.deep.equal([CloseReason.lost])
    expect(server.ends.map(end => end.code)).to.deep.equal([undefined])
  })
})

describe('a stop', () => {
  it('of the game server reaches the players through the router, which waits for the next one', async () => {
    const scene = await new Scene({ links: 2 }).open(2)
    const pairs = [await scene.pair(), await scene.pair(), await scene.pair()]
    for (const { server } of pairs) server.send(5)
    await scene.pass(scene.bench.listener.close())
    for (const { client, server } of pairs) {
      await client.ended()
      expect(client.frames).to.deep.equal([Uint8Array.of(5)])
      expect(client.ends.map(end => end.code)).to.deep.equal([CloseReason['server-shutdown']])
      expect(server.ends.map(end => end.code)).to.deep.equal([CloseReason['server-shutdown']])
    }
    expect(scene.router.state).to.equal('waiting')
    await scene.bench.listen()
    scene.bench.url = 'memory:'
    await scene.pass(running(scene.router))
    await scene.pair()
    await scene.close()
  })

  it('of the router is told to players and game server, and leaves nothing', async () => {
    const scene = await new Scene({ links: 2 }).open(2)
    const pairs = [await scene.pair(), await scene.pair(), await scene.pair()]
    for (const { client } of pairs) client.send(6)
    await Promise.all(pairs.map(({ server }) => server.has(1)))
    await scene.pass(scene.router.stop())
    for (const { client, server } of pairs) {
      await Promise.all([client.ended(), server.ended()])
      expect(server.frames).to.deep.equal([Uint8Array.of(6)])
      expect(client.ends.map(end => end.code)).to.deep.equal([CloseReason['server-shutdown']])
      expect(server.ends.map(end => end.code)).to.deep.equal([CloseReason['server-shutdown']])
    }
    expect([scene.router.state, scene.router.players, scene.router.links]).to.deep.equal(['stopped', 0, 0])
    await scene.close()
  })

  it('ends within two seconds where the router does not answer', async () => {
    const scene = await new Scene({ links: 1 }, { delay: () => 1 }).open()
    await scene.pair()
    scene.isDeaf = true
    const since = scene.clock.now()
    await scene.pass(scene.bench.listener.close())
    expect(scene.clock.now() - since).to.be.within(2_000, 4_500)
    scene.isDeaf = false
    await scene.close()
  })
})
