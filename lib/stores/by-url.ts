/** `fieldcast/stores`: the store that a text names, for command lines and settings. */
import { UsageError } from '../base/errors.ts'
import { lmdbStore } from './lmdb.ts'
import { mariadbStore } from './mariadb.ts'
import { memoryStore } from './memory.ts'
import { mongodbStore } from './mongodb.ts'
import { postgresStore } from './postgres.ts'
import type { Store } from './store.ts'
import { splitUrl } from './url-parameters.ts'

/** What a text names, before there is a store. */
export type StorePlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'lmdb'; readonly path: string }
  | { readonly kind: 'postgres' | 'mariadb' | 'mongodb'; readonly url: string; readonly space: string | undefined }

const forms = `memory:, lmdb:./world (or the folder alone), postgres://user@host/database, mariadb://user@host/database or mongodb://host/database`

const kinds: Readonly<Record<string, StorePlace['kind']>> = {
  memory: 'memory',
  lmdb: 'lmdb',
  postgres: 'postgres',
  postgresql: 'postgres',
  mariadb: 'mariadb',
  mysql: 'mariadb',
  mongodb: 'mongodb',
  'mongodb+srv': 'mongodb',
}

/** The parameter that says which of several worlds in a database is meant. */
const spaces = { postgres: 'schema', mariadb: 'prefix', mongodb: 'prefix' } as const

/**
 * The store at a url, not yet opened: `memory:`, `lmdb:./world` or the folder alone, `postgres://...`, `mariadb://...` or `mysql://...`, `mongodb://...`. Each needs its package,
 * as `lmdbStore`, `postgresStore`, `mariadbStore` and `mongodbStore` do. Of several worlds in one database `?schema=world` (PostgreSQL) or `?prefix=world_` (the others) names one.
 *
 * ```ts
 * const server = createServer({ classes: [Player], store: storeByUrl(process.argv[2] ?? './world') })
 * ```
 * @throws UsageError for what names no store. It never quotes the url, which may hold a password.
 */
export function storeByUrl(url: string): Store {
  return storeAt(placeOf(url), true)
}

/** The store at a place, not yet opened. @param create as the option of the stores that have one */
export function storeAt(place: StorePlace, create: boolean): Store {
  switch (place.kind) {
    case 'memory':
      return memoryStore()
    case 'lmdb':
      return lmdbStore(place.path)
    case 'postgres':
      return postgresStore({ url: place.url, create, ...(place.space !== undefined && { schema: place.space }) })
    case 'mariadb':
      return mariadbStore({ url: place.url, create, ...(place.space !== undefined && { prefix: place.space }) })
    case 'mongodb':
      return mongodbStore({ url: place.url, create, ...(place.space !== undefined && { prefix: place.space }) })
  }
}

/** @throws UsageError for what names no store. */
export function placeOf(url: string): StorePlace {
  if (typeof url !== 'string' || url.trim() === '') throw new UsageError(`A store is named like this: ${forms}.`)
  // One letter is a drive of Windows.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]
  if (scheme === undefined) return { kind: 'lmdb', path: url }
  const kind = kinds[scheme.toLowerCase()]
  const rest = url.slice(scheme.length + 1)
  if (kind === undefined || !Object.hasOwn(kinds, scheme.toLowerCase()))
    throw new UsageError(`There is no store for ${scheme}: urls. The forms are ${forms}.`)
  if (kind === 'lmdb') return { kind, path: rest.startsWith('//') ? rest.slice(2) : rest }
  if (kind === 'memory') {
    if (rest !== '') throw new UsageError(`Behind memory: stands nothing: a store in memory has no name.`)
    return { kind }
  }
  if (!rest.startsWith('//'))
    throw new UsageError(`Behind ${scheme}: stand two slashes and the host, as in ${scheme}://user@host/database.`)
  return { kind, ...splitUrl(`${scheme.toLowerCase()}:${rest}`, spaces[kind]) }
}
