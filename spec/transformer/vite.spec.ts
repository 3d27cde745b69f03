import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { type BuildEnvironmentOptions, build, createServer, type InlineConfig, type Plugin, type Rollup } from 'vite'
import { fieldcast } from '../../decorators/transformer/shells/vite.ts'
import { Project, type Registration } from './project.ts'

/** The program as Vite builds it, with the registrations that it makes when it runs. */
async function run(
  project: Project,
  options: BuildEnvironmentOptions = {},
): Promise<{ code: string; registered: Registration[] }> {
  await build(config(project, options))
  const file = project.path('out/out.mjs')
  const { registered } = (await import(pathToFileURL(file).href)) as { registered: Registration[] }
  return { code: readFileSync(file, 'utf8'), registered }
}

function config(project: Project, options: BuildEnvironmentOptions = {}): InlineConfig {
  const lib = { entry: project.path('entry.ts'), formats: ['es' as const], fileName: () => 'out.mjs' }
  return {
    configFile: false,
    root: project.root,
    logLevel: 'silent',
    plugins: [fieldcast()],
    build: { outDir: project.path('out'), lib, minify: false, ...options },
  }
}

describe('fieldcast/vite', function () {
  this.timeout(60_000)
  let project: Project

  beforeEach(() => {
    project = Project.everything()
    project.write('only-types.ts', 'export type Load = 32\n')
    project.write(
      'typed.ts',
      "import { field } from 'fieldcast'\nimport type { Load } from './only-types.ts'\nexport class Typed { @field(0) load(of: Load): void {} }\n",
    )
    project.write(
      'entry.ts',
      "export { Typed } from './typed.ts'\nexport { registered } from 'fieldcast'\nexport { Den, Player } from './model.js'\n",
    )
  })
  afterEach(() => project.remove())

  it('builds a program whose classes register themselves, and ships no raw decorator', async () => {
    const { code, registered } = await run(project)
    expect(registered.map(([decorator, , target]) => `${decorator} ${target}`)).to.include.members([
      'networkClass Player',
      'field Player',
      'struct Vec',
    ])
    const moveTo = registered.find(([, , , name]) => name === 'plain')!
    expect((moveTo[4] as { params: unknown[] }).params[0]).to.deep.equal(['a', 'float64'])
    expect(code).to.not.match(/^\s*@/m)
  })

  it('keeps the names of the source when a minifier renames the classes', async () => {
    const { registered } = await run(project, { minify: true })
    expect(
      registered
        .filter(([decorator]) => decorator === 'networkClass')
        .map(([, , , added]) => (added as { name: string }).name),
    ).to.deep.equal(['Player', 'Monster', 'Den'])
  })

  it('builds anew in watch mode after an edit of a type in another file', async () => {
    const watcher = (await build(config(project, { watch: {} }))) as Rollup.RollupWatcher
    const ends: (() => void)[] = []
    const end = (): Promise<void> => new Promise(resolve => ends.push(resolve))
    watcher.on('event', event => {
      if (event.code === 'END') ends.shift()?.()
    })
    try {
      await end()
      const again = end()
      project.write('only-types.ts', 'export type Load = 33\n')
      await again
      expect(readFileSync(project.path('out/out.mjs'), 'utf8')).to.match(/\["of", ?\["enum", ?\[33\]\]\]/)
    } finally {
      await watcher.close()
    }
  })

  it('fails the build with the place of a type that cannot be sent', async () => {
    project.write(
      'model.ts',
      "import { field } from 'fieldcast'\nexport class Player {\n  @field(0) m(f: () => void): void {}\n}\nexport const Den = 1\n",
    )
    const error = await run(project).then(
      () => undefined,
      (reason: Error) => reason,
    )
    expect(error?.message)
      .to.contain(`${project.path('model.ts')}:3:18`)
      .and.to.contain('a function cannot be sent')
  })

  it('serves the new schema in development after an edit of a type in another file', async () => {
    let ready = (): void => {}
    let updated = (): void => {}
    const isReady = new Promise<void>(resolve => (ready = resolve))
    const isUpdated = new Promise<void>(resolve => (updated = resolve))
    const observer: Plugin = {
      name: 'observer',
      configureServer: ({ watcher }) => void watcher.once('ready', () => ready()),
      hotUpdate: ({ file }) => {
        if (file.endsWith('only-types.ts')) updated()
      },
    }
    const server = await createServer({
      ...config(project),
      plugins: [fieldcast(), observer],
      server: { middlewareMode: true, ws: false },
      optimizeDeps: { noDiscovery: true },
    })
    try {
      const served = async (): Promise<string> => (await server.environments.client.transformRequest('/typed.ts'))!.code
      expect(await served()).to.match(/\["of", ?\["enum", ?\[32\]\]\]/)
      await isReady
      project.write('only-types.ts', 'export type Load = 33\n')
      await isUpdated
      expect(await served()).to.match(/\["of", ?\["enum", ?\[33\]\]\]/)
    } finally {
      await server.close()
    }
  })
})
