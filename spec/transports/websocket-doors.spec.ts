/** What happens at a WebSocket server's door before anybody is a connection: dripped requests, half handshakes, crowds that say nothing, old TLS. */
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { bind } from '../../transports/listen-host.ts'
import { Anteroom } from '../../transports/websocket/anteroom.ts'
import { createHttpServer } from '../../transports/websocket/http.ts'
import { selfSigned } from './certificate.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { RawClient } from './raw-client.ts'
import { eventually } from './recorder.ts'
import { portOf, websocketBenches } from './websocket-bench.ts'

describe('The door of a WebSocket server', () => {
  const { opened } = websocketBenches()

  it('takes TLS 1.3 and 1.2, and no older one', async () => {
    const tls = selfSigned()
    const bench = await opened({ tls }, { tls: { ca: tls.cert } })
    const shake = async (version: SecureVersion): Promise<string> => {
      const socket: TLSSocket = connectTls({
        port: portOf(bench),
        host: '127.0.0.1',
        ca: tls.cert,
        servername: 'localhost',
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
      const outcome = await Promise.race([
        once(socket, 'secureConnect').then(() => socket.getProtocol() ?? ''),
        once(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code ?? ''),
      ]).catch((error: NodeJS.ErrnoException) => error.code ?? '')
      socket.destroy()
      return outcome
    }
    expect(await shake('TLSv1.3')).to.equal('TLSv1.3')
    expect(await shake('TLSv1.2')).to.equal('TLSv1.2')
    // The server says so, not the client.
    expect(await shake('TLSv1.1')).to.match(/ALERT_PROTOCOL_VERSION/)
    await bench.pair()
  })

  it('has room for those who come to play while a crowd says nothing', async () => {
    const bench = await opened({ maxPending: 100 })
    const crowd = await Promise.all(Array.from({ length: 150 }, () => RawClient.open(portOf(bench))))
    await eventually(() => crowd.filter(raw => raw.ended).length >= 50)
    const { client, server } = await bench.pair()
    client.send(1)
    await server.has(1)
    // Those who have come in do not have to leave for others.
    const more = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(portOf(bench))))
    await eventually(() => crowd.every(raw => raw.ended))
    client.send(2)
    await server.has(2)
    for (const raw of [...crowd, ...more]) raw.socket.destroy()
  })
})

describe('A request to a WebSocket server', () => {
  let before = 0
  const closers: (() => Promise<unknown>)[] = []

  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
    await expectReturnTo(before)
  })

  /** The server as it stands under websocket(), with less patience. */
  const listening = async (tls?: ReturnType<typeof selfSigned>): Promise<number> => {
    const server = createHttpServer(tls, 150) as Server
    const bound = await bind(server, { port: 0, host: '127.0.0.1' }, 'websocket')
    closers.push(() => bound.close())
    return bound.port
  }

  it('that drips in byte by byte ends in time, however steady the drip', async () => {
    const raw = await RawClient.open(await listening())
    const header = Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'drip, '.repeat(10_000)}`)
    let at = 0
    const drip = setInterval(() => raw.socket.write(header.subarray(at, ++at)), 5)
    await raw.until(() => raw.ended)
    clearInterval(drip)
    expect(at).to.be.below(header.length)
    expect(raw.received.toString()).to.match(/^HTTP\/1\.1 408/)
    raw.socket.destroy()
  })

  it('that announces a body and does not send it ends in time, and so does a second one on the same connection', async () => {
    const port = await listening()
    const lazy = await RawClient.open(port, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx')
    const again = await RawClient.open(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: lo')
    await Promise.all([lazy, again].map(raw => raw.until(() => raw.ended)))
    for (const raw of [lazy, again]) raw.socket.destroy()
  })

  it('that never finishes its TLS handshake ends in time', async () => {
    const port = await listening(selfSigned())
    for (const start of ['', '\x16', '\x16\x03\x01\x02\x00\x01']) {
      const raw = await RawClient.open(port, start)
      await raw.until(() => raw.ended)
      raw.socket.destroy()
    }
  })
})

describe('The anteroom', () => {
  it('sends away whoever has waited longest, and forgets who has left or gone in', async () => {
    const anteroom = new Anteroom(2)
    const server = createServer(socket => anteroom.enter(socket.on('error', () => {})))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const come = async (count: number): Promise<ReturnType<typeof connect>> => {
      const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
      socket.resume()
      await eventually(() => anteroom.size === count)
      return socket
    }
    const [first, second] = [await come(1), await come(2)]
    anteroom.leave({ remoteAddress: first.localAddress, remotePort: first.localPort } as never)
    expect(anteroom.size).to.equal(1)
    const third = await come(2)
    const gone = once(second, 'close')
    const fourth = connect({ port, host: '127.0.0.1' }).on('error', () => {})
    await gone
    expect([first, third].map(socket => socket.destroyed)).to.deep.equal([false, false])
    for (const socket of [first, third, fourth]) socket.destroy()
    await eventually(() => anteroom.size === 0)
    await new Promise(resolve => server.close(resolve))
  })
})
