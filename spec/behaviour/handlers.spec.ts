/** What the server's handlers may do to a call: veto it, change it, take their time, fail. Rules 1, 5, 6 and 8 of docs/guarantees.md. */
import { expect } from 'chai'
import { amend, Flags, field, networkClass, Registry, Reject, type str, UsageError, type uint8 } from 'fieldcast'
import { Gate, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.ClientSend | Flags.Broadcast | Flags.RAM)
  say(text: str<32>): void | Promise<void> {
    this.note('say', text)
  }

  @field(Flags.ClientSend | Flags.Broadcast)
  hit(points: uint8): void {
    this.note('hit', points)
  }

  @field(Flags.ClientSend | Flags.Broadcast)
  echo(): void {
    this.note('echo')
  }
}

/** Opened by a spec to let the handler of `say('wait ...')` go on. */
let gates = new Map<string, Gate>()
const gateOf = (text: string): Gate => {
  const gate = gates.get(text) ?? new Gate()
  gates.set(text, gate)
  return gate
}

class ServerPlayer extends Player {
  override say(text: string): void | Promise<void> {
    if (text.startsWith('wait')) return this.sayLater(text)
    if (text === 'spam') throw new Reject('language')
    if (text === 'bug') throw new TypeError('undefined is not a function')
    if (text === 'deep') return this.send.say('again') as void
    if (text === 'unfit') return amend(5)
    super.say(text)
    if (text.includes('damn')) return amend(text.replace('damn', 'd***'))
  }

  private async sayLater(text: string): Promise<void> {
    this.story.push(`began ${text}`)
    await gateOf(text).passed
    if (text.endsWith('spam')) throw new Reject('language')
    if (text.endsWith('bug')) throw new Error('later bug')
    await super.say(text)
    if (text.endsWith('damn')) return amend('wait d***')
  }

  override hit(points: number): void {
    super.hit(points)
    if (points > 100) this.send.say('ouch')
  }

  override echo(): void {
    super.echo()
    this.send.hit(1)
    this.send.hit(2)
  }
}

const options = { server: { classes: [ServerPlayer], avatar: ServerPlayer }, client: { classes: [Player] } }

