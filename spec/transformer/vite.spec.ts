import { readFileSync, utimesSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import {
  type BuildEnvironmentOptions,
  build,
  createServer,
  type InlineConfig,
  type Plugin,
  type Rollup,
  type ViteDevServer,
} from 'vite'
import WebSocket from 'ws'
import { fieldcast } from '../../decorators/transformer/shells/vite.ts'
import { launch, requireChromium } from '../support/chromium.ts'
import { game, hashOf } from './game.ts'
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

describe("fieldcast/vite's development server", function () {
  this.timeout(60_000)
  let project: Project
  let server: ViteDevServer
  let ready: Promise<void>

  const start = async (options: InlineConfig = {}): Promise<void> => {
    let isReady = (): void => {}
    ready = new Promise(resolve => (isReady = resolve))
    const observer: Plugin = {
      name: 'observer',
      configureServer: ({ watcher }) => void watcher.once('ready', () => isReady()),
    }
    server = await createServer({
      configFile: false,
      root: project.root,
      logLevel: 'silent',
      plugins: [fieldcast(), observer],
      server: { host: '127.0.0.1', port: 0, fs: { strict: false } },
      optimizeDeps: { noDiscovery: true },
      ...options,
    })
    await server.listen()
  }
  const url = (path: string): string => new URL(path, server.resolvedUrls!.local[0]).href
  const edit = (name: string, from: string, to: string): void =>
    project.write(name, readFileSync(project.path(name), 'utf8').replace(from, to))

  beforeEach(() => {
    project = game({
      'plain.ts': 'export const plain = 1\n',
      'steps.ts': 'export const steps = 1\n',
      'page.ts': `import { plain } from './plain.js'
import { Player } from './model.js'
import { Team } from './types.js'
console.log('ready', plain, Player.name, Team.Blue)
import.meta.hot?.accept()
`,
      'index.html': '<!doctype html><script type="module" src="/page.ts"></script>',
    })
    edit('model.ts', "} from './types.js'", "} from './types.js'\nimport { steps } from './steps.js'")
    edit('model.ts', 'x = 0', 'x = steps')
  })
  afterEach(async () => {
    await server.close()
    project.remove()
  })

  it('reads a module again whose types come from a file that it also imports values from', async () => {
    await start()
    const served = async (): Promise<string> => (await server.environments.client.transformRequest('/model.ts'))!.code
    expect(await served()).to.match(/\["team", ?\["opt", ?\["enum", ?\[1, ?2\]\]\]\]/)
    await ready
    const hears = new Updates(server)
    try {
      await hears.open
      edit('types.ts', 'Blue = 2', 'Blue = 3')
      await hears.next()
      expect(await served()).to.match(/\["team", ?\["opt", ?\["enum", ?\[1, ?3\]\]\]\]/)
    } finally {
      hears.close()
    }
  })

  it('reloads the page for whatever runs a decorated module again, and for nothing else', async () => {
    await start()
    const load = async (): Promise<void> => {
      for (const file of ['/page.ts', '/model.ts', '/types.ts', '/steps.ts', '/plain.ts'])
        await server.environments.client.transformRequest(file)
    }
    await load()
    await ready
    const hears = new Updates(server)
    const heard = async (name: string, from: string, to: string): Promise<string> => {
      edit(name, from, to)
      // A watcher misses an edit now and then while it takes up the file.
      const again = setInterval(() => utimesSync(project.path(name), new Date(), new Date()), 2000)
      const type = await hears.next().finally(() => clearInterval(again))
      await load()
      return type
    }
    try {
      await hears.open
      expect(await heard('plain.ts', '1', '2')).to.equal('update')
      expect(await heard('model.ts', 'x + y', 'x - y')).to.equal('full-reload')
      expect(await heard('types.ts', 'str<20>', 'str<21>')).to.equal('full-reload')
      expect(await heard('steps.ts', '1', '2')).to.equal('full-reload')
      expect(await heard('plain.ts', '2', '3')).to.equal('update')
    } finally {
      hears.close()
    }
  })

  it('shows the place of a type that cannot be sent, and goes on once it is mended', async () => {
    await start()
    await ready
    const hears = new Updates(server)
    try {
      await hears.open
      edit('types.ts', 'str<20>', 'symbol')
      expect((await fetch(url('/model.ts'))).status).to.equal(500)
      const shown = await hears.error()
      expect(shown.message).to.contain('Player.say: a symbol cannot be sent.')
      expect(shown.loc).to.deep.equal({ file: project.path('types.ts'), line: 2, column: 19 })
      expect(shown.id).to.equal(project.path('types.ts'))
      expect(shown.frame).to.contain('export type Name = symbol')
      edit('types.ts', 'symbol', 'str<20>')
      const mended = await fetch(url('/model.ts'))
      expect(mended.status).to.equal(200)
      expect(await mended.text()).to.match(/\["text", ?\["str", ?20\]\]/)
    } finally {
      hears.close()
    }
  })

  it('runs an edited model anew on the server, with the package inside', async () => {
    await start({ ssr: { noExternal: ['fieldcast'] } })
    const load = async (): Promise<unknown> => (await server.ssrLoadModule('/main.ts'))['Player'].title
    edit('model.ts', 'x = steps', 'static title = 1; x = steps')
    expect(await load()).to.equal(1)
    await ready
    const hears = new Updates(server)
    try {
      await hears.open
      await server.environments.client.transformRequest('/model.ts')
      edit('model.ts', 'title = 1', 'title = 2')
      await hears.next()
      expect(await load()).to.equal(2)
    } finally {
      hears.close()
    }
  })

  it('builds for a server too', async () => {
    await start()
    const expected = await hashOf(project.path('model.ts'))
    await build({
      configFile: false,
      root: project.root,
      logLevel: 'silent',
      plugins: [fieldcast()],
      build: { ssr: project.path('main.ts'), outDir: project.path('out') },
      ssr: { external: ['fieldcast'] },
    })
    expect(await hashOf(project.path('out/main.js'))).to.equal(expected)
  })

  describe('in a browser', () => {
    let browser: Browser

    before(async function () {
      browser = await launch(requireChromium(this))
    })
    after(() => browser?.close())

    it('never registers a class twice in one page, though the page accepts updates', async () => {
      await start()
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', ({ message }) => errors.push(message))
      const says = (text: string): Promise<unknown> =>
        page.waitForEvent('console', { predicate: message => message.text() === text })
      const first = says('ready 1 Player 2')
      await page.goto(url('/'))
      await first
      await ready
      const second = says('ready 2 Player 2')
      edit('plain.ts', '1', '2')
      // The page runs once more with the model that it has.
      await second
      const third = says('ready 2 Player 3')
      edit('types.ts', 'Blue = 2', 'Blue = 3')
      await third
      const fourth = says('ready 2 Player 3')
      edit('model.ts', 'x + y', 'x - y')
      await fourth
      expect(errors).to.deep.equal([])
      await page.close()
    })
  })
})

interface Payload {
  readonly type: string
  readonly err?: { message: string; id: string; frame: string; loc: object }
}

/** What a page hears from the development server. */
class Updates {
  readonly open: Promise<unknown>
  readonly #socket: WebSocket
  readonly #heard: Payload[] = []
  #waiting: (() => void) | undefined

  constructor({ config, resolvedUrls }: ViteDevServer) {
    const url = new URL(`?token=${config.webSocketToken}`, resolvedUrls!.local[0]!.replace('http', 'ws'))
    this.#socket = new WebSocket(url, 'vite-hmr')
    this.open = new Promise((resolve, reject) => this.#socket.once('open', resolve).once('error', reject))
    this.#socket.on('message', data => {
      this.#heard.push(JSON.parse(String(data)) as Payload)
      this.#waiting?.()
    })
  }

  /** The type of the next update or reload. */
  async next(): Promise<string> {
    return (await this.#until(({ type }) => type === 'update' || type === 'full-reload')).type
  }

  async error(): Promise<NonNullable<Payload['err']>> {
    return (await this.#until(({ type }) => type === 'error')).err!
  }

  close(): void {
    this.#socket.close()
  }

  async #until(wanted: (payload: Payload) => boolean): Promise<Payload> {
    for (;;) {
      while (this.#heard.length === 0) await new Promise<void>(resolve => (this.#waiting = resolve))
      const payload = this.#heard.shift()!
      if (wanted(payload)) return payload
    }
  }
}
