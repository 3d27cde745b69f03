/** Zones whose stored objects come into memory when a client begins to watch, and leave it some time after the last has left. */
import type { Clock, Timer } from '../../base/clock.ts'
import { StoreError } from '../../base/errors.ts'
import { pauseAfter } from './pauses.ts'

export interface SleepingZonesOptions {
  readonly clock: Clock
  /** How long a zone stays in memory that nobody watches, ms. */
  readonly unloadMs: number
  /** Brings the stored objects of a zone into the game. */
  readonly load: (zone: number) => Promise<unknown>
  readonly isWatched: (zone: number) => boolean
  /** Takes its stored objects out of memory, as far as nobody who is connected owns them. False where some have stayed. */
  readonly unload: (zone: number) => boolean
  readonly failed: (error: unknown) => void
}

export class SleepingZones {
  readonly #options: SleepingZonesOptions
  readonly #awake = new Set<number>()
  readonly #waking = new Map<number, Promise<void>>()
  readonly #timers = new Map<number, Timer>()
  /** Those that somebody has come to watch since their timer was set. */
  readonly #visited = new Set<number>()
  /** End the pauses of those that wait for a store that is away. */
  readonly #pauses = new Set<() => void>()
  #stopped = false

  constructor(options: SleepingZonesOptions) {
    this.#options = options
  }

  /** Resolves when all of these are in memory; null where they are. */
  awaken(zones: readonly number[]): Promise<void> | null {
    for (const zone of zones) if (this.#timers.has(zone)) this.#visited.add(zone)
    const asleep = zones.filter(zone => !this.#awake.has(zone))
    if (asleep.length === 0) return null
    return Promise.all(asleep.map(zone => this.#wake(zone))).then(() => {})
  }

  deserted(zone: number): void {
    // Told of objects that come and go too, which does not keep a zone awake.
    if (!this.#awake.has(zone) || (this.#timers.has(zone) && !this.#visited.has(zone))) return
    this.#unloadLater(zone)
  }

  stop(): void {
    this.#stopped = true
    for (const end of [...this.#pauses]) end()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #unloadLater(zone: number): void {
    if (this.#stopped) return
    const { clock, unloadMs, isWatched, unload } = this.#options
    this.#visited.delete(zone)
    this.#timers.get(zone)?.cancel()
    const timer = clock.after(unloadMs, () => {
      this.#timers.delete(zone)
      this.#visited.delete(zone)
      if (isWatched(zone)) return
      this.#awake.delete(zone)
      // Their owners may leave.
      if (!unload(zone)) this.#unloadLater(zone)
    })
    this.#timers.set(zone, timer)
  }

  #wake(zone: number): Promise<void> {
    let waking = this.#waking.get(zone)
    if (!waking) {
      waking = this.#load(zone).finally(() => this.#waking.delete(zone))
      this.#waking.set(zone, waking)
    }
    return waking
  }

  /** A store that is away is waited for: a zone without its objects would be another zone. */
  async #load(zone: number): Promise<void> {
    const { load, failed } = this.#options
    for (let failures = 0; ; failures++) {
      try {
        await load(zone)
        this.#awake.add(zone)
        // Whoever wished for it may have gone meanwhile.
        this.deserted(zone)
        return
      } catch (error) {
        if (!this.#stopped) failed(error)
        if (!(error instanceof StoreError && error.kind === 'retryable')) throw error
        if (!this.#stopped) await this.#sleep(pauseAfter(failures))
        if (this.#stopped) throw error
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        timer.cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const timer = this.#options.clock.after(ms, end)
      this.#pauses.add(end)
    })
  }
}
