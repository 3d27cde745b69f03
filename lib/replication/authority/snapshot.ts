/** What a client is told of an object that comes into its view. Rules 15 and 16 of docs/guarantees.md. */
import type { Writer } from '../../base/bytes.ts'
import { putBytes } from '../../base/put-bytes.ts'
import { putEnter } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { withWriter, writeArguments } from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import { valuesOf } from './references.ts'

/** Who reads a snapshot: the owner, or watchers; a certain client where references have to be seen with its eyes. */
export interface Reading {
  readonly asOwner: boolean
  readonly viewer: RemoteClient | null
}

/** What getters gave, by the field's index. */
export type Asked = readonly (readonly unknown[] | undefined)[]

const nothing: Asked = []

/**
 * Asks the getters for a snapshot. They are the game's code, which may send, move, create and delete: whoever calls this decides and writes
 * nothing before, and finds the world changed behind it. Writing the snapshot itself then runs no code of the game.
 */
export function askGetters(
  authority: Authority,
  body: Body,
  fields: readonly Field[] = body.archetype.snapshot.getters,
): Asked {
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
export function writeEnter(
  authority: Authority,
  w: Writer,
  body: Body,
  reading: Reading,
  asked: Asked = nothing,
): void {
  const { id, inZone, activity, archetype } = body
  putEnter(w, archetype.type.id, id, inZone ? inZone.id : null, activity?.stored?.id ?? null, activity?.owner?.id ?? 0)
  const start = beginLength(w)
  const kept = activity?.kept
  for (const field of archetype.snapshot.fields) {
    if (field.has(Flags.OwnerOnly) && !reading.asOwner) continue
    const bytes = kept?.[field.index]
    if (bytes && !field.codec.hasReferences) {
      w.varint(field.id)
      putBytes(w, bytes, 0, bytes.length)
    } else if (bytes || field.has(Flags.Required)) writeField(authority, w, body, field, reading, asked)
  }
  endLength(w, start)
}

/** The same as bytes of its own. */
export function enterMessage(authority: Authority, body: Body, reading: Reading, asked: Asked): Uint8Array {
  return withWriter(w => {
    writeEnter(authority, w, body, reading, asked)
    return w.slice()
  })
}

/** A Refresh with what the owner alone may see, for a client that sees the object already; null where there is nothing. */
export function ownersPart(authority: Authority, body: Body, viewer: RemoteClient, asked: Asked): Uint8Array | null {
  return refresh(authority, body, body.archetype.snapshot.ownersFields, viewer, asked)
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
  return withWriter(w => {
    w.u8(Op.Refresh)
    w.varint(body.id)
    const start = beginLength(w)
    const reading = { asOwner: body.ownedBy === viewer, viewer }
    for (const field of fields) writeField(authority, w, body, field, reading, asked)
    if (w.position === start) return null
    endLength(w, start)
    return w.slice()
  })
}

/** The arguments that stand for a field, in the bytes of one viewer; null where none do. */
export function standing(authority: Authority, body: Body, field: Field, viewer: RemoteClient): Uint8Array | null {
  if (
    field.owner !== body.type ||
    field.has(Flags.ServerOnly) ||
    (field.has(Flags.OwnerOnly) && body.ownedBy !== viewer)
  )
    return null
  const asked = askGetters(authority, body, [field])
  return withWriter(w => {
    writeField(authority, w, body, field, { asOwner: body.ownedBy === viewer, viewer }, asked, false)
    return w.position > 0 || (field.codec.minBytes === 0 && body.kept[field.index]) ? w.slice() : null
  })
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
  if (kept && !field.codec.hasReferences) {
    if (withId) w.varint(field.id)
    return putBytes(w, kept, 0, kept.length)
  }
  const source = kept
    ? null
    : field.has(Flags.Required)
      ? (field.declaration.options.default ?? asked[field.index])
      : undefined
  if (source === undefined) return
  const start = w.position
  if (withId) w.varint(field.id)
  try {
    if (kept && reading.viewer) writeReferences(authority, w, field, valuesOf(authority, field, kept), reading.viewer)
    else if (reading.viewer && field.codec.hasReferences) writeReferences(authority, w, field, source!, reading.viewer)
    else writeArguments(authority, field, w, source!)
  } catch (error) {
    w.rewind(start)
    // Later: whoever listens may delete what is being written.
    authority.clock.soon(() =>
      authority.emit('error', { error, where: 'getter', object: body.object, field: field.path }),
    )
  }
}

/** Leaves the one byte that most lengths take, and gives the position behind it. */
function beginLength(w: Writer): number {
  w.u8(0)
  return w.position
}

/** Writes the length of what came since into its place, and makes room where that takes more than a byte. */
function endLength(w: Writer, start: number): void {
  const length = w.position - start
  if (length < 0x80) {
    w.bytes[start - 1] = length
    return
  }
  const room = length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : 3
  w.reserve(room)
  w.bytes.copyWithin(start + room, start, start + length)
  w.position = start - 1
  w.varint(length)
  w.position = start + room + length
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
