/** A commit of the write-behind, from when its records leave the queue until it is durable, or will never be. */
import type { Deferred } from '../../base/deferred.ts'
import type { StoreError } from '../../base/errors.ts'
import type { Deletion, StoredRow } from '../store.ts'
import type { StoredRecord, Underway } from './record.ts'

export class Flight implements Underway {
  readonly records: readonly StoredRecord[]
  /** When the first of them was queued. */
  readonly since: number
  /** The row or deletion of each record, encoded once for all attempts; null where nothing is to be written. */
  readonly rows: (StoredRow | Deletion | null)[] = []
  readonly #waiting: (readonly [StoredRecord, Deferred<void>])[] = []
  /** Run when it is over, whatever became of each. */
  readonly #landed: (() => void)[] = []
  /** Those of the records that are queued, or part of a later commit, once more. */
  changedAgain = 0

  /** @param records leave the queue here, with whoever waits for them. */
  constructor(records: readonly StoredRecord[]) {
    this.records = records
    this.since = records[0]!.since
    for (const record of records) {
      record.queued = false
      record.changed = false
      record.flight = this
      for (const waiter of record.waiting ?? []) this.#waiting.push([record, waiter])
      record.waiting = null
    }
  }

  /** Records that wait for this commit and no later one. */
  get waiting(): number {
    return this.records.length - this.changedAgain
  }

  /** Where what is to be written stands in `rows`. */
  written(): number[] {
    const indices: number[] = []
    for (let i = 0; i < this.rows.length; i++) if (this.rows[i]) indices.push(i)
    return indices
  }

  await(record: StoredRecord, waiter: Deferred<void>): void {
    this.#waiting.push([record, waiter])
  }

  /** Resolves when it is over. */
  over(): Promise<void> {
    return new Promise(resolve => this.#landed.push(resolve))
  }

  /** There is nothing to write of the record at `index`. */
  skip(index: number): void {
    this.rows[index] = null
    const record = this.records[index]!
    if (record.flight === this) record.flight = null
  }

  refuse(index: number, error: StoreError): void {
    const record = this.records[index]!
    // A later commit may have a later state.
    if (record.flight === this) record.changed = true
    this.skip(index)
    for (const [whose, waiter] of this.#waiting) if (whose === record) waiter.reject(error)
  }

  land(): void {
    for (const record of this.records) if (record.flight === this) record.flight = null
    for (const [, waiter] of this.#waiting) waiter.resolve()
    for (const landed of this.#landed) landed()
  }

  fail(error: StoreError): void {
    for (const record of this.records) {
      record.flight = null
      record.changed = true
    }
    for (const [, waiter] of this.#waiting) waiter.reject(error)
    for (const landed of this.#landed) landed()
  }
}
