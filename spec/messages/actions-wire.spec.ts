/** Actions over real wires: addresses, encoders, ends, several servers in one process. */
import { expect } from 'chai'
import { ArgumentError, ConnectionFailed, Reject, struct, UsageError } from 'fieldcast'
import {
  type ActionData,
  ActionListener,
  Connection,
  type ConnectionOptions,
  type Encoder,
  json,
  msgpack,
} from 'fieldcast/actions'
import { ActionServer, type ActionServerOptions, Channel } from 'fieldcast/actions/server'
import { tcp } from 'fieldcast/transports/tcp'

/** Hears, and lets a test wait for what it will hear. */
class Ear extends ActionListener {
  readonly heard: ActionData[] = []
  #look = () => {}

  Network(data: ActionData) {
    this.heard.push(data)
    this.#look()
  }

  /** The first of that name that has not been asked for. */
  async next(action: string): Promise<any> {
    for (;;) {
      const at = this.heard.findIndex(data => data.action === action)
      if (at >= 0) return this.heard.splice(at, 1)[0]
      await new Promise<void>(resolve => {
        this.#look = resolve
      })
    }
  }
}

/** Gives back what it is sent. */
class Echo extends Channel {
  Network_echo(data: ActionData) {
    this.send({ action: 'echoed', ...('value' in data && { value: data.value }) })
  }
}

