/** How `connect` chooses among several urls and wires: the Dialer that it makes of them. */
import { expect } from 'chai'
import { systemClock } from '../../lib/base/clock.ts'
import { ConnectionFailed, UsageError } from '../../lib/base/errors.ts'
import { type ChoiceOptions, chooseAmong, type LateWires } from '../../lib/link/choose.ts'
import type { Channel, Dialer } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { memory } from '../../transports/memory.ts'
import { websocket, websocketDialer } from '../../transports/websocket.ts'
import { ManualClock } from './manual-clock.ts'
import { Bench, LIMITS, Recorder } from './recorder.ts'
import { transportSuite } from './suite.ts'
import { failure, never } from './websocket-bench.ts'

const chosen = (
  urls: string | readonly string[],
  options: ChoiceOptions = {},
  { clock = systemClock, late = {} as LateWires } = {},
): Dialer => chooseAmong(late)(urls, options, clock, websocketDialer, ConnectionFailed, UsageError)

/** A server on a wire of its own, whose urls begin with `scheme`; each way takes `delay` ms. */
async function reachable(scheme: string, clock: ManualClock, delay: number) {
  const wire = memory({ clock, delay: () => delay })
  const dialed: number[] = []
  const dialer: Dialer = {
    schemes: [scheme],
    dial: (...args) => {
      dialed.push(clock.now())
      return wire.dial(...args)
    },
  }
  const bench = new Bench(wire, dialer)
  await bench.listen()
  return { bench, dialer, dialed, wire }
}

