/** The small parts of the UDP wire: the stream's frames, cookies, numbers that come twice, round trips. */
import { expect } from 'chai'
import { Inbound } from '../../transports/udp/inbound.ts'
import { Seen, SPAN, whole } from '../../transports/udp/numbers.ts'
import { Pace } from '../../transports/udp/pace.ts'
import { Secrets } from '../../transports/udp/secrets.ts'
import { endRecord, Stream } from '../../transports/udp/stream.ts'
import { ManualClock } from './manual-clock.ts'

const MAX = 1 << 20

class Listening {
  readonly heard: unknown[] = []

  frame(bytes: Uint8Array): void {
    this.heard.push([...bytes])
  }

  end(code: number, text: string): void {
    this.heard.push({ code, text })
  }

  tooLarge(length: number): void {
    this.heard.push(`too large: ${length}`)
  }

  malformed(): void {
    this.heard.push('malformed')
  }
}

function read(...pieces: (readonly number[])[]): unknown[] {
  const listening = new Listening()
  const stream = new Stream(listening, 300)
  for (const piece of pieces) stream.read(Uint8Array.from(piece))
  return listening.heard
}

describe('the stream in UDP packets', () => {
  const long = Array.from({ length: 200 }, (_, index) => index & 255)
  const whole = [1, 2, 9, 4, 5, 6, 7, 0xc9, 1, ...long, 1, ...endRecord(54_321, 'bye ä')]
  const told = [[], [9], [5, 6, 7], long, [], { code: 54_321, text: 'bye ä' }]

  it('is frames and an end, however it is cut in pieces', () => {
    expect(read(whole)).to.deep.equal(told)
    expect(read(...whole.map(byte => [byte]))).to.deep.equal(told)
    for (let at = 0; at < whole.length; at++) expect(read(whole.slice(0, at), whole.slice(at))).to.deep.equal(told)
  })

  it('is not read behind its end, nor behind a fault', () => {
    expect(read([...endRecord(1, ''), 2, 9])).to.deep.equal([{ code: 1, text: '' }])
    expect(read([2, 9, 0x80, 0, 2, 9], [2, 9])).to.deep.equal([[9], 'malformed'])
  })

  it('carries frames up to the limit, and refuses a longer one by its length alone', () => {
    const largest = new Array<number>(300).fill(1)
    expect(read([0xad, 2, ...largest])).to.deep.equal([largest])
    expect(read([0xae, 2])).to.deep.equal(['too large: 301'])
    expect(read([0xff, 0xff, 0xff, 0xff, 0x7f])).to.deep.equal([`too large: ${2 ** 35 - 2}`])
  })

  for (const [what, bytes] of Object.entries({
    'a length without end': [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    'a length in a longer form': [0x81, 0],
    'an end without a code': [0, 1, 0],
    'an end that is too long': [0, 0x82, 2],
    'an end within an end': [0, 0],
  }))
    it(`is malformed with ${what}`, () => {
      expect(read(bytes)).to.deep.equal(['malformed'])
    })

  it('costs memory for what has come, not for what was promised', () => {
    const before = process.memoryUsage().arrayBuffers
    const streams = Array.from({ length: 1000 }, () => new Stream(new Listening(), MAX))
    for (const stream of streams) stream.read(Uint8Array.of(0x81, 0x80, 0x40, 7))
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(20e6)
    expect(streams.length).to.equal(1000)
  })
})

describe('a cookie', () => {
  const clock = new ManualClock()
  const id = { low: 5, high: -7 }
  const cookie = (secrets = new Secrets('the same for both of them', clock)): Buffer => {
    const packet = Buffer.alloc(20)
    secrets.writeCookie(packet, 0, '192.0.2.1', 4000, id)
    return packet
  }

  it('is good for the address, port and id that it was made for, in every process with the secret', () => {
    const secrets = new Secrets(new TextEncoder().encode('the same for both of them'), clock)
    expect(secrets.isGood(cookie(), 0, '192.0.2.1', 4000, id)).to.equal(true)
    expect(secrets.isGood(cookie(), 0, '192.0.2.2', 4000, id)).to.equal(false)
    expect(secrets.isGood(cookie(), 0, '192.0.2.1', 4001, id)).to.equal(false)
    expect(secrets.isGood(cookie(), 0, '192.0.2.1', 4000, { low: 5, high: 7 })).to.equal(false)
    expect(secrets.isGood(cookie(), 0, '192.0.2.1', 4000, { low: -7, high: 5 })).to.equal(false)
    expect(secrets.isGood(cookie(new Secrets(undefined, clock)), 0, '192.0.2.1', 4000, id)).to.equal(false)
  })

  it('is good for ten seconds', async () => {
    const secrets = new Secrets(undefined, clock)
    const packet = cookie(secrets)
    await clock.advance(10_000)
    expect(secrets.isGood(packet, 0, '192.0.2.1', 4000, id)).to.equal(true)
    await clock.advance(1000)
    expect(secrets.isGood(packet, 0, '192.0.2.1', 4000, id)).to.equal(false)
  })
})

describe('numbers of 32 bits', () => {
  it('stand for the nearest', () => {
    for (const near of [0, 5, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3])
      for (const step of [0, 1, 511, 2 ** 31 - 1, -1, -511, -(2 ** 31)])
        expect(whole((near + step) >>> 0, near)).to.equal(near + step)
  })

  it('are known once they came, and when they are too old to tell', () => {
    const seen = new Seen()
    const fresh = (...numbers: number[]): boolean[] => numbers.map(number => seen.isNew(number >>> 0))
    expect(fresh(0, 0, 2, 1, 2, 1, 3)).to.deep.equal([true, false, true, true, false, false, true])
    expect(fresh(3 + SPAN, 3, 4, 4, 5 + SPAN, 5, 6)).to.deep.equal([true, false, true, false, true, false, true])
    expect(fresh(10 * SPAN, 10 * SPAN - 1, 10 * SPAN - 1, 9 * SPAN, 9 * SPAN + 1)).to.deep.equal([
      true,
      true,
      false,
      false,
      true,
    ])
    expect(fresh(2 ** 31, 2 ** 31, -1)).to.deep.equal([true, false, true])
  })

  it('that are older than the span count as known, although nothing says that they came', () => {
    const seen = new Seen()
    expect(seen.isNew(20 * SPAN)).to.equal(true)
    expect([19 * SPAN - 5, 19 * SPAN, 1].map(number => seen.isNew(number))).to.deep.equal([false, false, false])
    expect(seen.isNew(19 * SPAN + 1)).to.equal(true)
  })

  it('before the first one count as known', () => {
    expect(new Seen().isNew(2 ** 32 - 1)).to.equal(false)
  })

  it('are all new once, over several times the span', () => {
    const seen = new Seen(2 ** 32 - 3000)
    for (let number = 2 ** 32 - 3000; number < 2 ** 32 + 3000; number++) {
      expect(seen.isNew(number >>> 0)).to.equal(true)
      expect(seen.isNew(number >>> 0)).to.equal(false)
      expect(seen.isNew((number - 900) >>> 0)).to.equal(false)
    }
  })
})

describe('what comes early on a UDP connection', () => {
  it('is kept once, told of in bits, and forgotten when its turn has come', () => {
    const inbound = new Inbound(2 ** 32 - 2)
    const bytes = Uint8Array.of(1)
    const take = (number: number): string => {
      const verdict = inbound.judge(number >>> 0)
      if (verdict === 'early') inbound.keep(number >>> 0, bytes)
      return verdict
    }
    expect([0, 0, 1, 9, 9, 2 ** 32 - 3].map(take)).to.deep.equal(['early', 'known', 'early', 'early', 'known', 'known'])
    const bits = Buffer.alloc(inbound.bitBytes)
    inbound.writeBits(bits, 0)
    // Behind 2^32 - 2: no 2^32 - 1, then 0 and 1, then 9.
    expect([...bits]).to.deep.equal([0b110, 0b100])
    expect([take(-2), inbound.step(), take(-1)]).to.deep.equal(['next', undefined, 'next'])
    expect([inbound.step(), inbound.step(), inbound.step()]).to.deep.equal([bytes, bytes, undefined])
    expect([inbound.hasGap, inbound.next - 2 ** 32]).to.deep.equal([true, 2])
    for (let number = 2; number < 9; number++) {
      expect(take(number)).to.equal('next')
      expect(inbound.step()).to.equal(number === 8 ? bytes : undefined)
    }
    expect([inbound.hasGap, inbound.bitBytes]).to.deep.equal([false, 0])
  })
})

describe('the pace of a UDP connection', () => {
  it('waits longer than a round trip, and twice as long after each miss, up to 2 s', () => {
    const pace = new Pace()
    expect(pace.wait).to.equal(500)
    for (let i = 0; i < 50; i++) pace.measured(100)
    expect(pace.wait).to.be.within(140, 160)
    const calm = pace.wait
    pace.missed()
    expect(pace.wait).to.equal(calm * 2)
    for (let i = 0; i < 100; i++) pace.missed()
    expect(pace.wait).to.equal(2000)
    pace.arrived(1, false)
    expect(pace.wait).to.equal(calm)
  })

  it('waits 60 ms at least, longer where trips differ', () => {
    const pace = new Pace()
    for (let i = 0; i < 50; i++) pace.measured(0.1)
    expect(pace.wait).to.equal(60)
    for (let i = 0; i < 50; i++) pace.measured(i % 2 ? 20 : 120)
    expect(pace.wait).to.be.above(150)
  })

  it('grows fast until the first loss, slowly afterwards, and only where it held something back', () => {
    const pace = new Pace()
    pace.arrived(16, true)
    expect(pace.window).to.equal(32)
    pace.arrived(16, false)
    expect(pace.window).to.equal(32)
    pace.lost()
    expect(pace.window).to.be.within(22, 23)
    const after = pace.window
    pace.arrived(1, true)
    expect(pace.window - after).to.be.within(0.01, 0.1)
    for (let i = 0; i < 100; i++) pace.lost()
    expect(pace.window).to.equal(4)
    for (let i = 0; i < 10_000; i++) pace.arrived(100, true)
    expect(pace.window).to.equal(512)
  })
})
