/** Waiting for a connection, for its end, for a server's; and messages that wait to be handled by hand. */
import { expect } from 'chai'
import { Disconnected, int32, Rejected, str, TimedOut, UsageError } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { defineMessage, messages, whenClosed, whenConnected } from 'fieldcast/messages'
import { createServer, Reject } from 'fieldcast/server'
import { World, type WorldOptions } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import type { Listener } from '../../lib/link/transport.ts'
import { failureOf, Gate, next, record } from '../support/outcome.ts'
import { Talker } from '../support/talker.ts'

const Say = defineMessage('say', { text: str(50) })
const Add = defineMessage('add', { a: int32, b: int32 }, { reply: int32 })
const talk = messages([Say, Add])

const start = (server: Partial<WorldOptions['server']> = {}, client: Partial<WorldOptions['client']> = {}) =>
  World.start({
    server: { classes: [], messages: talk, ...server },
    client: { classes: [], messages: talk, ...client },
    latency: 20,
  })

describe('whenConnected', () => {
  let world: World
  afterEach(() => world.stop())

  const dial = (options: object = {}) =>
    connect(world.url, {
      classes: [],
      messages: talk,
      transport: world.dialer(),
      clock: world.clock,
      random: world.random,
      compression: false,
      ...options,
    })

  it('PG19 wait_for_connection resolves at once if active', async () => {
    world = await start()
    const client = await world.join()
    const before = world.clock.now()
    expect(await whenConnected(client, { timeoutMs: 1 })).to.equal(client)
    expect(world.clock.now()).to.equal(before)
  })

  it('PG19 wait_for_connection rejects with TimedOut otherwise', async () => {
    world = await start({ login: () => new Promise<void>(() => {}) })
    const connecting = dial({ handshakeMs: 9_000 })
    connecting.catch(() => {})
    const waiting = failureOf(whenConnected(connecting, { timeoutMs: 500, clock: world.clock }), TimedOut)
    expect((await world.until(waiting)).message).to.include('within 500 ms')
    expect(world.clock.now()).to.be.within(500, 600)
    // The attempt went on until its own limit.
    await world.until(failureOf(connecting, TimedOut))
    expect(world.clock.now()).to.be.within(9_000, 9_100)
  })

  it('gives the client where it connects in time, and its own error where it is refused', async () => {
    world = await start({
      login: name => {
        if (name !== 'ann') throw new Reject('who?')
      },
    })
    const { clock } = world
    const client = await world.until(whenConnected(dial({ login: 'ann' }), { timeoutMs: 500, clock }))
    expect(client.connected).to.equal(true)
    const refused = await world.until(
      failureOf(whenConnected(dial({ login: 'eve' }), { timeoutMs: 500, clock }), Rejected),
    )
    expect(refused.reason).to.equal('who?')
    client.close()
  })

  it('waits for a lost connection to stand again, for its limit or for its end', async () => {
    world = await start()
    const client = await world.join()
    client.on('lost', () => {})
    client.on('close', () => {})
    await world.lose(client)
    await world.until(failureOf(whenConnected(client, { timeoutMs: 1_000 }), TimedOut))
    const again = whenConnected(client)
    await world.restore(client)
    expect(await world.until(again)).to.equal(client)
    await world.lose(client)
    const never = failureOf(whenConnected(client), Disconnected)
    expect((await world.until(never)).reason).to.equal('lost')
    expect((await failureOf(whenConnected(client), Disconnected)).closeCode).to.equal(13)
  })

  it('takes no limit that is none', async () => {
    world = await start()
    const client = await world.join()
    for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5' as never]) {
      expect((await failureOf(whenConnected(client, { timeoutMs }), UsageError)).message).to.include('timeoutMs')
      await failureOf(whenClosed(client, { timeoutMs }), UsageError)
      await failureOf(world.server.stop({ timeoutMs }), UsageError)
    }
    expect(client.connected).to.equal(true)
  })
})

