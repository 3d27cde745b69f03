/** How accounts are made, changed and kept, in a game's own store. */
import { expect } from 'chai'
import { Reject, StoreError, UsageError } from 'fieldcast/server'
import { ACCOUNT_CLASS } from '../../lib/stores/accounts/account-row.ts'
import { idOfName } from '../../lib/stores/accounts/names.ts'
import { type Accounts, type AccountsOptions, accounts } from '../../lib/stores/accounts.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { Store, StoredRow } from '../../lib/stores/store.ts'
import { failureOf } from '../support/outcome.ts'
import { ManualClock } from '../transports/manual-clock.ts'

/** As weak as scrypt can be: what a hash is worth is not what is tested. */
const quick = { N: 2, r: 1, p: 1 }
const from = { address: '192.0.2.1' }

describe('accounts', () => {
  let store: Store
  let players: Accounts

  const make = (options: AccountsOptions = {}): Accounts => accounts(store, { scrypt: quick, ...options })
  const row = async (folded: string): Promise<StoredRow> => (await store.get([idOfName(folded)]))[0] as StoredRow
  const refusal = async (promise: Promise<unknown>): Promise<string> => (await failureOf(promise, Reject)).reason
  const login = (name: unknown, password: unknown, more: object = {}): Promise<{ readonly id: string }> =>
    players.login({ name, password, ...more }, from)

  beforeEach(async () => {
    store = memoryStore()
    await store.open()
    players = make()
  })

  describe('are made', () => {
    it('by clients only where that is open', async () => {
      expect(await refusal(login('ann', 'correct horse', { register: true }))).to.equal('registration-closed')
      players = make({ register: 'open' })
      const { id } = await login('Ann', 'correct horse', { register: true })
      expect((await login('ann', 'correct horse')).id).to.equal(id)
      expect(await refusal(login('ann', 'correct horse', { register: true }))).to.equal('name-taken')
      for (const register of ['yes', 1, {}, [true]])
        expect(await refusal(login('bob', 'correct horse', { register }))).to.equal('invalid-login')
    })

    it('once for a name, however it is written', async () => {
      const same = [
        ['Ann', 'ANN', 'ａｎｎ', ' ann '],
        ['Straße', 'STRASSE', 'strasse'],
        ['ΣΟΦΟΣ', 'σοφος', 'σοφοσ'],
        ['Zoë', 'zoe\u0308'],
        ['ﬁn', 'FIN'],
        ['Ann B', 'ann\u00a0b'],
        ['İ', 'i\u0307'],
      ]
      for (const [first, ...others] of same) {
        const { id } = await players.register(first!, 'correct horse')
        for (const other of others) {
          expect(await refusal(players.register(other, 'another one')), other).to.equal('name-taken')
          expect((await login(other, 'correct horse')).id).to.equal(id)
        }
      }
      expect((await players.get(' ann '))!.name).to.equal('Ann')
    })

    it('once for a name on two servers that ask at the same time', async () => {
      const others = Array.from({ length: 5 }, () => make())
      const outcomes = await Promise.allSettled(others.map(other => other.register('ann', 'correct horse')))
      const [first, ...more] = outcomes.filter(({ status }) => status === 'fulfilled')
      expect(more).to.deep.equal([])
      const { value } = first as PromiseFulfilledResult<{ id: string }>
      expect((await players.get('ann'))!.id).to.equal(value.id)
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect((outcome.reason as Reject).reason).to.equal('name-taken')
    })

    it('under no name that people cannot tell from another', async () => {
      const bad = ['', ' ', 'a  b', 'a\tb', 'a\nb', 'ann\u0000', '\u202eann', 'a\u00adnn', 'a\u200dnn', 'ann\ufe0f']
      const odd = ['\u115f', '\u2028', '\ud800', '\ue000', '\u0378', 'x'.repeat(33), 'ﷺ'.repeat(2), 'x'.repeat(257)]
      for (const name of [...bad, ...odd, 7, null, {}, ['ann']])
        expect(await refusal(players.register(name as string, 'correct horse')), JSON.stringify(name)).to.equal(
          'bad-name',
        )
      for (const name of ['x', 'x'.repeat(32), '🐟'.repeat(32), 'Jean-Luc O’Neill', '語', '__proto__', 'a:b'])
        expect((await players.register(name, 'correct horse')).name).to.equal(name)
    })

    it('with no password that is too short, too long or no text', async () => {
      const bad = ['', 'seven 7', '🐟'.repeat(7), 'x'.repeat(513), 'lone surrogate \ud800', 7, null, {}]
      for (const password of bad)
        expect(await refusal(players.register('ann', password as string))).to.equal('bad-password')
      expect(await players.get('ann')).to.equal(null)
      const good = ['eight 88', '🐟'.repeat(8), 'x'.repeat(512), 'nul \u0000 and more', 'Zo\u00eb Zo\u00eb 1']
      for (const [n, password] of good.entries()) {
        await players.register(`good${n}`, password)
        await login(`good${n}`, password)
      }
      await login('good4', 'Zoe\u0308 Zoe\u0308 1')
      expect(await refusal(login('good3', 'nul '))).to.equal('invalid-login')
    })

    it('with data that come back as they are, and with no others', async () => {
      const data = { list: [1, 'two', null, { deep: true }], 'odd key': 1.5 }
      await players.register('ann', 'correct horse', data)
      expect((await players.get('ann'))!.data).to.deep.equal(data)
      const cycle: Record<string, unknown> = {}
      cycle['self'] = cycle
      for (const bad of [{ at: new Date() }, { f() {} }, { n: Number.NaN }, { u: undefined }, [], null, 'text', cycle])
        await failureOf(players.register('bob', 'correct horse', bad as never), UsageError)
      expect(await players.get('bob')).to.equal(null)
    })
  })

  describe('are changed', () => {
    it('to another password', async () => {
      const { id } = await players.register('ann', 'correct horse')
      expect(await players.setPassword('Ann', 'battery staple')).to.equal(true)
      expect(await refusal(login('ann', 'correct horse'))).to.equal('invalid-login')
      expect((await login('ann', 'battery staple')).id).to.equal(id)
      expect(await refusal(players.setPassword('ann', 'short'))).to.equal('bad-password')
      expect(await players.setPassword('bob', 'battery staple')).to.equal(false)
      expect(await players.setPassword('\u0000', 'battery staple')).to.equal(false)
    })

    it('to other data, while they log in', async () => {
      await players.register('ann', 'correct horse', { coins: 1 })
      await Promise.all([
        login('ann', 'correct horse'),
        players.setData('ann', { coins: 2 }),
        login('ann', 'correct horse'),
        players.setPassword('ann', 'battery staple'),
      ])
      const { data, lastLogin } = (await players.get('ann'))!
      expect(data).to.deep.equal({ coins: 2 })
      expect(lastLogin).to.not.equal(null)
      await login('ann', 'battery staple')
      expect(await players.setData('bob', {})).to.equal(false)
    })

    it('to none, and another may have the name, with objects of its own', async () => {
      const first = await players.register('ann', 'correct horse', { secret: 'something' })
      expect(await players.remove('ANN')).to.equal(true)
      expect(await players.remove('ann')).to.equal(false)
      expect(await players.get('ann')).to.equal(null)
      expect(await refusal(login('ann', 'correct horse'))).to.equal('invalid-login')
      expect(await players.setPassword('ann', 'battery staple')).to.equal(false)
      // Nothing of it is left.
      expect(await row('ann')).to.include({ owner: null, fields: '{"removed":[true]}' })
      const second = await players.register('ann', 'battery staple')
      expect([second.id, second.avatar]).to.not.include.members([first.id, first.avatar])
      expect((await login('ann', 'battery staple')).id).to.equal(second.id)
    })

    it('to none on a server whose clock is ahead, and anew on another', async () => {
      const ahead = new ManualClock()
      await ahead.advance(86_400_000)
      const behind = make({ clock: new ManualClock() })
      const other = make({ clock: ahead })
      await other.register('ann', 'correct horse')
      await other.remove('ann')
      const { id } = await behind.register('ann', 'battery staple')
      expect((await other.get('ann'))!.id).to.equal(id)
    })
  })

  it('are rows of a class that no game has, and hold no password', async () => {
    const { id } = await players.register('Ann', 'correct horse', { coins: 3 })
    const { rows } = await store.query({ class: ACCOUNT_CLASS, owner: id, limit: 10 })
    expect(rows).to.deep.equal([await row('ann')])
    expect(ACCOUNT_CLASS).to.not.match(/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u)
    const { fields } = rows[0] as StoredRow
    expect(fields).to.not.contain('correct horse')
    expect(Object.keys(JSON.parse(fields))).to.deep.equal(['name', 'unique', 'password', 'avatar', 'data', 'created'])
  })

  it('that cannot be read are told by their row, without what is in it, and stay', async () => {
    await players.register('ann', 'correct horse')
    const good = await row('ann')
    const hash = (JSON.parse(good.fields) as { password: [string] }).password[0]
    const bad: Partial<StoredRow>[] = [
      { fields: '{' },
      { fields: '[]' },
      { fields: good.fields.replace('"password"', '"pass"') },
      { fields: good.fields.replace('ln=1,', 'ln=40,') },
      { fields: good.fields.replace(hash, hash.slice(0, 20)) },
      { fields: good.fields.replace('"$date"', '"date"') },
      { format: 2 },
      { class: 'Hero' },
      { owner: null },
    ]
    for (const [n, part] of bad.entries()) {
      const spoiled = { ...good, ...part, version: good.version + n + 1 }
      await store.commit({ put: [spoiled] })
      for (const attempt of [
        () => login('ann', 'correct horse'),
        () => players.register('ann', 'correct horse'),
        () => players.setPassword('ann', 'battery staple'),
        () => players.remove('ann'),
      ]) {
        const { kind, message } = await failureOf(attempt(), StoreError)
        expect(kind).to.equal('fatal')
        expect(message).to.contain(good.id).and.not.contain('scrypt').and.not.contain('horse')
      }
      expect(await row('ann')).to.deep.equal(spoiled)
    }
  })

  it('need a store that is open', async () => {
    await store.close()
    await failureOf(login('ann', 'correct horse'), StoreError)
  })

  it('refuse options that cannot be followed', () => {
    const bad: object[] = [
      { scrypt: { N: 3, r: 8, p: 1 } },
      { scrypt: { N: 1, r: 8, p: 1 } },
      { scrypt: { N: 2 ** 30, r: 8, p: 1 } },
      { scrypt: { N: 16, r: 0, p: 1 } },
      { scrypt: { N: 16, r: 1, p: 1.5 } },
      { atOnce: 0 },
      { waiting: Number.NaN },
      { minPassword: -1 },
      { maxName: 1000 },
      { register: 'sometimes' },
    ]
    for (const options of bad)
      expect(() => accounts(store, options as AccountsOptions), JSON.stringify(options)).to.throw(UsageError)
  })
})
