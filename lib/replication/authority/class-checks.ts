/** What a server asks of its classes before it starts, beyond what both sides check. */
import { Writer } from '../../base/bytes.ts'
import { SchemaError } from '../../base/errors.ts'
import { Misfit, type References } from '../../schema/codec.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Schema } from '../../schema/schema.ts'
import type { Body } from './body.ts'
import { isStored } from './persistence.ts'

/** A Required field of which nothing but its last call gives the value. Once the server is made, which finds the getters. */
export const needsCall = (field: Field): boolean =>
  field.has(Flags.Required) && !field.declaration.options.default && !field.getter

/** A Required field of an object that has no value. */
export const missingRequired = (body: Body): Field | undefined =>
  body.type.fields.find(field => needsCall(field) && !body.kept[field.index])

/** Finds or refuses the source of every Required field. Rule 15 of docs/guarantees.md. */
export function requireSources(schema: Schema): void {
  for (const field of schema.fields) {
    if (field.declaration.options.durable && !field.isRequest)
      throw new SchemaError(`${field.path} is durable, but nobody awaits its answer: let the method return a Promise.`)
    if (!field.has(Flags.Required)) continue
    field.getter = getterOf(field)
    if (field.isKept || !needsCall(field)) continue
    throw new SchemaError(
      `${field.path} is Required, but nothing gives its value: keep it (Flags.RAM), give it a default (@field(flags, { default: [...] })), or write a method ${getterName(field.name)}().`,
    )
  }
}

/** @throws SchemaError for a default that its field's types do not take. Once the codecs are compiled. */
export function checkDefaults(schema: Schema, references: References): void {
  for (const field of schema.fields) {
    const { default: values } = field.declaration.options
    if (!values) continue
    try {
      field.codec.writeArguments(new Writer(), values, references)
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      throw new SchemaError(`${field.path}: its default does not fit: ${error.message}.`, { cause: error })
    }
  }
}

/** What works, but hardly as meant. Rules 12 and 16 of docs/guarantees.md. */
export function warnings(schema: Schema, stores: boolean): string[] {
  const stored = schema.fields.filter(isStored)
  const exposed = stored.filter(field => !field.has(Flags.Broadcast | Flags.OwnerOnly | Flags.ServerOnly))
  return [
    ...exposed.map(
      field =>
        `${field.path} is kept in the database and shown to everyone who comes to see the object. Add Flags.OwnerOnly or Flags.ServerOnly if it is private, Flags.Broadcast if it is not.`,
    ),
    ...[...new Set(stores ? [] : stored.map(field => field.owner.name))].map(
      name =>
        `${name} has Database fields, but the server has no store: they are kept in memory alone. Give it one: createServer({ store: lmdbStore('./world') }).`,
    ),
  ]
}

function getterName(field: string): string {
  const bare = /^set[A-Z]/.test(field) ? field.slice(3) : field
  return `get${bare[0]!.toUpperCase()}${bare.slice(1)}`
}

function getterOf(field: Field): string | null {
  const name = getterName(field.name)
  return typeof (field.owner.construct.prototype as unknown as Record<string, unknown>)[name] === 'function'
    ? name
    : null
}
