/** Connection types: which are served, what they do, and the handshake that leads to them. */
import { expect } from 'chai'
import { Disconnected, Rejected, SchemaError, str } from 'fieldcast'
import { type ConnectionType, defineMessage, messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'
import * as Op from '../../lib/protocol/opcodes.ts'
import { library, protocolVersion } from '../../lib/protocol/version.ts'
import { stranger } from '../support/intruder.ts'
import { failureOf, record } from '../support/outcome.ts'

const Say = defineMessage('say', { text: str(50) })
const Ask = defineMessage('ask', { text: str(50) }, { reply: str(50) })

/** Which side a hook ran on, and whom it saw. */
type Story = unknown[]

function spectators(story: Story, more: Partial<ConnectionType> = {}): ConnectionType {
  return {
    name: 'spectator',
    init: (_, side) => void story.push(`${side} init`),
    receive: ({ name, value }, _, side) => {
      story.push(`${side} got ${name} ${(value as { text: string }).text}`)
    },
    send: ({ name, value }, _, side) => {
      story.push(`${side} sends ${name} ${(value as { text: string }).text}`)
    },
    end: (code, _, side) => void story.push(`${side} end ${code}`),
    ...more,
  }
}

async function start(types: readonly ConnectionType[], connectionType = 'spectator') {
  const talk = messages([Say, Ask], { connectionTypes: types })
  const world = await World.start({
    server: { classes: [], messages: talk },
    client: { classes: [], messages: talk, connectionType },
    latency: 20,
  })
  const heard: string[] = []
  world.server.messages.on(Say, ({ text }) => void heard.push(text))
  world.server.messages.on(Ask, ({ text }) => `you said ${text}`)
  return { world, heard }
}

describe('Connection types', () => {
  it('PG1 Handshake order hello, settype, handshake, accept; both sides end in ACTIVE; completion hook on each side once', async () => {
    const story: Story = []
    const talk = messages([Say], { connectionTypes: [spectators(story)] })
    const world = await World.start({
      server: { classes: [], messages: talk },
      client: { classes: [], messages: talk, connectionType: 'spectator' },
      latency: 20,
      trace: true,
    })
    const connects = record(world.server, 'connect')
    const hellos: unknown[] = []
    const client = await world.join(undefined, { on: { hello: hello => hellos.push(hello) } })
    await world.settle()
    // Type and login are one frame; the server's messages come with its welcome, which accepts.
    const ops = world.trace.map(({ to, bytes }) => `${to === 'server' ? 'client' : 'server'} ${bytes[0]}`)
    expect(ops.slice(0, 3)).to.deep.equal([`server ${Op.Hello}`, `client ${Op.Select}`, `server ${Op.Welcome}`])
    expect(hellos).to.have.lengthOf(1)
    expect(connects).to.have.lengthOf(1)
    expect(story).to.have.members(['client init', 'server init']).and.have.lengthOf(2)
    expect(client.messages.state).to.equal('active')
    expect(world.server.clients.get(client.id)!.messages.state).to.equal('active')
    await world.stop()
  })

  it('PG2 Different protocol version → closed with protoversionmismatch; different library version only → accepted', async () => {
    const { world } = await start([])
    const other = await stranger(world)
    other.select(world.server.schemaHash, 'game', protocolVersion + 1)
    await world.until(other.gone)
    expect(other.closed!.code).to.equal(6)
    // A client tells no version of its library at all; the server's is for people to read.
    const hellos: { library: string }[] = []
    await world.join(undefined, { connectionType: 'game', on: { hello: hello => hellos.push(hello) } })
    expect(hellos.map(({ library }) => library)).to.deep.equal([library])
    await world.stop()
  })

  it('PG3 Unknown connection type → closed with unknownconntype; none given → classic, which is game here', async () => {
    const { world } = await start([spectators([])])
    const error = await failureOf(world.join(undefined, { connectionType: 'editor' }), Disconnected)
    expect(error.reason).to.equal('unknown-connection-type')
    const heard: string[] = []
    const Game = defineMessage('game-only', { text: str(9) }, { connectionType: 'game', invalid: 'close' })
    const plain = await World.start({
      server: { classes: [], messages: messages([Game]) },
      client: { classes: [], messages: messages([Game]) },
    })
    plain.server.messages.on(Game, ({ text }) => void heard.push(text))
    const client = await plain.join()
    client.messages.send(Game, { text: 'here' })
    await plain.settle()
    expect(heard).to.deep.equal(['here'])
    await plain.stop()
    await world.stop()
  })

  it('of one’s own are served without being named twice, and see each message on both sides, in order', async () => {
    const story: Story = []
    const { world, heard } = await start([spectators(story)])
    const client = await world.join()
    client.messages.on(Say, ({ text }) => void heard.push(`back ${text}`))
    await world.settle()
    client.messages.send(Say, { text: 'up' })
    await world.settle()
    world.server.messages.send(Say, { text: 'down' })
    await world.settle()
    expect(await world.until(client.messages.ask(Ask, { text: 'why' }))).to.equal('you said why')
    client.close()
    await world.settle()
    expect(heard).to.deep.equal(['up', 'back down'])
    expect(story.slice(2)).to.deep.equal([
      'client sends say up',
      'server got say up',
      'server sends say down',
      'client got say down',
      'client sends ask why',
      'server got ask why',
      'client end 1',
      'server end 1',
    ])
    await world.stop()
  })

  it('stop what they give true for: it is neither sent nor handled, and who asks is told', async () => {
    const quiet: ConnectionType = {
      name: 'spectator',
      receive: ({ value }, _, side) => side === 'server' && (value as { text: string }).text.startsWith('psst'),
      send: ({ value }) => (value as { text: string }).text.startsWith('secret'),
    }
    const { world, heard } = await start([quiet])
    const [client, player] = [await world.join(), await world.join(undefined, { connectionType: 'game' })]
    const back: string[] = []
    client.messages.on(Say, ({ text }) => void back.push(`spectator ${text}`))
    player.messages.on(Say, ({ text }) => void back.push(`player ${text}`))
    for (const text of ['psst', 'secret', 'plain']) client.messages.send(Say, { text })
    player.messages.send(Say, { text: 'psst as well' })
    await world.settle()
    expect(heard.sort()).to.deep.equal(['plain', 'psst as well'])
    world.server.messages.send(Say, { text: 'secret' })
    world.server.messages.send(Say, { text: 'news' })
    await world.settle()
    expect(back.sort()).to.deep.equal(['player news', 'player secret', 'spectator news'])
    for (const text of ['psst', 'secret']) {
      const refused = await world.until(failureOf(client.messages.ask(Ask, { text }), Rejected))
      expect(refused.reason).to.equal('dropped')
    }
    expect(await world.until(player.messages.ask(Ask, { text: 'psst' }))).to.equal('you said psst')
    await world.stop()
  })

  it('are one object for all connections of a side, which tells them apart by their peer', async () => {
    const seen = new Map<unknown, string[]>()
    let begun = 0
    const type: ConnectionType = {
      name: 'spectator',
      init(_, side) {
        expect(this).to.equal(type)
        if (side === 'server') begun++
      },
      receive: ({ value }, peer, side) => {
        if (side === 'server') seen.set(peer, [...(seen.get(peer) ?? []), (value as { text: string }).text])
      },
    }
    const { world } = await start([type])
    const [a, b] = [await world.join(), await world.join()]
    a.messages.send(Say, { text: 'from a' })
    b.messages.send(Say, { text: 'from b' })
    await world.settle()
    expect(begun).to.equal(2)
    const clientOf = (id: number) => world.server.clients.get(id)!
    expect(seen).to.deep.equal(
      new Map([
        [clientOf(a.id), ['from a']],
        [clientOf(b.id), ['from b']],
      ]),
    )
    await world.stop()
  })

  it('may send from their first hook on', async () => {
    const hello: ConnectionType = {
      name: 'spectator',
      init: (peer, side) => (side === 'client' ? peer : peer.messages).send(Say, { text: `hello from the ${side}` }),
    }
    const heard: string[] = []
    const talk = messages([Say], { connectionTypes: [hello] }).on(Say, ({ text }) => void heard.push(text))
    const world = await World.start({
      server: { classes: [], messages: talk },
      client: { classes: [], messages: talk, connectionType: 'spectator' },
      latency: 20,
    })
    await world.join()
    await world.settle()
    expect(heard).to.have.members(['hello from the client', 'hello from the server']).and.have.lengthOf(2)
    await world.stop()
  })

  it('that throw cost neither side its connection: the message goes no further, and the error is told', async () => {
    const { world, heard } = await start([
      {
        name: 'spectator',
        receive: ({ value }) => {
          if ((value as { text: string }).text === 'boom') throw new Error('in receive')
        },
        end: () => {
          throw new Error('in end')
        },
      },
    ])
    const client = await world.join()
    const [here, there] = [record(client, 'error'), record(world.server, 'error')]
    for (const text of ['boom', 'calm']) client.messages.send(Say, { text })
    await world.settle()
    expect(heard).to.deep.equal(['calm'])
    expect(client.connected).to.equal(true)
    client.close()
    await world.settle()
    expect(there.map(({ where }) => where)).to.deep.equal([
      'receive of the connection type spectator',
      'end of the connection type spectator',
    ])
    expect(here.map(({ where }) => where)).to.deep.equal(['end of the connection type spectator'])
    await world.stop()
  })

  it('of one name are refused, as are names that are none', () => {
    const types = (...names: unknown[]) =>
      messages([Say], { connectionTypes: names.map(name => ({ name }) as ConnectionType) })
    expect(() => types('spectator', 'spectator')).to.throw(SchemaError, 'spectator is registered already')
    for (const name of ['', 5, undefined, 'x'.repeat(101), 'a\nb', '\u202e'])
      expect(() => types(name)).to.throw(SchemaError, '1 to 100 characters')
    expect(types('game', 'spectator').connectionTypes).to.deep.equal(['game', 'spectator'])
  })
})
