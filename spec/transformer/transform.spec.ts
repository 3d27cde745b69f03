import { SourceMap } from 'node:module'
import { expect } from 'chai'
import type { UnresolvedType } from '../../decorators/transformer/errors.ts'
import { erase } from '../../decorators/transformer/source/erase.ts'
import { transform } from '../../decorators/transformer/transform.ts'
import { Project, registrations } from './project.ts'

const file = '/game/model.ts'
const code = (source: string): string | undefined => transform(source, file)?.code

describe('the transform', () => {
  it('replaces decorators by registration calls at the end of the class body', () => {
    const source = `import { Flags, field, NetworkObject, networkClass, type int16 } from 'fieldcast'

@networkClass(10)
export class Player extends NetworkObject {
  x = 0
  // A comment stays.
  @field(Flags.OwnerSend | Flags.Broadcast)
  override moveTo(x: int16) { this.x = x }
}
`
    expect(code(source)).to.equal(`import { Flags, field, NetworkObject, networkClass, type int16 } from 'fieldcast'


export class Player extends NetworkObject {
  x = 0
  // A comment stays.
  ;
  override moveTo(x: int16) { this.x = x }
static { (field(Flags.OwnerSend | Flags.Broadcast) as any)(this, "moveTo", {"params":[["x","int16"]]});  (networkClass(10) as any)(this, {"name":"Player"}); } }
`)
  })

  it('registers fields before their class, with the class itself', async () => {
    const found = await registrations(
      transform(
        `import { field, networkClass, NetworkObject } from 'fieldcast'
      @networkClass(10, { clientCreate: true }) export class A extends NetworkObject {
        @field(1, { id: 4 }) b(): void {}
        @field(2) "c d"(): void {}
      }`,
        file,
      ),
    )
    expect(found).to.deep.equal([
      ['field', [1, { id: 4 }], 'A', 'b', { params: [] }],
      ['field', [2], 'A', 'c d', { params: [] }],
      ['networkClass', [10, { clientCreate: true }], 'A', { name: 'A' }],
    ])
  })

  it('registers a struct with its keys and the recursive types that they name', async () => {
    const found = await registrations(
      transform(
        `import { struct, type int16 } from 'fieldcast'
      @struct('V') export class Vec { x: int16 = 0; next?: Link }
      interface Link { to: Vec; more: Link[] }`,
        file,
      ),
    )
    expect(found[0]!.slice(0, 4)).to.deep.equal([
      'struct',
      ['V'],
      'Vec',
      {
        name: 'V',
        keys: { x: 'int16', next: ['opt', ['type', '0']] },
        types: {
          0: [
            'struct',
            {
              to: ['instance', 'V', { x: 'int16', next: ['opt', ['type', '0']] }],
              more: ['list', ['type', '0']],
            },
          ],
        },
      },
    ])
  })

  describe('finds decorators by where their name comes from:', () => {
    const bears = (imports: string, decorator: string): boolean =>
      code(`${imports}\nclass A { ${decorator} m(): void {} }`) !== undefined

    it('renamed imports and the module as one object', () => {
      expect(bears("import { field as f } from 'fieldcast'", '@f(0)')).to.equal(true)
      expect(bears("import { 'field' as f } from 'fieldcast'", '@f(0)')).to.equal(true)
      expect(bears("import * as fc from 'fieldcast'", '@fc.field(0)')).to.equal(true)
      expect(bears("import * as fc from 'fieldcast'", '@(fc.field(0))')).to.equal(true)
    })

    it('not the same name from elsewhere', () => {
      expect(bears("import { field } from 'typegoose'", '@field(0)')).to.equal(false)
      expect(bears("import * as fieldcast from 'other'", '@fieldcast.field(0)')).to.equal(false)
      expect(bears('declare const field: any', '@field(0)')).to.equal(false)
      expect(bears("import { field } from 'fieldcast-like'", '@field(0)')).to.equal(false)
    })

    it('not a local name that hides the import', () => {
      const inner = (hiding: string): string | undefined =>
        code(`import { field } from 'fieldcast'\n${hiding} class A { @field(0) m(): void {} } }`)
      expect(inner('{')).to.contain('static')
      expect(inner('{ const field: any = 1;')).to.equal(undefined)
      expect(inner('function make(field: any) {')).to.equal(undefined)
      expect(inner('{ function field(): any {}')).to.equal(undefined)
      for (const hiding of [
        'function make({ field }: any) {',
        'function make([, field]: any[]) {',
        'function make({ a: { b: [...field] } }: any) {',
        'const make = function field() {',
        '{ const { a: { field } } = x as any;',
        'for (const field of []) {',
        'for (let field = 0; ;) {',
        'try {} catch (field) {',
        'switch (1) { case 1: const field = 1;',
      ])
        expect(inner(hiding), hiding).to.equal(undefined)
      expect(inner('{ interface field {}')).to.contain('static')
    })

    it('through files that re-export them, in circles too', () => {
      const project = new Project({
        'a.ts': "export * from './b.js'\nexport { field as remote } from 'fieldcast'",
        'b.ts':
          "export * from './a.ts'\nimport { field } from 'fieldcast'\nexport { field as other }\nexport * as all from 'fieldcast'",
        'log.ts': 'export const field = (x: unknown) => (y: unknown, z: unknown) => {}',
      })
      try {
        const found = (imports: string, decorator: string): boolean =>
          transform(`${imports}\nclass A { ${decorator} m(): void {} }`, project.path('m.ts')) !== null
        expect(found("import { remote } from './a.ts'", '@remote(0)')).to.equal(true)
        expect(found("import { other } from './a.ts'", '@other(0)')).to.equal(true)
        expect(found("import { all } from './a.ts'", '@all.field(0)')).to.equal(true)
        expect(found("import { nothing } from './a.ts'", '@nothing(0)')).to.equal(false)
        expect(found("import { field } from './log.ts'", '@field(0)')).to.equal(false)
      } finally {
        project.remove()
      }
    })

    it("through this package's own files", () => {
      const here = new URL('./model.ts', import.meta.url).pathname
      expect(
        transform(
          "import { field } from '../../decorators/field.ts'\nimport type { int16 } from '../../lib/schema/wire.ts'\nclass A { @field(0) m(p: int16): void {} }",
          here,
        )?.code,
      ).to.contain('"int16"')
    })
  })

  it('names the undecorated classes between a network class and the next one that is registered', () => {
    const named = (extended: string): string | undefined =>
      code(`import { networkClass, NetworkObject } from 'fieldcast'
abstract class Being extends NetworkObject {}
class Beast extends Being {}
@networkClass(1) class Wolf extends Beast {}
@networkClass(2) class Pup extends ${extended} {}`)?.match(/"Pup".*?\}/)?.[0]
    expect(named('Beast')).to.equal('"Pup","bases":["Beast","Being"]}')
    expect(named('Wolf')).to.equal('"Pup"}')
    expect(named('NetworkObject')).to.equal('"Pup"}')
  })

  it('ends the property before a decorator, which would go on without it', async () => {
    const members = ['get\n@field(0) a() {}', 'x = 0\n@field(0) in() {}', "y = [1]\n@field(0) /* hi */ ['b']() {}"]
    for (const member of members)
      expect(
        (
          await registrations(
            transform(
              `import { field, NetworkObject } from 'fieldcast'\nexport class A extends NetworkObject {\n${member}\n}`,
              file,
            ),
          )
        ).length,
        member,
      ).to.equal(1)
    expect(code("import { field } from 'fieldcast'\nclass A {\nget\n@field(0) say() {}\n}")).to.match(
      /get\n;\s*say\(\)/,
    )
  })

  it('finds a decorator behind a comment', () => {
    expect(code("import { field } from 'fieldcast'\nclass A { @/* c */field(0) m(): void {} }")).to.contain(
      '"params":[]',
    )
  })

  it('leaves alone what has no decorator of this package, and what does not parse', () => {
    expect(code('export const a = 1')).to.equal(undefined)
    expect(code("import { field } from 'fieldcast'\nexport class A { m() {} }\n/** @field in a comment */")).to.equal(
      undefined,
    )
    expect(code("import { field } from 'fieldcast'\nclass A { @field(0) m(): void { }")).to.equal(undefined)
  })

  describe('takes a file as it comes:', () => {
    const body = "import { field } from 'fieldcast'\nclass A {\n  @field(0)\n  m(p: 'x', q: any): void {}\n}\n"
    const good = body.replace(', q: any', '')
    const place = (source: string): number[] => {
      try {
        transform(source, file)
      } catch (error) {
        return [(error as UnresolvedType).line, (error as UnresolvedType).column]
      }
      throw new Error('not refused')
    }

    it('with a byte order mark, a first line for the shell, and lines that end as on Windows', () => {
      for (const source of [`\ufeff${good}`, `#!/usr/bin/env node\n${good}`, good.replaceAll('\n', '\r\n')])
        expect(code(source)).to.contain('"m", {"params":[["p",["enum",["x"]]]]}')
      expect(place(body)).to.deep.equal([4, 16])
      expect(place(`#!/usr/bin/env node\n${body}`)).to.deep.equal([5, 16])
      expect(place(body.replaceAll('\n', '\r\n'))).to.deep.equal([4, 16])
    })

    it('with names and texts beyond 16 bits', () => {
      const wide = good.replace("'x'", '𠮷T').replace('m(p', '𠮷(𠮷p')
      expect(code(`${wide}type 𠮷T = '😀' /* 😀 */`)).to.contain('"𠮷", {"params":[["𠮷p",["enum",["😀"]]]]}')
      const line = `/* 😀😀 */ ${body.replace('\n', ';').replaceAll('\n', ' ')}`
      expect(place(line)).to.deep.equal([1, line.indexOf('any') + 1])
    })

    it('empty, binary, broken or cut short: whoever compiles it says what is wrong', () => {
      for (const source of ['', '\0\x01 @class \uffff \ud800', '\x7fELF\0 @x class A {', good.slice(0, -4), `${good}}`])
        expect(code(source)).to.equal(undefined)
    })

    it('ten thousand lines long, or deeper than the stack', () => {
      const methods = Array.from(
        { length: 2500 },
        (_, at) => `  /** Doc ${at}. */\n  @field(0)\n  m${at}(): void {\n  }`,
      )
      const long = code(`import { field } from 'fieldcast'\nclass A {\n${methods.join('\n')}\n}`)!
      expect(long).to.contain('"m2499", {"params":[],"doc":"Doc 2499."}')
      const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`
      expect(code(`${good}const deep = ${deep}`)).to.contain('static')
      expect(code(`${good}const sum = ${'1 + '.repeat(3000)}1`)).to.contain('static')
      expect(() => code(`${good.replace("'x'", 'typeof deep')}const deep = ${deep} as const`)).to.throw(
        'deeper than 250',
      )
    })
  })

  it("leaves other people's decorators where they are", () => {
    const found = code(
      `import { field } from 'fieldcast'\nimport { log } from 'log'\n@log class A { @log @field(0) @log() m(): void {}\n @log x = 1 }`,
    )
    expect(found).to.contain('@log class A { @log @log() m(): void {}\n @log x = 1 ;static {')
  })

  it('works on class expressions, default exports, export after the decorator, nested classes and files without semicolons', async () => {
    const found = await registrations(
      transform(
        `import { field, networkClass, NetworkObject } from 'fieldcast'
      export const A = @networkClass(1) class extends NetworkObject { @field(0) m(): void {} }
      export default @networkClass(2) class B extends NetworkObject { x = () => class Inner { @field(0) i(): void {} } }
      @networkClass(3) export class C extends B {
        y = 1
        @field(0) ['z'](): void {}
        last = [2]
      }
      new C().x()`,
        file,
      ),
    )
    expect(found.map(([decorator, , target, added]) => [decorator, target, added])).to.deep.equal([
      ['field', 'A', 'm'],
      ['networkClass', 'A', { name: 'A' }],
      ['networkClass', 'B', { name: 'B' }],
      ['field', 'C', 'z'],
      ['networkClass', 'C', { name: 'C' }],
      ['field', 'Inner', 'i'],
    ])
  })

  it('evaluates the arguments where the class stands', async () => {
    const found = await registrations(
      transform(
        `import { field, networkClass, NetworkObject } from 'fieldcast'
      export const make = (flags: number) => { @networkClass(flags + 1) class A extends NetworkObject { static id = 5; @field(flags) m(): void {} } return A }
      make(3)
      make(7)`,
        file,
      ),
    )
    expect(found.map(([decorator, args]) => [decorator, args])).to.deep.equal([
      ['field', [3]],
      ['networkClass', [4]],
      ['field', [7]],
      ['networkClass', [8]],
    ])
  })

  it('takes options in a constant for options, and anything else for types by hand', () => {
    const third = (args: string): string =>
      /"m", (.*?)\);/.exec(
        code(
          `import { field, str, wire } from 'fieldcast'\nconst options = { id: 3 } as const\nconst shared = str(3)\nclass A { @field(0, ${args}) m(p: string): void {} }`,
        )!,
      )![1]!
    expect(third('options')).to.equal('{"params":[["p","str"]]}')
    expect(third('{ id: 3 }')).to.equal('{"params":[["p","str"]]}')
    for (const types of ['str(3)', 'shared', 'wire.date', '{ id: 3 }, str(3)'])
      expect(third(types)).to.equal('{"params":[["p",null]]}')
  })

  it('keeps types by hand out of the resolver: what it would refuse passes', () => {
    expect(code("import { field, str } from 'fieldcast'\nclass A { @field(0, str(3)) m(p: any): void {} }")).to.contain(
      '["p",null]',
    )
  })

  it('keeps a struct with its type by hand out of the resolver too', () => {
    expect(
      code(
        "import { struct, wire } from 'fieldcast'\n@struct('V', { type: wire.object({}) }) class Vec { x = compute() }",
      ),
    ).to.contain('(this, {"name":"V","keys":{}})')
  })

  it('has a source map that leads to the text as written, through erasure too', () => {
    const source =
      "import { field } from 'fieldcast'\nexport class A {\n  @field(\n    compute(),\n  )\n  m(a: string): void {\n    throw new Error(a)\n  }\n}\nfunction compute(): number { return 1 }\nenum Direction { Up }\n"
    const transformed = transform(source, file)!
    const origin = (text: string, map: object, needle: string): string => {
      const before = text.slice(0, text.indexOf(needle))
      const line = before.split('\n').length - 1
      const column = before.length - before.lastIndexOf('\n') - 1
      const found = new SourceMap(map as never).findEntry(line, column) as {
        originalLine: number
        originalColumn: number
        originalSource: string
      }
      expect(found.originalSource).to.equal(file)
      return source.split('\n')[found.originalLine]!.slice(found.originalColumn)
    }
    const erased = erase(transformed.code, file, transformed.map)
    for (const { code: text, map } of [transformed, erased]) {
      expect(origin(text, map, 'compute()')).to.match(/^compute\(\),/)
      expect(origin(text, map, 'throw new')).to.match(/^throw new/)
      expect(origin(text, map, 'function compute')).to.match(/^function compute/)
    }
  })
})
