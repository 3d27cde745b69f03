/** TCP in TLS: the whole contract, certificates and names, and what speaks the wrong one of the two. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createServer as createSecureServer, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { expect } from 'chai'
import { tcp, tcpDialer } from '../../transports/tcp.ts'
import { selfSigned } from './certificate.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { RawClient, upgradeRequest } from './raw-client.ts'
import { Bench, LIMITS } from './recorder.ts'
import { transportSuite } from './suite.ts'
import { HELLO } from './tcp-bench.ts'
import { failure, never, portOf } from './websocket-bench.ts'

describe('tcp in TLS', () => {
  const tls = selfSigned()
  const trusting = () => tcpDialer({ tls: { ca: tls.cert } })
  let bench: Bench
  let before = 0

  beforeEach(async () => {
    before = await settledHandles()
    bench = new Bench(tcp({ port: 0, tls }), trusting())
    await bench.listen()
  })
  afterEach(async () => {
    await bench.listener.close()
    await expectReturnTo(before)
  })

  transportSuite('MN37 tls', () => ({ listener: tcp({ port: 0, tls }), dialer: trusting() }))

  it('names a tls: url', () => {
    expect(bench.url).to.match(/^tls:\/\/localhost:\d+$/)
  })

  describe('a certificate', () => {
    it('that is not trusted is refused, with the reason', async () => {
      const error = await failure(tcpDialer().dial(bench.url, never, LIMITS))
      expect(error.message).to.include('its certificate is self-signed').and.include('tcpDialer({ tls: { ca } })')
      expect(bench.servers).to.have.length(0)
    })

    it('of another name is refused, with both names', async () => {
      const other = tcpDialer({ tls: { ca: tls.cert, servername: 'game.example' } })
      const error = await failure(other.dial(bench.url, never, LIMITS))
      expect(error.message).to.include('game.example').and.to.include('localhost')
    })

    it('is checked against the address where the url has one', async () => {
      bench.url = bench.url.replace('localhost', '127.0.0.1')
      await bench.pair()
    })

    it('is checked against `servername` instead of the url’s host, an address too', async () => {
      for (const [host, servername] of [
        ['127.0.0.1', 'localhost'],
        ['localhost', '127.0.0.1'],
      ] as const) {
        const url = bench.url.replace('localhost', host)
        const named = new Bench(bench.listener, tcpDialer({ tls: { ca: tls.cert, servername } }))
        named.url = url
        await named.dial()
        const wrong = tcpDialer({
          tls: { ca: tls.cert, servername: servername.replace('1', '9').replace('host', 'x') },
        })
        await failure(wrong.dial(url, never, LIMITS))
      }
    })

    it('is not looked at where the client says so', async () => {
      const careless = new Bench(bench.listener, tcpDialer({ tls: { rejectUnauthorized: false } }))
      careless.url = bench.url
      await careless.dial()
    })
  })

  it('asks for the server by name, and for none where there is an address', async () => {
    const asked: unknown[] = []
    const server = createSecureServer(tls, socket => {
      asked.push((socket as TLSSocket & { servername: unknown }).servername)
      socket.destroy()
    }).listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const host of ['localhost', '127.0.0.1'])
      await failure(trusting().dial(`tls://${host}:${port}`, never, LIMITS))
    expect(asked).to.deep.equal(['localhost', false])
    server.close()
    await once(server, 'close')
  })

  it('says that keys are of no use', async () => {
    const error = await failure(tcp({ port: 0, tls: { key: 'nonsense', cert: tls.cert } }).listen(() => null, LIMITS))
    expect(error.message).to.include('tcp({ tls })')
    const dialing = await failure(
      tcpDialer({ tls: { ca: tls.cert, key: 'nonsense', cert: tls.cert } }).dial(bench.url, never, LIMITS),
    )
    expect(dialing.message).to.include('options in tls')
  })

  describe('the wrong one of the two', () => {
    it('a client without TLS learns that it may be that', async () => {
      const error = await failure(tcpDialer().dial(bench.url.replace('tls:', 'tcp:'), never, LIMITS))
      expect(error.message).to.include('tls://')
      expect(bench.servers).to.have.length(0)
      await bench.pair()
    })

    it('a client with TLS learns that the server speaks none', async () => {
      const plain = new Bench(tcp({ port: 0 }), tcpDialer())
      await plain.listen()
      const error = await failure(trusting().dial(plain.url.replace('tcp:', 'tls:'), never, LIMITS))
      expect(error.message).to.include('does not speak TLS').and.to.include('tcp://')
      expect(plain.servers).to.have.length(0)
      await plain.pair()
      await plain.listener.close()
    })

    it('a TLS server that speaks first of its trouble is known by it', async () => {
      const server = createServer(socket => socket.resume().end(Buffer.from('15030100020246', 'hex'))).listen(0)
      await once(server, 'listening')
      const url = `tcp://localhost:${(server.address() as AddressInfo).port}`
      expect((await failure(tcpDialer().dial(url, never, LIMITS))).message).to.include('TLS is spoken there')
      server.close()
      await once(server, 'close')
    })

    for (const [what, bytes] of [
      ['plain HTTP', upgradeRequest()],
      ['our greeting without TLS', HELLO],
      ['junk', Buffer.alloc(4096, 0xfe)],
    ] as const)
      it(`whoever sends ${what} is ended at once`, async () => {
        const raw = await RawClient.open(portOf(bench))
        raw.socket.write(bytes)
        await raw.until(() => raw.ended)
        await bench.pair()
        expect(bench.servers).to.have.length(1)
      })

    it('HTTP within TLS is answered in HTTP', async () => {
      const socket = tlsConnect({ port: portOf(bench), host: 'localhost', ca: tls.cert, servername: 'localhost' })
      socket.end('GET / HTTP/1.1\r\n\r\n')
      let answer = ''
      for await (const chunk of socket) answer += chunk
      expect(answer)
        .to.match(/^HTTP\/1\.1 400 /)
        .and.to.include('not HTTP')
    })
  })

  it('ends a TLS handshake that does not come to its end in time', async () => {
    const hasty = new Bench(tcp({ port: 0, tls, handshakeMs: 50 }), trusting())
    await hasty.listen()
    const raw = await RawClient.open(portOf(hasty), '\x16\x03\x01')
    await raw.until(() => raw.ended)
    await hasty.listener.close()
  })

  it('closes although a TLS handshake never comes to its end', async () => {
    const raw = await RawClient.open(portOf(bench), '\x16\x03\x01')
    await bench.pair()
    await bench.listener.close()
    await raw.until(() => raw.ended)
  })
})
