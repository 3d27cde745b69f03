/** Which classes of a project make up its schema. */
import { UsageError } from '../../../lib/base/errors.ts'
import type { Modules } from '../source/modules.ts'
import { classArguments } from './arguments.ts'
import type { Found, SourceClass } from './classes.ts'
import { placeOf, placeText } from './place.ts'

export interface Wish {
  /** All classes where absent. */
  readonly names: readonly string[] | undefined
  /** The folder that places are told from. */
  readonly cwd: string
  /** Where the classes were searched, for messages. */
  readonly searched: string
}

/**
 * Those of the names, or all that objects can be of: no abstract ones.
 * @throws UsageError for what could not be read, unless the names are found elsewhere; for names that no class bears; for several classes of one id.
 */
export function selectClasses(modules: Modules, { classes, problems }: Found, wish: Wish): SourceClass[] {
  const { names, searched } = wish
  const concrete = classes.filter(({ node }) => !node.abstract)
  const missing = names?.find(name => !concrete.some(type => type.name === name))
  if (problems.length > 0 && (!names || missing !== undefined))
    throw new UsageError([...new Set(problems.map(({ message }) => message))].join('\n\n'))
  if (concrete.length === 0)
    throw new UsageError(
      `No class with @networkClass was found in ${searched}. Decorators count where they are imported from 'fieldcast', be it through files of your own.`,
    )
  if (missing !== undefined) {
    const known = [...new Set(concrete.map(({ name }) => name))].sort().join(', ')
    throw new UsageError(`No class ${missing} with @networkClass was found in ${searched}. There are: ${known}.`)
  }
  for (const name of names ?? []) {
    const namesakes = concrete.filter(type => type.name === name)
    if (namesakes.length > 1)
      throw new UsageError(
        `Several classes are called ${name}: ${namesakes.map(type => placeText(placeOf(type), wish.cwd)).join(', ')}. Name the files that are meant too: fieldcast schema --classes ${name} src/model.ts.`,
      )
  }
  const selected = names ? concrete.filter(({ name }) => names.includes(name)) : concrete
  requireOneEach(modules, classes, selected, wish.cwd)
  return selected
}

/** Their bases count too where they bear `@networkClass`. */
function requireOneEach(
  modules: Modules,
  classes: readonly SourceClass[],
  selected: readonly SourceClass[],
  cwd: string,
): void {
  const nodes = new Set(selected.flatMap(type => [type, ...type.bases]).map(({ node }) => node))
  const byId = new Map<number, SourceClass[]>()
  for (const type of classes) {
    if (!nodes.has(type.node)) continue
    const { id } = classArguments(modules, type, type.registration)
    byId.set(id, [...(byId.get(id) ?? []), type])
  }
  const twins = [...byId].filter(([, types]) => types.length > 1)
  if (twins.length === 0) return
  const lines = twins.map(
    ([id, types]) =>
      `The class id ${id} is borne by ${types.map(type => `${type.name} (${placeText(placeOf(type), cwd)})`).join(' and ')}.`,
  )
  throw new UsageError(
    `${lines.join('\n')}\nIn one game that cannot be. Where they belong to different ones, or to tests, say which are meant: fieldcast schema --classes ${selected[0]!.name}, or name the files: fieldcast schema src/model.ts.`,
  )
}
