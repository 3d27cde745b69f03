/**
 * Contestants as processes of their own, which measure when they are told to: what the compiler has learnt of one, and what it left on the
 * heap, is nothing to the others, and their rounds can still be taken in turn.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'

/** What a suite's file exports as `part`: sets the contestant up, and gives the function that measures one round. */
export type Part<A, T> = (argument: A) => Promise<() => T | Promise<T>>

export interface Contestant<T> {
  round(): Promise<T>
  end(): Promise<void>
}

/** @param module the url of a file that exports a `part`. @param flags of Node or V8. */
export async function contestant<T>(
  module: string,
  argument: unknown,
  flags: readonly string[] = [],
): Promise<Contestant<T>> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = fork(new URL('./contest.ts', import.meta.url), [module, JSON.stringify(argument)], {
    cwd: new URL('../..', import.meta.url),
    env,
    // Not this process's own: nothing here may fall back to the sources.
    execArgv: [
      '--import',
      new URL('../../dist/decorators/transformer/shells/register.js', import.meta.url).href,
      ...flags,
    ],
  })
  const ended = once(child, 'exit')
  const answer = async (): Promise<T> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(([code]) => {
        throw new Error(`${module} ${JSON.stringify(argument)} ended with ${code}.`)
      }),
    ])
    return message as T
  }
  await answer()
  return {
    round() {
      child.send('round')
      return answer()
    },
    async end() {
      child.disconnect()
      await ended
    },
  }
}

/** The rounds of several contestants, taken in turn; every other round in reverse. */
export async function inTurn<T>(contestants: readonly Contestant<T>[], rounds: number): Promise<T[][]> {
  const results: T[][] = contestants.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const order = contestants.map((_, i) => i)
    if (round % 2 === 1) order.reverse()
    for (const i of order) results[i]!.push(await contestants[i]!.round())
  }
  return results
}

/** One process, one round. */
export async function onlyRound<T>(module: string, argument: unknown, flags?: readonly string[]): Promise<T> {
  const one = await contestant<T>(module, argument, flags)
  try {
    return await one.round()
  } finally {
    await one.end()
  }
}
