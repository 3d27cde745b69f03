/** `fieldcast/stores/memory`: a store for tests, and for worlds that end with their process. */

import { type Clock, systemClock } from '../base/clock.ts'
import { StoreError } from '../base/errors.ts'
import { claimedAlready, overtaken } from './fences.ts'
import type {
  Capabilities,
  Commit,
  CountQuery,
  Damaged,
  Deletion,
  Fence,
  Page,
  Store,
  StoredRow,
  StoreQuery,
} from './store.ts'

export interface MemoryStoreOptions {
  /** Tells when a deletion may be forgotten. Default: the platform's. */
  readonly clock?: Clock
}

/**
 * Keeps rows in this process. Two servers may be given the same one, one after the other or at once: what a test needs in order to restart a server. The rows stay
 * when it is closed.
 *
 * ```ts
 * const store = memoryStore()
 * const server = createServer({ classes: [Player], store })
 * ```
 */
export function memoryStore({ clock = systemClock }: MemoryStoreOptions = {}): Store {
  return new MemoryStore(clock)
}

/** How long a deletion is remembered, ms. */
const REMEMBERED = 3_600_000

interface Tombstone {
  readonly version: number
  readonly since: number
}

class MemoryStore implements Store {
  readonly name = 'memory'
  readonly capabilities: Capabilities = { durability: 'none', shared: true, batch: 10_000 }
  readonly #clock: Clock
  readonly #rows = new Map<string, StoredRow>()
  /** The oldest first. */
  readonly #deleted = new Map<string, Tombstone>()
  readonly #epochs = new Map<string, number>()
  /** The ids of all rows in order; null where that has to be found out. */
  #ids: readonly string[] | null = null
  /** How many servers have it open. */
  #users = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async open(): Promise<void> {
    this.#users++
  }

  async close(): Promise<void> {
    if (this.#users > 0) this.#users--
  }

  async epoch(shard: string): Promise<number> {
    this.#check()
    return this.#epochs.get(shard) ?? 0
  }

  async claim(shard: string, epoch: number): Promise<void> {
    this.#check()
    const held = this.#epochs.get(shard) ?? 0
    if (held >= epoch) throw claimedAlready({ shard, epoch }, held)
    this.#epochs.set(shard, epoch)
  }

  async commit({ put, del = [], expect = [] }: Commit, fence?: Fence): Promise<boolean> {
    this.#check()
    const held = fence ? (this.#epochs.get(fence.shard) ?? 0) : 0
    if (fence && held > fence.epoch) throw overtaken(fence, held)
    if (expect.some(({ id, version }) => version !== (this.#rows.get(id)?.version ?? 0))) return false
    for (const row of put) if (row.version > this.#version(row.id)) this.#put(row)
    for (const each of del) if (each.version > this.#version(each.id)) this.#delete(each)
    return true
  }

  async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    this.#check()
    return ids.map(id => {
      const row = this.#rows.get(id)
      return row && copy(row)
    })
  }

  async query({ after = '', limit, ...query }: StoreQuery): Promise<Page> {
    this.#check()
    const ids = (this.#ids ??= [...this.#rows.keys()].sort())
    const rows: StoredRow[] = []
    for (let index = firstAbove(ids, after); index < ids.length; index++) {
      const row = this.#rows.get(ids[index]!)!
      if (!fits(row, query)) continue
      if (rows.length === limit) return { rows, next: rows.at(-1)!.id }
      rows.push(copy(row))
    }
    return { rows, next: null }
  }

  async count(query: CountQuery = {}): Promise<number> {
    this.#check()
    let count = 0
    for (const row of this.#rows.values()) if (fits(row, query)) count++
    return count
  }

  #check(): void {
    if (this.#users === 0) throw new StoreError('fatal', 'The memory store is not open: call open() first.')
  }

  #version(id: string): number {
    return this.#rows.get(id)?.version ?? this.#deleted.get(id)?.version ?? 0
  }

  #put(row: StoredRow): void {
    if (!this.#rows.has(row.id)) this.#ids = null
    this.#rows.set(row.id, copy(row))
    this.#deleted.delete(row.id)
  }

  #delete({ id, version }: Deletion): void {
    if (this.#rows.delete(id)) this.#ids = null
    const now = this.#clock.now()
    // Again at the end of the map.
    this.#deleted.delete(id)
    this.#deleted.set(id, { version, since: now })
    for (const [oldest, { since }] of this.#deleted) {
      if (now - since <= REMEMBERED) break
      this.#deleted.delete(oldest)
    }
  }
}

const fits = (row: StoredRow, { class: type, owner, zone, key }: CountQuery): boolean =>
  (type === undefined || row.class === type) &&
  (owner === undefined || row.owner === owner) &&
  (zone === undefined || row.zone === zone) &&
  (!key || (Object.hasOwn(row.keys, key.name) && row.keys[key.name] === key.value))

const copy = (row: StoredRow): StoredRow => ({ ...row, keys: { ...row.keys } })

function firstAbove(ids: readonly string[], after: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ids[middle]! > after) high = middle
    else low = middle + 1
  }
  return low
}
