/** Stores whose commits are not whole, or expect too little. */
import type { Commit, Store } from '../../../lib/stores/store.ts'
import { type Flaw, type Found, flaw, turn } from './kit.ts'

async function isMet(store: Store, { expect = [] }: Commit): Promise<boolean> {
  const rows = (await store.get(expect.map(({ id }) => id))) as Found[]
  return expect.every(({ version }, n) => version === (rows[n]?.version ?? 0))
}

export const commitFlaws: readonly Flaw[] = [
  flaw('writes in parts', 'shows no half of a commit to readers', inner => ({
    async commit({ put, ...rest }, fence) {
      for (let n = 0; n < put.length; n += 100) {
        await inner.commit({ put: put.slice(n, n + 100) }, fence)
        await turn()
      }
      return inner.commit({ put: [], ...rest }, fence)
    },
  })),
  flaw('writes one batch', 'writes and deletes far more than a batch at once', inner => ({
    capabilities: { ...inner.capabilities, batch: 1000 },
    commit: ({ put, ...rest }) => inner.commit({ put: put.slice(0, 1000), ...rest }),
  })),
  flaw('expects nothing', 'writes nothing where one of several expectations does not hold', inner => ({
    commit: ({ put, del = [] }) => inner.commit({ put, del }),
  })),
  flaw('looks at the first expectation', 'writes nothing where one of several expectations does not hold', inner => ({
    commit: ({ expect = [], ...rest }) => inner.commit({ ...rest, expect: expect.slice(0, 1) }),
  })),
  flaw(
    'writes before it compares',
    'writes nothing of far more than a batch where the last object is not as expected',
    inner => ({
      async commit({ put, ...rest }) {
        const met = await isMet(inner, rest as Commit)
        return (await inner.commit({ put, del: rest.del ?? [] })) && met
      },
    }),
  ),
  flaw(
    'compares before it waits',
    'lets exactly one win of concurrent commits that expect and change the same object',
    inner => ({
      async commit({ put, del = [], expect = [] }) {
        if (!(await isMet(inner, { put, expect }))) return false
        await turn()
        return inner.commit({ put, del })
      },
    }),
  ),
  flaw(
    'holds no lock on what is not there',
    'lets exactly one win of concurrent commits that expect and create the same object',
    inner => ({
      async commit({ put, del = [], expect = [] }) {
        if (!(await isMet(inner, { put, expect }))) return false
        await turn()
        return inner.commit({ put, del, expect: expect.filter(({ version }) => version > 0) })
      },
    }),
  ),
  flaw('remembers a deleted object’s version as its own', 'takes an object for absent after its deletion', inner => {
    const deleted = new Map<string, number>()
    return {
      async commit(commit, fence) {
        for (const { id, version } of commit.del ?? []) deleted.set(id, version)
        const { expect = [] } = commit
        if (expect.some(({ id, version }) => version !== (deleted.get(id) ?? version))) return false
        return inner.commit({ ...commit, expect: expect.filter(({ id }) => !deleted.has(id)) }, fence)
      },
    }
  }),
]
