/** What the persister knows of one stored object, from when it comes into memory until the store has all of it. */
import type { Clock } from '../../base/clock.ts'
import type { Deferred } from '../../base/deferred.ts'
import type { Body } from '../../replication/authority/body.ts'
import type { Stored } from '../../replication/authority/persistence.ts'

/** What a record needs to know of a commit. */
export interface Underway {
  /** Those of its records that have changed again. */
  changedAgain: number
  await(record: StoredRecord, waiter: Deferred<void>): void
}

export class StoredRecord implements Stored {
  readonly id: string
  body: Body | null = null
  /** That of the last commit, sent or read; 0 for an object that the store does not hold. */
  version = 0
  owner: string | null = null
  zone: number | null = null
  /** It comes with its client, and leaves with it. */
  isAvatar = false
  /** What the row says and the object cannot, as JSON by name: fields that the class does not have, values that do not fit, references to what may leave memory. */
  rest: Map<string, string> | null = null
  /** It has changed since it was handed to the store. */
  changed = false
  /** It stands in the queue. */
  queued = false
  /** The last commit that it is part of, on its way or ready to follow. */
  flight: Underway | null = null
  deleted = false
  /** When it was queued, ms of the server's clock. */
  since = 0
  /** Who waits for what has gathered since the last commit. */
  waiting: Deferred<void>[] | null = null

  constructor(id: string) {
    this.id = id
  }

  /** The store has all of it. */
  get isSaved(): boolean {
    return !this.changed && !this.queued && !this.flight
  }
}

/** Above the last, and above those of an object of the same id that was deleted long ago. */
export const versionAfter = (last: number, clock: Clock): number => Math.max(last + 1, Math.floor(clock.wall()))
