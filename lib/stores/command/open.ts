/** The stores that the urls of a command line name. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '../../base/errors.ts'
import { placeOf, type StorePlace, storeAt } from '../by-url.ts'
import type { Store } from '../store.ts'
import { WrongCommandLine } from './command.ts'

/** Lends the store at `url`, opened, and closes it. @param exists the command reads: it makes no new world of a mistyped path */
export async function withStore<T>(url: string, exists: boolean, use: (store: Store) => Promise<T>): Promise<T> {
  const place = placeFrom(url)
  if (exists && place.kind === 'lmdb' && !existsSync(join(place.path, 'data.mdb')))
    throw new UsageError(`There is no world in ${place.path}.`)
  const store = ofCommandLine(() => storeAt(place, !exists))
  await store.open()
  let result: T
  try {
    result = await use(store)
  } catch (error) {
    // What went wrong before matters more.
    await store.close().catch(() => {})
    throw error
  }
  await store.close()
  return result
}

/** @throws WrongCommandLine for what names no store, or one that nobody else can see. */
export function placeFrom(url: string): Exclude<StorePlace, { kind: 'memory' }> {
  const place = ofCommandLine(() => placeOf(url))
  if (place.kind !== 'memory') return place
  throw new WrongCommandLine('A store in memory ends with its process: there is nothing for a command to work on.')
}

/** What is wrong with a url is wrong with the command line. */
function ofCommandLine<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof UsageError ? new WrongCommandLine(error.message) : error
  }
}

/** Whether two urls name the same data, as far as can be seen from them. */
export function isSamePlace(one: string, other: string): boolean {
  const key = (url: string): string => {
    const place = placeFrom(url)
    return place.kind === 'lmdb' ? resolve(place.path) : `${place.url} ${place.space ?? ''}`
  }
  return key(one) === key(other)
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
