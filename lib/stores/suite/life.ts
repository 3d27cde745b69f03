/** Opening and closing; what comes before and after. */
import { systemClock } from '../../base/clock.ts'
import { StoreError, UsageError } from '../../base/errors.ts'
import type { Store } from '../store.ts'
import { all, assert, holds, idOf, numbers, onPlace, row, type StoreCase, type StoreMaker, same } from './bench.ts'

/** Everything that needs an open store. */
const uses: readonly (readonly [name: string, use: (store: Store) => Promise<unknown>])[] = [
  ['commit', store => store.commit({ put: [row(1)] })],
  ['get', store => store.get([idOf(1)])],
  ['query', store => store.query({ limit: 1 })],
  ['epoch', store => store.epoch('world')],
  ['claim', store => store.claim('world', 1)],
]

const isOurs = (error: unknown): boolean => error instanceof StoreError || error instanceof UsageError

/** Each use fails with an error of ours within five seconds, the time that a hang may take to show. */
async function refusesAllUses(store: Store): Promise<void> {
  for (const [name, use] of uses) {
    const outcome = await withinSeconds(
      5,
      use(store).then(
        () => 'was served',
        (error: unknown) => error,
      ),
    )
    assert.ok(isOurs(outcome), `${name}: ${outcome}`)
  }
}

function withinSeconds<T>(seconds: number, promise: Promise<T>): Promise<T | 'hangs'> {
  return new Promise((resolve, reject) => {
    const timer = systemClock.after(1000 * seconds, () => resolve('hangs'))
    promise.then(resolve, reject).finally(() => timer.cancel())
  })
}

export function lifeCases(make: StoreMaker): StoreCase[] {
  return [
    onPlace(make, 'says what it is and can, before it is opened', async ({ place }) => {
      const { name, capabilities } = place.store()
      assert.ok(name.length > 0)
      assert.ok(['none', 'machine'].includes(capabilities.durability))
      assert.equal(typeof capabilities.shared, 'boolean')
      assert.ok(Number.isInteger(capabilities.batch) && capabilities.batch > 0)
    }),

    onPlace(make, 'refuses to be used before it is opened', async bench => {
      await refusesAllUses(bench.place.store())
      same(await all(await bench.open()), [])
    }),

    onPlace(make, 'refuses to be used after it was closed', async bench => {
      const store = await bench.open()
      await store.commit({ put: [row(2)] })
      await store.close()
      await refusesAllUses(store)
    }),

    onPlace(make, 'closes twice, also at the same time, and before it was opened', async bench => {
      await bench.place.store().close()
      const store = await bench.open()
      await store.commit({ put: [row(1)] })
      await assert.doesNotReject(Promise.all([store.close(), store.close()]))
      await assert.doesNotReject(store.close())
    }),

    onPlace(make, 'finds everything when it is opened again', async bench => {
      let store = await bench.open()
      const lasting = store.capabilities.durability !== 'none'
      const rows = numbers(500).map(n =>
        row(n, { owner: n % 2 ? 'ann' : null, zone: n % 3, keys: { name: `n${n % 9}` } }),
      )
      for (let part = 0; part < 5; part++) {
        await store.commit({ put: rows.slice(100 * part, 100 * part + 100) })
        store = await bench.reopen(store)
        if (!lasting) continue
        await holds(store, ...rows.slice(0, 100 * part + 100))
        assert.equal((await all(store, { class: 'Player', key: { name: 'name', value: 'n1' } })).length > 0, true)
      }
      await store.commit({ put: [row(1000)] })
      await holds(store, row(1000))
      if (lasting) assert.equal((await all(store)).length, 501)
    }),

    onPlace(
      make,
      'settles every commit that is under way when it is closed, and has kept what it said',
      async bench => {
        const store = await bench.open()
        const commits = numbers(20).map(n => store.commit({ put: [row(2 * n), row(2 * n + 1)] }).then(() => n))
        const settled = Promise.allSettled(commits)
        await store.close()
        const outcomes = await withinSeconds(10, settled)
        assert.ok(outcomes !== 'hangs', 'A commit that was under way never ends.')
        for (const each of outcomes) if (each.status === 'rejected') assert.ok(isOurs(each.reason), String(each.reason))
        const again = await bench.open()
        if (again.capabilities.durability === 'none') return
        for (const n of numbers(20)) {
          const found = await again.get([idOf(2 * n), idOf(2 * n + 1)])
          const whole = [row(2 * n), row(2 * n + 1)]
          same(found, outcomes[n]!.status === 'fulfilled' || found[0] ? whole : [undefined, undefined])
        }
      },
    ),

    onPlace(make, 'shares its data with a second store, or refuses the second at once and goes on', async bench => {
      const first = await bench.open()
      await first.commit({ put: [row(1)] })
      const second = bench.place.store()
      if (second === first) return
      if (first.capabilities.shared) {
        await second.open()
        await holds(second, row(1))
        await second.commit({ put: [row(2)] })
        await second.close()
        await holds(first, row(1), row(2))
      } else {
        const refusal = await withinSeconds(
          5,
          second.open().then(
            () => 'was opened',
            (error: unknown) => error,
          ),
        )
        assert.ok(refusal instanceof StoreError, String(refusal))
        await second.close()
        await first.commit({ put: [row(2)] })
        await holds(first, row(1), row(2))
        await first.close()
        await holds(await bench.open(), row(1), row(2))
      }
    }),

    onPlace(make, 'makes its layout once, though several stores open an empty place at once', async bench => {
      const attempts = await Promise.allSettled(numbers(4).map(() => bench.open()))
      const opened = attempts.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
      const refusals = attempts.flatMap(each => (each.status === 'rejected' ? [each.reason as unknown] : []))
      for (const error of refusals) assert.ok(error instanceof StoreError, String(error))
      const { shared } = bench.place.store().capabilities
      assert.ok(shared ? opened.length === 4 : new Set(opened).size <= 1, `${opened.length} of four are open.`)
      if (opened.length === 0) opened.push(await bench.open())
      for (const [n, store] of opened.entries()) await store.commit({ put: [row(n)] })
      for (const store of opened) await holds(store, ...opened.map((_, n) => row(n)))
    }),
  ]
}
