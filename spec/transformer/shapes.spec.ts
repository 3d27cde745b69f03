import { expect } from 'chai'
import { transform } from '../../decorators/transformer/transform.ts'
import { model, schemaOf, shapeOf } from './project.ts'

const cases: readonly [type: string, shape: unknown, declarations?: string][] = [
  ["'only'", ['enum', ['only']]],
  ['true', ['enum', [true]]],
  ['true | false', 'bool'],
  ["'a' | 'b' | 'a'", ['enum', ['a', 'b']]],
  ["'a' | boolean", ['union', [['enum', ['a']], 'bool']]],
  ["'a' | string", 'str'],
  ["null | 'a'", ['enum', [null, 'a']]],
  ['1 | int16', ['union', [['enum', [1]], 'int16']]],
  ['int16 | int16', 'int16'],
  ['unknown | string', 'unknown'],
  ['(string | number) | undefined', ['opt', ['union', ['str', 'float64']]]],
  ['string | null | undefined', ['opt', ['union', ['str', 'null']]]],
  ['Player | null', ['ref', 'Player']],
  ['Player | null | undefined', ['opt', ['ref', 'Player']]],
  ['never | string', 'str'],
  ['bytes', 'bytes'],
  ['list<str<8>>', ['list', ['str', 8]]],
  ['str<Max>', ['str', 24], 'type Max = 24'],
  ['str<Limit.Name>', ['str', 12], 'enum Limit { Name = 12 }'],
  ['Map<str<4>, Set<Date>>', ['map', ['str', 4], ['set', 'date']]],
  ['[...A, ...boolean[]]', ['tuple', ['int16', 'str'], 'bool'], 'type A = [int16, string]'],
  ['[...rest: int16[]]', ['tuple', [], 'int16']],
  ['{ a?: never; b?: undefined; c: bytes<4> }', ['struct', { c: ['bytes', 4] }]],
  ['Nothing', ['struct', {}], 'interface Nothing {}'],
  ['{ "a-b": string; readonly c: 1 }', ['struct', { 'a-b': 'str', c: ['enum', [1]] }]],
  ['E', ['enum', [-6, 0, 1, 2.5, 4, 5, 'k1']], 'enum E { A, B, C = 1 << 2, D, F = ~D, G = "k" + B, H = 10 / 4 }'],
  ['E', ['enum', [3, 'a']], 'const base = 3\nenum E { A = `a`, B = base }'],
  ['Flag', ['enum', [1, 2, 3]], 'declare const enum Flag { A = 1, B = 2, Both = A | B }'],
  ['Merged', ['enum', [0, 5]], 'enum Merged { A }\nenum Merged { B = 5 }'],
  ["E.A | 'x'", ['enum', [7, 'x']], 'enum E { A = 7, B }'],
  [
    'A & B',
    ['struct', { k: ['enum', ['a']], v: 'int16' }],
    "interface A { k: string; v?: int16 }\ninterface B { k: 'a'; v: int16 }",
  ],
  ["Exclude<'a' | 'b' | 'c', 'b'>", ['enum', ['a', 'c']]],
  ['NonNullable<string | null | undefined>', 'str'],
  ['Partial<Record<1 | 2, int8>>', ['struct', { '1': ['opt', 'int8'], '2': ['opt', 'int8'] }]],
  ['T[number]', 'int16', 'type T = int16[]'],
  ['T[1]', 'str', 'type T = [int16, string]'],
  ["T['a' | 'b']", ['union', ['int16', 'str']], 'interface T { a: int16; b: string }'],
  [
    'Deep',
    ['struct', { a: 'int16', b: ['struct', { c: 'str' }] }],
    'interface Base<T> { a: T }\ninterface Deep extends Base<int16> { b: { c: string } }',
  ],
  ['N.Inner', ['struct', { a: 'int16' }], 'declare namespace N { interface Inner { a: Short }\n type Short = int16 }'],
  ['Pair<string>', ['tuple', ['str', ['list', 'str']]], 'type Pair<A, B = A[]> = [A, B]'],
  [
    'S',
    ['instance', 'S', { a: 'float64', b: ['opt', 'str'] }],
    '@struct() class S { a = 1; b?: string; static c = 2; d(): void {} }',
  ],
  [
    'S',
    ['instance', 'Other', { n: 'int16' }],
    "@struct('Other') class S { constructor(private readonly n: int16) {} }",
  ],
  [
    'Sub',
    ['instance', 'Sub', { of: 'int16', at: 'str' }],
    "class Held<T> { of!: T }\n@struct() class Sub extends Held<int16> { at = '' }",
  ],
]

