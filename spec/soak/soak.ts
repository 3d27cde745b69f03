/** Many clients on bad networks who do everything at once, and a naive model of what each of them ought to see. */
import { expect } from 'chai'
import { NetworkObject, Reject } from 'fieldcast'
import type { Client as Remote, Server, ServerOptions } from 'fieldcast/server'
import { createServer } from 'fieldcast/server'
import { seededRandom } from 'fieldcast/testing'
import type { Clock } from '../../lib/base/clock.ts'
import type { Random } from '../../lib/base/random.ts'
import { Model, type Sight } from '../support/model.ts'
import { rules, sorted, type Toy } from '../support/play.ts'
import { Actor, cast, policies } from './cast.ts'
import { Player, type Stage } from './player.ts'
import { Line, type Roads } from './roads.ts'
import { Villain } from './villain.ts'

export interface SoakOptions {
  readonly seed: number
  readonly players: number
  readonly villains: number
  readonly zones: number
  /** Time for a request to be answered, ms. @default 10,000 */
  readonly requestMs?: number
  /** Clients are sent on to another server, which is the same. @default true */
  readonly transfers?: boolean
  readonly server?: Partial<ServerOptions>
}

/** Whatever goes wrong, with the story of the client that it happened to. */
export class SoakFailure extends Error {
  constructor(what: string, player: Player | null) {
    super(player ? `${what}\n\nThe story of ${player.name}:\n  ${player.story.join('\n  ')}` : what)
  }
}

export class Soak implements Stage {
  readonly clock: Clock
  readonly random: Random
  readonly zones: number
  readonly requestMs: number
  readonly model = new Model(rules)
  readonly server: Server
  readonly players = new Set<Player>()
  url = ''
  /** What happened, by name: a soak in which nothing happens proves nothing. */
  readonly counts: Record<string, number> = {}
  #failure: SoakFailure | null = null
  readonly #options: SoakOptions
  readonly #roads: Roads
  readonly #villains = new Set<Villain>()
  /** Calls on objects that are not announced yet. */
  readonly #unborn = new Map<number, [string, unknown][]>()
  readonly #classes: readonly (typeof Actor)[]
  readonly #stories = new Map<number, string[]>()
  #narrow: { only: number | null; except: number | null } = { only: null, except: null }
  #names = 0
  #isTapped = false

  constructor(options: SoakOptions, roads: Roads, clock: Clock) {
    this.#options = options
    this.#roads = roads
    this.clock = clock
    this.random = seededRandom(options.seed)
    this.zones = options.zones
    this.requestMs = options.requestMs ?? 10_000
    this.#classes = cast.map(Base => this.#onServer(Base as typeof Actor))
    this.server = createServer({
      classes: this.#classes,
      avatar: this.#classes[0]!,
      login: ({ name, zone }: { name: string; zone: number }) => ({ id: name, zone }),
      canWatch: () => true,
      transfer: { key: 'a key for soaks, which nobody else has' },
      transports: [roads],
      clock,
      random: this.random,
      ...options.server,
    })
    this.#watch()
  }

  async start(): Promise<void> {
    this.url = (await this.server.start())[0]!
  }

  // ---- chance

