/** The network classes of a project as its source has them, each with what it extends. Nothing of the program runs. */
import { readFileSync } from 'node:fs'
import { FieldcastError } from '../../../lib/base/errors.ts'
import type { Registration } from '../classes/registration.ts'
import { UnresolvedType } from '../errors.ts'
import type { Modules } from '../source/modules.ts'
import type { Class, Node } from '../source/parse.ts'
import type { Module, Scope } from '../source/scope.ts'
import { type ReadClass, read } from '../transform.ts'
import { lineageOf } from '../types/lineage.ts'

/** One class of a lineage. */
export interface SourceLevel {
  readonly name: string
  readonly node: Class
  readonly scope: Scope
  /** In the order in which they run; none for a class without decorators. */
  readonly registrations: readonly Registration[]
}

/** A class that bears `@networkClass`. */
export interface SourceClass extends SourceLevel {
  readonly registration: Registration
  /** What it extends, nearest first. */
  readonly bases: readonly SourceLevel[]
  /** Whether it ends in NetworkObject. */
  readonly network: boolean
}

export interface Found {
  /** In order of files and lines. */
  readonly classes: readonly SourceClass[]
  /** One for each file that cannot be read and each class whose bases cannot be found. */
  readonly problems: readonly FieldcastError[]
}

/** All classes of these files with `@networkClass`. */
export function sourceClasses(modules: Modules, files: readonly string[]): Found {
  const known = new Map<string, readonly ReadClass[]>()
  const problems: FieldcastError[] = []
  const decorated = files.flatMap(file => attempt(() => classesOf(file)) ?? [])
  const classes = decorated.flatMap(type => {
    const registration = type.registrations.find(({ decoration }) => decoration.name === 'networkClass')
    return (registration && attempt(() => withBases(type, registration))) ?? []
  })
  return { classes, problems }

  function attempt<T>(f: () => T): T | undefined {
    try {
      return f()
    } catch (error) {
      if (!(error instanceof FieldcastError)) throw error
      problems.push(error)
      return undefined
    }
  }

  function classesOf(file: string): readonly ReadClass[] {
    const classes = known.get(file) ?? readClasses(modules, file)
    known.set(file, classes)
    return classes
  }

  function withBases(decorated: ReadClass, registration: Registration): SourceClass {
    const { node, scope, registrations } = decorated
    const { name } = registration.schema as { name: string }
    const { levels, network, lost } = lineageOf(modules, { node, name, scope })
    if (lost)
      refuse(
        levels.at(-1)!.scope.module,
        lost,
        `what ${levels.at(-1)!.name} extends cannot be found from the source alone`,
        'Extend a class by its name: one of the file, or one that is imported from a TypeScript file.',
        name,
      )
    const bases = levels.slice(1).map((base): SourceLevel => {
      const { file } = base.scope.module
      if (/\.d\.[cm]?ts$/.test(file))
        refuse(
          decorated.scope.module,
          decorated.node.superClass!,
          `its base ${base.name} is known by ${file} alone, which shows no decorators`,
          'Let the import lead to the TypeScript source of that class.',
          name,
        )
      const own = classesOf(file).find(other => other.node === base.node)
      return { name: base.name, node: base.node, scope: base.scope, registrations: own?.registrations ?? [] }
    })
    return { name, node, scope, registrations, registration, bases, network }
  }
}

function readClasses(modules: Modules, file: string): readonly ReadClass[] {
  const source = readFileSync(file, 'utf8')
  // Without one there is no decorator, and the file need not be parsed.
  if (!source.includes('@')) return []
  const classes = read(source, file, modules)?.classes
  const module = modules.open(file, source)
  const error = module?.parsed.error
  if (module && error)
    refuse(module, { start: error.start, end: error.start + 1 }, error.message, 'Correct the syntax.')
  return classes ?? []
}

/** @throws UnresolvedType */
export function refuse(
  { file, source }: Module,
  { start, end }: Pick<Node, 'start' | 'end'>,
  what: string,
  hint: string,
  subject?: string,
): never {
  throw new UnresolvedType({ file, source, start, end }, what, hint, subject)
}
