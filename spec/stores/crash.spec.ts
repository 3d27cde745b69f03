/**
 * A game server that is killed at any moment loses nothing that it has acknowledged, on any store. crash/rounds.ts says what this shows and what not;
 * FIELDCAST_CRASH_FACTOR=10 runs ten times the rounds.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Program } from './crash/child.ts'
import { factor, newSeed, playRounds } from './crash/rounds.ts'
import { withParameter } from './crash/session.ts'
import { MariadbPlaces } from './mariadb.ts'
import { PostgresPlaces } from './postgres.ts'
import { mariadbUrl, postgresUrl, requireService } from './services.ts'

describe('A game server that is killed (kill -9)', function () {
  this.timeout(60_000 * factor)
  let program: Program

  before(async () => {
    program = await Program.build()
  })
  after(() => program?.end())

  async function survives(url: string, rounds: number): Promise<void> {
    const seed = newSeed()
    const began = performance.now()
    const { complaints, ends, told, things } = await playRounds({ program, url, rounds, seed })
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const how = Object.entries(ends).map(([end, count]) => `${count} ${end}`)
    const ways = Object.entries(told).map(([way, count]) => `${count} by ${way}`)
    console.log(
      `    ${rounds} kills in ${seconds} s (${how.join(', ')}), seed ${seed}; acknowledged: ${ways.join(', ')}; ${things} things`,
    )
    expect(complaints).to.deep.equal([])
    // A game that does nothing loses nothing.
    const sum = Object.values(told).reduce((all, count) => all + count, 0)
    expect(sum).to.be.at.least(ends.playing + ends.stopping + ends.stopped)
    expect(things).to.be.above(0)
    if (rounds >= 50) for (const [way, count] of Object.entries(told)) expect(count, way).to.be.above(0)
  }

  it('loses nothing acknowledged on lmdb', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldcast-crash-'))
    try {
      await survives(`lmdb:${folder}`, 50 * factor)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  describe('on PostgreSQL', () => {
    const places = new PostgresPlaces()
    before(async function () {
      await places.start(await requireService(this, postgresUrl))
    })
    after(() => places.end())

    it('loses nothing acknowledged', async () => {
      await survives(withParameter(places.url, 'schema', places.next().schema), 20 * factor)
    })
  })

  describe('on MariaDB', () => {
    const places = new MariadbPlaces()
    before(async function () {
      await places.start(await requireService(this, mariadbUrl))
    })
    after(() => places.end())

    it('loses nothing acknowledged', async () => {
      const { url, prefix } = places.next()
      await survives(withParameter(url, 'prefix', prefix), 10 * factor)
    })
  })
})
