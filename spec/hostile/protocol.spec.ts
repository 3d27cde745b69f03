/** Hostile words above the wire: before their time, twice, too often, out of turn, about others' things. Rules 1, 10, 20 to 24 and 28 to 33 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, SchemaError } from 'fieldcast'
import { SignJWT, UnsecuredJWT } from 'jose'
import { closeName } from '../../lib/protocol/close.ts'
import { putLogin, putPong, putSelect } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import { tokenLogin } from '../../lib/token.ts'
import { besiege } from '../support/besiege.ts'
import { type Intruder, written } from '../support/intruder.ts'
import { comeBack, confirm, leave, lost, returning } from '../support/returning.ts'
import { camp, type Siege, Tent, validFrames } from '../support/siege.ts'

const patient = { violations: 'ignore', limits: { standing: false } } as const

const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(part => [...part]))
const select = (siege: Siege): Uint8Array =>
  written(w => putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: siege.world.server.schemaHash }))
const login = written(w => putLogin(w, 'null'))
const ofObject = (op: number, id: number): Uint8Array => written(w => (w.u8(op), w.varint(id)))
const wish = (request: number): Uint8Array =>
  written(w => {
    w.u8(Op.Create)
    w.varint(request)
    w.varint(11)
    w.varint(camp + 1)
    w.varint(1)
    w.varint(0)
  })
const watchOf = (request: number, mode: number, zones: readonly number[]): Uint8Array =>
  written(w => {
    w.u8(Op.Watch)
    w.varint(request)
    w.u8(mode)
    w.varint(zones.length)
    for (const zone of zones) w.varint(zone)
  })
const times = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** How often a word stands in what came back. */
const told = ({ raw }: Intruder, word: string): number =>
  raw.frames.reduce((sum, frame) => sum + Buffer.from(frame).toString('latin1').split(word).length - 1, 0)

/** Each of these ends its own connection with its reason. */
async function costs(
  siege: Siege,
  attempts: Readonly<Record<string, readonly [frames: readonly Uint8Array[], reason: string]>>,
): Promise<void> {
  for (const [what, [frames, reason]] of Object.entries(attempts)) {
    const raw = await siege.stranger()
    for (const bytes of frames) raw.send(bytes)
    expect(closeName(await siege.end(raw)), what).to.equal(reason)
  }
}

/** Each of these is a violation with its reason, of one connection that is allowed to go on. */
async function offends(
  siege: Siege,
  offences: Readonly<Record<string, readonly [act: (intruder: Intruder) => void, reason: string]>>,
): Promise<void> {
  const intruder = await siege.intruder()
  for (const [what, [act, reason]] of Object.entries(offences)) {
    const before = siege.violations.length
    act(intruder)
    await siege.heard(intruder.raw)
    expect(
      siege.violations.slice(before).map(violation => violation.reason),
      what,
    ).to.deep.equal([reason])
  }
  expect(intruder.connected).to.equal(true)
  intruder.raw.abort()
}

const secret = 'a shared secret of 32 bytes, or more'

