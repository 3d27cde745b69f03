/** Calls that run at their sender at once, while the server's word still counts. Rules 3 and 8 of docs/guarantees.md. */
import { expect } from 'chai'
import { amend, Flags, field, type int16, networkClass, Registry, Reject } from 'fieldcast'
import { seededRandom, World } from 'fieldcast/testing'
import { record } from '../support/outcome.ts'
import { onEveryWire } from '../support/stage.ts'
import { originalOf, sightOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry })
class Player extends Witness {
  x = 0

  @field(Flags.ClientSend | Flags.Broadcast | Flags.RAM | Flags.Predict)
  move(x: int16): void {
    this.x = x
    this.note('move', x)
  }

  @field(Flags.ClientSend | Flags.Broadcast | Flags.RAM | Flags.Predict | Flags.Latest)
  glide(x: int16): void {
    this.x = x
    this.note('glide', x)
  }

  @field(Flags.ClientSend | Flags.Broadcast | Flags.Predict | Flags.NoEcho)
  step(n: int16): void {
    this.note('step', n)
  }

  @field(Flags.ClientSend | Flags.Broadcast | Flags.Predict)
  shout(n: int16): void {
    this.note('shout', n)
  }
}

/** Refuses what is negative, and lets nothing pass beyond 100. */
class ServerPlayer extends Player {
  override move(x: number) {
    this.judge(x)
    super.move(x)
    if (x > 100) return amend(100)
  }

  override glide(x: number) {
    this.judge(x)
    super.glide(x)
    if (x > 100) return amend(100)
  }

  override shout(n: number): void {
    this.judge(n)
    super.shout(n)
  }

  private judge(x: number): void {
    if (x < 0) throw new Reject('wall')
  }
}

const options = { server: { classes: [ServerPlayer], avatar: ServerPlayer }, client: { classes: [Player] } }

