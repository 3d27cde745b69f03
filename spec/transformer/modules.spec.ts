import { readFileSync } from 'node:fs'
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
