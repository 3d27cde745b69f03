/** What a conditioned network does to what is sent, under virtual time. */
import { expect } from 'chai'
import { UsageError } from '../../lib/base/errors.ts'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { type ConditionerOptions, conditioner, profiles } from '../../transports/conditioner.ts'
import { memory } from '../../transports/memory.ts'
import { ManualClock } from './manual-clock.ts'
import { Bench, type Recorder, turns } from './recorder.ts'

/** Which half of the wire is wrapped. */
type Half = 'both' | 'listener' | 'dialer'

async function opened(options: ConditionerOptions = {}, half: Half = 'both') {
  const clock = new ManualClock()
  const bare = memory({ clock, datagrams: true })
  const both = conditioner(bare, { ...options, clock })
  const listener =
    half === 'dialer' ? bare : half === 'both' ? both : conditioner(listenerOf(bare), { ...options, clock })
  const dialer =
    half === 'listener' ? bare : half === 'both' ? both : conditioner(dialerOf(bare), { ...options, clock })
  const wire = (half === 'dialer' ? dialer : listener) as typeof both
  const bench = new Bench(listener, dialer)
  await bench.listen()
  return { clock, bench, wire }
}

const listenerOf = (wire: ReturnType<typeof memory>) => ({
  listen: wire.listen.bind(wire),
  close: wire.close.bind(wire),
})
const dialerOf = (wire: ReturnType<typeof memory>) => ({ dial: wire.dial.bind(wire) })

async function paired({ bench, clock }: { bench: Bench; clock: ManualClock }) {
  const index = bench.servers.length
  const dialing = bench.dial()
  await clock.advance(10_000)
  return { client: await dialing, server: bench.servers[index]! }
}

/** When, after now, each frame and datagram comes. */
function times(end: Recorder, clock: ManualClock): { frames: number[]; datagrams: number[] } {
  const start = clock.now()
  const seen = { frames: [] as number[], datagrams: [] as number[] }
  end.onFrame = () => seen.frames.push(Math.round(clock.now() - start))
  end.onDatagram = () => seen.datagrams.push(Math.round(clock.now() - start))
  return seen
}

