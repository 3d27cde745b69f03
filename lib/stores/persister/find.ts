/** Stored objects by their class, indexes, owner and zone, in the game or not. */
import { UsageError } from '../../base/errors.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import type { FindOptions, StoredObject } from '../../replication/authority/stored.ts'
import { checkZone } from '../../replication/zone-number.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import { type Damaged, isDamaged, isStoredId, type Store, type StoredRow } from '../store.ts'
import type { FieldValues } from './field-values.ts'
import type { RowReader } from './row-reader.ts'
import { indexField, keyText, objectOf, type RowContent } from './rows.ts'

/** Where rows are found, and how they are read. */
export interface Finding {
  readonly store: Store
  readonly values: FieldValues
  readonly reader: RowReader
  /** Resolves when all that has been accepted so far is durable. */
  flushed(): Promise<void>
}

/** What an index must hold. */
interface Term {
  readonly index: string
  readonly field: Field
  readonly key: string
  /** The arguments in full: a key may stand for others, too. */
  readonly text: string
}

/** @throws UsageError, ArgumentError for what cannot be looked for. */
export async function find(
  shelf: Finding,
  authority: Authority,
  type: NetworkClass,
  where: Readonly<Record<string, unknown>>,
  { owner, zone, after, limit = 100 }: FindOptions,
): Promise<StoredObject[]> {
  const { store, values, reader } = shelf
  if (typeof where !== 'object' || where === null)
    throw new UsageError("find's second argument names indexes and their values: find(Player, { name: 'ann' }).")
  const terms = Object.entries(where).map(([index, value]) => termOf(values, type, index, value))
  if (!(Number.isInteger(limit) && limit > 0))
    throw new UsageError(`find's limit is a whole number above 0, not ${limit}.`)
  if (after !== undefined && !isStoredId(after))
    throw new UsageError(`find goes on after a stored id, 24 hex digits in lower case, not ${JSON.stringify(after)}.`)
  if (zone !== undefined) checkZone(zone)
  await shelf.flushed()
  const found: StoredObject[] = []
  let from: string | null | undefined = after
  const [first] = terms
  do {
    const page = await store.query({
      class: type.name,
      ...(owner !== undefined && { owner: String(owner) }),
      ...(zone !== undefined && { zone }),
      ...(first && { key: { name: first.index, value: first.key } }),
      ...(from && { after: from }),
      limit: limit - found.length,
    })
    for (const row of page.rows) {
      const content = readable(authority, reader, row)
      if (content && terms.every(term => holds(values, content, term))) found.push(objectOf(content))
    }
    from = page.next
  } while (from && found.length < limit)
  return found
}

function holds(values: FieldValues, { fields }: RowContent, { field, text }: Term): boolean {
  const args = fields.get(field)
  return args !== undefined && values.text(field, args) === text
}

/** An object that cannot be read is told, and the others go on. */
function readable(authority: Authority, reader: RowReader, row: StoredRow | Damaged): RowContent | null {
  try {
    return reader.read(row)
  } catch (error) {
    const name = isDamaged(row) ? null : row.class
    const problem = (error as Error).message
    authority.emit('unreadable', { id: row.id, class: name, field: null, value: null, problem })
    return null
  }
}

function termOf(values: FieldValues, type: NetworkClass, index: string, value: unknown): Term {
  const { index: declared = [] } = type.declaration.options
  if (!declared.includes(index)) {
    const wanted = [...declared, index].map(name => `'${name}'`).join(', ')
    throw new UsageError(
      `${type.name} declares no index '${index}'. ${
        declared.length > 0 ? `It has ${declared.join(', ')}. ` : ''
      }Add it, @networkClass(${type.id}, { index: [${wanted}] }), and bring the objects that are stored already into it: fieldcast store migrate.`,
    )
  }
  const field = indexField(type, index)
  const { params } = field.schema
  const isOne = params.length === 1 && params[0]![1][0] !== 'rest'
  const args = values.given(field, isOne ? [value] : value)
  return { index, field, key: keyText(values.row(field, args)), text: values.text(field, args) }
}
