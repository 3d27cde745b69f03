/** How connections end, and what both sides are told. Rules 29, 31 and 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { Disconnected, Flags, field, networkClass, Registry, type str, UsageError } from 'fieldcast'
import { createServer } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { goesAtOnce } from '../support/departure.ts'
import { stranger } from '../support/intruder.ts'
import { failureOf, next, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<200>): void {
    this.note('say', text)
  }
}

const options = { server: { classes: [Player], avatar: Player }, client: { classes: [Player] } }

onEveryWire('closing', start => {
  it('a kick tells the client its code and text, after all that was sent before it', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const closed = next(a, 'close')
    const atServer = record(world.server, 'close')
    originalOf(world, a.avatar).send.say('last words')
    onServer(world, a).kick(1234, 'you know why')
    expect(await world.until(closed)).to.deep.equal({ code: 1234, reason: 'game', text: 'you know why' })
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['say', 'last words']])
    expect(atServer.map(({ client, code, reason, text }) => [client?.id, code, reason, text])).to.deep.equal([
      [a.id, 1234, 'game', 'you know why'],
    ])
    expect(b.connected).to.equal(true)
    expect(b.objects.get(a.avatar.id)).to.equal(undefined)
  })

  it('a kick without reason is `kicked`, one by name bears that name, and a second one changes nothing', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const closes = [next(a, 'close'), next(b, 'close')]
    const client = onServer(world, a)
    client.kick()
    client.kick('rate', 'again')
    onServer(world, b).kick('too-slow')
    const [one, two] = await world.until(Promise.all(closes))
    expect([one!.code, one!.reason]).to.deep.equal([3, 'kicked'])
    expect(two!.reason).to.equal('too-slow')
    expect(client.connected).to.equal(false)
  })

  it('a kick from within a handler lets the call end, and handles nothing that came behind it', async () => {
    class Strict extends Player {
      override say(text: string): void {
        super.say(text)
        if (text === 'kick me') this.caller!.kick('kicked', 'as you wish')
      }
    }
    const world = await start({ ...options, server: { classes: [Strict], avatar: Strict } })
    const [a, b] = [await world.join(), await world.join()]
    const original = originalOf(world, a.avatar)
    const closed = next(a, 'close')
    a.avatar.send.say('kick me')
    a.avatar.send.say('after')
    expect((await world.until(closed)).text).to.equal('as you wish')
    await world.settle()
    expect(original.heard).to.deep.equal([['say', 'kick me']])
    expect(b.connected).to.equal(true)
  })

  it('a goodbye is `normal` on both sides', async () => {
    const world = await start(options)
    const a = await world.join()
    const [here, there] = [next(a, 'close'), next(world.server, 'close')]
    a.avatar.send.say('bye')
    a.close()
    a.close()
    const [one, two] = await world.until(Promise.all([here, there]))
    expect([one.reason, two.reason]).to.deep.equal(['normal', 'normal'])
    expect(originalOfId(world, a.avatar.id)).to.equal(undefined)
  })

  it('an abrupt end is `lost` on both sides', async () => {
    const world = await start({ ...options, server: { ...options.server, ...goesAtOnce } })
    const a = await world.join()
    const [here, there] = [next(a, 'close'), next(world.server, 'close')]
    await world.cut(a)
    const [one, two] = await world.until(Promise.all([here, there]))
    expect([one.reason, two.reason]).to.deep.equal(['lost', 'lost'])
  })

  it('a server that stops tells everyone, and stops once', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const closes = [next(a, 'close'), next(b, 'close')]
    const waiting = await stranger(world)
    originalOf(world, a.avatar).send.say('closing time')
    await world.stop()
    expect((await world.until(Promise.all(closes))).map(({ reason }) => reason)).to.deep.equal(
      Array(2).fill('server-shutdown'),
    )
    await world.until(waiting.gone)
    expect(sightOf(b, a.avatar).heard).to.deep.equal([['say', 'closing time']])
    expect(world.server.clients.size).to.equal(0)
    await world.stop()
  })

  it('after its end a client keeps its objects to look at, sends nothing, and says so', async () => {
    const world = await start(options)
    const a = await world.join()
    const dropped = record(a, 'dropped')
    onServer(world, a).kick()
    await world.until(next(a, 'close'))
    expect(a.avatar.id).to.be.a('number')
    a.avatar.send.say('hello?')
    expect(dropped).to.deep.equal([{ object: a.avatar.id, field: 'Player.say', why: 'disconnected' }])
    await failureOf(a.ping(), Disconnected)
    await failureOf(a.zones.add(3), Disconnected)
  })

  it('a measurement under way rejects with Disconnected when the connection ends', async () => {
    const world = await start(options)
    const a = await world.join()
    const measuring = failureOf(a.ping(), Disconnected)
    a.close()
    expect((await world.until(measuring)).reason).to.equal('normal')
  })

  it('closes the connection of a listener that throws on no side', async () => {
    const world = await start(options)
    const a = await world.join()
    const [here, there] = [record(a, 'error'), record(world.server, 'error')]
    a.on('enter', () => {
      throw new Error('at the client')
    })
    world.server.on('connect', () => {
      throw new Error('at the server')
    })
    const b = await world.join()
    await world.settle()
    expect([here.length, there.length]).to.deep.equal([1, 1])
    expect(a.connected && b.connected).to.equal(true)
    expect(sightOf(a, b.avatar).id).to.equal(b.avatar.id)
  })

  it('a listener is told of nothing any more when it is taken off', async () => {
    const world = await start(options)
    const connects: number[] = []
    const off = world.server.on('connect', ({ client }) => connects.push(client.id))
    const a = await world.join()
    off()
    await world.join()
    expect(connects).to.deep.equal([a.id])
  })

  it('refuses to tick at no possible rate', () => {
    for (const tickRate of [-1, 1001, Number.NaN, 'often' as never])
      expect(() => createServer({ classes: [Player], tickRate })).to.throw(UsageError, 'tickRate')
  })
})

const originalOfId = (world: World<any>, id: number): unknown => world.server.objects.get(id)

describe('heartbeat', () => {
  let world: World<Player>
  afterEach(() => world.stop())

  it('measures the round trip, at both ends, and the server’s clock', async () => {
    world = await World.start<Player>({ ...options, latency: 80 })
    const a = await world.join()
    await world.run(12_000)
    expect(a.latency).to.be.closeTo(160, 1)
    expect(onServer(world, a).latency).to.be.closeTo(160, 1)
    expect(a.serverTime).to.be.closeTo(world.clock.now(), 1)
    expect(await world.until(a.ping())).to.be.closeTo(160, 1)
  })

  it('keeps a quiet connection open', async () => {
    world = await World.start<Player>({ ...options, latency: 40 })
    const a = await world.join()
    await world.run(10 * 60_000)
    expect(a.connected).to.equal(true)
    expect(world.server.clients.size).to.equal(1)
  })

  it('is off in memory, where silence can only mean an idle peer', async () => {
    world = await World.start<Player>({ ...options, trace: true })
    const a = await world.join()
    const frames = world.trace.length
    await world.run(10 * 60_000)
    expect(world.trace.length).to.equal(frames)
    expect(a.connected).to.equal(true)
  })

  it('closes a client that falls silent after 20 s with heartbeat-timeout, and not before', async () => {
    world = await World.start<Player>({ ...options, latency: 40 })
    const closes = record(world.server, 'close')
    const raw = await stranger(world)
    raw.select(world.server.schemaHash)
    raw.login()
    await world.run(1000)
    expect(world.server.clients.size).to.equal(1)
    await world.run(18_000)
    expect(world.server.clients.size).to.equal(1)
    await world.run(8_000)
    expect(closes.map(({ reason }) => reason)).to.deep.equal(['heartbeat-timeout'])
    expect(world.server.objects.size).to.equal(0)
  })

  it('may be tuned: a shorter silence closes sooner', async () => {
    world = await World.start<Player>({
      ...options,
      server: { ...options.server, limits: { heartbeatMs: 1000, silenceMs: 3000 } },
      latency: 40,
    })
    const closes = record(world.server, 'close')
    const raw = await stranger(world)
    raw.select(world.server.schemaHash)
    raw.login()
    await world.run(2_500)
    expect(closes).to.be.empty
    await world.run(2_500)
    expect(closes.map(({ reason }) => reason)).to.deep.equal(['heartbeat-timeout'])
  })
})
