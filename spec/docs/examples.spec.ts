/** Every TypeScript example of the documentation is compiled as a user would compile it, and the README's is run as it stands. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Example, examplesIn } from './fences.ts'

/** Inside the package, so that `fieldcast` resolves to it as to an installed one. */
const folder = '.examples'

const documents = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
]

const write = (example: Example, into: string): void => {
  mkdirSync(into, { recursive: true })
  for (const [name, code] of example.files)
    writeFileSync(join(into, name), code.includes('export') ? code : `${code}\nexport {}\n`)
}

describe('Examples in the documentation', () => {
  const children: ChildProcess[] = []

  beforeEach(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(() => {
    for (const child of children.splice(0)) child.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it('all compile, without any tsconfig flag for decorators', function () {
    this.timeout(60_000)
    const examples = documents.flatMap(examplesIn)
    expect(examples.length).to.be.greaterThan(0)
    for (const [index, example] of examples.entries()) write(example, join(folder, String(index)))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          module: 'nodenext',
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          types: ['node'],
        },
      }),
    )
    try {
      execFileSync('node_modules/.bin/tsc', ['-p', folder], { encoding: 'utf8' })
    } catch (error) {
      const output = (error as { stdout: string }).stdout.replace(
        /\.examples\/(\d+)\//g,
        (_, index) => `${examples[Number(index)]!.where} `,
      )
      expect.fail(output)
    }
  })

  it('that are tests pass', async function () {
    this.timeout(60_000)
    let ran = 0
    for (const example of documents.flatMap(examplesIn)) {
      for (const name of [...example.files.keys()].filter(file => file.endsWith('.test.ts'))) {
        rmSync(folder, { recursive: true, force: true })
        write(example, folder)
        const child = spawn(process.execPath, ['--import', 'fieldcast/register', name], {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'inherit'],
        })
        expect(await new Promise(resolve => child.on('exit', resolve)), example.where).to.equal(0)
        ran++
      }
    }
    expect(ran).to.be.greaterThan(1)
  })

  it('of the README run as they stand: two clients, a move that arrives, a veto, a world under virtual time', async function () {
    this.timeout(60_000)
    const [main, , ...others] = examplesIn('README.md')
    const test = [main, ...others].find(example => example!.files.has('player.test.ts'))!
    write({ where: '', files: new Map([...main!.files, ...test.files]) }, folder)
    writeFileSync(
      join(folder, 'watcher.ts'),
      `import { connect } from 'fieldcast/client'
import { Player } from './model.js'
const watcher = await connect('ws://localhost:7200', { classes: [Player] })
watcher.on('vetoed', ({ reason }) => console.log('vetoed', reason))
const look = () => { for (const player of watcher.objects.of(Player)) if (player.x === 3 && player.y === 4) { console.log('seen'); clearInterval(timer) } }
const timer = setInterval(look, 20)
watcher.avatar.send.say('spam!')
`,
    )
    const run = (file: string): ChildProcess => {
      const child = spawn(process.execPath, ['--import', 'fieldcast/register', file], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '' },
      })
      child.stderr!.pipe(process.stderr)
      children.push(child)
      return child
    }
    const server = run('server.ts')
    await listening(server)
    run('client.ts')
    const said = await lines(run('watcher.ts'), 2)
    expect(said.sort()).to.deep.equal(['seen', 'vetoed language'])
    expect(await lines(run('player.test.ts'), 1)).to.deep.equal(['3 4'])
  })
})

/** The example's server prints nothing: it listens when a connection succeeds. */
async function listening(server: ChildProcess): Promise<void> {
  const { connect } = await import('node:net')
  for (;;) {
    if (server.exitCode !== null) throw new Error('The server of the example has ended; is port 7200 taken?')
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(7200, 'localhost', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
  }
}

function lines(child: ChildProcess, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const found = text.split('\n').slice(0, -1)
      if (found.length >= count) resolve(found.slice(0, count))
    })
    child.on('exit', () => reject(new Error(`It ended after ${JSON.stringify(text)}.`)))
  })
}
