/** TCP, plain or in TLS: the server half and the client half, for clients that are programs. */
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer } from 'node:tls'
import { type Clock, systemClock } from '../lib/base/clock.ts'
import { ConnectionFailed, UsageError } from '../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Listener, WireLimits } from '../lib/link/transport.ts'
import { CloseReason } from '../lib/protocol/close.ts'
import { closeText } from '../lib/protocol/close-text.ts'
import { type Bound, bind, hostInUrl } from './listen-host.ts'
import { OpenChannels } from './open-channels.ts'
import { plainAddress } from './plain-address.ts'
import { TcpChannel } from './tcp/channel.ts'
import { type Greeting, listenForGreeting, turnAway, turnStrangerAway } from './tcp/greeting.ts'
import { DEFAULT_PORT, greeting, WIRE_VERSION } from './tcp/wire.ts'
import type { TlsOptions } from './websocket/host.ts'
import { Turns } from './writer.ts'

export { type TcpDialerOptions, tcpDialer } from './tcp/client.ts'
export type { TlsOptions } from './websocket/host.ts'
export type { DialerTls } from './websocket/platform.ts'

/** Options of `tcp`. */
export interface TcpOptions {
  /** 0 takes any free one. @default 7201 */
  readonly port?: number
  /**
   * The address to listen on; `'0.0.0.0'` and `'::'` are all.
   * @default this machine alone (127.0.0.1 and ::1), unless NODE_ENV is `production`: then all
   */
  readonly host?: string
  /** Key, certificate and the like, as node:tls takes them: listens for `tls:`. */
  readonly tls?: TlsOptions
  /** Connections that the system may hold ready for us. @default Node's, 511 */
  readonly backlog?: number
  /** Connections at once; further ones are refused. @default no limit here: the engine has its own, per address */
  readonly maxConnections?: number
  /** How long a connection may take until its greeting has come, and before that its TLS handshake, ms each. @default 10,000 */
  readonly handshakeMs?: number
  /** Whose time greetings and ends take. @default the platform's */
  readonly clock?: Clock
}

/**
 * Listens for TCP connections, or with `tls` for TLS.
 *
 * ```ts
 * createServer({ classes, transports: [websocket(), tcp({ port: 7201 })] })
 * ```
 */
export function tcp(options: TcpOptions = {}): Listener {
  return new TcpListener(options)
}

type Accept = (channel: Channel) => ChannelReceiver | null

class TcpListener implements Listener {
  readonly #options: TcpOptions
  readonly #clock: Clock
  readonly #turns = new Turns()
  readonly #channels = new OpenChannels<TcpChannel>()
  /** Every socket, those in a TLS handshake or without a greeting included. */
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #bound: Promise<Bound> | null = null
  /** Null while nothing is accepted. */
  #accept: Accept | null = null
  #maxFrame = 0
  #closing: Promise<void> | null = null

  constructor(options: TcpOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  async listen(accept: Accept, { maxFrame }: WireLimits): Promise<string> {
    if (this.#server) throw new UsageError('This tcp() listens already; give each server one of its own.')
    const { port = DEFAULT_PORT, host, backlog, tls } = this.#options
    const server = this.#create()
    this.#server = server
    this.#accept = accept
    this.#maxFrame = maxFrame
    this.#bound = bind(server, { port, host, backlog }, 'tcp')
    const bound = await this.#bound.catch(error => {
      this.#server = this.#bound = this.#accept = null
      throw error
    })
    return `${tls ? 'tls' : 'tcp'}://${hostInUrl(host)}:${bound.port}`
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    // One that is about to listen is closed when it does.
    const bound = await this.#bound?.catch(() => null)
    if (!bound) return
    this.#accept = null
    const closed = bound.close()
    await this.#channels.shutDown()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    this.#server = this.#bound = null
  }

  #create(): Server {
    const { tls, handshakeMs = 10_000 } = this.#options
    const greet = (socket: Socket): void => this.#greet(socket, handshakeMs)
    let server: Server
    try {
      server = tls
        ? createSecureServer({ handshakeTimeout: handshakeMs, ...(tls as object) }, greet)
        : createServer(greet)
    } catch (error) {
      const reason = (error as Error).message
      throw new ConnectionFailed(`Cannot listen: what tcp({ tls }) holds is of no use. ${reason}`, { cause: error })
    }
    // A handshake that takes too long is only told: its socket would stay.
    server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy())
    server.on('connection', socket => {
      this.#sockets.add(socket)
      // The end of a connection is told by `close`, whatever led to it.
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    })
    return server
  }

  #greet(socket: Socket, handshakeMs: number): void {
    const deadline = this.#clock.after(handshakeMs, () => socket.destroy())
    socket.on('error', () => {})
    socket.once('close', () => deadline.cancel())
    listenForGreeting(socket, heard => {
      deadline.cancel()
      this.#answer(socket, heard)
    })
  }

  #answer(socket: Socket, { version, rest }: Greeting): void {
    const refuse = (code: number, text = closeText(code)): void => turnAway(socket, this.#clock, code, text)
    if (version === null) turnStrangerAway(socket, this.#clock, rest, CloseReason.malformed)
    else if (version !== WIRE_VERSION)
      refuse(
        CloseReason['protocol-mismatch'],
        `This server speaks version ${WIRE_VERSION} of this wire, not ${version}.`,
      )
    else if (!this.#accept) refuse(CloseReason['server-shutdown'])
    else if (this.#channels.size >= (this.#options.maxConnections ?? Number.POSITIVE_INFINITY))
      refuse(CloseReason['too-many-connections'])
    else this.#open(socket, rest, this.#accept)
  }

  #open(socket: Socket, rest: Uint8Array, accept: Accept): void {
    socket.setNoDelay(true)
    socket.write(greeting(WIRE_VERSION))
    const channel = new TcpChannel({
      socket,
      turns: this.#turns,
      maxFrame: this.#maxFrame,
      address: plainAddress(socket.remoteAddress ?? 'unknown'),
      clock: this.#clock,
      onEnd: ended => this.#channels.remove(ended),
    })
    this.#channels.admit(channel, accept)
    channel.read(rest)
  }
}
