/** Actions in whatever tool compiles a game: the client's half in a page, `@on` in both dialects. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { build, transformSync } from 'esbuild'
import { UsageError } from 'fieldcast'
import { on } from 'fieldcast/actions'
import { ActionServer, Channel } from 'fieldcast/actions/server'
import { transform } from '../../decorators/transformer/transform.ts'

const folder = '.dialects'
const here = fileURLToPath(new URL('../..', import.meta.url))

describe('Actions in a page', () => {
  it('bring nothing of the server along, and nothing of Node', async () => {
    const { metafile, outputFiles } = await build({
      stdin: { resolveDir: here, contents: `export { Connection, ActionListener } from 'fieldcast/actions'` },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['browser', 'fieldcast-source'],
      outdir: 'bundle',
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).filter(file => inputs[file]!.bytesInOutput > 0),
    )
    expect(files).to.include('lib/actions.ts')
    expect(
      files.filter(file =>
        /authority|lib\/server|server-session|actions-server|actions\/channels?\.ts|node_modules\/ws\//.test(file),
      ),
    ).to.deep.equal([])
    for (const { text } of outputFiles) expect(text).not.to.match(/(from|import\()\s*["']node:/)
  })
})

describe('@on', () => {
  before(() => mkdirSync(folder, { recursive: true }))
  after(() => rmSync(folder, { recursive: true, force: true }))

  const source = `
import { ActionListener, Connection, on } from 'fieldcast/actions'
const said = []
class Board extends ActionListener {
  name = 'board'
  @on('draw') paint(data) { said.push(this.name + ' paint ' + data.x) }
  @on('draw') count() { said.push('count') }
  @on('clear') @on('reset') wipe() { said.push('wipe') }
  Network_draw() { said.push('Network_draw') }
}
class Loud extends Board {
  name = 'loud'
  paint(data) { said.push('LOUD'); super.paint(data) }
  @on('draw') count() { said.push('louder') }
}
export async function play(url) {
  const connection = new Connection({ listeners: [new Board(), new Loud()] })
  const over = new Promise(resolve => connection.on('over', resolve))
  await connection.connect(url)
  await over
  connection.close()
  return said
}
`
  for (const [dialect, experimentalDecorators] of [
    ['standard', false],
    ['legacy', true],
    ['transformed', false],
  ] as const)
    it(`makes methods of any name handlers, in the ${dialect} dialect; an override is the handler, once`, async () => {
      const path = join(here, folder, 'source.ts')
      const { code } = transformSync(dialect === 'transformed' ? transform(source, path)!.code : source, {
        loader: 'ts',
        target: 'es2022',
        format: 'esm',
        tsconfigRaw: { compilerOptions: { experimentalDecorators, useDefineForClassFields: true } },
      })
      const file = join(folder, `${dialect}.mjs`)
      writeFileSync(file, code)
      const { play } = await import(pathToFileURL(file).href)
      class Painter extends ActionServer {
        override connected(channel: Channel) {
          for (const action of ['draw', 'clear', 'reset', 'over']) channel.send({ action, x: 3 })
        }
      }
      const server = new Painter({ port: 0 })
      const [url] = await server.start()
      expect(await play(url)).to.deep.equal([
        ...['Network_draw', 'board paint 3', 'count'],
        ...['Network_draw', 'LOUD', 'loud paint 3', 'louder'],
        ...['wipe', 'wipe', 'wipe', 'wipe'],
      ])
      await server.stop()
    })

  it('is left to others where it is somebody else’s, or stands where it cannot', () => {
    const path = join(here, folder, 'source.ts')
    const left = (text: string): unknown => transform(text, path)
    expect(left(`import { on } from './events'; class A { @on('draw') paint() {} }`)).to.equal(null)
    expect(left(`const on = (x: string) => () => {}; class A { @on('draw') paint() {} }`)).to.equal(null)
    const imported = `import { on } from 'fieldcast/actions'`
    for (const place of [`static paint() {}`, `#paint() {}`, `get paint() { return 1 }`, `paint = 1`, `['paint']() {}`])
      expect(left(`${imported}; class A { @on('draw') ${place} }`), place).to.equal(null)
    expect(left(`${imported}; class A { @on paint() {} }`)).to.equal(null)
    const both = `import { field, int8, NetworkObject, networkClass } from 'fieldcast'
@networkClass(1) class A extends NetworkObject { @field(0, int8) a(x: number) {} @on('draw') @field(0) b() {} }`
    expect((left(`${imported}; ${both}`) as { code: string }).code).not.to.match(/@/)
  })

  it('stands on public methods of an instance alone, with a name of an action', () => {
    expect(() => on(5 as never)).to.throw(UsageError, 'name of an action')
    const place = (context: object) => () => on('draw')(() => {}, context as never)
    expect(place({ kind: 'getter', name: 'draw' })).to.throw(UsageError, 'public method')
    expect(place({ kind: 'method', name: 'draw', static: true })).to.throw(UsageError, 'draw')
    expect(place({ kind: 'method', name: '#draw', private: true })).to.throw(UsageError, '#draw')
    expect(() => on('draw')(Channel as never, 'draw')).to.throw(UsageError, 'draw')
    expect(() => on('draw')(Channel as never, 'draw', {})).to.throw(UsageError, 'draw')
  })
})
