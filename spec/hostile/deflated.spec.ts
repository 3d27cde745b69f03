/** Deflated frames that no honest peer sends: bombs, cut streams, streams in streams. Rule 32 of docs/guarantees.md. */
import { deflateRawSync } from 'node:zlib'
import { expect } from 'chai'
import { Disconnected } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { Writer } from '../../lib/base/bytes.ts'
import { seededRandom } from '../../lib/base/random.ts'
import type { Channel, Dialer, Frame } from '../../lib/link/transport.ts'
import { closeName } from '../../lib/protocol/close.ts'
import * as messages from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { leastInflated } from '../../lib/session/deflater.ts'
import { type Intruder, written } from '../support/intruder.ts'
import { mutated } from '../support/noise.ts'
import { failureOf } from '../support/outcome.ts'
import { Knight, Siege } from '../support/siege.ts'
import { onEveryWire } from '../support/stage.ts'

/** A frame that says to be `size` bytes and brings `stream`. */
const claim = (size: number, stream: Uint8Array): Uint8Array =>
  written(w => {
    w.u8(Op.Deflated)
    w.varint(size)
    w.raw(stream)
  })
const deflated = (frame: Uint8Array): Uint8Array => claim(frame.length, deflateRawSync(frame))
const say = (intruder: Intruder, text: string): Uint8Array =>
  written(w => {
    const args = written(args => args.text(text))
    w.u8(Op.Call)
    w.varint(intruder.keyOf('Knight.say'))
    w.varint(intruder.avatar)
    w.varint(args.length)
    w.raw(args)
  })
/** A call and zeros up to so many bytes. */
const padded = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  bytes[0] = Op.Call
  return bytes
}

