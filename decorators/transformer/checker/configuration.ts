/** What both kinds of TypeScript need to know of tsconfig.json. */
import { Refusal } from './refusal.ts'

/** TypeScript's complaints about a tsconfig.json without files of its own, which is none. */
export const noInputs: readonly number[] = [18002, 18003]

export function brokenConfig(path: string, text: string): Refusal {
  return new Refusal(`TypeScript cannot read ${path}: ${text.replace(/\.$/, '')}`, 'Correct that file.')
}

/** For files without a tsconfig.json, as it would write them. */
export const defaultOptions: Readonly<Record<string, string | boolean>> = {
  strict: true,
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  noEmit: true,
}

/** Whether a file may declare globals, so that no import need name it. */
export function isAmbient(file: string): boolean {
  return /\.d\.[cm]?ts$/.test(file) && !/[\\/]node_modules[\\/]/.test(file)
}

interface Options {
  readonly strict?: boolean
  readonly strictNullChecks?: boolean
}

/** @throws Refusal where the options turn off what tells `T` from `T | null`. */
export function requireNullChecks(
  { strict, strictNullChecks }: Options,
  strictByDefault: boolean,
  path: string | undefined,
): void {
  if (strictNullChecks ?? strict ?? strictByDefault) return
  throw new Refusal(
    `TypeScript cannot tell T from T | null here, since strictNullChecks is off in ${path ?? 'its settings'}`,
    'Set "strict": true there, or write the type out.',
  )
}
