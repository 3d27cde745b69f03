/** Every row of rule 10 of docs/guarantees.md: what is told, what it costs, under either policy. */
import { expect } from 'chai'
import { closeName } from '../../lib/protocol/close.ts'
import { putLogin } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import type { Intruder } from '../support/intruder.ts'
import { written } from '../support/intruder.ts'
import { Siege } from '../support/siege.ts'
import { onEveryWire } from '../support/stage.ts'

interface Row {
  readonly what: string
  readonly reason: string
  /** What the client is told, where that is another thing. */
  readonly told?: string
  send(intruder: Intruder, siege: Siege): void
}

const create = (type: number, zone: number | null, calls: Uint8Array = Uint8Array.of(0)) =>
  written(w => {
    w.u8(Op.Create)
    w.varint(1)
    w.varint(type)
    w.varint(zone === null ? 0 : zone + 1)
    w.varint(calls.length)
    w.raw(calls)
  })
const watchOf = (mode: number, count: number, zones: readonly number[]) =>
  written(w => {
    w.u8(Op.Watch)
    w.varint(1)
    w.u8(mode)
    w.varint(count)
    for (const zone of zones) w.varint(zone)
  })
const short = (op: number, id: number) => written(w => (w.u8(op), w.varint(id)))

const rows: Row[] = [
  {
    what: 'a call to an object that does not exist',
    reason: 'no-object',
    send: i => i.call('Knight.wave', 4_000_000, w => w.u16(1)),
  },
  { what: 'a call to object 0', reason: 'no-object', send: i => i.call('Knight.wave', 0, w => w.u16(1)) },
  {
    what: 'a call to an object far beyond any id',
    reason: 'no-object',
    send: i => i.call('Knight.wave', 2 ** 52, w => w.u16(1)),
  },
  {
    what: 'a call to an object out of sight',
    reason: 'not-visible',
    told: 'no-object',
    send: (i, s) => i.call('Knight.wave', s.honest.avatar, w => w.u16(1)),
  },
  {
    what: 'a request to an object out of sight',
    reason: 'not-visible',
    told: 'no-object',
    send: (i, s) => i.request(1, 'Tent.ask', s.hidden, w => w.u16(1)),
  },
  {
    what: 'a fetch of an object out of sight',
    reason: 'not-visible',
    told: 'no-object',
    send: (i, s) => i.raw.send(short(Op.Fetch, s.hidden.id)),
  },
  {
    what: 'a delete of an object out of sight',
    reason: 'not-visible',
    told: 'no-object',
    send: (i, s) => i.raw.send(short(Op.Delete, s.hidden.id)),
  },
  {
    what: 'a fetch of an object that does not exist',
    reason: 'no-object',
    send: i => i.raw.send(short(Op.Fetch, 5_000_000)),
  },
  {
    what: 'a delete of an object that does not exist',
    reason: 'no-object',
    send: i => i.raw.send(short(Op.Delete, 5_000_000)),
  },
  { what: 'an unknown field', reason: 'no-field', send: i => i.raw.call(9999, i.avatar, []) },
  { what: 'a field far beyond any number', reason: 'no-field', send: i => i.raw.call(2 ** 52, i.avatar, []) },
  {
    what: 'a field of another class',
    reason: 'no-field',
    send: i => i.call('Tent.paint', i.avatar, w => (w.text('x'), w.u16(1))),
  },
  {
    what: 'a request of a field that answers nothing',
    reason: 'no-field',
    send: i => i.request(1, 'Knight.wave', i.avatar, w => w.u16(1)),
  },
  {
    what: 'a field that the server alone sends',
    reason: 'no-permission',
    send: i => i.call('Knight.order', i.avatar, w => w.u16(1)),
  },
  {
    what: 'a wish for an object of a class that clients may not create',
    reason: 'no-permission',
    send: i => i.raw.send(create(10, null)),
  },
  {
    what: 'a delete of an object of another',
    reason: 'no-permission',
    send: (i, s) => i.raw.send(short(Op.Delete, s.tent.id)),
  },
  {
    what: 'a delete of an object of a class that clients may not delete',
    reason: 'no-permission',
    send: i => i.raw.send(short(Op.Delete, i.avatar)),
  },
  {
    what: 'too few bytes of arguments',
    reason: 'bad-arguments',
    send: i => i.call('Knight.wave', i.avatar, w => w.u8(1)),
  },
  {
    what: 'bytes behind the arguments',
    reason: 'bad-arguments',
    send: i => i.call('Knight.wave', i.avatar, w => (w.u16(1), w.u8(1))),
  },
  {
    what: 'a text over its limit',
    reason: 'bad-arguments',
    send: i => i.call('Knight.say', i.avatar, w => w.text('x'.repeat(1001))),
  },
  {
    what: 'a text that says it is longer than all that is there',
    reason: 'bad-arguments',
    send: i => i.call('Knight.say', i.avatar, w => w.varint(900)),
  },
  {
    what: 'a list that says it has four billion items',
    reason: 'bad-arguments',
    send: (i, s) => i.call('Tent.link', s.tent, w => (w.varint(0), w.varint(2 ** 32))),
  },
  {
    what: 'a reference to an object of another class',
    reason: 'bad-arguments',
    send: (i, s) => i.call('Tent.link', s.tent, w => (w.varint(i.avatar), w.varint(0))),
  },
  {
    what: 'first calls that do not fit',
    reason: 'bad-arguments',
    send: i =>
      i.raw.send(
        create(
          11,
          66,
          written(w => (w.varint(1), w.varint(i.keyOf('Tent.paint')), w.varint(1), w.u8(200))),
        ),
      ),
  },
  {
    what: 'first calls of another class',
    reason: 'no-field',
    send: i =>
      i.raw.send(
        create(
          11,
          66,
          written(w => (w.varint(1), w.varint(i.keyOf('Knight.wave')), w.varint(2), w.u16(1))),
        ),
      ),
  },
  {
    what: 'a wish for an object of an unknown class',
    reason: 'invalid-class',
    send: i => i.raw.send(create(999, null)),
  },
  {
    what: 'too many first calls',
    reason: 'malformed',
    send: i =>
      i.raw.send(
        create(
          11,
          66,
          written(w => w.varint(100_000)),
        ),
      ),
  },
  { what: 'an empty frame', reason: 'malformed', send: i => i.raw.send(new Uint8Array(0)) },
  { what: 'a message of no known number', reason: 'malformed', send: i => i.raw.send(Uint8Array.of(0x3f)) },
  {
    what: 'a number that is longer than it needs to be',
    reason: 'malformed',
    send: i => i.raw.send(Uint8Array.of(Op.Fetch, 0x81, 0x00)),
  },
  {
    what: 'a number beyond 2^53',
    reason: 'malformed',
    send: i => i.raw.send(Uint8Array.of(Op.Fetch, ...Array(9).fill(0xff), 1)),
  },
  { what: 'a request that is numbered 0', reason: 'malformed', send: i => i.request(0, 'Tent.ask', i.avatar) },
  {
    what: 'arguments that say they are longer than the frame',
    reason: 'malformed',
    send: i => i.raw.send(Uint8Array.of(Op.Call, 0, 1, 100)),
  },
  { what: 'a wish for zones of no known mode', reason: 'malformed', send: i => i.raw.send(watchOf(3, 0, [])) },
  { what: 'a wish for more zones than it names', reason: 'malformed', send: i => i.raw.send(watchOf(1, 4000, [70])) },
  {
    what: 'a wish for a number of zones beyond all reason',
    reason: 'malformed',
    send: i => i.raw.send(watchOf(1, 2 ** 40, [70])),
  },
  { what: 'a wish for what is no zone', reason: 'malformed', send: i => i.raw.send(watchOf(1, 1, [2 ** 32])) },
  {
    what: 'a goodbye that is cut short',
    reason: 'malformed',
    send: i => i.raw.send(Uint8Array.of(Op.Close, 1, 50, 65)),
  },
  {
    what: 'a goodbye that is no UTF-8',
    reason: 'malformed',
    send: i => i.raw.send(Uint8Array.of(Op.Close, 1, 2, 0xff, 0xfe)),
  },
  { what: 'a delivery', reason: 'wrong-direction', send: i => i.raw.send(Uint8Array.of(Op.Deliver, 0, 1, 0, 0)) },
  { what: 'a second select', reason: 'second-hello', send: (i, s) => i.raw.select(s.world.server.schemaHash) },
  { what: 'a second login', reason: 'second-hello', send: i => i.raw.login('again') },
]

