/** Whose an object is, and what becomes of it. Rules 21, 22 and 26 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str, UsageError } from 'fieldcast'
import * as Op from '../../lib/protocol/opcodes.ts'
import { goesAtOnce } from '../support/departure.ts'
import { Intruder } from '../support/intruder.ts'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

/** Every owner and hook event of all instances of one side, in order. */
let told: string[] = []

@networkClass(10, { registry })
class Item extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  use(how: str<16>): void {
    this.note('use', how)
  }

  @field(Flags.OwnerOnly | Flags.RAM)
  secret(text: str<16>): void {
    this.note('secret', text)
  }

  @field(Flags.Broadcast | Flags.RAM)
  label(text: str<16>): void {
    this.note('label', text)
  }
}

@networkClass(11, { registry, clientDelete: true, onOwnerGone: 'delete' })
class Pet extends Witness {}

@networkClass(12, { registry, onOwnerGone: 'keep' })
class House extends Witness {
  @field(Flags.OwnerSend)
  open(): void {
    this.note('open')
  }
}

class ServerItem extends Item {
  override onOwnerLost(): void {
    super.onOwnerLost()
    told.push(`server lost ${this.owner?.id ?? 'nobody'}`)
  }

  override onOwnerGained(): void {
    super.onOwnerGained()
    told.push(`server gained ${this.owner?.id ?? 'nobody'}`)
  }
}

const classes = [Item, Pet, House]
const options = {
  server: { classes: [ServerItem, Pet, House], avatar: ServerItem, ...goesAtOnce },
  client: { classes },
}

