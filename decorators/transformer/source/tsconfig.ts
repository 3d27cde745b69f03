/** What a tsconfig.json says about where tsc writes what. The only door to get-tsconfig. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { createFilesMatcher, findTsconfig, parseTsconfig } from 'get-tsconfig'
import { UsageError } from '../../../lib/base/errors.ts'
import { isSource } from './source-file.ts'

export interface Project {
  /** Absolute path of the tsconfig.json. */
  readonly config: string
  /** Where the JavaScript goes; undefined for beside the sources. */
  readonly outDir: string | undefined
  /** Why this project gives no JavaScript of one file each, where it does not. */
  readonly refusal: string | undefined
  /** Absolute paths of the configurations that it refers to. */
  readonly references: readonly string[]
  /** The TypeScript that files and include take in. */
  inputs(): readonly string[]
  /** The folders that outDir may stand for, in one version of TypeScript or another: one where rootDir is set. */
  roots(): readonly string[]
}

/** The configuration for a folder: there or above. */
export function nearestConfig(folder: string): string | undefined {
  return findTsconfig(folder)
}

/**
 * @param path of a tsconfig.json, or of a folder with one.
 * @throws UsageError where it cannot be read.
 */
export function openProject(path: string): Project {
  const config = existsSync(path) && statSync(path).isDirectory() ? join(path, 'tsconfig.json') : path
  if (!existsSync(config)) throw new UsageError(`There is no ${config}.`)
  const parsed = guarded(config, () => parseTsconfig(config))
  const folder = dirname(config)
  const { compilerOptions: options = {}, references = [], files, include } = parsed
  const rootDir = options.rootDir ?? (options.composite ? '.' : undefined)
  const inputs = once((): readonly string[] => {
    const matches = createFilesMatcher({ path: config, config: parsed })
    const starts = [...(files ?? []), ...(include ?? (files ? [] : ['.']))].map(each => resolve(folder, fixed(each)))
    return starts.flatMap(filesIn).filter(file => isSource(file) && matches(file))
  })
  return {
    config,
    outDir: options.outDir === undefined ? undefined : resolve(folder, options.outDir),
    refusal: refusalOf(options),
    references: references.map(reference => configOf(resolve(folder, reference.path))),
    inputs,
    roots: once(() => {
      if (rootDir !== undefined) return [resolve(folder, rootDir)]
      // TypeScript 6 and 7 take the folder of the configuration, earlier ones the folder that all inputs share.
      return [...new Set([folder, ...(inputs().length > 0 ? [common(inputs().map(dirname))] : [])])]
    }),
  }
}

function refusalOf({
  noEmit,
  emitDeclarationOnly,
  outFile,
}: {
  readonly noEmit?: boolean
  readonly emitDeclarationOnly?: boolean
  readonly outFile?: string
}): string | undefined {
  if (noEmit) return 'says noEmit: tsc writes no JavaScript'
  if (emitDeclarationOnly) return 'says emitDeclarationOnly: tsc writes no JavaScript'
  if (outFile !== undefined) return 'says outFile, which puts all files into one; set outDir instead'
  return undefined
}

function configOf(path: string): string {
  return /\.json$/.test(basename(path)) ? path : join(path, 'tsconfig.json')
}

/** The part of a pattern that names a folder: `src` of `src/**\/*.ts`. */
function fixed(pattern: string): string {
  const parts = pattern.split('/')
  const wild = parts.findIndex(part => /[*?]/.test(part))
  return wild < 0 ? pattern : parts.slice(0, wild).join('/') || '.'
}

/** A file, or all files below a folder but installed packages. */
export function filesIn(path: string): string[] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true }).flatMap(entry => {
    if (entry.name === 'node_modules' || entry.name === '.git') return []
    const inner = join(path, entry.name)
    return entry.isDirectory() ? filesIn(inner) : entry.isFile() ? [inner] : []
  })
}

function common([first, ...others]: readonly string[]): string {
  let folder = first!
  for (const other of others) while (isOutside(folder, other)) folder = dirname(folder)
  return folder
}

export function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '..' || way.startsWith(`..${sep}`)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function guarded<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    // A value of another type than it should have is not told apart in there.
    const why = error instanceof TypeError ? 'something in it is not what TypeScript expects' : (error as Error).message
    throw new UsageError(`${path} cannot be read: ${why.replace(/\.$/, '')}. See what tsc says of it.`, {
      cause: error,
    })
  }
}
