import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { MalformedError } from '../../../lib/base/errors.ts'
import { Misfit } from '../../../lib/schema/codec.ts'
import type { Shape } from '../../../lib/schema/shape.ts'
import { anyShape, compile, decode, encode, fitting, objects, Point, pointShape, takes } from './arbitrary.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 20261101)

const point = Object.assign(new Point(), { x: -1.5, y: Number.MAX_VALUE })

/** The deepest tree that a recursive type takes. */
let deepest: unknown = { label: '', kids: [] }
for (let depth = 1; depth < 32; depth++) deepest = { label: String(depth), kids: [deepest] }

const extremes: readonly (readonly [Shape, ...unknown[]])[] = [
  ['int8', -128, 127, 0],
  ['int16', -32768, 32767],
  ['int32', -(2 ** 31), 2 ** 31 - 1],
  ['int64', -(2n ** 63n), 2n ** 63n - 1n, 0n],
  ['uint8', 0, 255],
  ['uint16', 0, 65535],
  ['uint32', 0, 2 ** 32 - 1],
  ['uint64', 0n, 2n ** 64n - 1n],
  ['varint', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0, -1, 63, -64, 64],
  ['float32', -0, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** -149, (2 - 2 ** -23) * 2 ** 127],
  ['float64', -0, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, -Number.MAX_VALUE],
  ['bool', true, false],
  ['null', null],
  ['date', new Date(0), new Date(8.64e15), new Date(-8.64e15)],
  ['str', '', '\0', '\ufeff', 'é', '𝄞'.repeat(65535), 'x'.repeat(65535)],
  [['str', 2], '𝄞𝄞', 'ab'],
  ['bytes', new Uint8Array(0), new Uint8Array(65535).fill(255)],
  [['quantized', -1, 1, 1], -1, 1],
  [['quantized', 0, 1e9, 32], 0, 1e9],
  [['quantized', -8.9e307, 8.9e307, 24], -8.9e307, 8.9e307],
  [['list', ['list', ['list', 'int8']]], [], [[]], [[[-128], []], [[127, 0]]]],
  [['list', 'uint8'], Array(65535).fill(255)],
  [['set', 'str'], new Set(), new Set(['', 'a', '𝄞'])],
  [['map', 'varint', ['list', 'str']], new Map(), new Map([[Number.MIN_SAFE_INTEGER, ['a', '']]])],
  [['map', 'str', ['map', 'str', 'bool']], new Map([['__proto__', new Map([['constructor', true]])]])],
  [['tuple', ['int8', ['opt', 'str'], ['opt', 'str']]], [1], [1, 'a'], [1, undefined, 'b']],
  [['tuple', ['bool'], 'float64'], [true], [false, 1, 2, Number.NaN]],
  [['opt', 'int8'], undefined, -128],
  [['opt', ['enum', [null, 'a']]], undefined, null, 'a'],
  [['enum', ['b', 'a', 2, 1, true, null]], 'a', 'b', 1, 2, true, null],
  [['enum', Array.from({ length: 300 }, (_, i) => i)], 0, 127, 128, 299],
  [['union', ['str', 'float64', ['list', 'bool'], ['struct', { a: 'int8' }]]], '', Number.NaN, [], [true], { a: 1 }],
  [
    ['struct', { a: 'int8', b: ['opt', 'str'], c: ['struct', { d: ['list', 'bool'] }] }],
    { a: 1, c: { d: [] } },
    { a: 1, b: '', c: { d: [true] } },
  ],
  [['struct', {}], {}],
  [pointShape, point],
  [['ref', 'Thing'], null, objects[0], objects[127], objects[299]],
  [
    ['list', ['ref', 3]],
    [null, objects[1], null],
  ],
  [['type', 'Tree'], { label: 'root', kids: [] }, deepest],
  ['unknown', null, 2n ** 64n - 1n, { a: [new Map([[1, new Set(['x'])]]), new Date(5), point, new Uint8Array([1])] }],
]

describe('The codec of any shape', () => {
  it('Z18 Every wire type round-trips at its extremes: nested lists, structs, optionals, maps, unions, references', () => {
    for (const [shape, ...values] of extremes) {
      const codec = compile(shape)
      for (const value of values) {
        const bytes = encode(codec, value)
        const what = `${JSON.stringify(shape).slice(0, 80)} in ${bytes.length} bytes`
        expect(isDeepStrictEqual(decode(codec, bytes), value), what).to.equal(true)
        expect(bytes.length, what).to.be.at.least(codec.minBytes)
        if (codec.minBytes === 0) expect(bytes.length, what).to.equal(0)
      }
    }
  })

  it('gives back every fitting value and takes exactly the bytes that were written', () => {
    const sample = anyShape.chain(shape => fitting(shape).map(value => ({ shape, value })))
    fc.assert(
      fc.property(sample, ({ shape, value }) => {
        const codec = compile(shape)
        const bytes = encode(codec, value)
        const read = decode(codec, bytes)
        expect(isDeepStrictEqual(read, value), 'equal').to.equal(true)
        expect(takes(codec, read), 'taken').to.equal(true)
        expect(bytes.length).to.be.at.least(codec.minBytes)
      }),
      { seed, numRuns: 3000 },
    )
  })

  it('refuses valid bytes that are cut anywhere, with MalformedError or Misfit', () => {
    const sample = anyShape.chain(shape => fitting(shape).map(value => ({ shape, value })))
    fc.assert(
      fc.property(sample, ({ shape, value }) => {
        const codec = compile(shape)
        const bytes = encode(codec, value)
        for (let cut = 0; cut < Math.min(bytes.length, 300); cut++) {
          try {
            decode(codec, bytes.subarray(0, cut))
          } catch (error) {
            if (error instanceof MalformedError || error instanceof Misfit) continue
            throw error
          }
          throw new Error(`${cut} of ${bytes.length} bytes were read as a value.`)
        }
      }),
      { seed, numRuns: 1000 },
    )
  })
})
