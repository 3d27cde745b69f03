/**
 * A Dialer made of several: it chooses the wire by the url's scheme, and among several urls takes the first that opens. Loaded late, for
 * those who connect by more than one WebSocket url: what the first piece of a client has is handed over, as in schema/rare/kit.ts.
 */
import type { Clock } from '../base/clock.ts'
import type { ConnectionFailed, UsageError } from '../base/errors.ts'
import { addressFault } from './address.ts'
import { race } from './race.ts'
import type { Channel, ChannelReceiver, Dialer, WireLimits } from './transport.ts'

/** What a platform has beside WebSocket, by scheme: each is loaded when an url asks for it, and may need what is handed over here. */
export type LateWires = Readonly<Record<string, (parts: Pick<Parts, 'clock' | 'ConnectionFailed'>) => Promise<Dialer>>>

/** The part of `connect`'s options that matters here. */
export interface ChoiceOptions {
  readonly transport?: Dialer | readonly Dialer[]
  readonly fallbackMs?: number
  readonly handshakeMs?: number
}

/** What is handed over, and the wires of the platform. */
interface Parts {
  readonly clock: Clock
  readonly late: LateWires
  /** Takes `ws` and `wss`. */
  readonly websocketDialer: () => Dialer
  readonly ConnectionFailed: typeof ConnectionFailed
  readonly UsageError: typeof UsageError
  readonly warn: (text: string) => void
}

/** Ports to show where an url lacks one that its scheme needs. */
const ports: Readonly<Record<string, number>> = { tcp: 7201, tls: 7201, udp: 7202 }
const hosted: readonly string[] = ['ws', 'wss', 'tcp', 'tls', 'udp', 'webrtc', 'webrtcs']

/** A Dialer for what `String(urls)` stands for: all of them. `warn` is told of urls in a list that can never be dialled. @throws UsageError for what can lead to no connection. */
export type Choose = (
  urls: string | readonly string[],
  options: ChoiceOptions,
  clock: Clock,
  websocketDialer: () => Dialer,
  failed: typeof ConnectionFailed,
  usage: typeof UsageError,
  warn?: (text: string) => void,
) => Dialer

/** `choose` for a platform with these wires. */
export function chooseAmong(late: LateWires): Choose {
  return (urls, options, clock, websocketDialer, ConnectionFailed, UsageError, warn = () => {}) => {
    if (urls.length === 0 && typeof urls !== 'string')
      throw new UsageError('connect() was given an empty list: it needs one url at least.')
    return new Choice(urls, options, { clock, late, websocketDialer, ConnectionFailed, UsageError, warn })
  }
}

class Choice implements Dialer {
  readonly #parts: Parts
  /** Stands for all urls. */
  readonly #url: string
  readonly #urls: readonly string[]
  readonly #dialers = new Map<string, Dialer>()
  /** Takes every url, whatever its scheme. */
  readonly #only: Dialer | null
  readonly #fallbackMs: number
  readonly #giveUpMs: number
  /** What opened last goes first when all is dialled again. */
  #last: string | undefined

