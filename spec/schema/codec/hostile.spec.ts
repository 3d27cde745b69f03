import { MalformedError } from '../../../lib/base/errors.ts'
import { type Random, seededRandom } from '../../../lib/base/random.ts'
import { type Codec, Misfit } from '../../../lib/schema/codec.ts'
import type { Shape } from '../../../lib/schema/shape.ts'
import { compile, decode, encode, objects, Point, pointShape, takes } from './arbitrary.ts'

/** Set FUZZ_SEED to run other bytes; a failure prints the seed and the bytes. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20261101)
const RUNS = 10_000

const mixed = {
  a: [1, 2n ** 60n, 'text', null, [true, [false, 1.5]]],
  b: new Map<unknown, unknown>([
    ['k', new Set([1, 2])],
    [3, new Date(9)],
  ]),
  c: { d: new Uint8Array([1, 2, 3]), e: Object.assign(new Point(), { x: 1 }) },
}

const decoders: readonly (readonly [Shape, unknown])[] = [
  ['int8', -5],
  ['int16', 300],
  ['int32', -70000],
  ['int64', 5n],
  ['uint8', 5],
  ['uint16', 5],
  ['uint32', 5],
  ['uint64', 5n],
  ['varint', -123456789],
  ['float32', 1.5],
  ['float64', 0.1],
  ['bool', true],
  ['date', new Date(1e12)],
  [['str', 12], 'häppy 𝄞'],
  [['bytes', 12], new Uint8Array([1, 2, 3])],
  [['quantized', -100, 100, 12], 50],
  [
    ['list', ['list', 'uint16', 5], 4],
    [[1, 2], [], [3]],
  ],
  [['set', ['str', 3], 6], new Set(['a', 'b', 'cc'])],
  [
    ['map', 'uint8', ['str', 3], 6],
    new Map([
      [1, 'a'],
      [2, 'b'],
    ]),
  ],
  [
    ['tuple', ['bool', ['opt', 'uint8']], 'varint'],
    [true, 5, 6, -7],
  ],
  [['enum', ['a', 'b', 3, null]], 3],
  [
    ['union', ['bool', ['str', 5], ['list', 'uint8', 3]]],
    [1, 2],
  ],
  [
    [
      'struct',
      { a: ['opt', 'uint8'], ['__proto__']: 'bool', toString: ['list', 'int8', 3] } as unknown as Record<string, Shape>,
    ],
    { a: 1, ['__proto__']: true, toString: [1] },
  ],
  [pointShape, Object.assign(new Point(), { x: 1, y: 2 })],
  [
    ['list', ['ref', 'Thing'], 5],
    [objects[3], null, objects[200]],
  ],
  [
    ['type', 'Tree'],
    {
      label: 'a',
      kids: [
        { label: 'b', kids: [] },
        { label: '', kids: [{ label: 'c', kids: [] }] },
      ],
    },
  ],
  [['type', 'Even'], { odd: { even: { odd: { n: 4 } }, n: 3 } }],
  ['unknown', mixed],
]

const below = (random: Random, limit: number): number => Math.floor(random.number() * limit)

/** Flips, sets, inserts, removes, doubles: a few at once. */
function mutate(random: Random, valid: Uint8Array): Uint8Array {
  const bytes = [...valid]
  for (let count = 1 + below(random, 3); count > 0; count--) {
    const at = below(random, bytes.length + 1)
    switch (below(random, 5)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << below(random, 8)
        break
      case 1:
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0xc1, 0xd4, 0xdf][below(random, 8)]!
        break
      case 2:
        bytes.splice(at, 0, below(random, 256))
        break
      case 3:
        bytes.splice(at, 1 + below(random, 3))
        break
      case 4:
        bytes.splice(at, 0, ...bytes.slice(at, at + below(random, 6)))
    }
  }
  return Uint8Array.from(bytes)
}

function survives(codec: Codec, bytes: Uint8Array): void {
  const failed = (what: string, cause?: unknown): Error =>
    new Error(`${what}; FUZZ_SEED=${seed}, bytes ${Buffer.from(bytes).toString('hex')}`, { cause })
  let value: unknown
  try {
    value = decode(codec, bytes)
  } catch (error) {
    if (error instanceof MalformedError || error instanceof Misfit) return
    throw failed('the decoder threw what it must not', error)
  }
  if (!takes(codec, value)) throw failed('the decoder gave a value that does not fit')
}

describe('Every decoder', () => {
  for (const [shape, value] of decoders) {
    const name = JSON.stringify(shape)

    it(`survives ${RUNS} random byte strings: ${name}`, () => {
      const random = seededRandom(seed)
      const codec = compile(shape)
      for (let run = 0; run < RUNS; run++) survives(codec, random.bytes(below(random, 40)))
    })

    it(`survives ${RUNS} mutated values: ${name}`, () => {
      const random = seededRandom(seed)
      const codec = compile(shape)
      const valid = encode(codec, value)
      for (let run = 0; run < RUNS; run++) survives(codec, mutate(random, valid))
    })
  }
})
