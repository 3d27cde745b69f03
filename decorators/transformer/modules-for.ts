/** The modules of one reader, with what its options ask for. */
import { createChecker } from './checker/create.ts'
import type { PluginOptions } from './options.ts'
import { Modules } from './source/modules.ts'
import { parse } from './source/parse.ts'

/** To be closed with `modules.checker?.close()`: TypeScript may run as a process of its own. */
export function modulesFor({ checker = false }: PluginOptions = {}): Modules {
  return new Modules(parse, checker ? createChecker() : undefined)
}
