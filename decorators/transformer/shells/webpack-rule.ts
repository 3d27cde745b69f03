/** How the transform enters webpack: its loader before all others, and the line of a refused type beside the module's name. */
import { fileURLToPath } from 'node:url'
import { UnresolvedType } from '../errors.ts'
import type { PluginOptions } from '../options.ts'
import { close } from './webpack-loader.ts'

/** As much of webpack's compiler as this needs. */
interface Compiler {
  readonly options: { readonly module: { readonly rules: unknown[] } }
  readonly watchMode: boolean
  readonly hooks: {
    readonly done: { tap(name: string, listener: () => void): void }
    readonly shutdown: { tap(name: string, listener: () => void): void }
    readonly compilation: { tap(name: string, listener: (compilation: Compilation) => void): void }
  }
}

interface Compilation {
  readonly hooks: {
    /** Runs for modules that a loader has refused as well. */
    readonly succeedModule: { tap(name: string, listener: (module: object) => void): void }
  }
}

interface BuiltModule {
  readonly resource?: string
  readonly error?: { readonly error?: unknown; loc?: unknown } | null
}

/** A path rather than a function: thread-loader hands rules to other processes. */
const loader = fileURLToPath(new URL('./webpack-loader.js', import.meta.url))

export function addRule(compiler: Compiler, options: PluginOptions = {}): void {
  const { rules } = compiler.options.module
  rules.unshift({ test: /\.(?:[cm]?ts|tsx)$/, enforce: 'pre', use: [{ loader, options }] })
  compiler.hooks.done.tap('fieldcast', () => {
    if (!compiler.watchMode) close()
  })
  compiler.hooks.shutdown.tap('fieldcast', close)
  compiler.hooks.compilation.tap('fieldcast', compilation => {
    compilation.hooks.succeedModule.tap('fieldcast', (module: BuiltModule) => {
      const failure = module.error
      if (failure?.error instanceof UnresolvedType && failure.error.file === module.resource)
        failure.loc = { start: { line: failure.error.line, column: failure.error.column - 1 } }
    })
  })
}