  int(below: number): number {
    return Math.floor(this.random.number() * below)
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.int(items.length)]
  }

  // ---- the server's side, and the model

  #onServer(Base: typeof Actor): typeof Actor {
    const soak = this
    const asks = Base.prototype.ask !== undefined
    class OnServer extends Base {
      override take(name: string, value: unknown): void {
        if (typeof value === 'number' && value % 11 === 0) throw new Reject('eleven')
        const plain = value instanceof NetworkObject ? value.id : value
        soak.#tell(this.id, `${name} ${plain} by ${this.caller ? `client ${this.caller.id}` : 'the server'}`)
        if (soak.model.things.has(this.id))
          soak.model.call(this.id, name, plain, this.caller?.id ?? null, soak.#narrow.only, soak.#narrow.except)
        else soak.#unborn.set(this.id, [...(soak.#unborn.get(this.id) ?? []), [name, plain]])
      }
    }
    if (asks)
      OnServer.prototype.ask = async n => {
        await new Promise<void>(resolve => soak.clock.after(5 + (n % 50), resolve))
        if (n % 13 === 0) throw new Reject('thirteen')
        return n + 1
      }
    return OnServer
  }

  #watch(): void {
    const { server, model } = this
    server.on('connect', ({ client }) => {
      this.#tap(client)
      this.#count('joins')
      model.join(client.id, client.avatar!.id, client.avatar!.zone!)
    })
    server.on('close', ({ client, reason }) => {
      this.#count(`closes as ${reason}`)
      if (client) model.part(client.id)
    })
    server.on('lost', () => this.#count('losses'))
    server.on('resumed', ({ fresh }) => this.#count(fresh ? 'returns to all anew' : 'returns'))
    server.on('slow', () => this.#count('slow'))
    server.on('create', ({ object }) => {
      const init = this.#unborn.get(object.id) ?? []
      this.#unborn.delete(object.id)
      if (model.things.has(object.id) || model.viewers.get(object.owner?.id ?? -1)?.avatar === object.id) return
      // An avatar is the model's when its client has connected.
      if (object.owner && (object.owner as unknown as Remote).avatar === object) return
      this.#count('creations')
      const policy = policies[this.#classes.findIndex(type => object instanceof type)]!
      const kept = init.filter(([name]) => rules.some(rule => rule.name === name && rule.kept))
      model.create(object.id, object.zone, object.owner?.id ?? null, policy, kept)
    })
    server.on('zone', ({ object, from, to }) => this.#tell(object.id, `goes from ${from} to ${to}`))
    server.on('owner', ({ object, from, to }) => this.#tell(object.id, `is ${to?.id}'s, not ${from?.id}'s`))
    server.on('delete', ({ object }) => {
      this.#stories.delete(object.id)
      if (model.things.has(object.id)) model.delete(object.id)
    })
    server.on('violation', ({ client, reason, detail, field }) => {
      this.#count('violations')
      const player = client && this.#playerOf(client.id)
      if (player) this.wrong(player, `is said to have broken a rule: ${reason}, ${detail}, ${field}`)
    })
    server.on('error', ({ error, where }) => this.wrong(null, `server error in ${where}: ${(error as Error).stack}`))
  }

  /** Interests change by the server's word and by wishes: all of them pass here. */
  #tap(client: Remote): void {
    if (this.#isTapped) return
    this.#isTapped = true
    const { authority } = client as unknown as { authority: { watch: (...args: any[]) => Promise<void> } }
    const watch = authority.watch
    authority.watch = (who: Remote, mode: 'set' | 'add' | 'delete', zones: Iterable<number>) => {
      const list = [...zones]
      this.model.watch(who.id, mode, list)
      return watch.call(authority, who, mode, list)
    }
  }

  /** Of what happens to each object the newest is known, for a story. */
  #tell(object: number, what: string): void {
    const story = this.#stories.get(object) ?? []
    this.#stories.set(object, story)
    story.push(`${this.clock.now().toFixed(0)} ${what}`)
    if (story.length > 30) story.shift()
  }

  #playerOf(id: number): Player | undefined {
    return [...this.players].find(({ client }) => client?.id === id)
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  /** The first is told: what follows may follow from it. */
  wrong(player: Player | null, what: string): void {
    this.#failure ??= new SoakFailure(player ? `${player.name} ${what}` : what, player)
  }

  // ---- what happens

  /** So much as happens in one turn. */
  turn(actions: number): void {
    for (const player of this.players) if (player.state === 'gone') this.players.delete(player)
    const { players, villains } = this.#options
    for (let i = 0; i < 4 && this.players.size < players; i++) this.#join()
    if (this.#villains.size < villains && this.int(4) === 0) this.#invade()
    for (let i = 0; i < actions; i++) this.#act()
    if (this.#failure) throw this.#failure
  }

  #join(): void {
    const old = this.pick([...this.players])
    // Now and then somebody who is there already.
    const name = old && this.int(30) === 0 ? old.name : `player ${++this.#names}`
    const player = new Player(this, name, new Line(this.#roads, this.int(this.#roads.roads.length)), this.int(15) === 0)
    this.players.add(player)
    if (name === old?.name) player.note(`is ${name} for the second time; the first: ${old.story.slice(-3).join('; ')}`)
    player.join(this.#zone())
  }

  #zone(): number {
    return this.int(4) === 0 ? 0 : this.int(this.zones)
  }

  #invade(): void {
    const villain = new Villain(
      this,
      this.server.schemaHash,
      this.#roads.roads[this.int(this.#roads.roads.length)]!,
      this.#roads,
    )
    this.#villains.add(villain)
    void villain.live(cast as never).finally(() => this.#villains.delete(villain))
  }

  #act(): void {
    const dice = this.int(1000)
    const player = this.pick([...this.players])
    if (dice < 700) player?.act()
    else if (dice < 960) this.#serverActs()
    else if (player?.state === 'here') this.#disturb(player, dice)
  }

  #disturb(player: Player, dice: number): void {
    const remote = this.server.clients.get(player.client!.id)
    if (dice < 975) {
      player.note('is cut')
      player.line.cut()
    } else if (dice < 984) {
      const ms = [200, 1000, 4000, 20_000][this.int(4)]!
      player.note(`is cut for ${ms} ms`)
      if (this.int(2) === 0) player.line.turn(this.int(this.#roads.roads.length))
      player.line.isDown = true
      player.line.cut()
      this.clock.after(ms, () => {
        player.line.isDown = false
      })
    } else if (dice < 987) {
      player.note('leaves')
      player.client!.close()
    } else if (dice < 989 && remote?.connected) {
      player.note('is thrown out')
      remote.kick()
    } else if (dice < 994 && remote?.connected && this.#options.transfers !== false) {
      player.note('is to be sent on')
      this.#count('transfers')
      remote.transfer(this.url, { zone: this.#zone() }).catch(error => player.note(`transfer: ${error.message}`))
    } else if (dice < 996) {
      const road = this.pick(this.#roads.roads)!
      this.#count('tunnels')
      road.listener.freeze(100 + this.int(4000))
    }
  }

  get #objects(): Toy[] {
    return [...this.server.objects] as Toy[]
  }

  #isAvatar(object: Toy): boolean {
    const owner = object.owner as unknown as Remote | null
    return owner !== null && this.server.clients.get(owner.id)?.avatar === object
  }

  #serverActs(): void {
    const { model, server } = this
    const dice = this.int(100)
    const object = this.pick(this.#objects)
    const client = this.pick([...server.clients.values()])
    if (dice < 50) return void (object && this.#send(object, client))
    if (dice < 60) {
      if (server.objects.size > 3 * this.#options.players) return
      this.#create(client)
    } else if (dice < 66) {
      if (!object || this.#isAvatar(object)) return
      object.delete()
    } else if (dice < 80) {
      if (!object) return
      const zone = this.int(10) === 0 ? null : this.#zone()
      model.move(object.id, zone)
      void object.enterZone(zone)
    } else if (dice < 88) {
      if (!object || this.#isAvatar(object)) return
      const to = this.int(3) === 0 ? null : (client ?? null)
      model.transfer(object.id, to?.id ?? null)
      object.transferOwner(to)
    } else if (client) {
      const mode = (['set', 'add', 'delete'] as const)[this.int(3)]!
      void client.zones[mode]([...new Set([this.#zone(), this.#zone()])])
    }
  }

  #create(client: Remote | undefined): void {
    const type = this.pick(this.#classes)!
    const n = 1 + this.int(10)
    const owner = this.int(2) === 0 ? null : (client ?? null)
    const zone = this.int(8) === 0 ? null : this.#zone()
    this.server.create<Toy>(
      type,
      o => {
        o.send.colour(n)
        o.send.secret(n)
      },
      { zone, owner },
    )
  }

  #send(object: Toy, client: Remote | undefined): void {
    const name = this.pick(rules)!.name
    const dice = this.int(10)
    // A call that waits behind a request is handled later, when nobody knows any more whom it was for.
    const narrow = !(object instanceof Actor) && client && dice < 2 ? dice : 2
    this.#narrow = { only: narrow === 0 ? client!.id : null, except: narrow === 1 ? client!.id : null }
    const through = narrow === 0 ? object.sendTo(client!) : narrow === 1 ? object.sendExcept(client!) : object.send
    const n = rules.find(rule => rule.name === name)!.latest ? 500 + this.int(60) : this.int(1000)
    if (name === 'target') (through as Toy).target(this.pick([null, ...this.#objects])!)
    else (through as Toy)[name as 'colour'](n)
    this.#narrow = { only: null, except: null }
  }

  // ---- the end

  /** Nobody is kept away any more, and nobody new comes. */
  calm(): void {
    for (const { line } of this.players) line.isDown = false
    for (const villain of this.#villains) villain.leave()
  }

  /** Whether all who were on their way have arrived, and all that was asked is answered. */
  get isCalm(): boolean {
    for (const player of this.players) {
      if (player.state === 'gone') continue
      if (!player.isHere || player.open.size > 0) return false
    }
    return (
      this.#villains.size === 0 &&
      this.server.clients.size === [...this.players].filter(({ state }) => state === 'here').length
    )
  }

  /** Somebody who is not calm. */
  get restless(): Player | null {
    return [...this.players].find(({ state, isHere, open }) => state !== 'gone' && (!isHere || open.size > 0)) ?? null
  }

  /** @throws SoakFailure where something has gone wrong, and where somebody does not see what it ought to. */
  check(): void {
    if (this.#failure) throw this.#failure
    for (const player of this.players) if (player.state === 'here') this.#checkView(player)
    expect(this.#objects.map(({ id }) => id).sort()).to.deep.equal([...this.model.things.keys()].sort())
  }

  #checkView(player: Player): void {
    if (player.pumps) player.client!.pump()
    const client = player.client!
    const viewer = this.model.viewers.get(client.id)
    if (!viewer) throw new SoakFailure(`The server does not know client ${client.id}.`, player)
    const sight = player.sight()
    for (const id of new Set([...Object.keys(sight).map(Number), ...viewer.view.keys()])) {
      let meant = viewer.view.get(id)
      if (player.refreshed && meant && sight[id]) meant = this.#forgiven(client.id, id, meant, sight[id])
      const [seen, due] = [JSON.stringify(sorted(sight[id])), JSON.stringify(sorted(meant))]
      if (seen === due) continue
      const story = this.#stories.get(id)?.join('\n  ')
      throw new SoakFailure(
        `Client ${client.id} sees object ${id} as\n${seen}, not\n${due}\nWhat happened to it:\n  ${story}`,
        player,
      )
    }
    const [zones, meant] = [[...client.zones].sort(), [...viewer.interests.keys()].sort()].map(String)
    if (zones !== meant) throw new SoakFailure(`Client ${client.id} watches ${zones}, not ${meant}`, player)
  }

  /** Without what a client cannot know that was told everything anew. */
  #forgiven(client: number, id: number, meant: Sight, seen: Sight): Sight {
    const visits = seen.enters - seen.leaves === 1 ? { enters: seen.enters, leaves: seen.leaves } : {}
    return {
      ...meant,
      ...visits,
      values: { ...seen.values, ...this.model.certain(client, id) },
      calls: { ...seen.calls },
    }
  }

  /** The newest of what happened to whom, in short: equal in two soaks that are the same. */
  get told(): readonly unknown[] {
    return [...this.#stories]
  }

  isStopped = false

  async stop(): Promise<void> {
    await this.server.stop()
    this.isStopped = true
  }

  /** Everybody leaves, and what they made goes. */
  empty(): void {
    for (const { client } of this.players) client?.close()
    for (const client of [...this.server.clients.values()]) client.kick()
    for (const object of this.#objects) object.delete()
    this.players.clear()
  }
}
