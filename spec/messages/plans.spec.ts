/** What a game says of its messages, once: for several servers and clients, and where the two sides do not say the same. Rule 34 of docs/guarantees.md. */
import { expect } from 'chai'
import { Disconnected, int32, str, uint32 } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { defineMessage, type MessagePlan, messages } from 'fieldcast/messages'
import { createServer, UsageError } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import { failureOf } from '../support/outcome.ts'

const Count = defineMessage('count', { n: uint32 })
const Load = defineMessage('load', { n: uint32 })
const Say = defineMessage('say', { text: str(200) })
const Add = defineMessage('add', { a: int32, b: int32 }, { reply: int32 })
const plan = (): MessagePlan => messages([Count, Load, Say, Add])

const start = (server: object, talk = plan()): Promise<World> =>
  World.start({
    latency: 20,
    server: { classes: [], messages: talk, ...server },
    client: { classes: [], messages: talk },
  })

describe('A plan of messages', () => {
  it('is what createServer takes, and no list', () => {
    expect(() => createServer({ classes: [], messages: [Say] as never })).to.throw(UsageError, 'messages([...])')
  })

  it('serves several servers and clients of one process, which do not mix; and may be empty', async () => {
    const talk = plan()
    const wire = [memory(), memory()]
    const heard: string[] = []
    const servers = wire.map((transport, i) => {
      const server = createServer({ classes: [], tickRate: 0, transports: [transport], messages: talk })
      server.messages.on(Say, ({ text }) => void heard.push(`${i} ${text}`))
      server.messages.on(Add, ({ a, b }) => a + b + i)
      return server
    })
    const urls = await Promise.all(servers.map(server => server.start()))
    const clients = await Promise.all(
      urls.map(([url], i) => connect(url!, { classes: [], transport: wire[i]!, messages: talk })),
    )
    for (const [i, client] of clients.entries()) {
      client.messages.send(Say, { text: `of ${i}` })
      expect(await client.messages.ask(Add, { a: 1, b: 1 })).to.equal(2 + i)
      client.close()
    }
    expect(heard).to.deep.equal(['0 of 0', '1 of 1'])
    await Promise.all(servers.map(server => server.stop()))

    const world = await start({}, messages([]))
    expect((await world.join()).connected).to.equal(true)
    await world.stop()
  })

  for (const zone of [0, null]) {
    it(`that differs is refused with what differs, before connect() resolves, in ${zone === null ? 'no zone' : 'a zone'}`, async () => {
      const world = await start({ zone })
      const other = messages([Count, defineMessage('say', { words: str(10) })])
      const failure = await failureOf(world.join(undefined, { messages: other }), Disconnected)
      expect(failure).to.include({ reason: 'message-mismatch' })
      expect(failure.message).to.include('say has other fields at the server').and.include('no message load')
      await world.stop()
    })

    it(`is refused by a server that takes no messages, in ${zone === null ? 'no zone' : 'a zone'}`, async () => {
      const world = await World.start({ server: { classes: [], zone }, client: { classes: [], messages: plan() } })
      const failure = await failureOf(world.join(), Disconnected)
      expect(failure).to.include({ reason: 'message-mismatch' })
      expect(failure.message).to.include('createServer({ messages: messages([...]) })')
      expect(() => world.server.messages).to.throw(UsageError, 'createServer({ messages')
      await world.stop()
    })
  }
})
