/** Fields with a rate of their own: `@field(flags, { rate: '10/s' })`. Rules 10 and 32 of docs/guarantees.md. */
import { expect } from 'chai'
import { Flags, field, networkClass, Registry, Rejected, SchemaError, type str, type uint8 } from 'fieldcast'
import { createServer } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { FieldRates } from '../../lib/replication/authority/field-rates.ts'
import { type Rate, readRate } from '../../lib/schema/rate.ts'
import { Schema } from '../../lib/schema/schema.ts'
import { Intruder } from '../support/intruder.ts'
import { failureOf, record } from '../support/outcome.ts'
import { originalOf, Witness } from '../support/witness.ts'

const registry = new Registry()

@networkClass(10, { registry, clientCreate: true })
class Player extends Witness {
  @field(Flags.OwnerSend, { rate: '2/s', violations: 'ignore' })
  say(text: str<20>): void {
    this.note('say', text)
  }

  @field(Flags.OwnerSend, { rate: { calls: 6, per: 'min', burst: 1 }, violations: 'ignore' })
  async buy(what: uint8): Promise<uint8> {
    this.note('buy', what)
    return what
  }

  @field(Flags.OwnerSend, { rate: '1/h' })
  found(): void {
    this.note('found')
  }

  @field(Flags.OwnerSend)
  walk(x: uint8): void {
    this.note('walk', x)
  }
}

const classes = [Player]
const options = {
  server: { classes, avatar: Player, zone: 0, canWatch: () => true },
  client: { classes, avatar: Player },
}

describe('A field’s rate', () => {
  let world: World<Player>
  beforeEach(async () => {
    world = await World.start<Player>(options)
  })
  afterEach(() => world.stop())

  it('lets twice its calls pass at once, then as many as it says, and has the rest refused with `rate`', async () => {
    const a = await world.join()
    const violations = record(world.server, 'violation')
    const vetoed = record(a, 'vetoed')
    const heard = originalOf(world, a.avatar).heard
    for (let i = 0; i < 6; i++) a.avatar.send.say(`${i}`)
    await world.settle()
    expect(heard.map(([, text]) => text)).to.deep.equal(['0', '1', '2', '3'])
    expect(violations.map(({ reason, field, object, detail }) => [reason, field, object, detail])).to.deep.equal(
      Array(2).fill(['rate', 'Player.say', a.avatar.id, 'Player.say more often than 2/s']),
    )
    expect(vetoed.map(({ reason }) => reason)).to.deep.equal(['rate', 'rate'])
    await world.run(1000)
    for (let i = 6; i < 12; i++) a.avatar.send.say(`${i}`)
    await world.settle()
    expect(heard.slice(4).map(([, text]) => text)).to.deep.equal(['6', '7'])
    expect(a.connected).to.equal(true)
  })

  it('is each client’s own, and each field’s', async () => {
    const [a, b] = [await world.join(), await world.join()]
    for (let i = 0; i < 9; i++) a.avatar.send.say('much')
    for (let i = 0; i < 9; i++) a.avatar.send.walk(i)
    b.avatar.send.say('little')
    await world.settle()
    const heard = originalOf(world, a.avatar).heard
    expect(heard.filter(([name]) => name === 'say')).to.have.length(4)
    expect(heard.filter(([name]) => name === 'walk')).to.have.length(9)
    expect(originalOf(world, b.avatar).heard).to.deep.equal([['say', 'little']])
  })

  it('rejects a request beyond it with `rate`, and takes the next when its time has come', async () => {
    const a = await world.join()
    expect(await world.until(a.avatar.send.buy(1))).to.equal(1)
    const error = await world.until(failureOf(a.avatar.send.buy(2), Rejected))
    expect(error.reason).to.equal('rate')
    await world.run(9_900)
    expect((await world.until(failureOf(a.avatar.send.buy(3), Rejected))).reason).to.equal('rate')
    await world.run(100)
    expect(await world.until(a.avatar.send.buy(4))).to.equal(4)
    expect(originalOf(world, a.avatar).heard).to.deep.equal([
      ['buy', 1],
      ['buy', 4],
    ])
  })

  it('costs the connection where the policy is to close', async () => {
    const b = await Intruder.join(world, classes)
    for (let i = 0; i < 3; i++) b.call('Player.found', b.avatar)
    expect(await b.fate()).to.equal('rate')
  })

  it('counts the first calls of an object that a client makes', async () => {
    const a = await world.join()
    const make = (texts: string[]): Promise<unknown> =>
      a.create(Player, draft => {
        for (const text of texts) draft.send.say(text)
      })
    await world.until(make(['1', '2', '3']))
    expect((await world.until(failureOf(make(['4', '5']), Rejected))).reason).to.equal('rate')
    a.avatar.send.say('6')
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.be.empty
  })

  it('lets a client that was away say what it could not say meanwhile', async () => {
    const a = await world.join()
    const violations = record(world.server, 'violation')
    await world.lose(a)
    for (let second = 0; second < 5; second++) {
      await world.run(1000)
      for (let i = 0; i < 2; i++) a.avatar.send.say(`${second}.${i}`)
    }
    await world.restore(a)
    await world.settle()
    expect(originalOf(world, a.avatar).heard).to.have.length(10)
    expect(violations).to.be.empty
  })

  it('does not bind the server', async () => {
    const a = await world.join()
    const avatar = originalOf(world, a.avatar)
    for (let i = 0; i < 20; i++) avatar.send.say('!')
    expect(avatar.heard).to.have.length(20)
  })

  it('is whole again for the next client in the same place', async () => {
    for (let round = 0; round < 3; round++) {
      const a = await world.join()
      const avatar = originalOf(world, a.avatar)
      for (let i = 0; i < 5; i++) a.avatar.send.say('!')
      await world.settle()
      expect(avatar.heard).to.have.length(4)
      await a.close()
      await world.settle()
    }
  })
})

