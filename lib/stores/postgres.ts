/** `fieldcast/stores/postgres`: keeps objects in PostgreSQL, which several servers may share. Its tables are described in `postgres/layout.ts`. */
import { type FieldcastError, StoreError, UsageError } from '../base/errors.ts'
import { texts } from './postgres/arrays.ts'
import { batches, COMMIT } from './postgres/batches.ts'
import { type Ask, type Columns, type Connections, connections, type Value } from './postgres/driver.ts'
import { fault, isRace } from './postgres/faults.ts'
import { settle } from './postgres/layout.ts'
import { type PostgresOptions, type Settings, settingsOf } from './postgres/options.ts'
import { type Change, COLUMNS, changed, expected, rowOf, shardToColumn } from './postgres/rows.ts'
import { counting, selection } from './postgres/selection.ts'
import type { Capabilities, Commit, CountQuery, Damaged, Fence, Page, Store, StoredRow, StoreQuery } from './store.ts'

export type { PostgresOptions } from './postgres/options.ts'

/** How often a commit is done again at once that lost a race. */
const ATTEMPTS = 5
/** After as many deletions the old ones are looked for, and as many are removed at once. */
const PURGE = 1_000

/**
 * Keeps objects in PostgreSQL 12 or newer, with the package `pg` (`npm install pg`). The first `open` makes a schema with its tables.
 *
 * ```ts
 * const server = createServer({ classes: [Player], store: postgresStore('postgres://game:secret@db.example.com/game') })
 * ```
 *
 * @throws UsageError for options that cannot be followed.
 */
export function postgresStore(options: PostgresOptions | string): Store {
  return new PostgresStore(settingsOf(options))
}

class PostgresStore implements Store {
  readonly name: string
  readonly capabilities: Capabilities
  readonly #settings: Settings
  /** Begins the names of our tables and functions. */
  readonly #schema: string
  #connections: Connections | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  readonly #underWay = new Set<Promise<unknown>>()
  #deletions = 0

  constructor(settings: Settings) {
    this.#settings = settings
    this.#schema = `"${settings.schema}"`
    this.name = settings.name
    this.capabilities = { durability: settings.durable ? 'machine' : 'none', shared: true, batch: COMMIT }
  }

  async open(): Promise<void> {
    await this.#closing
    this.#opening ??= this.#open().catch(error => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    let opened: Connections | undefined
    try {
      opened = await connections(this.#settings)
      await settle(opened, this.#settings)
    } catch (error) {
      await opened?.end()
      throw this.#fault(error, 'open')
    }
    this.#connections = opened
    this.#purge()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => {})
    const open = this.#connections
    this.#connections = undefined
    this.#opening = undefined
    await Promise.allSettled(this.#underWay)
    await open?.end()
  }

  epoch(shard: string): Promise<number> {
    return this.#use('read the epoch', async ({ ask }) => {
      const [row] = await ask(`SELECT epoch FROM ${this.#schema}.shards WHERE shard = $1`, [shardToColumn(shard)])
      return Number(row?.[0] ?? 0)
    })
  }

  claim(shard: string, epoch: number): Promise<void> {
    return this.#use('claim', async ({ ask }) => {
      if (!Number.isSafeInteger(epoch) || epoch < 1)
        throw new UsageError(`An epoch is a whole number from 1 on, unlike ${epoch}.`)
      const held = heldBy(
        await ask(`SELECT ${this.#schema}.claim($1, $2, $3)`, [this.#wait, shardToColumn(shard), `${epoch}`]),
      )
      if (held !== null)
        throw new StoreError(
          'fenced',
          `${this.name}: epoch ${held} of '${shard}' has been claimed; ${epoch} is not above it.`,
        )
    })
  }

  commit({ put, del = [], expect = [] }: Commit, fence?: Fence): Promise<boolean> {
    return this.#use('commit', async open => {
      const parts = batches(put, del)
      const conditions: Value[] = [
        this.#wait,
        fence ? shardToColumn(fence.shard) : null,
        fence ? `${fence.epoch}` : null,
        ...expected(expect),
      ]
      const held =
        parts.length === 1
          ? heldBy(await this.#write(open.ask, conditions, changed(parts[0]!)))
          : await open.transaction(ask => this.#writeAll(ask, conditions, parts))
      if (held !== null && held > 0)
        throw new StoreError(
          'fenced',
          `${this.name}: another server has claimed '${fence?.shard}' (epoch ${held}, ours was ${fence?.epoch}).`,
        )
      if (held === null && del.length > 0 && (this.#deletions += del.length) >= PURGE) this.#purge()
      return held === null
    })
  }

  get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    return this.#use('read', async ({ ask }) => {
      const found = await ask(
        `SELECT ${COLUMNS} FROM ${this.#schema}.objects o WHERE o.id = ANY ($1::text[]) AND o.class IS NOT NULL`,
        [texts([...new Set(ids)])],
      )
      const byId = new Map(found.map(columns => [columns[0], columns]))
      return ids.map(id => {
        const columns = byId.get(id)
        return columns && rowOf(columns)
      })
    })
  }

