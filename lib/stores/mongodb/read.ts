/** Documents as rows: by ids, by queries; what cannot be read is named. */
import { UsageError } from '../../base/errors.ts'
import { type CountQuery, type Damaged, isStoredId, type Page, type StoredRow, type StoreQuery } from '../store.ts'
import { IDS } from './commit.ts'
import type { ClientSession, Filter } from './driver.ts'
import { type Collections, indexes, type StoredDocument } from './layout.ts'

/** Documents that a server sends at once. */
const BATCH = 10_000

export async function get(
  session: ClientSession,
  { objects }: Collections,
  ids: readonly string[],
): Promise<(StoredRow | Damaged | undefined)[]> {
  const wanted = [...new Set(ids.filter(isStoredId))]
  const found = new Map<string, StoredRow | Damaged>()
  for (let from = 0; from < wanted.length; from += IDS) {
    const some = { _id: { $in: wanted.slice(from, from + IDS) }, deleted: { $exists: false } }
    for (const each of await objects.find(some, { session, batchSize: BATCH }).toArray())
      found.set(each._id, read(each))
  }
  return ids.map(id => found.get(id))
}

interface Search {
  readonly filter: Filter<StoredDocument>
  readonly hint: Record<string, 1>
}

/** @throws UsageError for a query that the contract does not know. */
export function filterOf({ after = '', limit, ...query }: StoreQuery): Search {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new UsageError(`The limit of a query is a whole number from 1 on, unlike ${limit}.`)
  return searchOf(query, after)
}

function searchOf({ class: type, owner, zone, key }: CountQuery, after: string): Search {
  if (key && type === undefined) throw new UsageError(`A query by the index '${key.name}' needs { class }.`)
  const filter = {
    _id: { $gt: after },
    deleted: { $exists: false },
    ...(type === undefined ? {} : { class: type }),
    ...(owner === undefined ? {} : { owner }),
    ...(zone === undefined ? {} : { zone }),
    ...(key ? { keys: { $elemMatch: { name: key.name, value: key.value } } } : {}),
  }
  const by = key
    ? 'key'
    : owner !== undefined
      ? 'owner'
      : zone !== undefined
        ? 'zone'
        : type !== undefined
          ? 'class'
          : 'all'
  return { filter: filter as unknown as Filter<StoredDocument>, hint: { ...indexes[by] } }
}

export function count({ objects }: Collections, asked: CountQuery): Promise<number> {
  // Ids of another type are not above a text.
  const { filter, hint } = searchOf(asked, '')
  return objects.countDocuments(filter, { hint })
}

export async function query(session: ClientSession, { objects }: Collections, asked: StoreQuery): Promise<Page> {
  const { filter, hint } = filterOf(asked)
  const limit = asked.limit + 1
  const found = await objects
    .find(filter, { session, hint, sort: { _id: 1 }, limit, batchSize: Math.min(limit, BATCH) })
    .toArray()
  const rows = found.slice(0, asked.limit)
  return { rows: rows.map(read), next: found.length > asked.limit ? rows.at(-1)!._id : null }
}

function read(document: StoredDocument): StoredRow | Damaged {
  const { _id: id, class: type, version, format, owner, zone, keys, fields } = document as unknown as Found
  const damaged = (what: string): Damaged => ({ id, damaged: what })
  if (!isStoredId(id)) return damaged('its id is not 24 hex digits in lower case')
  if (typeof type !== 'string') return damaged('its class is no text')
  if (!isWhole(version) || version < 1) return damaged(`its version is ${version}`)
  if (!isWhole(format)) return damaged(`its format is ${format}`)
  if (owner !== null && typeof owner !== 'string') return damaged('its owner is neither a text nor null')
  if (zone !== null && !(isWhole(zone) && zone >= 0 && zone < 2 ** 32)) return damaged(`its zone is ${zone}`)
  if (typeof fields !== 'string') return damaged('its fields are no text')
  const texts = textsOf(keys)
  if (!texts) return damaged('its keys are no list of { name, value }')
  return { id, class: type, version, format, owner, zone, keys: texts, fields }
}

interface Found {
  readonly _id: string
  readonly [field: string]: unknown
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)

function textsOf(keys: unknown): Record<string, string> | null {
  if (!Array.isArray(keys)) return null
  const entries: [string, string][] = []
  for (const key of keys) {
    const { name, value } = Object(key) as { name?: unknown; value?: unknown }
    if (typeof name !== 'string' || typeof value !== 'string') return null
    entries.push([name, value])
  }
  return Object.fromEntries(entries)
}
