import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Checker } from '../../decorators/transformer/checker/contract.ts'
import { createChecker } from '../../decorators/transformer/checker/create.ts'
import { UnresolvedType } from '../../decorators/transformer/errors.ts'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { read } from '../../decorators/transformer/transform.ts'
import type { FieldSchema } from '../../lib/schema/shape.ts'
import { model, Project } from './project.ts'

const root = process.cwd()
const compilers: readonly [string, string][] = [
  ['TypeScript 5.9', 'ts59'],
  ['TypeScript 6', '@typescript/old'],
  ['TypeScript 7', 'typescript'],
]
const tsconfig = JSON.stringify({
  compilerOptions: {
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    noEmit: true,
    allowImportingTsExtensions: true,
    types: [],
  },
})

/** A project with the package itself, whose types TypeScript has to see, and one TypeScript, or none. */
function projectWith(typescript: string | undefined, project: Project): Project {
  rmSync(project.path('node_modules/fieldcast'), { recursive: true })
  symlinkSync(root, project.path('node_modules/fieldcast'))
  if (typescript) symlinkSync(join(root, 'node_modules', typescript), project.path('node_modules/typescript'))
  return project
}

/** What the decorators of a file are given, by member or class. */
function schemasOf(source: string, file: string, modules: Modules): Map<string, any> {
  const classes = read(source, file, modules)?.classes ?? []
  return new Map(
    classes.flatMap(({ name, registrations }) =>
      registrations.map(({ key, schema }) => [key ? `${name}.${key}` : `${name}`, schema] as const),
    ),
  )
}

function refusalOf(run: () => unknown): UnresolvedType {
  try {
    run()
  } catch (error) {
    expect(error).to.be.instanceOf(UnresolvedType)
    return error as UnresolvedType
  }
  throw new Error('This was not refused.')
}

const struct = (keys: object): unknown => ['struct', keys]
const vocabulary = `
export function make() { return { at: [1, 2] as [number, number], kind: 'box' as const, when: new Date() } }
export async function fetchItem(id: number): Promise<{ id: number; tags: Set<string> } | null> { return null }
export const limits = { low: 1, high: 2 } as const
export const settings = { volume: 0.5, name: 'x', on: true }
export interface Item { name: import('fieldcast').str<32>; count: import('fieldcast').uint8; note?: string; run(): void }
export type Data<T> = { [K in keyof T as T[K] extends (...args: any) => any ? never : K]: T[K] }
export type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T
export type Unpacked<T> = T extends readonly (infer U)[] ? U : never
export type Getters<T> = { [K in keyof T & string as \`get\${Capitalize<K>}\`]: T[K] }
export type Tree<T> = T extends string ? { value: T; kids: Tree<T>[] } : never
export interface Folder { name: string; inner: Folder[] | null }
export enum Team { Red, Blue = 'blue' }
export type Answer<T> = Promise<T | null>
`
const imports = `import { make, fetchItem, limits, settings, Team, type Item, type Data, type DeepPartial, type Unpacked, type Getters, type Tree, type Folder, type Answer } from './vocabulary.js'
import type { int64, bool, varint, wire } from 'fieldcast'
`

