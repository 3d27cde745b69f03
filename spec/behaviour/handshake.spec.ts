/** From the first byte to the welcome. Rule 28 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  ConnectionFailed,
  Disconnected,
  Flags,
  field,
  int8,
  NetworkObject,
  networkClass,
  Registry,
  SchemaMismatch,
  str,
  TimedOut,
  type WireType,
} from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import type { NetworkObjectClass } from '../../lib/schema/network-class.ts'
import { stranger } from '../support/intruder.ts'
import { failureOf, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend)
  jump(height: int8): void {
    this.note('jump', height)
  }
}

const classes = [Player]
const options = { server: { classes, avatar: Player }, client: { classes } }

type Fields = Record<string, { flags: number; types: readonly WireType[] }>

/** A class Player of its own with these fields: what another build of the game might have. */
function otherBuild(fields: Fields, id = 10): NetworkObjectClass {
  const { Player } = { Player: class extends NetworkObject {} }
  for (const [name, { flags, types }] of Object.entries(fields)) {
    const method = (): void => {}
    Object.defineProperty(Player.prototype, name, { value: method })
    field(flags, ...types)(Player.prototype, name, { value: method } as never)
  }
  networkClass(id, { registry: new Registry() })(Player)
  return Player
}

const jump = { flags: Flags.OwnerSend, types: [int8] }

onEveryWire('handshake', start => {
  const differences = async (build: NetworkObjectClass[]): Promise<readonly string[]> => {
    const world = await start(options)
    const closes = record(world.server, 'close')
    const error = await failureOf(world.join(undefined, { classes: build as never }), SchemaMismatch)
    await world.settle()
    expect(closes.map(({ reason }) => reason)).to.deep.equal(['schema-mismatch'])
    expect(world.server.clients.size).to.equal(0)
    for (const line of error.differences) expect(error.message).to.include(line)
    return error.differences
  }

  it('LP24 A renamed field: the client is refused, and the error names the field', async () => {
    expect(await differences([otherBuild({ leap: jump })])).to.deep.equal([
      'Player.leap: field 0 is called jump on the server',
    ])
  })

  it('LP24 An additional field: the client is refused, and the error names the field', async () => {
    expect(await differences([otherBuild({ jump, run: jump })])).to.deep.equal(['Player.run is unknown to the server'])
  })

  it('LP24 A missing field: the client is refused, and the error names the field', async () => {
    expect(await differences([otherBuild({})])).to.deep.equal(['Player.jump is unknown to this client'])
  })

  it('LP24 Other flags and other types: the client is refused, and the error names both sides’', async () => {
    expect(
      await differences([otherBuild({ jump: { flags: Flags.ClientSend | Flags.RAM, types: [int8, str(5)] } })]),
    ).to.deep.equal([
      "Player.jump: the server's flags are OwnerSend, this client's ClientSend | RAM",
      'Player.jump: the server has (int8), this client (int8, str<5>)',
    ])
  })

  it('LP24 An additional class: the client is refused, and the error names the class', async () => {
    const [line, ...others] = await differences([Player, otherBuild({}, 11)])
    expect(line).to.match(/class 11\) is unknown to the server$/)
    expect(others).to.be.empty
  })

  it('lets in a client whose class is named otherwise: names of classes are no part of the contract', async () => {
    const world = await start(options)
    const Minified = otherBuild({ jump })
    Object.defineProperty(Minified, 'name', { value: 'a' })
    expect((await world.join(undefined, { classes: [Minified] as never })).connected).to.equal(true)
  })

  it('closes a client of another protocol version with protocol-mismatch', async () => {
    const world = await start(options)
    const raw = await stranger(world)
    raw.select(world.server.schemaHash, 'game', 999)
    await world.until(raw.gone)
    expect(raw.closed!.code).to.equal(6)
    expect(raw.closed!.text).to.include('999')
  })

  it('closes a client of an unknown connection type with unknown-connection-type, and takes those that it serves', async () => {
    const world = await start({ ...options, server: { ...options.server, connectionTypes: ['game', 'spectator'] } })
    expect((await world.join(undefined, { connectionType: 'spectator' })).connected).to.equal(true)
    expect((await world.join()).connected).to.equal(true)
    const error = await failureOf(world.join(undefined, { connectionType: 'editor' }), Disconnected)
    expect(error.reason).to.equal('unknown-connection-type')
  })

  it('says hello with the library and the message of the day before the login is decided', async () => {
    const world = await start({
      ...options,
      server: { ...options.server, motd: 'be kind', login: () => Promise.reject(new Error('no')) },
    })
    record(world.server, 'error')
    const hellos: unknown[] = []
    await world.join(undefined, { on: { hello: hello => hellos.push(hello) } }).catch(() => {})
    expect(hellos).to.have.lengthOf(1)
    expect(hellos[0]).to.include({ motd: 'be kind' })
    expect(hellos[0])
      .to.have.property('library')
      .that.matches(/^fieldcast\/\d/)
  })

  it('closes a client that selects or logs in twice with second-hello', async () => {
    const world = await start(options)
    const hash = world.server.schemaHash
    const twice = await stranger(world)
    twice.select(hash)
    twice.select(hash)
    const again = await stranger(world)
    again.select(hash)
    again.login()
    again.login()
    const late = await stranger(world)
    late.select(hash)
    late.login()
    await world.settle()
    late.select(hash)
    for (const raw of [twice, again, late]) {
      await world.until(raw.gone)
      expect(raw.closed!.code).to.equal(44)
    }
  })

  it('closes a client that logs in before it selects with no-login, and logs nobody in', async () => {
    const world = await start(options)
    const raw = await stranger(world)
    raw.login()
    await world.until(raw.gone)
    expect(raw.closed!.code).to.equal(32)
    expect(world.server.clients.size).to.equal(0)
  })

  it('closes what speaks no protocol at all with malformed, and serves others', async () => {
    const world = await start(options)
    for (const bytes of [[], [0x00], [0x10], [0x10, 0xff, 0xff, 0xff], [0x11, 0x05, 1], [0x7f]]) {
      const raw = await stranger(world)
      raw.send(Uint8Array.from(bytes))
      await world.until(raw.gone)
      expect(raw.closed, `bytes ${bytes}`).to.not.equal(null)
      expect([32, 39, 40]).to.include(raw.closed!.code)
    }
    expect((await world.join()).connected).to.equal(true)
  })

  it('takes frames of at most 64 KiB before the login', async () => {
    const world = await start(options)
    const raw = await stranger(world)
    raw.select(world.server.schemaHash)
    raw.login('x'.repeat(1 << 16))
    await world.until(raw.gone)
    expect(raw.closed!.code).to.equal(41)
  })

  it('tells a login that is no JSON to be malformed', async () => {
    const world = await start(options)
    const raw = await stranger(world)
    raw.select(world.server.schemaHash)
    raw.write(w => {
      w.u8(0x11)
      w.text('{ "name": ')
    })
    await world.until(raw.gone)
    expect(raw.closed!.code).to.equal(39)
  })
})

