/** Brings a row up to date and rebuilds an object from it: its handlers run in field order, as they did for the calls that are kept. Rule 13 of docs/guarantees.md. */
import { StoreError } from '../../base/errors.ts'
import { isThenable } from '../../base/thenable.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import type { Body } from '../../replication/authority/body.ts'
import { replay } from '../../replication/authority/call-path.ts'
import { missingRequired } from '../../replication/authority/class-checks.ts'
import { isStored } from '../../replication/authority/persistence.ts'
import type { StoredFields } from '../../replication/authority/stored.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import type { StoredRow } from '../store.ts'
import type { FieldValues } from './field-values.ts'
import type { StoredRecord } from './record.ts'
import { formatOf, keepText, type RowContent } from './rows.ts'
import { fromStored, type StoredReferences, toStored } from './stored-values.ts'

/** Lists of arguments in stored form, by the field's name. */
export type Fields = Map<string, readonly unknown[]>

/** A class's `static migrate(stored, version)`: gives the values of an older version as those of today. */
type Migrate = (stored: StoredFields, version: number) => StoredFields

/**
 * Gives `body` what its row holds. What does not fit stays in `record.rest` as it is.
 * @throws StoreError where a Required field has no value.
 */
export async function restore(
  authority: Authority,
  values: FieldValues,
  body: Body,
  record: StoredRecord,
  { type, row, fields, rest }: RowContent,
): Promise<void> {
  for (const [name, text] of rest) keepText(record, name, text)
  const calls = Array.from(fields, ([field, args]) => {
    const text = field.codec.hasReferences ? values.text(field, args) : ''
    // What it refers to may not be in memory: the row goes on saying so until the field is called again.
    if (text.includes('"$object"')) keepText(record, field.name, text)
    return { field, bytes: values.bytes(field, args) }
  })
  await replay(authority, body, calls)
  const missing = missingRequired(body)
  if (missing && !body.deleted)
    throw new StoreError(
      'fatal',
      `The stored object ${row.id} cannot be loaded: ${missing.path} is Required, but the store has no value for it. Give it a default or a getter, or let ${type.name}.migrate do it. It is left as it is.`,
    )
}

/** The values of an older version, brought up to date where the class knows how. @throws StoreError where it fails. */
export function migratedFields(
  type: NetworkClass,
  row: StoredRow,
  fields: Fields,
  references: StoredReferences,
): Fields {
  const { migrate } = type.construct as { migrate?: Migrate }
  if (row.format >= formatOf(type) || !migrate) return fields
  const { registry } = type.declaration
  const before = Array.from(fields, ([name, list]) => [name, fromStored(list, registry, references)] as const)
  try {
    const after: unknown = migrate.call(type.construct, Object.fromEntries(before), row.format)
    if (typeof after !== 'object' || after === null || isThenable(after))
      throw new Error('it has to return the fields with their lists of arguments, and no promise of them')
    const today: Fields = new Map()
    for (const [name, args] of Object.entries(after)) {
      if (args === undefined) continue
      if (!Array.isArray(args)) throw new Error(`it gave no list of arguments for ${name}`)
      today.set(name, toStored(args, registry, references))
    }
    return today
  } catch (cause) {
    throw new StoreError(
      'fatal',
      `${type.name}.migrate failed on the stored object ${row.id}, of version ${row.format}: ${(cause as Error).message}. It is left as it is.`,
      { cause },
    )
  }
}

/** Values under the names that their fields have today: `was` counts where the field's own name is missing, and no other field bears it. */
export function renamed(type: NetworkClass, fields: Fields): Fields {
  for (const { name, declaration } of type.fields) {
    const { was } = declaration.options
    if (was === undefined || fields.has(name)) continue
    const list = fields.get(was)
    if (!list || type.fields.some(other => other.name === was && isStored(other))) continue
    fields.delete(was)
    fields.set(name, list)
  }
  return fields
}
