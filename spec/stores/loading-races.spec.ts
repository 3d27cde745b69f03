/** Everything at once on a few stored objects, over a store that takes its time: never two objects of one id, nothing accepted is lost, nothing hangs. */
import { expect } from 'chai'
import type { NetworkObject } from 'fieldcast'
import { StoreError } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import { seededRandom } from '../../lib/base/random.ts'
import type { Commit, Damaged, Fence, StoredRow } from '../../lib/stores/store.ts'
import { manySeeds } from '../support/play.ts'
import { Hero } from './game.ts'
import { TroubledStore } from './trouble.ts'
import { rowIn, Worlds } from './worlds.ts'

/** Answers after a time that chance decides, and fails now and then. */
class LaggingStore extends TroubledStore {
  lag: () => Promise<void> = () => Promise.resolve()
  fails: () => boolean = () => false

  override async get(ids: readonly string[]): Promise<(StoredRow | Damaged | undefined)[]> {
    await this.lag()
    if (this.fails()) throw new StoreError('retryable', 'away for a moment')
    const rows = await super.get(ids)
    await this.lag()
    return rows
  }

  override async commit(commit: Commit, fence?: Fence): Promise<boolean> {
    await this.lag()
    // What fails may have been written all the same.
    const lost = this.fails()
    const done = await super.commit(commit, fence)
    if (lost && !commit.expect) throw new StoreError('retryable', 'the answer was lost')
    await this.lag()
    return done
  }
}

