import { expect } from 'chai'
import fc from 'fast-check'
import { SchemaError } from '../../lib/base/errors.ts'
import { normalizeField, normalizeShape } from '../../lib/schema/canonical.ts'
import type { FieldSchema, Shape, Types } from '../../lib/schema/shape.ts'
import { anyShape, types } from './codec/arbitrary.ts'

/** The normal form as text, recursive types behind it. */
function canonicalText(written: Shape, named?: Types): string {
  const { shape, types: recursive } = normalizeShape(written, named)
  return JSON.stringify(Object.keys(recursive).length > 0 ? [shape, recursive] : shape)
}

const same = (one: Shape, other: Shape): void => {
  expect(canonicalText(one)).to.equal(canonicalText(other))
}

describe('The canonical form', () => {
  it('leaves default limits out', () => {
    expect(canonicalText(['str', 65535])).to.equal('"str"')
    same('str', ['str', 65535])
    same('bytes', ['bytes', 65535])
    same(['list', 'int8'], ['list', 'int8', 65535])
    same(['set', 'int8'], ['set', 'int8', 65535])
    same(['map', 'str', 'int8'], ['map', ['str', 65535], 'int8', 65535])
  })

  it('sorts keys: whole numbers by value, as in any object of JavaScript, then the others by code unit', () => {
    expect(canonicalText(['struct', { b: 'int8', '9': 'int8', '10': 'int8', B: 'bool' }])).to.equal(
      '["struct",{"9":"int8","10":"int8","B":"bool","b":"int8"}]',
    )
    same(['instance', 'P', { x: 'bool', a: 'str' }], ['instance', 'P', { a: 'str', x: 'bool' }])
  })

  it('sorts and joins literals, by type and then by value', () => {
    expect(canonicalText(['enum', ['b', 10, 'a', 9, true, null, 'b']])).to.equal('["enum",[null,true,9,10,"a","b"]]')
    same(['union', [['enum', ['a']], 'null', ['enum', ['b']]]], ['enum', [null, 'a', 'b']])
    same(['union', ['int8', ['enum', ['a']], 'bool', 'null']], ['union', ['int8', ['enum', [null, 'a']], 'bool']])
    same(['enum', [true, false]], 'bool')
    same(['enum', [null]], 'null')
  })

  it('flattens unions, drops doubles and keeps the order of what is left', () => {
    same(['union', ['str', ['union', ['int8', 'str', 'bool']]]], ['union', ['str', 'int8', 'bool']])
    same(['union', ['str']], 'str')
    same(['union', ['str', ['opt', 'int8']]], ['opt', ['union', ['str', 'int8']]])
    same(['opt', ['opt', 'int8']], ['opt', 'int8'])
    expect(canonicalText(['union', ['str', 'int8']])).not.to.equal(canonicalText(['union', ['int8', 'str']]))
  })

  it('names recursive types by first use and puts others in place', () => {
    const list = (name: string): Record<string, Shape> => ({
      [name]: ['struct', { next: ['opt', ['type', name]] }],
      Plain: 'int8',
    })
    const one = canonicalText(
      [
        'tuple',
        [
          ['type', 'Plain'],
          ['type', 'A'],
        ],
      ],
      list('A'),
    )
    expect(one).to.equal(canonicalText(['tuple', ['int8', ['type', 'B']]], list('B')))
    expect(one).to.equal('[["tuple",["int8",["type","0"]]],{"0":["struct",{"next":["opt",["type","0"]]}]}]')
  })

  it('is a form of itself', () => {
    fc.assert(
      fc.property(anyShape, shape => {
        const normal = normalizeShape(shape, types)
        expect(canonicalText(normal.shape, normal.types)).to.equal(canonicalText(shape, types))
      }),
      { seed: 20261101, numRuns: 1000 },
    )
  })

  it('differs where contracts differ', () => {
    const shapes: Shape[] = [
      'int8',
      'uint8',
      'str',
      ['str', 5],
      'bytes',
      ['list', 'int8'],
      ['list', 'int8', 5],
      ['set', 'int8'],
      ['tuple', ['int8']],
      ['tuple', ['int8'], 'int8'],
      ['opt', 'int8'],
      ['struct', { a: 'int8' }],
      ['struct', { b: 'int8' }],
      ['instance', 'a', { a: 'int8' }],
      ['ref', 1],
      ['ref', '1'],
      ['enum', [1]],
      ['enum', ['1']],
      ['quantized', 0, 1, 8],
      ['quantized', 0, 1, 9],
    ]
    expect(new Set(shapes.map(shape => canonicalText(shape))).size).to.equal(shapes.length)
  })

  it('keeps a key called __proto__', () => {
    const keys = JSON.parse('{"__proto__":"int8","a":"bool"}') as Record<string, Shape>
    expect(canonicalText(['struct', keys])).to.equal('["struct",{"__proto__":"int8","a":"bool"}]')
  })

  it('refuses what is no shape', () => {
    const wrong: unknown[] = [
      'int7',
      ['int8'],
      ['str', -1],
      ['list', 'int8', 0.5],
      ['quantized', 1, 1, 8],
      ['quantized', 0, 1, 33],
      ['enum', []],
      ['enum', [Number.NaN]],
      ['union', []],
      ['type', 'Missing'],
      ['list', 'what'],
      ['struct', { a: 'what' }],
      'toString',
      [],
      undefined,
      null,
      5,
    ]
    for (const shape of wrong) expect(() => normalizeShape(shape as Shape), JSON.stringify(shape)).to.throw(SchemaError)
  })

  it('numbers the recursive types of a field over all of its parameters, and keeps the rest', () => {
    const list = (of: string): Shape => ['struct', { next: ['opt', ['type', of]] }]
    const field: FieldSchema = {
      params: [
        ['b', ['type', 'B']],
        ['others', ['rest', ['type', 'A']]],
      ],
      result: ['type', 'B'],
      doc: 'What it does.',
      types: { A: list('A'), B: list('B'), Unused: 'int8' },
    }
    expect(normalizeField(field)).to.deep.equal({
      params: [
        ['b', ['type', '0']],
        ['others', ['rest', ['type', '1']]],
      ],
      result: ['type', '0'],
      doc: 'What it does.',
      types: { 0: list('0'), 1: list('1') },
    })
    expect(normalizeField({ params: [['x', ['str', 65535]]], result: 'void' })).to.deep.equal({
      params: [['x', 'str']],
      result: 'void',
    })
  })
})