onEveryWire('prediction', start => {
  for (const name of ['move', 'glide'] as const) {
    describe(`of ${name}`, () => {
      it('runs at once and is confirmed without running again', async () => {
        const world = await start(options)
        const [a, b] = [await world.join(), await world.join()]
        a.avatar.send[name](3)
        expect(a.avatar.heard).to.deep.equal([[name, 3]])
        await world.settle()
        expect(a.avatar.heard).to.deep.equal([[name, 3]])
        expect(sightOf(b, a.avatar).heard).to.deep.equal([[name, 3]])
      })

      it('that the server amends runs again with what stands, at the sender too', async () => {
        const world = await start(options)
        const [a, b] = [await world.join(), await world.join()]
        a.avatar.send[name](300)
        expect(a.avatar.x).to.equal(300)
        await world.settle()
        expect(a.avatar.heard).to.deep.equal([
          [name, 300],
          [name, 100],
        ])
        expect(sightOf(b, a.avatar).heard).to.deep.equal([[name, 100]])
      })

      it('that the server vetoes is put right with the value that stands', async () => {
        const world = await start(options)
        const [a, b] = [await world.join(), await world.join()]
        a.avatar.send[name](5)
        await world.settle()
        const vetoed = record(a, 'vetoed')
        a.avatar.send[name](-1)
        expect(a.avatar.x).to.equal(-1)
        await world.settle()
        expect(a.avatar.x).to.equal(5)
        expect(vetoed.map(({ object, field, reason }) => [object, field, reason])).to.deep.equal([
          [a.avatar, `Player.${name}`, 'wall'],
        ])
        expect(sightOf(b, a.avatar).heard).to.deep.equal([[name, 5]])
      })

      it('that the server vetoes leaves what was predicted where nothing stands yet, with the event', async () => {
        const world = await start(options)
        const a = await world.join()
        const vetoed = record(a, 'vetoed')
        a.avatar.send[name](-1)
        await world.settle()
        expect(a.avatar.x).to.equal(-1)
        expect(vetoed).to.have.lengthOf(1)
      })

      for (const [what, run] of Object.entries({
        'a veto': [1, -1, 3],
        'a veto at the end': [1, 2, -1],
        'a veto at the start': [-1, 2, 3],
        'two vetoes': [-1, 2, -2],
        'an amendment': [1, 300, 3],
        'an amendment at the end': [1, 2, 300],
        'a veto and an amendment': [300, -1, 400],
        'the same value again': [5, -5, 5, 5],
        'nothing but good values': [1, 2, 3],
      })) {
        it(`of several calls at once ends where the server does, with ${what} among them`, async () => {
          const world = await start(options)
          const [a, b] = [await world.join(), await world.join()]
          a.avatar.send[name](50)
          await world.settle()
          for (const x of run) a.avatar.send[name](x)
          await world.settle()
          const c = await world.join()
          const truth = sightOf(c, a.avatar).x
          expect(truth, 'at the server').to.equal(Math.min(100, run.findLast(x => x >= 0)!))
          expect(a.avatar.x, 'at the sender').to.equal(truth)
          expect(sightOf(b, a.avatar).x, 'at the other').to.equal(truth)
          a.avatar.send[name](7)
          await world.settle()
          expect(a.avatar.heard.at(-1)).to.deep.equal([name, 7])
          expect(sightOf(b, a.avatar).x).to.equal(7)
        })
      }

      it('of two clients at once ends at the server’s value for both', async () => {
        const world = await start(options)
        const [a, b] = [await world.join(), await world.join()]
        const seen = sightOf(b, a.avatar)
        for (let round = 0; round < 10; round++) {
          a.avatar.send[name](round)
          seen.send[name](round + 20)
          if (round % 3 === 0) originalOf(world, a.avatar).send[name](round + 40)
          a.avatar.send[name](round + 60)
          await world.settle()
          const c = await world.join()
          const truth = sightOf(c, a.avatar).x
          expect([a.avatar.x, seen.x], `round ${round}`).to.deep.equal([truth, truth])
          c.close()
        }
      })
    })
  }

  it('of equal Latest calls does not swallow what the server sends afterwards', async () => {
    const world = await start(options)
    const a = await world.join()
    for (const x of [2, 5, 2]) a.avatar.send.glide(x)
    await world.settle()
    originalOf(world, a.avatar).send.glide(5)
    await world.settle()
    expect(a.avatar.x).to.equal(5)
  })

  it('without echo runs once, at once, and the call never returns', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    a.avatar.send.step(1)
    a.avatar.send.step(1)
    expect(a.avatar.heard).to.have.lengthOf(2)
    await world.settle()
    originalOf(world, a.avatar).send.step(1)
    await world.settle()
    expect(a.avatar.heard).to.have.lengthOf(3)
    expect(sightOf(b, a.avatar).heard).to.have.lengthOf(3)
  })

  it('of a field that is not kept runs each accepted call once, whatever is vetoed between', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    const vetoed = record(a, 'vetoed')
    for (const n of [1, -2, 3, 3]) a.avatar.send.shout(n)
    await world.settle()
    expect(a.avatar.heard).to.deep.equal([
      ['shout', 1],
      ['shout', -2],
      ['shout', 3],
      ['shout', 3],
    ])
    expect(vetoed).to.have.lengthOf(1)
    expect(sightOf(b, a.avatar).heard).to.deep.equal([
      ['shout', 1],
      ['shout', 3],
      ['shout', 3],
    ])
  })

  it('takes another client’s equal call for what it is', async () => {
    const world = await start(options)
    const [a, b] = [await world.join(), await world.join()]
    sightOf(b, a.avatar).send.shout(4)
    await world.settle()
    a.avatar.send.shout(4)
    await world.settle()
    expect(a.avatar.heard).to.have.lengthOf(2)
    expect(sightOf(b, a.avatar).heard).to.have.lengthOf(2)
  })

  it('throws at once for arguments that do not fit, and runs nothing', async () => {
    const world = await start(options)
    const a = await world.join()
    expect(() => a.avatar.send.move(2 ** 20)).to.throw()
    expect(a.avatar.heard).to.be.empty
  })
})

describe('prediction in foul weather', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`ends with equal copies everywhere, whatever was refused, amended and overtaken (seed ${seed})`, async () => {
      const world = await World.start<Player>({
        ...options,
        server: { ...options.server, tickRate: 20 },
        latency: 60,
        jitter: 80,
        seed,
      })
      const chance = seededRandom(seed)
      const pick = (n: number): number => Math.floor(chance.number() * n)
      const [a, b] = [await world.join(), await world.join()]
      const avatar = originalOf(world, a.avatar)
      const senders = [a.avatar, sightOf(b, avatar), avatar]
      for (let round = 0; round < 6; round++) {
        for (let i = 0; i < 60; i++) {
          // Few values, so that equal calls of different senders meet.
          senders[[0, 0, 0, 1, 1, 2][pick(6)]!]!.send[pick(2) === 0 ? 'move' : 'glide'](pick(12) * 12 - 12)
          if (pick(3) === 0) await world.run(pick(60))
        }
        await world.run(1000)
        const c = await world.join()
        await world.run(1000)
        for (const name of ['move', 'glide']) {
          const last = (player: Player): unknown => player.heard.findLast(([field]) => field === name)
          const truth = last(sightOf(c, avatar))
          expect(last(a.avatar), `${name} at a, round ${round}`).to.deep.equal(truth)
          expect(last(sightOf(b, avatar)), `${name} at b, round ${round}`).to.deep.equal(truth)
        }
        c.close()
      }
      await world.stop()
    })
  }
})
