/** One end of a connection on a conditioned network: what is sent goes by its lane, and what comes by another, unless the other end has that. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import { Deferred } from '../../lib/base/deferred.ts'
import type { Channel, ChannelReceiver, Datagrams, Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import type { Lane } from './lane.ts'

/** How long the other end may take to follow a polite end, ms. */
const PATIENCE = 2000
/** Platforms run longer timers at once, ms. */
const LONGEST_TIMER = 2 ** 31 - 1

export class ConditionedChannel implements Channel {
  readonly network = true
  readonly datagrams?: Datagrams
  /** What the wire below is given to talk to. */
  readonly inlet: ChannelReceiver
  readonly atServer: boolean
  /** Resolves when the end was reported. */
  readonly ended: Deferred<void> = new Deferred<void>()
  readonly #inner: Channel
  readonly #clock: Clock
  readonly #out: Lane
  readonly #in: Lane | null
  readonly #onGone: (channel: ConditionedChannel) => void
  #receiver: ChannelReceiver | null = null
  #state: 'open' | 'closing' | 'ended' = 'open'
  #own: { readonly code: number; readonly text: string } | null = null
  /** The connection below has ended. */
  #isGone = false
  #isBroken = false
  #force: Timer | undefined
  #chance: Timer | undefined

  /** @param onGone called when nothing of it is left on either side of the network. */
  constructor(
    inner: Channel,
    atServer: boolean,
    clock: Clock,
    out: Lane,
    incoming: Lane | null,
    onGone: (channel: ConditionedChannel) => void,
  ) {
    this.#inner = inner
    this.atServer = atServer
    this.#clock = clock
    this.#out = out
    this.#in = incoming
    this.#onGone = onGone
    this.inlet = {
      frame: bytes => this.#arrive(bytes),
      datagram: bytes => this.#arriveLoose(bytes),
      end: (code, text) => this.#lose(code, text),
    }
    const { datagrams } = inner
    if (datagrams) this.datagrams = { maxSize: datagrams.maxSize, send: frame => this.#sendLoose(datagrams, frame) }
  }

  // ---- for whoever uses it

  get address(): string {
    return this.#inner.address
  }

  get buffered(): number {
    return this.#state === 'ended' ? 0 : this.#out.waiting + this.#inner.buffered
  }

  send(frame: Frame): void {
    if (this.#state !== 'open' || this.#isGone) return
    this.#out.send(frame.bytes.length, () => this.#inner.send(frame))
  }

  close(code: number, text: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#own = { code, text }
    this.#force = this.#clock.after(PATIENCE, () => this.abort())
    if (!this.#isGone) this.#out.send(0, () => this.#inner.close(code, text))
  }

  abort(): void {
    if (this.#state === 'ended' || this.#isBroken) return
    this.#break()
    // The other end hears of it when the network lets it.
    if (!this.#isGone) this.#out.send(0, () => this.#inner.abort())
  }

  // ---- for the conditioner

  get underway(): number {
    return this.#out.underway + (this.#in?.underway ?? 0)
  }

  /** Opens it at once. */
  open(receiver: ChannelReceiver): void {
    this.#receiver = receiver
  }

  /** Opens it when the opening has come by the incoming lane. */
  openLater(accept: () => ChannelReceiver | null): void {
    this.#in!.send(0, () => {
      if (this.#state !== 'open') return
      this.#receiver = accept()
      if (!this.#receiver)
        this.close(CloseReason['too-many-connections'], closeText(CloseReason['too-many-connections']))
    })
  }

  /** Breaks it by chance, so many times per minute on average. */
  breakByChance(perMinute: number, chance: number): void {
    const wait = Math.min(LONGEST_TIMER, (-Math.log(1 - chance) * 60_000) / perMinute)
    this.#chance = this.#clock.after(wait, () => this.cut())
  }

  /** Breaks the connection for both ends at once, whatever the network is like. */
  cut(): void {
    if (this.#state !== 'ended' && !this.#isBroken) this.#break()
    this.release()
  }

  /** Lets go of what is below without a word. */
  release(): void {
    this.#out.drop()
    if (!this.#isGone) this.#inner.abort()
  }

  /** It was never opened: nothing is reported. */
  discard(): void {
    this.#isGone = true
    this.#finish()
  }

  #break(): void {
    this.#isBroken = true
    this.#state = 'closing'
    this.#out.drop()
    this.#in?.drop()
    this.#clock.soon(() => this.#end(undefined, ''))
  }

  #sendLoose(datagrams: Datagrams, frame: Frame): void {
    const { length } = frame.bytes
    if (this.#state !== 'open' || this.#isGone || length > datagrams.maxSize) return
    this.#out.datagram(length, () => datagrams.send(frame))
  }

  // ---- from the wire below

  #arrive(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    if (!this.#in) return this.#receiver?.frame(bytes)
    const own = new Uint8Array(bytes)
    this.#in.send(own.length, () => {
      if (this.#state === 'open') this.#receiver?.frame(own)
    })
  }

  #arriveLoose(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    if (!this.#in) return this.#receiver?.datagram?.(bytes)
    const own = new Uint8Array(bytes)
    this.#in.datagram(own.length, () => {
      if (this.#state === 'open') this.#receiver?.datagram?.(new Uint8Array(own))
    })
  }

  #lose(code: number | undefined, text: string): void {
    this.#isGone = true
    this.#out.drop()
    if (this.#state === 'ended') this.#finish()
    else if (this.#isBroken) return
    else if (this.#in) this.#in.send(0, () => this.#end(code, text))
    else this.#end(code, text)
  }

  #end(code: number | undefined, text: string): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#force?.cancel()
    this.#chance?.cancel()
    this.#in?.drop()
    // Who closed hears its own reason, whatever crossed it on the way.
    const end = this.#own ?? { code, text }
    this.#receiver?.end(end.code, end.text)
    this.ended.resolve()
    if (this.#isGone) this.#finish()
  }

  #finish(): void {
    this.#out.drop()
    this.#in?.drop()
    this.#force?.cancel()
    this.#chance?.cancel()
    this.#state = 'ended'
    this.ended.resolve()
    this.#onGone(this)
  }
}
