/** Tickets that are none, or not good any more: refused without a word why, and nothing of them is told to anybody. docs/transfer.md. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, type str } from 'fieldcast'
import { connect } from 'fieldcast/client'
import { createServer, type Server } from 'fieldcast/server'
import { type MemoryWire, memory } from 'fieldcast/transports/memory'
import { systemClock } from '../../lib/base/clock.ts'
import { seededRandom, systemRandom } from '../../lib/base/random.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { putTicket } from '../../lib/protocol/messages.ts'
import { isPlainJson, Tickets } from '../../lib/session/ticket.ts'
import { RawClient } from '../support/raw-client.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Guest extends NetworkObject {
  @field(Flags.OwnerSend)
  say(text: str<64>): void {}
}

const key = 'the key that all servers of a deployment share'
const invalid = CloseReason['invalid-login']

describe('a ticket', () => {
  let wire: MemoryWire
  let server: Server
  let told: string[]
  let offset = 0
  /** Time that a spec may let pass on the calendar alone. */
  const clock = { ...systemClock, wall: () => systemClock.wall() + offset }
  const written = (by = key, ttlMs = 30_000): string =>
    new Tickets({ key: by, ttlMs }, clock, systemRandom).write({ account: { id: 'ann' }, context: { secret: 'hush' } })

  beforeEach(async () => {
    offset = 0
    told = []
    await open({ key })
  })
  afterEach(() => server.stop())

  async function open(transfer: { key: string } | undefined): Promise<void> {
    wire = memory()
    server = createServer({
      classes: [Guest],
      avatar: Guest,
      transports: [wire],
      clock,
      login: () => {
        throw new Error('login was asked')
      },
      ...(transfer && { transfer }),
    })
    for (const event of ['close', 'violation', 'error', 'warning', 'connect'] as const)
      server.on(event, value =>
        told.push(
          `${event} ${JSON.stringify(value, (_, v) => (v instanceof Error ? v.stack : typeof v === 'object' && v?.kick ? `client ${v.account}` : v))}`,
        ),
      )
    await server.start()
  }

  /** The code and words that a stranger hears who shows this. */
  async function shown(ticket: string): Promise<[code: number, text: string]> {
    const raw = await RawClient.dial(wire, 'memory:')
    while (raw.frames.length === 0) await raw.next()
    raw.select(server.schemaHash)
    raw.write(w => putTicket(w, ticket))
    await raw.gone
    return [raw.closed?.code ?? raw.ended?.code ?? 0, raw.closed?.text ?? '']
  }

  async function isWelcome(ticket: string): Promise<RawClient> {
    const raw = await RawClient.dial(wire, 'memory:')
    while (raw.frames.length === 0) await raw.next()
    raw.select(server.schemaHash)
    raw.write(w => putTicket(w, ticket))
    while (server.clients.size === 0 && !raw.ended) await raw.next()
    expect(server.clients.size).to.equal(1)
    return raw
  }

  const forgeries: Record<string, () => string> = {
    'that is empty': () => '',
    'that is noise': () => 'x'.repeat(500),
    'that is JSON alone': () => written().slice(64),
    'that is signed with nothing': () => `${'0'.repeat(64)}${written().slice(64)}`,
    'by another key': () => written('another key that is as long as it has to be'),
    'for another account': () => written().replace('"ann"', '"bob"'),
    'for a longer time': () => written().replace(/"until":\d/, '"until":9'),
    'with a digit changed': () => {
      const ticket = written()
      return `${ticket[0] === '0' ? '1' : '0'}${ticket.slice(1)}`
    },
    'in capitals': () => written().slice(0, 64).toUpperCase() + written().slice(64),
    'with more behind it': () => `${written()} `,
    'cut in its middle': () => written().slice(0, 120),
    'cut by a character': () => written().slice(0, -1),
    'of a time to come after its end': () => {
      const ticket = written()
      offset = 30_001
      return ticket
    },
    'of 48 KiB and one': () => 'f'.repeat((48 << 10) + 1),
  }
  for (const [what, forged] of Object.entries(forgeries))
    it(`${what} is refused, without a reason`, async () => {
      expect(await shown(forged())).to.deep.equal([invalid, 'The ticket is not good.'])
      expect(server.clients.size).to.equal(0)
      // As good as ever for an honest one.
      offset = 0
      const raw = await isWelcome(written())
      raw.abort()
    })

  const mistakes: Record<string, [forge: () => string, word: string | null]> = {
    'signed with another key': [
      () => written('another key that is as long as it has to be'),
      'another transfer: { key }',
    ],
    'that has expired': [
      () => {
        const ticket = written(key, 1000)
        offset += 3000
        return ticket
      },
      'clocks',
    ],
    'that is noise': [() => 'x'.repeat(500), null],
    'that only begins like one': [() => `${'0'.repeat(64)}{"v":1,"nonce":"`, null],
  }
  for (const [what, [forge, word]] of Object.entries(mistakes))
    it(`${what} is ${word ? 'a warning, once' : 'no warning'}`, async () => {
      for (let i = 0; i < 2; i++) expect((await shown(forge()))[0]).to.equal(invalid)
      const warnings = told.filter(line => line.startsWith('warning'))
      expect(warnings).to.have.length(word ? 1 : 0)
      if (word) expect(warnings[0]).to.include(word)
    })

  it('is good once', async () => {
    const ticket = written()
    const raw = await isWelcome(ticket)
    expect(await shown(ticket)).to.deep.equal([invalid, 'The ticket is not good.'])
    expect([...server.clients.values()].map(({ account }) => account)).to.deep.equal(['ann'])
    raw.abort()
  })

  it('is good until its end, and forgotten as used after it', async () => {
    const ticket = written()
    offset = 29_000
    const raw = await isWelcome(ticket)
    offset = 31_000
    expect((await shown(ticket))[0]).to.equal(invalid)
    raw.abort()
  })

  it('of a megabyte ends its connection before it is read', async () => {
    expect((await shown('f'.repeat(1 << 20)))[0]).to.equal(CloseReason['too-large'])
  })

  it('means nothing to a server without a key', async () => {
    await server.stop()
    await open(undefined)
    expect(await shown(written())).to.deep.equal([invalid, 'The ticket is not good.'])
  })

  it('as the credentials of a login is a login', async () => {
    const error = await connect('memory:', { classes: [Guest], transport: wire, login: written() }).catch(
      reason => reason,
    )
    expect(error.message).to.include('could not check the login')
    expect(server.clients.size).to.equal(0)
  })

  it('before the select is no-login, and a second one second-hello', async () => {
    const raw = await RawClient.dial(wire, 'memory:')
    raw.write(w => putTicket(w, written()))
    await raw.gone
    expect(raw.closed!.code).to.equal(CloseReason['no-login'])
    const twice = await isWelcome(written())
    twice.write(w => putTicket(w, written()))
    await twice.gone
    expect(twice.closed!.code).to.equal(CloseReason['second-hello'])
  })

  it('and its context are in no event and no log', async () => {
    const warn = console.warn
    const logged: string[] = []
    console.warn = text => logged.push(String(text))
    try {
      const ticket = written()
      const raw = await isWelcome(ticket)
      await shown(ticket)
      await shown(`${'0'.repeat(64)}${ticket.slice(64)}`)
      raw.abort()
      await raw.gone
      const all = [...told, ...logged].join('\n')
      expect(told.length).to.be.greaterThan(2)
      expect(all).not.to.include('hush')
      expect(all).not.to.include(ticket.slice(0, 64))
      expect(all).not.to.include('nonce')
    } finally {
      console.warn = warn
    }
  })

  it('is never the same twice', () => {
    const tickets = new Tickets({ key }, clock, seededRandom(1))
    const passenger = { account: {}, context: {} }
    expect(tickets.write(passenger)).not.to.equal(tickets.write(passenger))
  })
})

describe('plain JSON', () => {
  const loop: unknown[] = []
  loop.push(loop)
  const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)])
  for (const value of [
    null,
    true,
    'x',
    1.5,
    [],
    {},
    { a: [1, { b: null }], c: undefined },
    Object.create(null),
    deep(30),
  ])
    it(`is ${JSON.stringify(value)?.slice(0, 40)}`, () => expect(isPlainJson(value)).to.equal(true))
  for (const [what, value] of Object.entries({
    undefined: undefined,
    'a function': () => 1,
    'a bigint': 1n,
    'a symbol': Symbol('x'),
    'not a number': Number.NaN,
    infinity: Number.POSITIVE_INFINITY,
    'minus zero': -0,
    'a date': new Date(0),
    'a map': new Map(),
    'an instance': new (class A {})(),
    'what holds itself': loop,
    'what is too deep': deep(40),
    'what has a prototype of its own': JSON.parse('{"__proto__": {"x": 1}}'),
    'what makes its own JSON': { toJSON: () => 1 },
    'a hole': new Array(2),
  }))
    it(`is not ${what}`, () => expect(isPlainJson(value)).to.equal(false))
})
