/** Zones of more objects than one turn of the event loop tells of. Rules 23, 25 and 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str, type uint16 } from 'fieldcast'
import { type VirtualClock, World } from 'fieldcast/testing'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { betweenSlices, unticked } from '../support/turns.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { comings, idsInView, onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry, clientCreate: true })
class Thing extends Witness {
  @field(Flags.Broadcast | Flags.RAM | Flags.OwnerSend)
  setName(name: str<200>): void {
    this.note('setName', name)
  }

  @field(Flags.OwnerOnly | Flags.RAM)
  setSecret(n: uint16): void {
    this.note('setSecret', n)
  }
}

/** Its name is what the server is asked for. */
@networkClass(11, { registry })
class Asked extends Witness {
  static asked: number[] = []
  static onAsked: (id: number) => void = () => {}

  getLabel(): string {
    Asked.asked.push(this.id)
    Asked.onAsked(this.id)
    return `asked ${this.id}`
  }

  @field(Flags.Broadcast | Flags.Required)
  setLabel(label: str): void {
    this.note('setLabel', label)
  }
}

const classes = [Thing, Asked]
const inSlicesOf = (snapshotSlice: number) => ({
  server: { classes, limits: { snapshotSlice } },
  client: { classes },
})

function fill(world: World<any>, zone: number, count: number): Thing[] {
  return Array.from({ length: count }, (_, i) =>
    world.server.create(Thing, object => object.send.setName(`n${i}`), { zone }),
  )
}
const idsOf = (objects: readonly { id: number }[]): number[] => objects.map(({ id }) => id)

