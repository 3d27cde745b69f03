/** Vite's development server: a class registers once in the life of a page, so that whatever would run its module again reloads the page. */

/** As much of Vite's module graph as this needs. */
interface GraphModule {
  readonly id: string | null
  readonly importers: Iterable<GraphModule>
  readonly acceptedHmrDeps: { has(module: GraphModule): boolean }
  readonly isSelfAccepting?: boolean | undefined
}

export interface DevEnvironment {
  readonly config: { readonly consumer: 'client' | 'server' }
  readonly hot: { send(payload: { type: 'full-reload'; path: string; triggeredBy: string }): void }
  readonly logger: { info(message: string, options: { timestamp: boolean; clear: boolean }): void }
  /** Of a development server; builds have none. */
  readonly moduleGraph?: {
    getModulesByFile(file: string): Iterable<GraphModule> | undefined
    invalidateModule(module: GraphModule): void
    invalidateAll(): void
  }
}

/**
 * Discards what was served of the decorated modules that read `file`. Vite keeps the text of a module whose import has
 * changed, because to JavaScript an import's text does not matter.
 */
export function invalidate({ moduleGraph }: DevEnvironment, file: string, decorated: ReadonlySet<string>): void {
  for (const changed of moduleGraph?.getModulesByFile(file) ?? [])
    for (const reader of changed.importers)
      if (reader.id !== null && decorated.has(reader.id)) moduleGraph!.invalidateModule(reader)
}

/** @returns no modules, where the page is reloaded instead; undefined leaves it to Vite. */
export function hotUpdate(
  environment: DevEnvironment,
  file: string,
  changed: readonly GraphModule[],
  decorated: ReadonlySet<string>,
): [] | undefined {
  if (!runsAgain(changed, decorated)) return undefined
  // Nothing of what registered before may stay, this package's table of classes above all.
  if (environment.config.consumer === 'server') environment.moduleGraph!.invalidateAll()
  environment.logger.info(`page reload ${file} (network classes register once)`, { timestamp: true, clear: true })
  environment.hot.send({ type: 'full-reload', path: '*', triggeredBy: file })
  return []
}

/** Whether a decorated module is among those that an update runs again: the changed ones and their importers, up to whoever accepts the change. */
function runsAgain(changed: readonly GraphModule[], decorated: ReadonlySet<string>): boolean {
  const seen = new Set<GraphModule>(changed)
  for (const module of seen) {
    if (module.id !== null && decorated.has(module.id)) return true
    if (module.isSelfAccepting) continue
    for (const importer of module.importers) if (!importer.acceptedHmrDeps.has(module)) seen.add(importer)
  }
  return false
}
