/** A server of PostgreSQL of a spec's own, which may be stopped, killed and started again. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

const READY = /database system is ready to accept connections/
/** Processes of the one before still hold its memory. */
const STILL_IN_USE = /shared memory block .* still in use|lock file .* already exists/

/** For a `before` hook: a server with nobody but `postgres`, who needs no password. Without its programs the suite is skipped; where CI is set that is an error. */
export async function startCluster(suite: Mocha.Context): Promise<PostgresCluster> {
  const programs = findPrograms()
  if (programs) return PostgresCluster.make(programs)
  const advice = 'install the PostgreSQL server, or put `initdb` and `postgres` in PATH'
  if (process.env['CI']) throw new Error(`This spec needs the programs of PostgreSQL, but none were found: ${advice}.`)
  console.log(`    skipped: no programs of PostgreSQL were found: ${advice}`)
  return suite.skip()
}

export class PostgresCluster {
  readonly url: string
  readonly #programs: string
  readonly #folder: string
  readonly #port: number
  readonly #owner: Owner
  #server: ChildProcess | null = null
  #up: Promise<void> = Promise.resolve()

  static async make(programs: string): Promise<PostgresCluster> {
    const owner = ownerOf()
    const folder = mkdtempSync(join(roomy(), 'fieldcast-postgres-'))
    if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!)
    const options = ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync']
    execFileSync(join(programs, 'initdb'), ['-D', join(folder, 'data'), ...options], {
      ...owner,
      stdio: 'ignore',
      cwd: '/',
    })
    const cluster = new PostgresCluster(programs, folder, await freePort(), owner)
    await cluster.start()
    return cluster
  }

  constructor(programs: string, folder: string, port: number, owner: Owner) {
    this.#programs = programs
    this.#folder = folder
    this.#port = port
    this.#owner = owner
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`
  }

  /** Resolves while the server is up, else when it is up again. */
  get up(): Promise<void> {
    return this.#up
  }

  start(): Promise<void> {
    this.#up = this.#start()
    return this.#up
  }

  async #start(): Promise<void> {
    for (;;) {
      const settings = ['listen_addresses=127.0.0.1', `port=${this.#port}`, `unix_socket_directories=${this.#folder}`]
      const server = spawn(
        join(this.#programs, 'postgres'),
        ['-D', join(this.#folder, 'data'), ...settings.flatMap(each => ['-c', each])],
        { ...this.#owner, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' },
      )
      this.#server = server
      const said: string[] = []
      const ready = new Promise<boolean>(resolve => {
        createInterface({ input: server.stderr! })
          .on('line', line => {
            said.push(line)
            if (READY.test(line)) resolve(true)
          })
          .once('close', () => resolve(false))
      })
      if (await ready) return
      if (!said.some(line => STILL_IN_USE.test(line))) throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`)
    }
  }

  /** SIGINT ends it in order and cuts its connections; SIGKILL ends the process that all others belong to. It is started again at once. */
  async restart(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    this.#up = this.#end(signal).then(() => this.#start())
    return this.#up
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server
    if (server?.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }

  /** Restarts it with other rules of who is let in, and how; `postgres` always is. */
  async letIn(...lines: readonly string[]): Promise<void> {
    const file = join(this.#folder, 'data', 'pg_hba.conf')
    writeFileSync(file, [...lines, 'host all postgres 127.0.0.1/32 trust', ''].join('\n'))
    await this.restart('SIGINT')
  }

  async remove(): Promise<void> {
    await this.#end('SIGINT')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** In memory where there is enough: after a crash the server syncs all of its files, which takes seconds on a disk. */
function roomy(): string {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > 2 ** 29 ? memory : tmpdir()
}

interface Owner {
  readonly uid?: number
  readonly gid?: number
}

/** The server refuses to run as root. */
function ownerOf(): Owner {
  if (process.getuid?.() !== 0) return {}
  const ask = (what: string): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))
  return { uid: ask('-u'), gid: ask('-g') }
}

function findPrograms(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...versions.map(each => join(debian, each, 'bin'))]
  return folders.find(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number }
        server.close(() => resolve(port))
      })
  })
}