describe('Actions over the wire', () => {
  const servers: ActionServer<any>[] = []
  const connections: Connection[] = []

  async function serve(options: ActionServerOptions<Echo> = {}): Promise<[string, ActionServer<Echo>]> {
    const server = new ActionServer({ channel: Echo, port: 0, ...options })
    servers.push(server)
    const [url] = await server.start()
    return [url!, server]
  }

  function open(options: ConnectionOptions = {}): [Connection, Ear] {
    const ear = new Ear()
    const connection = new Connection({ listeners: [ear], ...options })
    connections.push(connection)
    return [connection, ear]
  }

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close()
    await Promise.all(servers.splice(0).map(server => server.stop()))
  })

  it('PS11 Default server and client addresses match without configuration', async () => {
    const server = new ActionServer()
    servers.push(server)
    expect(await server.start()).to.deep.equal(['ws://localhost:31425'])
    const [connection, ear] = open()
    expect(await connection.connect()).to.equal(true)
    expect(ear.heard).to.deep.equal([{ action: 'connected' }])
    expect([...server.channels].map(({ address }) => address)[0]).to.match(/127\.0\.0\.1|::1/)
  })

  it('PS5 Connection refused yields an `error` event with code and text, not an exception', async () => {
    const [url, server] = await serve()
    await server.stop()
    const [connection, ear] = open()
    expect(await connection.connect(url)).to.equal(false)
    expect(ear.heard).to.have.length(1)
    const { action, error } = await ear.next('error')
    expect(action).to.equal('error')
    expect(error.code).to.equal('connection-failed')
    expect(error.text).to.include('nobody listens there')
    expect(connection.connected).to.equal(false)
    expect(connection.send({ action: 'lost' })).to.equal(0)
  })

  it('sent before the connection stands arrive when it does, in order', async () => {
    const [url] = await serve()
    const [connection, ear] = open()
    const connecting = connection.connect(url)
    for (const value of [1, 2, 3]) expect(connection.send({ action: 'echo', value })).to.be.above(0)
    expect(await connecting).to.equal(true)
    for (const value of [1, 2, 3]) expect(await ear.next('echoed')).to.include({ value })
  })

  it('go on at another address: the first server’s channel closes, and the second has one', async () => {
    const [first, one] = await serve()
    const [second, two] = await serve()
    const [connection, ear] = open()
    await connection.connect(first)
    await ear.next('connected')
    const left = new Promise(resolve => one.server.on('close', resolve))
    expect(await connection.connect(second)).to.equal(true)
    expect(ear.heard.map(({ action }) => action)).to.deep.equal(['disconnected', 'connected'])
    await left
    expect([one.channels.size, two.channels.size]).to.deep.equal([0, 1])
    connection.close()
    await ear.next('disconnected')
    expect(await connection.connect(first)).to.equal(true)
  })

  it('of a connection that was given up while it was made are heard of nowhere', async () => {
    const [url, server] = await serve()
    const [connection, ear] = open()
    const first = connection.connect(url)
    const second = connection.connect(url)
    expect(await Promise.all([first, second])).to.deep.equal([false, true])
    const third = connection.connect(url)
    connection.close()
    expect(await third).to.equal(false)
    expect(ear.heard.map(({ action }) => action)).to.deep.equal(['connected', 'disconnected'])
    const [other] = open()
    await other.connect(url)
    expect(server.channels.size).to.be.within(1, 2)
  })

  it('PS15 Two servers and two clients in one process do not mix', async () => {
    const places = await Promise.all(
      ['one', 'two'].map(async name => {
        class Own extends Echo {
          Network_who() {
            this.send({ action: 'you are at', name })
          }
        }
        const [url, server] = await serve({ channel: Own })
        const [connection, ear] = open()
        await connection.connect(url)
        return { name, server, connection, ear }
      }),
    )
    for (const { name, server, connection, ear } of places) {
      expect(server.channels.size).to.equal(1)
      connection.send({ action: 'who' })
      expect(await ear.next('you are at')).to.include({ name })
      server.sendAll({ action: 'all', name })
      expect(await ear.next('all')).to.include({ name })
      expect(ear.heard.map(({ action }) => action)).to.deep.equal(['connected'])
    }
    await places[0]!.server.stop()
    await places[0]!.ear.next('disconnected')
    expect(places[1]!.connection.connected).to.equal(true)
  })

  for (const [wire, options] of [
    ['WebSocket', () => ({})],
    ['TCP', () => ({ port: undefined, transports: [tcp({ port: 0 })] })],
  ] as [string, () => ActionServerOptions<Echo>][]) {
    it(`PS10 JSON encoder can be chosen per server/client (${wire})`, async () => {
      const [jsonUrl] = await serve({ ...options(), encoder: 'json' })
      const [packedUrl] = await serve(options())
      for (const [url, encoder] of [
        [jsonUrl, json],
        [packedUrl, msgpack],
      ] as const) {
        const [connection, ear] = open({ encoder })
        expect(await connection.connect(url)).to.equal(true)
        const sent = connection.send({ action: 'echo', value: 1.1 })
        expect(sent).to.equal(encoder.encode({ action: 'echo', value: 1.1 }).length)
        expect(await ear.next('echoed')).to.deep.equal({ action: 'echoed', value: 1.1 })
      }
      const [wrong, ear] = open({ encoder: 'json' })
      expect(await wrong.connect(packedUrl)).to.equal(false)
      expect((await ear.next('error')).error).to.include({ code: 'message-mismatch' })
    })

    it(`MN33 JSON encoder carries a byte string and completes the handshake (${wire})`, async () => {
      const [url] = await serve({ ...options(), encoder: 'json' })
      const [connection, ear] = open({ encoder: 'json' })
      expect(await connection.connect(url)).to.equal(true)
      const value = Uint8Array.from({ length: 256 }, (_, i) => i)
      connection.send({ action: 'echo', value })
      expect(await ear.next('echoed')).to.deep.equal({ action: 'echoed', value })
    })
  }

  const values = {
    plain: [null, true, -1.5, 2 ** 53, 'text', '\ufeffmark', [1, [2, []]], { a: { b: 'c' } }, { $: 1 }, { $bytes: 2 }],
    dollars: [{ $$bytes: 'x' }, { $bytes: 'AA==' }, { $a: 1, $b: 2 }, { $bigint: 'x', other: 1 }, { deep: { $x: {} } }],
    rare: [
      new Uint8Array([0, 255]),
      new Uint8Array(0),
      2n ** 64n - 1n,
      -(2n ** 63n),
      1n,
      Number.NaN,
      Infinity,
      -Infinity,
    ],
    keys: [JSON.parse('{"__proto__":{"a":1},"constructor":2}'), { '': 0 }],
  }
  for (const encoder of [msgpack, json])
    it(`give back with ${encoder.name} what they were given`, () => {
      for (const value of Object.values(values).flat()) {
        const back = encoder.decode(encoder.encode({ action: 'a', value })) as any
        expect(back.value, String(value)).to.deep.equal(value)
      }
      expect(Object.keys(encoder.decode(encoder.encode({ a: undefined, b: 1 })) as object)).to.deep.equal(['b'])
    })

  it('with JSON say which value cannot go, and refuse text that no sender writes', async () => {
    const [url] = await serve({ encoder: 'json' })
    const [connection] = open({ encoder: 'json' })
    await connection.connect(url)
    const cyclic: any = { action: 'echo' }
    cyclic.self = cyclic
    for (const value of [new Date(), new Map(), () => {}, Symbol('a'), 2n ** 64n, [undefined], new Echoed()])
      expect(() => connection.send({ action: 'echo', value: { deep: value } })).to.throw(
        ArgumentError,
        /The action "echo" cannot be sent as json: value\.deep/,
      )
    expect(() => connection.send(cyclic)).to.throw(ArgumentError, 'levels')
    const text = new TextEncoder()
    for (const wrong of [
      '',
      '{',
      '{"$bytes":1}',
      '{"$bytes":"*"}',
      '{"$number":1}',
      '{"$bigint":"99999999999999999999"}',
    ])
      expect(() => json.decode(text.encode(wrong)), wrong).to.throw()
    expect(() => json.decode(text.encode('['.repeat(40) + ']'.repeat(40)))).to.throw('levels')
    expect(() => json.decode(Uint8Array.of(0x22, 0xff, 0x22))).to.throw('no JSON')
  })

  it('with msgpack carry Date, Map, Set and structs, and more than 64 KiB', async () => {
    const [url] = await serve()
    const [connection, ear] = open()
    await connection.connect(url)
    const value = { at: new Date(5), map: new Map([[1, 'a']]), set: new Set([2]), echoed: new Echoed() }
    connection.send({ action: 'echo', value })
    const back = await ear.next('echoed')
    expect(back.value).to.deep.equal(value)
    expect(back.value.echoed).to.be.instanceOf(Echoed)
    const large = new Uint8Array(100_000).fill(7)
    connection.send({ action: 'echo', value: large })
    expect((await ear.next('echoed')).value).to.deep.equal(large)
    expect(() => connection.send({ action: 'echo', value: new Uint8Array(1 << 20) })).to.throw(ArgumentError, '"echo"')
  })

  it('travel as the game’s own encoder makes them, and what that throws reaches who sends', async () => {
    const upper: Encoder = {
      encode: ({ action, value }) => {
        if (value === 'no') throw new RangeError('not that')
        return new TextEncoder().encode(`${action}|${value}`)
      },
      decode: bytes => {
        const [action, value] = new TextDecoder().decode(bytes).split('|')
        return { action, value }
      },
    }
    const [url] = await serve({ encoder: upper })
    const [connection, ear] = open({ encoder: upper })
    expect(await connection.connect(url)).to.equal(true)
    expect(connection.send({ action: 'echo', value: 'hi' })).to.equal(7)
    expect(await ear.next('echoed')).to.deep.equal({ action: 'echoed', value: 'hi' })
    expect(() => connection.send({ action: 'echo', value: 'no' })).to.throw(RangeError, 'not that')
    const [other, otherEar] = open()
    await other.connect(url)
    expect((await otherEar.next('error')).error.text)
      .to.include('custom')
      .and.include('msgpack')
    expect(() => new Connection({ encoder: 'xml' as never })).to.throw(UsageError, 'msgpack')
    expect(() => new Connection({ encoder: { ...upper, name: '' } })).to.throw(UsageError, 'characters')
    expect(() => new Connection({ pump: 'never' as never })).to.throw(UsageError, 'manual')
  })

  it('need a login where the server wants one, and say what a refusal said', async () => {
    const [url] = await serve({
      login: ({ name }: { name: string }) => {
        if (name !== 'ann') throw new Reject('nobody knows you')
      },
    })
    const [ann] = open({ login: { name: 'ann' } })
    expect(await ann.connect(url)).to.equal(true)
    const [bob, ear] = open({ login: { name: 'bob' } })
    expect(await bob.connect(url)).to.equal(false)
    const { error } = await ear.next('error')
    expect(error.code).to.equal('rejected')
    expect(error.text).to.include('nobody knows you')
  })

  it('go on at the server that a client is sent on to: a channel there, `connected` again, nothing lost on the way', async () => {
    const transfer = { key: 'a key that both of the servers know of' }
    const [first, one] = await serve({ transfer })
    const [second, two] = await serve({ transfer })
    const [connection, ear] = open()
    await connection.connect(first)
    await ear.next('connected')
    const moving = new Promise(resolve => connection.client!.on('transfer', resolve))
    const [client] = one.server.clients.values()
    await client!.transfer(second)
    await moving
    expect(connection.send({ action: 'echo', value: 'on the way' })).to.be.above(0)
    await ear.next('connected')
    expect(await ear.next('echoed')).to.include({ value: 'on the way' })
    expect([one.channels.size, two.channels.size]).to.deep.equal([0, 1])
    expect(ear.heard).to.be.empty
  })

  it('have a server that is started once, and says where its port is taken', async () => {
    const [url, server] = await serve()
    expect(await server.start().catch(error => error)).to.be.instanceOf(UsageError)
    const late = new ActionServer({ port: Number(new URL(url).port) })
    expect(await late.start().catch(error => error))
      .to.be.instanceOf(ConnectionFailed)
      .with.property('message')
      .that.includes('is in use')
  })

  it('are closed to whoever the server throws out as it comes, with its reason', async () => {
    const [url, server] = await serve()
    server.server.on('connect', ({ client }) => client.kick(1002, 'not today'))
    const [connection, ear] = open()
    expect(await connection.connect(url)).to.equal(false)
    expect((await ear.next('error')).error).to.include({ code: 'game', text: 'not today' })
  })

  it('throw where there is no address at all, and tell of one that nobody can follow', async () => {
    const [connection, ear] = open()
    expect(await connection.connect('gopher://here')).to.equal(false)
    expect((await ear.next('error')).error.text).to.include('gopher')
    const error = await connection.connect([]).catch(thrown => thrown)
    expect(error).to.be.instanceOf(UsageError)
  })
})

@struct()
class Echoed {
  n = 1
}
