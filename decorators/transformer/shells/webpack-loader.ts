/** The transform as a webpack loader. `fieldcast/webpack` puts it before all others. */
import { UnresolvedType } from '../errors.ts'
import { modulesFor } from '../modules-for.ts'
import type { PluginOptions } from '../options.ts'
import type { Modules } from '../source/modules.ts'
import { composeMaps, type Mappings } from '../source/source-map.ts'
import { transform } from '../transform.ts'
import { located } from './build-errors.ts'
import { sourceOf } from './module-ids.ts'

/** As much of webpack's loader context as this needs. */
interface LoaderContext {
  readonly resourcePath: string
  readonly resourceQuery: string
  getOptions(): PluginOptions
  addDependency(file: string): void
  callback(error: Error | null, code?: string, map?: unknown): void
}

let plain: Modules | undefined
let checking: Modules | undefined

/** Lets go of TypeScript, where it was asked. */
export function close(): void {
  checking?.checker?.close()
}

export default function load(this: LoaderContext, source: string, before?: Mappings): void {
  const file = sourceOf(this.resourcePath + this.resourceQuery)
  if (file === undefined) return this.callback(null, source, before)
  const { checker = false } = this.getOptions()
  const modules = checker ? (checking ??= modulesFor({ checker })) : (plain ??= modulesFor())
  try {
    const transformed = transform(source, file, modules)
    if (!transformed) return this.callback(null, source, before)
    for (const dependency of transformed.dependencies) this.addDependency(dependency)
    this.callback(null, transformed.code, before ? composeMaps(transformed.map, before) : transformed.map)
  } catch (error) {
    if (!(error instanceof UnresolvedType)) throw error
    for (const dependency of error.dependencies) this.addDependency(dependency)
    this.callback(located(error))
  }
}
