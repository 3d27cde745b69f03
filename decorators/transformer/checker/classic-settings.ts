/** Which tsconfig.json says how TypeScript 5 or 6 is to read a file, and what it says. */
import { dirname } from 'node:path'
import { nearestConfig } from '../source/tsconfig.ts'
import type { ClassicConfig, ClassicOptions, ClassicTypeScript } from './classic-api.ts'
import { brokenConfig, defaultOptions, noInputs } from './configuration.ts'

export interface Settings {
  /** The tsconfig.json that says them, where there is one. */
  readonly path: string | undefined
  readonly options: ClassicOptions
  readonly fileNames: readonly string[]
}

/** What tsconfig.json says for a file: the nearest one, or the one among those it refers to that takes the file in. */
export function settingsFor(ts: ClassicTypeScript, file: string, read: (path: string) => void): Settings {
  const path = nearestConfig(dirname(file))
  if (path === undefined) return { path, options: defaults(ts), fileNames: [] }
  const nearest = configAt(ts, path, read)
  const references = nearest.fileNames.includes(file) ? [] : (nearest.projectReferences ?? [])
  for (const reference of references) {
    const other = ts.resolveProjectReferencePath(reference)
    const config = configAt(ts, other, read)
    if (config.fileNames.includes(file)) return settings(other, config)
  }
  // A tsconfig.json that only refers to others has nothing to say for files that none of them takes in.
  if (references.length > 0 && nearest.fileNames.length === 0)
    return { path: undefined, options: defaults(ts), fileNames: [] }
  return settings(path, nearest)
}

function settings(path: string, { options, fileNames }: ClassicConfig): Settings {
  return { path, options: { ...options, ...inert }, fileNames }
}

/** Nothing is written, and declaration files are taken at their word. */
const inert = {
  noEmit: true,
  skipLibCheck: true,
  composite: false,
  incremental: false,
  tsBuildInfoFile: undefined,
}

function defaults(ts: ClassicTypeScript): ClassicOptions {
  const { options } = ts.parseJsonConfigFileContent({ compilerOptions: defaultOptions, files: [] }, ts.sys, '/', {}, '')
  return { ...options, ...inert }
}

function configAt(ts: ClassicTypeScript, path: string, read: (path: string) => void): ClassicConfig {
  const readFile = (file: string): string | undefined => {
    read(file)
    return ts.sys.readFile(file)
  }
  const { config, error } = ts.readConfigFile(path, readFile)
  const parsed = error
    ? undefined
    : ts.parseJsonConfigFileContent(config, { ...ts.sys, readFile }, dirname(path), {}, path)
  const wrong = error ?? parsed!.errors.find(({ code }) => !noInputs.includes(code))
  if (wrong) throw brokenConfig(path, ts.flattenDiagnosticMessageText(wrong.messageText, ' '))
  return parsed!
}
