import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { type Transformed, transform } from '../../decorators/transformer/transform.ts'
import { fixture, Project } from './project.ts'

const compilers: readonly [version: string, name: string][] = [
  ['5.9', 'ts59'],
  ['6.0', '@typescript/typescript6'],
  ['7.0', 'typescript'],
]

describe('the fixture with everything a person may write is accepted', () => {
  for (const [version, name] of compilers)
    it(`by TypeScript ${version}, in strict mode, with the types of this package`, async function () {
      this.timeout(60_000)
      const require = createRequire(import.meta.url)
      // TypeScript 6 is at home in a package that its namesake depends on.
      const inside = version === '6.0' ? createRequire(require.resolve(`${name}/package.json`)) : require
      const manifest = inside.resolve(`${version === '6.0' ? '@typescript/old' : name}/package.json`)
      expect(inside(manifest).version).to.match(new RegExp(`^${version}`))
      const { code, out } = await run(
        join(dirname(manifest), 'bin/tsc'),
        '-p',
        join(fixture, 'everything.tsconfig.json'),
      )
      expect(out).to.equal('')
      expect(code).to.equal(0)
    })
})

function run(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  // Without the options that this very test run was started with.
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise(resolve => {
    execFile(process.execPath, args, { env }, (error, out) => resolve({ code: Number(error?.code ?? 0), out }))
  })
}

