/** The client half of WebRTC: how a connection fails to come about; and that a process ends when its connections have. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { UsageError } from '../../lib/base/errors.ts'
import { webrtcDialer } from '../../transports/webrtc.ts'
import { Program, stopAll } from '../support/process.ts'
import { ManualClock } from './manual-clock.ts'
import { eventually, LIMITS } from './recorder.ts'
import { anOffer, post, webrtcBenches } from './webrtc-bench.ts'
import { failure, never } from './websocket-bench.ts'

describe('dialing WebRTC', () => {
  const { opened } = webrtcBenches()

  /** The url of an http server that gives this answer. */
  async function answering(status: number, text: string, use: (url: string) => Promise<void>): Promise<void> {
    const server = createHttpServer((_request, response) => response.writeHead(status).end(text))
    server.listen(0)
    await once(server, 'listening')
    await use(`webrtc://localhost:${(server.address() as AddressInfo).port}`)
    server.close()
    await once(server, 'close')
  }

  it('says that nobody listens, naming the url', async () => {
    const bench = await opened()
    await bench.listener.close()
    const error = await failure(bench.dial())
    expect(error.message).to.equal(`Cannot connect to ${bench.url}: nobody listens there (ECONNREFUSED).`)
    expect(error.cause).to.be.instanceOf(Error)
  })

  it('has its schemes', () => {
    expect(webrtcDialer().schemes).to.deep.equal(['webrtc', 'webrtcs'])
  })

  for (const url of ['http://localhost:1', 'localhost:7203', 'webrtc://', 'webrtc://a b', 'webrtc:localhost', ''])
    it(`refuses ${JSON.stringify(url)}`, async () => {
      const error = await failure(webrtcDialer().dial(url, never, LIMITS))
      expect(error.message).to.include(`Cannot connect to ${url}: a WebRTC url is written webrtc://host:port`)
    })

  it('says what the server answered, but for a page of html', async () => {
    await answering(418, 'a teapot\nof many lines', async url => {
      const error = await failure(webrtcDialer().dial(url, never, LIMITS))
      expect(error.message).to.equal(`Cannot connect to ${url}: the server answered HTTP 418: a teapot`)
    })
    await answering(200, '<!doctype html><title>a page</title>', async url => {
      const error = await failure(webrtcDialer().dial(url, never, LIMITS))
      expect(error.message).to.equal(`Cannot connect to ${url}: the server answered HTTP 200.`)
    })
  })

  for (const [what, text] of [
    ['no SDP', 'junk'],
    ['nothing', ''],
    ['a megabyte', 'x'.repeat(1 << 20)],
    ['an offer', anOffer()],
  ] as const)
    it(`survives an answer that is ${what}`, async () => {
      await answering(201, text, async url => {
        const clock = new ManualClock()
        const dialing = failure(webrtcDialer({ clock, timeout: 3000 }).dial(url, never, LIMITS))
        let isOver = false
        dialing.then(() => (isOver = true))
        // Some are refused at once, others lead nowhere.
        for (let i = 0; i < 200 && !isOver; i++) await new Promise(resolve => setImmediate(resolve))
        await clock.advance(3000)
        expect((await dialing).message).to.include(`Cannot connect to ${url}: `)
        expect(clock.waiting).to.equal(0)
      })
    })

  it('gives up on a server that does not answer, and leaves no socket', async () => {
    const silent = createTcpServer()
    const sockets: Socket[] = []
    silent.on('connection', socket => sockets.push(socket))
    silent.listen(0)
    await once(silent, 'listening')
    const clock = new ManualClock()
    const url = `webrtc://localhost:${(silent.address() as AddressInfo).port}`
    const dialing = failure(webrtcDialer({ clock, timeout: 3000 }).dial(url, never, LIMITS))
    await eventually(() => sockets.length === 1)
    await clock.advance(3000)
    expect((await dialing).message).to.equal(`Cannot connect to ${url}: no answer within 3000 ms.`)
    expect(clock.waiting).to.equal(0)
    for (const socket of sockets) socket.resume()
    silent.close()
    await once(silent, 'close')
  })

  it('says so where the answer came and no packet does', async () => {
    const bench = await opened({ host: '127.0.0.1' })
    const answer = await (await post(bench, anOffer())).text()
    // It takes packets and gives none.
    const silent = createSocket('udp4')
    silent.bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const elsewhere = answer.replace(/^(a=candidate:(?:\S+ ){5})\d+/gm, `$1${silent.address().port}`)
    const clock = new ManualClock()
    await answering(201, elsewhere, async url => {
      const dialing = failure(webrtcDialer({ clock, timeout: 3000 }).dial(url, never, LIMITS))
      await once(silent, 'message')
      await clock.advance(3000)
      expect((await dialing).message).to.equal(
        `Cannot connect to ${url}: the server answered, but its UDP packets did not come through within 3000 ms.`,
      )
    })
    silent.close()
    await once(silent, 'close')
  })

  it('passes on what accept throws, and ends the connection', async () => {
    const bench = await opened()
    const mistake = new Error('mine')
    const error = await bench.dialer
      .dial(
        bench.url,
        () => {
          throw mistake
        },
        LIMITS,
      )
      .catch((reason: unknown) => reason)
    expect(error).to.equal(mistake)
    await bench.pair()
    // The first may have been gone before the server knew of it.
    await Promise.all(bench.servers.slice(0, -1).map(server => server.ended()))
  })

  it('refuses a server for addresses that is none', async () => {
    const error = await failure(
      webrtcDialer({ iceServers: [{ urls: 'nonsense' }] }).dial('webrtc://a:1', never, LIMITS),
    )
    expect(error.message).to.include('stun:host:port')
    expect(error.cause).to.be.instanceOf(UsageError)
  })
})

