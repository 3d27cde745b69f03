/** Accounts on every store: one name is given once, whoever asks. */
import { expect } from 'chai'
import { Reject } from 'fieldcast/server'
import { type Accounts, accounts } from '../../lib/stores/accounts.ts'
import { storeByUrl } from '../../lib/stores/by-url.ts'
import type { Store } from '../../lib/stores/store.ts'
import { failureOf } from '../support/outcome.ts'
import { everyUrl, type UrlPlace } from './command-places.ts'

const from = { address: '192.0.2.1' }

for (const places of everyUrl())
  describe(`accounts, with ${places.kind}`, () => {
    let place: UrlPlace
    const stores: Store[] = []

    /** Accounts as one more server has them; where one server may have the data, as that has them. */
    async function server(): Promise<Accounts> {
      const [first] = stores
      if (first && !first.capabilities.shared) return accounts(first, { scrypt: { N: 2, r: 1, p: 1 } })
      const store = storeByUrl(place.url)
      await store.open()
      stores.push(store)
      return accounts(store, { scrypt: { N: 2, r: 1, p: 1 } })
    }

    before(async function () {
      await places.start(this)
    })
    after(() => places.end())
    beforeEach(() => {
      place = places.next()
    })
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close()
      await place.remove()
    })

    it('are the same on all servers, and after a restart', async () => {
      const [one, other] = [await server(), await server()]
      const made = await one.register('Ann', 'correct horse', { text: 'äß 語 🐟 \u0000' })
      expect(await other.get('ann')).to.deep.equal(made)
      expect((await other.login({ name: 'ann', password: 'correct horse' }, from)).id).to.equal(made.id)
      expect(await other.setPassword('ann', 'battery staple')).to.equal(true)
      for (const store of stores.splice(0)) await store.close()
      const third = await server()
      const account = await third.login({ name: 'ann', password: 'battery staple' }, from)
      expect(account).to.deep.equal({ id: made.id, avatar: made.avatar, data: { ...made.data, name: 'Ann' } })
    })

    it('are made once for a name that many ask for at once, again and again', async () => {
      const servers = [await server(), await server(), await server()]
      let before = ''
      for (let round = 0; round < 5; round++) {
        const asked = await Promise.allSettled(
          [...servers, ...servers].map(each => each.register('ann', 'correct horse')),
        )
        const made = asked.filter(each => each.status === 'fulfilled').map(({ value }) => value.id)
        expect(made).to.have.length(1)
        for (const each of asked)
          if (each.status === 'rejected') expect(each.reason).to.include({ reason: 'name-taken' })
        for (const each of servers) expect((await each.get('ann'))!.id).to.equal(made[0])
        expect(made[0]).to.not.equal(before)
        before = made[0]!
        const gone = await Promise.all(servers.map(each => each.remove('ann')))
        expect(gone.filter(Boolean)).to.have.length(1)
        const credentials = { name: 'ann', password: 'correct horse' }
        expect((await failureOf(servers[2]!.login(credentials, from), Reject)).reason).to.equal('invalid-login')
      }
    })
  })
