/** Brings stored objects into the game: reads a row once, however many ask, rebuilds the object and announces it. Rule 13 of docs/guarantees.md. */
import { Deferred } from '../../base/deferred.ts'
import { StoreError, UsageError } from '../../base/errors.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import type { Body } from '../../replication/authority/body.ts'
import { abandon, announce, celebrate, conceive } from '../../replication/authority/life.ts'
import type { LoadOptions } from '../../replication/authority/stored.ts'
import { checkZone } from '../../replication/zone-number.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import { type Damaged, isDamaged, type Store, type StoredRow } from '../store.ts'
import type { Doubts } from './doubts.ts'
import type { FieldValues } from './field-values.ts'
import { breathe } from './pauses.ts'
import { StoredRecord } from './record.ts'
import type { Residents } from './residents.ts'
import { restore } from './restore.ts'
import type { RowReader } from './row-reader.ts'
import { isAvatarRow, lacksKeys, zoneOf } from './rows.ts'

/** Rows of a zone that are read at once. */
const PAGE = 500
/** Objects that are rebuilt at once; then the event loop turns. */
const SLICE = 50

export class Loader {
  readonly #authority: Authority
  readonly #store: Store
  readonly #residents: Residents
  readonly #values: FieldValues
  readonly #reader: RowReader
  readonly #doubts: Doubts
  readonly #checkPressure: () => void
  #wanted: Map<string, Deferred<StoredRow | Damaged | undefined>> | null = null
  readonly #loading = new Map<string, Promise<NetworkObject | null>>()

  /** @param checkPressure throws where nothing more may come into memory. */
  constructor(
    authority: Authority,
    store: Store,
    residents: Residents,
    values: FieldValues,
    reader: RowReader,
    doubts: Doubts,
    checkPressure: () => void,
  ) {
    this.#authority = authority
    this.#store = store
    this.#residents = residents
    this.#values = values
    this.#reader = reader
    this.#doubts = doubts
    this.#checkPressure = checkPressure
  }

  load(id: string, options: LoadOptions): Promise<NetworkObject | null> {
    const pending = this.#loading.get(id)
    if (pending) return pending
    const loading = this.#load(id, options).finally(() => this.#loading.delete(id))
    this.#loading.set(id, loading)
    return loading
  }

