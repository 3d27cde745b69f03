/** The node loader's hooks, in the form for the loader thread (Node 20) and in the form for the own thread (newer ones). */

import type { MessagePort } from 'node:worker_threads'
import { sourceFile } from '../source/source-file.ts'
import { isLastHook } from './foreign-decorators.ts'
import { hasCode, loadDecorated, loadPlain, reportTo, sourceSpecifier } from './load.ts'
import type { LoadContext, Loaded, Resolution, ResolveContext } from './node-hooks.ts'

/** Node without type stripping, and Node with it where a file has enums. */
const cannotErase = [
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
]
const notFound = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

/** Node calls this in the loader thread, with what was given to `register`. */
export function initialize(data: { readonly port: MessagePort } | undefined): void {
  if (data) reportTo(files => data.port.postMessage(files))
}

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
  const last = isLastHook()
  const decorated = loadDecorated(file, last)
  if (decorated) return decorated
  try {
    const loaded = await next(url, context)
    return isBeyondStripping(loaded, last) ? loadPlain(file, last) : loaded
  } catch (error) {
    if (!hasCode(error, ...cannotErase)) throw error
    return loadPlain(file, last)
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
  const last = isLastHook()
  const decorated = loadDecorated(file, last)
  if (decorated) return decorated
  try {
    const loaded = next(url, context)
    return isBeyondStripping(loaded, last) ? loadPlain(file, last) : loaded
  } catch (error) {
    if (!hasCode(error, ...cannotErase)) throw error
    return loadPlain(file, last)
  }
}

/**
 * Whether Node is about to strip the types of a file that needs more than that: enums, namespaces, parameter properties; modules in a package of
 * CommonJS; or a word on decorators. A false alarm does no harm.
 */
function isBeyondStripping({ format, source }: Loaded, last: boolean): boolean {
  if (!format?.endsWith('-typescript') || source === undefined || source === null) return false
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array)
  if (last && /@[\s(]*[\p{ID_Start}$_]/u.test(text)) return true
  if (format === 'commonjs-typescript') return /^\s*(import|export)\b/m.test(text)
  return /\b(enum|namespace|module)\s+[\w$]|\bconstructor\s*\([^)]*\b(public|private|protected|readonly|override)\b/.test(
    text,
  )
}
