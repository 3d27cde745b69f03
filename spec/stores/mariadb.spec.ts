/** The suite on MariaDB, in both forms of writing. */
import { mariadbStore } from '../../lib/stores/mariadb.ts'
import { storeCases } from '../../lib/stores/suite.ts'
import { MariadbBench } from './mariadb.ts'

for (const [what, driver] of [
  ['in bulk', {}],
  ['as MySQL takes it', { bulk: false }],
] as const)
  describe(`mariadbStore, ${what}`, () => {
    const bench = new MariadbBench()
    const make = () => {
      const place = bench.another()
      return { store: () => mariadbStore({ ...place, driver }), remove: () => bench.drop(place) }
    }
    for (const { title, run } of storeCases(make)) it(title, run)
  })
