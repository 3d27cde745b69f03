/** What a user says about the server, made into what the driver and the store need. */
import type { ConnectionOptions } from 'node:tls'
import { UsageError } from '../../base/errors.ts'
import { worldOf } from '../url-parameters.ts'
import type { Access } from './driver.ts'

/** Options of `postgresStore`. */
export interface PostgresOptions {
  /**
   * `postgres://user:password@host:5432/database`, as the package `pg` takes it: with `?sslmode=verify-full` or `?host=/var/run/postgresql` too; and with `?schema=world`, which
   * is `schema`. What it leaves out is taken from PGUSER, PGPASSWORD and so on. The database has to be there.
   */
  readonly url: string
  /** Where our tables stand, so that several worlds share a database: small letters, digits and `_`, at most 63. @default as the url says, else 'fieldcast' */
  readonly schema?: string
  /** Most connections at once. @default 4 */
  readonly connections?: number
  /** Milliseconds until a connection has to stand. @default 10_000 */
  readonly connectTimeout?: number
  /** Milliseconds until a question has to be answered; half of it is the most that the server waits for a lock. @default 30_000 */
  readonly queryTimeout?: number
  /**
   * `machine`: a server that runs with `fsync = off` is refused, because it loses commits when its machine dies. `none`: any will do, and the store's capabilities say so.
   * @default 'machine'
   */
  readonly durability?: 'machine' | 'none'
  /** TLS: true, or what node:tls takes (`ca`, `cert`, `key`, `rejectUnauthorized`). An `sslmode` in the url counts more. @default as the url says, else without */
  readonly tls?: boolean | ConnectionOptions
  /** False: where there is no world yet none is made, and `open` says so (`fatal`). For tools that only read. @default true */
  readonly create?: boolean
}

export interface Settings extends Access {
  /** For messages. */
  readonly name: string
  readonly schema: string
  readonly durable: boolean
  readonly create: boolean
}

/** @throws UsageError for options that cannot be followed. */
export function settingsOf(given: PostgresOptions | string): Settings {
  const options = typeof given === 'string' ? { url: given } : given
  const { connections = 4, connectTimeout = 10_000, queryTimeout = 30_000 } = options
  const { durability = 'machine', tls, create = true } = options
  const { url, space: schema = 'fieldcast' } = worldOf('postgresStore', 'schema', options.url, options.schema)
  const place = placeOf(url)
  // The name stands in statements and in the text of functions.
  if (!/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new UsageError(
      `postgresStore({ schema }): small letters, digits and '_', at most 63, no digit and no 'pg_' first, unlike '${schema}'.`,
    )
  for (const [name, value, least] of [
    ['connections', connections, 1],
    ['connectTimeout', connectTimeout, 1],
    ['queryTimeout', queryTimeout, 1],
  ] as const)
    if (!Number.isInteger(value) || value < least || value > 2 ** 31 - 1)
      throw new UsageError(`postgresStore({ ${name} }): a whole number from ${least} to 2^31 - 1, unlike ${value}.`)
  if (durability !== 'machine' && durability !== 'none')
    throw new UsageError(`postgresStore({ durability }): 'machine' or 'none', unlike '${durability}'.`)
  return {
    name: `postgres ${place}, schema ${schema}`,
    url,
    schema,
    connections,
    connectTimeout,
    queryTimeout,
    durable: durability === 'machine',
    create,
    tls,
  }
}

/** Host, port and database, for messages. */
function placeOf(text: string): string {
  const form = 'postgres://user:password@host:5432/database'
  let url: URL
  try {
    // The driver takes an empty host, which URL does not.
    url = new URL(text.replace('@/', '@localhost/'))
    for (const part of [url.username, url.password, url.hostname, url.pathname]) decodeURIComponent(part)
    // The rest of a password that holds '/', '?' or '#': what stands before it is no host.
    if ([url.pathname, url.hash, ...url.searchParams.keys()].some(part => part.includes('@'))) throw new Error()
  } catch {
    // Nothing of it is quoted: it may be the password.
    throw new UsageError(
      `postgresStore({ url }): it does not have the form ${form}. Signs with a meaning in URLs are written like %40 for @ in a password.`,
    )
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw new UsageError(`postgresStore({ url }): it begins with postgres:, as in ${form}.`)
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined
  const host = parameter('host') ?? (decodeURIComponent(url.hostname) || (process.env.PGHOST ?? 'localhost'))
  const port = parameter('port') ?? (url.port || (process.env.PGPORT ?? '5432'))
  const database = decodeURIComponent(url.pathname.slice(1)) || (process.env.PGDATABASE ?? '')
  return `${host}:${port}/${database}`
}
