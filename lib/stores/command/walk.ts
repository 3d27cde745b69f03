/** All rows of a store, page by page, in pages that are neither small nor take much memory. */
import { type Damaged, isDamaged, type Store, type StoredRow, type StoreQuery } from '../store.ts'
import { patiently, type Teller } from './patience.ts'

/** UTF-16 units of one page, about. */
const PAGE_LENGTH = 4_000_000
const FIRST_LIMIT = 16
const LARGEST_LIMIT = 500

export async function* walk(
  store: Store,
  query: Omit<StoreQuery, 'limit'>,
  teller: Teller,
): AsyncGenerator<readonly (StoredRow | Damaged)[]> {
  let limit = FIRST_LIMIT
  let { after } = query
  for (;;) {
    const asked: StoreQuery = { ...query, ...(after !== undefined && { after }), limit }
    const { rows, next } = await patiently(teller, () => store.query(asked))
    if (rows.length > 0) yield rows
    if (next === null) return
    after = next
    const length = rows.reduce((sum, row) => sum + lengthOf(row), 0)
    const fitting = Math.floor((PAGE_LENGTH * rows.length) / Math.max(1, length))
    limit = Math.max(1, Math.min(fitting, limit * 4, LARGEST_LIMIT))
  }
}

/** How much of all rows so many are, from 0 to 1; null where the store cannot tell. */
export async function shareOf(store: Store, teller: Teller): Promise<(rows: number) => number | null> {
  const total = store.count ? await patiently(teller, () => store.count!()) : 0
  return rows => (total > 0 ? rows / total : null)
}

/** About as many bytes as it takes. */
export const lengthOf = (row: StoredRow | Damaged): number => (isDamaged(row) ? 100 : row.fields.length + 150)
