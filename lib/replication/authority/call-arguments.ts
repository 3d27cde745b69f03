/** The arguments of a call between values and bytes, on the server. */
import { Reader, Writer } from '../../base/bytes.ts'
import { ArgumentError, MalformedError } from '../../base/errors.ts'
import { Misfit } from '../../schema/codec.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'

// Calls nest (a handler sends on another object), so each depth has a writer of its own.
const writers: Writer[] = []
let depth = 0

/** Lends a writer that nobody else uses until `use` returns. */
export function withWriter<T>(use: (w: Writer) => T): T {
  const w = (writers[depth] ??= new Writer(256))
  w.reset()
  depth++
  try {
    return use(w)
  } finally {
    depth--
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

/** What was just written, as the values that it comes to. */
export function readBack(authority: Authority, field: Field, w: Writer): unknown[] {
  return field.codec.readArguments(new Reader(w.bytes.subarray(0, w.position)), authority.references)
}

/** A client's arguments, as values and in bytes. */
export interface Received {
  readonly args: unknown[]
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

/** Reads all that is left as the arguments of a field. @throws what `misfitOf` takes. */
export function readReceived(authority: Authority, client: RemoteClient, field: Field, r: Reader): Received {
  const from = r.position
  const args = field.codec.readArguments(r, authority.referencesFor(client))
  r.finish()
  if (!field.codec.hasReferences) return { args, bytes: r.bytes, from, to: r.end }
  // What the client may not refer to has been read as null: its bytes must not be what is kept.
  return withWriter(w => {
    writeArguments(authority, field, w, args)
    return { args, bytes: w.slice(), from: 0, to: w.position }
  })
}

/** The error where it says that a client's arguments do not fit. @throws any other. */
export function misfitOf(error: unknown): Error {
  if (error instanceof Misfit || error instanceof MalformedError || error instanceof ArgumentError) return error
  throw error
}
