/** Values that both ends of a connection see, set by either. Rule 35 of docs/guarantees.md. */
import { expect } from 'chai'
import { ArgumentError, float32, SchemaError, str, UsageError, uint8, wire } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { type MessagesOptions, messages, type Parameter, type SharedParameters } from 'fieldcast/messages'
import { createServer } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { websocket } from 'fieldcast/transports/websocket'
import { Writer } from '../../lib/base/bytes.ts'
import { Inner } from '../../lib/messages/envelope.ts'
import { Talker } from '../support/talker.ts'

const plan = messages([], {
  parameters: {
    nick: {
      type: str(16),
      validate: (value, by) => by === 'server' || (value !== 'root' ? value !== '' : 'it is taken'),
    },
    speed: { type: float32, default: 1.5 },
    level: { type: uint8, reserved: true, default: 1 },
    bag: { type: wire.anything },
  },
})
const { nick, speed, level, bag } = plan.parameters

interface Choices {
  readonly violations?: 'close' | 'ignore'
  readonly server?: typeof plan
  readonly client?: MessagesOptions<any>
}

async function start({ violations = 'close', server = plan }: Choices = {}) {
  const world = await World.start({
    server: { classes: [], messages: server, violations },
    client: { classes: [], messages: plan },
    latency: 20,
  })
  const seen: string[] = []
  world.server.on('violation', ({ reason, detail }) => void seen.push(`${reason}: ${detail}`))
  return { world, seen, join: () => joined(world) }
}

async function joined(world: World) {
  const client = await world.join()
  const remote = world.server.clients.get(client.id)!
  return { client, here: client.messages.parameters, there: remote.messages.parameters }
}

const bound = (parameters: SharedParameters) => ({ get: (key: Parameter) => parameters.get(key) })

/** What a hostile client says of a parameter. */
const word = (name: string, number: number, value: readonly number[]) => (w: Writer) => {
  w.varint(Inner.parameter)
  w.text(name)
  w.varint(number)
  w.raw(Uint8Array.from(value))
}

/** A text of `str`. */
const text = (value: string): number[] => {
  const w = new Writer()
  w.text(value)
  return [...w.slice()]
}

