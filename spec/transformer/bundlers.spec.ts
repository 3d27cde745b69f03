import { mkdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { expect } from 'chai'
import { type Bundler, bundlers, type Watch } from './bundle.ts'
import { failureOf, game, hashOf } from './game.ts'
import type { Project } from './project.ts'

describe('Every bundler', function () {
  this.timeout(60_000)
  let project: Project
  let expected: string

  before(async () => {
    const reference = game()
    expected = await hashOf(reference.path('model.ts'))
    reference.remove()
  })
  let builds: Builds
  beforeEach(() => {
    project = game()
    builds = new Builds()
  })
  afterEach(async () => {
    await builds.stop()
    project.remove()
  })

  const built = (): Promise<string> => hashOf(project.path('out/main.mjs'))
  const edit = (name: string, from: string, to: string): void =>
    project.write(name, readFileSync(project.path(name), 'utf8').replace(from, to))

  for (const bundler of bundlers) {
    describe(`${bundler.name}:`, () => {
      it('builds the same contract as fieldcast/register reads', async () => {
        await bundler.build(project)
        expect(await built()).to.equal(expected)
      })

      it('builds it minified too', async () => {
        await bundler.build(project, { minify: true })
        expect(await built()).to.equal(expected)
      })

      it('has a source map that leads to the source', async () => {
        await bundler.build(project)
        expect(originOf(project, 'this.x = x + y')).to.match(/^this\.x = x \+ y \}/)
      })

      it("is not misled by a tsconfig with the older decorators' settings", async () => {
        const compilerOptions = {
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
          useDefineForClassFields: false,
          target: 'es2022',
        }
        project.write('tsconfig.json', JSON.stringify({ compilerOptions }))
        await bundler.build(project)
        expect(await built()).to.equal(expected)
      })

      it('points at a type that cannot be sent', async () => {
        edit('model.ts', 'x: int16, y: int16', 'x: int16, y: () => void')
        const { message } = await failureOf(bundler.build(project))
        expect(message).to.match(/model\.ts[: ]17:2[23]/)
        expect(message).to.contain('Player.moveTo: a function cannot be sent.')
      })

      it('points at it in the file that it was read from', async () => {
        edit('types.ts', 'str<20>', 'symbol')
        const { message } = await failureOf(bundler.build(project))
        expect(message).to.match(/types\.ts:2:(19|20)/)
      })

      it('builds again when a type in another file is mended, changes, and breaks', async () => {
        const makes = (wanted: (hash: string) => boolean): Promise<void> =>
          builds.until(async error => error === null && wanted(await built()))
        const fails = (): Promise<void> => builds.until(error => /a symbol cannot be sent/.test(error?.message ?? ''))
        edit('types.ts', 'str<20>', 'symbol')
        await builds.start(bundler, project)
        await fails()

        edit('types.ts', 'symbol', 'str<20>')
        await makes(hash => hash === expected)

        edit('types.ts', 'str<20>', 'str<21>')
        await makes(hash => hash !== expected)

        edit('types.ts', 'str<21>', 'symbol')
        await fails()

        edit('types.ts', 'symbol', 'str<20>')
        await makes(hash => hash === expected)
      })

      it('asks TypeScript for what the source alone does not tell, with checker: true', async () => {
        project.write(
          'tsconfig.json',
          JSON.stringify({ compilerOptions: { strict: true, target: 'es2022', module: 'nodenext', types: [] } }),
        )
        const awaited = 'type Position = Awaited<Promise<Written>>\nexport interface Written'
        edit('types.ts', 'interface Position', awaited)
        const { message } = await failureOf(bundler.build(project))
        expect(message).to.match(/types\.ts:3:/)
        await bundler.build(project, { checker: true })
        expect(await built()).to.equal(expected)
      })

      it('reads the TypeScript of a package that is linked into node_modules', async () => {
        const shared = game({ 'package.json': '{ "name": "shared", "type": "module", "exports": "./model.ts" }' })
        try {
          mkdirSync(project.path('node_modules/@me'))
          symlinkSync(shared.root, project.path('node_modules/@me/shared'), 'junction')
          project.write('main.ts', "export { Player, Vec } from './node_modules/@me/shared/model.ts'\n")
          await bundler.build(project)
          expect(await built()).to.equal(expected)
        } finally {
          shared.remove()
        }
      })
    })
  }
})

/** The ends of a watcher's builds, one by one. */
class Builds {
  readonly #ends: (Error | null)[] = []
  #waiting: (() => void) | undefined
  #touch = (): void => {}
  #watch: Watch | undefined

  async start(bundler: Bundler, project: Project): Promise<void> {
    this.#touch = () => utimesSync(project.path('types.ts'), new Date(), new Date())
    this.#watch = await bundler.watch(project, error => {
      this.#ends.push(error)
      this.#waiting?.()
    })
  }

  /** Passes over the builds that a watcher makes besides: of the same files once more. */
  async until(wanted: (error: Error | null) => boolean | Promise<boolean>): Promise<void> {
    for (;;) {
      while (this.#ends.length === 0)
        await new Promise<void>(resolve => {
          // A watcher that is only just getting ready may have missed an edit.
          const again = setTimeout(() => {
            this.#touch()
            resolve()
          }, 500)
          this.#waiting = () => {
            clearTimeout(again)
            resolve()
          }
        })
      if (await wanted(this.#ends.shift()!)) return
    }
  }

  async stop(): Promise<void> {
    await this.#watch?.close()
  }
}

/** What stands in the source where `needle` stands in the output. */
function originOf(project: Project, needle: string): string {
  const code = readFileSync(project.path('out/main.mjs'), 'utf8')
  const before = code.slice(0, code.indexOf(needle))
  const map = JSON.parse(readFileSync(project.path('out/main.mjs.map'), 'utf8'))
  const entry = new SourceMap(map).findEntry(
    before.split('\n').length - 1,
    before.length - before.lastIndexOf('\n') - 1,
  ) as {
    originalSource: string
    originalLine: number
    originalColumn: number
  }
  expect(entry.originalSource).to.match(/model\.ts$/)
  return readFileSync(project.path('model.ts'), 'utf8').split('\n')[entry.originalLine]!.slice(entry.originalColumn)
}
