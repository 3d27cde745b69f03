/** TCP, from this process to this process: what it adds to the contract. */
import { expect } from 'chai'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import { Frame, frameRoom } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { tcp, tcpDialer } from '../../transports/tcp.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { ManualClock } from './manual-clock.ts'
import { RawClient } from './raw-client.ts'
import { Bench, eventually, LIMITS } from './recorder.ts'
import { transportSuite } from './suite.ts'
import { closeHeard, closing, framed, greeted, HELLO, tcpBenches } from './tcp-bench.ts'
import { failure, never, portOf } from './websocket-bench.ts'

describe('tcp', () => {
  const { opened } = tcpBenches()

  transportSuite('MN37 tcp', () => ({ listener: tcp({ port: 0 }), dialer: tcpDialer() }))

  describe('the server', () => {
    it('names the url with its real port and host', async () => {
      expect((await opened()).url).to.match(/^tcp:\/\/localhost:\d+$/)
      const bench = await opened({ host: '127.0.0.1' })
      expect(bench.url).to.match(/^tcp:\/\/127\.0\.0\.1:\d+$/)
      await bench.pair()
    })

    it('says whence a connection comes, and that it is a network', async () => {
      const { client, server } = await (await opened({ host: '127.0.0.1' })).pair()
      expect([server.channel.address, server.channel.network]).to.deep.equal(['127.0.0.1', true])
      expect([client.channel.address, client.channel.network]).to.deep.equal(['', true])
    })

    it('gives an IPv4 address on a socket for both as what it is', async () => {
      const bench = await opened({ host: '::' })
      const raw = await greeted(portOf(bench))
      expect((await bench.arrival(0)).channel.address).to.equal('127.0.0.1')
      raw.socket.destroy()
    })

    it('refuses more connections than it may have, and says so', async () => {
      const bench = await opened({ maxConnections: 2 })
      const first = await bench.pair()
      await bench.pair()
      const error = await failure(bench.dial())
      expect(error.message).to.equal(
        `Cannot connect to ${bench.url}: the server refused. The server takes no further connection.`,
      )
      expect(bench.servers).to.have.length(2)
      first.client.channel.close(CloseReason.normal, '')
      await first.server.ended()
      await bench.pair()
    })

    it('says which port is in use, and what to do', async () => {
      const bench = await opened()
      const port = portOf(bench)
      const error = await failure(tcp({ port }).listen(() => null, LIMITS))
      expect(error.message).to.include(`port ${port}`).and.to.include('in use').and.to.include('tcp({ port })')
    })

    it('can listen after it could not', async () => {
      const bench = await opened()
      const second = tcp({ port: portOf(bench) })
      await failure(second.listen(() => null, LIMITS))
      await bench.listener.close()
      await second.listen(() => null, LIMITS)
      await second.close()
    })

    it('is closed without having listened, and listens afterwards', async () => {
      const listener = tcp({ port: 0 })
      await listener.close()
      await listener.listen(() => null, LIMITS)
      await listener.close()
    })

    it('is closed while it is about to listen, also where it cannot', async () => {
      const listener = tcp({ port: 0 })
      const url = listener.listen(() => null, LIMITS)
      await listener.close()
      expect((await failure(tcpDialer().dial(await url, never, LIMITS))).message).to.include('ECONNREFUSED')
      const other = await opened()
      const second = tcp({ port: portOf(other) })
      const refused = failure(second.listen(() => null, LIMITS))
      await second.close()
      await refused
    })

    it('says what is wrong with a host that is none of this machine’s', async () => {
      const error = await failure(tcp({ port: 0, host: '192.0.2.1' }).listen(() => null, LIMITS))
      expect(error.message).to.include('192.0.2.1 is no address of this machine')
    })

    it('closes although connections are silent, half greeted, and in the middle of a frame', async () => {
      const bench = await opened()
      const silent = await RawClient.open(portOf(bench))
      const half = await RawClient.open(portOf(bench))
      half.socket.write(HELLO.subarray(0, 5))
      const speaking = await greeted(portOf(bench))
      speaking.socket.write(framed('only half of it').subarray(0, 9))
      await bench.pair()
      await bench.listener.close()
      await Promise.all([silent, half, speaking].map(raw => raw.until(() => raw.ended)))
    })

    it('PS11 listens by default where a client looks by default', async () => {
      const bench = new Bench(tcp(), tcpDialer())
      const error = await bench.listen().catch((reason: unknown) => reason)
      // Another program may have the port on this machine; ours has asked for it then.
      if (error instanceof ConnectionFailed) return expect(error.message).to.include('port 7201 is in use')
      expect(bench.url).to.equal('tcp://localhost:7201')
      bench.url = 'tcp://localhost'
      await bench.pair()
      return bench.listener.close()
    })
  })

  describe('a close', () => {
    for (const code of [1, 999, 1000, 1234, 65_535])
      it(`brings the whole of the code ${code}, and the text`, async () => {
        const { client, server } = await (await opened()).pair()
        server.channel.close(code, 'out')
        await Promise.all([client.ended(), server.ended()])
        expect(client.ends).to.deep.equal([{ code, text: 'out' }])
      })

    for (const code of [0, -1, 65_536, Number.NaN])
      it(`brings no code where it is ${code}`, async () => {
        const { client, server } = await (await opened()).pair()
        server.channel.close(code, 'out')
        await client.ended()
        expect(client.ends).to.deep.equal([{ code: undefined, text: 'out' }])
      })

    it('cuts a text between two characters at 1,024 bytes', async () => {
      const bench = await opened()
      for (const [text, length] of [
        ['x'.repeat(2000), 1024],
        ['🐟'.repeat(500), 512],
        [`x${'ä'.repeat(800)}`, 512],
      ] as const) {
        const { client, server } = await bench.pair()
        server.channel.close(CloseReason.kicked, text)
        await client.ended()
        expect(client.ends[0]!.text).to.equal(text.slice(0, length))
      }
    })

    it('of a client in another language ends at once, with its code and text', async () => {
      const bench = await opened()
      const raw = await greeted(portOf(bench))
      const server = await bench.arrival(0)
      raw.socket.write(Buffer.concat([framed('last words'), closing(Buffer.from('\x01\x00gone', 'latin1'))]))
      await Promise.all([server.ended(), raw.until(() => raw.ended)])
      expect(server.frames).to.have.length(1)
      expect(server.ends).to.deep.equal([{ code: CloseReason.normal, text: 'gone' }])
    })
  })

  describe('an end by force', () => {
    it('comes two seconds after a close that the client does not follow', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock })
      const raw = await greeted(portOf(bench), true)
      const server = await bench.arrival(0)
      server.channel.close(CloseReason.kicked, 'out')
      expect(await closeHeard(raw)).to.deep.equal({ code: CloseReason.kicked, text: 'out' })
      await clock.advance(1999)
      expect(server.ends).to.deep.equal([])
      await clock.advance(1)
      await server.ended()
      expect(server.ends).to.deep.equal([{ code: CloseReason.kicked, text: 'out' }])
      expect(clock.waiting).to.equal(0)
      raw.socket.destroy()
    })

    it('comes two seconds after a close behind more than the client reads', async () => {
      const clock = new ManualClock()
      const bench = await opened({ clock })
      const raw = await greeted(portOf(bench))
      const server = await bench.arrival(0)
      raw.socket.pause()
      for (let i = 0; i < 24; i++) server.channel.send(new Frame(new Uint8Array(1 << 20)))
      server.channel.close(CloseReason['too-slow'], '')
      await clock.advance(2000)
      await server.ended()
      expect(server.channel.buffered).to.equal(0)
      expect(clock.waiting).to.equal(0)
      raw.socket.destroy()
    })
  })

  describe('a reader that does not read', () => {
    it('shows in `buffered`, which falls when it reads again', async () => {
      const bench = await opened()
      const raw = await greeted(portOf(bench))
      const server = await bench.arrival(0)
      raw.socket.pause()
      const size = 1 << 20
      const load = new Frame(new Uint8Array(size))
      for (let i = 0; i < 24; i++) {
        server.channel.send(load)
        await new Promise(resolve => setImmediate(resolve))
      }
      const stuck = server.channel.buffered
      expect(stuck).to.be.greaterThan(8 * size)
      server.send(1)
      expect(server.channel.buffered).to.equal(stuck + 5)
      raw.socket.removeAllListeners('data').resume()
      await eventually(() => server.channel.buffered === 0)
      raw.socket.destroy()
      await server.ended()
    })

    it('lets go of everything at an abort', async () => {
      const bench = await opened()
      const raw = await greeted(portOf(bench))
      const server = await bench.arrival(0)
      raw.socket.pause()
      for (let i = 0; i < 24; i++) server.channel.send(new Frame(new Uint8Array(1 << 20)))
      server.channel.abort()
      await server.ended()
      expect(server.channel.buffered).to.equal(0)
      raw.socket.destroy()
    })
  })

  describe('a frame', () => {
    it('is built once for all receivers, and its payload left alone', async () => {
      const bench = await opened()
      const [a, b] = [await bench.pair(), await bench.pair()]
      const shared = new Frame(Uint8Array.of(1, 2, 3))
      a.server.channel.send(shared)
      const built = (shared.wire as { tcp: unknown }).tcp
      b.server.channel.send(shared)
      expect((shared.wire as { tcp: unknown }).tcp)
        .to.equal(built)
        .and.not.to.equal(null)
      await Promise.all([a.client.has(1), b.client.has(1)])
      expect([...shared.bytes]).to.deep.equal([1, 2, 3])
    })

    it('is built once for each wire where its receivers came by several', async () => {
      const byTcp = await (await opened()).pair()
      const other = new Bench(websocket({ port: 0 }), websocketDialer())
      await other.listen()
      const byWebSocket = await other.pair()
      const shared = new Frame(Uint8Array.of(1, 2, 3))
      const forms = new Set<unknown>()
      for (const { server } of [byTcp, byWebSocket, byTcp, byWebSocket]) {
        server.channel.send(shared)
        const { tcp, websocket } = shared.wire as { tcp: unknown; websocket: unknown }
        forms.add(tcp).add(websocket)
      }
      forms.delete(null)
      expect(forms.size).to.equal(2)
      await Promise.all([byTcp.client.has(2), byWebSocket.client.has(2)])
      for (const { client } of [byTcp, byWebSocket])
        expect(client.frames).to.deep.equal([Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)])
      await other.listener.close()
    })

    it('that has room for a header is written where it lies', async () => {
      const { client, server } = await (await opened()).pair()
      const buffer = new Uint8Array(frameRoom + 3)
      buffer.set([7, 8, 9], frameRoom)
      server.channel.send(new Frame(buffer.subarray(frameRoom), frameRoom))
      await client.has(1)
      expect(client.frames).to.deep.equal([Uint8Array.of(7, 8, 9)])
      expect([...buffer.subarray(frameRoom - 4)]).to.deep.equal([3, 0, 0, 0, 7, 8, 9])
    })
  })
})
