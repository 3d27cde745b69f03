/** Network objects as arguments, as the server reads and writes them for one client, or for itself. A reference that the reader may not see is null. */

import { Reader } from '../../base/bytes.ts'
import type { Field } from '../../schema/network-class.ts'
import { attachment, type NetworkObject } from '../../schema/network-object.ts'
import { checkClass, Misfit, type References } from '../../schema/references.ts'
import type { Schema } from '../../schema/schema.ts'
import type { Authority } from './authority.ts'
import type { Bodies } from './bodies.ts'
import type { RemoteClient } from './client.ts'

export class ServerReferences implements References {
  readonly #schema: Schema
  readonly #bodies: Bodies
  readonly #viewer: RemoteClient | null

  /** @param viewer null for the server itself, which sees everything. */
  constructor(schema: Schema, bodies: Bodies, viewer: RemoteClient | null) {
    this.#schema = schema
    this.#bodies = bodies
    this.#viewer = viewer
  }

  idOf(value: unknown, target: string | number): number {
    if (value === null) return 0
    checkClass(this.#schema, value, target)
    const body = this.#bodies.get(attachment(value as NetworkObject)?.id ?? 0)
    if (body && body.object === value) return this.#viewer && !this.#viewer.sees(body) ? 0 : body.id
    // The handler of the very call that is delivered may have deleted it.
    if (this.#viewer) return 0
    throw new Misfit('an object of this server that has not been deleted', value)
  }

  objectAt(id: number, target: string | number): unknown {
    const body = this.#bodies.get(id)
    if (!body || (this.#viewer && !this.#viewer.sees(body))) return null
    checkClass(this.#schema, body.object, target)
    return body.object
  }
}

/** Kept bytes as values; objects that have been deleted since are null. */
export function valuesOf(authority: Authority, field: Field, bytes: Uint8Array): unknown[] {
  return field.codec.readArguments(new Reader(bytes), authority.references)
}
