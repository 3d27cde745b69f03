/** A query of the contract as a statement. Each is a walk through one index in order of ids, as far as the server's planner can be led to it. */
import { UsageError } from '../../base/errors.ts'
import type { StoreQuery } from '../store.ts'
import { COLUMNS } from './rows.ts'
import { toColumn } from './texts.ts'

/**
 * One row more than a page: it tells whether there is another page.
 * @param schema quoted.
 * @throws UsageError for what makes no sense.
 */
export function selection(
  { class: type, owner, zone, key, after, limit }: StoreQuery,
  schema: string,
): [sql: string, values: string[]] {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new UsageError(`A page has a whole number of rows from 1 on, unlike ${limit}.`)
  const values: string[] = []
  // Not `deleted IS NULL`: before the server has statistics it takes that for rare, and sorts all of what it expects to be few.
  const where = ['o.class IS NOT NULL']
  const add = (condition: string, value: string): void => {
    values.push(value)
    where.push(`${condition} $${values.length}`)
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
  if (after !== undefined) add(`${id} >`, toColumn(after))
  return [`SELECT ${COLUMNS} FROM ${from} WHERE ${where.join(' AND ')} ORDER BY ${id} LIMIT ${limit + 1}`, values]
}
