/** What hostile packets do to a UDP server: nothing to others, and nothing is kept for them. */
import { expect } from 'chai'
import { seededRandom } from '../../lib/base/random.ts'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import {
  ACCEPT,
  ACK,
  BODY,
  CHALLENGE,
  COOKIE,
  DATA,
  DATA_HEADER,
  DATAGRAM,
  DONE,
  HELLO,
  type Id,
  idAt,
  knock,
  OPEN,
  PACKET,
  PROOF,
  packetOf,
  REFUSED,
  RESET,
} from '../../transports/udp/packets.ts'
import { ManualClock } from './manual-clock.ts'
import { eventually, type Recorder, turns } from './recorder.ts'
import { portOf, type RawUdp, type UdpBench, udpBenches } from './udp-bench.ts'

const random = seededRandom(11)
const randomId = (): Id => idAt(Buffer.from(random.bytes(8)), 0)

describe('a hostile UDP client', () => {
  let bench: UdpBench
  let clock: ManualClock
  let honest: { client: Recorder; server: Recorder }
  let port: number

  // Before the servers are closed.
  afterEach(async () => {
    // Whatever happened beside it, an honest client notices nothing.
    await roundTrip()
    expect([honest.client.ends, honest.server.ends]).to.deep.equal([[], []])
    // The server's clock stands still, so it is the client that ends this.
    honest.client.channel.close(CloseReason.normal, '')
    await honest.server.ended()
  })

  const { opened, raw } = udpBenches()

  beforeEach(async () => {
    clock = new ManualClock()
    bench = await opened({ clock, maxConnections: 20 })
    port = portOf(bench)
    honest = await bench.pair()
  })
  /** When it is over, all that was sent before has been read. */
  async function roundTrip(): Promise<void> {
    const [up, down] = [honest.server.frames.length, honest.client.frames.length]
    honest.client.send(42)
    await honest.server.has(up + 1)
    honest.server.send(43)
    await honest.client.has(down + 1)
  }

  async function cookieFor(socket: RawUdp, id: Id): Promise<Buffer> {
    await socket.send(knock(HELLO, id), port)
    const answer = await socket.answer()
    expect([answer[0], answer.length]).to.deep.equal([COOKIE, 29])
    return answer.subarray(BODY)
  }

  /** Opens a connection by hand; gives the server's id. */
  async function open(socket: RawUdp, id: Id = randomId()): Promise<Id> {
    await socket.send(knock(OPEN, id, await cookieFor(socket, id)), port)
    const answer = await socket.answer()
    expect(answer[0]).to.equal(ACCEPT)
    return idAt(answer, BODY)
  }

  const only = { open: 1, known: 1, openings: 1 }

  describe('before it has proved its address', () => {
    it('costs no memory, from however many ports it comes', async () => {
      const sockets = await Promise.all(Array.from({ length: 100 }, raw))
      for (let i = 0; i < 20; i++) {
        for (const socket of sockets) await socket.send(knock(HELLO, randomId()), port)
        await roundTrip()
        expect(bench.listener.counts).to.deep.equal(only)
      }
      const answers = sockets.flatMap(({ received }) => received)
      expect(answers.length).to.be.above(1000)
      expect(answers.length).to.be.at.most(2000)
      expect(new Set(answers.map(({ length }) => length))).to.deep.equal(new Set([29]))
      expect(bench.servers.length).to.equal(1)
    })

    it('gets no answer to a first packet that is shorter than the longest answer may be', async () => {
      const socket = await raw()
      for (const kind of [HELLO, OPEN] as const)
        for (const length of [BODY, 13, 33, 500, PACKET - 1])
          await socket.send(knock(kind, randomId()).subarray(0, length), port)
      await roundTrip()
      expect(socket.received).to.deep.equal([])
    })

    it('never gets an answer that is longer than what it sent', async () => {
      const socket = await raw()
      for (let i = 0; i < 3000; i++) {
        const packet = Buffer.from(random.bytes(Math.floor(random.number() * 60)))
        if (packet.length > 0) packet[0] = i % 16
        await socket.send(packet, port)
        if (i % 50 !== 0) continue
        await roundTrip()
        for (const answer of socket.received.splice(0)) expect(answer.length).to.be.at.most(BODY)
      }
      expect(bench.listener.counts).to.deep.equal(only)
    })

    it('may send nothing, everything and noise', async () => {
      const socket = await raw()
      await socket.send(new Uint8Array(0), port)
      await socket.send(new Uint8Array(65_507), port)
      for (let kind = 0; kind < 256; kind++) {
        await socket.send(Uint8Array.of(kind), port)
        await socket.send(new Uint8Array(65_507).fill(kind), port)
        await socket.send(random.bytes(PACKET).fill(kind, 0, 1), port)
        if (kind % 4 === 0) await roundTrip()
      }
      await roundTrip()
      expect(bench.listener.counts).to.deep.equal(only)
      expect(honest.server.ends).to.deep.equal([])
    })

    it('opens nothing with a cookie that is forged, another’s, for another id, or old', async () => {
      const [socket, other] = [await raw(), await raw()]
      const id = randomId()
      const good = Buffer.from(await cookieFor(socket, id))
      const forged = Buffer.from(good)
      forged[19]! ^= 1
      const later = Buffer.from(good)
      later[0]! ^= 1
      const attempts: [RawUdp, Id, Buffer][] = [
        [socket, id, forged],
        [socket, id, later],
        [socket, id, Buffer.alloc(20)],
        [socket, randomId(), good],
        [other, id, good],
      ]
      for (const [from, client, cookie] of attempts) {
        await from.send(knock(OPEN, client, cookie), port)
        expect((await from.answer())[0]).to.equal(COOKIE)
      }
      await clock.advance(11_000)
      await socket.send(knock(OPEN, id, good), port)
      expect((await socket.answer())[0]).to.equal(COOKIE)
      expect(bench.listener.counts).to.deep.equal(only)
      expect(bench.servers.length).to.equal(1)
    })

    it('is told where it speaks another version', async () => {
      const socket = await raw()
      const packet = knock(HELLO, randomId())
      packet[4] = 2
      await socket.send(packet, port)
      const answer = await socket.answer()
      expect(answer[0]).to.equal(REFUSED)
      expect(answer.readUInt16LE(BODY)).to.equal(CloseReason['protocol-mismatch'])
    })
  })

  describe('that opens a connection', () => {
    it('opens one with one cookie, however often its packet comes', async () => {
      const socket = await raw()
      const id = randomId()
      const packet = knock(OPEN, id, await cookieFor(socket, id))
      for (let i = 0; i < 10; i++) await socket.send(packet, port)
      await eventually(() => socket.received.length === 10)
      expect(new Set(socket.received.map(answer => answer.toString('hex'))).size).to.equal(1)
      expect(bench.listener.counts).to.deep.equal({ open: 2, known: 2, openings: 2 })
      const server = idAt(socket.received[0]!, BODY)
      await socket.send(packetOf(RESET, server), port)
      await bench.servers[1]!.ended()
      // Not when it is over either.
      await socket.send(packet, port)
      await roundTrip()
      expect(bench.servers.length).to.equal(2)
      expect(bench.listener.counts.open).to.equal(1)
    })

    it('is refused beyond maxConnections, and nothing is kept of it', async () => {
      const sockets = await Promise.all(Array.from({ length: 25 }, raw))
      const answers: Buffer[] = []
      for (const socket of sockets) {
        const id = randomId()
        await socket.send(knock(OPEN, id, await cookieFor(socket, id)), port)
        answers.push(await socket.answer())
      }
      const refused = answers.filter(answer => answer[0] === REFUSED)
      expect(refused.length).to.equal(6)
      expect(refused[0]!.readUInt16LE(BODY)).to.equal(CloseReason['too-many-connections'])
      expect(bench.listener.counts).to.deep.equal({ open: 20, known: 20, openings: 20 })
      for (const { channel } of bench.servers.slice(1)) channel.abort()
    })

    it('forgets openings once their cookies are old', async () => {
      for (let i = 0; i < 5; i++) {
        await open(await raw())
        await bench.arrival(i + 1)
        bench.servers[i + 1]!.channel.abort()
        await bench.servers[i + 1]!.ended()
      }
      expect(bench.listener.counts).to.deep.equal({ open: 1, known: 1, openings: 6 })
      await clock.advance(11_001)
      await open(await raw())
      expect(bench.listener.counts).to.deep.equal({ open: 2, known: 2, openings: 1 })
      bench.servers[6]!.channel.abort()
    })

    it('cannot speak for others, nor end them, with ids that are nearly theirs', async () => {
      const [victim, attacker] = [await raw(), await raw()]
      const id = await open(victim)
      const server = await bench.arrival(1)
      for (const near of [
        { low: id.low, high: id.high ^ 1 },
        { low: id.low ^ 1, high: id.high },
        { low: id.high, high: id.low },
      ])
        for (const socket of [attacker, victim]) {
          await socket.send(data(near, 0, 0, 2, 9), port)
          await socket.send(packetOf(DATAGRAM, near, 20), port)
          for (const kind of [RESET, DONE, PROOF, CHALLENGE]) await socket.send(packetOf(kind, near, 17), port)
        }
      await roundTrip()
      expect([server.frames, server.datagrams, server.ends]).to.deep.equal([[], [], []])
      await victim.send(data(id, 0, 0, 2, 9), port)
      await server.has(1)
      server.channel.abort()
    })

    it('is asked from another address, once in a while, and never more than it sent', async () => {
      const [home, away] = [await raw(), await raw()]
      const id = await open(home)
      const server = await bench.arrival(1)
      await away.send(ack(id, 0), port)
      await roundTrip()
      expect(away.received).to.deep.equal([])
      for (let i = 0; i < 50; i++) await away.send(packetOf(DATAGRAM, id, 17), port)
      await roundTrip()
      expect(away.received.map(packet => [packet[0], packet.length])).to.deep.equal([[CHALLENGE, 17]])
      await clock.advance(100)
      await away.send(packetOf(DATAGRAM, id, 17), port)
      expect(Buffer.compare(await away.answer(), await away.answer())).to.equal(0)
      server.send(1)
      await clock.advance(10)
      expect((await home.answer())[0]).to.equal(DATA)
      server.channel.abort()
    })

    it('is not believed with a wrong proof, nor with the right one from elsewhere', async () => {
      const [home, away, elsewhere] = [await raw(), await raw(), await raw()]
      const id = await open(home)
      const server = await bench.arrival(1)
      await away.send(packetOf(DATAGRAM, id, 17), port)
      const proof = packetOf(PROOF, id, 17)
      proof.set((await away.answer()).subarray(BODY), BODY)
      await elsewhere.send(proof, port)
      for (const wrong of [proof.subarray(0, 16), Buffer.concat([proof, proof]), packetOf(PROOF, id, 17).fill(7, 9)])
        await away.send(wrong, port)
      await roundTrip()
      server.channel.datagrams!.send(new Frame(Uint8Array.of(1)))
      expect((await home.answer())[0]).to.equal(DATAGRAM)
      await away.send(proof, port)
      await roundTrip()
      server.channel.datagrams!.send(new Frame(Uint8Array.of(2)))
      expect((await away.answer())[0]).to.equal(DATAGRAM)
      // A proof is good once.
      await home.send(proof, port)
      await roundTrip()
      server.channel.datagrams!.send(new Frame(Uint8Array.of(3)))
      expect((await away.answer())[0]).to.equal(DATAGRAM)
      expect([home.received, elsewhere.received]).to.deep.equal([[], []])
      server.channel.abort()
    })

    it('does not get a datagram delivered twice, nor frames out of turn', async () => {
      const socket = await raw()
      const id = await open(socket)
      const server = await bench.arrival(1)
      for (const number of [5, 5, 4, 5, 4, 2 ** 31 - 1, 5, 2 ** 31 - 1]) {
        const packet = packetOf(DATAGRAM, id, 14)
        packet.writeUInt32LE(number, BODY)
        packet[13] = number & 255
        await socket.send(packet, port)
      }
      for (const number of [2, 1, 1, 600, 2 ** 31, 0, 0, 2])
        await socket.send(data(id, number, 0, 2, number & 255), port)
      await server.has(3)
      await roundTrip()
      expect(server.datagrams.map(([value]) => value)).to.deep.equal([5, 4, 255])
      expect(server.frames.map(([value]) => value)).to.deep.equal([0, 1, 2])
      server.channel.abort()
    })

    it('ends alone, as too-large, for a length over the limit, before anything of it is kept', async () => {
      const socket = await raw()
      const id = await open(socket)
      const server = await bench.arrival(1)
      await socket.send(data(id, 0, 0, 2, 7, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3), port)
      await eventually(() => socket.received.some(packet => packet[0] === DATA))
      // It acknowledges what it was told.
      await socket.send(ack(id, 1), port)
      await server.ended()
      expect(server.ends.map(({ code }) => code)).to.deep.equal([CloseReason['too-large']])
      expect(server.frames).to.deep.equal([Uint8Array.of(7)])
    })
  })

  describe('that speaks of a connection that is none', () => {
    it('is told so in fewer bytes, a thousand times a second at most', async () => {
      const socket = await raw()
      for (let i = 0; i < 1500; i++) {
        await socket.send(packetOf(DATA, randomId(), 30), port)
        if (i % 50 === 0) await roundTrip()
      }
      await roundTrip()
      expect(socket.received.length).to.be.within(500, 1000)
      expect(new Set(socket.received.map(packet => `${packet[0]} ${packet.length}`))).to.deep.equal(
        new Set([`${RESET} ${BODY}`]),
      )
      socket.received.length = 0
      await clock.advance(1000)
      await socket.send(packetOf(ACK, randomId(), 13), port)
      expect((await socket.answer())[0]).to.equal(RESET)
    })

    it('is not answered where its words are an answer themselves', async () => {
      const socket = await raw()
      for (const kind of [RESET, DONE, CHALLENGE, PROOF, COOKIE, ACCEPT, REFUSED])
        await socket.send(packetOf(kind, randomId(), 40), port)
      await roundTrip()
      await turns()
      expect(socket.received).to.deep.equal([])
    })
  })
})

function data(id: Id, at: number, next: number, ...bytes: number[]): Buffer {
  const packet = packetOf(DATA, id, DATA_HEADER + bytes.length)
  packet.writeUInt32LE(at, BODY)
  packet.writeUInt32LE(next, BODY + 4)
  packet.set(bytes, DATA_HEADER)
  return packet
}

function ack(id: Id, next: number): Buffer {
  const packet = packetOf(ACK, id, BODY + 4)
  packet.writeUInt32LE(next, BODY)
  return packet
}
