/**
 * What games do while commits fail, hang, and come to be by chance while the next is made ready: whoever is told that something is saved finds it in the store at that moment, and in
 * the end all of it is there. Rule 12 of docs/guarantees.md.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Client, connect } from 'fieldcast/client'
import { type Account, StoreError } from 'fieldcast/server'
import { World } from 'fieldcast/testing'
import { failureOf, record } from '../support/outcome.ts'
import { type Fault, FaultyStore } from './faulty-store.ts'
import { Hero } from './game.ts'

const avatars = ['a', 'b'].map(letter => letter.repeat(24))

const step = fc.record({
  /** Which object. Two are avatars, which have the same id again after their deletion. */
  n: fc.nat(4),
  /** What is done where it is in the game. */
  here: fc.constantFrom('change', 'change', 'change', 'save', 'save', 'save', 'delete', 'leave', 'leave'),
  /** Where it is not, but is stored. */
  away: fc.constantFrom('come', 'come', 'come', 'update', 'update', 'remove'),
  /** From here on the store refuses what has such a gold: one above a multiple of this; none where it is 0. Null: as before. */
  refuses: fc.constantFrom(null, null, null, null, null, null, null, 0, 0, 2, 3),
  ms: fc.constantFrom(0, 0, 0, 1, 30, 200, 2000),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom('taken', 'taken', 'fails', 'unheard', 'late'),
  ms: fc.constantFrom(0, 1, 50, 300, 4000),
  late: fc.constantFrom(0, 1, 40, 500, 3000),
})

/** One of the objects, as the game and this spec know it. */
interface Slot {
  /** Null before it is made. */
  id: string | null
  hero: Hero | null
  client: Client<Hero> | null
  /** Something is under way that brings it or takes it away. */
  busy: boolean
  /** The last gold that was accepted for certain, and the count at the last deletion. */
  gold: number
  deleted: number
  /** The count at the last deletion that may have failed for all that the game knows. */
  doubtful: number
}

class Play {
  readonly world: World<Hero>
  readonly store: FaultyStore
  readonly wrong: string[] = []
  readonly slots: Slot[]
  /** Those that have been deleted. */
  readonly past: Slot[] = []
  /** Each change has a number of its own, above all before. */
  count = 0
  /** How often somebody was told that something is saved. */
  told = 0
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(world: World<Hero>, store: FaultyStore) {
    this.world = world
    this.store = store
    this.slots = Array.from({ length: 5 }, (_, n) => slotOf(avatars[n] ?? null))
  }

  static async start(batch: number): Promise<Play> {
    const store = new FaultyStore(batch)
    const world = await World.start<Hero>({
      server: {
        classes: [Hero],
        avatar: Hero,
        login: (who: unknown): Account => ({ id: String(who), avatar: avatars[who as number]! }),
        store,
        storage: { gapMs: 20 },
      },
      client: { classes: [Hero], avatar: Hero },
    })
    store.clock = world.clock
    for (const event of ['error', 'store', 'unreadable'] as const) record(world.server, event)
    return new Play(world, store)
  }

