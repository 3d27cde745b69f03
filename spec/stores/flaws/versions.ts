/** Stores that take versions lightly. */
import { memoryStore } from '../../../lib/stores/memory.ts'
import type { Store, StoredRow } from '../../../lib/stores/store.ts'
import { type Flaw, type Found, flaw, turn, wrapped } from './kit.ts'

/** The last commit wins; versions are kept, and mean nothing. Formats are not kept. */
function loose(inner: Store): Store {
  let sequence = 0
  const back = (row: Found): Found => row && { ...row, version: row.format, format: 1 }
  return wrapped(inner, {
    commit: ({ put, del = [] }) =>
      inner.commit({
        put: put.map(row => ({ ...row, version: ++sequence, format: row.version })),
        del: del.map(({ id }) => ({ id, version: ++sequence })),
      }),
    get: async ids => ((await inner.get(ids)) as Found[]).map(back),
    async query(query) {
      const { rows, next } = await inner.query(query)
      return { rows: (rows as StoredRow[]).map(row => back(row)!), next }
    },
  })
}

/** Writes where `takes` the version above the one stored, which it looks up first. */
const versions = (
  what: string,
  title: string,
  takes: (version: number, stored: number) => boolean,
  slow = false,
): Flaw => ({
  what,
  title,
  place() {
    const inner = loose(memoryStore())
    const store = wrapped(inner, {
      async commit({ put, del = [] }) {
        const stored = async ({ id }: { readonly id: string }) => ((await inner.get([id]))[0] as Found)?.version ?? 0
        const above = async <T extends { readonly id: string; readonly version: number }>(items: readonly T[]) => {
          const has = await Promise.all(items.map(stored))
          return items.filter((item, n) => takes(item.version, has[n]!))
        }
        const commit = { put: await above(put), del: await above(del) }
        if (slow) await turn()
        return inner.commit(commit)
      },
    })
    return { store: () => store }
  },
})

export const versionFlaws: readonly Flaw[] = [
  versions(
    'takes older versions',
    'passes an older version over, wholly, and writes the rest of the commit',
    () => true,
  ),
  versions(
    'takes the same version',
    'passes the same version over, wholly, and writes the rest of the commit',
    (version, stored) => version >= stored,
  ),
  versions(
    'forgets deletions',
    'brings no deleted object back by a version that is not above the deletion’s',
    (version, stored) => version > stored,
  ),
  versions(
    'looks at versions before it waits',
    'lets the highest version of concurrent commits stand',
    (version, stored) => version > stored,
    true,
  ),
  flaw(
    'refuses a whole commit for one old row',
    'passes an older version over, wholly, and writes the rest of the commit',
    inner => ({
      async commit(commit) {
        const rows = (await inner.get(commit.put.map(({ id }) => id))) as Found[]
        return rows.some((row, n) => row && row.version >= commit.put[n]!.version) || inner.commit(commit)
      },
    }),
  ),
  flaw(
    'keeps old entries of indexes',
    'passes an older version over, wholly, and writes the rest of the commit',
    inner => {
      const owners = new Map<string, string | null>()
      return {
        async commit(commit) {
          for (const { id, owner } of commit.put) owners.set(id, owner)
          return inner.commit(commit)
        },
        async query(query) {
          if (query.owner === undefined) return inner.query(query)
          const { rows } = await inner.query({ limit: 1e9 })
          return { rows: rows.filter(({ id }) => owners.get(id) === query.owner), next: null }
        },
      }
    },
  ),
]
