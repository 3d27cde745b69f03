/** Schemas of their own for specs of PostgreSQL, and a connection to look at what stands there. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type PostgresOptions, postgresStore } from '../../lib/stores/postgres.ts'
import type { Store } from '../../lib/stores/store.ts'
import type { DamageablePlace } from '../../lib/stores/suite.ts'

export interface PostgresPlace extends DamageablePlace {
  readonly schema: string
  store(options?: Partial<PostgresOptions>): Store
  remove(): Promise<void>
}

/** One schema for each case, gone after it. */
export class PostgresPlaces {
  readonly #run = `spec_${randomBytes(4).toString('hex')}`
  #count = 0
  #sql: pg.Client | null = null
  #url = ''

  get sql(): pg.Client {
    return this.#sql!
  }

  get url(): string {
    return this.#url
  }

  async start(url: string): Promise<void> {
    this.#url = url
    this.#sql = new pg.Client(url)
    await this.#sql.connect()
  }

  async end(): Promise<void> {
    if (!this.#sql) return
    const { rows } = await this.sql.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE $1`, [
      `${this.#run}\\_%`,
    ])
    for (const { nspname } of rows) await this.sql.query(`DROP SCHEMA "${nspname}" CASCADE`)
    await this.sql.end()
  }

  /** `hurt`: how a row becomes damaged. */
  next(hurt = `keys = '{"name": 3}'`): PostgresPlace {
    const schema = `${this.#run}_${++this.#count}`
    return {
      schema,
      store: options => postgresStore({ url: this.#url, schema, ...options }),
      damage: async id => {
        const { rowCount } = await this.sql.query(`UPDATE ${schema}.objects SET ${hurt} WHERE id = $1`, [id])
        if (rowCount !== 1) throw new Error(`${id} is not there to be damaged`)
      },
      remove: async () => {
        await this.sql.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
      },
    }
  }

  /** Resolves when a connection that has named itself so waits for a lock; gives the process at the server. */
  async blocked(application: string): Promise<number> {
    for (;;) {
      const { rows } = await this.sql.query(
        `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
        [application],
      )
      if (rows.length > 0) return rows[0].pid
    }
  }
}

/** `url` with another setting of the server for its connections. */
export function withSetting(url: string, setting: string): string {
  const changed = new URL(url)
  changed.searchParams.set('options', `-c ${setting}`)
  return changed.href
}

/** `url` whose connections have this name. */
export function named(url: string, application: string): string {
  const changed = new URL(url)
  changed.searchParams.set('application_name', application)
  return changed.href
}
