/** Which zones a client watches: interests are counted, opening is awaited, what it opens arrives whole. Rules 23 to 25 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, type int16, networkClass, Registry, Reject, Rejected, type str, UsageError } from 'fieldcast'
import { goesAtOnce } from '../support/departure.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { comings, idsInView, onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Lamp extends Witness {
  @field(Flags.Broadcast | Flags.RAM)
  dim(level: int16): void {
    this.note('dim', level)
  }

  @field(Flags.Broadcast)
  flash(): void {
    this.note('flash')
  }

  @field(Flags.Broadcast | Flags.Latest)
  swing(angle: int16): void {
    this.note('swing', angle)
  }
}

/** Its getter does what the test at hand wants done in the middle of a snapshot. */
@networkClass(11, { registry })
class Meter extends Witness {
  @field(Flags.Broadcast | Flags.RAM)
  alpha(value: int16): void {
    this.note('alpha', value)
  }

  @field(Flags.Broadcast | Flags.Required)
  middle(value: int16): void {
    this.note('middle', value)
  }

  @field(Flags.Broadcast | Flags.RAM)
  omega(value: int16): void {
    this.note('omega', value)
  }
}

class ServerMeter extends Meter {
  asked = 0
  whenAsked: () => void = () => {}

  getMiddle(): number {
    this.asked++
    this.whenAsked()
    return this.asked
  }
}

@networkClass(12, { registry })
class Node extends Witness {
  @field(Flags.Broadcast | Flags.RAM)
  name(name: str<16>): void {
    this.note('name', name)
  }

  @field(Flags.Broadcast | Flags.RAM)
  next(node: Node | null): void {
    this.note('next', node)
  }

  @field(Flags.Broadcast)
  point(node: Node | null): void {
    this.note('point', node)
  }
}

const classes = [Lamp, Meter, Node]
const options = {
  server: { classes: [Lamp, ServerMeter, Node], zone: null, ...goesAtOnce },
  client: { classes },
}

