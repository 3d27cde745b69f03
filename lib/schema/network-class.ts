/** A network class made ready for use: its fields numbered, its codecs compiled, its senders built. One per class id and side. */
import { SchemaError } from '../base/errors.ts'
import { compileField, type FieldCodec } from './codec.ts'
import {
  type AnyClass,
  type ClassDeclaration,
  declaringClass,
  type FieldDeclaration,
  lineage,
  ownDeclaration,
  ownFields,
} from './declaration.ts'
import { Flags } from './flags.ts'
import type { NetworkObject } from './network-object.ts'
import type { FieldSchema } from './shape.ts'

export type NetworkObjectClass<T extends NetworkObject = NetworkObject> = new () => T

/** One field of one class, ready for use. */
export class Field {
  declare readonly owner: NetworkClass
  declare readonly id: number
  /** Place among the class's fields: dense, where ids may be pinned far apart. */
  declare readonly index: number
  declare readonly name: string
  declare readonly flags: number
  declare readonly schema: FieldSchema
  declare readonly declaration: FieldDeclaration
  /** The field's number in the whole schema: what calls name on the wire. */
  key = -1
  codec!: FieldCodec
  declare readonly isRequest: boolean
  /** RAM or Database: the last call is kept. */
  declare readonly isKept: boolean
  /** Only the newest call of a tick need arrive. */
  declare readonly isLatest: boolean
  /** The method that a Required field falls back to, or null. */
  getter: string | null = null

  constructor(owner: NetworkClass, id: number, index: number, declaration: FieldDeclaration) {
    this.owner = owner
    this.id = id
    this.index = index
    this.name = declaration.name
    this.flags = declaration.flags
    // Registering the class has made sure that there is one.
    this.schema = declaration.schema!
    this.declaration = declaration
    this.isRequest = this.schema.result !== undefined
    this.isKept = this.has(Flags.RAM)
    this.isLatest = this.has(Flags.Latest)
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  /** `Player.moveTo`, for messages. */
  get path(): string {
    return `${this.owner.name}.${this.name}`
  }
}

export class NetworkClass {
  declare readonly id: number
  declare readonly name: string
  declare readonly declaration: ClassDeclaration
  /** The class that instances are made of: the side's own subclass. */
  declare readonly construct: NetworkObjectClass
  declare readonly fields: readonly Field[]

  constructor(construct: NetworkObjectClass) {
    const declaring = declaringClass(construct)
    this.declaration = ownDeclaration(declaring)!
    this.id = this.declaration.id
    this.name = this.declaration.name
    this.construct = construct
    for (const level of lineage(construct)) {
      if (level === declaring) break
      const stray = [...ownFields(level).keys()][0]
      if (stray !== undefined)
        throw new SchemaError(
          `${level.name}.${stray} bears @field, but ${level.name} bears no @networkClass: both sides must know every field. Move it to ${this.name}.`,
        )
    }
    this.fields = numberFields(declaring).map(({ id, declaration }, index) => new Field(this, id, index, declaration))
  }

  fieldById(id: number): Field | undefined {
    const near = this.fields[id]
    return near?.id === id ? near : this.fields.find(field => field.id === id)
  }

  /** Compiles the codecs; after `loadCodecs`. */
  compile(): void {
    for (const field of this.fields) field.codec = compileField(field.schema, this.declaration.registry)
  }
}

/**
 * Ids from 0: a base class's fields first, then each level's own by name; an override keeps its base's id.
 * A pinned id is taken out of the run. Load order plays no part.
 */
export function numberFields(declaring: AnyClass): { id: number; declaration: FieldDeclaration }[] {
  const byName = new Map<string, FieldDeclaration>()
  for (const level of lineage(declaring).reverse())
    for (const field of [...ownFields(level).values()].sort((a, b) => (a.name < b.name ? -1 : 1)))
      byName.set(field.name, inherit(byName.get(field.name), field))
  const taken = new Map<number, string>()
  for (const { name, options } of byName.values()) {
    if (options.id === undefined) continue
    const holder = taken.get(options.id)
    if (holder !== undefined)
      throw new SchemaError(`${declaring.name}: the fields ${holder} and ${name} are both pinned to id ${options.id}.`)
    taken.set(options.id, name)
  }
  let next = 0
  return [...byName.values()]
    .map(declaration => {
      while (taken.has(next)) next++
      return { id: declaration.options.id ?? next++, declaration }
    })
    .sort((a, b) => a.id - b.id)
}

/** An override that pins nothing keeps what its base pinned; Map.set keeps the base's place in the order. */
function inherit(base: FieldDeclaration | undefined, own: FieldDeclaration): FieldDeclaration {
  const id = own.options.id ?? base?.options.id
  return id === undefined ? own : { ...own, options: { ...own.options, id } }
}
