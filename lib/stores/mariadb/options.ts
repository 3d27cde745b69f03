/** What a user says about the server, made into what the driver and the store need. */
import { type Clock, systemClock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'
import { worldOf } from '../url-parameters.ts'

/** Options of `mariadbStore`. */
export interface MariadbOptions {
  /** `mariadb://user:password@host:3306/database`, or the same with `mysql:`; behind it `?prefix=world_`, which is `prefix`, and nothing else. The database has to be there. */
  readonly url: string
  /** Begins the names of our tables, so that several worlds share a database: small letters, digits and `_`, at most 32. @default as the url says, else 'fieldcast_' */
  readonly prefix?: string
  /** Most connections at once. @default 4 */
  readonly connections?: number
  /** Milliseconds until a connection has to stand. @default 10_000 */
  readonly connectTimeout?: number
  /** Milliseconds that the server may be silent while it owes an answer; then the connection is given up. @default 30_000 */
  readonly queryTimeout?: number
  /**
   * `machine`: a server whose settings lose commits when its machine dies (`innodb_flush_log_at_trx_commit`, and `sync_binlog` where it keeps a binary log) is refused.
   * `none`: any will do, and the store's capabilities say so.
   * @default 'machine'
   */
  readonly durability?: 'machine' | 'none'
  /** TLS: true, or what node:tls takes (`ca`, `cert`, `key`, `rejectUnauthorized`). @default false */
  readonly tls?: boolean | object
  /** Further options of the driver's `createConnection`, such as `socketPath` and `compress`. */
  readonly driver?: Readonly<Record<string, unknown>>
  /** False: where there is no world yet none is made, and `open` says so (`fatal`). For tools that only read. @default true */
  readonly create?: boolean
  /** Whose time idle connections and old deletions go by. @default the platform's */
  readonly clock?: Clock
}

export interface Settings {
  /** For messages. */
  readonly name: string
  readonly database: string
  readonly prefix: string
  readonly connections: number
  readonly queryTimeout: number
  readonly durable: boolean
  readonly create: boolean
  /** May rows be sent in the bulk form that MariaDB alone knows? */
  readonly bulk: boolean
  readonly clock: Clock
  /** For the driver. It holds the password: never for messages. */
  readonly config: Readonly<Record<string, unknown>>
}

/** @throws UsageError for options that cannot be followed. */
export function settingsOf(given: MariadbOptions | string): Settings {
  const options = typeof given === 'string' ? { url: given } : given
  const { connections = 4, connectTimeout = 10_000, queryTimeout = 30_000, create = true } = options
  const { durability = 'machine', tls = false, driver = {}, clock = systemClock } = options
  const { url, space: prefix = 'fieldcast_' } = worldOf('mariadbStore', 'prefix', options.url, options.prefix)
  const { host, port, user, password, database } = partsOf(url)
  if (!/^[a-z_][a-z0-9_]{0,31}$/.test(prefix))
    throw new UsageError(
      `mariadbStore({ prefix }): small letters, digits and '_', at most 32 and no digit first, unlike '${prefix}'.`,
    )
  for (const [name, value, least] of [
    ['connections', connections, 1],
    ['connectTimeout', connectTimeout, 1],
    ['queryTimeout', queryTimeout, 1000],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new UsageError(`mariadbStore({ ${name} }): a whole number from ${least} on, unlike ${value}.`)
  if (durability !== 'machine' && durability !== 'none')
    throw new UsageError(`mariadbStore({ durability }): 'machine' or 'none', unlike '${durability}'.`)
  return {
    name: `mariadb ${host}:${port}/${database}`,
    database,
    prefix,
    connections,
    queryTimeout,
    durable: durability === 'machine',
    create,
    bulk: driver.bulk !== false,
    clock,
    config: {
      ...driver,
      ...(tls ? { ssl: tls } : {}),
      host,
      port,
      database,
      ...(user === '' ? {} : { user }),
      ...(password === '' ? {} : { password }),
      connectTimeout,
      socketTimeout: queryTimeout,
      charset: 'utf8mb4',
      checkDuplicate: false,
      logParam: false,
      foundRows: true,
      pipelining: true,
      multipleStatements: false,
    },
  }
}

function partsOf(text: string): { host: string; port: number; user: string; password: string; database: string } {
  const form = 'mariadb://user:password@host:3306/database'
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`mariadbStore({ url }): it does not have the form ${form}.`)
  }
  if (url.protocol !== 'mariadb:' && url.protocol !== 'mysql:')
    throw new UsageError(`mariadbStore({ url }): it begins with mariadb: or mysql:, unlike ${url.protocol}`)
  if (url.search || url.hash)
    throw new UsageError(
      'mariadbStore({ url }): nothing but ?prefix=name_ may follow the database; use { tls } and { driver }.',
    )
  if (url.pathname.includes('@'))
    throw new UsageError(
      "mariadbStore({ url }): in a user and a password write '@', '/', '?' and '#' as %40, %2F, %3F and %23.",
    )
  const database = decoded(url.pathname.slice(1))
  if (url.hostname === '' || database === '' || database.includes('/'))
    throw new UsageError(`mariadbStore({ url }): a host and one database are needed, as in ${form}.`)
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database,
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new UsageError(`mariadbStore({ url }): write a '%' in it as %25.`)
  }
}
