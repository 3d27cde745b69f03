/** Changes a world at random, in every way in which a game changes stored objects. */

import { Reject } from 'fieldcast'
import type { Client } from 'fieldcast/client'
import { type Server, StoreError, type Client as Visitor } from 'fieldcast/server'
import { Chance } from './chance.ts'
import type { Report } from './reports.ts'
import { callsTo, HOLDERS, type State, sealOf, stateOf } from './state.ts'
import { heardBy, Thing } from './thing.ts'

/** A thing as the player knows it. */
export interface Entry {
  readonly id: string
  state: State
  /** Null where it is not in the game. */
  live: Thing | null
  /** Something is under way that must not be disturbed. */
  busy: boolean
}

/** The numbers between which the things stay. */
const LEAST = 24
const MOST = 60
/** So many acknowledgements are waited for at most. */
const PATIENCE = 150

/** Lets its player do the work that a client asks for. */
export class ServerThing extends Thing {
  static player: Player

  override async work(): Promise<number> {
    return ServerThing.player.workOn(this)
  }
}

export class Player {
  readonly #server: Server
  readonly #clients: readonly Client[]
  readonly #chance: Chance
  readonly #report: (...line: Report) => void
  readonly #entries = new Map<string, Entry>()
  #waiting = 0
  #over = false

  constructor(server: Server, clients: readonly Client[], seed: number, report: (...line: Report) => void) {
    this.#server = server
    this.#clients = clients
    this.#chance = new Chance(seed)
    this.#report = report
    ServerThing.player = this
  }

  async play(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) this.#entries.set(entry.id, entry)
    while (!this.#over) {
      if (this.#waiting < PATIENCE) for (let count = this.#chance.upTo(8); count >= 0; count--) this.#act()
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }

  stop(): void {
    this.#over = true
  }

  grow(): void {
    this.#chance.grow()
  }

  /** The client of that account, on the server. */
  visitor(name: string): Visitor | null {
    return [...this.#server.clients.values()].find(({ account }) => account === name) ?? null
  }

  #act(): void {
    const dice = this.#chance.number()
    const entry = this.#any()
    const { size } = this.#entries
    if (!entry || size < LEAST || (dice < 0.08 && size < MOST)) return this.#create()
    if (entry.busy) return
    if (dice < 0.13 && size > LEAST) return this.#delete(entry)
    if (dice < 0.22) return this.#alone(entry, () => this.#update(entry))
    if (dice < 0.28) return this.#alone(entry, () => (entry.live ? this.#unload(entry) : this.#load(entry)))
    if (dice < 0.3) return this.#alone(entry, () => this.#read(entry))
    if (dice < 0.32) return this.#later(this.#find(entry.state.name))
    if (!entry.live) return
    if (dice < 0.38) return this.#ask(entry)
    for (let count = this.#chance.upTo(3); count >= 0; count--) this.#change(entry)
    if (dice < 0.75) this.#tell(entry.live.saved(), entry)
  }

  // ---- what it does

  #create(): void {
    const holder = this.#chance.pick(['', ...HOLDERS])
    const state = {
      ...this.#chance.evolved({ step: 0, name: '', phase: 0, place: -1, holder, note: '' }, true),
      holder,
    }
    const { place } = state
    const thing = this.#server.create(
      ServerThing,
      made => {
        this.#report('do', made.storedId!, state.step, sealOf(made.storedId!, state))
        this.#send(made, null, state)
      },
      { persistent: true, zone: place < 0 ? null : place, owner: this.visitor(holder) },
    )
    const entry: Entry = { id: thing.storedId!, state, live: thing, busy: false }
    this.#entries.set(entry.id, entry)
    if (this.#chance.number() < 0.7) this.#tell(thing.saved(), entry)
  }

  /** All in one turn: what is seen of it elsewhere is seen whole. */
  #change(entry: Entry, moves = true): void {
    const { id, live, state: before } = entry
    const state = this.#chance.evolved(before, moves)
    this.#report('do', id, state.step, sealOf(id, state))
    entry.state = state
    if (state.place !== before.place) void live!.enterZone(state.place < 0 ? null : state.place)
    if (state.holder !== before.holder) live!.transferOwner(this.visitor(state.holder))
    this.#send(live!, before, state)
  }

