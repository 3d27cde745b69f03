/** WebSocket, from this process to this process: what it adds to the contract. */
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import { UsageError } from '../../lib/base/errors.ts'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { ManualClock } from './manual-clock.ts'
import { BINARY, CLOSE, frame, RawClient, upgradeRequest } from './raw-client.ts'
import { eventually, LIMITS } from './recorder.ts'
import { transportSuite } from './suite.ts'
import { failure, portOf, websocketBenches } from './websocket-bench.ts'

describe('websocket', () => {
  const { opened } = websocketBenches()

  transportSuite('MN37 websocket', () => ({ listener: websocket({ port: 0 }), dialer: websocketDialer() }))
  transportSuite('websocket with deflate', () => ({
    listener: websocket({ port: 0, deflate: true }),
    dialer: websocketDialer(),
  }))

  describe('the server of its own', () => {
    it('names the url with its real port, host and path', async () => {
      expect((await opened()).url).to.match(/^ws:\/\/localhost:\d+$/)
      const bench = await opened({ host: '127.0.0.1', path: '/game' })
      expect(bench.url).to.match(/^ws:\/\/127\.0\.0\.1:\d+\/game$/)
      await bench.pair()
    })

    it('says whence a connection comes, and that it is a network', async () => {
      const { server } = await (await opened({ host: '127.0.0.1' })).pair()
      expect(server.channel.address).to.equal('127.0.0.1')
      expect(server.channel.network).to.equal(true)
    })

    it('gives an IPv4 address on a socket for both as what it is', async () => {
      const bench = await opened()
      const raw = await RawClient.upgraded(portOf(bench))
      const server = await bench.arrival(0)
      expect(server.channel.address).to.equal('127.0.0.1')
      raw.socket.destroy()
    })

    it('answers a plain request with 426 and a line of text', async () => {
      const bench = await opened()
      const answer = await fetch(bench.url.replace('ws:', 'http:'))
      expect(answer.status).to.equal(426)
      expect(await answer.text()).to.include('WebSocket')
    })

    it('answers another path with 404, and takes its own with any query', async () => {
      const bench = await opened({ path: '/game' })
      const raw = await RawClient.open(portOf(bench), upgradeRequest('/other'))
      expect(await raw.wholeAnswer()).to.match(/^HTTP\/1\.1 404 .*\/game\n$/s)
      bench.url += '?from=somewhere'
      await bench.pair()
    })

    it('answers 503 to more connections than it may have', async () => {
      const bench = await opened({ maxConnections: 2 }, { tls: {} })
      const first = await bench.pair()
      await bench.pair()
      const error = await failure(bench.dial())
      expect(error.message).to.include('HTTP 503')
      first.client.channel.close(CloseReason.normal, '')
      await first.server.ended()
      await bench.dial()
    })

    it('says which port is in use, and what to do', async () => {
      const bench = await opened()
      const port = portOf(bench)
      const error = await failure(websocket({ port }).listen(() => null, LIMITS))
      expect(error.message).to.include(`port ${port} is in use`).and.to.include('choose another port')
    })

    it('can listen after it could not', async () => {
      const bench = await opened()
      const second = websocket({ port: portOf(bench) })
      await failure(second.listen(() => null, LIMITS))
      await bench.listener.close()
      await second.listen(() => null, LIMITS)
      await second.close()
    })

    it('closes although a request is half sent, and a socket silent', async () => {
      const bench = await opened()
      const half = await RawClient.open(portOf(bench), 'GET / HTTP/1.1\r\nHost: lo')
      const silent = await RawClient.open(portOf(bench))
      await bench.pair()
      await bench.listener.close()
      await Promise.all([half.until(() => half.ended), silent.until(() => silent.ended)])
    })

    it('refuses options that cannot be followed', () => {
      expect(() => websocket({ path: 'game' })).to.throw(UsageError, "begins with '/'")
      expect(() => websocket({ server: createServer(), tls: {} })).to.throw(UsageError, 'https server')
    })
  })

  describe('a close frame', () => {
    it('bears 4000 and the code of the library, and the text', async () => {
      const bench = await opened()
      const raw = await RawClient.upgraded(portOf(bench))
      const server = await bench.arrival(0)
      server.channel.close(CloseReason.kicked, 'out')
      expect(await raw.closeCode()).to.equal(4003)
      expect(raw.received.subarray(-3).toString()).to.equal('out')
      raw.socket.end(frame(CLOSE, Buffer.from([15, 163])))
    })

    it('bears 4999 for a game’s own code, which arrives as no code, with its text', async () => {
      const { client, server } = await (await opened()).pair()
      server.channel.close(1234, 'own')
      await Promise.all([client.ended(), server.ended()])
      expect(client.ends).to.deep.equal([{ code: undefined, text: 'own' }])
      expect(server.ends).to.deep.equal([{ code: 1234, text: 'own' }])
    })

    it('cuts a text between two characters at 123 bytes', async () => {
      const bench = await opened()
      for (const [text, length] of [
        ['x'.repeat(200), 123],
        ['🐟'.repeat(50), 60],
        [`xx${'ä'.repeat(80)}`, 62],
      ] as const) {
        const { client, server } = await bench.pair()
        server.channel.close(CloseReason.kicked, text)
        await client.ended()
        expect(client.ends[0]!.text).to.equal(text.slice(0, length))
      }
    })

    for (const [code, expected] of [
      [1000, CloseReason.normal],
      [1001, CloseReason.left],
      [1002, CloseReason.malformed],
      [1009, CloseReason['too-large']],
      [4000, undefined],
      [4011, CloseReason['too-slow']],
      [3000, undefined],
    ] as const)
      it(`of the number ${code} is read as ${expected}`, async () => {
        const bench = await opened()
        const raw = await RawClient.upgraded(portOf(bench))
        const server = await bench.arrival(0)
        raw.socket.end(frame(CLOSE, Buffer.from([code >> 8, code & 255])))
        await server.ended()
        expect(server.ends[0]!.code).to.equal(expected)
      })
  })

  describe('an end by force', () => {
    it('comes two seconds after a close that the client does not follow', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock })
      const raw = await RawClient.upgraded(portOf(bench))
      const server = await bench.arrival(0)
      server.channel.close(CloseReason.kicked, 'out')
      await raw.closeCode()
      await clock.advance(1999)
      expect(server.ends).to.deep.equal([])
      await clock.advance(1)
      await Promise.all([server.ended(), raw.until(() => raw.ended)])
      expect(server.ends).to.deep.equal([{ code: CloseReason.kicked, text: 'out' }])
      expect(clock.waiting).to.equal(0)
    })

    it('comes two seconds after a close that the server does not follow', async () => {
      const clock = new ManualClock()
      const bench = await opened({}, { clock })
      const { client, server } = await bench.pair()
      server.channel.send(new Frame(new Uint8Array(10)))
      await client.has(1)
      // What no server of ours does: stop to read.
      const paused = pauseReading(portOf(bench))
      client.channel.close(CloseReason.normal, 'bye')
      await clock.advance(1999)
      expect(client.ends).to.deep.equal([])
      await clock.advance(1)
      await client.ended()
      expect(client.ends).to.deep.equal([{ code: CloseReason.normal, text: 'bye' }])
      expect(clock.waiting).to.equal(0)
      for (const socket of paused) socket.resume()
      await server.ended()
    })
  })

  describe('a reader that does not read', () => {
    it('shows in `buffered`, which falls when it reads again', async () => {
      const bench = await opened()
      const raw = await RawClient.upgraded(portOf(bench))
      const server = await bench.arrival(0)
      raw.socket.pause()
      const size = 1 << 20
      const load = new Frame(new Uint8Array(size))
      for (let i = 0; i < 24; i++) {
        server.channel.send(load)
        await new Promise(resolve => setImmediate(resolve))
      }
      expect(server.channel.buffered).to.be.greaterThan(8 * size)
      const stuck = server.channel.buffered
      server.send(1)
      expect(server.channel.buffered).to.equal(stuck + 3)
      raw.socket.removeAllListeners('data').resume()
      await eventually(() => server.channel.buffered === 0)
      raw.socket.destroy()
      await server.ended()
    })

    it('lets go of everything at an abort', async () => {
      const bench = await opened()
      const raw = await RawClient.upgraded(portOf(bench))
      const server = await bench.arrival(0)
      raw.socket.pause()
      const load = new Frame(new Uint8Array(1 << 20))
      for (let i = 0; i < 24; i++) server.channel.send(load)
      server.channel.abort()
      await server.ended()
      expect(server.channel.buffered).to.equal(0)
      raw.socket.destroy()
    })
  })

  it('builds the raw frame once for all receivers, and leaves the payload alone', async () => {
    const bench = await opened()
    const { client, server } = await bench.pair()
    const other = await bench.pair()
    const shared = new Frame(Uint8Array.of(1, 2, 3))
    server.channel.send(shared)
    const built = shared.wire
    other.server.channel.send(shared)
    expect(shared.wire).to.equal(built)
    await Promise.all([client.has(1), other.client.has(1)])
    expect([...shared.bytes]).to.deep.equal([1, 2, 3])
  })

  it('answers pings between raw frames without tearing them', async () => {
    const bench = await opened()
    const raw = await RawClient.upgraded(portOf(bench))
    const server = await bench.arrival(0)
    server.onFrame = () => {
      for (let i = 0; i < 5; i++) server.channel.send(new Frame(Uint8Array.of(i, 7)))
    }
    raw.socket.write(Buffer.concat([frame(9, 'a'), frame(BINARY, 'x'), frame(9, 'b')]))
    await raw.until(() => raw.received.length >= 3 + 5 * 4 + 3)
    const sent = [0, 1, 2, 3, 4].map(i => Buffer.from([0x82, 2, i, 7]))
    expect(raw.received).to.deep.equal(
      Buffer.concat([Buffer.from('\x8a\x01a', 'latin1'), ...sent, Buffer.from('\x8a\x01b', 'latin1')]),
    )
    raw.socket.destroy()
    await server.ended()
  })
})

/** Pauses this process's sockets that a server on `port` has open. */
function pauseReading(port: number): Socket[] {
  const handles = (process as unknown as { _getActiveHandles(): Socket[] })._getActiveHandles()
  return handles
    .filter(handle => handle.localPort === port && handle.remotePort !== undefined)
    .map(socket => socket.pause())
}
