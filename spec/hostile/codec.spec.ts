/** Hostile values in well-formed messages: they cost their sender at most its connection, and only what fits reaches a handler. Rules 9, 10 and 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { closeName } from '../../lib/protocol/close.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { type Attack, besiege, type Target } from '../support/besiege.ts'
import { type Arguments, written } from '../support/intruder.ts'
import { RawStream } from '../support/raw-streams.ts'
import { validFrames } from '../support/siege.ts'

/** Where one connection may offend without end, so that each offence is seen. */
const patient = { violations: 'ignore', limits: { standing: false } } as const

/** msgpack in the length that an `unknown` has before it. */
const packed =
  (bytes: Uint8Array): Arguments =>
  w => {
    w.varint(bytes.length)
    w.raw(bytes)
  }
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const repeated = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte)

/** Each of these calls of the tent is refused, and nothing of them reaches it. */
function refused(path: string, calls: Readonly<Record<string, Arguments>>): Attack {
  return {
    server: patient,
    async run({ siege }) {
      const intruder = await siege.intruder()
      for (const [what, put] of Object.entries(calls)) {
        const before = siege.violations.length
        intruder.call(path, siege.tent, put)
        await siege.heard(intruder.raw)
        expect(
          siege.violations.slice(before).map(({ reason, field }) => `${reason} ${field}`),
          what,
        ).to.deep.equal([`bad-arguments ${path}`])
      }
      expect(siege.tent.told).to.deep.equal([])
      expect(intruder.connected).to.equal(true)
      intruder.raw.abort()
    },
  }
}

/** Both, one after the other. */
const both = (first: Attack, second: (target: Target) => Promise<void>): Attack => ({
  ...first,
  async run(target) {
    await first.run(target)
    await second(target)
  },
})

/** Logs in with these credentials, as they are written; they are good JSON, so the client is in. */
async function loginWith({ siege }: Target, json: string): Promise<void> {
  const raw = await siege.stranger()
  raw.select(siege.world.server.schemaHash)
  raw.write(w => (w.u8(Op.Login), w.text(json)))
  await siege.heard(raw)
  expect(raw.frames.some(frame => frame[0] === Op.Welcome)).to.equal(true)
  raw.abort()
}

const deepArrays = (depth: number): Uint8Array => Uint8Array.from([...repeated(0x91, depth), 0xc0])
const deepMaps = (depth: number): Uint8Array => Uint8Array.from([...hex('81 a1 61 '.repeat(depth)), 0xc0])

