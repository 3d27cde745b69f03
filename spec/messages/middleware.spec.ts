/** What stands between messages and the wire: middleware of messages and of bytes, the filter of receivers, the word on who may send. Rule 36 of docs/guarantees.md. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { expect } from 'chai'
import { int32, str } from 'fieldcast'
import { defineMessage, type MessagesOptions, type Middleware, messages, type Passing } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'
import { Talker } from '../support/talker.ts'

const Say = defineMessage('say', { text: str(60_000) })
const Add = defineMessage('add', { a: int32, b: int32 }, { reply: int32 })
const plan = (options: MessagesOptions = {}) => messages([Say, Add], options)

type Said = { readonly text: string }
const textOf = ({ value }: Passing): string => (value as Said).text
const edited = (message: Passing, text: string): Passing => ({ ...message, value: { text } })

async function start(server: MessagesOptions, client: MessagesOptions = {}, violations: 'close' | 'ignore' = 'close') {
  const world = await World.start({
    server: { classes: [], messages: plan(server), violations },
    client: { classes: [], messages: plan(client) },
    latency: 10,
  })
  const errors: string[] = []
  world.server.on('error', ({ where, error }) => void errors.push(`${where}: ${(error as Error).message}`))
  return { world, errors }
}

/** Marks what passes with its name, each way. */
const marks = (name: string): Middleware => ({
  send: message => ('text' in message.value ? edited(message, `${textOf(message)}>${name}`) : message),
  receive: message => ('text' in message.value ? edited(message, `${textOf(message)}<${name}`) : message),
})

/** Appends a byte on the way out, and wants it as the last on the way in. */
const seals = (byte: number): Middleware => ({
  bytes: {
    send: bytes => Uint8Array.of(...bytes, byte),
    receive: bytes => (bytes.at(-1) === byte ? bytes.subarray(0, -1) : null),
  },
})

const packed: Middleware = {
  bytes: {
    send: bytes => new Uint8Array(deflateRawSync(bytes)),
    receive: bytes => new Uint8Array(inflateRawSync(bytes)),
  },
}

