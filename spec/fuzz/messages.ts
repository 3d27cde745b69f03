/** Decoders of messages and values: the server's in each state, the client's, datagrams both ways, codecs, credentials, tokens, tickets and answers to queries. */
import { expect } from 'chai'
import { Reject } from 'fieldcast'
import type { Client } from 'fieldcast/client'
import { ConnectionFailed, Disconnected, query, TimedOut } from 'fieldcast/query'
import { VirtualClock, World } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import { Reader } from '../../lib/base/bytes.ts'
import { MalformedError } from '../../lib/base/errors.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { settled } from '../../lib/harness/virtual-clock.ts'
import { type Channel, Frame } from '../../lib/link/transport.ts'
import { getLogin, putHello, putInfo, putPing, putPong, putResume, putTicket } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Misfit } from '../../lib/schema/codec.ts'
import type { Shape } from '../../lib/schema/shape.ts'
import { Tickets } from '../../lib/session/ticket.ts'
import { tokenLogin } from '../../lib/token.ts'
import { compile, decode, encode, Point, pointShape, takes } from '../schema/codec/arbitrary.ts'
import { written } from '../support/intruder.ts'
import { Fake, honestTrace, type Puppet } from '../support/puppets.ts'
import type { RawClient } from '../support/raw-client.ts'
import { Siege, validFrames } from '../support/siege.ts'
import type { Start } from '../support/stage.ts'
import { allow, type Opened, type Target } from './target.ts'

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** Frames from a client in one state: at most its own connection ends, with a reason. */
function serverFrames(state: 'silent' | 'selected' | 'active', violations: 'ignore' | 'close'): Target {
  return {
    name: `server-${state}${violations === 'ignore' ? '-ignoring' : ''}`,
    runs: 1500,
    async open(): Promise<Opened> {
      const siege = await Siege.start(options => World.start(options), { violations })
      const first = await siege.intruder()
      const corpus = Object.values(validFrames(siege, first))
      first.raw.abort()
      corpus.push(
        written(w => putPong(w, 1, 2)),
        written(w => putResume(w, { token: 'a'.repeat(36), heard: 3 })),
        written(w => putTicket(w, 'a'.repeat(80))),
        written(w => (w.u8(Op.Query), w.f64(1), w.text('{}'))),
        written(w => (w.u8(Op.Ack), w.varint(1))),
      )
      let raw: RawClient | null = null
      return {
        corpus,
        async take(bytes) {
          if (!raw || raw.ended) {
            raw = state === 'active' ? (await siege.intruder()).raw : await siege.stranger()
            if (state === 'selected') raw.select(siege.world.server.schemaHash)
          }
          raw.send(bytes)
          await siege.heard(raw)
          siege.violations.length = siege.tent.told.length = 0
          expect(siege.honest.connected).to.equal(true)
          if (raw.ended)
            expect(raw.closed ?? raw.ended.code ?? bytes[0] === Op.Close, 'why it ended').to.not.equal(false)
        },
        async close() {
          raw?.abort()
          try {
            await siege.unharmed()
          } finally {
            await siege.world.stop()
          }
        },
      }
    },
  }
}

/** Datagrams from a client. */
const datagramsToServer: Target = {
  name: 'datagrams-to-server',
  runs: 1500,
  async open(): Promise<Opened> {
    const overDatagrams: Start = options => World.start({ ...options, datagrams: true })
    const siege = await Siege.start(overDatagrams)
    let intruder = await siege.intruder()
    const call = (number: number): Uint8Array =>
      written(w => {
        w.u8(Op.Datagram)
        w.varint(number)
        for (let i = 0; i < 2; i++) {
          w.u8(Op.Call)
          w.varint(intruder.keyOf('Tent.aim'))
          w.varint(siege.tent.id)
          w.varint(2)
          w.u16(i)
        }
      })
    return {
      corpus: [call(1), call(2), call(2 ** 32), call(Number.MAX_SAFE_INTEGER)],
      async take(bytes) {
        if (!intruder.connected) intruder = await siege.intruder()
        intruder.raw.sendDatagram(bytes)
        await siege.heard(intruder.raw)
        siege.violations.length = siege.tent.told.length = 0
        expect(siege.honest.connected).to.equal(true)
      },
      async close() {
        intruder.raw.abort()
        try {
          await siege.unharmed()
        } finally {
          await siege.world.stop()
        }
      },
    }
  },
}

