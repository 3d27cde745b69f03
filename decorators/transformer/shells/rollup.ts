/** `fieldcast/rollup`: the transform as a Rollup plugin. */
import type { PluginOptions } from '../options.ts'
import { plugin } from './plugin.ts'

/** As much of Rollup's type as its configuration needs: a program's type check must not need the types of every bundler. */
export interface RollupPlugin {
  readonly name: string
}

/**
 * Rollup plugin that reads the types of decorated methods.
 *
 * ```ts
 * // rollup.config.js
 * import fieldcast from 'fieldcast/rollup'
 * import esbuild from 'rollup-plugin-esbuild'
 * export default { input: 'client.ts', plugins: [fieldcast(), esbuild()], output: { dir: 'built' } }
 * ```
 */
export const fieldcast: (options?: PluginOptions) => RollupPlugin = plugin.rollup as (
  options?: PluginOptions,
) => RollupPlugin

export default fieldcast
