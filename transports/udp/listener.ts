/** The Listener: options, sockets, and the life of both. */
import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { ConnectionFailed, UsageError } from '../../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Listener, WireLimits } from '../../lib/link/transport.ts'
import { hostInUrl } from '../listen-host.ts'
import { Hall } from './hall.ts'
import { DEFAULT_PORT } from './packets.ts'
import { Pulse } from './pulse.ts'
import { Secrets } from './secrets.ts'
import { closeSocket, listenAt, type Socket } from './socket.ts'

const SHORTEST_SECRET = 16

/** Options of `udp`. */
export interface UdpOptions {
  /** 0 takes any free one. @default 7202 */
  readonly port?: number
  /**
   * The address to listen on; `'0.0.0.0'` and `'::'` are all.
   * @default this machine alone (127.0.0.1 and ::1), unless NODE_ENV is `production`: then all
   */
  readonly host?: string
  /** Connections at once; further ones are refused before anything is kept about them. @default no limit here: the engine has its own, per address */
  readonly maxConnections?: number
  /**
   * Signs what proves a client's address, 16 bytes or more. With the same one a server that was restarted tells its clients at once that their connections are
   * gone. @default a new one for each `udp()`
   */
  readonly secret?: string | Uint8Array
  /** Whose time the waiting takes. @default the platform's */
  readonly clock?: Clock
}

export class UdpListener implements Listener {
  readonly #options: UdpOptions
  readonly #secrets: Secrets
  readonly #pulse: Pulse
  #sockets: readonly Socket[] | null = null
  #hall: Hall | null = null
  #closing: Promise<void> | null = null

  constructor(options: UdpOptions) {
    const { secret, clock = systemClock } = options
    if (secret !== undefined && secret.length < SHORTEST_SECRET)
      throw new UsageError(
        `udp({ secret }): a secret has ${SHORTEST_SECRET} bytes or more; leave it out for a random one.`,
      )
    this.#options = options
    this.#secrets = new Secrets(secret, clock)
    this.#pulse = new Pulse(clock)
  }

  /** What is kept about clients. */
  get counts(): Hall['counts'] {
    return this.#hall?.counts ?? { open: 0, known: 0, openings: 0 }
  }

  async listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string> {
    if (this.#sockets) throw new UsageError('This udp() listens already; give each server one of its own.')
    const { port = DEFAULT_PORT, host, maxConnections = Number.POSITIVE_INFINITY } = this.#options
    this.#sockets = []
    const sockets = await listenAt({ port, host }).catch(error => {
      this.#sockets = null
      throw error
    })
    if (!this.#sockets) {
      await Promise.all(sockets.map(closeSocket))
      throw new ConnectionFailed('The server was closed before it listened.')
    }
    this.#sockets = sockets
    const { maxFrame } = limits
    const hall = new Hall({ accept, maxFrame, maxConnections, secrets: this.#secrets, pulse: this.#pulse })
    this.#hall = hall
    for (const socket of sockets) socket.on('message', (packet, from) => hall.take(packet, from, socket))
    return `udp://${hostInUrl(host)}:${sockets[0]!.address().port}`
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    if (!this.#sockets) return
    await this.#hall?.close()
    await Promise.all(this.#sockets.map(closeSocket))
    this.#hall = this.#sockets = null
  }
}
