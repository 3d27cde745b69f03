/**
 * `fieldcast/stores/suite`: what every store is held to, as cases for any test framework. Whoever writes a store runs it on his own, under mocha, vitest or node:test:
 *
 * ```ts
 * const make = () => ({ store: () => myStore('./test'), remove: () => rm('./test', { recursive: true }) })
 * for (const { title, run } of storeCases(make)) it(title, run)
 * ```
 *
 * A case needs no more than some seconds, though some write twenty megabytes; time limits of 20 seconds are right for most databases.
 */
import type { Store } from './store.ts'
import { type Bench, onPlace, type StoreCase, type StoreMaker, type StorePlace } from './suite/bench.ts'
import { commitCases } from './suite/commits.ts'
import { fenceCases } from './suite/fences.ts'
import { lifeCases } from './suite/life.ts'
import { queryCases } from './suite/queries.ts'
import { rowCases } from './suite/rows.ts'
import { textCases } from './suite/texts.ts'
import { versionCases } from './suite/versions.ts'

export type { StoreCase, StoreMaker, StorePlace } from './suite/bench.ts'
export { type DamageablePlace, damageCases } from './suite/damage.ts'

/** The promises of the contract, one case or more for each. What they find is thrown as an `AssertionError`. */
export function storeCases(make: StoreMaker): readonly StoreCase[] {
  const cases: StoreCase[] = []
  const describe = (title: string, body: (store: Store, bench: Bench) => Promise<void>): void => {
    cases.push(onPlace<StorePlace>(make, title, async bench => body(await bench.open(), bench)))
  }
  for (const add of [rowCases, versionCases, commitCases, queryCases, textCases, fenceCases]) add(describe)
  return [...cases, ...lifeCases(make)]
}
