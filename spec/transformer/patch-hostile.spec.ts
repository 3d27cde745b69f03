import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { build, transform } from 'esbuild'
import { outputsIn, scopeOf } from '../../decorators/transformer/command/patch-outputs.ts'
import { planFor } from '../../decorators/transformer/command/patch-plan.ts'
import { writeChanges } from '../../decorators/transformer/command/patch-write.ts'
import { Modules } from '../../decorators/transformer/source/modules.ts'
import { Game, type Outcome } from './patch-project.ts'

const header = `import { Flags, field, NetworkObject, networkClass, type int16 } from 'fieldcast'\n`
const files = {
  'src/a.ts': `${header}@networkClass(1)\nexport class A extends NetworkObject {\n  @field(0, { id: 3 }) m(a: int16): void {}\n  @field(0) n(): void {}\n}\n`,
  'src/b.ts': `${header}import { A } from './a.js'\n@networkClass(2)\nexport class B extends A {\n  @field(0) o(a: string): void {}\n}\n`,
}

describe('fieldcast patch, badly treated,', function () {
  this.timeout(60_000)
  let game: Game
  /** What tsc makes of the files. */
  const emitted: Record<string, string> = {}

  before(async () => {
    const made = new Game(files, { sourceMap: true })
    await made.compile('7.0')
    for (const name of readdirSync(made.path('dist'))) emitted[`dist/${name}`] = made.read(`dist/${name}`)
    made.remove()
  })
  beforeEach(() => {
    game = new Game({ ...files, ...emitted }, { sourceMap: true })
  })
  afterEach(() => game.remove())

  const outputs = (): Record<string, string> =>
    Object.fromEntries(readdirSync(game.path('dist')).map(name => [`dist/${name}`, game.read(`dist/${name}`)]))

  async function refused(...args: readonly string[]): Promise<string> {
    const before = outputs()
    const { code, out, err } = await game.patch(...args)
    expect(outputs()).to.deep.equal(before)
    expect([code, out], err).to.deep.equal([1, ''])
    return err.replaceAll(`${game.root}/`, '')
  }

  const edit = (name: string, from: string | RegExp, to: string): void => {
    const text = game.read(name)
    game.write(name, text.replace(from, to))
    expect(game.read(name)).to.not.equal(text)
  }

  describe('writes nothing at all', () => {
    it('for a syntax error in a source', async () => {
      edit('src/b.ts', '@field(0) o(a', '@field(0) o(a(')
      expect(await refused())
        .to.match(/^src\/b\.ts:5:16\n/)
        .and.to.contain('Correct the syntax, run tsc, then fieldcast patch.')
        .and.to.contain('Nothing was written.')
    })

    it('for types that cannot be decided, and says so of all of them', async () => {
      edit('src/a.ts', 'a: int16', 'a: () => void')
      edit('src/b.ts', 'a: string', 'a: Missing')
      expect(await refused())
        .to.contain('A.m: a function cannot be sent.')
        .and.to.contain('B.o: ')
    })

    it('for a type that TypeScript alone can decide, unless it is asked', async () => {
      edit('src/a.ts', 'a: int16', 'a: Awaited<Promise<int16>>')
      expect(await refused())
        .to.contain('Awaited cannot be sent')
        .and.to.contain('checker: true')
      expect(await refused('--checker')).to.contain('TypeScript')
      symlinkSync(
        fileURLToPath(new URL('../../node_modules/typescript', import.meta.url)),
        game.path('node_modules/typescript'),
      )
      const { code, err } = await game.patch('--checker')
      expect(code, err).to.equal(0)
      expect(game.read('dist/a.js')).to.contain('{"params":[["a","int16"]]}')
    })

    it('for an output that is older than its source: other parameters, other flags', async () => {
      edit('src/b.ts', 'o(a: string)', 'o(b: string, c: int16)')
      expect(await refused())
        .to.contain('B.o has other parameters in the output')
        .and.to.contain('run tsc')
      edit('src/b.ts', 'o(b: string, c: int16)', 'o(a: string)')
      edit('src/b.ts', '@field(0) o', '@field(Flags.RAM) o')
      edit('dist/b.js', 'field(0)', 'field(Flags.RAM | Flags.Broadcast)')
      expect(await refused()).to.contain('B.o has other arguments in the output')
    })

    it('for a source map that is read-only', async () => {
      chmodSync(game.path('dist/a.js.map'), 0o444)
      expect(await refused()).to.contain('dist/a.js.map is read-only')
    })

    it('for a file that is read-only', async () => {
      chmodSync(game.path('dist/b.js'), 0o444)
      expect(await refused()).to.contain('dist/b.js is read-only')
    })

    it('for a damaged source map', async () => {
      game.write('dist/b.js.map', '{')
      expect(await refused()).to.contain('The source map dist/b.js.map cannot be read.')
      rmSync(game.path('dist/b.js.map'))
      mkdirSync(game.path('dist/b.js.map'))
      const { code, err } = await game.patch()
      expect([code, err]).to.deep.equal([
        1,
        `The source map ${game.path('dist/b.js.map')} cannot be read. Run tsc again, then fieldcast patch.\n\nNothing was written.\n`,
      ])
    })
  })

  describe('refuses output that was not made from the source:', () => {
    const cases: readonly [name: string, file: string, from: string | RegExp, to: string, says: string][] = [
      ['a class renamed', 'dist/a.js', /\bA\b/g, 'Other', 'the decorated class A is nowhere in the output'],
      [
        'a class added',
        'src/a.ts',
        /$/,
        '\n@networkClass(3) class C extends NetworkObject {}',
        'the decorated class C is',
      ],
      ['a field added', 'src/a.ts', '@field(0) n', '@field(0) p(): void {}\n@field(0) n', 'A.p is decorated nowhere'],
      ['a field removed', 'src/a.ts', '@field(0) n', 'n', 'A.n is decorated in the output, and not in the source'],
      ['a decorator added', 'src/a.ts', '@field(0) n', '@log @field(0) n', 'A.n has 1 decorators in the output, and 2'],
      ['another decorator', 'dist/a.js', '[field(0)]', '[log(0)]', 'A.n has another decorator in the output'],
      ['no call', 'dist/a.js', '[field(0)]', '[field]', 'A.n has another decorator in the output'],
      ['an option added', 'src/a.ts', '@field(0) n', '@field(0, { id: 9 }) n', '@field on A.n has other arguments'],
      [
        'another class id',
        'src/a.ts',
        '@networkClass(1)',
        '@networkClass(7)',
        '@networkClass on A has other arguments',
      ],
      [
        'other options',
        'dist/a.js',
        'networkClass(1)',
        'networkClass(1, {}, {})',
        '@networkClass on A has other arguments',
      ],
    ]
    for (const [name, file, from, to, says] of cases)
      it(name, async () => {
        edit(file, from, to)
        const message = await refused()
        expect(message).to.match(/^dist\/a\.js does not fit src\/a\.ts: /)
        expect(message).to.contain(says)
        expect(message).to.contain('run tsc, then fieldcast patch')
      })

    it('half a file', async () => {
      game.write('dist/a.js', emitted['dist/a.js']!.slice(0, -400))
      expect(await refused()).to.match(/^dist\/a\.js is no JavaScript: .* Run tsc again/)
    })
  })

  it('says where tsc has left decorators, which no engine runs', async () => {
    game.configure({ target: 'esnext' })
    await game.compile('7.0')
    const { code, err } = await game.patch()
    expect(code, err).to.equal(0)
    expect(err).to.contain('dist/a.js still has decorators').and.to.contain('"target": "es2024"')
    game.configure({ target: 'es2024' })
    await game.compile('7.0')
    expect((await game.patch()).err).to.equal('')
  })

  it('leaves a schema alone that somebody formatted, and the commas of others', async () => {
    edit('dist/a.js', '[field(0)]', '[field(\n  0, // none, really\n)]')
    expect((await game.patch()).code).to.equal(0)
    expect(game.read('dist/a.js')).to.contain('[field(\n  0, // none, really\n {"params":[]})]')
    edit('dist/a.js', '{"params":[]}', '{ params: [] }')
    expect((await game.patch()).out).to.equal('Patched 1 class in 1 file (1 unchanged).\n')
    expect(game.read('dist/a.js')).to.contain('\n {"params":[]})]')
  })

  describe('knows whose output it is that tsc did not write:', () => {
    for (const experimentalDecorators of [true, false])
      it(`esbuild's, with ${experimentalDecorators ? 'older' : 'standard'} decorators`, async () => {
        const tsconfigRaw = { compilerOptions: { experimentalDecorators } }
        const { code } = await transform(files['src/a.ts'], { loader: 'ts', target: 'es2022', tsconfigRaw })
        game.write('dist/a.js', code)
        expect(await refused())
          .to.contain('for esbuild wrote it.')
          .and.to.contain('docs/toolchains.md')
      })

    it("swc's and Babel's", async () => {
      game.write('dist/a.js', 'A = _ts_decorate([networkClass(1)], A)\n')
      game.write('dist/b.js', '[_B, _initClass] = _applyDecs2311(this, [], []).c\n')
      expect(await refused())
        .to.contain('for swc wrote it.')
        .and.to.contain('for Babel wrote it.')
    })

    it('minified', async () => {
      const { code } = await transform(emitted['dist/a.js']!, { minify: true })
      game.write('dist/a.js', code)
      expect(await refused()).to.contain('before anything minifies or bundles it')
    })

    it('bundled', async () => {
      await build({
        entryPoints: [game.path('src/b.ts')],
        outfile: game.path('dist/bundle.js'),
        bundle: true,
        external: ['fieldcast'],
        sourcemap: true,
      })
      expect(await refused()).to.match(/^dist\/bundle\.js holds several files, src\/[ab]\.ts among them: a bundle\./)
    })
  })

  describe('tells of output whose source is gone', () => {
    it('with what it still registers, and fails in --check', async () => {
      await game.patch()
      rmSync(game.path('src/b.ts'))
      const { code, out, err } = await game.patch()
      expect([code, out]).to.deep.equal([0, 'Patched 0 classes in 0 files (1 unchanged).\n'])
      expect(err).to.contain(`${game.path('dist/b.js')} still registers B, but its source is gone`)
      expect(await refused('--check')).to.contain('dist/b.js still registers B')
    })

    it('and fails where that was never patched: its source may be elsewhere', async () => {
      renameSync(game.path('src/b.ts'), game.path('b.ts'))
      expect(await refused())
        .to.contain('looked for src/b.ts')
        .and.to.contain('set rootDir or sourceMap')
    })

    it('but not of JavaScript that has nothing to do with it', async () => {
      game.write('dist/vendor.js', '// fieldcast\n__decorate([field()], A.prototype, "m", null)')
      game.write('dist/plain.js', 'import "fieldcast"; struct(')
      game.write('dist/plain.cjs', 'require("fieldcast").field')
      rmSync(game.path('dist/vendor.js'))
      const { code, err } = await game.patch()
      expect([code, err]).to.deep.equal([0, ''])
    })
  })

  it('asks for rootDir where two sources are possible', async () => {
    for (const name of ['a', 'b']) edit(`dist/${name}.js`, /\/\/# .*/, '')
    game.write('a.ts', files['src/a.ts'])
    game.configure({ rootDir: undefined })
    expect(await refused()).to.contain('dist/a.js may come from a.ts or from src/a.ts. Set rootDir or sourceMap')
  })

  describe('says what to do', () => {
    const without = async (setUp: () => void, ...args: readonly string[]): Promise<Outcome> => {
      setUp()
      const outcome = await game.patch(...args)
      expect(outcome.out).to.equal('')
      return { ...outcome, err: outcome.err.replaceAll(`${game.root}/`, '').replaceAll(game.root, '.') }
    }
    const cases: readonly [string, (game: Game) => void, args: readonly string[], code: number, says: string][] = [
      [
        'before tsc has run',
        made => rmSync(made.path('dist'), { recursive: true }),
        [],
        1,
        'There is no JavaScript of decorated classes in dist (tsconfig.json). Run tsc first',
      ],
      [
        'without a tsconfig.json',
        made => rmSync(made.path('tsconfig.json')),
        [],
        1,
        'There is no tsconfig.json in . or above. Name the folder',
      ],
      [
        'with noEmit',
        made => made.configure({ noEmit: true }),
        [],
        1,
        'tsconfig.json says noEmit: tsc writes no JavaScript. Name the folder',
      ],
      [
        'with outFile',
        made => made.configure({ outFile: 'all.js' }),
        [],
        1,
        'tsconfig.json says outFile, which puts all files into one; set outDir instead',
      ],
      [
        'with values that cannot be',
        made => made.configure({ outDir: 3 }),
        [],
        1,
        'tsconfig.json cannot be read: something in it is not what TypeScript expects. See what tsc says of it.',
      ],
      [
        'with a base that is missing',
        made => made.configure({}, { extends: './no.json' }),
        [],
        1,
        "tsconfig.json cannot be read: File './no.json' not found.",
      ],
      ['with a project that is missing', () => {}, ['-p', 'no.json'], 1, 'There is no no.json.'],
      [
        'with a reference that is missing',
        made => made.configure({}, { references: [{ path: './no' }] }),
        [],
        1,
        'There is no no/tsconfig.json.',
      ],
      ['with a folder that is missing', () => {}, ['build'], 1, 'There is no build. Run tsc first'],
      ['with a wrong option', () => {}, ['--chek'], 2, "Unknown option '--chek'"],
      ['with options that exclude each other', () => {}, ['--check', '--watch'], 1, '--check changes nothing'],
      [
        'where it is asked',
        () => {},
        ['--check'],
        1,
        'dist/a.js is not patched.\ndist/b.js is not patched.\nRun tsc, then fieldcast patch.',
      ],
    ]
    for (const [name, setUp, args, code, says] of cases)
      it(name, async () => {
        const outcome = await without(() => setUp(game), ...args)
        expect(outcome.err).to.contain(says)
        expect(outcome.code).to.equal(code)
      })

    it('at run time, where one file was left out', async () => {
      await game.patch('dist/b.js')
      const { code, err } = await game.run('dist/b.js')
      expect(code).to.not.equal(0)
      expect(err)
        .to.match(/A\.[mn] has no types/)
        .and.to.contain('after tsc            fieldcast patch')
    })
  })

  it('keeps mode and link of what it writes, and leaves nothing beside it', async () => {
    chmodSync(game.path('dist/a.js'), 0o755)
    renameSync(game.path('dist/b.js'), game.path('b-elsewhere.js'))
    symlinkSync('../b-elsewhere.js', game.path('dist/b.js'))
    const before = readdirSync(game.path('dist'))
    expect((await game.patch('dist/a.js', 'dist/b.js')).out).to.equal('Patched 2 classes in 2 files (0 unchanged).\n')
    expect(statSync(game.path('dist/a.js')).mode & 0o777).to.equal(0o755)
    expect(lstatSync(game.path('dist/b.js')).isSymbolicLink()).to.equal(true)
    expect(readdirSync(game.path('dist'))).to.deep.equal(before)
  })

  it('does not write over what tsc has written since it was read', () => {
    const scope = scopeOf(game.root, [], [])
    const { outputs } = planFor(scope, new Modules())
    expect(outputsIn(scope)).to.have.length(2)
    edit('dist/a.js', /$/, '\n')
    game.write('dist/b.js.map', game.read('dist/b.js.map').replace('"names"', ' "names"'))
    const before = readdirSync(game.path('dist')).map(name => game.read(`dist/${name}`))
    const { changed, overtaken } = writeChanges(outputs)
    expect([changed, overtaken]).to.deep.equal([[], outputs])
    expect(readdirSync(game.path('dist')).map(name => game.read(`dist/${name}`))).to.deep.equal(before)
  })

  describe('tells apart', () => {
    const compiled = async (source: string, options: object = {}): Promise<void> => {
      rmSync(game.path('dist'), { recursive: true })
      rmSync(game.path('src/b.ts'))
      game.write('src/a.ts', header + source)
      game.configure(options)
      await game.compile('7.0')
    }

    it("others' decorators of the same name", async () => {
      game.write('src/other.ts', 'export const field = (..._: any[]): any => () => {}\n')
      await compiled(
        `import * as other from './other.js'
class A { @other.field(0) m(a: int16) {} }
{ class B { @other.field(1) m(a: int16) {} } }
export class C extends NetworkObject { @other.field(2) @field(3) @other.field(4) m(a: int16): void {} @other.field(5) n(): void {} }
`,
      )
      expect((await game.patch()).out).to.equal('Patched 1 class in 1 file (0 unchanged).\n')
      expect(game.read('dist/a.js')).to.contain(
        '[other.field(2), field(3, {"params":[["a","int16"]]}), other.field(4)]',
      )
      expect(game.read('dist/a.js').match(/"params"/g)).to.have.length(1)
    })

    for (const experimentalDecorators of [true, false])
      it(`classes of one name, ${experimentalDecorators ? 'older' : 'standard'} decorators`, async () => {
        const again = (id: number, type: string, inner = ''): string =>
          `export function f${id}() { @networkClass(${id}) class A extends NetworkObject { @field(0) m(a: ${type}): void {${inner}} } return A }\n`
        await compiled(again(1, 'int16', again(2, 'string').replace('export', '')) + again(3, 'boolean'), {
          experimentalDecorators,
        })
        expect((await game.patch()).code).to.equal(0)
        const order = [...game.read('dist/a.js').matchAll(/\["a","(\w+)"\]|networkClass\((\d)/g)].map(
          ([, type, id]) => type ?? id,
        )
        // The class decorators of the standard ones stand before the class.
        expect(order).to.deep.equal(
          experimentalDecorators ? ['str', '2', 'int16', '1', 'bool', '3'] : ['1', 'int16', '2', 'str', '3', 'bool'],
        )
        game.write('src/a.ts', header + again(1, 'int16'))
        expect(await refused()).to.contain('the decorated class A is 3 times in the output, and once in the source')
      })

    it('class expressions, which lose their decorators under experimentalDecorators', async () => {
      const source =
        'export const A = @networkClass(1) class extends NetworkObject { @field(0) m(a: int16): void {} }\n'
      await compiled(source, { noCheck: true })
      expect((await game.patch()).out).to.contain('Patched 1 class')
      rmSync(game.path('dist'), { recursive: true })
      game.configure({ experimentalDecorators: true })
      await game.compile('7.0')
      expect(await refused()).to.contain('dist/a.js does not fit src/a.ts: A is a class expression')
    })
  })
})