onEveryWire('each violation', start => {
  for (const { what, reason, told = reason, send } of rows) {
    it(`closes who sends ${what} with ${told}, and nobody else notices`, async () => {
      const siege = await Siege.start(start)
      const intruder = await siege.intruder()
      send(intruder, siege)
      expect(closeName(await siege.end(intruder.raw))).to.equal(told)
      expect(siege.violations.map(violation => violation.reason)).to.deep.equal([reason])
      await siege.unharmed()
    })

    it(`lets who sends ${what} go on under the policy to ignore, with one event`, async () => {
      const siege = await Siege.start(start, { violations: 'ignore' })
      const intruder = await siege.intruder()
      send(intruder, siege)
      intruder.call('Knight.say', intruder.avatar, w => w.text('still here'))
      await siege.heard(intruder.raw)
      expect(intruder.connected).to.equal(true)
      expect(siege.violations.map(violation => violation.reason)).to.deep.equal([reason])
      expect((siege.world.server.objects.get(intruder.avatar) as { heard?: unknown[] }).heard).to.deep.equal([
        'still here',
      ])
      intruder.raw.abort()
      await siege.unharmed()
    })
  }

  it('costs what its field says, where that says something else than the server', async () => {
    const closing = await Siege.start(start)
    const patient = await closing.intruder()
    patient.call('Knight.mild', patient.avatar, w => w.text('far too long'))
    await closing.heard(patient.raw)
    expect(patient.connected).to.equal(true)
    expect(closing.violations).to.deep.equal([
      { reason: 'bad-arguments', object: patient.avatar, field: 'Knight.mild' },
    ])
    patient.raw.abort()
    await closing.unharmed()
    const ignoring = await Siege.start(start, { violations: 'ignore' })
    const doomed = await ignoring.intruder()
    doomed.call('Knight.strict', doomed.avatar, w => w.text('far too long'))
    expect(closeName(await ignoring.end(doomed.raw))).to.equal('bad-arguments')
    await ignoring.unharmed()
  })

  it('is told as it is told of what does not exist: nobody can find out what there is', async () => {
    const siege = await Siege.start(start, { violations: 'ignore' })
    const intruder = await siege.intruder()
    await intruder.settle()
    const answers: string[] = []
    for (const id of [siege.hidden.id, 4_000_000]) {
      const before = intruder.raw.frames.length
      intruder.request(1, 'Tent.ask', id, w => w.u16(1))
      intruder.call('Tent.paint', id, w => (w.text('x'), w.u16(1)))
      intruder.raw.send(short(Op.Fetch, id))
      intruder.raw.send(short(Op.Delete, id))
      await intruder.settle()
      answers.push(
        intruder.raw.frames
          .slice(before)
          .filter(frame => frame[0] !== Op.Pong)
          .map(frame => Buffer.from(frame).toString('hex'))
          .join(),
      )
    }
    expect(answers[0]).to.equal(answers[1])
    expect(answers[0]).to.not.equal('')
    expect(siege.violations.map(({ reason }) => reason)).to.deep.equal([
      ...Array(4).fill('not-visible'),
      ...Array(4).fill('no-object'),
    ])
    intruder.raw.abort()
    await siege.unharmed()
  })
})

