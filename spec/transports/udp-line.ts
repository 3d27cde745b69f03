/** Two ends of a UDP connection without sockets: packets take what time a spec says, and may be lost, doubled or changed on their way. */
import { Frame } from '../../lib/link/transport.ts'
import { Connection } from '../../transports/udp/connection.ts'
import type { Path } from '../../transports/udp/path.ts'
import { Pulse } from '../../transports/udp/pulse.ts'
import { ManualClock } from './manual-clock.ts'
import { LIMITS, Recorder } from './recorder.ts'

export interface LineOptions {
  /** What one packet takes on its way, ms. @default 10 */
  readonly delay?: () => number
  /** How often a packet arrives. @default once */
  readonly copies?: (packet: Buffer, from: Side) => number
  /** The number of the first packet of either side. */
  readonly first?: number
  readonly maxFrame?: number
}

/** One end, what it was told, and what it sent. */
export class Side implements Path {
  isClogged = false
  /** How often the receiver was told of an end, and that nothing is left. */
  ends = 0
  left = 0
  misses = 0
  silence = 0
  readonly sent: { readonly packet: Buffer; readonly at: number }[] = []
  declare connection: Connection
  declare recorder: Recorder
  readonly #carry: (packet: Buffer, from: Side) => void
  readonly #clock: ManualClock

  constructor(carry: (packet: Buffer, from: Side) => void, clock: ManualClock) {
    this.#carry = carry
    this.#clock = clock
  }

  send(packet: Buffer): void {
    const copy = Buffer.from(packet)
    this.sent.push({ packet: copy, at: this.#clock.now() })
    this.#carry(copy, this)
  }

  missed(silence: number): void {
    this.misses++
    this.silence = silence
  }

  ended(): void {
    this.ends++
  }

  gone(): void {
    this.left++
  }

  /** The packets of one kind that it sent. */
  of(kind: number): Buffer[] {
    return this.sent.filter(({ packet }) => packet[0] === kind).map(({ packet }) => packet)
  }

  datagram(...bytes: number[]): void {
    this.connection.datagrams.send(new Frame(Uint8Array.from(bytes)))
  }
}

export class Line {
  readonly clock: ManualClock = new ManualClock()
  readonly a: Side
  readonly b: Side
  /** Nothing arrives while it is true. */
  isCut = false

  constructor(options: LineOptions = {}) {
    const { delay = () => 10, copies = () => 1, first = 0, maxFrame = LIMITS.maxFrame } = options
    const carry = (packet: Buffer, from: Side): void => {
      const to = from === this.a ? this.b : this.a
      if (this.isCut) return
      for (let i = copies(packet, from); i > 0; i--)
        this.clock.after(delay(), () => this.isCut || to.connection.take(Buffer.from(packet)))
    }
    this.a = new Side(carry, this.clock)
    this.b = new Side(carry, this.clock)
    const pulse = new Pulse(this.clock)
    for (const [side, low] of [
      [this.a, 2],
      [this.b, 1],
    ] as const) {
      const id = { low, high: 7 }
      side.connection = new Connection(side, { peer: id, resetBy: id, address: '', maxFrame }, pulse, first)
      side.recorder = new Recorder(side.connection)
      side.connection.receiver = side.recorder
    }
  }
}
