/** `fieldcast/rolldown`: the transform as a Rolldown plugin. */
import type { PluginOptions } from '../options.ts'
import { plugin } from './plugin.ts'

/** As much of Rolldown's type as its configuration needs: a program's type check must not need the types of every bundler. */
export interface RolldownPlugin {
  readonly name: string
}

/**
 * Rolldown plugin that reads the types of decorated methods.
 *
 * ```ts
 * // rolldown.config.ts
 * import fieldcast from 'fieldcast/rolldown'
 * export default { input: 'client.ts', plugins: [fieldcast()] }
 * ```
 */
export const fieldcast: (options?: PluginOptions) => RolldownPlugin = plugin.rolldown as (
  options?: PluginOptions,
) => RolldownPlugin

export default fieldcast
