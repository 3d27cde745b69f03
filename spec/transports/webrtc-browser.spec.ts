/** WebRTC in a real browser: Chromium's own peer connections against a server in Node. */
import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type BuildResult, build } from 'esbuild'
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import type { Browser, Page } from 'playwright-core'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { webrtc } from '../../transports/webrtc.ts'
import { launch, requireChromium } from '../support/chromium.ts'
import { eventually, LIMITS } from './recorder.ts'
import { webrtcBenches } from './webrtc-bench.ts'
import { Player } from './webrtc-model.ts'
import type { page as PageApi } from './webrtc-page.ts'

declare const page: typeof PageApi

describe('webrtc in a browser', function () {
  this.timeout(60_000)
  const { opened } = webrtcBenches()
  let bundle: BuildResult<{ write: false; metafile: true }>
  let browser: Browser
  let app: HttpServer
  let tab: Page

  before(async function () {
    bundle = await build({
      entryPoints: [fileURLToPath(new URL('webrtc-page.ts', import.meta.url))],
      bundle: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      conditions: ['browser', 'fieldcast-source'],
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    const path = requireChromium(this)
    browser = await launch(path)
    app = createHttpServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><meta charset="utf-8"><title>a page</title>')
    })
    app.listen(0, '127.0.0.1')
    await once(app, 'listening')
  })
  after(async () => {
    await browser?.close()
    app?.closeAllConnections()
    app?.close()
  })

  beforeEach(async () => {
    tab = await browser.newPage()
    await tab.goto(`http://localhost:${(app.address() as AddressInfo).port}`)
    await tab.addScriptTag({ content: bundle.outputFiles[0]!.text })
  })
  afterEach(async () => {
    await tab.close()
  })

  const dial = (url: string, timeout?: number): Promise<string> =>
    tab.evaluate(([url, timeout]) => page.dial(url, timeout), [url, timeout] as const)
  const heardIn = (count: number): Promise<unknown> =>
    tab.waitForFunction(count => page.heard().frames.length >= count, count, { polling: 10 })
  const endIn = async (): Promise<unknown> => {
    await tab.waitForFunction(() => page.heard().end, undefined, { polling: 10 })
    return tab.evaluate(() => page.heard().end)
  }

  it('is bundled without anything of Node, and without the server', () => {
    const files = Object.keys(bundle.metafile.inputs)
    expect(files.filter(file => /^node:|node_modules\/(ws|node-datachannel)\//.test(file))).to.deep.equal([])
    expect(
      files.filter(file => /transports\/webrtc(\.ts|\/(native|signalling|attach|offer))/.test(file)),
    ).to.deep.equal([])
    expect(files.some(file => file.endsWith('webrtc/platform-browser.ts'))).to.equal(true)
    expect(bundle.outputFiles[0]!.text).to.not.match(/["']node:/)
  })

  it('carries frames of every length both ways, in order', async () => {
    const bench = await opened()
    expect(await dial(bench.url)).to.equal('open')
    const server = await bench.arrival(0)
    const lengths = [0, 1, 100, 16_384, 16_385, 65_536, 300_000, LIMITS.maxFrame, 5]
    await tab.evaluate(lengths => {
      for (const length of lengths) page.send(length, length & 255)
    }, lengths)
    for (const length of lengths) server.channel.send(new Frame(new Uint8Array(length).fill(length & 255)))
    await Promise.all([server.has(lengths.length), heardIn(lengths.length)])
    const digests = lengths.map(length => (length === 0 ? [0, -1, -1] : [length, length & 255, length & 255]))
    expect(await tab.evaluate(() => page.heard().frames)).to.deep.equal(digests)
    expect(server.frames.map(bytes => [bytes.length, bytes[0] ?? -1, bytes.at(-1) ?? -1])).to.deep.equal(digests)
    await tab.waitForFunction(() => page.buffered() === 0, undefined, { polling: 10 })
  })

  it('takes more than a browser would keep by itself', async () => {
    const bench = await opened()
    await dial(bench.url)
    const server = await bench.arrival(0)
    const buffered = await tab.evaluate(size => {
      for (let i = 0; i < 24; i++) page.send(size, i)
      return page.buffered()
    }, LIMITS.maxFrame)
    expect(buffered).to.be.greaterThan(20 * LIMITS.maxFrame)
    await server.has(24)
    expect(server.frames.map(bytes => bytes[0])).to.deep.equal(Array.from({ length: 24 }, (_, index) => index))
  })

  it('carries datagrams both ways', async () => {
    const bench = await opened()
    await dial(bench.url)
    const server = await bench.arrival(0)
    for (const length of [0, 1, server.channel.datagrams!.maxSize]) {
      while (!server.datagrams.some(bytes => bytes.length === length))
        await tab.evaluate(length => page.datagram(length, 7), length)
      while (!(await tab.evaluate(length => page.heard().datagrams.some(([found]) => found === length), length)))
        server.channel.datagrams!.send(new Frame(new Uint8Array(length)))
    }
    await tab.evaluate(() => page.datagram(page.maxDatagram() + 1, 8))
    await tab.evaluate(() => page.send(1, 1))
    await server.has(1)
    expect(server.datagrams.every(([value]) => value !== 8)).to.equal(true)
  })

  it('closes politely from either side, with code and text', async () => {
    const bench = await opened()
    await dial(bench.url)
    const first = await bench.arrival(0)
    await tab.evaluate(() => {
      page.send(1, 1)
      page.close(1, 'tschüß 🐟')
      page.send(1, 2)
    })
    await first.ended()
    expect(first.frames).to.deep.equal([Uint8Array.of(1)])
    expect(first.ends).to.deep.equal([{ code: 1, text: 'tschüß 🐟' }])
    expect(await endIn()).to.deep.equal({ code: 1, text: 'tschüß 🐟' })

    await dial(bench.url)
    const second = await bench.arrival(1)
    second.channel.close(CloseReason.kicked, 'out')
    expect(await endIn()).to.deep.equal({ code: CloseReason.kicked, text: 'out' })
    await second.ended()
    expect(second.ends).to.deep.equal([{ code: CloseReason.kicked, text: 'out' }])
  })

  it('sees an abrupt end at once on the other side, whoever makes it', async () => {
    const bench = await opened()
    await dial(bench.url)
    await tab.evaluate(() => page.abort())
    const first = await bench.arrival(0)
    await first.ended()
    expect(first.ends).to.deep.equal([{ code: undefined, text: '' }])

    await dial(bench.url)
    ;(await bench.arrival(1)).channel.abort()
    expect(await endIn()).to.deep.equal({ code: undefined, text: '' })

    await dial(bench.url)
    const third = await bench.arrival(2)
    await tab.goto('about:blank')
    await third.ended()
    expect(third.ends).to.deep.equal([{ code: undefined, text: '' }])
  })

  it('ends a frame that is too long with too-large on both sides', async () => {
    const bench = await opened()
    await dial(bench.url)
    const server = await bench.arrival(0)
    await tab.evaluate(length => page.send(length, 1), LIMITS.maxFrame + 1)
    await server.ended()
    expect(server.ends.map(({ code }) => code)).to.deep.equal([CloseReason['too-large']])
    expect(await endIn()).to.include({ code: CloseReason['too-large'] })
  })

  it('says that it cannot connect, and why as far as a page may know', async () => {
    const full = await opened({ maxConnections: 0 })
    expect(await dial(full.url)).to.include('HTTP 503: The server takes no further connection.')
    const foreign = await opened({ origins: ['https://game.example'] })
    expect(await dial(foreign.url)).to.match(/ConnectionFailed: Cannot connect to webrtc:.*does it admit this page\?/)
    await full.listener.close()
    expect(await dial(full.url)).to.include('Does the server run')
    expect(await dial('http://localhost')).to.include('webrtc://host:port')
  })

  it('comes by the very server that the page came from', async () => {
    const bench = await opened({ server: app })
    expect(await dial(bench.url)).to.equal('open')
    await bench.arrival(0)
  })

  it('plays a game with a client in Node', async () => {
    const server = createServer({ classes: [Player], avatar: Player, tickRate: 0, transports: [webrtc({ port: 0 })] })
    const [url = ''] = await server.start()
    try {
      const client = await connect(url, { classes: [Player] })
      client.avatar.send.say('from Node')
      client.avatar.send.walk(20)
      const story = await tab.evaluate(url => page.play(url), url)
      expect(story).to.deep.equal({ own: ['from the page'], others: [['from Node']] })
      await eventually(() => server.clients.size === 1)
      expect([...client.objects].length).to.be.at.least(1)
      client.close()
      await eventually(() => server.clients.size === 0)
    } finally {
      await server.stop()
    }
  })
})
