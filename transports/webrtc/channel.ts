/** One open connection over a peer: frames, datagrams, and how it ends. The same at both ends, in browsers and in Node: nothing here may import from Node. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver, Datagrams, Frame } from '../../lib/link/transport.ts'
import type { CloseReason } from '../../lib/protocol/close.ts'
import { closeMessage, readControl } from './control.ts'
import { HIGH, MAX_DATAGRAM, type Peer, type PeerEvents, PIECE } from './peer.ts'
import { Assembly, piecesOf } from './pieces.ts'

// As types alone: their table is in a page's first piece, and bundlers would cut out of that what a late one shares with it.
const malformed: (typeof CloseReason)['malformed'] = 39
const tooLarge: (typeof CloseReason)['too-large'] = 41

/** How long the other end may take to follow a close before the connection ends by force, ms. */
export const PATIENCE = 2000

/** Datagrams that may wait for the network, bytes; those that come while so many do are lost. */
const DATAGRAMS_WAITING = 16 << 10

export class RtcChannel implements Channel, PeerEvents {
  readonly address: string
  readonly network = true
  readonly datagrams: Datagrams
  /** Null until `accept` has returned, and for good where it refused. */
  receiver: ChannelReceiver | null = null
  readonly #peer: Peer
  readonly #maxFrame: number
  readonly #clock: Clock
  readonly #onEnd: (channel: RtcChannel) => void
  #state: 'open' | 'closing' | 'ended' = 'open'
  #own: { readonly code: number | undefined; readonly text: string } | null = null
  #force: Timer | null = null
  /** What the peer has no room for yet, from `#sent` on. */
  #queue: (Uint8Array | string)[] = []
  #sent = 0
  #queued = 0
  #assembly: Assembly | null = null

  /** @param onEnd called after the receiver heard of the end. */
  constructor(
    peer: Peer,
    address: string,
    maxFrame: number,
    clock: Clock,
    onEnd: (channel: RtcChannel) => void = () => {},
  ) {
    this.#peer = peer
    this.address = address
    this.#maxFrame = maxFrame
    this.#clock = clock
    this.#onEnd = onEnd
    this.datagrams = { maxSize: MAX_DATAGRAM, send: frame => this.#sendDatagram(frame.bytes) }
    peer.events = this
  }

  get buffered(): number {
    return this.#state === 'ended' ? 0 : this.#queued + this.#peer.buffered
  }

  send(frame: Frame): void {
    if (this.#state !== 'open') return
    if (frame.bytes.length <= PIECE) this.#put(frame.bytes)
    else for (const message of piecesOf(frame)) this.#put(message)
  }

  close(code: number, text: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#own = { code, text }
    this.#put(closeMessage(code, text))
    this.#force = this.#clock.after(PATIENCE, () => {
      this.#peer.close()
      this.ended()
    })
  }

  abort(): void {
    if (this.#state === 'ended') return
    this.#state = 'closing'
    this.#own ??= { code: undefined, text: '' }
    this.#peer.close()
    this.#clock.soon(() => this.ended())
  }

  opened(): void {}

  message(data: Uint8Array | string): void {
    if (typeof data === 'string') this.#control(data)
    else if (this.#state === 'open') this.#binary(data)
  }

  datagram(bytes: Uint8Array): void {
    if (this.#state === 'open' && bytes.length <= MAX_DATAGRAM) this.receiver?.datagram?.(bytes)
  }

  drained(): void {
    while (this.#sent < this.#queue.length && this.#peer.buffered < HIGH) {
      const data = this.#queue[this.#sent++]!
      this.#queued -= data.length
      this.#give(data)
    }
    if (this.#sent < this.#queue.length) return
    this.#queue = []
    this.#sent = 0
  }

  fault(text: string): void {
    this.close(malformed, text)
  }

  ended(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#force?.cancel()
    this.#queue = []
    this.#queued = 0
    this.#assembly = null
    const { code, text } = this.#own ?? { code: undefined, text: '' }
    this.receiver?.end(code, text)
    this.#onEnd(this)
  }

  #put(data: Uint8Array | string): void {
    if (this.#queue.length === 0 && this.#peer.buffered < HIGH) return this.#give(data)
    this.#queue.push(data)
    this.#queued += data.length
  }

  #give(data: Uint8Array | string): void {
    try {
      this.#peer.send(data)
    } catch {
      // It has just ended; that is reported by its own event.
    }
  }

  #sendDatagram(bytes: Uint8Array): void {
    if (this.#state !== 'open' || bytes.length > MAX_DATAGRAM) return
    if (this.#peer.datagramsBuffered > DATAGRAMS_WAITING) return
    try {
      this.#peer.sendDatagram(bytes)
    } catch {
      // As above.
    }
  }

  #control(message: string): void {
    const control = readControl(message)
    if (control?.kind === 'close') {
      // What this side said first stands.
      this.#own ??= { code: control.code, text: control.text }
      this.#state = this.#state === 'open' ? 'closing' : this.#state
      this.#peer.close()
      this.ended()
    } else if (this.#state !== 'open') {
      // What was under way when this side closed.
    } else if (!control) this.fault('A text message came that says nothing known.')
    else if (this.#assembly) this.fault('A long frame began within another.')
    else if (control.length > this.#maxFrame) this.#tooLarge(control.length)
    else if (control.length === 0) this.fault('A long frame of no bytes was announced.')
    else this.#assembly = new Assembly(control.length)
  }

  #binary(bytes: Uint8Array): void {
    if (!this.#assembly) {
      if (bytes.length > this.#maxFrame) this.#tooLarge(bytes.length)
      else this.receiver?.frame(bytes)
    } else if (this.#assembly.add(bytes)) {
      const { whole } = this.#assembly
      if (!whole) return
      this.#assembly = null
      this.receiver?.frame(whole)
    } else this.fault('A piece of a long frame was empty, or longer than what was missing.')
  }

  #tooLarge(length: number): void {
    this.close(tooLarge, `A frame of ${length} bytes is over the limit of ${this.#maxFrame}.`)
  }
}
