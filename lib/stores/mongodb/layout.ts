/**
 * The layout in MongoDB, version 1. Three collections; their names begin with the store's prefix, `fieldcast_`.
 *
 * `fieldcast_objects`, a document for each object, and for a while for each that was deleted:
 *
 * | field | |
 * |---|---|
 * | `_id` | 24 hex digits, as a text. Documents with an id of another type are not ours and not read. |
 * | `class` | its name in the source |
 * | `version` | grows with every commit of the object |
 * | `format` | the class's own version, for its `migrate` |
 * | `owner`, `zone` | or null |
 * | `keys` | the values of declared indexes: a list of `{ name, value }` |
 * | `fields` | a text: a JSON object with the argument list of each field, exactly as it was given |
 * | `deleted` | when it was deleted; then all else but `_id` and `version` is gone. Such documents keep older writes out, and go after two hours. |
 * | `touched` | counts commits that compared the object without writing it |
 *
 * `fieldcast_fences` has the highest `epoch` claimed of each shard, which is the `_id`; `commits` counts those under a fence. `fieldcast_meta` has
 * `{ _id: 'layout', layout: 1 }`.
 *
 * ```js
 * db.fieldcast_objects.find({ class: 'Player' }, { owner: 1, zone: 1, fields: 1 }).limit(10)
 * db.fieldcast_objects.find({ class: 'Player', keys: { $elemMatch: { name: 'name', value: '"ann"' } } })
 * db.fieldcast_objects.aggregate([{ $match: { deleted: null } }, { $sortByCount: '$class' }])
 * ```
 *
 * Whoever changes documents by hand raises `version`.
 */
import { StoreError } from '../../base/errors.ts'
import type { Collection, Db, MongoClient } from './driver.ts'
import { NEVER_MADE } from './faults.ts'
import type { Settings } from './options.ts'

const LAYOUT = 1
/** Deletions are kept so long, by the server's clock. */
const KEPT_SECONDS = 7200
const EXISTS_ALREADY = 48

/** As we write it; what is read may be anything. */
export interface StoredDocument {
  _id: string
  class?: string
  version?: bigint
  format?: number
  owner?: string | null
  zone?: bigint | null
  keys?: { name: string; value: string }[]
  fields?: string
  deleted?: Date
  touched?: number
}

export interface FenceDocument {
  _id: string
  epoch: bigint
  commits: number
}

interface MetaDocument {
  readonly _id: string
  readonly layout: unknown
}

export interface Collections {
  readonly objects: Collection<StoredDocument>
  readonly fences: Collection<FenceDocument>
  readonly meta: Collection<MetaDocument>
}

export const indexes = {
  all: { _id: 1 },
  class: { class: 1, _id: 1 },
  owner: { owner: 1, _id: 1 },
  zone: { zone: 1, _id: 1 },
  key: { class: 1, 'keys.name': 1, 'keys.value': 1, _id: 1 },
} as const

export function collectionsOf(client: MongoClient, { database, prefix }: Settings): Collections {
  const db = client.db(database)
  return {
    objects: db.collection<StoredDocument>(`${prefix}objects`),
    fences: db.collection<FenceDocument>(`${prefix}fences`),
    meta: db.collection<MetaDocument>(`${prefix}meta`),
  }
}

/** Makes the collections where there are none. @throws StoreError `fatal` where it may not, and for what is not ours, or of a newer version: it is left as it is. */
export async function settle(client: MongoClient, settings: Settings): Promise<void> {
  await refuseStandalone(client, settings)
  const { name, prefix, database } = settings
  const db = client.db(database)
  const { objects, meta } = collectionsOf(client, settings)
  const found = await meta.findOne({ _id: 'layout' })
  if (!found && (await db.listCollections({ name: objects.collectionName }, { nameOnly: true }).hasNext()))
    throw new StoreError(
      'fatal',
      `${name} has a collection ${prefix}objects that is not ours: ${prefix}meta says nothing of it. Name another { prefix } or { database }.`,
    )
  const layout = Number(found?.layout ?? LAYOUT)
  if (!Number.isInteger(layout) || layout < 1)
    throw new StoreError('fatal', `${name}: ${prefix}meta has a layout that is not ours. Name another { prefix }.`)
  if (layout > LAYOUT)
    throw new StoreError(
      'fatal',
      `${name} was written by a newer fieldcast (layout ${layout}; this one knows ${LAYOUT}). It was left as it is: update fieldcast, or name another { prefix } or { database }.`,
    )
  if (!found && !settings.create) throw new StoreError('fatal', `There is no world in ${name}, prefix ${prefix}.`)
  if (!found) await meta.updateOne({ _id: 'layout' }, { $setOnInsert: { layout: LAYOUT } }, { upsert: true })
  await make(db, settings)
}

/** Each step does nothing where it has been done, by us or another server. */
async function make(db: Db, { prefix }: Settings): Promise<void> {
  for (const name of ['objects', 'fences'])
    await db.createCollection(`${prefix}${name}`).catch((error: { code?: unknown }) => {
      if (error.code !== EXISTS_ALREADY) throw error
    })
  const { class: type, owner, zone, key } = indexes
  await db
    .collection(`${prefix}objects`)
    .createIndexes([
      ...[type, owner, zone, key].map(each => ({ key: { ...each } as Record<string, 1> })),
      { key: { deleted: 1 }, expireAfterSeconds: KEPT_SECONDS },
    ])
}

/** Without transactions a commit of several objects could be there in half. */
async function refuseStandalone(client: MongoClient, { name }: Settings): Promise<void> {
  const { setName, msg, isreplicaset } = await client.db('admin').command({ hello: 1 })
  if (setName !== undefined || msg === 'isdbgrid') return
  if (isreplicaset) throw new StoreError('retryable', `${name} cannot be opened. ${NEVER_MADE}`)
  throw new StoreError(
    'fatal',
    `${name} is a single server without a replica set, which has no transactions. One member is enough: start it as mongod --replSet rs0, say rs.initiate() in mongosh, and add ?replicaSet=rs0 to { url }.`,
  )
}
