/** What both kinds of node hooks do with one file and with one specifier. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { UnresolvedType } from '../errors.ts'
import { modulesFor } from '../modules-for.ts'
import { erase, withInlineMap } from '../source/erase.ts'
import { sourceFile } from '../source/source-file.ts'
import type { Mappings } from '../source/source-map.ts'
import { type Transformed, transform } from '../transform.ts'
import { isCommonJs } from './common-js.ts'
import { refuseDecorators } from './foreign-decorators.ts'
import type { Loaded } from './node-hooks.ts'
import type { Report } from './watchers.ts'

const modules = modulesFor({ checker: /^(1|true)$/.test(process.env.FIELDCAST_CHECKER ?? '') })
let report: Report = () => {}

/** Who is told, from now on, from which files each outcome was read: also where that was a refusal, which an edit of any of them may mend. */
export function reportTo(listener: Report): void {
  report = listener
}

/** The file with its decorators replaced, still TypeScript, its source map inside; null for a file without any. */
export function transformFile(file: string): string | null {
  return presenting(() => {
    const transformed = transformReported(file)
    return transformed && withInlineMap(transformed)
  })
}

/** The file as JavaScript if it bears decorators of this package, else null. */
export function loadDecorated(file: string, last: boolean): Loaded | null {
  return presenting(() => {
    const transformed = transformReported(file)
    return transformed && loaded(file, transformed.code, last, transformed.map)
  })
}

/** The file as JavaScript, whatever is in it. */
export function loadPlain(file: string, last: boolean): Loaded {
  return presenting(() => loaded(file, readFileSync(file, 'utf8'), last))
}

/** A console shows all that it finds in an error: here the message says it, and this package's own frames help nobody. */
function presenting<T>(load: () => T): T {
  try {
    return load()
  } catch (error) {
    if (!(error instanceof UnresolvedType)) throw error
    error.stack = `${error.name}: ${error.message}`
    for (const key of ['what', 'hint', 'place', 'dependencies'])
      Object.defineProperty(error, key, { enumerable: false })
    throw error
  }
}

/** @param last whether no other loader gets the outcome. */
function loaded(file: string, code: string, last: boolean, before?: Mappings): Loaded {
  const format = isCommonJs(file, code) ? 'commonjs' : 'module'
  const erased = erase(code, file, before, format)
  if (last) refuseDecorators(file, erased)
  return { format, source: withInlineMap(erased), shortCircuit: true }
}

function transformReported(file: string): Transformed | null {
  try {
    const transformed = transform(readFileSync(file, 'utf8'), file, modules)
    if (transformed) report([file, ...transformed.dependencies])
    return transformed
  } catch (error) {
    if (error instanceof UnresolvedType) report([file, ...error.dependencies])
    throw error
  }
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