onEveryWire('a large zone', start => {
  it('is told of in slices, a frame a turn, while others are served', async () => {
    const world = await start({ ...inSlicesOf(1000), trace: true })
    const things = fill(world, 5, 10_000)
    const other = fill(world, 6, 1)[0]!
    const [a, b] = [await world.join(), await world.join()]
    await world.until(onServer(world, b).zones.set([6]))
    await world.settle()
    const done = record(a, 'zone-done')
    const from = world.trace.length
    const whole = onServer(world, a).zones.add(5)
    const calls = Array.from({ length: 9 }, (_, i) => () => {
      other.send.setName(`call ${i}`)
      world.server.tick()
    })
    betweenSlices(world, ...calls)
    await unticked(world, whole)
    await world.settle()
    const frames = world.trace.slice(from).filter(({ to, bytes }) => to === 'client' && bytes.length > 100)
    expect(frames.map(({ client }) => client)).to.deep.equal(new Array(10).fill(1))
    expect(Math.max(...frames.map(({ bytes }) => bytes.length))).to.be.lessThan(20_000)
    expect(sightOf(b, other).heard.length).to.equal(10)
    expect(done).to.deep.equal([{ zone: 5, count: 10_000 }])
    expect(idsInView(a)).to.deep.equal(idsOf(things))
    expect(sightOf(a, things[9999]!).heard).to.deep.equal([['setName', 'n9999']])
  })

  it('shows nothing before it is whole, and resolves only then', async () => {
    const world = await start(inSlicesOf(3))
    const things = fill(world, 5, 9)
    const a = await world.join()
    const client = onServer(world, a)
    const log = comings(a)
    let resolved = false
    const whole = client.zones.set([5]).then(() => {
      resolved = true
    })
    let before: unknown[] = []
    betweenSlices(
      world,
      () => {},
      async () => {
        before = [
          resolved,
          a.objects.size,
          [...a.objects].length,
          a.objects.get(things[0]!.id),
          a.zones.has(5),
          [...log],
        ]
      },
    )
    await unticked(world, whole)
    await world.settle()
    expect(before).to.deep.equal([false, 0, 0, undefined, false, []])
    expect(log).to.deep.equal(things.map(({ id }) => `+${id}`))
    expect(a.objects.size).to.equal(9)
  })

  it('tells once, and rightly, of what comes, goes, moves and changes hands meanwhile', async () => {
    const world = await start({ ...inSlicesOf(2), client: { classes, on: {} } })
    const [first, goes, told, dies, moves, given, taken, last] = fill(world, 5, 8)
    const a = await world.join()
    const client = onServer(world, a)
    taken!.transferOwner(client)
    await world.until(client.zones.set([6]))
    await world.settle()
    const log = comings(a)
    const dropped = record(a, 'dropped')
    const owners = record(a, 'owner')
    let came!: Thing
    const whole = client.zones.add(5)
    betweenSlices(world, () => {
      // First and goes have been told of.
      void goes!.enterZone(null)
      dies!.delete()
      void moves!.enterZone(6)
      given!.transferOwner(client)
      taken!.transferOwner(null)
      void last!.enterZone(7)
      came = world.server.create(Thing, null, { zone: 5 })
      void first!.enterZone(6)
      first!.transferOwner(client)
      void told!.enterZone(7)
      void told!.enterZone(5)
    })
    await unticked(world, whole)
    await world.settle()
    const inView = [first!, told!, moves!, given!, taken!, came]
    expect(idsInView(a)).to.deep.equal(idsOf(inView).sort((x, y) => x - y))
    const entered = idsOf([first!, goes!, moves!, given!, came, told!])
    expect(log.filter(entry => entry.startsWith('+')).sort()).to.deep.equal(entered.map(id => `+${id}`).sort())
    expect(log.filter(entry => !entry.startsWith('+'))).to.deep.equal([`-${goes!.id}`])
    expect(inView.map(object => sightOf(a, object).zone)).to.deep.equal([6, 5, 6, 5, 5, 5])
    expect(inView.map(object => sightOf(a, object).owner?.id ?? null)).to.deep.equal([
      a.id,
      null,
      null,
      a.id,
      null,
      null,
    ])
    expect(owners.map(({ object, to }) => [object.id, to])).to.have.deep.members([
      [taken!.id, null],
      [first!.id, a.id],
    ])
    expect(sightOf(a, first!).story.filter(name => name === 'onOwnerGained')).to.have.length(1)
    expect(dropped).to.deep.equal([])
    given!.send.setSecret(4)
    await world.settle()
    expect(sightOf(a, given!).heard.at(-1)).to.deep.equal(['setSecret', 4])
  })

  it('may be left, or deleted whole, while it is opened', async () => {
    const world = await start(inSlicesOf(2))
    const things = fill(world, 5, 8)
    const others = fill(world, 6, 8)
    const a = await world.join()
    const client = onServer(world, a)
    const log = comings(a)
    const events: string[] = []
    a.on('zone-done', ({ zone, count }) => events.push(`done ${zone} ${count}`))
    a.on('zone-left', ({ zone }) => events.push(`left ${zone}`))
    await world.until(client.zones.set([]))
    const given = client.zones.set([5])
    let instead!: Promise<void>
    betweenSlices(world, () => {
      instead = client.zones.set([6])
    })
    await unticked(world, given)
    await unticked(world, instead)
    await world.settle()
    await world.settle()
    expect(idsInView(a)).to.deep.equal(idsOf(others))
    expect([...a.zones]).to.deep.equal([6])
    const [x, y] = idsOf(things)
    expect(log.slice(0, 4)).to.deep.equal([`+${x}`, `+${y}`, `-${x}`, `-${y}`])
    expect(events).to.deep.equal(['left 0', 'done 5 2', 'left 5', 'done 6 8'])
    const again = client.zones.set([5])
    betweenSlices(world, () => {
      for (const thing of things) thing.delete()
    })
    await unticked(world, again)
    await world.settle()
    expect(idsInView(a)).to.deep.equal([])
    expect(events.slice(4)).to.deep.equal(['left 6', 'done 5 0'])
    expect([...a.zones]).to.deep.equal([5])
  })

  it('may be left and opened again while another one is opened', async () => {
    const world = await start(inSlicesOf(2))
    const near = fill(world, 4, 2)
    const far = fill(world, 5, 8)
    const a = await world.join()
    const client = onServer(world, a)
    await world.until(client.zones.set([4, 3]))
    await world.settle()
    const log = comings(a)
    const events: string[] = []
    a.on('zone-done', ({ zone }) => events.push(`done ${zone}`))
    a.on('zone-left', ({ zone }) => events.push(`left ${zone}`))
    const whole = client.zones.add(5)
    let came!: Thing
    betweenSlices(
      world,
      () => {
        void client.zones.delete(3)
        void client.zones.add(3)
      },
      () => {
        void client.zones.delete(4)
        came = world.server.create(Thing, null, { zone: 4 })
        void client.zones.add(4)
      },
    )
    await unticked(world, whole)
    await world.settle()
    expect(idsInView(a)).to.deep.equal(idsOf([...near, ...far, came]))
    expect([...a.zones].sort()).to.deep.equal([3, 4, 5])
    expect(events).to.deep.equal(['left 3', 'done 3', 'done 5', 'left 4', 'done 4'])
    expect(log.slice(-5)).to.deep.equal([
      ...near.map(({ id }) => `-${id}`),
      ...near.map(({ id }) => `+${id}`),
      `+${came.id}`,
    ])
  })

  it('opens beside others, small and large, and shows with the last of them', async () => {
    const world = await start({ ...inSlicesOf(3), server: { ...inSlicesOf(3).server, canWatch: () => true } })
    const all = [...fill(world, 5, 10), ...fill(world, 6, 2), ...fill(world, 7, 7)]
    const a = await world.join()
    const log = comings(a)
    const sizes: number[] = []
    const order: number[] = []
    const wish = (zone: number): Promise<void> =>
      a.zones.add(zone).then(() => {
        order.push(zone)
        sizes.push(a.objects.size)
      })
    await world.until(Promise.all([wish(5), wish(6), wish(7)]))
    await world.settle()
    expect(order).to.deep.equal([5, 6, 7])
    expect(sizes).to.deep.equal([all.length, all.length, all.length])
    expect(log.length).to.equal(all.length)
    expect(idsInView(a)).to.deep.equal(idsOf(all))
  })

  it('opens for a new avatar, which is in it', async () => {
    const world = await start({ server: { ...inSlicesOf(4).server, avatar: Thing, zone: 5 }, client: { classes } })
    const things = fill(world, 5, 10)
    world.server.on('connect', ({ client }) => (client.avatar as Thing).send.setSecret(7))
    const a = await world.join()
    await world.settle()
    expect(idsInView(a)).to.deep.equal(idsOf([...things, a.avatar]))
    expect((a.avatar as Thing).heard).to.deep.equal([['setSecret', 7]])
    expect((a.avatar as Thing).story.filter(name => name === 'onEnter')).to.have.length(1)
  })

  it('asks a getter when the object’s turn comes, which may do what it likes', async () => {
    const world = await start(inSlicesOf(3))
    const objects = Array.from({ length: 9 }, () => world.server.create(Asked, null, { zone: 5 }))
    const a = await world.join()
    const b = await world.join()
    const [forA, forB] = [a, b].map(client => onServer(world, client)) as [ServerSide, ServerSide]
    Asked.asked = []
    await world.until(forA.zones.set([5]))
    await world.settle()
    expect(Asked.asked).to.deep.equal(idsOf(objects))
    expect(objects.map(object => sightOf(a, object).heard)).to.deep.equal(
      objects.map(({ id }) => [['setLabel', `asked ${id}`]]),
    )
    Asked.onAsked = id => {
      if (id === objects[1]!.id) objects[2]!.delete()
      if (id === objects[3]!.id) void objects[3]!.enterZone(6)
      if (id === objects[6]!.id) void forB.zones.set([6])
    }
    await world.until(forB.zones.set([5]))
    await world.settle()
    Asked.onAsked = () => {}
    expect(idsInView(b)).to.deep.equal([objects[3]!.id])
    expect(b.connected).to.equal(true)
  })

  it('is made for nobody any more once the client has gone, was kicked, or the server has stopped', async () => {
    const world = await start(inSlicesOf(2))
    fill(world, 5, 40)
    const [a, b, c] = [await world.join(), await world.join(), await world.join()]
    for (const client of [a, b, c]) client.on('close', () => {})
    const ends = [a, b, c].map(client => onServer(world, client).zones.set([5]))
    betweenSlices(
      world,
      () => a.close(),
      () => onServer(world, b).kick(),
      () => {},
      () => void world.stop(),
    )
    await unticked(
      world,
      Promise.all(ends).then(() => {}),
    )
    await world.settle().catch(() => {})
    expect([a, b, c].map(({ connected }) => connected)).to.deep.equal([false, false, false])
  })

  it('gives an object that the client makes meanwhile with all that was called on it', async () => {
    const world = await start({ ...inSlicesOf(2), server: { ...inSlicesOf(2).server, canWatch: () => true } })
    fill(world, 5, 8)
    const a = await world.join()
    const watched = a.zones.add(5)
    const created = a.create(Thing, draft => draft.send.setName('mine'))
    await world.until(created.then(object => expect(object.heard).to.deep.equal([['setName', 'mine']])))
    await world.until(watched)
  })
})

