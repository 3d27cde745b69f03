/** A connection, set up as we rely on it, and what its server is. */
import { StoreError } from '../../base/errors.ts'
import type { Connection } from './driver.ts'
import type { Settings } from './options.ts'

/** Most ids in one statement. From a thousand on, MariaDB joins with the list, which locks in another order than that of ids, and may read the whole table. */
export const IDS = 900

export interface Session {
  readonly connection: Connection
  /** Rows may be sent in MariaDB's bulk form. */
  readonly bulk: boolean
  /** Most bytes of a statement: `max_allowed_packet`. */
  readonly packet: number
  /** Of texts that are compared byte for byte, trailing spaces included. Most binary collations ignore those. */
  readonly collation: string
}

/**
 * @param again after a first one: what has changed for the worse since is waited for to change again, and nothing in memory is lost.
 * @throws StoreError for a server that cannot do what we promise.
 */
export async function greet(connection: Connection, settings: Settings, again: boolean): Promise<Session> {
  const { name, durable, bulk, queryTimeout } = settings
  const seconds = Math.ceil(queryTimeout / 1000)
  const set = [
    // Nothing is written but by a COMMIT of ours. With autocommit, what is sent behind a statement that a deadlock has undone would be.
    'autocommit = 0',
    `sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`,
    `innodb_lock_wait_timeout = ${Math.max(1, Math.floor(seconds / 3))}`,
    // Ends the transaction of a server that has vanished; its locks would stay for hours.
    `wait_timeout = ${2 * seconds}`,
  ]
  await connection.query(`SET ${set.map(each => `@@SESSION.${each}`).join(', ')}`)
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  const [facts] = (await connection.query(
    `SELECT @@max_allowed_packet AS packet, @@GLOBAL.innodb_flush_log_at_trx_commit AS flush, @@GLOBAL.log_bin AS binlog, @@GLOBAL.sync_binlog AS sync`,
  )) as readonly Record<'packet' | 'flush' | 'binlog' | 'sync', unknown>[]
  await connection.query('COMMIT')
  const info = connection.info!
  const mariadb = info.isMariaDB()
  if (mariadb ? !info.hasMinVersion(10, 3, 0) : !info.hasMinVersion(8, 0, 17))
    throw new StoreError('fatal', `${name} is ${info.serverVersion.raw}: MariaDB 10.3 or MySQL 8.0.17 is the least.`)
  // One that hangs in mid-transaction would keep its successor waiting for as long as it may wait for locks.
  if (mariadb)
    await connection.query(`SET @@SESSION.idle_transaction_timeout = ${Math.max(1, Math.floor(seconds / 6))}`)
  if (durable) {
    const reason = lossy(Number(facts!.flush), isOn(facts!.binlog), Number(facts!.sync))
    if (reason)
      throw new StoreError(
        again ? 'retryable' : 'fatal',
        `${name} may lose what it has committed when its machine dies: ${reason}. Change that, or say mariadbStore({ durability: 'none' }) where such a loss is fine.`,
      )
  }
  return {
    connection,
    bulk: bulk && mariadb,
    packet: Number(facts!.packet),
    collation: mariadb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin',
  }
}

const isOn = (value: unknown): boolean => Number(value) === 1 || value === 'ON'

/** Which settings lose commits. A transaction that is missing in the binary log is taken back when the server recovers, unless InnoDB has synced its end too (3). */
function lossy(flush: number, binlog: boolean, sync: number): string | null {
  if (flush !== 1 && flush !== 3) return `innodb_flush_log_at_trx_commit is ${flush}, where 1 is safe`
  if (flush === 1 && binlog && sync !== 1) return `it keeps a binary log, and sync_binlog is ${sync}, where 1 is safe`
  return null
}
