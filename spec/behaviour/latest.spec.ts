/** Calls of which only the newest of a tick need arrive. Rule 3 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, type int16, networkClass, Registry } from 'fieldcast'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest)
  move(x: int16, y: int16): void {
    this.note('move', x, y)
  }

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.Latest | Flags.RAM | Flags.NoEcho)
  turn(angle: int16): void {
    this.note('turn', angle)
  }

  @field(Flags.OwnerSend | Flags.Broadcast)
  fire(): void {
    this.note('fire')
  }
}

const options = { server: { classes: [Player], avatar: Player }, client: { classes: [Player] } }

onEveryWire('Latest', start => {
  it('delivers one call per tick, object and field: the newest', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    for (let i = 1; i <= 5; i++) avatar.send.move(i, -i)
    expect(avatar.heard).to.have.lengthOf(5)
    await world.settle()
    for (const client of [a, b]) expect(sightOf(client, avatar).heard).to.deep.equal([['move', 5, -5]])
    avatar.send.move(6, -6)
    await world.settle()
    for (const client of [a, b]) expect(sightOf(client, avatar).heard.at(-1)).to.deep.equal(['move', 6, -6])
  })

  it('delivers other calls of the tick all, and in order', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    avatar.send.move(1, 1)
    avatar.send.fire()
    avatar.send.fire()
    avatar.send.move(2, 2)
    await world.settle()
    expect(sightOf(b, avatar).heard).to.have.deep.members([['fire'], ['fire'], ['move', 2, 2]])
  })

  it('keeps the calls of different objects apart', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    for (let i = 0; i < 3; i++) for (const client of [a, b]) originalOf(world, client.avatar).send.move(client.id, i)
    await world.settle()
    for (const client of [a, b]) {
      expect(client.avatar.heard).to.deep.equal([['move', client.id, 2]])
      expect(sightOf(client, client === a ? b.avatar : a.avatar).heard).to.have.lengthOf(1)
    }
  })

  it('with NoEcho leaves out the sender of the newest call, and it alone', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    a.avatar.send.turn(10)
    a.avatar.send.turn(20)
    await world.settle()
    expect(a.avatar.heard).to.be.empty
    expect(sightOf(b, avatar).heard.at(-1)).to.deep.equal(['turn', 20])
    avatar.send.turn(30)
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['turn', 30]])
  })

  it('replays the newest to newcomers where it is kept', async () => {
    const world = await start(options)
    const a = await world.join()
    a.avatar.send.turn(1)
    a.avatar.send.turn(2)
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard.at(-1)).to.deep.equal(['turn', 2])
    await world.settle()
    expect(new Set(sightOf(c, a.avatar).heard.map(String))).to.deep.equal(new Set(['turn,2']))
  })

  it('reaches those who watch when it was called, when the object moves, changes hands or goes in the same tick', async () => {
    const world = await start({ ...options, server: { ...options.server, follow: false } })
    const [a, b, c] = [await world.join(), await world.join(), await world.join()]
    await watch(world, c, 0, 5)
    const avatar = originalOf(world, a.avatar)
    const seen = sightOf(b, avatar)
    avatar.send.move(1, 1)
    await world.until(avatar.enterZone(5))
    avatar.send.move(2, 2)
    await world.settle()
    expect(seen.heard).to.deep.equal([['move', 1, 1]])
    expect(seen.story.at(-1)).to.equal('onLeave')
    expect(sightOf(c, avatar).heard).to.deep.equal([
      ['move', 1, 1],
      ['move', 2, 2],
    ])
    expect(a.avatar.heard).to.deep.equal(sightOf(c, avatar).heard)
    const last = sightOf(c, avatar)
    avatar.send.move(3, 3)
    avatar.delete()
    await world.settle()
    expect(last.heard.at(-1)).to.deep.equal(['move', 3, 3])
    expect(last.story.at(-1)).to.equal('onLeave')
  })

  it('reaches an owner outside the zone, and narrows with sendTo and sendExcept', async () => {
    const world = await start({ ...options, server: { ...options.server, follow: false } })
    const [a, b] = [await world.join(), await world.join()]
    const avatar = originalOf(world, a.avatar)
    await watch(world, a, 7)
    avatar.send.move(1, 1)
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['move', 1, 1]])
    avatar.sendTo(onServer(world, b)).move(2, 2)
    avatar.sendExcept(onServer(world, b)).move(3, 3)
    await world.settle()
    expect(a.avatar.heard.at(-1)).to.deep.equal(['move', 3, 3])
    expect(sightOf(b, avatar).heard.at(-1)).to.deep.equal(['move', 2, 2])
  })
})
