/**
 * Rows as lines of JSON, the form of `fieldcast store export`. A first line says what it is, each further one holds a row, and the last one that all are there:
 *
 *     {"fieldcast":"store","form":1,"library":"fieldcast/0.1.0","from":"lmdb ./world","at":"2026-11-21T18:00:00.000Z"}
 *     {"id":"...","class":"Player","version":7,"format":1,"owner":"ann","zone":3,"keys":{"name":"\"ann\""},"fields":{"setName":["ann"],"moveTo":[3,4]}}
 *     {"id":"...","damaged":"why its store could not read it"}
 *     {"end":true,"rows":1,"damaged":1}
 *
 * `fields` stand there as they are in the store, to the letter; where they are no JSON, or take several lines, as a text named `text`. Lines without a first and a last one, or
 * with their keys in another order, are understood too.
 */
import { UsageError } from '../../base/errors.ts'
import { library } from '../../protocol/version.ts'
import { type Damaged, isDamaged, isStoredId, MAX_KEY, type StoredRow } from '../store.ts'

const FORM = 1

export type Line =
  | { readonly kind: 'row'; readonly row: StoredRow }
  | { readonly kind: 'damaged'; readonly row: Damaged }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end'; readonly rows: number }

export const firstLine = (from: string, at: number): string =>
  `${JSON.stringify({ fieldcast: 'store', form: FORM, library, from, at: new Date(at).toISOString() })}\n`

export const lastLine = (rows: number, damaged: number): string => `${JSON.stringify({ end: true, rows, damaged })}\n`

export function lineOf(row: StoredRow | Damaged): string {
  if (isDamaged(row)) return `${JSON.stringify({ id: row.id, damaged: row.damaged })}\n`
  const { fields } = row
  return fits(fields) ? `${headOf(row)},"fields":${fields}}\n` : `${headOf(row)},"text":${JSON.stringify(fields)}}\n`
}

/** What `text` says. @throws UsageError for the file of a newer version, Error for a line that is none of ours. */
export function parseLine(text: string): Line {
  const parsed = parsedOf(text)
  if (parsed === undefined) throw new Error('it is no JSON')
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('it is no row')
  const parts = parsed as Record<string, unknown>
  if (parts.fieldcast === 'store') {
    if (parts.form === FORM) return { kind: 'begin' }
    throw new UsageError(
      `It was exported by a newer version (${String(parts.library)}, form ${String(parts.form)}) than this one, ${library}: import it with that.`,
    )
  }
  if (parts.end === true) return { kind: 'end', rows: Number(parts.rows) }
  if (typeof parts.damaged === 'string')
    return { kind: 'damaged', row: { id: String(parts.id), damaged: parts.damaged } }
  return { kind: 'row', row: rowOf(parts, text) }
}

type Head = Omit<StoredRow, 'fields'>

const headOf = ({ id, class: type, version, format, owner, zone, keys }: Head): string =>
  JSON.stringify({ id, class: type, version, format, owner, zone, keys }).slice(0, -1)

/** Whether it can stand in a line of JSON as it is. */
function fits(fields: string): boolean {
  if (/[\n\r\p{Cs}]/u.test(fields)) return false
  const parsed = parsedOf(fields)
  return typeof parsed === 'object' && parsed !== null
}

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function rowOf(parts: Record<string, unknown>, line: string): StoredRow {
  const { id, class: type, version, format, owner, zone, keys } = parts
  const check = (part: string, holds: boolean): void => {
    if (!holds) throw new Error(parts[part] === undefined ? `it has no ${part}` : `its ${part} is none`)
  }
  check('id', isStoredId(id))
  check('class', typeof type === 'string' && type !== '')
  check('version', Number.isSafeInteger(version) && (version as number) > 0)
  check('format', Number.isSafeInteger(format))
  check('owner', owner === null || typeof owner === 'string')
  check('zone', zone === null || (Number.isInteger(zone) && (zone as number) >>> 0 === zone))
  check('keys', typeof keys === 'object' && keys !== null && Object.values(keys).every(isKey))
  const head = { id, class: type, version, format, owner, zone, keys } as Head
  if (typeof parts.text === 'string') return { ...head, fields: parts.text }
  check('fields', typeof parts.fields === 'object' && parts.fields !== null)
  const before = `${headOf(head)},"fields":`
  const fields = line.startsWith(before) ? line.slice(before.length, line.lastIndexOf('}')) : ''
  // Where somebody has put more behind them, that is no JSON.
  return { ...head, fields: parsedOf(fields) === undefined ? JSON.stringify(parts.fields) : fields }
}

const isKey = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_KEY
