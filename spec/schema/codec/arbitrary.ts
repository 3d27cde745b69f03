/** Shapes, values that fit them, and the world around them, for the codec's specs. */
import fc, { type Arbitrary } from 'fast-check'
import { Reader, Writer } from '../../../lib/base/bytes.ts'
import { normalizeField, normalizeShape } from '../../../lib/schema/canonical.ts'
import {
  type Codec,
  compileField,
  compileShape,
  type FieldCodec,
  Misfit,
  type References,
  type Structs,
} from '../../../lib/schema/codec.ts'
import { loadCodecs } from '../../../lib/schema/rare/load.ts'
import type { FieldSchema, NumbersKind, Shape, Types } from '../../../lib/schema/shape.ts'

// As Schema.ready() does where a class has such types.
await loadCodecs('"unknown"')

export class Point {
  x = 0
  y = 0
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
}

export const pointShape: Shape = ['instance', 'Point', { x: 'float64', y: 'float64' }]

export const types: Types = {
  Tree: ['struct', { label: 'str', kids: ['list', ['type', 'Tree'], 3] }],
  Even: ['opt', ['struct', { odd: ['type', 'Odd'] }]],
  Odd: ['opt', ['struct', { even: ['type', 'Even'], n: 'varint' }]],
}

const structs: Structs = {
  structTables: () => [new Map([['Point', { target: Point, shape: pointShape }]])],
}

/** Objects that can be referred to; their ids count from 1. */
export const objects: readonly object[] = Array.from({ length: 300 }, (_, i) => ({ object: i + 1 }))

export const refs: References = {
  idOf(value) {
    if (value === null) return 0
    const id = objects.indexOf(value as object) + 1
    if (id === 0) throw new Misfit('an object of this world', value)
    return id
  },
  objectAt: id => objects[id - 1] ?? null,
}

export function encode(codec: Codec, value: unknown): Uint8Array {
  const w = new Writer(1)
  codec.write(w, value, refs)
  return w.slice()
}

/** Whether the codec takes a value. */
export function takes(codec: Codec, value: unknown): boolean {
  try {
    encode(codec, value)
    return true
  } catch (error) {
    if (error instanceof Misfit) return false
    throw error
  }
}

/** Reads one value, which must take all of the bytes. */
export function decode(codec: Codec, bytes: Uint8Array): unknown {
  const r = new Reader(bytes)
  const value = codec.read(r, refs)
  r.finish()
  return value
}

/** Compiles any shape, by way of its normal form. */
export function compile(shape: Shape): Codec {
  const normal = normalizeShape(shape, types)
  return compileShape(normal.shape, structs, normal.types)
}

/** Compiles a field as somebody wrote it, by way of its normal form. */
export const compileWritten = (field: FieldSchema): FieldCodec =>
  compileField(normalizeField({ ...field, types: { ...types, ...field.types } }), structs)

const keyNames = ['a', 'b', '10', '9', '__proto__', 'constructor', 'toString', 'x y', 'ü']
const plain = [
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'varint',
  'float32',
  'float64',
  'bool',
  'date',
  'str',
  'bytes',
] as const

const literal = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(null))

const leafShape: Arbitrary<Shape> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Shape>(...plain) },
  fc.nat(20).map((max): Shape => ['str', max]),
  fc.nat(20).map((max): Shape => ['bytes', max]),
  fc.constantFrom<NumbersKind>('int8', 'uint32', 'int64', 'float64').map((of): Shape => ['numbers', of]),
  fc.nat(20).map((max): Shape => ['numbers', 'int16', max]),
  fc.integer({ min: 1, max: 32 }).map((bits): Shape => ['quantized', -100, 300, bits]),
  fc.uniqueArray(literal, { minLength: 2, maxLength: 5 }).map((values): Shape => ['enum', values]),
  fc.constantFrom<Shape>(['ref', 'Thing'], ['type', 'Tree'], ['type', 'Even'], pointShape, 'unknown'),
)

/** Any shape. Members of unions are disjoint, so that each value comes back as it was. */
export const anyShape: Arbitrary<Shape> = fc.letrec<{ shape: Shape }>(tie => {
  const of = tie('shape')
  const members = fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 4 })
  return {
    shape: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      leafShape,
      fc.tuple(of, fc.nat(4)).map(([item, max]): Shape => ['list', item, max]),
      fc
        .tuple(fc.constantFrom<Shape>('str', 'int16', 'float32', 'bool', ['ref', 7]), fc.nat(4))
        .map(([item, max]): Shape => ['set', item, max]),
      fc
        .tuple(fc.constantFrom<Shape>('str', 'uint8', 'float64'), of, fc.nat(4))
        .map(([key, item, max]): Shape => ['map', key, item, max]),
      fc
        .tuple(fc.array(of, { maxLength: 3 }), fc.option(of))
        .map(([items, rest]): Shape => (rest ? ['tuple', items, rest] : ['tuple', [...items, 'bool']])),
      of.map((item): Shape => ['opt', item]),
      fc
        .dictionary(fc.constantFrom(...keyNames), of, { minKeys: 1, maxKeys: 4 })
        .map((keys): Shape => ['struct', { ...keys, z: 'bool' }]),
      fc.tuple(of, members).map(([item, kinds]): Shape => {
        const disjoint: Shape[] = [
          'bool',
          'str',
          'float64',
          ['enum', [null, false]],
          'bytes',
          'date',
          ['list', item, 3],
          ['map', 'str', item, 3],
        ]
        return ['union', kinds.map(kind => disjoint[kind]!)]
      }),
    ),
  }
}).shape

