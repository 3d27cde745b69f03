/** Values of every wire type in the form of stores, and what a person's hand can make of it. */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { NetworkObject } from 'fieldcast'
import { Reader, Writer } from '../../lib/base/bytes.ts'
import { type FieldCodec, Misfit, type References, type Structs } from '../../lib/schema/codec.ts'
import { type Attachment, attach, attachment } from '../../lib/schema/network-object.ts'
import type { Shape } from '../../lib/schema/shape.ts'
import { parseFields } from '../../lib/stores/persister/rows.ts'
import {
  fromStored,
  StoredReference,
  type StoredReferences,
  toStored,
} from '../../lib/stores/persister/stored-values.ts'
import {
  anyShape,
  anyUnknown,
  refs as codecRefs,
  compileWritten,
  fitting,
  objects,
  Point,
  pointShape,
} from '../schema/codec/arbitrary.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 20261121)

class Thing extends NetworkObject {}

const things = objects.map((_, i) => {
  const thing = new Thing()
  attach(thing, { id: i + 1, storedId: (i + 1).toString(16).padStart(24, '0') } as Attachment)
  return thing
})
const references: StoredReferences = {
  idOf: object => attachment(object)?.storedId ?? null,
  objectAt: id => things[Number.parseInt(id, 16) - 1] ?? null,
}
/** As a server has them, where the codec's own specs have plain objects. */
const toThings: References = {
  idOf: value => (value === null ? 0 : things.indexOf(value as Thing) + 1),
  objectAt: id => things[id - 1] ?? null,
}

class Broken {
  constructor() {
    throw new Error('no')
  }
}
class Cached {
  size = 1
  readonly grow = (): number => this.size++
  readonly self = this
}

const structs: Structs = {
  structTables: () => [
    new Map([
      ['Point', { target: Point, shape: pointShape }],
      ['Broken', { target: Broken, shape: ['instance', 'Broken', {}] satisfies Shape }],
      ['Cached', { target: Cached, shape: ['instance', 'Cached', { size: 'float64' }] satisfies Shape }],
    ]),
  ],
}

/** To JSON and back. */
const roundTrip = (values: readonly unknown[]): unknown[] =>
  fromStored(JSON.parse(JSON.stringify(toStored(values, structs, references))), structs, references)

const lift = (json: string): unknown => fromStored(JSON.parse(json), structs, references)[0]

function bytesOf(codec: FieldCodec, args: readonly unknown[], refs: References): Uint8Array {
  const w = new Writer()
  codec.writeArguments(w, args, refs)
  return w.slice()
}

/** What a handler was given comes back from the store as it was: the same values, and the same bytes. */
function expectKept(codec: FieldCodec, given: readonly unknown[]): void {
  const bytes = bytesOf(codec, given, codecRefs)
  const args = codec.readArguments(new Reader(bytes), toThings)
  const back = roundTrip(args)
  expect(isDeepStrictEqual(back, args), 'equal').to.equal(true)
  expect(bytesOf(codec, back, toThings)).to.deep.equal(bytes)
}

const oneParameter = (shape: Shape): FieldCodec => compileWritten({ params: [['value', shape]] })

/** Every kind of shape that a value of `shape` may have. */
function kindsIn(shape: unknown, kinds: Set<string>): void {
  if (typeof shape === 'string') kinds.add(shape)
  if (!Array.isArray(shape)) {
    if (typeof shape === 'object' && shape !== null) for (const of of Object.values(shape)) kindsIn(of, kinds)
    return
  }
  const [kind, ...parts] = shape as [string, ...unknown[]]
  kinds.add(kind)
  if (['list', 'set', 'map', 'opt', 'struct', 'instance'].includes(kind)) for (const part of parts) kindsIn(part, kinds)
  if (kind === 'tuple' || kind === 'union') {
    for (const part of parts[0] as unknown[]) kindsIn(part, kinds)
    if (parts[1]) kindsIn(parts[1], kinds)
  }
}

