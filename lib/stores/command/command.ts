/** What a command of `fieldcast store` is, and what it is given. */
import type { ParseArgsConfig } from 'node:util'
import type { Output } from './output.ts'

export interface StoreCommand {
  /** What stands behind its name: `<url> [file]`. */
  readonly parameters: string
  readonly summary: string
  /** Fewest and most words that are no options. */
  readonly words: readonly [least: number, most: number]
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** Gives the exit code: 0 for good, 1 for what it found. @throws FieldcastError for what keeps it from its work. */
  run(given: Given): Promise<number>
}

export interface Given {
  readonly words: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly output: Output
}

/** The command line is wrong in a way that its parser does not see. Exit code 2. */
export class WrongCommandLine extends Error {}
