/**
 * Commits of single rows that have failed: nobody knows whether they were written, or still will be. What is written of the same object next gets a version above theirs,
 * though no time has passed and the clock may have gone back: under the same version the store would pass over it.
 */
import type { Clock } from '../../base/clock.ts'
import type { Commit, Deletion } from '../store.ts'

/** No commit comes later than this, ms. */
const KEPT_MS = 3_600_000

export class Doubts {
  readonly #clock: Clock
  /** By id, the oldest first. */
  readonly #failed = new Map<string, { readonly version: number; readonly since: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  failed({ put, del = [] }: Commit): void {
    const now = this.#clock.now()
    for (const { id, version } of [...put, ...del]) {
      this.#failed.delete(id)
      this.#failed.set(id, { version, since: now })
    }
    for (const [id, { since }] of this.#failed) {
      if (now - since <= KEPT_MS) break
      this.#failed.delete(id)
    }
  }

  /** What the next version of a row is to be above. */
  versionOf({ id, version }: Deletion): number {
    const failed = this.#failed.get(id)?.version ?? 0
    if (failed > version) return failed
    // It is there, or never will be.
    this.#failed.delete(id)
    return version
  }
}
