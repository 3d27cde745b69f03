/** Byte streams within the limits of a server, and over connections that are lost. Rules 26 and 32 of docs/guarantees.md, and docs/streams.md. */
import { expect } from 'chai'
import { Disconnected } from 'fieldcast'
import { type ByteStream, messages } from 'fieldcast/messages'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { Pace } from '../../lib/messages/streams/pace.ts'
import { toll } from '../../lib/messages/streams/wire.ts'
import { Add, all, digest, errorOf, head, noise, Other, start, talk, Upload, writeAll } from './streams-kit.ts'

describe('Byte streams within limits', () => {
  it('an upload at default limits slows down, and calls go on beside it', async () => {
    const world = await start({})
    const told: string[] = []
    world.server.on('violation', ({ reason }) => void told.push(reason))
    world.server.messages.on(Add, ({ a, b }) => a + b)
    let read: Uint8Array | undefined
    world.server.messages.onStream(Upload, async (_, { readable }) => {
      read = await all(readable)
    })
    const client = await world.join()
    const stream = await world.until(client.messages.open(Upload, head))
    const bytes = noise(3_000_000)
    const at = world.clock.now()
    let isWritten = false
    const writing = writeAll(stream, bytes).then(() => {
      isWritten = true
    })
    // Twenty calls a second.
    while (!isWritten) {
      expect(await world.until(client.messages.ask(Add, { a: 1, b: 1 }))).to.equal(2)
      await world.run(10)
    }
    await world.until(writing)
    await world.settle()
    expect(digest(read!)).to.equal(digest(bytes))
    // 192 KiB a second, of which the tolls take a ninth.
    expect(world.clock.now() - at).to.be.within(14_000, 21_000)
    expect(told).to.deep.equal([])
    await world.stop()
  }).timeout(20_000)

  it('small writes, and 32 streams at once, are no flood either', async () => {
    const world = await start({})
    const told: string[] = []
    world.server.on('violation', ({ reason }) => void told.push(reason))
    const read: number[] = []
    world.server.messages.onStream(Other, async ({ n }, { readable }) => {
      read[n] = (await all(readable)).length
    })
    const client = await world.join()
    await world.run(3_000)
    const streams = await world.until(
      Promise.all(Array.from({ length: 32 }, (_, n) => client.messages.open(Other, { n }))),
    )
    // They save credit up, and use it all at once.
    await world.run(5_000)
    await world.until(Promise.all(streams.map(stream => writeAll(stream, noise(5_000), 9))))
    const one = await world.until(client.messages.open(Other, { n: 32 }))
    const writer = one.writable.getWriter()
    for (let i = 0; i < 3_000; i++) {
      await writer.write(new Uint8Array(2))
      if (i % 2 === 0) await world.run(1)
    }
    await world.until(writer.close())
    await world.settle()
    expect(read).to.deep.equal([...Array.from({ length: 32 }, () => 5_000), 6_000])
    expect(told).to.deep.equal([])
    await world.stop()
  }).timeout(20_000)

  it('a game on two calls a second gets its upload too', async () => {
    const world = await start({ callsPerSecond: 4, bytesPerSecond: 10_000 })
    const told: string[] = []
    world.server.on('violation', ({ reason }) => void told.push(reason))
    world.server.messages.onStream(Upload, async (_, { readable }) => void (await all(readable)))
    const client = await world.join()
    const stream = await world.until(client.messages.open(Upload, head))
    await world.until(writeAll(stream, noise(20_000)))
    expect(told).to.deep.equal([])
    await world.stop()
  })

  it('what is granted, used and saved up stays within its second', async () => {
    const clock = new VirtualClock()
    const pace = new Pace(clock, 100_000)
    const left = [0, 0]
    for (let ms = 0; ms < 10_000; ms += 50) {
      for (const n of [0, 1]) left[n]! += pace.grant(1_000_000, left[n]!, 1_000_000)
      await clock.advance(50)
    }
    // They have half of it each: one that is stuck gets as much as a piece takes.
    expect(left[0]! + left[1]!).to.be.within(60_000, 100_000)
    expect(pace.grant(1_000_000, 0, 0)).to.equal(toll + 1024)
    pace.use(left[0]! + left[1]! + toll + 1024)
    let granted = 0
    for (let ms = 0; ms < 10_000; ms += 50) {
      const more = pace.grant(1_000_000, 0, 1_000_000)
      pace.use(more)
      granted += more
      await clock.advance(50)
    }
    expect(granted).to.be.within(900_000, 1_050_000)
    // Said at once, for a moment later it might be untrue.
    pace.isShort = false
    pace.use(pace.grant(1_000_000, 0, 1_000_000))
    expect([pace.grant(1_000_000, 0, 1_000_000), pace.isShort]).to.deep.equal([0, true])
  })

  it('a download of a client with a budget keeps to that', async () => {
    const world = await start({ sendBytesPerSecond: 100_000 })
    let theirs!: ByteStream
    const client = await world.join()
    client.messages.onStream(Upload, (_, stream) => {
      theirs = stream
    })
    const stream = await world.until(world.server.clients.get(client.id)!.messages.open(Upload, head))
    const at = world.clock.now()
    const bytes = noise(1_000_000)
    const [, read] = await world.until(Promise.all([writeAll(stream, bytes), all(theirs.readable)]))
    expect(digest(read)).to.equal(digest(bytes))
    expect(world.clock.now() - at).to.be.within(8_000, 12_000)
    await world.stop()
  })
})

