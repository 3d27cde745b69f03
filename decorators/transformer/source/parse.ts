/** The only door to oxc-parser: TypeScript source to a syntax tree. */
import { type Comment, type Program, parseSync } from 'oxc-parser'

export type * from 'oxc-parser'

export interface Parsed {
  readonly program: Program
  readonly comments: readonly Comment[]
  /** The first syntax error. The tree is of no use then. */
  readonly error: { readonly message: string; readonly start: number } | undefined
}

export type Parse = (file: string, source: string) => Parsed

export const parse: Parse = (file, source) => {
  const { program, comments, errors } = parseSync(file, source, {
    preserveParens: false,
    astType: 'ts',
    ...languageOf(file),
  })
  const error = errors.find(({ severity }) => severity === 'Error')
  return { program, comments, error: error && { message: error.message, start: error.labels[0]?.start ?? 0 } }
}

function languageOf(file: string): { lang?: 'ts' | 'tsx' | 'dts' } {
  if (/\.d\.[cm]?ts$/.test(file)) return { lang: 'dts' }
  if (/\.tsx$/.test(file)) return { lang: 'tsx' }
  return /\.[cm]?ts$/.test(file) ? { lang: 'ts' } : {}
}
