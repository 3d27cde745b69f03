/** What a browser tells a WebSocket server when its page goes: docs/resume.md rests on it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { CloseReason } from '../../lib/protocol/close.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { launch, requireChromium } from '../support/chromium.ts'
import { Bench } from './recorder.ts'

describe('A page that goes', function () {
  this.timeout(60_000)
  let browser: Browser
  const http = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>a game'))
  const bench = new Bench(websocket({ server: http, path: '/game' }), websocketDialer())

  before(async function () {
    browser = await launch(requireChromium(this))
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
    await bench.listen()
  })
  after(async () => {
    await browser?.close()
    await bench.listener.close()
    http.closeAllConnections()
    await new Promise<void>(resolve => http.close(() => resolve()))
  })

  for (const [what, go] of [
    ['closed', 'close'],
    ['reloaded', 'reload'],
  ] as const)
    it(`because it is ${what} is heard as left, not as lost`, async () => {
      const page = await browser.newPage()
      const number = bench.servers.length
      await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`)
      await page.evaluate(
        () => new Promise(resolve => void (new WebSocket(`ws://${location.host}/game`).onopen = resolve)),
      )
      const server = await bench.arrival(number)
      await page[go]()
      await server.ended()
      expect(server.ends.map(({ code }) => code)).to.deep.equal([CloseReason.left])
      await page.close()
    })
})
