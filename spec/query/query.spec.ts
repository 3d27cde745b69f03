/** `fieldcast/query`: what a server says of itself to whoever asks, without a login. */
import { expect } from 'chai'
import { ConnectionFailed, Disconnected, NetworkObject, networkClass, Registry, TimedOut, UsageError } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { query } from 'fieldcast/query'
import { createServer, type Server, type ServerOptions } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { tcp } from 'fieldcast/transports/tcp'
import { udp } from 'fieldcast/transports/udp'
import { websocket } from 'fieldcast/transports/websocket'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { library, protocolVersion, version } from '../../lib/protocol/version.ts'
import { failureOf } from '../support/outcome.ts'

@networkClass(10, { registry: new Registry() })
class Player extends NetworkObject {}

const host = '127.0.0.1'
const wires = {
  websocket: () => websocket({ port: 0, host }),
  tcp: () => tcp({ port: 0, host }),
  udp: () => udp({ port: 0, host }),
} as const

describe('query()', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop()
  })

  async function open(options: Partial<ServerOptions> = {}): Promise<{ server: Server; url: string }> {
    const server = createServer({
      classes: [Player],
      avatar: Player,
      transports: [websocket({ port: 0, host })],
      ...options,
    })
    servers.push(server)
    const [url] = await server.start()
    return { server, url: url! }
  }

  for (const [name, wire] of Object.entries(wires))
    it(`PG16 gives echo, dynamic and static data, version, time and delay without a login, knowing no class (${name})`, async () => {
      let round = 0
      const { server, url } = await open({
        transports: [wire()],
        name: 'Harbour',
        maxClients: 40,
        motd: 'hello',
        info: ({ data }) => ({ map: 'docks', round: ++round, asked: data }),
      })
      const before = Date.now()
      const { latency, delay, serverTime, ...rest } = await query(url, { data: { from: 'list' } })
      expect(rest).to.deep.equal({
        name: 'Harbour',
        players: 0,
        maxPlayers: 40,
        full: false,
        motd: 'hello',
        library,
        version,
        protocol: protocolVersion,
        data: { map: 'docks', round: 1, asked: { from: 'list' } },
        echo: { from: 'list' },
      })
      expect(latency).to.be.within(0, 5000)
      expect(delay).to.equal(latency / 2)
      expect(serverTime).to.be.within(before - 1, Date.now() + 1)
      expect((await query(url)).data).to.deep.equal({ map: 'docks', round: 2, asked: null })
      expect(server.clients.size).to.equal(0)
    })

  it('gives little where the game says nothing', async () => {
    const { url } = await open()
    const { name, motd, maxPlayers, full, data, echo } = await query(url)
    expect({ name, motd, maxPlayers, full, data, echo }).to.deep.equal({
      name: '',
      motd: '',
      maxPlayers: null,
      full: false,
      data: null,
      echo: null,
    })
  })

  it('counts players, is answered by a full server, and by one whose address has all its connections', async () => {
    const { server, url } = await open({ maxClients: 2, limits: { connectionsPerAddress: 2 } })
    const ann = await connect(url, { classes: [Player] })
    expect(await query(url)).to.include({ players: 1, maxPlayers: 2, full: false })
    const bob = await connect(url, { classes: [Player] })
    expect(await query(url)).to.include({ players: 2, maxPlayers: 2, full: true })
    const crowded = await failureOf(connect(url, { classes: [Player] }), Disconnected)
    expect(crowded.reason).to.equal('too-many-connections')
    const gone = new Promise(resolve => server.on('close', ({ client }) => client && resolve(client)))
    ann.close()
    await gone
    expect(await query(url)).to.include({ players: 1, full: false })
    bob.close()
  })

  it('is not how a full server answers a login: that is server-full, on both sides, and its avatar is never made', async () => {
    const { server, url } = await open({ maxClients: 1 })
    const closes: unknown[] = []
    server.on('close', ({ client, code, reason, text }) => closes.push({ client, code, reason, text }))
    const ann = await connect(url, { classes: [Player] })
    const error = await failureOf(connect(url, { classes: [Player] }), Disconnected)
    expect(error).to.include({ closeCode: 18, reason: 'server-full' })
    expect(error.message).to.include('The server is full.')
    expect(closes).to.deep.equal([{ client: null, code: 18, reason: 'server-full', text: 'The server is full.' }])
    expect(server.objects.size).to.equal(1)
    ann.close()
  })

  it('leaves the one place to the account that takes over its own connection', async () => {
    const { server, url } = await open({ maxClients: 1, login: ({ name }: { name: string }) => ({ id: name }) })
    const first = await connect(url, { classes: [Player], login: { name: 'ann' }, resume: false })
    const kicked = new Promise(resolve => first.on('close', ({ reason }) => resolve(reason)))
    const second = await connect(url, { classes: [Player], login: { name: 'ann' } })
    expect(await kicked).to.equal('double-login')
    expect(second.connected).to.equal(true)
    expect(server.clients.size).to.equal(1)
    const other = await failureOf(connect(url, { classes: [Player], login: { name: 'bob' } }), Disconnected)
    expect(other.reason).to.equal('server-full')
    second.close()
  })

  it('takes the info of a server that has it as an object', async () => {
    const { url } = await open({ info: { map: 'docks' } })
    expect((await query(url)).data).to.deep.equal({ map: 'docks' })
  })

  for (const [what, info, says] of [
    [
      'throws',
      () => {
        throw new Error('the game is broken')
      },
      /the game is broken/,
    ],
    ['is too large', () => ({ list: 'é'.repeat(4100) }), /more than the 8192/],
    ['takes its time', (async () => ({})) as never, /gave a promise/],
    ['rejects', (async () => Promise.reject(new Error('late'))) as never, /gave a promise/],
    ['is no JSON', () => ({ big: 1n }), /BigInt/],
    ['is a function', (() => () => {}) as never, /gave a function/],
  ] as const)
    it(`is answered without data where the game's info ${what}, which is an error event`, async () => {
      const { server, url } = await open({ name: 'Harbour', info })
      const errors: { where: string; error: unknown }[] = []
      server.on('error', ({ where, error }) => errors.push({ where, error }))
      const { name, data } = await query(url)
      expect({ name, data }).to.deep.equal({ name: 'Harbour', data: null })
      expect(errors.map(({ where }) => where)).to.deep.equal(['info'])
      expect((errors[0]!.error as Error).message).to.match(says)
    })

  it('is closed politely by a server that answers none', async () => {
    const { server, url } = await open({ query: false })
    const violations: unknown[] = []
    server.on('violation', event => violations.push(event))
    const error = await failureOf(query(url), Disconnected)
    expect(error.reason).to.equal('normal')
    expect(error.message).to.equal(`${url} did not answer the query: This server answers no queries. (normal)`)
    expect(violations).to.deep.equal([])
  })

  it('fails with words where nobody listens, where the listener is full, and with a wrong url', async () => {
    const { server, url } = await open()
    await server.stop()
    expect((await failureOf(query(url), ConnectionFailed)).message).to.include('nobody listens there')
    const { url: full } = await open({ transports: [websocket({ port: 0, host, maxConnections: 0 })] })
    expect((await failureOf(query(full), ConnectionFailed)).message).to.include('503')
    for (const wrong of ['', 'http://x', 'carrier-pigeon://x', 'localhost:7200'])
      await failureOf(query(wrong), ConnectionFailed)
  })

  it('gives up in time on a server that says nothing, and lets go of a connection that opens later', async () => {
    const clock = new VirtualClock()
    const closed: number[] = []
    const ended = (accept: Parameters<ReturnType<typeof memory>['dial']>[1]): void => {
      accept({
        address: '',
        network: true,
        buffered: 0,
        send: () => {},
        close: code => closed.push(code),
        abort: () => {},
      })
    }
    let dialled = (): void => {}
    const dialling = (): Promise<void> => new Promise(resolve => (dialled = resolve))
    const silent = { dial: async (_: string, accept: never) => (ended(accept), dialled()) }
    const opened = dialling()
    const asked = failureOf(query('x:', { transport: silent as never, clock, timeoutMs: 300 }), TimedOut)
    await opened
    await clock.advance(300)
    expect((await asked).message).to.equal('x: did not answer the query within 300 ms.')
    expect(closed).to.deep.equal([1])
    let open = (): void => {}
    const late = {
      dial: (_: string, accept: never) => new Promise<void>(() => ((open = () => ended(accept)), dialled())),
    }
    const underway = dialling()
    const waiting = failureOf(query('x:', { transport: late as never, clock }), TimedOut)
    await underway
    await clock.advance(5000)
    await waiting
    open()
    expect(closed).to.deep.equal([1, 1])
    expect(clock.pending).to.equal(0)
  })

  it('works in the own process', async () => {
    const wire = memory()
    await open({ transports: [wire], name: 'Home' })
    expect((await query('memory:', { transport: wire })).name).to.equal('Home')
  })

  it('refuses data that cannot travel', async () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const data of [cycle, 1n, () => {}, 'x'.repeat(1023)])
      await failureOf(query('ws://127.0.0.1:1', { data }), UsageError)
  })

  it('comes with options that are checked', () => {
    for (const wrong of [
      { maxClients: -1 },
      { maxClients: 1.5 },
      { maxClients: Number.NaN },
      { name: 'x'.repeat(257) },
    ])
      expect(() => createServer({ classes: [Player], ...wrong })).to.throw(UsageError)
  })
})
