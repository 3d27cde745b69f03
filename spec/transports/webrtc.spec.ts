/** WebRTC, from this process to this process: what it adds to the contract. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { UsageError } from '../../lib/base/errors.ts'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { webrtc, webrtcDialer } from '../../transports/webrtc.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { selfSigned } from './certificate.ts'
import { ManualClock } from './manual-clock.ts'
import { Bench, eventually, LIMITS } from './recorder.ts'
import { transportSuite } from './suite.ts'
import { anOffer, post, RawPeer, webrtcBenches } from './webrtc-bench.ts'
import { failure, never } from './websocket-bench.ts'

/** UDP ports for the suite, below those that systems give away. */
let nextPort = 21_000 + (process.pid % 5000)

describe('webrtc', () => {
  const { opened, closeAll } = webrtcBenches()

  transportSuite(
    'webrtc',
    () => ({ listener: webrtc({ port: 0, maxPendingPerAddress: 256 }), dialer: webrtcDialer() }),
    { datagrams: true },
  )
  transportSuite(
    'webrtc over one UDP port',
    () => {
      const port = nextPort++
      const listener = webrtc({ port: 0, maxPendingPerAddress: 256, portRange: [port, port] })
      return { listener, dialer: webrtcDialer() }
    },
    { datagrams: true },
  )

  describe('the server of its own', () => {
    it('names the url with its real port, host and path', async () => {
      expect((await opened()).url).to.match(/^webrtc:\/\/localhost:\d+\/fieldcast-rtc$/)
      const bench = await opened({ host: '127.0.0.1', path: '/game' })
      expect(bench.url).to.match(/^webrtc:\/\/127\.0\.0\.1:\d+\/game$/)
      await bench.pair()
    })

    it('is found by an url without the path that it has by default, and with a query', async () => {
      const bench = await opened()
      bench.url = bench.url.replace('/fieldcast-rtc', '')
      await bench.pair()
      bench.url += '/fieldcast-rtc?from=somewhere'
      await bench.pair()
    })

    it('says whence a connection comes, and that it is a network', async () => {
      const { server, client } = await (await opened({ host: '127.0.0.1' })).pair()
      expect(server.channel.address).to.equal('127.0.0.1')
      expect(server.channel.network).to.equal(true)
      expect(client.channel.address).to.equal('')
    })

    it('is reached at all addresses of the machine where it listens on all', async () => {
      await (await opened({ host: '0.0.0.0' })).pair()
    })

    it('says which port is in use, and what to do; and can listen when it is free', async () => {
      const bench = await opened()
      const port = Number(new URL(bench.url.replace('webrtc', 'http')).port)
      const second = webrtc({ port })
      const error = await failure(second.listen(() => null, LIMITS))
      expect(error.message).to.include(`port ${port} is in use`).and.to.include('webrtc({ port })')
      await bench.listener.close()
      await second.listen(() => null, LIMITS)
      await second.close()
    })

    it('answers 503 to more connections than it may have', async () => {
      const bench = await opened({ maxConnections: 2 })
      const first = await bench.pair()
      await bench.pair()
      expect((await failure(bench.dial())).message).to.include('HTTP 503: The server takes no further connection.')
      first.client.channel.close(CloseReason.normal, '')
      await first.server.ended()
      await bench.dial()
    })

    it('tells the address that it has outside beside those that it knows', async () => {
      const bench = await opened({ publicAddress: '198.51.100.7' })
      const raw = new RawPeer()
      const answer = await (await post(bench, raw.offer())).text()
      const [own, outside] = answer.match(/^a=candidate:.*$/gm)!.map(line => line.split(' '))
      expect([own![4], outside![4]]).to.deep.equal(['127.0.0.1', '198.51.100.7'])
      expect(outside![5]).to.equal(own![5])
      await bench.pair()
    })

    it('believes its proxies alone where a client is', async () => {
      const bench = await opened({ trustedProxies: ['127.0.0.1', '::1'] })
      const raw = await RawPeer.connected(bench, { 'X-Forwarded-For': '203.0.113.9' })
      expect((await bench.arrival(0)).channel.address).to.equal('203.0.113.9')
      raw.close()
      const strict = await opened()
      await RawPeer.connected(strict, { 'X-Forwarded-For': '203.0.113.9' })
      expect((await strict.arrival(0)).channel.address).to.be.oneOf(['127.0.0.1', '::1'])
    })

    it('refuses options that cannot be followed', () => {
      expect(() => webrtc({ publicAddress: 'game.example' })).to.throw(UsageError, 'an IP address')
      expect(() => webrtc({ path: 'game' })).to.throw(UsageError, "begins with '/'")
      expect(() => webrtc({ server: createServer(), tls: {} })).to.throw(UsageError, 'https server')
      expect(() => webrtc({ portRange: [2, 1] })).to.throw(UsageError, 'the first and the last')
      expect(() => webrtc({ iceServers: [{ urls: 'http://stun' }] })).to.throw(UsageError, 'stun:host:port')
      expect(() => webrtc({ iceServers: [{ urls: 'turn:a.example' }] })).to.throw(UsageError, 'username')
      expect(() => webrtc({ origins: ['nonsense'] })).to.throw(UsageError, 'webrtc({ origins })')
    })
  })

  describe('attached to a server of the app', () => {
    let app: Server

    beforeEach(async () => {
      app = createServer((request, response) => response.end(`app ${request.url}`))
      app.listen(0)
      await once(app, 'listening')
    })
    afterEach(async () => {
      await closeAll()
      app.closeAllConnections()
      app.close()
      await once(app, 'close')
    })
    const at = (path: string): string => `http://localhost:${(app.address() as AddressInfo).port}${path}`
    const textAt = async (path: string): Promise<string> => (await fetch(at(path))).text()

    it('serves the game beside the app’s routes, also those that were added later', async () => {
      const bench = await opened({ server: app })
      expect(bench.url).to.equal(at('/fieldcast-rtc').replace('http', 'webrtc'))
      const seen: unknown[] = []
      app.on('request', request => seen.push(request.url))
      const { client, server } = await bench.pair()
      client.send(1)
      await server.has(1)
      expect(await textAt('/route')).to.equal('app /route')
      expect(seen).to.deep.equal(['/route'])
    })

    it('shares it with WebSocket', async () => {
      const bench = await opened({ server: app })
      const other = new Bench(websocket({ server: app }), websocketDialer())
      await other.listen()
      await bench.pair()
      await other.pair()
      await other.listener.close()
    })

    it('shares it with another one under another path, and with none under the same', async () => {
      const a = await opened({ server: app, path: '/a' })
      const b = await opened({ server: app, path: '/b' })
      await a.pair()
      await b.pair()
      expect([a.servers.length, b.servers.length]).to.deep.equal([1, 1])
      const error = await webrtc({ server: app, path: '/a' })
        .listen(() => null, LIMITS)
        .catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(UsageError)
      await a.listener.close()
      expect(await textAt('/a')).to.equal('app /a')
      await b.pair()
    })

    it('leaves the app as it was when it closes', async () => {
      const { emit } = app
      const bench = await opened({ server: app })
      const { client } = await bench.pair()
      await bench.listener.close()
      await client.ended()
      expect(app.listening).to.equal(true)
      expect(app.emit).to.equal(emit)
      expect(await textAt('/fieldcast-rtc')).to.equal('app /fieldcast-rtc')
    })
  })

  describe('with TLS', () => {
    const tls = selfSigned()

    it('is webrtcs:, for those who trust its certificate', async () => {
      const bench = await opened({ tls }, { tls: { ca: tls.cert } })
      expect(bench.url).to.match(/^webrtcs:\/\/localhost:\d+\/fieldcast-rtc$/)
      const { client, server } = await bench.pair()
      client.send(1)
      await server.has(1)
      const error = await failure(webrtcDialer().dial(bench.url, never, LIMITS))
      expect(error.message).to.include('certificate')
      expect((await failure(webrtcDialer().dial(bench.url.replace('webrtcs', 'webrtc'), never, LIMITS))).message).to.be
        .ok
    })

    it('is webrtcs: on an https server that one has', async () => {
      const app = createSecureServer(tls)
      app.listen(0)
      await once(app, 'listening')
      const bench = await opened({ server: app }, { tls: { ca: tls.cert } })
      expect(bench.url).to.match(/^webrtcs:/)
      await bench.pair()
      await closeAll()
      app.close()
      await once(app, 'close')
    })
  })

  describe('datagrams', () => {
    it('are lost rather than kept where the network cannot take them', async () => {
      const { client, server } = await (await opened()).pair()
      for (let i = 0; i < 16; i++) client.channel.send(new Frame(new Uint8Array(LIMITS.maxFrame)))
      for (let i = 0; i < 4000; i++) client.channel.datagrams!.send(new Frame(new Uint8Array(1000)))
      await server.has(16)
      await eventually(() => client.channel.buffered === 0)
      client.send(1)
      await server.has(17)
      expect(server.datagrams.length).to.be.lessThan(2000)
    })
  })

  describe('with a STUN server', () => {
    /** A server that tells everybody the same address, 198.51.100.7:4711; or one that says nothing. */
    async function withStun(speaks: boolean, use: (url: string) => Promise<void>): Promise<void> {
      const stun = createSocket('udp4')
      stun.on('message', (request, { port, address }) => {
        // RFC 8489: a success response with the request's id, and a MAPPED-ADDRESS.
        const answer = Buffer.alloc(32)
        answer.writeUInt16BE(0x0101)
        answer.writeUInt16BE(12, 2)
        request.copy(answer, 4, 4, 20)
        answer.set([0, 1, 0, 8, 0, 1, 4711 >> 8, 4711 & 255, 198, 51, 100, 7], 20)
        if (speaks) stun.send(answer, port, address)
      })
      stun.bind(0, '127.0.0.1')
      await once(stun, 'listening')
      await use(`stun:127.0.0.1:${stun.address().port}`)
      stun.close()
      await once(stun, 'close')
    }

    it('tells the address that that one sees', () =>
      withStun(true, async urls => {
        const bench = await opened({ iceServers: [{ urls }] })
        const answer = await (await post(bench, anOffer())).text()
        expect(answer).to.match(/^a=candidate:.* 198\.51\.100\.7 4711 typ srflx/m)
        await bench.pair()
      }))

    it('answers without it after three seconds of silence', () =>
      withStun(false, async urls => {
        const clock = new ManualClock()
        const bench = await opened({ iceServers: [{ urls }], clock })
        let isAnswered = false
        const answering = post(bench, anOffer()).then(answer => {
          isAnswered = true
          return answer.text()
        })
        await eventually(() => clock.waiting === 2)
        await clock.advance(2900)
        expect(isAnswered).to.equal(false)
        await clock.advance(100)
        expect(await answering).to.match(/ 127\.0\.0\.1 \d+ typ host/)
        await clock.advance(10_000)
      }))
  })

  describe('an end by force', () => {
    it('comes two seconds after a close that the client does not follow', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock })
      const raw = await RawPeer.connected(bench)
      const server = await bench.arrival(0)
      server.channel.close(CloseReason.kicked, 'out')
      await raw.until(() => raw.texts.length > 0)
      expect(raw.texts).to.deep.equal([`close ${CloseReason.kicked} out`])
      await clock.advance(1999)
      expect(server.ends).to.deep.equal([])
      await clock.advance(1)
      await Promise.all([server.ended(), raw.until(() => raw.ended)])
      expect(server.ends).to.deep.equal([{ code: CloseReason.kicked, text: 'out' }])
      expect(clock.waiting).to.equal(0)
    })
  })

  it('carries a game’s own codes whole, and cuts a text at 1,024 between two characters', async () => {
    const bench = await opened()
    for (const [text, length] of [
      ['x'.repeat(2000), 1024],
      [`x${'🐟'.repeat(600)}`, 1023],
    ] as const) {
      const { client, server } = await bench.pair()
      server.channel.close(54_321, text)
      await client.ended()
      expect(client.ends).to.deep.equal([{ code: 54_321, text: text.slice(0, length) }])
    }
  })

  it('cuts a long frame once for all its receivers', async () => {
    const bench = await opened()
    const [a, b] = [await bench.pair(), await bench.pair()]
    const shared = new Frame(new Uint8Array(100_000).fill(5))
    a.server.channel.send(shared)
    const cut = shared.wire
    b.server.channel.send(shared)
    expect(shared.wire).to.equal(cut).and.to.be.an('object')
    await Promise.all([a.client.has(1), b.client.has(1)])
    expect([a.client.frames, b.client.frames]).to.deep.equal([[shared.bytes], [shared.bytes]])
  })
})
