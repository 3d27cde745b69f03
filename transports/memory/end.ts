/** One end of a connection inside one process. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver, Datagrams, Frame, WireLimits } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import type { Pipe } from './pipe.ts'

/** How long a polite end may take on a delayed wire, ms. */
const PATIENCE = 2000
/** The longest datagram, bytes: what any network carries in one packet. */
const DATAGRAM = 1200

export class End implements Channel {
  readonly address = ''
  readonly network: boolean
  readonly atServer: boolean
  readonly datagrams?: Datagrams
  /** Null until `accept` has returned, and for good where it refused. */
  receiver: ChannelReceiver | null = null
  declare peer: End
  readonly #clock: Clock
  readonly #pipe: Pipe
  readonly #limit: number
  readonly #onEnd: (end: End) => void
  #state: 'open' | 'closing' | 'ended' = 'open'
  #broken = false
  #code: number | undefined
  #text = ''
  #force: Timer | null = null

  constructor(
    clock: Clock,
    pipe: Pipe,
    network: boolean,
    atServer: boolean,
    limits: WireLimits,
    datagrams: boolean,
    onEnd: (end: End) => void,
  ) {
    this.#clock = clock
    this.#pipe = pipe
    this.network = network
    this.atServer = atServer
    this.#limit = limits.maxFrame
    this.#onEnd = onEnd
    if (datagrams) this.datagrams = { maxSize: DATAGRAM, send: frame => this.#sendDatagram(frame) }
  }

  get buffered(): number {
    return this.#state === 'ended' ? 0 : this.#pipe.pending
  }

  send(frame: Frame): void {
    if (this.#state !== 'open') return
    this.#pipe.send(frame, this.peer)
  }

  close(code: number, text: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#code = code
    this.#text = text
    this.#pipe.push(() => {
      this.peer.#end(code, text)
      this.#end(code, text)
    })
    if (this.network) this.#force = this.#clock.after(PATIENCE, () => this.abort())
  }

  abort(): void {
    if (this.#state === 'ended' || this.#broken) return
    this.#broken = true
    this.#state = 'closing'
    this.#pipe.drop()
    this.#pipe.push(() => this.peer.#end(undefined, ''))
    this.#clock.soon(() => this.#end(undefined, ''))
  }

  /** A frame has arrived. */
  take(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    // A copy, so that the receiver cannot change what the sender, or another receiver of the same frame, still holds.
    if (bytes.length <= this.#limit) this.receiver?.frame(new Uint8Array(bytes))
    else this.close(CloseReason['too-large'], `A frame of ${bytes.length} bytes is over the limit of ${this.#limit}.`)
  }

  /** A datagram has arrived. */
  takeDatagram(bytes: Uint8Array): void {
    if (this.#state === 'open') this.receiver?.datagram?.(new Uint8Array(bytes))
  }

  #sendDatagram(frame: Frame): void {
    if (this.#state === 'open' && frame.bytes.length <= DATAGRAM) this.#pipe.datagram(frame, this.peer)
  }

  #end(code: number | undefined, text: string): void {
    if (this.#state === 'ended') return
    // Who closed first on this side hears its own reason, whatever crossed it on the way.
    const own = this.#state === 'closing'
    this.#state = 'ended'
    this.#force?.cancel()
    this.#pipe.drop()
    this.#onEnd(this)
    this.receiver?.end(own ? this.#code : code, own ? this.#text : text)
  }
}