  async #load(id: string, options: LoadOptions): Promise<NetworkObject | null> {
    if (options.zone != null) checkZone(options.zone)
    const present = await this.#residents.take(id)
    if (present) return present.deleted ? this.#load(id, options) : present.object
    const body = await this.#bring(id, null)
    return body && this.#announce(body, options)
  }

  async loadZone(zone: number): Promise<NetworkObject[]> {
    const leaving = new Set(this.#residents.leaving(zone))
    for (let after: string | undefined; ; ) {
      const { moves } = this.#residents
      const page = await this.#store.query({ zone, limit: PAGE, ...(after && { after }) })
      // Where nobody has come or gone meanwhile, the rows are those of today.
      await this.#loadPage(zone, page.rows, this.#residents.moves === moves)
      for (const { id } of page.rows) leaving.delete(id)
      if (page.next === null) break
      after = page.next
    }
    await this.#loadOthers(zone, [...leaving])
    const members = this.#authority.zoneIfAny(zone)?.members
    return [...(members ?? [])].filter(body => body.storedId !== null).map(({ object }) => object)
  }

  async #loadPage(zone: number, page: readonly (StoredRow | Damaged)[], isFresh: boolean): Promise<void> {
    this.#checkPressure()
    const rows = page.filter(({ id }) => this.#residents.tryTake(id))
    const taken = rows.map(({ id }) => id)
    await this.#loadTaken(zone, taken, isFresh ? rows : await this.#reread(taken))
    const held = new Set(taken)
    await this.#loadOthers(
      zone,
      page.map(({ id }) => id).filter(id => !held.has(id)),
    )
  }

  /** Those that are coming or going are waited for one by one: who holds one must not wait for another. */
  async #loadOthers(zone: number, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const isTaken = await this.#residents.take(id).then(
        present => !present,
        error => {
          if (!(error instanceof StoreError && error.kind === 'fatal')) throw error
          this.#tell(id, null, error)
        },
      )
      if (isTaken) await this.#loadTaken(zone, [id], await this.#reread([id]))
    }
  }

  /** One that cannot be loaded does not keep the others of its zone away. */
  #tell(id: string, row: StoredRow | Damaged | null, error: Error): void {
    const name = !row || isDamaged(row) ? null : row.class
    this.#authority.emit('unreadable', { id, class: name, field: null, value: null, problem: error.message })
  }

  /** Rows that nobody else changes now: since their page was read they may have. */
  async #reread(taken: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    try {
      return await this.#store.get(taken)
    } catch (error) {
      for (const id of taken) this.#residents.free(id)
      throw error
    }
  }

  async #loadTaken(
    zone: number,
    taken: readonly string[],
    rows: readonly (StoredRow | Damaged | undefined)[],
  ): Promise<void> {
    const begun = new Map<string, Promise<void>>()
    const begin = (id: string, row: StoredRow | Damaged): Promise<void> => {
      let loading = begun.get(id)
      if (!loading) begun.set(id, (loading = this.#loadRow(id, row)))
      return loading
    }
    // One after the other, so that they find those before them. But a handler may wait for one whose turn is still to come.
    for (const [i, id] of taken.entries()) {
      const row = rows[i]
      if (belongs(row, zone)) this.#residents.ahead(id, () => void begin(id, row))
      else this.#residents.free(id)
    }
    for (const [i, id] of taken.entries()) {
      if (i > 0 && i % SLICE === 0) await breathe(this.#authority.clock)
      const row = rows[i]
      if (belongs(row, zone)) await begin(id, row)
    }
  }

  async #loadRow(id: string, row: StoredRow | Damaged): Promise<void> {
    try {
      this.#announce(await this.#revive(new StoredRecord(id), row), {})
    } catch (error) {
      this.#tell(id, row, error as Error)
    }
  }

  async revive(id: string, type: NetworkClass, isWanted: () => boolean): Promise<Body | null> {
    const present = await this.#residents.take(id)
    if (!isWanted()) {
      if (!present) this.#residents.free(id)
      return null
    }
    if (present?.deleted) return this.revive(id, type, isWanted)
    if (present?.ownedBy?.isHere)
      throw new UsageError(`The stored object ${id}, which login named as an avatar, is in the game and has an owner.`)
    if (present) {
      // Somebody has loaded it without its client.
      this.#authority.delete(present, false)
      return this.revive(id, type, isWanted)
    }
    return this.#bring(id, type)
  }

  /** Null where the object's own handlers have taken it away again. */
  #announce(body: Body, options: LoadOptions): NetworkObject | null {
    const authority = this.#authority
    if (body.deleted) return null
    try {
      const zone = options.zone === undefined ? body.activity!.stored!.zone : options.zone
      announce(authority, body, zone, authority.remote(options.owner ?? null))
    } catch (error) {
      if (!body.announced) abandon(authority, body)
      throw error
    }
    celebrate(authority, body)
    return body.deleted ? null : body.object
  }

  /** From the store to an object that is not announced; of an id that is taken. @param fresh the class to make a new one of where the store holds none. */
  async #bring(id: string, fresh: NetworkClass | null): Promise<Body | null> {
    const record = new StoredRecord(id)
    record.isAvatar = fresh !== null
    let row: StoredRow | Damaged | undefined
    try {
      this.#checkPressure()
      row = await this.#fetch(id)
      if (!row && fresh) return conceive(this.#authority, fresh, undefined, () => record)
      if (!row) {
        this.#residents.free(id)
        return null
      }
      const type = this.#reader.typeOf(row)
      if (fresh && type !== fresh)
        throw new StoreError('fatal', `The stored object ${id} is a ${type.name}, and was to be a ${fresh.name}.`)
    } catch (error) {
      this.#residents.free(id)
      throw error
    }
    return this.#revive(record, row)
  }

  /** Those that are asked for in one go are read in one. */
  #fetch(id: string): Promise<StoredRow | Damaged | undefined> {
    if (!this.#wanted) {
      const wanted = new Map<string, Deferred<StoredRow | Damaged | undefined>>()
      this.#wanted = wanted
      this.#authority.clock.soon(async () => {
        this.#wanted = null
        try {
          const rows = await this.#store.get([...wanted.keys()])
          for (const [i, waiter] of [...wanted.values()].entries()) waiter.resolve(rows[i])
        } catch (error) {
          for (const waiter of wanted.values()) waiter.reject(error)
        }
      })
    }
    const waiter = new Deferred<StoredRow | Damaged | undefined>()
    this.#wanted.set(id, waiter)
    return waiter.promise
  }

  /** Rebuilds an object from its row. Where that fails, its id is free again. */
  async #revive(record: StoredRecord, row: StoredRow | Damaged): Promise<Body> {
    let body: Body | null = null
    try {
      const content = this.#reader.read(row)
      const { owner } = content.row
      const version = this.#doubts.versionOf(content.row)
      Object.assign(record, { version, owner, zone: zoneOf(content.row) })
      const isKnown = isAvatarRow(content.row)
      const becomesAvatar = record.isAvatar && !isKnown
      record.isAvatar ||= isKnown
      body = conceive(this.#authority, content.type, undefined, () => record)
      await restore(this.#authority, this.#values, body, record, content)
      // So that it is found by an index that the class did not have when it was written. Not before: its handlers may wait for what they saved.
      if (becomesAvatar || lacksKeys(content)) record.changed = true
      return body
    } catch (error) {
      if (body) abandon(this.#authority, body)
      else this.#residents.free(record.id)
      throw error
    }
  }
}

/** A row that comes with its zone, as far as it can be read. */
const belongs = (row: StoredRow | Damaged | undefined, zone: number): row is StoredRow | Damaged =>
  row !== undefined && (isDamaged(row) || row.zone === zone)
