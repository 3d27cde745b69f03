/** What a user says about the deployment, made into what the driver and the store need. */
import { type Clock, systemClock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'
import { type Random, systemRandom } from '../../base/random.ts'
import { worldOf } from '../url-parameters.ts'

/** Options of `mongodbStore`. */
export interface MongodbOptions {
  /** `mongodb://user:password@host:27017/?replicaSet=rs0`, or `mongodb+srv:`, as MongoDB's own drivers take it; and with `prefix=world_` among its parameters, which is `prefix`. */
  readonly url: string
  /** @default the one that the url names, else 'fieldcast' */
  readonly database?: string
  /** Begins the names of our collections, so that several worlds share a database: letters, digits and `_`, at most 32. @default as the url says, else 'fieldcast_' */
  readonly prefix?: string
  /** Most connections at once, to each server of the deployment. @default 4 */
  readonly connections?: number
  /** Milliseconds until a connection has to stand, and until there has to be a primary. @default 10_000 */
  readonly connectTimeout?: number
  /** Milliseconds that a server may be silent while it owes an answer, and that most of the members may take to have a commit. @default 30_000 */
  readonly queryTimeout?: number
  /** TLS: true, or what node:tls takes (`ca`, `cert`, `key`, `rejectUnauthorized`). @default as the url says */
  readonly tls?: boolean | object
  /** Further options of the driver's `MongoClient`. */
  readonly driver?: Readonly<Record<string, unknown>>
  /** False: where there is no world yet none is made, and `open` says so (`fatal`). For tools that only read. @default true */
  readonly create?: boolean
  /** Whose time it waits by before it tries again. @default the platform's */
  readonly clock?: Clock
  /** Whose chance says how long. @default the platform's */
  readonly random?: Random
}

export interface Settings {
  /** For messages. */
  readonly name: string
  /** Holds the password: never for messages. */
  readonly url: string
  readonly database: string
  readonly prefix: string
  readonly create: boolean
  readonly queryTimeout: number
  readonly clock: Clock
  readonly random: Random
  /** For the driver. */
  readonly config: Readonly<Record<string, unknown>>
}

/** The parts of a url that are not secret. One whose password has unescaped signs does not fit. */
const URL_FORM = /^mongodb(?:\+srv)?:\/\/(?:[^@/?#]*@)?([^@/?#]+)(?:\/([^@/?#]*))?(?:\?[^#]*)?$/

/** @throws UsageError for options that cannot be followed. */
export function settingsOf(given: MongodbOptions | string): Settings {
  const options = typeof given === 'string' ? { url: given } : given
  const { connections = 4, connectTimeout = 10_000, queryTimeout = 30_000, create = true } = options
  const { tls, driver = {}, clock = systemClock, random = systemRandom } = options
  const { url, space: prefix = 'fieldcast_' } = worldOf('mongodbStore', 'prefix', options.url, options.prefix)
  const parts = URL_FORM.exec(url)
  if (!parts)
    throw new UsageError(
      "mongodbStore({ url }): the form is mongodb://user:password@host:27017/database?replicaSet=rs0; in a password write '@', '/', '?' and '#' as %40, %2F, %3F and %23.",
    )
  const database = options.database ?? (parts[2] || 'fieldcast')
  if (!/^[^/\\. "$*<>:|?\0]{1,63}$/.test(database))
    throw new UsageError(`mongodbStore({ database }): '${database}' cannot be the name of a database of MongoDB.`)
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(prefix))
    throw new UsageError(
      `mongodbStore({ prefix }): letters, digits and '_', at most 32 and no digit first, unlike '${prefix}'.`,
    )
  for (const [name, value] of [
    ['connections', connections],
    ['connectTimeout', connectTimeout],
    ['queryTimeout', queryTimeout],
  ] as const)
    if (!Number.isInteger(value) || value < 1 || value > 2 ** 31 - 1)
      throw new UsageError(`mongodbStore({ ${name} }): a whole number from 1 to 2^31 - 1, unlike ${value}.`)
  return {
    name: `mongodb ${parts[1]}/${database}`,
    url,
    database,
    prefix,
    create,
    queryTimeout,
    clock,
    random,
    config: {
      appName: 'fieldcast',
      ...driver,
      ...(tls === undefined ? {} : typeof tls === 'boolean' ? { tls } : { tls: true, ...tls }),
      maxPoolSize: connections,
      connectTimeoutMS: connectTimeout,
      serverSelectionTimeoutMS: connectTimeout,
      waitQueueTimeoutMS: queryTimeout,
      socketTimeoutMS: queryTimeout,
      readPreference: 'primary',
      retryWrites: true,
      ignoreUndefined: false,
      promoteLongs: true,
      promoteValues: true,
      useBigInt64: false,
    },
  }
}