onEveryWire('interest', start => {
  it('Z5 Of two zones opened by two overlapping requests, closing one removes nothing that the other still covers; closing the last one leaves each object once', async () => {
    const world = await start(options)
    const a = await world.join()
    const lamps = [1, 2, 3].map(zone => world.server.create(Lamp, null, { zone }))
    const [one, two, three] = lamps.map(({ id }) => id) as [number, number, number]
    const log = comings(a)
    const { zones } = onServer(world, a)
    await world.until(Promise.all([zones.add([1, 2]), zones.add([2, 3])]))
    await world.settle()
    expect(log.splice(0)).to.deep.equal([`+${one}`, `+${two}`, `+${three}`])
    await world.until(zones.delete([1, 2]))
    await world.settle()
    expect(log.splice(0)).to.deep.equal([`-${one}`])
    expect([...a.zones]).to.deep.equal([2, 3])
    lamps[1]!.send.flash()
    await world.settle()
    expect(sightOf(a, lamps[1]!).story).to.deep.equal(['onEnter', 'flash'])
    await world.until(zones.delete([2, 3]))
    await world.settle()
    expect(log.sort()).to.deep.equal([`-${two}`, `-${three}`])
    expect([...zones]).to.deep.equal([])
  })

  it('Z6 Opening zones that are already watched resolves at once and repeats no snapshot', async () => {
    const world = await start(options)
    const a = await world.join()
    const lamp = world.server.create(Lamp, l => l.send.dim(1), { zone: 1 })
    await watch(world, a, 1)
    const log = comings(a)
    const done = record(a, 'zone-done')
    const { zones } = onServer(world, a)
    // Nothing ticks here: they resolve without.
    await zones.add(1)
    await zones.set([1])
    await world.settle()
    expect(log).to.be.empty
    expect(done).to.be.empty
    expect(sightOf(a, lamp).story).to.deep.equal(['dim', 'onEnter'])
  })

  it('interests in one zone are counted, and set counts each once', async () => {
    const world = await start(options)
    const a = await world.join()
    world.server.create(Lamp, null, { zone: 1 })
    const { zones } = onServer(world, a)
    await world.until(Promise.all([zones.add(1), zones.add([1, 1]), zones.add(1)]))
    await world.until(zones.delete(1))
    await world.until(zones.delete([1]))
    await world.settle()
    expect(a.zones.has(1)).to.equal(true)
    await world.until(zones.delete(1))
    await world.settle()
    expect(a.zones.has(1)).to.equal(false)
    await world.until(Promise.all([zones.add(1), zones.add(1), zones.set([1])]))
    await world.until(zones.delete(1))
    await world.settle()
    expect(a.zones.has(1)).to.equal(false)
    expect(idsInView(a)).to.be.empty
  })

  it('ending an interest that is none changes nothing', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1)
    const left = record(a, 'zone-left')
    await world.until(onServer(world, a).zones.delete([2, 3]))
    await world.settle()
    expect(left).to.be.empty
    expect([...a.zones]).to.deep.equal([1])
  })

  it('zones.add resolves when the snapshots have been handed over, not before', async () => {
    const world = await start(options)
    const a = await world.join()
    world.server.create(Lamp, null, { zone: 1 })
    let resolved = false
    const adding = onServer(world, a)
      .zones.add(1)
      .then(() => (resolved = true))
    await Promise.resolve()
    expect(resolved).to.equal(false)
    world.server.tick()
    await adding
    expect(resolved).to.equal(true)
  })

  it('a wish for what is no zone throws at once', async () => {
    const world = await start(options)
    const a = await world.join()
    for (const zone of [-1, 1.5, 2 ** 32, Number.NaN, 'x' as never])
      expect(() => onServer(world, a).zones.add(zone), String(zone)).to.throw(UsageError, 'zone')
    await world.until(onServer(world, a).zones.add([0, 2 ** 32 - 1]))
    await world.settle()
    expect([...a.zones]).to.deep.equal([0, 2 ** 32 - 1])
  })

  it('zones of a client that has gone open nothing and resolve', async () => {
    const world = await start(options)
    const a = await world.join()
    const gone = onServer(world, a)
    await world.cut(a)
    await gone.zones.set([1, 2])
    await gone.zones.add(3)
    expect([...gone.zones]).to.be.empty
  })

  it('several zones of one request are done together, each with its own count', async () => {
    const world = await start(options)
    const a = await world.join()
    for (const zone of [1, 1, 1, 3]) world.server.create(Lamp, null, { zone })
    const done = record(a, 'zone-done')
    const seen: number[] = []
    a.on('zone-done', () => seen.push(a.objects.size))
    await world.until(onServer(world, a).zones.add([1, 2, 3]))
    await world.settle()
    expect(done).to.deep.equal([
      { zone: 1, count: 3 },
      { zone: 2, count: 0 },
      { zone: 3, count: 1 },
    ])
    expect(seen).to.deep.equal([4, 4, 4])
  })

  it('closing a zone and opening it again within one turn is a leave and a fresh enter', async () => {
    const world = await start(options)
    const a = await world.join()
    const lamp = world.server.create(Lamp, l => l.send.dim(1), { zone: 1 })
    await watch(world, a, 1)
    const first = sightOf(a, lamp)
    const log = comings(a)
    lamp.send.dim(2)
    void onServer(world, a).zones.delete(1)
    lamp.send.dim(3)
    void onServer(world, a).zones.add(1)
    lamp.send.dim(4)
    await world.settle()
    expect(log).to.deep.equal([`-${lamp.id}`, `+${lamp.id}`])
    expect(first.heard).to.deep.equal([
      ['dim', 1],
      ['dim', 2],
    ])
    expect(sightOf(a, lamp).heard).to.deep.equal([
      ['dim', 3],
      ['dim', 4],
    ])
  })

  it('a Latest call is for those who watch when it is made: who opens the zone later in the same tick does not get it, who closes it does', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const lamp = world.server.create(Lamp, null, { zone: 1, owner: onServer(world, a) })
    await watch(world, a, 1)
    const mine = sightOf(a, lamp)
    lamp.send.swing(1)
    void onServer(world, b).zones.add(1)
    void onServer(world, a).zones.delete(1)
    await world.settle()
    expect(mine.heard).to.deep.equal([['swing', 1]])
    expect(sightOf(b, lamp).heard).to.be.empty
    lamp.send.swing(2)
    void onServer(world, a).zones.add(1)
    await world.settle()
    expect(mine.heard).to.deep.equal([
      ['swing', 1],
      ['swing', 2],
    ])
    expect(sightOf(b, lamp).heard).to.deep.equal([['swing', 2]])
  })
})

