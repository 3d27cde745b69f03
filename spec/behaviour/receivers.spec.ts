/** Who receives an accepted call. Rule 3 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type str, UsageError, type uint8 } from 'fieldcast'
import type { World } from 'fieldcast/testing'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(0)
  whisper(text: str<64>): void {
    this.note('whisper', text)
  }

  @field(Flags.Broadcast | Flags.OwnerSend)
  shout(text: str<64>): void {
    this.note('shout', text)
  }

  @field(Flags.OwnerSend)
  report(n: uint8): void {
    this.note('report', n)
  }

  @field(Flags.ClientSend | Flags.OwnerOnly)
  knock(n: uint8): void {
    this.note('knock', n)
  }

  @field(Flags.ClientSend | Flags.RAM)
  mark(n: uint8): void {
    this.note('mark', n)
  }

  @field(Flags.ClientSend | Flags.Broadcast | Flags.NoEcho)
  step(n: uint8): void {
    this.note('step', n)
  }

  @field(Flags.ClientSend | Flags.Broadcast | Flags.Predict)
  jump(n: uint8): void {
    this.note('jump', n)
  }

  @field(Flags.ClientSend | Flags.Broadcast)
  greet(name: str<32>): void {
    this.note('greet', name)
    if (this.caller) this.sendTo(this.caller).shout(`hello ${name}`)
  }
}

const classes = [Player]
const options = { server: { classes, avatar: Player }, client: { classes } }

/** Three clients in zone 0 and one in zone 5. */
async function fourClients(world: World<Player>) {
  const [a, b, c] = [await world.join(), await world.join(), await world.join()]
  const far = await world.join()
  await world.until(originalOf(world, far.avatar).enterZone(5))
  await world.settle()
  return { a, b, c, far, avatar: originalOf(world, a.avatar) }
}

