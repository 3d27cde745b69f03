/** A server under attack, with an honest client that must notice nothing, and a record of everything that must not happen. */
import { expect } from 'chai'
import {
  type bool,
  type bytes,
  Flags,
  field,
  type float32,
  type float64,
  type int32,
  NetworkObject,
  networkClass,
  Registry,
  type str,
  type uint8,
  type uint16,
  type varint,
} from 'fieldcast'
import type { Client } from 'fieldcast/client'
import type { Limits, ServerOptions } from 'fieldcast/server'
import type { World } from 'fieldcast/testing'
import { VirtualClock } from 'fieldcast/testing'
import { type Channel, Frame } from '../../lib/link/transport.ts'
import { putLogin, putPing, putSelect } from '../../lib/protocol/messages.ts'
import * as Op from '../../lib/protocol/opcodes.ts'
import { protocolVersion } from '../../lib/protocol/version.ts'
import { Intruder, stranger, written } from './intruder.ts'
import type { RawClient } from './raw-client.ts'
import { Forever, Sum, siegeMessages, Thing, validMessages, Word } from './siege-messages.ts'
import type { Start } from './stage.ts'
import { comings } from './zones.ts'

const registry = new Registry()

/** The avatar of everyone; the honest client's is what attacks aim at. */
@networkClass(10, { registry })
export class Knight extends NetworkObject {
  readonly heard: unknown[] = []
  readonly scores: number[] = []

  @field(Flags.OwnerSend | Flags.Broadcast | Flags.RAM)
  wave(n: uint16): void {
    this.heard.push(n)
  }

  /** The server's alone. */
  @field(Flags.Broadcast)
  order(n: uint16): void {
    this.heard.push(`order ${n}`)
  }

  @field(Flags.OwnerSend, { violations: 'ignore' })
  mild(text: str<8>): void {
    this.heard.push(text)
  }

  @field(Flags.OwnerSend, { violations: 'close' })
  strict(text: str<8>): void {
    this.heard.push(text)
  }

  @field(Flags.OwnerSend)
  say(text: str<1000>): void {
    this.heard.push(text)
  }

  @field(Flags.OwnerSend)
  ask(n: uint16): Promise<uint16> {
    return Promise.resolve(n)
  }

  @field(Flags.Broadcast | Flags.RAM)
  score(n: uint16): void {
    this.scores.push(n)
  }
}

/** A type that holds itself. */
export interface Branch {
  twigs: Branch[]
}

/** What intruders may call, each for itself. */
@networkClass(11, { registry, clientCreate: true, clientDelete: true, onOwnerGone: 'delete' })
export class Tent extends NetworkObject {
  @field(Flags.ClientSend | Flags.Broadcast | Flags.RAM)
  paint(colour: str<20>, thick: uint16): void {}

  @field(Flags.ClientSend)
  link(to: Tent | null, all: Tent[]): void {}

  @field(Flags.ClientSend)
  ask(n: uint16): Promise<uint16> {
    return Promise.resolve(n)
  }

  @field(Flags.ClientSend)
  brood(): Promise<uint16> {
    return new Promise(() => {})
  }

  // What has been told to the server's own, and nobody else.
  readonly told: unknown[] = []

  @field(Flags.ClientSend)
  tell(value: unknown): void {
    this.told.push(value)
  }

  @field(Flags.ClientSend)
  measure(a: float32, b: float64, c: int32, d: varint, e: bool): void {
    this.told.push([a, b, c, d, e])
  }

  @field(Flags.ClientSend)
  sort(counts: Map<str<8>, uint8>, marks: Set<uint16>): void {
    this.told.push([counts.size, marks.size])
  }

  @field(Flags.ClientSend)
  grow(branch: Branch): void {
    this.told.push(branch)
  }

  @field(Flags.ClientSend | Flags.Latest | Flags.Broadcast)
  aim(n: uint16): void {
    this.told.push(n)
  }

  @field(Flags.Broadcast)
  roll(picture: bytes<60000>): void {}
}

export const siegeClasses = [Knight, Tent]

/** The zone where intruders live and nobody else. */
export const camp = 66

