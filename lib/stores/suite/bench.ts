/** What the cases of the suite stand on: a place of data, the stores that a case opens on it, rows to write. */
import { strict as assert } from 'node:assert'
import { systemClock } from '../../base/clock.ts'
import { StoreError } from '../../base/errors.ts'
import type { Commit, Damaged, Fence, Store, StoredRow, StoreQuery } from '../store.ts'

export { assert }

/** Where the stores of one case keep their data: a folder, a schema, a database. Empty at first. */
export interface StorePlace {
  /**
   * One more store on these data, not yet opened. It is opened beside those before where `capabilities.shared` is true, else after they were closed. A store whose data
   * are its own may give itself each time.
   */
  store(): Store
  /** Takes the data away, when the case is over and its stores are closed. */
  remove?(): Promise<void> | void
}

/** Makes an empty place. Asked once for each case. */
export type StoreMaker = () => StorePlace | Promise<StorePlace>

/** One test, for any framework. */
export interface StoreCase {
  readonly title: string
  run(): Promise<void>
}

/** The stores of one case. */
export class Bench<P extends StorePlace = StorePlace> {
  declare readonly place: P
  readonly #opened = new Set<Store>()

  constructor(place: P) {
    this.place = place
  }

  /** One more store on the place, opened. */
  async open(): Promise<Store> {
    const store = this.place.store()
    this.#opened.add(store)
    await store.open()
    return store
  }

  /** Another one beside `first`; where only one may use the data, `first` itself. */
  async beside(first: Store): Promise<Store> {
    return first.capabilities.shared ? this.open() : first
  }

  /** Closes `store` and opens another on the same data. */
  async reopen(store: Store): Promise<Store> {
    await store.close()
    return this.open()
  }

  /** Closes all and takes the data away, whatever fails on the way. @throws what failed first. */
  async end(): Promise<void> {
    const ends = await Promise.allSettled([...this.#opened].map(store => store.close()))
    await this.place.remove?.()
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
}

/** A case on a place of its own, which is gone after it, also when it fails. */
export function onPlace<P extends StorePlace>(
  make: () => P | Promise<P>,
  title: string,
  body: (bench: Bench<P>) => Promise<void>,
): StoreCase {
  return {
    title,
    async run() {
      const bench = new Bench(await make())
      try {
        await body(bench)
      } catch (error) {
        // What the case has found matters more than what its end finds.
        await bench.end().catch(() => {})
        throw error
      }
      await bench.end()
    },
  }
}

/** Adds a case whose body is given one opened store, and the bench for more. */
export type Describe = (title: string, body: (store: Store, bench: Bench) => Promise<void>) => void

/** The `n`th id. They are scattered: the order of numbers is not that of ids. */
export const idOf = (n: number): string =>
  BigInt.asUintN(96, (BigInt(n) + 1n) * 0x9e37_79b9_7f4a_7c15_f39c_c061n)
    .toString(16)
    .padStart(24, '0')

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** The `n`th object, of version 1 where `more` does not say otherwise. */
export const row = (n: number, more: Partial<StoredRow> = {}): StoredRow => ({
  id: idOf(n),
  class: 'Player',
  version: 1,
  format: 1,
  owner: null,
  zone: 0,
  keys: {},
  fields: `{"moveTo":[${n},0]}`,
  ...more,
})

/** Keys under any name, `__proto__` too. */
export const keysOf = (...entries: readonly (readonly [string, string])[]): Record<string, string> =>
  Object.fromEntries(entries)

/** What is stored of these rows is these rows. */
export async function holds(store: Store, ...rows: readonly StoredRow[]): Promise<void> {
  same(await store.get(rows.map(each => each.id)), rows)
}

/** None of these objects is there, neither for `get` nor for queries. */
export async function lacks(store: Store, ...ids: readonly string[]): Promise<void> {
  assert.deepEqual(
    await store.get(ids),
    ids.map(() => undefined),
  )
  const found = await all(store)
  assert.deepEqual(
    found.filter(each => ids.includes(each.id)),
    [],
  )
}

/** Deep equality of rows, whatever the prototypes of the records in them. */
export function same(
  actual: readonly (StoredRow | Damaged | undefined)[],
  wanted: readonly (StoredRow | undefined)[],
  otherwise?: string,
): void {
  try {
    assert.deepEqual(actual.map(plain), wanted.map(plain))
  } catch (error) {
    // The differences alone would leave out which of many objects it is.
    if (otherwise && error instanceof Error) error.message = `${otherwise} ${error.message}`
    throw error
  }
}

/** What a query means: of these rows those that fit, in order. */
export const expected = (rows: readonly StoredRow[], query: Omit<StoreQuery, 'limit'>): StoredRow[] =>
  rows.filter(each => fits(each, query)).sort((a, b) => (a.id < b.id ? -1 : 1))

const fits = (each: StoredRow, { class: type, owner, zone, key }: Omit<StoreQuery, 'limit'>): boolean =>
  (type === undefined || each.class === type) &&
  (owner === undefined || each.owner === owner) &&
  (zone === undefined || each.zone === zone) &&
  (key === undefined || (Object.hasOwn(each.keys, key.name) && each.keys[key.name] === key.value))

type Rows = readonly (StoredRow | Damaged)[]

/** The pages of a query, of at most `limit` rows each; `between` happens after each but the last. */
export async function pages(
  store: Store,
  query: Omit<StoreQuery, 'limit' | 'after'>,
  limit: number,
  between: (page: number) => Promise<unknown> = async () => {},
): Promise<readonly Rows[]> {
  const found: Rows[] = []
  for (let after: string | null = null; ; ) {
    const { rows, next } = await store.query({ ...query, ...(after === null ? {} : { after }), limit })
    assert.ok(rows.length <= limit, `A page of at most ${limit} rows has ${rows.length}.`)
    found.push(rows)
    if (next === null) return found
    assert.ok(after === null || next > after, `A page after ${after} leads to ${next}, which is not above it.`)
    assert.ok(found.length < 10_000, 'Pages come without an end.')
    after = next
    await between(found.length)
  }
}

/** All that fits a query, page by page. */
export async function all(
  store: Store,
  query: Omit<StoreQuery, 'limit' | 'after'> = {},
  limit = 1000,
): Promise<(StoredRow | Damaged)[]> {
  return (await pages(store, query, limit)).flat()
}

/** Does `task` again and again while `work` goes on, and once at least. */
export async function during(work: Promise<unknown>, task: () => Promise<void>): Promise<void> {
  let done = false
  const end = work.finally(() => {
    done = true
  })
  try {
    do {
      await task()
      // A store may answer at once: what others wait for needs a turn of the event loop.
      await new Promise<void>(resolve => systemClock.after(0, resolve))
    } while (!done)
  } finally {
    await end
  }
}

/** A commit as a server does it: asked again while the answer is that it may well succeed later. */
export async function commitAtLast(store: Store, commit: Commit, fence?: Fence): Promise<boolean> {
  for (let attempt = 1; ; attempt++)
    try {
      return await store.commit(commit, fence)
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind !== 'retryable' || attempt === 20) throw error
    }
}

/** The promise fails as `fenced`. */
export const refusedAsFenced = (promise: Promise<unknown>): Promise<void> =>
  assert.rejects(promise, error => {
    assert.ok(error instanceof StoreError, `${error} is no StoreError.`)
    assert.equal(error.kind, 'fenced')
    return true
  })

function plain(found: StoredRow | Damaged | undefined): unknown {
  if (found === undefined || 'damaged' in found) return found
  return { ...found, keys: Object.entries(found.keys).sort(([a], [b]) => (a < b ? -1 : 1)) }
}
