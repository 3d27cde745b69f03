/** Stores with one flaw each, and the title of the case that is meant to find it. */
import { commitFlaws } from './commits.ts'
import { fenceFlaws } from './fences.ts'
import type { Flaw } from './kit.ts'
import { lifeFlaws } from './life.ts'
import { queryFlaws } from './queries.ts'
import { rowFlaws } from './rows.ts'
import { versionFlaws } from './versions.ts'

export const flaws: readonly Flaw[] = [
  ...rowFlaws,
  ...versionFlaws,
  ...commitFlaws,
  ...queryFlaws,
  ...fenceFlaws,
  ...lifeFlaws,
]