describe('The stored form of values', () => {
  it('gives back every value that a field of any type takes', () => {
    const kinds = new Set<string>()
    const sample = anyShape.chain(shape => fitting(shape).map(value => ({ shape, value })))
    fc.assert(
      fc.property(sample, ({ shape, value }) => {
        kindsIn(shape, kinds)
        expectKept(oneParameter(shape), [value])
      }),
      { seed, numRuns: 3000 },
    )
    expect([...kinds].sort()).to.include.members(
      `bool bytes date enum float32 float64 instance int16 int32 int64 int8 list map numbers opt quantized ref set str
      struct tuple type uint16 uint32 uint64 uint8 union unknown varint`.split(/\s+/),
    )
  })

  it('gives back whatever unknown carries', () => {
    const codec = oneParameter('unknown')
    fc.assert(
      fc.property(anyUnknown, value => expectKept(codec, [value])),
      { seed, numRuns: 2000 },
    )
  })

  it('gives back optional and rest arguments, left out, undefined or there', () => {
    const codec = compileWritten({
      params: [
        ['a', 'int8'],
        ['b', ['opt', 'str']],
        ['c', ['opt', 'date']],
        ['more', ['rest', ['opt', 'float64']]],
      ],
    })
    for (const args of [[1], [1, 'b'], [1, undefined, new Date(5)], [1, 'b', undefined, 1, undefined, -0]])
      expectKept(codec, args)
  })

  it('gives back the values at the ends of their types', () => {
    const cases: [Shape, ...unknown[]][] = [
      ['null', null],
      ['float64', -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE],
      ['float32', -0, Number.NaN, Math.fround(0.1), 2 ** -149],
      ['int64', -(2n ** 63n), 2n ** 63n - 1n],
      ['uint64', 2n ** 64n - 1n],
      ['date', new Date(0), new Date(8.64e15), new Date(-8.64e15), new Date(-1)],
      ['bytes', new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, i) => i), new Uint8Array(65535).fill(255)],
      ['str', '', '\0', '\u2028', '"$bigint"', '𝄞'],
      [['numbers', 'int8'], new Int8Array([-128, 127])],
      [['numbers', 'int16'], new Int16Array([-32768, 32767])],
      [['numbers', 'int32'], new Int32Array([-(2 ** 31), 2 ** 31 - 1])],
      [['numbers', 'uint16'], new Uint16Array([65535]), new Uint16Array(0)],
      [['numbers', 'uint32'], new Uint32Array([2 ** 32 - 1])],
      [['numbers', 'int64'], new BigInt64Array([-(2n ** 63n)])],
      [['numbers', 'uint64'], new BigUint64Array([2n ** 64n - 1n])],
      [['numbers', 'float32'], new Float32Array([0.1, Number.NaN, -0, Number.NEGATIVE_INFINITY])],
      [['numbers', 'float64'], new Float64Array([0.1, Number.NaN, -0])],
      [['map', 'float64', 'bool'], new Map([[-1, true]]), new Map([[Number.NaN, false]])],
      [['set', 'int64'], new Set([5n])],
      [
        ['list', ['opt', 'bool']],
        [undefined, true, undefined],
      ],
      [
        ['list', ['ref', 'Thing']],
        [objects[0], null, objects[299]],
      ],
    ]
    for (const [shape, ...values] of cases) for (const value of values) expectKept(oneParameter(shape), [value])
  })

  it('gives back keys that mean something to JavaScript or to this form', () => {
    const awkward = ['__proto__', 'constructor', 'toString', '$', '$$', '$x', '$$x', '$bigint', '$object', '$struct']
    for (const key of awkward) {
      const alone = JSON.parse(`{${JSON.stringify(key)}:1}`) as object
      const among = JSON.parse(`{"a":0,${JSON.stringify(key)}:{${JSON.stringify(key)}:[]}}`) as object
      for (const value of [alone, among, [alone], new Map([[key, alone]])]) {
        const [back] = roundTrip([value])
        expect(isDeepStrictEqual(back, value), `${key} in ${JSON.stringify(value)}`).to.equal(true)
      }
    }
    expect(Object.hasOwn({}, 'a')).to.equal(false)
    expect(({} as { a?: unknown }).a).to.equal(undefined)
  })

  it('is plain where JSON has the words', () => {
    const args = [1, 'two', true, null, [3, [4]], { x: 5 }]
    expect(JSON.stringify(toStored(args, structs, references))).to.equal(JSON.stringify(args))
    expect(JSON.stringify(toStored([new Map([['a', 2n]]), things[0]], structs, references))).to.equal(
      '[{"$map":[["a",{"$bigint":"2"}]]},{"$object":"000000000000000000000001"}]',
    )
  })

  it('holds of a struct what its type says, not what its instances carry beside', () => {
    const cached = new Cached()
    cached.size = 7
    const stored = JSON.stringify(toStored([cached], structs, references))
    expect(stored).to.equal('[{"$struct":["Cached",{"size":7}]}]')
    const back = lift(stored) as Cached
    expect(back).to.be.instanceOf(Cached)
    expect([back.size, back.grow(), back.size]).to.deep.equal([7, 7, 8])
  })

  it('says null of objects that are not stored, and names those that are not in the game', () => {
    const fleeting = new Thing()
    expect(toStored([fleeting], structs, references)).to.deep.equal([null])
    const absent = lift('[{"$object":"ffffffffffffffffffffffff"}]')
    expect(absent).to.be.instanceOf(StoredReference)
    expect(absent).to.have.property('storedId', 'f'.repeat(24))
    expect(JSON.stringify(toStored([absent], structs, references))).to.equal('[{"$object":"ffffffffffffffffffffffff"}]')
  })
})