describe('a process with WebRTC', () => {
  afterEach(stopAll)

  const run = (script: string, ...options: string[]): Program =>
    new Program([
      '--conditions=fieldcast-source',
      '--import=./dist/decorators/transformer/shells/register.js',
      ...options,
      '--input-type=module',
      '--eval',
      script,
    ])
  const game = `
    import { webrtc, webrtcDialer } from 'fieldcast/transports/webrtc'
    const receiver = { frame() {}, end() { console.log('ended') } }
    const listener = webrtc({ port: 0 })
    let arrivals = 0, whenThere
    const there = new Promise(resolve => (whenThere = resolve))
    const url = await listener.listen(() => (++arrivals === 3 && whenThere(), receiver), { maxFrame: 1000 })
    let channel
    for (let i = 0; i < 3; i++)
      await webrtcDialer().dial(url, opened => ((channel = opened), receiver), { maxFrame: 1000 })
    await there
    console.log('open')`

  it('ends by itself when its listener and its connections have', async () => {
    const program = run(`${game}\nchannel.abort(); await listener.close(); console.log('closed')`)
    expect(await program.ended).to.equal(0)
    expect(program.lines.filter(line => line === 'ended').length).to.equal(6)
    expect(program.lines).to.include('closed')
  })

  it('ends at once when it is told to, whatever is open', async () => {
    const program = run(`${game}\nprocess.exit(7)`)
    expect(await program.ended).to.equal(7)
  })

  it('says how to get the package where it is missing', async () => {
    const hook = `export const resolve = (name, context, next) => {
      if (name === 'node-datachannel') throw Object.assign(new Error('gone'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    }`
    const program = run(`
      import { register } from 'node:module'
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
      const { webrtc, webrtcDialer } = await import('fieldcast/transports/webrtc')
      const limits = { maxFrame: 1000 }
      for (const attempt of [webrtc({ port: 0 }).listen(() => null, limits), webrtcDialer().dial('webrtc://localhost:1', () => null, limits)])
        await attempt.catch(error => console.log(error.name + ': ' + error.message))`)
    expect(await program.ended).to.equal(0)
    const advice = "WebRTC in Node needs the package 'node-datachannel': run `npm install node-datachannel`."
    expect(program.lines).to.deep.equal([
      `UsageError: ${advice}`,
      `ConnectionFailed: Cannot connect to webrtc://localhost:1: ${advice}`,
    ])
  })
})
