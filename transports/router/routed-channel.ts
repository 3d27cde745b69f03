/** One player at the game server: a channel whose wire ends at a router. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver, Datagrams, Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { Flight, type Marks } from './flight.ts'
import { type Gather, Place } from './gather.ts'
import { Datagram, type Ending, Frame as FrameOp, type Opening } from './wire.ts'

/** How long a polite end may take, ms. */
const PATIENCE = 2000

/** The link that carries a player. */
export interface ChannelCarrier {
  readonly network: boolean
  readonly marks: Marks
  readonly gather: Gather
  /** Datagrams would not wait now. */
  readonly takesDatagrams: boolean
  /** The player's end was told. */
  departed(player: RoutedChannel): void
}

export class RoutedChannel implements Channel {
  readonly id: number
  readonly address: string
  readonly network: boolean
  declare readonly datagrams?: Datagrams
  /** Null until `accept` has returned, and for good where it refused. */
  receiver: ChannelReceiver | null = null
  /** Bytes that wait at the router, as it last told. */
  waiting = 0
  readonly #carrier: ChannelCarrier
  readonly #clock: Clock
  readonly #place = new Place()
  readonly #flight: Flight
  #state: 'open' | 'closing' | 'ended' = 'open'
  #own: Ending | null = null
  #force: Timer | null = null

  constructor(id: number, carrier: ChannelCarrier, { address, network, maxDatagram }: Opening, clock: Clock) {
    this.id = id
    this.#carrier = carrier
    this.#clock = clock
    this.address = address
    this.network = network || carrier.network
    this.#flight = new Flight(carrier.marks)
    if (maxDatagram > 0) this.datagrams = { maxSize: maxDatagram, send: frame => this.#datagram(frame, maxDatagram) }
  }

  get buffered(): number {
    return this.#state === 'ended' ? 0 : this.waiting + this.#flight.bytes
  }

  send(frame: Frame): void {
    if (this.#state !== 'open') return
    this.#flight.add(frame.bytes.length)
    this.#carrier.marks.note()
    this.#carrier.gather.send(FrameOp, this.id, this.#place, frame)
  }

  close(code: number, text: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#own = { code, text }
    this.#carrier.gather.close(this.id, this.#place, code, text)
    this.#force = this.#clock.after(PATIENCE, () => this.abort())
  }

  abort(): void {
    if (this.#state === 'ended') return
    if (!this.#own) this.#own = { code: undefined, text: '' }
    this.#state = 'closing'
    this.#carrier.gather.abort(this.id, this.#place)
    this.#clock.soon(() => this.ended(this.#own!))
  }

  // ---- for the link

  /** A frame has come; null for one over the limit. */
  take(bytes: Uint8Array | null): void {
    if (this.#state !== 'open') return
    if (bytes) this.receiver?.frame(bytes)
    else this.close(CloseReason['too-large'], 'A frame is over the limit of the game server.')
  }

  takeDatagram(bytes: Uint8Array): void {
    if (this.#state === 'open') this.receiver?.datagram?.(bytes)
  }

  /** Its wire at the router has ended, or the link has. Who closed first on this side hears its own reason. */
  ended(ending: Ending): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#force?.cancel()
    const { code, text } = this.#own ?? ending
    this.receiver?.end(code, text)
    this.#carrier.departed(this)
  }

  #datagram(frame: Frame, most: number): void {
    if (this.#state === 'open' && frame.bytes.length <= most && this.#carrier.takesDatagrams)
      this.#carrier.gather.send(Datagram, this.id, this.#place, frame)
  }
}
