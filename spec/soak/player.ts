/** An honest client of a soak: what it does, what it has been told, and the story of both. */
import type { Rejected } from 'fieldcast'
import { type Client, connect } from 'fieldcast/client'
import type { Clock } from '../../lib/base/clock.ts'
import type { Random } from '../../lib/base/random.ts'
import type { Sight } from '../support/model.ts'
import { byAll, byOwner, rules, type Toy } from '../support/play.ts'
import { Actor, Cat, cast } from './cast.ts'
import type { Line } from './roads.ts'

/** As much of a story as is told. */
const newest = 60

/** What the soak gives to each of its players. */
export interface Stage {
  readonly clock: Clock
  readonly random: Random
  readonly url: string
  readonly zones: number
  readonly requestMs: number
  int(below: number): number
  pick<T>(items: readonly T[]): T | undefined
  wrong(player: Player, what: string): void
}

export class Player {
  readonly name: string
  readonly line: Line
  readonly story: string[] = []
  readonly pumps: boolean
  client: Client<Toy> | null = null
  state: 'coming' | 'here' | 'gone' = 'coming'
  /** Told everything anew at least once in this session. */
  refreshed = false
  /** Lost at least once in this session, and back. */
  /** Between two servers. */
  travels = false
  /** Requests and wishes that nobody has answered yet. */
  readonly open = new Set<string>()
  /** Of each object: visits that have ended. */
  #visits = new Map<number, number>()
  readonly #stage: Stage
  #asked = 0

  constructor(stage: Stage, name: string, line: Line, pumps: boolean) {
    this.#stage = stage
    this.name = name
    this.line = line
    this.pumps = pumps
  }

  note(what: string): void {
    this.story.push(`${this.#stage.clock.now().toFixed(0)} ${what}`)
    if (this.story.length > newest) this.story.shift()
  }

  get isHere(): boolean {
    return this.state === 'here' && this.client!.connected && !this.travels
  }

  join(zone: number): void {
    const stage = this.#stage
    this.note(`${this.name} connects by ${this.line.name}${this.pumps ? ', and pumps' : ''}`)
    connect<Toy>(stage.url, {
      classes: cast as never,
      login: { name: this.name, zone },
      transport: this.line,
      clock: stage.clock,
      random: stage.random,
      requestMs: stage.requestMs,
      pump: this.pumps ? 'manual' : 'auto',
      on: {
        leave: ({ object }) => this.#visits.set(object.id, (this.#visits.get(object.id) ?? 0) + 1),
        lost: ({ reason }) => this.note(`lost: ${reason}`),
        resumed: ({ awayMs, fresh }) => {
          this.note(`resumed by ${this.line.name} after ${Math.round(awayMs)} ms${fresh ? ', fresh' : ''}`)
          this.refreshed ||= fresh
        },
        transfer: () => {
          this.note('is sent on')
          this.travels = true
          this.refreshed = false
          this.#visits = new Map()
        },
        transferred: () => {
          this.note(`is client ${this.client!.id} now`)
          this.travels = false
        },
        close: ({ reason, text }) => {
          this.note(`closed: ${reason}, ${text}`)
          this.state = 'gone'
          if (!farewells.has(reason)) stage.wrong(this, `was closed as ${reason}: ${text}`)
        },
        error: ({ error, where }) => stage.wrong(this, `error in ${where}: ${(error as Error).stack}`),
        dropped: ({ object, field, why }) => {
          if (why === 'unknown-object') stage.wrong(this, `got ${field} of ${object}, which it does not know`)
        },
      },
    }).then(
      client => {
        this.client = client
        if (this.state === 'coming') this.state = 'here'
        this.note(`is client ${client.id}, ${this.state}`)
      },
      error => {
        this.note(`was not let in: ${error.message}`)
        this.state = 'gone'
      },
    )
    if (this.pumps) this.#pumpLater()
  }