  query(query: StoreQuery): Promise<Page> {
    return this.#use('query', async ({ ask }) => {
      const [sql, values] = selection(query, this.#schema)
      const found = await ask(sql, values)
      const rows = found.slice(0, query.limit).map(rowOf)
      return { rows, next: found.length > query.limit ? rows.at(-1)!.id : null }
    })
  }

  count(query: CountQuery = {}): Promise<number> {
    return this.#use('count', async ({ ask }) => {
      const [row] = await ask(...counting(query, this.#schema))
      return Number(row![0])
    })
  }

  /** Most milliseconds that the server waits for a lock: its answer, that nothing was written, should come before the connection is given up. */
  get #wait(): string {
    return `${Math.ceil(0.5 * this.#settings.queryTimeout)}`
  }

  get #unconditional(): Value[] {
    return [this.#wait, null, null, ...expected([])]
  }

  #write(ask: Ask, conditions: readonly Value[], values: readonly Value[]): Promise<readonly Columns[]> {
    return ask(`SELECT ${this.#schema}.write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, [
      ...conditions,
      ...values,
    ])
  }

  /** Several calls in one transaction: the locks of the first last until its end. */
  async #writeAll(
    ask: Ask,
    conditions: readonly Value[],
    parts: readonly (readonly Change[])[],
  ): Promise<number | null> {
    let values = changed(parts[0]!)
    for (const [n, part] of parts.slice(1).entries()) {
      const answer = this.#write(ask, n === 0 ? conditions : this.#unconditional, values)
      // The next part is made while the server writes this one. Where it cannot be stored nobody waits for the answer.
      answer.catch(() => {})
      values = changed(part)
      const held = heldBy(await answer)
      if (held !== null) return held
    }
    return heldBy(await this.#write(ask, this.#unconditional, values))
  }

  /** Removes what was deleted long ago. Nobody waits for it, and where it fails the next one does it. */
  #purge(): void {
    this.#deletions = 0
    this.#use('purge', async ({ ask }) => {
      await ask(
        `DELETE FROM ${this.#schema}.objects WHERE id = ANY (ARRAY (
           SELECT id FROM ${this.#schema}.objects WHERE deleted < now() - interval '2 hours' LIMIT ${10 * PURGE} FOR UPDATE SKIP LOCKED
         ))`,
      )
    }).catch(() => {})
  }

  /** Does `work` while the store is open, again where it only lost a race. */
  async #use<T>(doing: string, work: (open: Connections) => Promise<T>): Promise<T> {
    const open = this.#connections
    if (!open) throw new UsageError(`${this.name} is not open: await store.open() before, and nothing after close().`)
    const done = this.#attempt(open, doing, work)
    this.#underWay.add(done)
    try {
      return await done
    } finally {
      this.#underWay.delete(done)
    }
  }

  async #attempt<T>(open: Connections, doing: string, work: (open: Connections) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await work(open)
      } catch (error) {
        if (attempt === ATTEMPTS || !isRace(error)) throw this.#fault(error, doing)
      }
  }

  #fault(error: unknown, doing: string): FieldcastError {
    return fault(error, this.name, doing)
  }
}

const heldBy = ([row]: readonly Columns[]): number | null => {
  const held = row?.[0] ?? null
  return held === null ? null : Number(held)
}
