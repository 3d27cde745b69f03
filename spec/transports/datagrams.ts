/** The part of the suite for wires that have datagrams. On one machine hardly any is lost, but any may be: what must come is sent until it does. */
import { expect } from 'chai'
import { type Channel, Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { type Bench, LIMITS, Recorder, turns } from './recorder.ts'

const numbered = (index: number): Uint8Array => Uint8Array.of(index & 255, index >> 8)
const number = (bytes: Uint8Array): number => bytes[0]! | (bytes[1]! << 8)
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255)
const same = (bytes: Uint8Array) => (other: Uint8Array) => Buffer.compare(bytes, other) === 0

/** Describes how the datagrams of a transport keep the contract. */
export function datagramCases(bench: () => Bench): void {
  describe('datagrams', () => {
    it('are there on both sides from the opening on, and carry 1,000 bytes at least', async () => {
      let inAccept: Channel['datagrams']
      await bench().dialer.dial(
        bench().url,
        channel => {
          inAccept = channel.datagrams
          return new Recorder(channel)
        },
        LIMITS,
      )
      const { client, server } = await bench().pair()
      for (const datagrams of [inAccept, client.channel.datagrams, server.channel.datagrams])
        expect(datagrams!.maxSize).to.be.at.least(1000)
    })

    it('arrive whole and unchanged at every length from nothing to the longest, both ways', async () => {
      const { client, server } = await bench().pair()
      const { maxSize } = client.channel.datagrams!
      for (const length of [0, 1, 2, 125, 126, 127, 255, 256, 999, 1000, maxSize - 1, maxSize]) {
        await reach(client, server, pattern(length))
        await reach(server, client, pattern(length))
      }
      const known = (bytes: Uint8Array): boolean => same(pattern(bytes.length))(bytes)
      expect([client, server].every(({ datagrams }) => datagrams.every(known))).to.equal(true)
    })

    it('that are longer are lost, and harm nothing', async () => {
      const { client, server } = await bench().pair()
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        const { datagrams } = from.channel
        for (const length of [datagrams!.maxSize + 1, 65_507, 65_508, LIMITS.maxFrame + 1])
          datagrams!.send(new Frame(new Uint8Array(length)))
        from.send(1)
        await to.has(1)
        await reach(from, to, Uint8Array.of(7))
        expect(to.datagrams.filter(({ length }) => length > 1)).to.deep.equal([])
        expect(to.ends).to.deep.equal([])
      }
    })

    it('come at most once, beside frames that all come in order', async () => {
      const { client, server } = await bench().pair()
      for (let i = 0; i < 500; i++) {
        client.channel.datagrams!.send(new Frame(numbered(i)))
        client.channel.send(new Frame(numbered(i)))
        if (i % 50 === 0) await turns(1)
      }
      await server.has(500)
      await reach(client, server, numbered(999))
      expect(server.frames.map(number)).to.deep.equal(Array.from({ length: 500 }, (_, index) => index))
      const told = server.datagrams.map(number).filter(value => value !== 999)
      expect(new Set(told).size).to.equal(told.length)
      expect(told.every(value => value < 500)).to.equal(true)
    })

    it('are plain Uint8Arrays, whose slice copies', async () => {
      const { client, server } = await bench().pair()
      const kinds = new Set<unknown>()
      for (const end of [client, server]) end.onDatagram = bytes => kinds.add(Object.getPrototypeOf(bytes))
      await reach(client, server, Uint8Array.of(1))
      await reach(server, client, Uint8Array.of(1))
      expect([...kinds]).to.deep.equal([Uint8Array.prototype])
    })

    it('reach many receivers from one shared Frame, whatever a receiver does with the bytes', async () => {
      const pairs = []
      for (let i = 0; i < 20; i++) pairs.push(await bench().pair())
      const frame = new Frame(pattern(300))
      for (const { client, server } of pairs) {
        client.onDatagram = bytes => {
          expect(same(pattern(300))(bytes)).to.equal(true)
          queueMicrotask(() => bytes.fill(9))
        }
        await reach(server, client, frame)
      }
      expect(same(pattern(300))(frame.bytes)).to.equal(true)
    })

    it('go out although the frame carries another transport’s wire form', async () => {
      const { client, server } = await bench().pair()
      const frame = new Frame(Uint8Array.of(1, 2, 3))
      frame.wire = { bytes: Uint8Array.of(66) }
      await reach(server, client, frame)
      await reach(client, server, frame)
    })

    it('do not wait behind frames', async () => {
      const { client, server } = await bench().pair()
      const frame = new Frame(new Uint8Array(LIMITS.maxFrame))
      const before: number[] = []
      client.onDatagram = () => before.push(client.frames.length)
      for (let i = 0; i < 24; i++) server.channel.send(frame)
      await reach(server, client, Uint8Array.of(1))
      expect(before[0]).to.be.lessThan(24)
    })

    it('are spared a receiver that does not know them', async () => {
      const plain = new Recorder(null as unknown as Channel)
      const receiver = { frame: (bytes: Uint8Array) => plain.frame(bytes), end: () => {} }
      await bench().listener.close()
      bench().url = await bench().listener.listen(() => receiver, LIMITS)
      const client = await bench().dial()
      for (let i = 0; i < 10; i++) client.channel.datagrams!.send(new Frame(Uint8Array.of(2)))
      client.send(1)
      await plain.has(1)
      expect(client.ends).to.deep.equal([])
    })

    it('call nobody back from within send', async () => {
      const { client, server } = await bench().pair()
      client.call(channel => channel.datagrams!.send(new Frame(Uint8Array.of(1))))
      server.call(channel => channel.datagrams!.send(new Frame(Uint8Array.of(1))))
      await reach(client, server, Uint8Array.of(2))
      expect([...client.trespasses, ...server.trespasses]).to.deep.equal([])
    })

    for (const end of ['close', 'abort'] as const)
      it(`stop with this side’s own ${end}: none is delivered, and sending does nothing`, async () => {
        const { client, server } = await bench().pair()
        await reach(server, client, Uint8Array.of(1))
        const before = client.datagrams.length
        for (let i = 0; i < 20; i++) server.channel.datagrams!.send(new Frame(Uint8Array.of(2)))
        if (end === 'close') client.channel.close(CloseReason.normal, '')
        else client.channel.abort()
        for (let i = 0; i < 20; i++) client.channel.datagrams!.send(new Frame(Uint8Array.of(3)))
        await Promise.all([client.ended(), server.ended()])
        for (const { channel } of [client, server]) channel.datagrams!.send(new Frame(Uint8Array.of(4)))
        await turns()
        expect(client.datagrams.length).to.equal(before)
        expect(server.datagrams.map(([value]) => value)).to.not.include.members([3])
        expect([client.ends.length, server.ends.length]).to.deep.equal([1, 1])
      })
  })
}

/** Sends the same datagram until it has come. */
async function reach(from: Recorder, to: Recorder, what: Uint8Array | Frame): Promise<void> {
  const frame = what instanceof Frame ? what : new Frame(what)
  const isIt = same(frame.bytes)
  const known = to.datagrams.length
  while (!to.datagrams.slice(known).some(isIt)) {
    from.channel.datagrams!.send(frame)
    await turns(5)
  }
}
