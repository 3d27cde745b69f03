/** What hostile bytes do to a TCP server: they end their own connection with a reason, and nothing else. */
import { expect } from 'chai'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { tcp, tcpDialer } from '../../transports/tcp.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { ManualClock } from './manual-clock.ts'
import { RawClient, upgradeRequest } from './raw-client.ts'
import { Bench, eventually, LIMITS, type Recorder } from './recorder.ts'
import { closeHeard, closing, framed, greeted, HELLO, lengthOf, refusal } from './tcp-bench.ts'
import { portOf } from './websocket-bench.ts'

const { malformed } = CloseReason
const tooLarge = CloseReason['too-large']

const violations: Record<string, [bytes: Buffer, code: number]> = {
  'a length of one more than the limit': [lengthOf(LIMITS.maxFrame + 1), tooLarge],
  'a length of 2^31 - 1': [lengthOf(0x7fff_ffff), tooLarge],
  'a length in the other byte order': [Buffer.of(0, 0, 1, 0x10), tooLarge],
  'a length above the limit, and all that it says': [framed(Buffer.alloc(LIMITS.maxFrame + 1)), tooLarge],
  'a close that is longer than any': [lengthOf(0xffff_ffff), malformed],
  'a close without a code': [closing(''), malformed],
  'a close of bad UTF-8': [closing(Buffer.of(3, 0, 0xff)), malformed],
  'a second greeting': [HELLO, tooLarge],
  'a TLS hello after the greeting': [Buffer.from('16030102000100fc', 'hex'), tooLarge],
  'HTTP after the greeting': [Buffer.from(upgradeRequest()), tooLarge],
}

const stranger = refusal(malformed, 'Something else than fieldcast over TCP was spoken.')
/** What is sent instead of a greeting, and what is answered. */
const strangers: Record<string, [bytes: string | Buffer, answer: RegExp | Buffer]> = {
  'an HTTP request': [upgradeRequest(), /^HTTP\/1\.1 400 .*not HTTP\.\n$/s],
  'half an HTTP request': ['G', /^HTTP\/1\.1 400 /],
  'a TLS hello': [Buffer.from('16030102000100', 'hex'), stranger],
  'junk bytes': [Buffer.alloc(100_000, 0xfe), stranger],
  'a frame without a greeting': [framed('hello'), stranger],
  'a greeting with one wrong byte': [HELLO.map((byte, i) => (i === 6 ? 0x71 : byte)) as Buffer, stranger],
  'a version that is none': [
    HELLO.map((byte, i) => (i === 7 ? 0 : byte)) as Buffer,
    refusal(CloseReason['protocol-mismatch'], 'This server speaks version 1 of this wire, not 0.'),
  ],
  'a version of tomorrow': [
    HELLO.map((byte, i) => (i === 7 ? 2 : byte)) as Buffer,
    refusal(CloseReason['protocol-mismatch'], 'This server speaks version 1 of this wire, not 2.'),
  ],
}

