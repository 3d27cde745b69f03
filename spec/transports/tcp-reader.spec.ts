/** Where frames end in a stream: the same wherever the network cuts it, and in memory that follows the bytes that came. */
import { expect } from 'chai'
import fc from 'fast-check'
import { CloseReason } from '../../lib/protocol/close.ts'
import { FrameReader } from '../../transports/tcp/reader.ts'
import { closing, framed, lengthOf } from './tcp-bench.ts'

const MAX = 4096

/** What is found in `chunks`. */
function found(chunks: readonly Uint8Array[], stopAfter = Number.POSITIVE_INFINITY): unknown[] {
  const heard: unknown[] = []
  const reader = new FrameReader(MAX, {
    frame(bytes) {
      heard.push(Buffer.from(bytes).toString('latin1'))
      return heard.length < stopAfter
    },
    closed: (code, text) => heard.push({ closed: code, text }),
    refuse: code => heard.push({ refused: code }),
  })
  for (const chunk of chunks) reader.read(chunk)
  return heard
}

/** `bytes` in pieces of `size`. */
const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size))

describe('the reader of TCP', () => {
  const bodies = ['', 'a', 'bc', '', 'x'.repeat(300), 'y'.repeat(MAX), 'z']
  const stream = Buffer.concat([...bodies.map(framed), closing('\x03\x00bye')])
  const all = [...bodies, { closed: 3, text: 'bye' }]

  it('finds the same frames however the stream is cut in two', () => {
    for (let at = 0; at <= stream.length; at++)
      expect(found([stream.subarray(0, at), stream.subarray(at)])).to.deep.equal(all)
  })

  it('finds the same frames in pieces of any size, a single byte too', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 64, 1023, 1024, 1025, stream.length])
      expect(found(cut(stream, size))).to.deep.equal(all)
  })

  it('finds what was written, whatever it was and however it is cut', () => {
    const lengths = fc.array(fc.oneof(fc.nat(8), fc.nat(MAX)), { maxLength: 12 })
    fc.assert(
      fc.property(
        lengths,
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 }),
        (lengths, sizes) => {
          const bodies = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length))
          const bytes = Buffer.concat(bodies.map(framed))
          const chunks: Uint8Array[] = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]!
            chunks.push(bytes.subarray(at, at + size))
            at += size
          }
          expect(found(chunks)).to.deep.equal(bodies)
        },
      ),
    )
  })

  it('hands on a frame that is whole in what came as it lies there, plain', () => {
    const chunk = Uint8Array.from(Buffer.concat([framed('ab'), framed('cd')]))
    const seen: Uint8Array[] = []
    const reader = new FrameReader(MAX, { frame: bytes => seen.push(bytes) > 0, closed: () => {}, refuse: () => {} })
    reader.read(chunk)
    expect(seen.map(({ buffer, byteOffset }) => [buffer === chunk.buffer, byteOffset])).to.deep.equal([
      [true, 4],
      [true, 10],
    ])
    reader.read(Buffer.from(chunk))
    for (const bytes of seen) expect(Object.getPrototypeOf(bytes)).to.equal(Uint8Array.prototype)
  })

  it('hands on nothing behind a frame whose receiver wants no more', () => {
    const bytes = Buffer.concat([framed('a'), framed('b'), framed('c')])
    for (const size of [1, 2, bytes.length]) expect(found(cut(bytes, size), 2)).to.deep.equal(['a', 'b'])
  })

  it('survives any bytes, and refuses at most once', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), chunks => {
        const heard = found(chunks)
        const last = heard.findIndex(entry => typeof entry === 'object')
        expect(last === -1 || last === heard.length - 1).to.equal(true)
      }),
    )
  })

  for (const [what, bytes, outcome] of [
    ['a length of one more than the limit', lengthOf(MAX + 1), { refused: CloseReason['too-large'] }],
    ['a length of 2^31 - 1', lengthOf(0x7fff_ffff), { refused: CloseReason['too-large'] }],
    ['a close without a code', closing(''), { refused: CloseReason.malformed }],
    ['a close of one byte', closing('x'), { refused: CloseReason.malformed }],
    ['a close of 2^31 - 1 bytes', lengthOf(0xffff_ffff), { refused: CloseReason.malformed }],
    ['a close of more text than may be', lengthOf(0x8000_0000 + 1027), { refused: CloseReason.malformed }],
    ['a close of bad UTF-8', closing(Buffer.of(3, 0, 0xc0, 0x80)), { refused: CloseReason.malformed }],
    ['a close with the code 0', closing('\x00\x00'), { closed: undefined, text: '' }],
    ['a close of the longest text', closing(`\x01\x00${'t'.repeat(1024)}`), { closed: 1, text: 't'.repeat(1024) }],
  ] as const)
    it(`ends at ${what}, whatever follows`, () => {
      const stream = Buffer.concat([framed('before'), bytes, framed('behind')])
      for (const size of [1, 3, stream.length]) expect(found(cut(stream, size))).to.deep.equal(['before', outcome])
    })

  it('takes no memory for a length, and little more than what came for a frame that is never whole', () => {
    const count = 200
    const sent = 5000
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: count }, () => {
      const reader = new FrameReader(1 << 20, { frame: () => true, closed: () => {}, refuse: () => {} })
      reader.read(lengthOf(1 << 20))
      return reader
    })
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(count * 1024)
    const byte = Buffer.of(1)
    for (const reader of readers) for (let i = 0; i < sent; i++) reader.read(byte)
    global.gc?.()
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(count * sent * 4)
    for (const reader of readers) reader.drop()
  })
})
