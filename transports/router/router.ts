/** The router: players on one side, links to a game server on the other. */
import { type Clock, systemClock } from '../../lib/base/clock.ts'
import { Emitter } from '../../lib/base/emitter.ts'
import { UsageError } from '../../lib/base/errors.ts'
import { type Random, systemRandom } from '../../lib/base/random.ts'
import { Sieve } from '../../lib/base/sieve.ts'
import type { Channel, ChannelReceiver, Dialer, Listener } from '../../lib/link/transport.ts'
import { CloseReason, closeName } from '../../lib/protocol/close.ts'
import { dialerFor } from './dialer.ts'
import type { RouterEvents, RouterState } from './events.ts'
import { defaultRouterLimits, type RouterLimits } from './limits.ts'
import { Link, type LinkEnd } from './link.ts'
import { checkSecret } from './proof.ts'
import { Redial } from './redial.ts'
import { RouterEnd, type RouterEnds } from './router-end.ts'
import { Waiters } from './waiters.ts'
import { linkLimits } from './wire.ts'

/** Options of `createRouter`. */
export interface RouterOptions {
  /** Where players come. */
  readonly listen: Listener | readonly Listener[]
  /** The game server: the url of its `routed(...)`, or a Listener to which its `routed({ dial })` comes. */
  readonly server: string | Listener
  /** The wire of that url, or several, chosen by scheme. @default those that `connect` has */
  readonly transport?: Dialer | readonly Dialer[]
  /** How many links to dial. Players are shared out among them, and only those of a link that breaks notice it. @default 2 */
  readonly links?: number
  /** What router and game server share: 32 characters or more. */
  readonly secret: string
  readonly limits?: Partial<RouterLimits>
  /** @default the platform's */
  readonly clock?: Clock
  /** @default the platform's secure source */
  readonly random?: Random
}

/** A running router. */
export interface Router {
  readonly state: RouterState
  /** Players that are connected now. */
  readonly players: number
  /** Links that stand now. */
  readonly links: number
  /**
   * Listens, and dials the game server until it is reached: meanwhile the state is `waiting`. Resolves with the urls for players.
   * @throws ConnectionFailed where it cannot listen, UsageError when it was started before.
   */
  start(): Promise<string[]>
  /**
   * Ends the players with `server-shutdown`, then the links. Resolves when nothing is left.
   * @param options `resume: true` ends the players as `lost` instead: those whose sessions may be resumed come back, by another router or by this one's successor.
   */
  stop(options?: { readonly resume?: boolean }): Promise<void>
  /** Calls `listener` at each `event` until the returned function is called. */
  on<E extends keyof RouterEvents>(event: E, listener: (event: RouterEvents[E]) => void): () => void
}

export class LinkedRouter implements Router, RouterEnds {
  readonly clock: Clock
  readonly limits: RouterLimits
  readonly waiters: Waiters
  readonly #options: RouterOptions
  readonly #listeners: readonly Listener[]
  readonly #secret: string
  readonly #random: Random
  readonly #emitter: Emitter<RouterEvents>
  /** Those that are up. */
  readonly #ends = new Set<RouterEnd>()
  readonly #links = new Set<Link>()
  readonly #perAddress = new Map<string, number>()
  #players = 0
  #state: RouterState = 'new'
  #redial: Redial | null = null
  #stopping: Promise<void> | null = null

