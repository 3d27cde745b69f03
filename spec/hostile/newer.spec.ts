/** Hostile datagrams, tokens of resume, tickets of transfer and queries. Rules 10, 26 and 32 of docs/guarantees.md; docs/protocol.md, "Datagrams". */
import { expect } from 'chai'
import { systemClock } from '../../lib/base/clock.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { closeName } from '../../lib/protocol/close.ts'
import { putQuery, putTicket } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Tickets } from '../../lib/session/ticket.ts'
import { type Attack, besiege } from '../support/besiege.ts'
import { type Intruder, written } from '../support/intruder.ts'
import { comeBack, confirm, leave, lost, returning } from '../support/returning.ts'
import type { Siege } from '../support/siege.ts'

const patient = { violations: 'ignore', limits: { standing: false } } as const
const far = Number.MAX_SAFE_INTEGER

/** A datagram with calls of one field. */
const datagram = (number: number, ...calls: readonly [key: number, object: number, args: Uint8Array][]): Uint8Array =>
  written(w => {
    w.u8(Op.Datagram)
    w.varint(number)
    for (const [key, object, args] of calls) {
      w.u8(Op.Call)
      w.varint(key)
      w.varint(object)
      w.varint(args.length)
      w.raw(args)
    }
  })
const u16 = (n: number): Uint8Array => Uint8Array.of(n & 255, n >> 8)
const overDatagrams = (attack: Attack) => ({ on: { udp: attack, webrtc: attack } })

/** Sends datagrams that the server punishes, one at a time; a lost one is sent again, for that is what they are. */
async function punished(
  siege: Siege,
  intruder: Intruder,
  all: Readonly<Record<string, readonly [Uint8Array, string]>>,
) {
  for (const [what, [bytes, reason]] of Object.entries(all)) {
    const before = siege.violations.length
    for (let tries = 0; siege.violations.length === before; tries++) {
      if (tries === 50) throw new Error(`Nothing came of ${what}.`)
      intruder.raw.sendDatagram(bytes)
      await siege.heard(intruder.raw)
    }
    expect(siege.violations[before]!.reason, what).to.equal(reason)
  }
}

const transferKey = 'a key of a deployment, 32 or more'
const ticketsBy = (key: string, ttlMs?: number): Tickets =>
  new Tickets({ key, ...(ttlMs && { ttlMs }) }, systemClock, seededRandom(Number.parseInt(`${process.pid}`, 10)))
const passenger = { account: { id: 'eve', zone: 66 }, context: {} }

