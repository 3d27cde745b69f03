/** One connection: the same at both ends. It knows packets and time, and nothing of sockets. */
import type { Buffer } from 'node:buffer'
import type { Channel, ChannelReceiver, Frame } from '../../lib/link/transport.ts'
import { CloseReason } from '../../lib/protocol/close.ts'
import { Answers } from './answers.ts'
import { UdpDatagrams } from './datagrams.ts'
import { Inbound } from './inbound.ts'
import { type Emit, Outbound } from './outbound.ts'
import { ACK, ACK_HEADER, BODY, DATA, DATA_HEADER, DATAGRAM, DONE, packetOf, RESET, writeId } from './packets.ts'
import type { Ends, Path } from './path.ts'
import type { Beating, Pulse } from './pulse.ts'
import { endRecord, Stream } from './stream.ts'

/** How long the other end may take to follow a close, ms. */
export const PATIENCE = 2000
/** How long nothing may have been heard before it counts that the other end's machine says nobody is there, ms. */
const QUIET = 1500

export class Connection implements Channel, Beating {
  readonly network = true
  readonly address: string
  readonly datagrams: UdpDatagrams
  /** Null until `accept` has returned, and for good where it refused. */
  receiver: ChannelReceiver | null = null
  readonly #path: Path
  readonly #ends: Ends
  readonly #pulse: Pulse
  readonly #outbound: Outbound
  readonly #inbound: Inbound
  readonly #answers: Answers
  readonly #stream: Stream
  /** `ended`: the receiver knows; the other end may still have to be told. `gone`: nothing is left. */
  #state: 'open' | 'closing' | 'aborted' | 'ended' | 'gone' = 'open'
  #own: { readonly code: number; readonly text: string } | null = null
  /** When a close, or the wait for the other end's last word, is over. */
  #deadline = 0
  #isDirty = false
  #heardAt: number

