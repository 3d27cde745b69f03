/** `checker: true`: the user's TypeScript beside the modules, loaded at the first question. */
import { readFileSync } from 'node:fs'
import { sep } from 'node:path'
import { running } from './classic.ts'
import type { ClassicProgram, ClassicTypeScript } from './classic-api.ts'
import type { Checker, TypeScript } from './contract.ts'
import { findTypeScript } from './find-typescript.ts'

export interface CheckerOptions {
  /** The folder from which TypeScript is resolved. @default the current folder */
  readonly root?: string
  /** A TypeScript 5 or 6 that runs already, and its program: it is asked instead. */
  readonly running?: { readonly ts: object; readonly program: object }
  /** For specs: asks TypeScript before the syntax. */
  readonly first?: boolean
}

/**
 * Lets TypeScript decide the types that the syntax alone cannot.
 *
 * ```ts
 * const modules = new Modules(undefined, createChecker())
 * ```
 */
export function createChecker({ root = process.cwd(), running: given, first = false }: CheckerOptions = {}): Checker {
  const texts = new Map<string, string>()
  let typescript: TypeScript | undefined
  let files: readonly string[] = []
  const start = (): TypeScript =>
    given ? running(given.ts as ClassicTypeScript, given.program as ClassicProgram) : findTypeScript(root, texts)
  return {
    first,
    begin() {
      texts.clear()
      files = []
      typescript?.refresh()
      typescript?.release()
    },
    programOf({ file, source }) {
      const path = sep === '/' ? file : file.replaceAll(sep, '/')
      if (!texts.has(path) && source !== textOf(file)) {
        texts.set(path, source)
        typescript?.refresh()
      }
      typescript ??= start()
      try {
        return typescript.programOf(path)
      } finally {
        files = typescript.configuration
      }
    },
    get files() {
      return files
    },
    close() {
      const open = typescript
      typescript = undefined
      open?.close()
    },
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
