/** Child processes of the matrix. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, dirname, join } from 'node:path'
import type { Command } from './recipe.ts'

/** Where a command runs: its folder, and the installation whose programs it finds. */
export interface Place {
  readonly folder: string
  readonly installation: string
}

/** How long a program may take, ms. Only one that hangs takes so long. */
const patience = 300_000

export class ProgramFailed extends Error {}

export class Program {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #name: string
  readonly #ended: Promise<number | null>
  readonly #timer: NodeJS.Timeout
  #out = ''
  #err = ''

  constructor(command: Command, { folder, installation }: Place) {
    const [name, ...args] = command
    this.#name = command.join(' ')
    // Nothing of what this very run was started with; the installation's own programs before all others, then the Node that runs this.
    const { NODE_OPTIONS: _, ...env } = process.env
    const path = [join(installation, 'node_modules/.bin'), dirname(process.execPath), env['PATH'] ?? ''].join(delimiter)
    this.#child = spawn(name!, args, { cwd: folder, env: { ...env, PATH: path, NO_COLOR: '1' } })
    this.#child.stdout.on('data', text => (this.#out += text))
    this.#child.stderr.on('data', text => (this.#err += text))
    this.#child.stdin.on('error', () => {})
    this.#timer = setTimeout(() => {
      this.#err += `\nIt was ended: it took longer than ${patience} ms.`
      this.#child.kill('SIGKILL')
    }, patience)
    this.#ended = Promise.race([
      once(this.#child, 'close').then(([code]) => code as number | null),
      once(this.#child, 'error').then(([error]) => {
        this.#err += String(error)
        return 127
      }),
    ]).finally(() => clearTimeout(this.#timer))
  }

  /** The next line of JSON that it prints. */
  async line(): Promise<any> {
    const ended = this.#ended.then(() => true)
    for (;;) {
      const [found] = this.#lines()
      if (found !== undefined) return found
      if (await Promise.race([ended, once(this.#child.stdout, 'data').then(() => false)])) {
        const [last] = this.#lines()
        if (last !== undefined) return last
        throw this.#failed('ended before it said what it should')
      }
    }
  }

  /** Ends its input, waits for its end, and gives the last line of JSON; null without any. @throws ProgramFailed for a bad exit code. */
  async end(): Promise<any> {
    this.#child.stdin.end()
    const code = await this.#ended
    if (code !== 0) throw this.#failed(`ended with ${code ?? 'a signal'}`)
    return this.#lines().at(-1) ?? null
  }

  /** Waits for its end, whatever that is. */
  async outcome(): Promise<{ readonly code: number | null; readonly text: string }> {
    this.#child.stdin.end()
    const code = await this.#ended
    return { code, text: `${this.#out}${this.#err}` }
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #lines(): any[] {
    return this.#out
      .split('\n')
      .slice(0, -1)
      .filter(line => line.startsWith('{"'))
      .map(line => JSON.parse(line))
  }

  #failed(how: string): ProgramFailed {
    return new ProgramFailed(`${this.#name} ${how}.\n${brief(`${this.#out}${this.#err}`)}`)
  }
}

/** As much of a text as a person reads: minified code is in lines of megabytes. */
export function brief(text: string): string {
  const lines = text
    .trim()
    .split('\n')
    .map(line => (line.length > 300 ? `${line.slice(0, 300)}…` : line))
  return [...lines.slice(0, 30), ...(lines.length > 30 ? ['…'] : [])].join('\n')
}

/** Runs a program to its end and gives the last line of JSON that it printed. */
export function run(command: Command, place: Place): Promise<any> {
  return new Program(command, place).end()
}
