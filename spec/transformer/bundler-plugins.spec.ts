/** What only one of the bundlers needs, and what all of them are given. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { expect } from 'chai'
import * as esbuild from 'esbuild'
import esbuildPlugin from 'fieldcast/esbuild'
import rollupPlugin from 'fieldcast/rollup'
import webpackPlugin from 'fieldcast/webpack'
import { type Plugin, rollup } from 'rollup'
import ts59 from 'ts59'
import { transform } from '../../decorators/transformer/transform.ts'
import { bundlers, eraser } from './bundle.ts'
import { failureOf, game, hashOf } from './game.ts'
import type { Project } from './project.ts'

describe('fieldcast/esbuild', () => {
  let project: Project
  let expected: string

  before(async () => {
    project = game()
    expected = await hashOf(project.path('model.ts'))
  })
  after(() => project.remove())

  const build = async (options: esbuild.BuildOptions): Promise<string> => {
    await esbuild.build({
      entryPoints: [project.path('main.ts')],
      outdir: project.path('out'),
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      external: ['fieldcast'],
      logLevel: 'silent',
      plugins: [esbuildPlugin()],
      ...options,
    })
    return hashOf(project.path('out/main.mjs'))
  }

  it('serves targets without static blocks, and builds in pieces', async () => {
    expect(await build({ target: 'es2020', minify: true })).to.equal(expected)
    const entryPoints = [project.path('main.ts'), project.path('model.ts')]
    expect(await build({ entryPoints, splitting: true, minify: true, keepNames: true })).to.equal(expected)
  })

  it('reads links as the links that they are, where the build says so', async () => {
    mkdirSync(project.path('node_modules/@me'))
    symlinkSync(project.root, project.path('node_modules/@me/shared'), 'junction')
    project.write('linked.ts', "export { Player } from './node_modules/@me/shared/model.ts'\n")
    expect(await build({ entryPoints: { main: project.path('linked.ts') }, preserveSymlinks: true })).to.equal(expected)
  })

  it('leaves files without its decorators, and modules that are no files, to the plugins behind it', async () => {
    const seen: string[] = []
    const other: esbuild.Plugin = {
      name: 'other',
      setup(host) {
        host.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => void seen.push(path))
        host.onResolve({ filter: /^made-up/ }, ({ path }) => ({ path, namespace: 'made-up' }))
        host.onLoad({ filter: /./, namespace: 'made-up' }, () => ({
          contents: 'export const up: number = 1',
          loader: 'ts',
        }))
      },
    }
    project.write('virtual.ts', "export { Player } from './model.js'\nexport { up } from 'made-up.ts'\n")
    const entryPoints = { main: project.path('virtual.ts') }
    expect(await build({ entryPoints, plugins: [esbuildPlugin(), other] })).to.equal(expected)
    expect(seen.sort()).to.deep.equal([project.path('types.ts'), project.path('virtual.ts')])
  })

  it("hands esbuild the place in esbuild's own terms: columns in bytes, the hint as a note", async () => {
    project.write(
      'bad.ts',
      "import { field } from 'fieldcast'\nexport class Bad {\n  /* ü */ @field(0) m(f: () => void): void {}\n}\n",
    )
    const { errors } = (await failureOf(build({ entryPoints: [project.path('bad.ts')] }))) as esbuild.BuildFailure
    const [{ text, location, notes, pluginName }] = errors as [esbuild.Message]
    expect(pluginName).to.equal('fieldcast')
    expect(text).to.equal('Bad.m: a function cannot be sent.')
    expect(location).to.include({
      line: 3,
      column: 26,
      length: 10,
      lineText: '  /* ü */ @field(0) m(f: () => void): void {}',
    })
    expect(notes[0]!.text).to.match(/^Send data/)
  })
})

