/** The wire inside one process: what it adds to the contract. */
import { expect } from 'chai'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { type MemoryOptions, memory } from '../../transports/memory.ts'
import { ManualClock } from './manual-clock.ts'
import { Bench, LIMITS, type Recorder } from './recorder.ts'
import { transportSuite } from './suite.ts'

transportSuite('memory', () => {
  const wire = memory()
  return { listener: wire, dialer: wire }
})
transportSuite(
  'memory with datagrams',
  () => {
    const wire = memory({ datagrams: true })
    return { listener: wire, dialer: wire }
  },
  { datagrams: true },
)
transportSuite('memory with jitter', () => {
  const random = seededRandom(7)
  const wire = memory({ delay: () => random.number() * 4 })
  return { listener: wire, dialer: wire }
})

describe('memory', () => {
  it('is no network, and its address is empty', async () => {
    const { client, server } = await (await opened()).bench.pair()
    for (const { channel } of [client, server]) {
      expect(channel.network).to.equal(false)
      expect(channel.address).to.equal('')
    }
  })

  it('carries a game’s own codes and any text exactly', async () => {
    const { client, server } = await (await opened()).bench.pair()
    server.channel.close(54321, 'x'.repeat(1000))
    await client.ended()
    expect(client.ends).to.deep.equal([{ code: 54321, text: 'x'.repeat(1000) }])
  })

  it('needs no timer without a delay', async () => {
    const clock = new ManualClock()
    const { bench } = await opened({ clock })
    const { client, server } = await bench.pair()
    client.send(1)
    client.channel.close(CloseReason.normal, '')
    await server.ended()
    expect(clock.waiting).to.equal(0)
  })

  it('does not mix with another one', async () => {
    const a = await opened()
    const b = await opened()
    const { client } = await a.bench.pair()
    client.send(1)
    await a.bench.servers[0]!.has(1)
    expect(b.bench.servers).to.deep.equal([])
    const error = await memory()
      .dial('memory:', () => expect.fail('accepted'), LIMITS)
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(ConnectionFailed)
  })

  it('cut: ends every connection at both ends without a word, and takes new ones', async () => {
    const { wire, bench } = await opened()
    const pairs = [await bench.pair(), await bench.pair()]
    for (const { client } of pairs) client.send(1)
    wire.cut()
    await Promise.all(pairs.flatMap(({ client, server }) => [client.ended(), server.ended()]))
    for (const { client, server } of pairs) {
      expect(client.ends).to.deep.equal([{ code: undefined, text: '' }])
      expect(server.ends).to.deep.equal([{ code: undefined, text: '' }])
      expect(server.frames).to.deep.equal([])
    }
    const { client, server } = await bench.pair()
    client.send(2)
    await server.has(1)
  })

  describe('with a delay', () => {
    it('counts as a network', async () => {
      const { bench, clock } = await opened({ delay: () => 5 })
      const { client, server } = await paired(bench, clock)
      expect([client.channel.network, server.channel.network]).to.deep.equal([true, true])
    })

    it('opens after one way there and one back', async () => {
      const { bench, clock } = await opened({ delay: (_bytes, toServer) => (toServer ? 30 : 40) })
      let opening = -1
      const dialing = bench.dial().then(() => (opening = clock.now()))
      await clock.advance(1000)
      await dialing
      expect(opening).to.equal(70)
    })

    it('brings each frame when its delay is over, and none before an older one', async () => {
      const delays = [50, 10, 60, 0]
      const { bench, clock } = await opened({ delay: bytes => (bytes ? delays.shift()! : 0) })
      const { client, server } = await paired(bench, clock)
      const start = clock.now()
      const times: number[] = []
      server.onFrame = () => times.push(clock.now() - start)
      for (const value of [1, 2, 3, 4]) client.send(value)
      await clock.advance(200)
      expect(server.frames.map(([value]) => value)).to.deep.equal([1, 2, 3, 4])
      expect(times).to.deep.equal([50, 50, 60, 60])
    })

    it('asks for the delay with the bytes and the direction of a frame', async () => {
      const asked: unknown[] = []
      const { bench, clock } = await opened({ delay: (...question) => asked.push(question) && 1 })
      const { client, server } = await paired(bench, clock)
      asked.length = 0
      client.send(1, 2, 3)
      server.send(1)
      await clock.advance(10)
      expect(asked).to.deep.equal([
        [3, true],
        [1, false],
      ])
    })

    it('counts what is on its way as buffered', async () => {
      const { bench, clock } = await opened({ delay: () => 10 })
      const { client, server } = await paired(bench, clock)
      client.send(1, 2, 3)
      await clock.advance(5)
      client.send(4)
      expect(client.channel.buffered).to.equal(4)
      await clock.advance(5)
      expect(client.channel.buffered).to.equal(1)
      await clock.advance(5)
      expect(client.channel.buffered).to.equal(0)
      expect(server.frames.length).to.equal(2)
    })

    it('tells the other end of an abort one way later, without the frames that were under way', async () => {
      const { bench, clock } = await opened({ delay: () => 10 })
      const { client, server } = await paired(bench, clock)
      client.send(1)
      client.channel.abort()
      await clock.advance(9)
      expect(client.ends.length).to.equal(1)
      expect(server.ends.length).to.equal(0)
      await clock.advance(1)
      expect(server.ends).to.deep.equal([{ code: undefined, text: '' }])
      expect(server.frames).to.deep.equal([])
    })

    it('ends a polite close by force after two seconds', async () => {
      let delay = 1
      const { bench, clock } = await opened({ delay: () => delay })
      const { client, server } = await paired(bench, clock)
      delay = 60_000
      client.send(1)
      client.channel.close(CloseReason.normal, 'bye')
      await clock.advance(1999)
      expect(client.ends).to.deep.equal([])
      await clock.advance(1)
      expect(client.ends).to.deep.equal([{ code: CloseReason.normal, text: 'bye' }])
      await clock.advance(60_000)
      expect(server.ends.length).to.equal(1)
    })

    it('leaves no timer behind, however the connections ended', async () => {
      const { wire, bench, clock } = await opened({ delay: () => 10 })
      const pairs = []
      for (let i = 0; i < 4; i++) pairs.push(await paired(bench, clock))
      for (const { client, server } of pairs) {
        client.send(1)
        server.send(2)
      }
      pairs[0]!.client.channel.close(CloseReason.normal, '')
      pairs[1]!.server.channel.abort()
      await clock.advance(15)
      wire.cut()
      const closed = wire.close()
      await clock.advance(15)
      await closed
      expect(clock.waiting).to.equal(0)
      for (const { client, server } of pairs) expect([client.ends.length, server.ends.length]).to.deep.equal([1, 1])
    })

    it('still opens, then ends, a connection that the server aborts in its accept', async () => {
      const clock = new ManualClock()
      const wire = memory({ clock, delay: () => 10 })
      const bench = new Bench(wire, wire)
      bench.url = await wire.listen(channel => {
        channel.abort()
        return { frame: () => {}, end: () => {} }
      }, LIMITS)
      const client = await dialed(bench, clock)
      await clock.advance(50)
      expect(client.ends).to.deep.equal([{ code: undefined, text: '' }])
    })
  })
})

async function opened(options: MemoryOptions = {}) {
  const clock = (options.clock as ManualClock | undefined) ?? new ManualClock()
  const wire = memory({ clock, ...options })
  const bench = new Bench(wire, wire)
  await bench.listen()
  return { wire, bench, clock }
}

async function dialed(bench: Bench, clock: ManualClock): Promise<Recorder> {
  const dialing = bench.dial()
  await clock.advance(100)
  return dialing
}

async function paired(bench: Bench, clock: ManualClock) {
  const index = bench.servers.length
  const client = await dialed(bench, clock)
  return { client, server: bench.servers[index]! }
}
