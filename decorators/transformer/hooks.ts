/** The node loader's hooks, in the form for the loader thread (Node 20) and in the form for the own thread (Node 22.15 and later). */
import { hasCode, loadDecorated, loadPlain, sourceSpecifier } from './load.ts'
import { sourceFile } from './source-file.ts'

export interface ResolveContext {
  readonly parentURL?: string | undefined
}
export interface Resolution {
  readonly url: string
  readonly format?: string | null
  readonly shortCircuit?: boolean
}
export interface LoadContext {
  readonly format?: string | null | undefined
  readonly conditions?: readonly string[]
}
export interface Loaded {
  readonly format: string
  readonly source?: unknown
  readonly shortCircuit?: boolean
}

const notFound = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']
const module = (source: string): Loaded => ({ format: 'module', source, shortCircuit: true })

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Promise<Resolution>,
): Promise<Resolution> {
  try {
    return await next(specifier, context)
  } catch (error) {
    const source = hasCode(error, ...notFound) ? sourceSpecifier(specifier, context.parentURL) : undefined
    if (source === undefined) throw error
    return next(source, context)
  }
}

export async function load(
  url: string,
  context: LoadContext,
  next: (url: string, context: LoadContext) => Promise<Loaded>,
): Promise<Loaded> {
  const file = sourceFile(url)
  if (file === undefined) return next(url, context)
  const decorated = loadDecorated(file)
  if (decorated !== null) return module(decorated)
  try {
    return await next(url, context)
  } catch (error) {
    if (!hasCode(error, 'ERR_UNKNOWN_FILE_EXTENSION')) throw error
    return module(loadPlain(file))
  }
}

export function resolveSync(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Resolution,
): Resolution {
  try {
    return next(specifier, context)
  } catch (error) {
    const source = hasCode(error, ...notFound) ? sourceSpecifier(specifier, context.parentURL) : undefined
    if (source === undefined) throw error
    return next(source, context)
  }
}

export function loadSync(
  url: string,
  context: LoadContext,
  next: (url: string, context: LoadContext) => Loaded,
): Loaded {
  const file = sourceFile(url)
  if (file === undefined) return next(url, context)
  const decorated = loadDecorated(file)
  if (decorated !== null) return module(decorated)
  try {
    return next(url, context)
  } catch (error) {
    if (!hasCode(error, 'ERR_UNKNOWN_FILE_EXTENSION')) throw error
    return module(loadPlain(file))
  }
}
