/** The program of one tsconfig.json, built again where a file has changed. */
import { readFileSync, statSync } from 'node:fs'
import type {
  ClassicHost,
  ClassicOptions,
  ClassicProgram,
  ClassicSourceFile,
  ClassicTypeScript,
} from './classic-api.ts'
import { classicProgram } from './classic-program.ts'
import type { Settings } from './classic-settings.ts'
import type { Program, Texts } from './contract.ts'

interface Cached {
  readonly version: string
  readonly file: ClassicSourceFile
}

export class Project {
  readonly #ts: ClassicTypeScript
  readonly #texts: Texts
  readonly #extra = new Set<string>()
  readonly #files = new Map<string, Cached>()
  /** What was looked for in vain: where it appears, imports mean something else. */
  readonly #missed = new Map<string, 'isFile' | 'isDirectory'>()
  #options = ''
  #roots = ''
  #round = -1
  #program: ClassicProgram | undefined
  #asked: Program | undefined

  constructor(ts: ClassicTypeScript, texts: Texts) {
    this.#ts = ts
    this.#texts = texts
  }

  programFor(file: string, settings: Settings, round: number): Program {
    const isInside = settings.fileNames.includes(file) || this.#program?.getSourceFile(file) !== undefined
    if (this.#asked && isInside && this.#round === round) return this.#asked
    if (!isInside) this.#extra.add(file)
    this.#round = round
    const rootNames = [...new Set([...settings.fileNames, ...this.#extra])].filter(root => this.#versionOf(root))
    const roots = JSON.stringify(rootNames)
    const options = JSON.stringify(settings.options)
    if (options !== this.#options) this.#files.clear()
    else if (this.#asked && roots === this.#roots && !this.#hasChanged()) return this.#asked
    this.#options = options
    this.#roots = roots
    this.#missed.clear()
    const program = this.#ts.createProgram({
      rootNames,
      options: settings.options,
      host: this.#host(settings.options),
      oldProgram: this.#program,
    })
    for (const read of this.#files.keys()) if (!program.getSourceFile(read)) this.#files.delete(read)
    this.#program = program
    this.#asked = classicProgram(this.#ts, program)
    return this.#asked
  }

  #hasChanged(): boolean {
    for (const [file, { version }] of this.#files) if (this.#versionOf(file) !== version) return true
    for (const [path, kind] of this.#missed)
      if (this.#texts.has(path) || statSync(path, { throwIfNoEntry: false })?.[kind]()) return true
    return false
  }

  /** The text itself for the project's own files, since two edits can fall on one time stamp. */
  #versionOf(file: string): string | undefined {
    const text = this.#texts.get(file)
    if (text !== undefined) return text
    if (!/[\\/]node_modules[\\/]/.test(file)) return textOf(file)
    const stat = statSync(file, { throwIfNoEntry: false })
    return stat && `${stat.mtimeMs} ${stat.size}`
  }

  #host(options: ClassicOptions): ClassicHost {
    const disk = this.#ts.createCompilerHost(options, true)
    const { directoryExists } = disk
    const noted = (found: boolean, path: string, kind: 'isFile' | 'isDirectory'): boolean => {
      if (!found) this.#missed.set(path, kind)
      return found
    }
    return {
      ...disk,
      readFile: file => this.#texts.get(file) ?? disk.readFile(file),
      fileExists: file => noted(this.#texts.has(file) || disk.fileExists(file), file, 'isFile'),
      ...(directoryExists && { directoryExists: folder => noted(directoryExists(folder), folder, 'isDirectory') }),
      hasInvalidatedResolutions: () => true,
      getSourceFile: (file, languageVersion) => {
        const version = this.#versionOf(file)
        if (version === undefined) return undefined
        const cached = this.#files.get(file)
        if (cached?.version === version) return cached.file
        const text = this.#texts.get(file) ?? textOf(file) ?? ''
        const made = this.#ts.createSourceFile(file, text, languageVersion, true)
        this.#files.set(file, { version, file: made })
        return made
      },
    }
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
