/** What a store cannot read it names, and leaves as it is; the others are read as ever. */
import type { Damaged, Store, StoredRow } from '../store.ts'
import { all, assert, holds, idOf, numbers, onPlace, row, type StoreCase, type StorePlace, same } from './bench.ts'

/** A place whose rows a case can spoil. */
export interface DamageablePlace extends StorePlace {
  /** Makes the row of this id unreadable, as a careless hand or a bad disk does. No store is open on the place meanwhile. */
  damage(id: string): Promise<void> | void
}

const isNamed = (found: StoredRow | Damaged | undefined, id: string): boolean => {
  assert.ok(found && 'damaged' in found, 'A row that was damaged is not told as such.')
  assert.equal(found.id, id)
  assert.ok(found.damaged.length > 0, 'It is not said what is wrong.')
  return true
}

/** That stores do promise 8. Beside `storeCases`, for stores whose data can be reached from outside. */
export function damageCases(make: () => DamageablePlace | Promise<DamageablePlace>): readonly StoreCase[] {
  const rows = numbers(12).map(n => row(n, { owner: 'ann', keys: { name: 'x' } }))
  const [hurt, ...others] = [rows[5]!, ...rows.filter((_, n) => n !== 5)]

  return [
    onPlace(make, 'names a damaged row and gives the others as they are', async bench => {
      let store: Store = await bench.open()
      await store.commit({ put: rows })
      await store.close()
      await bench.place.damage(hurt!.id)
      store = await bench.open()
      for (let round = 0; round < 2; round++) {
        const [before, damaged, missing, after] = await store.get([idOf(1), hurt!.id, idOf(99), idOf(2)])
        same([before, after], [rows[1], rows[2]])
        isNamed(damaged, hurt!.id)
        assert.equal(missing, undefined)
        await holds(store, ...others)
        for (const limit of [1, 5, 100]) {
          const found = await all(store, {}, limit)
          assert.deepEqual(
            found.map(each => each.id),
            rows.map(each => each.id).sort(),
          )
          for (const each of found) assert.ok(each.id === hurt!.id ? isNamed(each, hurt!.id) : !('damaged' in each))
        }
        // It stays so whatever happens to the others.
        await store.commit({ put: [row(20 + round)] })
        await store.commit({ put: [], del: [{ id: idOf(20 + round), version: 2 }] })
        store = await bench.reopen(store)
      }
    }),

    onPlace(make, 'opens, reads and writes though every row is damaged', async bench => {
      let store: Store = await bench.open()
      await store.commit({ put: rows })
      await store.close()
      for (const { id } of rows) await bench.place.damage(id)
      store = await bench.open()
      for (const [n, each] of (await store.get(rows.map(({ id }) => id))).entries()) isNamed(each, rows[n]!.id)
      for (const each of await all(store, {}, 5)) isNamed(each, each.id)
      assert.equal((await all(store)).length, rows.length)
      await store.commit({ put: [row(50)] })
      await holds(store, row(50))
    }),
  ]
}
