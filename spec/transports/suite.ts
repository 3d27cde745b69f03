/** What every transport is held to: the MUSTs of lib/link/transport.ts. Whoever writes a transport runs it too. */
import { expect } from 'chai'
import { ConnectionFailed, UsageError } from '../../lib/base/errors.ts'
import { type Dialer, Frame, type Listener } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { datagramCases } from './datagrams.ts'
import { Bench, eventually, LIMITS, Recorder, turns } from './recorder.ts'

/** A fresh pair of halves that reach each other. */
export interface Halves {
  readonly listener: Listener
  readonly dialer: Dialer
}

const numbered = (index: number): Uint8Array => Uint8Array.of(index & 255, index >> 8)
const number = (bytes: Uint8Array): number => bytes[0]! | (bytes[1]! << 8)
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255)

/** What a transport has that not every one has. */
export interface Traits {
  readonly datagrams?: boolean
}

/** Describes how the transport `name` keeps the contract. `make` is called once per test. */
export function transportSuite(name: string, make: () => Halves, traits: Traits = {}): void {
  describe(`${name} as a transport`, () => {
    let bench: Bench

    beforeEach(async () => {
      const { listener, dialer } = make()
      bench = new Bench(listener, dialer)
      await bench.listen()
    })
    afterEach(() => bench.listener.close())

    describe('frames', () => {
      it('arrive whole at every length from nothing to the limit, both ways', async () => {
        const { client, server } = await bench.pair()
        const lengths = [0, 1, 125, 126, 127, 255, 256, 65535, 65536, 65537, LIMITS.maxFrame]
        for (const length of lengths) {
          client.channel.send(new Frame(pattern(length)))
          server.channel.send(new Frame(pattern(length)))
        }
        await Promise.all([client.has(lengths.length), server.has(lengths.length)])
        for (const { frames } of [client, server]) {
          expect(frames.map(frame => frame.length)).to.deep.equal(lengths)
          for (const frame of frames) expect(Buffer.compare(frame, pattern(frame.length))).to.equal(0)
        }
      })

      it('keep their order over a thousand in both directions at once', async () => {
        const { client, server } = await bench.pair()
        for (let i = 0; i < 1000; i++) {
          client.channel.send(new Frame(numbered(i)))
          server.channel.send(new Frame(numbered(i)))
          if (i % 100 === 0) await turns(1)
        }
        await Promise.all([client.has(1000), server.has(1000)])
        const expected = Array.from({ length: 1000 }, (_, index) => index)
        expect(client.frames.map(number)).to.deep.equal(expected)
        expect(server.frames.map(number)).to.deep.equal(expected)
      })

      it('are plain Uint8Arrays, whose slice copies', async () => {
        const { client, server } = await bench.pair()
        const kinds: unknown[] = []
        for (const end of [client, server]) end.onFrame = bytes => kinds.push(Object.getPrototypeOf(bytes))
        client.send(1)
        server.send(2)
        await Promise.all([client.has(1), server.has(1)])
        expect(kinds).to.deep.equal([Uint8Array.prototype, Uint8Array.prototype])
      })

      it('reach fifty receivers identical from one shared Frame', async () => {
        const pairs = []
        for (let i = 0; i < 50; i++) pairs.push(await bench.pair())
        const frame = new Frame(pattern(300))
        for (const { server } of pairs) server.channel.send(frame)
        await Promise.all(pairs.map(({ client }) => client.has(1)))
        for (const { client } of pairs) expect(client.frames).to.deep.equal([pattern(300)])
      })

      it('are the sender’s own: what a receiver does with the bytes changes nobody else’s', async () => {
        const a = await bench.pair()
        const b = await bench.pair()
        const frame = new Frame(Uint8Array.of(1, 2, 3))
        a.client.onFrame = bytes => bytes.fill(9)
        a.server.channel.send(frame)
        await a.client.has(1)
        b.server.channel.send(frame)
        await b.client.has(1)
        expect([...frame.bytes]).to.deep.equal([1, 2, 3])
        expect(b.client.frames).to.deep.equal([Uint8Array.of(1, 2, 3)])
      })

      it('go out although the frame carries another transport’s wire form', async () => {
        const { client, server } = await bench.pair()
        const frame = new Frame(Uint8Array.of(1, 2, 3))
        frame.wire = { bytes: Uint8Array.of(66) }
        server.channel.send(frame)
        client.channel.send(frame)
        await Promise.all([client.has(1), server.has(1)])
        expect(client.frames).to.deep.equal([Uint8Array.of(1, 2, 3)])
        expect(server.frames).to.deep.equal([Uint8Array.of(1, 2, 3)])
      })

      it('sent from within accept arrive after the opening, none lost', async () => {
        await bench.listener.close()
        bench.url = await bench.listener.listen(channel => {
          channel.send(new Frame(Uint8Array.of(1)))
          channel.send(new Frame(Uint8Array.of(2)))
          return new Recorder(channel)
        }, LIMITS)
        const client = await bench.dial()
        await client.has(2)
        expect(client.frames).to.deep.equal([Uint8Array.of(1), Uint8Array.of(2)])
      })
    })

    if (traits.datagrams) datagramCases(() => bench)
    else
      it('has no datagrams', async () => {
        const { client, server } = await bench.pair()
        expect([client.channel.datagrams, server.channel.datagrams]).to.deep.equal([undefined, undefined])
      })

    describe('the limit', () => {
      for (const to of ['server', 'client'] as const)
        it(`ends a connection whose frame to the ${to} is longer, with too-large, and no other`, async () => {
          const large = new Frame(new Uint8Array(LIMITS.maxFrame + 1))
          const honest = await bench.pair()
          const { client, server } = await bench.pair()
          const [sender, receiver] = to === 'server' ? [client, server] : [server, client]
          sender.send(1)
          sender.channel.send(large)
          sender.send(2)
          await Promise.all([client.ended(), server.ended()])
          expect(receiver.frames).to.deep.equal([Uint8Array.of(1)])
          expect(receiver.ends.map(end => end.code)).to.deep.equal([CloseReason['too-large']])
          expect(sender.ends.map(end => end.code)).to.deep.equal([CloseReason['too-large']])
          honest.client.send(7)
          await honest.server.has(1)
          expect(honest.server.ends).to.deep.equal([])
        })
    })

    describe('a polite end', () => {
      for (const by of ['client', 'server'] as const)
        it(`by the ${by} brings what was sent before, then code and text, once on either side`, async () => {
          const { client, server } = await bench.pair()
          const [closer, other] = by === 'client' ? [client, server] : [server, client]
          for (let i = 0; i < 100; i++) closer.channel.send(new Frame(numbered(i)))
          closer.call(channel => channel.close(CloseReason.kicked, 'härsh — 🐟'))
          closer.send(99)
          await Promise.all([closer.ended(), other.ended()])
          expect(other.frames.map(number)).to.deep.equal(Array.from({ length: 100 }, (_, index) => index))
          await expectSilenceAfter(client, server)
          const end = { code: CloseReason.kicked, text: 'härsh — 🐟' }
          expect(closer.ends).to.deep.equal([end])
          expect(other.ends).to.deep.equal([end])
        })

      it('needs no text', async () => {
        const { client, server } = await bench.pair()
        client.channel.close(CloseReason.normal, '')
        await Promise.all([client.ended(), server.ended()])
        expect(server.ends).to.deep.equal([{ code: CloseReason.normal, text: '' }])
      })

      it('keeps every code of the library', async () => {
        const codes = Object.values(CloseReason)
        for (const code of codes) {
          const { client, server } = await bench.pair()
          server.channel.close(code, '')
          await client.ended()
          expect(client.ends[0]!.code).to.equal(code)
        }
      })

      it('takes a text of any length and any characters', async () => {
        for (const text of ['x'.repeat(5000), '🐟'.repeat(100), '\ud800\u0000']) {
          const { client, server } = await bench.pair()
          server.channel.close(CloseReason.kicked, text)
          await Promise.all([client.ended(), server.ended()])
          expect(client.ends[0]!.code).to.equal(CloseReason.kicked)
        }
      })

      it('from both sides at once ends either side once', async () => {
        const { client, server } = await bench.pair()
        client.channel.close(CloseReason.normal, 'mine')
        server.channel.close(CloseReason.kicked, 'yours')
        await Promise.all([client.ended(), server.ended()])
        await expectSilenceAfter(client, server)
        expect(client.ends).to.deep.equal([{ code: CloseReason.normal, text: 'mine' }])
        expect(server.ends).to.deep.equal([{ code: CloseReason.kicked, text: 'yours' }])
      })

      it('hands up nothing that still arrives after this side’s own close', async () => {
        const { client, server } = await bench.pair()
        for (let i = 0; i < 50; i++) server.channel.send(new Frame(numbered(i)))
        client.channel.close(CloseReason.normal, '')
        await Promise.all([client.ended(), server.ended()])
        expect(client.frames).to.deep.equal([])
      })

      it('from within a frame’s delivery stops the frames behind it', async () => {
        const { client, server } = await bench.pair()
        client.onFrame = () => client.channel.close(CloseReason.malformed, 'enough')
        for (let i = 0; i < 50; i++) server.channel.send(new Frame(numbered(i)))
        await Promise.all([client.ended(), server.ended()])
        expect(client.frames.map(number)).to.deep.equal([0])
        expect(server.ends).to.deep.equal([{ code: CloseReason.malformed, text: 'enough' }])
      })
    })

    describe('an abrupt end', () => {
      for (const by of ['client', 'server'] as const)
        it(`by the ${by} is seen without a code, once on either side`, async () => {
          const { client, server } = await bench.pair()
          const aborter = by === 'client' ? client : server
          aborter.call(channel => channel.abort())
          await Promise.all([client.ended(), server.ended()])
          await expectSilenceAfter(client, server)
          expect(client.ends.map(end => end.code)).to.deep.equal([undefined])
          expect(server.ends.map(end => end.code)).to.deep.equal([undefined])
        })

      it('in the midst of a burst leaves a gapless beginning of it', async () => {
        const { client, server } = await bench.pair()
        for (let i = 0; i < 500; i++) client.channel.send(new Frame(numbered(i)))
        server.onFrame = bytes => number(bytes) === 100 && client.channel.abort()
        await Promise.all([client.ended(), server.ended()])
        expect(server.frames.map(number)).to.deep.equal(server.frames.map((_, index) => index))
        expect(server.frames.length).to.be.greaterThan(100)
      })

      it('after a polite one changes nothing at the side that closed', async () => {
        const { client, server } = await bench.pair()
        client.channel.close(CloseReason.normal, 'bye')
        client.channel.abort()
        await Promise.all([client.ended(), server.ended()])
        await expectSilenceAfter(client, server)
        expect(client.ends).to.deep.equal([{ code: CloseReason.normal, text: 'bye' }])
      })
    })

    it('calls nobody back from within send, close or abort', async () => {
      const a = await bench.pair()
      const b = await bench.pair()
      a.client.call(channel => channel.send(new Frame(Uint8Array.of(1))))
      a.server.call(channel => channel.send(new Frame(Uint8Array.of(1))))
      a.client.call(channel => channel.close(CloseReason.normal, ''))
      b.server.call(channel => channel.abort())
      const ends = [a.client, a.server, b.client, b.server]
      await Promise.all(ends.map(end => end.ended()))
      for (const end of ends) expect(end.trespasses).to.deep.equal([])
    })

    it('counts in `buffered` what has not left, down to nothing', async () => {
      const { client, server } = await bench.pair()
      for (const [sender, receiver] of [
        [server, client],
        [client, server],
      ] as const) {
        const frame = new Frame(new Uint8Array(LIMITS.maxFrame))
        for (let i = 0; i < 32; i++) sender.channel.send(frame)
        expect(sender.channel.buffered).to.be.within(LIMITS.maxFrame, 33 * LIMITS.maxFrame)
        await receiver.has(32)
        await eventually(() => sender.channel.buffered === 0)
      }
    })

    it('holds two hundred connections at once, each with its own frames', async () => {
      const pairs = await Promise.all(Array.from({ length: 200 }, () => bench.dial()))
      await bench.arrival(199)
      for (const server of bench.servers) server.onFrame = bytes => server.channel.send(new Frame(bytes.slice()))
      for (const [index, client] of pairs.entries()) client.channel.send(new Frame(numbered(index)))
      await Promise.all(pairs.map(client => client.has(1)))
      expect(pairs.map(client => number(client.frames[0]!))).to.deep.equal(pairs.map((_, index) => index))
    })

    it('lets a refused connection know that there are too many', async () => {
      bench.admits = false
      const client = await bench.dial()
      client.send(1)
      await client.ended()
      expect(client.ends.map(end => end.code)).to.deep.equal([CloseReason['too-many-connections']])
      bench.admits = true
      await bench.pair()
    })

    describe('the listener', () => {
      it('ends all with server-shutdown when it closes, and is done when all have heard', async () => {
        const pairs = await Promise.all([bench.pair(), bench.pair(), bench.pair()])
        await bench.listener.close()
        for (const { server } of pairs)
          expect(server.ends.map(end => end.code)).to.deep.equal([CloseReason['server-shutdown']])
        await Promise.all(pairs.map(({ client }) => client.ended()))
        for (const { client } of pairs)
          expect(client.ends.map(end => end.code)).to.deep.equal([CloseReason['server-shutdown']])
      })

      it('is not there before it listens nor after it closed: dialing rejects with ConnectionFailed', async () => {
        await bench.listener.close()
        let accepted = false
        const error = await bench.dialer
          .dial(
            bench.url,
            channel => {
              accepted = true
              return new Recorder(channel)
            },
            LIMITS,
          )
          .then(
            () => null,
            (reason: unknown) => reason,
          )
        expect(error).to.be.instanceOf(ConnectionFailed)
        expect((error as Error).message).to.include(bench.url)
        expect(accepted).to.equal(false)
      })

      it('listens again after it closed', async () => {
        await bench.listener.close()
        await bench.listen()
        const { client, server } = await bench.pair()
        client.send(5)
        await server.has(1)
      })

      it('closes twice without harm, also at the same time', async () => {
        await bench.pair()
        await Promise.all([bench.listener.close(), bench.listener.close()])
        await bench.listener.close()
      })

      it('refuses to listen twice', async () => {
        const error = await bench.listen().then(
          () => null,
          (reason: unknown) => reason,
        )
        expect(error).to.be.instanceOf(UsageError)
      })
    })
  })
}

/** Nothing that is done to an ended channel does anything. */
async function expectSilenceAfter(...ends: Recorder[]): Promise<void> {
  const before = ends.map(end => [end.frames.length, end.ends.length])
  for (const { channel } of ends) {
    channel.send(new Frame(Uint8Array.of(1)))
    channel.close(CloseReason.normal, 'again')
    channel.abort()
    channel.send(new Frame(Uint8Array.of(1)))
    expect(channel.buffered).to.equal(0)
  }
  await turns()
  expect(ends.map(end => [end.frames.length, end.ends.length])).to.deep.equal(before)
}
