/** Transactions: what they read is one state of the data, and what they write is there whole, on the disks of most members, or not at all. */
import type { ClientSession, MongoClient, TransactionOptions } from './driver.ts'
import { isRace, isUnknown } from './faults.ts'
import type { Settings } from './options.ts'

/** A transaction that others were in the way of is done again so often before the caller hears of it. */
const ATTEMPTS = 10
/** So often is asked whether a commit is there, when the answer was lost. */
const ASKS = 3
/** Milliseconds between two attempts grow to this. */
const MOST_WAIT = 64

export class Transactions {
  readonly #client: MongoClient
  readonly #settings: Settings
  readonly #options: TransactionOptions

  /** @param options what transactions read and when they count as written. */
  constructor(client: MongoClient, settings: Settings, options: TransactionOptions) {
    this.#client = client
    this.#settings = settings
    this.#options = options
  }

  /** `body` may run several times; what it has read and written counts for the last. The driver allows one statement at a time. */
  async run<T>(body: (session: ClientSession) => Promise<T>): Promise<T> {
    for (let n = 1; ; n++)
      try {
        return await this.#once(body)
      } catch (error) {
        if (n === ATTEMPTS || !isRace(error)) throw error
        await this.#wait(Math.min(MOST_WAIT, 2 ** n))
      }
  }

  async #once<T>(body: (session: ClientSession) => Promise<T>): Promise<T> {
    const session = this.#client.startSession()
    try {
      session.startTransaction(this.#options)
      const result = await body(session)
      await commit(session)
      return result
    } finally {
      // Ends the transaction too, where it is still open.
      await session.endSession().catch(() => {})
    }
  }

  #wait(most: number): Promise<void> {
    const { clock, random } = this.#settings
    return new Promise(resolve => clock.after(random.number() * most, resolve))
  }
}

/** The transaction itself is not done again where the answer was lost: it may be there, and then its expectations would not hold. */
async function commit(session: ClientSession): Promise<void> {
  for (let n = 1; ; n++)
    try {
      return await session.commitTransaction()
    } catch (error) {
      if (n === ASKS || !isUnknown(error)) throw error
    }
}
