/** `fieldcast/esbuild`: the transform as a esbuild plugin. */
import type { PluginOptions } from '../options.ts'
import { plugin } from './plugin.ts'

/** As much of esbuild's type as its configuration needs: a program's type check must not need the types of every bundler. */
export interface EsbuildPlugin {
  readonly name: string
  setup(build: any): void | Promise<void>
}

/**
 * esbuild plugin that reads the types of decorated methods.
 *
 * ```ts
 * // build.js
 * import { build } from 'esbuild'
 * import fieldcast from 'fieldcast/esbuild'
 * await build({ entryPoints: ['client.ts'], bundle: true, outdir: 'built', plugins: [fieldcast()] })
 * ```
 */
export const fieldcast: (options?: PluginOptions) => EsbuildPlugin = plugin.esbuild as (
  options?: PluginOptions,
) => EsbuildPlugin

export default fieldcast
