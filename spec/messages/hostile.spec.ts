/** Messages as no honest side sends them: each ends as documented, and an honest client beside it notices nothing. Rules 10 and 34 of docs/guarantees.md. */
import { expect } from 'chai'
import { World } from 'fieldcast/testing'
import type { Writer } from '../../lib/base/bytes.ts'
import { Reader } from '../../lib/base/bytes.ts'
import { closeName } from '../../lib/protocol/close.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Intruder, written } from '../support/intruder.ts'
import { Siege, siegeClasses } from '../support/siege.ts'
import { messageFrame, Sum, siegeMessages, validMessages } from '../support/siege-messages.ts'
import { onEveryWire, type Start } from '../support/stage.ts'

const overMemory: Start = options => World.start(options)

/** What the server has answered to questions: their numbers, with the reason where they were refused. */
function answersTo({ raw }: Intruder): [number, string | null][] {
  const answers: [number, string | null][] = []
  for (const frame of raw.frames) {
    if (frame[0] !== Op.Told) continue
    const r = new Reader(frame)
    while (r.remaining > 0) {
      r.u8()
      const end = r.varint() + r.position
      const id = r.varint()
      if (id === 3) answers.push([r.varint(), null])
      if (id === 4) answers.push([r.varint(), r.text(5000)])
      r.position = end
    }
  }
  return answers
}

const ask = (number: number, id: number, put: (w: Writer) => void = () => {}): Uint8Array =>
  messageFrame(w => {
    w.varint(2)
    w.varint(number)
    w.varint(id)
    put(w)
  })

const sum = (w: Writer): void => (w.u32(3), w.u32(4)) as never

