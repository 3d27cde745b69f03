/**
 * The layout in MariaDB and MySQL, version 1. Four tables; their names begin with the store's prefix, `fieldcast_`.
 *
 * `fieldcast_objects`, a row for each object, and for a while for each that was deleted:
 *
 * | column | |
 * |---|---|
 * | `id` | 24 hex digits; primary key |
 * | `class` | its name in the source; NULL for a deleted object |
 * | `version` | grows with every commit of the object |
 * | `format` | the class's own version, for its `migrate` |
 * | `owner`, `zone` | or NULL |
 * | `indexed` | the values of declared indexes: a JSON object of texts; NULL for none |
 * | `fields` | a JSON object with the argument list of each field, exactly as it was given |
 * | `deleted` | when it was deleted, UTC; NULL for one that is there. Such rows keep older writes out, and go after two hours. |
 *
 * `fieldcast_index` finds objects by `indexed`: `class`, `name`, `value`, `id`. `fieldcast_fences` has the highest `epoch` claimed of each `shard`. `fieldcast_meta` holds
 * `layout`, the number above. Texts compare byte for byte: case and trailing spaces count.
 *
 * ```sql
 * SELECT id, owner, zone, fields FROM fieldcast_objects WHERE class = 'Player' LIMIT 10;
 * SELECT o.* FROM fieldcast_index i JOIN fieldcast_objects o USING (id) WHERE i.class = 'Player' AND i.name = 'name' AND i.value = '"ann"';
 * SELECT class, count(*), avg(length(fields)) FROM fieldcast_objects WHERE deleted IS NULL GROUP BY class;
 * ```
 *
 * Whoever changes rows by hand raises `version`, and changes `indexed` and `fieldcast_index` together.
 */
import { createHash } from 'node:crypto'
import { StoreError } from '../../base/errors.ts'
import type { Settings } from './options.ts'
import type { Session } from './session.ts'

const LAYOUT = 1

/** Names of tables, ready for a statement. */
export interface Tables {
  readonly objects: string
  readonly index: string
  readonly fences: string
  readonly meta: string
}

export function tablesOf(prefix: string): Tables {
  const table = (name: string): string => `\`${prefix}${name}\``
  return { objects: table('objects'), index: table('index'), fences: table('fences'), meta: table('meta') }
}

/** Makes the tables where there are none. @throws StoreError `fatal` where it may not, and for tables of a newer version, or of somebody else: they are left as they are. */
export async function settle(session: Session, settings: Settings): Promise<void> {
  const { connection } = session
  if (await isComplete(session, settings)) return
  if (!settings.create)
    throw new StoreError('fatal', `There is no world in ${settings.name}, prefix ${settings.prefix}.`)
  const lock = `fieldcast ${createHash('sha1').update(`${settings.database}/${settings.prefix}`).digest('hex')}`
  const [got] = (await connection.query('SELECT GET_LOCK(?, ?) AS got', [
    lock,
    Math.max(1, Math.floor(settings.queryTimeout / 2000)),
  ])) as { got: unknown }[]
  if (Number(got!.got) !== 1)
    throw new StoreError('retryable', `${settings.name}: another server has been making the tables for too long.`)
  try {
    if (!(await isComplete(session, settings))) await make(session, tablesOf(settings.prefix))
  } finally {
    await connection.query('SELECT RELEASE_LOCK(?)', [lock]).catch(() => {})
  }
}

async function isComplete({ connection }: Session, { name, prefix }: Settings): Promise<boolean> {
  const tables = tablesOf(prefix)
  const wanted = Object.values(tables).map(table => table.slice(1, -1))
  const found = (await connection.query(
    'SELECT table_name AS name, engine AS engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (?)',
    [wanted],
  )) as { name: string; engine: string | null }[]
  await connection.query('COMMIT')
  if (found.length === 0) return false
  const foreign = (what: string): StoreError =>
    new StoreError(
      'fatal',
      `${name} has tables named ${prefix}… that are not ours: ${what}. Name another { prefix } or database.`,
    )
  if (!found.some(table => table.name === wanted.at(-1))) throw foreign(`${tables.meta} is missing`)
  const other = found.find(({ engine }) => engine?.toLowerCase() !== 'innodb')
  if (other) throw foreign(`${other.name} has the engine ${other.engine}, which knows no transactions`)
  const rows = (await connection
    .query(`SELECT value FROM ${tables.meta} WHERE name = 'layout'`)
    .catch((error: { errno?: number; message: string }) => {
      throw error.errno === 1054 ? foreign(`${tables.meta} has other columns`) : error
    })) as { value: string }[]
  await connection.query('COMMIT')
  if (rows.length === 0) return false
  const layout = /^[1-9]\d{0,8}$/.test(rows[0]!.value) ? Number(rows[0]!.value) : null
  if (layout === null) throw foreign(`their layout is '${rows[0]!.value}'`)
  if (layout > LAYOUT)
    throw new StoreError(
      'fatal',
      `${name} was written by a newer fieldcast (layout ${layout}; this one knows ${LAYOUT}). It was left as it is: update fieldcast, or name another { prefix } or database.`,
    )
  return found.length === wanted.length
}

/** In this order: who finds tables without a finished `meta` knows that they are not ours, or that making them was broken off. */
async function make({ connection, collation }: Session, { objects, index, fences, meta }: Tables): Promise<void> {
  const end = `ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`
  const id = 'CHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL'
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${meta} (name VARCHAR(64) NOT NULL PRIMARY KEY, value VARCHAR(255) NOT NULL) ${end}`,
  )
  await connection.query(`INSERT IGNORE INTO ${meta} (name, value) VALUES ('layout', '${LAYOUT}')`)
  await connection.query('COMMIT')
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${objects} (
      id ${id} PRIMARY KEY,
      class VARCHAR(255),
      version BIGINT UNSIGNED NOT NULL,
      format INT UNSIGNED NOT NULL,
      owner VARCHAR(512),
      zone INT UNSIGNED,
      indexed LONGTEXT,
      fields LONGTEXT,
      deleted DATETIME,
      KEY by_class (class, id),
      KEY by_owner (owner, id),
      KEY by_zone (zone, id),
      KEY by_deleted (deleted)
    ) ${end}`,
  )
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${index} (
      id ${id},
      class VARCHAR(255) NOT NULL,
      name VARCHAR(255) NOT NULL,
      value VARCHAR(200) NOT NULL,
      PRIMARY KEY (id, name),
      KEY by_value (class, name, value, id)
    ) ${end}`,
  )
  await connection.query(
    `CREATE TABLE IF NOT EXISTS ${fences} (shard VARCHAR(255) NOT NULL PRIMARY KEY, epoch BIGINT UNSIGNED NOT NULL) ${end}`,
  )
}
