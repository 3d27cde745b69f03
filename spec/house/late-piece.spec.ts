/** What a page loads while it dials, in a real browser: it may come after the server has spoken, or never. */
import { createServer as createHttp } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { NetworkObject, networkClass, Registry } from 'fieldcast'
import { createServer, type Server } from 'fieldcast/server'
import { websocket } from 'fieldcast/transports/websocket'
import type { Browser, Page, Route } from 'playwright-core'
import { bundleOf } from '../../bench/local/client-bundle.ts'
import { launch, requireChromium } from '../support/chromium.ts'

@networkClass(1, { registry: new Registry() })
class Stone extends NetworkObject {}

describe('A page whose connection opens before all of the client is loaded', function () {
  this.timeout(60_000)
  let browser: Browser
  let server: Server
  let url: string
  let page: Page
  const files = new Map<string, Uint8Array>()
  const http = createHttp((request, response) => {
    const file = files.get(request.url!.slice(1))
    response.setHeader('Content-Type', file ? 'text/javascript' : 'text/html').end(file ?? '<p>a game')
  })

  before(async function () {
    browser = await launch(requireChromium(this))
    const { result } = await bundleOf('fieldcast')
    for (const { path, contents } of result.outputFiles) files.set(path.split(/[\\/]/).at(-1)!, contents)
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
    server = createServer({
      classes: [Stone],
      avatar: Stone,
      transports: [websocket({ port: 0, host: '127.0.0.1', origins: '*' })],
    })
    url = (await server.start())[0]!
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
    http.closeAllConnections()
    await new Promise<void>(resolve => http.close(() => resolve()))
  })
  beforeEach(async () => {
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  })
  afterEach(() => page.close())

  /** Gives the message of an error. */
  const play = (): Promise<string> =>
    page.evaluate(async to => {
      const game = '/stdin.js'
      const { connect, networkClass, NetworkObject } = await import(game)
      class Stone extends NetworkObject {}
      networkClass(1)(Stone)
      try {
        const client = await connect(to, { classes: [Stone] })
        const found = `${client.avatar.constructor.name} ${client.connected} ${[...client.zones]}`
        client.close()
        return found
      } catch (error) {
        return `failed: ${(error as Error).message}`
      }
    }, url)

  /** Resolves when the server's first words have reached the page. */
  const greeted = (): Promise<unknown> =>
    new Promise(resolve => page.once('websocket', socket => socket.once('framereceived', resolve)))

  it('plays as soon as that has come', async () => {
    const hello = greeted()
    let isHeld = false
    await page.route('**/beside-*.js', async (route: Route) => {
      isHeld = true
      await hello
      await route.continue()
    })
    expect(await play()).to.match(/^\w+ true 0$/)
    expect(isHeld).to.equal(true)
  })

  it('is told where it cannot come, and leaves no connection behind', async () => {
    const hello = greeted()
    await page.route('**/beside-*.js', async (route: Route) => {
      await hello
      await route.abort()
    })
    const closed = new Promise(resolve => page.once('websocket', socket => socket.once('close', resolve)))
    expect(await play()).to.match(/^failed: .*beside/)
    await closed
    expect([...server.clients]).to.deep.equal([])
  })
})
