/** UDP over real sockets and a relay that loses, doubles and disorders packets, and moves clients. */
import { expect } from 'chai'
import { Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { ACCEPT, BODY, CHALLENGE, idAt, PROOF, packetOf, RESET } from '../../transports/udp/packets.ts'
import { eventually, turns } from './recorder.ts'
import { udpBenches } from './udp-bench.ts'

const numbered = (index: number): Uint8Array => Uint8Array.of(index & 255, index >> 8)
const number = (bytes: Uint8Array): number => bytes[0]! | (bytes[1]! << 8)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('UDP in foul weather', () => {
  const { opened, behind } = udpBenches()

  for (const seed of [1, 2, 3])
    it(`loses, doubles and disorders no frame, and doubles no datagram (seed ${seed})`, async () => {
      const bench = await opened()
      const proxy = await behind(bench, { seed, lost: 0.2, doubled: 0.2, delay: 8 })
      const { client, server } = await bench.pair()
      for (let i = 0; i < 400; i++) {
        for (const { channel } of [client, server]) {
          channel.send(new Frame(numbered(i)))
          channel.datagrams!.send(new Frame(numbered(i)))
        }
        if (i % 4 === 0) await turns(2)
      }
      const large = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) & 255)
      client.channel.send(new Frame(large))
      await Promise.all([client.has(400), server.has(401)])
      expect(client.frames.map(number)).to.deep.equal(upTo(400))
      expect(server.frames.slice(0, 400).map(number)).to.deep.equal(upTo(400))
      expect(Buffer.compare(server.frames[400]!, large)).to.equal(0)
      for (const { datagrams } of [client, server]) {
        const told = datagrams.map(number)
        expect(new Set(told).size).to.equal(told.length)
        expect(told.length).to.be.within(200, 390)
        expect(told, 'the relay disorders nothing').to.not.deep.equal([...told].sort((x, y) => x - y))
      }
      expect(proxy.counts.lost).to.be.above(50)
      expect(proxy.counts.doubled).to.be.above(50)
      client.channel.close(CloseReason.normal, 'bye')
      await Promise.all([client.ended(), server.ended()])
      expect([client.ends.length, server.ends.length]).to.deep.equal([1, 1])
    })

  it('opens although a third of all packets is lost, once', async () => {
    const bench = await opened()
    await behind(bench, { seed: 4, lost: 0.33, doubled: 0.3, delay: 5 })
    for (let i = 0; i < 3; i++) {
      const { client, server } = await bench.pair()
      client.send(i)
      await server.has(1)
      expect(server.frames).to.deep.equal([Uint8Array.of(i)])
    }
    expect(bench.servers.length).to.equal(3)
  })

  it('keeps a connection whose client is moved, once the client has proved its new address', async () => {
    const bench = await opened()
    const proxy = await behind(bench)
    const { client, server } = await bench.pair()
    const kinds: (number | undefined)[] = []
    proxy.watch = packet => kinds.push(packet[0]) > 0
    client.send(1)
    await server.has(1)
    const [before] = proxy.ports
    await proxy.roam()
    expect(proxy.ports[0]).to.not.equal(before)
    client.send(2)
    await server.has(2)
    server.send(3)
    await client.has(1)
    for (let i = 0; i < 3; i++) {
      await proxy.roam()
      client.send(4)
      await server.has(3 + i)
      server.send(5)
      await client.has(2 + i)
    }
    expect(kinds).to.include.members([CHALLENGE, PROOF])
    expect([client.ends, server.ends]).to.deep.equal([[], []])
    expect(server.channel.address).to.equal('127.0.0.1')
  })

  it('sends nothing but its question to an address that proves nothing', async () => {
    const bench = await opened()
    const proxy = await behind(bench)
    const { client, server } = await bench.pair()
    await proxy.roam()
    const told: (number | undefined)[] = []
    proxy.watch = (packet, toServer) => {
      if (!toServer) told.push(packet[0])
      return packet[0] !== PROOF
    }
    client.send(1)
    await server.has(1)
    for (let i = 0; i < 50; i++) server.send(i)
    for (let i = 0; i < 5; i++) server.channel.datagrams!.send(new Frame(new Uint8Array(1000)))
    await eventually(() => told.length > 2)
    expect(new Set(told)).to.deep.equal(new Set([CHALLENGE]))
    proxy.watch = () => true
    await client.has(50)
  })

  it('tries another socket where the server falls silent, and goes on when it is reached again', async () => {
    const bench = await opened()
    const proxy = await behind(bench)
    const { client, server } = await bench.pair()
    proxy.isCut = true
    client.send(1)
    await eventually(() => proxy.clients > 1)
    proxy.isCut = false
    server.send(2)
    await Promise.all([server.has(1), client.has(1)])
    expect([client.ends, server.ends]).to.deep.equal([[], []])
  })

  it('ends a close by force when nobody answers any more, and the other side hears of it later', async () => {
    const bench = await opened()
    const proxy = await behind(bench)
    const { client, server } = await bench.pair()
    proxy.isCut = true
    client.channel.close(CloseReason.normal, 'bye')
    await client.ended()
    expect(client.ends).to.deep.equal([{ code: CloseReason.normal, text: 'bye' }])
    expect(server.ends).to.deep.equal([])
    server.channel.abort()
    await server.ended()
  })

  it('tells a client by its next packet that the server has forgotten it', async () => {
    const bench = await opened()
    const proxy = await behind(bench)
    const { client, server } = await bench.pair()
    proxy.isCut = true
    server.channel.abort()
    await server.ended()
    proxy.isCut = false
    expect(client.ends).to.deep.equal([])
    client.send(1)
    await client.ended()
    expect(client.ends).to.deep.equal([{ code: undefined, text: '' }])
  })

  it('lets nobody end a client, or speak to it, who does not know its id and token', async () => {
    const bench = await opened()
    const proxy = await behind(bench)
    let accepted: Buffer | undefined
    proxy.watch = packet => {
      if (packet[0] === ACCEPT) accepted = Buffer.from(packet)
      return true
    }
    const { client, server } = await bench.pair()
    const [id, token] = [idAt(accepted!), idAt(accepted!, BODY + 8)]
    for (const near of [
      { low: id.low, high: id.high ^ 1 },
      { low: id.low ^ 1, high: id.high },
      { low: token.low, high: token.high ^ 1 },
      { low: token.low ^ 1, high: token.high },
    ])
      for (let kind = 0; kind < 16; kind++) proxy.forge(packetOf(kind, near, 30))
    // Its own id ends nothing either.
    proxy.forge(packetOf(RESET, id))
    server.send(1)
    await client.has(1)
    expect([client.ends, client.datagrams, client.frames.length]).to.deep.equal([[], [], 1])
    proxy.forge(packetOf(RESET, token))
    await client.ended()
    expect(client.ends).to.deep.equal([{ code: undefined, text: '' }])
    server.channel.abort()
  })

  it('tells it by another process with the same secret too, and by none with another', async () => {
    const secret = 'the same for both of them'
    const bench = await opened({ secret })
    const proxy = await behind(bench)
    const { client } = await bench.pair()
    proxy.isCut = true
    await bench.listener.close()
    proxy.isCut = false
    const port = proxy.serverPort
    for (const other of ['one that is another', secret]) {
      const later = await opened({ secret: other, port })
      const seen: (number | undefined)[] = []
      proxy.watch = (packet, toServer) => toServer || seen.push(packet[0]) > 0
      client.send(1)
      if (other === secret) await client.ended()
      else await eventually(() => seen.length > 0)
      expect(client.ends.length).to.equal(other === secret ? 1 : 0)
      await later.listener.close()
    }
  })
})
