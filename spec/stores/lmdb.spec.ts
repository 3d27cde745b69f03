/** The embedded store keeps the contract. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore } from '../../lib/stores/lmdb.ts'
import { storeCases } from '../../lib/stores/suite.ts'

describe('lmdbStore', () => {
  const make = () => {
    const path = mkdtempSync(join(tmpdir(), 'fieldcast-lmdb-'))
    return { store: () => lmdbStore({ path }), remove: () => rmSync(path, { recursive: true }) }
  }
  for (const { title, run } of storeCases(make)) it(title, run)
})
