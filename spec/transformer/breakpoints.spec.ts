/** Breakpoints that are set in the TypeScript source, as editors set them, stop the program there, with the variables under their names. */
import { expect } from 'chai'
import { build as bundle } from 'esbuild'
import { build } from 'vite'
import fieldcast from '../../dist/decorators/transformer/shells/vite.js'
import { Debuggee } from '../support/debuggee.ts'
import { Project } from './project.ts'

const register = new URL('../../dist/decorators/transformer/shells/register.js', import.meta.url).href
const tsx = import.meta.resolve('tsx')

// Each line to stop at stands behind a variable that no bundler can do without.
const model = `import { field, networkClass } from 'fieldcast'

type Metres = number
const heard: unknown[] = []

@networkClass(1)
export class Player {
  place = { x: 0, y: 0 }

  @field(1)
  moveTo(x: Metres, y: Metres): void {
    const before: { x: number } = this.place
    this.place = { x: x + before.x, y: y - before.x }
  }

  @field(1) say(text: string): void {
    const loud = text.toUpperCase() as string
    heard.push(loud, loud)
  }

  @field(4)
  async buy(item: number): Promise<number> {
    const price = await Promise.resolve(item * 100)
    this.place.x += price
    return price satisfies number
  }
}

@networkClass(2) export class Line { @field(0) nothing(): void {} run(a: number): void { const twice = a * 2
    heard.push(twice, a, twice)
  }
}
`
const main = `import { Line, Player } from './model.ts'
const player = new Player()
player.moveTo(3, 4)
player.say('hi')
await player.buy(2)
new Line().run(21)
setInterval(() => {}, 1000)
`
const lineOf = (text: string): number => model.slice(0, model.indexOf(text)).split('\n').length

describe('Breakpoints', function () {
  this.timeout(60_000)
  let project: Project
  let debuggee: Debuggee

  beforeEach(() => {
    project = new Project({ 'model.ts': model, 'main.ts': main })
  })
  afterEach(async () => {
    await debuggee?.end()
    project.remove()
  })

  const stops = [
    ['this.place = {', /moveTo/, { x: 3, y: 4 }],
    ['heard.push(loud', /say/, { text: 'hi', loud: 'HI' }],
    ['this.place.x +=', /buy/, { item: 2, price: 200 }],
    ['heard.push(twice', /run/, { a: 21, twice: 42 }],
  ] as const

  async function holds(...args: string[]): Promise<void> {
    debuggee = await Debuggee.start(args, project.root)
    const lines = stops.map(([text]) => lineOf(text))
    for (const [text, name, variables] of stops) {
      const stop = await debuggee.stopAt(project.path('model.ts'), lines)
      expect(stop.line, stop.name).to.equal(lineOf(text))
      expect(stop.name).to.match(name)
      expect(stop.variables).to.include(variables)
    }
  }

  for (const [name, imports] of [
    ['alone', [register]],
    ['before tsx', [register, tsx]],
    ['after tsx', [tsx, register]],
  ] as const)
    it(`are hit with fieldcast/register ${name}`, () => holds(...imports.flatMap(url => ['--import', url]), 'main.ts'))

  it("are hit in vite's build", async () => {
    await build({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      plugins: [fieldcast()],
      build: { ssr: 'main.ts', outDir: 'dist', sourcemap: true, target: 'esnext' },
    })
    await holds('dist/main.js')
  })

  it('are hit in a bundle of esbuild that takes the source maps of the transform', async () => {
    const { transform } = await import('../../decorators/transformer/transform.ts')
    const file = project.path('model.ts')
    const { code, map } = transform(model, file)!
    await bundle({
      absWorkingDir: project.root,
      entryPoints: ['main.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'esnext',
      sourcemap: true,
      outfile: 'dist/main.js',
      plugins: [
        {
          name: 'transform',
          setup: ({ onLoad }) =>
            onLoad({ filter: /model\.ts$/ }, () => ({
              contents: `${code}\n//# sourceMappingURL=${map.toUrl()}`,
              loader: 'ts',
            })),
        },
      ],
    })
    await holds('dist/main.js')
  })
})
