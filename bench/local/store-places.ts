/** Where the benchmarks of the stores keep their worlds: which databases are there, and a place of its own in one of them for each contestant. */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from 'fieldcast/server'
import { mariadbUrl, postgresUrl } from '../../spec/stores/services.ts'
import type { ThingRow } from './store-things.ts'

export const databases = ['lmdb', 'postgres', 'mariadb'] as const
export type Database = (typeof databases)[number]

export const titles: Readonly<Record<Database, string>> = {
  lmdb: 'lmdb',
  postgres: 'PostgreSQL',
  mariadb: 'MariaDB',
}

export interface Place {
  readonly database: Database
  /** A folder, or a url. */
  readonly at: string
  /** A schema, or what the names of tables begin with. */
  readonly name: string
}

/** A database by its driver alone: the control. */
export interface Bare {
  /** Makes a table for `write`, beside those of a store; anew where there is one. */
  make(): Promise<void>
  /** Resolves when the rows are durable, all in one transaction. */
  write(rows: readonly ThingRow[]): Promise<unknown>
  /** Reads the rows that a store keeps of a zone, with their texts; gives how many. */
  readZone(zone: number): Promise<number>
  /** The same for ids. */
  readIds(ids: readonly string[]): Promise<number>
  /** Bytes on disk of what the store keeps. */
  size(): Promise<number>
  close(): Promise<unknown>
}

/** What the file of each database exports as `driver`. */
export interface Driver {
  store(place: Place): Store
  bare(place: Place): Promise<Bare>
  /** Removes everything that was made there. */
  remove(place: Place): Promise<void>
}

export async function driverOf({ database }: Place): Promise<Driver> {
  const { driver } = (await import(`./store-${database}.ts`)) as { driver: Driver }
  return driver
}

/** The databases that can be reached, and a sentence for each other. */
export async function reachable(): Promise<{ readonly at: ReadonlyMap<Database, string>; readonly missing: string[] }> {
  const at = new Map<Database, string>([['lmdb', tmpdir()]])
  const missing: string[] = []
  for (const [database, find] of [
    ['postgres', postgresUrl],
    ['mariadb', mariadbUrl],
  ] as const) {
    const url = await find().catch(() => null)
    if (url) at.set(database, url)
    else missing.push(`${titles[database]} was not to be reached.`)
  }
  const tmpfs = 0x01021994
  if (statfsSync(tmpdir()).type === tmpfs)
    missing.push(`${tmpdir()}, where lmdb was, is in memory: set TMPDIR to a folder on a disk.`)
  return { at, missing }
}

/** Places that are removed together. */
export class Places {
  readonly #at: ReadonlyMap<Database, string>
  readonly #made: Place[] = []

  constructor(at: ReadonlyMap<Database, string>) {
    this.#at = at
  }

  make(database: Database): Place {
    const at = this.#at.get(database)!
    const place: Place =
      database === 'lmdb'
        ? { database, at: mkdtempSync(join(at, 'fieldcast-bench-store-')), name: '' }
        : { database, at, name: `bench_${process.pid}_${Date.now() % 1e6}_${this.#made.length}_` }
    this.#made.push(place)
    return place
  }

  /** Nobody may be at work there. */
  async remove(): Promise<void> {
    for (const place of this.#made.splice(0)) {
      await (await driverOf(place)).remove(place)
      if (place.database === 'lmdb') rmSync(place.at, { recursive: true, force: true })
    }
  }
}
