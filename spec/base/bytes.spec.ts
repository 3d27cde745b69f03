import { expect } from 'chai'
import fc from 'fast-check'
import { Reader, Writer } from '../../lib/base/bytes.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import { utf8Length } from '../../lib/base/utf8.ts'

const seed = 20261101

function written(write: (w: Writer) => void, capacity?: number): Uint8Array {
  const w = new Writer(capacity)
  write(w)
  return w.slice()
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Reader => new Reader(new Uint8Array(Buffer.from(text, 'hex')))

describe('Writer and Reader', () => {
  it('are little-endian', () => {
    expect(hex(written(w => w.u16(0x0102)))).to.equal('0201')
    expect(hex(written(w => w.u32(0x01020304)))).to.equal('04030201')
    expect(hex(written(w => w.f32(1)))).to.equal('0000803f')
    expect(hex(written(w => w.f64(-2)))).to.equal('00000000000000c0')
  })

  it('give back every fixed number at its extremes', () => {
    const bytes = written(w => {
      w.u8(255)
      w.i8(-128)
      w.u16(65535)
      w.i16(-32768)
      w.u32(4294967295)
      w.i32(-2147483648)
      w.f32(-0)
      w.f64(Number.MIN_VALUE)
    }, 1)
    const r = new Reader(bytes)
    expect([r.u8(), r.i8(), r.u16(), r.i16(), r.u32(), r.i32(), r.f32(), r.f64()]).to.deep.equal([
      255,
      -128,
      65535,
      -32768,
      4294967295,
      -2147483648,
      -0,
      Number.MIN_VALUE,
    ])
    r.finish()
  })

  it('write a varint in 7-bit groups, lowest first', () => {
    expect(hex(written(w => w.varint(0)))).to.equal('00')
    expect(hex(written(w => w.varint(127)))).to.equal('7f')
    expect(hex(written(w => w.varint(300)))).to.equal('ac02')
    expect(hex(written(w => w.varint(Number.MAX_SAFE_INTEGER)))).to.equal('ffffffffffffff0f')
    expect(hex(written(w => w.zigzag(-1)))).to.equal('01')
    expect(hex(written(w => w.zigzag(63)))).to.equal('7e')
    expect(hex(written(w => w.zigzag(-64)))).to.equal('7f')
    expect(hex(written(w => w.zigzag(64)))).to.equal('8001')
  })

  it('give back every safe whole number as varint and zigzag', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeInteger(), (plain, signed) => {
        const r = new Reader(
          written(w => {
            w.varint(plain)
            w.zigzag(signed)
          }, 1),
        )
        expect([r.varint(), r.zigzag()]).to.deep.equal([plain, signed])
        r.finish()
      }),
      { seed, numRuns: 2000 },
    )
    for (const edge of [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -(2 ** 52), 2 ** 52, 0])
      expect(new Reader(written(w => w.zigzag(edge))).zigzag()).to.equal(edge)
  })

  it('refuse overlong, too large and unfinished varints', () => {
    const refused = ['8000', 'ff00', '80', 'ffffffffffffffff01', '80'.repeat(20), `${'80'.repeat(200)}01`]
    for (const text of refused) {
      expect(() => unhex(text).varint(), text).to.throw(MalformedError)
      expect(() => unhex(text).zigzag(), text).to.throw(MalformedError)
    }
    expect(() => unhex('8080808080808010').varint(), '2^53').to.throw(MalformedError)
    // 2^53 as size, negative: -2^53 - 1 is not safe.
    expect(() => unhex('ffffffffffffff1f').zigzag()).to.throw(MalformedError)
  })

  it('refuse every read beyond the window, also where the array goes on', () => {
    const bytes = new Uint8Array(64)
    const reads: ((r: Reader) => unknown)[] = [
      r => r.u16(),
      r => r.u32(),
      r => r.i16(),
      r => r.i32(),
      r => r.f32(),
      r => r.f64(),
      r => r.raw(2),
      r => r.utf8(2),
    ]
    for (const read of reads) {
      const r = new Reader()
      r.reset(bytes, 10, 11)
      expect(() => read(r), String(read)).to.throw(MalformedError)
    }
    const empty = new Reader()
    for (const read of [() => empty.u8(), () => empty.i8(), () => empty.varint()]) expect(read).to.throw(MalformedError)
  })

  it('give back any well-formed text, in at most the bytes that utf8Length names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), text => {
        const bytes = written(w => w.text(text), 1)
        const r = new Reader(bytes)
        expect(r.text(400)).to.equal(text)
        r.finish()
        expect(utf8Length(text)).to.equal(Buffer.byteLength(text))
      }),
      { seed, numRuns: 2000 },
    )
    for (const text of ['\ufeffmark', '\0', 'é'.repeat(1000), '𝄞'.repeat(40)])
      expect(new Reader(written(w => w.text(text))).text(5000)).to.equal(text)
  })

  it('refuse UTF-8 that is overlong, cut, of surrogates or beyond Unicode', () => {
    for (const text of ['c080', 'e08080', 'eda080', 'f4908080', 'c3', '80', 'ff'])
      expect(() => unhex(text).utf8(text.length / 2), text).to.throw(MalformedError)
  })

  it('refuse a text above its limit before reading it', () => {
    expect(() => unhex('ffffffff0f').text(10)).to.throw(MalformedError, /too long/)
  })

  it('copy raw bytes out, also from a Buffer', () => {
    const source = Buffer.from([1, 2, 3])
    const copy = new Reader(source).raw(2)
    source.fill(9)
    expect(copy).to.deep.equal(new Uint8Array([1, 2]))
    expect(copy.constructor).to.equal(Uint8Array)
  })

  it('rewind and reset a Writer without a new backing store', () => {
    const w = new Writer(4)
    w.raw(new Uint8Array([1, 2, 3]))
    const at = w.position
    w.u32(7)
    const { bytes } = w
    w.rewind(at)
    expect(w.slice()).to.deep.equal(new Uint8Array([1, 2, 3]))
    w.reset()
    w.raw(new Uint8Array([5, 6, 7, 8]), 1, 3)
    expect(w.slice()).to.deep.equal(new Uint8Array([6, 7]))
    expect(w.bytes).to.equal(bytes)
  })

  it('refuse trailing bytes on finish', () => {
    expect(() => unhex('00').finish()).to.throw(MalformedError, /trail/)
  })
})