onEveryWire('objects that change while a zone is being opened', start => {
  it('Z7 An object that appears while a zone is being opened enters once: within the snapshot or after zone-done, never both', async () => {
    const world = await start(options)
    const a = await world.join()
    const made: number[] = []
    for (const zone of [1, 2]) {
      const meter = world.server.create(ServerMeter, null, { zone })
      meter.whenAsked = () => {
        for (const z of [1, 2]) made.push(world.server.create(Lamp, l => l.send.dim(z), { zone: z }).id)
        meter.whenAsked = () => {}
      }
    }
    const log = comings(a)
    const done = record(a, 'zone-done')
    const seen: number[] = []
    a.on('zone-done', () => seen.push(a.objects.size))
    await world.until(onServer(world, a).zones.add([1, 2]))
    await world.settle()
    expect(made).to.have.lengthOf(4)
    expect(log).to.have.lengthOf(6)
    expect(new Set(log).size).to.equal(6)
    expect(done.map(({ count }) => count)).to.deep.equal([3, 3])
    expect(seen).to.deep.equal([6, 6])
    for (const id of made) expect((a.objects.get(id) as Lamp).story).to.deep.equal(['dim', 'onEnter'])
  })

  it('Z7 An object that a getter moves while zones are being opened is where it then is, once', async () => {
    for (const [from, to] of [
      [1, 2],
      [2, 1],
      [1, 9],
      [9, 1],
      [9, 2],
    ] as const) {
      const world = await start(options)
      const a = await world.join()
      const meters = [1, 2].map(zone => world.server.create(ServerMeter, null, { zone }))
      const lamp = world.server.create(Lamp, null, { zone: from })
      meters[0]!.whenAsked = () => void lamp.enterZone(to)
      const log = comings(a)
      await world.until(onServer(world, a).zones.add([1, 2]))
      await world.settle()
      expect(
        log.filter(line => line.includes(String(lamp.id))),
        `${from} to ${to}`,
      ).to.deep.equal(to === 9 ? [] : [`+${lamp.id}`])
      expect(a.objects.get(lamp.id)?.zone).to.equal(to === 9 ? undefined : to)
    }
  })

  it('Z7 An object whose own getter moves it out of the zone does not enter; one that it moves into another opened zone enters there', async () => {
    for (const to of [9, 2]) {
      const world = await start(options)
      const a = await world.join()
      const meter = world.server.create(ServerMeter, null, { zone: 1 })
      meter.whenAsked = () => void (meter.zone === 1 && meter.enterZone(to))
      const log = comings(a)
      await world.until(onServer(world, a).zones.add([1, 2]))
      await world.settle()
      expect(log).to.deep.equal(to === 9 ? [] : [`+${meter.id}`])
      expect(a.objects.get(meter.id)?.zone).to.equal(to === 9 ? undefined : 2)
    }
  })

  it('Z7 An object that a getter deletes while zones are being opened does not enter, whichever comes first', async () => {
    const world = await start(options)
    const a = await world.join()
    const before = world.server.create(Lamp, null, { zone: 1 })
    const meter = world.server.create(ServerMeter, null, { zone: 1 })
    const after = world.server.create(Lamp, null, { zone: 1 })
    meter.whenAsked = () => {
      before.delete()
      after.delete()
    }
    await world.until(onServer(world, a).zones.add(1))
    await world.settle()
    expect(idsInView(a)).to.deep.equal([meter.id])
    const suicidal = world.server.create(ServerMeter, null, { zone: 3 })
    suicidal.whenAsked = () => suicidal.delete()
    await world.until(onServer(world, a).zones.add(3))
    await world.settle()
    expect(idsInView(a)).to.deep.equal([meter.id])
  })

  it('a getter that sends kept fields of its own object: the snapshot has them, before and after its field', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const meter = world.server.create(ServerMeter, null, { zone: 1 })
    await watch(world, b, 1)
    meter.whenAsked = () => {
      meter.send.alpha(10)
      meter.send.omega(20)
    }
    const lost = record(a, 'dropped')
    await world.until(onServer(world, a).zones.add(1))
    await world.settle()
    expect(sightOf(a, meter).heard).to.deep.equal([
      ['alpha', 10],
      ['middle', 2],
      ['omega', 20],
    ])
    // Who watched before gets the calls as such.
    expect(sightOf(b, meter).heard).to.deep.equal([
      ['middle', 1],
      ['alpha', 10],
      ['omega', 20],
    ])
    expect(lost).to.be.empty
  })

  it('a getter that moves its object while that is on its way to another zone has the last word', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, a, 2)
    await watch(world, b, 3)
    const meter = world.server.create(ServerMeter, null, { zone: 1 })
    const logs = [a, b].map(comings)
    meter.whenAsked = () => {
      meter.whenAsked = () => {}
      void meter.enterZone(3)
    }
    void meter.enterZone(2)
    await world.settle()
    // The move to 3 came to be within the one to 2, so that 2 is where it ends.
    expect(meter.zone).to.equal(2)
    expect(idsInView(a)).to.deep.equal([meter.id])
    expect(idsInView(b)).to.be.empty
    expect(logs[0]).to.deep.equal([`+${meter.id}`])
  })

  it('a getter is asked once for all watchers of a new object, and once for each opening', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, a, 1)
    await watch(world, b, 1)
    const meter = world.server.create(ServerMeter, null, { zone: 1 })
    await world.settle()
    expect(meter.asked).to.equal(1)
    expect([a, b].map(client => sightOf(client, meter).heard)).to.deep.equal([[['middle', 1]], [['middle', 1]]])
    const c = await world.join()
    await watch(world, c, 1)
    expect(sightOf(c, meter).heard).to.deep.equal([['middle', 2]])
  })

  it('a getter that opens the very zones for the very client opens them once', async () => {
    const world = await start(options)
    const a = await world.join()
    const meter = world.server.create(ServerMeter, null, { zone: 1 })
    meter.whenAsked = () => {
      meter.whenAsked = () => {}
      void onServer(world, a).zones.add(1)
    }
    const log = comings(a)
    await world.until(onServer(world, a).zones.add(1))
    await world.settle()
    expect(log).to.deep.equal([`+${meter.id}`])
    await world.until(onServer(world, a).zones.delete(1))
    await world.settle()
    expect(a.zones.has(1), 'two interests, one ended').to.equal(true)
  })

  it('a getter that throws leaves its field out, is told as an error, and holds nothing else up', async () => {
    const world = await start(options)
    const a = await world.join()
    const meter = world.server.create(ServerMeter, m => m.send.alpha(1), { zone: 1 })
    const lamp = world.server.create(Lamp, null, { zone: 1 })
    meter.whenAsked = () => {
      throw new Error('no reading')
    }
    const errors = record(world.server, 'error')
    await world.until(onServer(world, a).zones.add(1))
    await world.settle()
    expect(errors.map(({ field: name, error }) => [name, (error as Error).message])).to.deep.equal([
      ['Meter.middle', 'no reading'],
    ])
    expect(sightOf(a, meter).heard).to.deep.equal([['alpha', 1]])
    expect(idsInView(a)).to.deep.equal([meter.id, lamp.id])
  })
})

