/**
 * A commit as a transaction. Under READ COMMITTED: first the fence's row is locked, then every object's, in the order of ids; all is decided from what these say; then it is
 * written. Rows that are absent cannot be locked so: where another has made one meanwhile, inserting it fails, and the transaction is done again.
 */

import { StoreError, UsageError } from '../../base/errors.ts'
import { claimedAlready, overtaken } from '../fences.ts'
import { type Commit, type Deletion, type Fence, isStoredId, type StoredRow } from '../store.ts'
import { affected, answers } from './driver.ts'
import type { Tables } from './layout.ts'
import { IDS, type Session } from './session.ts'
import { type Values, write } from './write.ts'

/** An object's row, locked. */
interface Held {
  readonly version: bigint
  readonly class: string | null
  readonly indexed: string | null
  readonly deleted: unknown
}

/** False where an expectation does not hold. @throws what the server says: the caller rolls back. */
export async function commitOnce(session: Session, tables: Tables, given: Commit, fence?: Fence): Promise<boolean> {
  const { connection } = session
  const { put, del = [], expect = [] } = given
  const ids = [...new Set([...put, ...del, ...expect].map(({ id }) => id))].sort()
  const held = await lock(session, tables, ids, fence)
  const stands = (id: string): bigint => held.get(id)?.version ?? 0n
  const isMet = ({ id, version }: { id: string; version: number }): boolean =>
    BigInt(version) === (held.get(id)?.deleted === null ? stands(id) : 0n)
  const newer = ({ id, version }: { id: string; version: number }): boolean => version > stands(id)
  const met = expect.every(isMet)
  const rows = met ? put.filter(newer) : []
  const gone = met ? del.filter(newer) : []
  if (rows.length + gone.length === 0 && !(met && expect.some(({ id }) => !held.has(id)))) {
    await connection.query('ROLLBACK')
    return met
  }
  await writeObjects(session, tables, rows, gone, absentees(expect, held, rows, gone), held)
  await writeIndex(session, tables, rows, gone, held)
  await connection.query('COMMIT')
  return true
}

/** What was expected to be absent, is so, and is not written: rows are written and taken away in its place, which locks it. */
function absentees(
  expect: readonly { readonly id: string }[],
  held: ReadonlyMap<string, Held>,
  ...written: readonly (readonly { readonly id: string }[])[]
): Deletion[] {
  const others = new Set(written.flat().map(({ id }) => id))
  const absent = new Set(expect.map(({ id }) => id).filter(id => !held.has(id) && !others.has(id)))
  return Array.from(absent, id => ({ id, version: 0 }))
}

async function lock(
  { connection }: Session,
  tables: Tables,
  ids: readonly string[],
  fence: Fence | undefined,
): Promise<Map<string, Held>> {
  const epoch = `SELECT epoch FROM ${tables.fences} WHERE shard = ?`
  const asked: Promise<readonly unknown[]>[] = []
  if (fence) asked.push(connection.query(`${epoch} LOCK IN SHARE MODE`, [fence.shard]))
  for (let from = 0; from < ids.length; from += IDS)
    asked.push(
      connection.query(
        `SELECT id, version, class, indexed, deleted FROM ${tables.objects} FORCE INDEX (PRIMARY) WHERE id IN (?) ORDER BY id FOR UPDATE`,
        [ids.slice(from, from + IDS)],
      ),
    )
  const answered = await answers(asked)
  if (fence) {
    let [row] = answered.shift() as { epoch: bigint }[]
    if (!row) {
      // There has to be a row to lock, or a first claim would not wait for us.
      await connection.query(
        `INSERT INTO ${tables.fences} (shard, epoch) VALUES (?, 0) ON DUPLICATE KEY UPDATE epoch = epoch`,
        [fence.shard],
      )
      row = ((await connection.query(epoch, [fence.shard])) as { epoch: bigint }[])[0]!
    }
    if (row.epoch > fence.epoch) throw overtaken(fence, row.epoch)
  }
  const held = new Map<string, Held>()
  for (const rows of answered as (Held & { id: string })[][]) for (const row of rows) held.set(row.id, row)
  return held
}

const COLUMNS = ['id', 'class', 'version', 'format', 'owner', 'zone', 'indexed', 'fields', 'deleted']

const indexedOf = ({ keys }: StoredRow): string | null => {
  const text = JSON.stringify(keys)
  return text === '{}' ? null : text
}

const valuesOf = (row: StoredRow): Values => [
  row.id,
  row.class,
  String(row.version),
  String(row.format),
  row.owner,
  row.zone === null ? null : String(row.zone),
  indexedOf(row),
  row.fields,
  null,
]

