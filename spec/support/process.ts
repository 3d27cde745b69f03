/** A program as a real child process, talked to by its lines: what it says is waited for, never slept for. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** How long a line may take, ms. Only a program that hangs takes so long. */
const PATIENCE = 15_000

/** Programs that a spec has started and not stopped. */
const running = new Set<Program>()

/** Starts `node --import fieldcast/register file ...args` in the package's root, as a user would: no condition of mocha's reaches it. */
export function start(file: string, ...args: string[]): Program {
  return new Program(['--import', 'fieldcast/register', file, ...args])
}

/** Ends whatever a spec has left running. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(program => program.stop()))
}

export class Program {
  /** All lines so far, of both outputs, in order of arrival. */
  readonly lines: string[] = []
  /** Resolves when the process has ended and all of its lines are in. */
  readonly ended: Promise<number | null>
  readonly #name: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Set<() => void>()
  #over = false

  /** @param command Node's arguments. */
  constructor(command: readonly string[], cwd: string | URL = new URL('../..', import.meta.url)) {
    this.#name = command.join(' ')
    const { NODE_OPTIONS: _, ...env } = process.env
    this.#child = spawn(process.execPath, command, { cwd, env })
    running.add(this)
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: output }).on('line', line => {
        this.lines.push(line)
        this.#look()
      })
    }
    // A program may end before it has read what it is told.
    this.#child.stdin.on('error', () => {})
    this.ended = once(this.#child, 'close').then(([code]) => {
      this.#over = true
      running.delete(this)
      this.#look()
      return code as number | null
    })
  }

  /** The first line that matches, among those that have come and those that are to come. Rejects when the program ends or hangs without it. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      let seen = 0
      const finish = (): void => {
        clearTimeout(deadline)
        this.#waiting.delete(look)
      }
      const fail = (why: string): void => {
        finish()
        reject(new Error(`${this.#name} ${why} without a line like ${pattern}. It said:\n${this.lines.join('\n')}`))
      }
      const look = (): void => {
        while (seen < this.lines.length) {
          const match = pattern.exec(this.lines[seen++]!)
          if (!match) continue
          finish()
          resolve(match)
          return
        }
        if (this.#over) fail('has ended')
      }
      const deadline = setTimeout(() => fail(`ran ${PATIENCE} ms`), PATIENCE)
      this.#waiting.add(look)
      look()
    })
  }

  /** How many lines match, so far. */
  count(pattern: RegExp): number {
    return this.lines.filter(line => pattern.test(line)).length
  }

  /** Types a line. */
  write(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  /** Ends its input. */
  finish(): void {
    this.#child.stdin.end()
  }

  /** Ctrl+C: gives the exit code, null where the signal itself was the end. */
  stop(): Promise<number | null> {
    this.#child.kill('SIGINT')
    return this.ended
  }

  /** The end without goodbye: power cut, crash. */
  kill(): Promise<number | null> {
    this.#child.kill('SIGKILL')
    return this.ended
  }

  #look(): void {
    for (const look of [...this.#waiting]) look()
  }
}
