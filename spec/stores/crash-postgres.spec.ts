/**
 * PostgreSQL is killed (`kill -9`) under a game: its first process, with which all others end, or one that works for the game, after which it starts itself anew. The
 * game goes on, says that its store fails and that it works again, and nothing acknowledged is missing. What this does not show, and how to run more of it, stands in
 * crash/rounds.ts.
 */
import { expect } from 'chai'
import pg from 'pg'
import { seededRandom } from '../../lib/base/random.ts'
import { postgresStore } from '../../lib/stores/postgres.ts'
import { Program } from './crash/child.ts'
import { type Promises, thingsIn } from './crash/model.ts'
import { factor, newSeed } from './crash/rounds.ts'
import { begin, pass, type Session } from './crash/session.ts'
import { type PostgresCluster, startCluster } from './postgres-cluster.ts'

describe('A game whose PostgreSQL is killed (kill -9)', function () {
  this.timeout(60_000 * factor)
  let cluster: PostgresCluster
  let program: Program

  before(async function () {
    cluster = await startCluster(this)
    program = await Program.build()
  })
  after(async () => {
    await program?.end()
    await cluster?.remove()
  })

  it('goes on, says so, and loses nothing acknowledged', async () => {
    const seed = newSeed()
    const random = seededRandom(seed)
    const began = performance.now()
    const game = begin(program, cluster.url, { seed })
    await game.loaded
    let noticed = 0
    for (let round = 0; round < 10 * factor; round++) {
      await pass(20 + random.number() * 100)
      const promises = game.model.promises()
      const before = game.states.length
      await cluster.restart('SIGKILL')
      await check(game, promises, `round ${round}, seed ${seed}`)
      // Between two commits it may be back before anybody has missed it.
      if (game.states.length > before) noticed++
      if (game.states.at(-1) === 'failing') await game.child.next('store', is('working'))
      await game.child.next('ok')
    }
    expect(noticed).to.be.at.least(factor)
    for (let round = 0; round < 3 * factor; round++) {
      await pass(20 + random.number() * 100)
      const promises = game.model.promises()
      await killOne(random.number())
      await check(game, promises, `round ${round} of one process, seed ${seed}`)
      await game.child.next('ok')
    }
    // Both at once.
    await Promise.all([game.child.kill(), cluster.restart('SIGKILL')])
    const next = begin(program, cluster.url, { plays: false })
    await next.loaded
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const ways = Object.entries(game.model.told).map(([way, count]) => `${count} by ${way}`)
    console.log(
      `    ${13 * factor} kills in ${seconds} s (${noticed} noticed), seed ${seed}; acknowledged: ${ways.join(', ')}`,
    )
    expect([...game.wrong, ...next.opening.complaints(game.model)], `seed ${seed}`).to.deep.equal([])
    expect(next.opening.found.length).to.be.above(20)
    await next.stop()
  })

  const is = (state: string) => (report: readonly unknown[]) => report[1] === state

  /** The server holds what had been acknowledged before it was killed. */
  async function check(game: Session, promises: Promises, when: string): Promise<void> {
    const store = postgresStore(cluster.url)
    await untilOpen(() => store.open())
    const found = await thingsIn(store)
    await store.close()
    await game.mark()
    expect([...game.wrong, ...game.model.complaints(found, promises)], when).to.deep.equal([])
  }

  /** Kills one of the processes that work for the game. Resolves when the server takes nobody's word any more, or works again. */
  async function killOne(choice: number): Promise<void> {
    const sql = new pg.Client(cluster.url)
    // It is cut too.
    sql.on('error', () => {})
    await sql.connect()
    const find = `SELECT pid FROM pg_stat_activity WHERE application_name = 'fieldcast' ORDER BY pid`
    let { rows } = await sql.query(find)
    while (rows.length === 0) ({ rows } = await sql.query(find))
    const cut = new Promise(resolve => sql.once('end', resolve))
    process.kill(rows[Math.floor(choice * rows.length)].pid, 'SIGKILL')
    await cut
  }

  /** A server that starts anew refuses everybody for a moment. */
  async function untilOpen(open: () => Promise<void>): Promise<void> {
    for (;;)
      try {
        return await open()
      } catch (error) {
        if ((error as { kind?: string }).kind !== 'retryable') throw error
        await pass(20)
      }
  }
})
