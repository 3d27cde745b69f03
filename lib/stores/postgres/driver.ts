/** The only door to the package `pg`, which users install themselves. Loaded when a store opens. */
import type { Buffer } from 'node:buffer'
import type { ConnectionOptions } from 'node:tls'
import type { Client, Pool, QueryArrayConfig, QueryArrayResult } from 'pg'
import { systemClock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'

export interface Access {
  /** With the password: never for messages. */
  readonly url: string
  readonly connections: number
  readonly connectTimeout: number
  readonly queryTimeout: number
  readonly tls: boolean | ConnectionOptions | undefined
}

/** A parameter: text, or an array in binary form. */
export type Value = string | null | Buffer

/** Columns as text, in the order of the statement. */
export type Columns = readonly (string | null)[]

/** Sends one statement, or several without parameters; gives the rows of the only one. */
export type Ask = (sql: string, values?: readonly Value[]) => Promise<readonly Columns[]>

/** Connections to one database, made when they are needed. They fail with the driver's errors. */
export interface Connections {
  /** A transaction of its own. Resolves when that has been committed. */
  readonly ask: Ask
  /** All that `work` asks in one transaction. */
  transaction<T>(work: (ask: Ask) => Promise<T>): Promise<T>
  /** Nothing may be under way. */
  end(): Promise<void>
}

/** @throws UsageError where the package is missing. */
export async function connections(access: Access): Promise<Connections> {
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new UsageError('postgresStore() needs the package pg: npm install pg', { cause })
  })
  const clients = new Map<Client, Promise<void>>()
  const pool = (): Pool => {
    const made = new pg.Pool({
      connectionString: access.url,
      max: access.connections,
      connectionTimeoutMillis: access.connectTimeout,
      query_timeout: access.queryTimeout,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: 'fieldcast',
      ...(access.tls === undefined ? {} : { ssl: access.tls }),
    })
    // Without these a connection that is lost between two statements would end the process. Whoever asks next hears of it.
    made.on('error', () => {})
    made.on('connect', (client: Client) => {
      client.on('error', () => {})
      const ended = new Promise<void>(resolve => client.on('end', resolve))
      clients.set(
        client,
        ended.then(() => void clients.delete(client)),
      )
    })
    return made
  }
  return new PooledConnections(pool, clients, access)
}

const asText = (text: unknown): unknown => text
const asWritten = { getTypeParser: () => asText }

const statement = (text: string, values: readonly Value[]): QueryArrayConfig => ({
  text,
  values: values as Value[],
  rowMode: 'array',
  types: asWritten as never,
})

const rowsOf = (result: QueryArrayResult): readonly Columns[] => result.rows as Columns[]

class PooledConnections implements Connections {
  readonly #make: () => Pool
  readonly #access: Access
  /** Those of all pools that are connected, and their ends. */
  readonly #clients: ReadonlyMap<Client, Promise<void>>
  #pool: Pool
  readonly #ends: Promise<void>[] = []

  constructor(make: () => Pool, clients: ReadonlyMap<Client, Promise<void>>, access: Access) {
    this.#make = make
    this.#clients = clients
    this.#access = access
    this.#pool = make()
  }

  readonly ask: Ask = async (sql, values = []) => {
    const pool = this.#pool
    try {
      return rowsOf(await pool.query(statement(sql, values)))
    } catch (error) {
      this.#doubt(pool, error)
      throw error
    }
  }

  async transaction<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const pool = this.#pool
    const client = await pool.connect()
    try {
      // Should this process vanish in the middle, the server gives the locks back soon.
      const begun = client.query(
        `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = ${this.#access.queryTimeout}`,
      )
      begun.catch(() => {})
      const result = await work(async (sql, values = []) => {
        // Not sent behind it at once: without a transaction it would count for itself.
        await begun
        return rowsOf(await client.query(statement(sql, values)))
      })
      await begun
      await client.query('COMMIT')
      client.release()
      return result
    } catch (error) {
      // The end of the connection is the end of the transaction, whatever state either is in.
      client.release(true)
      this.#doubt(pool, error)
      throw error
    }
  }

  async end(): Promise<void> {
    this.#leave(this.#pool)
    await Promise.all(this.#ends)
    // A server that has vanished from the network never confirms the end of a connection.
    const timer = systemClock.after(this.#access.connectTimeout, () => {
      for (const client of this.#clients.keys()) client.connection.stream.destroy()
    })
    await Promise.all(this.#clients.values())
    timer.cancel()
  }

  /** Where one connection leads to a server that has vanished, or that has become a standby, the others do too. */
  #doubt(pool: Pool, error: unknown): void {
    const { message, code } = error as { message?: unknown; code?: unknown }
    if (pool !== this.#pool || (message !== 'Query read timeout' && code !== '25006')) return
    this.#pool = this.#make()
    this.#leave(pool)
  }

  #leave(pool: Pool): void {
    const end = pool.end().finally(() => {
      this.#ends.splice(this.#ends.indexOf(end), 1)
    })
    this.#ends.push(end)
  }
}