/** [what it is, type, its shape, declarations] */
const answers: readonly [string, string, unknown, string?][] = [
  [
    'ReturnType',
    'ReturnType<typeof make>',
    struct({ at: ['tuple', ['float64', 'float64']], kind: ['enum', ['box']], when: 'date' }),
  ],
  [
    'Awaited',
    'Awaited<ReturnType<typeof fetchItem>>',
    ['union', [struct({ id: 'float64', tags: ['set', 'str'] }), 'null']],
  ],
  ['Parameters', 'Parameters<typeof fetchItem>', ['tuple', ['float64']]],
  [
    'InstanceType',
    'InstanceType<typeof Vec>',
    ['instance', 'Vec', { x: 'float32' }],
    '@struct() class Vec { x: float32 = 0 }',
  ],
  ['a conditional type', 'Item extends { name: string } ? int16 : never', 'int16'],
  ['infer', 'Unpacked<Item[]>["name"]', ['str', 32]],
  ['a union of template literals', '`${"a" | "b"}-${1 | 2}`', ['enum', ['a-1', 'a-2', 'b-1', 'b-2']]],
  [
    'a mapped type',
    "{ [K in 'a' | 'b']: list<K, 3> }",
    struct({ a: ['list', ['enum', ['a']], 3], b: ['list', ['enum', ['b']], 3] }),
  ],
  [
    'a mapped type that leaves methods out',
    'Data<Item>',
    struct({ name: ['str', 32], count: 'uint8', note: ['opt', 'str'] }),
  ],
  [
    'a mapped type with other keys',
    'Getters<{ x: int8; y?: str<3> }>',
    struct({ getX: 'int8', getY: ['opt', ['str', 3]] }),
  ],
  [
    'a recursive mapped type that reaches into wire types',
    'DeepPartial<{ a: int16; b: { c: str<5>; d: quantized<-1, 1, 12> }; e: list<uint8, 4> }>',
    struct({
      a: ['opt', 'int16'],
      b: ['opt', struct({ c: ['opt', ['str', 5]], d: ['opt', ['quantized', -1, 1, 12]] })],
      e: ['opt', ['list', ['opt', 'uint8'], 4]],
    }),
  ],
  ['typeof a value', 'typeof settings', struct({ volume: 'float64', name: 'str', on: 'bool' })],
  ['typeof a constant', '(typeof limits)[keyof typeof limits]', ['enum', [1, 2]]],
  ['keyof', 'keyof Data<Item>', ['enum', ['count', 'name', 'note']]],
  ['keyof typeof an enum', 'keyof typeof Team', ['enum', ['Blue', 'Red']]],
  ['an enum on the way', 'Exclude<Team | 5, Team.Red>', ['enum', [5, 'blue']]],
  [
    'Extract',
    'Extract<int16 | string | { a: 1 }, object | string>',
    ['union', ['int16', 'str', struct({ a: ['enum', [1]] })]],
  ],
  ['NonNullable of what has to be asked', 'NonNullable<ReturnType<() => int16 | undefined>>', 'int16'],
  [
    'every wire type on the way',
    'Awaited<Promise<[int8, int16, int32, int64, uint8, varint, float32, bool, str, str<64>, bytes<1024>, list<int16, 10>, quantized<-1, 1, 12>]>>',
    [
      'tuple',
      [
        'int8',
        'int16',
        'int32',
        'int64',
        'uint8',
        'varint',
        'float32',
        'bool',
        'str',
        ['str', 64],
        ['bytes', 1024],
        ['list', 'int16', 10],
        ['quantized', -1, 1, 12],
      ],
    ],
  ],
  [
    'every plain type on the way',
    'Awaited<Promise<[number, string, boolean, bigint, null, unknown, Date, Uint8Array, Float32Array, BigInt64Array, Map<string, 1>, ReadonlySet<true>, readonly string[], int16?, ...Date[]]>>',
    [
      'tuple',
      [
        'float64',
        'str',
        'bool',
        'int64',
        'null',
        'unknown',
        'date',
        'bytes',
        ['numbers', 'float32'],
        ['numbers', 'int64'],
        ['map', 'str', ['enum', [1]]],
        ['set', ['enum', [true]]],
        ['list', 'str'],
        ['opt', 'int16'],
      ],
      'date',
    ],
  ],
  ['a brand of its own', "Awaited<Promise<string & { readonly __id: 'user' }>>", 'str'],
  [
    'network classes, by the class that is registered',
    '[Awaited<Player | null>, Awaited<Local>]',
    [
      'tuple',
      [
        ['ref', 'Player'],
        ['ref', 'Player'],
      ],
    ],
    'class Local extends Player {}',
  ],
  ['a network object of any class', 'Awaited<NetworkObject>', ['ref', 'NetworkObject']],
  [
    'a struct whose own property has to be asked',
    'Vec',
    ['instance', 'Vec', { x: ['struct', { volume: 'float64', name: 'str', on: 'bool' }] }],
    '@struct() class Vec { x!: typeof settings }',
  ],
  [
    'a struct whose property has no type written',
    'Vec',
    ['instance', 'Vec', { x: ['list', 'float64'] }],
    '@struct() class Vec { x = [1, 2] }',
  ],
  ['a name that is declared nowhere but globally', 'Setup', struct({ level: 'float64' })],
]