onEveryWire('Messages of an intruder', start => {
  let siege: Siege
  let intruder: Intruder
  const open = async (options = {}): Promise<void> => {
    siege = await Siege.start(start, options)
    intruder = await siege.intruder()
  }

  for (const [what, frame, fate] of [
    ['of the library’s ids that are the server’s to send', messageFrame(w => (w.varint(1), w.varint(0))), 'malformed'],
    ['of an id of the library’s that is nothing', messageFrame(w => w.varint(0)), 'malformed'],
    ['of the library’s last id', messageFrame(w => w.varint(63)), 'malformed'],
    ['without an id', messageFrame(() => {}), 'malformed'],
    ['that are longer than their frame', Uint8Array.of(Op.Message, 200, 1, 100), 'malformed'],
    ['of a length beyond everything', written(w => (w.u8(Op.Message), w.varint(2 ** 53 - 1))), 'malformed'],
    ['that are cut in their values', messageFrame(w => (w.varint(100), w.text('hello'), w.u8(3))), 'bad-arguments'],
    [
      'with bytes behind their values',
      messageFrame(w => (w.varint(100), w.text('hello'), w.u32(3), w.u8(0))),
      'bad-arguments',
    ],
    [
      'with a text that is too long',
      messageFrame(w => (w.varint(100), w.text('x'.repeat(21)), w.u32(3))),
      'bad-arguments',
    ],
    [
      'with a text that is none',
      messageFrame(w => (w.varint(100), w.varint(2), w.u8(0xff), w.u8(0xfe), w.u32(3))),
      'bad-arguments',
    ],
    [
      'with a count beyond everything',
      messageFrame(w => (w.varint(102), w.u8(0xdd), w.u32(0xffffffff))),
      'bad-arguments',
    ],
    ['that are questions without a message', messageFrame(w => (w.varint(2), w.varint(1))), 'malformed'],
    ['that are questions with wrong values', ask(1, 101, w => w.u8(1)), 'bad-arguments'],
    ['that are refusals without a reason', messageFrame(w => (w.varint(4), w.varint(1))), 'malformed'],
    [
      'that are refusals with a reason too long',
      messageFrame(w => (w.varint(4), w.varint(1), w.text('x'.repeat(5000)))),
      'malformed',
    ],
    ['that end the connection in the wrong state', messageFrame(w => w.varint(104)), 'wrong-state'],
  ] as const) {
    it(`${what} end its connection with ${fate}`, async () => {
      await open()
      intruder.raw.send(frame)
      expect(await intruder.fate()).to.equal(fate)
      expect(siege.said).to.deep.equal([])
      await siege.unharmed()
    })
  }

  it('that nobody knows, or that go to clients alone, are ignored with an event', async () => {
    await open()
    for (const id of [64, 99, 65_535, 65_536, 2 ** 40]) intruder.raw.send(messageFrame(w => w.varint(id)))
    intruder.raw.send(ask(5, 2 ** 40))
    intruder.raw.send(messageFrame(w => (w.varint(105), w.text('hi'))))
    intruder.raw.send(validMessages()['message']!)
    await intruder.settle()
    expect(siege.events).to.deep.equal([...Array(6).fill('unknown'), 'misplaced'])
    expect(siege.said).to.deep.equal([['hello', 3, intruder.id]])
    expect(answersTo(intruder)).to.deep.equal([[5, 'unknown-message']])
    expect(intruder.connected).to.equal(true)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('that are questions numbered alike, or answers to what was never asked, harm nobody', async () => {
    await open()
    for (let i = 0; i < 3; i++) intruder.raw.send(ask(0, 101, sum))
    intruder.raw.send(ask(2 ** 53 - 1, 101, sum))
    for (const number of [0, 1, 2 ** 53 - 1]) {
      intruder.raw.send(messageFrame(w => (w.varint(3), w.varint(number), w.text('what'))))
      intruder.raw.send(messageFrame(w => (w.varint(4), w.varint(number), w.text('no'))))
    }
    await intruder.settle()
    expect(answersTo(intruder)).to.deep.equal([
      [0, null],
      [0, null],
      [0, null],
      [2 ** 53 - 1, null],
    ])
    expect(intruder.connected).to.equal(true)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('of prototype keys change no prototype', async () => {
    await open()
    // msgpack: { __proto__: { polluted: true }, constructor: 1 }
    const key = (text: string): number[] => [0xa0 | text.length, ...Buffer.from(text)]
    const value = [0x82, ...key('__proto__'), 0x81, ...key('polluted'), 0xc3, ...key('constructor'), 1]
    intruder.raw.send(messageFrame(w => (w.varint(102), w.raw(Uint8Array.from(value)))))
    await siege.heard(intruder.raw)
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
    for (const said of siege.said) expect((said as Record<string, unknown>)['polluted']).to.equal(undefined)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('before the login end the connection with no-login', async () => {
    await open()
    for (const selects of [false, true]) {
      const raw = await siege.stranger()
      if (selects) raw.selectTalking(siege.world.server.schemaHash)
      raw.send(validMessages()['message']!)
      expect(closeName(await siege.end(raw))).to.equal('no-login')
    }
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('who had said that it takes none end its connection with malformed', async () => {
    await open()
    const raw = await siege.stranger()
    raw.select(siege.world.server.schemaHash)
    raw.login()
    await siege.heard(raw)
    raw.send(validMessages()['message']!)
    expect(closeName(await siege.end(raw))).to.equal('malformed')
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('beyond the rate of calls end its connection with rate', async () => {
    await open({ limits: { callsPerSecond: 20 } })
    for (const frame of Array(200).fill(validMessages()['reply']!)) intruder.raw.send(frame)
    expect(await intruder.fate()).to.equal('rate')
    await siege.unharmed()
  })
})

describe('Messages of an honest client', () => {
  it('that answer what the server has asked count towards no rate', async () => {
    const talk = siegeMessages()
    const limits = { callsPerSecond: 10 }
    const world = await World.start({
      server: { classes: [], messages: talk, limits },
      client: { classes: [], messages: talk },
    })
    const client = await world.join()
    client.messages.on(Sum, ({ a, b }) => a + b)
    const remote = world.server.clients.get(client.id)!
    const asked = Array.from({ length: 500 }, (_, a) => remote.messages.ask(Sum, { a, b: 1 }))
    expect(await world.until(Promise.all(asked))).to.deep.equal(Array.from({ length: 500 }, (_, a) => a + 1))
    expect(client.connected).to.equal(true)
    await world.stop()
  })
})

describe('Messages of an intruder, and their cost', () => {
  it('100,000 open questions are bounded: those beyond limits.waitingCalls are refused as busy', async () => {
    const siege = await Siege.start(overMemory)
    const intruder = await siege.intruder()
    const batch = 1000
    for (let n = 0; n < 100_000; n += batch) {
      intruder.raw.write(w => {
        for (let i = 0; i < batch; i++) w.raw(ask(n + i, 103))
      })
      if (n % 10_000 === 0) await siege.heard(intruder.raw)
    }
    await intruder.settle()
    const answers = answersTo(intruder)
    expect(answers).to.have.length(100_000 - 1024)
    expect(new Set(answers.map(([, reason]) => reason))).to.deep.equal(new Set(['busy']))
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('to a server that takes none end its connection with malformed', async () => {
    const world = await World.start({ server: { classes: siegeClasses, zone: 66 }, client: { classes: siegeClasses } })
    const intruder = await Intruder.join(world, siegeClasses)
    intruder.raw.send(validMessages()['message']!)
    expect(await intruder.fate()).to.equal('malformed')
    await world.stop()
  })

  it('beyond the rate are dropped and questions refused where violations are ignored, and so are those of a quarantined client', async () => {
    const siege = await Siege.start(overMemory, { violations: 'ignore', limits: { callsPerSecond: 20 } })
    const intruder = await siege.intruder()
    for (let i = 0; i < 60; i++) intruder.raw.send(ask(i, 101, sum))
    await intruder.settle()
    const [answered, refused] = [null, 'rate'].map(
      reason => answersTo(intruder).filter(([, given]) => given === reason).length,
    )
    expect(answered).to.be.within(20, 45)
    expect(refused).to.equal(60 - answered!)
    await siege.world.run(5000)
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 3; j++) intruder.raw.send(messageFrame(w => (w.varint(100), w.u8(1))))
      await siege.world.run(1000)
    }
    intruder.raw.send(ask(99, 101, sum))
    await intruder.settle()
    expect(answersTo(intruder).at(-1)).to.deep.equal([99, 'quarantined'])
    intruder.raw.abort()
    await siege.unharmed()
  })
})
