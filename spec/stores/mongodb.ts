/** What specs of MongoDB stand on: a database of their own, a prefix for each case, stores that are closed after it, and a client to look at what is there. */
import { type Db, MongoClient, WriteConcern } from 'mongodb'
import { StoreError } from '../../lib/base/errors.ts'
import { type MongodbOptions, mongodbStore } from '../../lib/stores/mongodb.ts'
import type { Store } from '../../lib/stores/store.ts'
import { mongodbUrl, requireService } from './services.ts'

export interface MongodbPlace {
  readonly url: string
  readonly database: string
  readonly prefix: string
}

const COLLECTIONS = ['objects', 'fences', 'meta'] as const

/** To be made in a suite: it adds the hooks that it needs. Where there is no MongoDB the suite is skipped. */
export class MongodbBench {
  readonly #opened: Store[] = []
  #client: MongoClient | null = null
  #url = ''
  #database = ''
  #count = 0
  #place: MongodbPlace | null = null

  constructor() {
    const start = async (url: string): Promise<void> => {
      this.#url = url
      this.#database = `fieldcast_spec_${process.pid}_${Date.now()}`
      this.#client = await new MongoClient(url, { writeConcern: new WriteConcern('majority', 10_000, true) }).connect()
    }
    before(async function () {
      await start(await requireService(this, mongodbUrl))
    })
    beforeEach(() => {
      this.#place = this.another()
    })
    afterEach(async () => {
      for (const store of this.#opened.splice(0)) await store.close()
      await this.drop()
    })
    after(async () => {
      await this.#client?.db(this.#database).dropDatabase()
      await this.#client?.close()
    })
  }

  get place(): MongodbPlace {
    return this.#place!
  }

  get db(): Db {
    return this.#client!.db(this.#database)
  }

  /** A further place in this run's database. */
  another(): MongodbPlace {
    return { url: this.#url, database: this.#database, prefix: `w${++this.#count}_` }
  }

  async drop({ prefix }: MongodbPlace = this.place): Promise<void> {
    for (const name of COLLECTIONS) await this.db.collection(`${prefix}${name}`).drop()
  }

  /** One of the place's collections. Its ids are texts. */
  collection(name: (typeof COLLECTIONS)[number], { prefix }: MongodbPlace = this.place) {
    return this.db.collection<{ _id: string; [field: string]: unknown }>(`${prefix}${name}`)
  }

  store(options: Partial<MongodbOptions> = {}): Store {
    const store = mongodbStore({ ...this.place, ...options })
    this.#opened.push(store)
    return store
  }

  async open(options: Partial<MongodbOptions> = {}): Promise<Store> {
    const store = this.store(options)
    await store.open()
    return store
  }

  /** What opening is refused with. */
  async refusal(kind: StoreError['kind'], options: Partial<MongodbOptions> = {}): Promise<string> {
    const outcome = await this.open(options).catch((error: unknown) => error)
    if (outcome instanceof StoreError && outcome.kind === kind) return outcome.message
    throw new Error(`Opening was to fail as ${kind}: ${outcome}`)
  }
}