/** [what it is, type, what the message says, declarations] */
const refusals: readonly [string, string, RegExp, string?][] = [
  ['a function', 'ReturnType<() => () => void>', /makes this \(\) => void, and a function cannot be sent/],
  [
    'a function deep inside',
    'Awaited<Promise<{ a: { b: [1, () => void] } }>>',
    /where a\.b\[1\] is \(\) => void, and a function/,
  ],
  ['any', 'ReturnType<typeof anything>', /makes this any, and any says nothing/, 'declare function anything(): any'],
  ['any deep inside', 'Awaited<Promise<Map<string, any>>>', /where Map\[1\] is any/],
  [
    'any because of an import that is missing',
    'ReturnType<typeof nowhere>',
    /it reports: .*Cannot find module '.\/nowhere.js'/,
    "import { nowhere } from './nowhere.js'",
  ],
  ['any because of a name that is missing', 'Awaited<Missing>', /it reports: Cannot find name 'Missing'/],
  ['an unknown name', 'Missing', /it reports: Cannot find name 'Missing'/],
  ['a symbol', 'Awaited<symbol>', /a symbol cannot be sent/],
  ['a key that is a symbol', 'Awaited<{ [Symbol.iterator]: 1 }>', /a key that is a symbol/],
  ['open keys', 'Awaited<Record<string, int16>>', /open keys/],
  ['an open template literal', 'Awaited<`a${string}`>', /template literal/],
  ['a bigint literal', 'Awaited<5n>', /bigint literal/],
  ['object', 'Awaited<object>', /object says nothing/],
  ['an instance of a plain class', 'Awaited<Promise<Plain>>', /class Plain cannot be sent/, 'class Plain { a = 1 }'],
  ['a class', 'Awaited<typeof Player>', /a class cannot be sent/],
  ['an instance of a class of the platform', 'Awaited<Promise<Error>>', /Error cannot be sent/],
  ['a promise within', 'Awaited<{ a: Promise<1> }>', /where a is Promise<1>, and Promise cannot be sent/],
  ['an intersection without a meaning', 'Awaited<Player & { extra: 1 }>', /intersection cannot be decided/],
  [
    'a type without an end',
    'Awaited<Endless<1>>',
    /nests without end/,
    'type Endless<T> = T extends unknown ? { a: Endless<[T]>; b: Endless<{ x: T }> } : never',
  ],
  [
    'an interface without an end',
    'Awaited<Chain<1>>',
    /Chain nests without end/,
    'interface Chain<T> { next?: Chain<T[]> }',
  ],
  ['never', 'Extract<int16, string>', /never is no value/],
  ['undefined', 'ReturnType<() => void>', /undefined is no value/],
  ['the key __proto__', 'Awaited<{ ["__proto__"]: 1 }>', /__proto__/],
  ['a limit that is no number', 'Awaited<str<number>>', /must be numbers/],
  ['an impossible limit', 'Awaited<str<-1>>', /impossible/],
  ['an impossible range', 'Awaited<quantized<1, 0, 8>>', /impossible/],
  ['two wire types in one', 'Awaited<int16 & int8>', /mixture|never is no value/],
  ['a tuple with its rest in the middle', 'Awaited<[...int8[], string]>', /only the last item/],
  ['a list of nothing', 'Awaited<undefined[]>', /undefined is no value/],
]

