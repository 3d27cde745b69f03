/**
 * Carries changes to the store behind the game's back. One commit is under way at a time, and the next takes what has gathered meanwhile: each object once, as it stands
 * then. Where more gathers than one commit takes, the next is made ready while the one before is under way, and sent when that has landed. What fails is sent again,
 * unchanged, until it is there: nothing accepted is dropped while the process lives, and nothing grows but by objects that are in memory. Rule 12 of docs/guarantees.md.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { Deferred } from '../../base/deferred.ts'
import { StoreError } from '../../base/errors.ts'
import type { Commit, Deletion, Fence, Store, StoredRow } from '../store.ts'
import { Flight } from './flight.ts'
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

export class WriteBehind {
  readonly #options: WriteBehindOptions
  #queue: StoredRecord[] = []
  /** Under way, or about to be. */
  #flight: Flight | null = null
  /** The one behind it. */
  #next: { readonly flight: Flight; readonly encoded: Promise<void> } | null = null
  /** Wakes who waits for a whole commit to gather beside the one that is under way. */
  #gathered: (() => void) | null = null
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
    return this.#queue.length + (this.#flight?.waiting ?? 0) + (this.#next?.flight.waiting ?? 0)
  }

  /** When the oldest of them was queued, ms of the clock; null where there is none. */
  get oldest(): number | null {
    return (this.#flight ?? this.#next?.flight ?? this.#queue[0])?.since ?? null
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
    if (record.flight) record.flight.changedAgain++
    if (this.#isFull) {
      if (this.#pause?.idle) this.#pause.end()
      this.#gathered?.()
    }
    this.#running ??= this.#run()
  }

  /** Resolves when the record as it stands is durable. @throws StoreError where it cannot be. */
  saved(record: StoredRecord): Promise<void> {
    if (this.#over ? record.isSaved : !record.changed && !record.flight) return Promise.resolve()
    const waiter = new Deferred<void>()
    if (this.#over) waiter.reject(this.#over)
    else if (record.changed) {
      this.add(record)
      ;(record.waiting ??= []).push(waiter)
      if (this.#pause?.idle) this.#pause.end()
    } else record.flight!.await(record, waiter)
    return waiter.promise
  }

  /** Resolves when everything that has been added so far is durable, but for what the store refuses. @throws StoreError where this server writes no more. */
  async flushed(): Promise<void> {
    const last = this.#queue.at(-1)
    const waiter = new Deferred<void>()
    if (!last) {
      const flight = this.#next?.flight ?? this.#flight
      if (!flight) return
      flight.await(flight.records[0]!, waiter)
    }
    await (last ? this.saved(last) : waiter.promise).catch(error => {
      if (error.kind !== 'fatal' || this.#over) throw error
      // What has no stored form is refused before the rest of its commit is written.
      return (this.#next?.flight ?? this.#flight)?.over()
    })
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
    else this.#giveUp(error)
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
    while (this.#next || this.#queue.length > 0) {
      const flight = await this.#take()
      if (!flight) break
      const prepared = this.#prepare()
      if (flight.rows.some(isWritten)) await this.#deliver(flight)
      else this.#land(flight)
      this.#last = this.#options.clock.now()
      this.#gathered?.()
      await prepared
    }
    this.#running = null
  }

  /** The next commit, ready; null where nothing more is written. */
  async #take(): Promise<Flight | null> {
    if (this.#next) {
      const { flight, encoded } = this.#next
      await encoded
      this.#next = null
      this.#flight = this.#over ? null : flight
    } else {
      await this.#rest()
      if (this.#over) return null
      this.#flight = this.#leave()
      await this.#encode(this.#flight)
    }
    return this.#flight
  }

  /** Makes the next commit ready as soon as a whole one has gathered, while the one before is under way. */
  async #prepare(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#gathered = resolve
      if (this.#isFull) resolve()
    })
    this.#gathered = null
    if (!this.#flight || !this.#isFull) return
    const flight = this.#leave()
    this.#next = { flight, encoded: this.#encode(flight) }
  }

  /** Takes a commit's records out of the queue. */
  #leave(): Flight {
    return new Flight(this.#queue.splice(0, this.#batch))
  }

  get #batch(): number {
    return Math.min(this.#options.store.capabilities.batch, MOST)
  }

  /** A whole commit waits. */
  get #isFull(): boolean {
    return this.#queue.length >= this.#batch
  }

  async #encode(flight: Flight): Promise<void> {
    const { encode, clock } = this.#options
    for (const [i, record] of flight.records.entries()) {
      if (i > 0 && i % SLICE === 0) {
        await breathe(clock)
        if (this.#over) return
      }
      // Never stored, and gone already.
      if (record.deleted && record.version === 0) {
        flight.skip(i)
        continue
      }
      record.version = this.nextVersion(record.version, record.deleted)
      try {
        flight.rows[i] = record.deleted ? { id: record.id, version: record.version } : encode(record)
      } catch (error) {
        this.#refuse(
          flight,
          i,
          new StoreError('fatal', `It has no stored form: ${(error as Error).message}`, { cause: error }),
        )
      }
    }
  }

  /** Returns when the flight is durable, or will never be. */
  async #deliver(flight: Flight): Promise<void> {
    for (;;) {
      try {
        await this.#commit(flight.rows)
        return this.#land(flight)
      } catch (thrown) {
        const error = asStoreError(thrown)
        if (error.kind === 'fenced' || this.#ended) return this.#giveUp(this.#ended ?? error)
        if (error.kind === 'fatal' && (await this.#isolate(flight))) return this.#land(flight)
        this.#options.tell.failing(error, this.waiting)
        await this.#backOff()
      }
    }
  }

  async #commit(rows: readonly (StoredRow | Deletion | null)[]): Promise<void> {
    const put: StoredRow[] = []
    const del: Deletion[] = []
    for (const row of rows) {
      if (!row) continue
      if ('class' in row) put.push(row)
      else del.push(row)
    }
    const commit: Commit = { put, del }
    await this.#options.store.commit(commit, this.#options.fence)
  }

  /** The store refuses the whole for good: finds what it refuses, and writes the rest. False where it takes nothing at all. */
  async #isolate(flight: Flight): Promise<boolean> {
    const refused: [number, StoreError][] = []
    const attempt = async (indices: readonly number[]): Promise<void> => {
      try {
        await this.#commit(indices.map(index => flight.rows[index]!))
      } catch (thrown) {
        const error = asStoreError(thrown)
        if (error.kind !== 'fatal') throw error
        const [index] = indices
        if (indices.length <= 1) return void (index !== undefined && refused.push([index, error]))
        const half = indices.length >> 1
        await attempt(indices.slice(0, half))
        await attempt(indices.slice(half))
      }
    }
    try {
      await this.#commit([])
      await attempt(flight.written())
    } catch {
      return false
    }
    for (const [index, error] of refused) this.#refuse(flight, index, error)
    return true
  }

  #refuse(flight: Flight, index: number, error: StoreError): void {
    flight.refuse(index, error)
    this.#options.tell.refused(flight.records[index]!, error)
  }

  #land(flight: Flight): void {
    this.#flight = null
    flight.land()
    if (this.#failures > 0) {
      this.#failures = 0
      this.#options.tell.working(this.waiting)
    }
    this.#options.tell.committed(flight.written().length)
  }

  #giveUp(error: StoreError): void {
    const { waiting } = this
    this.#over = error
    for (const flight of [this.#flight, this.#next?.flight]) flight?.fail(error)
    this.#flight = null
    for (const record of this.#queue) {
      for (const waiter of record.waiting ?? []) waiter.reject(error)
      record.waiting = null
      record.changed = true
    }
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

const isWritten = (row: StoredRow | Deletion | null): boolean => row !== null
const isAwaited = (record: StoredRecord): boolean => record.waiting !== null

/** Whatever a store throws; what is no StoreError may well pass. */
function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  return new StoreError('retryable', error instanceof Error ? error.message : String(error), { cause: error })
}
