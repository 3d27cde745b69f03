/** Requests with `durable: true`: answered when what they changed outlives a crash, and refused where it never will. Rule 12 of docs/guarantees.md. */
import { expect } from 'chai'
import {
  Disconnected,
  Flags,
  field,
  NetworkObject,
  networkClass,
  Registry,
  Reject,
  Rejected,
  SchemaError,
  TimedOut,
  type uint32,
  wire,
} from 'fieldcast'
import { createServer, StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import { websocket, websocketDialer } from 'fieldcast/transports/websocket'
import { failureOf, next, record } from '../support/outcome.ts'
import type { TroubledStore } from './trouble.ts'
import { Worlds } from './worlds.ts'

const registry = new Registry()

@networkClass(1, { registry })
class Shop extends NetworkObject {
  gold = 100
  readonly heard: string[] = []

  @field(Flags.Broadcast | Flags.Database)
  setGold(gold: uint32): void {
    this.gold = gold
  }

  @field(Flags.ClientSend | Flags.Broadcast)
  say(text: string): void {
    this.heard.push(text)
  }

  /** Changes another field. */
  @field(Flags.ClientSend, { durable: true })
  async buy(price: uint32): Promise<uint32> {
    if (price > this.gold) throw new Reject('too-expensive')
    const left = this.gold - price
    this.send.setGold(left)
    return left
  }

  /** Is what it changes. */
  @field(Flags.ClientSend | Flags.Broadcast | Flags.Database, { durable: true })
  async close(hour: uint32): Promise<void> {
    this.heard.push(`close ${hour}`)
  }

  /** Changes nothing. */
  @field(Flags.ClientSend, { durable: true })
  async ask(): Promise<uint32> {
    return this.gold
  }

  @field(Flags.ClientSend)
  async glance(): Promise<uint32> {
    return this.gold
  }
}

/** Notes when a promise settles, and with what. */
function watch(promise: Promise<unknown>): { outcome: unknown } {
  const watched = { outcome: 'pending' as unknown }
  promise.then(
    value => {
      watched.outcome = value
    },
    error => {
      watched.outcome = error
    },
  )
  return watched
}

for (const wireName of ['memory', 'websocket'] as const)
  describe(`A durable request (${wireName})`, () => {
    let worlds: Worlds<Shop>
    let store: TroubledStore
    let world: World<Shop>

    beforeEach(() => {
      const wire = { listener: websocket({ port: 0, host: '127.0.0.1' }), dialer: () => websocketDialer() }
      worlds = new Worlds<Shop>({
        ...(wireName === 'websocket' && { wire }),
        server: { classes: [Shop], storage: { gapMs: 0 }, zone: 0 },
        client: { classes: [Shop] },
      })
      store = worlds.store
    })
    afterEach(() => worlds.end())

    async function open(persistent = true) {
      world = await worlds.open()
      const original = world.server.create(Shop, null, { persistent, zone: 0 })
      await world.until(original.saved())
      const client = await world.join()
      await world.settle()
      return { original, client, shop: client.objects.of(Shop)[0]! }
    }

    it('is answered when what it changed is durable, not before', async () => {
      const { shop, original, client } = await open()
      store.held = true
      const [bought, closed] = [watch(shop.send.buy(30)), watch(shop.send.close(18))]
      const [asked, glanced] = [watch(shop.send.ask()), watch(shop.send.glance())]
      await world.settle()
      // It has happened, and everybody sees it; what is said meanwhile is handled.
      expect([original.gold, shop.gold, shop.heard]).to.deep.equal([70, 70, ['close 18']])
      shop.send.say('hello')
      await world.settle()
      expect(original.heard).to.deep.equal(['close 18', 'hello'])
      expect([bought.outcome, closed.outcome, asked.outcome, glanced.outcome]).to.deep.equal([
        'pending',
        'pending',
        'pending',
        70,
      ])
      store.release()
      await world.until(original.saved())
      await world.settle()
      expect([bought.outcome, closed.outcome, asked.outcome]).to.deep.equal([70, undefined, 70])
      expect(JSON.parse(store.commits.at(-1)!.put[0]!.fields)).to.deep.equal({ close: [18], setGold: [70] })
      expect(client.connected).to.equal(true)
    })

    it('is answered at once where nothing is unsaved, where the object is not stored, and where it is vetoed', async () => {
      const { shop } = await open()
      store.held = true
      expect(await world.until(shop.send.ask())).to.equal(100)
      const { reason } = await world.until(failureOf(shop.send.buy(1000), Rejected))
      expect(reason).to.equal('too-expensive')
      expect(store.commits).to.have.length(1)
    })

    it('is answered at once by an object that is not stored', async () => {
      const { shop } = await open(false)
      store.held = true
      expect(await world.until(shop.send.buy(30))).to.equal(70)
      expect(store.commits).to.deep.equal([])
    })

    it('is answered when a store that was away is back', async () => {
      const { shop } = await open()
      store.down()
      const failing = next(world.server, 'store')
      const bought = watch(shop.send.buy(30))
      await world.until(failing)
      await world.settle()
      expect(bought.outcome).to.equal('pending')
      store.up()
      expect(await world.until(shop.send.ask())).to.equal(70)
      await world.settle()
      expect(bought.outcome).to.equal(70)
    })

    it('is refused as not-saved where the store refuses the object', async () => {
      const { shop, original } = await open()
      const errors = record(world.server, 'error')
      store.trouble = ({ put }) => (put.length > 0 ? new StoreError('fatal', 'the row is too large') : null)
      const { reason } = await world.until(failureOf(shop.send.buy(30), Rejected))
      expect(reason).to.equal('not-saved')
      // It has happened all the same, and is tried again with the next change.
      expect([original.gold, shop.gold]).to.deep.equal([70, 70])
      expect(errors.map(({ where, field }) => [where, field])).to.have.deep.members([
        ['store', null],
        ['store', 'Shop.buy'],
      ])
      store.up()
      expect(await world.until(shop.send.buy(20))).to.equal(50)
      expect(JSON.parse(store.commits.at(-1)!.put[0]!.fields)).to.deep.equal({ setGold: [50] })
    })

    it('is refused as not-saved where another server has taken over', async () => {
      const { shop } = await open()
      const errors = record(world.server, 'error')
      await store.inner.open()
      await store.inner.claim('main', 99)
      const { reason } = await world.until(failureOf(shop.send.buy(30), Rejected))
      expect(reason).to.equal('not-saved')
      expect(errors.map(({ error }) => (error as StoreError).kind)).to.deep.equal(['fenced'])
      worlds.forget(world)
      await world.until(failureOf(world.server.stop(), StoreError))
    })

    it('harms nobody where its client has gone before the answer', async () => {
      const { shop, client, original } = await open()
      const errors = record(world.server, 'error')
      store.held = true
      const bought = watch(shop.send.buy(30))
      await world.settle()
      client.close()
      await world.settle()
      store.release()
      await world.until(original.saved())
      await world.settle()
      expect(bought.outcome).to.be.instanceOf(Disconnected)
      expect(errors).to.deep.equal([])
      expect(JSON.parse(store.commits.at(-1)!.put[0]!.fields)).to.deep.equal({ setGold: [70] })
    })

    it('of the server’s own waits too, and rejects with the store’s error', async () => {
      const { original } = await open()
      store.held = true
      const bought = watch(original.send.buy(30))
      await world.settle()
      expect([bought.outcome, original.gold]).to.deep.equal(['pending', 70])
      store.release()
      await world.until(original.saved())
      expect(bought.outcome).to.equal(70)
      record(world.server, 'error')
      store.trouble = ({ put }) => (put.length > 0 ? new StoreError('fatal', 'the row is too large') : null)
      expect((await world.until(failureOf(original.send.buy(1), StoreError))).message).to.equal('the row is too large')
    })
  })

describe('A durable request', () => {
  it('times out at its client like any other, and what it changed is stored all the same', async () => {
    const worlds = new Worlds<Shop>({ server: { classes: [Shop], zone: 0 }, client: { classes: [Shop] } })
    try {
      const world = await worlds.open()
      const original = world.server.create(Shop, null, { persistent: true, zone: 0 })
      await world.until(original.saved())
      const client = await world.join()
      await world.settle()
      worlds.store.down()
      await world.until(failureOf(client.objects.of(Shop)[0]!.send.buy(30), TimedOut))
      worlds.store.up()
      await world.until(original.saved())
      expect(await worlds.store.fields(original.storedId!)).to.deep.equal({ setGold: [70] })
    } finally {
      await worlds.end()
    }
  })

  it('that is first made while the object is loaded or created is answered', async () => {
    class Eager extends Shop {
      answers: unknown[] = []
      override setGold(gold: number): void {
        super.setGold(gold)
        if (this.answers.length === 0) this.answers.push(watch(this.send.ask()), watch(this.send.close(1)))
      }
    }
    const worlds = new Worlds<Shop>({ server: { classes: [Eager] }, client: { classes: [Shop] } })
    try {
      const world = await worlds.open()
      const made = world.server.create(Eager, shop => shop.send.setGold(5), { persistent: true })
      await world.until(made.saved())
      await world.settle()
      expect(made.answers).to.deep.equal([{ outcome: 5 }, { outcome: undefined }])
      await world.until(world.server.unload(made))
      const back = (await world.until(world.server.load<Eager>(made.storedId!)))!
      await world.until(back.saved())
      await world.settle()
      expect(back.answers).to.deep.equal([{ outcome: 5 }, { outcome: undefined }])
    } finally {
      await worlds.end()
    }
  })

  it('needs a method that returns a promise', async () => {
    class Wrong extends NetworkObject {
      mark(n: number): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Wrong.prototype, 'mark')!
    field(Flags.Database | Flags.Broadcast, { durable: true }, wire.uint8)(Wrong.prototype, 'mark', descriptor as never)
    networkClass(1, { registry: new Registry() })(Wrong)
    expect(() => createServer({ classes: [Wrong] })).to.throw(SchemaError, 'Wrong.mark is durable')
  })
})
