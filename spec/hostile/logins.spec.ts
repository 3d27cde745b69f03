/** Who knocks too often, guesses, or waits for ever: limits before the login, and what nobody may read of it. Rules 28, 30 and 32 of docs/guarantees.md. */
import { inspect } from 'node:util'
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, Reject, type str } from 'fieldcast'
import { type Account, createServer, type Server, type ServerEvents, type ServerOptions } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { settled, VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { closeName } from '../../lib/protocol/close.ts'
import { putResume, putSelect } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import type { RemoteClient } from '../../lib/replication/authority/client.ts'
import { type AddressedWire, addressed } from '../support/addressed.ts'
import { Gate } from '../support/outcome.ts'
import { RawClient } from '../support/raw-client.ts'
import { Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend)
  say(text: str<64>): void {
    this.note('say', text)
  }
}

const eventNames: readonly (keyof ServerEvents)[] = [
  'connect',
  'close',
  'violation',
  'standing',
  'dropped',
  'vetoed',
  'error',
  'create',
  'delete',
  'mismatch',
  'warning',
]

class Gatehouse {
  readonly clock = new VirtualClock()
  readonly wire: AddressedWire = addressed(this.clock)
  readonly events: [name: string, event: unknown][] = []
  readonly server: Server

  constructor(options: Partial<ServerOptions>) {
    this.server = createServer({
      classes: [Player],
      avatar: Player,
      tickRate: 'manual',
      clock: this.clock,
      transports: [this.wire],
      ...options,
    })
    for (const name of eventNames) this.server.on(name, event => this.events.push([name, event]))
  }

  /** A connection from an address, which has said nothing. */
  async knock(address: string): Promise<RawClient> {
    const raw = await RawClient.dial(this.wire.from(address), 'memory:')
    await settled()
    return raw
  }

  /** Tries to log in. What comes of it: `welcome`, `pending`, or the reason of the end. */
  async tryLogin(address: string, credentials: unknown): Promise<string> {
    const raw = await this.knock(address)
    if (!raw.ended) {
      raw.select(this.server.schemaHash)
      raw.login(credentials)
      await settled()
    }
    return this.fate(raw)
  }

  fate(raw: RawClient): string {
    if (raw.closed) return closeName(raw.closed.code)
    if (raw.ended) return closeName(raw.ended.code ?? 0)
    return raw.frames.some(frame => frame[0] === Op.Welcome) ? 'welcome' : 'pending'
  }

  named(name: string): unknown[] {
    return this.events.filter(([event]) => event === name)
  }
}

