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
  ['() => void', /a function cannot be sent/, /data/],
  ['new () => Player', /a class cannot be sent/, /struct/],
  ['symbol', /symbol/, /literals/],
  ['unique symbol', /symbol/, /literals/],
  ['5n', /literal cannot be sent/, /bigint/],
  ['undefined', /undefined is no value/, /Leave/],
  ['void', /undefined is no value/, /Leave/],
  ['never', /never is no value/, /Leave/],
  ['this', /type this/, /class itself/],
  ['keyof A', /keyof/, /union/, 'interface A { a: int16 }'],
  ['keyof typeof a', /keyof/, /union/, 'const a = { b: 1 }'],
  ['typeof a', /typeof/, /type itself/, 'const a = { b: 1 }'],
  ['int16 extends number ? string : boolean', /conditional/, /Write the resulting type/],
  ["{ [K in 'a']: string }", /mapped/, /Record/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of a type.
  ['`a${string}`', /template literal/, /str/],
  ['{ [key: string]: int16 }', /open keys/, /Map/],
  ['Record<string, int16>', /open keys/, /Map/],
  ['{ m(): void }', /a function cannot be sent/, /Omit/],
  ['{ m: () => void }', /a function cannot be sent/, /data/],
  ['{ (): void }', /a function cannot be sent/, /Omit/],
  ['{ a }', /'a' has no type/, /Give it one/],
  ['{ [Symbol.iterator]: int16 }', /computed/, /plain name/],
  ['{ __proto__: int16 }', /__proto__/, /another name/],
  ['{ a: undefined }', /'a' can have no value/, /Leave it out/],
  ['Promise<int16>', /Promise cannot be sent/, /request/],
  ['ReturnType<typeof f>', /ReturnType cannot be sent/, /type itself/, 'function f(): int16 { return 1 }'],
  ['Function', /Function cannot be sent/, /data/],
  ['String', /String cannot be sent/, /string/],
  ['Buffer', /Buffer cannot be sent/, /Uint8Array/],
  ['Uint8ClampedArray', /Uint8ClampedArray cannot be sent/, /Uint8Array/],
  ['constructor', /neither declared here nor imported/, /Import/],
  ['Vec3', /Vec3 is neither declared here nor imported/, /Import Vec3/],
  ['Plain', /class Plain cannot be sent/, /@struct\(\)/, 'class Plain { a = 1 }'],
  ['Array', /Array needs a type argument/, /Array<string>/],
  ['Map<string>', /Map needs 2 type arguments/, /Map<string, int16>/],
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
  ['A', /A is nothing but itself/, /array/, 'type A = A | null'],
  ['A<string>', /nests without end/, /grows/, 'interface A<T> { next?: A<T[]> }'],
  ['{ a: string } & { a: number }', /intersection/, /write the resulting type/],
  ['[...int16[], string]', /only the last item/, /last/],
  ['Pick<A, "b">', /no key 'b'/, /keys/, 'interface A { a: int16 }'],
  ['Partial<string>', /needs an object type/, /interface/],
  ['A["b"]', /indexed access/, /type itself/, 'interface A { a: int16 }'],
  ['S', /#hidden/, /plain property/, '@struct() class S { #hidden = 1 }'],
  ['S', /type of S.a is not written/, /a: int16/, '@struct() class S { a = Math.random() }'],
  [
    'S',
    /what S extends cannot be found/,
    /Extend/,
    'declare const mixin: any\n@struct() class S extends mixin(Object) { a = 1 }',
  ],
  ["import('./nowhere.ts').T", /'.\/nowhere.ts' cannot be found/, /import/],
]

describe('a type that cannot be sent or decided is refused:', () => {
  for (const [type, what, hint, declarations] of types) {
    it(`${type}${declarations ? ` with ${declarations.replaceAll('\n', ' ')}` : ''}`, () => {
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
      expect(from('./broken.ts')).to.contain('broken.ts has a syntax error')
      expect(from('./empty.ts')).to.contain('empty.ts exports no A')
      expect(from('./a.ts')).to.contain('a.ts exports no A')
    } finally {
      project.remove()
    }
  })
})