  /** @param first the number of the first packet and datagram of either side. */
  constructor(path: Path, ends: Ends, pulse: Pulse, first = 0) {
    this.#path = path
    this.#ends = ends
    this.#pulse = pulse
    this.address = ends.address
    this.#outbound = new Outbound(first)
    this.#inbound = new Inbound(first)
    this.#answers = new Answers(this.#inbound, ends.peer)
    this.datagrams = new UdpDatagrams(() => (this.#state === 'open' && !path.isClogged ? path : null), ends.peer, first)
    this.#heardAt = pulse.now
    this.#stream = new Stream(
      {
        frame: bytes => {
          if (this.#state === 'open') this.receiver?.frame(bytes)
        },
        end: (code, text) => this.#followed(code, text),
        tooLarge: length =>
          this.close(CloseReason['too-large'], `A frame of ${length} bytes is over the limit of ${ends.maxFrame}.`),
        malformed: why => this.close(CloseReason.malformed, why),
      },
      ends.maxFrame,
    )
  }

  get buffered(): number {
    return this.#isAlive ? this.#outbound.waiting : 0
  }

  send(frame: Frame): void {
    if (this.#state !== 'open') return
    this.#outbound.add(frame.bytes)
    this.#touch()
  }

  close(code: number, text: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#own = { code, text }
    this.#outbound.end(endRecord(code, text))
    this.#deadline = this.#pulse.now + PATIENCE
    this.#touch()
  }

  abort(): void {
    if (!this.#isAlive) return
    this.#state = 'aborted'
    this.#sayReset()
    this.#pulse.clock.soon(() => this.#finish(undefined, ''))
  }

  /** A packet for this connection has come. */
  take(packet: Buffer): void {
    if (this.#state === 'aborted' || this.#state === 'gone') return
    this.#heardAt = this.#pulse.now
    switch (packet[0]) {
      case DATA:
        if (packet.length > DATA_HEADER) this.#takeData(packet)
        break
      case ACK:
        if (packet.length >= ACK_HEADER) this.#takeAnswer(packet.readUInt32LE(BODY), packet, ACK_HEADER)
        break
      case DATAGRAM:
        this.#takeDatagram(packet)
        break
      case DONE:
        // Before either side has closed it can only be one that came too late.
        if (this.#state === 'closing') this.#conclude()
        else if (this.#state === 'ended') this.#leave()
        break
      case RESET:
        this.#finish(undefined, '')
    }
  }

  /** The other end's machine says that nobody is there. Anybody could claim so: it counts where the other end is silent too. */
  refused(): void {
    const isSilent = this.#outbound.hasFlights && this.#pulse.now - this.#heardAt > QUIET
    if (this.#state === 'closing' || this.#state === 'ended' || (this.#state === 'open' && isSilent))
      this.#finish(undefined, '')
  }

  /** The way there and back is known to take `ms`. */
  measured(ms: number): void {
    this.#outbound.pace.measured(ms)
  }

  /** Packets take another way from now on. */
  moved(): void {
    this.#outbound.pace.moved()
    this.#outbound.repeat()
    this.#touch()
  }

  /** Lets the other end see where this one is now. As long as the answer may be that asks for a proof. */
  show(): void {
    if (this.#isAlive) this.#path.send(this.#answers.packet(4))
  }

  /** Waits no longer for the other end's last word. */
  forget(): void {
    if (this.#state === 'ended') this.#leave()
  }

  flush(): void {
    this.#isDirty = false
    if (!this.#isAlive) return
    this.#outbound.pump(this.#pulse.now, this.#emit)
    if (this.#answers.isUrgent) this.#sayAnswer()
    if (this.#isBusy) this.#pulse.join(this)
  }

  beat(now: number): boolean {
    if (this.#state === 'ended' && now >= this.#deadline) this.#leave()
    if (!this.#isAlive) return this.#state === 'ended'
    if (this.#state === 'closing' && now >= this.#deadline) return this.#giveUp()
    if (this.#answers.isDue(now)) this.#sayAnswer()
    switch (this.#outbound.beat(now)) {
      case 'dead':
        return this.#giveUp()
      case 'missed':
        this.#path.missed?.(now - this.#heardAt)
    }
    this.#outbound.pump(now, this.#emit)
    return this.#isBusy
  }

  get #isAlive(): boolean {
    return this.#state === 'open' || this.#state === 'closing'
  }

  get #isBusy(): boolean {
    return !this.#outbound.isIdle || this.#answers.isOwed || this.#state === 'closing'
  }

  /** Something is to be sent, once the running code is done. */
  #touch(): void {
    if (this.#isDirty) return
    this.#isDirty = true
    this.#pulse.soon(this)
  }

  readonly #emit: Emit = (packet, number) => {
    packet[0] = DATA
    writeId(packet, this.#ends.peer)
    packet.writeUInt32LE(number >>> 0, BODY)
    packet.writeUInt32LE(this.#inbound.next >>> 0, BODY + 4)
    // The answer has no room here for what came early.
    if (!this.#inbound.hasGap) this.#answers.given()
    this.#path.send(packet)
  }

  #takeData(packet: Buffer): void {
    // Who has ended reads no more; it only helps the other end to end too.
    if (this.#state === 'ended') return this.#sayDone()
    if (!this.#takeAnswer(packet.readUInt32LE(BODY + 4), packet, packet.length)) return
    const number = packet.readUInt32LE(BODY)
    const inbound = this.#inbound
    let bytes: Uint8Array | undefined = packet.subarray(DATA_HEADER)
    switch (inbound.judge(number)) {
      case 'far':
        return
      case 'early':
        inbound.keep(number, bytes)
        return this.#answerSoon(true)
      case 'known':
        return this.#answerSoon(true)
    }
    const hadGap = inbound.hasGap
    while (bytes) {
      this.#stream.read(bytes)
      bytes = inbound.step()
    }
    if (this.#isAlive) this.#answerSoon(hadGap)
  }

  /** False where the packet cannot be honest, or nothing further is to be read. */
  #takeAnswer(next: number, packet: Buffer, from: number): boolean {
    if (!this.#isAlive) return false
    if (!this.#outbound.acknowledge(next, packet, from, this.#pulse.now)) return false
    if (this.#state === 'closing' && this.#outbound.isIdle) {
      this.#conclude()
      return false
    }
    if (!this.#outbound.isIdle) this.#touch()
    return true
  }

  #takeDatagram(packet: Buffer): void {
    if (this.#state !== 'open') return
    const bytes = this.datagrams.read(packet)
    if (bytes) this.receiver?.datagram?.(bytes)
  }

  #answerSoon(isOdd: boolean): void {
    this.#answers.owe(this.#pulse.now, isOdd)
    if (this.#answers.isUrgent) this.#touch()
    else this.#pulse.join(this)
  }

  #sayAnswer(): void {
    this.#answers.given()
    this.#path.send(this.#answers.packet())
  }

  #sayDone(): void {
    this.#path.send(packetOf(DONE, this.#ends.peer))
  }

  #sayReset(): void {
    this.#path.send(packetOf(RESET, this.#ends.resetBy))
  }

  /** The other end has closed, and read nothing since: it is told that its close has come, and again if it asks. */
  #followed(code: number, text: string): void {
    this.#end(code, text)
    this.#sayDone()
    this.#deadline = this.#pulse.now + PATIENCE
    this.#pulse.join(this)
  }

  /** The other end knows that this one has closed. */
  #conclude(): void {
    this.#sayDone()
    this.#finish(undefined, '')
  }

  #giveUp(): false {
    this.#sayReset()
    this.#finish(undefined, '')
    return false
  }

  /** Ends, and leaves nothing. */
  #finish(code: number | undefined, text: string): void {
    if (this.#state === 'gone') return
    if (this.#state !== 'ended') this.#end(code, text)
    this.#leave()
  }

  #end(code: number | undefined, text: string): void {
    this.#state = 'ended'
    this.#outbound.clear()
    this.#inbound.clear()
    this.#stream.stop()
    this.#answers.given()
    const end = this.#own ?? { code, text }
    this.receiver?.end(end.code, end.text)
    this.#path.ended()
  }

  #leave(): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#pulse.leave(this)
    this.#path.gone()
  }
}
