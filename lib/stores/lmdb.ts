/**
 * `fieldcast/stores/lmdb`: the embedded store. It keeps a world in a folder, without a server, for one process at a time; it needs the package `lmdb`.
 *
 * ## Layout
 *
 * The folder holds `data.mdb`, a file of LMDB with five tables, `lock.mdb`, which LMDB works with, and while the store is open `holder.sock` and `holder.txt`, which keep a second
 * process out. All keys and values are text in UTF-8; `mdb_dump -p -s objects ./world` prints a table.
 *
 * | table | key | value |
 * |---|---|---|
 * | `about` | `layout` | `{"layout":1,"library":"fieldcast/0.1.0"}`: the layout's number, and who made it |
 * | `objects` | the id | the row, see below |
 * | `index` | `class`, class, id; `owner`, owner, id; `zone`, zone, id; `key`, class, name, value, id: with a tab after each | nothing |
 * | `shards` | `shard`, name, with a tab after each | `{"shard":"world","epoch":3}` |
 * | `deleted` | the id | `{"version":8,"at":1764000000000}`: the deletion's version and time, kept for an hour |
 *
 * A row is a JSON object in two lines:
 *
 *     {"version":7,"format":1,"class":"Player","owner":"ann","zone":3,"keys":{"name":"\"ann\""},
 *     "fields":{"setName":["ann"],"moveTo":[3,4]}}
 *
 * In keys of `index` and `shards`, control characters and backslashes are written as `\x09`, and a text of more than 480 bytes as its beginning and its SHA-256.
 * The index follows the rows; whoever changes a row's first line by hand leaves entries there that lead nowhere, and lacks the new ones.
 *
 * A copy of `data.mdb` that was made while no store was open, or by `mdb_copy`, is a backup.
 */
import { UsageError } from '../base/errors.ts'
import { loadDriver } from './lmdb/driver.ts'
import { Files } from './lmdb/files.ts'
import { makeFolder } from './lmdb/folder.ts'
import { Reader } from './lmdb/reader.ts'
import { Writer } from './lmdb/writer.ts'
import type { Capabilities, Commit, CountQuery, Damaged, Fence, Page, Store, StoredRow, StoreQuery } from './store.ts'

export interface LmdbOptions {
  /** The folder of the world, on a local disk; made where there is none. */
  readonly path: string
}

/**
 * Keeps a world in a folder. One process at a time may have it open: `open()` of a second one fails at once, as `fatal`, and that of one that comes after a crash succeeds at once.
 * Give the path as the only argument, or in options.
 *
 * ```ts
 * createServer({ classes: [Player], store: lmdbStore('./world') })
 * ```
 * @throws UsageError for a path that is none.
 */
export function lmdbStore(options: LmdbOptions | string): Store {
  const path: unknown = typeof options === 'string' ? options : Object(options).path
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new UsageError(`The path of an embedded store is the name of a folder, as in lmdbStore('./world').`)
  return new LmdbStore(path)
}

/** What is there while the store is open. */
interface Parts {
  readonly files: Files
  readonly writer: Writer
  readonly reader: Reader
}

class LmdbStore implements Store {
  readonly name: string
  readonly capabilities: Capabilities = { durability: 'machine', shared: false, batch: 5000 }
  readonly #path: string
  #parts: Parts | null = null
  /** Opening or closing; one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.name = `lmdb ${path}`
    this.#path = path
  }

  open(): Promise<void> {
    return this.#next(async () => {
      if (this.#parts) return
      const driver = await loadDriver()
      const files = await Files.open(await makeFolder(this.#path), driver)
      try {
        this.#parts = { files, reader: new Reader(files), writer: new Writer(files) }
      } catch (error) {
        await files.close()
        throw error
      }
    })
  }

  close(): Promise<void> {
    return this.#next(async () => {
      if (!this.#parts) return
      const { files, writer } = this.#parts
      this.#parts = null
      await writer.idle()
      await files.close()
    })
  }

  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }

  async epoch(shard: string): Promise<number> {
    return this.#open.writer.epoch(shard)
  }

  async claim(shard: string, epoch: number): Promise<void> {
    await this.#open.writer.claim(shard, epoch)
  }

  async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    return this.#open.writer.commit(commit, fence)
  }

  async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    return this.#open.reader.get(ids)
  }

  async query(query: StoreQuery): Promise<Page> {
    return this.#open.reader.query(query)
  }

  async count(query: CountQuery = {}): Promise<number> {
    return this.#open.reader.count(query)
  }

  get #open(): Parts {
    if (this.#parts) return this.#parts
    throw new UsageError(`The store in ${this.#path} is not open: await store.open() first.`)
  }
}