onEveryWire('receivers', start => {
  it('LP7 A server send without Broadcast reaches the owner alone', async () => {
    const world = await start(options)
    const { a, b, far, avatar } = await fourClients(world)
    avatar.send.whisper('psst')
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['whisper', 'psst']])
    expect(sightOf(b, avatar).heard).to.be.empty
    expect(far.objects.get(avatar.id)).to.equal(undefined)
  })

  it('LP9 A server send with Broadcast reaches every client in the zone, once, and none in another zone', async () => {
    const world = await start({ ...options, trace: true })
    const { a, b, c, far, avatar } = await fourClients(world)
    world.trace.length = 0
    avatar.send.shout('hey')
    await world.settle()
    for (const client of [a, b, c]) expect(sightOf(client, avatar).heard).to.deep.equal([['shout', 'hey']])
    const reached = world.trace.filter(({ to, bytes }) => to === 'client' && Buffer.from(bytes).includes('hey'))
    expect(reached.map(({ client }) => client)).to.have.members([1, 2, 3])
    expect(far.objects.get(avatar.id)).to.equal(undefined)
  })

  it('LP10 A server broadcast with an exclusion reaches all but the excluded client', async () => {
    const world = await start(options)
    const { a, b, c, avatar } = await fourClients(world)
    avatar.sendExcept(world.server.clients.get(b.id)!).shout('not you')
    avatar.sendExcept(world.server.clients.get(a.id)!).shout('nor the owner')
    await world.settle()
    expect(sightOf(a, avatar).heard).to.deep.equal([['shout', 'not you']])
    expect(sightOf(b, avatar).heard).to.deep.equal([['shout', 'nor the owner']])
    expect(sightOf(c, avatar).heard).to.deep.equal([
      ['shout', 'not you'],
      ['shout', 'nor the owner'],
    ])
  })

  it('X4 A client’s Broadcast call runs once at each other watcher, and once, as confirmation, at the caller', async () => {
    const world = await start(options)
    const { a, b, c, avatar } = await fourClients(world)
    a.avatar.send.shout('hi')
    expect(a.avatar.heard).to.be.empty
    await world.settle()
    for (const client of [a, b, c]) expect(sightOf(client, avatar).heard).to.deep.equal([['shout', 'hi']])
    expect(avatar.heard).to.deep.equal([['shout', 'hi']])
  })

  it('X4 With NoEcho a client’s call does not run at the caller', async () => {
    const world = await start(options)
    const { a, b, c, avatar } = await fourClients(world)
    sightOf(b, avatar).send.step(1)
    await world.settle()
    expect(sightOf(b, avatar).heard).to.be.empty
    for (const client of [a, c]) expect(sightOf(client, avatar).heard).to.deep.equal([['step', 1]])
  })

  it('X4 With Predict a client’s call runs at the caller at once and never twice', async () => {
    const world = await start(options)
    const { a, b, avatar } = await fourClients(world)
    a.avatar.send.jump(1)
    a.avatar.send.jump(2)
    expect(a.avatar.heard).to.deep.equal([
      ['jump', 1],
      ['jump', 2],
    ])
    await world.settle()
    expect(a.avatar.heard).to.have.lengthOf(2)
    expect(sightOf(b, avatar).heard).to.deep.equal([
      ['jump', 1],
      ['jump', 2],
    ])
  })

  it('NoEcho leaves out none of the receivers of a server send', async () => {
    const world = await start(options)
    const { a, b, avatar } = await fourClients(world)
    avatar.send.step(2)
    await world.settle()
    for (const client of [a, b]) expect(sightOf(client, avatar).heard).to.deep.equal([['step', 2]])
  })

  it('X8 An owner outside the object’s zone still gets its updates, once, and keeps the instance', async () => {
    const world = await start({ ...options, server: { ...options.server, follow: false } })
    const a = await world.join()
    const b = await world.join()
    const avatar = originalOf(world, a.avatar)
    const instance = a.avatar
    await world.until(avatar.enterZone(9))
    await world.until(world.server.clients.get(b.id)!.zones.set([9]))
    await world.settle()
    avatar.send.shout('from afar')
    avatar.send.whisper('to you')
    sightOf(b, avatar).send.step(3)
    await world.settle()
    expect(a.zones.has(9)).to.equal(false)
    expect(a.objects.get(avatar.id)).to.equal(instance)
    expect(a.avatar).to.equal(instance)
    expect(instance.zone).to.equal(9)
    expect(instance.heard).to.deep.equal([
      ['shout', 'from afar'],
      ['whisper', 'to you'],
      ['step', 3],
    ])
    expect(instance.story.filter(entry => entry === 'onEnter')).to.have.lengthOf(1)
    expect(instance.story).to.not.include('onLeave')
  })

  it('delivers a client’s call without Broadcast to nobody beyond the server', async () => {
    const world = await start(options)
    const { a, b, avatar } = await fourClients(world)
    a.avatar.send.report(5)
    await world.settle()
    expect(avatar.heard).to.deep.equal([['report', 5]])
    expect(a.avatar.heard).to.be.empty
    expect(sightOf(b, avatar).heard).to.be.empty
  })

  it('delivers a client’s OwnerOnly call to the owner, and not back to its sender', async () => {
    const world = await start(options)
    const { a, b, c, avatar } = await fourClients(world)
    sightOf(b, avatar).send.knock(3)
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['knock', 3]])
    expect(sightOf(b, avatar).heard).to.be.empty
    expect(sightOf(c, avatar).heard).to.be.empty
  })

  it('brings an accepted call of a kept field back to its sender, so that its copy is exact', async () => {
    const world = await start(options)
    const { a, b, c, avatar } = await fourClients(world)
    sightOf(b, avatar).send.mark(8)
    await world.settle()
    expect(sightOf(b, avatar).heard).to.deep.equal([['mark', 8]])
    expect(a.avatar.heard).to.be.empty
    expect(sightOf(c, avatar).heard).to.be.empty
  })

  it('narrows a server send to one client with sendTo, if that client would have received it', async () => {
    const world = await start(options)
    const { a, b, c, far, avatar } = await fourClients(world)
    avatar.sendTo(world.server.clients.get(b.id)!).shout('you')
    avatar.sendTo(world.server.clients.get(far.id)!).shout('you there')
    avatar.sendTo(world.server.clients.get(c.id)!).whisper('no owner')
    await world.settle()
    expect(sightOf(b, avatar).heard).to.deep.equal([['shout', 'you']])
    for (const client of [a, c]) expect(sightOf(client, avatar).heard).to.be.empty
    expect(far.objects.get(avatar.id)).to.equal(undefined)
    expect(avatar.heard).to.have.lengthOf(3)
  })

  it('MN22 Replies to the calling client alone, from inside a handler', async () => {
    const world = await start(options)
    const { a, b, c, avatar } = await fourClients(world)
    sightOf(b, avatar).send.greet('bob')
    await world.settle()
    expect(sightOf(b, avatar).heard).to.deep.include.members([
      ['shout', 'hello bob'],
      ['greet', 'bob'],
    ])
    for (const client of [a, c]) expect(sightOf(client, avatar).heard).to.deep.equal([['greet', 'bob']])
  })

  it('refuses sendTo and sendExcept on a client, and clients of another server', async () => {
    const world = await start(options)
    const other = await start(options)
    const a = await world.join()
    const stranger = await other.join()
    expect(() => a.avatar.sendTo({ id: 1 }).shout('x')).to.throw(UsageError)
    expect(() => a.avatar.sendExcept({ id: 1 }).shout('x')).to.throw(UsageError)
    const avatar = originalOf(world, a.avatar)
    expect(() => avatar.sendTo(other.server.clients.get(stranger.id)!).shout('x')).to.throw(UsageError)
    expect(() => avatar.sendExcept({ id: a.id }).shout('x')).to.throw(UsageError)
  })

  it('takes a send that nobody receives, and keeps its value all the same', async () => {
    const world = await start(options)
    const stray = world.server.create(Player)
    stray.send.mark(4)
    stray.send.shout('echo?')
    const a = await world.join()
    await world.until(stray.enterZone(0))
    await world.settle()
    expect(sightOf(a, stray).heard).to.deep.equal([['mark', 4]])
  })
})
