/**
 * Rows as text. A row is one JSON object in two lines: what the store needs of it stands in the first, the fields exactly as they were given in the second.
 *
 *     {"version":7,"format":1,"class":"Player","owner":"ann","zone":3,"keys":{"name":"\"ann\""},
 *     "fields":{"setName":["ann"],"moveTo":[3,4]}}
 *
 * JSON in any other form is understood too, for people who edit.
 */
import { isUtf8 } from 'node:buffer'
import { isWellFormed } from '../../schema/codec/text.ts'
import type { Damaged, StoredRow } from '../store.ts'

/** What the indexes hold of a row. */
export type Head = Pick<StoredRow, 'class' | 'owner' | 'zone' | 'keys'>

const VERSION = '{"version":'
const CLASS = ',"class":'
const FIELDS = ',\n"fields":'

const isVersion = (version: unknown): boolean => Number.isSafeInteger(version) && (version as number) > 0

/** A copy: what was given may be changed later. */
export const headOf = ({ class: type, owner, zone, keys }: Head): Head => ({
  class: type,
  owner,
  zone,
  keys: { ...keys },
})

export function isHeadOf(head: Head, row: StoredRow): boolean {
  if (row.class !== head.class || row.owner !== head.owner || row.zone !== head.zone) return false
  let more = 0
  for (const name in row.keys) {
    if (row.keys[name] !== head.keys[name]) return false
    more++
  }
  for (const _ in head.keys) more--
  return more === 0
}

/** The part of the first line that the indexes hold. */
export const headText = ({ class: type, owner, zone, keys }: Head): string =>
  JSON.stringify({ class: type, owner, zone, keys }).slice(1, -1)

/** @param head as `headText` gives it. */
export const rowText = ({ version, format, fields }: StoredRow, head: string): string =>
  `{"version":${version},"format":${format},${head}${FIELDS}${fields}}`

/** Adds the texts in UTF-8 to `values`, cut from one buffer: that takes half the time of as many small ones. False where one of them has half of a surrogate pair. */
export function encode(texts: readonly string[], values: Uint8Array[]): boolean {
  const joined = texts.join('')
  // At once: texts without wide characters, most of all, need no look.
  if (!isWellFormed(joined)) return false
  const { buffer, byteOffset, length } = Buffer.from(joined)
  const isAscii = length === joined.length
  let at = byteOffset
  for (const text of texts) {
    const size = isAscii ? text.length : Buffer.byteLength(text)
    // Not a Buffer: those take longer.
    values.push(new Uint8Array(buffer, at, size))
    at += size
  }
  return true
}

/** The version and head of a stored row, without a look at the fields, and with none at the rest of the first line. */
export function readHead(bytes: Uint8Array): { readonly version: number; readonly text: string } | Damaged {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, Math.max(0, bytes.indexOf(0x0a) - 1)).toString()
  const start = line.indexOf(CLASS)
  const version = Number(line.slice(VERSION.length, line.indexOf(',')))
  if (line.startsWith(VERSION) && start > 0 && isVersion(version)) return { version, text: line.slice(start + 1) }
  const row = readRow('', bytes)
  return 'damaged' in row ? row : { version: row.version, text: headText(row) }
}

/** @param text as `readHead` gives it. */
export function parseHead(text: string): Head | Damaged {
  try {
    return checked('', { ...JSON.parse(`{${text}}`), version: 1, format: 1 }, '')
  } catch (error) {
    return { id: '', damaged: (error as Error).message }
  }
}

/** The row of that id as stored. */
export function readRow(id: string, bytes: Uint8Array): StoredRow | Damaged {
  try {
    const text = decode(bytes)
    return inTwoLines(id, text) ?? inAnyForm(id, text)
  } catch (error) {
    return { id, damaged: (error as Error).message }
  }
}

function inTwoLines(id: string, text: string): StoredRow | null {
  const end = text.indexOf('\n') - 1
  if (!text.startsWith(FIELDS, end) || !text.endsWith('}')) return null
  const fields = text.slice(end + FIELDS.length, -1)
  try {
    JSON.parse(fields)
    return checked(id, JSON.parse(`${text.slice(0, end)}}`), fields)
  } catch {
    return null
  }
}

function inAnyForm(id: string, text: string): StoredRow {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // Not the parser's words: they quote what stands there, which may be secret.
    throw new Error('it is no JSON')
  }
  const { fields } = Object(parsed) as { fields?: unknown }
  if (fields === undefined) throw new Error('it has no fields')
  return checked(id, parsed, JSON.stringify(fields))
}

/** The row of these parts. @throws Error for parts that are none of a row. */
function checked(id: string, parsed: unknown, fields: string): StoredRow {
  const { class: type, version, format, owner, zone, keys } = Object(parsed) as Record<string, unknown>
  const holds = (part: string, isRight: boolean): void => {
    if (!isRight) throw new Error(`its ${part} is none`)
  }
  holds('class', typeof type === 'string')
  holds('version', isVersion(version))
  holds('format', Number.isSafeInteger(format))
  holds('owner', typeof owner === 'string' || owner === null)
  holds('zone', Number.isSafeInteger(zone) || zone === null)
  holds('list of keys', typeof keys === 'object' && keys !== null)
  holds(
    'list of keys',
    Object.values(keys as object).every(value => typeof value === 'string'),
  )
  return { id, class: type, version, format, owner, zone, keys, fields } as StoredRow
}

function decode(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Error('it is no UTF-8')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}
