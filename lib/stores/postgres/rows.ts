/** Rows of the contract as parameters of `write`, and columns as rows. */
import { Buffer } from 'node:buffer'
import { StoreError } from '../../base/errors.ts'
import { type Damaged, type Deletion, type Expectation, isStoredId, type StoredRow } from '../store.ts'
import { integers, texts } from './arrays.ts'
import type { Columns, Value } from './driver.ts'
import { fromColumn, toColumn } from './texts.ts'

/** What `rowOf` reads, of a table that is called `o`. */
export const COLUMNS = 'o.id, o.class, o.version, o.format, o.owner, o.zone, o.keys, o.fields'

/**
 * Most bytes in UTF-8, because an entry of an index takes a third of a page: of class, name, value and id together, or of an owner and an id. A value of 200 characters
 * fits in whatever form.
 */
const MOST = { class: 500, name: 500, value: 1300, owner: 2000, shard: 2000 }

/** Of a text, far below what the server takes for one message. */
const MOST_FIELDS = 256 * 2 ** 20

export type Change = StoredRow | Deletion

const isRow = (change: Change): change is StoredRow => 'fields' in change

/** Parameters p_ids to p_fields of `write`. @throws StoreError `fatal` for what cannot be stored. */
export function changed(changes: readonly Change[]): Value[] {
  const rows = changes.map(change => (isRow(change) ? change : undefined))
  for (const change of changes) check(change)
  return [
    texts(changes.map(({ id }) => id)),
    texts(changes.map(each => (isRow(each) ? toText(each.class, 'class', each) : null))),
    integers(changes.map(({ version }) => version)),
    integers(rows.map(row => row?.format ?? null)),
    texts(changes.map(each => (isRow(each) && each.owner !== null ? toText(each.owner, 'owner', each) : null))),
    integers(rows.map(row => row?.zone ?? null)),
    texts(rows.map(row => (row ? keysToColumn(row) : null))),
    texts(rows.map(row => (row ? toColumn(row.fields) : null))),
  ]
}

/** Parameters p_expect and p_expect_versions of `write`. @throws StoreError `fatal` for what no object can have. */
export function expected(expectations: readonly Expectation[]): Value[] {
  for (const { id, version } of expectations)
    if (!isStoredId(id) || !Number.isSafeInteger(version))
      throw new StoreError('fatal', `Version ${version} cannot be expected of object ${id}.`)
  return [texts(expectations.map(({ id }) => id)), integers(expectations.map(({ version }) => version))]
}

/** The name of a shard as its column holds it. @throws StoreError `fatal` where it is too long. */
export function shardToColumn(shard: string): string {
  const text = toColumn(shard)
  if (isLonger(text, MOST.shard))
    throw new StoreError('fatal', `The name of a shard is longer than ${MOST.shard} bytes.`)
  return text
}

/** A row, or what is wrong with it. */
export function rowOf(columns: Columns): StoredRow | Damaged {
  const [id, type, version, format, owner, zone, keys, fields] = columns as readonly (string | null)[]
  const wrong: string[] = []
  const text = (value: string | null | undefined, column: string): string => {
    const read = fromColumn(value ?? '')
    if (value === null || value === undefined) wrong.push(`${column} is NULL`)
    else if (read === undefined) wrong.push(`${column} begins with a backslash, which is none of ours`)
    return read ?? ''
  }
  const integer = (value: string | null | undefined, column: string, least: number): number => {
    if (value === null || value === undefined) wrong.push(`${column} is NULL`)
    else if (!Number.isSafeInteger(Number(value)) || Number(value) < least) wrong.push(`${column} is ${value}`)
    return Number(value)
  }
  if (!isStoredId(id)) wrong.push('id is not of 24 hex digits in lower case')
  const row: StoredRow = {
    id: id!,
    class: text(type, 'class'),
    version: integer(version, 'version', 1),
    format: integer(format, 'format', Number.MIN_SAFE_INTEGER),
    owner: owner === null ? null : text(owner, 'owner'),
    zone: zone === null ? null : integer(zone, 'zone', Number.MIN_SAFE_INTEGER),
    keys: keysFromColumn(keys ?? null, wrong),
    fields: text(fields, 'fields'),
  }
  return wrong.length === 0 ? row : { id: id!, damaged: `${wrong.join('; ')}.` }
}

function check({ id, version, ...rest }: Change): void {
  const bad = (what: string): StoreError => new StoreError('fatal', `Object ${id} cannot be stored: ${what}.`)
  if (!isStoredId(id)) throw bad('its id is not of 24 hex digits in lower case')
  if (!Number.isSafeInteger(version) || version < 1) throw bad(`its version is ${version}`)
  if (!('fields' in rest)) return
  const { format, zone, fields } = rest as StoredRow
  if (!Number.isSafeInteger(format)) throw bad(`its format is ${format}`)
  if (zone !== null && !Number.isSafeInteger(zone)) throw bad(`its zone is ${zone}`)
  if (fields.length > MOST_FIELDS) throw bad(`its fields are ${fields.length} characters long`)
}

function keysToColumn(row: StoredRow): string | null {
  const json = JSON.stringify(row.keys)
  if (json === '{}') return null
  // What has a form of its own in columns is escaped like this in JSON.
  if (json.length < 400 && !/\\[u\\]/.test(json)) return json
  const entries = Object.entries(row.keys)
  return JSON.stringify(
    Object.fromEntries(entries.map(([name, value]) => [toText(name, 'name', row), toText(value, 'value', row)])),
  )
}

/** As columns have it. The driver's row is not shared with anyone, so neither is what this gives. */
function keysFromColumn(json: string | null, wrong: string[]): Record<string, string> {
  if (json === '{}') return {}
  const keys = JSON.parse(json ?? 'null') as Record<string, unknown> | null
  const entries: [string, string][] = []
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) {
    wrong.push('keys is no object')
    return {}
  }
  for (const [stored, value] of Object.entries(keys)) {
    const name = fromColumn(stored)
    const text = typeof value === 'string' ? fromColumn(value) : undefined
    if (typeof value !== 'string') wrong.push(`the key '${stored}' is no text`)
    else if (name === undefined || text === undefined)
      wrong.push(`the key '${stored}' begins with a backslash, which is none of ours`)
    else entries.push([name, text])
  }
  return Object.fromEntries(entries)
}

function toText(text: string, what: keyof typeof MOST, { id }: { readonly id: string }): string {
  const stored = toColumn(text)
  if (!isLonger(stored, MOST[what])) return stored
  const part = what === 'class' || what === 'owner' ? `its ${what}` : `the ${what} of a key`
  throw new StoreError('fatal', `Object ${id} cannot be stored: ${part} is longer than ${MOST[what]} bytes.`)
}

const isLonger = (text: string, most: number): boolean => 3 * text.length > most && Buffer.byteLength(text) > most
