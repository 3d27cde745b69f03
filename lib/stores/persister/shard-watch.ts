/** Finds out that another server has taken this one's place where nothing is written that would show it. Rule 12 of docs/guarantees.md. */

import type { Clock, Timer } from '../../base/clock.ts'
import type { StoreError } from '../../base/errors.ts'
import { overtaken } from '../fences.ts'
import type { Fence, Store } from '../store.ts'

export interface ShardWatchOptions {
  readonly store: Store
  readonly clock: Clock
  readonly fence: Fence
  /** How many commits there have been: each has shown that the shard is ours. */
  readonly commits: () => number
  readonly lost: (error: StoreError) => void
}

/** How often a server looks that writes nothing, ms. */
const LOOK_MS = 5000

export class ShardWatch {
  readonly #options: ShardWatchOptions
  readonly #timer: Timer | null
  #seen = 0
  #looking = false

  constructor(options: ShardWatchOptions) {
    this.#options = options
    const { store, clock } = options
    this.#timer = store.capabilities.shared ? clock.every(LOOK_MS, () => void this.#look()) : null
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #look(): Promise<void> {
    const { store, fence, commits, lost } = this.#options
    const before = this.#seen
    this.#seen = commits()
    if (this.#looking || this.#seen !== before) return
    this.#looking = true
    try {
      const held = await store.epoch(fence.shard)
      if (held > fence.epoch) lost(overtaken(fence, held))
    } catch {
      // A store that is away says nothing; it is asked again.
    } finally {
      this.#looking = false
    }
  }
}
