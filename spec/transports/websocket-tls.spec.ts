/** WebSocket over TLS: the whole contract, certificates, and what speaks the wrong one of the two. */

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import { tcp } from '../../transports/tcp.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { selfSigned } from './certificate.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { RawClient, upgradeRequest } from './raw-client.ts'
import { Bench, LIMITS } from './recorder.ts'
import { transportSuite } from './suite.ts'
import { failure } from './websocket-bench.ts'

describe('websocket over TLS', () => {
  const tls = selfSigned()
  const trusting = () => websocketDialer({ tls: { ca: tls.cert } })
  const never = () => expect.fail('accept was called')
  let bench: Bench
  let before = 0

  beforeEach(async () => {
    before = await settledHandles()
    bench = new Bench(websocket({ port: 0, tls }), trusting())
    await bench.listen()
  })
  afterEach(async () => {
    await bench.listener.close()
    await expectReturnTo(before)
  })

  transportSuite('websocket over TLS', () => ({ listener: websocket({ port: 0, tls }), dialer: trusting() }))

  it('names a wss: url', () => {
    expect(bench.url).to.match(/^wss:\/\/localhost:\d+$/)
  })

  it('is refused by a client that does not trust the certificate, with the reason', async () => {
    const error = await websocketDialer({ tls: {} })
      .dial(bench.url, never, LIMITS)
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(ConnectionFailed)
    expect((error as Error).message).to.equal(
      `Cannot connect to ${bench.url}: its certificate is self-signed, and nobody vouches for it. Where it is your own, give it to the client: websocketDialer({ tls: { ca } }). (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    )
  })

  it('says that a certificate is for another name', async () => {
    const other = websocketDialer({ tls: { ca: tls.cert, servername: 'game.example' } })
    const { message } = await failure(other.dial(bench.url, never, LIMITS))
    expect(message).to.include('its certificate is for another name').and.include('game.example')
  })

  // With `tls` it is the package `ws` that dials in every Node: the platform's own may hide the reason.
  it('is told apart by a client that dials it with ws:', async () => {
    const url = bench.url.replace('wss:', 'ws:')
    const { message } = await failure(websocketDialer({ tls: {} }).dial(url, never, LIMITS))
    expect(message).to.equal(
      `Cannot connect to ${url}: the connection was closed before the server answered. If the server speaks TLS, its url is wss://.`,
    )
  })

  it('is told apart from TCP, with TLS and without', async () => {
    for (const secure of [false, true]) {
      const other = new Bench(tcp({ port: 0, ...(secure && { tls }) }), trusting())
      await other.listen()
      const url = other.url.replace(/^[a-z]+/, secure ? 'wss' : 'ws')
      const { message } = await failure(other.dialer.dial(url, never, LIMITS))
      expect(message).to.include('HTTP 400: it speaks no WebSocket. Is its url tcp:// or tls://')
      await other.listener.close()
    }
  })

  it('attaches to an https server of the app', async () => {
    const app = createServer(tls, (_request, response) => response.end('app'))
    app.listen(0)
    await once(app, 'listening')
    const attached = new Bench(websocket({ server: app, path: '/game' }), trusting())
    await attached.listen()
    expect(attached.url).to.equal(`wss://localhost:${(app.address() as AddressInfo).port}/game`)
    const { client, server } = await attached.pair()
    client.send(1)
    await server.has(1)
    await attached.listener.close()
    app.close()
    await once(app, 'close')
  })

  it('survives a client that speaks plain HTTP', async () => {
    const raw = await RawClient.open(Number(new URL(bench.url).port), upgradeRequest())
    await raw.until(() => raw.ended)
    await bench.pair()
  })

  it('closes although a TLS handshake never comes to its end', async () => {
    const raw = await RawClient.open(Number(new URL(bench.url).port), '\x16\x03\x01')
    await bench.pair()
    await bench.listener.close()
    await raw.until(() => raw.ended)
  })

  it('is told apart by a client that dials the plain port with wss:', async () => {
    const plain = new Bench(websocket({ port: 0 }), websocketDialer({ tls: {} }))
    await plain.listen()
    const error = await plain.dialer
      .dial(plain.url.replace('ws:', 'wss:'), never, LIMITS)
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(ConnectionFailed)
    expect((error as Error).message).to.include('does not speak TLS. Is its url ws://?')
    await new Bench(plain.listener, websocketDialer()).dialer.dial(
      plain.url,
      () => ({ frame: () => {}, end: () => {} }),
      LIMITS,
    )
    await plain.listener.close()
  })
})
