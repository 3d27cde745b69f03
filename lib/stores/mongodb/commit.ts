/**
 * A commit as a transaction. A transaction of MongoDB fails where another has written what it writes; what it has only read may change. So whatever a commit depends on is
 * written by it: its fence's document, and objects that it compares without changing them, absent ones too.
 */

import { StoreError, UsageError } from '../../base/errors.ts'
import { claimedAlready, overtaken } from '../fences.ts'
import { type Commit, type Deletion, type Fence, isStoredId, type StoredRow } from '../store.ts'
import type { AnyBulkWriteOperation, ClientSession } from './driver.ts'
import { isDuplicate } from './faults.ts'
import type { Collections, StoredDocument } from './layout.ts'

/** Ids in one statement. */
export const IDS = 10_000
/** A document's bytes, less what is in it besides texts. */
const MOST_BYTES = 16 * 1024 * 1024 - 16_384

interface Held {
  readonly version: number
  readonly deleted: boolean
}

/** False where an expectation does not hold; then nothing but the fence was touched. */
export async function commitOnce(
  session: ClientSession,
  { objects, fences }: Collections,
  { put, del = [], expect = [] }: Commit,
  fence?: Fence,
): Promise<boolean> {
  if (fence) await pass(session, fences, fence)
  const ids = [...new Set([...put, ...del, ...expect].map(({ id }) => id))]
  const held = new Map<string, Held>()
  for (let from = 0; from < ids.length; from += IDS) {
    const found = objects.find(
      { _id: { $in: ids.slice(from, from + IDS) } },
      { session, projection: { version: 1, deleted: 1 }, batchSize: IDS },
    )
    for (const { _id, version, deleted } of await found.toArray())
      held.set(_id, { version: Number(version), deleted: deleted !== undefined })
  }
  const met = expect.every(({ id, version }) => {
    const stands = held.get(id)
    return version === (stands && !stands.deleted ? stands.version : 0)
  })
  if (!met) return false
  const newer = ({ id, version }: Deletion): boolean => version > (held.get(id)?.version ?? 0)
  await write(session, objects, put.filter(newer), del.filter(newer), expect, held)
  return true
}

/** Writes the fence's document, so that a claim waits for this commit, or this commit fails. @throws StoreError `fenced` */
async function pass(session: ClientSession, fences: Collections['fences'], { shard, epoch }: Fence): Promise<void> {
  const own = { _id: shard, epoch: { $lte: BigInt(epoch) } }
  const { matchedCount } = await fences.updateOne(own, { $inc: { commits: 1 } }, { session })
  if (matchedCount > 0) return
  const held = await fences.findOne({ _id: shard }, { session })
  if (!held) await fences.insertOne({ _id: shard, epoch: 0n, commits: 1 }, { session })
  else throw overtaken({ shard, epoch }, held.epoch)
}

async function write(
  session: ClientSession,
  objects: Collections['objects'],
  rows: readonly StoredRow[],
  gone: readonly Deletion[],
  expect: readonly { readonly id: string }[],
  held: ReadonlyMap<string, Held>,
): Promise<void> {
  const fresh = rows.filter(({ id }) => !held.has(id)).map(documentOf)
  const changed = rows.filter(({ id }) => held.has(id))
  const written = new Set([...rows, ...gone].map(({ id }) => id))
  const compared = new Set(expect.map(({ id }) => id).filter(id => !written.has(id)))
  if (fresh.length > 0) await objects.insertMany(fresh, { session })
  const updates = [
    ...changed.map(replacement),
    ...gone.map(deletion),
    ...Array.from(compared, id => comparison(id, held.has(id))),
  ]
  if (updates.length > 0) await objects.bulkWrite(updates, { session })
}

type Operation = AnyBulkWriteOperation<StoredDocument>

function replacement(row: StoredRow): Operation {
  const { _id, ...rest } = documentOf(row)
  return { replaceOne: { filter: { _id }, replacement: rest } }
}

const deletion = ({ id, version }: Deletion): Operation => ({
  updateOne: {
    filter: { _id: id },
    update: {
      $set: { version: BigInt(version) },
      $unset: { class: '', format: '', owner: '', zone: '', keys: '', fields: '', touched: '' },
      $currentDate: { deleted: true },
    },
    upsert: true,
  },
})

/** An object that is absent is held to be so by a deletion without a version. */
const comparison = (id: string, isHeld: boolean): Operation => ({
  updateOne: {
    filter: { _id: id },
    update: isHeld
      ? { $inc: { touched: 1 } }
      : { $inc: { touched: 1 }, $setOnInsert: { version: 0n }, $currentDate: { deleted: true } },
    upsert: !isHeld,
  },
})

/** Whole numbers that may not fit 32 bits as bigint: the driver would make them floating. */
const documentOf = ({ id, class: type, version, format, owner, zone, keys, fields }: StoredRow): StoredDocument => ({
  _id: id,
  class: type,
  version: BigInt(version),
  format,
  owner,
  zone: zone === null ? null : BigInt(zone),
  keys: Object.entries(keys).map(([name, value]) => ({ name, value })),
  fields,
})

/** Takes a shard; see `Store.claim`. One document: no transaction is needed, and one that writes it is waited for. */
export async function claim({ fences }: Collections, { shard, epoch }: Fence): Promise<void> {
  const lower = { _id: shard, epoch: { $lt: BigInt(epoch) } }
  // The first refusal may come of another who has made the document just now, with a lower epoch.
  for (let n = 1; ; n++)
    try {
      await fences.updateOne(lower, { $set: { epoch: BigInt(epoch) }, $setOnInsert: { commits: 0 } }, { upsert: true })
      return
    } catch (error) {
      if (!isDuplicate(error)) throw error
      if (n < 2) continue
      const held = await fences.findOne({ _id: shard })
      throw claimedAlready({ shard, epoch }, held?.epoch)
    }
}

/** @throws UsageError for a commit that the contract does not know, StoreError `fatal` for what no document can hold. */
export function check({ put, del = [], expect = [] }: Commit, name: string): void {
  for (const each of [...put, ...del, ...expect])
    if (!isStoredId(each.id)) throw new UsageError(`The id of a stored object is 24 hex digits, unlike '${each.id}'.`)
  for (const { id, class: type, owner, keys, fields } of put) {
    const texts = [type, owner ?? '', ...Object.entries(keys).flat()]
    for (const text of texts)
      if (/[\ud800-\udfff]/u.test(text))
        throw new StoreError(
          'fatal',
          `${name} cannot hold object ${id}: its class, owner or an index has half of a surrogate pair, ${JSON.stringify(text)}. Only whole characters can be stored there.`,
        )
    if (3 * fields.length <= MOST_BYTES) continue
    const bytes = Buffer.byteLength(fields)
    if (bytes > MOST_BYTES)
      throw new StoreError(
        'fatal',
        `${name} cannot hold object ${id}: its fields take ${bytes} bytes, and a document of MongoDB has 16 MiB at most. Keep less in the object.`,
      )
  }
}
