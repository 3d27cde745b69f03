/** `fieldcast/webpack`: the transform as a webpack plugin. */
import type { PluginOptions } from '../options.ts'
import { plugin } from './plugin.ts'

/** As much of webpack's type as its configuration needs: a program's type check must not need the types of every bundler. */
export interface WebpackPlugin {
  apply(compiler: any): void
}

/**
 * webpack plugin that reads the types of decorated methods.
 *
 * ```ts
 * // webpack.config.js
 * import fieldcast from 'fieldcast/webpack'
 * export default { entry: './client.ts', plugins: [fieldcast()], module: { rules: [{ test: /\.ts$/, loader: 'ts-loader' }] } }
 * ```
 */
export const fieldcast: (options?: PluginOptions) => WebpackPlugin = plugin.webpack as (
  options?: PluginOptions,
) => WebpackPlugin

export default fieldcast
