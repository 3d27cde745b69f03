/** The client half of WebSocket: how a connection fails to come about. */
import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { websocketDialer } from '../../transports/websocket.ts'
import { ManualClock } from './manual-clock.ts'
import { eventually, LIMITS } from './recorder.ts'
import { failure, never, websocketBenches } from './websocket-bench.ts'

describe('dialing a WebSocket', () => {
  const { opened } = websocketBenches()

  it('rejects where nobody listens, naming the url', async () => {
    const bench = await opened()
    await bench.listener.close()
    const error = await failure(bench.dial())
    expect(error.message).to.match(new RegExp(`^Cannot connect to ${bench.url}: .{10,}$`))
  })

  // Browsers and new Nodes hide the reason; with TLS options `ws` dials in every Node, and tells it.
  it('says that nobody listens', async () => {
    const bench = await opened({}, { tls: {} })
    await bench.listener.close()
    const error = await failure(bench.dial())
    expect(error.message).to.equal(`Cannot connect to ${bench.url}: nobody listens there (ECONNREFUSED).`)
    expect(error.cause).to.be.instanceOf(Error)
  })

  it('says with which status a server answered', async () => {
    const bench = await opened({ path: '/game' }, { tls: {} })
    bench.url = bench.url.replace('/game', '/else')
    const error = await failure(bench.dial())
    expect(error.message).to.equal(
      `Cannot connect to ${bench.url}: the server answered HTTP 404: nothing is served at this path.`,
    )
  })

  for (const url of ['http://localhost:1', 'localhost:7200', 'ws://', 'ws://a b', ''])
    it(`refuses ${JSON.stringify(url)}`, async () => {
      const error = await failure(websocketDialer().dial(url, never, LIMITS))
      expect(error.message).to.include(`Cannot connect to ${url}`)
    })

  it('gives up on a server that does not answer, and leaves no socket', async () => {
    const silent = createTcpServer()
    const sockets: Socket[] = []
    silent.on('connection', socket => sockets.push(socket))
    silent.listen(0)
    await once(silent, 'listening')
    const clock = new ManualClock()
    const url = `ws://localhost:${(silent.address() as AddressInfo).port}`
    const dialing = failure(websocketDialer({ clock, timeout: 3000 }).dial(url, never, LIMITS))
    await eventually(() => sockets.length === 1)
    await clock.advance(3000)
    expect((await dialing).message).to.equal(`Cannot connect to ${url}: no answer within 3000 ms.`)
    expect(clock.waiting).to.equal(0)
    silent.close()
    for (const socket of sockets) socket.resume()
    await once(silent, 'close')
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