describe('handshake under virtual time', () => {
  let world: World
  afterEach(() => world.stop())

  it('closes a connection that says nothing after 10 s, and not before', async () => {
    world = await World.start(options as never)
    const raw = await stranger(world)
    await world.run(9_900)
    expect(raw.ended).to.equal(null)
    await world.run(200)
    expect(raw.closed!.code).to.equal(9)
  })

  it('closes a connection whose login is not decided after 10 s, and does not log it in later', async () => {
    world = await World.start({
      ...options,
      server: { ...options.server, login: () => new Promise<void>(resolve => world.clock.after(15_000, resolve)) },
    } as never)
    const error = await failureOf(world.join(undefined, { handshakeMs: 60_000 }), Disconnected)
    expect(error.reason).to.equal('handshake-timeout')
    await world.run(20_000)
    expect(world.server.clients.size).to.equal(0)
  })

  it('gives up at the client with TimedOut where the server does not answer, and leaves nothing behind', async () => {
    world = await World.start({
      ...options,
      server: { ...options.server, login: () => new Promise<void>(() => {}) },
    } as never)
    await failureOf(world.join(undefined, { handshakeMs: 2_000 }), TimedOut)
    await world.settle()
    expect(world.clock.now()).to.be.within(2_000, 2_200)
    expect(world.server.clients.size).to.equal(0)
  })

  it('completes with 250 ms latency and 100 ms jitter', async () => {
    world = await World.start({ ...options, latency: 250, jitter: 100 } as never)
    const client = await world.join()
    expect(client.connected).to.equal(true)
    expect(client.objects.size).to.equal(1)
  })
})

describe('connecting to nobody', () => {
  it('rejects with ConnectionFailed where no server listens', async () => {
    await failureOf(connect('memory:', { classes, transport: memory() }), ConnectionFailed)
    await failureOf(connect('ws://127.0.0.1:1', { classes }), ConnectionFailed)
  })

  it('rejects with ConnectionFailed, naming what to do, for a url of no known scheme', async () => {
    const error = await failureOf(connect('gopher://x', { classes }), ConnectionFailed)
    expect(error.message).to.include('gopher://x').and.to.include('ws://')
  })

  it('starts a server once, and creates nothing on one that has not started', async () => {
    const server = createServer({ classes, transports: [memory()] })
    expect(() => server.create(Player)).to.throw('before the server had started')
    await server.start()
    expect((await server.start().catch((error: Error) => error)) as Error).to.be.instanceOf(Error)
    await server.stop()
    await server.stop()
  })
})
