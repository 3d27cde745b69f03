/** `fieldcast/stores/mariadb`: objects in MariaDB (10.3 or later) or MySQL (8.0.17 or later). `mariadb/layout.ts` says how they stand there. */
import { StoreError, UsageError } from '../base/errors.ts'
import { check, claimOnce, commitOnce, purgeOnce } from './mariadb/commit.ts'
import { isRace } from './mariadb/faults.ts'
import { settle, type Tables, tablesOf } from './mariadb/layout.ts'
import { type MariadbOptions, type Settings, settingsOf } from './mariadb/options.ts'
import { Pool } from './mariadb/pool.ts'
import { count, get, query } from './mariadb/read.ts'
import type { Session } from './mariadb/session.ts'
import type { Capabilities, Commit, CountQuery, Damaged, Fence, Page, Store, StoredRow, StoreQuery } from './store.ts'

export type { MariadbOptions } from './mariadb/options.ts'

/**
 * Keeps objects in a database of MariaDB or MySQL, which several servers may share. Needs the package `mariadb` (`npm install mariadb`). All writing goes to one primary.
 *
 * ```ts
 * const store = mariadbStore('mariadb://game:secret@127.0.0.1/world')
 * const server = createServer({ classes: [Player], store })
 * ```
 * @throws UsageError for options that cannot be followed.
 */
export function mariadbStore(options: MariadbOptions | string): Store {
  return new MariadbStore(settingsOf(options))
}

/** Transactions that others were in the way of are done again so often before the caller hears of it. */
const ATTEMPTS = 6
/** Milliseconds between two looks for old deletions. */
const PURGE_EVERY = 300_000

class MariadbStore implements Store {
  readonly name: string
  readonly capabilities: Capabilities
  readonly #settings: Settings
  readonly #tables: Tables
  /** While it is open, or opens. */
  #pool: Pool | null = null
  #opening: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #purged = Number.NEGATIVE_INFINITY

  constructor(settings: Settings) {
    this.#settings = settings
    this.#tables = tablesOf(settings.prefix)
    this.name = settings.name
    this.capabilities = { durability: settings.durable ? 'machine' : 'none', shared: true, batch: 1000 }
  }

  async open(): Promise<void> {
    await this.#closing
    this.#opening ??= this.#open().catch(error => {
      this.#opening = null
      throw error
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    const pool = new Pool(this.#settings)
    try {
      await pool.use('be opened', session => settle(session, this.#settings))
    } catch (error) {
      await pool.close()
      throw error
    }
    this.#pool = pool
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => {})
    const pool = this.#pool
    this.#pool = this.#opening = null
    await pool?.close()
  }

  async epoch(shard: string): Promise<number> {
    return this.#need().use('tell an epoch', async ({ connection }) => {
      const [row] = await connection.query(`SELECT epoch FROM ${this.#tables.fences} WHERE shard = ?`, [shard])
      await connection.query('COMMIT')
      return Number(row?.epoch ?? 0)
    })
  }

  async claim(shard: string, epoch: number): Promise<void> {
    const pool = this.#need()
    await this.#again(() => pool.use('claim a shard', session => claimOnce(session, this.#tables, { shard, epoch })))
  }

  async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    const pool = this.#need()
    check(commit, this.name)
    const written = await this.#again(() =>
      pool.use('commit', session => commitOnce(session, this.#tables, commit, fence)),
    )
    if (commit.del?.length) this.#purge(pool)
    return written
  }

  async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    const pool = this.#need()
    return ids.length === 0 ? [] : pool.use('read objects', session => get(session, this.#tables, ids))
  }

  async query(asked: StoreQuery): Promise<Page> {
    const pool = this.#need()
    return pool.use('be searched', session => query(session, this.#tables, asked))
  }

  async count(asked: CountQuery = {}): Promise<number> {
    const pool = this.#need()
    return pool.use('be counted', session => count(session, this.#tables, asked))
  }

  #need(): Pool {
    if (this.#pool) return this.#pool
    throw new UsageError(`${this.name} is not open: await store.open() first.`)
  }

  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    for (let n = 1; ; n++)
      try {
        return await attempt()
      } catch (error) {
        if (n === ATTEMPTS || !(error instanceof StoreError) || !isRace(error.cause)) throw error
      }
  }

  /** In the background: nobody waits for it but `close`, and another time does as well. */
  #purge(pool: Pool): void {
    const now = this.#settings.clock.now()
    if (now - this.#purged < PURGE_EVERY) return
    this.#purged = now
    const purge = async (session: Session): Promise<void> => {
      while (this.#pool === pool && (await purgeOnce(session, this.#tables))) {}
    }
    pool.use('let go of old deletions', purge).catch(() => {})
  }
}
