/** Messages as classes through each toolchain: the same names, ids, types and replies, whoever read them. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts6 from '@typescript/old'
import { expect } from 'chai'
import * as esbuild from 'esbuild'
import transformer from 'fieldcast/ts-transformer'
import ts59 from 'ts59'
import { bundlers } from './bundle.ts'
import { failureOf, game } from './game.ts'
import { type Compiler, Game } from './patch-project.ts'
import type { Project } from './project.ts'
import { schemaCommand, game as schemaGame } from './schema-game.ts'

const files = {
  'types.ts': `import type { str } from 'fieldcast'
export type Name = str<20>
export interface Tree { name: Name; inner: Tree[] }
`,
  'model.ts': `import * as fc from 'fieldcast'
import { int32, message, message as told, struct, type float32, type list, type str } from 'fieldcast'
import type { Name, Tree } from './types.js'

@struct()
export class Vec { x: float32 = 0; y: float32 = 0 }

@message(64)
export class Say { text: str<200> = ''; from?: Name; shout(): string { return this.text.toUpperCase() } }

@message()
export class Add { static reply = int32; a: int32 = 0; b: int32 = 0 }

@told(undefined, { side: 'client', name: 'path' })
export class Path { points: list<Vec, 3> = []; tree: Tree | null = null }

@fc.message(70)
export class Louder extends Say { loud = true }
`,
  'main.ts': "export { Add, Louder, Path, Say } from './model.js'\n",
}

const expected = {
  Say: [64, 'Say', { from: ['opt', ['str', 20]], text: ['str', 200] }, {}, null, {}],
  Louder: [70, 'Louder', { from: ['opt', ['str', 20]], loud: 'bool', text: ['str', 200] }, {}, null, {}],
  Add: [65, 'Add', { a: 'int32', b: 'int32' }, {}, 'int32', {}],
  Path: [
    66,
    'path',
    {
      points: ['list', ['instance', 'Vec', { x: 'float32', y: 'float32' }], 3],
      tree: ['union', [['type', '0'], 'null']],
    },
    { 0: ['struct', { inner: ['list', ['type', '0']], name: ['str', 20] }] },
    null,
    { side: 'client' },
  ],
}

const url = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href

/** What a registry makes of the classes that a file exports, in a process of its own. */
function messagesOf(file: string): Promise<unknown> {
  const program = `
    import { MessageRegistry } from '${url('lib/messages.js')}'
    import { pathToFileURL } from 'node:url'
    const { Add, Louder, Path, Say } = await import(pathToFileURL(process.argv[1]).href)
    const registry = new MessageRegistry([Say, Add, Path, Louder])
    const told = each => {
      const { id, name, type } = registry.get(each)
      if (type.target !== each) throw new Error(name + ' has another target')
      return [id, name, type.shape[1], type.types, type.reply, type.conditions]
    }
    console.log(JSON.stringify({ Say: told(Say), Louder: told(Louder), Add: told(Add), Path: told(Path) }))`
  const { NODE_OPTIONS: _, ...env } = process.env
  const register = file.endsWith('.ts') ? ['--import', url('decorators/transformer/shells/register.js')] : []
  return new Promise((done, failed) => {
    execFile(process.execPath, [...register, '--input-type=module', '-e', program, file], { env }, (error, out) =>
      error ? failed(error) : done(JSON.parse(out)),
    )
  })
}

