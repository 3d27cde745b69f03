/** What a client is told of an object that comes into its view. Rules 15 and 16 of docs/guarantees.md. */
import { Writer } from '../../base/bytes.ts'
import { putEnter } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { writeArguments } from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import { valuesOf } from './references.ts'

/** Who reads a snapshot: the owner, or watchers; a certain client where references have to be seen with its eyes. */
export interface Reading {
  readonly asOwner: boolean
  readonly viewer: RemoteClient | null
}

/** True where every watcher's snapshot of such an object has the same bytes. */
export function isShared(type: NetworkClass): boolean {
  return !type.fields.some(field => field.codec.hasReferences && (field.isKept || field.has(Flags.Required)))
}

/** What getters gave, by the field's index. */
export type Asked = readonly (readonly unknown[] | undefined)[]

const nothing: Asked = []

/**
 * Asks the getters for a snapshot. They are the game's code, which may send, move, create and delete: whoever calls this decides and writes
 * nothing before, and finds the world changed behind it. Writing the snapshot itself then runs no code of the game.
 */
export function askGetters(authority: Authority, body: Body, fields: readonly Field[] = body.type.fields): Asked {
  let asked: (readonly unknown[] | undefined)[] | null = null
  for (const field of fields) {
    if (!field.getter || field.has(Flags.ServerOnly) || body.kept[field.index] || field.declaration.options.default)
      continue
    asked ??= []
    try {
      asked[field.index] = askGetter(body, field)
    } catch (error) {
      authority.emit('error', { error, where: 'getter', object: body.object, field: field.path })
    }
  }
  return asked ?? nothing
}

/** An Enter: class, ids, place, owner, then the fields with their length, so that a client may put off applying them. */
export function enterMessage(authority: Authority, body: Body, reading: Reading, asked: Asked): Uint8Array {
  const fields = new Writer(64)
  for (const field of body.type.fields) {
    if (field.has(Flags.ServerOnly) || (field.has(Flags.OwnerOnly) && !reading.asOwner)) continue
    writeField(authority, fields, body, field, reading, asked)
  }
  const { type, id, inZone, storedId, ownedBy } = body
  const w = new Writer(64)
  putEnter(w, { type: type.id, id, zone: inZone ? inZone.id : null, storedId, owner: ownedBy?.id ?? 0 })
  w.varint(fields.position)
  w.raw(fields.bytes, 0, fields.position)
  return w.slice()
}

/** A Refresh with what the owner alone may see, for a client that sees the object already; null where there is nothing. */
export function ownersPart(authority: Authority, body: Body, viewer: RemoteClient, asked: Asked): Uint8Array | null {
  return refresh(authority, body, ownersFields(body), viewer, asked)
}

/** The fields that the owner alone sees. */
export function ownersFields(body: Body): readonly Field[] {
  return body.type.fields.filter(field => field.has(Flags.OwnerOnly))
}

/** A Refresh of some kept fields, by index; null where nothing is kept. */
export function keptPart(
  authority: Authority,
  body: Body,
  indices: Iterable<number>,
  viewer: RemoteClient,
): Uint8Array | null {
  return refresh(
    authority,
    body,
    [...indices].map(index => body.type.fields[index]!),
    viewer,
    nothing,
  )
}

function refresh(
  authority: Authority,
  body: Body,
  fields: readonly Field[],
  viewer: RemoteClient,
  asked: Asked,
): Uint8Array | null {
  const values = new Writer(64)
  for (const field of fields)
    writeField(authority, values, body, field, { asOwner: body.ownedBy === viewer, viewer }, asked)
  if (values.position === 0) return null
  const w = new Writer(64)
  w.u8(Op.Refresh)
  w.varint(body.id)
  w.varint(values.position)
  w.raw(values.bytes, 0, values.position)
  return w.slice()
}

/** The arguments that stand for a field, in the bytes of one viewer; null where none do. */
export function standing(authority: Authority, body: Body, field: Field, viewer: RemoteClient): Uint8Array | null {
  if (
    field.owner !== body.type ||
    field.has(Flags.ServerOnly) ||
    (field.has(Flags.OwnerOnly) && body.ownedBy !== viewer)
  )
    return null
  const w = new Writer(32)
  writeField(
    authority,
    w,
    body,
    field,
    { asOwner: body.ownedBy === viewer, viewer },
    askGetters(authority, body, [field]),
    false,
  )
  return w.position > 0 || (field.codec.fixedBytes === 0 && body.kept[field.index]) ? w.slice() : null
}

function writeField(
  authority: Authority,
  w: Writer,
  body: Body,
  field: Field,
  reading: Reading,
  asked: Asked,
  withId = true,
): void {
  const kept = body.kept[field.index]
  const source = kept
    ? null
    : field.has(Flags.Required)
      ? (field.declaration.options.default ?? asked[field.index])
      : undefined
  if (source === undefined) return
  const start = w.position
  if (withId) w.varint(field.id)
  try {
    if (kept && !field.codec.hasReferences) w.raw(kept)
    else if (kept && reading.viewer)
      writeReferences(authority, w, field, valuesOf(authority, field, kept), reading.viewer)
    else if (reading.viewer && field.codec.hasReferences) writeReferences(authority, w, field, source!, reading.viewer)
    else writeArguments(authority, field, w, source!)
  } catch (error) {
    w.rewind(start)
    authority.emit('error', { error, where: 'getter', object: body.object, field: field.path })
  }
}

/** Writes arguments with what the viewer does not see as null. */
export function writeReferences(
  authority: Authority,
  w: Writer,
  field: Field,
  args: readonly unknown[],
  viewer: RemoteClient,
): void {
  field.codec.writeArguments(w, args, authority.referencesFor(viewer))
}

/** One value for a field of one parameter, the argument list for any other. */
function askGetter(body: Body, field: Field): readonly unknown[] {
  const result = (body.object as unknown as Record<string, () => unknown>)[field.getter!]!()
  return field.schema.params.length === 1 && field.schema.params[0]![1][0] !== 'rest'
    ? [result]
    : (result as readonly unknown[])
}
