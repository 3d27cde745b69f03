/** The node loader's hooks, in the form for the loader thread (Node 20) and in the form for the own thread (Node 22.15 and later). */

import { sourceFile } from '../source/source-file.ts'
import { hasCode, loadDecorated, loadPlain, sourceSpecifier } from './load.ts'

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

/** Node without type stripping, and Node with it where a file has enums. */
const cannotErase = ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX']
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
    const loaded = await next(url, context)
    return isBeyondStripping(loaded) ? module(loadPlain(file)) : loaded
  } catch (error) {
    if (!hasCode(error, ...cannotErase)) throw error
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
    const loaded = next(url, context)
    return isBeyondStripping(loaded) ? module(loadPlain(file)) : loaded
  } catch (error) {
    if (!hasCode(error, ...cannotErase)) throw error
    return module(loadPlain(file))
  }
}

/** Whether Node is about to strip the types of a module that needs more than that: enums, namespaces, parameter properties. A false alarm does no harm. */
function isBeyondStripping({ format, source }: Loaded): boolean {
  if (format !== 'module-typescript' || source === undefined || source === null) return false
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array)
  return /\b(enum|namespace|module)\s+[\w$]|\bconstructor\s*\([^)]*\b(public|private|protected|readonly|override)\b/.test(
    text,
  )
}
