/**
 * The index: one table of texts, each the values that it leads from and the id that it leads to, with tabs between them. All entries with the same values stand together,
 * in the order of their ids.
 *
 *     class  Player              0123456789abcdef01234567
 *     owner  ann                 0123456789abcdef01234567
 *     zone   3                   0123456789abcdef01234567
 *     key    Player  name  "ann" 0123456789abcdef01234567
 *
 * An entry is a hint: whoever follows it looks whether the row fits.
 */
import { createHash } from 'node:crypto'
import type { CountQuery, StoredRow, StoreQuery } from '../store.ts'
import type { Head } from './row-text.ts'

/** Most bytes of one value. A key of LMDB has 1978 at most; that of a declared index holds three values. */
const MAX_VALUE = 480

/** What leads to an id: the entry but for the id. */
type Way = string

export const way = (...values: readonly string[]): Way => `${values.map(safe).join('\t')}\t`

/** No two values look the same, but for lone surrogates; nor does one end early. */
function safe(value: string): string {
  const text = /[\p{Cc}\\]/u.test(value)
    ? value.replace(/[\p{Cc}\\]/gu, found => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`)
    : value
  if (text.length * 3 <= MAX_VALUE || Buffer.byteLength(text) <= MAX_VALUE) return text
  return `${text.slice(0, 40)}\\sha256:${createHash('sha256').update(text).digest('hex')}`
}

const waysOf = ({ class: type, owner, zone, keys }: Head): Way[] => {
  const ways = [way('class', type)]
  if (owner !== null) ways.push(way('owner', owner))
  if (zone !== null) ways.push(way('zone', String(zone)))
  for (const [name, value] of Object.entries(keys)) ways.push(way('key', type, name, value))
  return ways
}

/** The entries that must go and come when a row's head becomes another; null stands for no row. */
export function changedEntries(id: string, from: Head | null, to: Head | null): { gone: string[]; come: string[] } {
  const before = new Set(from ? waysOf(from) : [])
  const after = new Set(to ? waysOf(to) : [])
  return {
    gone: [...before].filter(each => !after.has(each)).map(each => each + id),
    come: [...after].filter(each => !before.has(each)).map(each => each + id),
  }
}

/** The ways of a query, the one that leads to the fewest rows first. None where every row fits. */
export function waysTo({ class: type, owner, zone, key }: CountQuery): Way[] {
  const ways: Way[] = []
  if (key) ways.push(way('key', type!, key.name, key.value))
  if (owner !== undefined) ways.push(way('owner', owner))
  if (zone !== undefined) ways.push(way('zone', String(zone)))
  if (type !== undefined) ways.push(way('class', type))
  return ways
}

/** All that the query names holds of the row. */
export const fits = (row: StoredRow, { class: type, owner, zone, key }: StoreQuery): boolean =>
  (type === undefined || row.class === type) &&
  (owner === undefined || row.owner === owner) &&
  (zone === undefined || row.zone === zone) &&
  (!key || (Object.hasOwn(row.keys, key.name) && row.keys[key.name] === key.value))

/** The id that an entry leads to. */
export const idOf = (entry: string): string => entry.slice(entry.lastIndexOf('\t') + 1)
