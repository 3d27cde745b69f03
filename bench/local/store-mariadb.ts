/** MariaDB for the benchmarks of the stores: its store, and the driver alone. */
import { mariadbStore } from 'fieldcast/stores/mariadb'
import { type Connection, createConnection } from 'mariadb'
import type { Bare, Driver, Place } from './store-places.ts'
import type { ThingRow } from './store-things.ts'

async function connected(at: string): Promise<Connection> {
  const { hostname: host, port, username, password, pathname } = new URL(at)
  return createConnection({
    host,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  })
}

export const driver: Driver = {
  store: ({ at, name }) => mariadbStore({ url: at, prefix: name }),
  bare: async place => new BareMariadb(await connected(place.at), place),
  async remove({ at, name }) {
    const connection = await connected(at)
    const tables = ['bare', 'objects', 'index', 'fences', 'meta'].map(table => `\`${name}${table}\``)
    await connection.query(`DROP TABLE IF EXISTS ${tables}`)
    await connection.end()
  },
}

const columns = ['id', 'class', 'version', 'format', 'owner', 'zone', 'indexed', 'fields']

class BareMariadb implements Bare {
  readonly #connection: Connection
  readonly #prefix: string

  constructor(connection: Connection, { name }: Place) {
    this.#connection = connection
    this.#prefix = name
  }

  /** The store's columns with the primary key alone. */
  async make(): Promise<void> {
    await this.#connection.query(
      `CREATE OR REPLACE TABLE ${this.#prefix}bare (id CHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY, class VARCHAR(255),
       version BIGINT UNSIGNED NOT NULL, format INT UNSIGNED NOT NULL, owner VARCHAR(512), zone INT UNSIGNED, indexed LONGTEXT,
       fields LONGTEXT) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`,
    )
  }

  async write(rows: readonly ThingRow[]): Promise<void> {
    const connection = this.#connection
    const sets = columns.slice(1).map(column => `${column} = VALUES(${column})`)
    await connection.beginTransaction()
    // All as text: a column that changes its type from row to row would be a statement of its own each time.
    await connection.batch(
      `INSERT INTO ${this.#prefix}bare (${columns}) VALUES (${columns.map(() => '?')}) ON DUPLICATE KEY UPDATE ${sets}`,
      rows.map(({ id, class: type, version, format, owner, zone, keysText, fields }) => [
        id,
        type,
        String(version),
        String(format),
        owner,
        String(zone),
        keysText,
        fields,
      ]),
    )
    await connection.commit()
  }

  readZone(zone: number): Promise<number> {
    return this.#read('zone = ?', zone)
  }

  readIds(ids: readonly string[]): Promise<number> {
    return this.#read('id IN (?)', ids)
  }

  async #read(where: string, value: unknown): Promise<number> {
    const sql = `SELECT ${columns} FROM ${this.#prefix}objects WHERE ${where}`
    const rows = (await this.#connection.query({ sql, rowsAsArray: true }, [value])) as string[][]
    return rows.filter(row => row.at(-1)!.endsWith('}')).length
  }

  async size(): Promise<number> {
    const tables = ['objects', 'index', 'fences', 'meta'].map(table => this.#prefix + table)
    await this.#connection.query(`ANALYZE TABLE ${tables.map(table => `\`${table}\``)}`)
    const [row] = (await this.#connection.query(
      'SELECT SUM(data_length + index_length) AS size FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (?)',
      [tables],
    )) as { size: unknown }[]
    return Number(row!.size)
  }

  close(): Promise<unknown> {
    return this.#connection.end()
  }
}