describe('fieldcast/rollup', function () {
  this.timeout(30_000)
  let project: Project
  let expected: string

  before(async () => {
    project = game()
    expected = await hashOf(project.path('model.ts'))
  })
  after(() => project.remove())

  const build = async (...plugins: Plugin[]): Promise<string> => {
    const bundle = await rollup({
      input: project.path('main.ts'),
      external: ['fieldcast'],
      logLevel: 'silent',
      plugins: [...plugins, eraser()],
    })
    await bundle.write({ dir: project.path('out'), entryFileNames: 'main.mjs' })
    await bundle.close()
    return hashOf(project.path('out/main.mjs'))
  }
  /** Hands over JavaScript under the source's name, as @rollup/plugin-typescript does. */
  const compiler = (compilerOptions: ts59.CompilerOptions): Plugin => ({
    name: 'compiler',
    load(id) {
      if (!id.endsWith('.ts')) return null
      return ts59.transpileModule(readFileSync(id, 'utf8'), { fileName: id, compilerOptions }).outputText
    },
  })
  const { ES2022, ESNext } = ts59.ScriptTarget

  it('completes what a plugin before it has compiled with TypeScript, in both kinds of decorators', async () => {
    expect(await build(compiler({ target: ES2022, module: 99 }), rollupPlugin() as Plugin)).to.equal(expected)
    const older = { target: ES2022, module: 99, experimentalDecorators: true }
    expect(await build(compiler(older), rollupPlugin() as Plugin)).to.equal(expected)
  })

  it('refuses what it cannot complete: decorators left in place, and the output of other compilers', async () => {
    const left = await failureOf(build(compiler({ target: ESNext, module: 99 }), rollupPlugin() as Plugin))
    expect(left.message).to.contain(project.path('model.ts')).and.to.contain('"target": "es2022"')
    const lowered: Plugin = {
      name: 'lowered',
      transform: (code, id) =>
        id.endsWith('.ts') ? esbuild.transformSync(code, { loader: 'ts', target: 'es2022' }).code : null,
    }
    const other = await failureOf(build(lowered, rollupPlugin() as Plugin))
    expect(other.message).to.contain('put fieldcast() before that plugin')
  })

  it('reads what a plugin before it has changed, where that is TypeScript still', async () => {
    const longer: Plugin = {
      name: 'longer',
      transform: (code, id) => (id.endsWith('model.ts') ? code.replace('y: int16', 'y: float32') : null),
    }
    expect(await build(longer, rollupPlugin() as Plugin))
      .to.match(/^[\da-f]{16}$/)
      .and.to.not.equal(expected)
  })

  it('reads modules with queries, and leaves alone what is no TypeScript of the game', async () => {
    const seen = new Map<string, string>()
    const spy: Plugin = { name: 'spy', transform: (code, id) => void seen.set(id.replace(project.root, ''), code) }
    const raw = "import { field } from 'fieldcast'\nclass A { @field(0) m(f: () => void) {} }"
    const ids = [
      '/model.ts?v=1',
      '/model.ts?raw',
      '\0/model.ts?proxy',
      '/App.vue?vue&type=script&lang.ts',
      '/node_modules/x/a.ts',
    ]
    const virtual: Plugin = {
      name: 'virtual',
      resolveId: id => (id.startsWith('made:') ? id.slice(5).replace('/', `${project.root}/`) : null),
      load: id =>
        id.includes('model.ts?v')
          ? readFileSync(project.path('model.ts'), 'utf8')
          : ids.some(known => id.endsWith(known.slice(2)))
            ? raw
            : null,
    }
    project.write('queries.ts', ids.map(id => `import ${JSON.stringify(`made:${id}`)}`).join('\n'))
    const drop: Plugin = { name: 'drop', transform: (_, id) => (id.endsWith('queries.ts') ? null : 'export {}') }
    await rollup({ input: project.path('queries.ts'), plugins: [virtual, rollupPlugin() as Plugin, spy, drop] })
    expect(seen.get('/model.ts?v=1')).to.contain('static {')
    for (const id of ids.slice(1)) expect(seen.get(id), id).to.equal(raw)
  })
})

describe('fieldcast/webpack', () => {
  let project: Project
  before(() => {
    project = game({
      'bad.ts': "import { field } from 'fieldcast'\nexport class Bad { @field(0) m(f: () => void): void {} }\n",
    })
  })
  after(() => project.remove())

  it("shows the place beside the module's name, and no stack", async () => {
    const webpack = bundlers.find(({ name }) => name === 'webpack')!
    const { message } = await failureOf(webpack.build(project, { entry: 'bad.ts' }))
    expect(message)
      .to.match(/^ERROR in \.\/bad\.ts 2:34/)
      .and.to.not.match(/^\s+at /m)
  })

  it('adds a rule that can be handed to other processes, as thread-loader does', () => {
    const rules: unknown[] = []
    const hook = { tap: () => {} }
    const hooks = { compilation: hook, done: hook, shutdown: hook }
    webpackPlugin({ checker: true }).apply({ options: { module: { rules } }, hooks })
    const [{ use }] = rules as [{ use: readonly [{ loader: string; options: object }] }]
    expect(JSON.parse(JSON.stringify(use))).to.deep.equal(use)
    expect(existsSync(use[0].loader)).to.equal(true)
  })
})

describe('What bundlers are given', () => {
  it('passes the type check of loaders that check it', () => {
    const project = game()
    try {
      const compilerOptions = {
        target: 9,
        module: 199,
        strict: true,
        noEmit: true,
        types: [],
        noUnusedLocals: true,
        skipLibCheck: true,
      }
      const host = ts59.createCompilerHost(compilerOptions)
      const readFile = host.getSourceFile
      host.getSourceFile = (file, ...rest) =>
        file === project.path('model.ts')
          ? ts59.createSourceFile(file, transform(readFileSync(file, 'utf8'), file)!.code, 9)
          : readFile(file, ...rest)
      const program = ts59.createProgram([project.path('main.ts')], compilerOptions, host)
      const found = ts59
        .getPreEmitDiagnostics(program)
        .map(({ messageText }) => ts59.flattenDiagnosticMessageText(messageText, ' '))
      expect(found).to.deep.equal([])
      expect(program.getSourceFile(project.path('model.ts'))!.text).to.contain('static {')
    } finally {
      project.remove()
    }
  })
})
