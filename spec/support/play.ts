/** Random play, held against a naive model of what each client ought to see. */
import { expect } from 'chai'
import { Flags, field, NetworkObject, networkClass, Registry, Reject, type uint16 } from 'fieldcast'
import type { Client } from 'fieldcast/client'
import type { Client as ServerClient } from 'fieldcast/server'
import { seededRandom, World, type WorldOptions } from 'fieldcast/testing'
import { Model, type Rule, type Sight } from './model.ts'

const registry = new Registry()

export abstract class Toy extends NetworkObject {
  readonly values: Record<string, unknown> = {}
  readonly calls: Record<string, number> = {}
  entered = 0
  left = 0
  /** What the server's role does instead. */
  take(name: string, value: unknown): void {
    this.values[name] = value instanceof NetworkObject ? value.id : value
    this.calls[name] = (this.calls[name] ?? 0) + 1
  }

  @field(Flags.Latest | Flags.Broadcast | Flags.OwnerSend)
  aim(n: uint16): void {
    this.take('aim', n)
  }

  @field(Flags.Broadcast | Flags.RAM | Flags.OwnerSend | Flags.ClientSend)
  colour(n: uint16): void {
    this.take('colour', n)
  }

  @field(Flags.RAM | Flags.ClientSend)
  note(n: uint16): void {
    this.take('note', n)
  }

  @field(Flags.Latest | Flags.RAM | Flags.Broadcast | Flags.OwnerSend)
  place(n: uint16): void {
    this.take('place', n)
  }

  @field(Flags.OwnerOnly | Flags.RAM | Flags.OwnerSend)
  secret(n: uint16): void {
    this.take('secret', n)
  }

  @field(Flags.Broadcast | Flags.ClientSend)
  shout(n: uint16): void {
    this.take('shout', n)
  }

  @field(Flags.Broadcast | Flags.Required, { default: [7] })
  size(n: uint16): void {
    this.take('size', n)
  }

  @field(Flags.Broadcast | Flags.RAM | Flags.ClientSend)
  target(toy: Toy | null): void {
    this.take('target', toy)
  }

  @field(Flags.OwnerSend)
  tell(n: uint16): void {
    this.take('tell', n)
  }

  @field(Flags.Broadcast | Flags.RAM | Flags.NoEcho | Flags.OwnerSend | Flags.ClientSend)
  wave(n: uint16): void {
    this.take('wave', n)
  }

  override onEnter(): void {
    this.entered++
  }

  override onLeave(): void {
    this.left++
  }
}

@networkClass(10, { registry })
class Puppet extends Toy {}
@networkClass(11, { registry, onOwnerGone: 'delete' })
class Pet extends Toy {}
@networkClass(12, { registry, onOwnerGone: 'keep' })
class House extends Toy {}

export const rules: Rule[] = [
  { name: 'aim', broadcast: true, latest: true },
  { name: 'colour', broadcast: true, kept: true },
  { name: 'note', kept: true },
  { name: 'place', broadcast: true, kept: true, latest: true },
  { name: 'secret', ownerOnly: true, kept: true },
  { name: 'shout', broadcast: true },
  { name: 'size', broadcast: true, fallback: 7 },
  { name: 'target', broadcast: true, kept: true, reference: true },
  { name: 'tell' },
  { name: 'wave', broadcast: true, kept: true, noEcho: true },
]
export const byOwner = ['aim', 'colour', 'place', 'secret', 'tell', 'wave']
export const byAll = ['colour', 'note', 'shout', 'target', 'wave']
const zoneCount = 4

export interface PlayOptions extends Partial<WorldOptions> {
  /** Zones open in slices of so many objects. When a client is told of each is the server's choice then: what depends on it is not compared. */
  readonly slice?: number
  /** Connections are lost for a while, and so many bytes are kept meanwhile. What a client missed that was told everything anew is not compared. */
  readonly resumeBytes?: number
}