  async take({ n, here, away, refuses, ms }: Step): Promise<void> {
    const slot = this.slots[n]!
    if (refuses !== null)
      this.store.refuses = ({ fields }) => refuses > 0 && Number(/\d+/.exec(fields)?.[0]) % refuses === 1
    // Its client may have been sent away.
    if (slot.hero && !this.#isThere(slot.hero)) slot.hero = null
    if (!slot.busy) {
      if (slot.hero) this.#here(here, n, slot, slot.hero)
      else if (slot.id === null) {
        slot.hero = this.world.server.create(Hero, hero => this.#change(slot, hero), { persistent: true })
        slot.id = slot.hero.storedId!
      } else if (away === 'come') this.#come(slot, n)
      else if (slot.gold > 0) this.#away(away, slot, slot.id)
    }
    await this.world.run(ms)
    this.world.server.tick()
  }

  #here(what: Step['here'], n: number, slot: Slot, hero: Hero): void {
    if (what === 'change' || what === 'save') this.#change(slot, hero)
    if (what === 'save') this.#saved(slot, hero)
    if (what !== 'delete' && what !== 'leave') return
    if (what === 'delete') {
      hero.delete()
      slot.deleted = ++this.count
      this.#saved(slot, hero)
      // Others have an id of their own each time.
      if (!slot.client) this.#replace(n)
    } else if (!slot.client) {
      const { gold } = slot
      this.#busy(slot, this.world.server.unload(hero), () => this.#compare(slot, gold))
    }
    slot.client?.close()
    slot.client = null
    slot.hero = null
  }

  #away(what: 'update' | 'remove', slot: Slot, id: string): void {
    const { store } = this.world.server
    const at = ++this.count
    if (what === 'remove') slot.doubtful = at
    this.#busy(
      slot,
      what === 'remove' ? store.delete(id) : store.update(id, { setGold: [at] }).then(({ done }) => done),
      done => {
        if (!done) return
        slot[what === 'remove' ? 'deleted' : 'gold'] = at
        this.#compare(slot, at)
      },
    )
  }

  #come(slot: Slot, n: number): void {
    if (n < avatars.length) return this.#join(slot, n)
    this.#busy(slot, this.world.server.load<Hero>(slot.id!), hero => {
      slot.hero = hero
      if (hero ? hero.gold < slot.gold : !isGone(slot, slot.gold)) this.#say(slot, `comes back with ${hero?.gold}`)
      if (!hero) this.#replace(n)
    })
  }

  #replace(n: number): void {
    this.past.push(this.slots[n]!)
    this.slots[n] = slotOf(null)
  }

  #isThere(hero: Hero): boolean {
    return [...this.world.server.objects].includes(hero)
  }

  #change(slot: Slot, hero: Hero): void {
    slot.gold = ++this.count
    hero.send.setGold(slot.gold)
  }

  #join(slot: Slot, n: number): void {
    const { world } = this
    const joining = connect<Hero, Hero>(world.url, {
      classes: [Hero],
      avatar: Hero,
      login: n,
      compression: false,
      transport: world.dialer(),
      clock: world.clock,
      random: world.random,
    } as never)
    this.#busy(slot, joining, client => {
      client.on('close', () => {})
      slot.client = client
      slot.hero = (world.server.clients.get(client.id)?.avatar as Hero) ?? null
      // One that is new has none.
      if (slot.hero && slot.hero.gold < slot.gold && !isGone(slot, slot.gold))
        this.#say(slot, `comes back with ${slot.hero.gold}`)
      if (slot.hero) this.#change(slot, slot.hero)
    })
  }

  #saved(slot: Slot, hero: Hero): void {
    const at = Math.max(slot.gold, slot.deleted)
    this.#keep(hero.saved().then(() => this.#compare(slot, at)))
  }

  #busy<T>(slot: Slot, work: Promise<T>, then: (result: T) => void): void {
    slot.busy = true
    this.#keep(
      work.then(then).finally(() => {
        slot.busy = false
      }),
    )
  }

  /** What fails because the store does is told as such. */
  #keep(work: Promise<unknown>): void {
    const done = work.catch(() => {}).finally(() => this.#underWay.delete(done))
    this.#underWay.add(done)
  }

  /** What a reader of the store sees now is no older than this. */
  #compare(slot: Slot, at: number): void {
    this.told++
    const gone = isGone(slot, at)
    this.#keep(
      this.store.inner.get([slot.id!]).then(([row]) => {
        const gold = row && 'fields' in row ? (JSON.parse(row.fields).setGold?.[0] ?? 0) : null
        // A new avatar has no gold at first.
        if (gold === null || gold === 0 ? !gone : gold < at)
          this.#say(slot, `is said to be saved at ${at}, where the store has ${gold}`)
      }),
    )
  }

  #say(slot: Slot, what: string): void {
    this.wrong.push(`${slot.id}, gold ${slot.gold}, deleted ${slot.deleted}: ${what}`)
  }

  /** The store is well again. */
  async end(): Promise<void> {
    const { world, store } = this
    store.plan = []
    store.refuses = () => false
    await world.run(30_000)
    await world.until(Promise.all(this.#underWay))
    for (const slot of this.slots)
      if (slot.hero && this.#isThere(slot.hero)) {
        this.#change(slot, slot.hero)
        this.#saved(slot, slot.hero)
      }
    await world.run(10_000)
    await world.until(Promise.all(this.#underWay))
    if (world.server.store.state.waiting > 0) this.wrong.push(`${world.server.store.state.waiting} wait for ever`)
    await world.stop()
    await store.inner.open()
    for (const slot of [...this.past, ...this.slots])
      if (slot.gold > 0) this.#compare(slot, Math.max(slot.gold, slot.deleted))
    await Promise.all(this.#underWay)
    this.wrong.push(...store.wrong)
  }
}

const slotOf = (id: string | null): Slot => ({
  id,
  hero: null,
  client: null,
  busy: false,
  gold: 0,
  deleted: 0,
  doubtful: 0,
})

const isGone = ({ deleted, doubtful }: Slot, since: number): boolean => Math.max(deleted, doubtful) >= since

describe('A store that fails, hangs and answers late', function () {
  this.timeout(120_000)

  it('has what it is said to have, at that moment, and in the end all of it', async () => {
    let told = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
        fc.array(fault, { maxLength: 40, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, faults, batch) => {
          const play = await Play.start(batch)
          play.store.plan = [...faults]
          for (const each of steps) await play.take(each)
          await play.end()
          told += play.told
          expect(play.wrong).to.deep.equal([])
        },
      ),
      { numRuns: 300 },
    )
    expect(told).to.be.above(1000)
  })

  for (const [what, change] of [
    ['change', (world: World<Hero>, id: string) => world.server.store.update(id, { setGold: [2] })],
    ['deletion', (world: World<Hero>, id: string) => world.server.store.delete(id)],
  ] as const)
    it(`has what followed at once on a ${what} of a row whose answer was lost, though that comes later`, async () => {
      const { world, store } = await Play.start(10)
      const hero = world.server.create(Hero, hero => hero.send.setGold(1), { persistent: true })
      await world.until(world.server.unload(hero))
      await world.run(1000)
      store.plan = [
        { kind: 'late', ms: 0, late: 0 },
        { kind: 'taken', ms: 1, late: 0 },
      ]
      const [lost, loading] = [
        failureOf(change(world, hero.storedId!), StoreError),
        world.server.load<Hero>(hero.storedId!),
      ]
      expect((await world.until(lost)).kind).to.equal('retryable')
      const again = (await world.until(loading))!
      again.send.setGold(3)
      await world.until(again.saved())
      const [row] = await store.inner.get([hero.storedId!])
      expect(row).to.include({ fields: '{"setGold":[3]}' })
      expect(store.wrong).to.deep.equal([])
      await world.stop()
    })
})
