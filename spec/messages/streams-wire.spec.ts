/** Byte streams over a real wire, in a page, and of a client that is sent on to another server. docs/streams.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Disconnected } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { type ByteStream, messages } from 'fieldcast/messages'
import { createServer, type Server } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { websocket } from 'fieldcast/transports/websocket'
import { all, digest, errorOf, head, noise, Other, Upload, writeAll } from './streams-kit.ts'

describe('Byte streams over a WebSocket', () => {
  const servers: Server[] = []
  afterEach(() => Promise.all(servers.splice(0).map(server => server.stop())))

  async function open() {
    const server = createServer({
      classes: [],
      messages: messages([Upload, Other]),
      transports: [websocket({ port: 0, host: '127.0.0.1' })],
      transfer: { key: 'the key that all servers of a deployment share' },
    })
    servers.push(server)
    server.messages.onStream(Upload, (_, { readable, writable }) => readable.pipeTo(writable))
    return { server, url: (await server.start())[0]! }
  }

  it('come back as they were sent, at default limits', async () => {
    const { url } = await open()
    const client = await connect(url, { classes: [], messages: messages([Upload, Other]) })
    const bytes = noise(300_000)
    const stream = await client.messages.open(Upload, head)
    const [back] = await Promise.all([all(stream.readable), writeAll(stream, bytes)])
    expect(digest(back)).to.equal(digest(bytes))
    client.close()
  }).timeout(10_000)

  it('take what the platform pipes', async () => {
    const { url } = await open()
    const client = await connect(url, { classes: [], messages: messages([Upload, Other]) })
    const bytes = noise(100_000)
    const stream = await client.messages.open(Upload, head)
    const piped = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeTo(stream.writable)
    const back = await new Response(stream.readable as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()
    await piped
    expect(digest(new Uint8Array(back))).to.equal(digest(bytes))
    client.close()
  }).timeout(10_000)

  it('end where the client is sent on to another server, and begin anew there', async () => {
    const [one, two] = [await open(), await open()]
    let theirs!: ByteStream
    one.server.messages.onStream(Other, (_, stream) => {
      theirs = stream
    })
    const client = await connect(one.url, { classes: [], messages: messages([Upload, Other]) })
    const stream = await client.messages.open(Other, { n: 1 })
    const [own, far] = [errorOf(all(stream.readable)), errorOf(all(theirs.readable))]
    const moved = new Promise(resolve => client.on('transferred', resolve))
    await one.server.clients.get(client.id)!.transfer(two.url)
    expect(await own)
      .to.be.instanceOf(Disconnected)
      .with.property('reason', 'transferred')
    expect(await far).to.be.instanceOf(Disconnected)
    await moved
    const next = await client.messages.open(Upload, head)
    const [back] = await Promise.all([all(next.readable), writeAll(next, noise(50_000))])
    expect(digest(back)).to.equal(digest(noise(50_000)))
    client.close()
  }).timeout(10_000)

  it('wait for the pump of a server that pumps by hand', async () => {
    const plan = messages([Upload], { pump: 'manual' })
    const world = await World.start({
      server: { classes: [], messages: plan },
      client: { classes: [], messages: plan },
    })
    const { messages: here } = world.server
    here.onStream(Upload, (_, { readable, writable }) => readable.pipeTo(writable))
    const client = await world.join(undefined, { messages: messages([Upload]) })
    const opening = client.messages.open(Upload, head)
    await world.run(1_000)
    const pumping = world.clock.every(50, () => here.pump())
    const stream = await world.until(opening)
    const [back] = await world.until(Promise.all([all(stream.readable), writeAll(stream, noise(300_000))]))
    pumping.cancel()
    expect(digest(back)).to.equal(digest(noise(300_000)))
    await world.stop()
  })

  it('need nothing of Node', () => {
    const folder = 'lib/messages/streams'
    for (const file of readdirSync(folder))
      expect(readFileSync(`${folder}/${file}`, 'utf8'), file).not.to.match(/'node:|\bBuffer\b|\bprocess\b/)
  })
})
