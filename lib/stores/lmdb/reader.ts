/** What is read: each answer from one state of the files, in slices between which other work goes on. */
import { UsageError } from '../../base/errors.ts'
import {
  type CountQuery,
  type Damaged,
  isDamaged,
  isStoredId,
  type Page,
  type StoredRow,
  type StoreQuery,
} from '../store.ts'
import type { Transaction } from './driver.ts'
import { diskError } from './errors.ts'
import type { Files } from './files.ts'
import { fits, idOf, waysTo } from './indexes.ts'
import { readRow } from './row-text.ts'
import { pause, SLICE, SLICE_CHARACTERS } from './turns.ts'

/** Above all ids. */
const LAST = '\x7f'
/** Below all ids. */
const FIRST = ' '
/** Characters of what is asked for instead of an id that are looked at, where it is a part of a key and where it is the whole: LMDB takes no long keys. */
const MAX_TEXT = 120
const MAX_KEY_TEXT = 600
/** What looking for a row takes, as characters of a row. */
const COST = 1000

export class Reader {
  readonly #files: Files

  constructor(files: Files) {
    this.#files = files
  }

  get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    return this.#read(async transaction => {
      const rows: (StoredRow | Damaged | undefined)[] = []
      let work = 0
      for (const id of ids) {
        if (work > SLICE_CHARACTERS) {
          await pause()
          work = 0
        }
        const bytes = this.#bytes(id, transaction)
        rows.push(bytes && rowOf(id, bytes))
        work += COST + (bytes?.length ?? 0)
      }
      return rows
    })
  }

  query(query: StoreQuery): Promise<Page> {
    const { limit, key, class: type } = query
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError(`A page has an integer of rows, at least 1; limit is ${limit}.`)
    if (key && type === undefined)
      throw new UsageError(`A query for the key '${key.name}' needs the class that has it.`)
    return this.#read(async transaction => {
      const rows: (StoredRow | Damaged)[] = []
      for (let after = query.after ?? null; ; ) {
        const found = this.#after(query, after, Math.min(SLICE, limit + 1), transaction)
        for (const row of found.rows) {
          if (rows.length === limit) return { rows, next: rows.at(-1)!.id }
          rows.push(row)
        }
        if (found.next === null || found.next === after) return { rows, next: null }
        after = found.next
        await pause()
      }
    })
  }

  /** By the index alone: what it tells of rows that were changed by hand may be wrong. */
  count(query: CountQuery): Promise<number> {
    const [way, ...others] = waysTo(query)
    return this.#read(async transaction => {
      const { objects, index } = this.#files
      if (way === undefined) return (objects.getStats() as { entryCount: number }).entryCount
      if (others.length === 0) return index.getKeysCount({ start: way + FIRST, end: way + LAST, transaction })
      let count = 0
      for (let after = FIRST, seen = SLICE; seen === SLICE; ) {
        seen = 0
        for (const entry of index.getKeys({ start: way + after, end: way + LAST, limit: SLICE, transaction })) {
          seen++
          after = `${idOf(entry)}\0`
          if (others.every(other => this.#leads(other + idOf(entry), transaction))) count++
        }
        await pause()
      }
      return count
    })
  }

  async #read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#files.read(work)
    } catch (error) {
      throw diskError(`Reading ${this.#files.folder}`, error)
    }
  }

  #bytes(id: string, transaction: Transaction): Uint8Array | undefined {
    if (id === '' || id.length > MAX_TEXT) return undefined
    return (this.#files.objects.getBinary as Get).call(this.#files.objects, id, { transaction })
  }

  /** The rows that fit among the next `count` entries, or fewer of large rows. `next`: the last id looked at, null where there are no more. */
  #after(
    query: StoreQuery,
    after: string | null,
    count: number,
    transaction: Transaction,
  ): { readonly rows: (StoredRow | Damaged)[]; readonly next: string | null } {
    const [way, ...others] = waysTo(query)
    const start = after === null ? FIRST : `${after.slice(0, way === undefined ? MAX_KEY_TEXT : MAX_TEXT)}\0`
    const found =
      way === undefined
        ? this.#files.objects.getRange({ start, limit: count, transaction })
        : this.#follow(way, start, count, transaction)
    const rows: (StoredRow | Damaged)[] = []
    let last: string | null = null
    let seen = 0
    let work = 0
    for (const { key, value } of found) {
      last = key
      seen++
      const row = value && rowOf(key, value)
      if (row && (isDamaged(row) ? others.every(other => this.#leads(other + key, transaction)) : fits(row, query)))
        rows.push(row)
      work += value?.length ?? 0
      if (work > SLICE_CHARACTERS) return { rows, next: last }
    }
    return { rows, next: seen < count ? null : last }
  }

  /** The ids that the index leads to, each with what stands there. */
  *#follow(way: string, start: string, count: number, transaction: Transaction): Generator<Found> {
    for (const entry of this.#files.index.getKeys({ start: way + start, end: way + LAST, limit: count, transaction })) {
      const key = idOf(entry)
      yield { key, value: this.#bytes(key, transaction) }
    }
  }

  /** The index tells of a row that cannot. */
  #leads(entry: string, transaction: Transaction): boolean {
    const { index } = this.#files
    return (index.getBinary as Get).call(index, entry, { transaction }) !== undefined
  }
}

interface Found {
  readonly key: string
  readonly value: Uint8Array | undefined
}

const rowOf = (id: string, bytes: Uint8Array): StoredRow | Damaged =>
  isStoredId(id) ? readRow(id, bytes) : { id, damaged: 'its id is none' }

/** With the option that its type lacks. */
type Get = (key: string, options: { transaction: Transaction }) => Uint8Array | undefined