onEveryWire('references between objects', start => {
  it('references between objects of zones that are opened together arrive resolved, whatever the order', async () => {
    const world = await start(options)
    const a = await world.join()
    const first = world.server.create(Node, null, { zone: 2 })
    const second = world.server.create(Node, null, { zone: 1 })
    const third = world.server.create(Node, null, { zone: 1 })
    first.send.next(third)
    second.send.next(first)
    third.send.next(third)
    await world.until(onServer(world, a).zones.add([1, 2]))
    await world.settle()
    expect(sightOf(a, first).heard).to.deep.equal([['next', sightOf(a, third)]])
    expect(sightOf(a, second).heard).to.deep.equal([['next', sightOf(a, first)]])
    expect(sightOf(a, third).heard).to.deep.equal([['next', sightOf(a, third)]])
  })

  it('every object has its fields before the first onEnter runs, which finds the others in view', async () => {
    const seen: [number, string][] = []
    class Greeter extends Node {
      override onEnter(): void {
        const [, other] = this.heard.find(([name]) => name === 'next') as [string, Node]
        seen.push([this.id, other.heard.find(([name]) => name === 'name')?.[1] as string])
      }
    }
    const world = await start({ ...options, client: { classes: [Lamp, Meter, Greeter] } })
    const a = await world.join()
    const left = world.server.create(Node, null, { zone: 1 })
    const right = world.server.create(Node, null, { zone: 1 })
    left.send.name('left')
    right.send.name('right')
    left.send.next(right)
    right.send.next(left)
    await watch(world, a, 1)
    expect(seen).to.deep.equal([
      [left.id, 'right'],
      [right.id, 'left'],
    ])
  })

  it('a reference to an object that the receiver does not see, or that was deleted, arrives as null, live and in snapshots', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, a, 1)
    await watch(world, b, 1, 2)
    const here = world.server.create(Node, null, { zone: 1 })
    const there = world.server.create(Node, null, { zone: 2 })
    await world.settle()
    here.send.next(there)
    here.send.point(there)
    await world.settle()
    expect(sightOf(a, here).heard).to.deep.equal([
      ['next', null],
      ['point', null],
    ])
    expect(sightOf(b, here).heard).to.deep.equal([
      ['next', sightOf(b, there)],
      ['point', sightOf(b, there)],
    ])
    there.delete()
    const c = await world.join()
    await watch(world, c, 1)
    expect(sightOf(c, here).heard).to.deep.equal([['next', null]])
  })

  it('a handler that deletes what its call names: the call goes on, with null', async () => {
    class Eater extends Node {
      override point(node: Node | null): void {
        super.point(node)
        node?.delete()
      }
    }
    const world = await start({ ...options, server: { ...options.server, classes: [Lamp, ServerMeter, Eater] } })
    const a = await world.join()
    await watch(world, a, 1)
    const eater = world.server.create(Eater, null, { zone: 1 })
    const food = world.server.create(Eater, null, { zone: 1 })
    await world.settle()
    eater.send.point(food)
    await world.settle()
    expect(sightOf(a, eater).heard).to.deep.equal([['point', null]])
    expect(idsInView(a)).to.deep.equal([eater.id])
  })
})