describe('Middleware', () => {
  it('MN30 Message operators run left-to-right on send and reversed on receive', async () => {
    const both = { middleware: [marks('a'), marks('b')] }
    const { world } = await start(both, both)
    const client = await world.join()
    const heard: string[] = []
    world.server.messages.on(Say, ({ text }) => void heard.push(text))
    client.messages.on(Say, ({ text }) => void heard.push(text))
    client.messages.send(Say, { text: 'up' })
    await world.settle()
    world.server.messages.send(Say, { text: 'down' })
    await world.settle()
    expect(heard).to.deep.equal(['up>a>b<b<a', 'down>a>b<b<a'])
    await world.stop()
  })

  it('MN30 Bytes operators run left-to-right on send and reversed on receive', async () => {
    const both = { middleware: [seals(1), seals(2)] }
    const { world } = await start(both, both)
    const client = await world.join()
    world.server.messages.on(Add, ({ a, b }) => a + b)
    client.messages.on(Add, ({ a, b }) => a * b)
    expect(await world.until(client.messages.ask(Add, { a: 2, b: 3 }))).to.equal(5)
    const { messages } = world.server.clients.get(client.id)!
    expect(await world.until(messages.ask(Add, { a: 2, b: 3 }))).to.equal(6)
    await world.stop()
  })

  it('MN30 Returning nothing drops a message, either way; later operators do not see it', async () => {
    const seen: string[] = []
    const watch: Middleware = {
      send: message => {
        seen.push(`out ${textOf(message)}`)
        return message
      },
      receive: message => {
        seen.push(`in ${textOf(message)}`)
        return message
      },
    }
    const quiet: Middleware = {
      send: message => (textOf(message).includes('secret') ? null : message),
      receive: message => {
        if (!textOf(message).includes('spam')) return message
      },
    }
    const { world } = await start({ middleware: [watch, quiet] }, { middleware: [quiet, watch] })
    const client = await world.join()
    const heard: string[] = []
    const lost: unknown[] = []
    world.server.messages.on(Say, ({ text }) => void heard.push(text))
    client.messages.onEvent('lost', event => lost.push(event))
    for (const text of ['secret', 'spam', 'hello']) client.messages.send(Say, { text })
    await world.settle()
    expect(heard).to.deep.equal(['hello'])
    expect(seen).to.deep.equal(['out spam', 'out hello', 'in hello'])
    expect(lost).to.deep.equal([])
    await world.stop()
  })

  it('MN30 Returning nothing drops bytes, either way', async () => {
    const gate = { open: true }
    const closes = (way: 'send' | 'receive'): Middleware => ({
      bytes: { [way]: (bytes: Uint8Array) => (gate.open ? bytes : undefined) },
    })
    for (const options of [{ middleware: [closes('send')] }, { middleware: [closes('receive')] }]) {
      gate.open = true
      const [server, client] = 'send' in options.middleware[0]!.bytes! ? [{}, options] : [options, {}]
      const { world } = await start(server, client)
      const joined = await world.join()
      const heard: string[] = []
      const lost: unknown[] = []
      joined.messages.onEvent('lost', event => lost.push(event))
      world.server.messages.on(Say, ({ text }) => void heard.push(text))
      joined.messages.send(Say, { text: 'one' })
      await world.settle()
      gate.open = false
      joined.messages.send(Say, { text: 'two' })
      await world.settle()
      expect(heard).to.deep.equal(['one'])
      expect(lost).to.deep.equal([])
      await world.stop()
    }
  })

  it('packs bytes on one side and unpacks them on the other', async () => {
    const both = { middleware: [packed] }
    const { world } = await start(both, both)
    const client = await world.join()
    const text = 'again '.repeat(9_000)
    let heard = ''
    world.server.messages.on(Say, message => void (heard = message.text))
    client.messages.send(Say, { text })
    await world.settle()
    expect(heard).to.equal(text)
    await world.stop()
  })

  it('sees bytes once for each send, whoever receives them, and all receivers share the frame', async () => {
    let count = 0
    const counts: Middleware = { bytes: { send: bytes => (count++, bytes.slice()) } }
    const { world } = await start({ middleware: [counts] })
    for (let i = 0; i < 3; i++) await world.join()
    await world.settle()
    count = 0
    world.server.messages.send(Say, { text: 'to three' })
    await world.settle()
    expect(count).to.equal(1)
    await world.stop()
  })

  it('tells whoever asks that its own side dropped the question, or the other', async () => {
    const drops: Middleware = { send: () => null }
    const silent: Middleware = { receive: () => null }
    const mute: Middleware = { bytes: { send: () => null } }
    for (const [server, client] of [
      [{}, { middleware: [drops] }],
      [{ middleware: [silent] }, {}],
      [{}, { middleware: [mute] }],
    ] as const) {
      const { world } = await start(server, client)
      const joined = await world.join()
      const refused = await world.until(joined.messages.ask(Add, { a: 1, b: 2 }).catch(error => error))
      expect(refused).to.include({ code: 'rejected', reason: 'dropped' })
      await world.stop()
    }
  })

  const failing = (way: 'send' | 'receive', of: 'message' | 'bytes'): Middleware => {
    let left = 1
    const once = <T>(passing: T): T => {
      if (left-- > 0) throw new Error('broken')
      return passing
    }
    return of === 'bytes' ? { bytes: { [way]: once<Uint8Array> } } : { [way]: once<Passing> }
  }

  for (const of of ['message', 'bytes'] as const)
    it(`that throws on what it receives drops the ${of}, with an error event; the connection stays`, async () => {
      const { world, errors } = await start({ middleware: [failing('receive', of)] })
      const client = await world.join()
      const heard: string[] = []
      world.server.messages.on(Say, ({ text }) => void heard.push(text))
      for (const text of ['one', 'two']) client.messages.send(Say, { text })
      await world.settle()
      expect(heard).to.deep.equal(['two'])
      expect(errors).to.have.length(1)
      expect(errors[0]).to.include('middleware that receives').and.include('broken')
      expect(world.server.clients.size).to.equal(1)
      await world.stop()
    })

  it('that throws on what it sends drops the message, with an error event; the sender goes on', async () => {
    const { world } = await start({}, { middleware: [failing('send', 'message')] })
    const client = await world.join()
    const errors: string[] = []
    client.on('error', ({ where }) => void errors.push(where))
    const heard: string[] = []
    world.server.messages.on(Say, ({ text }) => void heard.push(text))
    for (const text of ['one', 'two']) client.messages.send(Say, { text })
    await world.settle()
    expect(heard).to.deep.equal(['two'])
    expect(errors).to.deep.equal(['the middleware that sends say'])
    await world.stop()
  })

  it('of bytes that throws on what it sends drops the message, with an error event; the receivers stay', async () => {
    let broken = false
    const breaks: Middleware = {
      bytes: {
        send: bytes => {
          if (broken) throw new Error('broken')
          return bytes
        },
      },
    }
    const { world, errors } = await start({ middleware: [breaks] })
    const client = await world.join()
    await world.settle()
    const heard: string[] = []
    client.messages.on(Say, ({ text }) => void heard.push(text))
    broken = true
    world.server.messages.send(Say, { text: 'one' })
    broken = false
    world.server.messages.send(Say, { text: 'two' })
    await world.settle()
    expect(heard).to.deep.equal(['two'])
    expect(errors).to.deep.equal(['the middleware that sends bytes: broken'])
    await world.stop()
  })

  it('that is async, or gives something else, drops what it was given and says so', async () => {
    const wrong = [
      { receive: async (message: Passing) => message },
      { receive: () => 'text' },
      { bytes: { receive: async (bytes: Uint8Array) => bytes } },
    ] as unknown as Middleware[]
    for (const middleware of wrong) {
      const { world, errors } = await start({ middleware: [middleware] })
      const client = await world.join()
      let heard = 0
      world.server.messages.on(Say, () => void heard++)
      client.messages.send(Say, { text: 'hello' })
      await world.settle()
      expect(heard).to.equal(0)
      expect(errors[0]).to.include('cannot be async')
      await world.stop()
    }
  })

  it('that makes too much of a message drops it and says so', async () => {
    const grows: Middleware = { bytes: { send: () => new Uint8Array(1 << 20) } }
    const { world } = await start({}, { middleware: [grows] })
    const client = await world.join()
    const errors: string[] = []
    client.on('error', ({ error }) => void errors.push((error as Error).message))
    client.messages.send(Say, { text: 'hello' })
    await world.settle()
    expect(errors[0]).to.include('1048576 bytes')
    expect(world.server.clients.size).to.equal(1)
    await world.stop()
  })

  it('of bytes: whoever sends what it cannot undo has it dropped, and whoever sends nothing has sent a malformed message', async () => {
    const { world, errors } = await start({ middleware: [packed] })
    const noise = await Talker.join(world)
    noise.say(w => w.raw(Uint8Array.of(255, 254, 253)))
    await noise.settle()
    expect(errors).to.have.length(1)
    expect(noise.connected).to.equal(true)
    noise.say(w => w.raw(new Uint8Array(deflateRawSync(new Uint8Array(0)))))
    expect(await noise.fate()).to.equal('malformed')
    await world.stop()
  })

  it('may not make a value that does not fit: the sender is told', async () => {
    const { world } = await start({}, { middleware: [{ send: message => ({ ...message, value: { text: 5 } }) }] })
    const client = await world.join()
    expect(() => client.messages.send(Say, { text: 'hello' })).to.throw('text')
    await world.stop()
  })
})

