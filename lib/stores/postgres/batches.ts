/** A commit as calls of `write`. */
import type { Commit } from '../store.ts'
import type { Change } from './rows.ts'

/** Rows of one call of the server. Longer commits are several calls in one transaction, between which the game goes on. */
export const BATCH = 1_000
/** Rows of a commit beyond which nothing gets faster: each call but the first is made ready while the server does the one before. */
export const COMMIT: number = 5 * BATCH
/** UTF-16 units of `fields` of one call, about. */
const BATCH_LENGTH = 8 * 2 ** 20

/** What is to be written, call by call. Several are in order of ids throughout, as one is made by the server. */
export function batches(put: Commit['put'], del: NonNullable<Commit['del']>): (readonly Change[])[] {
  const all: readonly Change[] = del.length === 0 ? put : [...put, ...del]
  const length = put.reduce((sum, { fields }) => sum + fields.length, 0)
  if (all.length <= BATCH && length <= BATCH_LENGTH) return [all]
  const parts: Change[][] = []
  let room = 0
  for (const change of [...all].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const size = 'fields' in change ? change.fields.length : 0
    if (room < size || parts.at(-1)?.length === BATCH || parts.length === 0) {
      parts.push([])
      room = BATCH_LENGTH
    }
    parts.at(-1)!.push(change)
    room -= size
  }
  return parts
}
