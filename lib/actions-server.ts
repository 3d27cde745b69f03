/** `fieldcast/actions/server`: the server of a game whose messages are actions. docs/coming-from/podsixnet.md. */
import { websocket } from '../transports/websocket.ts'
import { UsageError } from './base/errors.ts'
import { Channel } from './messages/actions/channel.ts'
import { Channels } from './messages/actions/channels.ts'
import { type Coding, encoderOf } from './messages/actions/coding.ts'
import { defaultPort } from './messages/actions/default-port.ts'
import type { EncoderOption } from './messages/actions/encoder.ts'
import { messages } from './messages/plan.ts'
import { createServer, type Server, type ServerOptions } from './server.ts'

export type { ActionHandler } from './messages/actions/actor.ts'
export { Channel, type End } from './messages/actions/channel.ts'
export type { ActionData } from './messages/actions/data.ts'
export type { Encoder, EncoderOption } from './messages/actions/encoder.ts'
export { json } from './messages/actions/json.ts'
export { msgpack } from './messages/actions/msgpack.ts'
export { type OnDecorator, on } from './messages/actions/on.ts'

/** What `createServer` takes as well: login, limits, maxClients and so on. `classes` are for games that have objects beside their actions. */
export interface ActionServerOptions<C extends Channel = Channel> extends Omit<ServerOptions, 'classes'> {
  /** The game's class for what each client is on the server. @default Channel */
  readonly channel?: new () => C
  /** Of the WebSocket that it listens on where there are no `transports`; 0 takes any free one. @default 31425 */
  readonly port?: number
  /** As of `websocket({ host })`. @default this machine alone, unless NODE_ENV is `production` */
  readonly host?: string
  /** How actions become bytes: all clients need the same. @default 'msgpack' */
  readonly encoder?: EncoderOption
  /** `manual`: everything waits for `pump()`, once per round of the game's loop. @default 'auto' */
  readonly pump?: 'auto' | 'manual'
  /** @default none */
  readonly classes?: ServerOptions['classes']
  /** Rides on a server of the game's own, made with `createServer({ messages })`. Its options, its start and its stop stay the game's; then none of the others here but `channel`, `encoder` and `pump`. */
  readonly server?: Server
}

/**
 * A server whose clients each have a channel.
 *
 * ```ts
 * class Game extends ActionServer<Player> {
 *   override connected(player: Player, address: string) { player.send({ action: 'welcome' }) }
 * }
 * const game = new Game({ channel: Player })
 * await game.start()
 * ```
 *
 * @throws UsageError for options that contradict each other.
 */
export class ActionServer<C extends Channel = Channel> {
  /** What it is made of: its clients, its events and whatever else a server has. */
  readonly server: Server
  readonly #coding: Coding
  readonly #channels: Channels<C>
  readonly #isGuest: boolean
  #isStarted = false

  constructor(options: ActionServerOptions<C> = {}) {
    const { channel = Channel as unknown as new () => C, encoder, pump, server, port, host, ...others } = options
    if (server && (port !== undefined || host !== undefined || Object.keys(others).length > 0))
      throw new UsageError(
        'ActionServer({ server }) rides on a server that is made already: give everything but channel, encoder and pump to its createServer.',
      )
    if (others.transports && (port !== undefined || host !== undefined))
      throw new UsageError('ActionServer: port and host are those of its own WebSocket; transports take its place.')
    if (channel !== (Channel as unknown) && !(channel?.prototype instanceof Channel))
      throw new UsageError('ActionServer({ channel }) takes a class that extends Channel.')
    this.#coding = encoderOf(encoder)
    this.#isGuest = server !== undefined
    this.server =
      server ??
      createServer({
        classes: [],
        messages: messages([]),
        transports: [websocket({ port: port ?? defaultPort, ...(host !== undefined && { host }) })],
        ...others,
      })
    this.#channels = new Channels<C>({
      type: channel,
      coding: this.#coding,
      pump,
      server: this,
      connected: (made, address) => this.connected(made, address),
      failed: (error, where) => this.server.messages.hub.failed(error, where),
    })
  }

  /** The channels of those who are connected. */
  get channels(): ReadonlySet<C> {
    return this.#channels.all
  }

  /** For the game to override: a client has come, and has been told so. */
  connected(channel: C, address: string): void {}

  /** Starts to listen. Resolves with the urls that clients may connect to; with none where it rides on another server. @throws ConnectionFailed when the port is taken. */
  async start(): Promise<string[]> {
    if (this.#isStarted) throw new UsageError('This ActionServer has been started already.')
    this.#isStarted = true
    try {
      await this.#coding.ready()
      this.#channels.attach(this.server)
      return this.#isGuest ? [] : await this.server.start()
    } catch (error) {
      this.#channels.detach()
      this.#isStarted = false
      throw error
    }
  }

  /** Closes all channels with `server-shutdown`, and takes no more. Resolves when nothing is left open. */
  async stop(): Promise<void> {
    if (!this.#isGuest) await this.server.stop()
    this.#channels.detach()
    this.#isStarted = false
  }

  /** Sends an action to everybody: it is encoded once. Gives the number of its bytes. @throws ArgumentError for what cannot be sent. */
  sendAll<T extends { readonly action: string }>(data: T, options: { readonly except?: C | Iterable<C> } = {}): number {
    const { except = [] } = options
    return this.#channels.sendAll(data, new Set(except instanceof Channel ? [except] : (except as Iterable<C>)))
  }

  /** With `pump: 'manual'`: handles everything received so far, in order, those who come and go included, and gives the number of actions. */
  pump(): number {
    return this.#channels.pump()
  }
}