describe('Permission for messages', () => {
  const onlyPolite = {
    authorize: (_: unknown, message: Passing) => !('text' in message.value) || textOf(message) !== 'boo',
  }

  it('closes the connection of whoever sends what it may not, with no-permission', async () => {
    const { world } = await start(onlyPolite)
    const client = await world.join()
    const heard: string[] = []
    world.server.messages.on(Say, ({ text }) => void heard.push(text))
    client.messages.send(Say, { text: 'hello' })
    client.messages.send(Say, { text: 'boo' })
    const end = await world.until(new Promise<string>(resolve => client.on('close', ({ reason }) => resolve(reason))))
    expect([heard, end]).to.deep.equal([['hello'], 'no-permission'])
    await world.stop()
  })

  it('drops it with a violation where violations are ignored; who asked is told', async () => {
    const { world } = await start(
      { authorize: (client, { name }) => name === 'say' || client.context['adds'] === true },
      {},
      'ignore',
    )
    const violations: string[] = []
    world.server.on('violation', ({ reason, detail }) => void violations.push(`${reason}: ${detail}`))
    world.server.messages.on(Add, ({ a, b }) => a + b)
    const client = await world.join()
    const refused = await world.until(client.messages.ask(Add, { a: 1, b: 2 }).catch(error => error))
    expect(refused).to.include({ code: 'rejected', reason: 'no-permission' })
    expect(violations).to.deep.equal(['no-permission: the message add'])
    world.server.clients.get(client.id)!.context['adds'] = true
    expect(await world.until(client.messages.ask(Add, { a: 1, b: 2 }))).to.equal(3)
    await world.stop()
  })

  it('is not given by a promise, nor by whatever throws', async () => {
    for (const authorize of [async () => true, () => 1] as unknown as MessagesOptions['authorize'][]) {
      const { world } = await start({ authorize: authorize! }, {}, 'ignore')
      const client = await world.join()
      let heard = 0
      world.server.messages.on(Say, () => void heard++)
      client.messages.send(Say, { text: 'hello' })
      await world.settle()
      expect(heard).to.equal(0)
      await world.stop()
    }
    const { world, errors } = await start({
      authorize: () => {
        throw new Error('unsure')
      },
    })
    const client = await world.join()
    world.server.messages.on(Add, ({ a, b }) => a + b)
    const refused = await world.until(client.messages.ask(Add, { a: 1, b: 2 }).catch(error => error))
    expect(refused).to.include({ code: 'rejected', reason: 'error' })
    expect(errors).to.deep.equal(['what authorizes add: unsure'])
    expect(world.server.clients.size).to.equal(1)
    await world.stop()
  })
})

