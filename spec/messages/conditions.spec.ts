/** Messages that are taken in one state, mode, side or connection type alone. */
import { expect } from 'chai'
import { Rejected, SchemaError, str, UsageError } from 'fieldcast'
import type { Client } from 'fieldcast/client'
import { defineMessage, type MessageConditions, messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'
import { failureOf, next, record } from '../support/outcome.ts'

const text = { text: str(50) }
/** The client's word for what it sends: conditions are the receiver's, so that a client may be built without them. */
const Plain = defineMessage('say', text, { id: 64 })
const Question = defineMessage('ask', text, { id: 65, reply: str(50) })

interface Stage {
  readonly world: World
  readonly client: Client
  /** What the server has handled. */
  readonly heard: string[]
  /** Why the server did not handle what came. */
  readonly whys: string[]
}

/** A server that takes `say` and `ask` under conditions, and a client that knows of none. */
async function stage(conditions: MessageConditions, connectionType = 'game'): Promise<Stage> {
  const heard: string[] = []
  const whys: string[] = []
  const Say = defineMessage('say', text, { id: 64, ...conditions })
  const Ask = defineMessage('ask', text, { id: 65, reply: str(50), ...conditions })
  const world = await World.start({
    server: { classes: [], messages: messages([Say, Ask]), connectionTypes: ['game', 'spectator'] },
    client: { classes: [], messages: messages([Plain, Question]), connectionType },
    latency: 20,
  })
  world.server.messages.on(Say, ({ text }) => void heard.push(text))
  world.server.messages.on(Ask, ({ text }) => (heard.push(text), `you said ${text}`))
  world.server.messages.onAny(({ name, value }) => void heard.push(`any ${name} ${(value as { text: string }).text}`))
  world.server.messages.onEvent('misplaced', ({ message, why }) => void whys.push(`${message} ${why}`))
  const client = await world.join()
  return { world, client, heard, whys }
}

const say = async ({ world, client }: Stage, text: string): Promise<void> => {
  client.messages.send(Plain, { text })
  await world.settle()
}

describe('Messages with conditions', () => {
  const wrong: readonly (readonly [string, MessageConditions, string])[] = [
    ['state', { state: 'logged-in' }, 'say wants the state logged-in, not active'],
    ['side', { side: 'client' }, 'say goes to the client alone'],
    ['mode', { mode: 'chat' }, 'say wants the mode chat, not null'],
    ['type', { connectionType: 'spectator' }, 'say wants the connection type spectator, not game'],
  ]

  for (const [what, conditions, why] of wrong) {
    it(`PG7 SmartPacket with wrong ${what} is not delivered (ignore)`, async () => {
      const all = await stage({ ...conditions, invalid: 'ignore' })
      await say(all, 'hello')
      expect(all.heard).to.be.empty
      expect(all.whys).to.deep.equal([why])
      expect(all.client.connected).to.equal(true)
      await all.world.stop()
    })

    it(`PG7 SmartPacket with wrong ${what} closes with smartpacketinvalid (close): wrong-state on both sides`, async () => {
      const all = await stage({ ...conditions, invalid: 'close' })
      const [here, there] = [next(all.client, 'close'), next(all.world.server, 'close')]
      all.client.messages.send(Plain, { text: 'hello' })
      all.client.messages.send(Plain, { text: 'and again' })
      const ends = await all.world.until(Promise.all([here, there]))
      expect(ends.map(({ code, reason }) => [code, reason])).to.deep.equal(Array(2).fill([45, 'wrong-state']))
      expect(all.heard).to.be.empty
      expect(all.whys).to.deep.equal([why])
      await all.world.stop()
    })

    it(`refuses a question of the wrong ${what} with wrong-state, and hands it to nobody`, async () => {
      const { world, client, heard } = await stage(conditions)
      const asked = failureOf(client.messages.ask(Question, { text: 'why' }), Rejected)
      expect((await world.until(asked)).reason).to.equal('wrong-state')
      expect(heard).to.be.empty
      await world.stop()
    })
  }

  it('PG7 other action value throws', () => {
    expect(() => defineMessage('x', {}, { invalid: 'explode' as never })).to.throw(SchemaError, 'ignore or close')
    expect(() => defineMessage('x', {}, { side: 'middle' as never })).to.throw(SchemaError, 'server, client or both')
  })

  it('are delivered where all of them hold, to their own handlers and to those of all', async () => {
    const conditions = {
      state: 'active',
      mode: 3,
      side: 'server',
      connectionType: 'spectator',
      invalid: 'close',
    } as const
    const all = await stage(conditions, 'spectator')
    all.world.server.clients.get(all.client.id)!.messages.mode = 3
    await say(all, 'hello')
    expect(await all.world.until(all.client.messages.ask(Question, { text: 'you' }))).to.equal('you said you')
    expect(all.heard).to.deep.equal(['hello', 'any say hello', 'you', 'any ask you'])
    expect(all.whys).to.be.empty
    await all.world.stop()
  })

  it('follow the state that the game sets, for each connection by itself', async () => {
    const all = await stage({ state: 'logged-in', mode: 'chat' })
    const other = await all.world.join()
    const mine = all.world.server.clients.get(all.client.id)!.messages
    mine.state = 'logged-in'
    await say(all, 'too early')
    mine.mode = 'chat'
    await say(all, 'now')
    other.messages.send(Plain, { text: 'from elsewhere' })
    await all.world.settle()
    mine.mode = null
    await say(all, 'too late')
    expect(all.heard).to.deep.equal(['now', 'any say now'])
    expect(all.whys).to.have.lengthOf(3)
    await all.world.stop()
  })

  it('begin where the options say, for each connection', async () => {
    const Join = defineMessage('join', text, { state: 'lobby', mode: 'new' })
    const talk = messages([Join], { state: 'lobby', mode: 'new' })
    const world = await World.start({
      server: { classes: [], messages: talk },
      client: { classes: [], messages: talk },
    })
    const heard: string[] = []
    world.server.messages.on(Join, ({ text }, client) => {
      heard.push(text)
      client.messages.mode = 'chat'
    })
    for (const name of ['ann', 'bob']) {
      const client = await world.join()
      expect([client.messages.state, client.messages.mode]).to.deep.equal(['lobby', 'new'])
      client.messages.send(Join, { text: name })
      client.messages.send(Join, { text: `${name} again` })
    }
    await world.settle()
    expect(heard).to.deep.equal(['ann', 'bob'])
    await world.stop()
  })

  it('hold at the client as well, by its own state', async () => {
    const News = defineMessage('news', text, { side: 'client', mode: 'play' })
    const talk = messages([News])
    const world = await World.start({
      server: { classes: [], messages: talk },
      client: { classes: [], messages: talk },
    })
    const client = await world.join()
    const heard: string[] = []
    client.messages.on(News, ({ text }) => void heard.push(text))
    const misplaced: string[] = []
    client.messages.onEvent('misplaced', ({ why }) => void misplaced.push(why))
    world.server.messages.send(News, { text: 'one' })
    await world.settle()
    client.messages.mode = 'play'
    world.server.messages.send(News, { text: 'two' })
    await world.settle()
    expect(heard).to.deep.equal(['two'])
    expect(misplaced).to.deep.equal(['wants the mode play, not null'])
    await world.stop()
  })

  it('throw at whoever sends to the wrong side, and nothing leaves', async () => {
    const Up = defineMessage('up', text, { side: 'server' })
    const Down = defineMessage('down', text, { side: 'client', reply: str(9) })
    const talk = messages([Up, Down])
    const world = await World.start({
      server: { classes: [], messages: talk },
      client: { classes: [], messages: talk },
    })
    const client = await world.join()
    const errors = record(world.server, 'error')
    expect(() => world.server.messages.send(Up, { text: '' })).to.throw(UsageError, 'up goes to the server alone')
    expect(() => client.messages.send(Down, { text: '' })).to.throw(UsageError, 'down goes to the client alone')
    await failureOf(client.messages.ask(Down, { text: '' }), UsageError)
    await world.settle()
    expect(errors).to.be.empty
    expect(client.connected).to.equal(true)
    await world.stop()
  })
})
