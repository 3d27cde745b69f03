import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { Project } from './project.ts'

const register = new URL('../../dist/decorators/transformer/shells/register.js', import.meta.url).href
const tsx = import.meta.resolve('tsx')
const mocha = fileURLToPath(
  new URL('./bin/mocha.js', pathToFileURL(createRequire(import.meta.url).resolve('mocha/package.json'))),
)

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

function node(project: Project, imports: readonly string[], ...args: readonly string[]): Promise<Outcome> {
  // Without the options that this very test run was started with.
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise(resolve => {
    const options = imports.flatMap(url => ['--import', url])
    execFile(process.execPath, [...options, ...args], { cwd: project.root, env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
}

const loaders: readonly [name: string, imports: readonly string[]][] = [
  ['alone', [register]],
  ['before tsx', [register, tsx]],
  ['after tsx', [tsx, register]],
]

describe('fieldcast/register', function () {
  this.timeout(60_000)
  let project: Project
  let expected: string | undefined

  before(() => {
    project = Project.everything()
  })
  after(() => project.remove())

  for (const [name, imports] of loaders) {
    it(`runs a whole program ${name}: enums, parameter properties, .js specifiers, re-exported decorators`, async () => {
      const { code, out, err } = await node(project, imports, 'main.ts')
      expect(code, err).to.equal(0)
      const { registered, ...program } = JSON.parse(out)
      expect(program).to.deep.equal({ team: 1, rank: 8, start: 1 })
      expect(registered.map(([decorator, , target]: string[]) => `${decorator} ${target}`)).to.include.members([
        'field Holder',
        'networkClass Player',
        'networkClass Den',
        'struct Vec',
      ])
      expected ??= JSON.stringify(registered)
      expect(JSON.stringify(registered)).to.equal(expected)
    })

    it(`runs under mocha ${name}`, async () => {
      project.write(
        'game.spec.ts',
        `import { registered } from 'fieldcast'
        import { Den, Player } from './model.js'
        import { Vec } from './vec.js'
        import { start } from './model.ts'
        it('has its fields', () => {
          if (!Den || !Player) throw new Error('no classes')
          if (!(start instanceof Vec)) throw new Error('two copies of one file')
          if (JSON.stringify(registered) !== process.env.EXPECTED) throw new Error(JSON.stringify(registered))
        })`,
      )
      process.env['EXPECTED'] = expected
      const { code, out } = await node(project, imports, mocha, '--reporter', 'dot', 'game.spec.ts')
      delete process.env['EXPECTED']
      expect(code, out).to.equal(0)
      expect(out).to.contain('1 passing')
    })
  }

  for (const [name, imports] of loaders) {
    it(`shows a type that cannot be sent, and a stack in terms of the source, ${name}`, async () => {
      project.write(
        'bad.ts',
        "import { field } from 'fieldcast'\nexport class Bad {\n  @field(0)\n  m(f: () => void): void {}\n}\n",
      )
      const refused = await node(project, imports, 'bad.ts')
      expect(refused.code).to.not.equal(0)
      expect(refused.err)
        .to.contain(`${project.path('bad.ts')}:4:8`)
        .and.to.contain('Bad.m: a function cannot be sent.')
        // The message and where to look, not the inside of this package.
        .and.not.match(/dist.decorators.*\n\s+at |TSFunctionType|dependencies/)

      project.write(
        'throws.ts',
        "import { field } from 'fieldcast'\nenum E {\n  A,\n}\nexport class C {\n  @field(\n    0,\n  )\n  m(): void {\n    throw new Error(String(E.A))\n  }\n}\nnew C().m()\n",
      )
      expect((await node(project, imports, 'throws.ts')).err).to.match(/throws\.ts:10:11/)
    })
  }

  describe("with other people's decorators", () => {
    const log = 'const log = (_: unknown, { kind }: { kind: string }): void => console.log(kind)\n'
    before(() => {
      project.write(
        'log.ts',
        `import { field, registered } from 'fieldcast'\n${log}export class A {\n  @field(0)\n  a(): void {}\n  @log @field(0) m(p: string): void {}\n}\nconsole.log(registered.length)\n`,
      )
      project.write(
        'others.ts',
        `${log}/** @see log */\nexport class A {\n  static at = '@log'\n  @log m(): void {}\n}\n`,
      )
      project.write('none.ts', "/** @see log */\nexport class A { at = '@log' }\nconsole.log(new A().at)\n")
    })

    it('leaves them to a tsx that is imported after it', async () => {
      for (const [file, expected] of [
        ['log.ts', 'method\n2\n'],
        ['others.ts', 'method\n'],
      ] as const) {
        const { out, err } = await node(project, [register, tsx], file)
        expect(out, err).to.equal(expected)
      }
    })

    it('says where they are and what to do where nobody takes care of them', async () => {
      for (const [imports, file, place] of [
        [[register], 'log.ts', '6:4'],
        [[tsx, register], 'log.ts', '6:4'],
        [[register], 'others.ts', '5:4'],
      ] as const) {
        const { code, err } = await node(project, imports, file)
        expect(code).to.not.equal(0)
        expect(err)
          .to.contain(`${project.path(file)}:${place}\n@log is a decorator of another package`)
          .and.to.contain('--import fieldcast/register --import tsx')
      }
    })

    it('takes none for one that stands in a comment or a string', async () => {
      expect((await node(project, [register], 'none.ts')).out).to.equal('@log\n')
    })
  })

  describe('in programs of every make', () => {
    const model = "import { field } from 'fieldcast'\nexport class A {\n  @field(0) put(name: string): void {}\n}\n"
    const tells =
      "import { registered } from 'fieldcast'\nconsole.log(registered.map(([, , target]) => target).join())\n"
    const makes: readonly [what: string, files: Record<string, string>, args: readonly string[]][] = [
      ['.mts files', { 'm.mts': model, 'main.mts': `import './m.mjs'\n${tells}` }, ['main.mts']],
      ['.cts files', { 'm.cts': model, 'main.ts': `import './m.cjs'\n${tells}` }, ['main.ts']],
      ['.tsx files', { 'm.tsx': model, 'main.ts': `import './m.js'\n${tells}` }, ['main.ts']],
      ['a query behind a file', { 'm.ts': model, 'main.ts': `await import('./m.ts?a=1#b')\n${tells}` }, ['main.ts']],
      [
        'a path with blanks and signs',
        { 'a b%20#c/m.ts': model, 'a b%20#c/main.ts': `import './m.ts'\n${tells}` },
        ['a b%20#c/main.ts'],
      ],
      [
        'a package of CommonJS',
        { 'package.json': '{ "type": "commonjs" }', 'm.ts': model, 'main.ts': `import './m.ts'\n${tells}` },
        ['main.ts'],
      ],
      [
        'worker threads',
        {
          'm.ts': model,
          'w.ts': `import './m.ts'\n${tells}`,
          'main.ts': "import { Worker } from 'node:worker_threads'\nnew Worker(new URL('w.ts', import.meta.url))\n",
        },
        ['main.ts'],
      ],
      [
        'forked processes',
        {
          'm.ts': model,
          'w.ts': `import './m.ts'\n${tells}`,
          'main.ts': "import { fork } from 'node:child_process'\nfork(new URL('w.ts', import.meta.url))\n",
        },
        ['main.ts'],
      ],
      [
        'a byte order mark and line ends of Windows',
        { 'm.ts': `\ufeff${model.replaceAll('\n', '\r\n')}`, 'main.ts': `import './m.ts'\n${tells}` },
        ['main.ts'],
      ],
      ['node --test', { 'm.ts': model, 'main.test.ts': `import './m.ts'\n${tells}` }, ['--test', 'main.test.ts']],
    ]
    for (const [what, files, args] of makes) {
      it(`reads the types: ${what}`, async () => {
        for (const [name, imports] of loaders) {
          const own = new Project(files)
          const { code, out, err } = await node(own, imports, ...args)
          own.remove()
          expect(code, `${name}: ${err}`).to.equal(0)
          expect(out, name).to.match(/^(# )?A$/m)
        }
      })
    }

    const workspace = (): Project => {
      const own = new Project({
        'packages/shared/package.json': '{ "name": "@me/shared", "type": "module", "exports": "./src/index.ts" }',
        'packages/shared/src/index.ts': "export * from './m.ts'\nexport enum Side { Left }\n",
        'packages/shared/src/m.ts': model,
        'packages/app/package.json': '{ "type": "module" }',
        'packages/app/main.ts': `import '@me/shared'\n${tells}`,
        'node_modules/installed/package.json': '{ "name": "installed", "type": "module", "exports": "./index.ts" }',
        'node_modules/installed/index.ts': model,
        'installed.ts': "import 'installed'\n",
      })
      mkdirSync(own.path('node_modules/@me'))
      symlinkSync(own.path('packages/shared'), own.path('node_modules/@me/shared'))
      return own
    }

    it('reads the types of a workspace’s own packages, linked as TypeScript, with --preserve-symlinks too', async () => {
      const own = workspace()
      for (const options of [[], ['--preserve-symlinks']]) {
        for (const [name, imports] of loaders) {
          const { code, out, err } = await node(own, imports, ...options, 'packages/app/main.ts')
          expect(code, `${name} ${options}: ${err}`).to.equal(0)
          expect(out).to.equal('A\n')
        }
      }
      // An installed package is another matter: Node does not run its TypeScript, and nor do we.
      expect((await node(own, [register], 'installed.ts')).code).to.not.equal(0)
      own.remove()
    })

    it('takes NODE_OPTIONS, and being there twice', async () => {
      const own = new Project({ 'm.ts': model, 'main.ts': `import './m.ts'\n${tells}` })
      const { out, err } = await node(own, [register, `${register}?again`], 'main.ts')
      expect(out, err).to.equal('A\n')
      const env = { ...process.env, NODE_OPTIONS: `--import ${register}` }
      const text = await new Promise<string>(resolve =>
        execFile(process.execPath, ['main.ts'], { cwd: own.root, env }, (_, out) => resolve(out)),
      )
      expect(text).to.equal('A\n')
      own.remove()
    })

    it('asks the project’s TypeScript where FIELDCAST_CHECKER is 1, and ends with the program', async () => {
      const own = new Project({
        'tsconfig.json':
          '{ "compilerOptions": { "module": "nodenext", "strict": true, "allowImportingTsExtensions": true, "noEmit": true } }',
        'main.ts': `import { field } from 'fieldcast'\nconst made = () => ({ a: 1 })\nclass A {\n  @field(0) put(x: ReturnType<typeof made>): void {}\n}\n${tells}`,
      })
      symlinkSync(
        fileURLToPath(new URL('../../node_modules/typescript', import.meta.url)),
        own.path('node_modules/typescript'),
      )
      expect((await node(own, [register], 'main.ts')).err).to.contain('main.ts:4:20')
      process.env['FIELDCAST_CHECKER'] = '1'
      const { out, err } = await node(own, [register], 'main.ts')
      delete process.env['FIELDCAST_CHECKER']
      expect(out, err).to.equal('A\n')
      own.remove()
    })
  })

  it('erases files without decorators where nothing else does, and tells where a syntax error is', async () => {
    project.write(
      'plain.ts',
      "import type { Item } from './index.ts'\nconst item: Pick<Item, 'name'> = { name: 'x' }\nconsole.log(item.name)\n",
    )
    expect((await node(project, [register], 'plain.ts')).out).to.equal('x\n')
    project.write('wrong.ts', "import { field } from 'fieldcast'\nclass A {\n  @field(0) m( {}\n}\n")
    const wrong = await node(project, [register], 'wrong.ts')
    expect(wrong.code).to.not.equal(0)
    expect(wrong.err).to.contain('wrong.ts')
  })

  it("reports a missing file as Node does, and leaves installed packages' files alone", async () => {
    project.write('lost.ts', "import './nowhere.js'\n")
    const { code, err } = await node(project, [register], 'lost.ts')
    expect(code).to.not.equal(0)
    expect(err).to.contain('ERR_MODULE_NOT_FOUND').and.to.contain('nowhere.js')
  })

  it('runs a package without "type": "module"', async () => {
    project.write('package.json', '{}')
    for (const [name, imports] of loaders) {
      const { code, out, err } = await node(project, imports, 'main.ts')
      expect(code, `${name}: ${err}`).to.equal(0)
      expect(JSON.stringify(JSON.parse(out).registered), name).to.equal(expected)
    }
  })
})
