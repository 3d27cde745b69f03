/** `fieldcast/vite`: the transform as a Vite plugin. */
import type { PluginOptions } from '../options.ts'
import { plugin } from './plugin.ts'

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
export const fieldcast: (options?: PluginOptions) => VitePlugin = plugin.vite as (options?: PluginOptions) => VitePlugin

export default fieldcast
