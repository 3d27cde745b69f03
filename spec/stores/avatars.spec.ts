/** Avatars that are stored: made with an account's first login, back with each later one, in the store when their client goes. Rules 13, 26 and 30 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  Disconnected,
  FieldcastError,
  Flags,
  field,
  NetworkObject,
  networkClass,
  Registry,
  Reject,
  type uint16,
} from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import { type Account, StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import type { Channel } from '../../lib/link/transport.ts'
import { goesAtOnce } from '../support/departure.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { Herald } from './acceptance.ts'
import { Hero } from './game.ts'
import { mend, rowIn, Worlds } from './worlds.ts'

const ids: Record<string, string> = { ann: 'a'.repeat(24), bob: 'b'.repeat(24) }

/** `ann` logs in as the account ann with her avatar. */
const login = (name: string): Account => {
  if (!ids[name]) throw new Reject('unknown')
  return { id: name, avatar: ids[name]! }
}

describe('A stored avatar', () => {
  let worlds: Worlds<Hero>

  beforeEach(() => {
    worlds = new Worlds<Hero>({
      server: { classes: [Hero, Herald], avatar: Hero, zone: 4, login },
      client: { classes: [Hero, Herald], avatar: Hero },
    })
  })
  afterEach(() => worlds.end())

  const originalOf = (world: World<Hero>, client: Client<Hero>): Hero =>
    world.server.objects.get(client.avatar.id) as Hero
  const gone = async (world: World<Hero>, client: Client<Hero>): Promise<void> => {
    client.close()
    await world.settle()
  }
  /** With what the server closes a connection that tries to log in as `name`. */
  async function refusal(world: World<Hero>, name: string, options: object = {}): Promise<string> {
    const closed = record(world.server, 'close')
    await failureOf(world.join(name, options), FieldcastError as never)
    await world.settle()
    return closed[0]!.reason
  }
  const row = () => rowIn(worlds.store, ids['ann']!)

  it('is made with the first login, under its id, and comes back with each later one', async () => {
    const first = await worlds.open()
    const client = await first.join('ann')
    expect([client.avatar.storedId, client.avatar.zone, [...client.zones]]).to.deep.equal([ids['ann'], 4, [4]])
    const hero = originalOf(first, client)
    client.avatar.send.setName('Ann')
    client.avatar.send.moveTo(3, 4)
    client.avatar.send.feel('happy')
    await first.settle()
    await first.until(hero.enterZone(9))
    await first.until(hero.saved())
    expect(await row()).to.deep.include({
      class: 'Hero',
      owner: 'ann',
      zone: null,
      keys: { name: '"Ann"', '@zone': '9' },
    })

    const second = await worlds.restart(first)
    const { length } = worlds.store.commits
    const created = record(second.server, 'create')
    const back = await second.join('ann')
    const again = originalOf(second, back)
    expect([again.heard, again.zone, again.owner!.id]).to.deep.equal([['moveTo 3 4', 'setName Ann'], 9, back.id])
    expect([back.avatar.name, back.avatar.x, back.avatar.mood]).to.deep.equal(['Ann', 3, ''])
    expect([back.avatar.zone, [...back.zones], back.avatar.storedId]).to.deep.equal([9, [9], ids['ann']])
    expect(created.map(({ object }) => object)).to.deep.equal([again])
    // Nothing has changed, so nothing is written.
    await second.until(again.saved())
    expect(worlds.store.commits).to.have.length(length)
  })

  it('stays in the store when its client leaves or is cut off, with all that it last was', async () => {
    const world = await worlds.open({ storage: { gapMs: 10_000 }, ...goesAtOnce })
    for (const end of ['leaves', 'is cut off'] as const) {
      const client = await world.join('ann')
      const deleted = record(world.server, 'delete')
      client.avatar.send.moveTo(client.avatar.x + 1, 0)
      await world.settle()
      const hero = originalOf(world, client)
      if (end === 'leaves') await gone(world, client)
      else await world.cut(client)
      expect(deleted.map(({ object }) => object)).to.deep.equal([hero])
      expect([...world.server.objects]).to.deep.equal([])
    }
    const client = await world.join('ann')
    expect(client.avatar.x).to.equal(2)
    expect(worlds.store.commits.flatMap(({ del = [] }) => del)).to.deep.equal([])
    expect(await row()).to.deep.include({ owner: 'ann', fields: '{"moveTo":[2,0]}' })
  })

  it('starts where login says, if it says', async () => {
    let zone: number | null | undefined
    const world = await worlds.open({ login: name => ({ ...login(name), ...(zone !== undefined && { zone }) }) })
    for (const [said, expected] of [
      [undefined, 4],
      [7, 7],
      [undefined, 7],
      [null, null],
      [undefined, 4],
    ] as const) {
      zone = said
      const client = await world.join('ann')
      expect(client.avatar.zone).to.equal(expected)
      await gone(world, client)
    }
  })

  it('is seen by those who watch its zone, whole, when it comes back', async () => {
    const world = await worlds.open()
    const ann = await world.join('ann')
    ann.avatar.send.setName('Ann')
    ann.avatar.send.moveTo(1, 2)
    await world.settle()
    const bob = await world.join('bob')
    await gone(world, ann)
    const entered: unknown[] = []
    bob.on('enter', ({ object }) => entered.push([object.storedId, ...(object as Hero).heard]))
    await world.join('ann')
    await world.settle()
    expect(entered).to.deep.equal([[ids['ann'], 'moveTo 1 2', 'setName Ann']])
  })

  it('belongs to the newer of two connections, which waits until what the older did is stored', async () => {
    const world = await worlds.open({ storage: { gapMs: 0 } })
    const older = await world.join('ann')
    await world.until(originalOf(world, older).saved())
    const closed = record(older, 'close')
    worlds.store.held = true
    older.avatar.send.moveTo(5, 5)
    await world.settle()
    worlds.store.reads = 0
    const joining = world.join('ann')
    await world.settle()
    expect(closed.map(({ reason }) => reason)).to.deep.equal(['double-login'])
    expect([worlds.store.reads, world.server.objects.size]).to.deep.equal([0, 0])
    worlds.store.release()
    const newer = await joining
    expect([newer.avatar.x, originalOf(world, newer).owner!.id]).to.deep.equal([5, newer.id])
    expect(world.server.clients.size).to.equal(1)
  })

  it('goes to the last of those who log in while it is loaded', async () => {
    const gate = new Gate()
    class Slow extends Hero {
      override async setName(name: string): Promise<void> {
        await gate.passed
        super.setName(name)
      }
    }
    const first = await worlds.open()
    const client = await first.join('ann')
    client.avatar.send.setName('Ann')
    await first.settle()
    const world = await worlds.restart(first, { classes: [Slow, Herald], avatar: Slow })
    const created = record(world.server, 'create')
    const errors = record(world.server, 'error')
    const one = failureOf(world.join('ann'), Disconnected)
    await world.settle()
    const two = failureOf(world.join('ann'), Disconnected)
    await world.settle()
    const three = world.join('ann')
    await world.settle()
    expect([(await one).reason, (await two).reason]).to.deep.equal(['double-login', 'double-login'])
    gate.open()
    const there = await three
    expect(there.avatar.name).to.equal('Ann')
    expect(created.map(({ object }) => object)).to.deep.equal([originalOf(world, there)])
    expect([world.server.objects.size, world.server.clients.size, errors]).to.deep.equal([1, 1, []])
  })

  it('is let go where its client has gone while it was loaded, and comes to the next', async () => {
    const first = await worlds.open()
    const client = await first.join('ann')
    client.avatar.send.setName('Ann')
    await first.settle()
    const world = await worlds.restart(first)
    const { get } = worlds.store
    const gate = new Gate()
    worlds.store.get = async asked => {
      await gate.passed
      return get.call(worlds.store, asked)
    }
    const before = await row()
    const closed = record(world.server, 'close')
    let channel: Channel | undefined
    const dialer = world.dialer()
    const leaving = failureOf(
      connect(world.url, {
        classes: [Hero, Herald],
        avatar: Hero,
        login: 'ann',
        clock: world.clock,
        transport: {
          dial: (url, accept, limits) =>
            dialer.dial(
              url,
              opened => {
                channel = opened
                return accept(opened)
              },
              limits,
            ),
        },
      }),
      Error,
    )
    await world.settle()
    channel!.abort()
    await world.settle()
    expect(closed).to.have.length(1)
    gate.open()
    await leaving
    await world.settle()
    expect([world.server.objects.size, world.server.clients.size]).to.deep.equal([0, 0])
    expect(await row()).to.deep.equal(before)
    worlds.store.get = get
    expect((await world.join('ann')).avatar.name).to.equal('Ann')
  })

  it('is of the avatar’s class, or the login is refused and the row stays', async () => {
    const first = await worlds.open()
    await first.join('ann')
    await worlds.shut(first)
    for (const [change, text] of [
      [{ class: 'Herald', fields: '{}', keys: {} }, 'is a Herald, and was to be a Hero'],
      [{ class: 'Dragon' }, 'none of this server'],
      [{ class: 'Hero', fields: '[' }, 'no JSON'],
      [{ fields: '{}', format: 5 }, 'version 5 of Hero'],
    ] as const) {
      const bad = await mend(worlds.store, ids['ann']!, change)
      const world = await worlds.open()
      const errors = record(world.server, 'error')
      await refusal(world, 'ann')
      expect(errors.map(({ where }) => where)).to.deep.equal(['login'])
      expect(errors[0]!.error).to.be.instanceOf(StoreError)
      expect((errors[0]!.error as Error).message)
        .to.contain(text)
        .and.contain(ids['ann'])
      expect([...world.server.objects]).to.deep.equal([])
      expect(await row()).to.deep.equal(bad)
      await world.join('bob')
      await worlds.shut(world)
    }
  })

  it('that is in the game already as somebody else’s is refused, and one that is no id', async () => {
    const world = await worlds.open({ login: name => ({ id: name, avatar: name === 'odd' ? 'odd' : ids['ann']! }) })
    const errors = record(world.server, 'error')
    const ann = await world.join('ann')
    for (const name of ['bob', 'odd']) expect(await refusal(world, name)).to.equal('invalid-login')
    expect(errors.map(({ error }) => (error as Error).message)).to.satisfy(
      ([one, two]: string[]) => one!.includes('is in the game and has an owner') && two!.includes('24 hex digits'),
    )
    expect([ann.connected, world.server.objects.size]).to.deep.equal([true, 1])
    await gone(world, ann)
    expect((await world.join('bob')).avatar.storedId).to.equal(ids['ann'])
    expect((await row()).owner).to.equal('ann')
  })

  it('is refused while the store is away, and comes when it is back', async () => {
    const world = await worlds.open()
    const errors = record(world.server, 'error')
    const { get } = worlds.store
    worlds.store.get = () => Promise.reject(new StoreError('retryable', 'away'))
    expect(await refusal(world, 'ann')).to.equal('server-error')
    expect(errors.map(({ where }) => where)).to.deep.equal(['login'])
    worlds.store.get = get
    expect((await world.join('ann')).avatar.storedId).to.equal(ids['ann'])
  })

  it('needs a store and a class of avatars', async () => {
    for (const server of [{ store: undefined as never }, { avatar: undefined as never }]) {
      const world = await worlds.open(server)
      const errors = record(world.server, 'error')
      expect(await refusal(world, 'ann')).to.equal('invalid-login')
      expect((errors[0]!.error as Error).message).to.contain('login gave the stored avatar')
      await worlds.shut(world)
    }
  })

  it('may be deleted for good: the next login makes a new one', async () => {
    const world = await worlds.open()
    const client = await world.join('ann')
    client.avatar.send.setName('Ann')
    await world.settle()
    const hero = originalOf(world, client)
    hero.delete()
    await world.until(hero.saved())
    expect(await worlds.store.inner.get([ids['ann']!])).to.deep.equal([undefined])
    await gone(world, client)
    const again = await world.join('ann')
    expect([again.avatar.name, again.avatar.storedId, again.avatar.zone]).to.deep.equal(['', ids['ann'], 4])
    await world.until(originalOf(world, again).saved())
    expect(await row()).to.deep.include({ owner: 'ann', fields: '{}' })
  })

  it('that another object refers to comes and goes without that being forgotten', async () => {
    const world = await worlds.open()
    const client = await world.join('ann')
    const herald = world.server.create(Herald, made => made.send.setTarget(originalOf(world, client)), {
      persistent: true,
    })
    await gone(world, client)
    herald.send.setIds(1, '')
    await world.until(herald.saved())
    expect(JSON.parse((await rowIn(worlds.store, herald.storedId!)).fields)).to.deep.equal({
      setIds: [1, ''],
      setTarget: [{ $object: ids['ann'] }],
    })
  })

  it('of which the class asks more than it has is refused, and stays in the store', async () => {
    const table = new Registry()
    class Knight extends NetworkObject {
      @field(Flags.Database | Flags.Broadcast | Flags.Required)
      setRank(rank: uint16): void {}
    }
    networkClass(1, { registry: table })(Knight)
    const world = await worlds.open({ classes: [Knight], avatar: Knight as never })
    const errors = record(world.server, 'error')
    const options = { classes: [Knight], avatar: Knight } as never
    expect(await refusal(world, 'ann', options)).to.equal('invalid-login')
    expect((errors[0]!.error as Error).message).to.contain('Knight.setRank is Required')
    await worlds.shut(world)
    await worlds.store.inner.open()
    expect(await worlds.store.inner.get([ids['ann']!])).to.deep.equal([undefined])
  })
})
