/** Who may send what. Rule 2 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, type int32, networkClass, Registry, type str, UsageError } from 'fieldcast'
import { type Arguments, Intruder } from '../support/intruder.ts'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend)
  tell(count: int32, text: str<64>): void {
    this.note('tell', count, text)
  }

  @field(Flags.ClientSend)
  poke(): void {
    this.note('poke')
  }

  @field(Flags.OwnerSend | Flags.ClientSend)
  either(): void {
    this.note('either')
  }

  @field(Flags.Broadcast)
  order(text: str<64>): void {
    this.note('order', text)
  }
}

const classes = [Player]

const one: Arguments = w => {
  w.i32(1)
  w.text('x')
}
const options = { server: { classes, avatar: Player }, client: { classes } }

onEveryWire('permission', start => {
  it('LP1 A class registered with an explicit id on both sides lets its owner send an int32 and a string, and the server’s handler gets exactly these two values', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.tell(-2147483648, 'grüße')
    await world.settle()
    const original = originalOf(world, a.avatar)
    expect(original.heard).to.deep.equal([['tell', -2147483648, 'grüße']])
    expect(original.callers).to.deep.equal([a.id])
  })

  it('LP2 B sending an OwnerSend field of A’s avatar throws at once at B, and nothing is sent', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    expect(() => sightOf(b, a.avatar).send.tell(1, 'x'))
      .to.throw(UsageError)
      .with.property('message')
      .that.includes('Player.tell')
      .and.includes('Flags.OwnerSend')
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.be.empty
    expect(b.connected).to.equal(true)
  })

  it('LP2 A client that sends an OwnerSend field of A’s avatar all the same is closed with no-permission, its call does not run, and A is unaffected', async () => {
    const world = await start(options)
    const a = await world.join()
    const violations = record(world.server, 'violation')
    const b = await Intruder.join(world, classes)
    b.call('Player.tell', a.avatar, one)
    expect(await b.fate()).to.equal('no-permission')
    a.avatar.send.tell(2, 'still here')
    await world.settle()
    expect(a.connected).to.equal(true)
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['tell', 2, 'still here']])
    expect(violations).to.have.lengthOf(1)
    expect(violations[0]).to.include({ reason: 'no-permission', object: a.avatar.id, field: 'Player.tell' })
    expect(violations[0]!.client!.id).to.equal(b.id)
  })

  it('LP3 After transferOwner(B), B may send an OwnerSend field and A may not', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    const original = originalOf(world, a.avatar)
    original.transferOwner(world.server.clients.get(b.id)!)
    await world.settle()
    sightOf(b, a.avatar).send.tell(1, 'mine now')
    expect(() => a.avatar.send.tell(2, 'still mine?')).to.throw(UsageError, 'only the object’s owner')
    await world.settle()
    expect(original.heard).to.deep.equal([['tell', 1, 'mine now']])
    expect(original.callers).to.deep.equal([b.id])
  })

  it('LP4 A client in the same zone may send a ClientSend field of A’s object', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    sightOf(b, a.avatar).send.poke()
    await world.settle()
    expect(originalOf(world, a.avatar).callers).to.deep.equal([b.id])
  })

  it('LP5 ClientSend from a client that does not see the object is refused, and does not tell it that the object exists', async () => {
    const world = await start(options)
    const a = await world.join()
    const hidden = world.server.create(Player, null, { zone: 77 })
    const violations = record(world.server, 'violation')
    const [one, two] = [await Intruder.join(world, classes), await Intruder.join(world, classes)]
    one.call('Player.poke', hidden)
    two.call('Player.poke', 4_000_000)
    expect([await one.fate(), await two.fate()]).to.deep.equal(['no-object', 'no-object'])
    expect(violations.map(({ reason }) => reason)).to.deep.equal(['not-visible', 'no-object'])
    expect(hidden.heard).to.be.empty
    expect(a.connected).to.equal(true)
  })

  it('LP6 A field without a send flag is refused to its owner and open to the server', async () => {
    const world = await start(options)
    const a = await world.join()
    expect(() => a.avatar.send.order('go')).to.throw(UsageError, 'only the server may send it')
    const b = await Intruder.join(world, classes)
    const avatar = world.server.objects.get(b.avatar) as Player
    b.call('Player.order', b.avatar, w => w.text('go'))
    expect(await b.fate()).to.equal('no-permission')
    expect(avatar.heard).to.be.empty
    originalOf(world, a.avatar).send.order('halt')
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['order', 'halt']])
  })

  it('lets either the owner or whoever sees the object send a field with both flags', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    a.avatar.send.either()
    await world.settle()
    sightOf(b, a.avatar).send.either()
    await world.settle()
    expect(originalOf(world, a.avatar).callers).to.deep.equal([a.id, b.id])
  })

  it('lets nobody pass OwnerSend on an object without an owner', async () => {
    const world = await start(options)
    const a = await world.join()
    const stray = world.server.create(Player, null, { zone: 0 })
    await world.settle()
    expect(() => sightOf(a, stray).send.tell(1, 'x')).to.throw(UsageError)
    const b = await Intruder.join(world, classes)
    b.call('Player.tell', stray, one)
    expect(await b.fate()).to.equal('no-permission')
    expect(stray.heard).to.be.empty
  })

  it('lets the server send every field, of owned objects and of others', async () => {
    const world = await start(options)
    const a = await world.join()
    const original = originalOf(world, a.avatar)
    original.send.tell(7, 'from above')
    original.send.poke()
    await world.settle()
    expect(original.callers).to.deep.equal([null, null])
    expect(a.avatar.heard).to.deep.equal([['tell', 7, 'from above'], ['poke']])
  })
})
