/** Typed messages between a server and its clients, each by name or id, with and without a reply. Rule 34 of docs/guarantees.md. */
import { expect } from 'chai'
import { ArgumentError, int32, Reject, str, wire } from 'fieldcast'
import { defineMessage, messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'

const Say = defineMessage('say', { text: str(200) }, { id: 64 })
const Heard = defineMessage('heard', { from: int32, text: str(200) })
const Add = defineMessage('add', { a: int32, b: int32 }, { reply: int32 })
const talk = messages([Say, Heard, Add])

const start = () =>
  World.start({ server: { classes: [], messages: talk }, client: { classes: [], messages: talk }, latency: 20 })

describe('Messages', () => {
  it('MN1 Custom message id 64 with a string parameter reaches its processor on the server with the sender’s handle', async () => {
    const world = await start()
    const heard: unknown[] = []
    world.server.messages.on(Say, ({ text }, client) => void heard.push([text, client.id]))
    const client = await world.join()
    client.messages.send(Say, { text: 'hello' })
    await world.settle()
    expect(heard).to.deep.equal([['hello', client.id]])
    await world.stop()
  })

  it('MN5 Message with destination goes to that client only; without, to all', async () => {
    const world = await start()
    const heard: string[] = []
    const join = async (name: string) => {
      const client = await world.join()
      client.messages.on(Heard, ({ text }) => void heard.push(`${name} ${text}`))
      return client
    }
    const ann = await join('ann')
    await join('bob')
    await join('cyd')
    const { clients, messages } = world.server
    messages.send(Heard, { from: 0, text: 'all' })
    messages.send(Heard, { from: 0, text: 'one' }, { to: clients.get(ann.id)! })
    messages.send(Heard, { from: 0, text: 'others' }, { except: clients.get(ann.id)! })
    clients.get(ann.id)!.messages.send(Heard, { from: 0, text: 'own' })
    await world.settle()
    expect(heard.sort()).to.deep.equal([
      'ann all',
      'ann one',
      'ann own',
      'bob all',
      'bob others',
      'cyd all',
      'cyd others',
    ])
    await world.stop()
  })

  it('are answered where they ask for it, either way, and refused with a reason', async () => {
    const world = await start()
    world.server.messages.on(Add, ({ a, b }) => {
      if (a < 0) throw new Reject('negative')
      return a + b
    })
    const client = await world.join()
    client.messages.on(Add, async ({ a, b }) => a * b)
    expect(await world.until(client.messages.ask(Add, { a: 1, b: 2 }))).to.equal(3)
    const { messages } = world.server.clients.get(client.id)!
    expect(await world.until(messages.ask(Add, { a: 4, b: 5 }))).to.equal(20)
    const refused = await world.until(client.messages.ask(Add, { a: -1, b: 2 }).catch(error => error))
    expect(refused).to.include({ code: 'rejected', reason: 'negative' })
    await world.stop()
  })

  it('MN3 sending a message that does not match its types throws, and nothing is sent', async () => {
    const world = await start()
    const client = await world.join()
    expect(() => client.messages.send(Say, { text: 5 as never })).to.throw(ArgumentError, 'text')
    expect(() => world.server.messages.send(Heard, { from: 2 ** 40, text: '' })).to.throw(ArgumentError, 'from')
    await world.stop()
  })

  it('may leave out what may be undefined', () => {
    const Move = defineMessage('move', { x: int32, fast: wire.optional(wire.anything) })
    expect(Move.name).to.equal('move')
  })
})
