/** What specs of MariaDB stand on: a database of their own, a prefix for each case, stores that are closed after it, and a connection to look at what is there. */
import { type Connection, createConnection } from 'mariadb'
import { StoreError } from '../../lib/base/errors.ts'
import { type MariadbOptions, mariadbStore } from '../../lib/stores/mariadb.ts'
import type { Store } from '../../lib/stores/store.ts'
import { Proxy } from './mariadb-proxy.ts'
import { mariadbUrl, requireService } from './services.ts'

export interface MariadbPlace {
  readonly url: string
  readonly prefix: string
}

/** One database for a spec's run, one prefix for each case. */
export class MariadbPlaces {
  #sql: Connection | null = null
  #url = ''
  #count = 0

  /** Connected to the database of this run. */
  get sql(): Connection {
    return this.#sql!
  }

  async start(server: string): Promise<void> {
    const url = new URL(server)
    const { hostname: host, port, username: user, password } = url
    this.#sql = await createConnection({
      host,
      port: Number(port || 3306),
      user: decodeURIComponent(user),
      password: decodeURIComponent(password),
      bigIntAsNumber: true,
    })
    const database = `fieldcast_spec_${process.pid}_${Date.now()}`
    await this.sql.query(`CREATE DATABASE ${database} CHARACTER SET latin1`)
    await this.sql.query(`USE ${database}`)
    url.pathname = `/${database}`
    this.#url = url.href
  }

  async end(): Promise<void> {
    if (!this.#sql) return
    await this.sql.query(`DROP DATABASE ${new URL(this.#url).pathname.slice(1)}`)
    await this.sql.end()
  }

  next(): MariadbPlace {
    return { url: this.#url, prefix: `w${++this.#count}_` }
  }

  async drop({ prefix }: MariadbPlace): Promise<void> {
    const tables = ['objects', 'index', 'fences', 'meta'].map(name => `\`${prefix}${name}\``)
    await this.sql.query(`DROP TABLE IF EXISTS ${tables.join(', ')}`)
  }
}

/** What a promise fails with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  const outcome: unknown = await promise.then(
    value => ({ value }),
    (error: unknown) => error,
  )
  if (outcome instanceof Error) return outcome
  throw new Error(`It was to fail, and gave ${JSON.stringify(outcome)}.`)
}

/** The stores of one case, on a place of its own. To be made in a suite: it adds the hooks that it needs. */
export class MariadbBench {
  readonly #places = new MariadbPlaces()
  readonly #opened: Store[] = []
  readonly #proxies: Proxy[] = []
  #place: MariadbPlace | null = null

  constructor() {
    const [places, opened, proxies] = [this.#places, this.#opened, this.#proxies]
    before(async function () {
      await places.start(await requireService(this, mariadbUrl))
    })
    beforeEach(() => {
      this.#place = places.next()
    })
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close()
      for (const proxy of proxies.splice(0)) await proxy.close()
      await places.drop(this.place)
    })
    after(() => places.end())
  }

  get place(): MariadbPlace {
    return this.#place!
  }

  get sql(): Connection {
    return this.#places.sql
  }

  /** A further place in this run's database. */
  another(): MariadbPlace {
    return this.#places.next()
  }

  drop(place: MariadbPlace = this.place): Promise<void> {
    return this.#places.drop(place)
  }

  /** The name of one of the place's tables. */
  table(name: 'objects' | 'index' | 'fences' | 'meta'): string {
    return `${this.place.prefix}${name}`
  }

  /** The place's url with other parts. */
  url(parts: Partial<Record<'username' | 'password' | 'hostname' | 'port' | 'pathname', string>>): string {
    return Object.assign(new URL(this.place.url), parts).href
  }

  store(options: Partial<MariadbOptions> = {}): Store {
    const store = mariadbStore({ ...this.place, connectTimeout: 5000, queryTimeout: 5000, ...options })
    this.#opened.push(store)
    return store
  }

  async open(options: Partial<MariadbOptions> = {}): Promise<Store> {
    const store = this.store(options)
    await store.open()
    return store
  }

  /** What opening is refused with. */
  async refusal(kind: StoreError['kind'], options: Partial<MariadbOptions> = {}): Promise<string> {
    const error = await failure(this.store(options).open())
    if (error instanceof StoreError && error.kind === kind) return error.message
    throw new Error(`Opening was to fail as ${kind}: ${error}`)
  }

  async proxy(): Promise<Proxy> {
    const proxy = await Proxy.before(this.place.url)
    this.#proxies.push(proxy)
    return proxy
  }
}
