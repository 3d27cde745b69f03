/** What MagicNet's own tests hold of a connection: its checks, its context, its end, the order of its beginning. */
import { expect } from 'chai'
import { str, UsageError, uint8 } from 'fieldcast'
import { defineMessage, messages } from 'fieldcast/messages'
import { createServer } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { FIRST_ID } from '../../lib/messages/definition.ts'
import { Talker } from '../support/talker.ts'

const SetName = defineMessage('set-name', { name: str(10) }, { id: FIRST_ID })
const Say = defineMessage('say', { text: str(100) })
const Heard = defineMessage('heard', { text: str(100) })
const Level = defineMessage('level', { level: uint8 }, { id: FIRST_ID + 10, reply: uint8 })
const plan = messages([SetName, Say, Heard, Level])

async function start(violations: 'close' | 'ignore' = 'close') {
  const world = await World.start({
    server: { classes: [], messages: plan, violations, motd: 'Be kind.' },
    client: { classes: [], messages: plan },
    latency: 10,
  })
  const seen: string[] = []
  world.server.on('violation', ({ reason, detail }) => void seen.push(`${reason} ${detail}`))
  return { world, seen }
}

/** A text, with its length in one byte. */
const text = (value: string): Uint8Array => Uint8Array.of(value.length, ...Buffer.from(value))

describe('As MagicNet has it', () => {
  it('MN3 A message not matching its declared types is dropped with a warning; sending such a message throws', async () => {
    const { world, seen } = await start('ignore')
    const heard: unknown[] = []
    const { messages } = world.server
    messages.on(SetName, message => void heard.push(message))
    messages.on(Level, message => {
      heard.push(message)
      return 0
    })
    const cheat = await Talker.join(world)
    const wrong: readonly (readonly number[])[] = [
      [],
      [255],
      [...text('x'.repeat(11))],
      [...text('ann'), 7],
      [3, 0xff, 0xfe, 0xfd],
    ]
    for (const bytes of wrong)
      cheat.say(w => {
        w.varint(FIRST_ID)
        w.raw(Uint8Array.from(bytes))
      })
    cheat.say(w => {
      w.varint(FIRST_ID + 10)
      w.raw(Uint8Array.of(1, 2, 3, 4))
    })
    await cheat.settle()
    expect(heard).to.deep.equal([])
    expect(seen).to.have.length(wrong.length + 1)
    for (const violation of seen) expect(violation).to.match(/^bad-arguments (set-name|level): /)
    cheat.say(w => {
      w.varint(FIRST_ID)
      w.raw(text('ann'))
    })
    await cheat.settle()
    expect(heard).to.deep.equal([{ name: 'ann' }])
    expect(cheat.connected).to.equal(true)

    const honest = await world.join()
    expect(() => honest.messages.send(SetName, { name: 'x'.repeat(11) })).to.throw('name')
    expect(() => honest.messages.send(SetName, {} as never)).to.throw('name')
    await world.settle()
    expect(heard).to.have.length(1)
    await world.stop()
  })

  it('MN3 Without that policy it costs its sender the connection, and nobody else theirs', async () => {
    const { world } = await start()
    const honest = await world.join()
    const cheat = await Talker.join(world)
    cheat.say(w => {
      w.varint(FIRST_ID)
      w.raw(Uint8Array.of(255))
    })
    expect(await cheat.fate()).to.equal('bad-arguments')
    expect(honest.connected).to.equal(true)
    await world.stop()
  })

  it('MN4 Connection context set by one message is readable by the next of the same connection, not of others', async () => {
    const { world } = await start()
    const { messages } = world.server
    messages.on(SetName, ({ name }, client) => {
      client.context['name'] = name
    })
    const said: string[] = []
    messages.on(Say, ({ text }, client) => void said.push(`${client.context['name'] ?? 'nobody'}: ${text}`))
    const ann = await world.join()
    const bob = await world.join()
    ann.messages.send(SetName, { name: 'ann' })
    ann.messages.send(Say, { text: 'hello' })
    bob.messages.send(Say, { text: 'hi' })
    await world.settle()
    expect(said).to.deep.equal(['ann: hello', 'nobody: hi'])
    await world.stop()
  })

  it('MN6 `disconnectSender(10, text)` gives the client a disconnect event with that text, then closure', async () => {
    const { world } = await start()
    const { messages } = world.server
    const order: string[] = []
    messages.on(Say, (_, client) => {
      client.messages.send(Heard, { text: 'the last word' })
      client.kick(1010, 'Tell your name first.')
    })
    const client = await world.join()
    client.messages.on(Heard, ({ text }) => void order.push(text))
    const closed = new Promise<unknown>(resolve => client.on('close', resolve))
    client.on('close', ({ text }) => void order.push(text))
    client.messages.send(Say, { text: 'hello' })
    client.messages.send(Say, { text: 'and more' })
    expect(await world.until(closed)).to.deep.include({ code: 1010, reason: 'game', text: 'Tell your name first.' })
    expect(order).to.deep.equal(['the last word', 'Tell your name first.'])
    expect([client.connected, world.server.clients.size]).to.deep.equal([false, 0])
    await world.stop()
  })

  it('MN6 A text that is too long arrives cut, with its code', async () => {
    const { world } = await start()
    const client = await world.join()
    const closed = new Promise<unknown>(resolve => client.on('close', resolve))
    world.server.clients.get(client.id)!.kick(1010, '😀'.repeat(10_000))
    expect(await world.until(closed)).to.deep.include({ code: 1010, text: '😀'.repeat(1024) })
    await world.stop()
  })

  it('MN7 A message of the day that no client would read is refused where the server is made', () => {
    expect(() => createServer({ classes: [], motd: 'x'.repeat(4097) })).to.throw(UsageError, '4096')
    expect(() => createServer({ classes: [], motd: 5 as never })).to.throw(UsageError, 'motd')
    createServer({ classes: [], motd: 'é'.repeat(2048) })
  })

  it('MN7 Event order on connect: motd at client, activated at server, activated at client: who is told that it is in is in', async () => {
    const { world } = await start()
    const order: string[] = []
    world.server.on('connect', () => void order.push('activated at server'))
    await world.join(undefined, {
      on: {
        hello: ({ motd }) => void order.push(`motd at client: ${motd}`),
      },
    })
    order.push('activated at client')
    expect(order).to.deep.equal(['motd at client: Be kind.', 'activated at server', 'activated at client'])
    await world.stop()
  })
})
