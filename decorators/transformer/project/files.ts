/** The TypeScript files of a project: those of its tsconfig.json and what they import, or those that the command line names. */
import { readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UsageError } from '../../../lib/base/errors.ts'
import type { Modules } from '../source/modules.ts'
import { isSource } from '../source/source-file.ts'
import { nearestConfig, openProject } from '../source/tsconfig.ts'

export interface ProjectFiles {
  /** The folder that paths are told from, and where the lock file lies. */
  readonly root: string
  /** Absolute paths, sorted. */
  readonly files: readonly string[]
  /** Where they were searched, for messages. */
  readonly searched: string
}

export interface Where {
  readonly cwd: string
  /** A tsconfig.json or its folder, as the command line names it. */
  readonly project?: string | undefined
  /** Files and folders, as the command line names them. */
  readonly paths: readonly string[]
}

/** @throws UsageError for paths that do not exist and for a project without TypeScript. */
export function projectFiles({ cwd, project, paths }: Where, modules: Modules): ProjectFiles {
  const config = project === undefined ? nearestConfig(cwd) : openProject(resolve(cwd, project)).config
  const root = config === undefined ? packageAbove(cwd) : dirname(config)
  const named = paths.map(path => resolve(cwd, path))
  if (root === undefined && named.length === 0)
    throw new UsageError(
      `Neither a tsconfig.json nor a package.json was found in ${cwd} or above it. Name the files, their folder, or a --project.`,
    )
  const found =
    named.length > 0 ? named.flatMap(namedFiles) : config ? withImports(configured(config), modules) : filesBelow(root!)
  const searched = named.length > 0 ? named.join(', ') : (config ?? root!)
  const files = [...new Set(found.map(file => realpathSync(file)))].sort()
  if (files.length === 0)
    throw new UsageError(
      `There is no TypeScript in ${searched}. The types of a schema are read from the .ts files of the classes: name the files, their folder, or another --project.`,
    )
  return { root: root ?? cwd, files, searched }
}

function namedFiles(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new UsageError(`${path} does not exist.`)
  if (found.isDirectory()) return filesBelow(path)
  if (!isSource(path))
    throw new UsageError(`${path} is no TypeScript source: name .ts files, not what was made of them.`)
  return [path]
}

/** The files of a tsconfig.json and of those that it references. */
function configured(path: string, seen: Set<string> = new Set()): string[] {
  if (seen.has(path)) return []
  seen.add(path)
  const { inputs, references } = openProject(path)
  return [...inputs(), ...references.flatMap(reference => configured(reference, seen))]
}

/** With all that the files import, of the program's own TypeScript. */
function withImports(files: readonly string[], modules: Modules): string[] {
  const found = new Set(files)
  for (const file of found) {
    const module = modules.open(file)
    if (!module) continue
    const { program, error } = module.parsed
    for (const statement of error ? [] : program.body) {
      if (!('source' in statement) || !statement.source || statement.source.value.startsWith('node:')) continue
      const target = modules.find(module, statement.source.value)
      if (target && target !== 'fieldcast' && isSource(target.file)) found.add(target.file)
    }
  }
  return [...found]
}

function filesBelow(folder: string): string[] {
  if (!exists(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : filesBelow(path)
    return isSource(path) ? [path] : []
  })
}

/** The folder of the nearest package.json. */
function packageAbove(folder: string): string | undefined {
  if (exists(join(folder, 'package.json'))) return folder
  return dirname(folder) === folder ? undefined : packageAbove(dirname(folder))
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