for (const [label, name] of compilers)
  describe(`checker: true with ${label}`, function () {
    this.timeout(120_000)
    let project: Project
    let checker: Checker
    let modules: Modules

    before(() => {
      project = projectWith(
        name,
        new Project({
          'tsconfig.json': tsconfig,
          'vocabulary.ts': vocabulary,
          'global.d.ts': 'interface Setup { level: number }',
        }),
      )
      checker = createChecker({ root: project.root })
      modules = new Modules(undefined, checker)
    })
    after(() => {
      checker.close()
      project.remove()
    })

    const schemas = (members: string, declarations = ''): Map<string, any> =>
      schemasOf(model(members, imports + declarations), project.path('model.ts'), modules)
    const field = (method: string, declarations?: string): FieldSchema =>
      schemas(`@field(0) ${method}`, declarations).get(`Player.${/\w+/.exec(method)![0]}`)

    for (const [what, type, shape, declarations] of answers)
      it(`decides ${what}: ${type}`, () => {
        const { params } = field(`m(p: ${type}): void {}`, declarations)
        expect(inAnyOrder(params)).to.deep.equal(inAnyOrder([['p', shape]]))
      })

    for (const [what, type, message, declarations] of refusals)
      it(`refuses ${what}, at the place of the annotation: ${type}`, () => {
        const source = model(`@field(0) m(p: ${type}): void {}`, imports + (declarations ?? ''))
        const error = refusalOf(() => read(source, project.path('model.ts'), modules))
        expect(error.message).to.match(message)
        expect(error.message).to.contain('Player.m: ')
        const line = source.split('\n').findIndex(text => text.includes('@field')) + 1
        expect([error.file, error.line]).to.deep.equal([project.path('model.ts'), line])
      })

    it('decides optional, default and rest parameters', () => {
      const { params } = field(
        'm(a?: Unpacked<int8[]>, b = make().kind, { x }: Awaited<{ x: 1 }> = { x: 1 }, ...c: Unpacked<[int16, str<4>?][]>): void {}',
      )
      expect(params).to.deep.equal([
        ['a', ['opt', 'int8']],
        ['b', ['opt', ['enum', ['box']]]],
        ['argument3', ['opt', struct({ x: ['enum', [1]] })]],
        ['c1', 'int16'],
        ['c2', ['opt', ['str', 4]]],
      ])
    })

    it('decides the result of a request, also where the syntax does not show the Promise', () => {
      const result = ['union', [struct({ id: 'float64', tags: ['set', 'str'] }), 'null']]
      expect(field('m(): Promise<Awaited<ReturnType<typeof fetchItem>>> { throw 0 }').result).to.deep.equal(result)
      expect(field('m(): ReturnType<typeof fetchItem> { throw 0 }').result).to.deep.equal(result)
      expect(field('m(): Answer<Unpacked<int8[]>> { throw 0 }').result).to.deep.equal(['union', ['int8', 'null']])
      expect(field('m(): ReturnType<() => Promise<void>> { throw 0 }').result).to.equal('void')
      expect(field('m(): ReturnType<typeof make> { throw 0 }')).to.not.have.property('result')
      const never = refusalOf(() => field('m(): Promise<Extract<1, 2>> { throw 0 }'))
      expect(never.message).to.match(/never is no answer/)
    })

    it('names recursive types, whoever made them', () => {
      expect(field('m(a: Awaited<Folder>, b: Unpacked<Folder[]>): void {}')).to.deep.equal({
        params: [
          ['a', ['type', '0']],
          ['b', ['type', '0']],
        ],
        types: { 0: struct({ inner: ['union', [['list', ['type', '0']], 'null']], name: 'str' }) },
      })
      // No alias, interface or class stands for a turn of this one: the list in it is what comes back.
      const tree = struct({ value: ['enum', ['leaf']], kids: ['type', '0'] })
      expect(field('m(a: Tree<"leaf">): void {}')).to.deep.equal({
        params: [['a', tree]],
        types: { 0: ['list', tree] },
      })
    })

    it('sees a generic base as the subclass closes it', () => {
      const found = schemasOf(
        `import { networkClass, field, NetworkObject, type int16 } from 'fieldcast'
${imports}
abstract class Holder<T, F extends () => unknown> extends NetworkObject {
  @field(0) put(item: T extends string ? { text: T } : int16, made: ReturnType<F>): void {}
  @field(0) clear(): void {}
  @field(0) add(items: T[], all: DeepPartial<{ t: T }>): Promise<Unpacked<T[]>> { throw 0 }
}
abstract class Middle<A> extends Holder<A, () => A[]> {}
@networkClass(1) export class Words extends Middle<'a' | 'b'> {}
@networkClass(2) export class Numbers extends Middle<int16> {}`,
        project.path('model.ts'),
        modules,
      )
      expect(found.get('Holder.put')).to.equal(null)
      expect(found.get('Holder.add')).to.equal(null)
      expect(found.get('Holder.clear')).to.deep.equal({ params: [] })
      const text = (value: string): unknown => struct({ text: ['enum', [value]] })
      expect(found.get('Words').fields).to.deep.equal({
        put: {
          params: [
            ['item', ['union', [text('a'), text('b')]]],
            ['made', ['list', ['enum', ['a', 'b']]]],
          ],
        },
        add: {
          params: [
            ['items', ['list', ['enum', ['a', 'b']]]],
            ['all', struct({ t: ['opt', ['enum', ['a', 'b']]] })],
          ],
          result: ['enum', ['a', 'b']],
        },
      })
      expect(found.get('Numbers').fields.put.params).to.deep.equal([
        ['item', 'int16'],
        ['made', ['list', 'int16']],
      ])
    })

    it('refuses what stays open: in a class that is registered, and in a method of its own', () => {
      const open = refusalOf(() =>
        schemasOf(
          "import { networkClass, field, NetworkObject } from 'fieldcast'\n@networkClass(1) export class A<T> extends NetworkObject { @field(0) m(p: T extends string ? 1 : 2): void {} }",
          project.path('model.ts'),
          modules,
        ),
      )
      expect(open.message).to.match(/A\.m: .*depends on a type parameter/)
      const method = refusalOf(() => field('m<T>(p: Unpacked<T[]>): void {}'))
      expect(method.message).to.match(/depends on a type parameter/)
    })

    it('registers a struct with what has to be asked, inherited properties too', () => {
      const found = schemasOf(
        `import { struct, type int16 } from 'fieldcast'
${imports}
class Base<T> { at!: Unpacked<T[]>; made = make() }
@struct() export class Spot extends Base<int16> { constructor(public team: Exclude<Team, Team.Red> = Team.Blue) { super() } }`,
        project.path('model.ts'),
        modules,
      )
      expect(found.get('Spot').keys).to.deep.equal({
        at: 'int16',
        made: struct({ at: ['tuple', ['float64', 'float64']], kind: ['enum', ['box']], when: 'date' }),
        team: ['enum', ['blue']],
      })
    })

    it('gives the same schemas as the syntax for the fixture with everything in it, but for the order within unions', () => {
      const everything = projectWith(name, Project.everything())
      const asking = createChecker({ root: everything.root, first: true })
      try {
        for (const file of ['vec.ts', 'model.ts'].map(each => everything.path(each))) {
          const source = readFileSync(file, 'utf8')
          const bySyntax = schemasOf(source, file, new Modules())
          const byChecker = schemasOf(source, file, new Modules(undefined, asking))
          expect(byChecker.size).to.be.above(0)
          expect(inAnyOrder(byChecker)).to.deep.equal(inAnyOrder(bySyntax))
        }
      } finally {
        asking.close()
        everything.remove()
      }
    })

    it('orders a union in one way, whatever was checked before', () => {
      const first = field('m(a: Unpacked<(string | int16 | null | { a: 1 } | { a: 1; b: 2 } | boolean)[]>): void {}')
      const again = field(
        'm(a: Unpacked<({ b: 2; a: 1 } | boolean | null | string | { a: 1 } | int16)[]>): void {}',
        'type Before = boolean | { a: 1 }',
      )
      expect(first).to.deep.equal(again)
      const one = ['enum', [1]]
      expect(first.params[0]![1]).to.deep.equal([
        'union',
        ['bool', 'int16', 'str', struct({ a: one, b: ['enum', [2]] }), struct({ a: one }), 'null'],
      ])
    })

    it('takes the order of a union from the source where a type with a name says it', () => {
      const { params } = field(
        'm(a: Unpacked<Mixed[]>): void {}',
        'interface Mixed { of: string | int16 | { z: 1 } | { y: 1 } }',
      )
      expect(params[0]![1]).to.deep.equal(
        struct({ of: ['union', ['str', 'int16', struct({ z: ['enum', [1]] }), struct({ y: ['enum', [1]] })]] }),
      )
    })

    it('sees edits at once: of the file itself, of what it imports, of a file that was missing, of tsconfig.json', () => {
      const type = 'm(p: ReturnType<typeof later>): void {}'
      const shape = (): unknown => field(type, "import { later } from './later.js'").params[0]![1]
      expect(refusalOf(shape).message).to.match(/Cannot find module/)
      for (const [text, expected] of [
        ['export const later = () => 1 as const', ['enum', [1]]],
        ['export const later = () => 2 as const', ['enum', [2]]],
        ["export { later } from './last.js'", undefined],
      ] as const) {
        project.write('later.ts', text)
        if (expected) expect(shape()).to.deep.equal(expected)
        else refusalOf(shape)
      }
      project.write('last.ts', "export const later = () => 'x'")
      expect(shape()).to.equal('str')
      rmSync(project.path('last.ts'))
      refusalOf(shape)
      expect(field('m(p: Awaited<1>): void {}').params[0]![1]).to.deep.equal(['enum', [1]])
      expect(field('m(p: Awaited<2>): void {}').params[0]![1]).to.deep.equal(['enum', [2]])
      try {
        project.write('tsconfig.json', '{ "compilerOptions": { "strict": false, "types": [] } }')
        expect(refusalOf(() => field('m(p: Awaited<1>): void {}')).message).to.match(
          /strictNullChecks is off in .*tsconfig\.json/,
        )
        project.write('tsconfig.json', '{ "compilerOptions": ')
        expect(refusalOf(() => field('m(p: Awaited<1>): void {}')).message).to.match(/cannot read .*tsconfig\.json/)
      } finally {
        project.write('tsconfig.json', tsconfig)
      }
      expect(field('m(p: Awaited<1>): void {}').params[0]![1]).to.deep.equal(['enum', [1]])
    })

    it('names the files that the answer depends on: imports of imports, tsconfig.json, declarations of globals', () => {
      project.write('a.ts', "export { b as a } from './b.js'\nimport './c.js'")
      project.write('b.ts', 'export const b = 1')
      project.write('c.ts', 'export {}')
      const found = read(
        model('@field(0) m(p: Awaited<typeof a>): void {}', "import { a } from './a.js'\n"),
        project.path('model.ts'),
        modules,
      )!
      const names = found.dependencies.map(file => file.slice(project.root.length + 1)).sort()
      expect(names).to.deep.equal(['a.ts', 'b.ts', 'c.ts', 'global.d.ts', 'tsconfig.json'])
      const plain = read(model('@field(0) m(p: int16): void {}'), project.path('model.ts'), modules)!
      expect(plain.dependencies).to.deep.equal([])
    })

    it('does not care about errors elsewhere in the program', () => {
      project.write('wrong.ts', 'export const wrong: string = 5')
      const { params } = field(
        'm(p: Unpacked<int8[]>): void { const x: number = "" }',
        "import { wrong } from './wrong.js'\nconst no: number = wrong",
      )
      expect(params).to.deep.equal([['p', 'int8']])
    })

    it('takes the text that it is handed, of a file that differs on disk or is not there', () => {
      project.write('handed.ts', 'export {}')
      for (const file of ['handed.ts', 'unsaved.ts']) {
        const source = model(
          '@field(0) m(é: Unpacked<typeof local>): void {}',
          `${imports}// ünï 🎉\nconst local = [true]\n`,
        )
        expect(schemasOf(source, project.path(file), modules).get('Player.m').params).to.deep.equal([['é', 'bool']])
      }
    })

    it('finds the tsconfig.json that takes the file in, among those that the nearest one refers to', () => {
      const other = projectWith(
        name,
        new Project({
          'tsconfig.json':
            '{ "files": [], "references": [{ "path": "./tsconfig.node.json" }, { "path": "./tsconfig.app.json" }] }',
          'tsconfig.node.json':
            '{ "compilerOptions": { "strict": false, "composite": true }, "include": ["*.config.ts"] }',
          'tsconfig.app.json':
            '{ "compilerOptions": { "strict": true, "composite": true, "module": "esnext", "moduleResolution": "bundler" }, "include": ["src"] }',
          'vite.config.ts': 'export {}',
          'src/model.ts': 'export {}',
          'outside/model.ts': 'export {}',
        }),
      )
      const asking = createChecker({ root: other.root })
      try {
        for (const file of ['src/model.ts', 'outside/model.ts']) {
          const found = schemasOf(
            model('@field(0) m(p: Awaited<int16 | null>): void {}'),
            other.path(file),
            new Modules(undefined, asking),
          )
          expect(found.get('Player.m').params).to.deep.equal([['p', ['union', ['int16', 'null']]]])
        }
      } finally {
        asking.close()
        other.remove()
      }
    })
  })

