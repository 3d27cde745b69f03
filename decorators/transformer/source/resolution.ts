/** Which file an import means. The only door to oxc-resolver. */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { ResolverFactory } from 'oxc-resolver'
import { rangeInUse } from './types-versions.ts'

/** A file, or what belongs to this package, or nothing. */
export type Found = { readonly file: string } | 'fieldcast' | undefined

/** Looks at the disk anew in each transform, once for each question. */
export class Resolution {
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
  readonly #packages = new Map<string, Package>()
  #found = new Map<string, Found>()
  /** Whether the resolver has looked at the disk in this transform. */
  #isCurrent = false

  begin(): void {
    this.#found = new Map()
    this.#isCurrent = false
  }

  find(from: string, specifier: string): Found {
    if (/^fieldcast(\/|$)/.test(specifier)) return 'fieldcast'
    const key = `${dirname(from)}\0${specifier}`
    if (!this.#found.has(key)) this.#found.set(key, this.#resolve(from, specifier))
    return this.#found.get(key)
  }

  #resolve(from: string, specifier: string): Found {
    const near = neighbour(from, specifier)
    if (near !== undefined) return { file: near }
    if (!this.#isCurrent) this.#resolver.clearCache()
    this.#isCurrent = true
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
      known = packageIn(file)
      this.#packages.set(file, known)
    }
    return known
  }
}

/** What `./model.js` or `./model.ts` plainly means, as most imports do: no package and no tsconfig.json has a say in it. */
function neighbour(from: string, specifier: string): string | undefined {
  const [, stem, extension] = /^(\.{1,2}\/.*)\.([jt]s)$/s.exec(specifier) ?? []
  if (stem === undefined) return undefined
  const file = join(dirname(from), extension === 'js' && !stem.endsWith('.d') ? `${stem}.ts` : specifier)
  const isThere = statSync(file, { throwIfNoEntry: false })?.isFile()
  const real = isThere ? realpathSync.native(file) : undefined
  // This package's own files are told by their package.json.
  return real !== undefined && !/[\\/](lib|decorators)[\\/]/.test(real) ? real : undefined
}

interface Package {
  readonly name?: string
  /** The ranges of `typesVersions`, where they count. */
  readonly versions?: readonly string[]
}

function packageIn(file: string): Package {
  try {
    const { name, exports, typesVersions } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    return {
      ...(typeof name === 'string' && { name }),
      versions: exports === undefined ? Object.keys(typesVersions ?? {}) : [],
    }
  } catch {
    return {}
  }
}
