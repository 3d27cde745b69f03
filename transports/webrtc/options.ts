/** What the server half of WebRTC can be told. */
import { isIP } from 'node:net'
import type { Clock } from '../../lib/base/clock.ts'
import { UsageError } from '../../lib/base/errors.ts'
import type { ProxyOptions } from '../trusted-proxies.ts'
import type { TlsOptions, UpgradableServer } from '../websocket/host.ts'
import type { Origins } from '../websocket/origin.ts'
import { relaysOf } from './native.ts'
import type { IceServer } from './peer.ts'

/** Options of `webrtc`. */
export interface WebrtcOptions extends ProxyOptions {
  /** The port that takes offers, TCP. 0 takes any free one. @default 7203 */
  readonly port?: number
  /**
   * The address to listen on, for offers and for UDP; `'0.0.0.0'` and `'::'` are all.
   * @default this machine alone, unless NODE_ENV is `production`: then all; with `server` the address that it listens on
   */
  readonly host?: string
  /** Where offers are taken. @default '/fieldcast-rtc' */
  readonly path?: string
  /**
   * Takes offers on this server, which may be the one that a websocket() is attached to, instead of opening one. Its other paths and its life stay
   * the app's. `port` has no use then.
   */
  readonly server?: UpgradableServer
  /** Key, certificate and the like, as node:tls takes them, for the offers: the url is `webrtcs:` then. What follows is encrypted in any case. */
  readonly tls?: TlsOptions
  /**
   * UDP ports, first and last. Where both are the same, all clients share one. Not to be used by anything else.
   * @default any free port, one for each client
   */
  readonly portRange?: readonly [first: number, last: number]
  /** An IP address by which this machine is reached from outside, where it does not know that itself: behind a NAT that keeps the ports, in a cloud, in a container. @default none */
  readonly publicAddress?: string
  /** A STUN server that tells it instead. @default none */
  readonly iceServers?: readonly IceServer[]
  /**
   * Which web pages may connect: a list of origins (`['https://game.example']`), `'*'`, or a function.
   * @default pages of the same host, whatever their port, and pages of localhost
   */
  readonly origins?: Origins
  /** Connections at once; further ones are answered 503. @default no limit here: the engine has its own, per address */
  readonly maxConnections?: number
  /** Clients that may be connecting at once; further ones are answered 503. @default 256 */
  readonly maxPending?: number
  /** The same for one address; further ones are answered 429. @default 32 */
  readonly maxPendingPerAddress?: number
  /** From a client's first byte to its open channels, ms. @default 10,000 */
  readonly timeout?: number
  /** Whose time the ends take. @default the platform's */
  readonly clock?: Clock
}

/** @throws UsageError for options that cannot be followed. */
export function checkOptions({ server, tls, path, portRange, publicAddress, iceServers = [] }: WebrtcOptions): void {
  if (server && tls)
    throw new UsageError('webrtc(): give the keys to the https server that { server } names, not to { tls }.')
  if (path !== undefined && !/^\/[^?#\s]*$/.test(path))
    throw new UsageError(`webrtc({ path }): a path begins with '/' and has neither query nor space, unlike '${path}'.`)
  if (portRange && !isRange(portRange))
    throw new UsageError('webrtc({ portRange }): write two ports, the first and the last, from 1 to 65535.')
  if (publicAddress !== undefined && isIP(publicAddress) === 0)
    throw new UsageError(`webrtc({ publicAddress }): write an IP address like '203.0.113.7', not '${publicAddress}'.`)
  for (const one of iceServers) relaysOf(one)
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535
const isRange = ([first, last]: readonly [number, number]): boolean => isPort(first) && isPort(last) && first <= last
