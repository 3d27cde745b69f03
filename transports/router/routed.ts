/** The game server's side of routers: a Listener whose players come by links. */
import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { UsageError } from '../../lib/base/errors.ts'
import { logWarning } from '../../lib/base/log.ts'
import { type Random, systemRandom } from '../../lib/base/random.ts'
import { Sieve } from '../../lib/base/sieve.ts'
import type { Channel, ChannelReceiver, Dialer, Listener, WireLimits } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import { dialerFor } from './dialer.ts'
import { Link, type LinkEnd } from './link.ts'
import { checkSecret } from './proof.ts'
import { Redial } from './redial.ts'
import { ServerEnd, type ServerEnds } from './server-end.ts'
import { linkLimits } from './wire.ts'

/** Options of `routed`, whichever side dials. */
export interface RoutedOptions {
  /** What router and game server share: 32 characters or more. */
  readonly secret: string
  /** Links that may stand or be opening. @default 64 */
  readonly maxLinks?: number
  /** Players on one link; further ones hear `too-many-connections`. @default 10,000 */
  readonly playersPerLink?: number
  /** @default the platform's */
  readonly clock?: Clock
  /** @default the platform's secure source */
  readonly random?: Random
}

/** Options of `routed` for a game server that dials out to its router. */
export interface RoutedDialOptions extends RoutedOptions {
  /** Where the router listens for links: `createRouter({ server: websocket(...) })`. */
  readonly dial: string
  /** The wire of that url, or several, chosen by scheme. @default those that `connect` has */
  readonly transport?: Dialer | readonly Dialer[]
  /** How many links to dial. @default 2 */
  readonly links?: number
}

export class Routed implements Listener, ServerEnds {
  readonly clock: Clock
  readonly maxPlayers: number
  maxFrame = 0
  /** Null while nothing is accepted. */
  accept: ((channel: Channel) => ChannelReceiver | null) | null = null
  readonly #listener: Listener | null
  readonly #options: RoutedOptions & Partial<RoutedDialOptions>
  readonly #secret: string
  readonly #random: Random
  readonly #sieve: Sieve
  /** Those that are opening, up, or not quite gone. */
  readonly #ends = new Set<ServerEnd>()
  #players = 0
  #isListening = false
  #redial: Redial | null = null
  #whenEmpty: (() => void) | null = null
  #closing: Promise<void> | null = null

  constructor(listener: Listener | null, options: RoutedOptions & Partial<RoutedDialOptions>) {
    const { clock = systemClock, random = systemRandom, secret, links = 2 } = options
    this.#secret = checkSecret(secret, 'routed({ secret })')
    if (!Number.isInteger(links) || links < 1)
      throw new UsageError(`routed({ links }): ${links} is no number of links.`)
    this.#listener = listener
    this.#options = options
    this.clock = clock
    this.#random = random
    this.maxPlayers = options.playersPerLink ?? 10_000
    this.#sieve = new Sieve(clock)
  }

  async listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string> {
    if (this.#isListening) throw new UsageError('This routed() listens already; give each server one of its own.')
    this.#isListening = true
    this.accept = accept
    this.maxFrame = limits.maxFrame
    try {
      return await this.#open()
    } catch (error) {
      this.#isListening = false
      this.accept = null
      throw error
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown().finally(() => (this.#closing = null))
    return this.#closing
  }

  async #open(): Promise<string> {
    const { maxLinks = 64, dial: url, transport, links = 2 } = this.#options
    if (this.#listener)
      return this.#listener.listen(
        channel => (this.#ends.size < maxLinks ? this.#link(channel, false) : null),
        linkLimits,
      )
    const clock = this.clock
    this.#redial = new Redial({
      url: url!,
      dialer: dialerFor(url!, transport, clock),
      links,
      clock,
      random: this.#random,
      make: channel => this.#link(channel, true),
      failed: error => this.#warn(`no link to the router at ${url}: ${(error as Error).message}`),
    })
    return url!
  }

  async #shutDown(): Promise<void> {
    if (!this.#isListening) return
    this.accept = null
    this.#redial?.stop()
    const code = CloseReason['server-shutdown']
    for (const { players } of this.#ends) for (const player of players.values()) player.close(code, closeText(code))
    if (this.#players > 0) await new Promise<void>(resolve => (this.#whenEmpty = resolve))
    this.#whenEmpty = null
    const links = [...this.#ends].map(({ link }) => link)
    for (const link of links) link.close('server-shutdown')
    await Promise.all(links.map(({ gone }) => gone))
    await this.#listener?.close()
    this.#isListening = false
  }

  #link(channel: Channel, dials: boolean): Link {
    const clock = this.clock
    const random = this.#random
    const make = (linkEnd: LinkEnd): Link =>
      new Link(channel, linkEnd, { role: 'server', secret: this.#secret, dials, clock, random })
    const end = new ServerEnd(this, channel.network, make)
    const { link } = end
    this.#ends.add(end)
    void link.gone.then(() => this.#ends.delete(end))
    return link
  }

  // ---- for the links

  arrived(): void {
    this.#players++
  }

  departed(): void {
    if (--this.#players === 0) this.#whenEmpty?.()
  }

  left({ link }: ServerEnd, code: number, text: string): void {
    if (!this.accept || code === CloseReason.normal) return
    this.#warn(`the link with a router${link.channel.address && ` at ${link.channel.address}`} has ended: ${text}`)
  }

  #warn(text: string): void {
    if (this.#sieve.isNews(text)) logWarning(text)
  }
}
