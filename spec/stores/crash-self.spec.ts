/** The proof is proven: stores that betray a game are found out by what finds nothing wrong with the real ones. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Program } from './crash/child.ts'
import type { Flaw } from './crash/flaws.ts'
import { newSeed, playRounds } from './crash/rounds.ts'

describe('The rounds of killing find out a store that', function () {
  this.timeout(60_000)
  let program: Program
  let folder: string

  before(async () => {
    program = await Program.build()
  })
  after(() => program?.end())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fieldcast-crash-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const cases: Readonly<Partial<Record<Flaw, [what: string, complaint: RegExp]>>> = {
    Hasty: [
      'acknowledges before it has written',
      /at step \d+, and step \d+ was acknowledged|is lost, and step|was deleted and has come back/,
    ],
    Torn: ['writes an object in two halves', /is torn/],
    Undead: ['forgets to delete', /was deleted and has come back/],
    Holed: ['has holes in an index', /things are found, and \d+ are right|is found at step 0/],
  }
  for (const [flaw, [what, complaint]] of Object.entries(cases))
    it(what, async () => {
      const url = `lmdb:${folder}`
      const { complaints } = await playRounds({ program, url, rounds: 30, seed: newSeed(), flaw: flaw as Flaw })
      expect(complaints).not.to.be.empty
      for (const each of complaints) expect(each).to.match(complaint)
    })
})
