/** The arguments of a call between values and bytes, on the server. */
import { Reader, Writer } from '../../base/bytes.ts'
import { ArgumentError, MalformedError } from '../../base/errors.ts'
import { Misfit } from '../../schema/codec.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Archetype } from './archetype.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'
import { roundPlain } from './plain-arguments.ts'

// Calls nest (a handler sends on another object), so each depth has a writer of its own, and a reader that stays on its bytes.
const desks: { readonly writer: Writer; readonly reader: Reader }[] = []
let depth = 0

/** Lends a writer that nobody else uses until `returnWriter`, which belongs into a `finally`. */
export function borrowWriter(): Writer {
  const { writer } = (desks[depth] ??= { writer: new Writer(256), reader: new Reader() })
  depth++
  writer.reset()
  return writer
}

export function returnWriter(): void {
  depth--
}

/** The same for the time of `use`. Where every call passes, borrow instead: the closure costs it a context on the heap. */
export function withWriter<T>(use: (w: Writer) => T): T {
  const w = borrowWriter()
  try {
    return use(w)
  } finally {
    returnWriter()
  }
}

/** Writes arguments or throws what tells the caller which of them does not fit. */
export function writeArguments(authority: Authority, field: Field, w: Writer, args: readonly unknown[]): void {
  try {
    field.codec.writeArguments(w, args, authority.references)
  } catch (error) {
    throw nameMisfit(error, field.path)
  }
}

/** A misfit as the error that its sender gets. */
export function nameMisfit(error: unknown, path: string): unknown {
  return error instanceof Misfit ? new ArgumentError(`${path}: ${error.message}`, { cause: error }) : error
}

/** What the writer borrowed last has just been given, as the values that it comes to. Plain arguments are not read back: they are put right where they stand. */
export function passThrough(
  authority: Authority,
  archetype: Archetype,
  field: Field,
  w: Writer,
  args: unknown[],
): readonly unknown[] {
  const kinds = archetype.plainKinds[field.index]!
  if (kinds) return roundPlain(kinds, args)
  const { reader } = desks[depth - 1]!
  reader.reset(w.bytes, 0, w.position)
  return field.codec.readArguments(reader, authority.references)
}

/** Reads all that is left as the arguments of a field, with a client's eyes. @throws what `misfitOf` takes. */
export function readArguments(authority: Authority, client: RemoteClient, field: Field, r: Reader): unknown[] {
  const { codec } = field
  const args = codec.readArguments(r, codec.hasReferences ? authority.referencesFor(client) : authority.references)
  r.finish()
  return args
}

/** Arguments with references, as they are kept: what the client may not refer to has been read as null, so its own bytes will not do. */
export function argumentBytes(authority: Authority, field: Field, args: readonly unknown[]): Uint8Array {
  return withWriter(w => {
    writeArguments(authority, field, w, args)
    return w.slice()
  })
}

/** The error where it says that a client's arguments do not fit. @throws any other. */
export function misfitOf(error: unknown): Error {
  if (error instanceof Misfit || error instanceof MalformedError || error instanceof ArgumentError) return error
  throw error
}
