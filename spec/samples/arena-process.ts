/** What `npm start` runs, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))

export class Arena {
  readonly #process: ChildProcess
  readonly lines: string[] = []
  readonly errors: string[] = []
  readonly ended: Promise<number | null>
  #url = ''

  private constructor(args: readonly string[]) {
    const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { scripts: { start: string } }
    const [command, ...words] = scripts.start.split(' ')
    expect(command).to.equal('node')
    this.#process = spawn(process.execPath, [...words, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = once(this.#process, 'close').then(([code]) => code as number | null)
    createInterface({ input: this.#process.stderr! }).on('line', line => this.errors.push(line))
  }

  /** Resolves when the server has printed where it is. */
  static async start(...args: string[]): Promise<Arena> {
    const arena = new Arena(args)
    const printed = new Promise<string>(resolve => {
      createInterface({ input: arena.#process.stdout! }).on('line', line => {
        arena.lines.push(line)
        if (line === 'Ctrl-C stops it.') resolve(/http:\/\/localhost:\d+/.exec(arena.lines.join('\n'))![0])
      })
    })
    const failed = arena.ended.then(code => {
      throw new Error(`The server ended with code ${code}:\n${arena.errors.join('\n')}`)
    })
    failed.catch(() => {})
    arena.#url = await Promise.race([printed, failed])
    return arena
  }

  /** Runs the command to its end. */
  static async fail(...args: string[]): Promise<{ code: number | null; errors: string }> {
    const arena = new Arena(args)
    const code = await arena.ended
    return { code, errors: arena.errors.join('\n') }
  }

  get url(): string {
    return this.#url
  }

  get port(): string {
    return new URL(this.#url).port
  }

  async signal(signal: NodeJS.Signals): Promise<number | null> {
    this.#process.kill(signal)
    return this.ended
  }
}
