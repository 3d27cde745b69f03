/** What only some may see. Rule 4 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str } from 'fieldcast'
import type { World } from 'fieldcast/testing'
import { Intruder } from '../support/intruder.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.OwnerOnly | Flags.RAM)
  hand(cards: str<64>): void {
    this.note('hand', cards)
  }

  @field(Flags.OwnerSend | Flags.ServerOnly | Flags.RAM)
  seed(text: str<64>): void {
    this.note('seed', text)
  }

  @field(Flags.OwnerOnly | Flags.Required)
  purse(text: str<64>): void {
    this.note('purse', text)
  }

  getPurse(): string {
    return `purse-of-${this.id}`
  }
}

const classes = [Player]
const options = { server: { classes, avatar: Player }, client: { classes }, trace: true }

/** The numbers of the clients whose traffic from the server held the text. */
const receiversOf = (world: World<any>, text: string): number[] => [
  ...new Set(
    world.trace
      .filter(({ to, bytes }) => to === 'client' && Buffer.from(bytes).includes(text))
      .map(({ client }) => client),
  ),
]

onEveryWire('privacy', start => {
  it('X5 An OwnerOnly field never appears in another client’s traffic, neither live nor in a snapshot', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    a.avatar.send.hand('ace-of-spades')
    originalOf(world, a.avatar).send.purse('nine-ducats')
    await world.settle()
    const c = await world.join()
    await world.settle()
    expect(a.avatar.heard).to.deep.include.members([
      ['hand', 'ace-of-spades'],
      ['purse', 'nine-ducats'],
    ])
    for (const client of [b, c]) expect(sightOf(client, a.avatar).heard).to.be.empty
    expect(receiversOf(world, 'ace-of-spades')).to.deep.equal([1])
    expect(receiversOf(world, 'nine-ducats')).to.deep.equal([1])
    expect(receiversOf(world, `purse-of-${a.avatar.id}`)).to.deep.equal([1])
  })

  it('X5 A ServerOnly field never leaves the server, not even to the owner that sent it', async () => {
    const world = await start(options)
    const a = await world.join()
    await world.join()
    a.avatar.send.seed('sent-by-the-owner')
    originalOf(world, a.avatar).send.seed('sent-by-the-server')
    await world.settle()
    await world.join()
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.deep.include.members([
      ['seed', 'sent-by-the-owner'],
      ['seed', 'sent-by-the-server'],
    ])
    expect(receiversOf(world, 'sent-by-the')).to.be.empty
    expect(a.avatar.heard.filter(([name]) => name === 'seed')).to.be.empty
  })

  it('X5 A new owner finds the OwnerOnly fields in its snapshot, and the old one hears of no later call', async () => {
    const world = await start(options)
    const a = await world.join()
    const b = await world.join()
    const chest = world.server.create(Player, object => object.send.hand('seven'), {
      zone: 0,
      owner: world.server.clients.get(a.id)!,
    })
    await world.settle()
    expect(sightOf(b, chest).heard).to.be.empty
    chest.transferOwner(world.server.clients.get(b.id)!)
    chest.send.hand('king')
    await world.settle()
    expect(sightOf(b, chest).heard.filter(([name]) => name === 'hand')).to.deep.equal([
      ['hand', 'seven'],
      ['hand', 'king'],
    ])
    expect(receiversOf(world, 'king')).to.deep.equal([2])
  })

  it('tells a client that asks for an object outside its view nothing, in whatever way it asks', async () => {
    const world = await start(options)
    const a = await world.join()
    const hidden = world.server.create(Player, object => object.send.hand('queen-of-hearts'), { zone: 50 })
    const Op = await import('../../lib/protocol/opcodes.ts')
    for (const op of [Op.Fetch, Op.Delete]) {
      const b = await Intruder.join(world, classes)
      b.raw.write(w => {
        w.u8(op)
        w.varint(hidden.id)
      })
      expect(await b.fate()).to.equal('no-object')
      for (const frame of b.raw.frames) expect(Buffer.from(frame).includes('queen-of-hearts')).to.equal(false)
    }
    expect(world.server.objects.get(hidden.id)).to.equal(hidden)
    expect(a.connected).to.equal(true)
  })
})
