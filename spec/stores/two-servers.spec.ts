/** Two game servers on one world, as processes: the older one is fenced, writes nothing more, says so and stops; the newer one has all that was acknowledged. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { seededRandom } from '../../lib/base/random.ts'
import { storeByUrl } from '../../lib/stores/by-url.ts'
import type { Store } from '../../lib/stores/store.ts'
import { Program } from './crash/child.ts'
import { thingsIn } from './crash/model.ts'
import { factor, newSeed } from './crash/rounds.ts'
import { begin, pass, withParameter } from './crash/session.ts'
import { type MariadbPlace, MariadbPlaces } from './mariadb.ts'
import { PostgresPlaces } from './postgres.ts'
import { mariadbUrl, postgresUrl, requireService } from './services.ts'

describe('Two game servers on one world', function () {
  this.timeout(60_000 * factor)
  let program: Program

  before(async () => {
    program = await Program.build()
  })
  after(() => program?.end())

  const postgres = new PostgresPlaces()
  const mariadb = new MariadbPlaces()
  for (const [name, places, find, next] of [
    ['PostgreSQL', postgres, postgresUrl, () => withParameter(postgres.url, 'schema', postgres.next().schema)],
    ['MariaDB', mariadb, mariadbUrl, () => prefixed(mariadb.next())],
  ] as const)
    describe(`on ${name}`, () => {
      let url: string
      let store: Store

      before(async function () {
        await places.start(await requireService(this, find))
      })
      after(() => places.end())
      beforeEach(async () => {
        url = next()
        store = storeByUrl(url)
        await store.open()
      })
      afterEach(() => store?.close())

      it('the older is fenced, writes nothing more, says so and stops; the newer has all that was acknowledged', async () => {
        const seed = newSeed()
        const random = seededRandom(seed)
        let older = begin(program, url, { seed })
        await older.loaded
        for (let round = 0; round < 2 * factor; round++) {
          await older.child.next('ok')
          await pass(random.number() * 50)
          const newer = begin(program, url, { seed: seed + round, plays: false })
          await newer.loaded
          const rows = await thingsIn(store)
          await older.child.ended
          const when = `round ${round}, seed ${seed}`
          expect([older.states.at(-1), ...older.end.slice(0, 2)], when).to.deep.equal(['fenced', 'unsaved', 'fenced'])
          // All of them stand since the newer one has begun.
          expect(await thingsIn(store), when).to.deep.equal(rows)
          expect(newer.opening.found, when).to.deep.equal(rows)
          expect([...older.wrong, ...newer.opening.complaints(older.model)], when).to.deep.equal([])
          await newer.stop()
          older = begin(program, url, { seed: seed - round })
          await older.loaded
        }
        await older.child.kill()
      })

      // It may hold a lock, which the newer one waits for.
      it('one that was held up comes back, and finds that it writes nothing more', async () => {
        const seed = newSeed()
        const random = seededRandom(seed)
        let older = begin(program, url, { seed })
        await older.loaded
        for (let round = 0; round < 2 * factor; round++) {
          await older.child.next('ok')
          await pass(random.number() * 50)
          older.child.signal('STOP')
          const newer = begin(program, url, { seed: seed + round + 1 })
          await newer.loaded
          // From here on it may read what the newer one has written, and wonder.
          const wrong = [...older.wrong]
          await newer.changes(20)
          older.child.signal('CONT')
          await older.child.ended
          const when = `round ${round}, seed ${seed}`
          expect([older.states.at(-1), ...older.end.slice(0, 2)], when).to.deep.equal(['fenced', 'unsaved', 'fenced'])
          await newer.changes(20)
          await newer.mark()
          expect([...wrong, ...newer.wrong, ...newer.opening.complaints(older.model)], when).to.deep.equal([])
          older = newer
        }
        await older.stop()
        expect(older.model.complaints(await thingsIn(store)), `seed ${seed}`).to.deep.equal([])
      })

      it('one that were not fenced would be found out', async () => {
        const older = begin(program, url, { flaw: 'Unfenced' })
        await older.loaded
        await older.changes(20)
        const newer = begin(program, url, { plays: false })
        await newer.loaded
        const rows = await thingsIn(store)
        await older.mark()
        await older.changes(20)
        await older.stop()
        expect(older.states).to.deep.equal([])
        expect(await thingsIn(store)).not.to.deep.equal(rows)
        expect(newer.opening.complaints(older.model)).not.to.be.empty
        await newer.child.kill()
      })
    })

  describe('on lmdb', () => {
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'fieldcast-two-'))
    })
    afterEach(() => rmSync(folder, { recursive: true }))

    it('the second is refused at once, and the first goes on', async () => {
      const url = `lmdb:${folder}`
      const first = begin(program, url)
      await first.loaded
      const second = begin(program, url)
      await second.child.ended
      expect(second.end.slice(0, 2)).to.deep.equal(['refused', 'fatal'])
      expect(second.end[2]).to.match(/has .* open/)
      await first.child.next('ok')
      // Whoever comes when it is gone, one of them has the place.
      await first.child.kill()
      const rivals = [begin(program, url), begin(program, url)]
      const outcomes = await Promise.allSettled(rivals.map(({ loaded }) => loaded))
      expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected'])
      const winner = rivals[outcomes.findIndex(({ status }) => status === 'fulfilled')]!
      const loser = rivals.find(rival => rival !== winner)!
      expect(loser.end.slice(0, 2)).to.deep.equal(['refused', 'fatal'])
      expect([...first.wrong, ...winner.opening.complaints(first.model)]).to.deep.equal([])
      await winner.stop()
    })
  })
})

const prefixed = ({ url, prefix }: MariadbPlace): string => withParameter(url, 'prefix', prefix)
