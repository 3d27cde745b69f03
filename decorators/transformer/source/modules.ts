/** The module graph over source text: what a file declares, imports and exports. The only door to oxc-resolver. */
import { readFileSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { ResolverFactory } from 'oxc-resolver'
import type { ModuleExportName } from './parse.ts'
import { type Parse, type Parsed, parse } from './parse.ts'
import { type Module, type Origin, Scope } from './scope.ts'

class SourceModule implements Module {
  readonly file: string
  readonly source: string
  readonly parsed: Parsed
  readonly scope: Scope
  readonly imports: ReadonlyMap<string, Origin>
  readonly exports: ReadonlyMap<string, string | Origin>
  readonly stars: readonly string[]

  constructor(file: string, source: string, parsed: Parsed) {
    this.file = file
    this.source = source
    this.parsed = parsed
    const imports = new Map<string, Origin>()
    const exports = new Map<string, string | Origin>()
    const stars: string[] = []
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
          if (statement.expression.type === 'Identifier') exports.set('default', statement.expression.name)
          break
        default:
      }
    }
    this.imports = imports
    this.exports = exports
    this.stars = stars
    this.scope = new Scope(this, null, statements)
  }
}

function nameOf(name: ModuleExportName): string {
  return name.type === 'Literal' ? name.value : name.name
}

/**
 * Opens and remembers modules. Text is read anew at each transform and parsed anew only where it changed,
 * so that an edit on disk is seen however fast it follows the last one.
 */
export class Modules {
  readonly #parse: Parse
  readonly #known = new Map<string, Module>()
  readonly #packages = new Map<string, string | undefined>()
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
  #resolved = new Map<string, { readonly path: string; readonly packageJson: string | undefined } | undefined>()

  /** @param read the parser; the specs count its calls. */
  constructor(read: Parse = parse) {
    this.#parse = read
  }

  /** Starts one transform: from here on each file that is asked for is read again, once. */
  begin(): void {
    this.#fresh = new Set()
    this.#resolved = new Map()
    this.#resolver.clearCache()
  }

  /** The files that were opened since `begin`. */
  get opened(): readonly string[] {
    return [...this.#fresh]
  }

  /** @returns undefined for a file that cannot be read. */
  open(file: string, source?: string): Module | undefined {
    const known = this.#known.get(file)
    if (known && this.#fresh.has(file)) return known
    this.#fresh.add(file)
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
    if (!this.#resolved.has(key)) {
      const result = this.#resolver.resolveFileSync(from.file, specifier)
      const dts =
        result.path && /\.[cm]?js$/.test(result.path) ? this.#resolver.resolveDtsSync(from.file, specifier) : undefined
      const path = dts?.path ?? result.path ?? this.#resolver.resolveDtsSync(from.file, specifier).path
      this.#resolved.set(key, path === undefined ? undefined : { path, packageJson: result.packageJsonPath })
    }
    const found = this.#resolved.get(key)
    if (!found) return undefined
    return this.#isFieldcast(found.path, found.packageJson) ? 'fieldcast' : { file: found.path }
  }

  #isFieldcast(file: string, packageJson: string | undefined): boolean {
    if (packageJson === undefined) return false
    if (!this.#packages.has(packageJson)) {
      const text = textOf(packageJson)
      this.#packages.set(packageJson, text === undefined ? undefined : nameIn(text))
    }
    if (this.#packages.get(packageJson) !== 'fieldcast') return false
    return /^(dist\/)?(lib|decorators)\//.test(relative(dirname(packageJson), file).split(sep).join('/'))
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function nameIn(packageJson: string): string | undefined {
  try {
    return (JSON.parse(packageJson) as { name?: string }).name
  } catch {
    return undefined
  }
}
