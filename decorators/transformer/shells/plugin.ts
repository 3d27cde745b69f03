/** The transform as a plugin of every bundler. The only door to unplugin. */
import { createUnplugin, type UnpluginInstance } from 'unplugin'
import { UnresolvedType } from '../errors.ts'
import { modulesFor } from '../modules-for.ts'
import type { PluginOptions } from '../options.ts'
import { transform } from '../transform.ts'
import { located } from './build-errors.ts'
import { complete, isCompiled } from './compiled.ts'
import { loadInEsbuild } from './esbuild-load.ts'
import { type DevEnvironment, hotUpdate, invalidate } from './hot-update.ts'
import { sourceOf } from './module-ids.ts'
import { addRule } from './webpack-rule.ts'

export const plugin: UnpluginInstance<PluginOptions | undefined, false> = createUnplugin<
  PluginOptions | undefined,
  false
>((options, { framework }) => {
  const name = 'fieldcast'
  // unplugin's own way would take every TypeScript file away from the plugins behind this one.
  if (framework === 'esbuild') return { name, esbuild: { setup: build => loadInEsbuild(build, modulesFor(options)) } }
  // unplugin's own loader cannot be handed to another process, and thread-loader would try.
  if (framework === 'webpack') return { name, webpack: compiler => addRule(compiler, options) }

  const modules = modulesFor(options)
  const end = endOf(() => modules.checker?.close())
  const decorated = new Set<string>()
  // Vite knows files by paths with slashes, on Windows too.
  const watchable = (file: string): string => (framework === 'vite' ? file.replaceAll('\\', '/') : file)
  return {
    name,
    // Before the host erases the types.
    enforce: 'pre',
    transform: {
      filter: { id: /\.(?:[cm]?ts|tsx)(?:[?#].*)?$/s, code: /\bclass\b/ },
      handler(code, id) {
        const file = sourceOf(id)
        if (file === undefined) return null
        const watch = (files: readonly string[]): void => {
          for (const dependency of files) this.addWatchFile(watchable(dependency))
        }
        try {
          const transformed = (isCompiled(code, file) ? complete : transform)(code, file, modules)
          if (!transformed) {
            decorated.delete(id)
            return null
          }
          decorated.add(id)
          watch(transformed.dependencies)
          return { code: transformed.code, map: transformed.map }
        } catch (error) {
          if (!(error instanceof UnresolvedType)) throw error
          watch(error.dependencies)
          throw located(error)
        }
      },
    },
    rollup: end,
    rolldown: end,
    vite: {
      ...end,
      watchChange(file) {
        const { environment } = this as unknown as { environment?: DevEnvironment }
        if (environment) invalidate(environment, file, decorated)
      },
      perEnvironmentWatchChangeDuringDev: true,
      hotUpdate({ file, modules: changed }) {
        return hotUpdate(this.environment as unknown as DevEnvironment, file, changed, decorated)
      },
    },
  }
})

/** Runs at the end of a build, of a watcher, and of Vite's development server. */
function endOf(close: () => void): object {
  return {
    buildEnd(this: { meta: { watchMode: boolean } }) {
      if (!this.meta.watchMode) close()
    },
    closeBundle(this: { environment?: { mode: string } }) {
      if (this.environment?.mode === 'dev') close()
    },
    closeWatcher: close,
  }
}
