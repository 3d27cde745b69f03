/**
 * The contract of stores: what the engine asks of whatever keeps its objects, and what it relies on. Whoever writes a store of his own keeps these promises and runs
 * `storeCases` of 'fieldcast/stores/suite' on it; the suite holds each of them.
 *
 * 1. **Atomic**: a commit is there whole or not at all, whatever dies in between, and nobody reads half of one.
 * 2. **Durable**: a commit that has resolved is there after a crash of this process, of the store, and of the machine, as far as the disk keeps its own word.
 * 3. **Versions** of an object only grow. A row whose version is not above the stored one is passed over without an error, so a commit whose answer was lost may
 *    be sent again. A deletion counts too: for an hour at least (or while the store is open, where no other process can write) an older row does not
 *    bring the object back.
 * 4. **Fences**: from `claim(shard, epoch)` on, commits of that shard under a lower epoch write nothing and fail as `fenced`, and so do claims.
 * 5. **Expectations**: a commit with `expect` is written where every object has the version named, and else not at all.
 * 6. **Queries** give every row that fits and was there throughout, once, in ascending order of ids, whatever is committed between two pages.
 * 7. **Errors** are `StoreError`s: `retryable` where the same call may well succeed later (a lost connection, a full disk), `fenced`, or `fatal` (a wrong password, files of
 *    a newer version). After a failed commit it is unknown whether it was written; see 3.
 * 8. What a store cannot read it names and leaves as it is: such a row comes back as `Damaged`, the others as they are.
 */

/** One object as stores keep it. They do not look into `fields`. */
export interface StoredRow {
  /** 24 hex digits, in lower case. */
  readonly id: string
  /** The name of its class in the source. */
  readonly class: string
  /** At least 1, and above that of every commit of this object before. */
  readonly version: number
  /** The class's own version when this was written, for its `migrate`. */
  readonly format: number
  /** The account that owns the object, or null. */
  readonly owner: string | null
  readonly zone: number | null
  /** The values of declared indexes as text, at most 200 characters each, by the index's name. */
  readonly keys: Readonly<Record<string, string>>
  /** JSON: an object with the argument list of each field, by the field's name. See `persister/stored-values.ts`. */
  readonly fields: string
}

/** A row that the store holds and cannot read. */
export interface Damaged {
  readonly id: string
  /** What is wrong with it, for people. */
  readonly damaged: string
}

export interface Deletion {
  readonly id: string
  /** As a row's. */
  readonly version: number
}

export interface Expectation {
  readonly id: string
  /** 0 for an object that is not there. */
  readonly version: number
}

export interface Commit {
  /** An id stands in one of `put` and `del`, once. */
  readonly put: readonly StoredRow[]
  readonly del?: readonly Deletion[]
  /** Default: none. */
  readonly expect?: readonly Expectation[]
}

/** Who writes: the holder of `shard` since it claimed `epoch`. */
export interface Fence {
  readonly shard: string
  readonly epoch: number
}

/** Which objects; all that is named must hold. */
export interface StoreQuery {
  readonly class?: string
  readonly owner?: string
  readonly zone?: number
  /** The value of an index; needs `class`. */
  readonly key?: { readonly name: string; readonly value: string }
  /** Only ids above this one. */
  readonly after?: string
  /** Most rows of a page. */
  readonly limit: number
}

/** What of a query can be counted. */
export type CountQuery = Omit<StoreQuery, 'after' | 'limit'>

export interface Page {
  readonly rows: readonly (StoredRow | Damaged)[]
  /** What to ask with as `after` for the next page; null where this is the last. */
  readonly next: string | null
}

export interface Capabilities {
  /** What commits survive: the end of this process, or of the machine too. `none` for memory. */
  readonly durability: 'none' | 'machine'
  /** Several processes may use the same data at once. */
  readonly shared: boolean
  /** Most rows of a commit that are written well at once. Longer ones are right too. */
  readonly batch: number
}

export interface Store {
  /** For messages: `lmdb ./world`. Without passwords. */
  readonly name: string
  readonly capabilities: Capabilities
  /** Connects, and makes the layout where there is none. Asked again after an error. @throws StoreError `fatal` for what is not ours, or of a newer version: it is left as it is. */
  open(): Promise<void>
  /** Lets go of files and connections; what has been committed stays. Harmless when repeated. */
  close(): Promise<void>
  /** The highest epoch claimed of a shard so far; 0 for none. */
  epoch(shard: string): Promise<number>
  /** Takes a shard. @throws StoreError `fenced` where that epoch, or a higher one, has been claimed. */
  claim(shard: string, epoch: number): Promise<void>
  /** Writes, durably. False where an expectation does not hold: nothing was written then. @throws StoreError `fenced`: nothing was written. */
  commit(commit: Commit, fence?: Fence): Promise<boolean>
  /** The rows of these ids, in their order; undefined for those that are not there. */
  get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]>
  query(query: StoreQuery): Promise<Page>
  /**
   * How many rows fit, all of them without a query, in a fraction of the time that reading them takes: for people who wait. What is written meanwhile, or was changed by
   * hand, may be missing or counted too. Absent where a store cannot tell.
   */
  count?(query?: CountQuery): Promise<number>
}

export const isDamaged = (row: StoredRow | Damaged): row is Damaged => 'damaged' in row

/** Most characters of an index's value. */
export const MAX_KEY = 200

/** What an id looks like. */
export const isStoredId = (id: unknown): id is string => typeof id === 'string' && /^[0-9a-f]{24}$/.test(id)
