// The package as strangers get it: its types resolve, and the README's three files run in an empty folder.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const run = (command, args, options = {}) =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', ...options })

run('node_modules/.bin/publint', ['--strict'])
console.log('publint: good')
checkTypes()
console.log('attw: good')

const folder = mkdtempSync(join(tmpdir(), 'fieldcast-'))
const children = []
try {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]))
  writeFileSync(join(folder, 'package.json'), '{ "name": "game", "private": true, "type": "module" }')
  run('npm', ['install', '--no-audit', '--no-fund', `./${filename}`], { cwd: folder })
  for (const [, name, code] of readFileSync('README.md', 'utf8').matchAll(/```ts\n\/\/ (\w+\.ts)([\s\S]*?)```/g))
    writeFileSync(join(folder, name), `// ${name}${code}`)
  writeFileSync(
    join(folder, 'watcher.ts'),
    `import { connect } from 'fieldcast/client'
import { Player } from './model.js'
const watcher = await connect('ws://localhost:7200', { classes: [Player] })
const timer = setInterval(() => {
  if (!watcher.objects.of(Player).some(player => player.x === 3 && player.y === 4)) return
  clearInterval(timer)
  console.log('seen')
}, 50)
`,
  )
  // The compiler with its defaults: nothing of ours may need other packages' types.
  run('npm', ['install', '--no-audit', '--no-fund', '--no-save', 'typescript@7'], { cwd: folder })
  writeFileSync(
    join(folder, 'tsconfig.json'),
    '{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2022", "noEmit": true, "types": [] } }',
  )
  run('node_modules/.bin/tsc', [], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  console.log('tsc with nothing but strict: good')
  const start = file => {
    const child = spawn(process.execPath, ['--import', 'fieldcast/register', file], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }
  start('server.ts')
  await untilListening(7200)
  start('client.ts')
  const watcher = start('watcher.ts')
  await new Promise((resolve, reject) => {
    watcher.stdout.on('data', chunk => String(chunk).includes('seen') && resolve())
    watcher.on('exit', code => reject(new Error(`The watcher ended with ${code}.`)))
  })
  console.log('An empty folder with the README’s files: good')

  // What a deployed game needs, without the build side.
  run('npm', ['install', '--no-audit', '--no-fund', '--omit=optional'], { cwd: folder })
  run(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      "await import('fieldcast'); await import('fieldcast/server'); await import('fieldcast/client'); await import('fieldcast/transports/websocket')",
    ],
    { cwd: folder },
  )
  console.log('Without the build side’s packages: good')
} finally {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
}

/** The package is ESM alone: only resolutions that can see `exports` and ESM count. attw's own profile does not leave out one of its rules. */
function checkTypes() {
  // Into a file: attw ends before a pipe has taken all that it writes. It fails for the rule that is left out below.
  const report = join(tmpdir(), `attw-${process.pid}.json`)
  const file = openSync(report, 'w')
  spawnSync('node_modules/.bin/attw', ['--pack', '.', '--profile', 'esm-only', '--format', 'json'], {
    stdio: ['ignore', file, 'inherit'],
  })
  closeSync(file)
  const { problems: found = {} } = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(report)
  const problems = Object.values(found).flat()
  const ours = problems.filter(
    problem => !['node10', 'node16-cjs'].includes(problem.resolutionKind ?? problem.resolutionOption),
  )
  if (ours.length > 0) throw new Error(`attw: ${JSON.stringify(ours, null, 2)}`)
}

async function untilListening(port) {
  const { connect } = await import('node:net')
  for (;;) {
    const open = await new Promise(resolve => {
      const socket = connect(port, 'localhost', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