/** Limits that let floods of frames through, so that no rate hides what each of them does. */
export const noRates: Partial<Limits> = { callsPerSecond: 1e9, bytesPerSecond: 1e12, connectionsPerAddress: 1e6 }

export class Siege {
  readonly world: World<Knight>
  readonly honest: Client<Knight>
  /** In the camp: what intruders see besides themselves. */
  readonly tent: Tent
  /** Where nobody watches. */
  readonly hidden: Tent
  /** What handlers of messages heard, with the id of the sender. */
  readonly said: unknown[] = []
  /** Names of the events of messages. */
  readonly events: string[] = []
  readonly violations: { reason: string; object: number | null; field: string | null }[] = []
  readonly #faults: unknown[] = []
  readonly #log: string[]
  readonly #before: { objects: number; timers: number | null }
  readonly #note = (fault: unknown): void => void this.#faults.push(fault)
  #waves = 0

  private constructor(world: World<Knight>, honest: Client<Knight>) {
    this.world = world
    this.honest = honest
    this.tent = world.server.create(Tent, null, { zone: camp })
    this.hidden = world.server.create(Tent, null, { zone: 99 })
    world.server.on('violation', ({ reason, object, field: name }) =>
      this.violations.push({ reason, object, field: name }),
    )
    world.server.on('error', ({ error, where }) => this.#faults.push(`${where}: ${(error as Error).stack}`))
    const { messages } = world.server
    messages.on(Word, ({ text, times }, from) => void this.said.push([text, times, from.id]))
    messages.on(Sum, ({ a, b }) => (a + b) | 0)
    messages.on(Thing, ({ value }) => void this.said.push(value))
    messages.on(Forever, () => new Promise<number>(() => {}))
    for (const event of ['unknown', 'unheard', 'misplaced', 'dropped'] as const) {
      messages.onEvent(event, () => this.events.push(event))
      honest.messages.onEvent(event, () => this.#log.push(event))
    }
    honest.on('error', ({ error }) => this.#faults.push(error))
    process.on('unhandledRejection', this.#note)
    process.on('uncaughtException', this.#note)
    this.#log = comings(honest)
    for (const event of ['zone', 'owner', 'zone-left', 'vetoed', 'dropped', 'close'] as const)
      honest.on(event, () => this.#log.push(event))
    this.#before = this.#counts()
  }

  static async start(start: Start, options: Partial<ServerOptions> = {}): Promise<Siege> {
    const world = await start<Knight>({
      server: {
        classes: siegeClasses,
        avatar: Knight,
        login: credentials => ({ zone: credentials === 'honest' ? 0 : camp }),
        canWatch: (_, zone) => zone >= camp && zone !== 99,
        messages: siegeMessages(),
        ...options,
        limits: { ...noRates, ...options.limits },
      },
      client: { classes: siegeClasses as never, messages: siegeMessages() },
    })
    const honest = await world.join('honest')
    await world.settle()
    return new Siege(world, honest)
  }

  /** A connection that has said nothing. */
  stranger(): Promise<RawClient> {
    return stranger(this.world)
  }

  /** A logged-in client in the camp. */
  intruder(): Promise<Intruder> {
    return Intruder.join(this.world, siegeClasses)
  }

  /** Lets time pass until the server has read all that a connection sent, or has ended it. */
  async heard(raw: RawClient): Promise<void> {
    const pongs = (): number => raw.frames.filter(frame => frame[0] === Op.Pong).length
    const before = pongs()
    raw.write(w => putPing(w, 0, 0))
    while (pongs() === before && !raw.ended) await this.world.until(raw.next())
  }

  /** Sends the same again and again until the connection has ended: however slow the machine, a rate is exceeded. */
  async flood(raw: RawClient, bytes: Uint8Array): Promise<void> {
    for (let sent = 0; !raw.ended; sent++) {
      if (sent > 5000) throw new Error(`5,000 frames of ${bytes.length} bytes were let through.`)
      raw.send(bytes)
      if (sent % 20 === 19) await this.heard(raw)
    }
  }

  /** Lets time pass until a connection has ended, and gives the code that the server ended it with. */
  async end(raw: RawClient): Promise<number> {
    await this.world.until(raw.gone)
    return raw.closed?.code ?? raw.ended?.code ?? 0
  }

  /** Fails unless all is as it was before the attack, once its connections are gone. */
  async unharmed(): Promise<void> {
    const { world, honest } = this
    try {
      await world.settle()
      await world.until(this.#intrudersGone())
      const n = ++this.#waves
      honest.avatar.send.wave(n)
      await world.settle()
      expect(this.#faults, 'errors').to.deep.equal([])
      expect(honest.connected, 'the honest client is connected').to.equal(true)
      expect(this.#log, 'what the honest client noticed').to.deep.equal([])
      expect([...honest.objects]).to.deep.equal([honest.avatar])
      const waves = Array.from({ length: n }, (_, i) => i + 1)
      expect(honest.avatar.heard).to.deep.equal(waves)
      expect((world.server.objects.get(honest.avatar.id) as Knight).heard).to.deep.equal(waves)
      expect([...world.server.clients.keys()], 'clients').to.deep.equal([honest.id])
      expect(this.#counts()).to.deep.equal(this.#before)
    } finally {
      this.deafen()
    }
  }

  /** Listens to the process no longer. */
  deafen(): void {
    process.off('unhandledRejection', this.#note)
    process.off('uncaughtException', this.#note)
  }

  #counts(): { objects: number; timers: number | null } {
    const { clock, server } = this.world
    return { objects: server.objects.size, timers: clock instanceof VirtualClock ? clock.pending : null }
  }

  #intrudersGone(): Promise<void> {
    const { server } = this.world
    return new Promise(resolve => {
      if (server.clients.size <= 1) return resolve()
      const off = server.on('close', () => {
        if (server.clients.size > 1) return
        off()
        resolve()
      })
    })
  }
}

/** Well-formed frames by name, as an honest client in the camp could send them. */
export function validFrames(siege: Siege, intruder: Intruder): Record<string, Uint8Array> {
  const { tent } = siege
  const callOf = (op: number, path: string, put: Parameters<typeof written>[0]): Uint8Array => {
    const args = written(put)
    return written(w => {
      w.u8(op)
      if (op === Op.Request) w.varint(1)
      w.varint(intruder.keyOf(path))
      w.varint(tent.id)
      w.varint(args.length)
      w.raw(args)
    })
  }
  const first = written(w => {
    w.text('red')
    w.u16(3)
  })
  return {
    call: callOf(Op.Call, 'Tent.paint', w => (w.text('blue'), w.u16(9))),
    references: callOf(Op.Call, 'Tent.link', w => (w.varint(tent.id), w.varint(2), w.varint(tent.id), w.varint(0))),
    request: callOf(Op.Request, 'Tent.ask', w => w.u16(77)),
    create: written(w => {
      w.u8(Op.Create)
      w.varint(2)
      w.varint(11)
      w.varint(camp + 1)
      const call = written(
        c => (c.varint(1), c.varint(intruder.keyOf('Tent.paint')), c.varint(first.length), c.raw(first)),
      )
      w.varint(call.length)
      w.raw(call)
    }),
    watch: written(w => {
      w.u8(Op.Watch)
      w.varint(3)
      w.u8(1)
      w.varint(2)
      w.varint(70)
      w.varint(300)
    }),
    fetch: written(w => (w.u8(Op.Fetch), w.varint(tent.id))),
    delete: written(w => (w.u8(Op.Delete), w.varint(intruder.avatar))),
    ping: written(w => putPing(w, 1, 2)),
    ...validMessages(),
    select: written(w =>
      putSelect(w, { protocol: protocolVersion, connectionType: 'game', hash: siege.world.server.schemaHash }),
    ),
    login: written(w => putLogin(w, '{"name":"eve"}')),
  }
}

/** Sends a frame on a bare channel. */
export function sendOn(channel: Channel, bytes: Uint8Array): void {
  channel.send(new Frame(bytes))
}

/** Runs tasks side by side, so many at once. */
export async function inParallel<T>(items: Iterable<T>, run: (item: T) => Promise<void>, at = 32): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: at }, worker))
}
