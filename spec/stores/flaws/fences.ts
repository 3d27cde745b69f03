/** Stores that let the wrong server write. */
import { StoreError } from '../../../lib/base/errors.ts'
import { memoryStore } from '../../../lib/stores/memory.ts'
import { type Flaw, flaw, turn, wrapped } from './kit.ts'

export const fenceFlaws: readonly Flaw[] = [
  flaw('knows no fences', 'writes nothing under an epoch below the one claimed', inner => ({
    commit: commit => inner.commit(commit),
  })),
  flaw('returns where it is fenced', 'writes nothing under an epoch below the one claimed', inner => ({
    commit: (commit, fence) => inner.commit(commit, fence).catch(() => false),
  })),
  flaw('throws errors of its own', 'writes nothing under an epoch below the one claimed', inner => ({
    commit: (commit, fence) =>
      inner.commit(commit, fence).catch(() => {
        throw new Error('fenced')
      }),
  })),
  flaw('has one epoch for all shards', 'keeps shards apart, whatever their names', inner => ({
    epoch: () => inner.epoch(''),
    claim: (_, epoch) => inner.claim('', epoch),
    commit: (commit, fence) => inner.commit(commit, fence && { ...fence, shard: '' }),
  })),
  flaw('lets an epoch be claimed again', 'refuses a claim of an epoch that is not above the one claimed', inner => ({
    async claim(shard, epoch) {
      if ((await inner.epoch(shard)) !== epoch) await inner.claim(shard, epoch)
    },
  })),
  flaw(
    'looks at the epoch before it waits',
    'writes nothing of a lower epoch once a claim has resolved, though commits are under way',
    inner => ({
      async commit(commit, fence) {
        await inner.commit({ put: [] }, fence)
        await turn()
        return inner.commit(commit)
      },
    }),
  ),
  flaw('lets claimants pass each other', 'lets exactly one of concurrent claimants have an epoch', inner => ({
    async claim(shard, epoch) {
      const held = await inner.epoch(shard)
      await turn()
      if (held >= epoch) throw new StoreError('fenced', 'It is not above.')
      await inner.claim(shard, epoch).catch(() => {})
    },
  })),
  {
    what: 'keeps claims to itself',
    title: 'fences the store that wrote before by the claim of another',
    place() {
      const inner = memoryStore()
      const one = () => {
        const own = memoryStore()
        return wrapped(inner, {
          open: () => Promise.all([inner.open(), own.open()]).then(() => {}),
          epoch: shard => own.epoch(shard),
          claim: (shard, epoch) => own.claim(shard, epoch),
          commit: async (commit, fence) => (await own.commit({ put: [] }, fence)) && inner.commit(commit),
        })
      }
      return { store: one }
    },
  },
]