const bytes = (length: number): Frame => new Frame(new Uint8Array(length))
const numbered = (index: number): Frame => new Frame(Uint8Array.of(index & 255, index >> 8))
const number = (frame: Uint8Array): number => frame[0]! | (frame[1]! << 8)
const ascending = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('A conditioned network', () => {
  for (const half of ['both', 'listener', 'dialer'] as const)
    describe(`around ${half === 'both' ? 'a wire' : `a ${half}`}`, () => {
      it('takes the latency of each direction once', async () => {
        const it = await opened({ latency: 10, up: { latency: 30 }, down: { latency: 50 } }, half)
        const { client, server } = await paired(it)
        const [up, down] = [times(server, it.clock), times(client, it.clock)]
        client.send(1)
        server.send(1)
        client.channel.datagrams!.send(bytes(5))
        server.channel.datagrams!.send(bytes(5))
        await it.clock.advance(1000)
        expect(up).to.deep.equal({ frames: [30], datagrams: [30] })
        expect(down).to.deep.equal({ frames: [50], datagrams: [50] })
      })

      it('counts as a network', async () => {
        const { client, server } = await paired(await opened({}, half))
        const conditioned = half === 'dialer' ? client : server
        expect(conditioned.channel.network).to.equal(true)
      })

      it('brings all frames in order whatever is lost, those behind a lost one later', async () => {
        const it = await opened({ latency: 20, loss: 0.2, burst: 3 }, half)
        const { client, server } = await paired(it)
        const late: number[] = []
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          to.onFrame = frame => late.push(it.clock.now() - sent[number(frame)]!)
          const sent: number[] = []
          for (let i = 0; i < 500; i++) {
            sent.push(it.clock.now())
            from.channel.send(numbered(i))
            await it.clock.advance(5)
          }
          await it.clock.advance(60_000)
          expect(to.frames.map(number)).to.deep.equal(ascending(500))
        }
        expect(Math.min(...late)).to.be.closeTo(20, 0.01)
        const share = late.filter(ms => ms > 20.01).length / late.length
        // A fifth are lost, and each holds up the eight of the next round trip.
        expect(share).to.be.within(0.4, 0.95)
        // Sent again after a round trip, at least once.
        expect(Math.max(...late)).to.be.at.least(60)
      })

      it('loses as many datagrams as it should, in bursts, and none twice', async () => {
        const it = await opened({ latency: 20, loss: 0.1, burst: 5, duplicates: 0.2 }, half)
        const { client, server } = await paired(it)
        for (let i = 0; i < 20_000; i++) {
          client.channel.datagrams!.send(numbered(i))
          if (i % 100 === 0) await it.clock.advance(50)
        }
        await it.clock.advance(1000)
        const came = new Set(server.datagrams.map(number))
        expect(came.size).to.equal(server.datagrams.length)
        expect(1 - came.size / 20_000).to.be.within(0.08, 0.12)
        const bursts = ascending(20_000).filter(i => !came.has(i) && (i === 0 || came.has(i - 1))).length
        expect((20_000 - came.size) / bursts).to.be.within(4, 6)
      })

      it('lets datagrams overtake, and frames never', async () => {
        const it = await opened({ latency: 20, jitter: 30, reorder: 0.1 }, half)
        const { client, server } = await paired(it)
        for (let i = 0; i < 200; i++) {
          client.channel.send(numbered(i))
          client.channel.datagrams!.send(numbered(i))
          await it.clock.advance(2)
        }
        await it.clock.advance(1000)
        expect(server.frames.map(number)).to.deep.equal(ascending(200))
        const order = server.datagrams.map(number)
        expect(order).to.not.deep.equal(ascending(200))
        expect([...order].sort((a, b) => a - b)).to.deep.equal(ascending(200))
      })

      it('leaves no timer, however the connections ended', async () => {
        const options = { latency: 20, jitter: 30, loss: 0.1, bandwidth: 10_000, disconnectsPerMinute: 0.1 }
        const it = await opened(options, half)
        const pairs = []
        for (let i = 0; i < 5; i++) pairs.push(await paired(it))
        for (const { client, server } of pairs) {
          client.channel.send(bytes(3000))
          server.channel.send(bytes(3000))
          client.channel.datagrams!.send(bytes(300))
        }
        pairs[0]!.client.channel.close(CloseReason.normal, '')
        pairs[1]!.server.channel.abort()
        pairs[2]!.client.channel.abort()
        await it.clock.advance(15)
        it.wire.freeze(100)
        pairs[3]!.server.channel.close(CloseReason.kicked, '')
        await it.clock.advance(50)
        const closed = it.bench.listener.close()
        await it.clock.advance(120_000)
        await closed
        expect(it.clock.waiting).to.equal(0)
        expect(it.wire.underway).to.equal(0)
        for (const { client, server } of pairs) expect([client.ends.length, server.ends.length]).to.deep.equal([1, 1])
      })
    })

  it('hands a datagram that it doubled up twice where it is asked to', async () => {
    const it = await opened({ latency: 20, duplicates: 0.5, raw: true })
    const { client, server } = await paired(it)
    for (let i = 0; i < 1000; i++) client.channel.datagrams!.send(numbered(i))
    await it.clock.advance(1000)
    expect(server.datagrams.length).to.be.within(1400, 1600)
    expect(new Set(server.datagrams.map(number)).size).to.equal(1000)
  })

  it('opens after a round trip, and rejects after one where nobody listens', async () => {
    const { clock, bench } = await opened({ up: { latency: 30 }, down: { latency: 50 } })
    let at = 0
    const dialing = bench.dial().then(() => (at = clock.now()))
    await clock.advance(500)
    await dialing
    expect(at).to.equal(80)
    const closed = bench.listener.close()
    await clock.advance(500)
    await closed
    const failing = bench.dial().catch((error: Error) => error.message)
    await clock.advance(79)
    await turns()
    await clock.advance(1)
    expect(await failing).to.include('No server listens')
    expect(clock.waiting).to.equal(0)
  })

  describe('with a bandwidth', () => {
    it('sends so many bytes a second, counts what waits as buffered, and not what travels', async () => {
      const it = await opened({ latency: 70, bandwidth: 1000 })
      const { client, server } = await paired(it)
      const seen = times(client, it.clock)
      for (let i = 0; i < 10; i++) server.channel.send(bytes(100))
      expect(server.channel.buffered).to.equal(1000)
      await it.clock.advance(450)
      expect(server.channel.buffered).to.equal(600)
      await it.clock.advance(550)
      expect(server.channel.buffered).to.equal(0)
      await it.clock.advance(70)
      expect(seen.frames).to.deep.equal(ascending(10).map(index => 170 + index * 100))
    })

    it('lets datagrams pass the frames that wait, and loses those that find no room', async () => {
      const it = await opened({ down: { bandwidth: 1000, queue: 500 } })
      const { client, server } = await paired(it)
      const seen = times(client, it.clock)
      server.channel.send(bytes(5000))
      await it.clock.advance(10)
      for (let i = 0; i < 20; i++) server.channel.datagrams!.send(bytes(100))
      await it.clock.advance(20_000)
      expect(seen.datagrams).to.deep.equal([110, 210, 310, 410, 510])
      // The frame has waited for them.
      expect(seen.frames).to.deep.equal([5500])
    })

    it('ends a polite close by force after two seconds, where what was sent before takes longer', async () => {
      const it = await opened({ latency: 10, bandwidth: 1000 })
      const { client, server } = await paired(it)
      server.channel.send(bytes(5000))
      server.channel.close(CloseReason.kicked, 'out')
      await it.clock.advance(1999)
      expect(server.ends).to.deep.equal([])
      await it.clock.advance(1)
      expect(server.ends).to.deep.equal([{ code: CloseReason.kicked, text: 'out' }])
      await it.clock.advance(20)
      expect(client.ends).to.deep.equal([{ code: undefined, text: '' }])
      expect(client.frames).to.deep.equal([])
    })
  })

  describe('when it is cut', () => {
    it('ends every connection on both sides without a word, and takes new ones', async () => {
      const it = await opened({ latency: 40 })
      const pairs = [await paired(it), await paired(it)]
      for (const { client, server } of pairs) {
        client.send(1)
        server.send(1)
      }
      it.wire.cut()
      for (const { client, server } of pairs) expect([client.ends, server.ends]).to.deep.equal([[], []])
      await it.clock.advance(200)
      for (const { client, server } of pairs)
        for (const end of [client, server]) {
          expect(end.ends).to.deep.equal([{ code: undefined, text: '' }])
          expect(end.frames).to.deep.equal([])
        }
      const { client, server } = await paired(it)
      client.send(2)
      await it.clock.advance(100)
      expect(server.frames).to.have.length(1)
    })

    it('breaks by chance as often as it should', async () => {
      const it = await opened({ latency: 1, disconnectsPerMinute: 2 })
      const lives: number[] = []
      for (let i = 0; i < 200; i++) {
        const dialing = it.bench.dial()
        await it.clock.advance(2)
        const client = await dialing
        const start = it.clock.now()
        while (client.ends.length === 0) await it.clock.advance(1000)
        expect(client.ends).to.deep.equal([{ code: undefined, text: '' }])
        lives.push(it.clock.now() - start)
      }
      expect(lives.reduce((sum, life) => sum + life, 0) / lives.length).to.be.within(25_000, 36_000)
    })
  })

  for (const half of ['both', 'listener', 'dialer'] as const)
    describe(`when it is frozen (${half})`, () => {
      it('lets nothing pass, then all frames, and loses the datagrams', async () => {
        const it = await opened({ latency: 40, jitter: 1 }, half)
        const { client, server } = await paired(it)
        client.send(1)
        client.channel.datagrams!.send(bytes(2))
        it.wire.freeze(5000)
        client.send(2)
        server.send(3)
        await it.clock.advance(1000)
        client.send(4)
        server.channel.datagrams!.send(bytes(2))
        await it.clock.advance(3999)
        expect([server.frames, client.frames]).to.deep.equal([[], []])
        await it.clock.advance(50)
        expect(server.frames.map(([value]) => value)).to.deep.equal([1, 2, 4])
        expect(client.frames.map(([value]) => value)).to.deep.equal([3])
        expect([...server.datagrams, ...client.datagrams]).to.deep.equal([])
        client.channel.datagrams!.send(bytes(2))
        await it.clock.advance(50)
        expect(server.datagrams).to.have.length(1)
      })

      it('lets no end pass either: who left hears its own, the other only afterwards', async () => {
        const it = await opened({ latency: 40 }, half)
        const [one, two] = [await paired(it), await paired(it)]
        it.wire.freeze(30_000)
        const far = half === 'dialer' ? 'client' : 'server'
        const near = half === 'dialer' ? 'server' : 'client'
        // The conditioned end leaves: it hears itself at once, or after its patience.
        one[far].channel.abort()
        two[far].channel.close(CloseReason.kicked, 'out')
        await it.clock.advance(2100)
        expect(one[far].ends).to.deep.equal([{ code: undefined, text: '' }])
        expect(two[far].ends).to.deep.equal([{ code: CloseReason.kicked, text: 'out' }])
        expect([one[near].ends, two[near].ends]).to.deep.equal([[], []])
        await it.clock.advance(27_800)
        expect([one[near].ends, two[near].ends]).to.deep.equal([[], []])
        await it.clock.advance(300)
        expect([one[near].ends.length, two[near].ends.length]).to.deep.equal([1, 1])
      })

      it('keeps those who would come in waiting', async () => {
        const it = await opened({ latency: 40 }, half)
        it.wire.freeze(5000)
        const dialing = it.bench.dial()
        await it.clock.advance(4999)
        expect(it.bench.servers).to.have.length(0)
        await it.clock.advance(200)
        await dialing
        expect(it.bench.servers).to.have.length(1)
      })

      it('still lets its server stop', async () => {
        const it = await opened({ latency: 40 }, half)
        const { server } = await paired(it)
        it.wire.freeze(60_000)
        const closed = it.bench.listener.close()
        await it.clock.advance(2100)
        if (half === 'dialer') await it.clock.advance(60_000)
        await closed
        expect(server.ends.map(({ code }) => code)).to.deep.equal([CloseReason['server-shutdown']])
        await it.clock.advance(60_000)
        expect(it.clock.waiting).to.equal(0)
      })
    })

  it('refuses to be frozen for no time or for ever', () => {
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, 3_600_001])
      expect(() => conditioner(memory()).freeze(ms)).to.throw(UsageError, 'freeze() takes ms')
  })

  it('whose connections hardly ever break breaks none', async () => {
    const it = await opened({ disconnectsPerMinute: 1e-9 })
    const { client } = await paired(it)
    await it.clock.advance(2 ** 31 - 2 ** 28)
    expect(client.ends).to.deep.equal([])
    it.wire.cut()
    await it.clock.advance(1)
    expect(it.clock.waiting).to.equal(0)
  })

  describe('from a seed', () => {
    async function run(seed: number): Promise<string> {
      const it = await opened({ profile: 'train', disconnectsPerMinute: 3, seed })
      const story: unknown[] = []
      for (let visit = 0; visit < 3; visit++) {
        const { client, server } = await paired(it)
        for (const [name, end] of Object.entries({ client, server })) {
          end.onFrame = frame => story.push([name, 'frame', it.clock.now(), number(frame)])
          end.onDatagram = bytes => story.push([name, 'datagram', it.clock.now(), number(bytes)])
        }
        for (let i = 0; i < 100; i++) {
          client.channel.send(numbered(i))
          server.channel.datagrams!.send(numbered(i))
          await it.clock.advance(50)
        }
        await it.clock.advance(5000)
        story.push(client.ends, server.ends, it.clock.now())
      }
      return JSON.stringify(story)
    }

    it('is the same each time, to the byte', async () => {
      expect(await run(7)).to.equal(await run(7))
    })

    it('is another with another seed', async () => {
      expect(await run(7)).to.not.equal(await run(8))
    })
  })

  describe('by name', () => {
    for (const profile of Object.keys(profiles) as (keyof typeof profiles)[])
      it(`${profile} carries a game`, async () => {
        const it = await opened({ profile, disconnectsPerMinute: 0 })
        const { client, server } = await paired(it)
        for (let i = 0; i < 200; i++) {
          client.channel.send(numbered(i))
          server.channel.send(numbered(i))
          server.channel.datagrams!.send(numbered(i))
          await it.clock.advance(50)
        }
        await it.clock.advance(20_000)
        expect([client.frames.length, server.frames.length]).to.deep.equal([200, 200])
        expect(client.datagrams.length).to.be.within(120, 200)
      })

    it('that nobody knows is refused with the names that there are', () => {
      for (const profile of ['wi-fi', '', 'constructor', 'toString'])
        expect(() => conditioner(memory(), { profile: profile as 'wifi' })).to.throw(
          UsageError,
          `There is no network '${profile}'. There are lan, broadband, wifi, bad-wifi, 4g, 3g, satellite, train.`,
        )
    })

    it('is changed by figures of one’s own, those of one direction last', async () => {
      const options = { profile: 'satellite', latency: 100, jitter: 0, loss: 0, up: { latency: 5 } } as const
      const it = await opened(options)
      const { client, server } = await paired(it)
      const [up, down] = [times(server, it.clock), times(client, it.clock)]
      client.send(1)
      server.send(1)
      await it.clock.advance(1000)
      expect([up.frames, down.frames]).to.deep.equal([[5], [100]])
    })
  })

  for (const [options, words] of [
    [{ latency: -1 }, 'latency is ms, from 0 to 600,000, not -1.'],
    [{ jitter: Number.NaN }, 'jitter is ms'],
    [{ loss: 1 }, 'loss is a share from 0 to 0.9, not 1.'],
    [{ loss: '5%' as never }, 'loss is a share from 0 to 0.9, not "5%".'],
    [{ burst: 0 }, 'burst is a number of packets, from 1'],
    [{ reorder: 2 }, 'reorder is a share from 0 to 1'],
    [{ duplicates: -0.1 }, 'duplicates is a share'],
    [{ bandwidth: 0 }, 'bandwidth is bytes per second, from 1'],
    [{ queue: -1 }, 'queue is bytes'],
    [{ down: { latency: Number.POSITIVE_INFINITY } }, 'latency is ms'],
    [{ disconnectsPerMinute: -1 }, 'disconnectsPerMinute is a number'],
  ] as const)
    it(`is refused: ${words}`, () => {
      expect(() => conditioner(memory(), options)).to.throw(UsageError, words)
    })
})
