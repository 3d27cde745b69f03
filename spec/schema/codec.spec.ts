import { expect } from 'chai'
import { Reader, Writer } from '../../lib/base/bytes.ts'
import { MalformedError, SchemaError } from '../../lib/base/errors.ts'
import { type FieldCodec, Misfit } from '../../lib/schema/codec.ts'
import type { FieldSchema, Shape } from '../../lib/schema/shape.ts'
import { compile, compileWritten, decode, encode, objects, Point, pointShape, refs, takes } from './codec/arbitrary.ts'

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function misfit(task: () => unknown): Misfit {
  try {
    task()
  } catch (error) {
    expect(error).to.be.instanceOf(Misfit)
    return error as Misfit
  }
  throw new Error('Nothing was thrown.')
}

const refused = (shape: Shape, ...values: unknown[]): void => {
  const codec = compile(shape)
  for (const value of values) misfit(() => encode(codec, value))
}

function fieldOf(params: FieldSchema['params'], result?: FieldSchema['result']): FieldCodec {
  return compileWritten(result === undefined ? { params } : { params, result })
}

function call(field: FieldCodec, args: readonly unknown[]): Uint8Array {
  const w = new Writer()
  field.writeArguments(w, args, refs)
  return w.slice()
}

function received(field: FieldCodec, bytes: Uint8Array): unknown[] {
  const r = new Reader(bytes)
  const args = field.readArguments(r, refs)
  r.finish()
  return args
}