describe('checker: true', () => {
  let project: Project
  const read1 = (type: string, checker: Checker): unknown =>
    schemasOf(model(`@field(0) m(p: ${type}): void {}`), project.path('model.ts'), new Modules(undefined, checker)).get(
      'Player.m',
    ).params[0][1]
  const use = (typescript: string | undefined, files: Readonly<Record<string, string>> = {}): Checker => {
    project = projectWith(typescript, new Project(files))
    return createChecker({ root: project.root })
  }
  afterEach(() => project.remove())

  it('loads no TypeScript before a type needs it', () => {
    const checker = use(undefined, {
      'node_modules/typescript/package.json': '{ "version": "5.9.3", "main": "index.cjs" }',
      'node_modules/typescript/index.cjs': "globalThis.typescriptWasLoaded = true\nthrow new Error('loaded')",
    })
    expect(read1('{ a: int16; b: Map<string, Player> }', checker)).to.be.an('array')
    expect(globalThis).to.not.have.property('typescriptWasLoaded')
    expect(() => read1('Awaited<1>', checker)).to.throw('loaded')
    expect(globalThis).to.have.property('typescriptWasLoaded')
    delete (globalThis as { typescriptWasLoaded?: boolean }).typescriptWasLoaded
  })

  it('says what to install where there is no TypeScript, or one that is too old', () => {
    const none = refusalOf(() => read1('Awaited<1>', use(undefined)))
    expect(none.message).to.match(/Player\.m: .*there is none to be found from/)
    expect(none.hint).to.equal('npm install --save-dev typescript')
    project.remove()
    const old = use(undefined, { 'node_modules/typescript/package.json': '{ "version": "4.9.5" }' })
    expect(refusalOf(() => read1('Awaited<1>', old)).message).to.match(/4\.9\.5 is too old/)
  })

  it('turns to @typescript/typescript6 where TypeScript 7 does not answer, and names it where that is missing', function () {
    this.timeout(60_000)
    const files = {
      'node_modules/typescript/package.json':
        '{ "version": "7.9.0", "type": "module", "exports": { "./package.json": "./package.json", "./unstable/sync": "./sync.js" } }',
      'node_modules/typescript/sync.js': 'export const renamed = 1',
    }
    const without = refusalOf(() => read1('Awaited<1>', use(undefined, files)))
    expect(without.message).to.match(/the API of TypeScript 7\.9\.0 does not answer: /)
    expect(without.hint).to.contain('npm install --save-dev @typescript/typescript6')
    project.remove()
    const checker = use(undefined, files)
    const home = createRequire(join(root, 'package.json')).resolve('@typescript/typescript6/package.json')
    project.write('node_modules/@typescript/keep', '')
    symlinkSync(join(home, '..'), project.path('node_modules/@typescript/typescript6'))
    expect(read1('Awaited<1>', checker)).to.deep.equal(['enum', [1]])
  })

  it('asks a program that runs already', () => {
    project = projectWith(undefined, new Project({ 'tsconfig.json': tsconfig }))
    const ts = createRequire(join(root, 'package.json'))('ts59')
    const file = project.path('model.ts')
    const source = model('@field(0) m(p: Awaited<str<5> | null>): void {}')
    project.write('model.ts', source)
    const schemaWith = (options: object): any => {
      const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext, ...options })
      return schemasOf(source, file, new Modules(undefined, createChecker({ running: { ts, program } }))).get(
        'Player.m',
      )
    }
    expect(schemaWith({ strict: true }).params).to.deep.equal([['p', ['union', [['str', 5], 'null']]]])
    expect(refusalOf(() => schemaWith({})).message).to.match(/strictNullChecks is off/)
  }).timeout(60_000)

  it('changes nothing where it is off', () => {
    project = new Project()
    const source = model('@field(0) m(p: Awaited<1>): void {}')
    expect(refusalOf(() => read(source, project.path('model.ts'), new Modules())).message).to.match(
      /Awaited cannot be sent/,
    )
  })
})

/** The order of a union's members is part of the contract; where two ways of reading are compared it is left out. */
function inAnyOrder(value: unknown): unknown {
  if (value instanceof Map) return inAnyOrder([...value])
  if (Array.isArray(value)) {
    const parts = value.map(inAnyOrder)
    if (parts[0] !== 'union' && parts[0] !== 'enum') return parts
    const members = (parts[1] as unknown[]).map(member => JSON.stringify(member)).sort()
    return [parts[0], members]
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, inAnyOrder(part)]),
  )
}
