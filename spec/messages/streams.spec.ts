/** Byte streams beside messages: both ways, each with its own end, by turns, and as fast as their reader. docs/streams.md. */
import { expect } from 'chai'
import { ArgumentError, Disconnected, Reject, Rejected, UsageError } from 'fieldcast'
import { type ByteStream, messages } from 'fieldcast/messages'
import { Add, all, digest, errorOf, head, noise, Other, start, Upload, writeAll } from './streams-kit.ts'

describe('Byte streams', () => {
  it('10 MB there and back are identical, and the head comes with its types', async () => {
    const world = await start()
    const heads: unknown[] = []
    world.server.messages.onStream(Upload, async (head, { readable, writable }, from) => {
      heads.push([head, from.id])
      await readable.pipeTo(writable)
    })
    const client = await world.join()
    const bytes = noise(10_000_000)
    const stream = await world.until(client.messages.open(Upload, { name: 'map.png', size: bytes.length }))
    const [back] = await world.until(Promise.all([all(stream.readable), writeAll(stream, bytes)]))
    expect(digest(back)).to.equal(digest(bytes))
    expect(heads).to.deep.equal([[{ name: 'map.png', size: bytes.length }, client.id]])
    await world.stop()
  }).timeout(30_000)

  it('are opened by the server too, also before connect resolves', async () => {
    const plan = messages([Upload]).onStream(Upload, async (_, stream) => writeAll(stream, await all(stream.readable)))
    const world = await start({}, { server: { classes: [], messages: plan }, client: { classes: [], messages: plan } })
    const opened = new Promise<ByteStream>((resolve, reject) => {
      world.server.on('connect', ({ client }) => client.messages.open(Upload, head).then(resolve, reject))
    })
    await world.join()
    const stream = await world.until(opened)
    const [back] = await world.until(Promise.all([all(stream.readable), writeAll(stream, noise(100_000), 7)]))
    expect(digest(back)).to.equal(digest(noise(100_000)))
    await world.stop()
  })

  it('end each way by itself', async () => {
    const world = await start()
    const heard: unknown[] = []
    world.server.messages.onStream(Upload, async (_, { readable, writable }) => {
      const writer = writable.getWriter()
      await writer.write(new Uint8Array([1, 2]))
      await writer.close()
      heard.push(await all(readable))
    })
    const client = await world.join()
    const stream = await world.until(client.messages.open(Upload, head))
    expect([...(await world.until(all(stream.readable)))]).to.deep.equal([1, 2])
    await world.until(writeAll(stream, new Uint8Array([3])))
    await world.settle()
    expect(heard.map(bytes => [...(bytes as Uint8Array)])).to.deep.equal([[3]])
    await world.stop()
  })

  it('a reader that stands still stops the sender at the window, and goes on where it was', async () => {
    const world = await start({}, { trace: true })
    const { messages } = world.server
    let stream: ByteStream | undefined
    const client = await world.join()
    client.messages.onStream(Upload, (_, taken) => {
      stream = taken
    })
    const bytes = noise(2_000_000)
    const opened = await world.until(messages.open(world.server.clients.get(client.id)!, Upload, head))
    let isWritten = false
    const writing = writeAll(opened, bytes).then(() => {
      isWritten = true
    })
    await world.run(5_000)
    const sent = world.trace.reduce((sum, frame) => sum + frame.bytes.length, 0)
    expect(isWritten).to.equal(false)
    expect(sent).to.be.within(200 << 10, 260 << 10)
    const [read] = await world.until(Promise.all([all(stream!.readable), writing]))
    expect(digest(read)).to.equal(digest(bytes))
    await world.stop()
  })

  it('leave room for calls on a slow wire, and take turns', async () => {
    const world = await start(undefined, { network: { bandwidth: 2_000_000 } })
    const read = [0, 0]
    world.server.messages.onStream(Other, async ({ n }, { readable }) => {
      const reader = readable.getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) read[n]! += part.value.length
    })
    world.server.messages.on(Add, ({ a, b }) => a + b)
    const client = await world.join()
    const streams = await world.until(Promise.all([0, 1].map(n => client.messages.open(Other, { n }))))
    const writing = Promise.all(streams.map(stream => writeAll(stream, noise(1_000_000))))
    for (let i = 0; i < 5; i++) {
      await world.run(300)
      const at = world.clock.now()
      expect(await world.until(client.messages.ask(Add, { a: i, b: 1 }))).to.equal(i + 1)
      // The wire takes 250 bytes a ms, and 64 KiB are on it at most.
      expect(world.clock.now() - at).to.be.below(400)
      expect(Math.abs(read[0]! - read[1]!)).to.be.at.most(33 << 10)
    }
    expect(read[0]).to.be.above(100_000)
    await world.until(writing)
    await world.stop()
  }).timeout(10_000)

  it('are refused with a reason where nobody takes them, or their handler does not', async () => {
    const world = await start()
    const errors: unknown[] = []
    world.server.on('error', ({ error }) => void errors.push(error))
    const client = await world.join()
    const open = () => client.messages.open(Upload, head)
    expect(await world.until(errorOf(open())))
      .to.be.instanceOf(Rejected)
      .with.property('reason', 'no-handler')
    world.server.messages.onEvent('refused', () => {})
    let stop = world.server.messages.onStream(Upload, async () => {
      throw new Reject('too large')
    })
    expect(() => world.server.messages.onStream(Upload, () => {})).to.throw(UsageError, 'taken already')
    const refused = await world.until(open())
    expect(await world.until(errorOf(all(refused.readable)))).to.include({ code: 'rejected', reason: 'too large' })
    stop()
    stop = world.server.messages.onStream(Upload, () => {
      throw new Error('a secret')
    })
    const failed = await world.until(open())
    expect(await world.until(errorOf(all(failed.readable)))).to.include({ reason: 'error' })
    expect(errors).to.have.length(1)
    stop()
    expect(await world.until(errorOf(open()))).to.include({ reason: 'no-handler' })
    await world.stop()
  })

  it('are aborted by either side, with a reason, as a whole or one way', async () => {
    const world = await start()
    let theirs!: ByteStream
    world.server.messages.onStream(Upload, (_, stream) => {
      theirs = stream
    })
    const client = await world.join()
    const pair = async () => [await world.until(client.messages.open(Upload, head)), theirs] as const
    for (const flip of [false, true]) {
      const both = await pair()
      const [a, b] = flip ? [both[1], both[0]] : both
      const write = errorOf(writeAll(b, noise(1_000_000)))
      a.abort('no more')
      expect(await world.until(errorOf(all(b.readable)))).to.include({ code: 'rejected', reason: 'no more' })
      expect(await world.until(write)).to.include({ code: 'rejected', reason: 'no more' })
      expect(await world.until(errorOf(all(a.readable)))).to.include({ reason: 'no more' })
    }
    const [own, other] = await pair()
    await own.writable.abort(new Reject('half'))
    expect(await world.until(errorOf(all(other.readable)))).to.include({ reason: 'half' })
    const rest = errorOf(writeAll(other, noise(1_000_000)))
    await own.readable.cancel('enough')
    expect(await world.until(rest)).to.include({ reason: 'enough' })
    await world.stop()
  })

  it('end with the promise of their handler: what is open is closed, what is unread is stopped', async () => {
    const world = await start()
    world.server.messages.onStream(Upload, async (_, { writable }) => {
      void writable.getWriter().write(new Uint8Array([7]))
    })
    const client = await world.join()
    // More than may be open at once: they do not linger.
    for (let i = 0; i < 40; i++) {
      const stream = await world.until(client.messages.open(Upload, head))
      expect([...(await world.until(all(stream.readable)))]).to.deep.equal([7])
      expect(await world.until(errorOf(writeAll(stream, noise(9))))).to.include({ reason: 'done' })
    }
    await world.stop()
  })

  it('take what a handler writes and does not await, and nothing when it is done', async () => {
    const world = await start()
    let writer!: WritableStreamDefaultWriter<Uint8Array>
    world.server.messages.onStream(Upload, async (_, { writable }) => {
      writer = writable.getWriter()
      for (let i = 0; i < 30; i++) void writer.write(noise(20_000))
      void writer.close()
    })
    world.server.messages.onStream(Other, async (_, { writable }) => {
      writer = writable.getWriter()
      for (let i = 0; i < 30; i++) void writer.write(noise(20_000))
    })
    const client = await world.join()
    const open = [() => client.messages.open(Upload, head), () => client.messages.open(Other, { n: 1 })]
    for (const opening of open) {
      const stream = await world.until(opening())
      expect((await world.until(all(stream.readable))).length).to.equal(600_000)
    }
    expect(await errorOf(writer.write(noise(1)))).to.be.instanceOf(UsageError)
    await world.stop()
  })

  it('32 of one side are open at once, and no more', async () => {
    const world = await start()
    world.server.messages.onStream(Upload, () => {})
    const client = await world.join()
    const open = () => client.messages.open(Upload, head)
    const streams = await world.until(Promise.all(Array.from({ length: 32 }, open)))
    expect(await world.until(errorOf(open()))).to.include({ code: 'rejected', reason: 'busy' })
    streams[5]!.abort()
    await world.settle()
    await world.until(open())
    await world.stop()
  })

  it('fail with Disconnected on both sides where the connection ends', async () => {
    const world = await start()
    const errors: unknown[] = []
    world.server.on('error', event => void errors.push(event))
    let theirs: Promise<unknown> | undefined
    world.server.messages.onStream(Upload, (_, { readable }) => {
      const reading = all(readable)
      theirs = errorOf(reading)
      return reading.then(() => {})
    })
    const client = await world.join()
    const stream = await world.until(client.messages.open(Upload, head))
    const late = client.messages
    client.close()
    expect(await world.until(errorOf(all(stream.readable)))).to.be.instanceOf(Disconnected)
    expect(await world.until(errorOf(writeAll(stream, noise(5))))).to.be.instanceOf(Disconnected)
    await world.settle()
    expect(await theirs)
      .to.be.instanceOf(Disconnected)
      .with.property('closeCode', 1)
    expect(errors).to.deep.equal([])
    expect(await world.until(errorOf(late.open(Upload, head)))).to.be.instanceOf(Disconnected)
    await world.stop()
  })

  it('throw at once what is no head, and take nothing but bytes', async () => {
    const world = await start()
    world.server.messages.onStream(Upload, () => {})
    const client = await world.join()
    expect(await errorOf(client.messages.open(Upload, { name: 5 as never, size: 1 }))).to.be.instanceOf(ArgumentError)
    const { writable } = await world.until(client.messages.open(Upload, head))
    expect(await errorOf(writable.getWriter().write('text' as never))).to.be.instanceOf(ArgumentError)
    await world.stop()
  })
})
