/** Which JavaScript files `fieldcast patch` looks at, and which source each was made from. */
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { UsageError } from '../../../lib/base/errors.ts'
import type { EmittedMap } from '../emitted/map-of.ts'
import { isSource } from '../source/source-file.ts'
import { filesIn, isOutside, nearestConfig, openProject, type Project } from '../source/tsconfig.ts'

export interface Scope {
  readonly projects: readonly Project[]
  readonly places: readonly Place[]
}

export interface Place {
  /** Absolute path of a file or folder. */
  readonly path: string
  /** Whether JavaScript counts only where its source stands beside it. */
  readonly besideSources: boolean
}

/**
 * @param paths files and folders that the command line names; none for all that the projects write.
 * @param configs those that it names; none for the nearest.
 * @throws UsageError where they name nothing that tsc writes.
 */
export function scopeOf(cwd: string, paths: readonly string[], configs: readonly string[]): Scope {
  const named = paths.map(place => resolve(cwd, place))
  for (const place of named)
    if (!existsSync(place)) throw new UsageError(`There is no ${place}. Run tsc first, then fieldcast patch.`)
  const nearest = nearestConfig(named[0] === undefined ? cwd : named[0])
  const starts = configs.length > 0 ? configs.map(config => resolve(cwd, config)) : nearest ? [nearest] : []
  const projects = withReferences(starts)
  if (named.length > 0) return { projects, places: named.map(path => ({ path, besideSources: false })) }
  if (projects.length === 0)
    throw new UsageError(
      `There is no tsconfig.json in ${cwd} or above. Name the folder that tsc writes to: fieldcast patch dist`,
    )
  const writing = projects.filter(({ refusal }) => refusal === undefined)
  if (writing.length === 0)
    throw new UsageError(
      `${projects[0]!.config} ${projects[0]!.refusal}. Name the folder that tsc writes to: fieldcast patch dist`,
    )
  const places = new Map<string, Place>()
  for (const { config, outDir } of writing) {
    const path = outDir ?? dirname(config)
    places.set(path, { path, besideSources: outDir === undefined })
  }
  return { projects: writing, places: [...places.values()] }
}

function withReferences(configs: readonly string[]): Project[] {
  const found = new Map<string, Project>()
  const open = (path: string): void => {
    const project = openProject(path)
    if (found.has(project.config)) return
    found.set(project.config, project)
    project.references.forEach(open)
  }
  configs.forEach(open)
  return [...found.values()]
}

/** The JavaScript files of a scope. */
export function outputsIn({ places }: Scope): string[] {
  const files = places.flatMap(({ path, besideSources }) =>
    filesIn(path).filter(
      file => /\.([cm]?js|jsx)$/.test(file) && (!besideSources || sourceNames(file).some(name => existsSync(name))),
    ),
  )
  return [...new Set(files)].sort()
}

/** What a JavaScript file was made from. */
export type Origin =
  | { readonly kind: 'source'; readonly file: string }
  /** Nothing that concerns us: JavaScript that somebody wrote. */
  | { readonly kind: 'none' }
  /** @property looked where the source would be. */
  | { readonly kind: 'lost'; readonly looked: readonly string[] }
  | { readonly kind: 'bundle'; readonly sources: readonly string[] }

/** @throws UsageError where two sources are possible. */
export function originOf(file: string, map: EmittedMap | undefined, { projects }: Scope): Origin {
  const sources = (map?.sources ?? []).filter(source => source !== undefined)
  if (sources.length > 1) return { kind: 'bundle', sources }
  const [source] = sources
  if (source !== undefined && !isSource(source)) return { kind: 'none' }
  if (source !== undefined)
    return existsSync(source) ? { kind: 'source', file: source } : { kind: 'lost', looked: [source] }
  const looked = [...new Set(projects.flatMap(project => possible(file, project)))]
  const found = looked.filter(existsSync)
  if (found.length > 1)
    throw new UsageError(
      `${file} may come from ${found.join(' or from ')}. Set rootDir or sourceMap in tsconfig.json, so that it is certain.`,
    )
  return found[0] === undefined ? { kind: 'lost', looked } : { kind: 'source', file: found[0] }
}

/** Where a project may have the source of a file without a map. */
function possible(file: string, { outDir, roots }: Project): string[] {
  if (outDir === undefined) return sourceNames(file)
  if (isOutside(outDir, file)) return []
  return roots().flatMap(root => sourceNames(join(root, relative(outDir, file))))
}

function sourceNames(file: string): string[] {
  const [, stem, kind] = /^(.*)\.([cm]?)jsx?$/s.exec(file)!
  if (file.endsWith('.jsx')) return [`${stem}.tsx`]
  return kind ? [`${stem}.${kind}ts`] : [`${stem}.ts`, `${stem}.tsx`]
}
