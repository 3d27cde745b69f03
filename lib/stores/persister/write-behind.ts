/**
 * Carries changes to the store behind the game's back. One commit is under way at a time, and the next takes what has gathered meanwhile: each object once, as it stands
 * then. What fails is sent again, unchanged, until it is there: nothing accepted is dropped while the process lives, and nothing grows but by objects that are in
 * memory. Rule 12 of docs/guarantees.md.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { Deferred } from '../../base/deferred.ts'
import { StoreError } from '../../base/errors.ts'
import type { Commit, Deletion, Fence, Store, StoredRow } from '../store.ts'
import { breathe, pauseAfter } from './pauses.ts'
import { type StoredRecord, versionAfter } from './record.ts'

/** What the queue tells. */
export interface Telling {
  /** Writing fails, and goes on being tried; again at every so many tries. */
  failing(error: StoreError, waiting: number): void
  /** It works again. */
  working(waiting: number): void
  /** Another server holds the shard: this one writes no more. */
  fenced(error: StoreError, waiting: number): void
  /** The store refuses this object while it takes others; it is tried again when it changes. */
  refused(record: StoredRecord, error: StoreError): void
  /** A commit is durable. */
  committed(records: number): void
}

export interface WriteBehindOptions {
  readonly store: Store
  readonly clock: Clock
  readonly fence: Fence
  /** The least time between two commits that nobody waits for, ms. */
  readonly gapMs: number
  /** The row of a record as it stands. */
  readonly encode: (record: StoredRecord) => StoredRow
  readonly tell: Telling
}

/** Most objects of a commit: stores hand over a whole one at once, which holds up the game. Few ever gather, but behind a store that has been away. */
const MOST = 5000
/** So many are encoded at once, which takes about a millisecond; then the event loop turns. */
const SLICE = 500

interface Flight {
  readonly records: readonly StoredRecord[]
  /** When the first of them was queued. */
  readonly since: number
  /** By record: its row or deletion, encoded once for all attempts. */
  readonly rows: Map<StoredRecord, StoredRow | Deletion>
  readonly waiting: (readonly [StoredRecord, Deferred<void>])[]
  /** Run when it is over, whatever became of each. */
  readonly landed: (() => void)[]
  /** Those of the records that stand in the queue once more. */
  changedAgain: number
}

export class WriteBehind {
  readonly #options: WriteBehindOptions
  #queue: StoredRecord[] = []
  #flight: Flight | null = null
  #running: Promise<void> | null = null
  #pause: { readonly timer: Timer; readonly end: () => void; readonly idle: boolean } | null = null
  #stopping = false
  /** Why nothing more is written. */
  #over: StoreError | null = null
  /** Why no failed commit is tried again. */
  #ended: StoreError | null = null
  #failures = 0
  /** The highest version of a deletion: the store passes over what is not above it. */
  #deleted = 0
  /** When the last commit ended, ms of the clock. */
  #last = Number.NEGATIVE_INFINITY

  constructor(options: WriteBehindOptions) {
    this.#options = options
  }

  /** Records that the store has not confirmed. */
  get waiting(): number {
    return this.#queue.length + (this.#flight ? this.#flight.records.length - this.#flight.changedAgain : 0)
  }

  /** When the oldest of them was queued, ms of the clock; null where there is none. */
  get oldest(): number | null {
    return this.#flight?.since ?? this.#queue[0]?.since ?? null
  }

  get failing(): boolean {
    return this.#failures > 0
  }

