// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are source texts of types.
import { expect } from 'chai'
import { transform } from '../../decorators/transformer/transform.ts'
import { normalizeShape } from '../../lib/schema/canonical.ts'
import type { Shape } from '../../lib/schema/shape.ts'
import { model, registrations, schemaOf, shapeOf } from './project.ts'

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
  [
    'U & U',
    [
      'union',
      [
        ['struct', { a: 'int8' }],
        ['struct', { b: 'str' }],
      ],
    ],
    'type U = { a: int8 } | { b: string }',
  ],
  ["(A & { k: 'b' }) | { v: int8 }", ['struct', { v: 'int8' }], "interface A { k: 'a' }"],
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

/** Types of constants, as TypeScript finds them from the way they are written. */
const constants: readonly [type: string, shape: unknown, declarations?: string][] = [
  ['(typeof kinds)[number]', ['enum', ['a', 'b']], "const kinds = ['a', 'b'] as const"],
  [
    'typeof kinds',
    [
      'tuple',
      [
        ['enum', ['a']],
        ['enum', [1]],
      ],
    ],
    "const kinds = <const>['a', 1]",
  ],
  ['(typeof kinds)[1]', ['enum', ['b']], "const kinds = ['a', 'b'] as const satisfies readonly string[]"],
  ['keyof typeof speeds', ['enum', ['fast', 'slow']], 'const speeds = { slow: 1, fast: 2 }'],
  ['(typeof speeds)[keyof typeof speeds]', ['enum', [1, 2]], 'const speeds = { slow: 1, fast: 2 } as const'],
  ['(typeof speeds)["slow"]', 'float64', 'const speeds = { slow: 1, fast: 2 }'],
  ['typeof speeds.slow', ['enum', [1]], 'const speeds = { slow: 1 } as const'],
  ['keyof typeof a', ['enum', [7, '8', 'x', 'y']], "const k = 'y'\nconst a = { x: 1, [k]: 2, 7: 3, '8': 4 }"],
  [
    'keyof typeof a',
    ['enum', [0, 'f', 'g', 'h']],
    'enum E { A }\nconst a = { [E.A]: 1, f() {}, get g() { return 1 }, h: () => compute() }',
  ],
  ['typeof a', ['enum', [5]], 'const a = 5'],
  ['typeof a', ['enum', [-5]], 'const b = -5\nconst a = b'],
  ['typeof a', 'float64', 'const a = 1 + 1'],
  ['typeof a', 'float64', 'const b = 5\nconst a = -b'],
  ['typeof a', 'str', "const b = 'x'\nconst a = b + 'y'"],
  ['typeof a', ['enum', ['x5']], 'const b = 5\nconst a = `x${b}` as const'],
  ['typeof a', 'float64', 'let a = 5'],
  ['typeof a', 'str', "var a = 'x'"],
  ['typeof a', 'int16', 'let a: int16'],
  ['typeof a', ['enum', ['x', 'y']], "declare const a: 'x' | 'y'"],
  [
    'typeof a',
    ['struct', { n: 'float64', s: 'str', l: ['list', ['union', ['float64', 'str']]], b: 'null' }],
    "const a = { n: 1, s: 'x', l: [1, 'y'], b: null }",
  ],
  [
    'typeof a',
    ['struct', { x: 'float64', y: ['enum', [6]] }],
    'const five = 5\nconst six = 6 as const\nconst a = { x: five, y: six }',
  ],
  [
    'typeof a',
    [
      'struct',
      {
        kept: ['enum', [1]],
        deep: ['struct', { t: ['tuple', [['enum', [true]]]] }],
        other: ['struct', { n: 'float64' }],
      },
    ],
    'const other = { n: 1 }\nconst a = { kept: 1, deep: { t: [true] }, other } as const',
  ],
  ['typeof a', ['struct', { x: ['enum', [1, 2]], y: 'int16' }], 'const a = { x: 1 as 1 | 2, y: 3 as int16 }'],
  ['typeof a', ['struct', { x: 'str' }], "const a: { x: string } = { x: 'y' }"],
  ['typeof Color.Red', ['enum', [0]], 'enum Color { Red, Green }'],
  ['typeof a', ['enum', [0]], 'enum Color { Red, Green }\nconst a = Color.Red'],
  ['typeof a', ['struct', { c: ['enum', [0, 1]] }], 'enum Color { Red, Green }\nconst a = { c: Color.Red }'],
  ['keyof typeof Color', ['enum', ['Green', 'Red']], 'enum Color { Red, Green = 5 }'],
  ['(typeof Color)[keyof typeof Color]', ['enum', [0, 5]], 'enum Color { Red, Green = 5 }'],
  ['`${keyof typeof Color}`', ['enum', ['Red']], 'enum Color { Red }'],
  [
    'Kind',
    ['enum', ['x', 'y']],
    "const Kind = { A: 'x', B: 'y' } as const\ntype Kind = (typeof Kind)[keyof typeof Kind]",
  ],
  [
    "(typeof items)[number]['id']",
    ['enum', ['a', 'b']],
    "const items = [{ id: 'a', use: () => 1 }, { id: 'b', use: () => 2 }] as const",
  ],
  ['keyof typeof a', ['enum', ['x']], 'const a = { x: 1 } satisfies Record<string, number>'],
  ['(typeof N.kinds)[number]', ['enum', ['a']], "namespace N { export const kinds = ['a'] as const }"],
]

