/** A game whose players come by routers: the server sees each as its own. */
import { expect } from 'chai'
import { type bytes, Flags, field, NetworkObject, networkClass, Registry, type str, type uint32 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { createServer, type Server, type ServerOptions } from 'fieldcast/server'
import { type Dialer, type MemoryWire, memory } from 'fieldcast/transports/memory'
import { createRouter, type Router, type RouterOptions, routed } from 'fieldcast/transports/router'
import { websocket } from 'fieldcast/transports/websocket'
import WebSocket from 'ws'
import { CloseReason } from '../../lib/protocol/close.ts'
import { putLogin, putSelect } from '../../lib/protocol/messages.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import { written } from '../support/intruder.ts'
import { next, record } from '../support/outcome.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { eventually } from './recorder.ts'
import { running, secret } from './router-bench.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  say(text: str<64>): void {
    this.note('say', text)
  }
}

@networkClass(11, { registry })
class Screen extends NetworkObject {
  shown = 0

  @field(Flags.Broadcast)
  show(n: uint32, picture: bytes<100000>): void {
    this.shown = n
  }
}

const classes = [Player, Screen]
const local = { port: 0, host: '127.0.0.1' }

describe('a game behind routers', () => {
  let server: Server
  let router: Router
  const clients: Client<Player>[] = []
  const others: Router[] = []
  let url: string
  let urls: string[]
  let serverUrls: string[]
  let before = 0

  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await server.stop()
    await router.stop()
    for (const other of others.splice(0)) await other.stop()
    await expectReturnTo(before)
  })

  async function open(options: Partial<ServerOptions> = {}, more: Partial<RouterOptions> = {}): Promise<void> {
    server = createServer({
      classes,
      avatar: Player,
      tickRate: 0,
      transports: [routed(websocket(local), { secret }), websocket(local)],
      ...options,
    })
    server.on('close', () => {})
    serverUrls = await server.start()
    router = routerTo(serverUrls[0]!, more)
    urls = await router.start()
    url = urls[0]!
    await running(router, 2)
  }

  function routerTo(to: string, more: Partial<RouterOptions> = {}): Router {
    const made = createRouter({ listen: websocket(local), server: to, secret, ...more })
    made.on('link-down', () => {})
    return made
  }

  async function join(to = url): Promise<Client<Player>> {
    const client = await connect<Player>(to, { classes })
    client.on('close', () => {})
    clients.push(client)
    return client
  }

  it('lets players of two links and a direct one see and hear each other', async () => {
    await open()
    const all = [await join(), await join(), await join(serverUrls[1])]
    for (const client of all)
      for (const other of all) while (!client.objects.get(other.avatar.id)) await next(client, 'enter')
    for (const [index, client] of all.entries()) client.avatar.send.say(`from ${index}`)
    await eventually(() => all.every(client => all.every(other => sightOf(client, other.avatar).heard.length > 0)))
    for (const client of all)
      expect(all.map(other => sightOf(client, other.avatar).heard)).to.deep.equal([
        [['say', 'from 0']],
        [['say', 'from 1']],
        [['say', 'from 2']],
      ])
    expect([router.players, router.links, server.clients.size]).to.deep.equal([2, 2, 3])
  })

  it('knows each player’s own address, and counts connections by it', async () => {
    await open({ limits: { connectionsPerAddress: 2 } })
    const addresses = record(server, 'close')
    const sockets: WebSocket[] = []
    const from = async (localAddress: string): Promise<WebSocket> => {
      const socket = new WebSocket(url, { localAddress })
      sockets.push(socket)
      socket.on('error', () => {})
      await new Promise(resolve => socket.once('message', resolve).once('close', resolve))
      return socket
    }
    for (const address of ['127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.2']) await from(address)
    await eventually(() => addresses.length > 0)
    await eventually(() => sockets[3]!.readyState >= WebSocket.CLOSING)
    expect(addresses.map(({ address, reason }) => [address, reason])).to.deep.equal([
      ['127.0.0.2', 'too-many-connections'],
    ])
    expect(sockets.map(({ readyState }) => readyState >= WebSocket.CLOSING)).to.deep.equal([false, false, false, true])
    const player = await join()
    expect(server.clients.get(player.id)!.address).to.equal('127.0.0.1')
    for (const socket of sockets) socket.terminate()
    await eventually(() => router.players === 1)
  })

  it('gives each its own end, with its own code and words', async () => {
    await open()
    const [a, b, c] = [await join(), await join(), await join()]
    const ends = [record(a, 'close'), record(b, 'close'), record(c, 'close')]
    const left = record(server, 'close')
    server.clients.get(a.id)!.kick('kicked', 'rude')
    b.close()
    await eventually(() => ends[0]!.length + ends[1]!.length === 2 && left.length === 2)
    expect(ends.map(list => list.map(({ code, text }) => [code, text]))).to.deep.equal([
      [[CloseReason.kicked, 'rude']],
      [[CloseReason.normal, 'normal']],
      [],
    ])
    expect(left.map(({ client, reason }) => [client!.id, reason])).to.deep.equal([
      [a.id, 'kicked'],
      [b.id, 'normal'],
    ])
    expect([...server.clients.keys()]).to.deep.equal([c.id])
  })

  it('tells players of its stop through the router', async () => {
    await open()
    const [a, b] = [await join(), await join()]
    const ends = [next(a, 'close'), next(b, 'close')]
    await server.stop()
    expect((await Promise.all(ends)).map(({ reason }) => reason)).to.deep.equal(['server-shutdown', 'server-shutdown'])
    expect(router.state).to.equal('waiting')
  })

  it('closes a player that does not read as too-slow, and nobody else notices', async () => {
    await open({ limits: { waitingBytes: 300_000 } })
    const honest = await join()
    const socket = new WebSocket(url)
    const connected = new Promise<number>(resolve => server.on('connect', ({ client }) => resolve(client.id)))
    socket.on('open', () =>
      socket.send(
        written(w => {
          putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: server.schemaHash })
          putLogin(w, 'null')
        }),
      ),
    )
    const lazy = await connected
    socket.pause()
    const screen = server.create(Screen, null, { zone: 0 })
    const [slow, closed] = [record(server, 'slow'), record(server, 'close')]
    const picture = new Uint8Array(60_000)
    let n = 0
    // The system's own buffers take megabytes before anything waits at the router.
    while (closed.length === 0 && n < 1000) {
      screen.send.show(++n, picture)
      server.tick()
      while ((honest.objects.get(screen.id) as Screen | undefined)?.shown !== n) await honest.ping()
    }
    expect(slow.map(event => [event.client.id, event.slow])).to.deep.equal([[lazy, true]])
    expect(closed.map(({ client, reason }) => [client!.id, reason])).to.deep.equal([[lazy, 'too-slow']])
    expect([...server.clients.keys()]).to.deep.equal([honest.id])
    socket.terminate()
    await eventually(() => router.players === 1)
  })

  it('serves several routers at once; the players of one that stops hear it, others play on', async () => {
    await open()
    const other = routerTo(serverUrls[0]!)
    others.push(other)
    const [otherUrl] = await other.start()
    await running(other, 2)
    const [a, b] = [await join(), await join(otherUrl)]
    const end = next(b, 'close')
    await other.stop()
    expect((await end).reason).to.equal('server-shutdown')
    a.avatar.send.say('alone')
    await eventually(() => a.avatar.heard.length === 1)
    expect([...server.clients.keys()]).to.deep.equal([a.id])
  })

  it('can stand behind a chain of routers', async () => {
    await open({}, { listen: [websocket(local), routed(websocket(local), { secret })] })
    const outer = routerTo(urls[1]!)
    others.push(outer)
    const [outerUrl] = await outer.start()
    await running(outer, 2)
    const [a, b] = [await join(), await join(outerUrl)]
    while (!a.objects.get(b.avatar.id)) await next(a, 'enter')
    b.avatar.send.say('from afar')
    await eventually(() => sightOf(a, b.avatar).heard.length === 1)
    expect(server.clients.get(b.id)!.address).to.equal('127.0.0.1')
  })

  it('may dial out to its router, and needs no open port of its own', async () => {
    const links = memory()
    router = createRouter({ listen: websocket(local), server: links, secret })
    router.on('link-down', () => {})
    ;[url] = (await router.start()) as [string]
    server = createServer({
      classes,
      avatar: Player,
      tickRate: 0,
      transports: [routed({ dial: 'memory:', transport: links, secret })],
    })
    await server.start()
    await running(router, 2)
    const [a, b] = [await join(), await join()]
    a.avatar.send.say('hello')
    await eventually(() => sightOf(b, a.avatar)?.heard.length === 1)
  })

  it('sends clients on to another server, by its router', async () => {
    const transfer = { key: 'the key that all servers of a deployment share' }
    const classesThere = { classes, avatar: Player, tickRate: 0, transfer } as const
    await open({ transfer, login: () => ({ id: 'ann' }) })
    const there = createServer({ ...classesThere, transports: [routed(websocket(local), { secret })] })
    try {
      const other = routerTo((await there.start())[0]!)
      others.push(other)
      const [otherUrl] = await other.start()
      await running(other, 2)
      const client = await join()
      const arrived = next(client, 'transferred')
      await server.clients.get(client.id)!.transfer(otherUrl!)
      await arrived
      expect([...there.clients.values()].map(({ account }) => account)).to.deep.equal(['ann'])
      expect([router.players, other.players, server.clients.size]).to.deep.equal([0, 1, 0])
    } finally {
      await there.stop()
    }
  })

  describe('whose clients resume', () => {
    it('has them back with their ids and avatars when their link breaks, by another link', async () => {
      const link: MemoryWire = memory()
      const cut = new Set<() => void>()
      const transport: Dialer = {
        dial: (to, accept, limits) =>
          link.dial(
            to,
            channel => {
              cut.add(() => channel.abort())
              return accept(channel)
            },
            limits,
          ),
      }
      await open({ transports: [routed(link, { secret })] }, { transport })
      const all = [await join(), await join()]
      const before = all.map(({ id, avatar }) => [id, avatar.id])
      const [lost, resumed] = [record(server, 'lost'), record(server, 'resumed')]
      const back = Promise.race(all.map(client => next(client, 'resumed')))
      ;[...cut][0]!()
      await back
      expect([lost.length, resumed.length]).to.deep.equal([1, 1])
      all[0]!.avatar.send.say('still here')
      await eventually(() => sightOf(all[1]!, all[0]!.avatar)?.heard.length === 1)
      expect(all.map(({ id, avatar }) => [id, avatar.id])).to.deep.equal(before)
      expect([...server.clients.keys()]).to.deep.equal(all.map(({ id }) => id))
    })

    it('has them back while no link stands for a moment', async () => {
      const link: MemoryWire = memory()
      await open({ transports: [routed(link, { secret })] }, { transport: link })
      const client = await join()
      const { id } = client
      const [refused, back] = [refusals(router), next(client, 'resumed')]
      link.cut()
      await back
      expect([client.id, server.clients.size]).to.deep.equal([id, 1])
      expect(refused.length).to.be.greaterThan(0)
    })

    it('has them back by another router when theirs stops for it', async () => {
      await open()
      const other = routerTo(serverUrls[0]!)
      others.push(other)
      const [otherUrl] = await other.start()
      await running(other, 2)
      const client = await connect<Player>([url, otherUrl!], { classes })
      clients.push(client)
      const { id } = client
      const back = next(client, 'resumed')
      await router.stop({ resume: true })
      await back
      expect([client.id, other.players, router.players]).to.deep.equal([id, 1, 0])
      client.avatar.send.say('round the corner')
      await eventually(() => client.avatar.heard.length === 1)
    })
  })
})

/** The newcomers that a router turns away from now on. */
function refusals(router: Router): unknown[] {
  const events: unknown[] = []
  router.on('refused', event => events.push(event))
  return events
}