onEveryWire('handlers', start => {
  beforeEach(() => {
    gates = new Map()
  })

  it('veto with Reject: the call is kept, delivered and shown nowhere, and its caller is told the reason', async () => {
    const world = await start({ ...options, trace: true })
    const [a, b] = [await world.join(), await world.join()]
    const vetoed = record(a, 'vetoed')
    const others = record(b, 'vetoed')
    const atServer = record(world.server, 'vetoed')
    const errors = record(world.server, 'error')
    a.avatar.send.say('spam')
    await world.settle()
    expect(vetoed).to.deep.equal([{ object: a.avatar, field: 'Player.say', reason: 'language' }])
    expect(others).to.be.empty
    expect(errors).to.be.empty
    expect(atServer.map(({ client, object, field, reason }) => [client?.id, object?.id, field, reason])).to.deep.equal([
      [a.id, a.avatar.id, 'Player.say', 'language'],
    ])
    expect(a.avatar.heard).to.be.empty
    expect(sightOf(b, a.avatar).heard).to.be.empty
    expect(world.trace.some(({ to, bytes }) => to === 'client' && Buffer.from(bytes).includes('spam'))).to.equal(false)
    const c = await world.join()
    expect(sightOf(c, a.avatar).heard).to.be.empty
  })

  it('veto a send of the server’s own in the same way', async () => {
    const world = await start(options)
    const a = await world.join()
    const vetoed = record(world.server, 'vetoed')
    originalOf(world, a.avatar).send.say('spam')
    await world.settle()
    expect(vetoed.map(({ client, reason }) => [client, reason])).to.deep.equal([[null, 'language']])
    expect(a.avatar.heard).to.be.empty
  })

  it('amend what goes on: that is what is kept and delivered, at the caller too', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    a.avatar.send.say('damn it')
    await world.settle()
    const c = await world.join()
    for (const client of [a, b, c]) expect(sightOf(client, a.avatar).heard).to.deep.equal([['say', 'd*** it']])
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['say', 'damn it']])
  })

  it('veto the call where what they amend does not fit the field, with an error event that says so', async () => {
    const world = await start(options)
    const a = await world.join()
    const errors = record(world.server, 'error')
    const vetoed = record(a, 'vetoed')
    a.avatar.send.say('unfit')
    await world.settle()
    expect(errors).to.have.lengthOf(1)
    expect(String(errors[0]!.error)).to.include('Player.say')
    expect(vetoed.map(({ reason }) => reason)).to.deep.equal(['error'])
    expect(a.avatar.heard).to.be.empty
  })

  it('raise an error event where they throw, with class, field, object and cause, and harm nobody', async () => {
    const world = await start({ ...options, trace: true })
    const [a, b] = [await world.join(), await world.join()]
    const errors = record(world.server, 'error')
    const vetoed = record(a, 'vetoed')
    a.avatar.send.say('bug')
    a.avatar.send.say('fine')
    await world.settle()
    expect(errors).to.have.lengthOf(1)
    expect(errors[0]!.error).to.be.instanceOf(TypeError)
    expect(errors[0]).to.include({ where: 'handler', object: originalOf(world, a.avatar), field: 'Player.say' })
    expect(vetoed.map(({ reason }) => reason)).to.deep.equal(['error'])
    expect(sightOf(b, a.avatar).heard).to.deep.equal([['say', 'fine']])
    expect(a.connected && b.connected).to.equal(true)
    expect(world.trace.some(({ bytes }) => Buffer.from(bytes).includes('is not a function'))).to.equal(false)
  })

  it('get an error that names amend where they send their own field on the same object again', async () => {
    const world = await start(options)
    const a = await world.join()
    const errors = record(world.server, 'error')
    a.avatar.send.say('deep')
    await world.settle()
    expect(errors).to.have.lengthOf(1)
    expect(errors[0]!.error).to.be.instanceOf(UsageError)
    expect((errors[0]!.error as Error).message)
      .to.include('Player.say')
      .and.to.include('amend')
    expect(originalOf(world, a.avatar).heard).to.be.empty
    expect(a.avatar.heard).to.be.empty
  })

  it('may send other fields of the same object, which follow when they are done', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    a.avatar.send.hit(101)
    a.avatar.send.echo()
    await world.settle()
    const order = [['hit', 101], ['say', 'ouch'], ['echo'], ['hit', 1], ['hit', 2]]
    expect(originalOf(world, a.avatar).heard).to.deep.equal(order)
    expect(originalOf(world, a.avatar).callers).to.deep.equal([a.id, null, a.id, null, null])
    for (const client of [a, b]) expect(sightOf(client, a.avatar).heard).to.deep.equal(order)
  })

  it('run for a send of the server’s own before it returns', async () => {
    const world = await start(options)
    const a = await world.join()
    const original = originalOf(world, a.avatar)
    original.send.hit(4)
    expect(original.heard).to.deep.equal([['hit', 4]])
    expect(original.caller).to.equal(null)
  })

  it('that are async hold up later calls of their object, in order, and no other object', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const original = originalOf(world, a.avatar)
    a.avatar.send.say('wait 1')
    a.avatar.send.hit(1)
    sightOf(b, a.avatar).send.say('wait 2')
    a.avatar.send.hit(2)
    b.avatar.send.hit(9)
    await world.settle()
    expect(original.story.slice(2)).to.deep.equal(['began wait 1'])
    expect(sightOf(a, b.avatar).heard).to.deep.equal([['hit', 9]])
    expect(a.avatar.heard).to.be.empty
    gateOf('wait 1').open()
    await world.settle()
    expect(a.avatar.heard[0]).to.deep.equal(['say', 'wait 1'])
    gateOf('wait 2').open()
    await world.settle()
    const byA = original.heard.filter((_, i) => original.callers[i] === a.id)
    expect(byA).to.deep.equal([
      ['say', 'wait 1'],
      ['hit', 1],
      ['hit', 2],
    ])
    expect(original.heard).to.have.lengthOf(4)
    expect(a.avatar.heard).to.deep.equal(original.heard)
    expect(sightOf(b, a.avatar).heard).to.deep.equal(original.heard)
    expect(original.callers.filter(caller => caller === b.id)).to.have.lengthOf(1)
  })

  it('that are async may veto, amend and fail like any other', async () => {
    const world = await start(options)
    const a = await world.join()
    const vetoed = record(a, 'vetoed')
    const errors = record(world.server, 'error')
    for (const text of ['wait spam', 'wait bug', 'wait damn']) {
      gateOf(text).open()
      a.avatar.send.say(text)
    }
    a.avatar.send.hit(1)
    await world.settle()
    expect(vetoed.map(({ reason }) => reason)).to.deep.equal(['language', 'error'])
    expect(errors.map(({ where }) => where)).to.deep.equal(['handler'])
    expect(a.avatar.heard).to.deep.equal([
      ['say', 'wait d***'],
      ['hit', 1],
    ])
    expect(a.connected).to.equal(true)
  })

  it('that are async and outlive their object change nothing any more, and what waits behind them is vetoed', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const original = originalOf(world, a.avatar)
    const vetoed = record(world.server, 'vetoed')
    sightOf(b, a.avatar).send.say('wait 1')
    sightOf(b, a.avatar).send.hit(3)
    await world.settle()
    original.delete()
    gateOf('wait 1').open()
    await world.settle()
    expect(vetoed.map(({ field, reason }) => [field, reason])).to.deep.equal([
      ['Player.hit', 'deleted'],
      ['Player.say', 'deleted'],
    ])
    expect(original.heard).to.deep.equal([['say', 'wait 1']])
    expect(b.connected).to.equal(true)
  })

  it('that are async and outlive their caller’s connection are kept and delivered all the same', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    sightOf(b, a.avatar).send.say('wait 1')
    await world.settle()
    b.close()
    await world.settle()
    gateOf('wait 1').open()
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['say', 'wait 1']])
  })

  it('that never end hold up a bounded number of calls: the rest is dropped with an event and a veto', async () => {
    const world = await start({ ...options, server: { ...options.server, limits: { waitingCalls: 2 } } })
    const a = await world.join()
    const dropped = record(world.server, 'dropped')
    const vetoed = record(a, 'vetoed')
    a.avatar.send.say('wait 1')
    for (const points of [1, 2, 3, 4]) a.avatar.send.hit(points)
    await world.settle()
    expect(dropped.map(({ field, why }) => [field, why])).to.deep.equal(Array(2).fill(['Player.hit', 'busy']))
    expect(vetoed.map(({ reason }) => reason)).to.deep.equal(['busy', 'busy'])
    gateOf('wait 1').open()
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([
      ['say', 'wait 1'],
      ['hit', 1],
      ['hit', 2],
    ])
  })

  it('at a client that throw raise an error event there, and the client goes on', async () => {
    class Fragile extends Player {
      override hit(points: number): void {
        if (points === 1) throw new Error('glass')
        super.hit(points)
      }

      override say(): Promise<void> {
        return Promise.reject(new Error('later'))
      }
    }
    const world = await start({ ...options, client: { classes: [Fragile] } })
    const a = await world.join()
    const errors = record(a, 'error')
    a.avatar.send.hit(1)
    ;(a.avatar.send as Player).say('x')
    a.avatar.send.hit(2)
    await world.settle()
    expect(errors.map(({ where, object, field }) => [where, object, field])).to.have.deep.members([
      ['handler', a.avatar, 'Player.hit'],
      ['handler', a.avatar, 'Player.say'],
    ])
    expect(a.avatar.heard).to.deep.equal([['hit', 2]])
    expect(a.connected).to.equal(true)
  })
})
