/** How a server's store stands: what is told of it, what it counts, and when nothing more may come into memory. */
import { StoreError } from '../../base/errors.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import type { StorageState } from '../../replication/authority/stored.ts'
import type { WriteBehind } from './write-behind.ts'

/** What `commitsPerSecond` is taken over, ms. */
const RATE_MS = 5000
/** Of so many failed attempts one is told. */
const TOLD = 10

export class Health {
  readonly #authority: Authority
  readonly #store: string
  readonly #queue: WriteBehind
  readonly #dirtyLimit: number
  /** When the last commits ended. */
  readonly #recent: number[] = []
  #saved = 0
  #isBehind = false
  #attempts = 0
  commits = 0

  /** @param store its name, for messages. */
  constructor(authority: Authority, store: string, queue: WriteBehind, dirtyLimit: number) {
    this.#authority = authority
    this.#store = store
    this.#queue = queue
    this.#dirtyLimit = dirtyLimit
  }

  get state(): StorageState {
    const { clock } = this.#authority
    const { oldest, waiting, failing } = this.#queue
    const from = clock.now() - RATE_MS
    return {
      waiting,
      oldestMs: oldest === null ? 0 : clock.now() - oldest,
      commits: this.commits,
      saved: this.#saved,
      commitsPerSecond: this.#recent.filter(at => at > from).length / (RATE_MS / 1000),
      failing,
    }
  }

  failing(error: StoreError, waiting: number): void {
    if (this.#attempts++ % TOLD === 0) this.tell('failing', error, waiting)
  }

  working(waiting: number): void {
    this.#attempts = 0
    this.tell('working', null, waiting)
  }

  committed(count: number): void {
    const now = this.#authority.clock.now()
    this.commits++
    this.#saved += count
    this.#recent.push(now)
    while (this.#recent[0]! <= now - RATE_MS) this.#recent.shift()
    const { waiting } = this.#queue
    if (!this.#isBehind || waiting >= this.#dirtyLimit / 2) return
    this.#isBehind = false
    this.tell('working', null, waiting)
  }

  /** @throws StoreError where so much is unsaved that nothing more may come into memory. */
  checkPressure(): void {
    const { waiting } = this.#queue
    if (waiting < this.#dirtyLimit) return
    if (!this.#isBehind) {
      this.#isBehind = true
      this.tell('behind', null, waiting)
    }
    throw new StoreError(
      'retryable',
      `${waiting} objects wait for ${this.#store}, which is behind: no stored object comes into memory until it has caught up.`,
    )
  }

  tell(state: 'failing' | 'working' | 'behind' | 'fenced', error: unknown, waiting: number): void {
    this.#authority.emit('store', { state, error, waiting })
  }
}
