/**
 * All that is written, one transaction after the other. What is asked for while one is under way shares the next, so that many small commits cost one sync of the disk.
 *
 * Writing needs to know what stands: versions, and the index entries that go. Since nobody else writes, that is read between two transactions, in the game's thread, and
 * what was read or written lately is known still. The transaction itself, search, writing and sync, runs in LMDB's own thread: the game's only hands the bytes over.
 */
import { StoreError } from '../../base/errors.ts'
import type { Commit, Fence } from '../store.ts'
import { Draft } from './draft.ts'
import { diskError } from './errors.ts'
import type { Files } from './files.ts'
import { Graves } from './graves.ts'
import { Known } from './known.ts'

/** Rows after which a transaction takes no further commits. */
const ROWS_SHARED = 2000

interface Job {
  readonly rows: number
  enter(draft: Draft): unknown
  resolve(outcome: unknown): void
  reject(error: unknown): void
}

export class Writer {
  readonly #files: Files
  readonly #epochs = new Map<string, number>()
  #graves!: Graves
  #known!: Known
  #openings = 0
  #jobs: Job[] = []
  #running: Promise<void> | null = null

  /** @throws StoreError where an epoch in the files cannot be read. */
  constructor(files: Files) {
    this.#files = files
    this.#load()
  }

  /** Reads what is always known. */
  #load(): void {
    const { deleted, shards, openings, folder } = this.#files
    this.#epochs.clear()
    this.#graves = Graves.read(deleted)
    this.#known = new Known(this.#files, this.#graves)
    for (const { key, value } of shards.getRange({ start: ' ' }))
      try {
        const { shard, epoch } = JSON.parse(Buffer.from(value).toString()) as { shard: string; epoch: number }
        this.#epochs.set(shard, epoch)
      } catch (cause) {
        throw new StoreError('fatal', `The epoch in ${folder} under '${key.trim()}' cannot be read.`, { cause })
      }
    this.#openings = openings
  }

  epoch(shard: string): number {
    return this.#epochs.get(shard) ?? 0
  }

  claim(shard: string, epoch: number): Promise<void> {
    return this.#ask(1, draft => draft.claim(shard, epoch)) as Promise<void>
  }

  commit(commit: Commit, fence: Fence | undefined): Promise<boolean> {
    const rows = commit.put.length + (commit.del?.length ?? 0)
    return this.#ask(rows, draft => draft.add(commit, fence)) as Promise<boolean>
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running
  }

  #ask(rows: number, enter: (draft: Draft) => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ rows, enter, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    // The code that runs now may ask for more.
    await null
    while (this.#jobs.length > 0) await this.#transact(this.#share())
    this.#running = null
  }

  #share(): Job[] {
    let count = 1
    for (let rows = this.#jobs[0]!.rows; count < this.#jobs.length; count++) {
      rows += this.#jobs[count]!.rows
      if (rows > ROWS_SHARED) break
    }
    return this.#jobs.splice(0, count)
  }

  /** Settles the jobs when all of them are durable: what one of them was told may follow from another. */
  async #transact(jobs: readonly Job[]): Promise<void> {
    const settle: (() => void)[] = []
    try {
      await this.#files.whole()
      if (this.#openings !== this.#files.openings) this.#load()
      const draft = new Draft(this.#files, this.#known, shard => this.epoch(shard))
      for (const { enter, resolve, reject } of jobs)
        try {
          const outcome = await enter(draft)
          settle.push(() => resolve(outcome))
        } catch (error) {
          const refusal = diskError(`Reading ${this.#files.folder}`, error)
          settle.push(() => reject(refusal))
        }
      if (!draft.isEmpty) {
        draft.clear(this.#graves)
        await draft.write()
        this.#learn(draft)
      }
    } catch (error) {
      const failure = await this.#failed(error)
      for (const { reject } of jobs) reject(failure)
      return
    }
    for (const each of settle) each()
    this.#known.trim()
  }

  #learn(draft: Draft): void {
    for (const [shard, epoch] of draft.epochs) this.#epochs.set(shard, epoch)
    this.#graves.written(draft.graves)
  }

  async #failed(error: unknown): Promise<unknown> {
    // The cause comes a little later than the failure.
    const { commitError } = error as { commitError?: Promise<never> }
    const cause = commitError ? await commitError.catch((reason: unknown) => reason) : error
    this.#known.clear()
    this.#files.examine()
    return diskError(`Writing to ${this.#files.folder}`, cause)
  }
}
