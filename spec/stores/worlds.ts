/** Worlds of one spec over one store, which outlives them: what a server leaves there, the next one finds. */
import type { NetworkObject } from 'fieldcast'
import { World, type WorldOptions } from 'fieldcast/testing'
import type { StoredRow } from '../../lib/stores/store.ts'
import { TroubledStore } from './trouble.ts'

export class Worlds<A extends NetworkObject> {
  store: TroubledStore
  readonly #options: WorldOptions<A>
  readonly #open: World<A>[] = []

  constructor(options: WorldOptions<A>, store: TroubledStore = new TroubledStore()) {
    this.#options = options
    this.store = store
  }

  /** Starts a server on the store. */
  async open(server: Partial<WorldOptions<A>['server']> = {}): Promise<World<A>> {
    const world = await World.start<A>({
      ...this.#options,
      server: { ...this.#options.server, store: this.store, ...server },
    })
    this.#open.push(world)
    return world
  }

  /** Stops a server, and starts another in its place. */
  async restart(world: World<A>, server: Partial<WorldOptions<A>['server']> = {}): Promise<World<A>> {
    await this.shut(world)
    return this.open(server)
  }

  async shut(world: World<A>): Promise<void> {
    this.#open.splice(this.#open.indexOf(world), 1)
    await world.stop()
  }

  /** A server that its test has stopped, or whose end is none of its concern. */
  forget(world: World<A>): void {
    this.#open.splice(this.#open.indexOf(world), 1)
  }

  /** To be called after each test. */
  async end(): Promise<void> {
    this.store.up()
    this.store.release()
    for (const world of this.#open.splice(0)) await world.stop()
  }
}

/** What the store holds of an object, past all that counts and fails. The store must be open. */
export async function rowIn(store: TroubledStore, id: string): Promise<StoredRow> {
  const [row] = await store.inner.get([id])
  if (!row || 'damaged' in row) throw new Error(`The store has no row ${id} that can be read.`)
  return row
}

/** Puts a row into the store as a hand would: past every check. */
export async function mend(
  store: TroubledStore,
  id: string,
  change: Partial<StoredRow> | ((row: StoredRow) => Partial<StoredRow>),
): Promise<StoredRow> {
  await store.inner.open()
  const row = await rowIn(store, id)
  const mended = { ...row, ...(typeof change === 'function' ? change(row) : change), version: row.version + 1 }
  await store.inner.commit({ put: [mended] })
  await store.inner.close()
  return mended
}
