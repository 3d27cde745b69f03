/** What of a store no server can read: rows that the store itself cannot, and those whose fields somebody has broken. */
import { parseRow } from '../persister/rows.ts'
import { type Damaged, isDamaged, type StoredRow } from '../store.ts'
import { counted } from './words.ts'

export function isBroken({ fields }: StoredRow): boolean {
  try {
    parseRow(fields)
    return false
  } catch {
    return true
  }
}

/** Why a row cannot be read, without a word of it: it may be an account's. Null where it can be. */
export function problemOf(row: StoredRow | Damaged): string | null {
  if (isDamaged(row)) return row.damaged
  return isBroken(row) ? `its fields are no JSON object that a server could read (${row.class})` : null
}

/** What `export` and `copy` say of rows with broken fields, which were named above. */
export const toldBroken = (rows: number, done: string): string =>
  `${counted(rows, 'object')}, named above, cannot be read by a server: ${rows === 1 ? 'it was' : 'they were'} ${done} to the letter.`
