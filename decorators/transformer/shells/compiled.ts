/** Serves hosts whose other plugins hand over the JavaScript of a TypeScript file, as @rollup/plugin-typescript does: the types are read from the disk. */
import { readFileSync } from 'node:fs'
import { UsageError } from '../../../lib/base/errors.ts'
import { inject } from '../emitted/inject.ts'
import { matchClasses } from '../emitted/match.ts'
import { walk } from '../emitted/syntax.ts'
import type { Modules } from '../source/modules.ts'
import { parse } from '../source/parse.ts'
import { read } from '../transform.ts'

export interface Completed {
  readonly code: string
  /** The columns of the decorators' own lines are all that moves. */
  readonly map: null
  readonly dependencies: readonly string[]
}

/** Whether `code` is what a compiler made of the file: no longer its text, and without types. */
export function isCompiled(code: string, file: string): boolean {
  const source = sourceOf(file)
  return source !== undefined && source !== withoutMark(code) && !parse('compiled.js', code).error
}

/**
 * Puts the schemas into the decorators' calls. Null where there are none.
 *
 * @throws UnresolvedType like {@link read}.
 * @throws UsageError for what no tsc has written.
 */
export function complete(code: string, file: string, modules: Modules): Completed | null {
  const found = read(sourceOf(file) ?? '', file, modules)
  if (!found) return null
  const { program, comments } = parse('compiled.js', code)
  try {
    const matches = matchClasses(found, program, code)
    walk(program, node => {
      if (node.type === 'Decorator' && matches.some(({ call }) => call === node.expression))
        throw new UsageError('it still has decorators. Set "target": "es2022" for that plugin.')
    })
    const injected = inject(code, comments, matches)
    return { code: injected?.code ?? code, map: null, dependencies: [file, ...found.dependencies] }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(
      `${file} was compiled by another plugin before fieldcast could read its types, and cannot be completed: ${error.message} Or put fieldcast() before that plugin.`,
    )
  }
}

function sourceOf(file: string): string | undefined {
  try {
    return withoutMark(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Without the byte order mark, which hosts take off. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '')
}
