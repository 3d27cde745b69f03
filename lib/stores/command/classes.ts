/** The network classes that a game's files export: with the types of their fields, as when the game runs. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SchemaError, UsageError } from '../../base/errors.ts'
import { type AnyClass, declaringClass, lineage, ownDeclaration } from '../../schema/declaration.ts'
import type { NetworkObjectClass } from '../../schema/network-class.ts'
import { NetworkObject } from '../../schema/network-object.ts'
import { Schema } from '../../schema/schema.ts'
import { messageOf } from './open.ts'

/** @throws UsageError for files that cannot be loaded, or export no network class. */
export async function loadClasses(files: readonly string[]): Promise<Schema> {
  for (const file of files) {
    if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`)
    if (!/\.[cm]?[jt]sx?$/.test(file))
      throw new UsageError(
        `${file} is no file of TypeScript or JavaScript: --classes names the one that exports the network classes.`,
      )
  }
  // Under the package's name: the copy that a program would load, with hooks for TypeScript.
  await import('fieldcast/register')
  const found = new Set<AnyClass>()
  for (const file of files) {
    const own = await classesIn(file)
    if (own.length === 0) throw new UsageError(`${file} exports no class that bears @networkClass.`)
    for (const type of own) found.add(type)
  }
  try {
    const schema = new Schema(oneForEach(found) as NetworkObjectClass[])
    await schema.ready('fieldcast store migrate')
    return schema
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new UsageError(`${error.message} Name the files of all classes: --classes can be given several times.`, {
      cause: error,
    })
  }
}

async function classesIn(file: string): Promise<AnyClass[]> {
  let exported: Record<string, unknown>
  try {
    exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
  } catch (error) {
    throw new UsageError(`${file} cannot be loaded: ${messageOf(error)}`, { cause: error })
  }
  const types = Object.values(exported).filter((value): value is AnyClass => typeof value === 'function')
  const network = types.filter(type => lineage(type).some(level => ownDeclaration(level)))
  const foreign = network.find(type => !(type.prototype instanceof NetworkObject))
  if (foreign)
    throw new UsageError(
      `${foreign.name} in ${file} extends the NetworkObject of another copy of fieldcast than this command's (npm ls fieldcast): run the one of the game, with npx in its folder.`,
    )
  return network
}

/** Where a file exports a class and what a server makes of it, the latter: it may say how to migrate. */
function oneForEach(types: ReadonlySet<AnyClass>): AnyClass[] {
  const chosen = new Map<number, AnyClass>()
  for (const type of types) {
    const { id } = ownDeclaration(declaringClass(type))!
    const other = chosen.get(id)
    if (!other || lineage(type).includes(other)) chosen.set(id, type)
    else if (!lineage(other).includes(type))
      throw new UsageError(
        `${other.name} and ${type.name} are both made of the class ${declaringClass(type).name}. Export one of them, that of the server.`,
      )
  }
  return [...chosen.values()]
}