  /** The record has changed: it is written soon. */
  add(record: StoredRecord): void {
    record.changed = true
    if (record.queued || this.#over) return
    record.queued = true
    record.since = this.#options.clock.now()
    this.#queue.push(record)
    if (record.inFlight && this.#flight) this.#flight.changedAgain++
    if (this.#pause?.idle && this.#isFull) this.#pause.end()
    this.#running ??= this.#run()
  }

  /** Resolves when the record as it stands is durable. @throws StoreError where it cannot be. */
  saved(record: StoredRecord): Promise<void> {
    if (this.#over ? record.isSaved : !record.changed && !record.inFlight) return Promise.resolve()
    const waiter = new Deferred<void>()
    if (this.#over) waiter.reject(this.#over)
    else if (record.changed) {
      this.add(record)
      ;(record.waiting ??= []).push(waiter)
      if (this.#pause?.idle) this.#pause.end()
    } else this.#flight!.waiting.push([record, waiter])
    return waiter.promise
  }

  /** Resolves when everything that has been added so far is durable, but for what the store refuses. @throws StoreError where this server writes no more. */
  async flushed(): Promise<void> {
    const last = this.#queue.at(-1)
    const waiter = new Deferred<void>()
    if (!last) {
      if (!this.#flight) return
      this.#flight.waiting.push([this.#flight.records[0]!, waiter])
    }
    await (last ? this.saved(last) : waiter.promise).catch(error => {
      if (error.kind !== 'fatal' || this.#over) throw error
      // What has no stored form is refused before the rest of its commit is written.
      return this.#landing()
    })
  }

  #landing(): Promise<void> | undefined {
    return this.#flight ? new Promise(resolve => this.#flight!.landed.push(resolve)) : undefined
  }

  /** A version above the last of its object, and above those of an object of the same id that this server has deleted. @param isLast the object may be deleted with it. */
  nextVersion(last: number, isLast: boolean): number {
    const version = Math.max(versionAfter(last, this.#options.clock), last === 0 ? this.#deleted + 1 : 0)
    if (isLast) this.#deleted = Math.max(this.#deleted, version)
    return version
  }

  /** The same for the end of the server, without pauses but those after failures. Nothing is written afterwards. */
  async drain(): Promise<void> {
    this.#stopping = true
    if (this.#pause) this.#pause.end()
    while (this.#running) await this.#running
    if (this.#over) throw this.#over
    this.#over = new StoreError('fatal', 'The server has stopped: what changes after that is not stored.')
  }

  /** Another server holds the shard, as something else than a commit of this queue has shown. */
  fenced(error: StoreError): void {
    if (this.#over) return
    if (this.#flight) this.#ended = error
    else this.#giveUp(null, error)
    this.#pause?.end()
  }

  /** Tries no more: what is unsaved stays so. */
  abandon(error: StoreError): void {
    if (this.#over) return
    this.#ended = error
    this.#pause?.end()
  }

  async #run(): Promise<void> {
    // The code that runs now may change more.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      await this.#rest()
      if (this.#over) break
      const flight = await this.#take()
      if (flight.rows.size > 0) await this.#deliver(flight)
      else this.#land(flight)
      this.#last = this.#options.clock.now()
    }
    this.#running = null
  }

  get #batch(): number {
    return Math.min(this.#options.store.capabilities.batch, MOST)
  }

  /** A whole commit waits. */
  get #isFull(): boolean {
    return this.#queue.length >= this.#batch
  }

  async #take(): Promise<Flight> {
    const { encode, clock } = this.#options
    const records = this.#queue.splice(0, this.#batch)
    const flight: Flight = {
      records,
      since: records[0]!.since,
      rows: new Map(),
      waiting: [],
      landed: [],
      changedAgain: 0,
    }
    this.#flight = flight
    for (const record of records) {
      record.queued = false
      record.changed = false
      record.inFlight = true
      for (const waiter of record.waiting ?? []) flight.waiting.push([record, waiter])
      record.waiting = null
    }
    for (const [i, record] of records.entries()) {
      if (i > 0 && i % SLICE === 0) await breathe(clock)
      // Never stored, and gone already.
      if (record.deleted && record.version === 0) {
        record.inFlight = false
        continue
      }
      record.version = this.nextVersion(record.version, record.deleted)
      try {
        flight.rows.set(record, record.deleted ? { id: record.id, version: record.version } : encode(record))
      } catch (error) {
        this.#refuse(
          flight,
          record,
          new StoreError('fatal', `It has no stored form: ${(error as Error).message}`, { cause: error }),
        )
      }
    }
    return flight
  }

  /** Returns when the flight is durable, or will never be. */
  async #deliver(flight: Flight): Promise<void> {
    for (;;) {
      try {
        await this.#commit([...flight.rows.keys()], flight)
        return this.#land(flight)
      } catch (thrown) {
        const error = asStoreError(thrown)
        if (error.kind === 'fenced' || this.#ended) return this.#giveUp(flight, this.#ended ?? error)
        if (error.kind === 'fatal' && (await this.#isolate(flight))) return this.#land(flight)
        this.#options.tell.failing(error, this.waiting)
        await this.#backOff()
      }
    }
  }

  async #commit(records: readonly StoredRecord[], { rows }: Flight): Promise<void> {
    const put: StoredRow[] = []
    const del: Deletion[] = []
    for (const record of records) {
      const row = rows.get(record)!
      if ('class' in row) put.push(row)
      else del.push(row)
    }
    const commit: Commit = { put, del }
    await this.#options.store.commit(commit, this.#options.fence)
  }

  /** The store refuses the whole for good: finds what it refuses, and writes the rest. False where it takes nothing at all. */
  async #isolate(flight: Flight): Promise<boolean> {
    const refused: [StoredRecord, StoreError][] = []
    const attempt = async (records: readonly StoredRecord[]): Promise<void> => {
      try {
        await this.#commit(records, flight)
      } catch (thrown) {
        const error = asStoreError(thrown)
        if (error.kind !== 'fatal') throw error
        if (records.length <= 1) return void (records[0] && refused.push([records[0], error]))
        const half = records.length >> 1
        await attempt(records.slice(0, half))
        await attempt(records.slice(half))
      }
    }
    try {
      await this.#commit([], flight)
      await attempt([...flight.rows.keys()])
    } catch {
      return false
    }
    for (const [record, error] of refused) this.#refuse(flight, record, error)
    return true
  }

  #refuse(flight: Flight, record: StoredRecord, error: StoreError): void {
    record.inFlight = false
    record.changed = true
    flight.rows.delete(record)
    for (const [whose, waiter] of flight.waiting) if (whose === record) waiter.reject(error)
    this.#options.tell.refused(record, error)
  }

  #land(flight: Flight): void {
    this.#flight = null
    for (const record of flight.rows.keys()) record.inFlight = false
    for (const [, waiter] of flight.waiting) waiter.resolve()
    for (const landed of flight.landed) landed()
    if (this.#failures > 0) {
      this.#failures = 0
      this.#options.tell.working(this.#queue.length)
    }
    this.#options.tell.committed(flight.rows.size)
  }

  #giveUp(flight: Flight | null, error: StoreError): void {
    const { waiting } = this
    this.#over = error
    this.#flight = null
    for (const record of [...(flight?.records ?? []), ...this.#queue]) {
      for (const waiter of record.waiting ?? []) waiter.reject(error)
      record.waiting = null
      record.inFlight = false
      record.changed = true
    }
    for (const [, waiter] of flight?.waiting ?? []) waiter.reject(error)
    for (const landed of flight?.landed ?? []) landed()
    this.#queue = []
    if (error.kind === 'fenced') this.#options.tell.fenced(error, waiting)
  }

  #backOff(): Promise<void> {
    return this.#sleep(pauseAfter(this.#failures++), false)
  }

  /** Keeps the gap to the commit before, unless somebody waits. */
  async #rest(): Promise<void> {
    const { clock, gapMs } = this.#options
    const left = this.#last + gapMs - clock.now()
    if (left > 0 && !this.#stopping && !this.#isFull && !this.#queue.some(isAwaited)) await this.#sleep(left, true)
  }

  #sleep(ms: number, idle: boolean): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        timer.cancel()
        this.#pause = null
        resolve()
      }
      const timer = this.#options.clock.after(ms, end)
      this.#pause = { timer, end, idle }
    })
  }
}

const isAwaited = (record: StoredRecord): boolean => record.waiting !== null

/** Whatever a store throws; what is no StoreError may well pass. */
function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  return new StoreError('retryable', error instanceof Error ? error.message : String(error), { cause: error })
}
