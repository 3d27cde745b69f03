/** Starting and stopping a server, in whatever order. */
import { expect } from 'chai'
import { ConnectionFailed, NetworkObject, networkClass, Registry, UsageError } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { websocket } from 'fieldcast/transports/websocket'
import { failureOf } from '../support/outcome.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Stone extends NetworkObject {}

describe('A server', () => {
  it('that is stopped while it starts does not listen afterwards', async () => {
    const wire = memory()
    const server = createServer({ classes: [Stone], transports: [wire] })
    const starting = failureOf(server.start(), UsageError)
    await server.stop()
    expect((await starting).message).to.include('stopped while it started')
    await failureOf(connect('memory:', { classes: [Stone], transport: wire }), ConnectionFailed)
  })

  it('that is stopped while its socket opens settles both', async () => {
    const server = createServer({ classes: [Stone], transports: [websocket({ port: 0, host: '127.0.0.1' })] })
    const starting = server.start().catch((error: unknown) => error)
    // Past its own preparations, into the transport's.
    await Promise.resolve()
    await Promise.resolve()
    await server.stop()
    await starting
    expect(server.clients.size).to.equal(0)
  })

  it('gives every caller of stop() the same end, and starts once', async () => {
    const server = createServer({ classes: [Stone], transports: [memory()] })
    await server.start()
    await failureOf(server.start(), UsageError)
    const [one, two] = [server.stop(), server.stop()]
    expect(one).to.equal(two)
    await one
  })

  it('without transports says that it listens nowhere', async () => {
    const server = createServer({ classes: [Stone] })
    const texts: string[] = []
    server.on('warning', ({ text }) => texts.push(text))
    expect(await server.start()).to.deep.equal([])
    expect(texts.join()).to.include('listens nowhere')
    await server.stop()
  })
})

describe('A client', () => {
  it('that expects another avatar than the server gives is told so, and is gone', async () => {
    const pebbles = new Registry()
    @networkClass(11, { registry: pebbles })
    class Pebble extends NetworkObject {}
    const wire = memory()
    const server = createServer({ classes: [Stone, Pebble], avatar: Stone, transports: [wire], tickRate: 0 })
    await server.start()
    const error = await failureOf(
      connect('memory:', { classes: [Stone, Pebble], avatar: Pebble, transport: wire }),
      UsageError,
    )
    expect(error.message).to.equal("This server's avatars are of Stone, not Pebble.")
    const right = await connect('memory:', { classes: [Stone, Pebble], avatar: Stone, transport: wire })
    expect([...server.clients.keys()]).to.deep.equal([right.id])
    await server.stop()
  })
})