/** Frames, or datagrams, from a server: the client goes on, or closes; its promises are all answered. */
function toClient(datagrams: boolean): Target {
  return {
    name: datagrams ? 'datagrams-to-client' : 'client',
    runs: 1500,
    async open(): Promise<Opened> {
      const { welcome, later } = await honestTrace(datagrams)
      const fake = new Fake(datagrams)
      await fake.listen()
      let client: Client<Puppet> | null = null
      let channel: Channel | null = null
      const batches = later.map(frame => Uint8Array.from([Op.Tick, 9, ...frame]))
      return {
        corpus: datagrams ? batches : later,
        async take(bytes) {
          // An input may have taken the avatar away: then nothing can be asked of it.
          if (client?.connected && client.objects.get(client.avatar.id) !== client.avatar) client.close()
          if (!client?.connected) ({ client, channel } = await fake.connect(welcome, false))
          const asked = client.avatar.send.ask(1).catch(() => {})
          if (datagrams) channel!.datagrams!.send(new Frame(bytes.slice()))
          else channel!.send(new Frame(bytes.slice()))
          await settled()
          if (!client.connected) await asked
          expect(fake.faults).to.deep.equal([])
          for (const reason of fake.reasons.keys())
            expect(reason).to.not.be.oneOf(['server-error', 'unknown-error', 'undefined'])
        },
        async close() {
          channel?.abort()
          await settled()
          await fake.clock.advance(60_000)
          expect(client?.connected ?? false).to.equal(false)
          expect(fake.clock.pending).to.equal(0)
        },
      }
    },
  }
}

const shapes: readonly (readonly [Shape, unknown])[] = [
  ['int64', 5n],
  ['uint64', 5n],
  ['varint', -123456789],
  ['date', new Date(1e12)],
  [['str', 12], 'häppy 𝄞'],
  [['bytes', 12], new Uint8Array([1, 2, 3])],
  [['quantized', -100, 100, 12], 50],
  [
    ['list', ['list', 'uint16', 5], 4],
    [[1, 2], [], [3]],
  ],
  [['set', ['str', 3], 6], new Set(['a', 'b', 'cc'])],
  [
    ['map', 'uint8', ['str', 3], 6],
    new Map([
      [1, 'a'],
      [2, 'b'],
    ]),
  ],
  [
    ['tuple', ['bool', ['opt', 'uint8']], 'varint'],
    [true, 5, 6, -7],
  ],
  [
    ['union', ['bool', ['str', 5], ['list', 'uint8', 3]]],
    [1, 2],
  ],
  [pointShape, Object.assign(new Point(), { x: 1, y: 2 })],
  [['type', 'Tree'], { label: 'a', kids: [{ label: 'b', kids: [] }] }],
  [['type', 'Even'], { odd: { even: { odd: { n: 4 } }, n: 3 } }],
]

/** Values of any type: what is read fits, and is written and read as the same again. The first byte chooses the type. */
const codecs: Target = {
  name: 'codecs',
  runs: 8000,
  async open(): Promise<Opened> {
    const compiled = shapes.map(([shape]) => compile(shape))
    return {
      corpus: shapes.map(([, value], i) => Uint8Array.from([i, ...encode(compiled[i]!, value)])),
      take(bytes) {
        const codec = compiled[(bytes[0] ?? 0) % compiled.length]!
        let value: unknown
        try {
          value = decode(codec, bytes.subarray(1))
        } catch (error) {
          return allow(error, MalformedError, Misfit)
        }
        expect(takes(codec, value)).to.equal(true)
      },
      close() {},
    }
  },
}

