/** What changing hands does to what clients see. Rules 4, 22 and 23 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, type int16, networkClass, Registry, type str, UsageError } from 'fieldcast'
import { goesAtOnce } from '../support/departure.ts'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { sightOf, Witness } from '../support/witness.ts'
import { comings, idsInView, onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Chest extends Witness {
  @field(Flags.Broadcast | Flags.RAM)
  label(text: str<32>): void {
    this.note('label', text)
  }

  @field(Flags.OwnerOnly | Flags.RAM)
  secret(code: int16): void {
    this.note('secret', code)
  }

  @field(Flags.OwnerOnly | Flags.Required, { default: [100] })
  weight(kilos: int16): void {
    this.note('weight', kilos)
  }

  @field(Flags.Broadcast | Flags.OwnerSend)
  open(): void {
    this.note('open')
  }
}

const classes = [Chest]
const options = { server: { classes, zone: null, ...goesAtOnce }, client: { classes } }

onEveryWire('ownership and view', start => {
  it('Z10 Setting an owner snapshots owner-visible fields to it, also outside its zones', async () => {
    const world = await start(options)
    const [near, far] = [await world.join(), await world.join()]
    await watch(world, near, 1)
    const chest = world.server.create(Chest, c => (c.send.label('oak'), c.send.secret(7)), { zone: 1 })
    await world.settle()
    const seen = sightOf(near, chest)
    expect(seen.heard).to.deep.equal([['label', 'oak']])
    chest.transferOwner(onServer(world, near))
    await world.settle()
    expect(sightOf(near, chest)).to.equal(seen)
    expect(seen.heard).to.deep.equal([
      ['label', 'oak'],
      ['secret', 7],
      ['weight', 100],
    ])
    expect(seen.owner).to.deep.equal({ id: near.id })
    chest.transferOwner(onServer(world, far))
    await world.settle()
    expect(sightOf(far, chest).heard).to.deep.equal([
      ['label', 'oak'],
      ['secret', 7],
      ['weight', 100],
    ])
    expect(sightOf(far, chest).story.slice(-2)).to.deep.equal(['onEnter', 'onOwnerGained'])
    expect(sightOf(far, chest).zone).to.equal(1)
    expect(sightOf(near, chest)).to.equal(seen)
  })

  it('Z10 Replacing the owner tells the old one before the new one', async () => {
    const world = await start(options)
    const clients = [await world.join(), await world.join(), await world.join()]
    for (const client of clients) await watch(world, client, 1)
    const chest = world.server.create(Chest, null, { zone: 1, owner: onServer(world, clients[0]!) })
    await world.settle()
    const told: [number, string][] = []
    for (const [index, client] of clients.entries())
      client.on('owner', ({ from, to }) => told.push([index, `${from}>${to}`]))
    // Something else waits for the new owner already.
    world.server.create(Chest, null, { owner: onServer(world, clients[1]!) })
    chest.transferOwner(onServer(world, clients[1]!))
    await world.settle()
    const change = `${clients[0]!.id}>${clients[1]!.id}`
    expect(told.filter(([index]) => index < 2)).to.deep.equal([
      [0, change],
      [1, change],
    ])
    expect(told).to.deep.include([2, change])
    expect(told).to.have.lengthOf(3)
    expect(sightOf(clients[0]!, chest).story.at(-1)).to.equal('onOwnerLost')
    expect(sightOf(clients[1]!, chest).story.at(-1)).to.equal('onOwnerGained')
    expect(sightOf(clients[2]!, chest).story).to.deep.equal(['onEnter'])
    expect(chest.story.slice(-2)).to.deep.equal(['onOwnerLost', 'onOwnerGained'])
  })

  it('Z11 Owner and zone watcher at once: one instance, each call delivered once', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1)
    const log = comings(a)
    const chest = world.server.create(Chest, c => c.send.secret(1), { zone: 1, owner: onServer(world, a) })
    chest.send.label('one')
    chest.send.secret(2)
    await world.settle()
    expect(log).to.deep.equal([`+${chest.id}`])
    sightOf(a, chest).send.open()
    await world.settle()
    expect(sightOf(a, chest).heard).to.deep.equal([
      ['secret', 1],
      ['weight', 100],
      ['label', 'one'],
      ['secret', 2],
      ['open'],
    ])
  })

  it('Z11 Losing one of the two reasons keeps the instance; losing the other too is one leave', async () => {
    const world = await start(options)
    for (const zoneFirst of [true, false]) {
      const a = await world.join()
      await watch(world, a, 1)
      const chest = world.server.create(Chest, null, { zone: 1, owner: onServer(world, a) })
      await world.settle()
      const seen = sightOf(a, chest)
      const log = comings(a)
      const unwatch = (): void => void onServer(world, a).zones.set([])
      const disown = (): void => chest.transferOwner(null)
      ;(zoneFirst ? unwatch : disown)()
      await world.settle()
      chest.send.label('still')
      await world.settle()
      expect(log).to.be.empty
      expect(sightOf(a, chest)).to.equal(seen)
      expect(seen.heard.at(-1)).to.deep.equal(['label', 'still'])
      ;(zoneFirst ? disown : unwatch)()
      chest.send.label('gone')
      await world.settle()
      expect(log).to.deep.equal([`-${chest.id}`])
      expect(seen.heard.at(-1)).to.deep.equal(['label', 'still'])
      expect(seen.story.filter(line => line === 'onLeave')).to.have.lengthOf(1)
      chest.delete()
      await world.settle()
    }
  })

  it('Z11 An owner that opens the zone of its object gets no second snapshot of it, and the count includes it', async () => {
    const world = await start(options)
    const a = await world.join()
    const chest = world.server.create(Chest, null, { zone: 1, owner: onServer(world, a) })
    world.server.create(Chest, null, { zone: 1 })
    await world.settle()
    const [log, done] = [comings(a), record(a, 'zone-done')]
    await watch(world, a, 1)
    expect(log).to.have.lengthOf(1)
    expect(done).to.deep.equal([{ zone: 1, count: 2 }])
    expect(sightOf(a, chest).story).to.deep.equal(['weight', 'onEnter', 'onOwnerGained'])
  })

  it('what only the owner may know is not sent to the one that was it', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, a, 1)
    const chest = world.server.create(Chest, null, { zone: 1, owner: onServer(world, a) })
    await world.settle()
    chest.transferOwner(onServer(world, b))
    chest.send.secret(9)
    await world.settle()
    expect(sightOf(a, chest).heard).to.deep.equal([['weight', 100]])
    expect(sightOf(b, chest).heard).to.deep.equal([
      ['weight', 100],
      ['secret', 9],
    ])
  })

  it('giving an object to its owner changes nothing; to a client that has gone, or of another server, throws', async () => {
    const world = await start(options)
    const other = await start(options)
    const [a, stranger] = [await world.join(), await other.join()]
    const chest = world.server.create(Chest, null, { owner: onServer(world, a) })
    await world.settle()
    const told = record(a, 'owner')
    chest.transferOwner(onServer(world, a))
    expect(() => chest.transferOwner(onServer(other, stranger))).to.throw(UsageError, 'this server')
    const b = await world.join()
    const gone = onServer(world, b)
    await world.cut(b)
    expect(() => chest.transferOwner(gone)).to.throw(UsageError, 'disconnected')
    await world.settle()
    expect(told).to.be.empty
    expect(chest.owner!.id).to.equal(a.id)
  })

  it('a hook that deletes the object it loses leaves nothing at the new owner', async () => {
    class Fragile extends Chest {
      override onOwnerLost(): void {
        this.delete()
      }
    }
    const world = await start({ ...options, server: { ...options.server, classes: [Fragile] } })
    const [a, b] = [await world.join(), await world.join()]
    const chest = world.server.create(Fragile, null, { owner: onServer(world, a) })
    await world.settle()
    chest.transferOwner(onServer(world, b))
    await world.settle()
    expect([idsInView(a), idsInView(b)]).to.deep.equal([[], []])
    expect(world.server.objects.size).to.equal(0)
  })

  it('a hook that gives the object on has the last word, and each client ends with the same owner', async () => {
    let home: { id: number } | null = null
    class Homing extends Chest {
      override onOwnerGained(): void {
        if (this.owner!.id !== home!.id) this.transferOwner(home)
      }
    }
    const world = await start({ ...options, server: { ...options.server, classes: [Homing] } })
    const [a, b, c] = [await world.join(), await world.join(), await world.join()]
    home = onServer(world, c)
    await watch(world, a, 1)
    const chest = world.server.create(Homing, null, { zone: 1 })
    await world.settle()
    chest.transferOwner(onServer(world, b))
    await world.settle()
    expect(chest.owner!.id).to.equal(c.id)
    expect(sightOf(a, chest).owner).to.deep.equal({ id: c.id })
    expect(sightOf(c, chest).owner).to.deep.equal({ id: c.id })
    expect(idsInView(b)).to.be.empty
  })
})