type ServerSide = ReturnType<typeof onServer>

describe('large zones', () => {
  it('share a turn’s slice among all that open them, and leave no timer behind', async () => {
    const world = await World.start({ ...inSlicesOf(10), trace: true })
    fill(world, 5, 40)
    const clients = [await world.join(), await world.join(), await world.join()]
    const pending = (world.clock as VirtualClock).pending
    const whole = clients.map(client => onServer(world, client).zones.set([5]))
    const from = world.trace.length
    const turns: number[][] = []
    betweenSlices(
      world,
      ...Array.from({ length: 12 }, () => () => {
        turns.push(world.trace.slice(from).map(({ client }) => client))
      }),
    )
    await unticked(
      world,
      Promise.all(whole).then(() => {}),
    )
    await world.settle()
    expect(turns.at(-1)!.slice(0, 12)).to.deep.equal([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
    expect(clients.map(client => client.objects.size)).to.deep.equal([40, 40, 40])
    expect((world.clock as VirtualClock).pending).to.equal(pending)
    await world.stop()
  })

  it('wait for a client that reads slowly, and do not close it', async () => {
    const world = await World.start({
      server: { classes, limits: { snapshotSlice: 10, waitingBytes: 2000 } },
      client: { classes },
      latency: 100,
    })
    const things = Array.from({ length: 400 }, () =>
      world.server.create(Thing, object => object.send.setName('x'.repeat(100)), { zone: 5 }),
    )
    const [a, b] = [await world.join(), await world.join()]
    await world.until(onServer(world, b).zones.set([6]))
    const closed = record(world.server, 'close')
    let most = 0
    const session = (onServer(world, a) as unknown as { session: { channel: { buffered: number } } }).session
    const whole = onServer(world, a).zones.set([5])
    let isWhole = false
    void whole.then(() => {
      isWhole = true
    })
    while (!isWhole) {
      await world.run(10)
      world.server.tick()
      most = Math.max(most, session.channel.buffered)
    }
    await world.settle()
    expect(closed).to.deep.equal([])
    expect(most).to.be.lessThan(4000)
    expect(idsInView(a)).to.deep.equal(idsOf(things))
    await world.stop()
  })

  it('take their objects’ places again where most of them have gone', async () => {
    const world = await World.start(inSlicesOf(10))
    const things = fill(world, 5, 400)
    const a = await world.join()
    const whole = onServer(world, a).zones.set([5])
    // Of each ten three stay, so that the places close up while the client is on its way through them.
    betweenSlices(world, () => {
      for (const [i, thing] of things.entries()) if (i % 10 >= 3) thing.delete()
    })
    await unticked(world, whole)
    await world.settle()
    expect(idsInView(a)).to.deep.equal(idsOf(things.filter((_, i) => i % 10 < 3)))
    const came = fill(world, 5, 3)
    things[0]!.delete()
    await world.settle()
    expect(a.objects.size).to.equal(122)
    expect(originalOf(world, came[2]!).zone).to.equal(5)
    await world.stop()
  })
})
