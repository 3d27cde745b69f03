/** The only door to the package `mariadb`, which users install themselves. Loaded when a store opens. */
import type { Connection, ConnectionConfig, UpsertResult } from 'mariadb'
import { UsageError } from '../../base/errors.ts'

export type { Connection, ConnectionConfig, UpsertResult } from 'mariadb'

export interface Driver {
  createConnection(config: ConnectionConfig): Promise<Connection>
}

/** @throws UsageError where the package is missing. */
export async function loadDriver(): Promise<Driver> {
  try {
    return await import('mariadb')
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new UsageError('mariadbStore() needs the package mariadb: npm install mariadb', { cause })
  }
}

/** Statements that were sent together, once all are answered. @throws what the first of them failed with. */
export async function answers<T>(statements: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(statements)
  return settled.map(each => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}

export const affected = (result: unknown): number => Number((result as UpsertResult).affectedRows)