class Hall {
  readonly #random
  readonly #store = new LaggingStore()
  readonly #worlds: Worlds<Hero>
  readonly #gold = new Map<string, number>()
  /** Where the last call that was handled has led each. */
  readonly #steps = new Map<string, number>()
  #last = 0
  /** Those whose deletion has been asked for, and those that are deleted. */
  readonly #deleted = new Set<string>()
  readonly #gone = new Set<string>()
  readonly #wrong: string[] = []
  readonly #pending = new Set<Promise<unknown>>()
  ids: string[] = []
  world!: World<Hero>

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    const hall = this
    /** Handlers that take their time, so that loads do too. */
    class Slow extends Hero {
      override async setName(name: string): Promise<void> {
        if (hall.int(3) === 0) await hall.#pause()
        super.setName(name)
      }
      override moveTo(x: number, y: number): void {
        super.moveTo(x, y)
        hall.#steps.set(this.storedId!, x)
      }
    }
    this.#worlds = new Worlds<Hero>(
      {
        seed,
        server: {
          classes: [Slow],
          avatar: Slow,
          storage: { gapMs: 10 },
          login: (id: string) => ({ id: `of ${id}`, avatar: id, zone: 0 }),
        },
        client: { classes: [Hero], avatar: Hero },
      },
      this.#store,
    )
  }

  int(below: number): number {
    return Math.floor(this.#random.number() * below)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!
  }

  #pause(): Promise<void> {
    const ms = this.int(20)
    return ms === 0 ? Promise.resolve() : new Promise(resolve => this.world.clock.after(ms, resolve))
  }

  async play(steps: number): Promise<void> {
    this.world = await this.#worlds.open()
    const { server } = this.world
    for (let n = 0; n < 4; n++) {
      const hero = server.create(Hero, hero => hero.send.setName(`hero ${n}`), { persistent: true, zone: 0 })
      this.ids.push(hero.storedId!)
    }
    server.on('create', ({ object }) => this.#checkAlone(object))
    // Two logins of one account, and one for an object that is in the game already, are refused.
    server.on('error', ({ error, where }) => where !== 'login' && this.#wrong.push(`${where}: ${String(error)}`))
    server.on('unreadable', ({ problem }) => this.#wrong.push(problem))
    this.#store.lag = () => this.#pause()
    this.#store.fails = () => this.int(12) === 0
    for (let step = 0; step < steps; step++) {
      this.#act()
      if (this.int(3) === 0) await this.world.run(this.int(15))
      server.tick()
    }
    this.#store.fails = () => false
    await this.world.until(Promise.all(this.#pending))
    if (this.#wrong.length > 0) expect.fail(this.#wrong.join('\n'))
    await this.#worlds.shut(this.world)
    await this.#check()
  }

  /** What every object must have become, in the store. */
  async #check(): Promise<void> {
    await this.#store.inner.open()
    for (const id of this.ids) {
      if (this.#deleted.has(id)) {
        expect(await this.#store.inner.get([id])).to.deep.equal([undefined])
        continue
      }
      const fields = JSON.parse((await rowIn(this.#store, id)).fields)
      expect([fields.setGold?.[0] ?? 0, fields.moveTo?.[0] ?? 0], id).to.deep.equal([
        this.#gold.get(id) ?? 0,
        this.#steps.get(id) ?? 0,
      ])
    }
  }

  #checkAlone(object: NetworkObject): void {
    const twins = [...this.world.server.objects].filter(({ storedId }) => storedId === object.storedId)
    if (twins.length !== 1) this.#wrong.push(`${twins.length} objects of ${object.storedId}`)
    if (this.#gone.has(object.storedId!)) this.#wrong.push(`${object.storedId} came back`)
  }

  #inGame(id: string): Hero | undefined {
    return [...this.world.server.objects].find(({ storedId }) => storedId === id) as Hero | undefined
  }

  /** Something that takes its time; what the store cannot do is no fault. */
  #begin(task: () => Promise<unknown>): void {
    const running = task()
      .catch(error => {
        if (!(error instanceof StoreError && error.kind === 'retryable')) this.#wrong.push(String(error))
      })
      .finally(() => this.#pending.delete(running))
    this.#pending.add(running)
  }

  #act(): void {
    const id = this.#pick(this.ids)
    const { server } = this.world
    const dice = this.int(20)
    if (dice < 4) this.#begin(async () => this.#checkLoaded(id, await server.load<Hero>(id)))
    else if (dice < 5) this.#begin(() => server.loadZone(0))
    else if (dice < 9) {
      const hero = this.#inGame(id)
      const { clients } = server
      // A client's avatar is its own.
      if (hero && ![...clients.values()].some(({ avatar }) => avatar === hero)) this.#begin(() => server.unload(hero))
    } else if (dice < 12) this.#begin(() => this.#earn(id))
    else if (dice < 15) this.#inGame(id)?.send.moveTo(++this.#last, 0)
    else if (dice < 17) this.#begin(async () => this.#checkRead(id, await server.store.read(id)))
    else if (dice < 19) void this.#visit(this.ids[this.int(2)]!)
    else if (this.int(8) === 0) this.#begin(() => this.#delete(this.ids[2 + this.int(2)]!))
  }

  /** A gold piece more, unless somebody else was faster. */
  async #earn(id: string): Promise<void> {
    const { store } = this.world.server
    const stands = (await store.read(id))?.fields['setGold'] as [number] | undefined
    const gold = stands?.[0] ?? 0
    const changes = { setName: [`of ${gold}`], setGold: [gold + 1] }
    const { done } = await store.update(id, changes, { expect: { setGold: stands ?? null } })
    if (done) this.#gold.set(id, (this.#gold.get(id) ?? 0) + 1)
  }

  #checkLoaded(id: string, hero: Hero | null): void {
    if (hero === null && !this.#deleted.has(id)) this.#wrong.push(`${id} was not found`)
    if (hero && hero.storedId !== id) this.#wrong.push(`${hero.storedId} was loaded for ${id}`)
  }

  #checkRead(id: string, read: unknown): void {
    if (read === null && !this.#deleted.has(id)) this.#wrong.push(`${id} was not read`)
  }

  async #delete(id: string): Promise<void> {
    this.#deleted.add(id)
    // Until it is gone for good. After a lost answer it may be already.
    for (;;) {
      try {
        await this.world.server.store.delete(id)
        this.#gone.add(id)
        return
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
      }
    }
  }

  /** A client that comes as this hero, and goes after a while, or at once. It would make a new one where there is none: not of those that are deleted. */
  async #visit(id: string): Promise<void> {
    const client = await this.world.join(id).catch(() => null)
    if (!client) return
    if (this.int(2) === 0) client.close()
    else this.world.clock.after(this.int(60), () => client.close())
  }
}

describe('Loads, logins, reads, updates, unloads and deletions of the same objects at once', () => {
  it('leave one object of each id, and the store with all that was accepted', async () => {
    await manySeeds(1, async seed => {
      try {
        await new Hall(seed).play(120)
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
      }
    })
  })
  it('make an update once, wherever the object is when its turn comes', async () => {
    class Slow extends Hero {
      override async setName(name: string): Promise<void> {
        await new Promise(resolve => setImmediate(resolve))
        super.setName(name)
      }
    }
    const worlds = new Worlds<Hero>({
      server: { classes: [Slow], avatar: Slow, storage: { gapMs: 0 } },
      client: { classes: [Hero] },
    })
    const world = await worlds.open()
    const hero = world.server.create(Slow, null, { persistent: true })
    await world.until(hero.saved())
    const id = hero.storedId!
    try {
      // So many turns of the microtask queue after the update has been asked for, and so many of the event loop.
      for (let turn = 0; turn < 60; turn++) {
        const present = (await world.until(world.server.load<Hero>(id)))!
        const updated = world.server.store.update(id, { setName: [`hero ${turn}`], setGold: [turn] })
        for (let i = 0; i < turn % 20; i++) await null
        for (let i = 0; i < turn / 20 - 1; i++) await new Promise(resolve => setImmediate(resolve))
        const unloaded = world.server.unload(present)
        const { done, stands } = await world.until(updated)
        await world.until(unloaded)
        const wanted = { setGold: [turn], setName: [`hero ${turn}`] }
        expect([done, stands!.fields], `turn ${turn}`).to.deep.equal([true, wanted])
        expect(JSON.parse((await rowIn(worlds.store, id)).fields), `turn ${turn}`).to.deep.equal(wanted)
      }
    } finally {
      await worlds.end()
    }
  })
})
