/** Which stored objects are in memory, and which are coming or going: nobody brings one in twice, or changes a row that is about to be loaded. */
import { Deferred } from '../../base/deferred.ts'
import { UsageError } from '../../base/errors.ts'
import type { Body } from '../../replication/authority/body.ts'
import { describe } from '../../schema/codec/misfit.ts'
import { attachment } from '../../schema/network-object.ts'
import { isStoredId } from '../store.ts'
import type { StoredRecord } from './record.ts'
import type { StoredReferences } from './stored-values.ts'

/** The id of an object that is coming or going: settles when it has. */
class Passing extends Deferred<void> {
  wanted = false
  begin: (() => void) | null = null
}

export class Residents {
  /** Those that left memory too, until the store has all of them. */
  readonly #records = new Map<string, StoredRecord>()
  readonly #passing = new Map<string, Passing>()
  /** Counts those that came, went, or were changed in the store alone. */
  moves = 0

  /** How stored values refer to objects: by stored id, as far as they are in memory. */
  readonly references: StoredReferences = {
    idOf: object => attachment(object)?.storedId ?? null,
    objectAt: id => {
      const body = this.#records.get(id)?.body
      return body?.present ? body.object : null
    },
  }

  /**
   * As soon as none of this id is coming or going: the object that is in memory, or null. The id is the caller's then, until `arrived` or `free`. Others who waited may run
   * before the caller does: it may find that the object has gone, and takes again then. @throws UsageError for what is no id; StoreError where the object cannot go.
   */
  async take(id: string): Promise<Body | null> {
    if (!isStoredId(id)) throw new UsageError(`A stored id is 24 hex digits in lower case, not ${describe(id)}.`)
    for (let passing = this.#passing.get(id); passing; passing = this.#passing.get(id)) {
      passing.wanted = true
      passing.begin?.()
      await passing.promise
    }
    const body = this.#records.get(id)?.body ?? null
    if (!body) this.#passing.set(id, new Passing())
    return body
  }

  /** The same without waiting: whether it has been taken. */
  tryTake(id: string): boolean {
    if (this.#passing.has(id) || this.#records.has(id)) return false
    this.#passing.set(id, new Passing())
    return true
  }

  /** What brings in an object whose id is taken, but whose turn has not come: who asks for it meanwhile does not wait for those before it. */
  ahead(id: string, begin: () => void): void {
    const passing = this.#passing.get(id)!
    passing.begin = begin
    if (passing.wanted) begin()
  }

  /** Those on their way out that come with this zone: the store may not know yet that they are there. */
  leaving(zone: number): string[] {
    return [...this.#passing.keys()].filter(id => {
      const record = this.#records.get(id)
      return record && record.zone === zone && !record.isAvatar && !record.deleted
    })
  }

  /**
   * Runs `task` with the object's body where it is in the game, at once if it is there now; else while nobody brings it into the game.
   */
  async alone<T>(id: string, task: (body: Body | null) => Promise<T>): Promise<T> {
    let present = this.#passing.has(id) ? null : this.#records.get(id)?.body
    if (present) return task(present)
    do present = await this.take(id)
    while (present?.deleted)
    if (present) return task(present)
    try {
      return await task(null)
    } finally {
      this.free(id)
    }
  }

  /** A new object is on its way in: until it has arrived, or is dropped. */
  enter(record: StoredRecord): void {
    this.#passing.set(record.id, new Passing())
  }

  arrived(record: StoredRecord, body: Body): void {
    record.body = body
    this.#records.set(record.id, record)
    this.free(record.id)
  }

  /** The object is on its way out: until it is dropped. */
  leave(record: StoredRecord): void {
    if (!this.#passing.has(record.id)) this.#passing.set(record.id, new Passing())
  }

  /** The object cannot go, for the store does not take it: whoever asks for it is told so. */
  stuck(record: StoredRecord, error: unknown): void {
    this.#passing.get(record.id)?.reject(error)
  }

  drop(record: StoredRecord): void {
    this.#records.delete(record.id)
    this.free(record.id)
  }

  free(id: string): void {
    this.moves++
    this.#passing.get(id)?.resolve()
    this.#passing.delete(id)
  }
}
