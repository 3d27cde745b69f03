/** peng3dnet's events, told of a server and a client. */

import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { str, UsageError } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { type BusData, type BusEvent, defineMessage, eventBus, messages } from 'fieldcast/messages'
import { createServer, type Server } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { memory } from 'fieldcast/transports/memory'
import { websocket } from 'fieldcast/transports/websocket'
import { clientBusEvents, serverBusEvents } from '../../lib/messages/event-bus.ts'
import { next } from '../support/outcome.ts'

const Say = defineMessage('say', { text: str(50) }, { id: 70 })
const talk = messages([Say])

/** Notes all events of some names. */
function noted(bus: { on(name: BusEvent, listener: (data: BusData) => void): unknown }, names: readonly BusEvent[]) {
  const story: (readonly [string, BusData])[] = []
  for (const name of names) bus.on(name, data => void story.push([name, data]))
  return story
}

const short = (name: string): string => name.replace('peng3dnet:', '')

/** A server on a real wire, so that it has an address. */
const served = (): Server =>
  createServer({ classes: [], messages: talk, tickRate: 0, transports: [websocket({ port: 0, host: '127.0.0.1' })] })

describe('eventBus', () => {
  it('PG15 Each listed server event fires with its listed data', async () => {
    const server = served()
    const story = noted(eventBus(server), serverBusEvents)
    const [url] = await server.start()
    const port = Number(new URL(url!).port)
    const heard = new Promise(resolve => server.messages.on(Say, resolve))
    const connected = next(server, 'connect')
    const client = await connect(url!, { classes: [], messages: talk })
    const { client: peer } = await connected
    const back = new Promise(resolve => client.messages.on(Say, resolve))
    client.messages.send(Say, { text: 'up' })
    await heard
    server.messages.send(Say, { text: 'down' })
    await back
    const closed = next(server, 'close')
    client.close()
    await closed
    await server.stop({ timeoutMs: 3000 })
    expect(story.map(([name]) => short(name))).to.deep.equal([
      'server.initialize',
      'server.bind',
      'server.start',
      'server.connection.accept',
      'server.connection.handshakecomplete',
      'server.connection.recv',
      'server.connection.send',
      'server.connection.close',
      'server.stop',
      'server.shutdown',
    ])
    expect(story.map(([name]) => name)).to.have.members([...serverBusEvents])
    const dataOf = (name: string): BusData => story.find(([each]) => short(each) === `server.${name}`)![1]
    for (const [, data] of story) expect(data).to.include({ server, peng: null })
    expect(dataOf('bind').addr).to.deep.equal(['127.0.0.1', port])
    expect(dataOf('connection.accept')).to.include({ sock: null, addr: '127.0.0.1', client: peer, cid: client.id })
    expect(dataOf('connection.handshakecomplete').client).to.equal(peer)
    expect(dataOf('connection.recv')).to.deep.include({ client: peer, pid: 70, msg: { text: 'up' } })
    expect(dataOf('connection.send')).to.include({ client: peer, pid: 70 })
    expect(Buffer.from(dataOf('connection.send').data as Uint8Array).toString('latin1')).to.include('down')
    expect(dataOf('connection.close')).to.include({ client: peer, reason: 'normal' })
    expect(dataOf('stop').reason).to.equal('method')
    expect(dataOf('shutdown')).to.include({ join: true, timeout: 3, reason: 'server-shutdown' })
  })

  it('PG15 Each listed client event fires with its listed data, once where it says so', async () => {
    const server = served()
    const [url] = await server.start()
    const client = await connect(url!, { classes: [], messages: talk })
    const story = noted(eventBus(client), clientBusEvents)
    const heard = new Promise(resolve => server.messages.on(Say, resolve))
    await Promise.resolve()
    client.messages.send(Say, { text: 'up' })
    await heard
    const back = new Promise(resolve => client.messages.onAny(resolve))
    server.messages.send(Say, { text: 'down' })
    await back
    client.close()
    expect(story.map(([name]) => short(name))).to.deep.equal(clientBusEvents.map(name => short(name)))
    const dataOf = (name: string): BusData => story.find(([each]) => short(each) === `client.${name}`)![1]
    for (const [, data] of story) expect(data).to.include({ client, peng: null })
    expect(dataOf('connect')).to.deep.include({ addr: ['127.0.0.1', Number(new URL(url!).port)], sock: null })
    expect(dataOf('send')).to.deep.include({ pid: 70, data: { text: 'up' } })
    expect(dataOf('recv')).to.deep.include({ pid: 70, msg: { text: 'down' } })
    expect(dataOf('close').reason).to.equal('normal')
    expect(dataOf('stop').reason).to.equal('method')
    await server.stop()
  })

  it('PG15 none when events are off; "auto" follows presence of a bus', async () => {
    const given = new EventEmitter()
    const told: string[] = []
    given.on('peng3dnet:server.connection.accept', ({ peng }) => void told.push(peng === given ? 'given' : 'other'))
    const world = await World.start({
      server: { classes: [], messages: talk },
      client: { classes: [], messages: talk },
    })
    const { server } = world
    const off = noted(eventBus(server, { enabled: false }), serverBusEvents)
    const alone = noted(eventBus(server, { enabled: 'auto' }), serverBusEvents)
    const both = noted(eventBus(server, { enabled: 'auto', bus: given }), serverBusEvents)
    eventBus(server, { enabled: false, bus: given })
    const client = await world.join()
    client.messages.send(Say, { text: 'hello' })
    await world.settle()
    expect(told).to.deep.equal(['given'])
    expect([off, alone]).to.deep.equal([[], []])
    expect(both.map(([name]) => short(name))).to.deep.equal([
      'server.connection.accept',
      'server.connection.handshakecomplete',
      'server.connection.recv',
    ])
    await world.stop()
  })

  it('tells each receiver of a message to all, and nothing after stop()', async () => {
    const world = await World.start({
      server: { classes: [], messages: talk },
      client: { classes: [], messages: talk },
    })
    const [a] = [await world.join(), await world.join()]
    const bus = eventBus(world.server)
    const story = noted(bus, serverBusEvents)
    const mine = eventBus(a)
    const heard = noted(mine, clientBusEvents)
    mine.stop()
    world.server.messages.send(Say, { text: 'all' })
    expect(story.map(([, { client }]) => (client as { id: number }).id)).to.deep.equal([1, 2])
    bus.stop()
    world.server.messages.send(Say, { text: 'more' })
    await world.settle()
    a.close()
    await world.settle()
    expect(story).to.have.lengthOf(2)
    expect(heard).to.be.empty
    await world.stop()
  })

  it('suffers nothing from a listener or a bus that throws, nor from a game without messages', async () => {
    const wire = memory()
    const server = createServer({ classes: [], transports: [wire], tickRate: 0 })
    const bus = eventBus(server, {
      bus: {
        emit: () => {
          throw new Error('in the bus')
        },
      },
    })
    bus.on('peng3dnet:server.start', () => {
      throw new Error('in the listener')
    })
    const errors: unknown[] = []
    bus.on('error', ({ error }) => void errors.push((error as Error).message))
    const binds = noted(bus, ['peng3dnet:server.bind'])
    await server.start()
    const client = await connect('memory:', { classes: [], transport: wire })
    expect(client.connected).to.equal(true)
    expect(binds[0]![1].addr).to.equal(null)
    expect(errors.slice(0, 4)).to.deep.equal(['in the bus', 'in the bus', 'in the listener', 'in the bus'])
    client.close()
    await server.stop()
  })

  it('refuses names that there are not, and options that are none', () => {
    const server = createServer({ classes: [], transports: [memory()] })
    const bus = eventBus(server)
    for (const name of ['peng3dnet:server.strat', 'peng3dnet:client.close', 'close', '__proto__'] as never[])
      expect(() => bus.on(name, () => {})).to.throw(UsageError, 'There is no event')
    expect(() => eventBus(server, { enabled: 'never' as never })).to.throw(UsageError, "true, false or 'auto'")
    expect(() => eventBus(server, { bus: {} as never })).to.throw(UsageError, 'emit()')
  })

  it('is listed by name in docs/coming-from/peng3dnet.md', () => {
    const page = readFileSync('docs/coming-from/peng3dnet.md', 'utf8')
    const rows = [...page.matchAll(/^\| `(peng3dnet:[\w.]+)` \|/gm)].map(([, name]) => name)
    expect(rows).to.deep.equal([...serverBusEvents, ...clientBusEvents])
  })
})
