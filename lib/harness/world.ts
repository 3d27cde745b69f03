/** A server and its clients in one process, under virtual time, with latency, jitter and disconnects from a seed: the same run each time, to the byte. */

import { memory } from '../../transports/memory.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { UsageError } from '../base/errors.ts'
import { logWarning } from '../base/log.ts'
import { type Random, seededRandom } from '../base/random.ts'
import { type Client, type ConnectOptions, connect } from '../client.ts'
import type { Channel, ChannelReceiver, Dialer, Frame, Listener } from '../link/transport.ts'
import { loadRare } from '../replication/view/load-rare.ts'
import { loadDifferences } from '../schema/load-differences.ts'
import type { NetworkObject } from '../schema/network-object.ts'
import { loadCodecs } from '../schema/rare/load.ts'
import { createServer, type Server, type ServerOptions } from '../server.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

export interface WorldOptions<A extends NetworkObject = NetworkObject> {
  /** As for `createServer`, without transports and clock. `tickRate` is `'manual'` where absent: `settle()` ticks. */
  readonly server: Omit<ServerOptions, 'transports' | 'clock' | 'random'>
  /** Defaults for every `join`. */
  readonly client: Omit<ConnectOptions<A>, 'transport' | 'clock'>
  /** One way, ms. @default 0 */
  readonly latency?: number
  /** Up to so many ms more, by chance. Order is kept. @default 0 */
  readonly jitter?: number
  /** Connections that break by chance, per minute of virtual time, over all clients. @default 0 */
  readonly disconnectsPerMinute?: number
  /** Equal seeds give equal runs. @default 1 */
  readonly seed?: number
  /** Keeps every frame in `world.trace`. @default false */
  readonly trace?: boolean
  /** A real wire instead of virtual time and memory: the same test on both. */
  readonly wire?: { readonly listener: Listener; readonly dialer: () => Dialer }
}

/** One frame as it was sent. */
export interface TracedFrame {
  /** Virtual ms. */
  readonly at: number
  /** The client's number, from 1 in the order of joining. */
  readonly client: number
  readonly to: 'server' | 'client'
  readonly bytes: Uint8Array
}

/** As much of Node's process as is used, where there is one. */
interface NodeLike {
  on?(event: 'beforeExit', listener: () => void): unknown
  off(event: 'beforeExit', listener: () => void): unknown
}

/** How long a promise may take under virtual time before `until` gives up, ms. */
const patience = 120_000

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
  readonly #channels = new Map<Client<A>, Channel>()
  #url = ''
  #joined = 0
  #unwatch: () => unknown = () => {}

  private constructor(options: WorldOptions<A>) {
    const { latency = 0, jitter = 0, seed = 1, wire, server } = options
    this.#options = options
    this.random = seededRandom(seed)
    this.#virtual = wire ? null : new VirtualClock()
    this.clock = this.#virtual ?? systemClock
    const delayed = latency > 0 || jitter > 0
    const line =
      wire?.listener ??
      memory({ clock: this.clock, ...(delayed && { delay: () => latency + this.random.number() * jitter }) })
    this.#dialer = wire?.dialer ?? (() => line as Listener & Dialer)
    this.#manual = (server.tickRate ?? 'manual') === 'manual'
    this.server = createServer({
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
    await loadRare()
    world.#url = (await world.server.start())[0]!
    world.#breakByChance()
    return world
  }

  /** Where the server listens: for clients that this world does not make. */
  get url(): string {
    return this.#url
  }

  /** A way to reach `url`. */
  dialer(): Dialer {
    return this.#dialer()
  }

  /** Connects one more client and lets time pass until it is there. @throws what `connect` throws. */
  join<B extends A = A>(login?: unknown, options: Partial<ConnectOptions<B>> = {}): Promise<Client<B>> {
    const number = ++this.#joined
    let channel: Channel | undefined
    const dialer = this.#dialer()
    const transport: Dialer = {
      dial: (url, accept, limits) =>
        dialer.dial(
          url,
          opened => {
            channel = this.#options.trace ? this.#traced(opened, number) : opened
            const receiver = accept(channel)
            return this.#options.trace ? this.#tracedReceiver(receiver, number) : receiver
          },
          limits,
        ),
    }
    const joining = connect<A, B>(this.#url, {
      ...this.#options.client,
      ...options,
      login,
      transport,
      clock: this.clock,
    } as never)
    return this.until(
      joining.then(client => {
        this.clients.push(client as unknown as Client<A>)
        this.#channels.set(client as unknown as Client<A>, channel!)
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
    const { latency = 0, jitter = 0, server } = this.#options
    for (let round = 0; round < 3; round++) {
      if (this.#virtual) {
        await this.#virtual.advance(latency + jitter)
        if (this.#manual) this.server.tick()
        else
          await this.#virtual.advance(server.tickRate ? 1000 / (server.tickRate as number) : (server.flushGapMs ?? 2))
        await this.#virtual.advance(latency + jitter)
      } else {
        await this.#everyonePings()
        this.server.tick()
        await this.#everyonePings()
      }
    }
  }

  /** Breaks a client's connection without a word, and waits until both ends know. */
  async cut(client: Client<any>): Promise<void> {
    const channel = this.#channels.get(client)
    if (!channel) throw new UsageError('Only a client that joined this world can be cut off.')
    if (!client.connected) return
    const gone = Promise.all([
      new Promise<void>(resolve => client.on('close', () => resolve())),
      new Promise<void>(resolve => {
        const off = this.server.on('close', event => {
          if (event.client?.id !== client.id) return
          off()
          resolve()
        })
      }),
    ])
    channel.abort()
    await this.until(gone)
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

  async #everyonePings(): Promise<void> {
    await Promise.allSettled(
      this.clients
        .filter(client => client.connected)
        .map(client =>
          Promise.race([client.ping(), new Promise<void>(resolve => client.on('close', () => resolve()))]),
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
      if (victim) this.#channels.get(victim)?.abort()
      this.#breakByChance()
    })
  }

  #traced(channel: Channel, client: number): Channel {
    const note = (bytes: Uint8Array): void => this.#note(client, 'server', bytes)
    return {
      address: channel.address,
      network: channel.network,
      get buffered() {
        return channel.buffered
      },
      send(frame: Frame) {
        note(frame.bytes)
        channel.send(frame)
      },
      close: (code, text) => channel.close(code, text),
      abort: () => channel.abort(),
    }
  }

  #tracedReceiver(receiver: ChannelReceiver, client: number): ChannelReceiver {
    return {
      frame: bytes => {
        this.#note(client, 'client', bytes)
        receiver.frame(bytes)
      },
      end: (code, text) => receiver.end(code, text),
    }
  }

  #note(client: number, to: TracedFrame['to'], bytes: Uint8Array): void {
    this.trace.push({ at: this.clock.now(), client, to, bytes: bytes.slice() })
  }
}
