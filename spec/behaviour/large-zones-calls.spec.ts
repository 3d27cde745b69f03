/** Calls while a zone is opened in slices: each reaches the client in the snapshot or behind it, never before, never twice. Rules 3 and 25 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type uint16 } from 'fieldcast'
import type { World } from 'fieldcast/testing'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { betweenSlices, unticked } from '../support/turns.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Thing extends Witness {
  @field(Flags.Broadcast | Flags.RAM)
  keep(n: uint16): void {
    this.note('keep', n)
  }

  @field(Flags.Broadcast)
  shout(n: uint16): void {
    this.note('shout', n)
  }

  @field(Flags.Broadcast | Flags.RAM)
  meet(other: Thing | null): void {
    this.note('meet', other?.id ?? null)
  }

  @field(Flags.Broadcast | Flags.RAM | Flags.Latest)
  place(n: uint16): void {
    this.note('place', n)
  }

  @field(Flags.Broadcast | Flags.Latest)
  aim(n: uint16): void {
    this.note('aim', n)
  }

  @field(Flags.Broadcast | Flags.RAM | Flags.ClientSend | Flags.Predict)
  paint(n: uint16): void {
    this.note('paint', n)
  }
}

const classes = [Thing]
const options = { server: { classes, limits: { snapshotSlice: 2 } }, client: { classes } }
const fill = (world: World<any>, zone: number, count: number): Thing[] =>
  Array.from({ length: count }, () => world.server.create(Thing, object => object.send.keep(1), { zone }))

onEveryWire('calls while a zone is opened', start => {
  it('come behind the snapshot, or are in it', async () => {
    const world = await start(options)
    const [early, , , late] = fill(world, 5, 6)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, b, 5)
    const dropped = record(a, 'dropped')
    const fetches = record(world.server, 'violation')
    const whole = onServer(world, a).zones.set([5])
    for (const object of [early!, late!]) {
      object.send.keep(2)
      object.send.shout(1)
    }
    betweenSlices(world, () => {
      for (const object of [early!, late!]) {
        object.send.keep(3)
        object.send.shout(2)
        object.sendTo(onServer(world, a)).keep(4)
      }
    })
    await unticked(world, whole)
    for (const object of [early!, late!]) object.send.shout(3)
    await world.settle()
    expect(sightOf(a, early!).heard).to.deep.equal([
      ['keep', 2],
      ['keep', 3],
      ['shout', 2],
      ['keep', 4],
      ['shout', 3],
    ])
    expect(sightOf(a, late!).heard).to.deep.equal([
      ['keep', 4],
      ['shout', 3],
    ])
    expect(sightOf(b, late!).heard.map(([name, n]) => `${name} ${n}`)).to.deep.equal([
      'keep 1',
      'keep 2',
      'shout 1',
      'keep 3',
      'shout 2',
      'shout 3',
    ])
    expect([dropped, fetches]).to.deep.equal([[], []])
  })

  it('name objects of later slices, and of zones that are opened together', async () => {
    const world = await start(options)
    const [early, , other, late] = fill(world, 5, 6)
    const far = fill(world, 6, 3)[2]!
    const left = fill(world, 6, 1)[0]!
    early!.send.meet(late!)
    const a = await world.join()
    const whole = onServer(world, a).zones.set([5, 6])
    betweenSlices(
      world,
      () => {
        early!.send.meet(other!)
        early!.send.meet(far)
        early!.send.meet(left)
        late!.send.meet(far)
        void left.enterZone(null)
      },
      () => late!.send.meet(early!),
    )
    await unticked(world, whole)
    await world.settle()
    const met = (object: Thing): unknown[] =>
      sightOf(a, object)
        .heard.filter(([name]) => name === 'meet')
        .map(([, id]) => id)
    // The one that left before its turn is not there.
    expect(met(early!)).to.deep.equal([late!.id, other!.id, far.id, null])
    expect(met(late!)).to.deep.equal([far.id, early!.id])
  })

  it('lead on from what the snapshot said, where they come in steps', async () => {
    const world = await start(options)
    const things = fill(world, 5, 6)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, b, 5)
    const failed = record(a, 'dropped')
    const all = (n: number): void => {
      for (const object of things) {
        object.send.place(1000 + n)
        object.send.aim(2000 + n)
      }
    }
    all(0)
    world.server.tick()
    all(1)
    const whole = onServer(world, a).zones.set([5])
    all(2)
    betweenSlices(
      world,
      () => all(3),
      () => world.server.tick(),
      () => all(4),
    )
    await unticked(world, whole)
    await world.settle()
    for (let n = 5; n < 8; n++) {
      all(n)
      await world.settle()
    }
    const last = (object: Thing, name: string): unknown => object.heard.filter(([called]) => called === name).at(-1)![1]
    for (const client of [a, b]) {
      expect(things.map(object => last(sightOf(client, object), 'place'))).to.deep.equal(things.map(() => 1007))
      expect(things.map(object => last(sightOf(client, object), 'aim'))).to.deep.equal(things.map(() => 2007))
      for (const object of things) {
        const places = sightOf(client, object).heard.filter(([name]) => name === 'place')
        expect(places.every(([, n]) => (n as number) >= 1000 && (n as number) <= 1007)).to.equal(true)
      }
    }
    expect(failed).to.deep.equal([])
  })

  it('lead on from the last snapshot of an object that went and came again meanwhile', async () => {
    const world = await start(options)
    const things = fill(world, 5, 8)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, b, 5)
    const first = things[0]!
    const places = (n: number): void => {
      first.send.place(n)
      world.server.tick()
    }
    places(100)
    const whole = onServer(world, a).zones.set([5])
    betweenSlices(world, () => {
      places(110)
      void first.enterZone(null)
      first.send.place(120)
      void first.enterZone(5)
      first.send.keep(9)
      places(130)
      places(131)
      void first.enterZone(6)
      void first.enterZone(5)
    })
    await unticked(world, whole)
    await world.settle()
    places(132)
    places(133)
    await world.settle()
    const seen = sightOf(a, first)
    expect(seen.heard.filter(([name]) => name === 'place').at(-1)).to.deep.equal(['place', 133])
    expect(seen.heard.filter(([name]) => name === 'keep')).to.deep.equal([['keep', 9]])
    expect(seen.zone).to.equal(5)
  })

  it('stand in the order of the server where one of them was predicted', async () => {
    const world = await start(options)
    const near = fill(world, 4, 1)[0]!
    fill(world, 5, 8)
    const a = await world.join()
    await watch(world, a, 4)
    const whole = onServer(world, a).zones.add(5)
    betweenSlices(
      world,
      () => near.send.paint(1),
      () => sightOf(a, near).send.paint(2),
    )
    await unticked(world, whole)
    await world.settle()
    await world.settle()
    expect(near.heard.at(-1)).to.deep.equal(['paint', 2])
    expect(sightOf(a, near).heard.at(-1)).to.deep.equal(['paint', 2])
  })
})
