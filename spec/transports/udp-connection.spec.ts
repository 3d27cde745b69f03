/** A UDP connection in virtual time: loss, doubles, disorder, silence, numbers that wrap, and ends. */
import { expect } from 'chai'
import { seededRandom } from '../../lib/base/random.ts'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { ACK, DATA, DATA_HEADER, DONE, PACKET, RESET } from '../../transports/udp/packets.ts'
import { Line, type LineOptions } from './udp-line.ts'

const numbered = (index: number): Uint8Array => Uint8Array.of(index & 255, index >> 8)
const number = (bytes: Uint8Array): number => bytes[0]! | (bytes[1]! << 8)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const { kicked, malformed, normal } = CloseReason

/** 250 ms on the way, 100 ms more or less, a quarter lost, a quarter twice. */
function foul(seed: number): LineOptions {
  const random = seededRandom(seed)
  return {
    delay: () => 150 + random.number() * 200,
    copies: () => (random.number() < 0.25 ? 0 : random.number() < 0.25 ? 2 : 1),
  }
}

describe('a UDP connection', () => {
  for (const seed of [1, 2, 3, 4])
    it(`brings all frames once and in order in foul weather, datagrams at most once (seed ${seed})`, async () => {
      const { clock, a, b } = new Line(foul(seed))
      for (let i = 0; i < 300; i++) {
        for (const side of [a, b]) {
          side.connection.send(new Frame(numbered(i)))
          side.datagram(i & 255, i >> 8)
        }
        if (i % 10 === 0) await clock.advance(50)
      }
      const large = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) & 255)
      a.connection.send(new Frame(large))
      await clock.advance(60_000)
      expect(b.recorder.frames.slice(0, 300).map(number)).to.deep.equal(upTo(300))
      expect(a.recorder.frames.map(number)).to.deep.equal(upTo(300))
      expect(Buffer.compare(b.recorder.frames[300]!, large)).to.equal(0)
      for (const { recorder } of [a, b]) {
        const told = recorder.datagrams.map(number)
        expect(new Set(told).size).to.equal(told.length)
        expect(told.length).to.be.within(150, 290)
      }
      a.connection.close(normal, 'bye')
      await clock.advance(20_000)
      expect([a.ends, b.ends, a.left, b.left]).to.deep.equal([1, 1, 1, 1])
      expect(clock.waiting).to.equal(0)
    })

  for (const first of [2 ** 32 - 20, 2 ** 31 - 20, 2 ** 40 - 20])
    it(`goes on where its numbers wrap (from ${first})`, async () => {
      const { clock, a, b } = new Line({ ...foul(9), first })
      for (let i = 0; i < 200; i++) {
        a.connection.send(new Frame(numbered(i)))
        a.datagram(i)
        await clock.advance(20)
      }
      await clock.advance(20_000)
      expect(b.recorder.frames.map(number)).to.deep.equal(upTo(200))
      const told = b.recorder.datagrams.map(([value]) => value)
      expect(new Set(told).size).to.equal(told.length)
      expect(told.length).to.be.above(100)
      expect(told.some(value => value! > 180)).to.equal(true)
    })

  it('gathers what is sent in one turn in one packet, and answers it once', async () => {
    const { clock, a, b } = new Line()
    for (let i = 0; i < 50; i++) a.recorder.send(i)
    await clock.advance(500)
    expect(b.recorder.frames.length).to.equal(50)
    expect([a.sent.length, b.sent.length]).to.deep.equal([1, 1])
    expect(clock.waiting).to.equal(0)
  })

  it('answers at once where a packet is missing or came twice, else within 40 ms', async () => {
    const { clock, b } = new Line()
    const answersAfter = async (at: number): Promise<number> => {
      const before = b.of(ACK).length
      b.connection.take(data(at, 0, 2, at))
      await clock.advance(1)
      return b.of(ACK).length - before
    }
    expect(await answersAfter(0)).to.equal(0)
    await clock.advance(29)
    expect(b.of(ACK).length).to.equal(0)
    await clock.advance(20)
    expect(b.of(ACK).length).to.equal(1)
    for (const at of [0, 2, 2, 1, 0]) expect(await answersAfter(at), `${at}`).to.equal(1)
  })

  it('sends no packet that networks would cut', async () => {
    const { clock, a, b } = new Line()
    for (const length of [1, 1180, 1181, 1182, 1183, 1184, 1200, 65_536]) {
      a.connection.send(new Frame(new Uint8Array(length)))
      await clock.advance(1)
    }
    a.datagram(...new Uint8Array(a.connection.datagrams.maxSize))
    await clock.advance(1000)
    expect(b.recorder.frames.length).to.equal(8)
    expect(Math.max(...a.sent.map(({ packet }) => packet.length))).to.equal(PACKET)
  })

  it('sends one lost packet again before a wait is over, once others have overtaken it', async () => {
    let lost = 0
    const { clock, a, b } = new Line({ copies: packet => (packet.readUInt32LE(9) === 2 && lost++ === 0 ? 0 : 1) })
    for (let i = 0; i < 8; i++) {
      a.recorder.send(i)
      await clock.advance(1)
    }
    await clock.advance(40)
    expect(b.recorder.frames.map(([value]) => value)).to.deep.equal(upTo(8))
    expect(a.of(DATA).length).to.equal(9)
  })

  it('asks less and less often into silence, gives up after 30 s, and leaves nothing', async () => {
    const line = new Line()
    const { clock, a } = line
    line.isCut = true
    a.recorder.send(1)
    await clock.advance(29_000)
    const times = a.sent.map(({ at }) => at)
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    expect(times.length).to.be.within(14, 20)
    expect(gaps).to.deep.equal([...gaps].sort((x, y) => x - y))
    expect(Math.max(...gaps)).to.be.at.most(2010)
    expect(a.misses).to.equal(times.length - 1)
    expect(a.silence).to.be.above(26_000)
    expect(a.recorder.ends).to.deep.equal([])
    await clock.advance(2000)
    expect(a.recorder.ends).to.deep.equal([{ code: undefined, text: '' }])
    expect([a.ends, a.left, clock.waiting]).to.deep.equal([1, 1, 0])
  })

  it('has more under way the better it goes, and less after a loss', async () => {
    const line = new Line({ delay: () => 50 })
    const { clock, a } = line
    a.connection.send(new Frame(new Uint8Array(1_000_000)))
    const flights: number[] = []
    for (let trip = 0; trip < 4; trip++) {
      const before = a.of(DATA).length
      await clock.advance(trip === 0 ? 90 : 100)
      flights.push(a.of(DATA).length - before)
    }
    expect(flights[0]).to.equal(16)
    expect(flights).to.deep.equal([...flights].sort((x, y) => x - y))
    line.isCut = true
    const before = a.of(DATA).length
    a.misses = 0
    await clock.advance(2000)
    expect(a.misses).to.be.above(1)
    expect(a.of(DATA).length - before).to.equal(a.misses * 4)
    line.isCut = false
    await clock.advance(20_000)
    expect(line.b.recorder.frames.length).to.equal(1)
  })

  it('never has more under way than the other end may keep, whatever has arrived of it', async () => {
    const { clock, a, b } = new Line({ copies: packet => (packet[0] === DATA && packet.readUInt32LE(9) === 0 ? 0 : 1) })
    a.connection.send(new Frame(new Uint8Array(1_000_000)))
    await clock.advance(5000)
    const numbers = new Set(a.of(DATA).map(packet => packet.readUInt32LE(9)))
    expect([numbers.size, Math.max(...numbers)]).to.deep.equal([512, 511])
    expect(a.connection.buffered).to.be.above(300_000)
    expect([a.ends, b.ends]).to.deep.equal([0, 0])
  })

  it('counts as buffered what was not sent once', async () => {
    const { clock, a } = new Line()
    a.connection.send(new Frame(new Uint8Array(100_000)))
    expect(a.connection.buffered).to.be.within(100_000, 100_010)
    await clock.advance(1)
    expect(a.connection.buffered).to.be.within(60_000, 90_000)
    await clock.advance(2000)
    expect(a.connection.buffered).to.equal(0)
  })

  describe('that is lied to', () => {
    it('believes no answer about what it never sent', async () => {
      const line = new Line()
      const { clock, a, b } = line
      line.isCut = true
      a.recorder.send(1)
      await clock.advance(1)
      for (const next of [2, 3, 1000, 2 ** 31 - 1]) a.connection.take(answer(next, 255, 255))
      line.isCut = false
      await clock.advance(2000)
      expect(b.recorder.frames.length).to.equal(1)
      expect(a.recorder.ends).to.deep.equal([])
    })

    it('takes nothing from a packet whose answer is a lie', () => {
      const { b } = new Line()
      b.connection.take(data(0, 5, 2, 9))
      expect(b.recorder.frames).to.deep.equal([])
      b.connection.take(data(0, 0, 2, 9))
      expect(b.recorder.frames.length).to.equal(1)
    })

    it('ignores bits for what it never sent, and old answers', async () => {
      const line = new Line({ delay: () => 10, copies: (_packet, from) => (from === line.b ? 0 : 1) })
      const { clock, a } = line
      for (let i = 0; i < 3; i++) {
        a.recorder.send(i)
        await clock.advance(1)
      }
      a.connection.take(answer(1, ...new Array(64).fill(255)))
      for (const next of [0, 2 ** 32 - 1, 2 ** 31]) a.connection.take(answer(next))
      const before = a.of(DATA).length
      await clock.advance(600)
      // The one that the bits do not tell of is still sent again.
      const numbers = a
        .of(DATA)
        .slice(before)
        .map(packet => packet.readUInt32LE(9))
      expect(new Set(numbers)).to.deep.equal(new Set([1]))
    })

    it('keeps no more early packets than a window, and none from far ahead', () => {
      const { b } = new Line()
      for (let at = 1; at < 100_000; at += 1) b.connection.take(data(at, 0, 2, at & 255))
      b.connection.take(data(0, 0, 2, 0))
      expect(b.recorder.frames.length).to.equal(512)
      for (const far of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 512 + 512]) b.connection.take(data(far, 0, 2, 1))
      expect(b.recorder.frames.length).to.equal(512)
    })

    it('reads no packet twice, early ones neither', () => {
      const { b } = new Line()
      for (const at of [2, 2, 1, 1, 0, 0, 1, 2]) b.connection.take(data(at, 0, 2, at))
      expect(b.recorder.frames.map(([value]) => value)).to.deep.equal([0, 1, 2])
    })

    it('stands packets of every length and kind', () => {
      const random = seededRandom(5)
      const { b } = new Line()
      for (let i = 0; i < 20_000; i++) {
        const packet = Buffer.from(random.bytes(9 + Math.floor(random.number() * 40)))
        // Not an end, which would be believed.
        if (packet[0] === DONE || packet[0] === RESET) continue
        if (i % 2) packet[0] = 6 + (i % 3)
        b.connection.take(packet)
      }
      expect(b.ends).to.equal(0)
    })

    it('ends as malformed for bytes that are no stream, and says so', async () => {
      for (const bytes of [
        [0x80, 0],
        [255, 255, 255, 255, 255, 1],
        [0, 1, 5],
        [0, 255, 255, 3],
      ]) {
        const { clock, a, b } = new Line({
          copies: (packet, from) => {
            if (from === a && packet[0] === DATA) packet.set(bytes, DATA_HEADER)
            return 1
          },
        })
        a.connection.send(new Frame(new Uint8Array(bytes.length - 1)))
        await clock.advance(200)
        expect(b.recorder.ends.map(({ code }) => code)).to.deep.equal([malformed])
        expect(a.recorder.ends.map(({ code }) => code)).to.deep.equal([malformed])
      }
    })

    it('does not end for DONE before anybody closed', () => {
      const { a } = new Line()
      a.connection.take(Buffer.from([DONE, 1, 0, 0, 0, 7, 0, 0, 0]))
      expect(a.ends).to.equal(0)
    })

    it('does not believe that nobody is there while it hears somebody', async () => {
      const line = new Line()
      const { clock, a } = line
      a.recorder.send(1)
      await clock.advance(1)
      a.connection.refused()
      await clock.advance(1000)
      a.recorder.send(2)
      await clock.advance(5)
      a.connection.refused()
      expect(a.ends).to.equal(0)
      line.isCut = true
      await clock.advance(1600)
      a.connection.refused()
      expect(a.recorder.ends).to.deep.equal([{ code: undefined, text: '' }])
    })
  })

  describe('that is closed', () => {
    it('leaves nothing on either side after one exchange', async () => {
      const { clock, a, b } = new Line()
      a.recorder.send(1)
      a.connection.close(kicked, 'out')
      await clock.advance(35)
      expect([a.ends, b.ends, a.left, b.left, clock.waiting]).to.deep.equal([1, 1, 1, 1, 0])
      expect([a.recorder.ends, b.recorder.ends]).to.deep.equal(Array(2).fill([{ code: kicked, text: 'out' }]))
      expect(b.recorder.frames.length).to.equal(1)
    })

    it('ends by force after two seconds of silence, with its own code', async () => {
      const line = new Line()
      const { clock, a } = line
      line.isCut = true
      a.connection.close(kicked, 'out')
      await clock.advance(1990)
      expect(a.ends).to.equal(0)
      await clock.advance(20)
      expect(a.recorder.ends).to.deep.equal([{ code: kicked, text: 'out' }])
      expect([a.left, clock.waiting, a.of(RESET).length]).to.deep.equal([1, 0, 1])
    })

    it('is told again where the last word was lost, by one that has ended and waits two seconds for that', async () => {
      let lost = 0
      const { clock, a, b } = new Line({ copies: packet => (packet[0] === DONE && lost++ === 0 ? 0 : 1) })
      a.connection.close(kicked, 'out')
      await clock.advance(15)
      expect([a.ends, b.ends, b.left]).to.deep.equal([0, 1, 0])
      await clock.advance(800)
      expect([a.ends, b.left, lost, clock.waiting]).to.deep.equal([1, 1, 3, 0])
    })

    it('waits no longer than two seconds for somebody who is gone', async () => {
      const line = new Line({ copies: (_packet, from) => (from === line.b ? 0 : 1) })
      const { clock, a, b } = line
      a.connection.close(kicked, 'out')
      await clock.advance(1900)
      expect([b.ends, b.left]).to.deep.equal([1, 0])
      await clock.advance(2200)
      expect([a.ends, a.left, b.ends, b.left, clock.waiting]).to.deep.equal([1, 1, 1, 1, 0])
    })

    it('from both sides at once ends both at once', async () => {
      const { clock, a, b } = new Line()
      a.connection.close(kicked, 'a')
      b.connection.close(normal, 'b')
      await clock.advance(35)
      expect([a.recorder.ends, b.recorder.ends].flat().map(({ text }) => text)).to.deep.equal(['a', 'b'])
      expect([a.ends, b.ends, a.left, b.left, clock.waiting]).to.deep.equal([1, 1, 1, 1, 0])
    })

    it('carries a game’s own codes exactly, and 255 bytes of text, cut between two characters', async () => {
      for (const [text, length] of [
        ['', 0],
        ['x'.repeat(125), 125],
        ['x'.repeat(126), 126],
        ['x'.repeat(300), 255],
        ['🐟'.repeat(100), 126],
      ] as const) {
        const { clock, a, b } = new Line()
        a.connection.close(54_321, text)
        await clock.advance(35)
        expect(b.recorder.ends).to.deep.equal([{ code: 54_321, text: text.slice(0, length) }])
      }
    })

    it('brings what was sent before although the wire is full and bad', async () => {
      const { clock, a, b } = new Line({ copies: foul(3).copies! })
      for (let i = 0; i < 200; i++) a.connection.send(new Frame(new Uint8Array(500).fill(i)))
      a.connection.close(normal, '')
      await clock.advance(3000)
      expect(b.recorder.frames.map(([value]) => value)).to.deep.equal(upTo(200))
      expect(b.recorder.ends).to.deep.equal([{ code: normal, text: '' }])
    })
  })
})

/** A packet of the stream as the other end would write it. */
function data(at: number, next: number, ...bytes: number[]): Buffer {
  const packet = Buffer.alloc(DATA_HEADER + bytes.length)
  packet[0] = DATA
  packet.writeUInt32LE(at, 9)
  packet.writeUInt32LE(next, 13)
  packet.set(bytes, DATA_HEADER)
  return packet
}

function answer(next: number, ...bits: number[]): Buffer {
  const packet = Buffer.alloc(13 + bits.length)
  packet[0] = ACK
  packet.writeUInt32LE(next, 9)
  packet.set(bits, 13)
  return packet
}
