/** WebSocket on an http server that serves other things too. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { RawClient, upgradeRequest } from './raw-client.ts'
import { websocketBenches } from './websocket-bench.ts'

describe('websocket', () => {
  const { opened, closeAll } = websocketBenches()

  // A describe of its own, so that the app is closed before what is left open is counted.
  describe('attached to a server of the app', () => {
    let app: Server
    let port: number

    beforeEach(async () => {
      app = createServer((request, response) => response.end(`app ${request.url}`))
      app.listen(0)
      await once(app, 'listening')
      port = (app.address() as AddressInfo).port
    })
    afterEach(async () => {
      await closeAll()
      app.closeAllConnections()
      app.close()
      await once(app, 'close')
    })

    it('serves the game beside the app’s routes', async () => {
      const bench = await opened({ server: app, path: '/game' })
      expect(bench.url).to.equal(`ws://localhost:${port}/game`)
      const { client, server } = await bench.pair()
      client.send(1)
      await server.has(1)
      expect(await (await fetch(`http://localhost:${port}/route`)).text()).to.equal('app /route')
    })

    it('leaves other paths to the app’s own upgrade handler', async () => {
      const bench = await opened({ server: app, path: '/game' })
      app.on('upgrade', (request, socket) => {
        if (request.url === '/app') socket.end('HTTP/1.1 200 Mine\r\nConnection: close\r\n\r\n')
      })
      const raw = await RawClient.open(port, upgradeRequest('/app'))
      expect(await raw.wholeAnswer()).to.match(/^HTTP\/1\.1 200 Mine/)
      await bench.pair()
    })

    it('answers 404 to a path that nobody else can know, also where two games are attached', async () => {
      const a = await opened({ server: app, path: '/a' })
      const b = await opened({ server: app, path: '/b' })
      await a.pair()
      await b.pair()
      expect([a.servers.length, b.servers.length]).to.deep.equal([1, 1])
      const raw = await RawClient.open(port, upgradeRequest('/c'))
      expect((await raw.wholeAnswer()).match(/HTTP\/1\.1 \d+/g)).to.deep.equal(['HTTP/1.1 404'])
    })

    it('leaves the app running, without a listener of its own, when it closes', async () => {
      const listeners = app.listenerCount('upgrade')
      const bench = await opened({ server: app })
      const { client } = await bench.pair()
      await bench.listener.close()
      await client.ended()
      expect(app.listening).to.equal(true)
      expect(app.listenerCount('upgrade')).to.equal(listeners)
      expect(await (await fetch(`http://localhost:${port}/`)).text()).to.equal('app /')
    })

    it('does not wait for a server that listens later', async () => {
      const later = createServer()
      const bench = await opened({ server: later })
      later.listen(0)
      await once(later, 'listening')
      bench.url = `ws://localhost:${(later.address() as AddressInfo).port}`
      await bench.pair()
      await bench.listener.close()
      later.close()
      await once(later, 'close')
    })
  })
})
