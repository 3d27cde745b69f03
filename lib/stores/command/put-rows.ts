/**
 * Puts rows of elsewhere into a store. What is there already is compared first, and each write names the version that it was compared with: nothing is overwritten unseen,
 * and a run that was broken off is simply repeated.
 */
import { StoreError, UsageError } from '../../base/errors.ts'
import { isDamaged, type Store, type StoredRow } from '../store.ts'
import { patiently, type Teller } from './patience.ts'

/** How rows compare with those of the same id that are there. */
export interface Tally {
  /** None was there. */
  added: number
  /** The same was there, perhaps in another version. */
  equal: number
  /** An older one was there. */
  newer: number
  /** A newer one was there. */
  older: number
  /** Another one of the same version was there. */
  different: number
  /** Of the last three, those that were written. */
  replaced: number
  /** Could not be written; each was told. */
  failed: number
}

export const emptyTally = (): Tally => ({
  added: 0,
  equal: 0,
  newer: 0,
  older: 0,
  different: 0,
  replaced: 0,
  failed: 0,
})

export interface PutOptions {
  /** Rows that are there and differ are replaced, also newer ones. */
  readonly overwrite: boolean
  readonly teller: Teller
  /** Is told of each row that cannot be written. */
  readonly fail: (id: string, why: string) => void
}

/** UTF-16 units of one commit, about. */
const BATCH_LENGTH = 4_000_000
/** How often a batch is compared anew because somebody else has changed one of its rows. */
const ATTEMPTS = 10

type Kind = 'added' | 'newer' | 'older' | 'different'

interface Write {
  readonly row: StoredRow
  readonly kind: Kind
  /** Of what is there. */
  readonly version: number
}

export class RowPutter {
  readonly tally: Tally = emptyTally()
  readonly #store: Store
  readonly #options: PutOptions
  #batch = new Map<string, StoredRow>()
  #length = 0

  constructor(store: Store, options: PutOptions) {
    this.#store = store
    this.#options = options
  }

  /** Takes a row; writes when enough have gathered. */
  async put(row: StoredRow): Promise<void> {
    if (this.#batch.has(row.id)) await this.flush()
    this.#batch.set(row.id, row)
    this.#length += row.fields.length
    if (this.#batch.size >= this.#store.capabilities.batch || this.#length >= BATCH_LENGTH) await this.flush()
  }

  /** Resolves when all is written that was put. */
  async flush(): Promise<void> {
    const rows = [...this.#batch.values()]
    this.#batch = new Map()
    this.#length = 0
    if (rows.length > 0) await this.#bring(rows)
  }

  async #bring(rows: readonly StoredRow[]): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { writes, tally } = await this.#compare(rows)
      let done: boolean
      try {
        done = await this.#commit(writes)
      } catch (error) {
        return this.#isolate(rows, error)
      }
      if (!done) continue
      for (const [name, n] of Object.entries(tally) as [keyof Tally, number][]) this.tally[name] += n
      return this.#revive(writes.filter(({ kind }) => kind === 'added'))
    }
    throw new StoreError(
      'retryable',
      `Somebody else goes on changing the objects that are to be written to ${this.#store.name}: stop the servers that use it.`,
    )
  }

  async #compare(rows: readonly StoredRow[]): Promise<{ writes: Write[]; tally: Tally }> {
    const { overwrite, teller, fail } = this.#options
    const there = await patiently(teller, () => this.#store.get(rows.map(({ id }) => id)))
    const writes: Write[] = []
    const tally = emptyTally()
    for (const [n, row] of rows.entries()) {
      const found = there[n]
      if (found && isDamaged(found)) {
        tally.failed++
        fail(row.id, `the store holds it, but cannot read what it holds (${found.damaged})`)
      } else if (!found) {
        tally.added++
        writes.push({ row, kind: 'added', version: 0 })
      } else if (isSame(row, found)) {
        tally.equal++
      } else {
        const kind = row.version > found.version ? 'newer' : row.version < found.version ? 'older' : 'different'
        tally[kind]++
        if (!overwrite) continue
        tally.replaced++
        const version = Math.max(row.version, found.version + 1)
        writes.push({ row: { ...row, version }, kind, version: found.version })
      }
    }
    return { writes, tally }
  }

  #commit(writes: readonly Write[]): Promise<boolean> {
    if (writes.length === 0) return Promise.resolve(true)
    const put = writes.map(({ row }) => row)
    const expect = writes.map(({ row: { id }, version }) => ({ id, version }))
    return patiently(this.#options.teller, () => this.#store.commit({ put, expect }))
  }

  /** The store refuses a batch for good: finds out which of its rows, and writes the others. @throws `error` where it refuses all. */
  async #isolate(rows: readonly StoredRow[], error: unknown): Promise<void> {
    if (!(error instanceof UsageError) && !(error instanceof StoreError && error.kind === 'fatal')) throw error
    const [row] = rows
    if (rows.length > 1) {
      const half = rows.length >> 1
      await this.#bring(rows.slice(0, half))
      await this.#bring(rows.slice(half))
      return
    }
    await this.#store.commit({ put: [] })
    this.tally.failed++
    this.#options.fail(row!.id, (error as Error).message)
  }

  /** A store passes over what is older than a deletion that it remembers, and does not say so. Such rows get the version of today. */
  async #revive(added: readonly Write[]): Promise<void> {
    const { teller, fail } = this.#options
    let missing = await this.#missing(added.map(({ row }) => row))
    if (missing.length === 0) return
    const version = Math.floor(teller.clock.wall())
    const put = missing.map(row => ({ ...row, version: Math.max(version, row.version + 1) }))
    await patiently(teller, () => this.#store.commit({ put, expect: put.map(({ id }) => ({ id, version: 0 })) }))
    missing = await this.#missing(put)
    for (const { id } of missing) fail(id, 'the store remembers that it was deleted, at a later time than now')
    this.tally.added -= missing.length
    this.tally.failed += missing.length
  }

  async #missing(rows: readonly StoredRow[]): Promise<StoredRow[]> {
    if (rows.length === 0) return []
    const there = await patiently(this.#options.teller, () => this.#store.get(rows.map(({ id }) => id)))
    return rows.filter((_, n) => there[n] === undefined)
  }
}

/** Apart from their versions, which two stores count each by itself. */
function isSame(one: StoredRow, other: StoredRow): boolean {
  const keys = (row: StoredRow): string => JSON.stringify(Object.entries(row.keys).sort(([a], [b]) => (a < b ? -1 : 1)))
  return (
    one.class === other.class &&
    one.format === other.format &&
    one.owner === other.owner &&
    one.zone === other.zone &&
    one.fields === other.fields &&
    keys(one) === keys(other)
  )
}
