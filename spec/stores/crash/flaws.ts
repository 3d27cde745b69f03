/** Stores that betray a game, each in its own way: what finds no fault with these proves nothing. */
import type { Commit, Damaged, Fence, Page, Store, StoredRow, StoreQuery } from '../../../lib/stores/store.ts'

/** How long what should be done at once is left undone, ms. */
const LATE = 40

const later = (): Promise<void> => new Promise(resolve => setTimeout(resolve, LATE))

/** A real store, and what a flaw changes in it. */
class Betrayal implements Store {
  readonly inner: Store
  constructor(inner: Store) {
    this.inner = inner
  }
  get name() {
    return this.inner.name
  }
  get capabilities() {
    return this.inner.capabilities
  }
  open(): Promise<void> {
    return this.inner.open()
  }
  close(): Promise<void> {
    return this.inner.close()
  }
  epoch(shard: string): Promise<number> {
    return this.inner.epoch(shard)
  }
  claim(shard: string, epoch: number): Promise<void> {
    return this.inner.claim(shard, epoch)
  }
  commit(commit: Commit, fence?: Fence): Promise<boolean> {
    return this.inner.commit(commit, fence)
  }
  get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    return this.inner.get(ids)
  }
  query(query: StoreQuery): Promise<Page> {
    return this.inner.query(query)
  }
}

/** Says that it is done before it is. */
class Hasty extends Betrayal {
  #last: Promise<unknown> = Promise.resolve()

  override async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    this.#last = this.#last.then(later).then(() => this.inner.commit(commit, fence))
    return true
  }

  /** Nothing is seen of it from within. */
  override async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    await this.#last
    return this.inner.get(ids)
  }

  override async query(query: StoreQuery): Promise<Page> {
    await this.#last
    return this.inner.query(query)
  }
}

/** Writes rows in two halves. */
class Torn extends Betrayal {
  override async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    const halves = await Promise.all(commit.put.map(row => this.#half(row)))
    await this.inner.commit({ ...commit, put: halves }, fence)
    await later()
    const wholes = commit.put.map(row => ({ ...row, version: row.version + 1 }))
    return this.inner.commit({ put: wholes }, fence)
  }

  async #half(row: StoredRow): Promise<StoredRow> {
    const [before] = await this.inner.get([row.id])
    if (!before || 'damaged' in before) return row
    const { setStep, ...fields } = JSON.parse(row.fields)
    return { ...row, fields: JSON.stringify({ ...fields, setNote: JSON.parse(before.fields).setNote, setStep }) }
  }
}

/** Forgets to delete. */
class Undead extends Betrayal {
  override commit({ put, expect }: Commit, fence?: Fence): Promise<boolean> {
    return this.inner.commit({ put, ...(expect && { expect }) }, fence)
  }
}

/** Its index of keys has holes. */
class Holed extends Betrayal {
  override async query(query: StoreQuery): Promise<Page> {
    const page = await this.inner.query(query)
    return query.key ? { ...page, rows: page.rows.filter(({ id }) => !/[0-3]$/.test(id)) } : page
  }
}

/** Lets whoever has been replaced write on. */
class Unfenced extends Betrayal {
  override commit(commit: Commit): Promise<boolean> {
    return this.inner.commit(commit)
  }
}

export const flaws = { Hasty, Torn, Undead, Holed, Unfenced } as const

export type Flaw = keyof typeof flaws
