/** Brings stored objects into the game: reads a row once, however many ask, rebuilds the object and announces it. Rule 13 of docs/guarantees.md. */
import { StoreError, UsageError } from '../../base/errors.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import type { Body } from '../../replication/authority/body.ts'
import { abandon, announce, celebrate, conceive } from '../../replication/authority/life.ts'
import type { LoadOptions } from '../../replication/authority/stored.ts'
import { checkZone } from '../../replication/zone-number.ts'
import type { NetworkClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import { type Damaged, isDamaged, type Store, type StoredRow } from '../store.ts'
import type { FieldValues } from './field-values.ts'
import { StoredRecord } from './record.ts'
import type { Residents } from './residents.ts'
import { restore } from './restore.ts'
import type { RowReader } from './row-reader.ts'
import { isAvatarRow, zoneOf } from './rows.ts'

/** Rows of a zone that are read at once. */
const PAGE = 500

export class Loader {
  readonly #authority: Authority
  readonly #store: Store
  readonly #residents: Residents
  readonly #values: FieldValues
  readonly #reader: RowReader
  readonly #checkPressure: () => void
  readonly #loading = new Map<string, Promise<NetworkObject | null>>()

  /** @param checkPressure throws where nothing more may come into memory. */
  constructor(
    authority: Authority,
    store: Store,
    residents: Residents,
    values: FieldValues,
    reader: RowReader,
    checkPressure: () => void,
  ) {
    this.#authority = authority
    this.#store = store
    this.#residents = residents
    this.#values = values
    this.#reader = reader
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
    for (let after: string | undefined; ; ) {
      const page = await this.#store.query({ zone, limit: PAGE, ...(after && { after }) })
      await this.#loadPage(
        zone,
        page.rows.map(({ id }) => id),
      )
      if (page.next === null) break
      after = page.next
    }
    const members = this.#authority.zoneIfAny(zone)?.members
    return [...(members ?? [])].filter(body => body.storedId !== null).map(({ object }) => object)
  }

  async #loadPage(zone: number, ids: readonly string[]): Promise<void> {
    // Those that are coming or going are waited for one by one: who holds one must not wait for another.
    const taken = ids.filter(id => this.#residents.tryTake(id))
    await this.#loadTaken(zone, taken)
    const held = new Set(taken)
    for (const id of ids) if (!held.has(id) && !(await this.#residents.take(id))) await this.#loadTaken(zone, [id])
  }

  async #loadTaken(zone: number, taken: readonly string[]): Promise<void> {
    // Read again, now that nobody else changes them: since the page was read they may have.
    const rows = await this.#store.get(taken).catch(error => {
      for (const id of taken) this.#residents.free(id)
      throw error
    })
    for (const [i, id] of taken.entries()) {
      const row = rows[i]
      if (!row || (!isDamaged(row) && row.zone !== zone)) {
        this.#residents.free(id)
        continue
      }
      try {
        await this.#announce(await this.#revive(new StoredRecord(id), row), {})
      } catch (error) {
        const name = isDamaged(row) ? null : row.class
        const problem = (error as Error).message
        this.#authority.emit('unreadable', { id, class: name, field: null, value: null, problem })
      }
    }
  }

  async revive(id: string, type: NetworkClass): Promise<Body> {
    const present = await this.#residents.take(id)
    if (present?.deleted) return this.revive(id, type)
    if (present?.ownedBy?.connected)
      throw new UsageError(`The stored object ${id}, which login named as an avatar, is in the game and has an owner.`)
    if (present) {
      // Somebody has loaded it without its client.
      this.#authority.delete(present, false)
      return this.revive(id, type)
    }
    return (await this.#bring(id, type))!
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
    return body.object
  }

  /** From the store to an object that is not announced; of an id that is taken. @param fresh the class to make a new one of where the store holds none. */
  async #bring(id: string, fresh: NetworkClass | null): Promise<Body | null> {
    const record = new StoredRecord(id)
    record.isAvatar = fresh !== null
    let row: StoredRow | Damaged | undefined
    try {
      this.#checkPressure()
      row = (await this.#store.get([id]))[0]
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

  /** Rebuilds an object from its row. Where that fails, its id is free again. */
  async #revive(record: StoredRecord, row: StoredRow | Damaged): Promise<Body> {
    let body: Body | null = null
    try {
      const content = this.#reader.read(row)
      const { version, owner } = content.row
      Object.assign(record, { version, owner, zone: zoneOf(content.row) })
      const isKnown = isAvatarRow(content.row)
      // It becomes one now.
      if (record.isAvatar && !isKnown) record.changed = true
      record.isAvatar ||= isKnown
      body = conceive(this.#authority, content.type, undefined, () => record)
      await restore(this.#authority, this.#values, body, record, content)
      return body
    } catch (error) {
      if (body) abandon(this.#authority, body)
      else this.#residents.free(record.id)
      throw error
    }
  }
}
