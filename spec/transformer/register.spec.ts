import { execFile } from 'node:child_process'
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

      project.write(
        'throws.ts',
        "import { field } from 'fieldcast'\nenum E {\n  A,\n}\nexport class C {\n  @field(\n    0,\n  )\n  m(): void {\n    throw new Error(String(E.A))\n  }\n}\nnew C().m()\n",
      )
      expect((await node(project, imports, 'throws.ts')).err).to.match(/throws\.ts:10:11/)
    })
  }

  it("leaves other people's decorators to a tsx that is imported after it", async () => {
    project.write(
      'log.ts',
      "import { field, registered } from 'fieldcast'\nconst log = (_: unknown, { kind }: { kind: string }): void => console.log(kind)\nexport class A {\n  @log @field(0) m(p: string): void {}\n}\nconsole.log(registered.length)\n",
    )
    const { out, err } = await node(project, [register, tsx], 'log.ts')
    expect(out, err).to.equal('method\n1\n')
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