describe('whenClosed', () => {
  it('resolves with the reason when the connection ends, and at once afterwards', async () => {
    const world = await start()
    const [a, b] = [await world.join(), await world.join()]
    const ending = whenClosed(a, { timeoutMs: 5_000 })
    await world.until(failureOf(whenClosed(b, { timeoutMs: 300 }), TimedOut))
    world.server.clients.get(a.id)!.kick('kicked', 'out')
    expect(await world.until(ending)).to.deep.equal({ code: 3, reason: 'kicked', text: 'out' })
    expect(await whenClosed(a)).to.deep.equal({ code: 3, reason: 'kicked', text: '' })
    b.close()
    expect((await whenClosed(b)).reason).to.equal('normal')
    await world.stop()
  })

  it('does not take a lost connection for an ended one', async () => {
    const world = await start()
    const client = await world.join()
    client.on('lost', () => {})
    client.on('close', () => {})
    let ended = false
    const ending = whenClosed(client).finally(() => {
      ended = true
    })
    await world.lose(client)
    await world.run(1_000)
    expect(ended).to.equal(false)
    expect((await world.until(ending)).reason).to.equal('lost')
    await world.stop()
  })

  it("PG11 close_connection(reason): peer's close hook gets that reason; own hook too; then the connection is gone from the list", async () => {
    const world = await start()
    const [a, b] = [await world.join(), await world.join()]
    const [here, there] = [record(a, 'close'), record(world.server, 'close')]
    const listed: number[] = []
    world.server.on('close', ({ client }) => void listed.push(client!.id, world.server.clients.size))
    world.server.clients.get(a.id)!.kick(1234, 'enough')
    await world.settle()
    expect(here).to.deep.equal([{ code: 1234, reason: 'game', text: 'enough' }])
    expect(there.map(({ code, reason, text }) => ({ code, reason, text }))).to.deep.equal(here)
    expect(listed).to.deep.equal([a.id, 1])
    expect([...world.server.clients.keys()]).to.deep.equal([b.id])
    // And from the other side.
    b.close()
    await world.settle()
    expect(there.map(({ reason }) => reason)).to.deep.equal(['game', 'normal'])
    expect(world.server.clients.size).to.equal(0)
    await world.stop()
  })
})

describe('server.stop', () => {
  it('PG12 shutdown closes all clients with servershutdown, and resolves when done; timeout 0 is no limit', async () => {
    const world = await start()
    const closes = [record(await world.join(), 'close'), record(await world.join(), 'close')]
    const there = record(world.server, 'close')
    const stops = record(world.server, 'stop')
    world.server.on('stop', () => expect(there).to.have.lengthOf(2))
    await world.until(world.server.stop({ timeoutMs: 0 }))
    expect(stops).to.deep.equal([{ reason: 'server-shutdown', text: '', timeoutMs: 0 }])
    await world.settle()
    expect(closes.flat().map(({ reason }) => reason)).to.deep.equal(['server-shutdown', 'server-shutdown'])
    expect(there).to.have.lengthOf(2)
    expect(world.server.clients.size).to.equal(0)
    await failureOf(world.join(), Error)
    await world.stop()
  })

  it('PG12 shutdown closes all clients with a given reason, behind what they were sent in the same turn', async () => {
    const world = await start()
    const a = await world.join()
    const away = await world.join()
    const story: unknown[] = []
    a.messages.on(Say, ({ text }) => void story.push(text))
    a.on('close', ({ code, text }) => void story.push([code, text]))
    away.on('lost', () => {})
    away.on('close', () => {})
    await world.lose(away)
    const there = record(world.server, 'close')
    world.server.messages.send(Say, { text: 'good night' })
    const stopping = world.server.stop({ reason: 2000, text: 'until tomorrow' })
    // The first call has said why.
    const again = world.server.stop({ reason: 'kicked' })
    await world.until(Promise.all([stopping, again]))
    await world.settle()
    expect(story).to.deep.equal(['good night', [2000, 'until tomorrow']])
    expect(there.map(({ code, text }) => [code, text])).to.deep.equal(Array(2).fill([2000, 'until tomorrow']))
    await world.stop()
  })

  /** A listener that does not close before the gate is open. */
  const slowToClose = (gate: Gate): { listener: Listener; wire: ReturnType<typeof memory> } => {
    const wire = memory()
    return {
      wire,
      listener: {
        listen: (accept, limits) => wire.listen(accept, limits),
        close: () => gate.passed.then(() => wire.close()),
      },
    }
  }

  it('PG12 shutdown resolves when timed out, says so, and goes on by itself', async () => {
    const gate = new Gate()
    const { listener, wire } = slowToClose(gate)
    const world = await start()
    const server = createServer({
      classes: [],
      messages: talk,
      transports: [listener],
      clock: world.clock,
      compression: false,
    })
    await server.start()
    const options = { classes: [], messages: talk, transport: wire, clock: world.clock, compression: false } as const
    const client = await world.until(connect('memory:', options))
    const ended = whenClosed(client)
    const warnings = record(server, 'warning')
    const before = world.clock.now()
    await world.until(server.stop({ timeoutMs: 700 }))
    expect(world.clock.now() - before).to.be.within(700, 800)
    expect(warnings.map(({ text }) => text).join()).to.include('has not stopped within 700 ms')
    expect((await ended).reason).to.equal('server-shutdown')
    let done = false
    const whole = server.stop().then(() => {
      done = true
    })
    await world.run(10_000)
    expect(done).to.equal(false)
    gate.open()
    await whole
    await world.stop()
  })

  it('PG12 timeout 0 is no limit: it waits as long as it takes', async () => {
    const gate = new Gate()
    const { listener } = slowToClose(gate)
    const world = await start()
    const server = createServer({ classes: [], transports: [listener], clock: world.clock })
    await server.start()
    let done = false
    const stopping = server.stop({ timeoutMs: 0 }).then(() => {
      done = true
    })
    await world.run(60 * 60_000)
    expect(done).to.equal(false)
    gate.open()
    await stopping
    await world.stop()
  })

  it('refuses a reason that is none, and stops nothing then', async () => {
    const world = await start()
    const client = await world.join()
    for (const reason of ['servershutdown', 'toString', '', 0, 2, 999, 65_536, 1000.5, Number.NaN] as never[]) {
      const error = await failureOf(world.server.stop({ reason }), UsageError)
      expect(error.message).to.include('the name of a close code')
    }
    await failureOf(world.server.stop({ text: 5 as never }), UsageError)
    client.messages.send(Say, { text: 'still here' })
    await world.settle()
    expect(client.connected).to.equal(true)
    const closed = next(client, 'close')
    await world.stop()
    expect((await closed).reason).to.equal('server-shutdown')
  })
})