  async #update(entry: Entry): Promise<void> {
    const { id, state: before } = entry
    const { store } = this.#server
    if (this.#chance.number() < 0.1) {
      const { done } = await store.update(id, { setNote: ['wrong'] }, { expect: { setStep: [before.step + 7] } })
      if (done) this.#report('wrong', `${id} was updated, and stood elsewhere than expected`)
      return
    }
    const state = this.#chance.evolved(before, false)
    this.#report('do', id, state.step, sealOf(id, state))
    const expect: Record<string, number[]> = this.#chance.number() < 0.5 ? { setStep: [before.step] } : {}
    try {
      const { done } = await store.update(id, Object.fromEntries(callsTo(id, before, state)), { expect })
      if (!done) return this.#report('wrong', `${id} was not updated, and stood as expected`)
      entry.state = state
      this.#report('ok', id, state.step, 'update')
    } catch (error) {
      this.#report('failed', id, state.step)
      this.#check(error)
      await this.#settle(entry)
    }
  }

  #delete(entry: Entry): void {
    const { id, live } = entry
    this.#entries.delete(id)
    this.#report('going', id)
    const gone = (): void => this.#report('gone', id)
    if (!live || this.#chance.number() < 0.5)
      return this.#later(
        this.#server.store.delete(id).then(
          there => {
            if (there) gone()
            else this.#report('wrong', `${id} was to be deleted and is not there`)
          },
          error => {
            this.#report('failed', id, 0)
            throw error
          },
        ),
      )
    live.delete()
    if (this.#chance.number() < 0.7) this.#later(live.saved().then(gone))
  }

  async #unload(entry: Entry): Promise<void> {
    const { id, live, state } = entry
    entry.live = null
    await this.#server.unload(live!)
    this.#report('ok', id, state.step, 'unload')
  }

  async #load(entry: Entry): Promise<void> {
    const thing = await this.#server.load<Thing>(entry.id, { owner: this.visitor(entry.state.holder) })
    if (!thing) return this.#report('wrong', `${entry.id} was unloaded and is not there`)
    entry.live = thing
    this.#same(entry, heardBy(thing), 'loaded')
  }

  async #read(entry: Entry): Promise<void> {
    const stored = await this.#server.store.read(entry.id)
    if (!stored) return this.#report('wrong', `${entry.id} cannot be read`)
    const { seal, ...state } = stateOf(stored)
    this.#same(entry, state, 'read')
  }

  /** What was accepted before is found. */
  async #find(name: string): Promise<void> {
    const before = [...this.#entries.values()].filter(({ state, busy }) => !busy && state.name === name)
    const steps = before.map(({ state }) => state.step)
    const found = new Map((await this.#server.find(Thing, { name }, { limit: 1000 })).map(each => [each.id, each]))
    for (const [at, { id, state, busy }] of before.entries()) {
      const thing = found.get(id)
      const step = thing ? stateOf(thing).step : 0
      // Whoever changed meanwhile may have another name, or be gone.
      const stands = thing || (state.step === steps[at] && !busy && this.#entries.has(id))
      if (stands && step < steps[at]!) this.#report('wrong', `${id} is found at step ${step}, and was at ${steps[at]}`)
    }
  }

  /** As a client that owns the thing: its request is answered when all is durable. */
  #ask({ id, live, state }: Entry): void {
    const client = this.#clients[HOLDERS.indexOf(state.holder)]
    const copy = client?.objects.get(live!.id) as Thing | undefined
    // The copy may be behind; and the work may be refused.
    if (copy?.owner?.id !== client?.id || !copy) return
    this.#waiting++
    copy.send
      .work()
      .then(
        step => this.#report('ok', id, step, 'request'),
        () => {},
      )
      .finally(() => this.#waiting--)
  }

  async workOn(thing: Thing): Promise<number> {
    const entry = this.#entries.get(thing.storedId!)
    if (!entry || entry.busy || entry.live !== thing) throw new Reject('busy')
    // What it sends now is handled when it has ended: until then nothing else may change.
    entry.busy = true
    setImmediate(() => {
      entry.busy = false
    })
    this.#change(entry, false)
    return entry.state.step
  }

  // ---- how it does it

  #send(thing: Thing, from: State | null, to: State): void {
    const calls = callsTo(thing.storedId!, from, to)
    // In no particular order.
    calls.sort(() => this.#chance.number() - 0.5)
    for (const [field, [value]] of calls)
      (thing.send as unknown as Record<string, (value: unknown) => void>)[field]!(value)
  }

  #alone(entry: Entry, work: () => Promise<void>): void {
    entry.busy = true
    this.#later(
      work().finally(() => {
        entry.busy = false
      }),
    )
  }

  #tell(saved: Promise<void>, { id, state }: Entry): void {
    this.#later(saved.then(() => this.#report('ok', id, state.step, 'saved')))
  }

  #later(done: Promise<unknown>): void {
    this.#waiting++
    done.catch(error => this.#check(error)).finally(() => this.#waiting--)
  }

  /** A store that is away says so. */
  #check(error: unknown): void {
    const passes = error instanceof StoreError && error.kind !== 'fatal'
    if (!passes && !this.#over) this.#report('wrong', `a task has failed: ${(error as Error).stack}`)
  }

  /** Whether a commit that failed was written is not known: the store says. */
  async #settle(entry: Entry): Promise<void> {
    while (!this.#over)
      try {
        const stored = await this.#server.store.read(entry.id)
        if (stored) {
          const { seal, ...state } = stateOf(stored)
          entry.state = state
        } else this.#report('wrong', `${entry.id} is no more after a failed update`)
        return
      } catch (error) {
        this.#check(error)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
  }

  #same({ id, state }: Entry, is: State, what: string): void {
    if (JSON.stringify(is) !== JSON.stringify(state))
      this.#report('wrong', `${id} is ${what} as ${JSON.stringify(is)}, and was ${JSON.stringify(state)}`)
  }

  #any(): Entry | undefined {
    return this.#chance.pick([...this.#entries.values()])
  }
}
