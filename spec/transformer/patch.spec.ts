import { SourceMap } from 'node:module'
import { expect } from 'chai'
import { transform } from 'esbuild'
import { decode } from '../../decorators/transformer/source/source-map.ts'
import { arena, type Compiler, Game } from './patch-project.ts'

const older = { experimentalDecorators: true }
const metadata = { ...older, emitDecoratorMetadata: true }

/** One combination of compiler, decorators, modules, target and source map each, so that every value is there with every compiler. */
const combinations: readonly [Compiler, name: string, options: object, commonjs: boolean][] = [
  ['5.9', 'older decorators, ESM, es2015', { ...older, target: 'es2015', sourceMap: true }, false],
  ['5.9', 'standard decorators, CommonJS', { inlineSourceMap: true }, true],
  [
    '6.0',
    'older decorators with metadata, CommonJS',
    { ...metadata, inlineSourceMap: true, inlineSources: true },
    true,
  ],
  ['6.0', 'standard decorators, ESM, es2015', { target: 'es2015', sourceMap: true }, false],
  ['7.0', 'older decorators with metadata, ESM', { ...metadata, sourceMap: true, newLine: 'crlf' }, false],
  ['7.0', 'standard decorators, CommonJS, es2015', { target: 'es2015', sourceMap: true }, true],
  ['7.0', 'standard decorators, ESM', { sourceMap: true, inlineSources: true }, false],
]

