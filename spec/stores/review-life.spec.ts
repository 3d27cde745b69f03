/**
 * Everything that happens to stored objects, at random, against a model: sends, moves, owners, loads, updates, deletions, logins, watched zones, a store that lags, fails and
 * loses answers, servers that stop and servers that crash. What was acknowledged is there, there is one object of an id, and nothing hangs.
 */
import { type Client, connect } from 'fieldcast/client'
import { type Account, createServer, type Server, type Client as ServerClient, StoreError } from 'fieldcast/server'
import { memory } from 'fieldcast/transports/memory'
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { VirtualClock } from '../../lib/harness/virtual-clock.ts'
import { zoneOf } from '../../lib/stores/persister/rows.ts'
import type { Commit, Damaged, Fence, Page, StoredRow, StoreQuery } from '../../lib/stores/store.ts'
import { manySeeds } from '../support/play.ts'
import { Hero } from './game.ts'
import { TroubledStore } from './trouble.ts'

/** All values that something has had, and from which on one of them must be in the store. */
class Axis<V> {
  #values: V[]
  #durable = 0

  constructor(value: V) {
    this.#values = [value]
  }

  get last(): V {
    return this.#values.at(-1)!
  }

  push(value: V): void {
    if (value !== this.last) this.#values.push(value)
  }

  /** To be called when what stands now is acknowledged. */
  mark(): () => void {
    const values = this.#values
    const at = values.length - 1
    return () => {
      if (values === this.#values) this.#durable = Math.max(this.#durable, at)
    }
  }

  allows(value: V): boolean {
    return this.#values.indexOf(value, this.#durable) !== -1
  }

  /** What the store holds counts from here on. */
  settle(value: V): void {
    this.#values = [value]
    this.#durable = 0
  }

  toString(): string {
    return `${this.#values.slice(this.#durable).map(String).join(', ')}`
  }
}

class Thing {
  readonly exists: Axis<boolean>
  readonly x = new Axis(0)
  readonly gold = new Axis(0)
  readonly zone: Axis<number | null>
  readonly owner = new Axis<string | null>(null)
  isUpdating = false
  isDeleting = false
  isGone = false

  constructor(exists: boolean, zone: number | null) {
    this.exists = new Axis(exists)
    this.zone = new Axis(zone)
  }

  get axes(): readonly [string, Axis<any>][] {
    const { exists, x, gold, zone, owner } = this
    return Object.entries({ exists, x, gold, zone, owner })
  }
}

/** The store as one server sees it: with its lags and failures, until that server crashes. */
class Line extends TroubledStore {
  readonly #play: Play
  readonly #clock: VirtualClock

  constructor(play: Play, clock: VirtualClock, inner: TroubledStore) {
    super(inner.inner)
    this.#play = play
    this.#clock = clock
  }

  async #lag(): Promise<void> {
    const ms = this.#play.int(15)
    if (ms > 4) await new Promise<void>(resolve => this.#clock.after(ms, resolve))
    if (this.#play.isDown || this.#play.int(60) === 0) throw new StoreError('retryable', 'the server went away')
  }

  override async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    await this.#lag()
    const rows = await super.get(ids)
    await this.#lag()
    return rows
  }

  override async query(query: StoreQuery): Promise<Page> {
    await this.#lag()
    return super.query(query)
  }

  override async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    await this.#lag()
    const done = await super.commit(commit, fence)
    // Here the answer is lost.
    if (!commit.expect) await this.#lag()
    return done
  }
}

const accounts: Record<string, string> = { ann: 'a'.repeat(24), bob: 'b'.repeat(24) }
const isAvatar = (id: string): boolean => Object.values(accounts).includes(id)
const zones = [0, 1, 2, 3]

