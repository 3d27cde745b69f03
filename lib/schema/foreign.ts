/** Classes that one side knows from the schema file alone: their objects are seen there, and nothing more. */
import { SchemaError, UsageError } from '../base/errors.ts'
import { hash64 } from '../base/hash.ts'
import { normalizeField } from './canonical.ts'
import { declareField, declaringClass, ownDeclaration } from './declaration.ts'
import { Flags } from './flags.ts'
import type { NetworkObjectClass } from './network-class.ts'
import { NetworkObject } from './network-object.ts'
import { hashedText } from './outline.ts'
import { Registry } from './registry.ts'
import type { FieldSchema, ParameterShape } from './shape.ts'
import { registerClass } from './validate.ts'

/** What `fieldcast schema --write` writes. */
export interface SchemaFile {
  readonly format: number
  readonly hash: string
  readonly classes: readonly ClassEntry[]
}

/** One class of it. Whatever else an entry says is of no matter here. */
export interface ClassEntry {
  readonly id: number
  readonly name: string
  readonly fields: readonly FieldEntry[]
}

export interface FieldEntry {
  readonly id: number
  readonly name: string
  /** Names of Flags. */
  readonly flags: readonly string[]
  /** Of each parameter its name and its shape. */
  readonly params: readonly (readonly unknown[])[]
  readonly result?: unknown
  readonly types?: unknown
}

/** The form of the file that is understood here. */
const FORMAT = 1

const anew = 'Write it anew: fieldcast schema --write.'

/** An object of a class that this side does not have. */
abstract class Foreign extends NetworkObject {
  override get send(): this {
    return refuse(this)
  }

  override sendTo(): this {
    return refuse(this)
  }

  override sendExcept(): this {
    return refuse(this)
  }
}

/** Whether an object is of a class that this side knows from the schema file alone. */
export const isForeign = (object: NetworkObject): boolean => object instanceof Foreign

/**
 * Classes in the place of those that this side does not have: with them its schema is the whole game's, and the other side takes it.
 *
 * ```ts
 * import schema from './fieldcast.schema.json' with { type: 'json' }
 * const own = [ClientPlayer]
 * const client = await connect(url, { classes: [...own, ...classesFrom(schema, own)] })
 * ```
 *
 * Objects of such a class come into view and leave it. Their handlers do nothing, whoever calls; sending throws UsageError.
 *
 * @param schema the content of a file that `fieldcast schema --write` wrote, parsed.
 * @param own the classes that this side does have, decorated themselves or subclasses of such: nothing is made for them.
 * @throws SchemaError for a file that is none, was changed by hand, or lacks a class of `own`; what the fields of `own` are is compared when the sides connect.
 */
export function classesFrom(schema: SchemaFile, own: readonly NetworkObjectClass[] = []): NetworkObjectClass[] {
  check(schema)
  const known = new Map(own.map(type => [ownDeclaration(declaringClass(type))!.id, type]))
  const ids = new Set(schema.classes.map(({ id }) => id))
  for (const [id, { name }] of known)
    if (!ids.has(id)) throw new SchemaError(`The schema file has no class ${id}, which ${name} is. ${anew}`)
  const registry = new Registry()
  return schema.classes.filter(({ id }) => !known.has(id)).map(entry => foreignClass(entry, registry))
}

function foreignClass({ id, name, fields }: ClassEntry, registry: Registry): NetworkObjectClass {
  const made = class extends Foreign {}
  Object.defineProperty(made, 'name', { value: name })
  for (const field of fields) {
    declareField(made.prototype, {
      name: field.name,
      flags: flagsOf(field),
      options: { id: field.id },
      schema: normalizeField(schemaOf(field)),
    })
    addMethod(made, field.name)
    // Only a server asks for it, when it makes such an object.
    if (field.flags.includes('Required')) addMethod(made, getterOf(field.name))
  }
  registerClass(made, { id, name, options: { registry }, registry })
  return made
}

/** A handler that does nothing. What NetworkObject has stays; `registerClass` refuses such fields. */
function addMethod(made: NetworkObjectClass, name: string): void {
  if (name in made.prototype) return
  Object.defineProperty(made.prototype, name, { value: () => undefined, configurable: true, writable: true })
}

/** `getName` for `name` and `setName`. */
const getterOf = (field: string): string => {
  const bare = /^set[A-Z]/.test(field) ? field.slice(3) : field
  return `get${bare[0]?.toUpperCase()}${bare.slice(1)}`
}

/** References name ids in the file, and 0 for any object. */
function schemaOf({ params, result, types }: FieldEntry): FieldSchema {
  return {
    params: params.map(([name, shape]) => [name, named(shape)]) as unknown as ParameterShape[],
    ...(result !== undefined && { result: named(result) }),
    ...(types !== undefined && { types: named(types) }),
  } as FieldSchema
}

function named(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part
  if (!Array.isArray(part)) return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, named(inner)]))
  if (part[0] === 'enum') return part
  if (part[0] === 'ref') return part[1] === 0 ? ['ref', 'NetworkObject'] : part
  return part.map(named)
}

function flagsOf({ flags, name }: FieldEntry): number {
  return flags.reduce((all, flag) => {
    if (!Object.hasOwn(Flags, flag))
      throw new SchemaError(`The schema file gives ${name} the flag ${flag}, which is none. ${anew}`)
    return all | Flags[flag as keyof typeof Flags]
  }, 0)
}

/** @throws SchemaError for what `fieldcast schema --write` did not write. */
function check(schema: SchemaFile): void {
  const { format } = Object(schema) as Partial<SchemaFile>
  if (typeof format === 'number' && format > FORMAT)
    throw new SchemaError(
      `The schema file was written by a newer fieldcast: its format is ${format}, and this one knows ${FORMAT}.`,
    )
  let hash: string | undefined
  try {
    const outline = schema.classes.map(({ id, name, fields }) => ({
      id,
      name,
      fields: fields.map(field => ({
        ...field,
        flags: flagsOf(field),
        params: field.params.map(([, shape]) => shape),
      })),
    }))
    hash = hash64(hashedText(outline))
  } catch (error) {
    if (error instanceof SchemaError) throw error
  }
  if (format !== FORMAT || hash === undefined)
    throw new SchemaError(
      `This is no schema file: classesFrom takes the parsed content of fieldcast.schema.json. ${anew}`,
    )
  if (hash !== schema.hash)
    throw new SchemaError(`The schema file was changed by hand: its hash does not fit the rest. ${anew}`)
}

function refuse(object: NetworkObject): never {
  const { name } = object.constructor
  throw new UsageError(
    `This side knows ${name} from the schema file alone, and cannot send its calls. Import the class, and name it in \`classes\`.`,
  )
}
