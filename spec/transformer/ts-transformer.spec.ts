import { readFileSync } from 'node:fs'
import { createRequire, SourceMap } from 'node:module'
import ts6 from '@typescript/old'
import { expect } from 'chai'
import transformer from 'fieldcast/ts-transformer'
import ts59 from 'ts59'
import { game, hashOf } from './game.ts'
import type { Project } from './project.ts'

type TypeScript = typeof ts59
type Options = import('ts59').CompilerOptions

const typescripts: readonly [name: string, ts: TypeScript][] = [
  ['TypeScript 5.9', ts59],
  ['TypeScript 6', ts6 as unknown as TypeScript],
]
const dialects: readonly [name: string, options: Options][] = [
  ['standard decorators', {}],
  ['legacy decorators', { experimentalDecorators: true, emitDecoratorMetadata: true }],
  ['legacy decorators on assigned fields', { experimentalDecorators: true, useDefineForClassFields: false }],
]

describe('fieldcast/ts-transformer', function () {
  this.timeout(60_000)
  let project: Project
  let expected: string

  before(async () => {
    const reference = game()
    expected = await hashOf(reference.path('model.ts'))
    reference.remove()
  })
  beforeEach(() => {
    project = game()
  })
  afterEach(() => project.remove())

  for (const [version, ts] of typescripts) {
    const programOf = (options: Options = {}): import('ts59').Program =>
      ts.createProgram([project.path('main.ts')], {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        rootDir: project.root,
        outDir: project.path('out'),
        strict: true,
        sourceMap: true,
        declaration: true,
        types: [],
        // Nothing is checked here, and the library's declarations would take seconds.
        noLib: true,
        noCheck: true,
        ...options,
      })
    const emit = (
      program: import('ts59').Program,
      before: import('ts59').TransformerFactory<import('ts59').SourceFile>[] = [],
    ): import('ts59').EmitResult =>
      program.emit(undefined, undefined, undefined, undefined, { before: [transformer(program, { ts }), ...before] })
    const read = (name: string): string => readFileSync(project.path(`out/${name}`), 'utf8')

    describe(`${version}:`, () => {
      for (const [dialect, options] of dialects)
        it(`emits the same contract as fieldcast/register reads, with ${dialect}`, async () => {
          const program = programOf(options)
          emit(program)
          expect(await hashOf(project.path('out/main.js'))).to.equal(expected)
        })

      it('emits CommonJS, lowered classes and types that are elided just as well', async () => {
        project.write('package.json', '{}')
        emit(programOf({ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2017, isolatedModules: true }))
        expect(read('model.js')).to.contain('require("fieldcast")').and.to.not.contain('static {')
        expect(await hashOf(project.path('out/main.js'))).to.equal(expected)
      })

      it('asks the program that compiles for types that the syntax does not tell, if it is told to', () => {
        project.write(
          'main.ts',
          "import { field } from 'fieldcast'\nexport class A { @field(0) m(p: Awaited<Promise<'a' | 'b'>>): void {} }\n",
        )
        const program = programOf({ noLib: false, noCheck: false, skipLibCheck: true })
        expect(() => emit(program)).to.throw('Awaited cannot be sent')
        program.emit(undefined, undefined, undefined, undefined, {
          before: [transformer(program, { ts, checker: true })],
        })
        expect(read('main.js'))
          .to.match(/params: ?|"params"/)
          .and.to.match(/"enum",\s*\[\s*"a",\s*"b"/)
      })

      it('changes nothing but the arguments: not the declarations, not the rest of the JavaScript', () => {
        programOf().emit()
        const plain = [read('model.d.ts'), read('model.js')] as const
        emit(programOf())
        expect(read('model.d.ts')).to.equal(plain[0])
        const schema = /(?:, )?(?:void 0, )*\{ "(?:params|name)": .*\}(?=\)\])/g
        expect(read('model.js').replace(schema, '')).to.equal(plain[1])
      })

      it('keeps source maps right', () => {
        emit(programOf())
        const code = read('model.js')
        const before = code.slice(0, code.indexOf('this.x = x + y'))
        const column = before.length - before.lastIndexOf('\n') - 1
        const { originalLine, originalColumn } = new SourceMap(JSON.parse(read('model.js.map'))).findEntry(
          before.split('\n').length - 1,
          column,
        ) as { originalLine: number; originalColumn: number }
        const source = readFileSync(project.path('model.ts'), 'utf8').split('\n')
        expect(source[originalLine]!.slice(originalColumn)).to.match(/^this\.x = x \+ y \}/)
      })

      it('stands beside other transformers', async () => {
        const rename: import('ts59').TransformerFactory<import('ts59').SourceFile> = context => file =>
          ts.visitEachChild(
            file,
            function visit(node): import('ts59').Node {
              return ts.isNumericLiteral(node) && node.text === '10'
                ? context.factory.createNumericLiteral(11)
                : ts.visitEachChild(node, visit, context)
            },
            context,
          )
        const program = programOf()
        program.emit(undefined, undefined, undefined, undefined, { before: [rename, transformer(program, { ts })] })
        expect(read('model.js')).to.contain('networkClass(11, { clientCreate: true }, { "name": "Player"')
        emit(programOf(), [rename])
        expect(read('model.js')).to.contain('networkClass(11, { clientCreate: true }, { "name": "Player"')
      })

      it('refuses where a transformer before it has taken the decorators away', () => {
        const strip: import('ts59').TransformerFactory<import('ts59').SourceFile> = context => file =>
          ts.visitEachChild(
            file,
            function visit(node): import('ts59').Node | undefined {
              return ts.isDecorator(node) ? undefined : ts.visitEachChild(node, visit, context)
            },
            context,
          )
        const program = programOf()
        expect(() =>
          program.emit(undefined, undefined, undefined, undefined, { before: [strip, transformer(program, { ts })] }),
        ).to.throw(/model\.ts:\d+:\d+[\s\S]*put fieldcast\/ts-transformer before it/)
      })

      it('compiles single texts', () => {
        const { outputText } = ts.transpileModule(readFileSync(project.path('model.ts'), 'utf8'), {
          fileName: project.path('model.ts'),
          compilerOptions: { target: ts.ScriptTarget.ES2022 },
          transformers: { before: [transformer(undefined, { ts })] },
        })
        expect(outputText).to.contain('["text", ["str", 20]]')
      })

      it('throws with the place of a type that cannot be sent', () => {
        project.write('types.ts', readFileSync(project.path('types.ts'), 'utf8').replace('str<20>', 'symbol'))
        expect(() => emit(programOf())).to.throw(/types\.ts:2:20\nPlayer\.say: a symbol cannot be sent/)
      })

      it('makes it a diagnostic of TypeScript where ts-patch takes those', () => {
        project.write('types.ts', readFileSync(project.path('types.ts'), 'utf8').replace('str<20>', 'symbol'))
        const diagnostics: import('ts59').Diagnostic[] = []
        const program = programOf()
        const patched = transformer(program, {}, { ts, addDiagnostic: item => diagnostics.push(item) })
        program.emit(undefined, undefined, undefined, undefined, { before: [patched] })
        const host = {
          getCurrentDirectory: () => project.root,
          getCanonicalFileName: (name: string) => name,
          getNewLine: () => '\n',
        }
        expect(ts.formatDiagnostics(diagnostics, host)).to.match(
          /^types\.ts\(2,20\): error TS0: Player\.say: a symbol cannot be sent\. Write a union/,
        )
        expect(read('model.js')).to.not.contain('"params"')
      })

      it('refuses arguments that leave the schema no place', () => {
        project.write(
          'main.ts',
          "import { NetworkObject, networkClass } from 'fieldcast'\nconst all = [10] as const\n@networkClass(...all) export class Player extends NetworkObject {}\n",
        )
        expect(() => emit(programOf())).to.throw(/main\.ts:3:2\nthese arguments are spread/)
      })

      it('refuses settings under which tsc leaves files alone whose types have changed', () => {
        const refused = (options: Options): string[] => {
          const found: string[] = []
          const program = programOf(options)
          const extras = {
            ts,
            library: 'tsc',
            addDiagnostic: (item: { messageText: string }) => found.push(item.messageText),
          }
          program.emit(undefined, undefined, undefined, undefined, { before: [transformer(program, {}, extras)] })
          return found
        }
        const [text] = refused({ isolatedModules: true, composite: true })
        expect(text).to.contain('types.ts').and.to.contain('fieldcast patch')
        expect(
          refused({ isolatedModules: true, incremental: true, tsBuildInfoFile: project.path('info') }),
        ).to.have.length(1)
        expect(refused({ isolatedModules: true })).to.deep.equal([])
        expect(refused({ composite: true })).to.deep.equal([])
      })
    })
  }

  it('can be required', () => {
    const required = createRequire(import.meta.url)('fieldcast/ts-transformer') as {
      default: unknown
      fieldcast: unknown
    }
    expect(required.default).to.equal(required.fieldcast).and.to.be.a('function')
  })

  it('leads users of TypeScript 7 to fieldcast patch', () => {
    // The repository's own TypeScript, which is found where none is handed over.
    expect(() => transformer()).to.throw(/TypeScript 7\.0\.2 runs no transformers.*`fieldcast patch`.*\{ ts \}/)
    const nowhere = { getCurrentDirectory: () => '/', getSourceFile: () => undefined, getCompilerOptions: () => ({}) }
    expect(() => transformer(nowhere)).to.throw(/no TypeScript to be found from \//)
  })
})
