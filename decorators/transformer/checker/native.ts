/** TypeScript 7 at work, through the API that it calls unstable: its native compiler runs as a child process. */
import { dirname, join } from 'node:path'
import { nearestConfig } from '../source/tsconfig.ts'
import { brokenConfig, defaultOptions, isAmbient, noInputs, requireNullChecks } from './configuration.ts'
import type { Program, Texts, TypeScript } from './contract.ts'
import type { NativeApi, NativeProject, NativeSnapshot, NativeTypeScript } from './native-api.ts'
import { nativeProgram } from './native-program.ts'
import { Refusal } from './refusal.ts'

/** @throws whatever keeps the child process from starting. */
export function native(ts: NativeTypeScript, texts: Texts, root: string): TypeScript {
  /** Configurations for files that no tsconfig.json takes in. They exist for the child process alone. */
  const made = new Map<string, string>()
  const textOf = (file: string): string | undefined => texts.get(file) ?? made.get(file)
  const configsRead = new Set<string>()
  const readFile = (file: string): string | undefined => {
    if (file.endsWith('.json') && !file.endsWith('/package.json')) configsRead.add(file)
    return textOf(file)
  }
  const api: NativeApi = new ts.API({
    cwd: root,
    fs: { readFile, fileExists: file => (textOf(file) === undefined ? undefined : true) },
  })
  let snapshot: NativeSnapshot | undefined = api.updateSnapshot({})
  /** Still asked, and asked no more. The last one goes after the next has come: only then are the differences between them told. */
  const past: NativeSnapshot[] = []
  const over: NativeSnapshot[] = []
  /** By file. */
  const configs = new Map<string, { readonly config: string; readonly nearest: string | undefined }>()
  const programs = new Map<NativeProject, Program>()
  const configuration = new Set<string>()

  function update(given: Parameters<NativeApi['updateSnapshot']>[0]): NativeSnapshot {
    if (snapshot) past.push(snapshot)
    snapshot = api.updateSnapshot({ fileChanges: { invalidateAll: true }, ...given })
    for (const old of over.splice(0)) old.dispose()
    return snapshot
  }

  /** Only a project that is opened by name follows edits, and only one whose configuration is said to have changed reads that again. */
  function current(): NativeSnapshot {
    if (snapshot) return snapshot
    const known = [...new Set([...configs.values()].map(({ config }) => config))]
    if (known.length > 0) update({ closeProjects: known, fileChanges: { changed: [...configsRead] } })
    return update({ openProjects: known })
  }

  /** The configuration that TypeScript itself takes for a file, or one of our own that adds the file to the nearest. */
  function configFor(file: string, nearest: string | undefined): string {
    if (nearest !== undefined) {
      const found = update({ openFiles: [file] }).getDefaultProjectForFile(file)?.configFileName
      update({ closeFiles: [file] })
      if (found !== undefined && !found.startsWith('/dev/null/')) return found
    }
    const path = join(dirname(file), `tsconfig.fieldcast-${made.size}.json`)
    const others = nearest === undefined ? [] : api.parseConfigFile(nearest).fileNames
    const given = nearest === undefined ? { compilerOptions: defaultOptions } : { extends: nearest }
    made.set(path, JSON.stringify({ ...given, files: [...others, file] }))
    return path
  }

  function projectOf(file: string, nearest: string | undefined): NativeProject {
    const known = configs.get(file)
    const project = known?.nearest === nearest ? known && current().getProject(known.config) : undefined
    if (project?.program.getSourceFile(file)) return project
    const config = configFor(file, nearest)
    configs.set(file, { config, nearest })
    const found = update({ openProjects: [config] }).getProject(config)
    if (found?.program.getSourceFile(file)) return found
    throw new Refusal(`TypeScript does not know ${file}`, 'Save the file, or write the type out.')
  }

  return {
    programOf(file) {
      const nearest = nearestConfig(dirname(file))
      if (nearest !== undefined) configuration.add(nearest)
      const project = projectOf(file, nearest)
      const path = made.has(project.configFileName) ? nearest : project.configFileName
      const read = [...configsRead].filter(config => !made.has(config))
      for (const other of [...read, ...project.rootFiles.filter(isAmbient)]) configuration.add(other)
      const known = programs.get(project)
      if (known) return known
      const wrong = project.program.getConfigFileParsingDiagnostics().find(({ code }) => !noInputs.includes(code))
      if (wrong) throw brokenConfig(path ?? project.configFileName, wrong.text)
      requireNullChecks(project.compilerOptions, true, path)
      const program = nativeProgram(ts, project)
      programs.set(project, program)
      return program
    },
    refresh() {
      programs.clear()
      configuration.clear()
      if (snapshot) past.push(snapshot)
      snapshot = undefined
    },
    release() {
      over.push(...past.splice(0))
    },
    get configuration() {
      return [...configuration]
    },
    close() {
      try {
        api.close()
      } catch {
        // The process has gone already.
      }
    },
  }
}