describe('the fixture with everything a person may write', () => {
  let project: Project
  let transformed: Transformed
  const fields = new Map<string, any>()

  before(() => {
    project = Project.everything()
    const file = project.path('model.ts')
    transformed = transform(readFileSync(file, 'utf8'), file, new Modules())!
    const calls = [...transformed.code.matchAll(/\(this, "(\w+)", (.*?)\); {2}|\(this, (\{.*?\})\); /g)]
    for (const [, name, schema, whole] of calls) {
      if (name) fields.set(name, JSON.parse(schema!))
      else {
        const { name: className, ...rest } = JSON.parse(whole!)
        fields.set(`class ${className}`, rest)
      }
    }
  })
  after(() => project.remove())

  const shapes = (name: string): unknown[] => fields.get(name).params.map(([, shape]: [string, unknown]) => shape)
  const point = (of: unknown): unknown => ['struct', { x: of, y: of }]
  const item = { name: ['str', 32], count: 'uint8', note: ['opt', 'str'], tags: ['list', 'str'] }

  it('has every wire type', () => {
    expect(shapes('integers')).to.deep.equal([
      'int8',
      'int16',
      'int32',
      'int64',
      'uint8',
      'uint16',
      'uint32',
      'uint64',
      'varint',
    ])
    expect(shapes('others')).to.deep.equal([
      'float32',
      'float64',
      'bool',
      'str',
      ['str', 64],
      ['bytes', 1024],
      ['list', 'int16', 10],
      ['quantized', -1, 1, 12],
    ])
  })

  it('has every plain TypeScript type', () => {
    expect(shapes('plain')).to.deep.equal([
      'float64',
      'str',
      'bool',
      'int64',
      'bytes',
      'date',
      'null',
      'unknown',
      'int16',
    ])
    expect(shapes('lists')).to.deep.equal([
      ['list', 'float64'],
      ['list', 'str'],
      ['list', 'bool'],
      ['list', 'date'],
      ['set', 'int16'],
      ['map', 'str', ['list', 'int16']],
    ])
    expect(shapes('tuples')).to.deep.equal([
      ['tuple', ['int16', ['opt', 'str']]],
      ['tuple', ['int16', ['opt', ['str', 32]]]],
      ['tuple', ['bool'], 'int16'],
      ['tuple', ['int16', 'int16']],
      ['tuple', []],
    ])
  })

  it('has optional, default and rest parameters', () => {
    expect(fields.get('parameters').params).to.deep.equal([
      ['a', 'int16'],
      ['b', ['opt', 'float64']],
      ['c', ['opt', 'str']],
      ['d', ['opt', 'bool']],
      ['e', ['opt', 'int8']],
      ['f', ['opt', ['str', 32]]],
      ['rest', ['rest', point('int16')]],
    ])
  })

  it('has unions, literals and enums', () => {
    expect(shapes('unions')).to.deep.equal([
      ['union', ['int16', 'null']],
      ['opt', 'str'],
      ['enum', ['a', 'b']],
      ['enum', [null, -2, 1]],
      ['enum', [true, 'x']],
      ['opt', ['union', ['bool', 'null']]],
      ['union', [['str', 32], 'null']],
      ['union', ['int16', ['str', 32]]],
    ])
    expect(shapes('enums')).to.deep.equal([
      ['enum', [0, 1]],
      ['enum', [1, 2, 8, 'top']],
      ['enum', [8]],
      ['enum', ['left', 'right']],
    ])
  })

  it('has interfaces, type literals, generics, intersections and discriminated unions', () => {
    expect(shapes('objects')).to.deep.equal([
      point('int16'),
      point('float32'),
      ['struct', item],
      ['struct', { '3': 'bool', a: 'int16', 'b c': ['opt', 'str'] }],
      ['struct', { wind: 'float64' }],
      'float32',
    ])
    expect(shapes('combined')).to.deep.equal([
      ['struct', { a: 'int16', b: ['opt', 'str'] }],
      [
        'union',
        [
          ['struct', { kind: ['enum', ['circle']], radius: 'float64' }],
          ['struct', { kind: ['enum', ['box']], size: ['tuple', ['float64', 'float64']] }],
          ['struct', { kind: ['enum', ['path']], points: ['list', ['tuple', ['float32', 'float32']]] }],
        ],
      ],
      [
        'union',
        [
          ['struct', { x: 'int16', y: 'int16', at: 'date' }],
          ['struct', { wind: 'float64', at: 'date' }],
        ],
      ],
      'str',
    ])
  })

  it('has recursive types, numbered within their field', () => {
    const { params, types } = fields.get('recursive')
    expect(params).to.deep.equal([
      ['a', ['type', '0']],
      ['b', ['type', '1']],
    ])
    expect(types).to.deep.equal({
      0: [
        'struct',
        {
          name: ['str', 32],
          entries: [
            'list',
            [
              'union',
              [
                ['str', 32],
                ['type', '0'],
              ],
            ],
          ],
        },
      ],
      1: ['union', ['null', 'bool', 'float64', 'str', ['list', ['type', '1']], ['map', 'str', ['type', '1']]]],
    })
  })

  it('has import types, package types and the helpers of TypeScript that are certain', () => {
    expect(shapes('imported')).to.deep.equal([
      point('bool'),
      ['struct', { kind: ['enum', ['circle']], radius: 'float64' }],
    ])
    expect(shapes('helpers')).to.deep.equal([
      ['struct', { x: ['opt', 'int16'], y: ['opt', 'int16'] }],
      ['struct', { name: ['str', 32], note: ['opt', 'str'] }],
      ['struct', { name: ['str', 32], count: 'uint8', note: ['opt', 'str'] }],
      ['struct', { a: 'bool', b: 'bool' }],
      ['struct', { name: ['str', 32], count: 'uint8', note: 'str', tags: ['list', 'str'] }],
      point('int16'),
      ['str', 32],
    ])
  })

  it('has typeof of constants: as const, satisfies, widened ones, defaults, namespaces of a module', () => {
    expect(shapes('constants')).to.deep.equal([
      ['enum', ['axe', 'sword']],
      ['enum', ['fast', 'slow']],
      ['enum', [1, 2.5]],
      ['struct', { best: 'null', keys: ['list', 'str'], muted: 'bool', volume: 'float64' }],
      ['enum', ['angry', 'calm']],
      ['enum', ['Angry', 'Calm']],
      ['enum', [-5]],
      ['enum', ['apple', 'pear']],
      ['enum', ['stone', 'wood']],
      ['enum', ['sword']],
      ['enum', ['on']],
    ])
    expect(shapes('enumNames')).to.deep.equal([
      ['enum', ['Blue', 'Red']],
      ['enum', [0, 1]],
      ['enum', [4, 8]],
      ['enum', ['mon', 'tue']],
      ['enum', ['left']],
    ])
    expect(shapes('ofPackages')).to.deep.equal([
      ['enum', ['x', 'y']],
      ['enum', ['blue', 'red']],
      ['enum', ['#f00']],
    ])
  })

  it('has keyof, indexed access, mapped types and template literal types over known keys', () => {
    expect(shapes('keys')).to.deep.equal([
      ['enum', ['count', 'name', 'note', 'tags']],
      ['union', [['str', 32], 'uint8']],
      'int16',
      ['enum', ['kind']],
      ['enum', ['kind', 'label', 'length', 'parent', 'x', 'y']],
    ])
    const maybe = (shape: unknown): unknown => ['opt', shape]
    expect(shapes('mapped')).to.deep.equal([
      ['struct', { a: 'int16', b: 'int16' }],
      point(maybe('int16')),
      ['struct', { count: maybe('bool'), name: maybe('bool'), note: maybe('bool'), tags: maybe('bool') }],
      point('int16'),
      ['struct', { note: maybe('str') }],
      ['struct', { at: maybe(['list', maybe(point(maybe('int16')))]), name: maybe('str') }],
      [
        'union',
        [
          ['struct', { data: point('int16'), type: ['enum', ['moved']] }],
          ['struct', { data: 'str', type: ['enum', ['said']] }],
        ],
      ],
      ['struct', { hasAxe: 'bool', hasSword: 'bool' }],
    ])
    expect(shapes('templates')).to.deep.equal([
      ['enum', ['ne', 'nw', 'se', 'sw']],
      ['enum', ['slot-1', 'slot-2']],
      ['enum', ['A', 'B']],
    ])
    expect(shapes('picked')).to.deep.equal([
      ['enum', ['a', 'c']],
      ['struct', { kind: ['enum', ['circle']], radius: 'float64' }],
      ['str', 32],
      ['struct', { created: 'date', id: 'str', note: maybe('str') }],
      ['struct', { x: 'float32' }],
      ['map', ['str', 32], ['set', ['struct', item]]],
      ['numbers', 'float32'],
      'str',
    ])
  })

  it('has network classes as references and structs as instances', () => {
    const { params, types } = fields.get('references')
    expect(params.map(([, shape]: [string, unknown]) => shape)).to.deep.equal([
      ['ref', 'Player'],
      ['ref', 'Monster'],
      ['type', '0'],
      ['list', ['ref', 'Den']],
      ['ref', 'NetworkObject'],
    ])
    expect(types).to.deep.equal({
      0: [
        'instance',
        'Vec',
        { kind: ['enum', ['vec']], label: 'str', x: 'float32', y: 'float32', parent: ['opt', ['type', '0']] },
      ],
    })
  })

  it('has results of requests, and types by hand', () => {
    expect(fields.get('buy')).to.deep.equal({
      params: [['item', ['str', 32]]],
      result: ['union', [['struct', { price: 'uint16' }], 'null']],
    })
    expect(fields.get('sell')).to.deep.equal({ params: [], result: 'void' })
    expect(fields.get('byHand')).to.deep.equal({
      params: [
        ['a', null],
        ['b', null],
      ],
    })
  })

  it('fills the fields of generic bases in where a class closes them', () => {
    expect(fields.get('put')).to.equal(null)
    expect(fields.get('class Den')).to.deep.equal({
      bases: ['Middle', 'Holder'],
      fields: {
        put: {
          params: [
            ['item', ['list', ['struct', item]]],
            ['keys', ['set', 'str']],
          ],
        },
      },
    })
    expect(fields.get('class Player')).to.deep.equal({})
  })

  it('keeps the first paragraph of the JSDoc', () => {
    expect(fields.get('integers').doc).to.equal('All whole numbers. On two lines.')
    expect(fields.get('others')).to.not.have.property('doc')
  })

  it('names each file that the schema was read from', () => {
    expect(transformed.dependencies.map(file => file.slice(project.root.length + 1)).sort()).to.deep.equal([
      'constants.ts',
      'decorators.ts',
      'index.ts',
      'node_modules/geometry/dist/box.d.ts',
      'node_modules/geometry/dist/index.d.ts',
      'shapes.ts',
      'vec.ts',
      'vocabulary.ts',
    ])
  })
})
