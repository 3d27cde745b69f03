// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are source texts of types.
import { expect } from 'chai'
import { UnresolvedType } from '../../decorators/transformer/errors.ts'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { transform } from '../../decorators/transformer/transform.ts'
import { model, Project } from './project.ts'

function refusal(source: string, file = '/game/model.ts'): UnresolvedType {
  try {
    transform(source, file, new Modules())
  } catch (error) {
    expect(error).to.be.instanceOf(UnresolvedType)
    return error as UnresolvedType
  }
  throw new Error(`This was not refused:\n${source}`)
}

/** [type, what the message says, what the hint says, declarations] */
const types: readonly [string, RegExp, RegExp, string?][] = [
  ['any', /any says nothing/, /unknown/],
  ['object', /object says nothing/, /interface/],
  ['{}', /\{\} says nothing/, /unknown/],
  ['unknown & {}', /\{\} says nothing/, /unknown/],
  ['() => void', /a function cannot be sent/, /data/],
  ['new () => Player', /a class cannot be sent/, /struct/],
  ['abstract new () => Player', /a class cannot be sent/, /struct/],
  ['symbol', /symbol/, /literals/],
  ['unique symbol', /symbol/, /literals/],
  ['typeof tag', /symbol/, /literals/, 'declare const tag: unique symbol'],
  ['5n', /literal cannot be sent/, /bigint/],
  ['undefined', /undefined is no value/, /Leave/],
  ['void', /undefined is no value/, /Leave/],
  ['never', /never is no value/, /Leave/],
  ['this', /type this/, /class itself/],
  ['this["x"]', /type this/, /class itself/],
  ['int16 extends number ? string : boolean', /conditional/, /resulting type.*checker: true/],
  ['A<string>', /conditional/, /checker: true/, 'type A<T> = T extends (infer U)[] ? U : never'],
  ['{ [key: string]: int16 }', /open keys/, /Map/],
  ['{ a: int16; [key: number]: int16 }', /open keys/, /Map/],
  ['A', /open keys/, /Map/, 'interface A { [key: `x${string}`]: int16 }'],
  ['Record<string, int16>', /open keys/, /Map/],
  ['Record<string, never>', /open keys/, /Map/],
  ['{ m(): void }', /a function cannot be sent/, /Omit/],
  ['{ m?: () => void }', /a function cannot be sent/, /data/],
  ['{ (): void }', /a function cannot be sent/, /Omit/],
  ['{ new (): Player }', /a function cannot be sent/, /Omit/],
  ['{ set a(v: int16) }', /'a' cannot be read/, /getter/],
  ['{ a }', /'a' has no type/, /Give it one/],
  ['{ [Symbol.iterator]: int16 }', /computed/, /plain name/],
  ['{ [brand]: int16 }', /computed/, /plain name/, 'declare const brand: unique symbol'],
  ['{ [name()]: int16 }', /computed/, /plain name/],
  ['{ __proto__: int16 }', /__proto__/, /another name/],
  ['{ a: undefined }', /'a' can have no value/, /Leave it out/],
  ['{ a: never }', /'a' can have no value/, /Leave it out/],
  ['Promise<int16>', /Promise cannot be sent/, /request/],
  [
    'ReturnType<typeof f>',
    /ReturnType cannot be sent/,
    /type itself.*checker: true/,
    'function f(): int16 { return 1 }',
  ],
  ['Parameters<typeof f>', /Parameters cannot be sent/, /tuple.*checker: true/, 'function f(a: int16) {}'],
  ['Awaited<Promise<int16>>', /Awaited cannot be sent/, /checker: true/],
  ['ThisType<Player>', /ThisType is neither/, /Import/],
  ['Function', /Function cannot be sent/, /data/],
  ['String', /String cannot be sent/, /string/],
  ['Object', /Object cannot be sent/, /unknown/],
  ['Buffer', /Buffer cannot be sent/, /Uint8Array/],
  ['Uint8ClampedArray', /Uint8ClampedArray cannot be sent/, /Uint8Array/],
  ['constructor', /neither declared here nor imported/, /Import/],
  ['Vec3', /Vec3 is neither declared here nor imported/, /Import Vec3/],
  ['Plain', /class Plain cannot be sent/, /@struct\(\)/, 'class Plain { a = 1 }'],
  ['Array', /Array needs a type argument/, /Array<string>/],
  ['Map<string>', /Map needs 2 type arguments/, /Map<string, int16>/],
  ['Pick<A>', /Pick needs 2 type arguments/, /Pick<string, int16>/, 'interface A { a: int16 }'],
  ['Tree', /needs an argument/, /Type<string>/, 'interface Tree<T> { a: T }'],
  ['str<string>', /str needs a number/, /str<64>/],
  ['str<-1>', /limit of str/, /str<64>/],
  ['list', /list needs the type/, /list<int16, 10>/],
  ['quantized<1, 0, 8>', /min < max/, /quantized/],
  ['quantized<0, 1, 40>', /1 to 32 bits/, /quantized/],
  ['Flags', /Flags of fieldcast is no wire type/, /wire type/],
  ['E', /cannot be computed/, /literal/, 'declare function f(): number\nenum E { A = f() }'],
  ['E', /no finite number/, /constant/, 'enum E { A = 1 / 0 }'],
  ['E', /is empty/, /members/, 'enum E {}'],
  ['E.C', /E|C cannot be found/, /import/, 'enum E { A }'],
  ['a', /a is a value/, /type/, 'const a = 1'],
  ['N', /N is a namespace/, /N\.Something/, 'declare namespace N { type A = 1 }'],
  ['{ a: string } & { a: number }', /intersection/, /write the resulting type/],
  ['Date & { a: int16 }', /intersection cannot be decided/, /write the resulting type/],
  ['Player & { a: int16 }', /intersection cannot be decided/, /write the resulting type/],
  ['[...int16[], string]', /only the last item/, /last/],
  ['S', /#hidden/, /plain property/, '@struct() class S { #hidden = 1 }'],
  ['S', /type of S.a is not written/, /a: int16/, '@struct() class S { a = Math.random() }'],
  [
    'S',
    /shares its name with an interface/,
    /properties of the class/,
    '@struct() class S { a = 1 }\ninterface S { b: int16 }',
  ],
  [
    'I',
    /Plain is no object type that an interface could extend/,
    /keys/,
    'class Plain { a = 1 }\ninterface I extends Plain {}',
  ],
  ['I', /Player is no object type that an interface could extend/, /keys/, 'interface I extends Player {}'],
  ['I', /I extends itself/, /away/, 'interface I extends J {}\ninterface J extends I {}'],
  [
    'S',
    /what S extends cannot be found/,
    /Extend/,
    'declare const mixin: any\n@struct() class S extends mixin(Object) { a = 1 }',
  ],
  ["import('./nowhere.ts').T", /'.\/nowhere.ts' cannot be found/, /import/],
]

/** What TypeScript itself could tell, and the syntax cannot. */
const undecided: readonly [string, RegExp, RegExp, string?][] = [
  ['keyof string', /keyof cannot be decided/, /'a' \| 'b'.*checker: true/],
  ['keyof int16[]', /keyof cannot be decided/, /checker: true/],
  ['keyof (A | null)', /keyof cannot be decided/, /checker: true/, 'interface A { a: int16 }'],
  ['keyof Player', /which keys Player has/, /interface/],
  ['keyof S', /which keys S has/, /interface/, 'class S { a = 1 }\ninterface S { b: int16 }'],
  [
    'keyof typeof E',
    /shares its name with a namespace/,
    /name of its own/,
    'enum E { A }\nnamespace E { export const b = 1 }',
  ],
  ['A["b"]', /indexed access/, /type itself.*checker: true/, 'interface A { a: int16 }'],
  ['A[string]', /indexed access/, /type itself/, 'interface A { a: int16 }'],
  ['A[number]', /indexed access/, /type itself/, 'interface A { a: int16 }'],
  ['[int16, string]["length"]', /indexed access/, /type itself/],
  ['[int16][3]', /indexed access/, /type itself/],
  ['Pick<A, "b">', /no key 'b'/, /keys/, 'interface A { a: int16 }'],
  ['Pick<A, string>', /needs the keys as literals/, /'a' \| 'b'/, 'interface A { a: int16 }'],
  ['Partial<int16[]>', /needs an object type/, /interface/],
  ['Partial<Player>', /which keys Player has/, /interface/],
  ['Pick<string, "length">', /needs an object type/, /interface/],
  ['{ [K in string]: int16 }', /open keys/, /Map/],
  ["{ [K in 'a' as string]: int16 }", /what a key becomes/, /resulting type.*checker: true/],
  ["{ [K in 'a' | 'b' as 'c']: int16 }", /two keys become 'c'/, /resulting type/],
  ["{ [K in 'a'] }", /'a' has no type/, /Give it one/],
  ['{ [K in Keys<A>]: int16 }', /question marks/, /keyof T/, 'interface A { a: int16 }\ntype Keys<T> = keyof T'],
  [
    "Some<A, 'a'>",
    /question marks/,
    /keyof T/,
    'interface A { a?: int16 }\ntype Keys<T> = keyof T\ntype Some<T, K extends Keys<T>> = { [P in K]: int16 }',
  ],
  ['{ [K in keyof typeof E]: int16 }', /open keys/, /Record<keyof typeof/, 'enum E { A }'],
  ['Mapped<[int16, ...string[]]>', /makes of something/, /resulting type/, 'type Mapped<T> = { [K in keyof T]: T[K] }'],
  ['Mapped<int16[]>', /makes of something/, /resulting type/, 'type Mapped<T> = { [K in keyof T]-?: T[K] }'],
  ['Mapped<Date>', /makes of something/, /resulting type/, 'type Mapped<T> = { [K in keyof T]: T[K] }'],
  ['`a${string}`', /template literal/, /str/],
  ['`a${number}`', /template literal/, /str/],
  ['`${Hex}${Hex}${Hex}`', /more than 256 texts/, /str/, "type Hex = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7'"],
  ['Uppercase<string>', /Uppercase needs string literals/, /union/],
  [
    'Extract<A | B, { a: int16; c?: 1 }>',
    /what Extract leaves/,
    /checker: true/,
    'interface A { a: int16 }\ninterface B { b: int16 }',
  ],
  ['Exclude<int16, int8>', /what Exclude leaves/, /checker: true/],
  ["Exclude<'x' | 'y', E>", /what Exclude leaves/, /checker: true/, "enum E { X = 'x' }"],
  ['typeof a', /'a' has no type|cannot be told|not written/, /as const/, 'const a = compute()'],
  ['typeof a', /type of this expression/, /as const/, 'const a = Object.freeze({ b: 1 })'],
  ['typeof a', /type of this expression/, /as const/, 'const a = new Map([["b", 1]])'],
  ['typeof a', /type of this expression/, /as const/, 'const a = Math.random() > 0.5 ? 1 : 2'],
  ['typeof a', /type of this expression/, /as const/, 'const a = 1 || 2'],
  ['typeof a', /a function cannot be sent/, /data/, 'const a = () => 1'],
  ['typeof a', /a function cannot be sent/, /data/, 'const a = { b() {} }'],
  ['typeof a', /type of the getter 'b'/, /as const/, 'const a = { get b() { return 1 } }'],
  ['typeof a', /what a spread brings/, /keys out/, 'const b = { c: 1 }\nconst a = { ...b, d: 1 } as const'],
  ['keyof typeof a', /what a spread brings/, /keys out/, 'const b = { c: 1 }\nconst a = { ...b, d: 1 } as const'],
  [
    '(typeof a)[number]',
    /which items this array has/,
    /as const/,
    "const b = ['x'] as const\nconst a = [...b, 'y'] as const",
  ],
  ['typeof a', /which items this array has/, /as const/, 'const a = [1, , 2]'],
  ['keyof typeof a', /computed/, /plain name/, 'const a = { [compute()]: 1 } as const'],
  ['typeof a', /whether this is a list/, /as const/, 'const a = []'],
  ['typeof a', /what the items .* have in common/, /as const/, 'const a = [{ b: 1 }, { c: 1 }]'],
  ['typeof a', /whether satisfies keeps/, /as const before satisfies/, "const a = { b: 'x' } satisfies { b: string }"],
  ['typeof a', /whether this is a list/, /as const/, 'const a = [1, 2] satisfies number[]'],
  ['typeof a', /whether this template/, /as const/, 'const b = 1\nconst a = `x${b}`'],
  ['typeof a', /literal cannot be sent/, /bigint/, 'const a = 5n'],
  ['typeof a', /what was assigned to it before/, /name of its own/, "const a: 'x' | 'y' = 'x'"],
  ['typeof a', /what was assigned to it before/, /name of its own/, 'const a: boolean = true'],
  ['typeof a', /what was assigned to it before/, /name of its own/, 'let a = true'],
  ['typeof a.b', /what was assigned to it before/, /\(typeof x\)\['b'\]/, 'const a = { b: true }'],
  ['typeof a', /type of a is not written/, /as const/, 'let a'],
  ['typeof a', /type of a is not written/, /as const/, 'function a() {}'],
  ['typeof a', /type of a is not written/, /as const/, 'const { a } = { a: 1 }'],
  ['typeof a<string>', /a function cannot be sent/, /data/, 'declare function a<T>(): T'],
  ['typeof Player', /Player is a class/, /class itself/],
  ['typeof N', /namespace/, /constant/, 'namespace N { export const a = 1 }'],
  ['typeof nowhere', /nowhere is neither declared here/, /Import nowhere/],
  ['typeof a.b', /what is under 'b' cannot be told/, /type itself/, 'const a = { c: 1 }'],
  ['typeof a.length', /what is under 'length' cannot be told/, /type itself/, "const a = ['x'] as const"],
  ['typeof this', /type of this/, /class itself/],
  ["typeof import('./nowhere.ts').a", /'.\/nowhere.ts' cannot be found/, /constant/],
]

/** Types that have no end, or too much in them. */
const endless: readonly [string, RegExp, RegExp, string?][] = [
  ['A', /A is nothing but itself/, /array/, 'type A = A | null'],
  ['A', /A is nothing but itself/, /array/, 'type A = B\ntype B = C | null\ntype C = A'],
  ['A', /nests without end|nothing but itself/, /itself/, 'type A = keyof A'],
  ['A', /nests without end|nothing but itself/, /itself/, "type A = A['b']"],
  ['A<string>', /nests without end/, /grows/, 'interface A<T> { next?: A<T[]> }'],
  ['A<string>', /nests without end/, /grows/, 'interface A<T> { next?: B<[T, T, T, T]> }\ninterface B<T> { a?: A<T> }'],
  ['A<string>', /nests without end/, /grows/, 'type A<T> = { a?: A<{ b: T }> }'],
  ['A', /nests without end|nothing but itself/, /itself/, 'interface A { a: Partial<A>["a"] }'],
  ['A', /nests without end/, /itself/, 'interface A<T = A<A>> { a: T }'],
  [`int16${'[]'.repeat(400)}`, /deeper than 250 levels/, /flatter/],
  [
    'A30',
    /parts/,
    /less/,
    [
      'type A0 = { a: int16 }',
      ...Array.from({ length: 30 }, (_, at) => `type A${at + 1} = { l: A${at}; r: A${at} }`),
    ].join('\n'),
  ],
  ['P<P<P<P<P<P<P<P<P<P<P<P<P<P<P<P<P<P<P<P<int16>>>>>>>>>>>>>>>>>>>>', /parts/, /less/, 'type P<T> = [T, T, T, T]'],
]

describe('a type that cannot be sent or decided is refused:', () => {
  for (const [type, what, hint, declarations] of [...types, ...undecided, ...endless]) {
    it(`${type} ${declarations ? ` with ${declarations.replaceAll('\n', ' ')}` : ''}`.slice(0, 120), () => {
      const error = refusal(model(`@field(0) m(p: ${type}): void {}`, declarations))
      expect(error.message).to.match(what)
      expect(error.hint).to.match(hint)
    })
  }

  it('a type parameter of the method, and one of the class that no subclass fills', () => {
    expect(refusal(model('@field(0) m<T>(p: T): void {}')).message).to.match(/method's type parameter T/)
    const generic =
      "import { field, networkClass, NetworkObject } from 'fieldcast'\n@networkClass(1) class A<T> extends NetworkObject { @field(0) m(p: T): void {} }"
    expect(refusal(generic).hint).to.match(/class Chest extends Box<Coin>/)
  })
})

/** [members, what the message says, what the hint says] */
const members: readonly [string, RegExp, RegExp][] = [
  ['@field(0) m(p): void {}', /parameter p has no type/, /p: int16/],
  ['@field(0) m(p = []): void {}', /parameter p has no type/, /p: int16/],
  ['@field(0) m(...p): void {}', /parameter p has no type/, /p: int16/],
  ['@field(0) m(...p: list<int16, 3>): void {}', /rest parameter needs an array/, /take one list/],
  ['@field(0) async m() {}', /async method needs a declared result/, /Promise<void>/],
  ['@field(0) m(): Promise {}', /does not say what it gives/, /Promise<void>/],
  ['@field(0) m(): Promise<() => void> {}', /a function cannot be sent/, /data/],
  ['@field(0) static m(): void {}', /static method/, /without static/],
  ['@field(0) private m(): void {}', /private method/, /public/],
  ['@field(0) protected m(): void {}', /protected method/, /public/],
  ['@field(0) #m(): void {}', /private method/, /public/],
  ['@field(0) get m(): int16 { return 1 }', /getter/, /method/],
  ['@field(0) set m(v: int16) {}', /setter/, /method/],
  ['@field(0) accessor m = 1', /accessor/, /method/],
  ['@field(0) m = (p: int16) => {}', /property/, /method/],
  ['@field(0) *m(): void {}', /generator/, /method/],
  ['@field(0) [Symbol.iterator](): void {}', /computed/, /name/],
  ['m(a: int16): void\n m(a: string): void\n @field(0) m(a: any): void {}', /several signatures/, /union/],
  ['@field(0) "m"(a: any): void {}\n m(a: string): void', /several signatures/, /union/],
  ['@field m(): void {}', /needs parentheses/, /@field\(0\)/],
  ['@networkClass(3) m(): void {}', /@networkClass stands on a member/, /class/],
]

describe('a decorator where it cannot serve is refused:', () => {
  for (const [member, what, hint] of members) {
    it(member, () => {
      const error = refusal(model(member))
      expect(error.message).to.match(what)
      expect(error.hint).to.match(hint)
    })
  }

  it('@field on a class, @networkClass without parentheses, a class without a name', () => {
    const source = (decorator: string, rest = 'class A extends NetworkObject {}'): string =>
      `import { field, networkClass, NetworkObject } from 'fieldcast'\n${decorator} ${rest}`
    expect(refusal(source('@field(0)')).message).to.match(/stands on a class/)
    expect(refusal(source('@networkClass')).hint).to.match(/@networkClass\(10\)/)
    expect(refusal(source('export default @networkClass(1)', 'class extends NetworkObject {}')).hint).to.match(
      /Name it/,
    )
  })

  it('@struct on a network class', () => {
    expect(
      refusal("import { struct, NetworkObject } from 'fieldcast'\n@struct() class A extends NetworkObject {}").message,
    ).to.match(/cannot be a struct/)
  })
})

describe('a refusal', () => {
  it('tells file, line, column, the line with a mark, the field and what to write', () => {
    const error = refusal(
      "import { field } from 'fieldcast'\n\nclass Player {\n\t@field(0)\n\tsay(text: string, then: () => void): void {}\n}",
    )
    expect([error.code, error.file, error.line, error.column]).to.deep.equal([
      'unresolved-type',
      '/game/model.ts',
      5,
      26,
    ])
    expect(error.message.split('\n')).to.deep.equal([
      '/game/model.ts:5:26',
      'Player.say: a function cannot be sent.',
      '  5 | \tsay(text: string, then: () => void): void {}',
      `    | \t${' '.repeat(24)}^^^^^^^^^^`,
      error.hint,
    ])
  })

  it('points into the file where the culprit stands, and names the files that were read', () => {
    const project = new Project({ 'types.ts': 'export interface A {\n  b: B\n}\ninterface B { c: symbol }\n' })
    try {
      const error = refusal(
        "import { field } from 'fieldcast'\nimport type { A } from './types.js'\nclass P { @field(0) m(a: A): void {} }",
        project.path('model.ts'),
      )
      expect([error.file, error.line, error.column]).to.deep.equal([project.path('types.ts'), 4, 18])
      expect(error.dependencies).to.deep.equal([project.path('types.ts')])
      expect(error.message).to.contain('P.m: ')
    } finally {
      project.remove()
    }
  })

  it('says which file is missing, broken, or exports no such name', () => {
    const project = new Project({
      'broken.ts': 'export interface {',
      'empty.ts': 'export {}',
      'a.ts': "export * from './b.ts'",
      'b.ts': "export * from './a.ts'",
    })
    try {
      const from = (file: string): string =>
        refusal(
          `import { field } from 'fieldcast'\nimport type { A } from '${file}'\nclass P { @field(0) m(a: A): void {} }`,
          project.path('model.ts'),
        ).message
      expect(from('./nowhere.ts')).to.contain("'./nowhere.ts' cannot be found")
      expect(from('not-installed')).to.contain("'not-installed' cannot be found")
      expect(from('./broken.ts')).to.match(/broken\.ts:1:\d+ has a syntax error: /)
      expect(from('./empty.ts')).to.contain('empty.ts exports no A')
      expect(from('./a.ts')).to.contain('a.ts exports no A')
    } finally {
      project.remove()
    }
  })
})