describe('Messages that are handled by hand', () => {
  const byHand = messages([Say, Add], { pump: 'manual' })

  /** A server that notes what it is told, by hand. */
  async function manual(limits = {}) {
    const world = await start({ messages: byHand, limits })
    const heard: string[] = []
    world.server.messages.on(Say, ({ text }, client) => void heard.push(`${client.id} ${text}`))
    world.server.messages.on(Add, ({ a, b }) => a + b)
    return { world, heard, messages: world.server.messages }
  }

  it('PG18 process() handles all queued packets, returns their number, and nothing is handled before it: at the client', async () => {
    const world = await start()
    const client = await world.join(undefined, { pump: 'manual' })
    const heard: string[] = []
    client.messages.on(Say, ({ text }) => void heard.push(text))
    client.pump()
    for (const text of ['one', 'two', 'three']) {
      world.server.messages.send(Say, { text })
      await world.settle()
    }
    expect(heard).to.be.empty
    expect(client.pump()).to.equal(3)
    expect(heard).to.deep.equal(['one', 'two', 'three'])
    expect(client.pump()).to.equal(0)
    await world.stop()
  })

  it('PG18 process() handles all queued packets, returns their number, and nothing is handled before it: at the server', async () => {
    const { world, heard, messages } = await manual()
    const [a, b] = [await world.join(), await world.join()]
    a.messages.send(Say, { text: 'one' })
    a.messages.send(Say, { text: 'two' })
    await world.settle()
    b.messages.send(Say, { text: 'three' })
    const sum = a.messages.ask(Add, { a: 1, b: 2 })
    await world.settle()
    expect(heard).to.be.empty
    expect(messages.pump()).to.equal(4)
    expect(heard).to.have.members([`${a.id} one`, `${a.id} two`, `${b.id} three`])
    expect(await world.until(sum)).to.equal(3)
    expect(messages.pump()).to.equal(0)
    await world.stop()
  })

  it('a handler may pump: it gets what comes behind its own message, each once', async () => {
    const { world, messages } = await manual()
    const client = await world.join()
    const story: unknown[] = []
    messages.on(Say, ({ text }) => {
      story.push(text)
      if (text === 'one') story.push(messages.pump())
    })
    for (const text of ['one', 'two', 'three']) client.messages.send(Say, { text })
    await world.settle()
    expect(messages.pump()).to.equal(1)
    expect(story).to.deep.equal(['one', 'two', 'three', 2])
    await world.stop()
  })

  it('what came before a goodbye is handled after it; of one thrown out by a handler, nothing more', async () => {
    const { world, heard, messages } = await manual()
    const [a, b] = [await world.join(), await world.join()]
    a.messages.send(Say, { text: 'bye' })
    await world.settle()
    a.close()
    for (const text of ['one', 'two']) b.messages.send(Say, { text })
    await world.settle()
    expect(world.server.clients.size).to.equal(1)
    messages.on(Say, ({ text }, client) => {
      if (text === 'one') client.kick()
    })
    b.on('close', () => {})
    expect(messages.pump()).to.equal(2)
    expect(heard).to.deep.equal([`${a.id} bye`, `${b.id} one`])
    await world.stop()
  })

  it('no more of one client wait than `limits.waitingCalls`: what comes beyond is dropped, and told', async () => {
    const { world, heard, messages } = await manual({ waitingCalls: 3 })
    const [a, b] = [await world.join(), await world.join()]
    const dropped: unknown[] = []
    messages.onEvent('dropped', ({ message, why, from }) => void dropped.push([message, why, from.id]))
    for (let n = 0; n < 5; n++) a.messages.send(Say, { text: String(n) })
    const asked = failureOf(a.messages.ask(Add, { a: 1, b: 2 }), Rejected)
    b.messages.send(Say, { text: 'me too' })
    await world.settle()
    expect((await world.until(asked)).reason).to.equal('busy')
    expect(messages.pump()).to.equal(4)
    expect(heard).to.deep.equal([`${a.id} 0`, `${a.id} 1`, `${a.id} 2`, `${b.id} me too`])
    expect(dropped).to.deep.equal([
      ['say', 'busy', a.id],
      ['say', 'busy', a.id],
      ['add', 'busy', a.id],
    ])
    a.messages.send(Say, { text: 'again' })
    await world.settle()
    expect(messages.pump()).to.equal(1)
    await world.stop()
  })

  it('the answer to a question of the server waits as well, and always has a place', async () => {
    const { world, messages } = await manual({ waitingCalls: 1 })
    const client = await world.join()
    client.messages.on(Add, ({ a, b }) => a * b)
    client.messages.send(Say, { text: 'first' })
    const answer = messages.ask(world.server.clients.get(client.id)!, Add, { a: 3, b: 4 })
    let isAnswered = false
    void answer.then(() => {
      isAnswered = true
    })
    await world.settle()
    expect(isAnswered).to.equal(false)
    expect(messages.pump()).to.equal(2)
    expect(await answer).to.equal(12)
    await world.stop()
  })

  it('what is malformed costs its sender its connection when it is pumped, and nobody else anything', async () => {
    const { world, heard, messages } = await manual()
    const client = await world.join()
    const talkers = [await Talker.join(world), await Talker.join(world), await Talker.join(world)]
    const [cut, unread, unknownPart] = talkers
    cut!.say(w => {
      w.varint(messages.registry.id(Say))
      w.varint(40)
    })
    unread!.say(w => {
      w.varint(messages.registry.id(Say))
      w.text('fine')
      w.u8(7)
    })
    unknownPart!.say(w => w.varint(63))
    client.messages.send(Say, { text: 'honest' })
    await world.settle()
    expect(talkers.every(({ connected }) => connected)).to.equal(true)
    expect(messages.pump()).to.equal(4)
    expect(heard).to.deep.equal([`${client.id} honest`])
    const fates = await Promise.all(talkers.map(talker => talker.fate()))
    for (const fate of fates) expect(['malformed', 'bad-arguments']).to.include(fate)
    client.messages.send(Say, { text: 'and on' })
    await world.settle()
    expect(messages.pump()).to.equal(1)
    await world.stop()
  })

  it('what a sender puts behind its limit never waits: it is charged when it comes', async () => {
    const { world, messages } = await manual({ callsPerSecond: 5 })
    const talker = await Talker.join(world)
    for (let n = 0; n < 50; n++)
      talker.say(w => {
        w.varint(messages.registry.id(Say))
        w.text('spam')
      })
    expect(await talker.fate()).to.equal('rate')
    expect(messages.pump()).to.be.at.most(15)
    await world.stop()
  })

  it('pump() of a server that handles by itself has nothing to do, and other words are refused', async () => {
    const world = await start()
    const client = await world.join()
    client.messages.send(Say, { text: 'hello' })
    await world.settle()
    expect(world.server.messages.pump()).to.equal(0)
    expect(() => messages([Say], { pump: 'sometimes' as never })).to.throw(UsageError, 'auto or manual')
    await world.stop()
  })
})
