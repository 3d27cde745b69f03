/** `fieldcast store`, on objects that their store can read and no server: somebody has broken their fields. The embedded store does not read such either. */
import { expect } from 'chai'
import type { StoredRow } from '../../lib/stores/store.ts'
import { idOf, row } from '../../lib/stores/suite/bench.ts'
import { Desk, everyUrl, type UrlPlace } from './command-places.ts'

const account = 'fieldcast:account'
const rows: readonly StoredRow[] = [
  row(1),
  row(2, { fields: '{"setName":["ann"],' }),
  row(3, { fields: '[1]' }),
  row(4, { class: account, fields: '{"password":["$scrypt$s3cret"],' }),
]
const broken = [2, 3, 4]

for (const places of everyUrl().filter(({ kind }) => kind !== 'lmdb'))
  describe(`fieldcast store, broken fields in ${places.kind}`, function () {
    this.timeout(60_000)
    let desk: Desk
    let place: UrlPlace
    before(async function () {
      await places.start(this)
    })
    after(() => places.end())
    beforeEach(async () => {
      desk = new Desk()
      place = places.next()
      await desk.fill(place.url, rows)
    })
    afterEach(async () => {
      desk.remove()
      await place.remove()
    })

    it('are named by inspect, which quotes no account', async () => {
      const all = await desk.run('inspect', place.url)
      expect(all.code).to.equal(1)
      expect(all.out)
        .to.match(/: 4 objects\.$/m)
        .and.include('3 objects cannot be read:')
      for (const n of broken) expect(all.out).to.match(new RegExp(`^  ${idOf(n)}  its fields are no JSON object`, 'm'))
      const one = await desk.run('inspect', place.url, idOf(2))
      expect(one.code).to.equal(1)
      expect(one.out).to.include('cannot be read').and.include('{"setName"')
      const players = await desk.run('inspect', place.url, 'Player')
      expect(players.code).to.equal(1)
      expect(players.out).to.match(new RegExp(`^${idOf(2)} .*cannot be read`, 'm'))
      const accounts = await desk.run('inspect', place.url, account)
      expect(accounts.code).to.equal(1)
      for (const { out, err } of [all, accounts, await desk.run('inspect', place.url, idOf(4))])
        expect(out + err).to.not.include('s3cret')
    })

    it('are named by export and by copy, which carry them to the letter', async () => {
      const dump = await desk.run('export', place.url, 'dump.jsonl')
      expect(dump.code).to.equal(1)
      expect(dump.err)
        .to.include('4 objects exported')
        .and.include('3 objects, named above, cannot be read by a server: they were exported to the letter.')
      const other = places.next()
      try {
        const copied = await desk.run('copy', place.url, other.url)
        expect(copied.code).to.equal(1)
        expect(copied.out).to.include(': 4 new,')
        expect(copied.err).to.include('they were copied to the letter.')
        for (const n of broken)
          for (const { err } of [dump, copied])
            expect(err).to.match(new RegExp(`^${idOf(n)}: its fields are no JSON object`, 'm'))
        expect(dump.err + copied.err).to.not.include('s3cret')
        expect(await desk.rows(other.url)).to.deep.equal(await desk.rows(place.url))
      } finally {
        await other.remove()
      }
      const again = places.next()
      try {
        expect((await desk.run('import', again.url, 'dump.jsonl')).code).to.equal(0)
        expect(await desk.rows(again.url)).to.deep.equal(await desk.rows(place.url))
      } finally {
        await again.remove()
      }
    })
  })
