/** A server and its clients in one process, under virtual time, with latency, jitter and disconnects from a seed: the same run each time, to the byte. */

import {
  type Conditioner,
  type ConditionerOptions,
  conditioner,
  type ProfileName,
} from '../../transports/conditioner.ts'
import { memory } from '../../transports/memory.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { ConnectionFailed, UsageError } from '../base/errors.ts'
import { logWarning } from '../base/log.ts'
import { type Random, seededRandom } from '../base/random.ts'
import { type Client, type ConnectOptions, connect } from '../client.ts'
import type { Channel, Dialer, Listener } from '../link/transport.ts'
import { loadFollow } from '../replication/view/load-follow.ts'
import { loadAll } from '../replication/view/load-rare.ts'
import { loadDifferences } from '../schema/load-differences.ts'
import type { NetworkObject } from '../schema/network-object.ts'
import { loadCodecs } from '../schema/rare/load.ts'
import { createServer, type Server, type ServerOptions } from '../server.ts'
import { noteIn, type TracedFrame, tracedChannel, tracedReceiver } from './trace.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

export type { TracedFrame } from './trace.ts'

export interface WorldOptions<A extends NetworkObject = NetworkObject> {
  /** As for `createServer`, without transports and clock. `tickRate` is `'manual'` where absent: `settle()` ticks. */
  readonly server: Omit<ServerOptions, 'transports' | 'clock' | 'random'>
  /** Defaults for every `join`. */
  readonly client: Omit<ConnectOptions<A>, 'transport' | 'clock' | 'random'>
  /** One way, ms. @default 0 */
  readonly latency?: number
  /** Up to so many ms more, by chance. Order is kept. @default 0 */
  readonly jitter?: number
  /** A network by name, or by its figures: loss, bandwidth, breaks of each connection and what else `conditioner` knows. `latency` and `jitter` come on top. @default none */
  readonly network?: ProfileName | Omit<ConditionerOptions, 'clock' | 'seed' | 'random'>
  /** Whether the wire has datagrams, as UDP and WebRTC have. @default false */
  readonly datagrams?: boolean
  /** Connections that break by chance, per minute of virtual time, over all clients. @default 0 */
  readonly disconnectsPerMinute?: number
  /** Equal seeds give equal runs. @default 1 */
  readonly seed?: number
  /** Keeps every frame in `world.trace`. @default false */
  readonly trace?: boolean
  /** A real wire instead of virtual time and memory: the same test on both. As a function it makes a wire that runs on the world's virtual time. */
  readonly wire?: { readonly listener: Listener; readonly dialer: () => Dialer } | ((clock: Clock) => Listener & Dialer)
}

/** A client's way to the server. */
interface Line {
  channel: Channel | undefined
  isDown: boolean
}

/** As much of Node's process as is used, where there is one. */
interface NodeLike {
  on?(event: 'beforeExit', listener: () => void): unknown
  off(event: 'beforeExit', listener: () => void): unknown
}

/** Deflating takes time that is not virtual: only who asks for it has it. */
const unpacked = { compression: false } as const
/** How long a promise may take under virtual time before `until` gives up, ms. */
const patience = 120_000
/** How long `settle` waits for a network on which there is always something under way, ms each way. */
const settling = 30_000

export class World<A extends NetworkObject = NetworkObject> {
  readonly server: Server
  /** The clients that joined, in order; those that have left too. */
  readonly clients: Client<A>[] = []
  readonly trace: TracedFrame[] = []
  readonly random: Random
  readonly clock: Clock
  readonly #options: WorldOptions<A>
  readonly #virtual: VirtualClock | null
  readonly #dialer: () => Dialer
  readonly #manual: boolean
  readonly #network: (Listener & Conditioner) | null
  readonly #lines = new Map<Client<A>, Line>()
  #url = ''
  #joined = 0
  #unwatch: () => unknown = () => {}