  constructor(urls: string | readonly string[], options: ChoiceOptions, parts: Parts) {
    const { transport, fallbackMs = 1500, handshakeMs = 10_000 } = options
    this.#parts = parts
    this.#url = String(urls)
    this.#urls = [...new Set(typeof urls === 'string' ? [urls] : urls)]
    this.#fallbackMs = fallbackMs
    // A moment before connect() itself gives up, which could not say why.
    this.#giveUpMs = handshakeMs - 1
    this.#only = transport && 'dial' in transport ? transport : null
    for (const dialer of transport && !this.#only ? (transport as readonly Dialer[]) : []) {
      if (!dialer.schemes)
        throw new parts.UsageError(
          'A Dialer in a list of transports needs `schemes`, by which it is chosen; one alone takes every url.',
        )
      for (const scheme of dialer.schemes) if (!this.#dialers.has(scheme)) this.#dialers.set(scheme, dialer)
    }
    // Alone it fails aloud; where another opens, nobody would hear of it.
    if (this.#urls.length > 1 && !this.#only)
      for (const url of this.#urls) {
        const scheme = schemeOf(url)
        const fault = this.#faultOf(scheme)
        // Programs and pages may share a list: what only the others have is no mistake.
        if (fault && !hosted.includes(scheme ?? ''))
          parts.warn(`connect() cannot dial ${JSON.stringify(url)} in its list: ${fault}`)
      }
  }

  /** The url that stands for all dials each in turn; any other is dialled alone. */
  async dial(url: string, accept: (channel: Channel) => ChannelReceiver, limits: WireLimits): Promise<void> {
    if (url !== this.#url) return this.#dial(url, accept, limits)
    if (this.#urls.length === 1) return this.#dial(this.#urls[0]!, accept, limits)
    const before = this.#last
    const best = this.#urls.filter(other => other === before)
    this.#last = await race([...best, ...this.#urls.filter(other => other !== before)], accept, {
      clock: this.#parts.clock,
      fallbackMs: this.#fallbackMs,
      giveUpMs: this.#giveUpMs,
      dial: (one, opened, isWanted) => this.#dial(one, opened, limits, isWanted),
      failed: failures => this.#noneOpened(failures),
    })
  }

  async #dial(
    url: string,
    accept: (channel: Channel) => ChannelReceiver,
    limits: WireLimits,
    isWanted: () => boolean = () => true,
  ): Promise<void> {
    const dialer = this.#only ?? (await this.#dialerOf(url))
    if (!isWanted()) return
    let isOpen = false
    const opened = (channel: Channel): ChannelReceiver => {
      isOpen = true
      return accept(channel)
    }
    try {
      await dialer.dial(url, opened, limits)
    } catch (error) {
      if (isOpen || error instanceof this.#parts.ConnectionFailed) throw error
      // Of the copy of the class that some loaders give to a late import, or of a Dialer that throws something else.
      throw new this.#parts.ConnectionFailed((error as Error).message, { cause: error })
    }
  }

  #noneOpened(failures: ReadonlyMap<string, Error>): Error {
    const why = this.#urls.map(url => {
      const reason = failures.get(url)?.message ?? 'no answer yet.'
      return `\n  ${url}: ${reason.replace(`Cannot connect to ${url}: `, '')}`
    })
    return new this.#parts.ConnectionFailed(`Cannot connect to any of ${this.#urls.length} urls:${why.join('')}`, {
      cause: new AggregateError(failures.values()),
    })
  }

  async #dialerOf(url: string): Promise<Dialer> {
    const failed = (reason: string, cause?: unknown): ConnectionFailed =>
      new this.#parts.ConnectionFailed(`Cannot connect to ${url}: ${reason}`, { cause })
    const scheme = schemeOf(url)
    const mistake = this.#faultOf(scheme)
    if (scheme === undefined || mistake) throw failed(mistake!)
    const known = this.#dialers.get(scheme)
    const late = this.#late(scheme)
    const fault = hosted.includes(scheme) ? addressFault(url, ports[scheme]) : null
    if (fault) throw failed(fault)
    if (known) return known
    let made: Dialer
    try {
      made = late ? await late(this.#parts) : this.#parts.websocketDialer()
    } catch (error) {
      throw failed(`its wire could not be loaded. ${(error as Error).message}`, error)
    }
    this.#dialers.set(scheme, made)
    return made
  }

  #late(scheme: string): LateWires[string] | undefined {
    return Object.hasOwn(this.#parts.late, scheme) ? this.#parts.late[scheme] : undefined
  }

  /** Why no url of this scheme can ever be dialled; null where one can. */
  #faultOf(scheme: string | undefined): string | null {
    if (scheme === undefined) return 'it has no scheme. WebSocket is written ws://host:port.'
    return this.#dialers.has(scheme) || this.#late(scheme) || scheme === 'ws' || scheme === 'wss'
      ? null
      : this.#unknown(scheme)
  }

  #unknown(scheme: string): string {
    const there = [...new Set(['ws', 'wss', ...Object.keys(this.#parts.late), ...this.#dialers.keys()])]
    const given = (name: string, made: string): string =>
      `import { ${name} } from 'fieldcast/transports/${made}' and give { transport }`
    if (scheme === 'http' || scheme === 'https')
      return `${scheme} is for pages. A WebSocket url begins with ${scheme.replace('http', 'ws')}://`
    const advice =
      scheme === 'memory'
        ? `${given('memory', 'memory')}: the wire that the server was given.`
        : hosted.includes(scheme)
          ? 'This one is for programs in Node, not for pages.'
          : 'Others come with an import of their own and { transport }.'
    return `no wire is known for ${scheme}:. There are ${there.map(other => `${other}${hosted.includes(other) ? '://' : ':'}`).join(', ')}. ${advice}`
  }
}

const schemeOf = (url: string): string | undefined =>
  /^([a-z][a-z0-9+.-]*):(?!\d+(\/|$))/i.exec(url)?.[1]?.toLowerCase()
