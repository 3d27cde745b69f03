/** A refused type in the terms that bundlers know, so that each can point at it. */
import type { UnresolvedType } from '../errors.ts'

interface Located {
  /** Rollup's terms, which Vite and Rolldown share: the line from 1, the column from 0. */
  id: string
  loc: { file: string; line: number; column: number }
  /** Webpack's. */
  hideStack: boolean
}

/** The same error, with its place, and without a stack: that leads to nothing that a game could mend. */
export function located(error: UnresolvedType): UnresolvedType & Located {
  const { file, line, column, name, message } = error
  return Object.assign(error, {
    id: file,
    loc: { file, line, column: column - 1 },
    hideStack: true,
    stack: `${name}: ${message}`,
  })
}
