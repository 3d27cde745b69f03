/** A store that can be told to fail, to wait, and to refuse: around a real one. */
import { StoreError } from 'fieldcast/server'
import { memoryStore } from 'fieldcast/stores/memory'
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

export class TroubledStore implements Store {
  readonly inner: Store
  readonly name = 'troubled'
  readonly capabilities: Capabilities
  /** What was sent to the store, whether it was taken or not. */
  readonly commits: Commit[] = []
  reads = 0
  /** What each commit fails with; null for none. Asked before the store is. */
  trouble: (commit: Commit) => StoreError | null = () => null
  /** Reading fails. */
  away = false
  /** Holds commits back until `release`. */
  held = false
  #waiting: (() => void)[] = []

  constructor(inner: Store = memoryStore(), capabilities: Partial<Capabilities> = {}) {
    this.inner = inner
    this.capabilities = { ...inner.capabilities, ...capabilities }
  }

  release(): void {
    this.held = false
    for (const go of this.#waiting.splice(0)) go()
  }

  down(): void {
    this.trouble = () => new StoreError('retryable', 'the server went away')
  }

  up(): void {
    this.trouble = () => null
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

  async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    this.commits.push(commit)
    if (this.held) await new Promise<void>(resolve => this.#waiting.push(resolve))
    const error = this.trouble(commit)
    if (error) throw error
    return this.inner.commit(commit, fence)
  }

  async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    this.#read()
    return this.inner.get(ids)
  }

  async query(query: StoreQuery): Promise<Page> {
    this.#read()
    return this.inner.query(query)
  }

  #read(): void {
    this.reads++
    if (this.away) throw new StoreError('retryable', 'the server went away')
  }

  /** The stored fields of an object, as they stand in the store. */
  async fields(id: string): Promise<Record<string, unknown> | null> {
    await this.inner.open()
    const [row] = await this.inner.get([id])
    return row && 'fields' in row ? JSON.parse(row.fields) : null
  }
}
