/** Which zones a client watches, and what it finds there. Rules 23, 24 and 25 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, Reject, Rejected, type str, UsageError } from 'fieldcast'
import * as Op from '../../lib/protocol/opcodes.ts'
import { Intruder } from '../support/intruder.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { idsInView, onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  setName(name: str<32>): void {
    this.note('setName', name)
  }

  @field(Flags.ClientSend | Flags.Broadcast)
  greet(): void {
    this.note('greet')
  }

  @field(Flags.Broadcast | Flags.RAM)
  meet(other: Player | null): void {
    this.note('meet', other?.id ?? null)
  }
}

/** Greets back from within onEnter. */
class Polite extends Player {
  override onEnter(): void {
    super.onEnter()
    if (this.owner === null) this.send.greet()
  }
}

const classes = [Player]
const options = { server: { classes, avatar: Player }, client: { classes } }
const mayWatch = (verdict: (zone: number) => boolean | Promise<boolean>) => ({
  ...options,
  server: { ...options.server, canWatch: (_client: unknown, zone: number) => verdict(zone) },
})

onEveryWire('watching', start => {
  it('LP29 Entering a zone delivers all snapshots, then one zone-done with the right count', async () => {
    const world = await start(options)
    const members = [1, 2, 3].map(n => world.server.create(Player, object => object.send.setName(`n${n}`), { zone: 4 }))
    world.server.create(Player, null, { zone: 5 })
    const a = await world.join()
    const log: string[] = []
    a.on('enter', ({ object }) => log.push(`enter ${object.id} ${(object as Player).story.length}`))
    a.on('zone-done', ({ zone, count }) => log.push(`done ${zone} ${count}`))
    await world.until(originalOf(world, a.avatar).enterZone(4))
    await world.settle()
    expect(log).to.deep.equal([...members.map(({ id }) => `enter ${id} 2`), 'done 4 4'])
    expect(idsInView(a)).to.deep.equal([...members.map(({ id }) => id), a.avatar.id].sort((x, y) => x - y))
  })

  it('counts an empty zone and tells of it too', async () => {
    const world = await start(options)
    const a = await world.join()
    const done = record(a, 'zone-done')
    const left = record(a, 'zone-left')
    await world.until(onServer(world, a).zones.set([8, 9]))
    await world.settle()
    expect(done).to.have.deep.members([
      { zone: 8, count: 0 },
      { zone: 9, count: 0 },
    ])
    expect(left).to.deep.equal([{ zone: 0 }])
    expect([...a.zones]).to.have.members([8, 9])
  })

  it('MN23 A client that watches {1} gets the objects of zone 1 alone, and no update of zone 2 reaches it', async () => {
    const world = await start({ ...options, trace: true })
    const a = await world.join()
    await world.until(onServer(world, a).zones.set([1]))
    const [near, far] = [1, 2].map(zone => world.server.create(Player, null, { zone }))
    near!.send.setName('near-one')
    far!.send.setName('far-one')
    await world.settle()
    expect(sightOf(a, near!).heard).to.deep.equal([['setName', 'near-one']])
    expect(a.objects.get(far!.id)).to.equal(undefined)
    expect(world.trace.some(({ bytes }) => Buffer.from(bytes).includes('near-one'))).to.equal(true)
    expect(world.trace.some(({ bytes }) => Buffer.from(bytes).includes('far-one'))).to.equal(false)
  })

  it('lets the whole zone arrive before anything of it shows, so that objects that name each other find each other', async () => {
    const world = await start(options)
    const [one, two] = [1, 2].map(() => world.server.create(Player, null, { zone: 3 }))
    one!.send.meet(two!)
    two!.send.meet(one!)
    const a = await world.join()
    await world.until(onServer(world, a).zones.set([3]))
    await world.settle()
    expect(sightOf(a, one!).heard).to.deep.equal([['meet', two!.id]])
    expect(sightOf(a, two!).heard).to.deep.equal([['meet', one!.id]])
  })

  it('sends what onEnter sends, after the snapshot', async () => {
    const world = await start({ ...options, client: { classes: [Polite] } })
    const stray = world.server.create(Player, object => object.send.setName('stray'), { zone: 0 })
    const a = await world.join()
    await world.settle()
    expect(stray.heard).to.deep.equal([['setName', 'stray'], ['greet']])
    expect(sightOf(a, stray).story).to.deep.equal(['setName', 'onEnter', 'greet'])
  })

  it('has an avatar’s client watch exactly the zone that the avatar enters, unless follow is off', async () => {
    const world = await start(options)
    const a = await world.join()
    await world.until(onServer(world, a).zones.add(6))
    await world.until(originalOf(world, a.avatar).enterZone(2))
    await world.settle()
    expect([...onServer(world, a).zones]).to.deep.equal([2])
    expect([...a.zones]).to.deep.equal([2])
    await world.until(originalOf(world, a.avatar).enterZone(null))
    await world.settle()
    expect([...a.zones]).to.be.empty
    expect(a.avatar.zone).to.equal(null)
    const still = await start({ ...options, server: { ...options.server, follow: false } })
    const b = await still.join()
    await still.until(originalOf(still, b.avatar).enterZone(2))
    await still.settle()
    expect([...b.zones]).to.deep.equal([0])
    expect(b.avatar.zone).to.equal(2)
  })

  it('refuses a client’s own wish for zones by default, and keeps the connection', async () => {
    const world = await start(options)
    world.server.create(Player, null, { zone: 4 })
    const a = await world.join()
    expect((await failureOf(world.until(a.zones.add(4)), Rejected)).reason).to.equal('hidden-zone')
    expect((await failureOf(world.until(a.zones.set([0, 4])), Rejected)).reason).to.equal('hidden-zone')
    expect([...a.zones]).to.deep.equal([0])
    expect(idsInView(a)).to.deep.equal([a.avatar.id])
    expect(a.connected).to.equal(true)
  })

  it('grants a client’s wish where canWatch does, once every snapshot has arrived', async () => {
    const world = await start(mayWatch(zone => zone < 10))
    const stray = world.server.create(Player, object => object.send.setName('x'), { zone: 4 })
    const a = await world.join()
    await world.until(a.zones.add([4, 5]))
    expect(sightOf(a, stray).heard).to.deep.equal([['setName', 'x']])
    expect([...a.zones]).to.have.members([0, 4, 5])
    await world.until(a.zones.delete(4))
    await world.settle()
    expect(a.objects.get(stray.id)).to.equal(undefined)
    await world.until(a.zones.set([5]))
    expect([...a.zones]).to.deep.equal([5])
    await failureOf(world.until(a.zones.add([6, 10])), Rejected)
    expect(a.zones.has(6)).to.equal(false)
  })

  it('asks canWatch for new zones alone, waits for it, and takes its failure for a no', async () => {
    const asked: number[] = []
    const gate = new Gate<boolean>()
    const world = await start(
      mayWatch(zone => {
        asked.push(zone)
        if (zone === 7) throw new Error('bug')
        if (zone === 8) throw new Reject('members only')
        return zone === 9 ? gate.passed : true
      }),
    )
    const errors = record(world.server, 'error')
    const a = await world.join()
    await world.until(a.zones.add([0, 1]))
    expect(asked).to.deep.equal([1])
    expect((await failureOf(world.until(a.zones.add(7)), Rejected)).reason).to.equal('error')
    expect((await failureOf(world.until(a.zones.add(8)), Rejected)).reason).to.equal('members only')
    expect(errors.map(({ where }) => where)).to.deep.equal(['canWatch'])
    const waiting = a.zones.add(9)
    await world.settle()
    expect(a.zones.has(9)).to.equal(false)
    gate.open(true)
    await world.until(waiting)
    expect(a.zones.has(9)).to.equal(true)
  })

  it('refuses more zones than a client may watch', async () => {
    const world = await start({
      ...mayWatch(() => true),
      server: { ...mayWatch(() => true).server, limits: { watchedZones: 3 } },
    })
    const a = await world.join()
    expect((await failureOf(world.until(a.zones.add([1, 2, 3])), Rejected)).reason).to.equal('too-many-zones')
    await world.until(a.zones.add([1, 2]))
    expect(a.zones.size).to.equal(3)
  })

  it('tells a client that asks by hand for zones without end that it is malformed', async () => {
    const world = await start(mayWatch(() => true))
    const b = await Intruder.join(world, classes)
    b.raw.write(w => {
      w.u8(Op.Watch)
      w.varint(1)
      w.u8(1)
      w.varint(5000)
      for (let i = 0; i < 5000; i++) w.varint(i)
    })
    expect(await b.fate()).to.equal('malformed')
  })

  it('refuses zones that are none, on either side', async () => {
    const world = await start(options)
    const a = await world.join()
    for (const zone of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => originalOf(world, a.avatar).enterZone(zone)).to.throw(UsageError, 'zone')
      expect(() => onServer(world, a).zones.add(zone)).to.throw(UsageError, 'zone')
      expect(() => world.server.create(Player, null, { zone })).to.throw(UsageError, 'zone')
      expect(() => a.zones.add(zone)).to.throw(UsageError, 'zone')
    }
    await world.settle()
    expect(a.connected).to.equal(true)
    expect(a.avatar.zone).to.equal(0)
  })
})
