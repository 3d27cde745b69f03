/** Dialing and listening by UDP: what can be wrong with a url, a port or a network, and what is said about it. */
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { expect } from 'chai'
import { UsageError } from '../../lib/base/errors.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { ACCEPT, BODY, COOKIE, idAt, OPEN, packetOf, REFUSED } from '../../transports/udp/packets.ts'
import { udp, udpDialer } from '../../transports/udp.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { ManualClock } from './manual-clock.ts'
import { Bench, eventually, LIMITS, turns } from './recorder.ts'
import { portOf, udpBenches } from './udp-bench.ts'
import { failure, never } from './websocket-bench.ts'

const dial = (url: string, dialer = udpDialer()) => failure(dialer.dial(url, never, LIMITS))

describe('udpDialer', () => {
  const { opened } = udpBenches()

  it('knows its scheme', () => {
    expect(udpDialer().schemes).to.deep.equal(['udp'])
  })

  for (const url of ['ws://localhost:7202', 'localhost:7202', 'udp:', 'udp://', 'udp://:7202', 'udp://host:99999', ''])
    it(`says what is wrong with '${url}'`, async () => {
      expect((await dial(url)).message)
        .to.include(`Cannot connect to ${url}: `)
        .and.to.include('udp://host:port')
    })

  it('says that nobody listens, that there is no such host, and that a port is none', async () => {
    const bench = await opened()
    const { url } = bench
    await bench.listener.close()
    expect((await dial(url)).message).to.include('nobody listens there (ECONNREFUSED)')
    expect((await dial('udp://no-such-host.invalid:7202')).message).to.match(/no such host|EAI_AGAIN/)
    expect((await dial('udp://localhost:0')).message).to.include('port 0')
  })

  it('says what the system has against an address', async () => {
    expect((await dial('udp://255.255.255.255:7202')).message).to.match(/\(E[A-Z]+\)\.$/)
  })

  it('reaches a server by either family of localhost, and one that listens in a single family', async () => {
    const both = await opened({ host: undefined as unknown as string })
    expect(both.url).to.match(/^udp:\/\/localhost:\d+$/)
    const port = portOf(both)
    const addresses: string[] = []
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      both.url = `udp://${host}:${port}`
      addresses.push((await both.pair()).server.channel.address)
    }
    expect(addresses.slice(1)).to.deep.equal(['127.0.0.1', '::1'])
    // Not every machine calls ::1 localhost.
    for (const { address: host } of await lookup('localhost', { all: true })) {
      const one = await opened({ host })
      one.url = `udp://localhost:${portOf(one)}`
      await one.pair()
    }
  })

  it('gives an IPv4 address on a socket for both families as what it is', async () => {
    const bench = await opened({ host: '::' })
    bench.url = `udp://127.0.0.1:${portOf(bench)}`
    const { client, server } = await bench.pair()
    expect(server.channel.address).to.equal('127.0.0.1')
    expect([server.channel.network, client.channel.network, client.channel.address]).to.deep.equal([true, true, ''])
  })

  it('gives up when nobody answers, and leaves nothing', async () => {
    const mute = createSocket('udp4').bind(0, '127.0.0.1')
    await once(mute, 'listening')
    let came = 0
    mute.on('message', () => came++)
    const before = await settledHandles()
    const clock = new ManualClock()
    const dialing = dial(`udp://127.0.0.1:${mute.address().port}`, udpDialer({ clock, timeout: 3000 }))
    await eventually(() => came === 1)
    await clock.advance(3000)
    expect((await dialing).message)
      .to.include('no answer within 3000 ms')
      .and.to.include('firewalls')
    await eventually(() => came === 7)
    expect(clock.waiting).to.equal(0)
    await expectReturnTo(before)
    mute.close()
  })

  it('says why a server refuses', async () => {
    const bench = await opened({ maxConnections: 1 })
    const { client, server } = await bench.pair()
    expect((await failure(bench.dial())).message).to.include(
      'the server refuses: The server takes no further connection',
    )
    client.channel.close(CloseReason.normal, '')
    await server.ended()
    await bench.pair()
  })

  it('passes on what its own accept throws, and the server hears of an end', async () => {
    const bench = await opened()
    const error = await bench.dialer
      .dial(
        bench.url,
        () => {
          throw new RangeError('mine')
        },
        LIMITS,
      )
      .catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(RangeError)
    const server = await bench.arrival(0)
    await server.ended()
    expect(server.ends).to.deep.equal([{ code: undefined, text: '' }])
  })

  it('holds out against a server that answers with nonsense', async () => {
    const random = seededRandom(3)
    const server = createSocket('udp4').bind(0, '127.0.0.1')
    await once(server, 'listening')
    let opens = 0
    server.on('message', (packet, from) => {
      const client = idAt(packet, 5)
      if (packet[0] === OPEN) opens++
      const answers = [
        Buffer.alloc(0),
        Buffer.alloc(65_000, 4),
        packetOf(COOKIE, client, BODY + 19),
        packetOf(ACCEPT, client, BODY + 15),
        packetOf(REFUSED, client, BODY + 1),
        packetOf(ACCEPT, { low: client.low, high: client.high ^ 1 }, BODY + 16),
        packetOf(REFUSED, { low: client.low ^ 1, high: client.high }, BODY + 2),
        // A good one each time: it must not go round and round.
        packetOf(COOKIE, client, BODY + 20),
        ...Array.from({ length: 40 }, () => Buffer.from(random.bytes(30))),
      ]
      for (const answer of answers) server.send(answer, from.port, from.address)
    })
    const error = await dial(`udp://127.0.0.1:${server.address().port}`, udpDialer({ timeout: 1200 }))
    expect(error.message).to.include('no answer')
    expect(opens).to.be.within(1, 10)
    server.close()
  })
})