class Play {
  readonly #random: Random
  readonly #store = new TroubledStore()
  readonly #things = new Map<string, Thing>()
  readonly #wrong: string[] = []
  readonly #log: string[] = []
  /** By server: a crashed one does not count any more. */
  #pending = new Set<Promise<unknown>>()
  #clients: Client<Hero>[] = []
  /** Who has come, or is coming. */
  #visiting = new Set<string>()
  #clock!: VirtualClock
  /** That of the server, until it has crashed: what is left of it may still do what it can without time. */
  #running: VirtualClock | null = null
  #server!: Server
  #line!: ReturnType<typeof memory>
  #url = ''
  #last = 0
  isDown = false
  #isStopping = false

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    for (const id of Object.values(accounts)) this.#things.set(id, new Thing(false, null))
  }

  int(below: number): number {
    return Math.floor(this.#random.number() * below)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!
  }

  async play(steps: number): Promise<void> {
    await this.#store.inner.open()
    await this.#start()
    for (let step = 0; step < steps; step++) {
      const dice = this.int(300)
      if (dice < 2) await this.#restart()
      else if (dice < 4) await this.#crash()
      else if (dice < 8) this.isDown = !this.isDown
      else this.#act()
      if (this.int(2) === 0) await this.#clock.advance(this.int(this.int(10) === 0 ? 400 : 20))
      this.#server.tick()
      this.#checkAlone()
      if (this.#wrong.length > 0) throw new Error(`${this.#wrong.join('\n')}\n${this.#log.slice(-40).join('\n')}`)
    }
    await this.#restart()
    this.isDown = false
    await this.#until(this.#server.stop())
    if (this.#clock.pending > 0) throw new Error(`${this.#clock.pending} timers are left behind`)
  }

  async #start(): Promise<void> {
    this.#isStopping = false
    const play = this
    const clock = new VirtualClock(Date.UTC(2026, 0, 1) + this.int(1e9))
    class Moving extends Hero {
      override async setName(name: string): Promise<void> {
        if (play.int(3) === 0) await new Promise<void>(resolve => clock.after(play.int(20), resolve))
        super.setName(name)
      }
      override moveTo(x: number, y: number): void {
        super.moveTo(x, y)
        if (play.#running === clock) play.#things.get(this.storedId!)?.x.push(x)
      }
    }
    const line = memory({ clock })
    const server = createServer({
      classes: [Moving],
      avatar: Moving,
      store: new Line(this, clock, this.#store),
      storage: { gapMs: 30, zones: 'lazy', unloadMs: 100, stopMs: 5000 },
      login: (name: string): Account => ({ id: name, avatar: accounts[name]! }),
      canWatch: () => true,
      transports: [line],
      tickRate: 'manual',
      clock,
      random: this.#random,
    })
    this.#clock = this.#running = clock
    this.#server = server
    this.#line = line
    this.#pending = new Set()
    this.#clients = []
    this.#visiting = new Set()
    server.on('store', () => {})
    server.on('create', ({ object }) => this.#running === clock && this.#check('created', object as Hero))
    server.on('unreadable', ({ problem }) => this.#running === clock && this.#wrong.push(problem))
    server.on('error', ({ error, where }) => {
      if (!(error instanceof StoreError) && where !== 'login') this.#wrong.push(`${where}: ${String(error)}`)
    })
    const wasDown = this.isDown
    this.isDown = false
    this.#url = (await server.start())[0]!
    this.isDown = wasDown
  }

  /** Lets time pass until a promise settles. */
  async #until<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    promise.then(over, over)
    for (let ms = 0; !isOver; ms += 10) {
      if (ms > 60_000) throw new Error(`Something hangs.\n${this.#log.slice(-40).join('\n')}`)
      this.#server.tick()
      await this.#clock.step(10)
    }
    return promise
  }

  async #restart(): Promise<void> {
    this.#log.push('restart')
    // Whoever wants to be sure that everything is written stops when nothing is under way.
    const isQuiet = this.int(2) === 0
    if (isQuiet) {
      this.isDown = false
      await this.#until(Promise.all(this.#pending))
    }
    this.#isStopping = true
    const failure = await this.#until(
      this.#server.stop().then(
        () => null,
        (error: Error) => error,
      ),
    )
    if (failure && (isQuiet || !(failure instanceof StoreError))) this.#wrong.push(`stop: ${failure}`)
    await this.#until(Promise.all(this.#pending))
    await this.#settle(failure ? 'crash' : 'stop')
    await this.#start()
  }

  /** The server is forgotten as it is. */
  async #crash(): Promise<void> {
    this.#log.push('crash')
    this.#running = null
    await this.#settle('crash')
    await this.#start()
  }

  /** Compares the store with the model, which goes on from there. */
  async #settle(end: 'stop' | 'crash'): Promise<void> {
    // What is under way now may still be written, until the next server claims the shard.
    const { shard, epoch } = { shard: 'main', epoch: (await this.#store.inner.epoch('main')) + 1 }
    await this.#store.inner.claim(shard, epoch)
    for (const [id, thing] of [...this.#things]) {
      const [row] = (await this.#store.inner.get([id])) as [StoredRow | undefined]
      const fields = row && JSON.parse(row.fields)
      const found: Record<string, unknown> = row
        ? {
            exists: true,
            x: fields.moveTo?.[0] ?? 0,
            gold: fields.setGold?.[0] ?? 0,
            zone: zoneOf(row),
            owner: row.owner,
          }
        : { exists: false }
      if (row && fields.moveTo && fields.moveTo[0] !== fields.moveTo[1]) this.#wrong.push(`${id} is torn`)
      for (const [name, axis] of thing.axes) {
        if (!(name in found)) continue
        const value = found[name]
        const isSure = end === 'stop' && !(name === 'gold' && thing.isUpdating) && !thing.isDeleting
        if (isSure ? value !== axis.last : !axis.allows(value))
          this.#wrong.push(`after the ${end}, ${name} of ${id} is ${value}, not ${isSure ? axis.last : axis}`)
        axis.settle(value)
      }
      thing.isUpdating = thing.isDeleting = false
      if (row) continue
      this.#things.delete(id)
      if (isAvatar(id)) this.#things.set(id, new Thing(false, null))
    }
  }

  #checkAlone(): void {
    const ids = [...this.#server.objects].map(({ storedId }) => storedId).filter(id => id !== null)
    if (new Set(ids).size < ids.length) this.#wrong.push(`twins: ${ids.sort().join(' ')}`)
  }

  #check(what: string, hero: Hero): void {
    const thing = this.#things.get(hero.storedId!)
    if (!thing) return
    if (isAvatar(hero.storedId!)) {
      thing.exists.push(true)
      // It goes to where login says, where it has been nowhere.
      if (hero.owner) {
        thing.owner.push((hero.owner as ServerClient).account as string)
        if (thing.zone.last === null) thing.zone.push(hero.zone)
      }
    }
    if (thing.isGone) this.#wrong.push(`${what}: ${hero.storedId} came back`)
    if (hero.x !== thing.x.last) this.#wrong.push(`${what}: ${hero.storedId} is at ${hero.x}, not ${thing.x.last}`)
    if (!thing.isUpdating && hero.gold !== thing.gold.last)
      this.#wrong.push(`${what}: ${hero.storedId} has ${hero.gold}, not ${thing.gold.last}`)
    if (hero.zone !== thing.zone.last)
      this.#wrong.push(`${what}: ${hero.storedId} is in ${hero.zone}, not ${thing.zone.last}`)
  }

  /** Something that takes its time; what the store cannot do now is no fault. */
  #begin(task: () => Promise<unknown>): void {
    const server = this.#server
    const running = task().catch(error => {
      const isExcused =
        error instanceof StoreError || this.#server !== server || !this.#running || / deleted/.test(String(error))
      if (!isExcused) this.#wrong.push(String(error.stack))
    })
    const pending = this.#pending
    pending.add(running)
    void running.then(() => pending.delete(running))
  }

  #inGame(id: string): Hero | undefined {
    for (const object of this.#server.objects) if (object.storedId === id) return object as Hero
    return undefined
  }

  #act(): void {
    const ids = [...this.#things.keys()]
    const id = this.#pick(ids)
    const thing = this.#things.get(id)!
    const hero = this.#inGame(id)
    const dice = this.int(100)
    const does = (what: string): void =>
      void this.#log.push(`${this.#clock.now()}${this.isDown ? ' down' : ''}: ${what} ${id} ${hero ? 'here' : ''}`)
    if (dice < 6) {
      if (ids.length < 8) this.#create()
    } else if (dice < 26) {
      does('send')
      hero?.send.moveTo(++this.#last % 30_000, this.#last % 30_000)
    } else if (dice < 34) {
      if (hero) this.#begin(() => this.#save(thing, hero))
    } else if (dice < 42) {
      if (!hero) return
      const zone = this.#pick(zones)
      does(`to ${zone}:`)
      void hero.enterZone(zone)
      thing.zone.push(hero.zone)
    } else if (dice < 48) {
      if (!hero || isAvatar(id)) return
      const to = this.#pick<ServerClient | null>([null, ...this.#server.clients.values()])
      if ((hero.owner?.id ?? null) === (to?.id ?? null)) return
      does(`own by ${to?.id}`)
      hero.transferOwner(to)
      thing.owner.push(to && String((to as ServerClient).account))
    } else if (dice < 56) {
      does('unload')
      if (hero) this.#begin(() => this.#server.unload(hero))
    } else if (dice < 66) {
      does('load')
      this.#begin(async () => {
        const wasThere = thing.exists.last && !isAvatar(id)
        const loaded = await this.#server.load<Hero>(id)
        if (wasThere && !loaded && !thing.isDeleting && thing.exists.last) this.#wrong.push(`${id} was not found`)
      })
    } else if (dice < 69) {
      const zone = this.#pick(zones)
      this.#begin(() => this.#server.loadZone(zone))
    } else if (dice < 77) {
      does('update')
      if (!thing.isUpdating && !thing.isDeleting && thing.exists.last) this.#begin(() => this.#update(id, thing))
    } else if (dice < 79) {
      does('delete')
      if (!isAvatar(id) && !thing.isDeleting && !thing.isUpdating) this.#begin(() => this.#delete(id, thing))
    } else if (dice < 83) {
      does('rename')
      hero?.send.setName(`name ${this.int(100)}`)
    } else if (dice < 90) this.#visit()
    else if (dice < 94) {
      const client = this.#clients[this.int(this.#clients.length)]
      client?.close()
    } else {
      const client = this.#pick([null, ...this.#server.clients.values()])
      const zone = this.#pick(zones)
      if (!client) return
      if (this.int(2) === 0) void client.zones.add(zone)
      else void client.zones.delete(zone)
    }
  }

  #create(): void {
    const zone = this.#pick([null, ...zones])
    const gone = this.#server
    this.#begin(async () => {
      const hero = gone.create(Hero, null, { persistent: true, zone })
      const thing = new Thing(true, zone)
      this.#things.set(hero.storedId!, thing)
      this.#log.push(`create ${hero.storedId} in ${zone}`)
      // Until then it may be lost in a crash.
      thing.exists.settle(false)
      thing.exists.push(true)
      if (this.int(2) === 0) await this.#save(thing, hero)
    })
  }

  async #save(thing: Thing, hero: Hero): Promise<void> {
    const acknowledged = thing.axes.filter(([name]) => name !== 'gold').map(([, axis]) => axis.mark())
    await hero.saved()
    for (const acknowledge of acknowledged) acknowledge()
  }

  async #update(id: string, thing: Thing): Promise<void> {
    const gold = ++this.#last
    thing.isUpdating = true
    const before = thing.gold.last
    thing.gold.push(gold)
    const acknowledge = thing.gold.mark()
    const { done } = await this.#server.store.update(id, { setGold: [gold], setName: [`of ${gold}`] })
    if (done) acknowledge()
    else if (thing.exists.last && !thing.isDeleting && !isAvatar(id))
      this.#wrong.push(`${id} had ${before} and was not updated`)
    // One that failed may have been made all the same: it stays uncertain until the end of this server.
    thing.isUpdating = false
  }

  async #delete(id: string, thing: Thing): Promise<void> {
    thing.isDeleting = true
    thing.exists.push(false)
    const acknowledge = thing.exists.mark()
    const server = this.#server
    for (;;) {
      try {
        await server.store.delete(id)
        if (this.#server !== server || !this.#running) return
        acknowledge()
        thing.isGone = true
        this.#log.push(`${id} is deleted`)
        return
      } catch (error) {
        if (!(error instanceof StoreError && error.kind === 'retryable') || this.#server !== server || this.#isStopping)
          throw error
      }
    }
  }

  #visit(): void {
    const name = this.#pick(Object.keys(accounts))
    if (this.#visiting.has(name) && this.int(8) > 0) return
    this.#visiting.add(name)
    const clients = this.#clients
    const joining = connect<Hero>(this.#url, {
      classes: [Hero],
      avatar: Hero,
      login: name,
      transport: this.#line,
      clock: this.#clock,
    }).then(
      client => {
        clients.push(client)
        client.on('close', () => this.#visiting.delete(name))
        if (this.int(6) === 0) client.close()
      },
      // Double logins, and a store that is away.
      () => void this.#visiting.delete(name),
    )
    this.#begin(() => joining)
  }
}

describe('Stored objects to which everything happens', () => {
  it('are in the store as they were acknowledged, in the game once, and hold up nobody', async () => {
    await manySeeds(Number(process.env['SEED'] ?? 1), async seed => {
      try {
        await new Play(seed).play(Number(process.env['STEPS'] ?? 400))
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
      }
    })
  }).timeout(60_000)
})