describe('Messages as classes', function () {
  this.timeout(60_000)
  const projects: Project[] = []
  const made = <P extends Project>(project: P): P => {
    projects.push(project)
    return project
  }
  afterEach(() => {
    for (const project of projects.splice(0)) project.remove()
  })

  it('are read by fieldcast/register', async () => {
    expect(await messagesOf(made(game(files)).path('main.ts'))).to.deep.equal(expected)
  })

  it('are refused by fieldcast/register where a field cannot be sent', async () => {
    const project = made(game({ ...files, 'types.ts': files['types.ts'].replace('str<20>', 'symbol') }))
    const { message } = await failureOf(messagesOf(project.path('main.ts')))
    expect(message)
      .to.match(/types\.ts:2:\d+/)
      .and.to.contain('Say: a symbol cannot be sent.')
  })

  it('are told to be read where nothing does', async () => {
    const project = made(new Game({ 'src/model.ts': files['model.ts'], 'src/types.ts': files['types.ts'] }))
    await project.compile('7.0')
    const { message } = await failureOf(messagesOf(project.path('dist/model.js')))
    expect(message).to.contain('its properties have not been read').and.to.contain('fieldcast patch')
  })

  for (const bundler of bundlers) {
    it(`are read by ${bundler.name}, minified or not`, async () => {
      const project = made(game(files))
      for (const minify of [false, true]) {
        await bundler.build(project, { minify })
        expect(await messagesOf(project.path('out/main.mjs'))).to.deep.equal(expected)
      }
    })

    it(`are refused by ${bundler.name} where a field cannot be sent`, async () => {
      const broken = files['model.ts'].replace('loud = true', 'loud: () => void')
      const { message } = await failureOf(bundler.build(made(game({ ...files, 'model.ts': broken }))))
      expect(message)
        .to.match(/model\.ts[: ]18:4\d/)
        .and.to.contain('Louder: a function cannot be sent.')
    })
  }

  it('may have types that only TypeScript tells, but no network objects among them', async () => {
    const reading = (type: string): Project => {
      const written = files['model.ts'].replace('loud = true', `loud: Awaited<Promise<${type}>>`)
      const project = made(game({ ...files, 'model.ts': `${written}class Player extends fc.NetworkObject {}\n` }))
      const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, types: [] }
      project.write('tsconfig.json', JSON.stringify({ compilerOptions }))
      return project
    }
    const [bundler] = bundlers
    const project = reading("'a' | 'b'")
    await bundler!.build(project, { checker: true })
    const { Louder } = (await messagesOf(project.path('out/main.mjs'))) as { Louder: unknown[] }
    expect(Louder[2]).to.have.deep.property('loud', ['enum', ['a', 'b']])
    const { message } = await failureOf(bundler!.build(reading('Player'), { checker: true }))
    expect(message).to.contain('Louder: loud is or holds a network object')
  })

  const patched: readonly [Compiler, string, object][] = [
    [
      '5.9',
      'older decorators, CommonJS, es2015',
      { experimentalDecorators: true, target: 'es2015', module: 'commonjs', moduleResolution: 'node10' },
    ],
    ['7.0', 'older decorators with metadata', { experimentalDecorators: true, emitDecoratorMetadata: true }],
    ['5.9', 'standard decorators, es2015', { target: 'es2015' }],
    ['7.0', 'standard decorators', {}],
  ]
  for (const [compiler, name, options] of patched)
    it(`are put by fieldcast patch into what TypeScript ${compiler} wrote: ${name}`, async () => {
      const sources = Object.entries(files).map(([path, text]) => [`src/${path}`, text])
      const project = made(new Game(Object.fromEntries(sources), options))
      if ('module' in options) project.write('package.json', '{}')
      await project.compile(compiler)
      expect(await project.patch()).to.deep.equal({
        code: 0,
        out: 'Patched 5 classes in 1 file (0 unchanged).\n',
        err: '',
      })
      expect(await messagesOf(project.path('dist/main.js'))).to.deep.equal(expected)
      const once = project.read('dist/model.js')
      expect((await project.patch()).out).to.equal('Patched 0 classes in 0 files (1 unchanged).\n')
      expect(project.read('dist/model.js')).to.equal(once)
    })

  it('are patched where tsc leaves standard decorators to a bundler', async () => {
    const sources = Object.entries(files).map(([path, text]) => [`src/${path}`, text])
    const project = made(new Game(Object.fromEntries(sources), { target: 'esnext' }))
    await project.compile('7.0')
    expect((await project.patch()).out).to.contain('Patched 5 classes in 1 file')
    const { code } = await esbuild.transform(project.read('dist/model.js'), { target: 'es2022' })
    project.write('dist/model.js', code)
    expect(await messagesOf(project.path('dist/main.js'))).to.deep.equal(expected)
  })

  it('are told of where fieldcast patch finds no source any more', async () => {
    const project = made(new Game({ 'src/model.ts': files['model.ts'], 'src/types.ts': files['types.ts'] }))
    await project.compile('7.0')
    project.write('dist/old.js', project.read('dist/model.js'))
    const { code, err } = await project.patch()
    expect(code).to.not.equal(0)
    expect(err).to.contain('old.js still registers').and.to.contain('Louder')
  })

  for (const [version, ts] of [
    ['5.9', ts59],
    ['6', ts6 as unknown as typeof ts59],
  ] as const)
    for (const experimentalDecorators of [false, true])
      it(`are completed by fieldcast/ts-transformer in TypeScript ${version}, ${experimentalDecorators ? 'older' : 'standard'} decorators`, async () => {
        const project = made(game(files))
        const program = ts.createProgram([project.path('main.ts')], {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.NodeNext,
          rootDir: project.root,
          outDir: project.path('out'),
          experimentalDecorators,
          types: [],
          noLib: true,
          noCheck: true,
        })
        program.emit(undefined, undefined, undefined, undefined, { before: [transformer(program, { ts })] })
        expect(readFileSync(project.path('out/model.js'), 'utf8')).to.contain('"name": "Louder"')
        expect(await messagesOf(project.path('out/main.js'))).to.deep.equal(expected)
      })

  it('are no matter of fieldcast schema, which reads the network classes beside them', async () => {
    const beside = `import { field, networkClass, NetworkObject } from 'fieldcast'
import { Say } from './model.js'
@networkClass(10) export class Player extends NetworkObject { @field(0) hear(): void { new Say() } }
`
    const project = made(schemaGame({ ...files, 'player.ts': beside }))
    const { code, out, err } = await schemaCommand(project.root, '--json')
    expect(code, err).to.equal(0)
    expect((JSON.parse(out) as { classes: { name: string }[] }).classes.map(({ name }) => name)).to.deep.equal([
      'Player',
    ])
  })
})