/** A world whose server tells a model of everything that it accepts. */
export class Play {
  readonly model = new Model(rules)
  readonly wrong: string[] = []
  readonly #random
  #narrow: { only: number | null; except: number | null } = { only: null, except: null }
  /** Per client: visits of each object that have ended. */
  readonly #visits = new Map<Client, Map<number, number>>()
  #inSlices = false
  #absences = false
  /** Clients that are kept from the server. */
  readonly #lost: Client<Toy>[] = []
  /** Those that were told everything anew, by id. */
  readonly #refreshed = new Set<number>()
  /** How often a client has come back. */
  returns = 0
  /** And how often everything was told anew. */
  freshes = 0
  world!: World<Toy>

  constructor(seed: number) {
    this.#random = seededRandom(seed ^ 0x5eed)
  }

  static async start(seed: number, { slice, resumeBytes, ...weather }: PlayOptions = {}): Promise<Play> {
    const play = new Play(seed)
    play.#inSlices = slice !== undefined
    play.#absences = resumeBytes !== undefined
    const serverSide = (Base: typeof Puppet): typeof Puppet => {
      class OnServer extends Base {
        override take(name: string, value: unknown): void {
          if (typeof value === 'number' && value % 11 === 0) throw new Reject('eleven')
          const id = value instanceof NetworkObject ? value.id : value
          play.model.call(this.id, name, id, this.caller?.id ?? null, play.#narrow.only, play.#narrow.except)
        }
      }
      return OnServer
    }
    const [OnServer, PetOnServer, HouseOnServer] = [Puppet, Pet, House].map(serverSide) as [
      typeof Puppet,
      typeof Pet,
      typeof House,
    ]
    play.#classes = [OnServer, PetOnServer, HouseOnServer]
    const world = await World.start<Toy>({
      ...(weather as WorldOptions<Toy>),
      seed,
      server: {
        classes: play.#classes,
        avatar: OnServer,
        zone: 0,
        limits: {
          callsPerSecond: 1e6,
          snapshotSlice: slice ?? 1000,
          ...(resumeBytes !== undefined && { resumeBytes }),
        },
      },
      client: { classes: [Puppet, Pet, House] as never },
    })
    play.world = world
    const { server } = world
    server.on('connect', ({ client }) => play.model.join(client.id, client.avatar!.id, 0))
    server.on('close', ({ client }) => client && play.model.part(client.id))
    server.on('resumed', ({ client, fresh }) => {
      play.returns++
      if (fresh) play.freshes++
      if (fresh) play.#refreshed.add(client.id)
    })
    server.on('violation', ({ reason, detail }) => play.wrong.push(`violation ${reason}: ${detail}`))
    server.on('error', ({ error, where }) => play.wrong.push(`server error in ${where}: ${String(error)}`))
    return play
  }

  #classes: (typeof Puppet)[] = []

  async join(): Promise<void> {
    const visits = new Map<number, number>()
    const client = await this.world.join(null, {
      on: {
        leave: ({ object }) => visits.set(object.id, (visits.get(object.id) ?? 0) + 1),
        error: ({ error, where }) => this.wrong.push(`client error in ${where}: ${String(error)}`),
        dropped: ({ object, field: name, why }) =>
          why === 'unknown-object' && this.wrong.push(`lost ${name} of ${object}`),
      },
    })
    this.#visits.set(client, visits)
  }

  int(below: number): number {
    return Math.floor(this.#random.number() * below)
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.int(items.length)]
  }

  get connected(): Client<Toy>[] {
    return this.world.clients.filter(client => client.connected)
  }

  get #clients(): ServerClient[] {
    return [...this.world.server.clients.values()]
  }

