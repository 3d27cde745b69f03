/** Actions from those who mean no good, or whose other side was built otherwise: nothing is run that is no handler, nothing passes for the library's own. */
import { expect } from 'chai'
import { UsageError } from 'fieldcast'
import {
  type ActionData,
  ActionListener,
  Connection,
  type ConnectionOptions,
  type Encoder,
  json,
  msgpack,
} from 'fieldcast/actions'
import { ActionServer, type ActionServerOptions, Channel } from 'fieldcast/actions/server'
import type { Client } from 'fieldcast/client'
import { messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'
import type { Writer } from '../../lib/base/bytes.ts'
import { Inner } from '../../lib/messages/envelope.ts'

const plan = messages([])
const GREETING = 0
const ACTION = 1

class Wary extends Channel {
  readonly heard: string[] = []
  readonly strange: unknown[] = []
  secret = (): void => void this.heard.push('secret')
  Network_list = ['no handler']

  Network_draw() {
    this.heard.push('draw')
  }
  Network(data: ActionData) {
    this.heard.push(`any ${data.action}`)
  }
  override onOutOfBand(data: unknown) {
    this.strange.push(data)
  }
  override onClose() {
    this.heard.push('closed')
  }
}

describe('Actions of the hostile', () => {
  let world: World
  let server: ActionServer<Wary>
  let violations: string[]

  async function start(options: Partial<ActionServerOptions<Wary>> = {}) {
    world = await World.start({
      server: { classes: [], messages: plan },
      client: { classes: [], messages: plan },
      latency: 20,
    })
    violations = []
    world.server.on('violation', ({ reason, detail }) => violations.push(`${reason}: ${detail}`))
    server = new ActionServer({ channel: Wary, server: world.server, ...options })
    await server.start()
  }
  afterEach(() => world?.stop())

  async function join(options: ConnectionOptions = {}) {
    const connection = new Connection(options)
    const client = await world.join()
    const isConnected = await world.until(connection.use(client))
    return { connection, client, isConnected, channel: [...server.channels].at(-1)! }
  }

  /** What is sent past the library. */
  const tell = (client: Client, put: (w: Writer) => void) => client.messages.talk.tell(Inner.action, put)
  const raw = (client: Client, data: unknown, encoder: Encoder = msgpack) =>
    tell(client, w => {
      w.u8(ACTION)
      w.raw(encoder.encode(data))
    })

  it('reach handlers named Network_<action> and nothing else, whatever the action is called', async () => {
    await start()
    const { client, channel } = await join()
    const names = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'send', 'close']
    const own = ['secret', 'server', 'onClose', 'onError', 'Network_draw', 'list', '', '#heard', 'draw\0', 'Draw']
    for (const action of [...names, ...own]) raw(client, { action })
    raw(client, JSON.parse('{"action":"draw","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'))
    await world.settle()
    expect(channel.heard).to.deep.equal([...[...names, ...own].map(name => `any ${name}`), 'draw', 'any draw'])
    expect(({} as any).polluted).to.equal(undefined)
    expect(channel.address).to.equal('')
    expect([...server.channels]).to.deep.equal([channel])
  })

  it('are ignored where nobody handles them and there is no catch-all', async () => {
    await start({ channel: Channel as never })
    const { client, connection } = await join()
    raw(client, { action: 'nothing' })
    await world.settle()
    expect(connection.connected).to.equal(true)
    expect(violations).to.be.empty
  })

  it('do not pass for the library’s own events: those of the wire are out of band', async () => {
    await start()
    const heard: unknown[] = []
    const strange: unknown[] = []
    class Listener extends ActionListener {
      Network(data: ActionData) {
        heard.push(data.action)
      }
      Network_disconnected() {
        heard.push('Network_disconnected')
      }
      Network_error() {
        heard.push('Network_error')
      }
      override onOutOfBand(data: unknown) {
        strange.push(data)
      }
    }
    const { client, channel, connection } = await join({ listeners: [new Listener()] })
    const forged = ['connected', 'disconnected', 'error'].map(action => ({ action, error: { text: 'forged' } }))
    for (const data of forged) {
      raw(client, data)
      world.server.messages.of(world.server.clients.get(client.id)!).tell(Inner.action, w => {
        w.u8(ACTION)
        w.raw(msgpack.encode(data))
      })
    }
    await world.settle()
    expect(channel.strange).to.deep.equal(forged)
    expect(strange).to.deep.equal(forged)
    expect(heard).to.deep.equal(['connected'])
    expect(connection.connected).to.equal(true)
  })

  for (const [what, put] of [
    ['bytes that are no msgpack', w => w.raw(Uint8Array.of(ACTION, 0xc1))],
    ['bytes behind the value', w => w.raw(Uint8Array.of(ACTION, 0x01, 0x02))],
    ['an action of no bytes', w => w.u8(ACTION)],
    ['a part that there is not', w => w.u8(9)],
    ['nothing at all', () => {}],
    [
      'a second greeting',
      w => {
        w.u8(GREETING)
        w.text('msgpack')
      },
    ],
  ] as [string, (w: Writer) => void][])
    it(`that are ${what} cost their sender the connection, and reach nobody`, async () => {
      await start()
      const { client, channel, connection } = await join()
      const other = await join()
      tell(client, put)
      await world.settle()
      expect(violations).to.have.length(1)
      expect(channel.heard).to.deep.equal(['closed'])
      expect([...server.channels]).to.deep.equal([other.channel])
      expect(connection.connected).to.equal(false)
    })

  it('that come before a greeting, or its answer, cost their sender the connection', async () => {
    await start()
    const client = await world.join()
    raw(client, { action: 'draw' })
    await world.settle()
    expect(violations).to.deep.equal(['malformed: An action came before its greeting was answered.'])
    expect(client.connected).to.equal(false)
  })

  it('of another encoder than the server’s are refused with words for both, not with silence', async () => {
    await start({ encoder: 'json' })
    const errors: any[] = []
    const listener = new ActionListener()
    listener.on('error', ({ error }) => errors.push(error))
    const { isConnected, connection } = await join({ encoder: 'msgpack', listeners: [listener] })
    expect(isConnected).to.equal(false)
    expect(connection.connected).to.equal(false)
    expect(errors).to.have.length(1)
    expect(errors[0]).to.include({
      code: 'message-mismatch',
      text: "The server's actions travel as json, those of this client as msgpack: give both sides the same encoder.",
    })
    expect(server.channels.size).to.equal(0)
  })

  it('have no answer where nobody takes actions, and none on a client that has gone: an error says so', async () => {
    await start()
    await world.until(server.stop())
    const errors: any[] = []
    const connection = new Connection()
    connection.on('error', ({ error }) => errors.push(error.code))
    const client = await world.join()
    expect(await world.until(connection.use(client))).to.equal(false)
    expect(await world.until(connection.use(client))).to.equal(false)
    expect(errors).to.deep.equal(['malformed', 'disconnected'])
    const third = await world.join()
    const [first, second] = [new Connection(), new Connection()]
    const answer = first.use(third)
    expect(await second.use(third).catch(error => error)).to.be.instanceOf(UsageError)
    expect(await world.until(answer)).to.equal(false)
    const other = new Connection().use({
      get messages(): never {
        throw new Error('none')
      },
    } as never)
    expect(await other.catch(error => error)).to.have.property('message', 'none')
  })

  it('that nobody pumps are held up to a bound', async () => {
    await start({ pump: 'manual' })
    const connection = new Connection()
    const client = await world.join()
    const answer = connection.use(client)
    await world.settle()
    server.pump()
    expect(await world.until(answer)).to.equal(true)
    const large = new Uint8Array(100_000)
    let sent = 0
    for (; connection.connected && sent < 100; sent++) {
      connection.send({ action: 'large', large })
      await world.run(1000)
    }
    expect(sent).to.be.within(40, 50)
    const [channel] = server.channels
    expect(server.pump()).to.be.within(40, 50)
    expect(channel!.heard.at(-1)).to.equal('closed')
  })

  it('that a server has closed are handled no more, though they wait', async () => {
    await start({ pump: 'manual' })
    const connection = new Connection()
    const answer = connection.use(await world.join())
    await world.settle()
    server.pump()
    await world.until(answer)
    const [channel] = server.channels
    channel!.on('draw', () => channel!.close())
    connection.send({ action: 'draw' })
    connection.send({ action: 'draw' })
    await world.settle()
    server.pump()
    await world.settle()
    server.pump()
    expect(channel!.heard).to.deep.equal(['draw', 'any draw', 'closed'])
  })

  it('of a server that sends rubbish end the connection at the client', async () => {
    await start()
    const heard: string[] = []
    const listener = new ActionListener()
    listener.on('disconnected', ({ code }) => heard.push(code))
    const { client } = await join({ listeners: [listener], encoder: { ...json, name: 'msgpack' } })
    world.server.messages.of(world.server.clients.get(client.id)!).tell(Inner.action, w => {
      w.u8(ACTION)
      w.u8(0xc1)
    })
    await world.settle()
    expect(heard).to.deep.equal(['malformed'])
  })
})
