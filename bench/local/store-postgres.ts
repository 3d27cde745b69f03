/** PostgreSQL for the benchmarks of the stores: its store, and the driver alone. */
import { postgresStore } from 'fieldcast/stores/postgres'
import pg from 'pg'
import type { Bare, Driver, Place } from './store-places.ts'
import type { ThingRow } from './store-things.ts'

export const driver: Driver = {
  store: ({ at, name }) => postgresStore({ url: at, schema: name }),
  async bare(place) {
    const client = new pg.Client(place.at)
    await client.connect()
    return new BarePostgres(client, place)
  },
  async remove({ at, name }) {
    const client = new pg.Client(at)
    await client.connect()
    await client.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`)
    await client.end()
  },
}

const columns = ['id', 'class', 'version', 'format', 'owner', 'zone', 'keys', 'fields']

class BarePostgres implements Bare {
  readonly #client: pg.Client
  readonly #schema: string
  readonly #statements = new Map<number, string>()

  constructor(client: pg.Client, { name }: Place) {
    this.#client = client
    this.#schema = name
  }

  /** The store's columns with the primary key alone, and the same room in the pages. */
  async make(): Promise<void> {
    await this.#client.query(
      `CREATE SCHEMA IF NOT EXISTS ${this.#schema}; DROP TABLE IF EXISTS ${this.#schema}.bare; CREATE TABLE ${this.#schema}.bare (id text COLLATE "C" PRIMARY KEY, class text,
       version bigint, format bigint, owner text, zone bigint, keys text, fields text) WITH (fillfactor = 70)`,
    )
  }

  write(rows: readonly ThingRow[]): Promise<unknown> {
    const values: unknown[] = []
    for (const { id, class: type, version, format, owner, zone, keysText, fields } of rows)
      values.push(id, type, version, format, owner, zone, keysText, fields)
    return this.#client.query({ name: `insert ${rows.length}`, text: this.#insert(rows.length), values })
  }

  #insert(rows: number): string {
    let text = this.#statements.get(rows)
    if (text === undefined) {
      const row = (_: unknown, i: number): string => `(${columns.map((_, j) => `$${8 * i + j + 1}`)})`
      const sets = columns.slice(1).map(column => `${column} = excluded.${column}`)
      text = `INSERT INTO ${this.#schema}.bare (${columns}) VALUES ${Array.from({ length: rows }, row)} ON CONFLICT (id) DO UPDATE SET ${sets}`
      this.#statements.set(rows, text)
    }
    return text
  }

  readZone(zone: number): Promise<number> {
    return this.#read('zone = $1', zone)
  }

  readIds(ids: readonly string[]): Promise<number> {
    return this.#read('id = ANY ($1)', ids)
  }

  async #read(where: string, value: unknown): Promise<number> {
    const text = `SELECT ${columns} FROM ${this.#schema}.objects WHERE ${where}`
    const { rows } = await this.#client.query<string[]>({ text, values: [value], rowMode: 'array' })
    return rows.filter(row => row.at(-1)!.endsWith('}')).length
  }

  async size(): Promise<number> {
    const { rows } = await this.#client.query<{ size: string }>(
      `SELECT sum(pg_total_relation_size(c.oid)) AS size FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind = 'r'`,
      [this.#schema],
    )
    return Number(rows[0]!.size)
  }

  close(): Promise<unknown> {
    return this.#client.end()
  }
}
