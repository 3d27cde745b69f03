import { expect } from 'chai'
import type { Compiler } from '../../lib/schema/codec/contract.ts'
import type { Shape } from '../../lib/schema/shape.ts'
import { compile } from './codec/arbitrary.ts'

type Load = typeof import('../../lib/schema/rare/load.ts')

let copies = 0

/** The loader as a program finds it that has loaded nothing yet. */
const fresh = (): Promise<Load> => import(`../../lib/schema/rare/load.ts?${copies++}`) as Promise<Load>

const compiler: Compiler = {
  types: { 0: ['struct', { next: ['opt', ['type', '0']] }] },
  structs: { structTables: () => [] },
  recursive: new Map([['0', undefined]]),
  compile,
  keys: keys => Object.entries(keys).map(([key, shape]) => [key, compile(shape)] as const),
  of: () => compiler,
}

const rare: readonly Shape[] = [
  'int64',
  'uint64',
  'date',
  'unknown',
  ['quantized', 0, 1, 8],
  ['set', 'int8'],
  ['map', 'int8', 'int8'],
  ['bytes', 8],
  ['tuple', ['int8']],
  ['union', ['int8', 'bool']],
  ['instance', 'Point', { x: 'int8' }],
  ['type', '0'],
]

describe('The types that few games use', () => {
  for (const shape of rare)
    it(`are loaded where a schema has ${JSON.stringify(shape)}`, async () => {
      const { loadCodecs, rareCodec } = await fresh()
      await loadCodecs(JSON.stringify([{ params: [['list', shape]] }]))
      expect(rareCodec(shape, compiler).minBytes).to.be.above(0)
    })

  it('are not loaded for the others', async () => {
    const { loadCodecs, rareCodec } = await fresh()
    const others: Shape[] = ['int8', 'varint', 'bool', 'str', ['str', 5], 'null', ['opt', 'float32']]
    await loadCodecs(
      JSON.stringify([...others, ['list', 'int8', 3], ['enum', ['a']], ['struct', { a: 'int8' }], ['ref', 10]]),
    )
    for (const shape of rare) expect(() => rareCodec(shape, compiler), JSON.stringify(shape)).to.throw(TypeError)
  })
})
