/** The client half of TCP and TLS. */
import type { Buffer } from 'node:buffer'
import { connect, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectSecurely } from 'node:tls'
import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import { addressFault } from '../../lib/link/address.ts'
import type { Channel, ChannelReceiver, Dialer, WireLimits } from '../../lib/link/transport.ts'
import { closedEarly, tcpWords } from '../tls-reasons.ts'
import type { DialerTls } from '../websocket/platform.ts'
import { Turns } from '../writer.ts'
import { TcpChannel } from './channel.ts'
import { type Greeting, listenForGreeting } from './greeting.ts'
import { FrameReader } from './reader.ts'
import { reasonOf, strangeAnswer } from './reasons.ts'
import { CODE, DEFAULT_PORT, greeting, MAX_TEXT, REFUSED, WIRE_VERSION } from './wire.ts'

/** Options of `tcpDialer`. */
export interface TcpDialerOptions {
  /** How long a connection may take to open, the TLS handshake included, ms. @default 10,000 */
  readonly timeout?: number
  /** How certificates are dealt with, for `tls:` urls. */
  readonly tls?: DialerTls
  /** Whose time the waiting takes. @default the platform's */
  readonly clock?: Clock
}

/** Dials `tcp:` and `tls:` urls: `tcp://host:port`. Without a port it is 7201, as `tcp()` listens. */
export function tcpDialer(options: TcpDialerOptions = {}): Dialer {
  const turns = new Turns()
  return {
    schemes: ['tcp', 'tls'],
    dial: (url, accept, limits) =>
      new Promise((resolve, reject) => new Dialing(url, options, turns).start(accept, limits, resolve, reject)),
  }
}

class Dialing {
  readonly #url: string
  readonly #options: TcpDialerOptions
  readonly #turns: Turns

  constructor(url: string, options: TcpDialerOptions, turns: Turns) {
    this.#url = url
    this.#options = options
    this.#turns = turns
  }

  start(
    accept: (channel: Channel) => ChannelReceiver,
    { maxFrame }: WireLimits,
    resolve: () => void,
    reject: (error: unknown) => void,
  ): void {
    const { clock = systemClock, timeout = 10_000 } = this.#options
    const socket = this.#connect()
    const fail = (reason: string, cause?: unknown): void => {
      leave()
      socket.destroy()
      reject(this.#failed(reason, cause))
    }
    const onError = (error: Error): void => fail(reasonOf(error), error)
    const onClose = (): void => fail(closedEarly(this.#isSecure, tcpWords))
    const timer = clock.after(timeout, () => fail(`no answer within ${timeout} ms.`))
    const leave = (): void => {
      timer.cancel()
      socket.off('error', onError).off('close', onClose)
      // What an ended connection still has to say of itself is heard by `close`.
      socket.on('error', () => {})
    }
    const open = (rest: Buffer): void => {
      leave()
      const channel = new TcpChannel({ socket, turns: this.#turns, maxFrame, address: '', clock })
      try {
        channel.receiver = accept(channel)
        resolve()
      } catch (error) {
        channel.abort()
        return reject(error)
      }
      channel.read(rest)
    }
    const heard = ({ version, rest }: Greeting): void => {
      if (version === null) fail(strangeAnswer(rest))
      else if (version === WIRE_VERSION) open(rest)
      else if (version === REFUSED) this.#hearRefusal(socket, rest, fail)
      else fail(`the server speaks version ${version} of this wire, and this program version ${WIRE_VERSION}.`)
    }
    socket.on('error', onError).on('close', onClose).setNoDelay(true)
    socket.once(this.#isSecure ? 'secureConnect' : 'connect', () => {
      listenForGreeting(socket, heard)
      socket.write(greeting(WIRE_VERSION))
    })
  }

  get #isSecure(): boolean {
    return /^tls:/i.test(this.#url)
  }

  /** @throws ConnectionFailed for what cannot even be tried. */
  #connect(): Socket {
    if (!/^(tcp|tls):\/\//i.test(this.#url)) throw this.#failed('its url begins with tcp:// or tls://.')
    const fault = addressFault(this.#url, undefined) ?? surplus(this.#url)
    if (fault) throw this.#failed(fault)
    // Both parsers: this one knows no ports of its own, the one of http: writes hosts as resolvers want them.
    const port = Number(new URL(this.#url).port || DEFAULT_PORT)
    const host = new URL(this.#url.replace(/^[a-z]+/i, 'http')).hostname.replace(/^\[|\]$/g, '')
    if (!this.#isSecure) return connect({ host, port })
    const { servername: name = host, ...rest } = this.#options.tls ?? {}
    try {
      return connectSecurely({
        ...(rest as object),
        host,
        port,
        // An address is no name that a server could be asked for; its certificate may bear it all the same.
        servername: isIP(name) ? '' : name,
        checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
      })
    } catch (error) {
      throw this.#failed(`the options in tls are of no use. ${(error as Error).message}`, error)
    }
  }

  #hearRefusal(socket: Socket, rest: Buffer, fail: (reason: string) => void): void {
    const reader = new FrameReader(CODE + MAX_TEXT, {
      frame: () => true,
      closed: (_, text) => fail(`the server refused. ${text}`),
      refuse: () => fail('the server refused.'),
    })
    socket.on('data', (chunk: Buffer) => reader.read(chunk))
    reader.read(rest)
  }

  #failed(reason: string, cause?: unknown): ConnectionFailed {
    return new ConnectionFailed(`Cannot connect to ${this.#url}: ${reason}`, { cause })
  }
}

/** What stands beside host and port would be silently without meaning. */
function surplus(url: string): string | null {
  return /^[a-z]+:\/\/[^/?#@]*\/?$/i.test(url) ? null : 'it has host and port, and nothing beside them.'
}
