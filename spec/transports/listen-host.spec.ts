/** Where listeners listen by default: on this machine alone, but in production. */
import { createServer } from 'node:http'
import { connect, createServer as createNetServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect } from 'chai'
import { bind, hostInUrl, listenHosts } from '../../transports/listen-host.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { portOf, websocketBenches } from './websocket-bench.ts'

const own = Object.values(networkInterfaces())
  .flat()
  .find(found => found?.family === 'IPv4' && !found.internal)?.address
const hasIPv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))

/** Whether somebody accepts a connection there. */
function reached(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

const listening = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => resolve((server.address() as { port: number }).port))
  })

describe('A listener without a host', () => {
  const { opened } = websocketBenches()
  let environment: string | undefined

  beforeEach(() => (environment = process.env['NODE_ENV']))
  afterEach(() => {
    if (environment === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = environment
  })

  it('is reached from this machine, by either family, and from nowhere else', async () => {
    const bench = await opened()
    expect(new URL(bench.url).hostname).to.equal('localhost')
    expect(await reached(portOf(bench), '127.0.0.1')).to.equal(true)
    if (hasIPv6) expect(await reached(portOf(bench), '::1')).to.equal(true)
    if (own) expect(await reached(portOf(bench), own)).to.equal(false)
    bench.url = bench.url.replace('localhost', hasIPv6 ? '[::1]' : '127.0.0.1')
    const { server } = await bench.pair()
    expect(server.channel.address).to.equal(hasIPv6 ? '::1' : '127.0.0.1')
  })

  it('lets go of both addresses when it closes', async () => {
    const bench = await opened()
    const port = portOf(bench)
    await bench.listener.close()
    expect(await reached(port, '127.0.0.1')).to.equal(false)
    if (hasIPv6) expect(await reached(port, '::1')).to.equal(false)
    await bench.listen()
    await bench.pair()
  })

  it('is reached from the network in production, and its url says where', async () => {
    process.env['NODE_ENV'] = 'production'
    const bench = await opened()
    expect(await reached(portOf(bench), '127.0.0.1')).to.equal(true)
    expect(new URL(bench.url).hostname).to.equal(own ?? 'localhost')
    await bench.pair()
  })

  it('listens elsewhere only where `host` says so, in production too', async () => {
    for (const mode of ['production', 'development']) {
      process.env['NODE_ENV'] = mode
      const inner = await opened({ host: '127.0.0.1' })
      expect(new URL(inner.url).hostname).to.equal('127.0.0.1')
      if (own) expect(await reached(portOf(inner), own)).to.equal(false)
      const outer = await opened({ host: '0.0.0.0' })
      expect(new URL(outer.url).hostname).to.equal(own ?? 'localhost')
      if (own) expect(await reached(portOf(outer), own)).to.equal(true)
    }
  })

  it('stands for the addresses that other listeners take, and for the name in their urls', () => {
    for (const [mode, host, hosts, name] of [
      ['development', undefined, ['127.0.0.1', '::1'], 'localhost'],
      ['production', undefined, [undefined], own ?? 'localhost'],
      ['production', '::1', ['::1'], '[::1]'],
      ['test', 'game.example', ['game.example'], 'game.example'],
      ['test', '::', ['::'], own ?? 'localhost'],
    ] as const) {
      process.env['NODE_ENV'] = mode
      expect(listenHosts(host)).to.deep.equal(hosts)
      expect(hostInUrl(host)).to.equal(name)
    }
  })
})

describe('Two loopback addresses', () => {
  let before = 0
  let closers: (() => Promise<unknown>)[] = []

  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    await Promise.all(closers.map(close => close()))
    closers = []
    await expectReturnTo(before)
  })

  it('are listened at under a port that both have free', async function () {
    if (!hasIPv6) this.skip()
    const holder = createNetServer()
    const port = await listening(holder, 0, '::1')
    closers.push(() => new Promise(resolve => holder.close(resolve)))
    const server = createServer()
    const error = await bind(server, { port, host: undefined }, 'websocket').then(
      () => null,
      (reason: Error) => reason,
    )
    expect(error?.message).to.include(`port ${port} is in use`).and.to.include('websocket({ port })')
    expect(server.listening).to.equal(false)
    // With the choice left to the system there is one that both have.
    const bound = await bind(server, { port: 0, host: undefined }, 'websocket')
    closers.push(() => bound.close())
    expect(bound.port).not.to.equal(port)
    expect(await reached(bound.port, '::1')).to.equal(true)
  })

  it('have the same patience with a request that does not end', async function () {
    if (!hasIPv6) this.skip()
    const server = createServer({ headersTimeout: 40, requestTimeout: 40, connectionsCheckingInterval: 10 })
    const bound = await bind(server, { port: 0, host: undefined }, 'websocket')
    closers.push(() => bound.close())
    await new Promise<void>(resolve => {
      const socket = connect({ port: bound.port, host: '::1' }, () => socket.write('GET / HTTP/1.1\r\nHost: lo'))
      socket.on('data', () => {})
      socket.on('error', () => {})
      socket.once('close', () => resolve())
    })
  })
})