besiege('codec', {
  '4 GB headers': both(
    refused('Tent.tell', {
      'a text of 4 GB': packed(hex('db ffffffff 61')),
      'bytes of 4 GB': packed(hex('c6 ffffffff 61')),
      'a list of 4 billion': packed(hex('dd ffffffff 61')),
      'a map of 4 billion': packed(hex('df ffffffff 61')),
      'lists in lists, each of 65,535': packed(hex('dc ffff '.repeat(30))),
      'an unknown of 4 GB': w => (w.varint(0xffffffff), w.u8(0xc0)),
      'an unknown of 2^53 - 1 bytes': w => (w.varint(Number.MAX_SAFE_INTEGER), w.u8(0xc0)),
    }),
    async ({ siege }) => {
      const intruder = await siege.intruder()
      const before = siege.violations.length
      intruder.call('Tent.sort', siege.tent, w => (w.varint(2 ** 32), w.varint(0)))
      intruder.call('Tent.sort', siege.tent, w => (w.varint(0), w.varint(2 ** 32)))
      intruder.call('Tent.link', siege.tent, w => (w.varint(0), w.varint(2 ** 32)))
      intruder.call('Tent.paint', siege.tent, w => w.varint(2 ** 32))
      await siege.heard(intruder.raw)
      expect(siege.violations.slice(before).map(({ reason }) => reason)).to.deep.equal(Array(4).fill('bad-arguments'))
      intruder.raw.abort()
    },
  ),

  'depth 100,000': both(
    refused('Tent.tell', {
      'lists as deep as an unknown is long': packed(deepArrays(65_534)),
      'maps as deep': packed(deepMaps(20_000)),
      'lists one level too deep': packed(deepArrays(33)),
      'lists 100,000 deep, more than an unknown may hold': packed(deepArrays(100_000)),
    }),
    async target => {
      const { siege } = target
      const intruder = await siege.intruder()
      const before = siege.violations.length
      // Each level says that it has one of the next.
      intruder.call('Tent.grow', siege.tent, w => w.raw(Uint8Array.from([...repeated(1, 100_000), 0])))
      intruder.call('Tent.grow', siege.tent, w => w.raw(Uint8Array.from([...repeated(1, 33), 0])))
      await siege.heard(intruder.raw)
      expect(siege.violations.slice(before).map(({ reason }) => reason)).to.deep.equal(Array(2).fill('bad-arguments'))
      intruder.raw.abort()
      await loginWith(target, '['.repeat(32_000) + ']'.repeat(32_000))
    },
  ),

  '__proto__ constructor toString keys': {
    server: patient,
    async run(target) {
      const { siege } = target
      const intruder = await siege.intruder()
      const entries = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
      const map = written(w => {
        w.u8(0x80 + entries.length)
        for (const key of entries) {
          w.u8(0xa0 + key.length)
          w.raw(Buffer.from(key))
          w.raw(hex('81 a8 706f6c6c75746564 c3'))
        }
      })
      intruder.call('Tent.tell', siege.tent, packed(map))
      await siege.heard(intruder.raw)
      expect(({} as { polluted?: boolean }).polluted).to.equal(undefined)
      for (const value of siege.tent.told as object[]) {
        expect(Object.getPrototypeOf(value)).to.be.oneOf([Object.prototype, null])
        expect((value as { polluted?: boolean }).polluted).to.equal(undefined)
      }
      expect(siege.tent.told.length + siege.violations.length).to.equal(1)
      intruder.raw.abort()
      await loginWith(
        target,
        '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}',
      )
      expect(({} as { polluted?: boolean }).polluted).to.equal(undefined)
      siege.tent.told.length = 0
    },
  },

  'slow reader': {
    server: { limits: { waitingBytes: 200_000 } },
    async run(target) {
      const { siege } = target
      const closed: string[] = []
      const off = siege.world.server.on('close', ({ reason }) => closed.push(reason))
      const lazy = await RawStream.join(target)
      lazy.stopReading()
      const picture = new Uint8Array(60_000)
      // What the system keeps for a socket is full first.
      for (let n = 0; closed.length === 0; n++) {
        if (n > 2000) throw new Error('A client that reads nothing was sent 120 MB.')
        siege.tent.send.roll(picture)
        siege.world.server.tick()
        await siege.honest.ping()
      }
      expect(closed).to.deep.equal(['too-slow'])
      off()
      lazy.destroy()
    },
  },

  'extension types': refused('Tent.tell', {
    ...Object.fromEntries(
      [0xd4, 0xd5, 0xd6, 0xd7, 0xd8].map((token, i) => [
        `a fixed extension of ${1 << i} bytes`,
        packed(Uint8Array.from([token, 1, ...repeated(0, 1 << i)])),
      ]),
    ),
    'an extension with a length': packed(hex('c7 03 01 000000')),
    'one with a length of 16 bits': packed(hex('c8 0003 01 000000')),
    'one with a length of 32 bits': packed(hex('c9 00000003 01 000000')),
    'a timestamp': packed(hex('d6 ff 00000000')),
    'a regular expression of msgpackr': packed(hex('c7 06 78 92 a2 2e2b a1 67')),
    'an error of msgpackr': packed(hex('c7 06 65 93 a1 45 a1 6d c0')),
    'the definition of a record': packed(hex('d4 72 40 91 a1 61 01')),
    'a type that msgpack never uses': packed(hex('c1')),
    'an extension within a map': packed(hex('81 a1 61 d4 01 00')),
  }),

  'NaN, infinities, -0 and bigint for a number': {
    server: patient,
    async run(target) {
      const { siege } = target
      const intruder = await siege.intruder()
      const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]
      for (const value of odd)
        intruder.call('Tent.measure', siege.tent, w => (w.f32(value), w.f64(value), w.i32(-1), w.u8(0), w.u8(1)))
      // A NaN with a payload, a bigint and a Date of no time, as an unknown.
      intruder.call('Tent.tell', siege.tent, packed(hex('cb 7ff8 dead beef 0001')))
      intruder.call('Tent.tell', siege.tent, packed(hex('cf ffffffffffffffff')))
      await siege.heard(intruder.raw)
      // They are floats and values like others, whoever takes them.
      expect(siege.violations).to.deep.equal([])
      expect(siege.tent.told.slice(0, 4)).to.deep.equal(odd.map(value => [value, value, -1, 0, true]))
      expect(siege.tent.told.slice(4)).to.deep.equal([Number.NaN, 2n ** 64n - 1n])
      siege.tent.told.length = 0
      for (const put of [
        // A bool that is neither; a whole number in more bytes than it needs, and one out of range; a date at no time.
        w => (w.f32(0), w.f64(0), w.i32(0), w.u8(0), w.u8(2)),
        w => (w.f32(0), w.f64(0), w.i32(0), w.u8(0x80), w.u8(0), w.u8(1)),
        w => (w.f32(0), w.f64(0), w.i32(0), w.raw(repeated(0xff, 9)), w.u8(1), w.u8(1)),
      ] as Arguments[])
        intruder.call('Tent.measure', siege.tent, put)
      intruder.call('Tent.tell', siege.tent, packed(hex('81 02 cb 7ff0000000000000')))
      await siege.heard(intruder.raw)
      expect(siege.violations.map(({ reason }) => reason)).to.deep.equal(Array(4).fill('bad-arguments'))
      expect(siege.tent.told).to.deep.equal([])
      intruder.raw.abort()
      await loginWith(target, '[1e999,-0,-1e999,123456789012345678901234567890]')
    },
  },

  'lone surrogates and overlong UTF-8': both(
    refused(
      'Tent.paint',
      Object.fromEntries(
        [
          'eda080',
          'edbfbf',
          'c080',
          'c1bf',
          'e08080',
          'f0808080',
          'f4908080',
          'f5808080',
          'f888808080',
          '80',
          'c3',
          'e282',
          'ff',
          '61626364656667686970ff',
        ].map(text => [
          `a text of the bytes ${text}`,
          (w => {
            w.varint(text.length / 2)
            w.raw(hex(text))
            w.u16(1)
          }) satisfies Arguments,
        ]),
      ),
    ),
    async target => {
      const { siege } = target
      const intruder = await siege.intruder()
      const before = siege.violations.length
      intruder.call('Tent.tell', siege.tent, packed(hex('a3 eda080')))
      intruder.call('Tent.tell', siege.tent, packed(hex('81 a2 c080 c0')))
      await siege.heard(intruder.raw)
      expect(siege.violations.slice(before).map(({ reason }) => reason)).to.deep.equal(Array(2).fill('bad-arguments'))
      intruder.raw.abort()
      await loginWith(target, '{"name":"\\ud800","\\udfff":1}')
      const raw = await siege.stranger()
      raw.select(siege.world.server.schemaHash)
      raw.write(w => (w.u8(Op.Login), w.varint(5), w.raw(hex('22 eda080 22'))))
      expect(closeName(await siege.end(raw))).to.equal('malformed')
    },
  ),

  'duplicate keys': both(
    refused('Tent.tell', {
      'the same key twice': packed(hex('82 a1 61 01 a1 61 02')),
      'the same key twice, deep within': packed(hex('91 81 a1 62 82 a1 61 01 a1 61 02')),
      '__proto__ twice': packed(hex('82 a9 5f5f70726f746f5f5f 80 a9 5f5f70726f746f5f5f 80')),
    }),
    async target => {
      const { siege } = target
      const intruder = await siege.intruder()
      const before = siege.violations.length
      intruder.call(
        'Tent.sort',
        siege.tent,
        w => (w.varint(2), w.text('a'), w.u8(1), w.text('a'), w.u8(2), w.varint(0)),
      )
      intruder.call('Tent.sort', siege.tent, w => (w.varint(0), w.varint(2), w.u16(7), w.u16(7)))
      await siege.heard(intruder.raw)
      expect(siege.violations.slice(before).map(({ reason }) => reason)).to.deep.equal(Array(2).fill('bad-arguments'))
      intruder.raw.abort()
      // Of JSON the last one counts, as everywhere.
      await loginWith(target, '{"zone":1,"zone":2,"zone":{}}')
    },
  ),

  'trailing bytes': both(
    refused('Tent.tell', {
      'a byte behind the value': packed(hex('c0 c0')),
      'a byte behind the unknown': w => (packed(hex('c0'))(w), w.u8(0)),
      'a thousand bytes behind the value': packed(Uint8Array.from([0xc0, ...repeated(0, 1000)])),
    }),
    async ({ siege }) => {
      const intruder = await siege.intruder()
      const { call } = validFrames(siege, intruder)
      const before = siege.violations.length
      // Behind a whole message stands what must be the next one.
      intruder.raw.send(Uint8Array.from([...call!, 0]))
      await siege.heard(intruder.raw)
      expect(siege.violations.slice(before).map(({ reason }) => reason)).to.deep.equal(['malformed'])
      intruder.raw.abort()
    },
  ),

  async 'empty message'({ siege }) {
    for (const state of ['silent', 'selected', 'active'] as const) {
      const raw = state === 'active' ? (await siege.intruder()).raw : await siege.stranger()
      if (state === 'selected') raw.select(siege.world.server.schemaHash)
      raw.send(new Uint8Array(0))
      expect(closeName(await siege.end(raw)), state).to.equal('malformed')
    }
  },

  '65,000 keys': both(
    refused('Tent.tell', {
      'as many keys as say they are there': packed(hex('df 0000fde8 a0 c0')),
      'a map of 65,000 keys, more than an unknown may hold': packed(
        written(w => {
          w.raw(hex('df 0000fde8'))
          for (let i = 0; i < 65_000; i++)
            w.raw(Uint8Array.of(0xa3, 0x41 + (i & 15), 0x41 + ((i >> 4) & 63), 0x41 + (i >> 10), 0xc0))
        }),
      ),
      'as many of the same key as fit': packed(
        written(w => {
          w.raw(hex('de 5000'))
          for (let i = 0; i < 0x5000; i++) w.raw(Uint8Array.of(0xa1, 0x61, 0xc0))
        }),
      ),
    }),
    async target => {
      const { siege } = target
      const intruder = await siege.intruder()
      // Within what the types allow: slow to read at worst, and read once.
      intruder.call('Tent.sort', siege.tent, w => {
        w.varint(65_000)
        for (let i = 0; i < 65_000; i++) {
          w.text(i.toString(36))
          w.u8(i & 255)
        }
        w.varint(0)
      })
      await siege.heard(intruder.raw)
      expect(siege.tent.told).to.deep.equal([[65_000, 0]])
      siege.tent.told.length = 0
      intruder.raw.abort()
      await loginWith(target, JSON.stringify(Object.fromEntries(Array.from({ length: 6500 }, (_, i) => [`k${i}`, 1]))))
    },
  ),

  'a cut at every byte': {
    server: patient,
    async run({ siege }) {
      const intruder = await siege.intruder()
      let cuts = 0
      for (const name of ['call', 'references', 'request', 'create', 'watch', 'fetch', 'delete', 'ping']) {
        const frame = validFrames(siege, intruder)[name]!
        for (let cut = 0; cut < frame.length; cut++, cuts++) intruder.raw.send(frame.subarray(0, cut))
        await siege.heard(intruder.raw)
        expect(
          siege.violations.map(({ reason }) => reason),
          name,
        ).to.deep.equal(Array(cuts).fill('malformed'))
      }
      expect(intruder.connected).to.equal(true)
      intruder.raw.abort()
    },
  },
})
