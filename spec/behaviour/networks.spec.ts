/** A game on networks as bad as real ones: `World.start({ network })`. */
import { expect } from 'chai'
import { Flags, field, type int16, networkClass, Registry, UsageError, type varint } from 'fieldcast'
import { World, type WorldOptions } from 'fieldcast/testing'
import { profiles } from 'fieldcast/transports/conditioner'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.RAM)
  move(x: int16): void {
    this.note('move', x)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  count(value: varint): void {
    this.note('count', value)
  }

  @field(Flags.OwnerSend)
  async twice(value: varint): Promise<varint> {
    return value * 2
  }
}

const base: WorldOptions<Player> = {
  server: { classes: [Player], avatar: Player, tickRate: 20 },
  client: { classes: [Player] },
}

describe('A game on a network', () => {
  const worlds: World<any>[] = []
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.stop()
  })
  async function start(options: Partial<WorldOptions<Player>>): Promise<World<Player>> {
    const world = await World.start<Player>({ ...base, ...options })
    worlds.push(world)
    return world
  }

  for (const network of Object.keys(profiles) as (keyof typeof profiles)[])
    for (const datagrams of [false, true])
      it(`of the kind ${network}${datagrams ? ', with datagrams,' : ''} brings every call in order, answers requests, and ends with the newest`, async () => {
        const world = await start({ network: { profile: network, disconnectsPerMinute: 0 }, datagrams, seed: 3 })
        const [ann, bob] = [await world.join(), await world.join()]
        const annAtBob = sightOf(bob, originalOf(world, ann.avatar))
        for (let i = 0; i < 60; i++) {
          ann.avatar.send.count(i)
          ann.avatar.send.move(i)
          await world.run(50)
        }
        expect(await world.until(ann.avatar.send.twice(21))).to.equal(42)
        await world.settle()
        await world.run(2000)
        const heard = (name: string): unknown[] =>
          annAtBob.heard.filter(([field]) => field === name).map(([, value]) => value)
        expect(heard('count')).to.deep.equal(Array.from({ length: 60 }, (_, index) => index))
        expect(heard('move').at(-1)).to.equal(59)
        expect(heard('move')).to.deep.equal([...heard('move')].sort((a, b) => (a as number) - (b as number)))
      })

  it('is the same each time from one seed, to the byte, and another from another', async () => {
    const run = async (seed: number): Promise<string> => {
      const world = await start({ network: 'train', datagrams: true, trace: true, seed })
      const [ann, bob] = [await world.join(), await world.join()]
      for (let i = 0; i < 40; i++) {
        if (ann.connected) ann.avatar.send.move(i)
        if (bob.connected) bob.avatar.send.count(i)
        await world.run(50)
      }
      return JSON.stringify(world.trace.map(({ bytes, ...frame }) => ({ ...frame, bytes: [...bytes] })))
    }
    const first = await run(5)
    expect(await run(5)).to.equal(first)
    expect(await run(6)).to.not.equal(first)
    expect(first).to.include('"datagram":true')
  })

  it('that is thin thins Latest calls, and says that a client is slow', async () => {
    const world = await start({
      server: { ...base.server, limits: { waitingBytes: 4000 } },
      network: { latency: 20, down: { bandwidth: 500 } },
    })
    const ann = await world.join()
    const slow: boolean[] = []
    world.server.on('slow', event => slow.push(event.slow))
    const avatar = originalOf(world, ann.avatar)
    for (let i = 0; i < 100; i++) {
      avatar.send.move(i)
      for (let many = 0; many < 60; many++) avatar.send.count(many)
      await world.run(50)
      if (slow.length > 0) break
    }
    expect(slow).to.deep.equal([true])
    await world.run(10_000)
    expect(slow).to.deep.equal([true, false])
    expect(ann.avatar.heard.filter(([name]) => name === 'move').length).to.be.lessThan(100)
  })

  it('can be frozen: nobody hears of anything, and all comes afterwards', async () => {
    const world = await start({ network: 'wifi' })
    const [ann, bob] = [await world.join(), await world.join()]
    const annAtBob = sightOf(bob, originalOf(world, ann.avatar))
    world.network.freeze(3000)
    ann.avatar.send.count(7)
    await world.run(2900)
    expect(annAtBob.heard).to.deep.equal([])
    expect(ann.connected && bob.connected).to.equal(true)
    await world.settle()
    expect(annAtBob.heard).to.deep.equal([['count', 7]])
  })

  it('settles once all has arrived, however often it had to be sent again', async () => {
    const world = await start({ server: { classes: [Player], avatar: Player }, network: { latency: 40, loss: 0.5 } })
    const [ann, bob] = [await world.join(), await world.join()]
    for (let i = 0; i < 20; i++) {
      ann.avatar.send.count(i)
      await world.settle()
      expect(sightOf(bob, originalOf(world, ann.avatar)).heard.at(-1)).to.deep.equal(['count', i])
    }
  })

  it('adds latency and jitter to it, where they are asked for', async () => {
    const world = await start({ network: { latency: 30 }, latency: 50 })
    const ann = await world.join()
    expect(await world.until(ann.ping())).to.be.closeTo(160, 1)
  })

  it('is refused where nobody knows its name; without one there is none to freeze', async () => {
    const error = await start({ network: 'wlan' as 'wifi' }).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(UsageError)
    expect((error as Error).message).to.include("no network 'wlan'. There are lan,")
    const world = await start({})
    expect(() => world.network).to.throw(UsageError, 'perfect network')
  })
})
