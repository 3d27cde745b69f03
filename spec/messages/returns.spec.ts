/** Messages over connections that are lost and come back, and over a way to another server: each once, in order, or told as lost. Rule 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { bytes, Disconnected, int32, uint32 } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { defineMessage, type MessagePlan, messages } from 'fieldcast/messages'
import { createServer, type Server } from 'fieldcast/server'
import { World, type WorldOptions } from 'fieldcast/testing'
import { websocket } from 'fieldcast/transports/websocket'
import { failureOf, next } from '../support/outcome.ts'

const Count = defineMessage('count', { n: uint32 })
const Load = defineMessage('load', { bytes: bytes(60_000) })
const Add = defineMessage('add', { a: int32, b: int32 }, { reply: int32 })
const plan = (): MessagePlan => messages([Count, Load, Add])

const start = (options: Partial<WorldOptions> = {}): Promise<World> => {
  const talk = plan()
  return World.start({
    latency: 20,
    server: { classes: [], messages: talk },
    client: { classes: [], messages: talk },
    ...options,
  })
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('Messages over a connection that is lost', () => {
  it('wait on both sides, arrive once and in order, and questions in flight are answered', async () => {
    const world = await start()
    const [there, here]: number[][] = [[], []]
    world.server.messages.on(Count, ({ n }) => void there!.push(n))
    world.server.messages.on(Add, ({ a, b }) => a + b)
    const client = await world.join()
    const remote = world.server.clients.get(client.id)!
    client.messages.on(Count, ({ n }) => void here!.push(n))
    client.messages.on(Add, ({ a, b }) => a * b)
    const send = (n: number): void => {
      client.messages.send(Count, { n })
      remote.messages.send(Count, { n })
    }
    send(0)
    const inFlight = [client.messages.ask(Add, { a: 2, b: 3 }), remote.messages.ask(Add, { a: 2, b: 3 })]
    await world.lose(client)
    send(1)
    const meanwhile = [client.messages.ask(Add, { a: 4, b: 5 }), remote.messages.ask(Add, { a: 4, b: 5 })]
    await world.run(2000)
    send(2)
    await world.restore(client)
    send(3)
    await world.settle()
    expect(there).to.deep.equal(upTo(4))
    expect(here).to.deep.equal(upTo(4))
    expect(await world.until(Promise.all(inFlight))).to.deep.equal([5, 6])
    expect(await world.until(Promise.all(meanwhile))).to.deep.equal([9, 20])
    await world.stop()
  })

  it('arrive once and in order through many breaks', async () => {
    const world = await start({ jitter: 60, disconnectsPerMinute: 40, seed: 7 })
    const [there, here]: number[][] = [[], []]
    world.server.messages.on(Count, ({ n }) => void there!.push(n))
    const client = await world.join()
    const remote = world.server.clients.get(client.id)!
    client.messages.on(Count, ({ n }) => void here!.push(n))
    for (const n of upTo(600)) {
      client.messages.send(Count, { n })
      remote.messages.send(Count, { n })
      await world.run(50)
    }
    await world.run(10_000)
    expect(there).to.deep.equal(upTo(600))
    expect(here).to.deep.equal(upTo(600))
    await world.stop()
  })

  it('that were too many to be kept are told as lost; answers are kept all the same', async () => {
    const world = await start({
      server: { classes: [], messages: plan(), limits: { resumeBytes: 100_000 } },
      client: { classes: [], messages: plan() },
    })
    const { messages: there } = world.server
    let answer: (n: number) => void = () => {}
    there.on(Add, () => new Promise<number>(resolve => (answer = resolve)))
    const lost: string[] = []
    there.onEvent('lost', ({ message }) => lost.push(message))
    const client = await world.join()
    const remote = world.server.clients.get(client.id)!
    const heard: number[] = []
    client.messages.on(Load, () => void heard.push(-1))
    client.messages.on(Count, ({ n }) => void heard.push(n))
    const asked = client.messages.ask(Add, { a: 1, b: 2 })
    await world.settle()
    const resumed = next(client, 'resumed')
    await world.lose(client)
    for (let i = 0; i < 3; i++) {
      remote.messages.send(Load, { bytes: new Uint8Array(50_000) })
      await world.run(10)
    }
    world.server.tick()
    remote.messages.send(Count, { n: 1 })
    expect(lost).to.deep.equal(['load', 'count'])
    expect(await failureOf(remote.messages.ask(Add, { a: 1, b: 2 }), Disconnected)).to.include({ reason: 'lost' })
    answer(33)
    await world.run(10)
    await world.restore(client)
    expect(await world.until(resumed)).to.include({ fresh: true })
    remote.messages.send(Count, { n: 2 })
    expect(await world.until(asked)).to.equal(33)
    await world.settle()
    expect(heard).to.deep.equal([2])
    await world.stop()
  })

  it('are given up with the client that does not come back', async () => {
    const world = await start()
    const client = await world.join()
    const remote = world.server.clients.get(client.id)!
    const open = failureOf(remote.messages.ask(Add, { a: 1, b: 2 }, { timeoutMs: 60_000 }), Disconnected)
    await world.lose(client)
    await world.run(30_000)
    await world.until(open)
    expect(world.server.clients.size).to.equal(0)
    await world.stop()
  })
})

describe('Messages of a client that is sent on to another server', () => {
  const servers: Server[] = []
  afterEach(() => Promise.all(servers.splice(0).map(server => server.stop())))

  async function open(talk: MessagePlan): Promise<{ server: Server; url: string }> {
    const server = createServer({
      classes: [],
      zone: null,
      tickRate: 0,
      messages: talk,
      transports: [websocket({ port: 0, host: '127.0.0.1' })],
      transfer: { key: 'the key that all servers of a deployment share' },
    })
    servers.push(server)
    return { server, url: (await server.start())[0]! }
  }

  it('take that one’s ids, and what the first had asked is not answered there', async () => {
    const one = await open(plan())
    const Other = defineMessage('aaa', {}, { id: 64 })
    const two = await open(messages([Other, Load, Count, Add], { missing: 'ignore' }))
    expect(two.server.messages.registry.id(Add)).not.to.equal(one.server.messages.registry.id(Add))
    one.server.messages.on(Add, () => new Promise<number>(() => {}))
    two.server.messages.on(Add, ({ a, b }) => a + b)
    const client: Client = await connect(one.url, {
      classes: [],
      messages: messages([Count, Load, Add], { missing: 'ignore' }),
    })
    client.on('close', () => {})
    let answer: (n: number) => void = () => {}
    client.messages.on(Add, ({ a }) => (a === 1 ? new Promise<number>(resolve => (answer = resolve)) : 7))
    const remote = one.server.clients.get(client.id)!
    const asked = [
      failureOf(remote.messages.ask(Add, { a: 1, b: 1 }), Disconnected),
      failureOf(client.messages.ask(Add, { a: 1, b: 1 }), Disconnected),
    ]
    await client.ping()
    const [moving, moved, came] = [next(client, 'transfer'), next(client, 'transferred'), next(two.server, 'connect')]
    await remote.transfer(two.url)
    await moving
    const meanwhile = client.messages.ask(Add, { a: 2, b: 3 })
    const { client: there } = await came
    // The number of the first server's question too.
    const question = there.messages.ask(Add, { a: 5, b: 5 })
    answer(99)
    expect(await question).to.equal(7)
    await moved
    expect(await meanwhile).to.equal(5)
    await Promise.all(asked)
    client.close()
  })
})
