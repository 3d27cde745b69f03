/** A process of a benchmark and what it is asked: servers, crowds and the one that measures do not share a core's time by accident. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Classes are read as users' are: by the hook of the built package, with the built engine behind it. */
const hook = new URL('../../dist/decorators/transformer/shells/register.js', import.meta.url).href

interface Question {
  readonly number: number
  readonly name: string
  readonly argument: unknown
}

type Answer = { readonly number: number } & ({ readonly value: unknown } | { readonly error: string })

export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: any): void; reject(error: Error): void }>()
  #asked = 0
  #ended: Error | null = null

  /** @param flags for Node. */
  constructor(file: URL, flags: readonly string[] = []) {
    this.#process = fork(fileURLToPath(file), { execArgv: ['--import', hook, ...flags], serialization: 'advanced' })
    this.#process.on('message', (answer: Answer) => {
      const asker = this.#waiting.get(answer.number)
      this.#waiting.delete(answer.number)
      if ('error' in answer) asker?.reject(new Error(answer.error))
      else asker?.resolve(answer.value)
    })
    this.#process.once('exit', (code, signal) => {
      this.#ended = new Error(`${file.pathname} has ended (${code ?? signal}).`)
      for (const { reject } of this.#waiting.values()) reject(this.#ended)
    })
  }

  ask<T = void>(name: string, argument?: unknown): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended)
    const number = this.#asked++
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      this.#process.send({ number, name, argument } satisfies Question)
    })
  }

  end(): Promise<void> {
    if (this.#ended) return Promise.resolve()
    return new Promise(resolve => {
      this.#process.once('exit', () => resolve())
      this.#process.kill('SIGKILL')
    })
  }
}

/** The child's side: answers what its parent asks, and ends when the parent does. */
export function answer(answers: Readonly<Record<string, (argument: any) => unknown>>): void {
  process.on('message', async ({ number, name, argument }: Question) => {
    try {
      process.send!({ number, value: await answers[name]!(argument) } satisfies Answer)
    } catch (error) {
      process.send!({ number, error: (error as Error).stack ?? String(error) } satisfies Answer)
    }
  })
  process.once('disconnect', () => process.exit())
}
