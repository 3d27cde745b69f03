/** What hostile bytes do to a WebSocket server: they end their own connection with a reason, and nothing else. */
import { expect } from 'chai'
import { CloseReason } from '../../lib/protocol/close.ts'
import { fromFrameCode } from '../../transports/websocket/close-frame.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { ManualClock } from './manual-clock.ts'
import { BINARY, CLOSE, frame, PING, PONG, RawClient, TEXT, upgradeRequest } from './raw-client.ts'
import { Bench, type Recorder } from './recorder.ts'

const { malformed, rate } = CloseReason
const tooLarge = CloseReason['too-large']

/** A header with a length of 8 bytes, and no payload. */
const huge = (...length: number[]) => Buffer.from([0x82, 0xff, ...length, 0, 0, 0, 0])
const many = (count: number, bytes: Buffer) => Buffer.concat(Array<Buffer>(count).fill(bytes))

const violations: Record<string, [bytes: Buffer, code: number]> = {
  'an unmasked frame': [frame(BINARY, 'x', { masked: false }), malformed],
  'a first reserved bit': [frame(BINARY, 'x', { reserved: 0x40 }), malformed],
  'a second reserved bit': [frame(BINARY, 'x', { reserved: 0x20 }), malformed],
  'a third reserved bit': [frame(BINARY, 'x', { reserved: 0x10 }), malformed],
  'a reserved data opcode': [frame(3, 'x'), malformed],
  'a reserved control opcode': [frame(11, 'x'), malformed],
  'a length of 2^63': [huge(0x80, 0, 0, 0, 0, 0, 0, 0), tooLarge],
  'a length of 2^64 - 1': [huge(255, 255, 255, 255, 255, 255, 255, 255), tooLarge],
  'a length of 4 GiB': [huge(0, 0, 0, 1, 0, 0, 0, 0), tooLarge],
  'a length of one more than the limit': [huge(0, 0, 0, 0, 0, 0x10, 0, 1), tooLarge],
  'pieces that exceed the limit together': [
    Buffer.concat([frame(BINARY, 'x', { final: false }), many(17, frame(0, 'x'.repeat(65535), { final: false }))]),
    tooLarge,
  ],
  'a flood of one-byte pieces': [
    Buffer.concat([frame(BINARY, 'x', { final: false }), many(5000, frame(0, 'x', { final: false }))]),
    malformed,
  ],
  'a flood of empty pieces': [
    Buffer.concat([frame(BINARY, '', { final: false }), many(5000, frame(0, '', { final: false }))]),
    malformed,
  ],
  'a piece that continues nothing': [frame(0, 'x'), malformed],
  'a new frame within the pieces of another': [
    Buffer.concat([frame(BINARY, 'x', { final: false }), frame(BINARY, 'x')]),
    malformed,
  ],
  'a text frame': [frame(TEXT, 'hello'), malformed],
  'a text frame of bad UTF-8': [frame(TEXT, Buffer.from([0xc0, 0x80])), malformed],
  'a flood of pings': [many(1000, frame(PING, 'x')), rate],
  'a flood of pongs that nobody asked for': [many(1000, frame(PONG, 'x')), rate],
  'a ping in pieces': [frame(PING, 'x', { final: false }), malformed],
  'a ping that is too long': [frame(PING, 'x'.repeat(126)), malformed],
  'a close frame of one byte': [frame(CLOSE, 'x'), malformed],
  'a close frame with a forbidden code': [frame(CLOSE, Buffer.from([3, 237])), malformed],
  'a close frame with the code 0': [frame(CLOSE, Buffer.from([0, 0])), malformed],
  'a close frame with bad UTF-8': [frame(CLOSE, Buffer.from([15, 161, 0xff])), malformed],
  'a TLS hello after the upgrade': [Buffer.from('1603010200010001fc0303', 'hex'), malformed],
}

/** What is sent instead of an upgrade, and what the answer begins with ('' for none). */
const strangers: Record<string, [bytes: string | Buffer, answer: RegExp]> = {
  'junk bytes': [Buffer.alloc(4096, 0xfe), /^HTTP\/1\.1 400/],
  'a TLS hello': [Buffer.from('16030102000100', 'hex'), /^HTTP\/1\.1 400/],
  'a header without end': [`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`, /^HTTP\/1\.1 431/],
  'an upgrade by POST': [upgradeRequest().replace('GET', 'POST'), /^HTTP\/1\.1 405/],
  'an upgrade without a key': [upgradeRequest('/', { 'Sec-WebSocket-Key': '' }), /^HTTP\/1\.1 400/],
  'an upgrade of an unknown version': [upgradeRequest('/', { 'Sec-WebSocket-Version': '99' }), /^HTTP\/1\.1 400/],
  'an upgrade to something else': [upgradeRequest('/', { Upgrade: 'h2c' }), /^HTTP\/1\.1 400/],
  'an upgrade of another path': [upgradeRequest('//evil.example/%2e%2e/'), /^HTTP\/1\.1 404/],
}

