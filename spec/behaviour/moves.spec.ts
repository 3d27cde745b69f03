/** Objects go from zone to zone. Rules 23 and 24 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, type int16, networkClass, Registry, UsageError } from 'fieldcast'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'
import { comings, idsInView, onServer, watch } from '../support/zones.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Ball extends Witness {
  @field(Flags.Broadcast | Flags.RAM)
  roll(x: int16): void {
    this.note('roll', x)
  }

  @field(Flags.Broadcast | Flags.Latest)
  spin(x: int16): void {
    this.note('spin', x)
  }

  @field(Flags.OwnerSend)
  walk(zone: int16): void {
    this.note('walk', zone)
  }
}

class ServerBall extends Ball {
  override walk(zone: number): void {
    void this.enterZone(zone)
  }
}

const classes = [Ball]
const options = { server: { classes: [ServerBall], zone: null }, client: { classes } }

onEveryWire('moves', start => {
  it('Z8 A move between two watched zones is one location change: no leave, no second enter, same instance', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1, 2)
    const ball = world.server.create(Ball, b => b.send.roll(5), { zone: 1 })
    await world.settle()
    const seen = sightOf(a, ball)
    const [log, moves] = [comings(a), record(a, 'zone')]
    void ball.enterZone(2)
    await world.settle()
    expect(log).to.be.empty
    expect(moves).to.deep.equal([{ object: seen, from: 1, to: 2 }])
    expect(sightOf(a, ball)).to.equal(seen)
    expect(seen.zone).to.equal(2)
    ball.send.roll(6)
    await world.settle()
    expect(seen.story).to.deep.equal(['roll', 'onEnter', 'roll'])
  })

  it('Z8 What is called before, between and after moves of one turn arrives once each, in order', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1, 2)
    const ball = world.server.create(Ball, null, { zone: 1 })
    await world.settle()
    ball.send.roll(1)
    ball.send.spin(1)
    void ball.enterZone(2)
    ball.send.roll(2)
    void ball.enterZone(1)
    ball.send.roll(3)
    ball.send.spin(2)
    await world.settle()
    expect(sightOf(a, ball).heard).to.deep.equal([
      ['roll', 1],
      ['spin', 1],
      ['roll', 2],
      ['roll', 3],
      ['spin', 2],
    ])
    expect(sightOf(a, ball).zone).to.equal(1)
  })

  it('Z9 A move to an unwatched zone is a leave', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    await watch(world, a, 1)
    await watch(world, b, 2)
    const ball = world.server.create(Ball, z => z.send.roll(1), { zone: 1 })
    await world.settle()
    const seen = sightOf(a, ball)
    const logs = [a, b].map(comings)
    ball.send.roll(2)
    void ball.enterZone(2)
    ball.send.roll(3)
    await world.settle()
    expect(logs).to.deep.equal([[`-${ball.id}`], [`+${ball.id}`]])
    expect(seen.heard).to.deep.equal([
      ['roll', 1],
      ['roll', 2],
    ])
    expect(sightOf(b, ball).heard).to.deep.equal([
      ['roll', 2],
      ['roll', 3],
    ])
    expect(() => seen.send.walk(1)).to.throw(UsageError, 'left')
  })

  it('Z9 An owner keeps its instance when the object moves to an unwatched zone, and is told the new zone', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1)
    const ball = world.server.create(Ball, null, { zone: 1, owner: onServer(world, a) })
    await world.settle()
    const seen = sightOf(a, ball)
    const [log, moves] = [comings(a), record(a, 'zone')]
    void ball.enterZone(9)
    await world.settle()
    void ball.enterZone(null)
    await world.settle()
    expect(log).to.be.empty
    expect(moves.map(({ from, to }) => [from, to])).to.deep.equal([
      [1, 9],
      [9, null],
    ])
    ball.send.roll(7)
    await world.settle()
    expect(sightOf(a, ball)).to.equal(seen)
    expect(seen.heard).to.deep.equal([['roll', 7]])
    expect(seen.zone).to.equal(null)
  })

  it('a move out of all zones and back is a leave and an enter with the newest values', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1)
    const ball = world.server.create(Ball, b => b.send.roll(1), { zone: 1 })
    await world.settle()
    const log = comings(a)
    void ball.enterZone(null)
    ball.send.roll(2)
    await world.settle()
    expect(idsInView(a)).to.be.empty
    void ball.enterZone(1)
    await world.settle()
    expect(log).to.deep.equal([`-${ball.id}`, `+${ball.id}`])
    expect(sightOf(a, ball).heard).to.deep.equal([['roll', 2]])
  })

  it('a move to the zone that the object is in, or to what is no zone, changes nothing', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1)
    const ball = world.server.create(Ball, null, { zone: 1 })
    await world.settle()
    const [log, moves, told] = [comings(a), record(a, 'zone'), record(world.server, 'zone')]
    void ball.enterZone(1)
    expect(() => ball.enterZone(-1)).to.throw(UsageError, 'zone')
    expect(() => ball.enterZone(0.5)).to.throw(UsageError, 'zone')
    await world.settle()
    expect([log, moves, told]).to.deep.equal([[], [], []])
    ball.delete()
    expect(() => ball.enterZone(2)).to.throw(UsageError, 'deleted')
  })

  it('an object that is sent to a zone while it is being created starts there', async () => {
    const world = await start(options)
    const a = await world.join()
    await watch(world, a, 1, 2)
    const log = comings(a)
    const ball = world.server.create(
      Ball,
      b => {
        void b.enterZone(2)
        b.send.roll(1)
      },
      { zone: 1 },
    )
    await world.settle()
    expect(ball.zone).to.equal(2)
    expect(log).to.deep.equal([`+${ball.id}`])
    expect(sightOf(a, ball).zone).to.equal(2)
    expect(() => world.server.create(Ball, b => b.delete(), { zone: 1 })).to.throw(UsageError, 'being created')
    expect(() => world.server.create(Ball, b => b.transferOwner(onServer(world, a)))).to.throw(UsageError, 'owner')
    expect(world.server.objects.size).to.equal(1)
  })
})

onEveryWire('avatars that move', start => {
  it('make their client watch exactly the zone that they enter, and enterZone resolves when it has been handed over', async () => {
    const world = await start({ server: { classes: [ServerBall], avatar: ServerBall }, client: { classes } })
    const a = await world.join()
    const others = [0, 1].map(zone => world.server.create(Ball, null, { zone }))
    await world.settle()
    expect(idsInView(a)).to.deep.equal([a.avatar.id, others[0]!.id])
    const mine = a.avatar
    const log = comings(a)
    await world.until(originalOf(world, a.avatar).enterZone(1))
    await world.settle()
    expect([...a.zones]).to.deep.equal([1])
    expect(log.sort()).to.deep.equal([`+${others[1]!.id}`, `-${others[0]!.id}`])
    expect(a.avatar).to.equal(mine)
    expect(mine.zone).to.equal(1)
    mine.send.walk(0)
    await world.settle()
    expect([...a.zones]).to.deep.equal([0])
    expect(mine.story.filter(line => line === 'onEnter')).to.have.lengthOf(1)
    await world.until(originalOf(world, a.avatar).enterZone(null))
    await world.settle()
    expect([...a.zones]).to.deep.equal([])
    expect(idsInView(a)).to.deep.equal([mine.id])
  })

  it('leave their client’s zones alone where follow is off', async () => {
    const world = await start({
      server: { classes: [ServerBall], avatar: ServerBall, follow: false },
      client: { classes },
    })
    const a = await world.join()
    await world.until(originalOf(world, a.avatar).enterZone(5))
    await world.settle()
    expect([...a.zones]).to.deep.equal([0])
    expect(a.avatar.zone).to.equal(5)
  })

  it('are seen to leave by those who stay, and to enter by those who are there', async () => {
    const world = await start({ server: { classes: [ServerBall], avatar: ServerBall }, client: { classes } })
    const [a, b, c] = [await world.join(), await world.join(), await world.join()]
    await world.until(originalOf(world, c.avatar).enterZone(1))
    await world.settle()
    const logs = [a, b, c].map(comings)
    a.avatar.send.walk(1)
    await world.settle()
    expect(logs).to.deep.equal([[`-${b.avatar.id}`, `+${c.avatar.id}`], [`-${a.avatar.id}`], [`+${a.avatar.id}`]])
  })
})