const unknowns: Target = {
  name: 'unknown',
  runs: 8000,
  async open(): Promise<Opened> {
    const codec = compile('unknown')
    const values = [
      [1, 2n ** 60n, 'text', null, [true, [false, 1.5]]],
      new Map<unknown, unknown>([
        ['k', new Set([1, 2])],
        [3, new Date(9)],
      ]),
      { d: new Uint8Array([1, 2, 3]), e: Object.assign(new Point(), { x: 1 }) },
      '\ufeffmarked',
      { a: { b: { c: [[[]]] } } },
    ]
    return {
      corpus: values.map(value => encode(codec, value)),
      take(bytes) {
        let value: unknown
        try {
          value = decode(codec, bytes)
        } catch (error) {
          return allow(error, MalformedError, Misfit)
        }
        expect(takes(codec, value)).to.equal(true)
        expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
      },
      close() {},
    }
  },
}

/** What a login is made of: JSON, tokens in it, and tickets in its place. */
const logins: Target = {
  name: 'logins',
  runs: 3000,
  async open(): Promise<Opened> {
    const clock = new VirtualClock()
    const login = tokenLogin({ secret: 'a shared secret of 32 bytes, or more', clock })
    const tickets = new Tickets({ key: 'a key of a deployment, 32 or more' }, clock, seededRandom(1))
    const ticket = tickets.write({ account: { id: 'ann', zone: 3 }, context: { a: [1] } })
    const token = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.${Buffer.from('{"sub":"ann","exp":9999999999}').toString('base64url')}.c2lnbmF0dXJl`
    const asLogin = (json: string): Uint8Array => written(w => w.text(json))
    return {
      corpus: [
        asLogin('{"name":"ann","password":[1,2]}'),
        asLogin('null'),
        asLogin(JSON.stringify({ token })),
        utf8(ticket),
      ],
      async take(bytes) {
        try {
          expect(tickets.take(Buffer.from(bytes).toString('utf8')).account.id).to.equal('ann')
        } catch (error) {
          allow(error, Reject)
        }
        let credentials: unknown
        try {
          credentials = getLogin(new Reader(bytes), 1 << 16)
        } catch (error) {
          return allow(error, MalformedError)
        }
        await login(credentials).then(
          () => expect.fail('a token that nobody has signed was taken'),
          error => allow(error, Reject),
        )
        expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
      },
      close() {},
    }
  },
}

/** What whoever asks is answered: an answer as it should be, or one of three errors. */
const answers: Target = {
  name: 'query-answers',
  runs: 1500,
  async open(): Promise<Opened> {
    const clock = new VirtualClock()
    const wire = memory({ clock })
    let bytes: Uint8Array = new Uint8Array(0)
    await wire.listen(
      channel => {
        clock.soon(() => channel.send(new Frame(bytes)))
        return { frame: () => {}, end: () => {} }
      },
      { maxFrame: 1 << 16 },
    )
    const info = {
      query: { time: 0, json: 'null' },
      wall: 5,
      players: 1,
      maxPlayers: 9,
      name: 'Harbour',
      json: '{"a":1}',
    }
    const hello = written(w => putHello(w, { library: 'fieldcast/1', motd: 'hi' }))
    return {
      corpus: [
        hello,
        written(w => (w.raw(hello), putInfo(w, info))),
        written(w => (w.raw(hello), putPing(w, 1, 2), putInfo(w, info))),
        written(w => (w.raw(hello), w.u8(Op.Close), w.varint(12), w.text('full'))),
      ],
      async take(input) {
        bytes = input.slice()
        const asked = query('memory:', { transport: wire, clock, timeoutMs: 100 }).then(
          answer => {
            expect(answer.players).to.be.at.least(0)
            expect(answer.name).to.be.a('string')
          },
          error => allow(error, ConnectionFailed, Disconnected, TimedOut),
        )
        await settled()
        await clock.advance(200)
        await asked
        expect(clock.pending).to.equal(0)
      },
      close: () => wire.close(),
    }
  },
}

export const messageTargets: readonly Target[] = [
  serverFrames('silent', 'close'),
  serverFrames('selected', 'close'),
  serverFrames('active', 'close'),
  serverFrames('active', 'ignore'),
  datagramsToServer,
  toClient(false),
  toClient(true),
  codecs,
  unknowns,
  logins,
  answers,
]
