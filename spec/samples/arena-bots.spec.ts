/** The arena without a browser: its server and its bots in a World, under virtual time. */
import { expect } from 'chai'
import { memoryStore } from 'fieldcast/stores/memory'
import { World } from 'fieldcast/testing'
import { Bot, botLogin } from '../../samples/arena/bots.ts'
import { chanceFrom } from '../../samples/arena/chance.ts'
import { Avatar, Board, Gem } from '../../samples/arena/model.ts'
import { arenaOptions, populate, ServerAvatar } from '../../samples/arena/server.ts'
import { distance, LOBBY, SPEED, zoneAt, zonesAround } from '../../samples/arena/world.ts'

const classes = [Avatar, Gem, Board]

describe('the arena', () => {
  let world: World<Avatar>

  beforeEach(async () => {
    const chance = chanceFrom(7)
    world = await World.start<Avatar>({
      server: { ...arenaOptions(memoryStore()), tickRate: 20 },
      client: { classes, avatar: Avatar },
      latency: 30,
      jitter: 20,
    })
    await world.until(populate(world.server, chance, () => world.clock.now()))
  })
  afterEach(() => world.stop())

  const join = (name: string) => world.join<Avatar>({ name, colour: 3 })
  const avatarOf = (client: { avatar: Avatar }) => world.server.objects.get(client.avatar.id) as ServerAvatar

  describe('with 20 bots', () => {
    let bots: Bot[]

    async function live(seconds: number): Promise<void> {
      for (let tick = 0; tick < seconds * 20; tick++) {
        for (const bot of bots) bot.step(0.05)
        await world.run(50)
      }
    }

    beforeEach(async () => {
      const chance = chanceFrom(11)
      bots = []
      for (let i = 0; i < 20; i++) bots.push(new Bot(await world.join<Avatar>(botLogin(i)), chance))
    })

    it('shows each of them exactly the avatars of the zones around it, where they last were', async () => {
      const before = bots.map(({ client: { avatar } }) => ({ x: avatar.x, y: avatar.y }))
      await live(40)
      await world.settle()
      for (const [i, { client }] of bots.entries()) {
        expect(client.connected, client.avatar.name).to.equal(true)
        expect(distance(client.avatar, before[i]!)).to.be.greaterThan(1)
        const around = zonesAround(zoneAt(client.avatar))
        expect([...client.zones].sort((a, b) => a - b)).to.deep.equal([...around, LOBBY])
        const near = world.server.objects.of(ServerAvatar).filter(({ zone }) => around.includes(zone!))
        const seen = client.objects.of(Avatar)
        const facts = ({ id, name, colour, x, y, score, zone }: Avatar) => ({ id, name, colour, x, y, score, zone })
        const byId = (a: Avatar, b: Avatar) => a.id - b.id
        expect(seen.sort(byId).map(facts)).to.deep.equal(
          near.sort(byId).map(avatar => ({ ...facts(avatar), name: avatar.player.name, colour: avatar.player.colour })),
        )
      }
    })

    it('has them collect gems, and tells everyone who leads', async () => {
      await live(40)
      await world.settle()
      const scores = bots.map(({ client }) => client.avatar.score)
      expect(Math.max(...scores)).to.be.greaterThan(0)
      const [board] = bots[0]!.client.objects.of(Board)
      expect(board!.players).to.equal(20)
      expect(board!.leaders.map(({ score }) => score)).to.deep.equal(
        scores
          .filter(score => score > 0)
          .sort((a, b) => b - a)
          .slice(0, 5),
      )
    })
  })

  it('keeps as many gems in every zone as there were at first', async () => {
    const ann = await join('ann')
    const count = world.server.objects.of(Gem).length
    const [gem] = ann.objects.of(Gem).filter(({ zone }) => zone === ann.avatar.zone)
    avatarOf(ann).send.moveTo(gem!.x, gem!.y)
    await world.settle()
    const worth = await world.until(ann.avatar.send.collect(gem!))
    expect(worth).to.be.greaterThan(0)
    await world.settle()
    expect(ann.avatar.score).to.equal(worth)
    expect(ann.objects.get(gem!.id)).to.equal(undefined)
    expect(world.server.objects.of(Gem).length).to.equal(count)
  })

  it('gives a gem to the first who asks, and a reason to the second', async () => {
    const ann = await join('ann')
    const bob = await join('bob')
    const gem = ann.objects.of(Gem).find(({ id }) => bob.objects.get(id))!
    for (const client of [ann, bob]) avatarOf(client).send.moveTo(gem.x, gem.y)
    await world.settle()
    const both = Promise.allSettled([
      ann.avatar.send.collect(gem),
      bob.avatar.send.collect(bob.objects.get(gem.id) as Gem),
    ])
    const outcomes = (await world.until(both)).map(outcome =>
      outcome.status === 'fulfilled' ? 'taken' : outcome.reason.reason,
    )
    expect(outcomes.sort()).to.deep.equal(['Somebody was faster.', 'taken'])
  })

  it('refuses a gem that lies far away', async () => {
    const ann = await join('ann')
    const far = ann.objects.of(Gem).find(gem => distance(gem, ann.avatar) > 300)!
    const failed = await world.until(ann.avatar.send.collect(far).catch(error => error))
    expect(failed).to.include({ code: 'rejected', reason: 'That is too far away.' })
  })

  it('takes a leap for as much of it as time allows, and puts the leaper there on every screen', async () => {
    const ann = await join('ann')
    const bob = await join('bob')
    const { x, y } = ann.avatar
    ann.avatar.send.moveTo(x + 1500, y)
    expect(ann.avatar.x).to.equal(x + 1500)
    await world.settle()
    expect(ann.avatar.x - x).to.be.within(1, SPEED * 1.5)
    expect((bob.objects.get(ann.avatar.id) as Avatar).x).to.equal(ann.avatar.x)
    expect(avatarOf(ann).x).to.equal(ann.avatar.x)
  })

  it('takes back a step out of the world, with the reason', async () => {
    const ann = await join('ann')
    const { x, y } = ann.avatar
    const reasons: string[] = []
    ann.on('vetoed', ({ reason }) => reasons.push(reason))
    ann.avatar.send.moveTo(60_000, y)
    await world.settle()
    expect(ann.avatar).to.include({ x, y })
    expect(reasons).to.deep.equal(['The world ends there.'])
  })

  it('tidies what is said, and lets nobody shout without a pause', async () => {
    const heard: string[] = []
    class Listener extends Avatar {
      override say(text: string): void {
        heard.push(text)
      }
    }
    const ann = await join('ann')
    await world.join<Avatar>({ name: 'bob' }, { classes: [Listener, Gem, Board] })
    const reasons: string[] = []
    ann.on('vetoed', ({ reason }) => reasons.push(reason))
    ann.avatar.send.say('  hello \n there ')
    ann.avatar.send.say('HELLO')
    ann.avatar.send.say('   ')
    await world.settle()
    expect(heard).to.deep.equal(['hello there'])
    expect(reasons).to.deep.equal(['Take a breath before you say more.', 'There was nothing to say.'])
  })

  for (const name of ['', '   ', 'a name that is much too long', 7])
    it(`refuses the name ${JSON.stringify(name)} at the login`, async () => {
      const failed = await world.join({ name }).catch(error => error)
      expect(failed).to.include({ code: 'rejected', reason: 'Please choose a name of 1 to 16 characters.' })
    })
})