describe('Shared parameters', () => {
  it('MN10 Shared parameter set on one side is readable with type check on the other', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    here.set(nick, 'ann')
    expect(here.get(nick)).to.equal('ann')
    await world.settle()
    expect(there.get(nick)).to.equal('ann')
    there.set('level', 7)
    await world.settle()
    expect(here.get('level')).to.equal(7)
    const typed: string | undefined = there.get(nick)
    expect(typed).to.equal('ann')
    await world.stop()
  })

  it('MN10 A wrong type is refused where it is set, and nothing changes', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    here.set(nick, 'ann')
    expect(() => here.set('nick', 5)).to.throw(ArgumentError, 'nick')
    expect(() => here.set(nick, 'x'.repeat(17))).to.throw(ArgumentError, '16')
    expect(() => there.set('level', 256)).to.throw(ArgumentError, 'level')
    await world.settle()
    expect([here.get(nick), there.get(nick), there.get(level)]).to.deep.equal(['ann', 'ann', 1])
    await world.stop()
  })

  it('MN10 A wrong type from the wire ends the connection, or is refused under violations: ignore', async () => {
    for (const violations of ['close', 'ignore'] as const) {
      const { world, seen } = await start({ violations })
      const cheat = await Talker.join(world)
      const { parameters } = world.server.clients.get(cheat.id)!.messages
      cheat.say(word('speed', 1, [1, 2]))
      if (violations === 'close') expect(await cheat.fate()).to.equal('bad-arguments')
      else await cheat.settle()
      expect(seen).to.have.length(1)
      expect(seen[0]).to.match(/^bad-arguments: the parameter speed/)
      expect([cheat.connected, parameters.get(speed)]).to.deep.equal([violations === 'ignore', 1.5])
      await world.stop()
    }
  })

  it('have defaults until they are set, or none, and values as they arrive over the wire', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    expect([here.get(nick), here.get(speed), here.get(level)]).to.deep.equal([undefined, 1.5, 1])
    here.set(speed, 0.1)
    await world.settle()
    expect(here.get(speed)).to.equal(Math.fround(0.1)).and.to.equal(there.get(speed))
    await world.stop()
  })

  it('are each connection’s own', async () => {
    const { world, join } = await start()
    const ann = await join()
    const bob = await join()
    ann.here.set(nick, 'ann')
    await world.settle()
    expect([ann.there.get(nick), bob.there.get(nick), bob.here.get(nick)]).to.deep.equal(['ann', undefined, undefined])
    await world.stop()
  })

  it('tell whoever listens each new value, and who set it', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    const heard: unknown[] = []
    here.on(nick, (value, by) => heard.push(['here', value, by]))
    const stop = there.on('nick', (value, by) => heard.push(['there', value, by]))
    here.set(nick, 'ann')
    here.set(nick, 'ann')
    await world.settle()
    there.set(nick, 'Ann')
    await world.settle()
    stop()
    here.set(nick, 'bob')
    await world.settle()
    expect(heard).to.deep.equal([
      ['here', 'ann', 'client'],
      ['there', 'ann', 'client'],
      ['there', 'Ann', 'server'],
      ['here', 'Ann', 'server'],
      ['here', 'bob', 'client'],
    ])
    await world.stop()
  })

  it('survive a listener that throws', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    const errors: string[] = []
    world.server.on('error', ({ where }) => void errors.push(where))
    there.on(nick, () => {
      throw new Error('broken')
    })
    here.set(nick, 'ann')
    await world.settle()
    expect([there.get(nick), errors]).to.deep.equal(['ann', ['a listener of the parameter nick']])
    await world.stop()
  })

  it('that are the server’s cannot be set by a client: an honest one throws', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    expect(() => here.set(level, 9)).to.throw(UsageError, 'reserved')
    expect(() => here.set('none', 9)).to.throw(UsageError, 'no parameter none')
    await world.settle()
    expect(there.get(level)).to.equal(1)
    await world.stop()
  })

  it('that the validator refuses are not set: the reason is told', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    expect(() => here.set(nick, 'root')).to.throw(ArgumentError, 'it is taken')
    expect(() => here.set(nick, '')).to.throw(ArgumentError, 'not valid')
    there.set(nick, 'root')
    await world.settle()
    expect(here.get(nick)).to.equal('root')
    await world.stop()
  })

  for (const [what, say, reason] of [
    ['a reserved name', word('level', 1, [99]), 'no-permission'],
    ['a name that nobody declared', word('other', 1, [1]), 'no-field'],
    ['__proto__', word('__proto__', 1, [1]), 'no-field'],
    ['constructor', word('constructor', 1, [1]), 'no-field'],
    ['what the validator refuses', word('nick', 1, text('root')), 'bad-arguments'],
    ['a text that is too long', word('nick', 1, text('x'.repeat(17))), 'bad-arguments'],
    ['more bytes than its type has', word('nick', 1, [...text('ann'), 0]), 'bad-arguments'],
    ['no value', word('nick', 1, []), 'bad-arguments'],
    ['a long name', word('x'.repeat(500), 1, [1]), 'malformed'],
    ['nothing at all', (w: Writer) => w.varint(Inner.parameter), 'malformed'],
  ] as const)
    it(`close whoever sets ${what}: ${reason}`, async () => {
      const { world } = await start()
      const cheat = await Talker.join(world)
      const { parameters } = world.server.clients.get(cheat.id)!.messages
      cheat.say(say)
      expect(await cheat.fate()).to.equal(reason)
      expect([parameters.get(nick), parameters.get(level)]).to.deep.equal([undefined, 1])
      expect(({} as { other?: unknown }).other).to.equal(undefined)
      await world.stop()
    })

  it('keep the other values under violations: ignore', async () => {
    const { world, seen } = await start({ violations: 'ignore' })
    const cheat = await Talker.join(world)
    const { parameters } = world.server.clients.get(cheat.id)!.messages
    cheat.say(word('nick', 1, text('eve')))
    cheat.say(word('level', 1, [99]))
    cheat.say(word('nick', 2, text('root')))
    await cheat.settle()
    expect([parameters.get(nick), parameters.get(level), cheat.connected]).to.deep.equal(['eve', 1, true])
    expect(seen).to.deep.equal([
      'no-permission: the parameter level is the server’s'.replace('’', "'"),
      'bad-arguments: the parameter nick: it is taken',
    ])
    await world.stop()
  })

  it('do not grow with 10,000 names, and names say nothing in a log but what they are', async () => {
    const { world, seen } = await start({ violations: 'ignore' })
    const cheat = await Talker.join(world)
    for (let i = 0; i < 10_000 && cheat.connected; i++) cheat.say(word(`name ${i}\n\u001b[2J`, 1, [1]))
    await world.until(cheat.settle())
    const told = seen.filter(line => line.startsWith('no-field'))
    expect(told[0]).to.equal('no-field: the parameter name 0')
    expect(told.length).to.be.at.most(1000)
    await world.stop()
  })

  it('take what msgpack takes where their type is unknown, and refuse cyclic data', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    here.set(bag, { gold: 5, list: [1, 'two'] })
    await world.settle()
    expect(there.get(bag)).to.deep.equal({ gold: 5, list: [1, 'two'] })
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    expect(() => here.set(bag, cyclic)).to.throw(ArgumentError)
    expect(here.get(bag)).to.deep.equal({ gold: 5, list: [1, 'two'] })
    here.set(bag, JSON.parse('{"__proto__": {"admin": true}}'))
    await world.settle()
    expect((there.get(bag) as { admin?: unknown }).admin).to.equal(undefined)
    await world.stop()
  })

  it('end with the same value at both ends where both set one at once, and nothing flickers', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    const heard: unknown[] = []
    here.on(nick, value => heard.push(value))
    here.set(nick, 'ann')
    there.set(nick, 'bob')
    await world.settle()
    expect([here.get(nick), there.get(nick)]).to.deep.equal(['ann', 'ann'])
    expect(heard).to.deep.equal(['ann'])
    await world.stop()
  })

  it('end with the same value whatever both set in whatever order', async () => {
    const { world, join } = await start()
    const { here, there } = await join()
    for (let i = 0; i < 60; i++) {
      if (world.random.number() < 0.5) here.set(nick, `c${i}`)
      else there.set(nick, `s${i}`)
      if (world.random.number() < 0.5) await world.run(world.random.number() * 30)
    }
    await world.settle()
    expect(here.get(nick)).to.equal(there.get(nick))
    await world.stop()
  })

  it('go back at the client where the server’s validator is stricter', async () => {
    const strict = messages([], {
      parameters: {
        nick: { type: str(16), validate: (value: string) => value.length > 3 },
        speed: { type: float32, default: 1.5 },
        level: { type: uint8, reserved: true, default: 1 },
        bag: { type: wire.anything },
      },
    })
    const { world, join } = await start({ violations: 'ignore', server: strict })
    const { here, there } = await join()
    here.set(nick, 'anna')
    here.set(nick, 'ann')
    await world.settle()
    expect([here.get(nick), there.get('nick')]).to.deep.equal(['anna', 'anna'])
    await world.stop()
  })

  it('are refused without a violation where the server’s validator throws', async () => {
    const broken = messages([], {
      parameters: {
        nick: {
          type: str(16),
          validate: () => {
            throw new Error('broken')
          },
        },
        speed: { type: float32, default: 1.5 },
        level: { type: uint8, reserved: true, default: 1 },
        bag: { type: wire.anything },
      },
    })
    const { world, seen, join } = await start({ server: broken })
    const errors: string[] = []
    world.server.on('error', ({ where }) => void errors.push(where))
    const { here, there } = await join()
    here.set(nick, 'ann')
    await world.settle()
    expect([here.get(nick), there.get('nick'), seen]).to.deep.equal([undefined, undefined, []])
    expect(errors).to.deep.equal(['the validator of the parameter nick'])
    await world.stop()
  })

  it('are refused by name where the sides declare other ones', async () => {
    const other = messages([], { parameters: { nick: { type: uint8 } } }) as unknown as typeof plan
    const { world } = await start({ server: other })
    const failure = await world.join().then(
      async client => world.until(new Promise<string>(resolve => client.on('close', ({ text }) => resolve(text)))),
      error => (error as Error).message,
    )
    expect(failure).to.include('nick has another type').and.include('the server has no parameter speed')
    await world.stop()
  })

  it('stay through a lost connection, with what either side set meanwhile', async () => {
    const { world, join } = await start()
    const { client, here, there } = await join()
    here.set(nick, 'ann')
    await world.settle()
    await world.lose(client)
    here.set(nick, 'anna')
    there.set(level, 5)
    await world.restore(client)
    await world.settle()
    expect([here.get(nick), there.get(nick), here.get(level), there.get(level)]).to.deep.equal(['anna', 'anna', 5, 5])
    await world.stop()
  })

  it('are told anew to a client that has missed too much, but for what it has set since', async () => {
    const world = await World.start({
      server: { classes: [], messages: plan, limits: { resumeBytes: 200 } },
      client: { classes: [], messages: plan },
      latency: 10,
    })
    const { client, here, there } = await joined(world)
    here.set(nick, 'ann')
    await world.settle()
    await world.lose(client)
    let fresh = false
    client.on('resumed', event => void (fresh = event.fresh))
    for (let i = 0; i < 50; i++) {
      there.set(level, i)
      there.set(nick, `number ${i}`)
      await world.run(20)
    }
    here.set(speed, 8)
    here.set(nick, 'anna')
    await world.restore(client)
    await world.settle()
    expect(fresh).to.equal(true)
    for (const { get } of [bound(here), bound(there)])
      expect([get(nick), get(level), get(speed)]).to.deep.equal(['anna', 49, 8])
    await world.stop()
  })

  it('that the client set go with it to another server, which says what it has set itself', async () => {
    const servers = await Promise.all(
      [1, 2].map(async () => {
        const server = createServer({
          classes: [],
          messages: plan,
          tickRate: 0,
          transports: [websocket({ port: 0, host: '127.0.0.1' })],
          transfer: { key: 'the key that all servers of a deployment share' },
        })
        server.on('close', () => {})
        return { server, url: (await server.start())[0]! }
      }),
    )
    const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]]
    let quick: (speed: unknown) => void = () => {}
    const faster = new Promise<unknown>(resolve => (quick = resolve))
    const named = new Promise<unknown>(resolve =>
      second.server.on('connect', ({ client }) => {
        client.messages.parameters.set(level, 2)
        client.messages.parameters.on(nick, resolve)
        client.messages.parameters.on(speed, quick)
      }),
    )
    const client = await connect(first.url, { classes: [], messages: plan })
    client.on('close', () => {})
    const { parameters } = client.messages
    const remote = first.server.clients.get(client.id)!
    const heard = new Promise<unknown>(resolve => remote.messages.parameters.on(nick, resolve))
    remote.messages.parameters.set(level, 9)
    parameters.set(nick, 'ann')
    await heard
    expect(parameters.get(level)).to.equal(9)
    const two = new Promise<unknown>(resolve => parameters.on(level, value => value === 2 && resolve(value)))
    client.on('transfer', () => parameters.set(speed, 4))
    await remote.transfer(second.url)
    expect(await faster).to.equal(4)
    expect([await named, await two, parameters.get(nick)]).to.deep.equal(['ann', 2, 'ann'])
    client.close()
    await Promise.all(servers.map(({ server }) => server.stop()))
  })

  it('go back to what stands where the client has set more than it may in a second', async () => {
    const world = await World.start({
      server: { classes: [], messages: plan, violations: 'ignore', limits: { callsPerSecond: 5, standing: false } },
      client: { classes: [], messages: plan },
    })
    const { here, there } = await joined(world)
    for (let i = 0; i < 40; i++) here.set(nick, `number ${i}`)
    await world.settle()
    expect(there.get(nick)).not.to.equal('number 39')
    expect(here.get(nick)).to.equal(there.get(nick))
    await world.stop()
  })

  it('have keys that know the type of their values', async () => {
    const { world, join } = await start()
    const { here } = await join()
    // @ts-expect-error: a nick is a text.
    expect(() => here.set(nick, 5)).to.throw(ArgumentError)
    // @ts-expect-error: and is read as one.
    const wrong: number | undefined = here.get(nick)
    expect(wrong).to.equal(undefined)
    const foreign = messages([], { parameters: { nick: { type: str(16) } } }).parameters.nick
    expect(() => here.get(foreign)).to.throw(UsageError, 'no parameter nick')
    await world.stop()
  })

  it('cannot be set when the connection has ended', async () => {
    const { world, join } = await start()
    const { client, here, there } = await join()
    client.close()
    await world.settle()
    expect(() => here.set(nick, 'ann')).to.throw(UsageError, 'ended')
    expect(() => there.set(nick, 'ann')).to.throw(UsageError, 'gone')
    await world.stop()
  })

  it('may be called what they like', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'game:nick.name', '名']
    const parameters = JSON.parse(JSON.stringify(Object.fromEntries(names.map(name => [name, 0]))))
    for (const name of names)
      Object.defineProperty(parameters, name, { value: { type: uint8 }, enumerable: true, configurable: true })
    const odd = messages([], { parameters })
    const world = await World.start({
      server: { classes: [], messages: odd },
      client: { classes: [], messages: odd },
    })
    const { here, there } = await joined(world)
    for (const [i, name] of names.entries()) here.set(name, i + 1)
    await world.settle()
    expect(names.map(name => there.get(name))).to.deep.equal([1, 2, 3, 4, 5])
    expect(Object.keys(odd.parameters).sort()).to.deep.equal([...names].sort())
    await world.stop()
  })

  for (const [what, put] of [
    ['nothing', () => {}],
    ['what is no word', (w: Writer) => w.u8(9)],
    ['a value that is cut', (w: Writer) => (w.u8(1), w.text('speed'), w.u8(1))],
    ['a value with bytes behind it', (w: Writer) => (w.u8(1), w.text('level'), w.u8(1), w.u8(1))],
    ['a text that is too long', (w: Writer) => (w.u8(1), w.text('nick'), w.text('x'.repeat(17)))],
    [
      'that nobody has set all',
      (w: Writer) => (w.u8(0), w.varint(1), w.text('nick'), w.text('h'), w.varint(0), w.u8(3)),
    ],
    ['more than it sends', (w: Writer) => (w.u8(0), w.varint(2 ** 40))],
  ] as const)
    it(`end the connection to a server that says ${what}, and what stood stands`, async () => {
      const { world, join } = await start()
      const { client, here } = await join()
      here.set(nick, 'ann')
      await world.settle()
      const closed = new Promise<{ reason: string }>(resolve => client.on('close', resolve))
      world.server.messages.of(world.server.clients.get(client.id)!).tell(Inner.parameter, put)
      expect((await world.until(closed)).reason).to.equal('malformed')
      expect([here.get(nick), here.get(level), here.get(speed)]).to.deep.equal(['ann', 1, 1.5])
      await world.stop()
    })

  it('pass over what a server says of a word that was never sent', async () => {
    const { world, join } = await start()
    const { client, here } = await join()
    here.set(nick, 'ann')
    await world.settle()
    const talk = world.server.messages.of(world.server.clients.get(client.id)!)
    for (const said of [2, 3])
      talk.tell(Inner.parameter, w => {
        w.u8(said)
        w.text('nick')
        w.varint(77)
      })
    await world.settle()
    expect([here.get(nick), client.connected]).to.deep.equal(['ann', true])
    await world.stop()
  })

  it('are refused where they are declared wrongly', async () => {
    expect(() => messages([], { parameters: { 'a b': { type: uint8 } } })).to.throw(SchemaError, 'without spaces')
    expect(() => messages([], { parameters: new Map() as never })).to.throw(SchemaError, 'plain object')
    const wrong = messages([], { parameters: { level: { type: uint8, default: 300 } } })
    const failure = await World.start({ server: { classes: [], messages: wrong }, client: { classes: [] } }).catch(
      e => e,
    )
    expect(failure).to.be.instanceOf(SchemaError)
    expect(failure.message).to.include('level')
  })
})
