/** The arguments of Database fields in their three forms: as a game has them, in the bytes of a call, and as JSON in a row. */
import { Reader } from '../../base/bytes.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import { nameMisfit, withWriter } from '../../replication/authority/call-arguments.ts'
import { Misfit, type References } from '../../schema/codec.ts'
import type { Field } from '../../schema/network-class.ts'
import { NetworkObject } from '../../schema/network-object.ts'
import { isStoredId } from '../store.ts'
import { fromStored, type Json, plainText, StoredReference, type StoredReferences, toStored } from './stored-values.ts'

export class FieldValues {
  readonly references: StoredReferences
  readonly #authority: Authority
  /** For kept bytes, one after the other: a call of `kept` leads to no other. */
  readonly #reader = new Reader()

  constructor(authority: Authority, references: StoredReferences) {
    this.#authority = authority
    this.references = references
  }

  /**
   * What a game gives, as the field's types make it: rounded, with what was left out, and with a StoredReference for each stored object that is not in the game, for which
   * `{ storedId }` may stand. @throws Misfit
   */
  normal(field: Field, args: readonly unknown[]): unknown[] {
    const refs = field.codec.hasReferences ? new RowReferences(this.#authority, this.references) : null
    return withWriter(w => {
      field.codec.writeArguments(w, args, refs ?? this.#authority.references)
      return this.ofBytes(field, w.slice(), refs)
    })
  }

  /** The same of what may be anything. @throws ArgumentError */
  given(field: Field, args: unknown): unknown[] {
    try {
      checkList(args)
      return this.normal(field, args)
    } catch (error) {
      throw nameMisfit(error, field.path)
    }
  }

  /** From a row. @throws Misfit */
  ofRow(field: Field, stored: readonly unknown[]): unknown[] {
    return this.normal(field, fromStored(stored, field.owner.declaration.registry, this.references))
  }

  /** From kept bytes. */
  ofBytes(field: Field, bytes: Uint8Array, refs: References | null = null): unknown[] {
    return field.codec.readArguments(new Reader(bytes), refs ?? this.#authority.references)
  }

  /** From kept bytes, without the optional arguments at the end that were left out. */
  kept(field: Field, bytes: Uint8Array): readonly unknown[] {
    this.#reader.reset(bytes)
    return given(field.codec.readArguments(this.#reader, this.#authority.references))
  }

  /** For a row: without the optional arguments at the end that were left out. */
  row(field: Field, args: readonly unknown[]): readonly Json[] {
    return toStored(given(args), field.owner.declaration.registry, this.references)
  }

  /** For a row, as text. */
  text(field: Field, args: readonly unknown[]): string {
    return plainText(given(args)) ?? JSON.stringify(this.row(field, args))
  }

  /** In the bytes of a call, of what `normal` or `ofRow` gave; what is not in the game is null there. */
  bytes(field: Field, args: readonly unknown[]): Uint8Array {
    const { references } = this.#authority
    const present: References = {
      idOf: (value, target) => (value instanceof StoredReference ? 0 : references.idOf(value, target)),
      objectAt: (id, target) => references.objectAt(id, target),
    }
    return withWriter(w => {
      field.codec.writeArguments(w, args, field.codec.hasReferences ? present : references)
      return w.slice()
    })
  }
}

function given(args: readonly unknown[]): readonly unknown[] {
  let { length } = args
  while (length > 0 && args[length - 1] === undefined) length--
  return length === args.length ? args : args.slice(0, length)
}

/** Objects in the game by their ids, and others by numbers that are used for nothing else while one list of arguments is written and read. */
class RowReferences implements References {
  readonly #authority: Authority
  readonly #stored: StoredReferences
  readonly #absent = new Map<number, StoredReference>()
  #last = 0xffffffff

  constructor(authority: Authority, stored: StoredReferences) {
    this.#authority = authority
    this.#stored = stored
  }

  idOf(value: unknown, target: string | number): number {
    const { references, bodies } = this.#authority
    const storedId = value instanceof NetworkObject ? null : (value as StoredReference | null)?.storedId
    if (!isStoredId(storedId)) return references.idOf(value, target)
    const object = this.#stored.objectAt(storedId)
    if (object) return references.idOf(object, target)
    while (bodies.has(this.#last)) this.#last--
    this.#absent.set(this.#last, value instanceof StoredReference ? value : new StoredReference(storedId))
    return this.#last--
  }

  objectAt(id: number, target: string | number): unknown {
    return this.#absent.get(id) ?? this.#authority.references.objectAt(id, target)
  }
}

/** @throws Misfit for what is no list. */
export function checkList(args: unknown): asserts args is readonly unknown[] {
  if (!Array.isArray(args)) throw new Misfit('a list of arguments', args)
}