/** Types over keys that are known. */
const keyed: readonly [type: string, shape: unknown, declarations?: string][] = [
  ['keyof A', ['enum', [1, '2', 'a', 'm']], "interface A { a?: symbol; 1: any; '2': 1; m(): void }"],
  ['keyof (A | B)', ['enum', ['a']], 'interface A { a: 1; b: 2 }\ninterface B { a: 2; c: 3 }'],
  ['keyof (A & B)', ['enum', ['a', 'b', 'c']], 'interface A { a: 1; b: 2 }\ninterface B { a: 1; c: 3 }'],
  [
    'keyof S',
    ['enum', ['a', 'length', 'm', 'x']],
    '@struct() class S { a = 1; static b = 2; m() {} get length() { return 1 } private p = 1; constructor(public x = 1, private y = 2) {} }',
  ],
  ['keyof Partial<Record<"a" | "b", 1>>', ['enum', ['a', 'b']]],
  ['Keys<{ a: 1; f(): void }>', ['enum', ['a', 'f']], 'type Keys<T> = keyof T'],
  ['A[keyof A]', ['opt', ['union', ['int16', 'str']]], 'interface A { a: int16; b?: string }'],
  ['A["b"]["c"]', ['opt', 'str'], 'interface A { b: { c?: string } }'],
  ['[int16, ...A][0] | A[number]', ['union', ['int16', 'str']], 'type A = string[]'],
  ['list<A, 3>[number]["a"]', 'int16', 'interface A { a: int16 }'],
  ["{ [K in 'a' | 'b']: K }", ['struct', { a: ['enum', ['a']], b: ['enum', ['b']] }]],
  ['{ [K in keyof A]: A[K] }', ['struct', { a: ['opt', 'int16'], b: 'str' }], 'interface A { a?: int16; b: string }'],
  [
    '{ readonly [K in keyof A]-?: A[K] }',
    ['struct', { a: 'int16', b: ['opt', 'str'] }],
    'interface A { a?: int16; b: string | undefined }',
  ],
  ['{ [K in keyof A]?: boolean }', ['struct', { a: ['opt', 'bool'] }], 'interface A { a(): void }'],
  [
    'Some<A, "a">',
    ['struct', { a: ['opt', 'int16'] }],
    'interface A { a?: int16; b: 1 }\ntype Some<T, K extends keyof T> = { [P in K]: T[P] }',
  ],
  ["{ [K in 'a' | 'b' as `get${Capitalize<K>}`]: K }", ['struct', { getA: ['enum', ['a']], getB: ['enum', ['b']] }]],
  [
    "{ [K in keyof A as Exclude<K, 'b'>]: A[K] }",
    ['struct', { a: ['opt', 'int16'] }],
    'interface A { a?: int16; b: 1 }',
  ],
  [
    'Deep<{ a: int16; b: { c: string }[]; d: [1, { e: 2 }] }>',
    [
      'struct',
      {
        a: ['opt', 'int16'],
        b: ['opt', ['list', ['opt', ['struct', { c: ['opt', 'str'] }]]]],
        d: [
          'opt',
          [
            'tuple',
            [
              ['opt', ['enum', [1]]],
              ['opt', ['struct', { e: ['opt', ['enum', [2]]] }]],
            ],
          ],
        ],
      },
    ],
    'type Deep<T> = { [K in keyof T]?: Deep<T[K]> }',
  ],
  [
    'Each<A | B | null>',
    ['union', [['struct', { a: ['opt', 'int16'] }], ['struct', { b: ['opt', 'str'] }], 'null']],
    'interface A { a: int16 }\ninterface B { b: string }\ntype Each<T> = { [K in keyof T]?: T[K] }',
  ],
  [
    'Messages',
    [
      'union',
      [
        ['struct', { type: ['enum', ['go']], data: 'int16' }],
        ['struct', { type: ['enum', ['say']], data: 'str' }],
      ],
    ],
    'interface Events { go: int16; say: string }\ntype Messages = { [K in keyof Events]: { type: K; data: Events[K] } }[keyof Events]',
  ],
  ['Required<{ a?: int16; b: string | undefined }>', ['struct', { a: 'int16', b: ['opt', 'str'] }]],
  ["Omit<A, 'm'>", ['struct', { a: 'int16' }], 'interface A { a: int16; m(): void }'],
  [
    "Pick<A | B, 'k'>",
    ['struct', { k: ['opt', ['enum', [1, 2]]] }],
    'interface A { k: 1; a: 1 }\ninterface B { k?: 2 }',
  ],
  [
    'Partial<A | B>',
    [
      'union',
      [
        ['struct', { a: ['opt', 'int16'] }],
        ['struct', { b: ['opt', 'str'] }],
      ],
    ],
    'interface A { a: int16 }\ninterface B { b: string }',
  ],
  ['Record<E, int8>', ['struct', { '0': 'int8', x: 'int8' }], "enum E { A, B = 'x' }"],
  [
    "Extract<Shapes, { kind: 'a' }>",
    ['struct', { kind: ['enum', ['a']], v: 'int16' }],
    "type Shapes = { kind: 'a'; v: int16 } | { kind: 'b'; w: string }",
  ],
  [
    "Exclude<Shapes, { kind: 'a' | 'c' }>['w']",
    'str',
    "type Shapes = { kind: 'a'; v: int16 } | { kind: 'b'; w: string }",
  ],
  ["Extract<'a' | 1 | true | null, string | boolean>", ['enum', ['a', true]]],
  ['Exclude<boolean | "x", true>', ['enum', [false, 'x']]],
  ['Exclude<Player | null, null>', ['ref', 'Player']],
  ["`${'a' | 'b'}-${1 | true | null}`", ['enum', ['a-1', 'a-true', 'a-null', 'b-1', 'b-true', 'b-null']]],
  ['`${E}!`', ['enum', ['p!', 'q!']], "enum E { A = 'p', B = 'q' }"],
  ["Uppercase<'ab' | 'c'> | Uncapitalize<'Xy'>", ['enum', ['AB', 'C', 'xy']]],
  ['{ get a(): int16; set a(v: string) }', ['struct', { a: 'int16' }]],
  ["'low' | (string & {})", 'str'],
  [
    'Id',
    'str',
    "declare const brand: unique symbol\ntype Brand<T, B> = T & { readonly [brand]: B }\ntype Id = Brand<string, 'id'>",
  ],
  ['Id', ['str', 8], 'interface IdBrand { readonly __id: never }\ntype Id = str<8> & IdBrand'],
  [
    'S',
    ['instance', 'S', { kind: ['enum', ['circle']], other: 'str' }],
    "@struct() class S { readonly kind = 'circle'; other = 'x' }",
  ],
  ['Short', ['enum', [5]], 'namespace N { export namespace M { export type T = 5 } }\nimport Short = N.M.T'],
  ['Flag', ['enum', [1, 2]], 'enum Flag { A = 1, B = 2 }'],
  ["'a' | true | 'b' | false", ['union', [['enum', ['a', 'b']], 'bool']]],
]

