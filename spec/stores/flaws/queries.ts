/** Stores that find too much, too little, or in no order. */
import type { StoredRow, StoreQuery } from '../../../lib/stores/store.ts'
import { type Flaw, flaw } from './kit.ts'

/** Queries give what `fits` among all rows. */
const finds = (what: string, title: string, fits: (row: StoredRow, query: StoreQuery) => boolean): Flaw =>
  flaw(what, title, inner => ({
    async query({ limit, after = '', ...query }) {
      const { rows } = await inner.query({ after, limit: 1e9 })
      const found = (rows as StoredRow[]).filter(row => fits(row, { limit, ...query }))
      return { rows: found.slice(0, limit), next: found.length > limit ? found[limit - 1]!.id : null }
    },
  }))

const equal = (row: StoredRow, { class: type, owner, zone, key }: Partial<StoreQuery>): boolean =>
  (type === undefined || row.class === type) &&
  (owner === undefined || row.owner === owner) &&
  (zone === undefined || row.zone === zone) &&
  (key === undefined || row.keys[key.name] === key.value)

export const queryFlaws: readonly Flaw[] = [
  flaw('always names a next page', 'gives no next where a page ends with the last row that fits', inner => ({
    async query(query) {
      const { rows, next } = await inner.query(query)
      return { rows, next: rows.length === query.limit ? rows.at(-1)!.id : next }
    },
  })),
  flaw('begins at an id', 'begins above an id, whether it is there or not, fits or not', inner => ({
    async query(query) {
      const { rows, next } = await inner.query(query)
      const first = query.after === undefined ? [] : await inner.get([query.after])
      return {
        rows: [...first.filter(row => row !== undefined && equal(row as StoredRow, query)), ...rows] as StoredRow[],
        next,
      }
    },
  })),
  flaw(
    'counts rows for the next page',
    'gives every row once that is there throughout, whatever is written between pages, by {"owner":"ann"}',
    inner => ({
      async query({ after = '0', limit, ...query }) {
        const { rows } = await inner.query({ ...query, limit: 1e9 })
        const end = Number(after) + limit
        return { rows: rows.slice(Number(after), end), next: end < rows.length ? String(end).padStart(9, '0') : null }
      },
    }),
  ),
  flaw('orders by nothing', 'finds what fits every combination of class, owner, zone and key', inner => ({
    async query(query) {
      const { rows, next } = await inner.query(query)
      return { rows: [...rows].reverse(), next }
    },
  })),
  flaw(
    'counts by the class alone',
    'counts what fits every combination of class, owner, zone and key, where it counts',
    inner => ({ count: ({ class: type } = {}) => inner.count!(type === undefined ? {} : { class: type }) }),
  ),
  flaw(
    'counts what is deleted',
    'counts what fits every combination of class, owner, zone and key, where it counts',
    inner => {
      let gone = 0
      return {
        async commit(commit, fence) {
          gone += commit.del?.length ?? 0
          return inner.commit(commit, fence)
        },
        count: async query => (await inner.count!(query)) + gone,
      }
    },
  ),
  finds('looks at two parts at most', 'finds what fits every combination of class, owner, zone and key', (row, query) =>
    equal(
      row,
      query.class !== undefined && query.owner !== undefined ? { class: query.class, owner: query.owner } : query,
    ),
  ),
  finds(
    'compares without case',
    'tells texts apart that differ in case, accents or spaces only',
    (row, { owner, ...query }) =>
      equal(row, query) && (owner === undefined || row.owner?.toLowerCase() === owner.toLowerCase()),
  ),
  finds(
    'pads with spaces',
    'tells texts apart that differ in case, accents or spaces only',
    (row, { key, ...query }) =>
      equal(row, query) &&
      (!key || (row.keys[key.name] !== undefined && row.keys[key.name]!.trimEnd() === key.value.trimEnd())),
  ),
  finds(
    'takes percent signs for patterns',
    'takes hostile names for what they are: text',
    (row, { owner, ...query }) =>
      equal(row, query) && (owner === undefined || row.owner === owner || (owner === '%' && row.owner !== null)),
  ),
  finds(
    'joins names without a mark between',
    'keeps neighbours apart whose names run into each other',
    (row, { class: type, key, ...query }) =>
      equal(row, query) &&
      (key
        ? Object.entries(row.keys).some(([name, value]) => row.class + name + value === type + key.name + key.value)
        : equal(row, type === undefined ? {} : { class: type })),
  ),
  flaw(
    'keeps the indexes of the first writing',
    'moves an object from one answer to another when what is asked for changes',
    inner => {
      const first = new Map<string, string | null>()
      return {
        async commit(commit) {
          for (const { id, owner } of commit.put) if (!first.has(id)) first.set(id, owner)
          return inner.commit(commit)
        },
        async query({ owner, ...query }) {
          const { rows, next } = await inner.query(query)
          return { rows: rows.filter(({ id }) => owner === undefined || first.get(id) === owner), next }
        },
      }
    },
  ),
]
