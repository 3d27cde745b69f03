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
import type { Writer } from '../../lib/base/bytes.ts'
import { Frame } from '../../lib/link/transport.ts'
import { putClose, putDiffers, putHello, putOutline, putSelect } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { NetworkObjectClass } from '../../lib/schema/network-class.ts'
import { Intruder, stranger, written } from '../support/intruder.ts'
import { failureOf, record } from '../support/outcome.ts'
import { warnings } from '../support/quiet.ts'
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
    const mismatches = record(world.server, 'mismatch')
    const error = await failureOf(world.join(undefined, { classes: build as never }), SchemaMismatch)
    await world.settle()
    // Both sides are told the same.
    expect(mismatches.map(({ differences }) => differences)).to.deep.equal([error.differences])
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

  it('tells a server the first of many differences, and how many there are', async () => {
    const world = await start(options)
    const mismatches = record(world.server, 'mismatch')
    const many = Array.from({ length: 100 }, (_, i) => [`field${i}${'字'.repeat(200)}`, jump] as const)
    const build = [otherBuild({ jump }), otherBuild(Object.fromEntries(many), 11)]
    await failureOf(world.join(undefined, { classes: [Player, ...build.slice(1)] as never }), SchemaMismatch)
    const renamed = otherBuild({ jump, ...Object.fromEntries(many) })
    const error = await failureOf(world.join(undefined, { classes: [renamed] as never }), SchemaMismatch)
    expect(error.differences.length).to.be.at.least(100)
    await world.settle()
    const [one, other] = mismatches.map(({ differences }) => differences)
    expect(one).to.have.lengthOf(1)
    expect(other).to.have.lengthOf(9)
    expect(other![0]).to.match(/^Player\..*…$/)
    expect(other![8]).to.equal(`and ${error.differences.length - 8} more`)
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

describe('a client of other classes, under virtual time', () => {
  let world: World
  const other = '0123456789abcdef'
  const differs = (lines: string) => written(w => putDiffers(w, lines))
  const whole = (latency = 0): Promise<World> => World.start({ ...options, latency } as never)
  const printed = (): string[] => warnings.filter(line => line.includes('was turned away'))

  beforeEach(() => {
    warnings.length = 0
  })
  afterEach(() => world.stop())

  /** One that says `lines` of itself, until it is gone. */
  const turnedAway = async (lines: string): Promise<void> => {
    const raw = await stranger(world)
    raw.select(other)
    raw.send(differs(lines))
    await world.until(raw.gone)
    expect(raw.closed!.code).to.equal(7)
  }

  it('is named in the server’s log, with the fields and what to do', async () => {
    world = await whole(30)
    await failureOf(world.join(undefined, { classes: [otherBuild({ leap: jump })] as never }), SchemaMismatch)
    expect(printed()).to.deep.equal([
      'fieldcast: a client (own process) was turned away: it was built from other classes. It says: Player.leap: field 0 is called jump on the server. Build both from the same files: restart this server after an edit, and reload the page.',
    ])
  })

  it('is told what to do as well', async () => {
    world = await whole()
    const error = await failureOf(world.join(undefined, { classes: [otherBuild({})] as never }), SchemaMismatch)
    expect(error.message).to.equal(
      'Server and client were built from different classes:\n  Player.jump is unknown to this client\nBuild both from the same files: restart the server after an edit, and reload the page.',
    )
  })

  it('is logged once a minute with the same words, at once with others, and with 32 in a minute at most', async () => {
    world = await whole()
    const closes = record(world.server, 'close')
    for (let i = 0; i < 3; i++) await turnedAway('A.b differs')
    await turnedAway('A.c differs')
    expect(printed()).to.have.lengthOf(2)
    await world.run(60_000)
    await turnedAway('A.b differs')
    expect(printed()).to.have.lengthOf(3)
    for (let i = 0; i < 50; i++) await turnedAway(`lie ${i}`)
    expect(printed()).to.have.lengthOf(2 + 32)
    expect(closes).to.have.lengthOf(55)
  })

  it('that says nothing is closed after 2 s, and not before', async () => {
    world = await whole()
    const mismatches = record(world.server, 'mismatch')
    const raw = await stranger(world)
    raw.select(other)
    raw.login()
    await world.run(1_990)
    expect(raw.closed).to.equal(null)
    expect(raw.frames.at(-1)![0]).to.equal(Op.Outline)
    await world.run(20)
    expect(raw.closed!.code).to.equal(7)
    expect(mismatches).to.deep.equal([{ address: '', differences: [] }])
  })

  it('that leaves without a word, or whose server stops, is told of too, once', async () => {
    world = await whole()
    const seen: string[] = []
    world.server.on('mismatch', () => seen.push('mismatch'))
    world.server.on('close', ({ reason }) => seen.push(reason))
    const raw = await stranger(world)
    raw.select(other)
    await world.settle()
    raw.abort()
    await world.settle()
    expect(seen).to.deep.equal(['mismatch', 'lost'])
    ;(await stranger(world)).select(other)
    await world.run(100)
    await world.stop()
    expect(seen.slice(2)).to.deep.equal(['mismatch', 'server-shutdown'])
    await world.run(5_000)
    expect(seen).to.have.lengthOf(4)
  })

  it('cannot forge lines of the log, command a terminal, or fill a page', async () => {
    world = await whole()
    const mismatches = record(world.server, 'mismatch')
    const evil =
      '\u001b[2J\u001b]0;owned\u0007A\u0000.b\r\u009b31m\u2028\u202edesrever\u{e0041}\n\nfieldcast: all is well\n'
    await turnedAway(evil)
    expect(mismatches[0]!.differences).to.deep.equal(['[2J]0;ownedA.b31mdesrever', 'fieldcast: all is well'])
    await turnedAway('x\n'.repeat(2_000))
    await turnedAway('💥'.repeat(1_000))
    expect(mismatches[1]!.differences).to.deep.equal(Array(9).fill('x'))
    expect(mismatches[2]!.differences).to.deep.equal(['💥'.repeat(200)])
  })

  it('prints what it says in one line', async () => {
    world = await whole()
    await turnedAway('one\ntwo\r\nfieldcast: three')
    expect(printed()).to.have.lengthOf(1)
    expect(printed()[0]).to.include('It says: one; two; fieldcast: three. Build').and.not.match(/\p{C}/u)
  })

  const ill: readonly [what: string, frames: readonly Uint8Array[], code: number][] = [
    ['says too much', [differs('x'.repeat(4_097))], 39],
    ['sends megabytes', [new Uint8Array(3 << 20).fill(Op.Differs)], 41],
    ['sends more than a login may have', [new Uint8Array(65_537).fill(Op.Differs)], 41],
    ['breaks off', [differs('abc').subarray(0, 3)], 39],
    ['says what is no text', [Uint8Array.of(Op.Differs, 2, 0xc0, 0x80)], 39],
    ['selects again', [written(w => putSelect(w, { protocol: 1, connectionType: 'game', hash: other }))], 44],
    ['calls', [Uint8Array.of(Op.Call, 0, 1, 0)], 32],
    ['speaks as the server', [Uint8Array.of(Op.Outline, 0)], 40],
    ['says it twice', [differs('a'), differs('b')], 7],
    ['says it twice in one frame', [Uint8Array.from([...differs('a'), ...differs('b')])], 7],
    ['logs in and in and in first', [...Array(5).fill(Uint8Array.of(Op.Login, 1, 0x7b)), differs('a')], 7],
  ]
  for (const [what, frames, code] of ill) {
    it(`that ${what} is closed with ${code}, and raises one event`, async () => {
      world = await whole()
      const mismatches = record(world.server, 'mismatch')
      const raw = await stranger(world)
      raw.select(other)
      for (const frame of frames) raw.send(frame)
      await world.until(raw.gone)
      // Megabytes are the wire's to refuse.
      expect((raw.closed ?? raw.ended)!.code).to.equal(code)
      await world.run(5_000)
      expect(mismatches).to.have.lengthOf(1)
      expect(mismatches[0]!.differences).to.deep.equal(code === 7 ? ['a'] : [])
      expect((await world.join()).connected).to.equal(true)
    })
  }

  it('is the only one who may say so: before the select, after it, and once welcomed it ends the connection', async () => {
    world = await whole()
    const mismatches = record(world.server, 'mismatch')
    const early = await stranger(world)
    const agreed = await stranger(world)
    agreed.select(world.server.schemaHash)
    const { raw: welcomed } = await Intruder.join(world, classes)
    for (const [raw, code] of [
      [early, 32],
      [agreed, 32],
      [welcomed, 39],
    ] as const) {
      raw.send(differs('A.b'))
      await world.until(raw.gone)
      expect(raw.closed!.code).to.equal(code)
    }
    expect(mismatches).to.be.empty
    expect(printed()).to.be.empty
  })
})

describe('a server that says nothing sensible of its classes', () => {
  it('is reported as SchemaMismatch all the same, in its own words', async () => {
    for (const outline of [null, '', '{', '[{"id":10}]', 'null']) {
      const line = memory()
      const url = await line.listen(
        channel => {
          const send = (put: (w: Writer) => void): void => channel.send(new Frame(written(put)))
          send(w => putHello(w, { library: 'x', motd: '' }))
          return {
            frame: () => {
              if (outline !== null) send(w => putOutline(w, outline))
              send(w => putClose(w, 7, 'Other classes here.'))
            },
            end: () => {},
          }
        },
        { maxFrame: 1 << 20 },
      )
      const error = await failureOf(connect(url, { classes, transport: line }), SchemaMismatch)
      expect(error.message, String(outline)).to.equal('Other classes here.')
      expect(error.differences).to.deep.equal([])
      await line.close()
    }
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
