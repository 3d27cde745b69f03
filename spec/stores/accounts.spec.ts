/** Logging in by name and password. */
import { expect } from 'chai'
import { Disconnected, Rejected } from 'fieldcast'
import { Reject } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import { idOfName } from '../../lib/stores/accounts/names.ts'
import { type Accounts, type AccountsOptions, accounts } from '../../lib/stores/accounts.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { Store, StoredRow } from '../../lib/stores/store.ts'
import { failureOf } from '../support/outcome.ts'
import { ManualClock } from '../transports/manual-clock.ts'
import { Hero } from './game.ts'

/** As weak as scrypt can be: what a hash is worth is not what is tested. */
const quick = { N: 2, r: 1, p: 1 }
const from = { address: '192.0.2.1' }

describe('accounts log in', () => {
  let store: Store
  let players: Accounts

  const make = (options: AccountsOptions = {}): Accounts => accounts(store, { scrypt: quick, ...options })
  const row = async (folded: string): Promise<StoredRow> => (await store.get([idOfName(folded)]))[0] as StoredRow
  const refusal = async (promise: Promise<unknown>): Promise<string> => (await failureOf(promise, Reject)).reason
  const login = (name: unknown, password: unknown): Promise<{ readonly id: string }> =>
    players.login({ name, password }, from)

  beforeEach(async () => {
    store = memoryStore()
    await store.open()
    players = make()
  })

  it('with their password, and are given id, avatar and data', async () => {
    const made = await players.register('Ann', 'correct horse', { coins: 3 })
    expect(made.id).to.match(/^[0-9a-f]{24}$/)
    expect(made.avatar)
      .to.match(/^[0-9a-f]{24}$/)
      .and.not.equal(made.id)
    const account = await players.login({ name: 'Ann', password: 'correct horse' }, from)
    expect(account).to.deep.equal({ id: made.id, avatar: made.avatar, data: { coins: 3, name: 'Ann' } })
    const other = await players.register('Bob', 'correct horse')
    expect(new Set([made.id, made.avatar, other.id, other.avatar]).size).to.equal(4)
  })

  it('in no other case, and are told nothing but that', async () => {
    await players.register('ann', 'correct horse')
    const wrong: [unknown, unknown][] = [
      ['ann', 'correct hors'],
      ['ann', 'correct horse '],
      ['ann', 'Correct horse'],
      ['bob', 'correct horse'],
      ['__proto__', 'correct horse'],
      ['ann', ''],
      ['', ''],
    ]
    for (const [name, password] of wrong)
      expect(await refusal(login(name, password)), `${name} ${password}`).to.equal('invalid-login')
  })

  it('without an avatar where the server has none', async () => {
    await make().register('ann', 'correct horse')
    players = make({ avatar: false })
    expect(await login('ann', 'correct horse')).to.have.keys('id', 'data')
  })

  it('with what is no text, or huge, before anything is hashed', async () => {
    await players.register('ann', 'correct horse')
    // Were one of these hashed, it would take a minute.
    players = make({ scrypt: { N: 2 ** 20, r: 8, p: 64 } })
    const texts: unknown[] = [
      undefined,
      null,
      1,
      true,
      {},
      [],
      ['ann'],
      { toString: 'ann' },
      new Map(),
      new Uint8Array(3),
      'x'.repeat(1_000_000),
    ]
    for (const text of texts) {
      expect(await refusal(login(text, 'correct horse'))).to.equal('invalid-login')
      expect(await refusal(login('ann', text))).to.equal('invalid-login')
    }
    for (const credentials of [undefined, null, 'ann', 7, [], ['ann', 'correct horse'], new Map()])
      expect(await refusal(players.login(credentials, from))).to.equal('invalid-login')
    for (const name of ['ann\u0000', 'ann\n', '\ud800', 'a\u200bnn', '\u3164', ' ', 'a'.repeat(200)])
      expect(await refusal(login(name, 'correct horse')), JSON.stringify(name)).to.equal('invalid-login')
  })

  it('as slowly under names that nobody has as with a wrong password', async function () {
    this.timeout(20_000)
    players = make({ scrypt: { N: 2 ** 13, r: 8, p: 1 } })
    await players.register('ann', 'correct horse')
    const time = async (name: string): Promise<number> => {
      const times: number[] = []
      for (let n = 0; n < 7; n++) {
        const begin = performance.now()
        await refusal(login(name, 'wrong password'))
        times.push(performance.now() - begin)
      }
      return times.sort((a, b) => a - b)[3]!
    }
    // Without the hash it would take a hundredth.
    expect((await time('nobody')) / (await time('ann'))).to.be.within(1 / 3, 3)
  })

  it('and leave the time', async () => {
    const clock = new ManualClock()
    players = make({ clock })
    const made = await players.register('ann', 'correct horse')
    expect([made.created.getTime(), made.lastLogin]).to.deep.equal([clock.wall(), null])
    await clock.advance(60_000)
    await login('ann', 'correct horse')
    await clock.advance(60_000)
    await refusal(login('ann', 'wrong password'))
    const found = (await players.get('ann'))!
    expect(found.lastLogin!.getTime() - found.created.getTime()).to.equal(60_000)
  })

  it('with a new hash where the cost is another than it was', async () => {
    await players.register('ann', 'correct horse')
    const before = (await row('ann')).fields
    expect(before).to.contain('$scrypt$ln=1,r=1,p=1$')
    players = make({ scrypt: { N: 4, r: 2, p: 3 } })
    await refusal(login('ann', 'wrong password'))
    expect((await row('ann')).fields).to.equal(before)
    const entered = await Promise.all([login('ann', 'correct horse'), login('ann', 'correct horse')])
    expect(entered[0].id).to.equal(entered[1].id)
    expect((await row('ann')).fields).to.contain('$scrypt$ln=2,r=2,p=3$')
    await login('ann', 'correct horse')
  })

  it('a few at a time, address by address, and no more than may wait', async function () {
    this.timeout(20_000)
    players = make({ scrypt: { N: 2 ** 12, r: 8, p: 1 }, atOnce: 1, waiting: 4 })
    await players.register('ann', 'correct horse')
    const order: string[] = []
    const attempt = (address: string): Promise<void> =>
      players.login({ name: 'ann', password: 'correct horse' }, { address }).then(
        () => void order.push(address),
        (error: Reject) => void order.push(`${address} ${error.reason}`),
      )
    await Promise.all(['a', 'a', 'a', 'a', 'b', 'c', 'd'].map(attempt))
    // One runs, four wait: two of `a`, which are half.
    expect(order).to.deep.equal(['a busy', 'd busy', 'a', 'a', 'b', 'c', 'a'])
    await attempt('a')
    expect(order.at(-1)).to.equal('a')
  })

  it('over the wire, to the avatar that is theirs', async () => {
    players = make({ register: 'open' })
    const options = { classes: [Hero], avatar: Hero }
    const open = (): Promise<World<Hero>> =>
      World.start<Hero>({
        server: { ...options, store, login: players.login },
        client: options,
        // Hashes take real time: under a virtual one a login would time out.
        wire: { listener: websocket({ port: 0, host: '127.0.0.1' }), dialer: () => websocketDialer() },
      })
    const credentials = { name: 'ann', password: 'correct horse' }
    const first = await open()
    const ann = await first.join({ ...credentials, register: true })
    const served = first.server.clients.get(ann.id)!
    expect([served.account, served.data]).to.deep.equal([(await players.get('ann'))!.id, { name: 'ann' }])
    ann.avatar!.send.moveTo(3, 4)
    await first.settle()
    expect((await failureOf(first.join({ ...credentials, password: 'wrong password' }), Rejected)).reason).to.equal(
      'invalid-login',
    )
    const again = first.join(credentials)
    const over = await failureOf(
      new Promise((_, reject) => {
        ann.on('close', ({ code, reason }) => reject(new Disconnected('', code, reason)))
      }),
      Disconnected,
    )
    expect(over.reason).to.equal('double-login')
    await again
    await first.stop()

    await store.open()
    const second = await open()
    const back = await second.join(credentials)
    expect([back.avatar!.x, back.avatar!.y]).to.deep.equal([3, 4])
    await second.stop()
  })
})
