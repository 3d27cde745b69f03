/** The door to the package `lmdb`: loaded when a store opens, so that games without one need not install it. */
import type { Database as AnyDatabase, RootDatabase, Transaction } from 'lmdb'
import { UsageError } from '../../base/errors.ts'

/** A table of texts by text, both in UTF-8 and without any wrapping: what `mdb_dump -p` prints is what stands there. */
export type Database = AnyDatabase<Uint8Array, string>
export type { RootDatabase, Transaction }

export interface Driver {
  /**
   * Opens the environment in `folder`, whose files must be in order: the native code crashes the process where it cannot open them.
   *
   * `overlappingSync: false`: a write resolves when its transaction has been committed, and the commit ends with a sync of the pages and then of the page that
   * makes them valid. With overlapping it would resolve between the two. `eventTurnBatching: false`: otherwise a failed commit leaves a rejected promise that nobody
   * can reach, which ends the process.
   */
  environment(folder: string): RootDatabase
}

/** @throws UsageError where the package is not installed or does not run here. */
export async function loadDriver(): Promise<Driver> {
  let open: typeof import('lmdb')['open']
  try {
    ;({ open } = await import('lmdb'))
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    throw new UsageError(
      missing
        ? "The embedded store needs the package 'lmdb': run `npm install lmdb`."
        : `The package 'lmdb' does not load here (${(cause as Error).message}): install it again on this machine with \`npm install lmdb\`.`,
      { cause },
    )
  }
  return {
    environment: folder =>
      open({ path: folder, noSubdir: false, overlappingSync: false, eventTurnBatching: false, maxDbs: TABLES }),
  }
}

const TABLES = 8

const keyEncoder = {
  /** Ids are written byte by byte: a call into native code takes longer. */
  writeKey(key: string, target: Buffer, start: number): number {
    if (key.length > 24) return start + target.write(key, start)
    for (let at = 0; at < key.length; at++) {
      const code = key.charCodeAt(at)
      if (code > 0x7f) return start + target.write(key, start)
      target[start + at] = code
    }
    return start + key.length
  },
  readKey: (source: Buffer, start: number, end: number): string => source.toString('utf8', start, end),
}

/** The table of that name; undefined where there is none and `create` is false. */
export function table(root: RootDatabase, name: string, create = true): Database | undefined {
  return root.openDB<Uint8Array, string>({ name, encoding: 'binary', keyEncoder, create } as { name: string })
}
