/** Rows as they come out: by ids, by queries; what cannot be read is named. */
import { UsageError } from '../../base/errors.ts'
import { type CountQuery, type Damaged, isStoredId, type Page, type StoredRow, type StoreQuery } from '../store.ts'
import { answers } from './driver.ts'
import type { Tables } from './layout.ts'
import { IDS, type Session } from './session.ts'

const COLUMNS = ['id', 'class', 'version', 'format', 'owner', 'zone', 'indexed', 'fields']

interface Found {
  readonly id: string
  readonly class: string | null
  readonly version: bigint
  readonly format: number
  readonly owner: string | null
  readonly zone: number | null
  readonly indexed: string | null
  readonly fields: string | null
}

export async function get(
  { connection }: Session,
  { objects }: Tables,
  ids: readonly string[],
): Promise<(StoredRow | Damaged | undefined)[]> {
  const wanted = [...new Set(ids.filter(isStoredId))]
  const asked: Promise<unknown>[] = []
  if (wanted.length > IDS)
    asked.push(
      connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ'),
      connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT'),
    )
  for (let from = 0; from < wanted.length; from += IDS)
    asked.push(
      connection.query(
        `SELECT ${COLUMNS.join(', ')} FROM ${objects} FORCE INDEX (PRIMARY) WHERE id IN (?) AND deleted IS NULL`,
        [wanted.slice(from, from + IDS)],
      ),
    )
  const answered = await answers([...asked, connection.query('COMMIT')])
  const found = new Map<string, StoredRow | Damaged>()
  for (const rows of answered) if (Array.isArray(rows)) for (const row of rows) found.set(row.id, read(row))
  return ids.map(id => found.get(id))
}

interface Searched {
  readonly from: string
  /** The table whose ids are in order. */
  readonly table: 'i' | 'o'
  readonly conditions: string[]
  readonly values: (string | number)[]
}

/** @throws UsageError for a query that the contract does not know. */
function searched({ objects, index }: Tables, { class: type, owner, zone, key }: CountQuery): Searched {
  if (key && type === undefined) throw new UsageError(`A query by the index '${key.name}' needs { class }.`)
  const conditions = ['o.deleted IS NULL']
  const values: (string | number)[] = []
  const ask = (condition: string, ...given: readonly (string | number)[]): void => {
    conditions.push(condition)
    values.push(...given)
  }
  if (key) ask('i.class = ? AND i.name = ? AND i.value = ?', type!, key.name, key.value)
  if (type !== undefined) ask('o.class = ?', type)
  if (owner !== undefined) ask('o.owner = ?', owner)
  if (zone !== undefined) ask('o.zone = ?', zone)
  const use =
    owner !== undefined ? 'by_owner' : zone !== undefined ? 'by_zone' : type !== undefined ? 'by_class' : 'PRIMARY'
  const from = key
    ? `${index} i FORCE INDEX (by_value) STRAIGHT_JOIN ${objects} o ON o.id = i.id`
    : `${objects} o FORCE INDEX (${use})`
  return { from, table: key ? 'i' : 'o', conditions, values }
}

/** @throws UsageError for a query that the contract does not know. */
export function sqlOf(
  tables: Tables,
  { after, limit, ...query }: StoreQuery,
): { sql: string; values: readonly (string | number)[] } {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new UsageError(`The limit of a query is a whole number from 1 on, unlike ${limit}.`)
  const { from, table, conditions, values } = searched(tables, query)
  if (after) {
    conditions.push(`${table}.id > CONVERT(? USING ascii)`)
    values.push(after)
  }
  const columns = COLUMNS.map(column => `o.${column}`).join(', ')
  return {
    sql: `SELECT ${columns} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY ${table}.id LIMIT ${limit + 1}`,
    values,
  }
}

export async function count({ connection }: Session, tables: Tables, asked: CountQuery): Promise<number> {
  const { from, conditions, values } = searched(tables, asked)
  const sql = `SELECT COUNT(*) AS count FROM ${from} WHERE ${conditions.join(' AND ')}`
  const [[row]] = (await answers([connection.query(sql, values), connection.query('COMMIT')])) as [
    [{ count: unknown }],
    unknown,
  ]
  return Number(row.count)
}

export async function query({ connection }: Session, tables: Tables, asked: StoreQuery): Promise<Page> {
  const { sql, values } = sqlOf(tables, asked)
  const [found] = (await answers([connection.query(sql, values), connection.query('COMMIT')])) as [Found[], unknown]
  const rows = found.slice(0, asked.limit)
  return { rows: rows.map(read), next: found.length > asked.limit ? rows.at(-1)!.id : null }
}

function read(found: Found): StoredRow | Damaged {
  const { id, class: type, format, owner, zone, fields } = found
  const damaged = (what: string): Damaged => ({ id, damaged: what })
  if (!isStoredId(id)) return damaged('its id is not 24 hex digits in lower case')
  if (type === null) return damaged('its class is NULL')
  if (fields === null) return damaged('its fields are NULL')
  const version = Number(found.version)
  if (version < 1 || !Number.isSafeInteger(version)) return damaged(`its version is ${found.version}`)
  const keys = keysOf(found.indexed)
  if (!keys) return damaged('its column indexed is no JSON object of texts')
  return { id, class: type, version, format, owner, zone, keys, fields }
}

function keysOf(text: string | null): Record<string, string> | null {
  if (text === null) return {}
  let keys: unknown
  try {
    keys = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) return null
  return Object.values(keys).every(value => typeof value === 'string') ? (keys as Record<string, string>) : null
}