describe('A sender', () => {
  it('refuses integers that are fractions, out of range, no numbers or bigints', () => {
    refused('int8', 128, -129, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1n, '1', null, undefined, true)
    refused('uint8', 256, -1)
    refused('int16', 32768, -32769)
    refused('uint16', 65536, -1)
    refused('int32', 2 ** 31, -(2 ** 31) - 1)
    refused('uint32', 2 ** 32, -1, 1n)
    refused('varint', 2 ** 53, -(2 ** 53), 0.1, 1n)
  })

  it('takes bigints and safe integers for 64 bits, and both arrive as bigint', () => {
    expect(decode(compile('int64'), encode(compile('int64'), -5))).to.equal(-5n)
    expect(decode(compile('uint64'), encode(compile('uint64'), Number.MAX_SAFE_INTEGER))).to.equal(9007199254740991n)
    refused('int64', 2n ** 63n, -(2n ** 63n) - 1n, 2 ** 53, 0.5, Number.NaN, '1')
    refused('uint64', 2n ** 64n, -1n, -1)
  })

  it('writes 0 for -0 in integers and keeps it in floats', () => {
    for (const shape of ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32', 'varint'] as const)
      expect(Object.is(decode(compile(shape), encode(compile(shape), -0)), 0), shape).to.equal(true)
    expect(Object.is(decode(compile('float64'), encode(compile('float64'), -0)), -0)).to.equal(true)
  })

  it('rounds float32 and leaves float64 alone', () => {
    expect(decode(compile('float32'), encode(compile('float32'), 0.1))).to.equal(Math.fround(0.1))
    expect(decode(compile('float64'), encode(compile('float64'), 0.1))).to.equal(0.1)
    refused('float32', 1n, '1', null)
    refused('float64', 1n, '1', undefined)
  })

  it('refuses text that is too long in code points or has lone surrogates', () => {
    refused(['str', 3], 'four', '𝄞𝄞𝄞𝄞', '\ud800', 'a\udc00', 3, null)
    expect(encode(compile(['str', 3]), '𝄞𝄞𝄞').length).to.equal(13)
  })

  it('refuses collections above their limit, sparse arrays and undefined items', () => {
    refused(['list', 'int8', 2], [1, 2, 3], [1, undefined], [1, 'a'], new Set([1]), { length: 1 })
    // biome-ignore lint/suspicious/noSparseArray: a hole is the point
    refused(['list', 'int8', 3], [1, , 2])
    refused(['set', 'int8', 1], new Set([1, 2]), [1], new Set(['a']))
    refused(
      ['map', 'str', 'int8', 1],
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      new Map([['a', 'b']]),
      {},
    )
    refused(['tuple', ['int8', ['opt', 'int8']]], [], [1, 2, 3], [1, 'a'], 'x')
    refused('bytes', [1], 'a', new Uint16Array(1))
    refused(['bytes', 2], new Uint8Array(3))
    const holed = compile(['list', ['opt', 'int8'], 3])
    // biome-ignore lint/suspicious/noSparseArray: a hole is the point
    expect(decode(holed, encode(holed, [1, , 2]))).to.deep.equal([1, undefined, 2])
  })

  it('refuses dates that are none, and numbers beyond a quantized range', () => {
    refused('date', new Date(Number.NaN), 0, '2026-01-01')
    refused(['quantized', -1, 1, 8], -1.01, 1.01, Number.NaN, '0', 0n)
    refused(['enum', ['a', 1]], 'b', 2, '1', 1n, undefined)
    refused('bool', 0, 1, 'true', null)
    refused('null', undefined, 0)
  })

  it('drops unknown keys of an object, and names the way to a missing one', () => {
    const codec = compile(['struct', { a: ['list', ['struct', { b: 'int8' }]] }])
    expect(hex(encode(codec, { a: [{ b: 1, extra: 2 }], more: 3 }))).to.equal('0101')
    const error = misfit(() => encode(codec, { a: [{ b: 1 }, {}] }))
    expect(error.path).to.deep.equal(['a', 1, 'b'])
    expect(error.message).to.equal('a[1].b: expected int8, got undefined')
  })

  it('takes any object for a struct, with inherited values, but none from Object.prototype', () => {
    const codec = compile(['struct', { x: 'float64', length: 'float64' }])
    expect(decode(codec, encode(codec, Object.assign(new Point(), { x: 3, y: 4 })))).to.deep.equal({ x: 3, length: 5 })
    refused(['struct', { a: 'int8' }], [], new Map(), new Set(), null, 'a')
    const inherited = compile(['struct', Object.fromEntries([['constructor', ['opt', 'str'] as Shape]])])
    expect(encode(inherited, {})).to.deep.equal(new Uint8Array([0]))
  })

  it('refuses what is nested deeper than 32 levels, cycles among it', () => {
    const cycle: { label: string; kids: unknown[] } = { label: '', kids: [] }
    cycle.kids.push(cycle)
    const error = misfit(() => encode(compile(['type', 'Tree']), cycle))
    expect(error.expected).to.include('32 levels')
    expect(error.message.length).to.be.below(300)
    // The count of levels is back at its start.
    expect(takes(compile(['type', 'Tree']), { label: '', kids: [] })).to.equal(true)
  })

  it('chooses the first member of a union that takes the value', () => {
    const codec = compile([
      'union',
      [
        ['struct', { a: 'int8' }],
        ['struct', { a: 'str' }],
        ['ref', 3],
        ['struct', {}],
      ],
    ])
    expect(encode(codec, { a: 1 })[0]).to.equal(0)
    expect(encode(codec, { a: 'x' })[0]).to.equal(1)
    expect(encode(codec, objects[4])).to.deep.equal(new Uint8Array([2, 5]))
    expect(encode(codec, { a: null })).to.deep.equal(new Uint8Array([3]))
    expect(misfit(() => encode(codec, 5)).message).to.equal('expected one of 4 types, got 5')
  })

  it('judges nested discriminated unions without looking at their insides again and again', () => {
    const types: Record<string, Shape> = {
      Node: [
        'union',
        ['a', 'b', 'c'].map(
          (kind): Shape => ['struct', { children: ['list', ['type', 'Node']], kind: ['enum', [kind]] }],
        ),
      ],
    }
    let value: object = { children: [], kind: 'c' }
    for (let i = 1; i < 32; i++) value = { children: [value], kind: 'c' }
    const w = new Writer()
    // Three members at 32 levels would be 3^32 steps.
    compileWritten({ params: [['node', ['type', 'Node']]], types }).writeArguments(w, [value], refs)
    expect(w.position).to.equal(3 * 32)
  })

  it('describes odd values shortly and without running into them', () => {
    const trap = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('trap')
        },
      },
    )
    const codec = compile('int8')
    for (const value of [
      trap,
      'x'.repeat(10000),
      10n ** 5000n,
      Symbol('s'),
      () => 1,
      Object.create(null),
      new Point(),
      [1],
      -0.5,
    ]) {
      const { message } = misfit(() => encode(codec, value))
      expect(message.length).to.be.below(110)
    }
    expect(misfit(() => encode(codec, new Point())).message).to.equal('expected int8, got an instance of Point')
  })
})