describe('Stored values that a hand has been at', () => {
  const wrong = {
    $number: ['"1"', '5', 'null', '["NaN"]', '"nan"', '{}'],
    $bigint: ['5', '"0x5"', '"5n"', '""', '" 5"', '["5"]', '"-"', 'null', `"${'9'.repeat(21)}"`],
    $undefined: ['false', 'null', '1', '"true"'],
    $bytes: ['"="', '"ä"', 'null', '5', '["AAAA"]', '{}', '"A"'],
    $date: ['5', '"yesterday"', '"2026-13-01"', '"2026-01-01T25:00:00Z"', 'null', '["2026-01-01"]', '"1 Jan 2026"'],
    $numbers: [
      '[]',
      '["Int8Array"]',
      '["Int8Array",5]',
      '["Int8Array",[128]]',
      '["Int8Array",["1"]]',
      '["Int8Array",[0.5]]',
      '["Int8Array",[{"$bigint":"1"}]]',
      '["Uint32Array",[-1]]',
      '["BigInt64Array",[1]]',
      '["BigUint64Array",[{"$bigint":"-1"}]]',
      '["Float64Array",[null]]',
      '["Float32Array",[{"$number":"x"}]]',
      '["Uint8Array",[1]]',
      '["constructor",[1]]',
      '["__proto__",[1]]',
      '["toString",[1]]',
      '[["Int8Array"],[1]]',
      '["Int8Array",[1],2]',
      'null',
      '{"0":"Int8Array"}',
    ],
    $map: ['5', 'null', '{}', '"ab"', '[[1]]', '[[1,2,3]]', '[1]', '["ab"]', '[{"0":1,"1":2}]'],
    $set: ['5', 'null', '{}', '"ab"', '[{"$number":"?"}]'],
    $object: ['5', 'null', '""', '"1"', '"FFFFFFFFFFFFFFFFFFFFFFFF"', '["ffffffffffffffffffffffff"]', '{}'],
    $struct: [
      '5',
      '[]',
      '["Point"]',
      '["Nobody",{}]',
      '["Point",null]',
      '["Point",5]',
      '["Point",[]]',
      '["Point",{"$map":[]}]',
      '["Point",{"$undefined":true}]',
      '["Point",{},1]',
      '[["Point"],{}]',
      '["__proto__",{}]',
      '["Broken",{}]',
    ],
    $nonsense: ['1', 'null', '{}'],
    $constructor: ['1'],
  }

  for (const [tag, contents] of Object.entries(wrong))
    it(`misfit, and do nothing else: ${tag}`, () => {
      for (const content of contents) {
        const json = `{"${tag}":${content}}`
        for (const text of [`[${json}]`, `[{"a":[${json}]}]`, `[{"$set":[${json}]}]`])
          expect(() => lift(text), text).to.throw(Misfit)
      }
    })

  it('change no prototype', () => {
    const value = lift('[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]') as object
    expect(Object.keys(value)).to.deep.equal(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype)
    const point = lift('[{"$struct":["Point",{"x":1,"__proto__":{"y":5},"constructor":1,"more":2}]}]') as Point
    expect(Object.getPrototypeOf(point)).to.equal(Point.prototype)
    expect([point.x, point.y, point.constructor]).to.deep.equal([1, 0, Point])
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)
  })

  it('either are values or misfit, whatever they are', () => {
    const tags = fc.constantFrom(...Object.keys(wrong), '$', '$$', 'a', '__proto__', 'Int8Array', 'Point')
    const json = fc.letrec(tie => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 0, -1, 1e300, '', 'NaN', '5', 'AAAA', 'Point', 'BigInt64Array', '1'.repeat(24)),
        tags,
        fc.array(tie('any'), { maxLength: 3 }),
        fc.tuple(tags, tie('any')).map(([tag, content]) => Object.fromEntries([[tag, content]])),
        fc.dictionary(tags, tie('any'), { maxKeys: 3 }),
      ),
    })).any
    let values = 0
    fc.assert(
      fc.property(json, stored => {
        try {
          fromStored([stored], structs, references)
          values++
        } catch (error) {
          if (!(error instanceof Misfit)) throw error
          expect(error.message.length).to.be.below(200)
        }
      }),
      { seed, numRuns: 5000 },
    )
    expect(values).to.be.above(500)
  })

  it('do not end the process by their depth, and deep values of a game pass', () => {
    const nested = (depth: number, open: string, close: string): string =>
      `{"a":[${open.repeat(depth)}1${close.repeat(depth)}]}`
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['{"$set":[', ']}'],
    ] as const) {
      for (const depth of [2000, 200_000]) expect(() => parseFields(nested(depth, open, close))).to.throw('1000 levels')
      const fields = parseFields(nested(400, open, close))
      const back = toStored(fromStored(fields.get('a')!, structs, references), structs, references)
      expect(JSON.stringify(back)).to.equal(JSON.stringify(fields.get('a')))
    }
    // Brackets in a text are no levels.
    expect(parseFields(JSON.stringify({ a: ['[{"'.repeat(5000)] })).get('a')).to.deep.equal(['[{"'.repeat(5000)])
    expect(parseFields(`{"a":[${'[],'.repeat(5000)}1]}`).get('a')).to.have.length(5001)
  })
})