describe('a hostile TCP client', () => {
  let bench: Bench
  let clock: ManualClock
  let honest: { client: Recorder; server: Recorder }
  let port: number
  let before = 0

  beforeEach(async () => {
    before = await settledHandles()
    clock = new ManualClock()
    bench = new Bench(tcp({ port: 0, clock }), tcpDialer())
    await bench.listen()
    port = portOf(bench)
    honest = await bench.pair()
  })
  afterEach(async () => {
    // Whatever happened beside it, an honest client notices nothing.
    expect(honest.server.ends).to.deep.equal([])
    const heard = honest.server.frames.length
    honest.client.send(42)
    await honest.server.has(heard + 1)
    honest.server.send(43)
    await honest.client.has(1)
    await bench.listener.close()
    await expectReturnTo(before)
    expect(clock.waiting).to.equal(0)
  })

  const attack = async (stubborn = false): Promise<{ raw: RawClient; victim: Recorder }> => {
    const raw = await greeted(port, stubborn)
    return { raw, victim: await bench.arrival(1) }
  }

  for (const [what, [bytes, code]] of Object.entries(violations))
    it(`MN34 loses its connection, and no other, for ${what}`, async () => {
      const { raw, victim } = await attack()
      raw.socket.write(Buffer.concat([framed('in order'), bytes]))
      expect((await closeHeard(raw))?.code).to.equal(code)
      raw.socket.end()
      await victim.ended()
      expect(victim.ends.map(end => end.code)).to.deep.equal([code])
      expect(victim.frames.map(frame => Buffer.from(frame).toString())).to.deep.equal(['in order'])
    })

  for (const [what, [bytes, answer]] of Object.entries(strangers))
    it(`is turned away with ${what}`, async () => {
      const raw = await RawClient.open(port)
      raw.socket.write(bytes)
      const heard = await raw.wholeAnswer()
      if (answer instanceof RegExp) expect(heard).to.match(answer)
      else expect(raw.received.toString('latin1')).to.equal(answer.toString('latin1'))
      expect(bench.servers.length).to.equal(1)
    })

  it('is known as a stranger by its first wrong byte, however slowly it writes', async () => {
    const raw = await RawClient.open(port)
    for (const byte of Buffer.concat([HELLO.subarray(0, 3), Buffer.of(0)])) {
      raw.socket.write(Uint8Array.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    await raw.wholeAnswer()
    expect(raw.received.equals(stranger)).to.equal(true)
  })

  it('that is turned away and goes on to write is thrown out after two seconds', async () => {
    const raw = await RawClient.open(port, '', true)
    raw.socket.write('x')
    await raw.until(() => raw.received.length > 0)
    raw.socket.write(Buffer.alloc(100_000))
    const closed = new Promise(resolve => raw.socket.once('close', resolve))
    await clock.advance(1999)
    expect(raw.socket.destroyed).to.equal(false)
    await clock.advance(1)
    // Its end is seen by writing: a reset.
    while (!raw.socket.destroyed) {
      raw.socket.write('y')
      await new Promise(resolve => setImmediate(resolve))
    }
    await closed
  })

  it('that connects a thousand times without a byte is ended after ten seconds, and costs others nothing', async () => {
    const raws: RawClient[] = []
    for (let i = 0; i < 10; i++)
      raws.push(...(await Promise.all(Array.from({ length: 100 }, () => RawClient.open(port)))))
    await eventually(() => clock.waiting === 1000)
    const half = raws[0]!
    half.socket.write(HELLO.subarray(0, 4))
    await bench.pair()
    expect(bench.servers).to.have.length(2)
    await clock.advance(9999)
    expect(raws.some(raw => raw.ended)).to.equal(false)
    await clock.advance(1)
    await Promise.all(raws.map(raw => raw.until(() => raw.ended)))
    expect(raws.every(raw => raw.received.length === 0)).to.equal(true)
    expect(clock.waiting).to.equal(0)
  })

  it('that goes before its greeting is whole leaves nothing behind', async () => {
    for (let i = 0; i < HELLO.length; i++) {
      const raw = await RawClient.open(port)
      raw.socket.write(HELLO.subarray(0, i))
      await eventually(() => clock.waiting > 0)
      if (i % 2) raw.socket.resetAndDestroy()
      else raw.socket.end()
      await eventually(() => clock.waiting === 0)
    }
    expect(bench.servers.length).to.equal(1)
  })

  it('that writes its greeting and a frame byte by byte is heard', async () => {
    const raw = await RawClient.open(port)
    raw.socket.setNoDelay(true)
    for (const byte of Buffer.concat([HELLO, framed('drip, drip')])) {
      raw.socket.write(Uint8Array.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    const victim = await bench.arrival(1)
    await victim.has(1)
    expect(Buffer.from(victim.frames[0]!).toString()).to.equal('drip, drip')
    raw.socket.destroy()
    await victim.ended()
  })

  it('that writes greeting, frames and close in one piece is heard', async () => {
    const raw = await RawClient.open(port)
    const frames = Array.from({ length: 1000 }, (_, i) => framed(Uint8Array.of(i & 255)))
    raw.socket.write(Buffer.concat([HELLO, ...frames, closing('\x01\x00')]))
    const victim = await bench.arrival(1)
    await victim.ended()
    expect(victim.frames.map(([byte]) => byte)).to.deep.equal(frames.map((_, i) => i & 255))
    expect(victim.ends).to.deep.equal([{ code: CloseReason.normal, text: '' }])
    await raw.until(() => raw.ended)
  })

  it('that never completes a frame stays for the session to judge, and goes at once when it does', async () => {
    const { raw, victim } = await attack()
    raw.socket.write(Buffer.concat([lengthOf(LIMITS.maxFrame), Buffer.alloc(10)]))
    honest.client.send(1)
    await honest.server.has(1)
    expect(victim.ends).to.deep.equal([])
    victim.channel.abort()
    await Promise.all([victim.ended(), raw.until(() => raw.ended)])
  })

  it('that goes on to write after its violation is thrown out after two seconds', async () => {
    const { raw, victim } = await attack(true)
    raw.socket.write(lengthOf(0x7fff_ffff))
    await closeHeard(raw)
    raw.socket.write(Buffer.alloc(100_000))
    await clock.advance(1999)
    expect(victim.ends).to.deep.equal([])
    await clock.advance(1)
    await victim.ended()
    expect(victim.ends.map(end => end.code)).to.deep.equal([tooLarge])
    raw.socket.destroy()
  })

  it('that shuts its half without a word is lost, also when much is still to be sent to it', async () => {
    const { raw, victim } = await attack(true)
    raw.socket.pause()
    for (let i = 0; i < 24; i++) victim.channel.send(new Frame(new Uint8Array(1 << 20)))
    raw.socket.end()
    await victim.ended()
    expect(victim.ends).to.deep.equal([{ code: undefined, text: '' }])
    raw.socket.destroy()
  })

  it('that resets its connection, in the midst of a frame and of ours, is lost', async () => {
    const { raw, victim } = await attack()
    for (let i = 0; i < 100; i++) victim.send(i)
    raw.socket.write(framed('only half of it').subarray(0, 9))
    raw.socket.resetAndDestroy()
    await victim.ended()
    expect(victim.ends).to.deep.equal([{ code: undefined, text: '' }])
  })

  it('that comes two hundred times and vanishes leaves nothing behind', async () => {
    for (let round = 0; round < 4; round++) {
      const raws = await Promise.all(Array.from({ length: 50 }, () => greeted(port)))
      await bench.arrival(50 * (round + 1))
      for (const [index, raw] of raws.entries()) {
        if (index % 2) raw.socket.resetAndDestroy()
        else raw.socket.destroy()
      }
    }
    await Promise.all(bench.servers.slice(1).map(victim => victim.ended()))
    expect(bench.servers.length).to.equal(201)
    for (const victim of bench.servers.slice(1)) expect(victim.ends.map(end => end.code)).to.deep.equal([undefined])
  })
})