describe('connect with several urls', () => {
  transportSuite('a choice of wires', () => ({
    listener: websocket({ port: 0, host: '127.0.0.1' }),
    dialer: chosen(['wss://never.invalid', 'ws://never.invalid']),
  }))

  /** Dials `one:` and `two:`, which take so many ms each way. */
  async function two(first: number, second: number, options: ChoiceOptions = {}) {
    const clock = new ManualClock()
    const one = await reachable('one', clock, first)
    const two = await reachable('two', clock, second)
    const urls = ['one:a', 'two:b']
    const dialer = chosen(urls, { transport: [one.dialer, two.dialer], ...options }, { clock })
    const channels: Recorder[] = []
    const dial = (): Promise<void> =>
      dialer.dial(
        String(urls),
        channel => {
          const recorder = new Recorder(channel)
          channels.push(recorder)
          return recorder
        },
        LIMITS,
      )
    return { clock, one, two, dial, channels }
  }

  it('warns once of each url that can never be dialled, which nobody would hear of where another opens', () => {
    const warned: string[] = []
    const warn = (text: string) => void warned.push(text)
    const make = (urls: string | readonly string[], options: ChoiceOptions = {}) =>
      chooseAmong({})(urls, options, systemClock, websocketDialer, ConnectionFailed, UsageError, warn)
    make(['ws://a', 'wss://b'])
    make(['udp://a:7202', 'ws://b'])
    make('localhost:7200')
    make(['one', 'two'], { transport: { dial: () => Promise.resolve() } })
    make(['one:a', 'ws://b'], { transport: [{ schemes: ['one'], dial: () => Promise.resolve() }] })
    expect(warned).to.deep.equal([])
    make(['localhost:7200', 'ws://a', 'carrier://b', '__proto__:c', 'localhost:7200', 'x\n\u001b[2J'])
    expect(warned).to.have.length(4)
    expect(warned[0]).to.equal(
      'connect() cannot dial "localhost:7200" in its list: it has no scheme. WebSocket is written ws://host:port.',
    )
    expect(warned[1]).to.include('"carrier://b"').and.include('no wire is known for carrier:')
    expect(warned[2]).to.include('"__proto__:c"')
    expect(warned[3]).to.include('"x\\n\\u001b[2J"')
  })

  it('takes the first where it opens in time, and does not touch the second', async () => {
    const { clock, one, two: other, dial, channels } = await two(700, 1)
    const dialing = dial()
    await clock.advance(20_000)
    await dialing
    expect(channels).to.have.length(1)
    expect(one.bench.servers).to.have.length(1)
    expect(other.dialed).to.deep.equal([])
    expect(clock.waiting).to.equal(0)
  })

  it('tries the second beside a first that is slow, takes what opens, and closes the other without a byte', async () => {
    const { clock, one, two: other, dial, channels } = await two(2000, 10)
    const dialing = dial()
    await clock.advance(1500)
    expect(other.dialed).to.deep.equal([1500])
    await clock.advance(20)
    await dialing
    expect(channels).to.have.length(1)
    channels[0]!.send(7)
    await clock.advance(20_000)
    expect(other.bench.servers[0]!.frames).to.deep.equal([Uint8Array.of(7)])
    expect(other.bench.servers[0]!.ends).to.deep.equal([])
    expect(channels).to.have.length(1)
    expect(one.bench.servers[0]!.frames).to.deep.equal([])
    expect(one.bench.servers[0]!.ends).to.deep.equal([{ code: CloseReason.normal, text: '' }])
    expect(clock.waiting).to.equal(0)
  })

  it('still takes a slow first where the second is slower', async () => {
    const { clock, one, two: other, dial, channels } = await two(1000, 1000)
    const dialing = dial()
    await clock.advance(2000)
    await dialing
    await clock.advance(20_000)
    expect([channels.length, one.bench.servers[0]!.ends.length]).to.deep.equal([1, 0])
    expect(other.bench.servers[0]!.ends.length).to.equal(1)
  })

  it('waits as long as `fallbackMs` says', async () => {
    const { clock, two: other, dial } = await two(2000, 10, { fallbackMs: 200 })
    const dialing = dial()
    await clock.advance(300)
    await dialing
    expect(other.dialed).to.deep.equal([200])
    await clock.advance(20_000)
  })

  it('tries the second at once where the first fails', async () => {
    const { clock, one, two: other, dial, channels } = await two(30, 10)
    await one.wire.close()
    const dialing = dial()
    await clock.advance(80)
    await dialing
    expect(other.dialed).to.deep.equal([60])
    expect(channels).to.have.length(1)
    expect(clock.waiting).to.equal(0)
  })

  it('begins with what opened last when it is dialled again, and goes back to the first where that is gone', async () => {
    const { clock, one, two: other, dial } = await two(30, 10)
    await one.wire.close()
    for (let times = 0; times < 2; times++) {
      const dialing = dial()
      await clock.advance(100)
      await dialing
    }
    expect([one.dialed.length, other.dialed.length]).to.deep.equal([1, 2])
    await one.bench.listen()
    const closed = other.wire.close()
    await clock.advance(5000)
    await closed
    const dialing = dial()
    await clock.advance(200)
    await dialing
    expect([one.dialed.length, other.dialed.length]).to.deep.equal([2, 3])
  })

  it('names every url and why where none opens', async () => {
    const { clock, one, two: other, dial } = await two(30, 10)
    await one.wire.close()
    await other.wire.close()
    const failing = failure(dial())
    await clock.advance(200)
    const error = await failing
    expect(error.message).to.equal(
      'Cannot connect to any of 2 urls:\n' +
        '  one:a: No server listens on this memory wire (one:a): start it first.\n' +
        '  two:b: No server listens on this memory wire (two:b): start it first.',
    )
    expect((error.cause as AggregateError).errors).to.have.length(2)
    expect(clock.waiting).to.equal(0)
  })

  it('gives up before connect() would, and says who has not answered', async () => {
    const { clock, one, two: other, dial, channels } = await two(60_000, 10, { handshakeMs: 5000 })
    await other.wire.close()
    const failing = failure(dial())
    await clock.advance(4999)
    expect((await failing).message).to.match(/one:a: no answer yet\.\n {2}two:b: No server listens/)
    await clock.advance(200_000)
    // It opened after all, and was closed.
    expect(channels).to.deep.equal([])
    expect(one.bench.servers[0]!.ends).to.deep.equal([{ code: CloseReason.normal, text: '' }])
    expect(clock.waiting).to.equal(0)
  })

  it('passes on what accept throws, and tries no other', async () => {
    const { clock, one, two: other } = await two(30, 10)
    const mistake = new Error('mine')
    const urls = ['one:a', 'two:b']
    const dialing = chosen(urls, { transport: [one.dialer, other.dialer] }, { clock })
      .dial(
        String(urls),
        () => {
          throw mistake
        },
        LIMITS,
      )
      .catch((error: unknown) => error)
    await clock.advance(5000)
    expect(await dialing).to.equal(mistake)
    expect(other.dialed).to.deep.equal([])
    expect(clock.waiting).to.equal(0)
  })

  it('dials each url once, however often it stands there', async () => {
    const { clock, one, two: other } = await two(30, 10)
    await one.wire.close()
    const urls = ['one:a', 'one:a']
    const dialer = chosen(urls, { transport: [one.dialer, other.dialer] }, { clock })
    const failing = failure(dialer.dial(String(urls), never, LIMITS))
    await clock.advance(200)
    await failing
    expect(one.dialed).to.have.length(1)
  })

  it('refuses an empty list, and Dialers among which it cannot choose', () => {
    expect(() => chosen([])).to.throw(UsageError, 'one url at least')
    expect(() => chosen('ws://a', { transport: [{ dial: async () => {} }] })).to.throw(UsageError, '`schemes`')
  })

  describe('the wire', () => {
    /** Whom a dial of `url` reaches. */
    async function reached(url: string, options: ChoiceOptions, late: LateWires = {}): Promise<string> {
      const error = await failure(chosen(url, options, { late }).dial(url, never, LIMITS))
      return error.message
    }
    const named = (name: string, ...schemes: string[]): Dialer => ({
      schemes,
      dial: async url => {
        throw new ConnectionFailed(`${name} was asked for ${url}`)
      },
    })

    it('is the one given for the scheme, else the platform’s', async () => {
      const transport = [named('mine', 'wss', 'mine')]
      const late = { tcp: async () => named('late', 'tcp'), wss: async () => named('no', 'wss') }
      expect(await reached('wss://a', { transport }, late)).to.equal('mine was asked for wss://a')
      expect(await reached('MINE:x', { transport }, late)).to.equal('mine was asked for MINE:x')
      expect(await reached('tcp://a:1', { transport }, late)).to.equal('late was asked for tcp://a:1')
    })

    it('is one Dialer for all urls, where one alone is given', async () => {
      expect(await reached('any:thing', { transport: named('mine') })).to.equal('mine was asked for any:thing')
    })

    it('is loaded once', async () => {
      let loaded = 0
      const late = { tcp: async () => named(`number ${++loaded}`, 'tcp') }
      const dialer = chosen('tcp://a:1', {}, { late })
      for (let times = 0; times < 2; times++)
        expect((await failure(dialer.dial('tcp://a:1', never, LIMITS))).message).to.include('number 1')
    })

    it('that cannot be loaded says so', async () => {
      const late = { udp: () => Promise.reject(new Error('npm install udx-native')) }
      expect(await reached('udp://a:1', {}, late)).to.equal(
        'Cannot connect to udp://a:1: its wire could not be loaded. npm install udx-native',
      )
    })

    it('that fails with another kind of error still makes it a ConnectionFailed', async () => {
      const late = {
        udp: async (): Promise<Dialer> => ({ dial: () => Promise.reject(new TypeError('a copy of the class')) }),
      }
      expect(await reached('udp://a:1', {}, late)).to.equal('a copy of the class')
    })

    for (const [url, words] of [
      [
        'quic://a:1',
        'no wire is known for quic:. There are ws://, wss://, tcp://. Others come with an import of their own',
      ],
      ['udp://a:1', 'There are ws://, wss://, tcp://. This one is for programs in Node, not for pages.'],
      ['memory:', "import { memory } from 'fieldcast/transports/memory'"],
      ['https://a/game', 'https is for pages. A WebSocket url begins with wss://'],
      ['http://a/game', 'A WebSocket url begins with ws://'],
      ['localhost:7200', 'it has no scheme. WebSocket is written ws://host:port.'],
      ['game.example', 'it has no scheme.'],
      ['', 'it has no scheme.'],
      ['constructor://a:1', 'no wire is known for constructor:.'],
      ['tcp://a', 'it names no port: tcp://host:7201'],
      ['ws://::1:7200', 'an IPv6 address stands in brackets: ws://[::1]'],
    ] as const)
      it(`of ${JSON.stringify(url)}: ${words}`, async () => {
        const late = { tcp: async () => named('late', 'tcp') }
        expect(await reached(url, {}, late))
          .to.include(`Cannot connect to ${url}: `)
          .and.to.include(words)
      })
  })

  it('leaves alone a channel that it did not choose, but for its close', async () => {
    const clock = new ManualClock()
    const uses: string[] = []
    const other: Dialer = {
      schemes: ['slow'],
      dial: (_url, accept) =>
        new Promise(resolve => {
          clock.after(3000, () => {
            const watched = new Proxy({} as Channel, {
              get: (_, name) => {
                uses.push(String(name))
                return () => {}
              },
            })
            const receiver = accept(watched)
            receiver.frame(Uint8Array.of(1))
            receiver.end(undefined, '')
            resolve()
          })
        }),
    }
    const { dialer } = await reachable('fast', clock, 1)
    const urls = ['slow:a', 'fast:b']
    const dialing = chosen(urls, { transport: [other, dialer] }, { clock }).dial(
      String(urls),
      channel => new Recorder(channel),
      LIMITS,
    )
    await clock.advance(5000)
    await dialing
    expect(uses).to.deep.equal(['close'])
  })
})
