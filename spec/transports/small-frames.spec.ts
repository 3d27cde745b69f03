/** Small messages are taken off the socket before `ws`: with them, every stream of bytes means what it means to `ws` alone. */
import type { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { SmallFrames } from '../../transports/websocket/small-frames.ts'
import { WebSocketServer, wsOptions } from '../../transports/websocket/ws.ts'
import { BINARY, CLOSE, frame as framed, PING, PONG, TEXT } from './raw-client.ts'

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** What a server hears of `chunks`; a chunk that is true lets a turn of the event loop pass. */
async function hear(chunks: readonly (Buffer | true)[], taking: boolean, closeAfter = Number.POSITIVE_INFINITY) {
  const heard: string[] = []
  let taken = 0
  let messages = 0
  const written: Buffer[] = []
  const socket = new Duplex({
    read: () => {},
    write: (bytes, _encoding, done) => {
      written.push(bytes)
      done()
    },
  })
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  }
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, ...wsOptions(65536) })
  let small: SmallFrames | null = null
  server.handleUpgrade({ method: 'GET', headers } as unknown as IncomingMessage, socket, Buffer.alloc(0), ws => {
    written.length = 0
    const open = () => ws.readyState === 1
    const message = (payload: Uint8Array) => {
      heard.push(`message ${Buffer.from(payload).toString('hex')}`)
      if (++messages !== closeAfter) return
      small?.release()
      ws.close(4000)
    }
    if (taking)
      small = new SmallFrames(socket, payload => {
        taken++
        message(payload)
        return open()
      })
    ws.on('message', (data: Buffer, binary) => (binary ? message(data) : heard.push(`text ${data}`)))
    ws.on('ping', data => heard.push(`ping ${data}`))
    ws.on('pong', data => heard.push(`pong ${data}`))
    ws.on('error', error => {
      small?.drop()
      heard.push(`error ${(error as { code?: string }).code}`)
    })
  })
  await turn()
  for (const chunk of chunks) {
    if (chunk === true) await turn()
    else socket.push(Buffer.from(chunk))
  }
  await turn()
  socket.destroy()
  return { heard, taken, written: Buffer.concat(written).toString('hex') }
}

const frame: typeof framed = (opcode, payload, how) => framed(opcode, payload, { key: [1, 120, 254, 3], ...how })

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7) & 255))

const honest = fc.oneof(
  { weight: 6, arbitrary: fc.nat(125).map(length => frame(BINARY, bytes(length))) },
  fc.constantFrom(126, 300, 65535, 65536).map(length => frame(BINARY, bytes(length))),
  fc.constantFrom(PING, PONG).map(opcode => frame(opcode, 'beat')),
  fc.constant(frame(TEXT, 'words')),
  fc
    .array(fc.nat(200), { minLength: 1, maxLength: 3 })
    .map(sizes =>
      Buffer.concat([
        frame(BINARY, 'first', { final: false }),
        ...sizes.map(size => frame(0, bytes(size), { final: false })),
        frame(PING, 'between'),
        frame(0, 'last'),
      ]),
    ),
)

const ends = fc.constantFrom(
  Buffer.alloc(0),
  frame(CLOSE, Buffer.from([15, 161])),
  frame(CLOSE, ''),
  frame(CLOSE, 'x'),
  frame(BINARY, 'x', { masked: false }),
  frame(BINARY, 'x', { reserved: 0x40 }),
  frame(3, 'x'),
  frame(0, 'continues nothing'),
  Buffer.concat([frame(BINARY, 'x', { final: false }), frame(BINARY, 'within')]),
  frame(PING, 'x', { final: false }),
  frame(PING, 'x'.repeat(126)),
  frame(BINARY, bytes(65537)),
  Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
)

/** `stream` cut at `places`, in turns of the event loop as `turns` says. */
function cut(stream: Buffer, places: readonly number[], turns: readonly boolean[]): (Buffer | true)[] {
  const chunks: (Buffer | true)[] = []
  const sorted = [...new Set(places.map(place => Math.floor(place * stream.length)))].sort((a, b) => a - b)
  let at = 0
  for (const [i, place] of [...sorted, stream.length].entries()) {
    if (place > at) chunks.push(stream.subarray(at, place))
    if (turns[i % turns.length]) chunks.push(true)
    at = place
  }
  return chunks
}

const part = fc.double({ min: 0, max: 1, noNaN: true })

describe('small messages before ws', () => {
  it('are taken without ws', async () => {
    const stream = Buffer.concat([frame(BINARY, 'a'), frame(BINARY, ''), frame(BINARY, bytes(125))])
    const { heard, taken } = await hear([stream, true, frame(BINARY, 'b')], true)
    expect(heard).to.have.length(4)
    expect(taken).to.equal(4)
  })

  it('are taken again behind a frame that came in two reads, and behind a ping', async () => {
    const long = frame(BINARY, bytes(300))
    for (let at = 1; at < long.length; at++) {
      const { taken } = await hear([long.subarray(0, at), true, long.subarray(at), true, frame(BINARY, 'a')], true)
      expect(taken, `cut at ${at}`).to.equal(1)
    }
    const { taken } = await hear([frame(PING, 'x'), true, frame(BINARY, 'a')], true)
    expect(taken).to.equal(1)
  })

  it('leave every stream what it means to ws alone, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(honest, { maxLength: 12 }),
        ends,
        fc.array(honest, { maxLength: 3 }),
        fc.array(part, { maxLength: 12 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
        async (before, end, after, places, turns) => {
          const chunks = cut(Buffer.concat([...before, end, ...after]), places, turns)
          const [plain, taking] = [await hear(chunks, false), await hear(chunks, true)]
          expect(taking.heard).to.deep.equal(plain.heard)
          expect(taking.written).to.equal(plain.written)
        },
      ),
      { numRuns: 400 },
    )
  })

  const traps: Record<string, (Buffer | true)[]> = {
    'a whole frame between the pieces of another': [
      frame(BINARY, 'x', { final: false }),
      true,
      frame(BINARY, 'within'),
    ],
    'what follows an offence in the same turn': [frame(3, 'x'), frame(BINARY, 'behind')],
    'a length that looks like a small frame, in a read of its own': [
      frame(BINARY, bytes(0x8283)).subarray(0, 2),
      true,
      frame(BINARY, bytes(0x8283)).subarray(2),
      true,
      frame(BINARY, 'behind'),
    ],
  }
  for (const [what, chunks] of Object.entries(traps))
    it(`do not mistake ${what}`, async () => {
      const [plain, taking] = [await hear(chunks, false), await hear(chunks, true)]
      expect(taking.heard).to.deep.equal(plain.heard)
      expect(taking.written).to.equal(plain.written)
    })

  it('leave the rest to ws when this end closes between two of them', async () => {
    const close = frame(CLOSE, Buffer.from([15, 160]))
    const stream = Buffer.concat([frame(BINARY, 'a'), frame(BINARY, 'b'), frame(BINARY, 'c'), close])
    for (let at = 0; at < stream.length; at++) {
      const chunks = [stream.subarray(0, at), true, stream.subarray(at)] as const
      const [plain, taking] = [await hear(chunks, false, 2), await hear(chunks, true, 2)]
      expect(taking.heard, `cut at ${at}`).to.deep.equal(plain.heard)
      expect(taking.written).to.equal(plain.written)
    }
  })

  it('are left to ws on a socket that it reads in another way', () => {
    const socket = new Duplex({ read: () => {}, write: () => {} })
    const small = new SmallFrames(socket, () => true)
    expect(small.taking).to.equal(false)
    small.release()
    expect(socket.listenerCount('data')).to.equal(0)
  })
})
