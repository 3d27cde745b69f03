/** The game of game.ts as a child process: built once, started ahead of time, told what to do, heard, and killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import fieldcast from 'fieldcast/esbuild'
import type { Order, Report, Word } from './reports.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The game's clients are in its own process: a third of its time to start would be spent on a package that it never uses. */
const withoutSockets: Plugin = {
  name: 'without sockets',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^ws$/ }, () => ({ path: 'ws', namespace: 'nothing' }))
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({
      contents: 'export const WebSocket = null, WebSocketServer = null',
    }))
  },
}

/** How long a report may take, ms. Only a game that hangs takes so long. */
const PATIENCE = 15_000

/** The game in one file: it starts in a fifth of the time that it takes from its sources. */
export class Program {
  readonly #folder: string
  readonly #running = new Set<Child>()
  /** By driver. */
  readonly #ready = new Map<string, Child>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async build(): Promise<Program> {
    const folder = mkdtempSync(join(tmpdir(), 'fieldcast-crash-'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    await build({
      entryPoints: [fileURLToPath(new URL('game.ts', import.meta.url))],
      outfile: join(folder, 'game.mjs'),
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      conditions: ['fieldcast-source'],
      external: ['lmdb', 'pg', 'mariadb', 'mongodb', 'msgpackr', 'reflect-metadata'],
      plugins: [withoutSockets, fieldcast()],
      logLevel: 'silent',
    })
    return new Program(folder)
  }

  /** One that has loaded its code; the next is made ready meanwhile. @param url of the store that it will be given, so that it has loaded the driver too. */
  start(url: string): Child {
    const scheme = /^[a-z]+(?=:)/.exec(url)?.[0] ?? 'lmdb'
    const driver = scheme === 'postgres' ? 'pg' : scheme
    const child = this.#ready.get(driver) ?? this.#spawn(driver)
    this.#ready.set(driver, this.#spawn(driver))
    return child
  }

  #spawn(driver: string): Child {
    const child = new Child(join(this.#folder, 'game.mjs'), driver)
    this.#running.add(child)
    void child.ended.then(() => this.#running.delete(child))
    return child
  }

  async end(): Promise<void> {
    await Promise.all([...this.#running].map(child => child.kill()))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export class Child {
  readonly #process: ChildProcess
  readonly #listeners = new Set<(report: Report) => void>()
  #last: Report | null = null
  #complaint = ''
  /** Resolves when it has ended and all that it had said is heard. */
  readonly ended: Promise<void>
  #over = false

  constructor(file: string, driver: string) {
    const { NODE_OPTIONS: _, ...env } = process.env
    this.#process = spawn(process.execPath, [file, driver], { stdio: ['pipe', 'pipe', 'pipe'], env })
    // It may be dead before it has read what it is told.
    this.#process.stdin!.on('error', () => {})
    this.#process.stderr!.on('data', text => (this.#complaint += text))
    createInterface({ input: this.#process.stdout! }).on('line', line => this.#hear(line))
    this.ended = once(this.#process, 'close').then(() => {
      this.#over = true
    })
  }

  /** What it wrote to its error output. */
  get complaint(): string {
    return this.#complaint
  }

  order(order: Order): void {
    this.#process.stdin!.write(`${JSON.stringify(order)}\n`)
  }

  tell(word: Word): void {
    this.#process.stdin!.write(`${word}\n`)
  }

  /** Calls `listener` at each report from now on. */
  on(listener: (report: Report) => void): void {
    this.#listeners.add(listener)
  }

  /** The next report of this kind, for which `fits` holds. Rejects when the game ends or hangs without it. */
  async next<K extends Report[0]>(
    kind: K,
    fits: (report: Extract<Report, readonly [K, ...unknown[]]>) => boolean = () => true,
  ): Promise<Extract<Report, readonly [K, ...unknown[]]>> {
    let listener!: (report: Report) => void
    let timer!: NodeJS.Timeout
    try {
      return await Promise.race([
        new Promise<Extract<Report, readonly [K, ...unknown[]]>>(resolve => {
          listener = report => {
            if (report[0] === kind && fits(report as never)) resolve(report as never)
          }
          this.#listeners.add(listener)
        }),
        this.ended.then(() => Promise.reject(this.#failure(`ended without '${kind}'`))),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(this.#failure(`ran ${PATIENCE} ms without '${kind}'`)), PATIENCE)
        }),
      ])
    } finally {
      clearTimeout(timer)
      this.#listeners.delete(listener)
    }
  }

  /** `STOP` holds the process without its notice, `CONT` lets it go on. */
  signal(name: 'STOP' | 'CONT'): void {
    this.#process.kill(`SIG${name}`)
  }

  async kill(): Promise<void> {
    if (!this.#over) this.#process.kill('SIGKILL')
    await this.ended
  }

  #failure(what: string): Error {
    const said = this.#last ? ` Its last word was ${JSON.stringify(this.#last).slice(0, 300)}.` : ''
    return new Error(`The game ${what}.${said}${this.#complaint && `\n${this.#complaint}`}`)
  }

  #hear(line: string): void {
    let report: Report
    try {
      report = JSON.parse(line) as Report
    } catch {
      // A game that was killed while it wrote.
      return
    }
    this.#last = report
    for (const listener of [...this.#listeners]) listener(report)
  }
}
