/** One player at the router: its own wire on one side, a link on the other. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Channel, ChannelReceiver, Frame } from '../../lib/link/transport.ts'
import { type CloseName, CloseReason } from '../../lib/protocol/close.ts'
import { closeText } from '../../lib/protocol/close-text.ts'
import { Flight, type Marks } from './flight.ts'
import type { RouterLimits } from './limits.ts'

/** The link that carries a player. */
export interface PlayerCarrier {
  readonly clock: Clock
  readonly limits: RouterLimits
  readonly marks: Marks
  /** Bytes that one player may have sent and the game server not read. */
  readonly allowance: number
  frame(id: number, bytes: Uint8Array): void
  datagram(id: number, bytes: Uint8Array): void
  waiting(id: number, bytes: number): void
  ended(player: Player, code: number | undefined, text: string): void
}

export class Player implements ChannelReceiver {
  readonly id: number
  readonly channel: Channel
  /** Bytes that wait for it here, as the game server was last told. */
  told = 0
  readonly #carrier: PlayerCarrier
  /** What it sent that the game server has not read. */
  readonly #flight: Flight
  #silence: Timer | null

  constructor(id: number, channel: Channel, carrier: PlayerCarrier) {
    const { clock, limits, marks } = carrier
    this.id = id
    this.channel = channel
    this.#carrier = carrier
    this.#flight = new Flight(marks)
    this.#silence = clock.after(limits.handshakeMs, () => this.close('handshake-timeout'))
  }

  // ---- from its wire

  frame(bytes: Uint8Array): void {
    if (this.#silence) this.#speaks()
    if (this.#flight.bytes + bytes.length > this.#carrier.allowance) {
      this.close('rate', 'More came than the link to the game server takes.')
      return
    }
    this.#flight.add(bytes.length)
    this.#carrier.frame(this.id, bytes)
  }

  datagram(bytes: Uint8Array): void {
    this.#carrier.datagram(this.id, bytes)
  }

  end(code: number | undefined, text: string): void {
    this.#speaks()
    this.#carrier.ended(this, code, text)
  }

  // ---- from the game server

  /** Sends, and gives the bytes that wait for it now. */
  send(frame: Frame): number {
    this.channel.send(frame)
    const waiting = this.channel.buffered
    if (waiting > this.#carrier.limits.waitingBytes) this.giveUp()
    return waiting
  }

  /** Tells the game server what waits for it, where that has changed. */
  tell(): number {
    const waiting = this.channel.buffered
    if (waiting !== this.told) this.#carrier.waiting(this.id, (this.told = waiting))
    return waiting
  }

  close(reason: CloseName, text: string = closeText(CloseReason[reason])): void {
    this.channel.close(CloseReason[reason], text)
  }

  /** It does not read. */
  giveUp(): void {
    this.close('too-slow')
    this.channel.abort()
  }

  #speaks(): void {
    this.#silence?.cancel()
    this.#silence = null
  }
}