besiege('protocol', {
  async 'message before login'({ siege }) {
    const call = Uint8Array.of(Op.Call, 0, 1, 0)
    const attempts: Record<string, readonly [readonly Uint8Array[], string]> = {
      'a call at once': [[call], 'no-login'],
      'a call behind the select': [[select(siege), call], 'no-login'],
      'a login before the select': [[login], 'no-login'],
    }
    for (const op of [Op.Request, Op.Create, Op.Delete, Op.Watch, Op.Fetch, Op.Confirm, Op.Datagram, Op.Ack])
      attempts[`message 0x${op.toString(16)}`] = [[select(siege), Uint8Array.of(op, 1, 1, 1, 1)], 'no-login']
    await costs(siege, attempts)
  },

  async 'second hello or login'({ siege }) {
    await costs(siege, {
      'two selects': [[select(siege), select(siege)], 'second-hello'],
      'two logins': [[select(siege), login, login], 'second-hello'],
      'two logins in one frame': [[joined(select(siege), login, login)], 'second-hello'],
      'a select behind the login': [[select(siege), login, select(siege)], 'second-hello'],
      'a resume behind the login': [
        [select(siege), login, written(w => (w.u8(Op.Resume), w.text('x'), w.varint(0)))],
        'second-hello',
      ],
      'a query behind the select': [
        [select(siege), written(w => (w.u8(Op.Query), w.f64(0), w.text('null')))],
        'second-hello',
      ],
    })
  },

  'unknown or server-only field': {
    server: patient,
    run: ({ siege }) =>
      offends(siege, {
        'an unknown field': [i => i.raw.call(9999, i.avatar, []), 'no-field'],
        'a field far beyond any number': [i => i.raw.call(Number.MAX_SAFE_INTEGER, i.avatar, []), 'no-field'],
        'a field of another class': [i => i.call('Tent.paint', i.avatar), 'no-field'],
        'a request of what answers nothing': [i => i.request(1, 'Knight.wave', i.avatar, w => w.u16(1)), 'no-field'],
        'the server’s own': [i => i.call('Knight.order', i.avatar, w => w.u16(1)), 'no-permission'],
        'the server’s own, with wrong arguments': [i => i.call('Knight.score', i.avatar), 'no-permission'],
      }),
  },

  'another’s object': {
    server: patient,
    async run({ siege }) {
      const other = await siege.intruder()
      await offends(siege, {
        'a call to the honest client’s': [
          i => i.call('Knight.wave', siege.honest.avatar, w => w.u16(1)),
          'not-visible',
        ],
        'a call to another’s that it sees': [i => i.call('Knight.wave', other.avatar, w => w.u16(1)), 'no-permission'],
        'a delete of another’s': [i => i.raw.send(ofObject(Op.Delete, siege.tent.id)), 'no-permission'],
        'a delete of the honest client’s': [
          i => i.raw.send(ofObject(Op.Delete, siege.honest.avatar.id)),
          'not-visible',
        ],
        'a fetch of the honest client’s': [i => i.raw.send(ofObject(Op.Fetch, siege.honest.avatar.id)), 'not-visible'],
        'a call to what is hidden': [i => i.call('Tent.ask', siege.hidden, w => w.u16(1)), 'not-visible'],
        'a call to nobody’s': [i => i.call('Knight.wave', 0, w => w.u16(1)), 'no-object'],
      })
      other.raw.abort()
    },
  },

  'a field named constructor': {
    server: patient,
    async run({ siege }) {
      class Odd extends NetworkObject {}
      Object.defineProperty(Odd.prototype, 'constructor', { value() {}, configurable: true, writable: true })
      const declare = field(Flags.Broadcast) as unknown as (target: unknown, name: string, schema: unknown) => void
      declare(Odd, 'constructor', { params: [] })
      expect(() => networkClass(20, { registry: new Registry() })(Odd)).to.throw(SchemaError, 'constructor')
      // Names do not travel: where a number is expected, a name is one like any other.
      await offends(
        siege,
        Object.fromEntries(
          ['constructor', '__proto__', 'toString'].map(name => [
            name,
            [
              (i: Intruder) =>
                i.raw.write(w => {
                  w.u8(Op.Call)
                  w.varint(name.length)
                  w.raw(Buffer.from(name))
                }),
              'malformed',
            ] as const,
          ]),
        ),
      )
    },
  },

  'call flood and endless request': {
    server: { limits: { callsPerSecond: 5000, waitingCalls: 5 } },
    async run({ siege }) {
      const flood = await siege.intruder()
      const calls = written(w => {
        for (let i = 0; i < 3000; i++) {
          w.u8(Op.Call)
          w.varint(flood.keyOf('Knight.say'))
          w.varint(flood.avatar)
          w.varint(1)
          w.u8(0)
        }
      })
      const avatar = siege.world.server.objects.get(flood.avatar) as unknown as { heard: unknown[] }
      await siege.flood(flood.raw, calls)
      expect(siege.violations.map(({ reason }) => reason)).to.deep.equal(['rate'])
      expect(avatar.heard.length).to.be.at.least(9000)
      const endless = await siege.intruder()
      const pit = siege.world.server.create(Tent, null, { zone: camp })
      await endless.settle()
      for (let i = 1; i <= 20; i++) endless.request(i, 'Tent.brood', pit)
      await siege.heard(endless.raw)
      await endless.settle()
      expect(told(endless, 'busy')).to.equal(14)
      endless.raw.abort()
      pit.delete()
    },
  },

  replay: {
    server: { limits: { resumeMs: 10_000 } },
    async run(target) {
      const { siege } = target
      const intruder = await siege.intruder()
      // What comes twice is said twice: a number of a request names an answer, and nothing else.
      const { call, request } = validFrames(siege, intruder)
      for (let i = 0; i < 5; i++) intruder.raw.send(joined(call!, request!))
      await intruder.settle()
      expect(intruder.connected).to.equal(true)
      expect(siege.violations).to.deep.equal([])
      intruder.raw.abort()
      // The frames of another's handshake are a handshake of one's own, and no way into the other's session.
      const first = await returning(target)
      await lost(target, first.raw)
      const second = await comeBack(target, first.token)
      expect(second.next).to.not.equal(null)
      second.raw.write(w => (w.u8(Op.Ack), w.varint(0)))
      await siege.heard(second.raw)
      const replayed = await comeBack(target, first.token)
      expect([replayed.next, replayed.why]).to.deep.equal([null, 'session-over'])
      expect(second.raw.ended).to.equal(null)
      leave(second.raw)
    },
  },

  async reorder({ siege }) {
    await costs(siege, {
      'login before select': [[login, select(siege)], 'no-login'],
      'both in one frame': [[joined(login, select(siege))], 'no-login'],
      'a call before the login': [[select(siege), Uint8Array.of(Op.Call, 0, 1, 0), login], 'no-login'],
    })
    // Of newest calls the older one is stepped over.
    const intruder = await siege.intruder()
    const key = intruder.keyOf('Tent.aim')
    for (const number of [5, 3, 4, 6, 5]) intruder.raw.send(confirm({ key, object: siege.tent.id, number, n: number }))
    await siege.heard(intruder.raw)
    expect(siege.tent.told).to.deep.equal([5, 6])
    siege.tent.told.length = 0
    intruder.raw.abort()
  },

  'wrapped sequence and far future': {
    server: { limits: { resumeMs: 10_000 } },
    async run(target) {
      const { siege } = target
      const far = Number.MAX_SAFE_INTEGER
      const intruder = await siege.intruder()
      const key = intruder.keyOf('Tent.aim')
      for (const number of [1, far, 0, 2, far, 2 ** 32, 2 ** 31, far - 1])
        intruder.raw.send(confirm({ key, object: siege.tent.id, number, n: number % 1000 }))
      // Numbers of requests are the client's own, and mean nothing here.
      intruder.request(far, 'Tent.ask', siege.tent, w => w.u16(3))
      intruder.request(1, 'Tent.ask', siege.tent, w => w.u16(4))
      await intruder.settle()
      expect(siege.tent.told).to.deep.equal([1, far % 1000])
      expect(intruder.connected).to.equal(true)
      siege.tent.told.length = 0
      intruder.raw.abort()
      const future = await returning(target)
      await lost(target, future.raw)
      const back = await comeBack(target, future.token, far)
      expect([back.next, back.why]).to.deep.equal([null, 'malformed'])
      leave((await comeBack(target, future.token)).raw)
    },
  },

  'acknowledgement of what was never sent': {
    server: { limits: { resumeMs: 10_000 } },
    async run(target) {
      const { siege } = target
      for (const put of [
        w => (w.u8(Op.Ack), w.varint(5_000_000)),
        w => (w.u8(Op.Ack), w.varint(Number.MAX_SAFE_INTEGER)),
        w => putPong(w, 0, 0, 5_000_000),
        w => (w.u8(Op.Ping), w.f64(0), w.f32(0), w.varint(2 ** 40)),
      ] as Parameters<typeof written>[0][]) {
        const { raw } = await returning(target)
        raw.write(put)
        expect(closeName(await siege.end(raw))).to.equal('malformed')
      }
      // An echo of no ping is nobody's harm: it says something of its sender's own connection.
      const intruder = await siege.intruder()
      for (const time of [Number.NaN, -1, 1e300, Number.NEGATIVE_INFINITY])
        intruder.raw.write(w => putPong(w, time, time, 0))
      await siege.heard(intruder.raw)
      expect(intruder.connected).to.equal(true)
      intruder.raw.abort()
    },
  },

  'expired, alg: none or foreign token': {
    server: {
      login: (() => {
        const tokens = tokenLogin({ secret, audience: 'game' })
        return async (credentials: unknown) =>
          credentials === 'honest' ? { zone: 0 } : { ...(await tokens(credentials)), zone: camp }
      })(),
    },
    async run({ siege }) {
      const now = Math.floor(Date.now() / 1000)
      const sign = (claims: object, key = secret): Promise<string> =>
        new SignJWT({ sub: 'eve', aud: 'game', exp: now + 600, ...claims })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(key))
      const good = await sign({})
      const [header, payload] = good.split('.')
      const none = Buffer.from('{"alg":"none"}').toString('base64url')
      for (const [what, token] of Object.entries({
        expired: await sign({ exp: now - 600 }),
        'of another audience': await sign({ aud: 'shop' }),
        'of another secret': await sign({}, 'another secret of 32 bytes, or more'),
        'alg: none': new UnsecuredJWT({ sub: 'eve', aud: 'game', exp: now + 600 }).encode(),
        'alg: none over a good one': `${none}.${payload}.`,
        'without its signature': `${header}.${payload}.`,
        'changed behind its signature': good.replace(payload!, Buffer.from('{"sub":"admin"}').toString('base64url')),
        empty: '',
        'none at all': null,
        'of 60 KB': 'x.'.repeat(30_000),
      })) {
        const raw = await siege.stranger()
        raw.select(siege.world.server.schemaHash)
        raw.login({ token })
        expect(closeName(await siege.end(raw)), what).to.equal('invalid-login')
        expect(raw.frames.some(frame => frame[0] === Op.Welcome)).to.equal(false)
      }
      const raw = await siege.stranger()
      raw.select(siege.world.server.schemaHash)
      raw.login({ token: good })
      const isIn = (): boolean => raw.frames.some(frame => frame[0] === Op.Welcome)
      while (!isIn() && !raw.ended) await siege.world.until(raw.next())
      expect(isIn()).to.equal(true)
      raw.abort()
    },
  },

  async 'watching everything'({ siege }) {
    const intruder = await siege.intruder()
    const watched = (): number => siege.world.server.clients.get(intruder.id)!.zones.size
    intruder.raw.send(
      watchOf(
        1,
        1,
        times(4000).map(i => 1000 + i),
      ),
    )
    intruder.raw.send(
      watchOf(
        2,
        1,
        times(4000).map(i => 10_000 + i),
      ),
    )
    // Where the honest client lives, among others; and the one that nobody may watch.
    intruder.raw.send(watchOf(3, 1, [70, 0]))
    intruder.raw.send(watchOf(4, 1, [99]))
    intruder.raw.send(watchOf(5, 0, times(100)))
    await intruder.settle()
    expect(watched()).to.equal(4001)
    expect([told(intruder, 'too-many-zones'), told(intruder, 'hidden-zone')]).to.deep.equal([1, 3])
    // In and out of all of them, again and again.
    for (let i = 0; i < 6; i++)
      intruder.raw.send(
        watchOf(
          10 + i,
          i % 2 ? 1 : 2,
          times(4000).map(n => 1000 + n),
        ),
      )
    await intruder.settle()
    expect(watched()).to.equal(4001)
    intruder.raw.abort()
  },

  async 'create and destroy churn'({ siege }) {
    const { server } = siege.world
    const intruder = await siege.intruder()
    for (let round = 0; round < 10; round++) {
      for (let i = 1; i <= 30; i++) intruder.raw.send(wish(round * 100 + i))
      await siege.heard(intruder.raw)
      const own = [...server.objects].filter(object => object instanceof Tent && object.owner?.id === intruder.id)
      expect(own).to.have.lengthOf(30)
      for (const { id } of own) intruder.raw.send(joined(ofObject(Op.Delete, id), ofObject(Op.Delete, id)))
      await siege.heard(intruder.raw)
    }
    expect([...server.objects].filter(object => object instanceof Tent)).to.have.lengthOf(2)
    expect(siege.violations).to.deep.equal([])
    intruder.raw.abort()
  },

  'id exhaustion': {
    server: { limits: { ownedObjects: 50 } },
    async run({ siege }) {
      const { server } = siege.world
      const intruder = await siege.intruder()
      const seen = new Set<number>()
      const own = (): number[] =>
        [...server.objects].flatMap(({ id, owner }) =>
          owner?.id === intruder.id && id !== intruder.avatar ? [id] : [],
        )
      for (let round = 0; round < 20; round++) {
        for (let i = 1; i <= 100; i++) intruder.raw.send(wish(round * 1000 + i))
        await siege.heard(intruder.raw)
        // No more at once than it may own, its avatar among them; and no number twice.
        expect(own()).to.have.lengthOf(49)
        for (const id of own()) {
          expect(seen.has(id)).to.equal(false)
          seen.add(id)
          intruder.raw.send(ofObject(Op.Delete, id))
        }
        await siege.heard(intruder.raw)
      }
      await intruder.settle()
      expect(told(intruder, 'too-many-objects')).to.equal(20 * 51)
      intruder.raw.abort()
    },
  },
})
