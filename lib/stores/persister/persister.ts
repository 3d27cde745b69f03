/** A server's objects and its store: which of them are in memory, what of them is on its way, and how they come back. Rules 12, 13 and 20 of docs/guarantees.md. */
import { Deferred } from '../../base/deferred.ts'
import { StoreError, UsageError } from '../../base/errors.ts'
import type { Authority } from '../../replication/authority/authority.ts'
import type { Body } from '../../replication/authority/body.ts'
import type { RemoteClient } from '../../replication/authority/client.ts'
import type { Persistence, Stored } from '../../replication/authority/persistence.ts'
import type { FindOptions, LoadOptions, StorageState, StoredObject } from '../../replication/authority/stored.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import type { Commit, Deletion, Fence, Store } from '../store.ts'
import { Doubts } from './doubts.ts'
import { FieldValues } from './field-values.ts'
import { Health } from './health.ts'
import { Loader } from './loader.ts'
import type { StorageOptions } from './options.ts'
import { StoredRecord } from './record.ts'
import { Residents } from './residents.ts'
import { RowReader } from './row-reader.ts'
import { indexField, outdate, rowOf } from './rows.ts'
import { ShardWatch } from './shard-watch.ts'
import { StoredObjects } from './stored-objects.ts'
import { WriteBehind } from './write-behind.ts'
import { SleepingZones } from './zones.ts'

export class Persister implements Persistence {
  readonly stores = true
  readonly store: Store
  readonly #options: StorageOptions
  readonly residents: Residents = new Residents()
  readonly #refused = new Set<StoredRecord>()
  readonly #warned = new Set<NetworkClass>()
  #authority!: Authority
  #queue!: WriteBehind
  #fence!: Fence
  objects!: StoredObjects
  values!: FieldValues
  reader!: RowReader
  #loader!: Loader
  #zones: SleepingZones | null = null
  #watch!: ShardWatch
  #health!: Health
  #doubts!: Doubts

  constructor(store: Store, options: StorageOptions) {
    this.store = store
    this.#options = options
  }

  // ---- the server's life

