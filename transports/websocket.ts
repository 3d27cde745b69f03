/** WebSocket: the server half, on a server of its own or attached to one that serves other things too, and the client half. */
import type { IncomingMessage, Server } from 'node:http'
import type { Server as SecureServer, ServerOptions as SecureServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '../lib/base/clock.ts'
import { UsageError } from '../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Listener, WireLimits } from '../lib/link/transport.ts'
import { CloseReason } from '../lib/protocol/close.ts'
import { closeText } from '../lib/protocol/close-text.ts'
import { type Bound, bind, hostInUrl } from './listen-host.ts'
import { OpenChannels } from './open-channels.ts'
import { type Arrival, addressReader, type ProxyOptions } from './trusted-proxies.ts'
import { Anteroom } from './websocket/anteroom.ts'
import type { TlsOptions, UpgradableServer } from './websocket/host.ts'
import { createHttpServer, refuse } from './websocket/http.ts'
import { type Origins, originCheck } from './websocket/origin.ts'
import { ServerChannel } from './websocket/server-channel.ts'
import { WebSocketServer, wsOptions } from './websocket/ws.ts'
import { Turns } from './writer.ts'

export { type DialerOptions, type DialerTls, websocketDialer } from './websocket/client.ts'
export type { TlsOptions, UpgradableServer, UpgradeRequest } from './websocket/host.ts'
export type { Origins } from './websocket/origin.ts'

const DEFAULT_PORT = 7200

/** Options of `websocket`. */
export interface WebsocketOptions extends ProxyOptions {
  /** 0 takes any free one. @default 7200 */
  readonly port?: number
  /**
   * The address to listen on; `'0.0.0.0'` and `'::'` are all.
   * @default this machine alone (127.0.0.1 and ::1), unless NODE_ENV is `production`: then all
   */
  readonly host?: string
  /** The path of the url. @default '/' */
  readonly path?: string
  /**
   * Attaches to this server instead of opening one. Its requests, its other paths and upgrade handlers and its life stay the app's.
   * `port`, `host` and `backlog` have no use then.
   */
  readonly server?: UpgradableServer
  /** Key, certificate and the like, as node:tls takes them: listens for `wss:`. */
  readonly tls?: TlsOptions
  /**
   * Which web pages may connect: a list of origins (`['https://game.example']`), `'*'`, or a function.
   * @default pages of the same host, whatever their port, and pages of localhost
   */
  readonly origins?: Origins
  /** Compresses frames from 512 bytes on (permessage-deflate), where the client can; costs about 40 times the CPU of a plain one. @default false */
  readonly deflate?: boolean
  /** Connections that the system may hold ready for us. @default Node's, 511 */
  readonly backlog?: number
  /** Connections at once; further ones are answered 503. @default no limit here: the engine has its own, per address */
  readonly maxConnections?: number
  /** Connections at once that have not asked to be upgraded, on a server of its own; the one that has waited longest makes room for a further one. @default 10,000 */
  readonly maxPending?: number
  /** Whose time the ends take. @default the platform's */
  readonly clock?: Clock
}

/**
 * Listens for WebSocket connections.
 *
 * ```ts
 * createServer({ classes, transports: [websocket({ port: 7200 })] })
 * ```
 * @throws UsageError for options that cannot be followed.
 */
export function websocket(options: WebsocketOptions = {}): Listener {
  return new WebsocketListener(options)
}

/** The paths of upgrade handlers of ours, on whichever server: where all handlers are ours, nobody else answers for an unknown path. */
const ours = new WeakMap<Function, string>()

type Accept = (channel: Channel) => ChannelReceiver | null

class WebsocketListener implements Listener {
  readonly #options: WebsocketOptions
  readonly #path: string
  readonly #mayConnect: (request: IncomingMessage) => boolean
  readonly #addressOf: (arrival: Arrival) => string
  readonly #clock: Clock
  readonly #turns = new Turns()
  readonly #channels = new OpenChannels<ServerChannel>()
  /** Every socket of an own server, TLS handshakes and half-sent requests included. */
  readonly #sockets = new Set<Duplex>()
  /** Those of them that have not asked to be upgraded. */
  readonly #anteroom: Anteroom
  #http: Server | SecureServer | null = null
  /** Of an own server. */
  #bound: Bound | null = null
  #ws: WebSocketServer | null = null
  /** Null while nothing is accepted. */
  #accept: Accept | null = null
  #closing: Promise<void> | null = null

  constructor(options: WebsocketOptions) {
    const { server, tls, path = '/' } = options
    if (server && tls)
      throw new UsageError('websocket(): give the keys to the https server that { server } names, not to { tls }.')
    if (!/^\/[^?#\s]*$/.test(path))
      throw new UsageError(
        `websocket({ path }): a path begins with '/' and has neither query nor space, unlike '${path}'.`,
      )
    this.#options = options
    this.#path = path
    this.#mayConnect = originCheck(options.origins)
    this.#anteroom = new Anteroom(options.maxPending)
    this.#addressOf = addressReader(options, 'websocket')
    this.#clock = options.clock ?? systemClock
    ours.set(this.#upgrade, path)
  }

  async listen(accept: Accept, limits: WireLimits): Promise<string> {
    if (this.#http) throw new UsageError('This websocket() listens already; give each server one of its own.')
    const { server, tls, deflate } = this.#options
    const http = (server as Server | undefined) ?? createHttpServer(tls as SecureServerOptions | undefined)
    this.#http = http
    if (!server) {
      http.on('connection', (socket: Socket) => {
        this.#sockets.add(socket)
        this.#anteroom.enter(socket)
        socket.on('close', () => this.#sockets.delete(socket))
      })
      const { port = DEFAULT_PORT, host, backlog } = this.#options
      this.#bound = await bind(http, { port, host, backlog }, 'websocket').catch(error => {
        this.#http = null
        throw error
      })
    }
    this.#ws = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: deflate ? { threshold: 512 } : false,
      ...wsOptions(limits.maxFrame),
    })
    this.#accept = accept
    http.on('upgrade', this.#upgrade)
    return this.#url(http)
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    const http = this.#http
    if (!http) return
    this.#accept = null
    const closed = this.#bound?.close()
    await this.#channels.shutDown()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    http.removeListener('upgrade', this.#upgrade)
    this.#http = this.#ws = this.#bound = null
  }

  #url(http: Server | SecureServer): string {
    const scheme = 'setSecureContext' in http ? 'wss' : 'ws'
    const name = this.#options.server ? 'localhost' : hostInUrl(this.#options.host)
    const address = http.address()
    const port = address !== null && typeof address === 'object' ? `:${address.port}` : ''
    return `${scheme}://${name}${port}${this.#path === '/' ? '' : this.#path}`
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#anteroom.leave(request.socket)
    const path = request.url?.split('?', 1)[0] ?? ''
    if (path !== this.#path) {
      if (this.#answersFor(path)) refuse(socket, 404, `Nothing is served at this path; the game is at ${this.#path}`)
    } else if (!this.#accept) {
      refuse(socket, 503, 'The server is shutting down.')
    } else if (this.#channels.size >= (this.#options.maxConnections ?? Number.POSITIVE_INFINITY)) {
      refuse(socket, 503, closeText(CloseReason['too-many-connections']))
    } else if (!this.#passes(request)) {
      refuse(
        socket,
        403,
        `Pages of ${request.headers.origin} may not connect; see the option "origins" of websocket().`,
      )
    } else {
      const accept = this.#accept
      this.#ws?.handleUpgrade(request, socket, head, ws => {
        const channel = new ServerChannel(ws, socket, this.#turns, this.#addressOf(request), this.#clock, ended =>
          this.#channels.remove(ended),
        )
        this.#channels.admit(channel, accept)
      })
    }
  }

  /** An app's own function may throw: its mistake refuses one page and ends no process. */
  #passes(request: IncomingMessage): boolean {
    try {
      return this.#mayConnect(request)
    } catch {
      return false
    }
  }

  /** Another path is ours to answer only where no handler of the app might know it; of several of ours, the first does. */
  #answersFor(path: string): boolean {
    const handlers = this.#http?.listeners('upgrade') ?? []
    return handlers[0] === this.#upgrade && handlers.every(handler => (ours.get(handler) ?? path) !== path)
  }
}
