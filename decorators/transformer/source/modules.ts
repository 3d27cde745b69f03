/** The module graph over source text: the files that are open, and what was found out in this transform. */
import { readFileSync } from 'node:fs'
import type { Checker } from '../checker/contract.ts'
import { type Parse, parse } from './parse.ts'
import { type Found, Resolution } from './resolution.ts'
import type { Module } from './scope.ts'
import { SourceModule } from './source-module.ts'

/**
 * Opens and remembers modules. Text is read anew at each transform and parsed anew only where it changed,
 * so that an edit on disk is seen however fast it follows the last one.
 */
export class Modules {
  readonly checker: Checker | undefined
  readonly #recalled = new Map<object, unknown>()
  readonly #parse: Parse
  readonly #known = new Map<string, Module>()
  readonly #resolution = new Resolution()
  #fresh = new Set<string>()
  readonly #augmenting = new Set<Module>()

  /**
   * @param read the parser; the specs count its calls.
   * @param checker decides the types that the syntax cannot: createChecker().
   */
  constructor(read: Parse = parse, checker?: Checker) {
    this.#parse = read
    this.checker = checker
  }

  /** Starts one transform: from here on each file that is asked for is read again, once. */
  begin(): void {
    this.#recalled.clear()
    this.#fresh = new Set()
    this.#augmenting.clear()
    this.#resolution.begin()
    this.checker?.begin()
  }

  /** What `make` gave for this key before in the transform that is under way. */
  recall<T>(key: object, make: () => T): T {
    let value = this.#recalled.get(key) as T | undefined
    if (value === undefined) {
      value = make()
      this.#recalled.set(key, value)
    }
    return value
  }

  /** The files that were opened since `begin`. */
  get opened(): readonly string[] {
    return [...new Set([...this.#fresh, ...(this.checker?.files ?? [])])]
  }

  /** The opened module that adds keys to this interface of another file, if there is one. */
  augmenting(file: string, name: string): Module | undefined {
    for (const module of this.#augmenting)
      for (const { specifier, names } of module.augments) {
        const found = names.includes(name) ? this.find(module, specifier) : undefined
        if (found && found !== 'fieldcast' && found.file === file) return module
      }
    return undefined
  }

  /** @returns undefined for a file that cannot be read. */
  open(file: string, source?: string): Module | undefined {
    if (this.#fresh.has(file)) return this.#known.get(file)
    this.#fresh.add(file)
    const module = this.#read(file, source)
    if (module && module.augments.length > 0) this.#augmenting.add(module)
    return module
  }

  #read(file: string, source: string | undefined): Module | undefined {
    const known = this.#known.get(file)
    const text = source ?? textOf(file)
    if (text === undefined) {
      this.#known.delete(file)
      return undefined
    }
    if (known?.source === text) return known
    const module = new SourceModule(file, text, this.#parse(file, text))
    this.#known.set(file, module)
    return module
  }

  /** The file that an import means, or 'fieldcast' for what belongs to this package, or undefined. */
  find(from: Module, specifier: string): Found {
    return this.#resolution.find(from.file, specifier)
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
