/** Objects that outlive their server, as a game sees them. Rules 12 to 14 of docs/guarantees.md. */

/** Argument lists by field name. */
export type StoredFields = Record<string, readonly unknown[]>

/** Where a loaded object goes. */
export interface LoadOptions {
  /** Default: the zone in which it was last. */
  readonly zone?: number | null
  /** The client that is to own it. Default: none. */
  readonly owner?: { readonly id: number } | null
}

/** How the store stands, for metrics. */
export interface StorageState {
  /** Objects that the store has not confirmed. */
  readonly waiting: number
  /** Age of the oldest unsaved change, ms; 0 where there is none. */
  readonly oldestMs: number
  /** Commits, and objects in them, since the start. */
  readonly commits: number
  readonly saved: number
  /** Over the last seconds. */
  readonly commitsPerSecond: number
  readonly failing: boolean
}

/** A stored object as it stands, whether it is in the game or not. */
export interface StoredObject {
  /** 24 hex digits. */
  readonly id: string
  /** The name of its class. */
  readonly class: string
  /** The account that owns it, as text. */
  readonly owner: string | null
  readonly zone: number | null
  /** The arguments of the last call of each Database field, by the field's name. */
  readonly fields: StoredFields
}

export interface UpdateOptions {
  /** Nothing is changed unless these fields have these arguments; null stands for a field that was never called. */
  readonly expect?: Readonly<Record<string, readonly unknown[] | null>>
}

/** Whether an update was made; where it was not, what stands instead: null where the store holds no such object. */
export interface UpdateResult {
  readonly done: boolean
  readonly stands: StoredObject | null
}

export interface FindOptions {
  /** Only those of this account. */
  readonly owner?: string | number
  /** Only those in this zone. */
  readonly zone?: number
  /** Only ids above this one: the last of the page before. */
  readonly after?: string
  /** @default 100 */
  readonly limit?: number
}

/** `server.store` */
export interface ServerStore {
  /** How the store stands; all zeros without one. */
  readonly state: StorageState
  /** A stored object as it stands, without bringing it into the game; null where there is none. */
  read(id: string): Promise<StoredObject | null>
  /**
   * Changes several fields of a stored object, all or none, and durably. In the game, each is a send of the server's with its handler; else the store alone is changed.
   * @throws ArgumentError for arguments that do not fit, Rejected where a handler vetoes; nothing was changed then.
   */
  update(
    id: string,
    fields: Readonly<Record<string, readonly unknown[]>>,
    options?: UpdateOptions,
  ): Promise<UpdateResult>
  /** Deletes a stored object, in the game too. False where there is none. Resolves when that is durable. */
  delete(id: string): Promise<boolean>
}