describe('udp', () => {
  const { opened } = udpBenches()

  it('says which port is in use and what to do, and can listen after it could not', async () => {
    const bench = await opened()
    const port = portOf(bench)
    const second = udp({ port, host: '127.0.0.1' })
    const error = await failure(second.listen(() => null, LIMITS))
    expect(error.message).to.include(`port ${port} of 127.0.0.1 is in use`).and.to.include('udp({ port })')
    await bench.listener.close()
    await second.listen(() => null, LIMITS)
    await second.close()
  })

  it('says that a host is none of this machine', async () => {
    const error = await failure(udp({ port: 0, host: '192.0.2.1' }).listen(() => null, LIMITS))
    expect(error.message).to.include('192.0.2.1 is no address of this machine')
  })

  it('takes a name for a host', async () => {
    const bench = await opened({ host: 'localhost' })
    await bench.pair()
  })

  it('refuses a secret that could be guessed', () => {
    expect(() => udp({ secret: 'short' })).to.throw(UsageError, '16 bytes')
    expect(() => udp({ secret: new Uint8Array(15) })).to.throw(UsageError)
    udp({ secret: new Uint8Array(16) })
  })

  it('leaves no socket nor timer when a thousand connections have come and gone', async () => {
    const bench = await opened()
    for (let i = 0; i < 10; i++) {
      const clients = await Promise.all(Array.from({ length: 100 }, () => bench.dial()))
      await bench.arrival(i * 100 + 99)
      for (const [index, client] of clients.entries()) {
        client.channel.send(new Frame(Uint8Array.of(1)))
        client.channel.datagrams!.send(new Frame(Uint8Array.of(2)))
        if (index % 2) client.channel.close(CloseReason.normal, '')
        else client.channel.abort()
      }
      await Promise.all(clients.map(client => client.ended()))
    }
    await Promise.all(bench.servers.map(server => server.ended()))
    await eventually(() => bench.listener.counts.known === 0)
    await turns()
    expect(bench.listener.counts.open).to.equal(0)
  })

  it('is no server for a client that speaks another wire to its port, and the reverse', async () => {
    const bench = await opened()
    const error = await fetch(bench.url.replace('udp', 'http')).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(TypeError)
    expect(new Bench(bench.listener, bench.dialer).servers).to.deep.equal([])
  })
})
