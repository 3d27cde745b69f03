/** Stores that open and close badly. */
import { StoreError } from '../../../lib/base/errors.ts'
import { memoryStore } from '../../../lib/stores/memory.ts'
import { type Flaw, flaw, turn, wrapped } from './kit.ts'

export const lifeFlaws: readonly Flaw[] = [
  flaw('serves unopened', 'refuses to be used before it is opened', inner => {
    void inner.open()
    return {}
  }),
  flaw('serves when closed', 'refuses to be used after it was closed', () => ({ close: async () => {} })),
  {
    what: 'calls itself durable',
    title: 'finds everything when it is opened again',
    place: () => ({
      store() {
        const inner = memoryStore()
        return wrapped(inner, { capabilities: { durability: 'machine', shared: false, batch: 100 } })
      },
    }),
  },
  {
    what: 'lets a second in beside the first',
    title: 'shares its data with a second store, or refuses the second at once and goes on',
    place() {
      const inner = memoryStore()
      return { store: () => wrapped(inner, { capabilities: { durability: 'machine', shared: false, batch: 100 } }) }
    },
  },
  flaw('minds being closed twice', 'closes twice, also at the same time, and before it was opened', inner => {
    let closed = 0
    return {
      async close() {
        await inner.close()
        if (closed++ > 0) throw new StoreError('fatal', 'It is closed.')
      },
    }
  }),
  flaw('throws a driver’s errors', 'refuses to be used after it was closed', inner => ({
    query: query =>
      inner.query(query).catch(() => {
        throw new Error('Socket is closed.')
      }),
  })),
  {
    what: 'loses what is under way',
    title: 'settles every commit that is under way when it is closed, and has kept what it said',
    place() {
      const inner = memoryStore()
      let open = true
      const capabilities = { durability: 'machine', shared: true, batch: 100 } as const
      const lossy = wrapped(inner, {
        capabilities,
        async close() {
          open = false
          await turn()
          await inner.close()
        },
        async commit(commit, fence) {
          await Promise.resolve()
          return open ? inner.commit(commit, fence) : true
        },
      })
      const stores = [lossy]
      return { store: () => stores.pop() ?? wrapped(inner, { capabilities }) }
    },
  },
  flaw(
    'cannot make its layout twice',
    'makes its layout once, though several stores open an empty place at once',
    inner => {
      let making = false
      return {
        async open() {
          if (making) throw new StoreError('retryable', 'The table is there already.')
          making = true
          await turn()
          making = false
          await inner.open()
        },
      }
    },
  ),
]
