/** A client that reads by hand. Rule 33 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, type uint8 } from 'fieldcast'
import { next, record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, Witness } from '../support/witness.ts'
import { onServer } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  @field(Flags.OwnerSend | Flags.Broadcast)
  count(n: uint8): void {
    this.note('count', n)
  }
}

const options = { server: { classes: [Player], avatar: Player }, client: { classes: [Player] } }
const byHand = { pump: 'manual' as const }

onEveryWire('pump', start => {
  it('by hand handles everything received so far, in order, once, and nothing before', async () => {
    const world = await start(options)
    const a = await world.join(undefined, byHand)
    const b = await world.join()
    const avatar = originalOf(world, a.avatar)
    for (const n of [1, 2, 3]) {
      avatar.send.count(n)
      await world.until(b.ping())
      world.server.tick()
    }
    const [entered] = [record(a, 'enter')]
    await world.until(onServer(world, b).zones.set([0]))
    await world.until(b.ping())
    expect(a.avatar.heard).to.be.empty
    expect(entered).to.be.empty
    const heard = next(b, 'leave')
    avatar.delete()
    world.server.tick()
    await world.until(heard)
    while (a.avatar.story.at(-1) !== 'onLeave') {
      await world.until(b.ping())
      a.pump()
    }
    expect(a.avatar.heard).to.deep.equal([
      ['count', 1],
      ['count', 2],
      ['count', 3],
    ])
    expect(entered.map(({ object }) => object.id)).to.deep.equal([b.avatar.id])
    expect(a.pump()).to.equal(0)
  })

  it('by hand may be called by a handler, which gets what comes behind its own call, the end last', async () => {
    const world = await start(options)
    const a = await world.join(undefined, byHand)
    const b = await world.join()
    const { avatar } = a
    const original = originalOf(world, avatar)
    const story: unknown[] = []
    const pumped: number[] = []
    a.on('close', () => story.push('close'))
    avatar.count = n => {
      story.push(n)
      if (n === 1) pumped.push(a.pump())
    }
    for (const n of [1, 2, 3]) {
      original.send.count(n)
      await world.until(b.ping())
      world.server.tick()
    }
    const gone = next(world.server, 'close')
    onServer(world, a).kick()
    await world.until(gone)
    await world.until(b.ping())
    while (story.at(-1) !== 'close') {
      a.pump()
      await world.until(b.ping())
    }
    expect(story).to.deep.equal([1, 2, 3, 'close'])
    expect(pumped).to.have.length(1)
  })

  it('by hand tells of the end in its turn, after all that was received before it', async () => {
    const world = await start(options)
    const a = await world.join(undefined, byHand)
    const closes = record(a, 'close')
    const gone = next(world.server, 'close')
    originalOf(world, a.avatar).send.count(9)
    onServer(world, a).kick(3000, 'bye')
    await world.until(gone)
    expect(closes).to.be.empty
    while (closes.length === 0) {
      await world.until(Promise.resolve())
      a.pump()
    }
    expect(a.avatar.heard).to.deep.equal([['count', 9]])
    expect(closes).to.deep.equal([{ code: 3000, reason: 'game', text: 'bye' }])
    expect(a.connected).to.equal(false)
    expect(a.pump()).to.equal(0)
  })

  it('is not needed by default', async () => {
    const world = await start(options)
    const a = await world.join()
    originalOf(world, a.avatar).send.count(1)
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([['count', 1]])
    expect(a.pump()).to.equal(0)
  })

  it('by hand lets a client send at once all the same', async () => {
    const world = await start(options)
    const a = await world.join(undefined, byHand)
    const b = await world.join()
    a.avatar.send.count(5)
    while (originalOf(world, a.avatar).heard.length === 0) await world.until(b.ping())
    expect(originalOf(world, a.avatar).heard).to.deep.equal([['count', 5]])
  })
})