  private constructor(options: WorldOptions<A>) {
    const { latency = 0, jitter = 0, seed = 1, datagrams = false, network, wire, server } = options
    this.#options = options
    this.random = seededRandom(seed)
    const real = typeof wire === 'object' ? wire : null
    this.#virtual = real ? null : new VirtualClock()
    this.clock = this.#virtual ?? systemClock
    const delayed = latency > 0 || jitter > 0
    const bare =
      real?.listener ??
      (typeof wire === 'function' ? wire(this.clock) : null) ??
      memory({
        clock: this.clock,
        datagrams,
        ...(delayed && { delay: () => latency + this.random.number() * jitter }),
      })
    const weather = typeof network === 'string' ? { profile: network } : network
    this.#network = weather ? conditioner(bare, { ...weather, clock: this.clock, seed: ~seed }) : null
    const line: Listener = this.#network ?? bare
    this.#dialer = real?.dialer ?? (() => line as Listener & Dialer)
    this.#manual = (server.tickRate ?? 'manual') === 'manual'
    this.server = createServer({
      ...(this.#virtual && unpacked),
      ...server,
      tickRate: server.tickRate ?? 'manual',
      transports: [line],
      clock: this.clock,
      random: this.random,
    })
  }

  /** Makes a world and starts its server. */
  static async start<A extends NetworkObject>(options: WorldOptions<A>): Promise<World<A>> {
    const world = new World(options)
    world.#watchForStall()
    // Virtual time must not run out while a file is being read.
    await loadDifferences()
    await loadCodecs('"unknown"')
    await loadAll()
    await loadFollow()
    await options.client.messages?.ready()
    world.#url = (await world.server.start())[0]!
    world.#breakByChance()
    return world
  }

  /** Where the server listens: for clients that this world does not make. */
  get url(): string {
    return this.#url
  }

  /** What `network` has made of the wire: it can be cut, and frozen for a while. @throws UsageError without that option. */
  get network(): Conditioner {
    if (this.#network) return this.#network
    throw new UsageError(
      "This world has a perfect network. Another is made by World.start({ network: 'bad-wifi', … }).",
    )
  }

  /** A way to reach `url`. */
  dialer(): Dialer {
    return this.#dialer()
  }

  /** Connects one more client and lets time pass until it is there. @throws what `connect` throws. */
  join<B extends A = A>(login?: unknown, options: Partial<ConnectOptions<B>> = {}): Promise<Client<B>> {
    const number = ++this.#joined
    const line: Line = { channel: undefined, isDown: false }
    const dialer = this.#dialer()
    const transport: Dialer = {
      dial: async (url, accept, limits) => {
        if (line.isDown)
          throw new ConnectionFailed('The world keeps this client from the server until restore() is called.')
        await dialer.dial(
          url,
          opened => {
            const note = this.#options.trace && noteIn(this.trace, this.clock, number)
            line.channel = note ? tracedChannel(opened, note) : opened
            const receiver = accept(line.channel)
            return note ? tracedReceiver(receiver, note) : receiver
          },
          limits,
        )
      },
    }
    const joining = connect<A, B>(this.#url, {
      ...(this.#virtual && unpacked),
      ...this.#options.client,
      ...options,
      login,
      transport,
      clock: this.clock,
      random: this.random,
    } as never)
    return this.until(
      joining.then(client => {
        this.clients.push(client as unknown as Client<A>)
        this.#lines.set(client as unknown as Client<A>, line)
        return client as Client<B>
      }),
    )
  }

  /** Lets time pass until a promise settles, and gives what it gave. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let pending = true
    const done = (): void => {
      pending = false
    }
    promise.then(done, done)
    const end = this.clock.now() + patience
    await settled()
    while (pending) {
      if (this.clock.now() > end)
        throw new UsageError(`Nothing settled the promise within ${patience} ms of the world's time.`)
      if (this.#manual) this.server.tick()
      if (this.#virtual) await this.#virtual.step(10)
      else await settled()
    }
    return promise
  }

  /** Lets `ms` milliseconds of virtual time pass. */
  async run(ms: number): Promise<void> {
    if (!this.#virtual) throw new UsageError('run() needs virtual time; on a real wire use settle() or until().')
    await this.#virtual.advance(ms)
  }

  /** Lets time pass until everything that has been sent, and what it set off, has arrived everywhere. Ticks where the server does not by itself. */
  async settle(): Promise<void> {
    const { server } = this.#options
    for (let round = 0; round < 3; round++) {
      if (this.#virtual) {
        await this.#arrive(this.#virtual)
        if (this.#manual) this.server.tick()
        else
          await this.#virtual.advance(server.tickRate ? 1000 / (server.tickRate as number) : (server.flushGapMs ?? 2))
        await this.#arrive(this.#virtual)
      } else {
        await this.#everyonePings()
        this.server.tick()
        await this.#everyonePings()
      }
    }
  }

  /** Breaks a client's connection without a word, and waits until both ends know. The client connects again at once, unless it gives up on a loss. */
  async cut(client: Client<any>): Promise<void> {
    const line = this.#lineOf(client)
    if (!client.connected) return
    const gone = Promise.all([
      firstOf(tell => [client.on('lost', tell), client.on('close', tell)]),
      firstOf(tell => {
        const tellOfIt = (event: { readonly client: { readonly id: number } | null }): void => {
          if (event.client?.id === client.id) tell()
        }
        return [this.server.on('lost', tellOfIt), this.server.on('close', tellOfIt)]
      }),
    ])
    line.channel!.abort()
    await this.until(gone)
  }

  /** The same, and keeps the client from the server until `restore`. */
  async lose(client: Client<any>): Promise<void> {
    this.#lineOf(client).isDown = true
    await this.cut(client)
  }

  /** Lets a client that `lose` keeps away reach the server again, and waits until it has come back, or has given up. */
  async restore(client: Client<any>): Promise<void> {
    this.#lineOf(client).isDown = false
    const ended = firstOf(tell => [client.on('resumed', tell), client.on('close', tell)])
    if (!client.connected) await this.until(ended)
  }

  #lineOf(client: Client<any>): Line {
    const line = this.#lines.get(client)
    if (line) return line
    throw new UsageError('Only a client that joined this world can be cut off.')
  }

  /** Stops the server and ends all connections. */
  async stop(): Promise<void> {
    // The end is meant: nobody needs to be warned of it.
    for (const client of this.clients) client.on('close', () => {})
    await this.until(this.server.stop())
    this.#unwatch()
  }

  /** A plain await on what needs virtual time waits for ever, and Node then ends without a word. */
  #watchForStall(): void {
    const { process } = globalThis as { process?: NodeLike }
    if (!this.#virtual || !process?.on) return
    const warn = (): void =>
      logWarning(
        'the process ends while a World is open. Nobody moves its clock: write await world.until(promise) instead of await promise, and await world.stop() at the end.',
      )
    process.on('beforeExit', warn)
    this.#unwatch = () => process.off('beforeExit', warn)
  }

  async #arrive(clock: VirtualClock): Promise<void> {
    const { latency = 0, jitter = 0 } = this.#options
    await clock.advance(latency + jitter)
    // What waits for the line, or is sent again, takes as long as it takes.
    const end = clock.now() + settling
    while (this.#network && this.#network.underway > 0 && clock.now() < end) await clock.step(10)
  }

  async #everyonePings(): Promise<void> {
    await Promise.allSettled(
      this.clients
        .filter(client => client.connected)
        .map(client =>
          Promise.race([client.ping(), firstOf(tell => [client.on('lost', tell), client.on('close', tell)])]),
        ),
    )
    await settled()
  }

  #breakByChance(): void {
    const { disconnectsPerMinute = 0 } = this.#options
    if (disconnectsPerMinute <= 0) return
    const wait = (-Math.log(1 - this.random.number()) * 60_000) / disconnectsPerMinute
    this.clock.after(wait, () => {
      const connected = this.clients.filter(client => client.connected)
      const victim = connected[Math.floor(this.random.number() * connected.length)]
      if (victim) this.#lines.get(victim)?.channel?.abort()
      this.#breakByChance()
    })
  }
}

/** Resolves with the first of some events. @param listen gives what ends each. */
function firstOf(listen: (tell: () => void) => (() => void)[]): Promise<void> {
  return new Promise(resolve => {
    const ends = listen(() => {
      for (const end of ends) end()
      resolve()
    })
  })
}
