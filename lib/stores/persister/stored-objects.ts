/** Stored objects as a game reads and changes them without loading them. Rule 14 of docs/guarantees.md. */
import { StoreError, UsageError } from '../../base/errors.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import type { Body } from '../../replication/authority/body.ts'
import { isStored } from '../../replication/authority/persistence.ts'
import type {
  FindOptions,
  ServerStore,
  StorageState,
  StoredFields,
  StoredObject,
  UpdateOptions,
  UpdateResult,
} from '../../replication/authority/stored.ts'
import { type ServerCall, sendTogether } from '../../replication/authority/together.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import { type Commit, type Damaged, type Deletion, isDamaged, type Store, type StoredRow } from '../store.ts'
import type { FieldValues } from './field-values.ts'
import { find } from './find.ts'
import type { StoredRecord } from './record.ts'
import type { Residents } from './residents.ts'
import type { RowReader } from './row-reader.ts'
import { keepText, objectOf, type RowContent, rowFrom, standingText } from './rows.ts'

/** How often a change is tried again when another came between. */
const ATTEMPTS = 20

/** The parts of the persister that rows are read and written with. */
export interface Shelf {
  readonly store: Store
  readonly residents: Residents
  readonly values: FieldValues
  readonly reader: RowReader
  readonly state: StorageState
  /** Resolves when all that has been accepted so far is durable. */
  flushed(): Promise<void>
  commit(commit: Commit): Promise<boolean>
  recordOf(body: Body): StoredRecord
  /** Above that of a row, and of all that may still be written of it. */
  nextVersion(row: Deletion): number
}

type Changes = Readonly<Record<string, readonly unknown[]>>
type Expected = Readonly<Record<string, readonly unknown[] | null>>

/** A field with its arguments as its types make them. */
type Given<A = readonly unknown[]> = readonly [Field, A]

export class StoredObjects implements ServerStore {
  readonly #shelf: Shelf
  readonly #authority: Authority

  constructor(shelf: Shelf, authority: Authority) {
    this.#shelf = shelf
    this.#authority = authority
  }

  get state(): StorageState {
    return this.#shelf.state
  }

