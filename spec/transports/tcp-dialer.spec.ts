/** The client half of TCP: how a connection fails to come about. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { tcpDialer } from '../../transports/tcp.ts'
import { websocket } from '../../transports/websocket.ts'
import { ManualClock } from './manual-clock.ts'
import { Bench, eventually, LIMITS, Recorder } from './recorder.ts'
import { closing, framed, HELLO, lengthOf, refusal, tcpBenches } from './tcp-bench.ts'
import { failure, never } from './websocket-bench.ts'

describe('dialing TCP', () => {
  const { opened } = tcpBenches()

  /** Runs `use` against a server that answers every connection with `answer`, then ends if it is to. */
  async function against(
    answer: string | Uint8Array,
    use: (url: string, sockets: readonly Socket[]) => Promise<void>,
    { ends = false } = {},
  ): Promise<void> {
    const sockets: Socket[] = []
    const server = createServer(socket => {
      sockets.push(socket.on('error', () => {}).resume())
      if (ends) socket.end(answer)
      else socket.write(answer)
    }).listen(0)
    await once(server, 'listening')
    await use(`tcp://localhost:${(server.address() as AddressInfo).port}`, sockets)
    // A client that has failed has let go of its socket: no end by force is needed here.
    server.close()
    await once(server, 'close')
    expect(sockets).to.have.length(1)
  }

  it('PS5 rejects where nobody listens, with a code and the reason', async () => {
    const bench = await opened()
    await bench.listener.close()
    const error = await failure(bench.dial())
    expect(error.message).to.equal(`Cannot connect to ${bench.url}: nobody listens there (ECONNREFUSED).`)
    expect(error.code).to.equal('connection-failed')
    expect(error.cause).to.be.instanceOf(Error)
  })

  it('rejects where there is no such host', async () => {
    const error = await failure(tcpDialer().dial('tcp://nowhere.invalid:1', never, LIMITS))
    expect(error.message).to.match(/^Cannot connect to tcp:\/\/nowhere\.invalid:1: .*(ENOTFOUND|EAI_AGAIN)/)
  })

  for (const [url, reason] of [
    ['ws://localhost:1', 'begins with tcp:// or tls://'],
    ['localhost:7201', 'begins with tcp:// or tls://'],
    ['', 'begins with tcp:// or tls://'],
    ['tcp://', 'names no host'],
    ['tcp://a b', 'a space'],
    ['tcp://::1:7201', 'brackets'],
    ['tcp://[::1:7201', 'not closed'],
    ['tcp://localhost:99999', 'no number from 1 to 65535'],
    ['tcp://localhost:7201/game', 'nothing beside them'],
    ['tcp://ann@localhost:7201', 'nothing beside them'],
    ['tcp://localhost:7201?a=1', 'nothing beside them'],
  ] as const)
    it(`refuses ${JSON.stringify(url)} and says why`, async () => {
      const error = await failure(tcpDialer().dial(url, never, LIMITS))
      expect(error.message).to.include(`Cannot connect to ${url}: `).and.to.include(reason)
    })

  it('takes an url in capitals, with a slash behind it, and IPv6', async () => {
    const bench = await opened()
    const { url } = bench
    for (const other of [url.toUpperCase(), `${url}/`, url.replace('localhost', '[::1]')]) {
      bench.url = other
      await bench.dial()
    }
  })

  it('gives up on a server that does not answer, and leaves no socket', () =>
    against('', async (url, sockets) => {
      const clock = new ManualClock()
      const dialing = failure(tcpDialer({ clock, timeout: 3000 }).dial(url, never, LIMITS))
      await eventually(() => sockets.length === 1)
      await clock.advance(3000)
      expect((await dialing).message).to.equal(`Cannot connect to ${url}: no answer within 3000 ms.`)
      expect(clock.waiting).to.equal(0)
    }))

  it('gives up on a greeting that is never whole', () =>
    against(HELLO.subarray(0, 7), async (url, sockets) => {
      const clock = new ManualClock()
      const dialing = failure(tcpDialer({ clock }).dial(url, never, LIMITS))
      await eventually(() => sockets.length === 1)
      await clock.advance(10_000)
      expect((await dialing).message).to.include('no answer within 10000 ms')
    }))

  for (const [what, answer, reason] of [
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'HTTP is spoken there'],
    ['something else', 'SSH-2.0-OpenSSH_9.2\r\n', 'does not speak fieldcast over TCP'],
    ['one wrong byte', HELLO.with(6, 0x71), 'does not speak fieldcast over TCP'],
    ['a later version', HELLO.with(7, 9), 'speaks version 9 of this wire, and this program version 1'],
    ['a refusal', refusal(15, 'No, thanks.'), 'the server refused. No, thanks.'],
    ['a refusal of a lone length', Buffer.concat([HELLO.with(7, 0), lengthOf(0xffff_ffff)]), 'the server refused.'],
  ] as const)
    it(`says so where the server speaks ${what}`, () =>
      against(answer, async url => {
        const error = await failure(tcpDialer().dial(url, never, LIMITS))
        expect(error.message).to.include(`Cannot connect to ${url}: `).and.to.include(reason)
      }))

  for (const [what, answer] of [
    ['at once', ''],
    ['in the midst of its greeting', HELLO.subarray(0, 4)],
    ['in the midst of its refusal', refusal(15, 'No').subarray(0, 10)],
  ] as const)
    it(`says so where the server ends ${what}`, () =>
      against(
        answer,
        async url => {
          const error = await failure(tcpDialer().dial(url, never, LIMITS))
          expect(error.message).to.include('closed before the server answered')
        },
        { ends: true },
      ))

  it('hears what came with the greeting, a close too', () =>
    against(Buffer.concat([HELLO, framed('a'), framed(''), closing('\x03\x00out'), framed('b')]), async url => {
      let client: Recorder | undefined
      await tcpDialer().dial(url, channel => (client = new Recorder(channel)), LIMITS)
      await client!.ended()
      expect(client!.frames).to.deep.equal([Uint8Array.of(97), new Uint8Array(0)])
      expect(client!.ends).to.deep.equal([{ code: 3, text: 'out' }])
    }))

  it('fails at a WebSocket server, which is none the worse for it', async () => {
    const other = new Bench(websocket({ port: 0 }), tcpDialer())
    await other.listen()
    other.url = other.url.replace('ws:', 'tcp:')
    expect((await failure(other.dial())).message).to.include('HTTP is spoken there')
    await other.listener.close()
  })

  it('passes on what accept throws, and ends the connection', async () => {
    const bench = await opened()
    const mistake = new Error('mine')
    const error = await bench.dialer
      .dial(
        bench.url,
        () => {
          throw mistake
        },
        LIMITS,
      )
      .catch((reason: unknown) => reason)
    expect(error).to.equal(mistake)
    await (await bench.arrival(0)).ended()
  })
})
