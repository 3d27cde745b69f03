/** What both kinds of node hooks do with one file and with one specifier. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { erase, withInlineMap } from '../source/erase.ts'
import { Modules } from '../source/modules.ts'
import { sourceFile } from '../source/source-file.ts'
import { transform } from '../transform.ts'

const modules = new Modules()

/** The file with its decorators replaced, still TypeScript, its source map inside; null for a file without any. */
export function transformFile(file: string): string | null {
  const transformed = transform(readFileSync(file, 'utf8'), file, modules)
  return transformed && withInlineMap(transformed)
}

/** The file as JavaScript if it bears decorators of this package, else null. */
export function loadDecorated(file: string): string | null {
  const transformed = transform(readFileSync(file, 'utf8'), file, modules)
  return transformed && withInlineMap(erase(transformed.code, file, transformed.map))
}

/** The file as JavaScript, whatever is in it. */
export function loadPlain(file: string): string {
  return withInlineMap(erase(readFileSync(file, 'utf8'), file))
}

/** `./model.js` in a TypeScript file means model.ts where that alone exists. */
export function sourceSpecifier(specifier: string, parentURL: string | undefined): string | undefined {
  const match = /^((?:\.{1,2}\/|\/|file:).*)\.([cm]?)js(x?)$/s.exec(specifier)
  if (!match || !parentURL?.startsWith('file:') || sourceFile(parentURL) === undefined) return undefined
  const [, stem, kind, jsx] = match
  for (const extension of jsx ? ['.tsx'] : kind ? [`.${kind}ts`] : ['.ts', '.tsx']) {
    const url = new URL(stem + extension, parentURL)
    if (existsSync(fileURLToPath(url))) return pathToFileURL(fileURLToPath(url)).href
  }
  return undefined
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as { code?: string } | null)?.code ?? '')
}
