/** Messages arrive in order, each once, whatever becomes of the connection; and what cannot arrive is told. Rules 26 and 34 of docs/guarantees.md. */
import { expect } from 'chai'
import { bytes, Disconnected, int32, Reject, Rejected, str, TimedOut, uint32 } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { defineMessage, type MessagePlan, messages } from 'fieldcast/messages'
import { type ServerOptions, UsageError } from 'fieldcast/server'
import { type VirtualClock, World, type WorldOptions } from 'fieldcast/testing'
import { failureOf } from '../support/outcome.ts'

const Count = defineMessage('count', { n: uint32 })
const Load = defineMessage('load', { n: uint32, bytes: bytes(700_000) })
const Say = defineMessage('say', { text: str(200) })
const Add = defineMessage('add', { a: int32, b: int32 }, { reply: int32 })
const all = [Count, Load, Say, Add]
const plan = (): MessagePlan => messages(all)

type Options = Partial<Omit<WorldOptions, 'server' | 'client'>> & { server?: Partial<ServerOptions> }

const start = ({ server, ...options }: Options = {}, talk = plan()): Promise<World> =>
  World.start({
    latency: 20,
    ...options,
    server: { classes: [], messages: talk, ...server } as never,
    client: { classes: [], messages: talk },
  })

/** A promise whose `then` gives nothing. */
const ofAnotherMake = (value: number): PromiseLike<number> => {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is
  const promise = { then: (resolve: (n: number) => void) => void resolve(value) }
  return promise as unknown as PromiseLike<number>
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('Messages on their way', () => {
  it('arrive in the order in which they were sent, large and small, either way', async () => {
    const world = await start({ server: { limits: { bytesPerSecond: 1e9 } } })
    const [there, here]: number[][] = [[], []]
    world.server.messages.on(Count, ({ n }) => void there!.push(n))
    world.server.messages.on(Load, ({ n }) => void there!.push(n))
    const client = await world.join()
    client.messages.on(Count, ({ n }) => void here!.push(n))
    client.messages.on(Load, ({ n }) => void here!.push(n))
    const payload = new Uint8Array(600_000)
    for (let n = 0; n < 60; n++) {
      const { messages: to } = world.server
      if (n % 30 === 20) {
        client.messages.send(Load, { n, bytes: payload })
        to.send(Load, { n, bytes: payload })
      } else {
        client.messages.send(Count, { n })
        to.send(Count, { n })
      }
      if (n % 25 === 24) await world.run(1)
    }
    await world.settle()
    expect(there).to.deep.equal(upTo(60))
    expect(here).to.deep.equal(upTo(60))
    expect(client.connected).to.equal(true)
    await world.stop()
  })

  it('leave as one frame for all that a turn sends to one, and one shared by all who are sent the same', async () => {
    const world = await start({ trace: true })
    const clients = [await world.join(), await world.join()]
    await world.settle()
    world.trace.length = 0
    for (let n = 0; n < 5; n++) world.server.messages.send(Count, { n })
    await world.run(100)
    const frames = world.trace.filter(({ bytes }) => bytes[0] === 0x57)
    expect(frames).to.have.length(clients.length)
    expect(frames[0]!.bytes).to.deep.equal(frames[1]!.bytes)
    await world.stop()
  })

  it('run their own handlers before those of all, and an unknown message raises `unknown` and is ignored', async () => {
    const Strange = defineMessage('strange', { n: uint32 }, { id: 999 })
    const world = await start({}, messages([...all, Strange], { missing: 'ignore' }))
    const heard: string[] = []
    const { messages: there } = world.server
    there.onAny(({ name }) => void heard.push(`any ${name}`))
    there.on(Say, ({ text }) => void heard.push(text))
    there.on(Say, async ({ text }) => void heard.push(`${text} again`))
    there.onEvent('unknown', ({ id, from }) => heard.push(`unknown ${id} of ${from.id}`))
    const client = await world.join()
    client.messages.send(Say, { text: 'hello' })
    there.registry.delete(Strange)
    await world.settle()
    expect(heard).to.deep.equal(['hello', 'hello again', 'any say'])
    await world.stop()
  })

  it('tell of one that nobody handles', async () => {
    const world = await start()
    const unheard: string[] = []
    world.server.messages.onEvent('unheard', ({ message }) => unheard.push(message))
    const client = await world.join()
    client.messages.send(Say, { text: 'hello' })
    expect(await failureOf(world.until(client.messages.ask(Add, { a: 1, b: 2 })), Rejected)).to.include({
      reason: 'no-handler',
    })
    expect(unheard).to.deep.equal(['say', 'add'])
    await world.stop()
  })

  it('let handlers come and go while they run', async () => {
    const world = await start()
    const heard: string[] = []
    const { messages: there } = world.server
    const stop = there.on(Say, () => {
      stop()
      heard.push('once')
      there.on(Say, () => void heard.push('later'))
    })
    there.on(Say, () => void heard.push('always'))
    const client = await world.join()
    client.messages.send(Say, { text: '1' })
    client.messages.send(Say, { text: '2' })
    await world.settle()
    expect(heard).to.deep.equal(['once', 'always', 'always', 'later'])
    await world.stop()
  })

  it('are answered in the order in which answers come, by promises of any make', async () => {
    const world = await start()
    world.server.messages.on(Add, ({ a, b }) => {
      if (a === 3) return ofAnotherMake(a + b)
      return new Promise<number>((resolve, reject) => {
        world.clock.after(a, () => (b < 0 ? reject(new Reject('negative')) : resolve(a + b)))
      })
    })
    const client = await world.join()
    const order: string[] = []
    const ask = (a: number, b: number): Promise<unknown> =>
      client.messages.ask(Add, { a, b }).then(
        sum => order.push(`${sum}`),
        ({ reason }) => order.push(reason),
      )
    await world.until(Promise.all([ask(500, 1), ask(200, -1), ask(3, 4)]))
    expect(order).to.deep.equal(['7', 'negative', '501'])
    await world.stop()
  })

  it('wait for the pump where the game pumps by hand', async () => {
    const world = await start()
    const client = await world.join(undefined, { pump: 'manual' })
    const heard: number[] = []
    client.messages.on(Count, ({ n }) => void heard.push(n))
    for (const n of upTo(3)) world.server.messages.send(Count, { n })
    await world.settle()
    expect(heard).to.deep.equal([])
    expect(client.pump()).to.be.above(0)
    expect(heard).to.deep.equal([0, 1, 2])
    await world.stop()
  })

  it('that are sent right before a kick, or before the server stops, arrive', async () => {
    const world = await start()
    const heard: string[] = []
    const [ann, bob] = [await world.join(), await world.join()]
    ann.messages.on(Say, ({ text }) => void heard.push(`ann ${text}`))
    bob.messages.on(Say, ({ text }) => void heard.push(`bob ${text}`))
    const { messages: there, clients } = world.server
    const remote = clients.get(ann.id)!
    remote.messages.send(Say, { text: 'goodbye' })
    remote.kick()
    await world.settle()
    there.send(Say, { text: 'the end' })
    await world.stop()
    expect(heard).to.deep.equal(['ann goodbye', 'bob the end'])
  })

  it('reach a client that the server greets as it connects, where the plan has a handler', async () => {
    const greeted: string[] = []
    const talk = plan()
    const world = await start({}, talk)
    world.server.on('connect', ({ client }) => client.messages.send(Say, { text: 'welcome' }))
    await world.join(undefined, { messages: plan().on(Say, ({ text }) => void greeted.push(text)) })
    expect(greeted).to.deep.equal(['welcome'])
    await world.stop()
  })

  it('to a client that has gone are told as lost, and questions reject', async () => {
    const world = await start()
    const client = await world.join()
    const remote = world.server.clients.get(client.id)!
    const lost: unknown[] = []
    const { clock } = world as unknown as { clock: VirtualClock }
    await world.run(60_000)
    const timers = clock.pending
    world.server.messages.onEvent('lost', ({ message, to }) => lost.push([message, to.id]))
    client.messages.onEvent('lost', ({ message }) => lost.push(message))
    const open = [
      failureOf(remote.messages.ask(Add, { a: 1, b: 2 }), Disconnected),
      failureOf(client.messages.ask(Add, { a: 1, b: 2 }), Disconnected),
    ]
    client.close()
    await world.settle()
    await world.until(Promise.all(open))
    remote.messages.send(Say, { text: 'too late' })
    client.messages.send(Say, { text: 'too late' })
    expect(lost).to.deep.equal([['say', client.id], 'say'])
    await failureOf(remote.messages.ask(Add, { a: 1, b: 2 }), Disconnected)
    await failureOf(client.messages.ask(Add, { a: 1, b: 2 }), Disconnected)
    expect(clock.pending).to.be.at.most(timers)
    await world.stop()
  })

  it('that are not answered in time reject, and what comes later is ignored', async () => {
    const world = await start()
    world.server.messages.on(Add, () => new Promise<number>(resolve => world.clock.after(500, () => resolve(3))))
    const client = await world.join()
    await world.until(failureOf(client.messages.ask(Add, { a: 1, b: 2 }, { timeoutMs: 100 }), TimedOut))
    await world.run(1000)
    expect(client.connected).to.equal(true)
    await failureOf(client.messages.ask(Add, { a: 1, b: 2 }, { timeoutMs: 2 ** 31 }), UsageError)
    await world.stop()
  })

  it('pass by a client that takes none', async () => {
    const world = await start()
    const ann = await world.join()
    const bob = await world.until(
      connect(world.url, { classes: [], transport: world.dialer(), clock: world.clock } as never),
    )
    const heard: string[] = []
    ann.messages.on(Say, ({ text }) => void heard.push(text))
    world.server.messages.send(Say, { text: 'all' })
    await world.settle()
    expect(heard).to.deep.equal(['all'])
    expect(bob.connected).to.equal(true)
    const remote = world.server.clients.get(bob.id)!
    expect(() => remote.messages.send(Say, { text: 'bob' })).to.throw(UsageError, 'connect(url, { messages })')
    expect(() => bob.messages).to.throw(UsageError)
    bob.close()
    await world.stop()
  })
})
