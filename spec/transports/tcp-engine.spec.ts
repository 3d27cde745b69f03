/** The engine over TCP: what its limits mean for bare sockets. */
import { expect } from 'chai'
import { ConnectionFailed, Disconnected, NetworkObject, networkClass, Registry } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer, type Limits, type Server, type ServerOptions } from 'fieldcast/server'
import { VirtualClock } from 'fieldcast/testing'
import { CloseReason } from '../../lib/protocol/close.ts'
import { tcp } from '../../transports/tcp.ts'
import { failureOf, next } from '../support/outcome.ts'
import { expectReturnTo, settledHandles } from './handles.ts'
import { closeHeard, greeted, lengthOf } from './tcp-bench.ts'

@networkClass(10, { registry: new Registry() })
class Player extends NetworkObject {}

describe('the engine over TCP', () => {
  const classes = [Player]
  let server: Server | null = null
  let before = 0

  const started = async (limits: Partial<Limits> = {}, options: Partial<ServerOptions> = {}): Promise<number> => {
    server = createServer({ classes, limits, ...options, transports: [tcp({ port: 0, host: '127.0.0.1' })] })
    const [url] = await server.start()
    return Number(new URL(url!).port)
  }

  beforeEach(async () => {
    before = await settledHandles()
  })
  afterEach(async () => {
    await server?.stop()
    server = null
    await expectReturnTo(before)
  })

  it('ends whoever drips a frame that it never completes, when its time is over', async () => {
    const clock = new VirtualClock()
    const port = await started({ handshakeMs: 5000 }, { clock })
    const raw = await greeted(port)
    raw.socket.write(lengthOf(60_000))
    for (let second = 0; second < 4; second++) {
      raw.socket.write('x')
      await clock.advance(1000)
      expect(raw.ended).to.equal(false)
    }
    await clock.advance(1000)
    expect((await closeHeard(raw))?.code).to.equal(CloseReason['handshake-timeout'])
    await raw.until(() => raw.ended)
  })

  it('MN34 refuses more than so many connections from an address, and takes one again when one has gone', async () => {
    const port = await started({ connectionsPerAddress: 2 })
    const url = `tcp://127.0.0.1:${port}`
    const first = await connect(url, { classes })
    const second = await greeted(port)
    const error = await failureOf(connect(url, { classes }), Disconnected)
    expect(error.closeCode).to.equal(CloseReason['too-many-connections'])
    const gone = next(server!, 'close')
    first.close()
    await gone
    const again = await connect(url, { classes })
    again.close()
    second.socket.destroy()
  })

  it('PS5 names the url and the reason where nobody listens', async () => {
    const port = await started()
    await server!.stop()
    const error = await failureOf(connect(`tcp://127.0.0.1:${port}`, { classes }), ConnectionFailed)
    expect(error.code).to.equal('connection-failed')
    expect(error.message).to.include(`tcp://127.0.0.1:${port}`).and.to.include('nobody listens there')
  })
})