describe('The filter of receivers', () => {
  const team = (client: { readonly context: Record<string, unknown> }) => client.context['team'] === 'red'

  it('says who gets what is sent to everybody, and nothing of what is sent to some', async () => {
    const { world } = await start({ filter: team })
    const heard: string[] = []
    const join = async (name: string, colour: string) => {
      const client = await world.join()
      const remote = world.server.clients.get(client.id)!
      remote.context['team'] = colour
      client.messages.on(Say, ({ text }) => void heard.push(`${name} ${text}`))
      return remote
    }
    await join('ann', 'red')
    const bob = await join('bob', 'blue')
    world.server.messages.send(Say, { text: 'reds' })
    world.server.messages.send(Say, { text: 'bob' }, { to: bob })
    await world.settle()
    expect(heard).to.deep.equal(['ann reds', 'bob bob'])
    await world.stop()
  })

  it('that throws keeps the message from that client, with an error event; the others get it', async () => {
    const { world, errors } = await start({
      filter: client => {
        if (client.context['broken']) throw new Error('broken')
        return true
      },
    })
    const heard: string[] = []
    for (const name of ['ann', 'bob']) {
      const client = await world.join()
      client.messages.on(Say, ({ text }) => void heard.push(`${name} ${text}`))
      if (name === 'ann') world.server.clients.get(client.id)!.context['broken'] = true
    }
    world.server.messages.send(Say, { text: 'hello' })
    await world.settle()
    expect(heard).to.deep.equal(['bob hello'])
    expect(errors).to.deep.equal(['the filter of say: broken'])
    await world.stop()
  })
})