  get #objects(): Toy[] {
    return [...this.world.server.objects] as Toy[]
  }

  #zones(): number[] {
    return Array.from({ length: 1 + this.int(2) }, () => this.int(zoneCount)).filter(
      (zone, i, all) => all.indexOf(zone) === i,
    )
  }

  /** One thing that happens. */
  async step(): Promise<void> {
    const { world } = this
    const dice = this.int(100)
    if (this.#inSlices && dice % 4 === 0) await this.#turns()
    else if (dice < 86) this.#act(dice)
    else if (dice < 88 && this.connected.length < 5) await this.join()
    else if (dice === 88 && this.connected.length > 2) this.pick(this.connected)!.close()
    else if (dice === 89 && this.connected.length > 2) await this.#cut(this.pick(this.connected)!)
    else if (dice < 95) world.server.tick()
    else await world.run(this.int(40))
  }

  async #cut(client: Client<Toy>): Promise<void> {
    if (!this.#absences) return this.world.cut(client)
    await this.world.lose(client)
    this.#lost.push(client)
    if (this.#lost.length > 1) await this.world.restore(this.#lost.shift()!)
  }

  /** Things that happen in turns of their own, between those in which zones are opened. */
  async #turns(): Promise<void> {
    const { clock, server } = this.world
    let left = this.int(20)
    const turn = (): void => {
      if (left-- === 0) return
      if (this.int(8) === 0) server.tick()
      else this.#act(this.int(86))
      clock.after(0, turn)
    }
    clock.after(0, turn)
    await this.world.run(0)
  }

  #act(dice: number): void {
    const { model } = this
    if (dice < 8) this.#create()
    else if (dice < 12) {
      const object = this.pick(this.#objects)
      // An avatar's end is its client's.
      if (!object || this.#clients.some(({ avatar }) => avatar === object)) return
      model.delete(object.id)
      object.delete()
    } else if (dice < 22) {
      const object = this.pick(this.#objects)
      const zone = this.int(6) === 0 ? null : this.int(zoneCount)
      if (!object) return
      model.move(object.id, zone)
      void object.enterZone(zone)
    } else if (dice < 30) {
      const object = this.pick(this.#objects)
      const to = this.int(3) === 0 ? null : (this.pick(this.#clients) ?? null)
      // A client that is closing but has not been heard to be is no owner any more.
      if (!object || this.#clients.some(({ avatar }) => avatar === object)) return
      model.transfer(object.id, to?.id ?? null)
      object.transferOwner(to)
    } else if (dice < 42) {
      const client = this.pick(this.#clients)
      const zones = this.#zones()
      const mode = (['set', 'add', 'delete'] as const)[this.int(3)]!
      if (!client) return
      model.watch(client.id, mode, zones)
      void client.zones[mode](zones)
    } else if (dice < 62) this.#serverSends()
    else this.#clientSends()
  }

  #create(): void {
    const { server } = this.world
    const type = this.pick(this.#classes)!
    const zone = this.int(5) === 0 ? null : this.int(zoneCount)
    const owner = this.int(2) === 0 ? null : (this.pick(this.#clients) ?? null)
    const n = 1 + this.int(10)
    const policy = (['release', 'delete', 'keep'] as const)[this.#classes.indexOf(type)]!
    const init: [string, unknown][] = [
      ['colour', n],
      ['secret', n],
    ]
    const object = server.create<Toy>(
      type,
      o => {
        o.send.colour(n)
        o.send.secret(n)
      },
      { zone, owner },
    )
    this.model.create(object.id, zone, owner?.id ?? null, policy, init)
  }

  #serverSends(): void {
    const object = this.pick(this.#objects)
    const name = this.pick(rules)!.name as 'colour'
    if (!object) return
    const dice = this.int(10)
    const client = dice < 2 ? this.pick(this.#clients) : undefined
    this.#narrow = { only: dice === 0 && client ? client.id : null, except: dice === 1 && client ? client.id : null }
    const through = client ? (dice === 0 ? object.sendTo(client) : object.sendExcept(client)) : object.send
    this.#send(through, name, this.#objects)
    this.#narrow = { only: null, except: null }
  }

  #clientSends(): void {
    const client = this.pick(this.connected)
    const object = client && (this.pick([...client.objects]) as Toy | undefined)
    if (!client || !object) return
    const mine = object.owner?.id === client.id
    const name = this.pick(mine ? [...byOwner, ...byAll] : byAll) as 'colour'
    this.#send(object.send, name, [...client.objects] as Toy[])
  }

  #send(through: Toy, name: 'colour', others: readonly Toy[]): void {
    if ((name as string) === 'target')
      (through as unknown as { target(toy: Toy | null): void }).target(this.pick([null, ...others])!)
    // Values near each other, so that calls leave as steps from the last.
    else through[name](rules.find(rule => rule.name === name)!.latest ? 500 + this.int(60) : this.int(1000))
  }

  /** What a client really sees, in the model's terms. */
  sight(client: Client<Toy>): Record<number, Sight> {
    const counted = rules.filter(({ latest }) => !latest).map(({ name }) => name)
    return Object.fromEntries(
      [...client.objects].map(object => {
        const toy = object as Toy
        const ended = this.#visits.get(client)!.get(toy.id) ?? 0
        const calls = Object.fromEntries(Object.entries(toy.calls).filter(([name]) => counted.includes(name)))
        const sight = {
          zone: toy.zone,
          owner: toy.owner?.id ?? null,
          enters: ended + toy.entered,
          leaves: ended + toy.left,
          values: toy.values,
          calls,
        }
        return [toy.id, sight]
      }),
    )
  }

  /** Lets time pass until nothing is under way: a connection may break while it passes. */
  async quiet(): Promise<void> {
    const { model, world } = this
    for (const client of this.#lost.splice(0)) await world.restore(client)
    let before: number
    do {
      before = model.changes
      await world.settle()
    } while (model.changes !== before)
  }

  /** Takes over into the model what depends on when the client was told of an object: all that is not certain whenever that was. */
  #overlook(client: number, id: number, meant: Sight, seen: Sight | undefined): void {
    if (!seen) return
    if (seen.enters - seen.leaves === 1) [meant.enters, meant.leaves] = [seen.enters, seen.leaves]
    // An object that left before its turn came.
    if (seen.values.target === null) meant.values.target = null
    if (!this.model.viewers.get(client)!.opened.delete(id)) return
    meant.values = { ...seen.values, ...this.model.certain(client, id) }
    meant.calls = { ...seen.calls }
  }

  /** Takes over what a client cannot know that has missed something. */
  #forgive(client: number, id: number, meant: Sight, seen: Sight | undefined): void {
    if (!seen) return
    if (seen.enters - seen.leaves === 1) [meant.enters, meant.leaves] = [seen.enters, seen.leaves]
    meant.values = { ...seen.values, ...this.model.certain(client, id) }
    meant.calls = { ...seen.calls }
  }

  check(): void {
    expect(this.wrong).to.deep.equal([])
    for (const client of this.connected) {
      const { view, interests } = this.model.viewers.get(client.id)!
      const differences: string[] = []
      const sight = this.sight(client)
      for (const id of new Set([...Object.keys(sight).map(Number), ...view.keys()])) {
        const meantSight = view.get(id)
        if (this.#inSlices && meantSight) this.#overlook(client.id, id, meantSight, sight[id])
        if (this.#refreshed.has(client.id) && meantSight) this.#forgive(client.id, id, meantSight, sight[id])
        const [seen, meant] = [JSON.stringify(sorted(sight[id])), JSON.stringify(sorted(meantSight))]
        if (seen !== meant) differences.push(`object ${id} is ${seen}, not ${meant}`)
      }
      // Not by deep equality: chai shortens what it prints.
      if (differences.length > 0) expect.fail(`client ${client.id}: ${differences.join('\n')}`)
      expect([...client.zones].sort(), `zones of client ${client.id}`).to.deep.equal([...interests.keys()].sort())
    }
    expect(this.#objects.map(({ id }) => id).sort()).to.deep.equal([...this.model.things.keys()].sort())
  }
}

/** A sight with its records' keys in one order. */
export function sorted(sight: Sight | undefined): unknown {
  const inOrder = (record: object): object =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return sight && inOrder({ ...sight, values: inOrder(sight.values), calls: inOrder(sight.calls) })
}

/** Plays from a seed, and says which where it fails. */
export async function play(seed: number, steps: number, options: PlayOptions = {}): Promise<Play> {
  const game = await Play.start(seed, options)
  try {
    await game.join()
    await game.join()
    for (let i = 1; i <= steps; i++) {
      await game.step()
      if (i % 40 === 0) {
        await game.quiet()
        game.check()
      }
    }
    await game.quiet()
    game.check()
    await game.world.stop()
    return game
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
  }
}

/** As many seeds as fit into so many ms, ten at least. */
export async function manySeeds(from: number, run: (seed: number) => Promise<unknown>): Promise<void> {
  const end = performance.now() + 1500
  for (let seed = from; seed < from + 10 || (performance.now() < end && seed < from + 400); seed++) await run(seed)
}
