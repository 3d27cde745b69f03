/** A query of the contract as a statement. Each is a walk through one index in order of ids, as far as the server's planner can be led to it. */
import { UsageError } from '../../base/errors.ts'
import type { CountQuery, StoreQuery } from '../store.ts'
import { COLUMNS } from './rows.ts'
import { toColumn } from './texts.ts'

/**
 * One row more than a page: it tells whether there is another page.
 * @param schema quoted.
 * @throws UsageError for what makes no sense.
 */
export function selection({ after, limit, ...query }: StoreQuery, schema: string): [sql: string, values: string[]] {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new UsageError(`A page has a whole number of rows from 1 on, unlike ${limit}.`)
  const { from, id, where, values } = searched(query, schema)
  if (after !== undefined) where.push(`${id} > $${values.push(toColumn(after))}`)
  return [`SELECT ${COLUMNS} FROM ${from} WHERE ${where.join(' AND ')} ORDER BY ${id} LIMIT ${limit + 1}`, values]
}

/** The same for their number. */
export function counting(query: CountQuery, schema: string): [sql: string, values: string[]] {
  const { from, where, values } = searched(query, schema)
  return [`SELECT count(*) FROM ${from} WHERE ${where.join(' AND ')}`, values]
}

interface Searched {
  readonly from: string
  /** The column that is in order. */
  readonly id: string
  readonly where: string[]
  readonly values: string[]
}

function searched({ class: type, owner, zone, key }: CountQuery, schema: string): Searched {
  const values: string[] = []
  // Not `deleted IS NULL`: before the server has statistics it takes that for rare, and sorts all of what it expects to be few.
  const where = ['o.class IS NOT NULL']
  const add = (condition: string, value: string): void => {
    where.push(`${condition} $${values.push(value)}`)
  }
  let from = `${schema}.objects o`
  let id = 'o.id'
  if (key) {
    if (type === undefined) throw new UsageError('A query by a key names its class too: { class, key }.')
    from = `${schema}.keys k JOIN ${from} ON o.id = k.id`
    id = 'k.id'
    add('k.class =', toColumn(type))
    add('k.name =', toColumn(key.name))
    add('k.value =', toColumn(key.value))
  } else if (type !== undefined) add('o.class =', toColumn(type))
  if (owner !== undefined) add('o.owner =', toColumn(owner))
  if (zone !== undefined) add('o.zone =', `${zone}`)
  return { from, id, where, values }
}
