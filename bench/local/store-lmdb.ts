/** lmdb for the benchmarks of the stores: its store, and the driver alone. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbStore } from 'fieldcast/stores/lmdb'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { Bare, Driver, Place } from './store-places.ts'
import type { ThingRow } from './store-things.ts'

export const driver: Driver = {
  store: ({ at }) => lmdbStore(at),
  bare: async place => new BareLmdb(place),
  async remove() {},
}

/** Keys are bytes: a text's own, as the store has them. */
type Table = Database<Buffer, Buffer>

const textOf = ({ version, zone, keysText, fields }: ThingRow): string =>
  `{"version":${version},"format":1,"class":"Thing","owner":null,"zone":${zone},"keys":${keysText},\n"fields":${fields}}`

class BareLmdb implements Bare {
  readonly #file: string
  readonly #root: RootDatabase
  readonly #objects: Table
  #index: Table | null = null

  constructor({ at }: Place) {
    this.#file = join(at, 'data.mdb')
    this.#root = open({ path: at, noSubdir: false, overlappingSync: false, maxDbs: 8 })
    this.#objects = this.#table('objects')
  }

  #table(name: string): Table {
    return this.#root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' })
  }

  async make(): Promise<void> {}

  write(rows: readonly ThingRow[]): Promise<unknown> {
    let written: Promise<unknown> = Promise.resolve()
    for (const row of rows) written = this.#objects.put(Buffer.from(row.id), Buffer.from(textOf(row)))
    return written
  }

  async readZone(zone: number): Promise<number> {
    this.#index ??= this.#table('index')
    let count = 0
    const way = `zone\t${zone}\t`
    for (const key of this.#index.getKeys({ start: Buffer.from(way), end: Buffer.from(`${way}\x7f`) }))
      count += this.#read(key.subarray(way.length))
    return count
  }

  async readIds(ids: readonly string[]): Promise<number> {
    return ids.reduce((count, id) => count + this.#read(Buffer.from(id)), 0)
  }

  #read(id: Buffer): number {
    return this.#objects.getBinary(id)!.toString().endsWith('}') ? 1 : 0
  }

  async size(): Promise<number> {
    return (await stat(this.#file)).size
  }

  close(): Promise<unknown> {
    return this.#root.close()
  }
}
