/** `fieldcast/stores/mongodb`: objects in a replica set of MongoDB (4.4 or later). `mongodb/layout.ts` says how they stand there. */
import { UsageError } from '../base/errors.ts'
import { check, claim, commitOnce } from './mongodb/commit.ts'
import { type Driver, loadDriver, type MongoClient } from './mongodb/driver.ts'
import { fault } from './mongodb/faults.ts'
import { type Collections, collectionsOf, settle } from './mongodb/layout.ts'
import { type MongodbOptions, type Settings, settingsOf } from './mongodb/options.ts'
import { count, get, query } from './mongodb/read.ts'
import { Transactions } from './mongodb/transaction.ts'
import { Turns } from './mongodb/turns.ts'
import type { Capabilities, Commit, CountQuery, Damaged, Fence, Page, Store, StoredRow, StoreQuery } from './store.ts'

export type { MongodbOptions } from './mongodb/options.ts'

/**
 * Keeps objects in MongoDB, in a database that several servers may share. Needs the package `mongodb` (`npm install mongodb`), and a replica set, for its transactions: one
 * member is enough (`mongod --replSet rs0`, then `rs.initiate()` in mongosh).
 *
 * ```ts
 * const store = mongodbStore('mongodb://game:secret@127.0.0.1/world?replicaSet=rs0')
 * const server = createServer({ classes: [Player], store })
 * ```
 * @throws UsageError for options that cannot be followed.
 */
export function mongodbStore(options: MongodbOptions | string): Store {
  return new MongodbStore(settingsOf(options))
}

/** What there is while the store is open. */
interface Open {
  readonly client: MongoClient
  readonly collections: Collections
  readonly transactions: Transactions
  /** Under way; `close` waits for them. */
  readonly jobs: Set<Promise<unknown>>
}

class MongodbStore implements Store {
  readonly name: string
  readonly capabilities: Capabilities = { durability: 'machine', shared: true, batch: 1000 }
  readonly #settings: Settings
  readonly #turns = new Turns()
  #open: Open | null = null
  #opening: Promise<void> | null = null
  #closing: Promise<void> | null = null

  constructor(settings: Settings) {
    this.#settings = settings
    this.name = settings.name
  }

  async open(): Promise<void> {
    await this.#closing
    this.#opening ??= this.#connect().catch(error => {
      this.#opening = null
      throw error
    })
    return this.#opening
  }

  async #connect(): Promise<void> {
    const driver = await loadDriver()
    const client = clientOf(driver, this.#settings)
    try {
      await client.connect()
      await settle(client, this.#settings)
    } catch (error) {
      await client.close().catch(() => {})
      throw fault(error, this.name, 'be opened')
    }
    const writeConcern = new driver.WriteConcern('majority', this.#settings.queryTimeout, true)
    const transactions = new Transactions(client, this.#settings, {
      readConcern: { level: 'snapshot' },
      readPreference: 'primary',
      writeConcern,
    })
    this.#open = { client, transactions, collections: collectionsOf(client, this.#settings), jobs: new Set() }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => {})
    const open = this.#open
    this.#open = this.#opening = null
    if (!open) return
    while (open.jobs.size > 0) await Promise.allSettled(open.jobs)
    await open.client.close().catch(() => {})
  }

  async epoch(shard: string): Promise<number> {
    return this.#use('tell an epoch', async ({ collections }) =>
      Number((await collections.fences.findOne({ _id: shard }))?.epoch ?? 0),
    )
  }

  async claim(shard: string, epoch: number): Promise<void> {
    return this.#use('claim a shard', ({ collections }) => claim(collections, { shard, epoch }))
  }

  async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    return this.#use('commit', ({ collections, transactions }) => {
      check(commit, this.name)
      const { put, del = [], expect = [] } = commit
      const things = new Set([...put, ...del, ...expect].map(({ id }) => id))
      if (fence) things.add(`shard ${fence.shard}`)
      return this.#turns.take(things, () =>
        transactions.run(session => commitOnce(session, collections, commit, fence)),
      )
    })
  }

  async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    return this.#use('read objects', async ({ collections, transactions }) =>
      ids.length === 0 ? [] : transactions.run(session => get(session, collections, ids)),
    )
  }

  async query(asked: StoreQuery): Promise<Page> {
    return this.#use('be searched', ({ collections, transactions }) =>
      transactions.run(session => query(session, collections, asked)),
    )
  }

  async count(asked: CountQuery = {}): Promise<number> {
    return this.#use('be counted', ({ collections }) => count(collections, asked))
  }

  async #use<T>(doing: string, job: (open: Open) => Promise<T>): Promise<T> {
    const open = this.#open
    if (!open) throw new UsageError(`${this.name} is not open: await store.open() first.`)
    const running = job(open)
    open.jobs.add(running)
    try {
      return await running
    } catch (error) {
      throw fault(error, this.name, doing)
    } finally {
      open.jobs.delete(running)
    }
  }
}

/** The driver names the whole url in some of its errors: none of them is passed on. */
function clientOf({ MongoClient, WriteConcern }: Driver, { name, url, config, queryTimeout }: Settings): MongoClient {
  const writeConcern = new WriteConcern('majority', queryTimeout, true)
  try {
    return new MongoClient(url, { ...config, writeConcern, readConcern: { level: 'majority' } })
  } catch (error) {
    const { name: kind = 'an error' } = error as { name?: string }
    throw new UsageError(
      `mongodbStore(): the driver takes neither this url nor these options for ${name} (${kind}). Look at the names after '?' in { url }, at { tls } and { driver }.`,
    )
  }
}