const integer = (bits: number, signed: boolean): Arbitrary<number> =>
  signed
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 })

const text = (max: number): Arbitrary<string> => fc.string({ unit: 'binary', maxLength: Math.min(max, 40) })

/** What unknown carries; -0 becomes 0 there. */
export const anyUnknown: Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      false,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      -(2 ** 31),
      127,
      128,
      65535,
      65536,
    ),
    fc.double({ noDefaultInfinity: true }).map(n => n + 0),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    text(20),
    fc.uint8Array({ maxLength: 10 }),
    fc.date({ noInvalidDate: true }),
    fc.tuple(fc.double(), fc.double()).map(([x, y]) => Object.assign(new Point(), { x, y })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...keyNames), text(5)), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc
      .array(fc.tuple(fc.oneof(text(4), fc.integer(), fc.boolean()), tie('value')), { maxLength: 4 })
      .map(entries => new Map(entries)),
    fc.array(fc.oneof(text(4), fc.integer()), { maxLength: 4 }).map(items => new Set(items)),
  ),
})).value

const treeOf = (depth: number): Arbitrary<unknown> =>
  fc
    .tuple(text(8), depth > 0 ? fc.array(treeOf(depth - 1), { maxLength: 3 }) : fc.constant([]))
    .map(([label, kids]) => ({ label, kids }))
const tree = treeOf(4)

const chain: Arbitrary<unknown> = fc.nat(8).map(length => {
  let value: unknown
  for (let i = 0; i < length; i++)
    value = i % 2 ? { odd: value } : value === undefined ? { n: i } : { even: value, n: i }
  return length % 2 ? { odd: value } : value
})

/** Values that the shape takes and that come back equal. */
export function fitting(shape: Shape): Arbitrary<unknown> {
  if (typeof shape === 'string')
    switch (shape) {
      case 'int8':
      case 'int16':
      case 'int32':
        return integer(Number(shape.slice(3)), true)
      case 'uint8':
      case 'uint16':
      case 'uint32':
        return integer(Number(shape.slice(4)), false)
      case 'int64':
        return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      case 'uint64':
        return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
      case 'varint':
        return fc.maxSafeInteger()
      case 'float32':
        return fc.float()
      case 'float64':
        return fc.double()
      case 'bool':
        return fc.boolean()
      case 'null':
        return fc.constant(null)
      case 'date':
        return fc.date({ noInvalidDate: true })
      case 'str':
        return text(40)
      case 'bytes':
        return fc.uint8Array({ maxLength: 40 })
      case 'unknown':
        return anyUnknown
    }
  switch (shape[0]) {
    case 'str':
      return text(shape[1])
    case 'bytes':
      return fc.uint8Array({ maxLength: shape[1] })
    case 'numbers': {
      const [, of, max = 40] = shape
      if (of === 'int8') return fc.int8Array({ maxLength: max })
      if (of === 'int16') return fc.int16Array({ maxLength: max })
      if (of === 'uint32') return fc.uint32Array({ maxLength: max })
      return of === 'int64' ? fc.bigInt64Array({ maxLength: max }) : fc.float64Array({ maxLength: max })
    }
    case 'quantized': {
      const [, min, max, bits] = shape
      const steps = 2 ** bits - 1
      return fc
        .nat(Math.min(steps, 2 ** 31 - 1))
        .map(step => (step === steps ? max : min + (step / steps) * (max - min)))
    }
    case 'list':
      return fc.array(fitting(shape[1]), { maxLength: shape[2] ?? 5 })
    case 'set':
      return fc.array(fitting(shape[1]), { maxLength: shape[2] ?? 5 }).map(items => new Set(items))
    case 'map':
      return fc
        .array(fc.tuple(fitting(shape[1]), fitting(shape[2])), { maxLength: shape[3] ?? 5 })
        .map(entries => new Map(entries))
    case 'tuple': {
      const rest = shape[2] ? fc.array(fitting(shape[2]), { maxLength: 3 }) : fc.constant([])
      return fc
        .tuple(fc.tuple(...shape[1].map(fitting)), rest)
        .map(([items, more]) => trimmed([...items, ...more], shape, more.length))
    }
    case 'opt':
      return fc.option(fitting(shape[1]), { nil: undefined })
    case 'enum':
      return fc.constantFrom(...shape[1])
    case 'union':
      return fc.oneof(...shape[1].map(fitting))
    case 'struct': {
      const entries = Object.entries(shape[1]).map(([key, of]) => fitting(of).map(value => [key, value] as const))
      return fc.tuple(...entries).map(pairs => Object.fromEntries(pairs.filter(([, value]) => value !== undefined)))
    }
    case 'instance':
      return fc.tuple(fc.double(), fc.double()).map(([x, y]) => Object.assign(new Point(), { x, y }))
    case 'ref':
      return fc.constantFrom(null, ...objects)
    case 'type':
      return shape[1] === 'Tree' ? tree : chain
    default:
      throw new Error(`No values for ${JSON.stringify(shape)}.`)
  }
}

/** Missing and undefined are one at the end of a tuple. */
function trimmed(values: unknown[], shape: readonly ['tuple', readonly Shape[], Shape?], more: number): unknown[] {
  if (more > 0) return values
  const required = shape[1].findLastIndex(item => item[0] !== 'opt' && item[1] !== 'Even') + 1
  while (values.length > required && values.at(-1) === undefined) values.pop()
  return values
}