describe('Byte streams over lost connections', () => {
  it('go on where they were when the connection is cut, both ways', async () => {
    const world = await start()
    world.server.messages.onStream(Upload, (_, { readable, writable }) => readable.pipeTo(writable))
    const client = await world.join()
    const stream = await world.until(client.messages.open(Upload, head))
    const bytes = noise(3_000_000)
    const whole = Promise.all([all(stream.readable), writeAll(stream, bytes)])
    for (let i = 0; i < 5; i++) {
      await world.run(130)
      await world.cut(client)
    }
    const [back] = await world.until(whole)
    expect(digest(back)).to.equal(digest(bytes))
    await world.stop()
  }).timeout(20_000)

  it('and while it is away nothing piles up, so that messages pass', async () => {
    const world = await start()
    let read: Uint8Array | undefined
    world.server.messages.onStream(Upload, async (_, { readable }) => {
      read = await all(readable)
    })
    const client = await world.join()
    const stream = await world.until(client.messages.open(Upload, head))
    const bytes = noise(1_000_000)
    const writing = writeAll(stream, bytes)
    await world.run(30)
    await world.lose(client)
    await world.run(2_000)
    const sum = client.messages.ask(Add, { a: 1, b: 2 })
    world.server.messages.on(Add, ({ a, b }) => a + b)
    await world.restore(client)
    expect(await world.until(sum)).to.equal(3)
    await world.until(writing)
    await world.settle()
    expect(digest(read!)).to.equal(digest(bytes))
    await world.stop()
  })

  it('fail with Disconnected on both sides where messages were lost; those opened later do not', async () => {
    const plan = messages([Upload, Other, Add])
    const world = await start({}, { server: { classes: [], messages: plan, limits: { resumeBytes: 4096 } } })
    let theirs!: ByteStream
    world.server.messages.onStream(Upload, (_, stream) => {
      theirs = stream
    })
    world.server.messages.onStream(Other, (_, { readable, writable }) => readable.pipeTo(writable))
    const fresh: boolean[] = []
    world.server.on('resumed', event => void fresh.push(event.fresh))
    const client = await world.join()
    for (let round = 1; round <= 3; round++) {
      const stream = await world.until(client.messages.open(Upload, head))
      const own = errorOf(all(stream.readable))
      const far = errorOf(all(theirs.readable))
      const writing = errorOf(writeAll(stream, noise(2_000_000)))
      await world.run(30)
      await world.lose(client)
      for (let i = 0; i < 100; i++) {
        world.server.messages.send(Upload, { name: 'x'.repeat(100), size: i })
        if (i % 10 === 0) await world.settle()
      }
      await world.restore(client)
      // Lost again before either side has heard of it, once.
      if (round === 2) await world.cut(client)
      for (const error of await world.until(Promise.all([own, far, writing])))
        expect(error).to.be.instanceOf(Disconnected).with.property('reason', 'lost')
      const next = await world.until(client.messages.open(Other, { n: 1 }))
      const bytes = noise(300_000)
      const [back] = await world.until(Promise.all([all(next.readable), writeAll(next, bytes)]))
      expect(digest(back)).to.equal(digest(bytes))
    }
    expect(fresh.filter(Boolean).length).to.be.at.least(3)
    expect(client.connected).to.equal(true)
    await world.stop()
  }).timeout(20_000)

  it('fail with Disconnected where nobody comes back', async () => {
    const world = await start()
    let theirs!: ByteStream
    world.server.messages.onStream(Upload, (_, stream) => {
      theirs = stream
    })
    const client = await world.join()
    await world.until(client.messages.open(Upload, head))
    const far = errorOf(all(theirs.readable))
    await world.lose(client)
    await world.run(20_000)
    expect(await world.until(far)).to.be.instanceOf(Disconnected)
    await world.stop()
  })

  it('what middleware drops of a stream aborts it', async () => {
    let count = 0
    const plan = messages([Upload], {
      middleware: [{ bytes: { receive: bytes => (bytes.length > 9_000 && ++count === 5 ? null : bytes) } }],
    })
    const world = await start(undefined, {
      server: { classes: [], messages: plan },
      client: { classes: [], messages: talk },
    })
    world.server.messages.onStream(Upload, async (_, { readable }) => void (await all(readable)))
    const client = await world.join(undefined, { messages: messages([Upload]) })
    const stream = await world.until(client.messages.open(Upload, head))
    expect(await world.until(errorOf(writeAll(stream, noise(1_000_000))))).to.include({ reason: 'incomplete' })
    await world.stop()
  })
})
