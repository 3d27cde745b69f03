/** The schema of a project, from its source alone: which files, which classes, and what they come to. */
import type { Checker } from '../checker/contract.ts'
import { Modules } from '../source/modules.ts'
import { parse } from '../source/parse.ts'
import { type BuiltSchema, buildSchema } from './build.ts'
import { sourceClasses } from './classes.ts'
import { projectFiles, type Where } from './files.ts'
import { selectClasses } from './select.ts'

export interface ProjectSchema extends BuiltSchema {
  /** The folder that paths are told from, and where the lock file lies. */
  readonly root: string
}

/** Files as they are at one moment: each is read once. */
class Snapshot extends Modules {
  override begin(): void {}
}

export interface Wishes {
  /** The names of the classes that are meant; all where absent. */
  readonly names?: readonly string[] | undefined
  /** Decides the types that the syntax cannot. */
  readonly checker?: Checker | undefined
}

/**
 * @throws FieldcastError for a project whose schema cannot be told: with each place, and what to do.
 */
export function projectSchema(where: Where, { names, checker }: Wishes = {}): ProjectSchema {
  const modules = new Snapshot(parse, checker)
  const { root, files, searched } = projectFiles(where, modules)
  const found = sourceClasses(modules, files)
  const classes = selectClasses(modules, found, { names, searched, cwd: where.cwd })
  return { root, ...buildSchema(modules, classes) }
}
