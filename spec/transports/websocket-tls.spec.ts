/** WebSocket over TLS: the whole contract, certificates, and what speaks the wrong one of the two. */

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { selfSigned } from './certificate.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { RawClient, upgradeRequest } from './raw-client.ts'
import { Bench, LIMITS } from './recorder.ts'
import { transportSuite } from './suite.ts'

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
    expect((error as Error).message).to.match(/self-signed/)
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
    await new Bench(plain.listener, websocketDialer()).dialer.dial(
      plain.url,
      () => ({ frame: () => {}, end: () => {} }),
      LIMITS,
    )
    await plain.listener.close()
  })
})
