/** The environment of a store: its tables, and the layout that they have. */
import { statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../../base/errors.ts'
import { library } from '../../protocol/version.ts'
import { type Database, type Driver, type RootDatabase, type Transaction, table } from './driver.ts'
import { diskError } from './errors.ts'
import { checkFiles, DATA, syncFolder } from './folder.ts'
import { Candidate, lookForHolder } from './holder.ts'

/** The number of the layout that this file makes. A change that older versions of the library would misread gets the next. */
const LAYOUT = 1

const LAYOUT_KEY = 'layout'

const TABLES = ['about', 'objects', 'index', 'shards', 'deleted'] as const

/**
 * By folder, who is about to open it in this process: one after the other, because LMDB's second look at files that the process has open releases the process's locks on
 * them.
 */
const opening = new Map<string, Promise<Files>>()

export class Files {
  readonly folder: string
  readonly #driver: Driver
  readonly #holder: Candidate
  readonly #reading = new Set<Promise<unknown>>()
  #isOpen = false
  #isBroken = false
  #openings = 0
  #mending: Promise<void> | null = null
  declare root: RootDatabase
  declare objects: Database
  declare index: Database
  declare shards: Database
  declare deleted: Database
  declare about: Database

  private constructor(folder: string, driver: Driver, holder: Candidate) {
    this.folder = folder
    this.#driver = driver
    this.#holder = holder
  }

  /** Takes the files in `folder`, for this process alone. @throws StoreError where somebody has them, or they are none of ours: they are left as they are. */
  static open(folder: string, driver: Driver): Promise<Files> {
    const turn = (opening.get(folder) ?? Promise.resolve()).catch(() => {}).then(() => Files.#take(folder, driver))
    opening.set(folder, turn)
    const forget = (): void => void (opening.get(folder) === turn && opening.delete(folder))
    turn.then(forget, forget)
    return turn
  }

  static async #take(folder: string, driver: Driver): Promise<Files> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const sight = await lookForHolder(folder)
      await checkFiles(folder)
      const candidate = await Candidate.in(folder)
      let root: RootDatabase | undefined
      try {
        root = driver.environment(folder)
        fillUp(root, folder)
        const isNew = checkLayout(root, folder)
        if (root.transactionSync(() => candidate.take(sight))) {
          if (isNew) await makeLayout(root, folder)
          const files = new Files(folder, driver, candidate)
          files.#use(root)
          return files
        }
      } catch (cause) {
        await root?.close()
        await candidate.release()
        throw diskError(`Opening the world in ${folder}`, cause)
      }
      await root.close()
      await candidate.release()
    }
    throw new StoreError('retryable', `Other processes take and leave ${folder} all the time.`)
  }

  #use(root: RootDatabase): void {
    this.root = root
    this.#isOpen = true
    this.#openings++
    for (const name of TABLES) this[name] = table(root, name)!
  }

  /** How often they have been opened: what was read before the last time may be wrong. */
  get openings(): number {
    return this.#openings
  }

  /** Lends a state of the files that stays as it is while `work` goes on, whatever is written. */
  async read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    await this.whole()
    const reading = this.#inTransaction(work)
    this.#reading.add(reading)
    try {
      return await reading
    } finally {
      this.#reading.delete(reading)
    }
  }

  async #inTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = this.root.useReadTransaction()
    try {
      return await work(transaction)
    } finally {
      transaction.done()
    }
  }

  /** To be called when a write has failed. Where the page that makes a transaction valid could not be written, LMDB refuses everything from then on. */
  examine(): void {
    if (this.#isBroken) return
    try {
      this.root.resetReadTxn()
      this.about.getBinary(LAYOUT_KEY)
    } catch {
      this.#isBroken = true
    }
  }

  /** Opens the environment again where that is needed; the files stay ours meanwhile. */
  async whole(): Promise<void> {
    if (!this.#isBroken) return
    this.#mending ??= this.#reopen().finally(() => {
      this.#mending = null
    })
    await this.#mending
  }

  async #reopen(): Promise<void> {
    await this.#nobodyReads()
    await this.#closeRoot()
    await checkFiles(this.folder)
    this.#use(this.#driver.environment(this.folder))
    this.#isBroken = false
  }

  async #nobodyReads(): Promise<void> {
    while (this.#reading.size > 0) await Promise.allSettled(this.#reading)
  }

  async #closeRoot(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.root.close()
  }

  async close(): Promise<void> {
    await this.#nobodyReads()
    try {
      await this.#closeRoot()
    } finally {
      await this.#holder.release()
    }
  }
}

/**
 * Gives the file the length that LMDB takes for granted. It may be shorter by pages that were never used; where more is missing, because a copy was cut off, zeros are
 * found to be damaged, where to read beyond the end would crash the process.
 */
function fillUp(root: RootDatabase, folder: string): void {
  const path = join(folder, DATA)
  // In a write transaction: nobody else changes the length meanwhile.
  root.transactionSync(() => {
    const { lastPageNumber, pageSize } = root.getStats() as { lastPageNumber: number; pageSize: number }
    const length = (lastPageNumber + 1) * pageSize
    if (statSync(path).size < length) truncateSync(path, length)
  })
}

/** True where nothing has been made yet. Reads in a write transaction alone, which leaves no mark in the table of readers. */
function checkLayout(root: RootDatabase, folder: string): boolean {
  const about = table(root, 'about', false)
  const { text, isEmpty } = root.transactionSync(() => {
    const found = about?.getBinary(LAYOUT_KEY)
    const { entryCount } = root.getStats() as { entryCount: number }
    return { text: found && Buffer.from(found).toString(), isEmpty: entryCount === 0 }
  })
  if (text === undefined && isEmpty) return true
  const { layout, library: writer } = parse(text)
  if (layout === LAYOUT) return false
  throw new StoreError(
    'fatal',
    typeof layout === 'number' && layout > LAYOUT
      ? `The world in ${folder} has layout ${layout}, written by ${writer}; ${library} knows layouts up to ${LAYOUT}. It is left as it is: update fieldcast, or choose another path.`
      : `The files of LMDB in ${folder} are none of fieldcast's. They are left as they are: choose another path.`,
  )
}

/** All tables and the layout's number in one transaction: what has been begun is there whole or not at all. */
async function makeLayout(root: RootDatabase, folder: string): Promise<void> {
  root.transactionSync(() => {
    const [about] = TABLES.map(name => table(root, name))
    about!.putSync(LAYOUT_KEY, Buffer.from(JSON.stringify({ layout: LAYOUT, library })))
  })
  await syncFolder(folder)
}

function parse(text: string | undefined): { readonly layout?: unknown; readonly library?: unknown } {
  try {
    return Object(JSON.parse(text!))
  } catch {
    return {}
  }
}
