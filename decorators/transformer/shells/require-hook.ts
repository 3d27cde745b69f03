/** Serves loaders that compile TypeScript inside require(), as tsx does under mocha: hands them the transformed text instead of the file's. */
import fs from 'node:fs'
import Module from 'node:module'
import { UsageError } from '../../../lib/base/errors.ts'
import { isSource } from '../source/source-file.ts'
import { transformFile } from './load.ts'

type Handler = (module: unknown, file: string) => void

/**
 * Wraps the handlers of TypeScript extensions, those that come later too.
 * @param alone whether import's hooks leave require() out, as on Node 20: its failure then has to say more than a stray syntax error.
 */
export function hookRequire(alone: boolean): void {
  const { _extensions: handlers } = Module as unknown as { _extensions: Record<string, Handler | undefined> }
  for (const extension of ['.ts', '.mts', '.cts', '.tsx']) {
    const before = handlers[extension]
    const define = (handler: Handler | undefined): void => {
      Object.defineProperty(handlers, extension, {
        configurable: true,
        // An enumerable key makes require('./model') try this extension.
        enumerable: handler !== undefined,
        get: () => handler,
        set: (next: Handler | undefined) => define(next && wrapped(next)),
      })
    }
    define(before ? wrapped(before) : alone ? refuse : undefined)
  }
}

/** A test runner that tries require() first goes on with import(), but some show this error when that fails too. */
function refuse(_module: unknown, file: string): never {
  throw new UsageError(
    `require() cannot load ${file} on Node ${process.versions.node}: it is TypeScript, which import() alone can load here. If your test runner shows this, importing it failed as well; see why with: node --import fieldcast/register ${file}`,
  )
}

function wrapped(inner: Handler): Handler {
  return (module, file) => {
    const path = file.replace(/\?.*$/s, '')
    const transformed = isSource(path) ? transformFile(path) : null
    if (transformed !== null) readsInstead(path, transformed)
    inner(module, file)
  }
}

/** The next synchronous read of `file` gives `text`. */
function readsInstead(file: string, text: string): void {
  const { readFileSync } = fs
  const replaced = ((path: unknown, options?: unknown) => {
    if (path !== file) return (readFileSync as (...args: unknown[]) => unknown)(path, options)
    if (fs.readFileSync === replaced) fs.readFileSync = readFileSync
    const encoding = typeof options === 'string' ? options : (options as { encoding?: string } | undefined)?.encoding
    return encoding ? text : Buffer.from(text)
  }) as typeof fs.readFileSync
  fs.readFileSync = replaced
}