describe('fieldcast patch', function () {
  this.timeout(60_000)
  const games: Game[] = []
  const game = (files: Readonly<Record<string, string>>, options: object = {}): Game => {
    const made = new Game(files, options)
    games.push(made)
    return made
  }
  let expected: string

  before(async () => {
    expected = await game(arena).source('src/main.ts')
    expect(expected).to.match(/^[0-9a-f]{16}\n$/)
  })
  after(() => {
    for (const made of games) made.remove()
  })

  for (const [compiler, name, options, commonjs] of combinations)
    it(`gives what TypeScript ${compiler} wrote the schema of its source, and its map the right columns: ${name}`, async () => {
      const made = game(arena, options)
      if (commonjs) made.write('package.json', '{}')
      await made.compile(compiler)
      const before = made.read('dist/model.js')
      const mapBefore = mapOf(made)
      expect((await made.run('dist/main.js')).err).to.contain('fieldcast patch')

      expect(await made.patch()).to.deep.equal({
        code: 0,
        out: 'Patched 6 classes in 1 file (0 unchanged).\n',
        err: '',
      })
      expect(await made.node('dist/main.js')).to.equal(expected)
      const after = made.read('dist/model.js')
      expect(after.split('\n').length).to.equal(before.split('\n').length)
      expectMoved([before, mapBefore], [after, mapOf(made)])

      const text = [after, JSON.stringify(mapOf(made))]
      expect((await made.patch()).out).to.equal('Patched 0 classes in 0 files (1 unchanged).\n')
      expect([made.read('dist/model.js'), JSON.stringify(mapOf(made))]).to.deep.equal(text)
    })

  it('patches decorators that are left as they are, for a bundler to compile', async () => {
    const made = game(arena, { target: 'esnext' })
    await made.compile('7.0')
    expect((await made.patch()).out).to.contain('Patched 6 classes in 1 file')
    const { code } = await transform(made.read('dist/model.js'), { target: 'es2022' })
    made.write('dist/model.js', code)
    expect(await made.node('dist/main.js')).to.equal(expected)
  })

  it('patches the fixture with everything in it', async () => {
    const made = Game.everything()
    games.push(made)
    const main = (model: string): string =>
      `import { createServer } from 'fieldcast/server'\nimport { Den, Monster, Player } from '${model}'\nconsole.log(createServer({ classes: [Den, Monster, Player] }).schemaHash)\n`
    made.write('main.ts', main('./model.ts'))
    // The one name in it that the real package keeps for itself.
    made.write('model.ts', made.read('model.ts').replace('clear(): void', 'clearAll(): void'))
    const hash = await made.source('main.ts')
    made.configure({ rootDir: '.', rewriteRelativeImportExtensions: true, noCheck: true }, { include: ['*.ts'] })
    await made.compile('7.0')
    expect((await made.patch()).out).to.equal('Patched 5 classes in 2 files (0 unchanged).\n')
    expect(await made.node('dist/main.js')).to.equal(hash)
  })

  it('replaces a schema after a type has changed in another file, also where tsc did not write again', async () => {
    const made = game(arena, { sourceMap: true })
    await made.compile('5.9')
    await made.patch()
    const before = made.read('dist/model.js')
    const mapBefore = mapOf(made)
    made.write('src/types.ts', arena['src/types.ts']!.replace('x: int16; y: int16', 'x: number; yy: int16'))

    const checked = await made.patch('--check')
    expect(checked.code).to.equal(1)
    expect(checked.err).to.equal(
      'dist/model.js was patched with other types than src/model.ts has now.\nRun tsc, then fieldcast patch.\n',
    )
    expect(made.read('dist/model.js')).to.equal(before)

    expect((await made.patch()).out).to.equal('Patched 6 classes in 1 file (0 unchanged).\n')
    expect(made.read('dist/model.js')).to.contain('["at",["struct",{"x":"float64","yy":"int16"}]]')
    expectMoved([before, mapBefore], [made.read('dist/model.js'), mapOf(made)])
    expect(await made.node('dist/main.js')).to.equal(await made.source('src/main.ts'))
    expect(await made.patch('--check')).to.deep.equal({ code: 0, out: '6 classes in 1 file are patched.\n', err: '' })
  })

  for (const compiler of ['5.9', '7.0'] as const)
    it(`has the new schema after an incremental run of TypeScript ${compiler}`, async () => {
      const made = game(arena, { incremental: true })
      await made.compile(compiler)
      await made.patch()
      made.write('src/types.ts', arena['src/types.ts']!.replace('str<32>', 'str<33>'))
      await made.compile(compiler)
      expect((await made.patch()).code).to.equal(0)
      expect(await made.node('dist/main.js')).to.equal(await made.source('src/main.ts'))
    })

  it('takes a schema out again where a field became generic', async () => {
    const model = (head: string, type: string): string =>
      `import { field, NetworkObject } from 'fieldcast'\nexport abstract class Box${head} extends NetworkObject {\n  @field(0) put(a: ${type}): void {}\n}\n`
    const made = game({ 'src/box.ts': model('', 'string') })
    await made.compile('7.0')
    const bare = made.read('dist/box.js')
    await made.patch()
    expect(made.read('dist/box.js')).to.not.equal(bare)
    made.write('src/box.ts', model('<T>', 'T'))
    expect((await made.patch()).code).to.equal(0)
    expect(made.read('dist/box.js')).to.equal(bare)
  })

  describe('finds the source of each file', () => {
    const one = (id: number): string =>
      `import { field, NetworkObject, networkClass } from 'fieldcast'\n@networkClass(${id})\nexport class C${id} extends NetworkObject { @field(0) m(a: string): void {} }\n`

    it('of every extension', async () => {
      const made = game(
        { 'src/a.mts': one(1), 'src/b.cts': one(2), 'src/c.tsx': one(3), 'src/in/d.ts': one(4) },
        { jsx: 'preserve', declaration: true },
      )
      await made.compile('7.0')
      const declarations = made.read('dist/a.d.mts')
      expect((await made.patch()).out).to.equal('Patched 4 classes in 4 files (0 unchanged).\n')
      for (const file of ['a.mjs', 'b.cjs', 'c.jsx', 'in/d.js'])
        expect(made.read(`dist/${file}`), file).to.contain('{"params":[["a","str"]]}')
      expect(made.read('dist/a.d.mts')).to.equal(declarations)
    })

    for (const compiler of ['5.9', '7.0'] as const)
      it(`without rootDir and map, where TypeScript ${compiler} puts it`, async () => {
        const made = game({ 'src/in/a.ts': one(1), 'src/in/b.ts': one(2) }, { rootDir: undefined })
        await made.compile(compiler, ...(compiler === '5.9' ? [] : ['--rootDir', '.']))
        expect((await made.patch()).out).to.equal('Patched 2 classes in 2 files (0 unchanged).\n')
      })

    for (const options of [
      { sourceRoot: 'https://example.org/src/' },
      { mapRoot: 'https://example.org/maps/' },
      { mapRoot: 'maps', sourceRoot: '' },
    ])
      it(`whose map is for elsewhere: ${JSON.stringify(options)}`, async () => {
        const made = game({ 'src/in/a b#ü.ts': one(1) }, { sourceMap: true, ...options })
        await made.compile('7.0')
        expect((await made.patch()).out).to.equal('Patched 1 class in 1 file (0 unchanged).\n')
      })

    it('beside the file, where there is no outDir', async () => {
      const made = game({ 'src/a.ts': one(1), 'src/by-hand.js': '@field(0) class {' }, { outDir: undefined })
      await made.compile('7.0')
      expect((await made.patch()).out).to.equal('Patched 1 class in 1 file (0 unchanged).\n')
    })

    it('in all projects that a configuration refers to', async () => {
      const made = game({ 'a/one.ts': one(1), 'b/two.ts': one(2) })
      const part = (references: string): string =>
        `{ // JSONC\n "extends": "../base.json", "compilerOptions": { "outDir": "out", }, "references": [${references}] }`
      made.configure({ rootDir: undefined, composite: true }, {})
      made.write('base.json', made.read('tsconfig.json'))
      made.write('a/tsconfig.json', part(''))
      made.write('b/tsconfig.json', part('{ "path": "../a/tsconfig.json" }'))
      made.write('tsconfig.json', '{ "files": [], "references": [{ "path": "b" }] }')
      await made.compile('7.0', '-b')
      expect((await made.patch()).out).to.equal('Patched 2 classes in 2 files (0 unchanged).\n')
      await made.compile('7.0', '-b', '--force')
      expect((await made.patch('-p', 'a', '-p', 'b/tsconfig.json')).out).to.contain('Patched 2 classes in 2 files')
    })

    it('for the folders and files that the command line names', async () => {
      const made = game({ 'src/a.ts': one(1), 'src/in/b.ts': one(2), 'src/in/c.ts': one(3) }, { noEmit: true })
      await made.compile('7.0', '--noEmit', 'false')
      expect((await made.patch('dist/a.js')).out).to.equal('Patched 1 class in 1 file (0 unchanged).\n')
      expect((await made.patch('dist/a.js', 'dist/in')).out).to.equal('Patched 2 classes in 2 files (1 unchanged).\n')
    })
  })
})

