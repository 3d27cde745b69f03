/** A game reached by the first of several urls that opens. */
import { expect } from 'chai'
import { ConnectionFailed, NetworkObject, networkClass, Registry, TimedOut, UsageError } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import { VirtualClock } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import { tcp } from 'fieldcast/transports/tcp'
import { udp } from 'fieldcast/transports/udp'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import { failureOf } from '../support/outcome.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Stone extends NetworkObject {}

const classes = [Stone]

describe('connect with several urls', () => {
  const servers: Server[] = []
  // Virtual time must not run out while a file is being read.
  before(() => import('../../transports/wires/node.ts'))
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop()
  })

  async function listening(): Promise<string> {
    const server = createServer({ classes, avatar: Stone, transports: [websocket({ port: 0, host: '127.0.0.1' })] })
    const [url] = await server.start()
    servers.push(server)
    return url!
  }

  it('plays on the first that is there', async () => {
    const url = await listening()
    const client = await connect(['ws://127.0.0.1:1', 'nowhere:at-all', url], { classes })
    expect(client.connected).to.equal(true)
    client.close()
  })

  it('loads the wire of each scheme when an url asks for it', async () => {
    const place = { port: 0, host: '127.0.0.1' }
    const server = createServer({ classes, avatar: Stone, transports: [tcp(place), udp(place), websocket(place)] })
    servers.push(server)
    const urls = await server.start()
    expect(urls.map(url => url.split(':')[0])).to.deep.equal(['tcp', 'udp', 'ws'])
    for (const url of urls) {
      const client = await connect(url, { classes })
      client.close()
    }
    const gone = ['tls://127.0.0.1:1', 'tcp://127.0.0.1:1', 'tcp://127.0.0.1', urls[1]!]
    const client = await connect(gone, { classes })
    expect(client.connected).to.equal(true)
    client.close()
  })

  it('takes a list of one, and several transports, each for its schemes', async () => {
    const url = await listening()
    const wire = memory()
    const transport = [wire, websocketDialer()]
    for (const urls of [[url], url, ['memory:', url]]) {
      const client = await connect(urls, { classes, transport })
      expect(servers[0]!.clients.size).to.equal(1)
      client.close()
      await new Promise<void>(resolve => servers[0]!.on('close', () => resolve()))
    }
  })

  it('logs in once, though both open, and leaves nobody behind', async () => {
    const clock = new VirtualClock()
    const logins: unknown[] = []
    const [slow, fast] = [4000, 10].map(delay => memory({ clock, delay: () => delay }))
    const server = createServer({
      classes,
      avatar: Stone,
      transports: [slow!, fast!],
      clock,
      tickRate: 0,
      login: credentials => void logins.push(credentials),
    })
    await server.start()
    const wires = { slow: slow!, fast: fast! }
    const transport = Object.entries(wires).map(([scheme, wire]) => ({
      schemes: [scheme],
      dial: wire.dial.bind(wire),
    }))
    const connecting = connect(['slow:a', 'fast:b'], { classes, transport, clock, login: 'ann' })
    const client = await passing(clock, connecting)
    await clock.advance(20_000)
    expect(logins).to.deep.equal(['ann'])
    expect(server.clients.size).to.equal(1)
    expect(client.connected).to.equal(true)
    client.close()
    await passing(clock, server.stop())
    await clock.advance(20_000)
    expect(clock.pending).to.equal(0)
  })

  it('comes back by another url where the one it played on is gone, as the same client', async () => {
    const clock = new VirtualClock()
    const wires = { one: memory({ clock, delay: () => 10 }), two: memory({ clock, delay: () => 10 }) }
    const server = createServer({
      classes,
      avatar: Stone,
      transports: Object.values(wires),
      clock,
      tickRate: 0,
    })
    await server.start()
    let isUp = true
    const transport = Object.entries(wires).map(([scheme, wire]) => ({
      schemes: [scheme],
      dial: (...args: Parameters<typeof wire.dial>) =>
        scheme === 'two' || isUp ? wire.dial(...args) : Promise.reject(new ConnectionFailed('it is gone')),
    }))
    const client = await passing(clock, connect(['one:a', 'two:b'], { classes, transport, clock }))
    const { id, avatar } = client
    isUp = false
    const back = new Promise<void>(resolve => client.on('resumed', () => resolve()))
    wires.one.cut()
    await passing(clock, back)
    expect([client.id, client.avatar]).to.deep.equal([id, avatar])
    expect(server.clients.size).to.equal(1)
    client.close()
    await passing(clock, server.stop())
  })

  it('says of each why it did not open', async () => {
    const error = await failureOf(
      connect(['ws://127.0.0.1:1', 'quic://127.0.0.1:1', 'wss://[::1'], { classes }),
      ConnectionFailed,
    )
    const lines = error.message.split('\n')
    expect(lines[0]).to.equal('Cannot connect to any of 3 urls:')
    expect(lines[1]).to.match(/^ {2}ws:\/\/127\.0\.0\.1:1: .{10,}/)
    expect(lines[2]).to.match(/^ {2}quic:\/\/127\.0\.0\.1:1: no wire is known for quic:/)
    expect(lines[3]).to.equal('  wss://[::1: the bracket of its IPv6 address is not closed: wss://[::1]')
  })

  it('refuses an empty list, and a single url that is none', async () => {
    await failureOf(connect([], { classes }), UsageError)
    for (const [url, words] of [
      ['game.example:7200', 'it has no scheme. WebSocket is written ws://host:port.'],
      ['ws://::1:7200', 'in brackets'],
      ['ws://localhost:99999', 'no number from 1 to 65535'],
      ['memory:', "import { memory } from 'fieldcast/transports/memory'"],
    ] as const)
      expect((await failureOf(connect(url, { classes }), ConnectionFailed)).message).to.include(words)
  })

  it('waits for a server that opens and then says nothing as long as for one alone', async () => {
    const clock = new VirtualClock()
    const wire = memory({ clock, delay: () => 1 })
    await wire.listen(() => ({ frame: () => {}, end: () => {} }), { maxFrame: 1000 })
    const transport = [wire]
    const connecting = failureOf(connect(['memory:', 'memory:b'], { classes, transport, clock }), TimedOut)
    const { message } = await passing(clock, connecting)
    expect(message).to.include('memory:,memory:b did not complete the handshake within 10000 ms')
    await clock.advance(10_000)
    expect(clock.pending).to.equal(0)
  })
})

/** Lets time pass until a promise settles. */
async function passing<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isPending = true
  const done = (): void => {
    isPending = false
  }
  promise.then(done, done)
  while (isPending) await clock.step(10)
  return promise
}
