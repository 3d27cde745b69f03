import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { MalformedError } from '../../lib/base/errors.ts'
import { type Codec, Misfit } from '../../lib/schema/codec.ts'
import { anyUnknown, compile, decode, encode, Point } from './codec/arbitrary.ts'

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** msgpack with its length in front. */
function framed(text: string): Uint8Array {
  const bytes = unhex(text)
  return new Uint8Array([
    ...(bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7]),
    ...bytes,
  ])
}

describe('unknown', () => {
  let codec: Codec

  before(() => {
    codec = compile('unknown')
  })

  const there = (value: unknown): unknown => decode(codec, encode(codec, value))
  const refused = (text: string, error: typeof MalformedError | typeof Misfit): void => {
    expect(() => decode(codec, framed(text)), text).to.throw(error)
  }

  it('carries all that it names, nested in one another', () => {
    fc.assert(
      fc.property(anyUnknown, value => isDeepStrictEqual(there(value), value)),
      { seed: 20261101, numRuns: 3000 },
    )
  })

  it('keeps instances of registered structs and their declared types', () => {
    const point = there(Object.assign(new Point(), { x: 1, y: 2 })) as Point
    expect(point).to.be.instanceOf(Point)
    expect(point.length).to.be.closeTo(2.236, 0.001)
    expect(() => encode(codec, [Object.assign(new Point(), { x: 'no' })])).to.throw(
      Misfit,
      '[0].x: expected float64, got "no"',
    )
    refused('81 03 92 a5 506f696e74 c4 01 00', MalformedError)
    refused('81 03 92 a1 58 c4 01 00', Misfit)
  })

  it('keeps a byte order mark before a text, which msgpackr drops in browsers, and refuses one before a key', () => {
    for (const text of ['\ufeff', `\ufeff${'a'.repeat(200)}`]) {
      expect(there(text)).to.equal(text)
      expect([...encode(codec, text)]).to.include(0x04)
      expect(() => encode(codec, { [text]: 1 })).to.throw(Misfit)
    }
    refused('81 04 c4 02 02 61', MalformedError)
  })

  it('refuses functions, symbols, undefined, foreign classes, network-like objects and views at the sender', () => {
    class Foreign {}
    const wrong = [
      () => 1,
      Symbol('s'),
      undefined,
      [undefined],
      new Map([['a', undefined]]),
      new Set([undefined]),
      new Foreign(),
      /x/,
      new Error('x'),
      new Uint16Array(2),
      new ArrayBuffer(2),
      new Date(Number.NaN),
      Promise.resolve(),
      2n ** 64n,
      -(2n ** 63n) - 1n,
      '\ud800',
      { '\udc00': 1 },
      new Array(3),
    ]
    for (const value of wrong) expect(() => encode(codec, value)).to.throw(Misfit)
  })

  it('drops undefined in objects', () => {
    expect(there({ a: undefined, b: 1 })).to.deep.equal({ b: 1 })
  })

  it('refuses cycles and more than 32 levels at both ends', () => {
    const cycle: unknown[] = []
    cycle.push({ cycle })
    expect(() => encode(codec, cycle)).to.throw(Misfit, /none of them cyclic/)
    const nest = (levels: number): unknown => (levels === 0 ? 1 : [nest(levels - 1)])
    expect(there(nest(32))).to.deep.equal(nest(32))
    expect(() => encode(codec, nest(33))).to.throw(Misfit)
    refused(`${'91'.repeat(33)}01`, Misfit)
    refused(`${'91'.repeat(65)}01`, MalformedError)
    const deepMaps = (levels: number): unknown => (levels === 0 ? 1 : new Map([[1, deepMaps(levels - 1)]]))
    expect(isDeepStrictEqual(there(deepMaps(32)), deepMaps(32))).to.equal(true)
  })

  it('bounds the bytes of a value before it packs one thing a million times', () => {
    const row = Array(1000).fill(0)
    expect(() => encode(codec, Array(1000).fill(row))).to.throw(Misfit, /65535 bytes/)
    let wide: unknown[] = []
    for (let i = 0; i < 30; i++) wide = [wide, wide]
    expect(() => encode(codec, wide)).to.throw(Misfit)
    const sparse: unknown[] = []
    sparse.length = 2 ** 32 - 1
    expect(() => encode(codec, sparse)).to.throw(Misfit)
    expect(() => encode(codec, 'x'.repeat(65536))).to.throw(Misfit)
    expect(there('x'.repeat(65532))).to.equal('x'.repeat(65532))
    expect(() => decode(codec, new Uint8Array([0x80, 0x80, 0x04]))).to.throw(Misfit, /65535/)
  })

  it('keeps prototypes as they are, whatever the keys', () => {
    const value = there(
      JSON.parse('{"__proto__":{"evil":1},"constructor":{"prototype":{"evil":1}},"toString":1}'),
    ) as Record<string, unknown>
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype)
    expect('evil' in value).to.equal(false)
    expect('evil' in {}).to.equal(false)
    expect(Object.keys(value)).to.deep.equal(['__proto__', 'constructor', 'toString'])
  })

  it('lets no extension decode', () => {
    const packr = new Packr({ moreTypes: true, structuredClone: true })
    const structured = [new Set([1]), /x/, new Error('x'), new Uint16Array(2), new Date(5)].map(value =>
      Buffer.from(packr.pack(value)).toString('hex'),
    )
    const fixed = [
      'd40001',
      'd5000102',
      'd60001020304',
      `d7${'00'.repeat(9)}`,
      `d8${'00'.repeat(17)}`,
      'c70101ff',
      'c8000101ff',
      'c90000000101ff',
      'd47240 91a16101',
      'c1',
    ]
    for (const text of [...structured, ...fixed]) refused(text, MalformedError)
  })

  it('refuses headers that claim more than there is', () => {
    for (const text of [
      'dd ffffffff',
      'df ffffffff',
      'db ffffffff',
      'c6 ffffffff',
      'dc ffff',
      '9f',
      '8f',
      'bf',
      'cf 00',
      'cb 00',
      '',
      'd9',
    ])
      refused(text, MalformedError)
  })

  it('refuses trailing bytes, bad UTF-8, double keys and members, and special maps that are none', () => {
    refused('01 01', MalformedError)
    refused('a1 ff', MalformedError)
    refused('a2 c080', MalformedError)
    refused('82 a161 01 a161 02', Misfit)
    refused('81 01 92 01 01', Misfit)
    refused('81 00 94 01 02 01 03', Misfit)
    refused('81 00 91 01', Misfit)
    refused('81 02 cb 7ff8000000000000', Misfit)
    refused('81 02 a1 61', Misfit)
    refused('81 07 90', Misfit)
    refused('81 c0 90', Misfit)
    refused('82 a161 01 01 02', Misfit)
  })

  it('gives bytes that are the receiver’s own', () => {
    const source = encode(codec, new Uint8Array([1, 2, 3]))
    const value = decode(codec, source) as Uint8Array
    source.fill(0)
    expect(value).to.deep.equal(new Uint8Array([1, 2, 3]))
    expect(value.constructor).to.equal(Uint8Array)
  })
})