besiege('newer', {
  'datagrams without a number, of other messages, of fields that do not travel so': overDatagrams({
    server: patient,
    async run({ siege }) {
      const intruder = await siege.intruder()
      const [aim, paint, tent] = [intruder.keyOf('Tent.aim'), intruder.keyOf('Tent.paint'), siege.tent.id]
      const good = datagram(1, [aim, tent, u16(1)])
      const paints = Uint8Array.of(1, 65, 9, 0)
      await punished(siege, intruder, {
        'an empty one': [new Uint8Array(0), 'malformed'],
        'a call without a number': [good.subarray(2), 'malformed'],
        'a number alone that is cut': [good.subarray(0, 1), 'malformed'],
        'a cut in the call': [good.subarray(0, good.length - 1), 'malformed'],
        'a request': [Uint8Array.of(Op.Datagram, 2, Op.Request, 1, aim, tent, 0), 'malformed'],
        'a ping': [Uint8Array.of(Op.Datagram, 3, Op.Ping, ...new Uint8Array(13)), 'malformed'],
        'a login': [Uint8Array.of(Op.Datagram, 4, Op.Login, 2, 123, 125), 'malformed'],
        'a goodbye': [Uint8Array.of(Op.Close, 1, 0), 'malformed'],
        'a field that goes in order': [datagram(5, [paint, tent, paints]), 'malformed'],
        'a field that there is not': [datagram(6, [9999, tent, u16(1)]), 'no-field'],
        'arguments that do not fit': [datagram(7, [aim, tent, Uint8Array.of(1)]), 'bad-arguments'],
      })
      expect(siege.tent.told).to.deep.equal([])
      expect(intruder.connected).to.equal(true)
      intruder.raw.abort()
      // Before the login they mean nothing.
      const raw = await siege.stranger()
      for (let i = 0; i < 50; i++) raw.sendDatagram(good)
      await siege.heard(raw)
      expect(raw.ended).to.equal(null)
      raw.abort()
    },
  }),

  'datagrams to others’ objects': overDatagrams({
    server: patient,
    async run({ siege }) {
      const intruder = await siege.intruder()
      const [aim, wave] = [intruder.keyOf('Tent.aim'), intruder.keyOf('Knight.wave')]
      await punished(siege, intruder, {
        'the honest client’s': [datagram(1, [aim, siege.honest.avatar.id, u16(1)]), 'not-visible'],
        'what is hidden': [datagram(2, [aim, siege.hidden.id, u16(1)]), 'not-visible'],
        'nobody’s': [datagram(3, [aim, 0, u16(1)]), 'no-object'],
        'one far beyond any number': [datagram(4, [aim, far, u16(1)]), 'no-object'],
        'a field of another class': [datagram(5, [aim, intruder.avatar, u16(1)]), 'no-field'],
        'the honest client’s, by what goes in order': [
          datagram(6, [wave, siege.honest.avatar.id, u16(1)]),
          'malformed',
        ],
      })
      expect(intruder.connected).to.equal(true)
      intruder.raw.abort()
    },
  }),

  'datagrams that are replayed, reordered, wrapped, of the far future': overDatagrams({
    async run({ siege }) {
      const intruder = await siege.intruder()
      const aim = intruder.keyOf('Tent.aim')
      const heard = siege.tent.told as number[]
      const say = (number: number): void =>
        intruder.raw.sendDatagram(datagram(number, [aim, siege.tent.id, u16(number % 60_000)]))
      for (let round = 0; round < 5; round++) for (const number of [3, 1, 2, 3, 9, 8, 9]) say(number)
      await siege.heard(intruder.raw)
      // A field that is told newest first never goes back.
      expect([...heard].sort((a, b) => a - b)).to.deep.equal(heard)
      while (heard.at(-1) !== far % 60_000) {
        say(far)
        await siege.heard(intruder.raw)
      }
      const count = heard.length
      for (const number of [10, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 0, 1, far - 1]) say(number)
      await siege.heard(intruder.raw)
      expect(heard.slice(count)).to.deep.equal([])
      expect(siege.violations).to.deep.equal([])
      heard.length = 0
      intruder.raw.abort()
    },
  }),

  'datagram flood': overDatagrams({
    server: { limits: { callsPerSecond: 5000, bytesPerSecond: 1e9 } },
    async run({ siege }) {
      const intruder = await siege.intruder()
      const aim = intruder.keyOf('Tent.aim')
      const call: [number, number, Uint8Array] = [aim, siege.tent.id, u16(7)]
      for (let number = 1; !intruder.raw.ended; number++) {
        if (number > 5000) throw new Error('A flood of 500,000 calls was let through.')
        intruder.raw.sendDatagram(datagram(number, ...Array<typeof call>(100).fill(call)))
        if (number % 20 === 0) await siege.heard(intruder.raw)
      }
      await siege.world.settle()
      expect(siege.violations.map(({ reason }) => reason)).to.deep.equal(['rate'])
      siege.tent.told.length = 0
    },
  }),

  'Confirm of what does not travel so, and a flood of them': {
    server: { limits: { callsPerSecond: 5000 } },
    async run({ siege }) {
      for (const [path, reason] of [
        ['Tent.paint', 'malformed'],
        ['Tent.ask', 'malformed'],
      ] as const) {
        const intruder = await siege.intruder()
        intruder.raw.send(confirm({ key: intruder.keyOf(path), object: siege.tent.id, number: 1, n: 1 }))
        expect(await intruder.fate()).to.equal(reason)
      }
      const flood = await siege.intruder()
      const key = flood.keyOf('Tent.aim')
      // Those that are stepped over cost nothing but their bytes; the others are calls.
      const many = (from: number, step: number): Uint8Array =>
        Uint8Array.from(
          Array.from({ length: 2000 }, (_, i) => [
            ...confirm({ key, object: siege.tent.id, number: from + i * step, n: 1 }),
          ]).flat(),
        )
      flood.raw.send(many(10, 0))
      await siege.heard(flood.raw)
      expect(siege.tent.told).to.deep.equal([1])
      const before = siege.violations.length
      for (let i = 0; flood.connected; i++) {
        if (i > 2000) throw new Error('Four million calls were let through.')
        flood.raw.send(many(100 + i * 2000, 1))
        if (i % 10 === 9) await siege.heard(flood.raw)
      }
      expect(siege.violations.slice(before).map(({ reason }) => reason)).to.deep.equal(['rate'])
      siege.tent.told.length = 0
    },
  },

  'a resume token that is guessed, cut, foreign or used': {
    server: { limits: { resumeMs: 10_000 } },
    async run(target) {
      const { raw, token } = await returning(target)
      expect(token.length).to.be.greaterThan(30)
      await lost(target, raw)
      const flipped = (at: number): string => token.slice(0, at) + (token[at] === '0' ? '1' : '0') + token.slice(at + 1)
      for (const guess of [
        '',
        '0',
        '0'.repeat(token.length),
        token.slice(1),
        `${token}0`.slice(0, 64),
        flipped(0),
        flipped(35),
        token.toUpperCase().replace(/^./, 'G'),
      ]) {
        const { next, why } = await comeBack(target, guess)
        expect([next, why], guess).to.deep.equal([null, 'session-over'])
      }
      const long = await comeBack(target, 'x'.repeat(65))
      expect(long.why).to.equal('malformed')
      // It has stayed good for the one that it was given to, once.
      const back = await comeBack(target, token)
      expect(back.next).to.not.equal(null)
      back.raw.write(w => (w.u8(Op.Ack), w.varint(0)))
      await target.siege.heard(back.raw)
      expect((await comeBack(target, token)).why).to.equal('session-over')
      leave(back.raw)
    },
  },

  'a resume token of a living client': {
    server: { limits: { resumeMs: 10_000 } },
    async run(target) {
      const { siege } = target
      // Whoever has the token is the client: the older connection is taken for one that has not noticed yet that it is dead.
      const { raw, token } = await returning(target)
      const ids = [...siege.world.server.clients.keys()]
      const back = await comeBack(target, token)
      expect(back.next).to.not.equal(null)
      await siege.world.until(raw.gone)
      expect([...siege.world.server.clients.keys()]).to.deep.equal(ids)
      // Two that fight over it take it from each other, and leave one client behind.
      let last = back
      for (let i = 0; i < 5; i++) {
        const taken = await comeBack(target, last.next!)
        expect(taken.next).to.not.equal(null)
        await siege.world.until(last.raw.gone)
        last = taken
      }
      expect([...siege.world.server.clients.keys()]).to.deep.equal(ids)
      leave(last.raw)
    },
  },

  'a resume behind frames that were never sent': {
    server: { limits: { resumeMs: 10_000 } },
    async run(target) {
      const { raw, token } = await returning(target)
      await lost(target, raw)
      for (const heard of [1e6, 2 ** 32, far]) expect((await comeBack(target, token, heard)).why).to.equal('malformed')
      const back = await comeBack(target, token, 0)
      expect(back.next).to.not.equal(null)
      leave(back.raw)
    },
  },

  'a ticket that is forged, altered, cut, used or expired': {
    server: { transfer: { key: transferKey } },
    async run({ siege }) {
      const good = ticketsBy(transferKey).write(passenger)
      const flip = (text: string, at: number): string =>
        text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1)
      const late = new Tickets(
        { key: transferKey, ttlMs: 1000 },
        { ...systemClock, wall: () => systemClock.wall() - 5000 },
        seededRandom(5),
      )
      const come = async (ticket: string) => {
        const raw = await siege.stranger()
        raw.select(siege.world.server.schemaHash)
        raw.write(w => putTicket(w, ticket))
        await siege.heard(raw)
        return raw
      }
      for (const [what, ticket] of Object.entries({
        empty: '',
        'of another key': ticketsBy('another key of a deployment, 32+').write(passenger),
        'with another signature': flip(good, 3),
        'with other contents': good.replace('eve', 'adm'),
        'with more contents': `${good} `,
        'without its end': good.slice(0, -1),
        'its signature alone': good.slice(0, 64),
        'its contents alone': good.slice(64),
        expired: late.write(passenger),
        'of 50 KB': 'f'.repeat(50_000),
        'of other characters': '\u{1d11e}'.repeat(64),
      })) {
        const raw = await come(ticket)
        expect(closeName(await siege.end(raw)), what).to.equal('invalid-login')
        expect(raw.closed!.text, what).to.equal('The ticket is not good.')
      }
      const first = await come(good)
      expect(first.frames.some(frame => frame[0] === Op.Welcome)).to.equal(true)
      const second = await come(good)
      expect(closeName(await siege.end(second))).to.equal('invalid-login')
      expect(first.ended).to.equal(null)
      first.abort()
    },
  },

  'query flood': {
    server: { limits: { bytesPerSecond: 50_000 } },
    async run({ siege, wire }) {
      const query = (json: string): Uint8Array => written(w => putQuery(w, { time: 1, json }))
      // One answer for a connection, and then its end; each connection counts as one.
      for (let i = 0; i < (wire === 'webrtc' ? 5 : 40); i++) {
        const raw = await siege.stranger()
        for (let n = 0; n < 20; n++) raw.send(query('{"n":1}'))
        await siege.world.until(raw.gone)
        expect(raw.frames.filter(frame => frame[0] === Op.Info).length).to.be.at.most(1)
      }
      for (const [bytes, reason] of [
        [query('x'.repeat(1025)), 'malformed'],
        [query('').subarray(0, 5), 'malformed'],
      ] as const) {
        const raw = await siege.stranger()
        raw.send(bytes)
        expect(closeName(await siege.end(raw))).to.equal(reason)
      }
    },
  },
})
