/** The seam to the stores: what the engine tells of objects that outlive their server, and what it asks. Rules 12 and 13 of docs/guarantees.md. */
import { UsageError } from '../../base/errors.ts'
import { Flags } from '../../schema/flags.ts'
import type { Field, NetworkClass } from '../../schema/network-class.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import type { FindOptions, LoadOptions, ServerStore, StoredObject } from './stored.ts'

/** Whether the last call of a field outlives the server, where that has a store. */
export const isStored = (field: Field): boolean => (field.flags & Flags.Database) === Flags.Database

/** What a body holds of its stored self. */
export interface Stored {
  /** 24 hex digits. */
  readonly id: string
  /** The zone in which the object was last. */
  readonly zone: number | null
}

export interface Persistence {
  /** Whether Database fields outlive the server. */
  readonly stores: boolean
  /** Stored objects, in the game or not. */
  readonly objects: ServerStore
  /** Before the server listens. */
  start(authority: Authority): Promise<void>
  /** When no client is left: resolves when everything accepted is durable. */
  stop(): Promise<void>
  /** A new object is to be stored under this id. */
  begin(id: string): Stored
  /** The object has been announced. */
  appeared(body: Body): void
  /** A Database field of the object has a new value in `body.kept`, or none any more. */
  changed(body: Body, field: Field): void
  /** The object is in another zone. */
  moved(body: Body): void
  /** The object has passed from one to another. */
  owned(body: Body, from: RemoteClient | null, to: RemoteClient | null): void
  /** The object is no more: for good, or it has merely left memory. Of objects that were never announced too. */
  gone(body: Body, forGood: boolean): void
  /** Zones are about to be watched: resolves when their stored objects are in the game; null where there is nothing to wait for. */
  awaken(zones: readonly number[]): Promise<void> | null
  /** Nobody watches the zone. */
  deserted(zone: number): void
  /** Resolves when all that was accepted before is durable. */
  saved(body: Body): Promise<void>
  /** Brings an object into being from the store; null where it holds none of this id. */
  load(id: string, options: LoadOptions): Promise<NetworkObject | null>
  /** Brings all stored objects of a zone into being. */
  loadZone(zone: number): Promise<NetworkObject[]>
  /** Stored objects of a class. */
  find(type: NetworkClass, where: Readonly<Record<string, unknown>>, options: FindOptions): Promise<StoredObject[]>
  /**
   * An object that is not announced yet, for an avatar that comes with its client: from the store, or a new one that is to be stored under this id. Null where it is not
   * wanted any more when its turn comes.
   */
  revive(id: string, type: NetworkClass, isWanted: () => boolean): Promise<Body | null>
}

/** Nothing is stored: Database acts as RAM. */
export const memoryOnly: Persistence = {
  stores: false,
  objects: {
    state: { waiting: 0, oldestMs: 0, commits: 0, saved: 0, commitsPerSecond: 0, failing: false },
    read: () => Promise.reject(noStore('store.read()')),
    update: () => Promise.reject(noStore('store.update()')),
    delete: () => Promise.reject(noStore('store.delete()')),
  },
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  begin: id => ({ id, zone: null }),
  appeared() {},
  changed() {},
  moved() {},
  owned() {},
  gone() {},
  awaken: () => null,
  deserted() {},
  saved: () => Promise.resolve(),
  load: () => Promise.reject(noStore('load()')),
  loadZone: () => Promise.reject(noStore('loadZone()')),
  find: () => Promise.reject(noStore('find()')),
  revive: () => Promise.reject(noStore('A stored avatar')),
}

const noStore = (what: string): UsageError =>
  new UsageError(`${what} needs a store, and this server has none: createServer({ store: lmdbStore('./world') }).`)
