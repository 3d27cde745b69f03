/** The sample of ten lines: a database of two accounts. */
import { expect } from 'chai'
import { Rejected } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import { storeByUrl } from '../../lib/stores/by-url.ts'
import type { Store } from '../../lib/stores/store.ts'
import { dummyLogin } from '../../samples/dummy-login.ts'
import { failureOf, next, record } from '../support/outcome.ts'
import { everyUrl, type UrlPlace, type UrlPlaces } from './command-places.ts'
import { Hero } from './game.ts'

const memory: UrlPlaces = {
  kind: 'memory',
  start: async () => {},
  next: () => ({ url: 'memory:', remove() {} }),
  end: async () => {},
}

for (const places of [memory, ...everyUrl()])
  describe(`samples/dummy-login, with ${places.kind}`, () => {
    const clients: Client<Hero>[] = []
    let place: UrlPlace
    let store: Store
    let server: Server
    let url: string

    async function start(): Promise<void> {
      const transports = [websocket({ port: 0, host: '127.0.0.1' })]
      server = createServer({ classes: [Hero], avatar: Hero, login: dummyLogin, store, transports, tickRate: 0 })
      url = (await server.start())[0]!
    }

    async function stop(): Promise<void> {
      for (const client of clients.splice(0)) client.close()
      await server.stop()
    }

    async function join(login: unknown): Promise<Client<Hero>> {
      const client = await connect<Hero>(url, { classes: [Hero], avatar: Hero, login })
      clients.push(client)
      return client
    }

    const avatarOf = (client: Client<Hero>): Hero => server.clients.get(client.id)!.avatar as Hero

    before(async function () {
      await places.start(this)
    })
    after(() => places.end())
    beforeEach(async () => {
      place = places.next()
      store = storeByUrl(place.url)
      await start()
    })
    afterEach(async () => {
      await stop()
      await place.remove()
    })

    it('LP23 (seed) Dummy database: login/password and login2/password2 give two different fixed ids; other credentials are kicked with invalid-login.', async () => {
      const one = { name: 'login', password: 'password' }
      const two = { name: 'login2', password: 'password2' }
      for (let run = 1; run <= 2; run++) {
        const [a, b] = [await join(one), await join(two)]
        expect([a, b].map(client => server.clients.get(client.id)!.account)).to.deep.equal([12345, 23456])
        expect([a, b].map(client => avatarOf(client).storedId)).to.deep.equal([
          '000000000000000000003039',
          '000000000000000000005ba0',
        ])
        // What the first run has set is there in the second.
        expect(a.avatar!.name).to.equal(run === 1 ? '' : 'ann')
        if (run === 1) {
          const heard = next(a, 'vetoed')
          a.avatar!.send.setName('ann')
          a.avatar!.send.setName('admin')
          await heard
        }

        const closes = record(server, 'close')
        const others: unknown[] = [
          { name: 'login', password: 'password2' },
          { name: 'login2', password: 'password' },
          { name: 'login', password: '' },
          { name: 'login' },
          { name: ['login'], password: 'password3' },
          'login password',
          [],
          null,
          undefined,
        ]
        for (const other of others) await failureOf(join(other), Rejected)
        expect(closes.map(({ reason }) => reason)).to.deep.equal(others.map(() => 'invalid-login'))
        expect(server.clients.size).to.equal(2)
        if (run === 1) {
          await stop()
          await start()
        }
      }
    })
  })