  async read(id: string): Promise<StoredObject | null> {
    return this.#shelf.residents.alone(id, async body => {
      if (body) return this.#live(body)
      const row = await this.#row(id)
      return row ? objectOf(this.#shelf.reader.read(row)) : null
    })
  }

  async update(id: string, fields: Changes, { expect = {} }: UpdateOptions = {}): Promise<UpdateResult> {
    for (;;) {
      const result = await this.#shelf.residents.alone(id, body =>
        body ? this.#updateLive(body, fields, expect) : this.#updateStored(id, fields, expect),
      )
      if (result) return result
    }
  }

  async delete(id: string): Promise<boolean> {
    return this.#shelf.residents.alone(id, async body => {
      if (!body) return this.#deleteStored(id)
      this.#authority.delete(body)
      await body.saved()
      return true
    })
  }

  find(type: NetworkClass, where: Readonly<Record<string, unknown>>, options: FindOptions): Promise<StoredObject[]> {
    return find(this.#shelf, this.#authority, type, where, options)
  }

  // ---- in the game

  #live(body: Body): StoredObject {
    const { values } = this.#shelf
    const record = this.#shelf.recordOf(body)
    const fields: StoredFields = {}
    for (const field of body.type.fields) {
      const bytes = isStored(field) && body.kept[field.index]
      if (!bytes) continue
      const text = record.rest?.get(field.name)
      fields[field.name] = text ? values.ofRow(field, JSON.parse(text) as unknown[]) : values.ofBytes(field, bytes)
    }
    return { id: body.storedId!, class: body.type.name, owner: record.owner, zone: record.zone, fields }
  }

  /** Null where the object has left memory before its turn came. */
  async #updateLive(body: Body, fields: Changes, expect: Expected): Promise<UpdateResult | null> {
    const { values } = this.#shelf
    const record = this.#shelf.recordOf(body)
    const changes = this.#changes(body.type, fields)
    const expected = this.#expected(body.type, expect)
    const calls = changes.map(([field, args]): ServerCall => ({ field, bytes: values.bytes(field, args) }))
    const outcome = await sendTogether(this.#authority, body, calls, {
      mayBegin: () =>
        expected.every(
          ([field, args]) => (standingText(values, body, record, field) ?? 'null') === this.#text(field, args),
        ),
      accepted: passed => {
        for (const [i, [field, args]] of changes.entries()) {
          const text = field.codec.hasReferences ? values.text(field, args) : ''
          if (passed[i] === calls[i] && text.includes('"$object"')) keepText(record, field.name, text)
        }
      },
    })
    if (outcome === 'gone') return null
    const done = outcome === 'done'
    if (done) await body.saved()
    return { done, stands: this.#live(body) }
  }

  // ---- in the store

  async #row(id: string): Promise<StoredRow | Damaged | undefined> {
    return (await this.#shelf.store.get([id]))[0]
  }

  async #updateStored(id: string, fields: Changes, expect: Expected): Promise<UpdateResult> {
    const { reader } = this.#shelf
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const row = await this.#row(id)
      if (!row) return { done: false, stands: null }
      const content = reader.read(row)
      const { type } = content
      const changes = this.#changes(type, fields)
      const holds = this.#expected(type, expect).every(
        ([field, args]) => this.#text(field, content.fields.get(field)) === this.#text(field, args),
      )
      if (!holds || changes.length === 0) return { done: holds, stands: objectOf(content) }
      for (const [field, args] of changes) {
        content.fields.set(field, args)
        content.rest.delete(field.name)
      }
      if (await this.#put(content)) return { done: true, stands: objectOf(content) }
    }
    throw new StoreError(
      'retryable',
      `The stored object ${id} was changed ${ATTEMPTS} times while it was to be updated.`,
    )
  }

  /** False where the row has been changed since it was read. */
  #put({ type, row, fields, rest }: RowContent): Promise<boolean> {
    const texts = new Map<string, string>()
    for (const [field, args] of fields) texts.set(field.name, this.#text(field, args))
    for (const [name, text] of rest) texts.set(name, text)
    const version = this.#shelf.nextVersion(row)
    return this.#shelf.commit({
      put: [rowFrom(type, { ...row, version }, texts)],
      expect: [{ id: row.id, version: row.version }],
    })
  }

  async #deleteStored(id: string): Promise<boolean> {
    const row = await this.#row(id)
    if (!row) return false
    if (isDamaged(row)) throw new StoreError('fatal', `The stored object ${id} cannot be read: ${row.damaged}.`)
    const version = this.#shelf.nextVersion(row)
    await this.#shelf.commit({ put: [], del: [{ id, version }] })
    return true
  }

  // ---- values

  #text(field: Field, args: readonly unknown[] | null | undefined): string {
    return args ? this.#shelf.values.text(field, args) : 'null'
  }

  /** @throws UsageError, ArgumentError */
  #changes(type: NetworkClass, fields: Changes): Given[] {
    return Object.entries(fields).map(([name, args]) => {
      const field = storedField(type, name)
      return [field, this.#shelf.values.given(field, args)]
    })
  }

  /** @throws UsageError, ArgumentError */
  #expected(type: NetworkClass, fields: Expected): Given<readonly unknown[] | null>[] {
    return Object.entries(fields).map(([name, args]) => {
      const field = storedField(type, name)
      return [field, args === null ? null : this.#shelf.values.given(field, args)]
    })
  }
}

function storedField(type: NetworkClass, name: string): Field {
  const field = type.fields.find(field => field.name === name)
  if (field && isStored(field)) return field
  throw new UsageError(`${type.name} has no Database field ${name}.`)
}
