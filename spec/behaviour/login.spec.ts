/** Who a connection is, and what it finds when it is in. Rules 22, 24, 27 and 30 of docs/guarantees.md. */
import { expect } from 'chai'
import { Disconnected, Flags, field, networkClass, Registry, Reject, Rejected, type str, UsageError } from 'fieldcast'
import type { Account, ServerOptions } from 'fieldcast/server'
import { stranger } from '../support/intruder.ts'
import { failureOf, Gate, next, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  say(text: str<64>): void {
    this.note('say', text)
  }
}

const classes = [Player]

/** Two accounts and nobody else. */
const twoAccounts: NonNullable<ServerOptions['login']> = (credentials: { name?: string; password?: string } | null) => {
  const accounts: Record<string, Account> = {
    'login/password': { id: 'one', data: { admin: true } },
    'login2/password2': { id: 'two', zone: 7 },
  }
  const account = accounts[`${credentials?.name}/${credentials?.password}`]
  if (!account) throw new Reject('wrong name or password')
  return account
}
const first = { name: 'login', password: 'password' }
const second = { name: 'login2', password: 'password2' }

const open = { server: { classes, avatar: Player }, client: { classes } }
const guarded = { ...open, server: { ...open.server, login: twoAccounts } }

onEveryWire('login', start => {
  it('LP23 Two fixed accounts log in with two different ids; other credentials are refused with invalid-login', async () => {
    const world = await start(guarded)
    const a = await world.join(first)
    const b = await world.join(second)
    expect(a.id).to.not.equal(b.id)
    const [one, two] = [world.server.clients.get(a.id)!, world.server.clients.get(b.id)!]
    expect([one.account, two.account]).to.deep.equal(['one', 'two'])
    expect([one.data, two.data]).to.deep.equal([{ admin: true }, undefined])
    const closes = record(world.server, 'close')
    for (const wrong of [{ name: 'login', password: 'password2' }, { name: 'nobody' }, undefined, 'login', []]) {
      const refused = await failureOf(world.join(wrong), Rejected)
      expect(refused.reason).to.equal('wrong name or password')
    }
    await world.settle()
    expect(closes.map(({ reason, client }) => [reason, client])).to.deep.equal(Array(5).fill(['invalid-login', null]))
    expect(world.server.clients.size).to.equal(2)
    expect(world.server.objects.size).to.equal(2)
  })

  it('LP25 A second login with the same account closes the first connection with double-login', async () => {
    const world = await start(guarded)
    const a = await world.join(first)
    const closed = next(a, 'close')
    const b = await world.join(first)
    expect((await world.until(closed)).reason).to.equal('double-login')
    b.avatar.send.say('it is me')
    await world.settle()
    expect(a.connected).to.equal(false)
    expect([...world.server.clients.keys()]).to.deep.equal([b.id])
    expect([...world.server.objects]).to.have.lengthOf(1)
    expect(b.avatar.heard).to.deep.equal([['say', 'it is me']])
  })

  it('refuses the newer connection instead where doubleLogin says so', async () => {
    const world = await start({ ...guarded, server: { ...guarded.server, doubleLogin: () => 'refuse-newer' as const } })
    const a = await world.join(first)
    const refused = await failureOf(world.join(first), Disconnected)
    expect(refused.reason).to.equal('double-login')
    expect(a.connected).to.equal(true)
    a.close()
    await world.settle()
    expect((await world.join(first)).connected).to.equal(true)
  })

  it('closes the older connection where doubleLogin throws, tells of it, and goes on', async () => {
    const doubleLogin = (): never => {
      throw new Error('undecided')
    }
    const world = await start({ ...guarded, server: { ...guarded.server, doubleLogin } })
    const errors = record(world.server, 'error')
    const a = await world.join(first)
    const b = await world.join(first)
    await world.settle()
    expect(errors.map(({ where }) => where)).to.deep.equal(['doubleLogin'])
    expect([a.connected, b.connected]).to.deep.equal([false, true])
    expect((await world.join(second)).connected).to.equal(true)
  })

  it('lets anonymous clients in as often as they come', async () => {
    const world = await start(open)
    const clients = [await world.join(), await world.join(), await world.join()]
    expect(clients.every(({ connected }) => connected)).to.equal(true)
    for (const client of clients) expect(world.server.clients.get(client.id)!.account).to.equal(null)
  })

  it('LP26 An object message before login ends the connection with no-login', async () => {
    const world = await start(open)
    const a = await world.join()
    for (const prepare of [
      () => {},
      (raw: Awaited<ReturnType<typeof stranger>>) => raw.select(world.server.schemaHash),
    ]) {
      const raw = await stranger(world)
      prepare(raw)
      raw.call(0, a.avatar.id, [])
      await world.until(raw.gone)
      expect(raw.closed!.code).to.equal(32)
    }
    expect(originalOf(world, a.avatar).heard).to.be.empty
    expect(a.connected).to.equal(true)
  })

  it('LP26 A call that comes while the login is being decided ends the connection with no-login', async () => {
    const gate = new Gate<Account>()
    const world = await start({ ...open, server: { ...open.server, login: () => gate.passed } })
    const raw = await stranger(world)
    raw.select(world.server.schemaHash)
    raw.login()
    raw.call(0, 1, [])
    await world.until(raw.gone)
    gate.open({ id: 'late' })
    await world.settle()
    expect(raw.closed!.code).to.equal(32)
    expect(world.server.clients.size).to.equal(0)
    expect(world.server.objects.size).to.equal(0)
  })

  it('LP27 On connect the client has its avatar, owned by it, greeted once', async () => {
    const world = await start(open)
    const connects = record(world.server, 'connect')
    const a = await world.join()
    await world.settle()
    expect(a.avatar.owner).to.deep.equal({ id: a.id })
    expect(a.avatar.story).to.deep.equal(['onEnter', 'onOwnerGained'])
    expect(originalOf(world, a.avatar).owner).to.equal(world.server.clients.get(a.id))
    expect(originalOf(world, a.avatar).story).to.deep.equal(['onEnter', 'onOwnerGained'])
    expect(world.server.clients.get(a.id)!.avatar).to.equal(originalOf(world, a.avatar))
    expect(connects.map(({ client }) => client.id)).to.deep.equal([a.id])
  })

  it('puts a new avatar into zone 0, or where the option or the login says', async () => {
    const world = await start(guarded)
    const a = await world.join(first)
    const b = await world.join(second)
    expect([a.avatar.zone, b.avatar.zone]).to.deep.equal([0, 7])
    expect([[...a.zones], [...b.zones]]).to.deep.equal([[0], [7]])
    const elsewhere = await start({ ...guarded, server: { ...guarded.server, zone: 3 } })
    expect((await elsewhere.join(first)).avatar.zone).to.equal(3)
    expect((await elsewhere.join(second)).avatar.zone).to.equal(7)
    const nowhere = await start({ ...open, server: { ...open.server, zone: null } })
    const c = await nowhere.join()
    expect(c.avatar.zone).to.equal(null)
    expect([...c.zones]).to.be.empty
    c.avatar.send.say('alone')
    await nowhere.settle()
    expect(c.avatar.heard).to.deep.equal([['say', 'alone']])
  })

  it('connects without an avatar where the server gives none', async () => {
    const world = await start({ ...open, server: { classes } })
    const a = await world.join()
    expect(() => a.avatar).to.throw(UsageError, 'no avatar')
    expect(world.server.clients.get(a.id)!.avatar).to.equal(null)
    expect(a.objects.size).to.equal(0)
    expect([...a.zones]).to.deep.equal([0])
  })

  it('waits for an async login, and sees the address and the credentials', async () => {
    const gate = new Gate<Account>()
    const asked: unknown[] = []
    const login = (credentials: unknown, { address }: { readonly address: string }): Promise<Account> => {
      asked.push(credentials, typeof address)
      return gate.passed
    }
    const world = await start({ ...open, server: { ...open.server, login } })
    const joining = world.join({ token: 'ü', nested: [1, null] })
    await world.settle()
    expect(world.server.clients.size).to.equal(0)
    gate.open({ id: 9 })
    const a = await joining
    expect(asked).to.deep.equal([{ token: 'ü', nested: [1, null] }, 'string'])
    expect(world.server.clients.get(a.id)!.account).to.equal(9)
  })

  it('refuses a login whose check fails, without telling the client why, and tells the server', async () => {
    const login = async (how: string): Promise<void> => {
      if (how === 'reject') throw new Reject('closed for maintenance')
      throw new Error('the database password is hunter2')
    }
    const world = await start({ ...open, server: { ...open.server, login }, trace: true })
    const errors = record(world.server, 'error')
    expect((await failureOf(world.join('reject'), Rejected)).reason).to.equal('closed for maintenance')
    await failureOf(world.join('fail'), Rejected)
    expect(errors.map(({ where }) => where)).to.deep.equal(['login'])
    expect(world.trace.some(({ bytes }) => Buffer.from(bytes).includes('hunter2'))).to.equal(false)
  })

  it('refuses a client whose avatar cannot be made, and tells of it', async () => {
    class Broken extends Player {
      constructor() {
        super()
        throw new Error('no body')
      }
    }
    const world = await start({ ...open, server: { classes: [Broken], avatar: Broken } })
    const errors = record(world.server, 'error')
    await failureOf(world.join(), Rejected)
    expect(errors.map(({ where }) => where)).to.deep.equal(['avatar'])
    expect(world.server.clients.size).to.equal(0)
    expect(world.server.objects.size).to.equal(0)
  })

  it('refuses credentials that are no JSON before it connects', async () => {
    const world = await start(open)
    await failureOf(world.join({ money: 10n }), UsageError)
    expect(world.server.clients.size).to.equal(0)
  })

  it('MN4 What one call writes into the connection’s context is read by the next of the same connection, not by others', async () => {
    const seen: unknown[] = []
    class Counting extends Player {
      override say(text: string): void {
        const context = this.caller!.context
        seen.push([text, context['said'] ?? 0])
        context['said'] = ((context['said'] as number | undefined) ?? 0) + 1
      }
    }
    const world = await start({ ...open, server: { classes: [Counting], avatar: Counting } })
    const a = await world.join()
    const b = await world.join()
    a.avatar.send.say('a1')
    a.avatar.send.say('a2')
    await world.settle()
    b.avatar.send.say('b1')
    await world.settle()
    a.avatar.send.say('a3')
    await world.settle()
    expect(seen).to.deep.equal([
      ['a1', 0],
      ['a2', 1],
      ['b1', 0],
      ['a3', 2],
    ])
    expect(world.server.clients.get(a.id)!.context).to.deep.equal({ said: 3 })
    expect(world.server.clients.get(b.id)!.context).to.deep.equal({ said: 1 })
  })

  it('gives no client the id of another, ever', async () => {
    const world = await start(open)
    const ids: number[] = []
    for (let i = 0; i < 4; i++) {
      const client = await world.join()
      ids.push(client.id)
      client.close()
      await world.settle()
    }
    expect(new Set(ids).size).to.equal(4)
    const a = await world.join()
    const b = await world.join()
    expect(sightOf(b, a.avatar).owner).to.deep.equal({ id: a.id })
  })
})