onEveryWire('ownership', start => {
  beforeEach(() => {
    told = []
  })

  it('gives server-made objects no owner, and avatars their client', async () => {
    const world = await start(options)
    const a = await world.join<Item>()
    const stray = world.server.create(Item, null, { zone: 0 })
    await world.settle()
    expect(stray.owner).to.equal(null)
    expect(sightOf(a, stray).owner).to.equal(null)
    expect(sightOf(a, stray).story).to.deep.equal(['onEnter'])
    expect(a.avatar.owner).to.deep.equal({ id: a.id })
  })

  it('tells old owner, new owner and watchers of a transfer, each once and in order', async () => {
    const world = await start(options)
    const [a, b, c] = [await world.join<Item>(), await world.join<Item>(), await world.join<Item>()]
    const item = world.server.create(Item, object => object.send.secret('gold'), { zone: 0, owner: onServer(world, a) })
    await world.settle()
    const owners = [a, b, c].map(client => record(client, 'owner'))
    const atServer = record(world.server, 'owner')
    told = []
    item.transferOwner(onServer(world, b))
    item.send.use('now')
    await world.settle()
    expect(told).to.deep.equal([`server lost ${b.id}`, `server gained ${b.id}`])
    expect(atServer.map(({ from, to }) => [from?.id, to?.id])).to.deep.equal([[a.id, b.id]])
    for (const events of owners) expect(events.map(({ from, to }) => [from, to])).to.deep.equal([[a.id, b.id]])
    expect(sightOf(a, item).story).to.deep.equal(['secret', 'onEnter', 'onOwnerGained', 'onOwnerLost', 'use'])
    expect(sightOf(b, item).story).to.deep.equal(['onEnter', 'secret', 'onOwnerGained', 'use'])
    expect(sightOf(c, item).story).to.deep.equal(['onEnter', 'use'])
    for (const client of [a, b, c]) expect(sightOf(client, item).owner).to.deep.equal({ id: b.id })
  })

  it('gives a new owner its snapshot even outside its zones, and the old one outside it a leave', async () => {
    const world = await start(options)
    const [a, b] = [await world.join<Item>(), await world.join<Item>()]
    const item = world.server.create(
      Item,
      object => {
        object.send.label('axe')
        object.send.secret('sharp')
      },
      { zone: 44, owner: onServer(world, a) },
    )
    await world.settle()
    const mine = sightOf(a, item)
    expect(mine.story).to.deep.equal(['label', 'secret', 'onEnter', 'onOwnerGained'])
    item.transferOwner(onServer(world, b))
    await world.settle()
    expect(sightOf(b, item).story).to.deep.equal(['label', 'secret', 'onEnter', 'onOwnerGained'])
    expect(sightOf(b, item).zone).to.equal(44)
    expect(a.objects.get(item.id)).to.equal(undefined)
    expect(mine.story.slice(4)).to.deep.equal(['onOwnerLost', 'onLeave'])
    expect(() => mine.send.use('still?')).to.throw(UsageError, "left this client's view")
  })

  it('takes an object back with transferOwner(null); a transfer to its owner changes and tells nothing', async () => {
    const world = await start(options)
    const a = await world.join<Item>()
    const events = record(world.server, 'owner')
    const avatar = originalOf(world, a.avatar)
    avatar.transferOwner(onServer(world, a))
    await world.settle()
    expect(events).to.be.empty
    avatar.transferOwner(null)
    await world.settle()
    expect(a.avatar.owner).to.equal(null)
    expect(a.avatar.story.at(-1)).to.equal('onOwnerLost')
    expect(() => a.avatar.send.use('mine')).to.throw(UsageError)
  })

  it('LP30 An abrupt end of the connection removes the avatar at the other clients', async () => {
    const world = await start(options)
    const [a, b] = [await world.join<Item>(), await world.join<Item>()]
    const seen = sightOf(b, a.avatar)
    const leaves = record(b, 'leave')
    const closes = record(world.server, 'close')
    await world.cut(a)
    await world.settle()
    expect(b.objects.get(a.avatar.id)).to.equal(undefined)
    expect(leaves.map(({ object, deleted }) => [object, deleted])).to.deep.equal([[seen, true]])
    expect(seen.story.at(-1)).to.equal('onLeave')
    expect(world.server.clients.has(a.id)).to.equal(false)
    expect([...world.server.objects]).to.deep.equal([originalOf(world, b.avatar)])
    expect(closes.map(({ reason }) => reason)).to.deep.equal(['lost'])
  })

  it('removes the avatar in the same way when the client says goodbye', async () => {
    const world = await start(options)
    const [a, b] = [await world.join<Item>(), await world.join<Item>()]
    const closes = record(world.server, 'close')
    a.close()
    await world.settle()
    expect(b.objects.get(a.avatar.id)).to.equal(undefined)
    expect(closes.map(({ reason }) => reason)).to.deep.equal(['normal'])
  })

  it('MN28 The owner’s disconnect releases, deletes or keeps its objects, as their classes say', async () => {
    const world = await start(options)
    const [a, b] = [await world.join<Item>(), await world.join<Item>()]
    const owner = onServer(world, a)
    const item = world.server.create(Item, null, { zone: 0, owner })
    const pet = world.server.create(Pet, null, { zone: 0, owner })
    const house = world.server.create(House, null, { zone: 0, owner })
    await world.settle()
    const petAtB = sightOf(b, pet)
    await world.cut(a)
    await world.settle()
    expect(item.owner).to.equal(null)
    expect(sightOf(b, item).owner).to.equal(null)
    expect(world.server.objects.get(pet.id)).to.equal(undefined)
    expect(petAtB.story.at(-1)).to.equal('onLeave')
    expect(house.owner).to.equal(owner)
    expect(sightOf(b, house).owner).to.deep.equal({ id: a.id })
    expect(() => sightOf(b, house).send.open()).to.throw(UsageError)
    house.transferOwner(onServer(world, b))
    await world.settle()
    sightOf(b, house).send.open()
    await world.settle()
    expect(house.heard).to.deep.equal([['open']])
  })

  it('MN25 Deleting by the owner removes the object everywhere, where its class allows it', async () => {
    const world = await start(options)
    const [a, b] = [await world.join<Item>(), await world.join<Item>()]
    const pet = world.server.create(Pet, null, { zone: 0, owner: onServer(world, a) })
    await world.settle()
    sightOf(a, pet).delete()
    await world.settle()
    expect(world.server.objects.get(pet.id)).to.equal(undefined)
    for (const client of [a, b]) expect(client.objects.get(pet.id)).to.equal(undefined)
    expect(pet.story.at(-1)).to.equal('onLeave')
    expect(() => a.avatar.delete()).to.throw(UsageError, 'clientDelete')
  })

  it('MN25 Deleting by a client that is not the owner is ignored and its connection kept, under the policy to ignore', async () => {
    const world = await start({ ...options, server: { ...options.server, violations: 'ignore' as const } })
    const a = await world.join<Item>()
    const pet = world.server.create(Pet, null, { zone: 0, owner: onServer(world, a) })
    const violations = record(world.server, 'violation')
    const b = await Intruder.join(world, classes)
    for (const id of [pet.id, a.avatar.id, 4_000_000])
      b.raw.write(w => {
        w.u8(Op.Delete)
        w.varint(id)
      })
    await b.settle()
    expect(b.connected).to.equal(true)
    expect(world.server.objects.get(pet.id)).to.equal(pet)
    expect(a.connected).to.equal(true)
    expect(violations.map(({ reason }) => reason)).to.deep.equal(['no-permission', 'no-permission', 'no-object'])
  })

  it('MN25 Deleting by a client that is not the owner throws at an honest client and costs a dishonest one its connection', async () => {
    const world = await start(options)
    const [a, c] = [await world.join<Item>(), await world.join<Item>()]
    const pet = world.server.create(Pet, null, { zone: 0, owner: onServer(world, a) })
    await world.settle()
    expect(() => sightOf(c, pet).delete()).to.throw(UsageError)
    const b = await Intruder.join(world, classes)
    b.raw.write(w => {
      w.u8(Op.Delete)
      w.varint(pet.id)
    })
    expect(await b.fate()).to.equal('no-permission')
    expect(world.server.objects.get(pet.id)).to.equal(pet)
  })

  it('MN25 Deleting by the server always works, once', async () => {
    const world = await start(options)
    const [a, b] = [await world.join<Item>(), await world.join<Item>()]
    const deletes = record(world.server, 'delete')
    const avatar = originalOf(world, a.avatar)
    avatar.delete()
    avatar.delete()
    await world.settle()
    expect(deletes.map(({ object }) => object)).to.deep.equal([avatar])
    expect(b.objects.get(avatar.id)).to.equal(undefined)
    expect(a.objects.get(avatar.id)).to.equal(undefined)
    expect(onServer(world, a).avatar).to.equal(null)
    expect(a.connected).to.equal(true)
    expect(() => avatar.send.label('x')).to.throw(UsageError, 'deleted')
    expect(() => avatar.transferOwner(onServer(world, b))).to.throw(UsageError, 'deleted')
    expect(() => avatar.enterZone(1)).to.throw(UsageError, 'deleted')
  })

  it('runs last wills once after an abrupt end, and not after a goodbye or when taken back', async () => {
    const world = await start(options)
    const [a, b, c] = [await world.join<Item>(), await world.join<Item>(), await world.join<Item>()]
    const wills: string[] = []
    const errors = record(world.server, 'error')
    onServer(world, a).will(() => {
      throw new Error('disputed')
    })
    onServer(world, a).will(() => wills.push('a'))
    onServer(world, b).will(() => wills.push('b'))
    onServer(world, c).will(() => wills.push('c'))()
    await world.cut(a)
    b.close()
    await world.cut(c)
    await world.settle()
    expect(wills).to.deep.equal(['a'])
    expect(errors.map(({ where }) => where)).to.deep.equal(['will'])
  })

  it('refuses what only the server may do to an object, on a client', async () => {
    const world = await start(options)
    const a = await world.join<Item>()
    expect(() => a.avatar.enterZone(3)).to.throw(UsageError, 'the server alone')
    expect(() => a.avatar.transferOwner(null)).to.throw(UsageError, 'the server alone')
    expect(() => a.avatar.saved()).to.throw(UsageError, 'the server alone')
  })

  it('refuses an owner that has gone, and creates nothing', async () => {
    const world = await start(options)
    const a = await world.join<Item>()
    const gone = onServer(world, a)
    await world.cut(a)
    expect(() => world.server.create(Item, null, { owner: gone })).to.throw(UsageError)
    expect(world.server.objects.size).to.equal(0)
    const stray = world.server.create(Item)
    expect(() => stray.transferOwner(gone)).to.throw(UsageError)
    expect(stray.owner).to.equal(null)
  })

  it('keeps an owned object through its client’s change of zones, and gives it up with a leave when it is taken', async () => {
    const world = await start(options)
    const [a, b] = [await world.join<Item>(), await world.join<Item>()]
    const item = world.server.create(Item, null, { zone: 3, owner: onServer(world, a) })
    await watch(world, a, 8)
    await watch(world, b, 3)
    const mine = sightOf(a, item)
    item.send.use('far')
    await world.settle()
    expect(mine.heard).to.deep.equal([['use', 'far']])
    item.transferOwner(null)
    await world.settle()
    expect(a.objects.get(item.id)).to.equal(undefined)
    expect(sightOf(b, item).owner).to.equal(null)
  })
})