describe('A receiver', () => {
  const malformed = (shape: Shape, text: string): void => {
    expect(() => decode(compile(shape), unhex(text)), text).to.throw(MalformedError)
  }
  const misfits = (shape: Shape, text: string): void => {
    expect(() => decode(compile(shape), unhex(text)), text).to.throw(Misfit)
  }

  it('refuses values outside their type', () => {
    misfits('bool', '02')
    misfits(['opt', 'int8'], '02')
    misfits(['enum', ['a', 'b']], '02')
    misfits(['union', ['int8', 'str']], '02')
    misfits(['quantized', 0, 1, 4], '10')
    misfits('date', '000000000000f87f')
    misfits('date', '000000000000e03f')
    misfits(['str', 1], '026162')
    misfits(['str', 1], '05')
    misfits(['bytes', 1], '020000')
    misfits(['list', 'int8', 1], '020000')
    misfits(['set', 'int8'], '020101')
    misfits(['map', 'str', 'int8'], '02016101016102')
    misfits(['ref', 3], '8080808010')
  })

  it('refuses bytes that no sender writes', () => {
    malformed(['str', 5], '01ff')
    malformed(['str', 5], '02c080')
    malformed('varint', '8000')
    malformed(['list', 'int8'], '05')
    malformed('str', 'ff7f')
    malformed('bytes', 'ff7f')
  })

  it('throws at a count of 2^40 before anything is allocated', () => {
    const before = process.memoryUsage()
    for (const shape of [
      ['list', 'int8', 2 ** 32 - 1],
      ['set', 'int8', 2 ** 32 - 1],
      ['map', 'int8', 'int8', 2 ** 32 - 1],
    ] as const) {
      misfits(shape, '808080808020')
      malformed(shape, 'ffffffff0f')
    }
    misfits(['str', 2 ** 32 - 1], '808080808020')
    malformed(['str', 2 ** 32 - 1], 'ffffffff0f')
    malformed(['bytes', 2 ** 32 - 1], 'ffffffff0f')
    const after = process.memoryUsage()
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).to.be.below(50e6)
  })

  it('lets two values of the sender that became one pass as one', () => {
    const near = new Set([0.1, Math.fround(0.1)])
    expect(decode(compile(['set', 'float32']), encode(compile(['set', 'float32']), near))).to.deep.equal(
      new Set([Math.fround(0.1)]),
    )
    expect(decode(compile(['set', ['ref', 3]]), unhex('03ff7fff7e01'))).to.deep.equal(new Set([null, objects[0]]))
  })

  it('refuses a recursive value deeper than 32 levels', () => {
    const tree = (levels: number): string => `${'01'.repeat(levels - 1)}00${'00'.repeat(levels)}`
    expect(takes(compile(['type', 'Tree']), decode(compile(['type', 'Tree']), unhex(tree(32))))).to.equal(true)
    misfits(['type', 'Tree'], tree(33))
  })

  it('keeps keys like __proto__ and constructor harmless', () => {
    const keys = JSON.parse('{"__proto__":["struct",{"evil":"bool"}],"constructor":"int8"}') as Record<string, Shape>
    const value = decode(compile(['struct', keys]), unhex('0105')) as Record<string, unknown>
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype)
    expect(Object.keys(value)).to.have.members(['__proto__', 'constructor'])
    expect('evil' in value).to.equal(false)
  })

  it('builds instances of registered structs, and plain objects of others', () => {
    const bytes = encode(compile(pointShape), { x: 3, y: 4 })
    const point = decode(compile(pointShape), bytes) as Point
    expect(point).to.be.instanceOf(Point)
    expect(point.length).to.equal(5)
    expect(decode(compile(['instance', 'Gone', { x: 'float64', y: 'float64' }]), bytes)).to.deep.equal({ x: 3, y: 4 })
  })

  it('gives null for an object that it does not see', () => {
    expect(decode(compile(['ref', 3]), unhex('ff7f'))).to.equal(null)
  })
})

