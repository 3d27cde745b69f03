/** Folders in which toolchains find the game, their packages and this package as `npm pack` makes it. */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Place } from './process.ts'
import type { Recipe } from './recipe.ts'

const execute = promisify(execFile)
const repository = fileURLToPath(new URL('../../', import.meta.url))
const game = fileURLToPath(new URL('game/', import.meta.url))

/** Beside what a recipe asks for: the types that a program of Node's is checked with. */
const common: Readonly<Record<string, string>> = { '@types/node': versionOf(repository, '@types/node') }

/** Where a version may be installed that is not the one of its name. */
const aliases: Readonly<Record<string, readonly string[]>> = { typescript: ['ts59', '@typescript/old'] }

/** As much of a recipe as its folder needs. */
export type Wanted = Pick<Recipe, 'name' | 'packages' | 'files' | 'alone'>

export class Workshop {
  readonly root: string
  readonly #offline: boolean
  readonly #installations = new Map<string, Promise<string>>()
  #packed: Promise<string> | null = null

  /** @param offline takes third-party packages from the repository's own node_modules, by links, instead of from npm. */
  constructor(offline: boolean) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'fieldcast-toolchains-')))
    this.#offline = offline
  }

  /**
   * A folder of its own for a recipe, its packages installed, the game in it.
   * @param bare leaves the game out.
   */
  async place(recipe: Wanted, bare = false): Promise<Place> {
    const installation = await this.installation(recipe)
    const folder = join(installation, 'games', recipe.name)
    if (!bare) cpSync(game, folder, { recursive: true, filter: path => !path.startsWith(join(game, 'packages')) })
    for (const [name, text] of Object.entries(recipe.files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return { folder, installation }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  installation({ name, packages, alone }: Wanted): Promise<string> {
    const all = { ...common, ...packages }
    const key = JSON.stringify([Object.entries(all).sort(), alone ? name : ''])
    let made = this.#installations.get(key)
    if (!made) {
      const folder = join(this.root, String(this.#installations.size))
      made = this.#install(folder, all)
      this.#installations.set(key, made)
    }
    return made
  }

  async #install(folder: string, packages: Readonly<Record<string, string>>): Promise<string> {
    const modules = join(folder, 'node_modules')
    mkdirSync(modules, { recursive: true })
    const tarball = await (this.#packed ??= this.#pack())
    if (this.#offline) await link(modules, tarball, packages)
    else {
      const dependencies = { ...packages, fieldcast: `file:${tarball}` }
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
      await execute('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: folder,
      })
    }
    cpSync(join(game, 'packages'), modules, { recursive: true })
    return folder
  }

  async #pack(): Promise<string> {
    const args = ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', this.root]
    const { stdout } = await execute('npm', args, { cwd: repository })
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
    return join(this.root, filename)
  }
}

/** The version of a package that is installed in a folder. */
export function versionOf(folder: string, name: string): string {
  return (JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as Manifest).version
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: string | Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Unpacks this package, and links the others and all programs. */
async function link(modules: string, tarball: string, packages: Readonly<Record<string, string>>): Promise<void> {
  const own = join(modules, 'fieldcast')
  mkdirSync(own, { recursive: true })
  mkdirSync(join(modules, '.bin'))
  await execute('tar', ['-xzf', tarball, '-C', own, '--strip-components=1'])
  const { dependencies, optionalDependencies, bin = {} } = manifestOf(own)
  linkPrograms(modules, own)
  // As npm does at an installation.
  for (const program of Object.values(bin)) chmodSync(join(own, program), 0o755)
  for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies, ...packages })) {
    const found = [name, ...(aliases[name] ?? [])]
      .map(folder => join(repository, 'node_modules', folder))
      .find(folder => existsSync(folder) && manifestOf(folder).version === version)
    if (!found) throw new Error(`${name} ${version} is not installed in the repository.`)
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(found, join(modules, name))
    linkPrograms(modules, found)
  }
}

function linkPrograms(modules: string, folder: string): void {
  const { name, bin = {} } = manifestOf(folder)
  const programs = typeof bin === 'string' ? { [name.replace(/^.*\//, '')]: bin } : bin
  for (const [program, file] of Object.entries(programs))
    symlinkSync(join(folder, file), join(modules, '.bin', program))
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}