  constructor(options: RouterOptions) {
    const { clock = systemClock, random = systemRandom, listen, secret, links = 2 } = options
    this.#secret = checkSecret(secret, 'createRouter({ secret })')
    if (!Number.isInteger(links) || links < 1)
      throw new UsageError(`createRouter({ links }): ${links} is no number of links.`)
    this.#options = options
    this.#listeners = 'listen' in listen ? [listen] : listen
    this.clock = clock
    this.#random = random
    this.limits = { ...defaultRouterLimits, ...options.limits }
    this.waiters = new Waiters(clock, this.limits)
    const sieve = new Sieve(clock)
    const news = (text: string): string | false => sieve.isNews(text) && text
    this.#emitter = new Emitter<RouterEvents>({
      'link-down': ({ server, text }) => news(`no link to ${server}: ${text}`),
      refused: ({ why }) => news(`a newcomer was refused: ${whys[why]}`),
    })
  }

  get state(): RouterState {
    return this.#state
  }

  get players(): number {
    return this.#players
  }

  get links(): number {
    return this.#ends.size
  }

  on<E extends keyof RouterEvents>(event: E, listener: (event: RouterEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  async start(): Promise<string[]> {
    if (this.#state !== 'new') throw new UsageError('A router is started once. Make another with createRouter.')
    const { server, transport, links = 2 } = this.#options
    const { clock } = this
    const random = this.#random
    this.#become('waiting')
    try {
      if (typeof server !== 'string') {
        await server.listen(channel => this.#link(channel, false, channel.address), linkLimits)
      } else {
        const make = (channel: Channel): Link => this.#link(channel, true, server)
        const failed = (error: unknown): void => this.#tellDown(server, 'connection-failed', (error as Error).message)
        this.#redial = new Redial({
          url: server,
          dialer: dialerFor(server, transport, clock),
          links,
          clock,
          random,
          make,
          failed,
        })
      }
      return await Promise.all(
        this.#listeners.map(listener =>
          listener.listen(channel => this.#accept(channel), { maxFrame: this.limits.frame }),
        ),
      )
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  stop({ resume = false }: { readonly resume?: boolean } = {}): Promise<void> {
    return (this.#stopping ??= this.#stop(resume))
  }

  async #stop(resume: boolean): Promise<void> {
    this.#become('stopped')
    this.#redial?.stop()
    if (resume)
      for (const { players } of this.#ends)
        for (const player of players.values())
          player.close('lost', 'The router has stopped; another may take its place.')
    await Promise.all(this.#listeners.map(async listener => listener.close()))
    const links = [...this.#links]
    // The game server has been told of each player before.
    for (const link of links) link.close('normal', 'The router has stopped.')
    await Promise.all(links.map(link => link.gone))
    const { server } = this.#options
    if (typeof server !== 'string') await server.close()
  }

  // ---- players

  #accept(channel: Channel): ChannelReceiver | null {
    const { address, network } = channel
    if (this.#state === 'stopped') return null
    const count = this.#perAddress.get(address) ?? 0
    if (network && count >= this.limits.connectionsPerAddress) return this.#refuse(address, 'address')
    if (this.#ends.size === 0) {
      this.#refuse(address, 'no-link')
      // Not `server-shutdown`, which is final: who comes back in a moment may find the link again.
      channel.close(
        CloseReason['too-many-connections'],
        'The game server cannot be reached just now. Try again in a moment.',
      )
      return refused
    }
    const end = this.#emptiest()
    if (!end) return this.#refuse(address, 'full')
    this.#perAddress.set(address, count + 1)
    this.#players++
    return end.open(channel)
  }

  #refuse(address: string, why: RouterEvents['refused']['why']): null {
    this.#emitter.emit('refused', { address, why })
    return null
  }

  /** The link with the fewest players, if one has a place. */
  #emptiest(): RouterEnd | null {
    let best: RouterEnd | null = null
    for (const end of this.#ends) if (!best || end.players.size < best.players.size) best = end
    return best && best.players.size < this.limits.playersPerLink ? best : null
  }

  departed({ channel: { address } }: { readonly channel: Channel }): void {
    this.#players--
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, left)
  }

  // ---- links

  #link(channel: Channel, dials: boolean, server: string): Link {
    const { clock } = this
    const random = this.#random
    const make = (linkEnd: LinkEnd): Link =>
      new Link(channel, linkEnd, { role: 'router', secret: this.#secret, dials, clock, random })
    const { link } = new RouterEnd(this, server, make)
    this.#links.add(link)
    void link.gone.then(() => this.#links.delete(link))
    return link
  }

  joined(end: RouterEnd): void {
    this.#ends.add(end)
    this.#emitter.emit('link-up', { server: end.server, links: this.#ends.size })
    if (this.#state === 'waiting') this.#become('running')
  }

  left(end: RouterEnd, code: number, text: string): void {
    this.#ends.delete(end)
    if (this.#state === 'stopped') return
    this.#tellDown(end.server, closeName(code), text)
    if (this.#ends.size === 0 && this.#state === 'running') this.#become('waiting')
  }

  #tellDown(server: string, reason: RouterEvents['link-down']['reason'], text: string): void {
    this.#emitter.emit('link-down', { server, links: this.#ends.size, reason, text })
  }

  #become(state: RouterState): void {
    this.#state = state
    this.#emitter.emit('state', { state })
  }
}

const whys: Record<RouterEvents['refused']['why'], string> = {
  address: 'too many connections from its address.',
  full: 'all links are full.',
  'no-link': 'no link to the game server stands.',
}

/** A newcomer that is refused, and what it says no longer matters. */
const refused: ChannelReceiver = { frame() {}, end() {} }
