/** From rows of a store to what today's classes take of them. What they do not take is told, and kept as it is. Rule 13 of docs/guarantees.md. */
import { StoreError } from '../../base/errors.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import { isStored } from '../../replication/authority/persistence.ts'
import { Misfit } from '../../schema/codec.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import { type Damaged, isDamaged, type StoredRow } from '../store.ts'
import { checkList, type FieldValues } from './field-values.ts'
import { type Fields, migratedFields, renamed } from './restore.ts'
import { formatOf, parseRow, type RowContent } from './rows.ts'
import { fromStored } from './stored-values.ts'

export class RowReader {
  readonly #authority: Authority
  readonly #values: FieldValues
  readonly #store: string
  /** Of fields that a class does not have it is enough to say so once. */
  readonly #told = new Set<string>()

  /** @param store its name, for messages. */
  constructor(authority: Authority, values: FieldValues, store: string) {
    this.#authority = authority
    this.#values = values
    this.#store = store
  }

  /** @throws StoreError for a row of which nothing can be read. */
  read(row: StoredRow | Damaged): RowContent {
    const type = this.typeOf(row)
    const content: RowContent = { type, row: row as StoredRow, fields: new Map(), rest: new Map() }
    let lists: Fields = new Map()
    for (const [name, value] of Object.entries(this.#parsed(content.row)))
      this.#fitting(content, name, value, () => {
        checkList(value)
        lists.set(name, value)
      })
    lists = renamed(type, this.#migrated(content, lists))
    for (const field of type.fields) {
      if (!isStored(field)) continue
      const list = lists.get(field.name)
      lists.delete(field.name)
      if (list)
        this.#fitting(content, field.name, list, () => content.fields.set(field, this.#values.ofRow(field, list)))
    }
    for (const [name, list] of lists) this.#tellUnknown(content, name, list)
    return content
  }

  /** The class of a row. @throws StoreError where this server cannot read it. */
  typeOf(row: StoredRow | Damaged): NetworkClass {
    if (isDamaged(row)) throw this.#unreadable(row, row.damaged)
    const type = [...this.#authority.schema.classes.values()].find(({ name }) => name === row.class)
    if (!type) throw this.#unreadable(row, `it is a ${row.class}, which is none of this server's classes`)
    const today = formatOf(type)
    if (row.format > today)
      throw this.#unreadable(
        row,
        `it was written by version ${row.format} of ${type.name}, and this server has version ${today}`,
      )
    if (row.zone !== null && row.zone >>> 0 !== row.zone) throw this.#unreadable(row, `its zone is ${row.zone}`)
    return type
  }

  #unreadable({ id }: { readonly id: string }, what: string, cause?: unknown): StoreError {
    return new StoreError(
      'fatal',
      `The stored object ${id} cannot be read: ${what}. It stays in ${this.#store} as it is.`,
      cause === undefined ? {} : { cause },
    )
  }

  #parsed(row: StoredRow): object {
    try {
      return parseRow(row.fields)
    } catch (error) {
      throw this.#unreadable(row, (error as Error).message, error)
    }
  }

  /** What is no stored form at all, `migrate` is not given. */
  #migrated(content: RowContent, lists: Fields): Fields {
    const { type, row } = content
    if (row.format >= formatOf(type)) return lists
    const { references } = this.#values
    const sound: Fields = new Map()
    for (const [name, list] of lists)
      this.#fitting(content, name, list, () => {
        fromStored(list, type.declaration.registry, references)
        sound.set(name, list)
      })
    return migratedFields(type, row, sound, references)
  }

  /** Runs `take`. What it finds misfitting goes to the rest and is told. */
  #fitting({ type, row, rest }: RowContent, name: string, value: unknown, take: () => void): void {
    try {
      take()
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      rest.set(name, JSON.stringify(value))
      this.#tell(type, row, name, value, error.message)
    }
  }

  #tellUnknown({ type, row, rest }: RowContent, name: string, value: unknown): void {
    rest.set(name, JSON.stringify(value))
    const path = `${type.name}.${name}`
    if (this.#told.has(path)) return
    this.#told.add(path)
    const exists = type.fields.some(field => field.name === name)
    this.#tell(
      type,
      row,
      name,
      value,
      exists
        ? 'it is no Database field'
        : `the class has no such field; if it was renamed, @field(flags, { was: '${name}' }) finds it. Told once per field`,
    )
  }

  #tell(type: NetworkClass, { id }: StoredRow, field: string, value: unknown, problem: string): void {
    this.#authority.emit('unreadable', { id, class: type.name, field, value, problem })
  }
}
