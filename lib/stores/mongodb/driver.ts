/** The only door to the package `mongodb`, which users install themselves. Loaded when a store opens. */
import { UsageError } from '../../base/errors.ts'

export type {
  AnyBulkWriteOperation,
  ClientSession,
  Collection,
  Db,
  Filter,
  MongoClient,
  TransactionOptions,
} from 'mongodb'

export type Driver = typeof import('mongodb')

/** @throws UsageError where the package is missing. */
export async function loadDriver(): Promise<Driver> {
  try {
    return await import('mongodb')
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new UsageError('mongodbStore() needs the package mongodb: npm install mongodb', { cause })
  }
}