/** Its time goes by the server's clock, as two game servers' may differ. It comes as a value: bulk statements take an expression's from the first row alone. */
async function tombstones({ connection }: Session, gone: readonly Deletion[]): Promise<Values[]> {
  if (gone.length === 0) return []
  const [row] = (await connection.query('SELECT CAST(UTC_TIMESTAMP() AS CHAR) AS now')) as { now: string }[]
  return gone.map(({ id, version }) => [id, null, String(version), '0', null, null, null, null, row!.now])
}

async function writeObjects(
  session: Session,
  { objects }: Tables,
  rows: readonly StoredRow[],
  gone: readonly Deletion[],
  absent: readonly Deletion[],
  held: ReadonlyMap<string, Held>,
): Promise<void> {
  const values = [...rows.map(valuesOf), ...(await tombstones(session, [...gone, ...absent]))]
  values.sort((a, b) => (a[0]! < b[0]! ? -1 : 1))
  const insert = {
    head: `INSERT INTO ${objects} (${COLUMNS.join(', ')}) VALUES`,
    row: '(?, ?, ?, ?, ?, ?, ?, ?, ?)',
  }
  const replace = COLUMNS.slice(1).map(column => `${column} = VALUES(${column})`)
  const isHeld = ([id]: Values): boolean => held.has(id!)
  await write(session, { ...insert, tail: '', values: values.filter(each => !isHeld(each)) })
  const tail = `ON DUPLICATE KEY UPDATE ${replace.join(', ')}`
  await write(session, { ...insert, tail, values: values.filter(isHeld) })
  for (let from = 0; from < absent.length; from += IDS)
    await session.connection.query(`DELETE FROM ${objects} WHERE id IN (?) AND version = 0`, [
      absent.slice(from, from + IDS).map(({ id }) => id),
    ])
}

async function writeIndex(
  session: Session,
  { index }: Tables,
  rows: readonly StoredRow[],
  gone: readonly Deletion[],
  held: ReadonlyMap<string, Held>,
): Promise<void> {
  const changed = rows.filter(row => {
    const before = held.get(row.id)
    const indexed = indexedOf(row)
    return indexed !== (before?.indexed ?? null) || (indexed !== null && row.class !== before?.class)
  })
  const outdated = [...changed, ...gone].map(({ id }) => id).filter(id => (held.get(id)?.indexed ?? null) !== null)
  for (let from = 0; from < outdated.length; from += IDS)
    await session.connection.query(`DELETE FROM ${index} WHERE id IN (?)`, [outdated.slice(from, from + IDS)])
  await write(session, {
    head: `INSERT INTO ${index} (id, class, name, value) VALUES`,
    row: '(?, ?, ?, ?)',
    tail: 'ON DUPLICATE KEY UPDATE class = VALUES(class), value = VALUES(value)',
    values: changed.flatMap(row => Object.entries(row.keys).map(entry => [row.id, row.class, ...entry])),
  })
}

/** Takes a shard; see `Store.claim`. The caller rolls back when it throws. */
export async function claimOnce({ connection }: Session, { fences }: Tables, fence: Fence): Promise<void> {
  const { shard, epoch } = fence
  await connection.query(`INSERT INTO ${fences} (shard, epoch) VALUES (?, 0) ON DUPLICATE KEY UPDATE epoch = epoch`, [
    shard,
  ])
  const [row] = (await connection.query(`SELECT epoch FROM ${fences} WHERE shard = ? FOR UPDATE`, [shard])) as {
    epoch: bigint
  }[]
  if (row!.epoch >= epoch) throw claimedAlready(fence, row!.epoch)
  await connection.query(`UPDATE ${fences} SET epoch = ? WHERE shard = ?`, [String(epoch), shard])
  await connection.query('COMMIT')
}

/** Lets go of deletions that are two hours old. True where there may be more. */
export async function purgeOnce({ connection }: Session, { objects }: Tables): Promise<boolean> {
  const most = 1000
  const result = await connection.query(
    `DELETE FROM ${objects} WHERE deleted < UTC_TIMESTAMP() - INTERVAL 2 HOUR ORDER BY deleted LIMIT ${most}`,
  )
  await connection.query('COMMIT')
  return affected(result) === most
}

/** @throws UsageError for a commit that the contract does not know, StoreError `fatal` for texts that are no Unicode. */
export function check({ put, del = [], expect = [] }: Commit, name: string): void {
  for (const each of [...put, ...del, ...expect])
    if (!isStoredId(each.id)) throw new UsageError(`The id of a stored object is 24 hex digits, unlike '${each.id}'.`)
  for (const { id, class: type, owner, keys } of put)
    for (const text of [type, owner ?? '', ...Object.entries(keys).flat()])
      if (/[\ud800-\udfff]/u.test(text))
        throw new StoreError(
          'fatal',
          `${name} cannot hold object ${id}: its class, owner or an index has half of a surrogate pair, ${JSON.stringify(text)}. Only whole characters can be stored there.`,
        )
}