  async start(authority: Authority): Promise<void> {
    this.#authority = authority
    for (const type of authority.schema.classes.values())
      for (const index of type.declaration.options.index ?? []) indexField(type, index)
    const { store } = this
    const { shard = 'main', gapMs = 100, zones = 'manual', unloadMs = 60_000, dirtyLimit = 100_000 } = this.#options
    const fence = await this.#claim(shard)
    this.#fence = fence
    authority.ids.mark(fence.epoch)
    const { residents } = this
    const values = new FieldValues(authority, residents.references)
    const reader = new RowReader(authority, values, store.name)
    this.values = values
    this.reader = reader
    this.objects = new StoredObjects(this, authority)
    const doubts = new Doubts(authority.clock)
    this.#doubts = doubts
    this.#loader = new Loader(authority, store, residents, values, reader, doubts, () => this.#health.checkPressure())
    if (zones === 'lazy')
      this.#zones = new SleepingZones({
        clock: authority.clock,
        unloadMs,
        load: zone => this.loadZone(zone),
        isWatched: zone => authority.zoneIfAny(zone)?.isWatched === true,
        unload: zone => this.#unloadZone(zone),
        failed: error => authority.emit('error', { error, where: 'store', object: null, field: null }),
      })
    this.#queue = new WriteBehind({
      store,
      clock: authority.clock,
      fence,
      gapMs,
      encode: record => rowOf(values, record),
      tell: {
        failing: (error, waiting) => this.#health.failing(error, waiting),
        working: waiting => this.#health.working(waiting),
        fenced: (error, waiting) => this.#health.tell('fenced', error, waiting),
        refused: (record, error) => {
          this.#refused.add(record)
          const object = record.body?.object ?? null
          authority.emit('error', { error, where: 'store', object, field: null })
        },
        committed: count => {
          // Those that were taken in the end.
          for (const record of this.#refused) if (record.isSaved) this.#refused.delete(record)
          this.#health.committed(count)
        },
      },
    })
    this.#health = new Health(authority, store.name, this.#queue, dirtyLimit)
    this.#watch = new ShardWatch({
      store,
      clock: authority.clock,
      fence,
      commits: () => this.#health.commits,
      lost: error => this.#queue.fenced(error),
    })
  }

  async #claim(shard: string): Promise<Fence> {
    const { store } = this
    try {
      await store.open()
      const epoch = (await store.epoch(shard)) + 1
      await store.claim(shard, epoch)
      return { shard, epoch }
    } catch (error) {
      // What it holds open would keep the process alive.
      await store.close().catch(() => {})
      throw error
    }
  }

  async stop(): Promise<void> {
    const { store } = this
    const { stopMs = 30_000 } = this.#options
    if (!this.#queue) return store.close()
    this.#watch.stop()
    this.#zones?.stop()
    // One that was taken later may have been loaded anew and changed: its old record must not be written over that.
    for (const record of this.#refused) if (record.changed) this.#queue.add(record)
    this.#refused.clear()
    const late = new Deferred<void>()
    const timer = this.#authority.clock.after(stopMs, () => {
      const error = this.#unsaved()
      this.#queue.abandon(error)
      late.reject(error)
    })
    try {
      await Promise.race([this.#queue.drain(), late.promise])
      if (this.#refused.size > 0) throw this.#unsaved()
    } finally {
      timer.cancel()
      await store.close()
    }
  }

  #unsaved(): StoreError {
    const count = this.#queue.waiting + this.#refused.size
    return new StoreError(
      'retryable',
      `The server stops while ${count} objects are unsaved: ${this.store.name} does not take them.`,
    )
  }

  get state(): StorageState {
    return this.#health.state
  }

  // ---- what the engine tells

  begin(id: string): Stored {
    this.#health.checkPressure()
    const record = new StoredRecord(id)
    this.residents.enter(record)
    return record
  }

  appeared(body: Body): void {
    const record = recordOf(body)
    const known = record.version > 0
    const account = body.ownedBy?.account ?? null
    if (!known || (account !== null && String(account) !== record.owner)) {
      record.owner = account === null ? record.owner : String(account)
      record.changed = true
    }
    if (record.zone !== body.zone) {
      record.zone = body.zone
      record.changed = true
    }
    this.residents.arrived(record, body)
    if (record.changed || !known) this.#queue.add(record)
  }

  changed(body: Body, field: Field): void {
    const stored = body.activity?.stored
    if (!stored) return this.#warn(body)
    const record = stored as StoredRecord
    outdate(this.values, body, record, field)
    if (body.announced) this.#queue.add(record)
    else record.changed = true
  }

  moved(body: Body): void {
    const record = recordOf(body)
    record.zone = body.zone
    this.#queue.add(record)
    if (body.inZone?.isWatched === false) this.deserted(body.inZone.id)
  }

  owned(body: Body, from: RemoteClient | null, to: RemoteClient | null): void {
    // Whoever disconnects gives up no property.
    if (!to && from && !from.isHere) return
    const record = recordOf(body)
    const owner = to?.account == null ? null : String(to.account)
    if (record.owner === owner) return
    record.owner = owner
    this.#queue.add(record)
  }

  gone(body: Body, forGood: boolean): void {
    const record = recordOf(body)
    // One that is being loaded may be deleted by its own handlers.
    const isStored = record.version > 0
    if (!body.announced && !(forGood && isStored)) {
      for (const waiter of record.waiting ?? [])
        waiter.reject(new UsageError(`The ${body.type.name} was not created, so it is not stored either.`))
      return this.residents.drop(record)
    }
    record.deleted = forGood
    if (forGood) this.#queue.add(record)
    if (record.isSaved) return this.residents.drop(record)
    this.residents.leave(record)
    // What the store refuses stays here: loading it would bring back an older state.
    this.#queue.saved(record).then(
      () => this.residents.drop(record),
      error => this.residents.stuck(record, this.#stuck(record, error)),
    )
  }

  #stuck({ id }: StoredRecord, cause: Error): StoreError {
    const kind = cause instanceof StoreError ? cause.kind : 'fatal'
    return new StoreError(
      kind,
      `The stored object ${id} has left the game, but not all of it is stored: ${cause.message}`,
      {
        cause,
      },
    )
  }

  saved(body: Body): Promise<void> {
    const stored = body.activity?.stored
    if (!stored) return Promise.resolve()
    const record = stored as StoredRecord
    if (body.announced) return this.#queue.saved(record)
    // While it is being loaded, its handlers may wait for this.
    if (record.version > 0 && !record.changed) return Promise.resolve()
    const waiter = new Deferred<void>()
    ;(record.waiting ??= []).push(waiter)
    return waiter.promise
  }

  #warn(body: Body): void {
    const { type } = body
    // A login that names no avatar means one that nobody keeps.
    if (this.#warned.has(type) || body.ownedBy?.avatarBody === body) return
    this.#warned.add(type)
    this.#authority.emit('warning', {
      text: `a ${type.name} has a Database field that was called, but it was made without { persistent: true }: it is kept in memory alone.`,
    })
  }

  // ---- how objects come back

  load(id: string, options: LoadOptions): Promise<NetworkObject | null> {
    return this.#loader.load(id, options)
  }

  loadZone(zone: number): Promise<NetworkObject[]> {
    return this.#loader.loadZone(zone)
  }

  revive(id: string, type: NetworkClass, isWanted: () => boolean): Promise<Body | null> {
    return this.#loader.revive(id, type, isWanted)
  }

  awaken(zones: readonly number[]): Promise<void> | null {
    return this.#zones?.awaken(zones) ?? null
  }

  deserted(zone: number): void {
    this.#zones?.deserted(zone)
  }

  /** Takes the stored objects of a zone that nobody watches out of memory. False where some have an owner who is connected. */
  #unloadZone(zone: number): boolean {
    const members = this.#authority.zoneIfAny(zone)?.members
    const stored = [...(members ?? [])].filter(body => body.activity?.stored)
    for (const body of stored) if (!body.ownedBy?.isHere) this.#authority.delete(body, false)
    return stored.every(body => body.deleted)
  }

  // ---- for what works on rows

  async commit(commit: Commit): Promise<boolean> {
    try {
      return await this.store.commit(commit, this.#fence)
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'fenced') this.#queue.fenced(error)
      else this.#doubts.failed(commit)
      throw error
    }
  }

  find(type: NetworkClass, where: Readonly<Record<string, unknown>>, options: FindOptions): Promise<StoredObject[]> {
    return this.objects.find(type, where, options)
  }

  /** Resolves when all that has been accepted so far is durable. */
  flushed(): Promise<void> {
    return this.#queue.flushed()
  }

  recordOf(body: Body): StoredRecord {
    return recordOf(body)
  }

  nextVersion(row: Deletion): number {
    return this.#queue.nextVersion(this.#doubts.versionOf(row), true)
  }
}

const recordOf = (body: Body): StoredRecord => body.activity!.stored as StoredRecord
