/** Rows of older versions as they are today: read in the very way in which a server reads them. */
import type { Clock } from '../../base/clock.ts'
import { systemRandom } from '../../base/random.ts'
import { defaultLimits } from '../../protocol/limits.ts'
import { Authority } from '../../replication/authority/authority.ts'
import { isStored, memoryOnly } from '../../replication/authority/persistence.ts'
import { Misfit } from '../../schema/codec.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import type { Schema } from '../../schema/schema.ts'
import { checkList, FieldValues } from '../persister/field-values.ts'
import { RowReader } from '../persister/row-reader.ts'
import { indexField, parseRow, rowFrom } from '../persister/rows.ts'
import { fromStored } from '../persister/stored-values.ts'
import type { StoredRow } from '../store.ts'

export interface Migrated {
  /** Null where the row is as it should be. */
  readonly row: StoredRow | null
  /** Values that the class has no field for: they stay in the row. */
  readonly unknown: readonly string[]
}

export class RowMigrator {
  readonly #reader: RowReader
  readonly #values: FieldValues
  /** What the reader has told of a row. */
  #misfits: string[] = []

  /** @param store its name, for messages. @throws UsageError for an index that stands for no field. */
  constructor(schema: Schema, clock: Clock, store: string) {
    for (const type of schema.classes.values())
      for (const index of type.declaration.options.index ?? []) indexField(type, index)
    const authority = new Authority({
      schema,
      clock,
      random: systemRandom,
      limits: defaultLimits,
      persistence: memoryOnly,
      follow: false,
      flushGapMs: null,
      isRunning: () => false,
      leave: () => {},
      policy: () => 'close',
      authorize: undefined,
      emit: (event, told) => {
        if (event === 'unreadable' && 'problem' in told) this.#misfits.push(`${told.field}: ${told.problem}`)
      },
    })
    // No object is in a game here: references stay as they are.
    this.#values = new FieldValues(authority, { idOf: () => null, objectAt: () => null })
    this.#reader = new RowReader(authority, this.#values, store)
  }

  /** @throws Error saying why the row does not fit its class. */
  migrate(row: StoredRow): Migrated {
    this.#misfits = []
    const { type, fields, rest } = this.#reader.read(row)
    const before = new Map(Object.entries(parseRow(row.fields)))
    const unknown = [...rest.keys()].filter(name => this.#isUnknown(type, name, rest.get(name)!))
    if (unknown.length < rest.size) throw new Error(`it does not fit. ${this.#misfits.join('; ')}`)
    const texts = new Map<string, string>()
    for (const [field, args] of fields) texts.set(field.name, this.#values.text(field, args))
    for (const [name, text] of rest) texts.set(name, text)
    // One more than before, and no time: a server that has the object in memory goes on above it, whatever the clock here says.
    const today = rowFrom(type, { ...row, version: row.version + 1 }, texts)
    const isFine = row.format === today.format && sameNames(before, texts) && sameEntries(row.keys, today.keys)
    return { row: isFine ? null : today, unknown }
  }

  /** Whether a value is in order, but of a field that the class does not have. */
  #isUnknown(type: NetworkClass, name: string, text: string): boolean {
    if (type.fields.some(field => field.name === name && isStored(field))) return false
    try {
      const args: unknown = JSON.parse(text)
      checkList(args)
      fromStored(args, type.declaration.registry, this.#values.references)
      return true
    } catch (error) {
      if (error instanceof Misfit) return false
      throw error
    }
  }
}

const sameNames = (one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean =>
  one.size === other.size && [...one.keys()].every(name => other.has(name))

function sameEntries(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const [some, others] = [Object.entries(one), new Map(Object.entries(other))]
  return some.length === others.size && some.every(([name, value]) => others.get(name) === value)
}
