/** Stores that change what they keep. */
import type { StoredRow } from '../../../lib/stores/store.ts'
import { type Flaw, flaw } from './kit.ts'

/** Rows change on their way in. */
const changes = (what: string, title: string, change: (row: StoredRow) => Partial<StoredRow>): Flaw =>
  flaw(what, title, inner => ({
    commit: ({ put, ...rest }, fence) =>
      inner.commit({ put: put.map(row => ({ ...row, ...change(row) })), ...rest }, fence),
  }))

export const rowFlaws: readonly Flaw[] = [
  changes('writes fields anew', 'keeps the fields of objects as they are', row => ({
    fields: JSON.stringify(JSON.parse(row.fields)),
  })),
  changes('has zones of 32 bits with a sign', 'keeps the zones of objects as they are', row => ({
    zone: row.zone === null ? null : row.zone | 0,
  })),
  changes('takes no owner for an empty name', 'keeps the owners of objects as they are', row => ({
    owner: row.owner ?? '',
  })),
  changes('has versions of single precision', 'keeps the versions of objects as they are', row => ({
    version: Math.fround(row.version),
  })),
  changes('assigns keys', 'keeps the keys of objects as they are', row => {
    const keys: Record<string, string> = {}
    for (const [name, value] of Object.entries(row.keys)) keys[name] = value
    return { keys }
  }),
  changes('writes UTF-8', 'holds or refuses what a text may not hold everywhere, and never changes it', row => ({
    owner: row.owner === null ? null : Buffer.from(row.owner).toString(),
  })),
  flaw(
    'hands its own rows out',
    'keeps its own copy: rows that were given or taken may be changed afterwards',
    inner => {
      const own = new Map<string, StoredRow>()
      return {
        async commit(commit) {
          for (const row of commit.put) own.set(row.id, row)
          return inner.commit(commit)
        },
        get: async ids => ids.map(id => own.get(id)),
      }
    },
  ),
  flaw('gives what it finds', 'gives rows in the order of the ids asked for, some twice, some not there', inner => ({
    get: async ids => (await inner.get(ids)).filter(row => row !== undefined),
  })),
  flaw('gives each row once', 'gives rows in the order of the ids asked for, some twice, some not there', inner => ({
    get: ids => inner.get([...new Set(ids)]),
  })),
  flaw('counts ids in 16 bits', 'gives the rows of 70,000 ids at once', inner => ({
    get: ids => inner.get(ids.slice(0, ids.length & 65_535)),
  })),
]
