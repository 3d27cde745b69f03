/** What flawed stores are made of: memoryStore, with parts of it replaced. */
import { memoryStore } from '../../../lib/stores/memory.ts'
import type { Store, StoredRow } from '../../../lib/stores/store.ts'
import type { StorePlace } from '../../../lib/stores/suite.ts'

export interface Flaw {
  /** Completes "a store that". */
  readonly what: string
  /** Of the case that is meant to find it. */
  readonly title: string
  place(): StorePlace
}

export type Spoil = (inner: Store) => Partial<Store>
/** What memory gives for an id: nothing there is damaged. */
export type Found = StoredRow | undefined

export const wrapped = (inner: Store, parts: Partial<Store>): Store => ({
  name: inner.name,
  capabilities: inner.capabilities,
  open: () => inner.open(),
  close: () => inner.close(),
  epoch: shard => inner.epoch(shard),
  claim: (shard, epoch) => inner.claim(shard, epoch),
  commit: (commit, fence) => inner.commit(commit, fence),
  get: ids => inner.get(ids),
  query: query => inner.query(query),
  ...parts,
})

/** What servers far away take, and others use. */
export const turn = () => new Promise<void>(resolve => setImmediate(resolve))

export const flaw = (what: string, title: string, spoil: Spoil): Flaw => ({
  what,
  title,
  place() {
    const inner = memoryStore()
    const store = wrapped(inner, spoil(inner))
    return { store: () => store }
  },
})