onEveryWire('zones that clients ask for', start => {
  const asking = (canWatch?: (client: { id: number }, zone: number) => boolean | Promise<boolean>) =>
    start({ ...options, server: { ...options.server, ...(canWatch && { canWatch }) } })

  it('are refused where the server does not say otherwise', async () => {
    const world = await asking()
    const a = await world.join()
    const failure = await world.until(failureOf(a.zones.add(1), Rejected))
    expect(failure.reason).to.equal('hidden-zone')
    expect([...a.zones]).to.be.empty
    expect(a.connected).to.equal(true)
  })

  it('are granted by canWatch, at once or later, and the promise resolves when everything is in view', async () => {
    const gate = new Gate<boolean>()
    const world = await asking((_, zone) => (zone === 2 ? gate.passed : true))
    const a = await world.join()
    const lamps = [1, 2].map(zone => world.server.create(Lamp, null, { zone }))
    const adding = a.zones.add(1).then(() => idsInView(a))
    expect(await world.until(adding)).to.deep.equal([lamps[0]!.id])
    const later = a.zones.set([2]).then(() => idsInView(a))
    await world.settle()
    expect([...a.zones], 'while the server thinks').to.deep.equal([1])
    gate.open(true)
    expect(await world.until(later)).to.deep.equal([lamps[1]!.id])
    expect([...a.zones]).to.deep.equal([2])
    await world.until(a.zones.delete(2))
    expect([...a.zones]).to.be.empty
  })

  it('are refused as a whole where one of them is, and nothing changes', async () => {
    const asked: number[] = []
    const world = await asking((_, zone) => {
      asked.push(zone)
      return zone !== 3
    })
    const a = await world.join()
    await world.until(a.zones.add([1, 2]))
    await world.until(failureOf(a.zones.set([2, 3, 4]), Rejected))
    expect([...a.zones]).to.deep.equal([1, 2])
    expect(asked, 'watched ones are not asked for again').to.deep.equal([1, 2, 3, 4])
  })

  it('carry the game’s own reason where canWatch throws Reject, and error where it fails', async () => {
    const world = await asking((_, zone) => {
      if (zone === 1) throw new Reject('vip only')
      if (zone === 2) return Promise.reject(new Reject('closed at night'))
      if (zone === 3) throw new Error('bug')
      return Promise.reject(new Error('database gone'))
    })
    const errors = record(world.server, 'error')
    const a = await world.join()
    const reasons: string[] = []
    for (const zone of [1, 2, 3, 4]) reasons.push((await world.until(failureOf(a.zones.add(zone), Rejected))).reason)
    expect(reasons).to.deep.equal(['vip only', 'closed at night', 'error', 'error'])
    expect(errors.map(({ where, error }) => [where, (error as Error).message])).to.deep.equal([
      ['canWatch', 'bug'],
      ['canWatch', 'database gone'],
    ])
  })

  it('overlap: each of two requests has its own interest and its own answer', async () => {
    const gates = [new Gate<boolean>(), new Gate<boolean>()]
    let asked = 0
    const world = await asking(() => gates[asked++]!.passed)
    const a = await world.join()
    const lamp = world.server.create(Lamp, null, { zone: 1 })
    const log = comings(a)
    const both = [a.zones.add(1), a.zones.add(1)]
    await world.settle()
    // One after the other: the second finds the zone watched already.
    expect(asked).to.equal(1)
    gates[0]!.open(true)
    await world.until(Promise.all(both))
    expect(asked).to.equal(1)
    expect(log).to.deep.equal([`+${lamp.id}`])
    await world.until(a.zones.delete(1))
    expect(a.zones.has(1)).to.equal(true)
    await world.until(a.zones.delete(1))
    expect(a.zones.has(1)).to.equal(false)
  })

  it('are decided in their order: the last one stands, however long the game took over the first', async () => {
    const gate = new Gate<boolean>()
    const world = await asking((_, zone) => (zone === 1 ? gate.passed : true))
    const a = await world.join()
    const both = [a.zones.set([1]), a.zones.set([2])]
    await world.settle()
    gate.open(true)
    await world.until(Promise.all(both))
    expect([...a.zones]).to.deep.equal([2])
  })

  it('are bounded in number, also when they are granted later', async () => {
    const gate = new Gate<boolean>()
    const world = await start({
      ...options,
      server: {
        ...options.server,
        canWatch: (_: unknown, zone: number) => (zone < 10 ? true : gate.passed),
        limits: { watchedZones: 3 },
      },
    })
    const a = await world.join()
    expect((await world.until(failureOf(a.zones.add([1, 2, 3, 4]), Rejected))).reason).to.equal('too-many-zones')
    await world.until(a.zones.add([1]))
    const wishes = [a.zones.add([11, 12]), failureOf(a.zones.add([13, 14]), Rejected)] as const
    await world.settle()
    gate.open(true)
    await world.until(wishes[0])
    expect((await world.until(wishes[1])).reason).to.equal('too-many-zones')
    expect([...a.zones]).to.deep.equal([1, 11, 12])
    await world.until(a.zones.set([1, 2, 3]))
    expect([...a.zones]).to.deep.equal([1, 2, 3])
  })

  it('that the server is still thinking about when the client goes are forgotten', async () => {
    const gate = new Gate<boolean>()
    const world = await asking(() => gate.passed)
    const a = await world.join()
    const wish = a.zones.add(1)
    const failure = wish.catch((error: Error) => error.name)
    await world.settle()
    await world.cut(a)
    gate.open(true)
    expect(await world.until(failure)).to.equal('Disconnected')
    await world.settle()
    expect(world.server.clients.size).to.equal(0)
  })
})