onEveryWire('deflated frames', start => {
  it('PG9 are taken from every client, whatever was agreed', async () => {
    for (const compression of [undefined, false] as const) {
      const siege = await Siege.start(start, compression === undefined ? {} : { compression })
      const intruder = await siege.intruder()
      intruder.raw.send(deflated(say(intruder, 'small')))
      intruder.raw.send(say(intruder, 'plain'))
      intruder.raw.send(deflated(say(intruder, 'x'.repeat(1000))))
      await intruder.settle()
      const { heard } = siege.world.server.objects.get(intruder.avatar) as unknown as Knight
      expect(heard).to.deep.equal(['small', 'plain', 'x'.repeat(1000)])
      expect(intruder.raw.frames.some(frame => frame[0] === Op.Deflated)).to.equal(false)
      intruder.raw.abort()
      await siege.unharmed()
    }
  })

  it('that are cut anywhere, have something behind them, or are not as long as they say end the connection with malformed', async () => {
    const siege = await Siege.start(start)
    const stream = deflateRawSync(padded(300))
    const bad = [
      ...Array.from({ length: stream.length }, (_, end) => claim(300, stream.subarray(0, end))),
      claim(300, Uint8Array.from([...stream, 0])),
      claim(300, Uint8Array.from([...stream, ...stream])),
      claim(299, stream),
      claim(301, stream),
      claim(0, stream),
      claim(0, deflateRawSync(new Uint8Array(0))),
      claim(300, new Uint8Array(300).fill(0xff)),
      Uint8Array.of(Op.Deflated),
      Uint8Array.of(Op.Deflated, 0x80),
      Uint8Array.of(Op.Deflated, 0x80, 0),
    ]
    for (const bytes of bad) {
      const intruder = await siege.intruder()
      intruder.raw.send(bytes)
      expect(closeName(await siege.end(intruder.raw)), Buffer.from(bytes).toString('hex')).to.equal('malformed')
    }
    await siege.unharmed()
  })

  it('that hold another, a ping, a goodbye or a login end it with malformed, those before the login with no-login', async () => {
    const siege = await Siege.start(start)
    const inner = await siege.intruder()
    const contents = [
      deflated(say(inner, 'hello')),
      written(w => messages.putPing(w, 1, 0)),
      written(w => messages.putClose(w, 1, '')),
      written(w => messages.putLogin(w, '1')),
      Uint8Array.of(Op.Hello),
      Uint8Array.of(0),
    ]
    for (const frame of contents) {
      const intruder = await siege.intruder()
      intruder.raw.send(deflated(frame))
      expect(closeName(await siege.end(intruder.raw))).to.equal('malformed')
    }
    const stranger = await siege.stranger()
    stranger.send(deflated(padded(20_000)))
    expect(closeName(await siege.end(stranger))).to.equal('no-login')
    inner.raw.abort()
    await siege.unharmed()
  })

  it('that would be longer than the longest frame end it with too-large, and make nothing', async () => {
    const siege = await Siege.start(start)
    const bomb = deflateRawSync(padded((1 << 20) + 1))
    for (const size of [(1 << 20) + 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const intruder = await siege.intruder()
      intruder.raw.send(claim(size, bomb))
      expect(closeName(await siege.end(intruder.raw))).to.equal('too-large')
    }
    // One that lies about it.
    const intruder = await siege.intruder()
    intruder.raw.send(claim(20, deflateRawSync(new Uint8Array(64 << 20))))
    expect(closeName(await siege.end(intruder.raw))).to.equal('malformed')
    await siege.unharmed()
  })

  it('count for the rate as long as they are inflated: a thousand bombs are one', async () => {
    const siege = await Siege.start(start, { limits: { bytesPerSecond: 256 << 10 } })
    const intruder = await siege.intruder()
    const bomb = deflated(padded(1 << 20))
    expect(bomb.length).to.be.lessThan(1100)
    for (let i = 0; i < 1000; i++) intruder.raw.send(bomb)
    // The first is read: zeros are no calls.
    expect(closeName(await siege.end(intruder.raw))).to.be.oneOf(['no-object', 'malformed', 'rate', 'bad-arguments'])
    await siege.unharmed()
  })

  it('are not inflated where they are not paid for, and go on to be refused where violations are ignored', async () => {
    const siege = await Siege.start(start, {
      violations: 'ignore',
      limits: { bytesPerSecond: 256 << 10, standing: false },
    })
    const intruder = await siege.intruder()
    const text = say(intruder, 'x'.repeat(1000))
    // Calls to its end, so that each that is inflated is heard.
    const many = new Uint8Array(text.length * 190)
    for (let i = 0; i < 190; i++) many.set(text, i * text.length)
    const bomb = deflated(many)
    for (let i = 0; i < 300; i++) intruder.raw.send(bomb)
    await intruder.settle()
    const { heard } = siege.world.server.objects.get(intruder.avatar) as unknown as Knight
    // Two seconds' worth are saved up; real time adds a little.
    expect(heard.length / 190).to.be.within(2, 10)
    expect(siege.violations.filter(({ reason }) => reason === 'rate').length).to.be.greaterThan(280)
    intruder.raw.abort()
    await siege.unharmed()
  })

  it('cost a good deal however small they are', async () => {
    const siege = await Siege.start(start, {
      violations: 'ignore',
      limits: { bytesPerSecond: 10 * leastInflated, standing: false },
    })
    const intruder = await siege.intruder()
    const small = deflated(say(intruder, 'hi'))
    for (let i = 0; i < 500; i++) intruder.raw.send(small)
    const { heard } = siege.world.server.objects.get(intruder.avatar) as unknown as Knight
    while (heard.length + siege.violations.length < 500) await siege.world.settle()
    expect(heard.length).to.be.within(15, 60)
    intruder.raw.abort()
    await siege.unharmed()
  })
})

describe('a server that deflates', () => {
  /** Connects to a server by hand, which sends these frames behind the welcome. Gives how the connection ended. */
  async function fate(frames: readonly Uint8Array[], options = {}): Promise<string> {
    const put = (channel: { frame(bytes: Uint8Array): void }, write: (w: Writer) => void): void => {
      const w = new Writer(64)
      write(w)
      channel.frame(w.slice())
    }
    let ended = (_: number): void => {}
    const closed = new Promise<number>(resolve => (ended = resolve))
    const dialer: Dialer = {
      async dial(_, accept) {
        let said = false
        const channel: Channel = {
          address: '',
          network: false,
          buffered: 0,
          send({ bytes }: Frame) {
            if (bytes[0] !== Op.Select || said) return
            said = true
            queueMicrotask(() => {
              put(receiver, w =>
                messages.putWelcome(w, {
                  clientId: 1,
                  token: '',
                  windowMs: 0,
                  avatar: 0,
                  zone: 3,
                  serverTime: 0,
                  abilities: 1,
                }),
              )
              for (const frame of frames) receiver.frame(frame)
              receiver.end(2, 'the end')
            })
          },
          close: code => ended(code),
          abort: () => {},
        }
        const receiver = accept(channel)
        queueMicrotask(() => put(receiver, w => messages.putHello(w, { library: 'x', motd: '' })))
      },
    }
    const connecting = failureOf(connect('x:', { classes: [Knight], transport: dialer, ...options }), Disconnected)
    const { reason } = await connecting
    await Promise.race([closed, new Promise(setImmediate)])
    return reason
  }
  const zoneDone = written(w => {
    w.u8(Op.Open)
    w.varint(1)
    w.u8(Op.ZoneLeft)
    w.varint(9)
  })

  it('is read, its end behind what it sent', async () => {
    expect(await fate([deflated(zoneDone)])).to.equal('server-shutdown')
  })

  it('and breaks the protocol so is left with malformed', async () => {
    const stream = deflateRawSync(zoneDone)
    for (const bytes of [
      claim(zoneDone.length, stream.subarray(0, -1)),
      claim(zoneDone.length + 1, stream),
      claim(zoneDone.length - 1, stream),
      claim(100, deflateRawSync(new Uint8Array(64 << 20))),
      claim(0, new Uint8Array(0)),
      claim(2 ** 40, deflateRawSync(new Uint8Array(1000))),
      deflated(deflated(zoneDone)),
      Uint8Array.of(Op.Deflated),
      new Uint8Array(20).fill(0xff).fill(Op.Deflated, 0, 1),
    ])
      expect(await fate([bytes]), Buffer.from(bytes.subarray(0, 20)).toString('hex')).to.equal('malformed')
  })

  it('and sends noise that says to be deflated is left with malformed, or was lucky', async () => {
    const random = seededRandom(7)
    const good = deflated(zoneDone)
    const fates = new Map<string, number>()
    for (let i = 0; i < 300; i++) {
      const bytes = i % 2 ? mutated([good], random) : random.bytes(1 + (i % 60))
      const fated = await fate([Uint8Array.of(Op.Deflated, ...bytes.subarray(1)), good])
      fates.set(fated, (fates.get(fated) ?? 0) + 1)
    }
    expect([...fates.keys()].sort()).to.deep.equal(['malformed', 'server-shutdown'])
    expect(fates.get('malformed')).to.be.greaterThan(200)
  })

  it('without being asked is left with malformed', async () => {
    expect(await fate([deflated(zoneDone)], { compression: false })).to.equal('malformed')
  })

  it('makes no frame that is longer than the longest', async () => {
    const long = new Uint8Array(2000).fill(Op.Open)
    expect(await fate([deflated(long)], { maxFrame: 1999 })).to.equal('malformed')
  })
})
