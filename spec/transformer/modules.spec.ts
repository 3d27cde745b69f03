import { readFileSync, symlinkSync } from 'node:fs'
import { expect } from 'chai'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { type Parse, parse } from '../../decorators/transformer/source/parse.ts'
import { transform } from '../../decorators/transformer/transform.ts'
import { Project } from './project.ts'

describe('the module graph', () => {
  let project: Project
  let counts: Map<string, number>
  let modules: Modules

  beforeEach(() => {
    counts = new Map()
    const counting: Parse = (file, source) => {
      counts.set(file, (counts.get(file) ?? 0) + 1)
      return parse(file, source)
    }
    modules = new Modules(counting)
  })
  afterEach(() => project.remove())

  const run = (name: string): string =>
    transform(readFileSync(project.path(name), 'utf8'), project.path(name), modules)!.code

  it('parses each file of a hundred classes once, whoever asks for it', () => {
    project = new Project()
    const files = Array.from({ length: 100 }, (_, index) => `class${index}.ts`)
    project.write('index.ts', "export * from './shared.ts'\nexport * from './index.js'")
    project.write('shared.ts', 'export interface Shared { at: [number, number]; next?: Shared }')
    files.forEach((file, index) => {
      const methods = Array.from(
        { length: 10 },
        (_, at) => `@field(0) m${at}(a: Shared, b: Class${(index + 1) % 100}, c: 'x' | 'y'): void {}`,
      )
      project.write(
        file,
        `import { field, networkClass, NetworkObject } from 'fieldcast'
        import type { Shared } from './index.js'
        import { Class${(index + 1) % 100} } from './class${(index + 1) % 100}.js'
        @networkClass(${index + 1}) export class Class${index} extends NetworkObject { ${methods.join('\n')} }`,
      )
    })
    for (const file of files) expect(run(file)).to.contain('["type","0"]')
    expect([...counts.keys()].length).to.equal(102)
    expect(new Set(counts.values())).to.deep.equal(new Set([1]))
  })

  it("does not parse what bears no decorator, nor the declarations behind other packages' decorators", () => {
    project = new Project({
      'node_modules/orm/package.json': '{ "name": "orm", "types": "index.d.ts" }',
      'node_modules/orm/index.d.ts': 'export const column: any',
    })
    transform('export interface A { b: 1 }', project.path('a.ts'), modules)
    transform("import { column } from 'orm'\nclass A { @column() a = 1 }", project.path('b.ts'), modules)
    expect([...counts.keys()]).to.deep.equal([project.path('b.ts')])
  })

  it('sees an edit at the next transform, one of the same length and moment too', () => {
    project = new Project({
      'model.ts':
        "import { field } from 'fieldcast'\nimport type { A } from './a.ts'\nclass P { @field(0) m(a: A): void {} }",
      'a.ts': "export type { B as A } from './b.ts'",
      'b.ts': 'export type B = string',
    })
    expect(run('model.ts')).to.contain('["a","str"]')
    project.write('b.ts', 'export type B = number')
    expect(run('model.ts')).to.contain('["a","float64"]')
    project.write('b.ts', 'export type B = bigint')
    expect(run('model.ts')).to.contain('["a","int64"]')
    expect(counts.get(project.path('model.ts'))).to.equal(1)
    expect(counts.get(project.path('b.ts'))).to.equal(3)
  })

  it('sees a file that came, went, or took the place of another', () => {
    project = new Project({
      'model.ts':
        "import { field } from 'fieldcast'\nimport type { A } from './a'\nclass P { @field(0) m(a: A): void {} }",
    })
    expect(() => run('model.ts')).to.throw("'./a' cannot be found")
    project.write('a/index.ts', 'export type A = string')
    expect(run('model.ts')).to.contain('["a","str"]')
    project.write('a.ts', 'export type A = number')
    expect(run('model.ts')).to.contain('["a","float64"]')
  })

  it('finds types through types conditions, typings fields, @types packages, paths of a tsconfig and .mts files', () => {
    project = new Project({
      'node_modules/one/package.json':
        '{ "name": "one", "exports": { "./sub": { "import": { "types": "./types/sub.d.mts", "default": "./sub.mjs" } } } }',
      'node_modules/one/types/sub.d.mts': 'export type A = string\nexport default A',
      'node_modules/two/package.json': '{ "name": "two", "main": "index.js", "types": "./two.d.ts" }',
      'node_modules/two/index.js': '',
      'node_modules/two/two.d.ts':
        'interface Shape { a: number }\ndeclare namespace Shape { type B = boolean }\nexport = Shape',
      'node_modules/three/package.json': '{ "name": "three", "main": "index.js" }',
      'node_modules/three/index.js': '',
      'node_modules/@types/three/package.json': '{ "name": "@types/three", "types": "index.d.ts" }',
      'node_modules/@types/three/index.d.ts': 'export type C = bigint',
      'tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
      'src/four.mts': 'export type D = Date',
      'model.ts': `import { field } from 'fieldcast'
        import type Default from 'one/sub'
        import type { A } from 'one/sub'
        import type Shape from 'two'
        import type { C } from 'three'
        import type { D } from '~/four.mjs'
        class P { @field(0) m(a: A, b: Default, c: Shape, d: C, e: D): void {} }`,
    })
    expect(run('model.ts')).to.contain(
      '[["a","str"],["b","str"],["c",["struct",{"a":"float64"}]],["d","int64"],["e","date"]]',
    )
  })

  /** Transforms a model with one parameter of this type. */
  const shape = (type: string, imports: string): unknown => {
    const source = `import { field } from 'fieldcast'\n${imports}\nclass P { @field(0) m(p: ${type}): void {} }`
    const code = transform(source, project.path('model.ts'), modules)!.code
    return JSON.parse(/"m", (\{.*?\})\);/.exec(code)![1]!).params[0][1]
  }

  it('reads only the files that an edit changed, and asks for each file once per transform', () => {
    project = new Project({
      'shared.ts': 'export interface Shared { at: number }',
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [
          `class${index}.ts`,
          `import { field } from 'fieldcast'\nimport type { Shared } from './shared.ts'\nexport class C${index} { @field(0) m(a: Shared, b: Shared): void {} }`,
        ]),
      ),
    })
    const all = (): string[] => Array.from({ length: 20 }, (_, index) => run(`class${index}.ts`))
    all()
    expect(new Set(counts.values())).to.deep.equal(new Set([1]))
    expect(counts.size).to.equal(21)
    counts.clear()
    all()
    expect([...counts]).to.deep.equal([])
    project.write('class7.ts', `${readFileSync(project.path('class7.ts'), 'utf8')}\n`)
    all()
    expect([...counts]).to.deep.equal([[project.path('class7.ts'), 1]])
    project.write('shared.ts', 'export interface Shared { at: string }')
    for (const code of all()) expect(code).to.contain('{"at":"str"}')
    expect([...counts.keys()]).to.deep.equal([project.path('class7.ts'), project.path('shared.ts')])
  })

  it('takes constants through imports of every kind', () => {
    project = new Project({
      'kinds.ts': `export const kinds = ['a', 'b'] as const
        export const Kind = { A: 'x', B: 'y' } as const
        export type Kind = (typeof Kind)[keyof typeof Kind]
        const given: 'p' | 'q' = 'p'
        export { given as renamed }
        export default { d: 1 }
        export const enum Color { Red, Green = Red + 4 }
        export declare namespace N { const n: 'n'; type T = 5 }
        export type * as types from './all.ts'`,
      'all.ts': "export * from './kinds.ts'\nexport { default } from './kinds.ts'\nexport * as all from './kinds.ts'",
      'declared.d.ts': 'export declare const speeds: { readonly slow: 1 }\ndeclare const five: 5\nexport default five',
    })
    expect(shape('(typeof kinds)[number]', "import { kinds } from './all.ts'")).to.deep.equal(['enum', ['a', 'b']])
    expect(shape('Kind', "import { Kind } from './all.ts'")).to.deep.equal(['enum', ['x', 'y']])
    expect(shape('keyof typeof Kind', "import { type Kind } from './all.ts'")).to.deep.equal(['enum', ['A', 'B']])
    expect(shape('typeof d', "import d from './all.ts'")).to.deep.equal(['struct', { d: 'float64' }])
    expect(shape('typeof k.renamed', "import * as k from './kinds.ts'")).to.deep.equal(['enum', ['p', 'q']])
    expect(shape('typeof k.all.N.n | k.N.T', "import * as k from './all.ts'")).to.deep.equal(['enum', [5, 'n']])
    expect(shape('types.Kind', "import { types } from './kinds.ts'")).to.deep.equal(['enum', ['x', 'y']])
    expect(shape('Color', "import { Color } from './kinds.ts'")).to.deep.equal(['enum', [0, 4]])
    expect(shape("keyof typeof import('./kinds.ts').Color", '')).to.deep.equal(['enum', ['Green', 'Red']])
    expect(shape("import('./kinds.ts').Color.Green", '')).to.deep.equal(['enum', [4]])
    expect(shape("(typeof import('./kinds.ts').kinds)[0]", '')).to.deep.equal(['enum', ['a']])
    expect(shape('keyof typeof speeds', "import { speeds } from './declared.js'")).to.deep.equal(['enum', ['slow']])
    expect(shape('typeof five', "import five from './declared.js'")).to.deep.equal(['enum', [5]])
  })

  it('takes modules that are one thing, by import = and by the names inside', () => {
    project = new Project({
      'node_modules/two/package.json': '{ "name": "two", "types": "index.d.ts" }',
      'node_modules/two/index.d.ts':
        'declare namespace Two { interface A { a: number }\n const kinds: readonly ["x", "y"] }\ninterface Two { z: 1 }\nexport = Two',
    })
    expect(shape('Two', "import Two = require('two')")).to.deep.equal(['struct', { z: ['enum', [1]] }])
    expect(shape('Two.A', "import * as Two from 'two'")).to.deep.equal(['struct', { a: 'float64' }])
    expect(shape('A', "import type { A } from 'two'")).to.deep.equal(['struct', { a: 'float64' }])
    expect(shape('(typeof Two.kinds)[number]', "import Two from 'two'")).to.deep.equal(['enum', ['x', 'y']])
  })

  it('finds types by name of the own package, its imports, folders of a workspace and patterns of exports', () => {
    project = new Project({
      'package.json':
        '{ "type": "module", "name": "self", "exports": { "./types": "./src/types.ts" }, "imports": { "#t/*": "./src/*.ts" } }',
      'src/types.ts': "export type A = 'self'",
      'packages/shared/package.json': '{ "name": "shared", "exports": "./index.ts" }',
      'packages/shared/index.ts': "export type A = 'shared'\nexport * from './more.js'",
      'packages/shared/more.ts': "export type B = 'more'",
      'node_modules/pattern/package.json': '{ "name": "pattern", "exports": { "./x/*": "./lib/*.js" } }',
      'node_modules/pattern/lib/y.js': '',
      'node_modules/pattern/lib/y.d.ts': "export type A = 'pattern'",
      'node_modules/@types/scope__only/package.json': '{ "name": "@types/scope__only" }',
      'node_modules/@types/scope__only/index.d.ts': "export type A = 'scoped'",
    })
    symlinkSync('../packages/shared', project.path('node_modules/shared'))
    expect(shape('A', "import type { A } from 'self/types'")).to.deep.equal(['enum', ['self']])
    expect(shape('A', "import type { A } from '#t/types'")).to.deep.equal(['enum', ['self']])
    expect(shape('A | B', "import type { A, B } from 'shared'")).to.deep.equal(['enum', ['more', 'shared']])
    expect(shape('A', "import type { A } from 'pattern/x/y'")).to.deep.equal(['enum', ['pattern']])
    expect(shape('A', "import type { A } from '@scope/only'")).to.deep.equal(['enum', ['scoped']])
  })

  it('finds aliases of a tsconfig.json that refers to others, and of one that extends another', () => {
    project = new Project({
      'tsconfig.json':
        '{ "files": [], "references": [{ "path": "./tsconfig.node.json" }, { "path": "./tsconfig.app.json" }] }',
      'tsconfig.node.json': '{ "compilerOptions": { "composite": true }, "include": ["vite.config.ts"] }',
      'tsconfig.app.json':
        '{ "compilerOptions": { "composite": true, "paths": { "@/*": ["./src/*"] } }, "include": ["*.ts", "src"] }',
      'src/types.ts': "export type A = 'app'",
      'base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./libs/*/src/index.ts"] } } }',
      'libs/core/tsconfig.json': '{ "extends": "../../base.json" }',
      'libs/core/src/index.ts': 'export * from "@lib/util"',
      'libs/util/src/index.ts': "export type B = 'util'",
      'app/tsconfig.json': '{ "extends": "../base.json", "references": [{ "path": "../libs/core" }] }',
      'app/types.ts': 'export * from "@lib/core"',
    })
    expect(shape('A', "import type { A } from '@/types'")).to.deep.equal(['enum', ['app']])
    expect(shape('B', "import type { B } from './app/types.js'")).to.deep.equal(['enum', ['util']])
  })

  it('takes the typesVersions that the compilers of today take, and refuses where they differ', () => {
    const packageWith = (ranges: readonly string[]): Record<string, string> => ({
      'node_modules/v/package.json': JSON.stringify({
        name: 'v',
        types: 'index.d.ts',
        typesVersions: Object.fromEntries(ranges.map(range => [range, { '*': ['other/*'] }])),
      }),
      'node_modules/v/index.d.ts': "export type A = 'plain'",
      'node_modules/v/other/index.d.ts': "export type A = 'other'",
    })
    const found = (...ranges: readonly string[]): unknown => {
      project?.remove()
      project = new Project(packageWith(ranges))
      modules = new Modules()
      return shape('A', "import type { A } from 'v'")
    }
    for (const range of ['*', '>=4.2', '>=3.1 <99', '<4 || >=5', '> 4'])
      expect(found(range), range).to.deep.equal(['enum', ['other']])
    for (const range of ['<=5.6', '<4.0', '4', '^4.1', '>=99'])
      expect(found(range), range).to.deep.equal(['enum', ['plain']])
    for (const range of ['>=6.0', '<=5.9', '7', '^6', '>6'])
      expect(() => found(range), range).to.throw("'v' cannot be found")
    expect(() => found('<4', '*')).to.throw("'v' cannot be found")
  })

  it('knows every copy of this package, and a class in declarations by the one that is registered', () => {
    project = new Project({
      'packages/shared/package.json': '{ "name": "shared", "exports": "./index.ts" }',
      'packages/shared/index.ts':
        "import { NetworkObject, networkClass, field, type int16 } from 'fieldcast'\nexport { field }\nexport type Small = int16\n@networkClass(1) export class Thing extends NetworkObject {}\nexport class Sub extends Thing {}",
      'packages/shared/node_modules/fieldcast/package.json':
        '{ "name": "fieldcast", "exports": "./dist/lib/index.js" }',
      'packages/shared/node_modules/fieldcast/dist/lib/index.js': '',
      'types.d.ts':
        "import { NetworkObject } from 'fieldcast'\nexport declare class Base extends NetworkObject {}\nexport declare class Middle extends Base {}",
    })
    symlinkSync('../packages/shared', project.path('node_modules/shared'))
    expect(shape('Small | Sub', "import type { Small, Sub } from 'shared'")).to.deep.equal([
      'union',
      ['int16', ['ref', 'Thing']],
    ])
    const other = `import { field as remote } from 'shared'\nclass P { @remote(0) m(): void {} }`
    expect(transform(other, project.path('model.ts'), modules)!.code).to.contain('"m", {"params":[]}')
    const beside = `import { field as remote } from './packages/shared/index.ts'\nclass P { @remote(0) m(): void {} }`
    expect(transform(beside, project.path('model.ts'), modules)!.code).to.contain('"m", {"params":[]}')
    expect(shape('Base', "import type { Base } from './types.js'")).to.deep.equal(['ref', 'Base'])
    expect(shape('Own', "import { Base } from './types.js'\nclass Own extends Base {}")).to.deep.equal(['ref', 'Base'])
    expect(() => shape('Middle', "import type { Middle } from './types.js'")).to.throw(
      'declaration files carry no decorators',
    )
  })

  it('refuses what it cannot read, with the place: broken, binary, JavaScript, data, a folder, a module that others add to', () => {
    project = new Project({
      'broken.ts': '\n\nexport interface A {\n  a: \n}',
      'star.ts': "export * from './broken.ts'\nexport * from './nowhere.ts'",
      'binary.ts': '\0\0\x01\x02',
      'script.js': '/** @typedef {string} A */\nexport const a = 1',
      'data.json': '{ "a": 1 }',
      'folder.ts/readme.md': '',
      'base.ts': 'export interface A { a: 1 }\nexport interface B { b: 1 }',
    })
    const refusal =
      (from: string, type = 'A'): (() => unknown) =>
      () =>
        shape(type, `import { A } from '${from}'`)
    expect(refusal('./broken.ts')).to.throw(/broken\.ts:5:1 has a syntax error: /)
    expect(refusal('./star.ts')).to.throw(/broken\.ts:5:1 has a syntax error: /)
    expect(refusal('./binary.ts')).to.throw(/binary\.ts:1:1 has a syntax error: /)
    expect(refusal('./script.js')).to.throw('script.js exports no A (it is JavaScript, of which no types are read)')
    expect(refusal('./folder.ts')).to.throw("'./folder.ts' cannot be found")
    expect(() => shape('typeof data', "import data from './data.json' with { type: 'json' }")).to.throw(
      'data.json is data',
    )
    const augmented = "import type { A, B } from './base.ts'\ndeclare module './base.ts' { interface A { more: 1 } }"
    expect(() => shape('A', augmented)).to.throw('model.ts adds to it with declare module')
    expect(shape('B', augmented)).to.deep.equal(['struct', { b: ['enum', [1]] }])
    expect(() => shape('G', 'declare global { interface G { a: 1 } }')).to.throw(
      'G is neither declared here nor imported',
    )
  })

  it('is bounded in imports that lead in circles and nowhere', () => {
    project = new Project(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, index) => [
          `s${index}.ts`,
          `export * from './s${(index + 1) % 300}.ts'\nexport * from './s${(index * 7) % 300}.ts'\nexport type { Loop } from './s${(index + 1) % 300}.ts'`,
        ]),
      ),
    )
    expect(() => shape('A', "import type { A } from './s0.ts'")).to.throw('s0.ts exports no A')
    expect(() => shape('Loop', "import type { Loop } from './s0.ts'")).to.throw('s0.ts exports no Loop')
    expect(() => shape('a', 'import a = a.b')).to.throw('the import alias leads nowhere')
  })

  it('goes through circles of imports and of classes that extend each other', () => {
    project = new Project({
      'a.ts':
        "import { field, NetworkObject } from 'fieldcast'\nimport { B } from './b.ts'\nexport class A extends NetworkObject { @field(0) m(b: B): void {} }",
      'b.ts': "import { A } from './a.ts'\nexport class B extends A {}",
      'c.ts':
        "import { field } from 'fieldcast'\nclass C extends D { @field(0) m(d: D): void {} }\nclass D extends C {}",
    })
    expect(run('a.ts')).to.contain('["ref","B"]')
    expect(() => run('c.ts')).to.throw('the class D cannot be sent')
  })
})
