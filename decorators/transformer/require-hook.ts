/** Serves loaders that compile TypeScript inside require(), as tsx does under mocha: hands them the transformed text instead of the file's. */
import fs from 'node:fs'
import Module from 'node:module'
import { transformFile } from './load.ts'
import { isSource } from './source-file.ts'

type Handler = (module: unknown, file: string) => void

/** Wraps the handlers of TypeScript extensions, those that come later too. */
export function hookRequire(): void {
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
    define(before && wrapped(before))
  }
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