  /** One thing that a player does. */
  act(): void {
    const { client } = this
    const stage = this.#stage
    if (!client || this.state !== 'here' || this.travels) return
    const dice = stage.int(100)
    const objects = [...client.objects] as Toy[]
    const object = stage.pick(objects)
    if (dice < 60) {
      if (object) this.#call(client, object, objects)
    } else if (dice < 70) {
      const actor = stage.pick(objects.filter(one => one instanceof Actor)) as Actor | undefined
      if (actor) this.#ask(actor)
    } else if (dice < 80) {
      const zone = stage.int(3) === 0 ? 0 : stage.int(stage.zones)
      this.note(`watches ${zone}`)
      this.#await(`watch ${zone}`, client.zones.set([zone]))
    } else if (dice < 88) {
      const zone = stage.pick([null, ...client.zones])!
      const type = stage.pick([Actor, Cat])!
      const n = stage.int(1000)
      this.note(`creates a ${type.name} in ${zone} with ${n}`)
      this.#await(
        `create ${n}`,
        client.create(type, draft => draft.send.colour(n), { zone }),
      )
    } else if (dice < 92) {
      const own = stage.pick(
        objects.filter(
          one => one.owner?.id === client.id && one !== client.avatar && !(one.constructor.name === 'Tree'),
        ),
      )
      if (!own) return
      this.note(`deletes ${own.id}`)
      own.delete()
    } else if (dice < 96 && client.connected) {
      this.#await('ping', client.ping())
    } else for (let i = 0; i < 20; i++) if (object) this.#call(client, object, objects)
  }

  #call(client: Client<Toy>, object: Toy, others: readonly Toy[]): void {
    const stage = this.#stage
    const name = stage.pick(object.owner?.id === client.id ? [...byOwner, ...byAll] : byAll)!
    if (object instanceof Actor && object.owner?.id === client.id && stage.int(10) === 0)
      object.send.spark(stage.int(9))
    if (name === 'target') {
      const target = stage.pick([null, ...others])!
      this.note(`target of ${object.id}: ${target?.id}`)
      return object.send.target(target)
    }
    const n = rules.find(rule => rule.name === name)!.latest ? 500 + stage.int(60) : stage.int(1000)
    this.note(`${name} of ${object.id}: ${n}`)
    object.send[name as 'colour'](n)
  }

  #ask(actor: Actor): void {
    const n = this.#asked++ % 60_000
    this.note(`asks ${actor.id}: ${n}`)
    this.#await(
      `ask ${n}`,
      actor.send.ask(n).then(answer => {
        if (answer !== n + 1) this.#stage.wrong(this, `asked ${n} and was told ${answer}`)
      }),
    )
  }

  /** Whatever comes of it: it comes once. */
  #await(what: string, promise: Promise<unknown>): void {
    const key = `${what} at ${this.#stage.clock.now()}.${this.#asked++}`
    this.open.add(key)
    promise.then(
      () => this.#settled(key),
      (error: Error) => {
        this.note(`${what}: ${(error as Rejected).code ?? ''} ${error.message.slice(0, 80)}`)
        this.#settled(key)
      },
    )
  }

  #settled(key: string): void {
    if (!this.open.delete(key)) this.#stage.wrong(this, `${key} settled twice`)
  }

  #pumpLater(): void {
    this.#stage.clock.after(20 + this.#stage.int(300), () => {
      if (this.state === 'gone') return
      this.client?.pump()
      this.#pumpLater()
    })
  }

  /** What it really sees, in the model's terms. */
  sight(): Record<number, Sight> {
    const counted = rules.filter(({ latest }) => !latest).map(({ name }) => name)
    return Object.fromEntries(
      [...this.client!.objects].map(object => {
        const toy = object as Toy
        const ended = this.#visits.get(toy.id) ?? 0
        const sight: Sight = {
          zone: toy.zone,
          owner: toy.owner?.id ?? null,
          enters: ended + toy.entered,
          leaves: ended + toy.left,
          values: toy.values,
          calls: Object.fromEntries(Object.entries(toy.calls).filter(([name]) => counted.includes(name))),
        }
        return [toy.id, sight]
      }),
    )
  }
}

/** Ends that an honest client may meet in a soak. */
const farewells = new Set([
  'normal',
  'lost',
  'heartbeat-timeout',
  'session-over',
  'kicked',
  'double-login',
  'too-slow',
  'server-shutdown',
  'transferred',
])
