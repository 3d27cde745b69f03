/** The transform among esbuild's loaders: it loads files that bear decorators of this package and leaves the others to whoever comes next. */
import { readFile } from 'node:fs/promises'
import { UnresolvedType } from '../errors.ts'
import { withInlineMap } from '../source/erase.ts'
import type { Modules } from '../source/modules.ts'
import { transform } from '../transform.ts'
import { sourceOf } from './module-ids.ts'

interface Loaded {
  readonly contents?: string
  /** By the file's extension, and by what the build says about that. */
  readonly loader?: 'default'
  readonly watchFiles?: string[]
  readonly errors?: Message[]
}

interface Message {
  readonly text: string
  readonly location: {
    readonly file: string
    readonly line: number
    readonly column: number
    readonly length: number
    readonly lineText: string
  }
  readonly notes: { readonly text: string }[]
  readonly detail: unknown
}

/** As much of esbuild's plugin interface as this needs. */
export interface Build {
  onLoad(
    options: { filter: RegExp; namespace: string },
    load: (file: { path: string }) => Promise<Loaded | undefined>,
  ): void
  onDispose(callback: () => void): void
}

export function loadInEsbuild(build: Build, modules: Modules): void {
  build.onDispose(() => modules.checker?.close())
  build.onLoad({ filter: /\.(?:[cm]?ts|tsx)$/, namespace: 'file' }, async ({ path }) => {
    const file = sourceOf(path)
    if (file === undefined) return undefined
    const source = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '')
    try {
      const transformed = transform(source, file, modules)
      if (!transformed) return undefined
      return { contents: withInlineMap(transformed), loader: 'default', watchFiles: [...transformed.dependencies] }
    } catch (error) {
      if (!(error instanceof UnresolvedType)) throw error
      return { errors: [messageOf(error)], watchFiles: [file, ...error.dependencies] }
    }
  })
}

function messageOf(error: UnresolvedType): Message {
  const { source, start, end } = error.place
  const from = source.lastIndexOf('\n', start - 1) + 1
  const to = source.indexOf('\n', start)
  const lineText = source.slice(from, to < 0 ? undefined : to)
  return {
    text: error.what,
    location: {
      file: error.file,
      line: error.line,
      // esbuild counts bytes.
      column: Buffer.byteLength(source.slice(from, start)),
      length: Buffer.byteLength(source.slice(start, Math.min(end, from + lineText.length))),
      lineText,
    },
    notes: [{ text: error.hint }],
    detail: error,
  }
}
