/** The module graph over source text: what a file declares, imports and exports. The only door to oxc-resolver. */
import { readFileSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { ResolverFactory } from 'oxc-resolver'
import type { Checker } from '../checker/contract.ts'
import { type ModuleExportName, type Parse, type Parsed, parse, type Statement } from './parse.ts'
import { type Module, type Origin, Scope } from './scope.ts'
import { rangeInUse } from './types-versions.ts'

class SourceModule implements Module {
  readonly file: string
  readonly source: string
  readonly parsed: Parsed
  readonly scope: Scope
  readonly imports: ReadonlyMap<string, Origin>
  readonly exports: ReadonlyMap<string, string | Origin>
  readonly stars: readonly string[]
  readonly augments: Module['augments']

  constructor(file: string, source: string, parsed: Parsed) {
    this.file = file
    this.source = source
    this.parsed = parsed
    const imports = new Map<string, Origin>()
    const exports = new Map<string, string | Origin>()
    const stars: string[] = []
    const augments: { specifier: string; names: string[] }[] = []
    const statements = parsed.error ? [] : parsed.program.body
    for (const statement of statements) {
      switch (statement.type) {
        case 'ImportDeclaration': {
          const specifier = statement.source.value
          for (const item of statement.specifiers)
            imports.set(item.local.name, {
              specifier,
              name:
                item.type === 'ImportSpecifier'
                  ? nameOf(item.imported)
                  : item.type === 'ImportDefaultSpecifier'
                    ? 'default'
                    : '*',
            })
          break
        }
        case 'TSImportEqualsDeclaration':
          if (statement.moduleReference.type === 'TSExternalModuleReference')
            imports.set(statement.id.name, { specifier: statement.moduleReference.expression.value, name: '*' })
          break
        case 'ExportAllDeclaration':
          if (statement.exported)
            exports.set(nameOf(statement.exported), { specifier: statement.source.value, name: '*' })
          else stars.push(statement.source.value)
          break
        case 'ExportNamedDeclaration':
          for (const item of statement.specifiers) {
            const local = nameOf(item.local)
            exports.set(
              nameOf(item.exported),
              statement.source ? { specifier: statement.source.value, name: local } : local,
            )
          }
          break
        case 'ExportDefaultDeclaration':
          exports.set('default', statement.declaration.type === 'Identifier' ? statement.declaration.name : 'default')
          break
        case 'TSExportAssignment':
          if (statement.expression.type === 'Identifier') {
            exports.set('default', statement.expression.name)
            exports.set('export=', statement.expression.name)
          }
          break
        case 'TSModuleDeclaration':
          if (statement.id.type === 'Literal')
            augments.push({ specifier: statement.id.value, names: interfacesIn(statement.body) })
          break
        default:
      }
    }
    this.imports = imports
    this.exports = exports
    this.stars = stars
    this.augments = augments
    this.scope = new Scope(this, null, statements)
  }
}

function interfacesIn(body: { readonly body: readonly Statement[] } | null | undefined): string[] {
  return (body?.body ?? []).flatMap(statement => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    return declaration?.type === 'TSInterfaceDeclaration' ? [declaration.id.name] : []
  })
}

function nameOf(name: ModuleExportName): string {
  return name.type === 'Literal' ? name.value : name.name
}

/**
 * Opens and remembers modules. Text is read anew at each transform and parsed anew only where it changed,
 * so that an edit on disk is seen however fast it follows the last one.
 */
export class Modules {
  readonly checker: Checker | undefined
  readonly #parse: Parse
  readonly #known = new Map<string, Module>()
  readonly #packages = new Map<string, Package>()
  readonly #resolver = new ResolverFactory({
    extensions: ['.ts', '.tsx', '.mts', '.cts', '.d.ts', '.d.mts', '.d.cts', '.js', '.mjs', '.cjs'],
    extensionAlias: {
      '.js': ['.ts', '.tsx', '.d.ts', '.js'],
      '.mjs': ['.mts', '.d.mts', '.mjs'],
      '.cjs': ['.cts', '.d.cts', '.cjs'],
      '.jsx': ['.tsx', '.d.ts', '.jsx'],
    },
    conditionNames: ['types', 'import', 'node', 'default'],
    mainFields: ['types', 'typings', 'module', 'main'],
    tsconfig: 'auto',
  })
  #fresh = new Set<string>()
  readonly #augmenting = new Set<Module>()
  #resolved = new Map<string, { readonly file: string } | 'fieldcast' | undefined>()

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
    this.#fresh = new Set()
    this.#augmenting.clear()
    this.#resolved = new Map()
    this.#resolver.clearCache()
    this.checker?.begin()
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
  find(from: Module, specifier: string): { readonly file: string } | 'fieldcast' | undefined {
    if (/^fieldcast(\/|$)/.test(specifier)) return 'fieldcast'
    const key = `${dirname(from.file)}\0${specifier}`
    if (!this.#resolved.has(key)) this.#resolved.set(key, this.#resolve(from.file, specifier))
    return this.#resolved.get(key)
  }

  #resolve(from: string, specifier: string): { readonly file: string } | 'fieldcast' | undefined {
    const plain = this.#resolver.resolveFileSync(from, specifier)
    const isTyped = plain.path !== undefined && !/\.[cm]?js$/.test(plain.path)
    const typed = isTyped ? undefined : this.#resolver.resolveDtsSync(from, specifier)
    const { path: file = plain.path, packageJsonPath } = typed?.path === undefined ? plain : typed
    if (file === undefined) return undefined
    const { name, versions = [] } = packageJsonPath === undefined ? {} : this.#packageAt(packageJsonPath)
    const isOwn =
      name === 'fieldcast' &&
      /^(dist\/)?(lib|decorators)\//.test(relative(dirname(packageJsonPath!), file).split(sep).join('/'))
    if (isOwn) return 'fieldcast'
    if (versions.length === 0 || /^[./#]/.test(specifier)) return { file }
    // The resolver takes the first range, whatever it says.
    const range = rangeInUse(versions)
    const chosen =
      range === 0 ? this.#resolver.resolveDtsSync(from, specifier).path : range === -1 && isTyped ? file : undefined
    return chosen === undefined ? undefined : { file: chosen }
  }

  #packageAt(file: string): Package {
    let known = this.#packages.get(file)
    if (!known) {
      known = packageOf(textOf(file))
      this.#packages.set(file, known)
    }
    return known
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

interface Package {
  readonly name?: string
  /** The ranges of `typesVersions`, where they count. */
  readonly versions?: readonly string[]
}

function packageOf(text: string | undefined): Package {
  try {
    const { name, exports, typesVersions } = JSON.parse(text ?? '{}') as Record<string, unknown>
    return {
      ...(typeof name === 'string' && { name }),
      versions: exports === undefined ? Object.keys(typesVersions ?? {}) : [],
    }
  } catch {
    return {}
  }
}
