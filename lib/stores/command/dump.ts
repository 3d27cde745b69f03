/**
 * Rows as lines of JSON, the form of `fieldcast store export`. A first line says what it is, each further one holds a row, and the last one that all are there:
 *
 *     {"fieldcast":"store","form":1,"library":"fieldcast/0.1.0","from":"lmdb ./world","at":"2026-11-21T18:00:00.000Z"}
 *     {"id":"...","class":"Player","version":7,"format":1,"owner":"ann","zone":3,"keys":{"name":"\"ann\""},"fields":{"setName":["ann"],"moveTo":[3,4]}}
 *     {"id":"...","damaged":"why its store could not read it"}
 *     {"end":true,"rows":1,"damaged":1}
 *
 * `fields` stand there as they are in the store, to the letter; where they are no JSON, or take several lines, as a text named `text`. Lines without a first and a last one, or
 * with their keys in another order, or without version and format, which are 1 then, are understood too.
 */
import { UsageError } from '../../base/errors.ts'
import { library } from '../../protocol/version.ts'
import { type Damaged, isDamaged, isStoredId, MAX_KEY, type StoredRow } from '../store.ts'
import { listed } from './words.ts'

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
  const { id, class: type, version = 1, format = 1, owner, zone, keys, fields: given, text } = parts
  const missing = Object.entries({ id, class: type, owner, zone, keys, fields: text ?? given })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name)
  if (missing.length > 0) throw new Error(`it has no ${listed(missing)}`)
  const check = (holds: boolean, problem: string): void => {
    if (!holds) throw new Error(problem)
  }
  check(isStoredId(id), 'its id is not 24 hex digits in lower case')
  check(typeof type === 'string' && type !== '', 'its class is no name')
  check(Number.isSafeInteger(version) && (version as number) > 0, 'its version is no whole number above 0')
  check(Number.isSafeInteger(format), 'its format is no whole number')
  check(owner === null || typeof owner === 'string', 'its owner is neither a text nor null')
  check(zone === null || isZone(zone), 'its zone is neither a whole number from 0 to 4294967295 nor null')
  check(isKeys(keys), `its keys are no object of texts of at most ${MAX_KEY} characters`)
  const head = { id, class: type, version, format, owner, zone, keys } as Head
  if (typeof text === 'string') return { ...head, fields: text }
  check(text === undefined, 'its text is none')
  check(typeof given === 'object' && given !== null, 'its fields are no object')
  const before = `${headOf(head)},"fields":`
  const fields = line.startsWith(before) ? line.slice(before.length, line.lastIndexOf('}')) : ''
  // Where somebody has put more behind them, that is no JSON.
  return { ...head, fields: parsedOf(fields) === undefined ? JSON.stringify(given) : fields }
}

const isZone = (value: unknown): boolean => Number.isInteger(value) && (value as number) >>> 0 === value

const isKeys = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(each => typeof each === 'string' && each.length <= MAX_KEY)