describe('A field', () => {
  it('takes exactly its arguments', () => {
    const field = fieldOf([
      ['x', 'int16'],
      ['y', 'int16'],
      ['at', 'uint32'],
    ])
    expect(field.minBytes).to.equal(8)
    expect(field.required).to.equal(3)
    expect(received(field, call(field, [-1, 2, 3]))).to.deep.equal([-1, 2, 3])
    expect(misfit(() => call(field, [1, 2])).message).to.equal('expected 3 arguments (x, y, at), got 2')
    misfit(() => call(field, [1, 2, 3, 4]))
    expect(misfit(() => call(field, [1, 'a', 3])).message).to.equal('y: expected int16, got "a"')
  })

  it('gives undefined for what was left out, so that defaults apply', () => {
    const field = fieldOf([
      ['name', 'str'],
      ['size', ['opt', 'int8']],
      ['color', ['opt', 'str']],
    ])
    expect(field.required).to.equal(1)
    expect(hex(call(field, ['a']))).to.equal('01610000')
    expect(received(field, call(field, ['a', undefined, 'red']))).to.deep.equal(['a', undefined, 'red'])
    const handler = (name: string, size = 7): string => name + size
    expect(handler(...(received(field, call(field, ['a'])) as [string]))).to.equal('a7')
    misfit(() => call(field, []))
  })

  it('takes any number of rest arguments', () => {
    const field = fieldOf([
      ['first', 'int8'],
      ['others', ['rest', 'int16']],
    ])
    expect(field.minBytes).to.equal(2)
    expect(received(field, call(field, [1]))).to.deep.equal([1])
    expect(received(field, call(field, [1, 2, 3]))).to.deep.equal([1, 2, 3])
    expect(misfit(() => call(field, [1, 2, 'x'])).path).to.deep.equal(['others', 1])
    misfit(() => call(field, []))
    expect(() =>
      fieldOf([
        ['others', ['rest', 'int16']],
        ['last', 'int8'],
      ]),
    ).to.throw(SchemaError)
  })

  it('knows its result and its references', () => {
    expect(fieldOf([]).result).to.equal(undefined)
    expect(fieldOf([], 'void').result!.minBytes).to.equal(0)
    expect(decode(fieldOf([], 'str').result!, unhex('0161'))).to.equal('a')
    expect(fieldOf([['to', ['map', 'str', ['opt', ['ref', 'Thing']]]]]).hasReferences).to.equal(true)
    expect(fieldOf([['to', ['type', 'Tree']]]).hasReferences).to.equal(false)
  })

  it('prefers the recursive types of its own schema', () => {
    const types: Record<string, Shape> = { Tree: ['struct', { next: ['opt', ['type', 'Tree']] }] }
    const field = compileWritten({ params: [['tree', ['type', 'Tree']]], types })
    expect(hex(call(field, [{ next: { next: {} } }]))).to.equal('010100')
  })
})

describe('The normal form', () => {
  it('refuses types without an end or without content', () => {
    const types: Record<string, Shape> = { Endless: ['struct', { a: 'int8', next: ['type', 'Endless'] }] }
    expect(() => compileWritten({ params: [['x', ['type', 'Endless']]], types })).to.throw(
      SchemaError,
      /without an end/,
    )
    expect(() => compile(['list', 'null'])).to.throw(SchemaError, /send that as a number/)
    expect(() => compile(['list', ['struct', { a: 'null' }]])).to.throw(SchemaError)
  })

  it('writes the same bytes in whatever order keys and literals were written', () => {
    const one = compile(['struct', { b: ['enum', ['x', 'y', 1]], a: 'int8', 10: 'bool', 9: 'bool' }])
    const other = compile(['struct', { 9: 'bool', 10: 'bool', a: 'int8', b: ['enum', [1, 'y', 'x']] }])
    const value = { a: 5, b: 'y', 9: true, 10: false }
    expect(hex(encode(one, value))).to.equal('00010502')
    expect(hex(encode(other, value))).to.equal('00010502')
  })
})