describe('The option `rate`', () => {
  it('is read in each of its forms', () => {
    expect(readRate('10/s')).to.deep.equal({ price: 100, burst: 2000 })
    expect(readRate('100/min')).to.deep.equal({ price: 600, burst: 120_000 })
    expect(readRate('1/h')).to.deep.equal({ price: 3_600_000, burst: 7_200_000 })
    expect(readRate({ calls: 10, per: 's', burst: 1 })).to.deep.equal({ price: 100, burst: 100 })
    expect(readRate({ calls: 10, per: 's' })).to.deep.equal(readRate('10/s'))
  })

  for (const rate of [
    '',
    '10',
    '/s',
    '0/s',
    '-1/s',
    '1.5/s',
    '1e3/s',
    '10/second',
    '10/constructor',
    '10/s ',
    '9999999/s',
    10,
    null,
    [],
    true,
    {},
    { calls: 10 },
    { calls: '10', per: 's' },
    { calls: 10, per: '__proto__' },
    { calls: Number.NaN, per: 's' },
    { calls: 10, per: 's', burst: 0 },
    { calls: 10, per: 's', burst: Number.POSITIVE_INFINITY },
  ])
    it(`is refused when the server is made where it is ${JSON.stringify(rate)}`, () => {
      @networkClass(12, { registry: new Registry() })
      class Odd extends Witness {
        @field(Flags.OwnerSend, { rate: rate as Rate })
        m(): void {}
      }
      expect(() => createServer({ classes: [Odd] })).to.throw(SchemaError, /^Odd\.m: its (rate|burst) /)
    })

  it('is refused on a field that no client may send', () => {
    @networkClass(12, { registry: new Registry() })
    class Odd extends Witness {
      // What only a run tells: the build refuses it otherwise.
      @field(Number(Flags.Broadcast), { rate: '1/s' })
      m(): void {}
    }
    expect(() => createServer({ classes: [Odd] })).to.throw(SchemaError, 'no client may send it')
  })

  it('leaves a game without it as it is', () => {
    @networkClass(12, { registry: new Registry() })
    class Plain extends Witness {
      @field(Flags.OwnerSend)
      m(): void {}
    }
    expect(FieldRates.of(new Schema([Plain]))).to.equal(null)
  })

  it('grants what was saved up while a client was away, once', () => {
    const rates = FieldRates.of(new Schema(classes))!
    const key = new Schema(classes).fields.find(({ name }) => name === 'say')!.key
    const row = rates.open(0)
    const passed = (now: number): number => {
      let count = 0
      while (rates.takeCall(row, key, now)) count++
      return count
    }
    expect(passed(0)).to.equal(4)
    rates.grant(row, 5000)
    expect(passed(0)).to.equal(10)
    expect(passed(500)).to.equal(1)
    rates.close(row)
    expect(rates.open(500)).to.equal(row)
    expect(passed(500)).to.equal(4)
  })
})
