/** A network as bad as real ones, around any transport: latency, jitter, loss, bandwidth and breaks, the same run each time. */
import { type Clock, systemClock } from '../lib/base/clock.ts'
import { UsageError } from '../lib/base/errors.ts'
import { type Random, seededRandom } from '../lib/base/random.ts'
import type { Channel, ChannelReceiver, Dialer, Listener, WireLimits } from '../lib/link/transport.ts'
import { CloseReason } from '../lib/protocol/close.ts'
import { closeText } from '../lib/protocol/close-text.ts'
import { ConditionedChannel } from './conditioner/channel.ts'
import { type ConditionerOptions, type Direction, type Weather, weatherOf } from './conditioner/conditions.ts'
import { Lane, type Region, resent, travel } from './conditioner/lane.ts'
import { Losses } from './conditioner/loss.ts'

export type { ConditionerOptions, Conditions } from './conditioner/conditions.ts'
export { type Profile, type ProfileName, profiles } from './conditioner/profiles.ts'

/** What one can do to a conditioned network by hand. */
export interface Conditioner {
  /** Breaks every connection at once; either end sees it lost. */
  cut(): void
  /** For so many ms, at most an hour, nothing passes and nothing ends, as in a tunnel: frames come afterwards, datagrams are lost. */
  freeze(ms: number): void
  /** Frames, datagrams, openings and ends that are on their way. */
  readonly underway: number
}

/** The same kind of transport, on a conditioned network. */
export type Conditioned<W extends Listener | Dialer> = (W extends Listener ? Listener : unknown) &
  (W extends Dialer ? Dialer : unknown) &
  Conditioner

/**
 * Puts a network around a transport: its server half, its client half, or both where it is one thing, as `memory()` is. Both directions are conditioned in each
 * case, so wrap one half only. What the transport promises still holds: a lost frame is sent again and comes late, the frames behind it later still; datagrams
 * are really lost, and overtaken.
 *
 * ```ts
 * createServer({ classes, transports: [conditioner(websocket({ port: 7200 }), { profile: 'bad-wifi' })] })
 * ```
 *
 * @throws UsageError for a profile that does not exist, and for figures that no network has.
 */
export function conditioner<W extends Listener | Dialer>(wire: W, options: ConditionerOptions = {}): Conditioned<W> {
  return new Network(wire, options) as unknown as Conditioned<W>
}

/** Until a connection whose opening was lost is asked for again, ms. TCP waits so long. */
const OPENING_AGAIN = 1000
/** A lost packet is sent again after so many ms at least. */
const LEAST_RESEND = 1
/** The longest freeze at once, ms. */
const LONGEST_FREEZE = 3_600_000
const nobody: ChannelReceiver = { frame: () => {}, end: () => {} }

class Network implements Listener, Dialer, Conditioner {
  readonly schemes?: readonly string[]
  readonly #wire: Partial<Listener & Dialer>
  /** Both halves are here: each end takes care of what it sends. Else one end takes care of both directions. */
  readonly #hasBoth: boolean
  readonly #weather: Weather
  readonly #clock: Clock
  readonly #random: Random
  readonly #region: Region
  readonly #resendMs: number
  readonly #channels = new Set<ConditionedChannel>()
  #opening = 0
  #isClosing = false

  constructor(wire: Listener | Dialer, options: ConditionerOptions) {
    const { clock = systemClock, seed = 1, random = seededRandom(seed), raw = false } = options
    this.#wire = wire
    this.#hasBoth = 'listen' in wire && 'dial' in wire
    if ('schemes' in wire && wire.schemes) this.schemes = wire.schemes
    this.#weather = weatherOf(options)
    this.#clock = clock
    this.#random = random
    this.#region = { clock, random, frozenUntil: clock.now(), raw }
    const { up, down } = this.#weather
    this.#resendMs = Math.max(LEAST_RESEND, up.latency + down.latency + (up.jitter + down.jitter) / 2)
  }

  get underway(): number {
    let sum = this.#opening
    for (const channel of this.#channels) sum += channel.underway
    return sum
  }

  cut(): void {
    for (const channel of [...this.#channels]) channel.cut()
  }

  freeze(ms: number): void {
    if (!(ms >= 0 && ms <= LONGEST_FREEZE))
      throw new UsageError(`freeze() takes ms, from 0 to ${LONGEST_FREEZE}, not ${String(ms)}.`)
    this.#region.frozenUntil = Math.max(this.#region.frozenUntil, this.#clock.now() + ms)
  }

  listen(accept: (channel: Channel) => ChannelReceiver | null, limits: WireLimits): Promise<string> {
    this.#isClosing = false
    return this.#wire.listen!(inner => {
      if (this.#isClosing) {
        inner.close(CloseReason['server-shutdown'], closeText(CloseReason['server-shutdown']))
        return nobody
      }
      const channel = this.#wrap(inner, 'down', 'up')
      if (!this.#hasBoth) {
        channel.openLater(() => accept(channel))
        return channel.inlet
      }
      const receiver = accept(channel)
      if (receiver) channel.open(receiver)
      else channel.discard()
      return receiver && channel.inlet
    }, limits)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const atServer = [...this.#channels].filter(channel => channel.atServer)
    for (const channel of atServer)
      channel.close(CloseReason['server-shutdown'], closeText(CloseReason['server-shutdown']))
    await Promise.all(atServer.map(channel => channel.ended.promise))
    // Those that were ended by force may be below still.
    for (const channel of atServer) if (this.#channels.has(channel)) channel.release()
    await this.#wire.close!()
  }

  async dial(url: string, accept: (channel: Channel) => ChannelReceiver, limits: WireLimits): Promise<void> {
    await this.#roundTrip()
    let channel: ConditionedChannel | undefined
    try {
      await this.#wire.dial!(
        url,
        inner => {
          channel = this.#wrap(inner, 'up', 'down')
          channel.open(accept(channel))
          return channel.inlet
        },
        limits,
      )
    } catch (error) {
      channel?.discard()
      throw error
    }
  }

  #wrap(inner: Channel, out: Direction, incoming: Direction): ConditionedChannel {
    const lane = (direction: Direction): Lane => new Lane(this.#region, this.#weather[direction], this.#resendMs)
    const channel = new ConditionedChannel(
      inner,
      out === 'down',
      this.#clock,
      lane(out),
      this.#hasBoth ? null : lane(incoming),
      gone => this.#channels.delete(gone),
    )
    this.#channels.add(channel)
    const { disconnectsPerMinute } = this.#weather
    if (disconnectsPerMinute > 0 && (channel.atServer || !this.#hasBoth))
      channel.breakByChance(disconnectsPerMinute, this.#random.number())
    return channel
  }

  /** What it takes to open a connection. */
  #roundTrip(): Promise<void> {
    const { up, down } = this.#weather
    const again = ({ loss }: { readonly loss: number }): number =>
      resent(1, new Losses(this.#random, loss, 1 / (1 - loss)), loss, OPENING_AGAIN, this.#random)
    const ms = travel(up, this.#random) + again(up) + travel(down, this.#random) + again(down)
    const due = this.#clock.now() + ms
    this.#opening++
    return new Promise(resolve => {
      const look = (): void => {
        const wait = Math.max(due, this.#region.frozenUntil) - this.#clock.now()
        if (wait > 0) return void this.#clock.after(wait, look)
        this.#opening--
        resolve()
      }
      look()
    })
  }
}