describe('a hostile WebSocket client', () => {
  let bench: Bench
  let clock: ManualClock
  let honest: { client: Recorder; server: Recorder }
  let port: number
  let before = 0

  beforeEach(async () => {
    before = await settledHandles()
    clock = new ManualClock()
    bench = new Bench(websocket({ port: 0, clock }), websocketDialer())
    await bench.listen()
    port = Number(new URL(bench.url).port)
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
  })

  const attack = async (): Promise<{ raw: RawClient; victim: Recorder }> => {
    const raw = await RawClient.upgraded(port)
    return { raw, victim: await bench.arrival(1) }
  }

  for (const [what, [bytes, code]] of Object.entries(violations))
    it(`loses its connection for ${what}`, async () => {
      const { raw, victim } = await attack()
      raw.socket.write(bytes)
      const told = await raw.closeCode()
      raw.socket.end()
      await victim.ended()
      expect(victim.ends.map(end => end.code)).to.deep.equal([code])
      expect(victim.frames).to.deep.equal([])
      expect(fromFrameCode(told!)).to.equal(code)
    })

  for (const [what, [bytes, answer]] of Object.entries(strangers))
    it(`is turned away with ${what}`, async () => {
      const raw = await RawClient.open(port)
      raw.socket.write(bytes)
      expect(await raw.wholeAnswer()).to.match(answer)
      expect(bench.servers.length).to.equal(1)
    })

  it('keeps what it sent in good order before its violation', async () => {
    const { raw, victim } = await attack()
    raw.socket.write(Buffer.concat([frame(BINARY, 'a'), frame(BINARY, 'b'), frame(3, 'c'), frame(BINARY, 'd')]))
    await raw.closeCode()
    raw.socket.end()
    await victim.ended()
    expect(victim.frames).to.deep.equal([Buffer.from('a'), Buffer.from('b')].map(bytes => new Uint8Array(bytes)))
  })

  it('is thrown out after two seconds when it goes on to write after its violation', async () => {
    const raw = await RawClient.upgraded(port, true)
    const victim = await bench.arrival(1)
    raw.socket.write(frame(3, 'x'))
    await raw.closeCode()
    raw.socket.write(many(1000, frame(BINARY, 'y')))
    await clock.advance(1999)
    expect(victim.ends).to.deep.equal([])
    await clock.advance(1)
    await victim.ended()
    expect(victim.frames).to.deep.equal([])
    raw.socket.destroy()
  })

  it('that upgrades and falls silent stays open for the session to judge, and goes at once when it does', async () => {
    const { raw, victim } = await attack()
    raw.socket.write(frame(BINARY, 'only half of it').subarray(0, 9))
    honest.client.send(1)
    await honest.server.has(1)
    expect(victim.ends).to.deep.equal([])
    victim.channel.abort()
    await Promise.all([victim.ended(), raw.until(() => raw.ended)])
  })

  it('that shuts its half without a word is lost', async () => {
    const { raw, victim } = await attack()
    raw.socket.end()
    await victim.ended()
    expect(victim.ends).to.deep.equal([{ code: undefined, text: '' }])
  })

  it('that resets its connection, in the midst of a frame and of ours, is lost', async () => {
    const { raw, victim } = await attack()
    for (let i = 0; i < 100; i++) victim.send(i)
    raw.socket.write(frame(BINARY, 'only half of it').subarray(0, 9))
    raw.socket.resetAndDestroy()
    await victim.ended()
    expect(victim.ends).to.deep.equal([{ code: undefined, text: '' }])
  })

  it('that sends frames with its upgrade request is heard', async () => {
    const raw = await RawClient.open(port)
    raw.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), frame(BINARY, 'a'), frame(BINARY, 'b')]))
    const victim = await bench.arrival(1)
    await victim.has(2)
    expect(victim.frames.map(([byte]) => byte)).to.deep.equal([97, 98])
    raw.socket.destroy()
    await victim.ended()
  })

  it('that writes a frame byte by byte is heard', async () => {
    const { raw, victim } = await attack()
    raw.socket.setNoDelay(true)
    for (const byte of frame(BINARY, 'drip, drip')) {
      raw.socket.write(Uint8Array.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    await victim.has(1)
    expect(Buffer.from(victim.frames[0]!).toString()).to.equal('drip, drip')
    raw.socket.destroy()
    await victim.ended()
  })

  it('that comes two hundred times and vanishes leaves nothing behind', async () => {
    for (let round = 0; round < 4; round++) {
      const raws = await Promise.all(Array.from({ length: 50 }, () => RawClient.upgraded(port)))
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