describe('Logins', () => {
  let house: Gatehouse
  const open = async (options: Partial<ServerOptions>): Promise<void> => {
    house = new Gatehouse(options)
    await house.server.start()
  }
  afterEach(() => house.server.stop())

  const password: ServerOptions['login'] = (given: { name?: string; password?: string } | null): Account => {
    if (given?.password !== 'right') throw new Reject('wrong name or password')
    return { id: given.name ?? '' }
  }
  const guess = (name: string): object => ({ name, password: 'a guess' })

  for (const [end, settle] of [
    ['is granted', (gate: Gate<Account>) => gate.open({ id: 'ann', zone: 0 })],
    ['is refused', (_: Gate<Account>, reject: () => void) => reject()],
  ] as const)
    it(`that hang end as handshake-timeout; that one ${end} late leaves no trace`, async () => {
      const gate = new Gate<Account>()
      let reject = (): void => {}
      const refusal = new Promise<Account>((_, no) => {
        reject = () => no(new Reject('late'))
      })
      await open({ login: () => Promise.race([gate.passed, refusal]) })
      const raw = await house.knock('192.0.2.7')
      raw.select(house.server.schemaHash)
      raw.login({ name: 'ann' })
      await house.clock.advance(9_999)
      expect(house.fate(raw)).to.equal('pending')
      await house.clock.advance(1)
      expect(house.fate(raw)).to.equal('handshake-timeout')
      const before = house.events.length
      settle(gate, reject)
      await house.clock.advance(60_000)
      house.server.tick()
      expect(house.events.slice(before)).to.deep.equal([])
      expect(house.server.clients.size).to.equal(0)
      expect(house.server.objects.size).to.equal(0)
      expect(house.clock.pending).to.be.at.most(1)
    })

  it('that are decided on at the same time are so many and no more; the next are told to come again, and do', async () => {
    const gate = new Gate<Account>()
    await open({ login: () => gate.passed, limits: { loginsAtOnce: 6, connectionsPerAddress: 4 } })
    const fates: string[] = []
    for (let i = 0; i < 12; i++) fates.push(await house.tryLogin(`192.0.2.${i >> 2}`, null))
    expect(fates).to.deep.equal([...Array(6).fill('pending'), ...Array(6).fill('too-many-connections')])
    gate.open({})
    await settled()
    expect(house.server.clients.size).to.equal(6)
    expect(await house.tryLogin('192.0.2.9', null)).to.equal('welcome')
  })

  it('count while the game decides, although their connections have gone', async () => {
    const gate = new Gate<Account>()
    let asked = 0
    await open({
      login: () => {
        asked++
        return gate.passed
      },
      limits: { connectionsPerAddress: 4, connectsPerSecond: 1000 },
    })
    for (let i = 0; i < 50; i++) {
      const raw = await house.knock('192.0.2.7')
      raw.select(house.server.schemaHash)
      raw.login(null)
      await settled()
      raw.abort()
      await settled()
    }
    expect(asked).to.equal(4)
    expect(await house.tryLogin('192.0.2.8', null)).to.equal('pending')
  })

  it('that fail too often hold up their address and no other; whoever waits gets in', async () => {
    await open({ login: password })
    for (let i = 0; i < 20; i++) expect(await house.tryLogin('192.0.2.7', guess(`name${i}`))).to.equal('invalid-login')
    expect(await house.tryLogin('192.0.2.7', { name: 'ann', password: 'right' })).to.equal('rate')
    expect(await house.tryLogin('::ffff:192.0.2.7', { name: 'ann', password: 'right' })).to.equal('rate')
    expect(await house.tryLogin('192.0.2.8', { name: 'bob', password: 'right' })).to.equal('welcome')
    await house.clock.advance(3_000)
    expect(await house.tryLogin('192.0.2.7', { name: 'ann', password: 'right' })).to.equal('welcome')
  })

  it('that fail with one name from everywhere hold up that name, but not where its player is at home', async () => {
    await open({ login: password, loginName: ({ name }: { name: string }) => name })
    expect(await house.tryLogin('203.0.113.5', { name: 'Ann', password: 'right' })).to.equal('welcome')
    for (let i = 0; i < 10; i++) expect(await house.tryLogin(`198.51.100.${i}`, guess('ann'))).to.equal('invalid-login')
    expect(await house.tryLogin('198.51.100.200', { name: 'ann', password: 'right' })).to.equal('rate')
    expect(await house.tryLogin('198.51.100.200', { name: 'bob', password: 'right' })).to.equal('welcome')
    expect(await house.tryLogin('203.0.113.5', { name: 'Ann', password: 'right' })).to.equal('welcome')
    // Whatever a client sends in place of a name.
    for (const credentials of [null, 7, [], { name: {} }, { name: 'x'.repeat(60_000) }])
      expect(await house.tryLogin('192.0.2.99', credentials)).to.equal('invalid-login')
    expect(house.named('error')).to.be.empty
  })

  it('that are refused as busy, or fail by a fault of the server’s own, are nobody’s guesses', async () => {
    let fault: Error = new Reject('busy')
    await open({
      login: () => {
        throw fault
      },
      limits: { failedLoginsPerAddress: 2 },
    })
    for (let i = 0; i < 5; i++) expect(await house.tryLogin('192.0.2.7', null)).to.equal('invalid-login')
    fault = new TypeError('a bug')
    for (let i = 0; i < 5; i++) expect(await house.tryLogin('192.0.2.7', null)).to.equal('invalid-login')
  })

  it('MN34 More than so many connections from an address are refused, with one told reason each; others get in during the storm', async () => {
    await open({ limits: { connectionsPerAddress: 8, connectsPerSecond: 4 } })
    const fates: string[] = []
    for (let i = 0; i < 100; i++) {
      fates.push(await house.tryLogin(`2001:db8::${i.toString(16)}`, null))
      if (i % 10 === 0) expect(await house.tryLogin(`192.0.2.${i}`, null)).to.equal('welcome')
    }
    expect(fates.filter(fate => fate === 'welcome')).to.have.length(8)
    expect(fates.filter(fate => fate === 'too-many-connections')).to.have.length(92)
    expect(house.named('close')).to.have.length(92)
  })

  it('MN8 Wrong version, wrong hash, a second hello and a message before the hello each have a reason of their own', async () => {
    await open({})
    const { schemaHash } = house.server
    for (const [commit, reason] of [
      [(raw: RawClient) => raw.select(schemaHash, 'game', 999), 'protocol-mismatch'],
      [(raw: RawClient) => raw.select('another hash'), 'schema-mismatch'],
      [(raw: RawClient) => raw.select(schemaHash, 'spectator'), 'unknown-connection-type'],
      [(raw: RawClient) => [raw.select(schemaHash), raw.select(schemaHash)], 'second-hello'],
      [(raw: RawClient) => raw.login(null), 'no-login'],
      [(raw: RawClient) => raw.call(0, 1, []), 'no-login'],
    ] as const) {
      const raw = await house.knock('192.0.2.7')
      commit(raw)
      // A client from another build may say what differs.
      await house.clock.advance(2_000)
      expect(house.fate(raw)).to.equal(reason)
    }
    expect(house.server.clients.size).to.equal(0)
  })

  it('come back as fast as they may after a storm of comings and goings', async () => {
    await open({ limits: { connectionsPerAddress: 8, connectsPerSecond: 4 } })
    let admitted = 0
    for (let i = 0; i < 200; i++) {
      const raw = await house.knock('192.0.2.7')
      if (!raw.ended) admitted++
      raw.abort()
      await settled()
      await house.clock.advance(25)
    }
    // 8 at once, and 4 a second for 5 s.
    expect(admitted).to.be.within(27, 29)
    await house.clock.advance(2_000)
    expect(await house.tryLogin('192.0.2.7', null)).to.equal('welcome')
  })

  describe('whose secrets', () => {
    const secret = 'hunter2-KORREKT-pferd'
    const printed: string[] = []
    const consoles = {
      warn: console.warn,
      error: console.error,
      log: console.log,
      info: console.info,
      debug: console.debug,
    }
    const streams = { out: process.stdout.write, err: process.stderr.write }

    /** All that was told to listeners, with what stands in errors, and all that was printed. */
    const everything = (): string => {
      const seen = new Set<unknown>()
      const text = (value: unknown): string => {
        if (typeof value !== 'object' || value === null) return String(value)
        if (seen.has(value)) return ''
        seen.add(value)
        const own = Reflect.ownKeys(value).map(key => {
          try {
            return `${String(key)}: ${text((value as Record<PropertyKey, unknown>)[key])}`
          } catch {
            return ''
          }
        })
        const entries = value instanceof Map || value instanceof Set ? [...value].map(text) : []
        return [...own, ...entries].join('\n')
      }
      return [...printed, ...house.events.map(text)].join('\n')
    }

    beforeEach(() => {
      printed.length = 0
      for (const name of Object.keys(consoles) as (keyof typeof consoles)[])
        console[name] = (...args: unknown[]) =>
          void printed.push(
            args.map(arg => (arg instanceof Error ? `${arg.stack} ${JSON.stringify(arg)}` : String(arg))).join(' '),
          )
      process.stdout.write = process.stderr.write = ((chunk: unknown) => {
        printed.push(String(chunk))
        return true
      }) as typeof process.stdout.write
    })
    const restore = (): void => {
      Object.assign(console, consoles)
      process.stdout.write = streams.out
      process.stderr.write = streams.err
    }
    afterEach(restore)

    it('are the tokens of resume stand in nothing that events, printed whole, tell', async () => {
      const world = await World.start<Player>({
        server: { classes: [Player], avatar: Player },
        client: { classes: [Player], avatar: Player },
      })
      const told: string[] = []
      for (const name of [...eventNames, 'lost', 'resumed'] as const)
        world.server.on(name, event => told.push(name, inspect(event, { depth: 12, showHidden: true })))
      const tokens = new Set<string>()
      const a = await world.join()
      for (const name of ['lost', 'resumed', 'close', 'error'] as const)
        a.on(name, event => told.push(inspect(event, { depth: 12, showHidden: true })))
      for (let i = 0; i < 3; i++) {
        for (const token of (world.server.clients.get(a.id) as RemoteClient).tokens) tokens.add(token)
        await world.lose(a)
        await world.restore(a)
      }
      const raw = await RawClient.dial(world.dialer(), world.url)
      raw.select(world.server.schemaHash)
      raw.write(w => putResume(w, { token: secret, heard: 0 }))
      await world.until(raw.gone)
      await world.stop()
      const all = [...told, ...printed].join('\n')
      restore()
      expect(tokens.size).to.equal(3)
      expect(all).to.include('resumed').and.to.include('session-over')
      for (const token of [...tokens, secret]) expect(all.includes(token)).to.equal(false)
    })

    it('travel in credentials stand in no event, no error and no log, whatever becomes of the login', async () => {
      const gates: Gate<Account>[] = []
      const outcomes: Record<string, () => unknown> = {
        granted: () => ({ id: 'ann' }),
        vetoed: () => {
          throw new Reject('no')
        },
        bug: () => {
          throw new TypeError('a bug of the game')
        },
        hangs: () => {
          const gate = new Gate<Account>()
          gates.push(gate)
          return gate.passed
        },
        wrongZone: () => ({ zone: -1 }),
        noStore: () => ({ id: 'bob', avatar: '0'.repeat(24) }),
        double: () => ({ id: 'ann' }),
      }
      await open({
        login: (given: { how?: string } | null) => outcomes[given?.how ?? 'vetoed']!() as Account,
        loginName: (given: { password?: string } | null) => given?.password,
      })
      const credentials = (how: string): object => ({ how, password: secret, [secret]: [secret] })
      const fates: string[] = []
      for (const how of Object.keys(outcomes)) fates.push(await house.tryLogin('192.0.2.7', credentials(how)))
      expect(fates).to.deep.equal([
        'welcome',
        'invalid-login',
        'invalid-login',
        'pending',
        'invalid-login',
        'invalid-login',
        'welcome',
      ])
      // Twice, before its time, cut, too long, no JSON, and from another game.
      const raw = [
        await house.knock('192.0.2.8'),
        await house.knock('192.0.2.8'),
        await house.knock('192.0.2.8'),
        await house.knock('192.0.2.8'),
        await house.knock('192.0.2.8'),
      ]
      raw[0]!.select(house.server.schemaHash)
      for (let i = 0; i < 2; i++) raw[0]!.login(credentials('hangs'))
      raw[1]!.login(credentials('granted'))
      raw[2]!.select(house.server.schemaHash)
      raw[2]!.write(w => {
        w.u8(Op.Login)
        w.text(`{"password":"${secret}"`)
      })
      raw[3]!.select(house.server.schemaHash)
      raw[3]!.login({ password: secret.repeat(4000) })
      raw[4]!.write(w => putSelect(w, { protocol: 1, connectionType: secret, hash: secret }))
      await settled()
      for (let i = 0; i < 30; i++) await house.tryLogin('192.0.2.7', credentials('vetoed'))
      await house.clock.advance(70_000)
      expect(gates.length).to.be.at.least(2)
      await house.server.stop()
      const all = everything()
      restore()
      // The reader of all this sees something.
      expect(all).to.include('invalid-login').and.to.include('a bug of the game').and.to.include('192.0.2.7')
      expect(all.includes(secret)).to.equal(false)
      expect(all.includes(secret.slice(0, 12))).to.equal(false)
    })
  })
})
