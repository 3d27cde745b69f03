/** A MariaDB server of a spec's own, in a folder that goes with it: one that can be killed, and whose settings nobody else depends on. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type Connection, createConnection } from 'mariadb'
import { selfSigned } from '../transports/certificate.ts'

const PROGRAMS = ['mariadbd', 'mariadb-install-db']

export class MariadbServer {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'fieldcast-mariadb-'))
  readonly certificate: string
  readonly #programs: readonly string[]
  #port = 0
  #child: ChildProcess | null = null

  private constructor(programs: readonly string[]) {
    this.#programs = programs
    const { key, cert } = selfSigned()
    this.certificate = cert
    writeFileSync(join(this.folder, 'key.pem'), key)
    writeFileSync(join(this.folder, 'cert.pem'), cert)
  }

  /** For a `before` hook. Without the programs the suite is skipped with a word on how to get them; where CI is set it fails. */
  static async make(suite: Mocha.Context): Promise<MariadbServer> {
    const programs = PROGRAMS.map(find)
    if (!programs.every(path => path !== null)) {
      const advice = 'no mariadbd was found: install one (apt-get install mariadb-server)'
      if (process.env['CI']) throw new Error(`This spec needs a server of its own, but ${advice}.`)
      console.log(`    skipped: ${advice}`)
      return suite.skip()
    }
    const server = new MariadbServer(programs)
    await promisify(execFile)(server.#programs[1]!, [
      ...server.#common,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ])
    server.#port = await freePort()
    await server.start()
    const sql = await server.connect()
    await sql.query('CREATE DATABASE world')
    await sql.end()
    return server
  }

  get url(): string {
    return `mariadb://root@127.0.0.1:${this.#port}/world`
  }

  get #common(): string[] {
    const user = process.getuid?.() === 0 ? ['--user=root'] : []
    return ['--no-defaults', `--datadir=${join(this.folder, 'data')}`, ...user]
  }

  connect(): Promise<Connection> {
    return createConnection({ host: '127.0.0.1', port: this.#port, user: 'root', bigIntAsNumber: true })
  }

  /** Keeps a binary log that it does not sync, as MariaDB does where nothing else is said. */
  async start(): Promise<void> {
    const child = spawn(
      this.#programs[0]!,
      [
        ...this.#common,
        `--port=${this.#port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(this.folder, 'socket')}`,
        `--pid-file=${join(this.folder, 'pid')}`,
        `--ssl-key=${join(this.folder, 'key.pem')}`,
        `--ssl-cert=${join(this.folder, 'cert.pem')}`,
        '--log-bin=log',
        '--sync-binlog=0',
        '--innodb-buffer-pool-size=32M',
        '--innodb-log-file-size=8M',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#child = child
    const said: string[] = []
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stderr! }).on('line', line => {
        said.push(line)
        if (/ready for connections/.test(line)) resolve()
      })
      child.once('close', () => reject(new Error(`mariadbd did not start. It said:\n${said.join('\n')}`)))
    })
  }

  /** SIGKILL is a crash, SIGTERM a shutdown. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child) return
    const ended = once(child, 'close')
    child.kill(signal)
    await ended
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.folder, { recursive: true })
  }
}

function find(name: string): string | null {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {}
  }
  return null
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
