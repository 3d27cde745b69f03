/** A client goes on at another server of the deployment, without a new login. docs/transfer.md. */
import { expect } from 'chai'
import { Disconnected, Flags, field, networkClass, Registry, type str, type uint16 } from 'fieldcast'
import { type Client, type ConnectOptions, connect } from 'fieldcast/client'
import {
  createServer,
  Reject,
  type Client as Remote,
  type Server,
  type ServerOptions,
  UsageError,
} from 'fieldcast/server'
import { memoryStore } from 'fieldcast/stores/memory'
import { memory } from 'fieldcast/transports/memory'
import { websocket } from 'fieldcast/transports/websocket'
import { failureOf, next, record } from '../support/outcome.ts'
import { Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Database)
  setName(name: str<64>): void {
    this.note('name', name)
  }

  @field(Flags.OwnerSend)
  ask(n: uint16): Promise<uint16> {
    return new Promise(() => {})
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<64>): void {
    this.note('say', text)
  }
}

const classes = [Player]
const key = 'the key that all servers of a deployment share'
const avatarId = 'abcdef000000000000000001'

describe('client.transfer', () => {
  const servers: Server[] = []
  const clients: Client<Player>[] = []
  let logins = 0
  beforeEach(() => (logins = 0))
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await Promise.all(servers.splice(0).map(server => server.stop()))
  })

  async function open(options: Partial<ServerOptions> = {}): Promise<{ server: Server; url: string }> {
    const server = createServer({
      classes,
      avatar: Player,
      tickRate: 0,
      transports: [websocket({ port: 0, host: '127.0.0.1' })],
      transfer: { key },
      login: name => {
        logins++
        return { id: String(name), data: { team: 'red' } }
      },
      ...options,
    })
    server.on('close', () => {})
    servers.push(server)
    const [url] = await server.start()
    return { server, url: url! }
  }

  async function join(
    url: string,
    options: Omit<Partial<ConnectOptions<Player>>, 'avatar'> = {},
  ): Promise<Client<Player>> {
    const client = await connect<Player>(url, { classes, login: 'ann', ...options })
    client.on('close', () => {})
    clients.push(client)
    return client
  }

  const remote = (server: Server): Remote => [...server.clients.values()][0]!

  it('takes account, data and context along, and asks for no login', async () => {
    const [a, b] = [await open(), await open()]
    const client = await join(a.url)
    const here = remote(a.server)
    Object.assign(here.context, { gold: 12, bag: ['rope', { lamp: null }] })
    const welcomed = next(b.server, 'connect')
    const arrived = next(client, 'transferred')
    const gone = next(a.server, 'close')
    await here.transfer(b.url)
    expect((await gone).reason).to.equal('transferred')
    const there = (await welcomed).client
    expect(await arrived).to.deep.equal({ url: b.url, failed: false, reason: null })
    expect([there.account, there.data, there.context]).to.deep.equal([
      'ann',
      { team: 'red' },
      { gold: 12, bag: ['rope', { lamp: null }] },
    ])
    expect([logins, a.server.clients.size, b.server.clients.size]).to.deep.equal([1, 0, 1])
  })

  it('keeps the client: its id, avatar, objects and zones are those of the new server, and what it sends goes there', async () => {
    const [a, b] = [await open(), await open()]
    b.server.create(Player, null, { zone: 7 })
    const [client, other] = [await join(a.url), await join(a.url, { login: 'bob' })]
    while (!client.objects.get(other.avatar.id)) await next(client, 'enter')
    const old = client.avatar
    const story: string[] = []
    for (const event of [
      'leave',
      'zone-left',
      'transfer',
      'enter',
      'zone-done',
      'transferred',
      'close',
      'lost',
    ] as const)
      client.on(event, () => story.push(event))
    const arrived = next(client, 'transferred')
    await a.server.clients.get(client.id)!.transfer(b.url, { zone: 7 })
    await arrived
    expect(story.join(' ')).to.equal('leave leave zone-left transfer enter enter zone-done transferred')
    expect(client.avatar).to.not.equal(old)
    expect([...client.zones]).to.deep.equal([7])
    expect([...client.objects].map(({ id }) => id).sort()).to.deep.equal(
      [...b.server.objects].map(({ id }) => id).sort(),
    )
    expect([client.id, client.connected]).to.deep.equal([remote(b.server).id, true])
    client.avatar.send.say('hello there')
    await client.ping()
    expect((remote(b.server).avatar as Player).heard).to.deep.equal([['say', 'hello there']])
    expect(() => old.send.say('from beyond')).to.throw(UsageError)
    expect(other.connected).to.equal(true)
  })

  it('rejects what is in flight, and runs no last will', async () => {
    const [a, b] = [await open(), await open()]
    const client = await join(a.url)
    const here = remote(a.server)
    let wills = 0
    here.will(() => wills++)
    const answer = failureOf(client.avatar.send.ask(1), Disconnected)
    await client.ping()
    const arrived = next(client, 'transferred')
    await here.transfer(b.url)
    await answer
    await arrived
    expect(wills).to.equal(0)
  })

  it('leads from server to server and back', async () => {
    const [a, b] = [await open(), await open()]
    const client = await join(a.url)
    for (const [from, to] of [
      [a, b],
      [b, a],
      [a, b],
    ] as const) {
      const arrived = next(client, 'transferred')
      await remote(from.server).transfer(to.url, { data: { to: to.url } })
      expect((await arrived).url).to.equal(to.url)
      expect(remote(to.server).data).to.deep.equal({ to: to.url })
      client.avatar.send.say(to.url)
      await client.ping()
      expect((remote(to.server).avatar as Player).heard).to.deep.equal([['say', to.url]])
    }
    expect(logins).to.equal(1)
  })

  it('has a stored avatar saved and out of memory first, and back in the other server’s game', async () => {
    const store = memoryStore()
    const stored = { store, login: (name: string) => ({ id: name, avatar: avatarId }) }
    const a = await open({ ...stored, storage: { shard: 'a' } })
    const b = await open({ ...stored, storage: { shard: 'b' } })
    const client = await join(a.url)
    client.avatar.send.setName('Ann the Great')
    await client.ping()
    const arrived = next(client, 'transferred')
    await remote(a.server).transfer(b.url)
    expect(a.server.objects.size).to.equal(0)
    await arrived
    expect(client.avatar.heard).to.deep.equal([['name', 'Ann the Great']])
    expect(b.server.objects.size).to.equal(1)
  })

  it('comes back to its old server, by the same ticket, where the new one cannot be reached', async () => {
    const [a, b] = [await open(), await open()]
    await b.server.stop()
    const client = await join(a.url)
    const arrived = next(client, 'transferred')
    await remote(a.server).transfer(b.url)
    const { url, failed, reason } = await arrived
    expect([url, failed]).to.deep.equal([a.url, true])
    expect(reason).to.include(b.url)
    expect([remote(a.server).account, logins]).to.deep.equal(['ann', 1])
  })

  const refusals: Record<string, [Partial<ServerOptions>, reason: string]> = {
    'refuses it': [{ onTransfer: () => false }, 'invalid-login'],
    'is full': [{ maxClients: 0 }, 'server-full'],
    'has another key': [{ transfer: { key: `not ${key}` } }, 'invalid-login'],
    'has other classes': [{ classes: [], avatar: undefined }, 'schema-mismatch'],
  }
  for (const [what, [options, reason]] of Object.entries(refusals))
    it(`says why it is back where the new one ${what}`, async () => {
      const [a, b] = [await open(), await open(options)]
      b.server.on('warning', () => {})
      b.server.on('mismatch', () => {})
      const client = await join(a.url)
      const arrived = next(client, 'transferred')
      await remote(a.server).transfer(b.url)
      expect(await arrived).to.deep.equal({ url: a.url, failed: true, reason })
    })

  it('gives who comes back the zone, data and context that it had, and not those it was to have', async () => {
    const seen: unknown[] = []
    const a = await open({
      onTransfer: ({ account, context, returned }) => void seen.push([account, context, returned]),
    })
    const b = await open({ onTransfer: ({ returned }) => (seen.push(returned), false) })
    const client = await join(a.url)
    const here = remote(a.server)
    here.context.gold = 12
    here.avatar!.enterZone(5)
    const arrived = next(client, 'transferred')
    await here.transfer(b.url, { zone: 3, data: { team: 'blue' } })
    await arrived
    expect(seen).to.deep.equal([false, [{ id: 'ann', zone: 5, data: { team: 'red' } }, { gold: 12 }, true]])
    const back = remote(a.server)
    expect([back.avatar!.zone, [...back.zones], back.data, back.context]).to.deep.equal([
      5,
      [5],
      { team: 'red' },
      { gold: 12 },
    ])
    expect([client.avatar.zone, ...client.zones]).to.deep.equal([5, 5])
  })

  it('gives a stored avatar back where it was, and none to who had none and stood in no zone', async () => {
    const store = memoryStore()
    const a = await open({ store, login: (name: string) => ({ id: name, avatar: avatarId }) })
    const bare = await open({ avatar: undefined, zone: null })
    const b = await open({ onTransfer: () => false })
    for (const [{ server, url }, zone] of [
      [a, 6],
      [bare, null],
    ] as const) {
      const client = await join(url)
      remote(server).avatar?.enterZone(6)
      const arrived = next(client, 'transferred')
      await remote(server).transfer(b.url, { zone: 3 })
      expect((await arrived).failed).to.equal(true)
      expect(remote(server).avatar?.zone ?? null).to.equal(zone)
      expect([...client.zones]).to.deep.equal(zone === null ? [] : [zone])
      client.close()
    }
  })

  it('tells a lobby that sends everybody on who has come back, so that it need not go on for ever', async () => {
    const [a, b] = [await open(), await open({ onTransfer: () => false })]
    const story: boolean[] = []
    a.server.on('connect', ({ client, returned }) => {
      story.push(returned)
      if (!returned) void client.transfer(b.url)
    })
    let arrive: (event: { failed: boolean }) => void = () => {}
    const arrived = new Promise<{ failed: boolean }>(resolve => (arrive = resolve))
    const client = await join(a.url, { on: { transferred: arrive } })
    expect((await arrived).failed).to.equal(true)
    await client.ping()
    expect(story).to.deep.equal([false, true])
  })

  it('goes through a server that sends everybody on at once', async () => {
    const [a, b, c] = [await open(), await open(), await open()]
    b.server.on('connect', ({ client }) => void client.transfer(c.url, { zone: 9 }))
    const client = await join(a.url)
    const [closed, moved] = [record(client, 'close'), record(client, 'transfer')]
    const arrived = next(c.server, 'connect')
    await remote(a.server).transfer(b.url)
    expect((await arrived).client.zones.has(9)).to.equal(true)
    while (!client.connected || client.zones.size === 0) await next(client, 'transferred')
    await client.ping()
    expect([client.avatar.zone, client.id]).to.deep.equal([9, remote(c.server).id])
    expect([moved.map(({ url }) => url), closed]).to.deep.equal([[b.url, c.url], []])
  })

  it('is no return for who comes from elsewhere with a ticket of another server', async () => {
    const [a, b] = [await open(), await open()]
    const client = await join(a.url)
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const [welcomed, arrived] = [next(to.server, 'connect'), next(client, 'transferred')]
      await remote(from.server).transfer(to.url, { zone: 9 })
      expect((await welcomed).returned).to.equal(false)
      expect((await arrived).failed).to.equal(false)
      expect(client.avatar.zone).to.equal(9)
    }
  })

  it('closes with the first server’s reason where neither takes it', async () => {
    const a = await open({ onTransfer: () => false })
    const b = await open({
      onTransfer: () => {
        throw new Reject('no room in the inn')
      },
    })
    const client = await join(a.url)
    const closed = record(client, 'close')
    const end = next(client, 'close')
    await remote(a.server).transfer(b.url)
    expect(await end).to.deep.include({ reason: 'invalid-login' })
    expect(closed).to.have.length(1)
    expect(closed[0]!.text).to.include('no room in the inn')
    expect([client.connected, a.server.clients.size, b.server.clients.size]).to.deep.equal([false, 0, 0])
  })

  it('asks the other server’s onTransfer, which sees who comes', async () => {
    const seen: unknown[] = []
    const a = await open()
    const b = await open({
      onTransfer: async ({ account, context }, { address }) => void seen.push([account, context, address]),
    })
    const client = await join(a.url)
    remote(a.server).context.level = 3
    const arrived = next(client, 'transferred')
    await remote(a.server).transfer(b.url)
    await arrived
    expect(seen).to.deep.equal([[{ id: 'ann', data: { team: 'red' } }, { level: 3 }, '127.0.0.1']])
  })

  it('takes the place of an older login of the account', async () => {
    const [a, b] = [await open(), await open()]
    const older = await join(b.url)
    const end = next(older, 'close')
    const client = await join(a.url)
    const arrived = next(client, 'transferred')
    await remote(a.server).transfer(b.url)
    await arrived
    expect((await end).reason).to.equal('double-login')
    expect(b.server.clients.size).to.equal(1)
  })

  for (const objects of [0, 5000])
    it(`may come at once, in a zone of ${objects} objects`, async () => {
      // A large zone is told of in slices: connect() still waits for them then.
      const [a, b] = [await open(), await open()]
      for (let i = 0; i < objects; i++) a.server.create(Player, null, { zone: 0 })
      const sent: Promise<void>[] = []
      a.server.on('connect', ({ client }) => sent.push(client.transfer(b.url)))
      let arrive: () => void = () => {}
      const arrived = new Promise<void>(resolve => (arrive = resolve))
      const client = await join(a.url, { on: { transferred: arrive } })
      await Promise.all([...sent, arrived])
      expect(client.avatar.id).to.equal(remote(b.server).avatar!.id)
      expect([sent.length, a.server.clients.size, logins]).to.deep.equal([1, 0, 1])
      expect(client.objects.size).to.equal(1)
    })

  it('is followed only where the client allows it', async () => {
    const [a, b] = [await open(), await open()]
    const asked: string[] = []
    const never = await join(a.url, { transfer: false, login: 'never' })
    const elsewhere = await join(a.url, { transfer: url => asked.push(url) < 0, login: 'elsewhere' })
    for (const client of [never, elsewhere]) {
      const end = next(client, 'close')
      await a.server.clients.get(client.id)!.transfer(b.url)
      expect((await end).reason).to.equal('transferred')
    }
    expect(asked).to.deep.equal([b.url])
    expect(b.server.clients.size).to.equal(0)
    const client = await join(a.url)
    const end = next(client, 'close')
    await remote(a.server).transfer('tcp://127.0.0.1:1')
    expect((await end).reason).to.equal('transferred')
  })

  it('goes by any wire that the client has', async () => {
    const wire = memory()
    const a = await open({ transports: [wire] })
    const b = await open()
    const client = await join('memory:', { transport: [{ ...wire, schemes: ['memory'] }] })
    const arrived = next(client, 'transferred')
    await remote(a.server).transfer(b.url)
    await arrived
    expect(client.connected).to.equal(true)
  })

  it('works with a pump by hand: the old world ends in its turn', async () => {
    const [a, b] = [await open(), await open()]
    const client = await join(a.url, { pump: 'manual' })
    const left = record(client, 'leave')
    const moved = record(client, 'transferred')
    const gone = next(a.server, 'close')
    await remote(a.server).transfer(b.url)
    await gone
    while (b.server.clients.size === 0) {
      client.pump()
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(left).to.have.length(1)
    while (moved.length === 0) {
      client.pump()
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(client.avatar.id).to.equal(remote(b.server).avatar!.id)
  })

  it('resumes at the new server when the connection to it breaks', async () => {
    const wire = memory()
    const a = await open()
    const b = await open({ transports: [wire] })
    const client = await join(a.url, { transfer: () => true, transport: await both(wire) })
    const arrived = next(client, 'transferred')
    await remote(a.server).transfer('memory:')
    await arrived
    client.on('lost', () => {})
    const back = next(client, 'resumed')
    const { id } = client
    wire.cut()
    await back
    expect([client.id, b.server.clients.size]).to.deep.equal([id, 1])
  })

  it('can be closed by the game while it is on its way', async () => {
    const [a, b] = [await open(), await open()]
    const client = await join(a.url)
    const closed = record(client, 'close')
    client.on('transfer', () => client.close())
    const gone = next(a.server, 'close')
    await remote(a.server).transfer(b.url)
    await gone
    while (closed.length === 0) await new Promise(resolve => setImmediate(resolve))
    for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve))
    expect(closed.map(({ reason }) => reason)).to.deep.equal(['normal'])
    expect([client.connected, b.server.clients.size]).to.deep.equal([false, 0])
  })

  describe('rejects, and leaves the client where it is,', () => {
    const misuses: Record<string, (client: Remote) => Promise<void>> = {
      'with a url that is none': client => client.transfer('nowhere'),
      'with a zone that is none': client => client.transfer('ws://b.example', { zone: -1 }),
      'with data that are no JSON': client => client.transfer('ws://b.example', { data: { big: 1n } }),
      'with a context that holds a function': client => {
        client.context.f = () => 1
        return client.transfer('ws://b.example')
      },
      'with a context that holds itself': client => {
        client.context.self = client.context
        return client.transfer('ws://b.example')
      },
      'with more than a login may have': client => client.transfer('ws://b.example', { data: 'x'.repeat(60_000) }),
    }
    for (const [what, attempt] of Object.entries(misuses))
      it(what, async () => {
        const { server, url } = await open()
        const client = await join(url)
        await failureOf(attempt(remote(server)), UsageError)
        await client.ping()
        expect([client.connected, server.objects.size]).to.deep.equal([true, 1])
      })

    it('without a key', async () => {
      const { server, url } = await open({ transfer: undefined })
      const client = await join(url)
      const error = await failureOf(remote(server).transfer('ws://b.example'), UsageError)
      expect(error.message).to.include('transfer: { key }')
      expect(client.connected).to.equal(true)
    })

    it('while it is being transferred', async () => {
      const [a, b] = [
        await open({ store: memoryStore(), login: () => ({ avatar: avatarId }) }),
        await open({ avatar: undefined }),
      ]
      const client = await join(a.url)
      client.avatar.send.setName('x')
      await client.ping()
      const first = remote(a.server).transfer(b.url)
      await failureOf(remote(a.server).transfer(b.url), UsageError)
      await first.catch(() => {})
    })

    it('when it has gone', async () => {
      const { server, url } = await open()
      const client = await join(url)
      const here = remote(server)
      const gone = next(server, 'close')
      client.close()
      await gone
      await failureOf(here.transfer('ws://b.example'), Disconnected)
    })
  })

  it('needs a key that cannot be guessed', () => {
    expect(() => createServer({ classes, transfer: { key: 'short' } })).to.throw(UsageError, 'openssl')
    expect(() => createServer({ classes, transfer: { key, ttlMs: 0 } })).to.throw(UsageError, 'ttlMs')
  })
})

/** Takes WebSocket and memory. */
async function both(wire: ReturnType<typeof memory>) {
  const { websocketDialer } = await import('fieldcast/transports/websocket')
  return [
    { dial: wire.dial.bind(wire), schemes: ['memory'] },
    { ...websocketDialer(), schemes: ['ws'] },
  ]
}