type Map = ConstructorParameters<typeof SourceMap>[0]

function mapOf(game: Game): Map {
  const url = /^\/\/# sourceMappingURL=(\S+)/m.exec(game.read('dist/model.js'))![1]!
  const [, data] = url.split('base64,')
  return JSON.parse(data ? Buffer.from(data, 'base64').toString() : game.read(`dist/${url}`))
}

/** Each token that had an origin has it still, and no other has. */
function expectMoved([codeBefore, before]: [string, Map], [codeAfter, after]: [string, Map]): void {
  expect({ ...after, mappings: '' }).to.deep.equal({ ...before, mappings: '' })
  const [from, to] = [decode(before.mappings), decode(after.mappings)]
  const [mapFrom, mapTo] = [new SourceMap(before), new SourceMap(after)]
  const [linesFrom, linesTo] = [codeBefore, codeAfter].map(code => code.split('\n')) as [string[], string[]]
  let moved = 0
  expect(to.map(({ length }) => length)).to.deep.equal(from.map(({ length }) => length))
  from.forEach((segments, line) => {
    segments.forEach(([column], index) => {
      const now = to[line]![index]![0]
      if (now !== column) moved++
      expect(tokenAt(linesTo[line]!, now), `line ${line}, column ${column}`).to.equal(tokenAt(linesFrom[line]!, column))
      const [was, is] = [mapFrom.findEntry(line, column), mapTo.findEntry(line, now)]
      expect({ ...is, generatedColumn: 0 }).to.deep.equal({ ...was, generatedColumn: 0 })
    })
  })
  expect(moved).to.be.above(5)
}

function tokenAt(line: string, column: number): string | undefined {
  return /^(\w+|.)/.exec(line.slice(column))?.[0]
}
