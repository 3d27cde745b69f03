/** Messages by id, by name and by themselves; and two sides that know different ones. */
import { expect } from 'chai'
import { Disconnected, int32, SchemaError, str, UsageError } from 'fieldcast'
import type { Client } from 'fieldcast/client'
import { defineMessage, type MessageKey, MessageRegistry, messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'
import { next } from '../support/outcome.ts'

const Say = defineMessage('say', { text: str(50) })
const Add = defineMessage('add', { a: int32, b: int32 }, { reply: int32 })
const Poke = defineMessage('poke', { whom: int32 })

describe('MessageRegistry', () => {
  it('PG6 Registry converts id/name/object in all nine directions', () => {
    const registry = new MessageRegistry([Say, Add])
    const id = registry.id(Say)
    for (const key of [id, 'say', Say] as const) {
      expect(registry.id(key)).to.equal(id)
      expect(registry.name(key)).to.equal('say')
      expect(registry.type(key)).to.equal(Say)
      expect(registry.get(key)).to.deep.equal({ id, name: 'say', type: Say })
      expect(registry.has(key)).to.equal(true)
    }
  })

  it('PG6 auto ids start at 64, by name, whatever the order of the list', () => {
    const ids = (list: Iterable<typeof Say | typeof Add | typeof Poke>) =>
      Object.fromEntries([...new MessageRegistry(list)].map(({ name, id }) => [name, id]))
    expect(ids([Say, Add, Poke])).to.deep.equal({ add: 64, poke: 65, say: 66 })
    expect(ids([Poke, Say, Add])).to.deep.equal({ add: 64, poke: 65, say: 66 })
  })

  it('PG6 auto ids go around those that were given by hand, and take up what was deleted', () => {
    const Fixed = defineMessage('fixed', {}, { id: 64 })
    const registry = new MessageRegistry([Say, Fixed])
    expect([registry.id('fixed'), registry.id('say')]).to.deep.equal([64, 65])
    expect(registry.register(Add, 70).id).to.equal(70)
    expect(registry.delete('say')).to.equal(true)
    expect(registry.delete('say')).to.equal(false)
    expect(registry.has(Say)).to.equal(false)
    expect(registry.size).to.equal(2)
    expect(registry.register(Poke).id).to.equal(65)
  })

  it('PG6 wrong type throws', () => {
    const registry = new MessageRegistry([Say])
    for (const wrong of [undefined, null, true, Symbol('say'), 1n])
      expect(() => registry.get(wrong as never)).to.throw(UsageError, 'its id, its name or itself')
    for (const wrong of [{}, class {}, [], () => {}]) {
      expect(() => registry.get(wrong as never)).to.throw(SchemaError, 'is no message')
      expect(() => registry.register(wrong as never)).to.throw(SchemaError, 'is no message')
      expect(() => new MessageRegistry([wrong as never])).to.throw(SchemaError, 'is no message')
    }
    for (const absent of [63, 65, -1, Number.NaN, 64.5, 'Say', '', '__proto__', Add] as MessageKey[]) {
      expect(registry.find(absent), String(absent)).to.equal(undefined)
      expect(() => registry.get(absent)).to.throw(UsageError, 'is not registered')
    }
  })

  it('PG6 duplicate throws AlreadyRegistered, and the first stays', () => {
    const registry = new MessageRegistry([Say])
    const other = defineMessage('say', { n: int32 })
    expect(() => registry.register(Say)).to.throw(SchemaError, 'say is registered already, under the id 64')
    expect(() => registry.register(other, 99)).to.throw(SchemaError, 'say is registered already')
    expect(() => registry.register(Add, 64)).to.throw(SchemaError, 'id 64 is used twice, by say and by add')
    expect(() => new MessageRegistry([Say, Say])).to.throw(SchemaError, 'registered already')
    expect([...registry]).to.deep.equal([{ id: 64, name: 'say', type: Say }])
    // One of the same name is not the same message.
    expect(registry.has(other)).to.equal(false)
  })

  it('takes ids from 64 to 65,535 and none of the library’s', () => {
    for (const id of [0, 16, 63, 65_536, -64, 64.5, Number.NaN])
      expect(() => new MessageRegistry().register(Say, id), String(id)).to.throw(SchemaError, '64 to 65535')
    expect(new MessageRegistry().register(Say, 65_535).id).to.equal(65_535)
    expect(() => defineMessage('fieldcast:hello', {})).to.throw(SchemaError, 'the library')
  })
})

describe('Two sides that know different messages', () => {
  const start = (
    server: readonly (typeof Say | typeof Add | typeof Poke)[],
    client: readonly (typeof Say | typeof Add | typeof Poke)[],
    missing?: 'close' | 'ignore',
  ) =>
    World.start({
      server: { classes: [], messages: messages(server) },
      client: { classes: [], messages: messages(client, missing && { missing }) },
      latency: 20,
    })

  /** How a join ends: with what it rejects, or with the end that follows it. */
  async function endOf(world: World): Promise<{ reason: string; text: string }> {
    try {
      const client: Client = await world.join()
      if (!client.connected) return { reason: 'over', text: '' }
      return await world.until(next(client, 'close'))
    } catch (error) {
      expect(error).to.be.instanceOf(Disconnected)
      return { reason: (error as Disconnected).reason, text: (error as Error).message }
    }
  }

  it('PG5 Missing packet: closeconnection → packetregmismatch, which names it', async () => {
    for (const [server, client, why] of [
      [[Say, Add], [Say], 'this client has no message add'],
      [[Say], [Say, Add], 'the server has no message add'],
    ] as const) {
      const world = await start(server, client)
      const there = next(world.server, 'close')
      const { reason, text } = await endOf(world)
      expect(reason).to.equal('message-mismatch')
      expect(text).to.include(why)
      expect((await world.until(there)).reason).to.equal('message-mismatch')
      await world.stop()
    }
  })

  it('PG5 Missing packet: ignore → connection works for common packets', async () => {
    const world = await start([Say, Poke], [Say, Add], 'ignore')
    const heard: string[] = []
    const unknown: number[] = []
    world.server.messages.on(Say, ({ text }) => void heard.push(text))
    const client = await world.join()
    client.messages.on(Say, ({ text }) => void heard.push(`back ${text}`))
    client.messages.onEvent('unknown', ({ id }) => void unknown.push(id))
    await world.settle()
    client.messages.send(Say, { text: 'one' })
    world.server.messages.send(Say, { text: 'two' })
    world.server.messages.send(Poke, { whom: 3 })
    expect(() => client.messages.send(Add, { a: 1, b: 2 })).to.throw(UsageError, 'The server knows no message add')
    await world.settle()
    expect(heard.sort()).to.deep.equal(['back two', 'one'])
    expect(unknown).to.deep.equal([world.server.messages.registry.id(Poke)])
    expect(client.connected).to.equal(true)
    await world.stop()
  })

  it('PG5 The same names registered in a different order work: no packet is lost, nor taken for another', async () => {
    const swapped = (names: readonly (typeof Say | typeof Poke | typeof Add)[]): MessageRegistry => {
      const registry = new MessageRegistry()
      for (const message of names) registry.register(message)
      return registry
    }
    const [theirs, ours] = [swapped([Say, Poke, Add]), swapped([Add, Say, Poke])]
    expect(theirs.id(Say)).to.not.equal(ours.id(Say))
    const world = await World.start({
      server: { classes: [], messages: messages(theirs) },
      client: { classes: [], messages: messages(ours) },
      latency: 20,
    })
    const heard: unknown[] = []
    world.server.messages.onAny(({ name, value }) => void heard.push(['server', name, value]))
    world.server.messages.on(Add, ({ a, b }) => a + b)
    const client = await world.join()
    client.messages.onAny(({ name, value }) => void heard.push(['client', name, value]))
    client.messages.send(Say, { text: 'up' })
    client.messages.send(Poke, { whom: 1 })
    expect(await world.until(client.messages.ask(Add, { a: 2, b: 3 }))).to.equal(5)
    world.server.messages.send(Say, { text: 'down' })
    world.server.messages.send(Poke, { whom: 2 })
    await world.settle()
    expect(heard).to.deep.equal([
      ['server', 'say', { text: 'up' }],
      ['server', 'poke', { whom: 1 }],
      ['server', 'add', { a: 2, b: 3 }],
      ['client', 'say', { text: 'down' }],
      ['client', 'poke', { whom: 2 }],
    ])
    await world.stop()
  })

  it('are refused with `autosync: false` where the ids differ', async () => {
    const Named = defineMessage('say', { text: str(50) }, { id: 80 })
    const world = await World.start({
      server: { classes: [], messages: messages([Say]) },
      client: { classes: [], messages: messages([Named], { autosync: false }) },
    })
    const { reason, text } = await endOf(world)
    expect(reason).to.equal('message-mismatch')
    expect(text).to.include('say has the id 80 here and 64 at the server')
    await world.stop()
  })

  it('are refused where one message has other fields, also with `missing: ignore`', async () => {
    const Other = defineMessage('say', { text: str(51) })
    const world = await World.start({
      server: { classes: [], messages: messages([Say]) },
      client: { classes: [], messages: messages([Other], { missing: 'ignore' }) },
    })
    expect((await endOf(world)).text).to.include('say has other fields at the server')
    await world.stop()
  })

  it('are told so by messages(): only close and ignore are known', () => {
    expect(() => messages([Say], { missing: 'closeconnection' as never })).to.throw(UsageError, 'close or ignore')
  })
})
