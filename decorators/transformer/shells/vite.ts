/** `fieldcast/vite`: the transform as a Vite plugin. The only door to unplugin. */
import { createUnplugin } from 'unplugin'
import { UnresolvedType } from '../errors.ts'
import { Modules } from '../source/modules.ts'
import { isSource } from '../source/source-file.ts'
import { transform } from '../transform.ts'

const plugin = createUnplugin<undefined, false>(() => {
  const modules = new Modules()
  return {
    name: 'fieldcast',
    // Before the host erases the types.
    enforce: 'pre',
    transformInclude: id => isSource(pathOf(id)) && !/[?&](raw|url)(&|=|$)/.test(id),
    transform(code, id) {
      const watch = (files: readonly string[]): void => {
        for (const file of files) this.addWatchFile(file)
      }
      try {
        const transformed = transform(code, pathOf(id), modules)
        if (!transformed) return null
        watch(transformed.dependencies)
        return { code: transformed.code, map: transformed.map }
      } catch (error) {
        if (error instanceof UnresolvedType) watch(error.dependencies)
        throw error
      }
    },
  }
})

function pathOf(id: string): string {
  return id.replace(/[?#].*$/s, '')
}

/** As much of Vite's type as its configuration needs: a program's type check must not need the types of every bundler. */
export interface VitePlugin {
  readonly name: string
}

/**
 * Vite plugin that reads the types of decorated methods.
 *
 * ```ts
 * // vite.config.ts
 * import fieldcast from 'fieldcast/vite'
 * export default { plugins: [fieldcast()] }
 * ```
 */
export const fieldcast: () => VitePlugin = plugin.vite as () => VitePlugin

export default fieldcast
