/** `--network`: the samples, played as if by a worse network. */
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import type {} from '../../samples/arena/client/debug.ts'
import { launch, requireChromium } from '../support/chromium.ts'
import { start, stopAll } from '../support/process.ts'
import { Arena } from './arena-process.ts'
import { Home } from './home.ts'

const names = 'lan, broadband, wifi, bad-wifi, 4g, 3g, satellite, train'

describe('--network', function () {
  this.timeout(60_000)
  const home = new Home()
  const arenas: Arena[] = []

  beforeEach(() => home.enter())
  afterEach(async () => {
    for (const arena of arenas.splice(0)) await arena.signal('SIGKILL')
    await stopAll()
    await home.leave()
  })

  it('is refused by the arena where nobody knows the name, with those that there are', async () => {
    expect(await Arena.fail('--network', 'wlan')).to.deep.equal({
      code: 1,
      errors: `There is no network 'wlan'. There are ${names}.`,
    })
  })

  it('is refused by the chat in the same way', async () => {
    const chat = start('samples/chat/server.ts', '0', '--store', 'memory:', '--network', 'toString')
    await chat.line(/^There is no network 'toString'\. There are lan, .*, train\.$/)
    expect(await chat.ended).to.equal(1)
  })

  it('stands in the help of both', async () => {
    const chat = start('samples/chat/server.ts', '--help')
    await chat.line(new RegExp(`--network N .*: ${names} `))
    expect(await chat.ended).to.equal(0)
    const arena = start('samples/arena/main.ts', '--help')
    await arena.line(new RegExp(`--network N .*: ${names} `))
    expect(await arena.ended).to.equal(0)
  })

  it('lets two terminals talk by satellite', async () => {
    const server = start('samples/chat/server.ts', '0', '--store', 'memory:', '--network', 'satellite')
    const [, port] = await server.line(/http:\/\/localhost:(\d+)/)
    const [ann, bob] = ['ann', 'bob'].map(name => start('samples/chat/client.ts', name, `ws://localhost:${port}`))
    for (const [name, client] of Object.entries({ ann: ann!, bob: bob! }))
      await client.line(new RegExp(`^You are now ${name}\\.$`))
    const sent = performance.now()
    ann!.write('hello from afar')
    await bob!.line(/^ann: hello from afar$/)
    expect(performance.now() - sent).to.be.at.least(570)
  })

  describe('in a browser', () => {
    let browser: Browser
    const problems: string[] = []

    before(async function () {
      browser = await launch(requireChromium(this))
    })
    after(() => browser?.close())
    afterEach(async () => {
      for (const context of browser?.contexts() ?? []) await context.close()
      expect(problems.splice(0)).to.deep.equal([])
    })

    async function open(url: string): Promise<Page> {
      const page = await (await browser.newContext({ viewport: { width: 1000, height: 700 } })).newPage()
      page.on('pageerror', error => problems.push(error.message))
      await page.goto(url)
      return page
    }

    it('is named by the arena’s page, and felt', async () => {
      const arena = await Arena.start('--store', 'memory:', '--port', '0', '--network', '3g')
      arenas.push(arena)
      expect(arena.lines).to.include("Players play as if by the network '3g'.")
      const page = await open(`${arena.url}/?name=ann`)
      await page.getByText('Simulated network: 3g').waitFor()
      await page.waitForFunction(() => window.arena.latency > 240)
    })

    it('is named by the page of the chat', async () => {
      const server = start('samples/chat/server.ts', '0', '--store', 'memory:', '--network', 'wifi')
      const [, port] = await server.line(/http:\/\/localhost:(\d+)/)
      const page = await open(`http://localhost:${port}`)
      await page.getByText('Simulated network: wifi').waitFor()
    })

    it('is no line on a page without one', async () => {
      const arena = await Arena.start('--store', 'memory:', '--port', '0')
      arenas.push(arena)
      const page = await open(`${arena.url}/?name=ann`)
      await page.waitForFunction(() => window.arena.phase === 'playing')
      expect(await page.locator('#motd').isVisible()).to.equal(false)
    })
  })
})