describe('the shape of', () => {
  for (const [type, shape, declarations] of cases) {
    it(`${type}${declarations ? ` with ${declarations.replaceAll('\n', ' ')}` : ''}`, async () => {
      expect(await shapeOf(type, declarations)).to.deep.equal(shape)
    })
  }

  it('a local type is that type, whatever global bears its name', async () => {
    expect(await shapeOf('Map', 'interface Map { a: int16 }')).to.deep.equal(['struct', { a: 'int16' }])
    expect(await shapeOf('Date', 'type Date = string')).to.equal('str')
  })

  it('two recursive types of one name are two types', async () => {
    const { params, types } = await schemaOf(
      'm(a: A.Node, b: B.Node): void {}',
      'declare namespace A { interface Node { next?: Node } }\ndeclare namespace B { interface Node { before?: Node; at: int16 } }',
    )
    expect(params).to.deep.equal([
      ['a', ['type', '0']],
      ['b', ['type', '1']],
    ])
    expect(types).to.deep.equal({
      0: ['struct', { next: ['opt', ['type', '0']] }],
      1: ['struct', { before: ['opt', ['type', '1']], at: 'int16' }],
    })
  })

  it('a long chain of types is followed to its end', async () => {
    const chain = Array.from({ length: 80 }, (_, at) => `interface A${at} { next: A${at + 1} }`)
    expect(JSON.stringify(await shapeOf('A0', `${chain.join('\n')}\ninterface A80 { end: int16 }`))).to.contain(
      '{"end":"int16"}',
    )
  })

  it('types that contain each other numbers one of them', async () => {
    const { params, types } = await schemaOf('m(a: A): void {}', 'interface A { b: B[] }\ninterface B { a: A | null }')
    expect(params).to.deep.equal([['a', ['type', '0']]])
    expect(types).to.deep.equal({
      0: ['struct', { b: ['list', ['struct', { a: ['union', [['type', '0'], 'null']] }]] }],
    })
  })
})

describe('the normal form', () => {
  it('is what is emitted: default limits left out, keys and literals sorted', async () => {
    expect(await shapeOf("{ b: str<65535>; a: 'y' | 'x' | null }")).to.deep.equal([
      'struct',
      { a: ['enum', [null, 'x', 'y']], b: 'str' },
    ])
    expect(Object.keys(((await shapeOf('{ b: 1; a: 2 }')) as [string, object])[1])).to.deep.equal(['a', 'b'])
  })

  it('refuses types without an end or without content, with their place', () => {
    const refusal = (type: string, declarations = ''): unknown => {
      try {
        return transform(model(`@field(0) m(p: ${type}): void {}`, declarations), '/game/model.ts')
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(refusal('null[]')).to.match(/^\/game\/model.ts:\d+:\d+\nPlayer.m: A list of nothing but null/)
    expect(refusal('Endless', 'interface Endless { a: int16; next: Endless }')).to.include('without an end')
  })
})

describe('the signature of a method', () => {
  it('leaves out a this parameter and numbers destructured ones', async () => {
    expect(
      (await schemaOf('m(this: Player, { a }: { a: int16 }, [b]: [string] = ["x"]): void {}')).params,
    ).to.deep.equal([
      ['argument1', ['struct', { a: 'int16' }]],
      ['argument2', ['opt', ['tuple', ['str']]]],
    ])
  })

  it('spreads a rest parameter that is a tuple', async () => {
    expect((await schemaOf('m(...all: [int16, string?, ...boolean[]]): void {}')).params).to.deep.equal([
      ['all1', 'int16'],
      ['all2', ['opt', 'str']],
      ['all', ['rest', 'bool']],
    ])
  })

  it('takes a parameter of T | undefined as optional once', async () => {
    expect(
      (await schemaOf('m(a?: int16 | undefined, b: string | undefined = undefined): void {}')).params,
    ).to.deep.equal([
      ['a', ['opt', 'int16']],
      ['b', ['opt', 'str']],
    ])
  })

  for (const [method, result, declarations] of [
    ['m() {}', undefined],
    ['m(): int16 { return 1 }', undefined],
    ['async m(): Promise<void> {}', 'void'],
    ['m(): Promise<undefined> {}', 'void'],
    ['m(): Promise<int16 | undefined> {}', ['opt', 'int16']],
    ['m(): Promise<Player> {}', ['ref', 'Player']],
    ['m(): Ack {}', 'void', 'type Ack = Promise<void>'],
    ['m(): Promise<int16> {}', undefined, 'interface Promise<T> { own: T }'],
  ] as const) {
    it(`has the result ${JSON.stringify(result)} for ${method}${declarations ? ` with ${declarations}` : ''}`, async () => {
      expect((await schemaOf(method, declarations)).result).to.deep.equal(result)
    })
  }
})