/** The cases are written as one would write the types; what is emitted is in normal form. */
function normal(shape: unknown): unknown {
  return normalizeShape(shape as Shape).shape
}

describe('the shape of', () => {
  for (const [type, shape, declarations] of [...cases, ...constants, ...keyed]) {
    it(`${type}${declarations ? ` with ${declarations.replaceAll('\n', ' ')}` : ''}`, async () => {
      expect(await shapeOf(type, declarations)).to.deep.equal(normal(shape))
    })
  }

  it('types that come back to themselves through Omit, Partial and mapped types', async () => {
    const tree = "interface Tree { parent?: Tree; kids: Omit<Tree, 'parent'>[] }"
    expect((await schemaOf('m(a: Tree): void {}', tree)).types).to.deep.equal({
      0: ['struct', { parent: ['opt', ['type', '0']], kids: ['list', ['type', '1']] }],
      1: ['struct', { kids: ['list', ['type', '1']] }],
    })
    const deep = 'type Deep<T> = { [K in keyof T]?: Deep<T[K]> }\ninterface List { next: List; at: int16 }'
    expect((await schemaOf('m(a: Deep<List>): void {}', deep)).types).to.deep.equal({
      0: ['struct', { next: ['opt', ['type', '0']], at: ['opt', 'int16'] }],
    })
  })

  it('a generic type within itself, whose arguments look the same', async () => {
    const strict = 'type Strict<T> = { [K in keyof T]-?: T[K] }\ninterface A { a?: int16 }'
    expect(await shapeOf('Strict<Strict<Strict<A>>>', strict)).to.deep.equal(['struct', { a: 'int16' }])
  })

  it('a parameter does not hide a type of its name, and a type no value', async () => {
    const source =
      'type T = int16\nconst make = (T: number) => { @networkClass(3) class A extends NetworkObject { @field(0) hidden(p: T): void {} } }'
    const found = await registrations(
      transform(model('@field(0) m(): void {}', `${source}\nmake(1)\n`), '/game/model.ts'),
    )
    expect(found.find(([, , , name]) => name === 'hidden')?.[4]).to.deep.equal({ params: [['p', 'int16']] })
  })

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

  it('a union of ten thousand literals, and what is made of it', async () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `k${at}`)
    const huge = `type Huge = ${names.map(name => `'${name}'`).join(' | ')}`
    const found = (
      await schemaOf("m(a: Huge, b: Exclude<Huge, 'k7'>, c: Record<Huge, 1>, d: keyof Record<Huge, 1>): void {}", huge)
    ).params
    expect(found.map(([, [, of]]: [string, [string, object]]) => Object.keys(of).length)).to.deep.equal([
      10_000, 9999, 10_000, 10_000,
    ])
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
