import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Program, stopAll } from '../support/process.ts'
import { arena, type Compiler, compilers, Game } from './patch-project.ts'

const command = fileURLToPath(new URL('../../dist/decorators/transformer/command/main.js', import.meta.url))

describe('fieldcast patch --watch', function () {
  this.timeout(60_000)
  let game: Game
  let watching: Program
  const temporary = process.env['TMPDIR']
  let outer: string

  before(() => {
    outer = mkdtempSync(join(tmpdir(), 'fieldcast-'))
    // TypeScript 7 watches nothing so near to the root as a folder in /tmp.
    const deep = join(outer, 'deeper/down')
    mkdirSync(deep, { recursive: true })
    process.env['TMPDIR'] = deep
  })
  after(() => {
    if (temporary === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = temporary
    rmSync(outer, { recursive: true })
  })
  beforeEach(async () => {
    game = new Game(arena)
    watching = new Program([command, 'patch', '--watch'], game.root)
    await watching.line(/^Patching whenever/)
  })
  afterEach(async () => {
    await stopAll()
    game.remove()
  })

  /** Waits until all that there is bears the types of its source. */
  async function patched(): Promise<void> {
    watching.lines.length = 0
    while ((await game.patch('--check')).code !== 0) {
      await watching.line(/^Patched/)
      watching.lines.length = 0
    }
  }

  const renameKey = (key: string): void =>
    game.write('src/types.ts', arena['src/types.ts']!.replace('y: int16', `${key}: int16`))

  it('patches what appears, what is written again and what was deleted meanwhile', async () => {
    await game.compile('7.0')
    await patched()
    await game.compile('7.0')
    await patched()
    rmSync(game.path('dist'), { recursive: true })
    game.write('src/in/more.ts', arena['src/model.ts']!.replace('./types', '../types'))
    await game.compile('7.0')
    await patched()
    expect(game.read('dist/in/more.js')).to.contain('"params"')
  })

  it('patches anew when a type changes in another file, whether or not tsc writes', async () => {
    await game.compile('7.0')
    await patched()
    renameKey('height')
    await patched()
    expect(game.read('dist/model.js')).to.contain('"height":"int16"')
  })

  it('says what is wrong while it is wrong, and goes on when it is mended', async () => {
    await game.compile('7.0')
    await patched()
    game.write('src/types.ts', arena['src/types.ts']!.replace('y: int16', 'y: () => void'))
    await watching.line(/a function cannot be sent/)
    renameKey('depth')
    await patched()
    expect(game.read('dist/model.js')).to.contain('"depth":"int16"')
  })

  it('waits in silence for tsc where a source was saved with another class in it', async () => {
    await game.compile('7.0')
    await patched()
    const source = `${arena['src/model.ts']}@networkClass(14) export class Late extends NetworkObject {}\n`
    game.write('src/model.ts', source)
    await game.compile('7.0')
    await patched()
    expect(watching.count(/Late|Run tsc/)).to.equal(0)
    expect(game.read('dist/model.js')).to.contain('{"name":"Late"}')
  })

  describe('beside tsc --watch', () => {
    let tsc: ChildProcess
    afterEach(async () => {
      // With its children: TypeScript 7 runs as one.
      process.kill(-tsc.pid!)
      await once(tsc, 'exit')
    })

    for (const compiler of Object.keys(compilers) as Compiler[])
      it(`of TypeScript ${compiler}`, async () => {
        tsc = spawn(process.execPath, [compilers[compiler], '--watch', '--preserveWatchOutput'], {
          cwd: game.root,
          detached: true,
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const said = createInterface({ input: tsc.stdout! })[Symbol.asyncIterator]()
        const compiled = async (): Promise<void> => {
          while (!/Watching for file changes/.test((await said.next()).value));
        }
        await compiled()
        await patched()
        for (const key of ['one', 'two']) {
          renameKey(key)
          await compiled()
          await patched()
          expect(game.read('dist/model.js')).to.contain(`"${key}":"int16"`)
        }
      })
  })
})
