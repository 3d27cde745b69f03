/** Actions between a server's channels and a client's listeners, under virtual time: names, order, pump, ends. Acceptance PS1 to PS11. */
import { expect } from 'chai'
import { ArgumentError, UsageError } from 'fieldcast'
import { type ActionData, ActionListener, Connection, type ConnectionOptions } from 'fieldcast/actions'
import { ActionServer, type ActionServerOptions, Channel, type End } from 'fieldcast/actions/server'
import { messages } from 'fieldcast/messages'
import { World } from 'fieldcast/testing'

const plan = messages([])

class Noted extends Channel<NotedServer> {
  readonly heard: unknown[] = []
  readonly strange: unknown[] = []
  readonly errors: unknown[] = []
  end: End | null = null

  Network(data: ActionData) {
    this.heard.push(['Network', data.action])
  }
  Network_myaction(data: ActionData) {
    this.heard.push(['Network_myaction', data.blah])
  }
  Network_other() {
    this.heard.push(['Network_other'])
  }
  override onOutOfBand(data: unknown) {
    this.strange.push(data)
  }
  override onError(error: unknown, where: string) {
    this.errors.push([where, (error as Error).message])
  }
  override onClose(end: End) {
    this.end = end
    this.server.gone.push([this, this.server.channels.has(this)])
  }
}

class NotedServer extends ActionServer<Noted> {
  readonly came: unknown[] = []
  readonly gone: unknown[] = []
  readonly all: Noted[] = []

  override connected(channel: Noted, address: string) {
    this.came.push([channel, address])
    this.all.push(channel)
    channel.send({ action: 'hello', id: channel.id })
  }
}

class Diary extends ActionListener {
  readonly heard: unknown[] = []
  readonly strange: unknown[] = []

  Network(data: ActionData) {
    this.heard.push(data)
  }
  override onOutOfBand(data: unknown) {
    this.strange.push(data)
  }
  get actions(): string[] {
    return this.heard.map(data => (data as ActionData).action)
  }
}

