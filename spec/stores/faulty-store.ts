/** A store in memory whose commits fail, hang and come late, by a plan; it watches what it is sent, and lets a reader see what stands. */
import { StoreError } from 'fieldcast/server'
import { memoryStore } from 'fieldcast/stores/memory'
import type { Clock } from '../../lib/base/clock.ts'
import type {
  Capabilities,
  Commit,
  Damaged,
  Fence,
  Page,
  Store,
  StoredRow,
  StoreQuery,
} from '../../lib/stores/store.ts'

/**
 * What becomes of one commit, after `ms`: it is taken; it fails; it is taken, but that is not heard; or it fails for all that is known, and is taken `late` ms after that.
 */
export interface Fault {
  readonly kind: 'taken' | 'fails' | 'unheard' | 'late'
  readonly ms: number
  readonly late: number
}

export class FaultyStore implements Store {
  readonly name = 'faulty'
  readonly capabilities: Capabilities
  readonly inner: Store = memoryStore()
  /** What is wrong with what was sent. */
  readonly wrong: string[] = []
  clock!: Clock
  /** Of the next commits. Without one a commit is taken at once. */
  plan: Fault[] = []
  /** What is refused for good, row by row. */
  refuses: (row: StoredRow) => boolean = () => false
  readonly #sent = new Map<string, { readonly version: number; readonly text: string }>()

  constructor(batch: number) {
    this.capabilities = { ...this.inner.capabilities, batch }
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

  get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    return this.inner.get(ids)
  }

  query(query: StoreQuery): Promise<Page> {
    return this.inner.query(query)
  }

  async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    const { kind, ms, late } = this.plan.shift() ?? { kind: 'taken', ms: 0, late: 0 }
    if (ms > 0) await this.#pass(ms)
    if (commit.put.some(this.refuses)) throw new StoreError('fatal', 'no')
    for (const change of [...commit.put, ...(commit.del ?? [])]) this.#watch(change, commit.expect !== undefined)
    const take = (): Promise<boolean> => this.inner.commit(commit, fence)
    if (kind === 'taken') return take()
    if (kind === 'unheard') await take()
    if (kind === 'late') this.clock.after(late, () => void take().catch(() => {}))
    throw new StoreError('retryable', 'the server went away')
  }

  #pass(ms: number): Promise<void> {
    return new Promise(resolve => this.clock.after(ms, resolve))
  }

  /** Versions only grow, and each stands for one state, but where what stands is compared first: a store would pass over what it has not. */
  #watch(change: { readonly id: string; readonly version: number }, compares: boolean): void {
    const { id, version } = change
    const text = JSON.stringify(change)
    const last = this.#sent.get(id)
    if (!compares && last && version < last.version) this.wrong.push(`${text} after ${last.text}`)
    if (!compares && last?.version === version && last.text !== text) this.wrong.push(`${last.text} and then ${text}`)
    if (!last || version >= last.version) this.#sent.set(id, { version, text })
  }
}
