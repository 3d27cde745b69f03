/** The end of a server, whenever it comes: its store is written and closed, and nothing stays behind that would keep the process alive. Rule 12 of docs/guarantees.md. */
import { expect } from 'chai'
import { createServer, type Server, type ServerOptions, StoreError } from 'fieldcast/server'
import { seededRandom } from '../../lib/base/random.ts'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import type { Commit, Fence } from '../../lib/stores/store.ts'
import { failureOf, Gate, record } from '../support/outcome.ts'
import { Hero } from './game.ts'
import { TroubledStore } from './trouble.ts'
import { rowIn } from './worlds.ts'

/** Says what it is asked, and waits at one of these steps. */
class SteppedStore extends TroubledStore {
  readonly asked: string[] = []
  at: string | null = null
  readonly gate: Gate = new Gate()
  readonly reached: Gate = new Gate()
  /** Where it fails. */
  broken: string | null = null
  isOpen = false

  async #step(name: string): Promise<void> {
    this.asked.push(name)
    if (this.at === name) {
      this.reached.open()
      await this.gate.passed
    }
    if (this.broken === name) throw new StoreError('fatal', `no ${name}`)
  }

  override async open(): Promise<void> {
    await this.#step('open')
    await super.open()
    this.isOpen = true
  }

  override async close(): Promise<void> {
    this.asked.push('close')
    this.isOpen = false
    await super.close()
  }

  override async epoch(shard: string): Promise<number> {
    await this.#step('epoch')
    return super.epoch(shard)
  }

  override async claim(shard: string, epoch: number): Promise<void> {
    await this.#step('claim')
    return super.claim(shard, epoch)
  }

  override async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    await this.#step('commit')
    return super.commit(commit, fence)
  }
}

describe('A server with a store', () => {
  let store: SteppedStore
  let clock: VirtualClock

  beforeEach(() => {
    store = new SteppedStore()
    clock = new VirtualClock()
  })

  const make = (options: Partial<ServerOptions> = {}): Server => {
    const server = createServer({
      classes: [Hero],
      store,
      clock,
      random: seededRandom(1),
      transports: [],
      tickRate: 'manual',
      ...options,
    })
    server.on('warning', () => {})
    return server
  }

  for (const step of ['open', 'epoch', 'claim']) {
    it(`that cannot start because ${step} fails closes its store`, async () => {
      store.broken = step
      const server = make()
      await failureOf(server.start(), StoreError)
      expect([store.asked.at(-1), store.isOpen]).to.deep.equal(['close', false])
      await server.stop()
      expect(clock.pending).to.equal(0)
    })

    it(`that is stopped at ${step} does not start, and closes its store last`, async () => {
      store.at = step
      const server = make()
      const starting = failureOf(server.start(), Error)
      await store.reached.passed
      const stopping = server.stop()
      const again = server.stop()
      store.gate.open()
      expect((await starting).message).to.contain('was stopped while it started')
      await Promise.all([stopping, again])
      expect([store.asked.at(-1), store.isOpen]).to.deep.equal(['close', false])
      expect(clock.pending).to.equal(0)
    })
  }

  it('that is stopped at once takes no other’s place', async () => {
    const server = make()
    const starting = failureOf(server.start(), Error)
    await server.stop()
    await starting
    expect(store.asked).not.to.include('claim')
    expect(store.isOpen).to.equal(false)
  })

  it('that is stopped before its start closes what it never opened, and starts no more', async () => {
    const server = make()
    await server.stop()
    await failureOf(server.start(), Error)
    expect(store.asked).to.deep.equal(['close'])
  })

  it('writes all that was accepted even where a transport does not close', async () => {
    const broken = { listen: async () => 'x:', close: () => Promise.reject(new Error('stuck')) }
    const server = make({ transports: [broken] })
    await server.start()
    const hero = server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
    expect((await failureOf(server.stop(), Error)).message).to.equal('stuck')
    expect(store.isOpen).to.equal(false)
    await store.inner.open()
    expect((await rowIn(store, hero.storedId!)).fields).to.contain('ann')
  })

  it('that has stopped tells who waits that later changes are not stored, and tries nothing more', async () => {
    const server = make()
    const told = record(server, 'store')
    await server.start()
    const hero = server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
    await server.stop()
    const { length } = store.asked
    hero.send.setName('bob')
    expect(await failureOf(hero.saved(), StoreError)).to.include({ kind: 'fatal' })
    await failureOf(server.unload(hero), StoreError)
    await clock.advance(60_000)
    expect([told, store.asked.slice(length), clock.pending]).to.deep.equal([[], [], 0])
  })

  it('that has stopped while the store was away tries nothing more', async () => {
    const server = make({ storage: { stopMs: 1000 } })
    server.on('store', () => {})
    await server.start()
    server.create(Hero, hero => hero.send.setName('ann'), { persistent: true })
    store.down()
    const stopping = failureOf(server.stop(), StoreError)
    await clock.advance(10_000)
    expect((await stopping).message).to.contain('1 objects are unsaved')
    expect(clock.pending).to.equal(0)
  })
})
