/** `fieldcast schema` in front of projects that it cannot read: what it says, and its exit code. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Project } from './project.ts'
import { game, header, schemaCommand } from './schema-game.ts'

const type = (id: number | string, name: string, members = ''): string =>
  `@networkClass(${id}) export class ${name} extends NetworkObject { ${members} }\n`

describe('fieldcast schema refuses', function () {
  this.timeout(60_000)
  let project: Project | undefined

  afterEach(() => project?.remove())

  async function refusal(files: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
    project = game(files)
    const { code, out, err } = await schemaCommand(project.root, ...args)
    expect(code, out).to.equal(1)
    expect(err).not.to.contain('    at ')
    return err.replaceAll(project.root, '/game')
  }

  const model = (text: string): Record<string, string> => ({ 'model.ts': `${header}${text}` })

  it('a folder with neither tsconfig.json nor package.json', async () => {
    const empty = realpathSync(mkdtempSync(join(tmpdir(), 'fieldcast-')))
    const { code, err } = await schemaCommand(empty)
    rmSync(empty, { recursive: true })
    expect(code).to.equal(1)
    expect(err).to.equal(
      `Neither a tsconfig.json nor a package.json was found in ${empty} or above it. Name the files, their folder, or a --project.\n`,
    )
  })

  it('a project that is empty or of JavaScript only', async () => {
    const message = await refusal({ 'model.js': 'export class Player {}' })
    expect(message).to.contain('There is no TypeScript in /game/tsconfig.json.')
  })

  it('a project without a decorated class of this package', async () => {
    const message = await refusal({
      'a.ts': 'const networkClass = (id: number) => (target: unknown) => {}\n@networkClass(1) class A {}\n',
      'b.ts': `import { networkClass } from 'elsewhere'\n@networkClass(1) class B {}\n`,
      'c.ts': `${header}@networkClass(1) abstract class C extends NetworkObject {}\n`,
    })
    expect(message).to.contain('No class with @networkClass was found in /game/tsconfig.json.')
  })

  it('paths that do not exist or are no TypeScript, and a project that is not there', async () => {
    const files = { ...model(type(1, 'A')), 'model.js': '' }
    expect(await refusal(files, 'gone.ts')).to.equal('/game/gone.ts does not exist.\n')
    project!.remove()
    expect(await refusal(files, 'model.js')).to.contain('/game/model.js is no TypeScript source')
    project!.remove()
    expect(await refusal(files, '--project', 'gone')).to.contain('/game/gone')
  })

  it('a syntax error in a file with decorators, with its place, and every other problem with it', async () => {
    const message = await refusal({
      'a.ts': `${header}@networkClass(1)\nexport class A extends NetworkObject {\n  @field(0) say( {}\n}\n`,
      ...model(type(2, 'B', '@field(0) say(f: () => void) {}')),
    })
    expect(message).to.match(/^\/game\/a\.ts:6:1\n/)
    expect(message).to.contain('Correct the syntax.\n\n/game/model.ts:3:').and.contain('a function cannot be sent')
  })

  it('a base that cannot be followed', async () => {
    const message = await refusal({
      'a.ts': `${header}import { Lost } from './lost.ts'\n@networkClass(1) export class A extends Lost {}\n`,
      'b.ts': `${header}export class B extends C {}\n@networkClass(2) export class C extends B {}\n`,
      'c.ts': `${header}const mixin = (base: any) => base\n@networkClass(3) export class D extends mixin(NetworkObject) {}\n`,
    })
    expect(message.match(/extends cannot be found from the source alone\./g)).to.have.length(3)
    expect(message).to.contain('/game/a.ts:4:').and.to.contain('/game/b.ts:3:').and.to.contain('/game/c.ts:4:')
  })

  it('a base of an installed package, whose declarations show no decorators', async () => {
    const message = await refusal({
      'node_modules/kit/package.json': '{ "name": "kit", "types": "index.d.ts", "main": "index.js" }',
      'node_modules/kit/index.d.ts': `import { NetworkObject } from 'fieldcast'\nexport declare class Base extends NetworkObject {}\n`,
      'node_modules/kit/index.js': '',
      ...model(`import { Base } from 'kit'\n@networkClass(1) export class A extends Base {}`),
    })
    expect(message).to.contain('A: its base Base is known by /game/node_modules/kit/index.d.ts alone')
  })

  for (const [what, text, problem] of [
    ['an id that a function gives', type('next()', 'A'), 'A: the id of this class cannot be computed from the source'],
    ['an id of let', `let id = 1\n${type('id', 'A')}`, 'A: the id of this class cannot be computed'],
    [
      'an id out of an object that may change',
      `const ids = { a: 1 }\n${type('ids.a', 'A')}`,
      'A: the id of this class',
    ],
    ['no id', type('', 'A'), 'A: @networkClass has no id'],
    [
      'flags that go in a circle',
      `const a: number = b, b: number = a\n${type(1, 'A', '@field(a) m() {}')}`,
      'A.m: these flags cannot be computed',
    ],
    ['flags that are missing', type(1, 'A', '@field() m() {}'), 'A.m: @field has no flags'],
    [
      'a pinned id that a run gives',
      type(1, 'A', '@field(0, { id: Date.now() }) m() {}'),
      'A.m: the pinned id cannot be computed',
    ],
    [
      'options that a run gives',
      type(1, 'A', '@field(0, { ...options() }) m() {}'),
      'A.m: this argument cannot be computed',
    ],
    [
      'a type by hand that a run gives',
      `import { str } from 'fieldcast'\n${type(1, 'A', '@field(0, str(size())) m(a: string) {}')}`,
      'A.m: this argument cannot be computed',
    ],
    [
      'a parameter of a function as id',
      `export function make(id: number) { ${type('id', 'A').replace('export ', '')} return A }`,
      'A: the id of this class cannot be computed',
    ],
  ] as const)
    it(`${what}, with the place and what to write`, async () => {
      const message = await refusal(model(text))
      expect(message).to.match(/^\/game\/model\.ts:\d+:\d+\n/)
      expect(message).to.contain(problem)
      expect(message).to.contain('Write it as a constant expression')
    })

  it('what a run would refuse too, with its place', async () => {
    const message = await refusal(model(type(1, 'A', '@field(0) send() {}')))
    expect(message).to.match(/^\/game\/model\.ts:3:\d+\nA\.send: NetworkObject itself has a member of that name\./)
    project!.remove()
    expect(await refusal(model('@networkClass(1) export class A {}'))).to.contain('the class must extend NetworkObject')
    project!.remove()
    const lost = await refusal(model(type(1, 'A', '@field(0) see(b: B) {}') + type(2, 'B')), '--classes', 'A')
    expect(lost).to.equal(
      "A.see refers to B, which is none of this side's `classes`. Where --classes or the files that you name leave it out, name it too.\n",
    )
  })

  it('two classes of one id, and says how to narrow', async () => {
    const files = { 'a.ts': header + type(7, 'A'), 'spec/b.ts': header + type(7, 'B'), 'c.ts': header + type(8, 'A') }
    const message = await refusal(files)
    expect(message).to.contain('The class id 7 is borne by A (a.ts:3) and B (spec/b.ts:3).\n')
    expect(message).to.contain('fieldcast schema --classes A, or name the files: fieldcast schema')
    for (const args of [
      ['--classes', 'B'],
      ['a.ts', 'c.ts'],
    ])
      expect((await schemaCommand(project!.root, ...args)).code).to.equal(0)
    const twins = await schemaCommand(project!.root, '--classes', 'A')
    expect(twins.code).to.equal(1)
    expect(twins.err).to.contain('Several classes are called A: a.ts:3, c.ts:3.')
  })

  it('names that no class bears; problems elsewhere count only then', async () => {
    const files = { ...model(type(1, 'A')), 'bad.ts': header + type(2, 'Bad', '@field(0) m(f: () => void) {}') }
    expect(await refusal(files, '--classes', 'Bad')).to.contain('a function cannot be sent')
    expect((await schemaCommand(project!.root, '--classes', 'A')).code).to.equal(0)
    const { err } = await schemaCommand(project!.root, 'model.ts', '--classes', 'A,X')
    expect(err).to.match(/^No class X with @networkClass was found in .*model\.ts\. There are: A\.\n$/)
  })

  it('a class whose base cannot be read, however many others have that base', async () => {
    const files = {
      'base.ts': `${header}export abstract class Base extends NetworkObject { @field(0) m(f: () => void) {} }`,
      'model.ts':
        header +
        `import { Base } from './base.ts'\n${type(1, 'A')}${type(2, 'B')}`.replaceAll(
          'extends NetworkObject',
          'extends Base',
        ),
    }
    for (const args of [['model.ts', '--classes', 'B'], ['--classes', 'B'], ['model.ts']]) {
      expect(await refusal(files, ...args))
        .to.contain('/game/base.ts:3:')
        .and.to.contain('a function cannot be sent')
      project!.remove()
    }
  })

  for (const args of [['--colour'], ['--write', '--check'], ['--lock', 'a.json'], ['--classes', 'A,,B'], ['--project']])
    it(`the command line ${args.join(' ')}, with exit code 2 and the usage`, async () => {
      project = game(model(type(1, 'A')))
      const { code, err } = await schemaCommand(project.root, ...args)
      expect(code).to.equal(2)
      expect(err).to.contain('fieldcast schema [folder or file ...]')
    })
})
