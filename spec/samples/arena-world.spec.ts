/** The arena keeps its world: under virtual time, over one store. */
import { expect } from 'chai'
import type { Client } from 'fieldcast/client'
import type { Account } from 'fieldcast/server'
import { memoryStore } from 'fieldcast/stores/memory'
import { World } from 'fieldcast/testing'
import type { StoredRow } from '../../lib/stores/store.ts'
import { chanceFrom } from '../../samples/arena/chance.ts'
import { login } from '../../samples/arena/login.ts'
import { Avatar, Board, Gem } from '../../samples/arena/model.ts'
import { arenaOptions, populate, ServerAvatar } from '../../samples/arena/server.ts'
import { distance, isInside, LOBBY, START, ZONES, zoneAt } from '../../samples/arena/world.ts'
import { next, record } from '../support/outcome.ts'

const ANN = 'a'.repeat(32)
const BOB = 'b'.repeat(32)

describe('the world of the arena', () => {
  let store: ReturnType<typeof memoryStore>
  const worlds: World<Avatar>[] = []
  let starts = 0

  beforeEach(() => {
    store = memoryStore()
  })
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.stop()
  })

  /** Opens the arena, each time with a chance that would lay other gems. */
  async function open(): Promise<World<Avatar>> {
    const chance = chanceFrom(++starts)
    const world = await World.start<Avatar>({
      server: { ...arenaOptions(store), tickRate: 20 },
      client: { classes: [Avatar, Gem, Board], avatar: Avatar },
    })
    worlds.push(world)
    await world.until(populate(world.server, chance, () => world.clock.now()))
    return world
  }

  const avatarOf = (world: World<Avatar>, { avatar }: Client<Avatar>) =>
    world.server.objects.get(avatar.id) as ServerAvatar
  const facts = ({ storedId, x, y, zone, score }: Avatar) => ({ storedId, x, y, zone, score })
  const gemsOf = (world: World<Avatar>): string[] =>
    world.server.objects
      .of(Gem)
      .map(({ storedId, zone, x, y, kind }) => `${storedId} ${zone} ${x} ${y} ${kind}`)
      .sort()

  /** Walks to a gem that is in view and takes it. */
  async function gather(world: World<Avatar>, client: Client<Avatar>): Promise<number> {
    const gem = client.objects.of(Gem)[0]!
    avatarOf(world, client).send.moveTo(gem.x, gem.y)
    await world.settle()
    return world.until(client.avatar.send.collect(gem))
  }

  it('brings a player back who comes with the same key: the same avatar, place and score', async () => {
    const first = await open()
    const ann = await first.join({ name: 'ann', colour: 3, key: ANN })
    expect(distance(ann.avatar, START)).to.be.lessThan(300)
    const score = await gather(first, ann)
    const left = facts(avatarOf(first, ann))
    expect(left.score).to.equal(score)
    await worlds.pop()!.stop()

    const second = await open()
    expect(second.server.objects.of(ServerAvatar)).to.deep.equal([])
    const [bob, back] = [
      await second.join({ name: 'bob', key: BOB }),
      await second.join({ name: 'Ann', colour: 4, key: ANN }),
    ]
    await second.settle()
    expect(facts(back.avatar)).to.deep.equal(left)
    expect(back.avatar).to.include({ name: 'Ann', colour: 4 })
    expect(bob.avatar.storedId).to.not.equal(left.storedId)
    expect(bob.avatar.score).to.equal(0)
  })

  it('has its gems where they lay, and as many as before', async () => {
    const first = await open()
    const ann = await first.join({ name: 'ann', key: ANN })
    await gather(first, ann)
    const gems = gemsOf(first)
    await worlds.pop()!.stop()
    expect(gemsOf(await open())).to.deep.equal(gems)
  })

  it('goes on honouring who has led, and counts who plays', async () => {
    const first = await open()
    const ann = await first.join({ name: 'ann', colour: 3, key: ANN })
    const score = await gather(first, ann)
    await worlds.pop()!.stop()
    const second = await open()
    const bob = await second.join({ name: 'bob', key: BOB })
    await second.settle()
    const boards = bob.objects.of(Board)
    expect(boards).to.have.length(1)
    expect(boards[0]!.zone).to.equal(LOBBY)
    expect(boards[0]!.players).to.equal(1)
    const id = ann.avatar.storedId
    expect(boards[0]!.leaders).to.deep.equal([{ id, name: 'ann', colour: 3, score }])
    await second.join({ name: 'Ann', colour: 4, key: ANN })
    await second.settle()
    expect(boards[0]!.leaders).to.deep.equal([{ id, name: 'Ann', colour: 4, score }])
  })

  it('hands an avatar on to the newest connection of its player', async () => {
    const world = await open()
    const older = await world.join({ name: 'ann', key: ANN })
    await gather(world, older)
    const left = facts(avatarOf(world, older))
    const ended = next(older, 'close')
    const newer = await world.join({ name: 'ann', key: ANN })
    expect(await world.until(ended)).to.include({ reason: 'double-login' })
    expect(facts(newer.avatar)).to.deep.equal(left)
    expect(world.server.objects.of(ServerAvatar)).to.have.length(1)
  })

  it('puts up with places that are no longer in it, or that nobody can read', async () => {
    const first = await open()
    const ann = await first.join({ name: 'ann', key: ANN })
    const score = await gather(first, ann)
    const id = ann.avatar.storedId!
    const gems = first.server.objects.of(Gem).slice(0, 3)
    ann.close()
    await first.settle()
    expect((await first.until(first.server.store.update(id, { moveTo: [60_000, 60_000] }))).done).to.equal(true)
    const [outside, elsewhere, broken] = gems.map(({ storedId }) => storedId!)
    await worlds.pop()!.stop()

    const middle = await World.start<Avatar>({
      server: arenaOptions(store),
      client: { classes: [Avatar, Gem, Board], avatar: Avatar },
    })
    await middle.until(middle.server.store.update(outside!, { lie: [60_000, 10, 'ruby'] }))
    await middle.until(middle.server.store.update(elsewhere!, { lie: [4700, 4700, 'ruby'] }))
    const [row] = await store.get([broken!])
    const hurt = { ...(row as StoredRow), version: (row as StoredRow).version + 1, fields: '{"lie":["here"]}' }
    await store.commit({ put: [hurt] })
    await middle.stop()

    const second = await open()
    const zones = second.server.objects.of(Gem).map(gem => {
      expect(isInside(gem) && zoneAt(gem)).to.equal(gem.zone)
      return gem.zone
    })
    expect(zones.length).to.equal(ZONES * ZONES * 7)
    for (let zone = 0; zone < ZONES * ZONES; zone++) expect(zones.filter(each => each === zone)).to.have.length(7)
    const told = record(second.server, 'error')
    const back = await second.join({ name: 'ann', key: ANN })
    expect(told.map(({ where, field }) => [where, field])).to.deep.equal([['load', 'Avatar.moveTo']])
    expect(distance(back.avatar, START)).to.be.lessThan(300)
    expect(back.avatar.zone).to.equal(zoneAt(START))
    expect(back.avatar.score).to.equal(score)
  })

  describe('knows a player', () => {
    const account = (credentials: unknown, address = '192.0.2.7'): Account => login(credentials as never, address)

    it('by a key, of which nothing is left in what others see', () => {
      const { id, avatar } = account({ name: 'ann', key: ANN })
      expect(avatar).to.match(/^[0-9a-f]{24}$/)
      expect(id).to.equal(avatar)
      expect(avatar).to.not.contain(ANN.slice(0, 8))
      expect(account({ name: 'Anna', colour: 2, key: ANN }).avatar).to.equal(avatar)
      expect(account({ name: 'ann', key: BOB }).avatar).to.not.equal(avatar)
    })

    for (const key of [undefined, null, '', 'A'.repeat(32), 'a'.repeat(31), `${ANN}\n`, 7, {}, 'bot ann'])
      it(`as a guest whom nobody keeps, for the key ${JSON.stringify(key)}`, () => {
        expect(account({ name: 'ann', key })).to.deep.equal({ data: { name: 'ann', colour: 0 } })
      })

    it('as a bot by its name, where it lives in the same process', () => {
      const { avatar } = account({ name: 'Ada' }, '')
      expect(avatar).to.match(/^[0-9a-f]{24}$/)
      expect(account({ name: 'Ada' }, '').avatar).to.equal(avatar)
      expect(account({ name: 'Bo' }, '').avatar).to.not.equal(avatar)
    })
  })
})