describe('Actions', () => {
  let world: World
  let server: NotedServer

  async function start(options: Partial<ActionServerOptions<Noted>> = {}) {
    world = await World.start({
      server: { classes: [], messages: plan },
      client: { classes: [], messages: plan },
      latency: 20,
    })
    server = new NotedServer({ channel: Noted, server: world.server, ...options })
    expect(await server.start()).to.deep.equal([])
  }
  afterEach(() => world?.stop())

  async function join(options: ConnectionOptions = {}, isAnswered = true) {
    const diary = new Diary()
    const connection = new Connection({ listeners: [diary], ...options })
    const client = await world.join()
    const answer = connection.use(client)
    if (isAnswered) expect(await world.until(answer)).to.equal(true)
    return { diary, connection, client }
  }

  it('PS1 Server.Connected runs once per client with channel and address; the client gets a `connected` event', async () => {
    await start()
    const ann = await join()
    const bob = await join()
    await world.settle()
    expect(server.came).to.deep.equal(server.all.map(channel => [channel, '']))
    expect(server.all.map(channel => channel.id)).to.deep.equal([ann.client.id, bob.client.id])
    expect([...server.channels]).to.deep.equal(server.all)
    expect(ann.diary.heard).to.deep.equal([{ action: 'connected' }, { action: 'hello', id: ann.client.id }])
    expect(bob.diary.actions).to.deep.equal(['connected', 'hello'])
  })

  it('PS2 Message with action `myaction` runs `Network_myaction` and the catch-all `Network`, in that order; others do not run', async () => {
    await start()
    const { connection } = await join()
    connection.send({ action: 'myaction', blah: 123, things: [3, 4, 3, 4, 7] })
    await world.settle()
    expect(server.all[0]!.heard).to.deep.equal([
      ['Network_myaction', 123],
      ['Network', 'myaction'],
    ])
  })

  it('run at a client in the same order: method, functions of `on`, catch-all, functions of `onAny`, for each listener', async () => {
    await start()
    const said: string[] = []
    class Listener extends ActionListener {
      Network() {
        said.push('Network')
      }
      Network_draw() {
        said.push('Network_draw')
      }
    }
    const listener = new Listener()
    listener.onAny(() => said.push('onAny'))
    const remove = listener.on('draw', () => said.push('on'))
    const { connection } = await join()
    connection.on('draw', ({ x }) => said.push(`own ${x}`))
    const leave = connection.listen(listener)
    const draw = async () => {
      said.length = 0
      server.all[0]!.send({ action: 'draw', x: 7 })
      await world.settle()
      return said.join()
    }
    expect(await draw()).to.equal('own 7,Network_draw,on,Network,onAny')
    remove()
    expect(await draw()).to.equal('own 7,Network_draw,Network,onAny')
    leave()
    expect(await draw()).to.equal('own 7')
    expect(listener.send({ action: 'lonely' })).to.equal(0)
  })

  it('PS3 No delivery happens before pump in manual mode (seed); send returns the encoded byte count (code)', async () => {
    await start({ pump: 'manual' })
    const { diary, connection } = await join({ pump: 'manual' }, false)
    await world.settle()
    expect(server.came).to.be.empty
    expect(server.pump()).to.equal(0)
    expect(server.came).to.have.length(1)
    await world.settle()
    expect(diary.heard).to.be.empty
    expect(connection.pump()).to.equal(1)
    expect(diary.actions).to.deep.equal(['connected', 'hello'])

    // A map of one entry, 'action' and 'myaction' with a byte each before them.
    expect(connection.send({ action: 'myaction' })).to.equal(1 + 7 + 9)
    connection.send({ action: 'other' })
    await world.settle()
    const [channel] = server.all
    expect(channel!.heard).to.be.empty
    expect(server.pump()).to.equal(2)
    expect(channel!.heard.map(([name]: any) => name)).to.deep.equal([
      'Network_myaction',
      'Network',
      'Network_other',
      'Network',
    ])
    expect(server.pump()).to.equal(0)

    expect(channel!.send({ action: 'draw', x: 1 })).to.be.above(0)
    await world.until(server.stop())
    await world.settle()
    expect(diary.actions).to.have.length(2)
    connection.pump()
    expect(diary.actions.slice(2)).to.deep.equal(['draw', 'disconnected'])
    expect(channel!.end).to.equal(null)
    server.pump()
    expect(channel!.end).to.include({ reason: 'server-shutdown' })
  })

  it('PS7 Message without action or non-object goes to the out-of-band event, connection stays', async () => {
    await start()
    const { diary, connection } = await join()
    const [channel] = server.all
    const strange = [[1, 2], 'text', 5, null, { blah: 1 }, { action: 7 }, { action: null }]
    for (const data of strange) {
      connection.send(data as never)
      channel!.send(data as never)
    }
    connection.send({ action: 'other' })
    await world.settle()
    expect(channel!.strange).to.deep.equal(strange)
    expect(diary.strange).to.deep.equal(strange)
    expect(channel!.heard).to.deep.equal([['Network_other'], ['Network', 'other']])
    expect(connection.connected).to.equal(true)
  })

  it('PS6 Server going away yields `disconnected`; client leaving runs the channel’s close hook and removes it from the list', async () => {
    await start()
    const ann = await join()
    const bob = await join()
    const [anns, bobs] = server.all
    ann.connection.close()
    expect(ann.diary.heard.at(-1)).to.include({ action: 'disconnected', code: 'normal' })
    await world.settle()
    expect(server.gone).to.deep.equal([[anns, false]])
    expect(anns!.end).to.include({ reason: 'normal' })
    expect([...server.channels]).to.deep.equal([bobs])
    expect(anns!.send({ action: 'late' })).to.equal(0)
    expect(ann.connection.send({ action: 'late' })).to.equal(0)

    await world.until(world.server.stop())
    await world.settle()
    expect(bob.diary.heard.at(-1)).to.include({ action: 'disconnected', code: 'server-shutdown' })
    expect(bob.connection.connected).to.equal(false)
    expect(bobs!.end).to.include({ reason: 'server-shutdown' })
    expect(server.channels.size).to.equal(0)
  })

  it('go on over a connection that was lost and has come back: nobody is told, nothing is missing', async () => {
    await start()
    const { diary, connection, client } = await join()
    const [channel] = server.all
    await world.lose(client)
    connection.send({ action: 'myaction', blah: 1 })
    channel!.send({ action: 'draw' })
    await world.restore(client)
    await world.settle()
    expect(channel!.heard).to.deep.include(['Network_myaction', 1])
    expect(diary.actions).to.deep.equal(['connected', 'hello', 'draw'])
    expect(server.gone).to.be.empty
  })

  it('reach everybody, or all but some, encoded once', async () => {
    await start()
    const [ann, bob, cyd] = [await join(), await join(), await join()]
    const bytes = server.sendAll({ action: 'all' })
    expect(bytes).to.equal(1 + 7 + 4)
    server.sendAll({ action: 'not ann' }, { except: server.all[0]! })
    server.sendAll({ action: 'cyd' }, { except: server.all.slice(0, 2) })
    await world.settle()
    expect(ann.diary.actions.slice(2)).to.deep.equal(['all'])
    expect(bob.diary.actions.slice(2)).to.deep.equal(['all', 'not ann'])
    expect(cyd.diary.actions.slice(2)).to.deep.equal(['all', 'not ann', 'cyd'])
  })

  it('that a handler throws at are told to the channel, or to the listeners as `error`, and the connection goes on', async () => {
    await start()
    const { diary, connection } = await join()
    const [channel] = server.all
    channel!.on('bad', () => {
      throw new Error('broken')
    })
    channel!.on('later', async () => {
      throw new Error('broken later')
    })
    connection.on('bad', () => {
      throw new Error('broken here')
    })
    connection.send({ action: 'bad' })
    connection.send({ action: 'later' })
    connection.send({ action: 'other' })
    channel!.send({ action: 'bad' })
    channel!.send({ action: 'good' })
    await world.settle()
    expect(channel!.errors).to.deep.equal([
      ["on('bad')", 'broken'],
      ["on('later')", 'broken later'],
    ])
    expect(channel!.heard).to.deep.include(['Network_other'])
    expect(diary.actions.slice(2)).to.deep.equal(['error', 'bad', 'good'])
    expect((diary.heard[2] as any).error).to.include({ code: 'handler', text: "on('bad') threw: broken here" })
    expect(connection.connected).to.equal(true)
  })

  it('close a channel with a reason, behind what it was sent', async () => {
    await start()
    const { diary } = await join()
    const [channel] = server.all
    channel!.send({ action: 'last' })
    channel!.close(1001, 'the round is over')
    channel!.close()
    await world.settle()
    expect(diary.actions.slice(2)).to.deep.equal(['last', 'disconnected'])
    expect(diary.heard.at(-1)).to.include({ code: 'game', text: 'the round is over' })
    expect(channel!.end).to.include({ code: 1001 })
  })

  it('of an ActionServer’s own have no second one on the same server, and listeners one connection', async () => {
    await start()
    const second = await new ActionServer({ server: world.server }).start().catch(error => error)
    expect(second).to.be.instanceOf(UsageError).with.property('message').that.includes('already')
    const listener = new ActionListener()
    new Connection({ listeners: [listener] })
    expect(() => new Connection({ listeners: [listener] })).to.throw(UsageError, 'another connection')
    expect(() => new Noted()).to.throw(UsageError, 'made by their server')
    expect(() => new ActionServer({ server: world.server, port: 1 })).to.throw(UsageError, 'createServer')
    expect(() => new ActionServer({ channel: ActionListener as never })).to.throw(UsageError, 'extends Channel')
  })

  it('named as the library’s events cannot be sent', async () => {
    await start()
    const { connection } = await join()
    for (const action of ['connected', 'disconnected', 'error']) {
      expect(() => connection.send({ action })).to.throw(ArgumentError, action)
      expect(() => server.all[0]!.send({ action })).to.throw(ArgumentError, action)
      expect(() => server.sendAll({ action })).to.throw(ArgumentError, action)
    }
  })
})