onEveryWire('messages before their time', start => {
  const cases: [string, string, (send: (bytes: Uint8Array) => void, siege: Siege) => void][] = [
    ['a call before the select', 'no-login', send => send(Uint8Array.of(Op.Call, 0, 1, 0))],
    ['a login before the select', 'no-login', send => send(written(w => putLogin(w, 'null')))],
    ['a delivery before the select', 'wrong-direction', send => send(Uint8Array.of(Op.Deliver, 0, 1))],
    ['credentials that are no JSON', 'malformed', () => {}],
  ]
  for (const [what, reason, attack] of cases) {
    for (const violations of ['close', 'ignore'] as const) {
      it(`close who sends ${what} with ${reason}, under the policy ${violations} too`, async () => {
        const siege = await Siege.start(start, { violations })
        const raw = await siege.stranger()
        if (what.startsWith('credentials')) {
          raw.select(siege.world.server.schemaHash)
          raw.write(w => putLogin(w, '{"name":'))
        } else attack(bytes => raw.send(bytes), siege)
        expect(closeName(await siege.end(raw))).to.equal(reason)
        expect(siege.violations.map(violation => violation.reason)).to.deep.equal([reason])
        await siege.unharmed()
      })
    }
  }

  it('close who selects another protocol, another connection type or another schema with a reason of their own', async () => {
    const siege = await Siege.start(start)
    const hash = siege.world.server.schemaHash
    for (const [select, reason] of [
      [['x', 'game', protocolVersion], 'schema-mismatch'],
      [[hash, 'spectator', protocolVersion], 'unknown-connection-type'],
      [[hash, 'game', 999], 'protocol-mismatch'],
    ] as const) {
      const raw = await siege.stranger()
      raw.select(...(select as [string, string, number]))
      expect(closeName(await siege.end(raw))).to.equal(reason)
    }
    await siege.unharmed()
  })
})
