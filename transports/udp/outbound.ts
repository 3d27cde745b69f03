/** The sending half of the reliable stream: frames become numbered packets, which are sent until the other end has said that they came. */
import { Buffer } from 'node:buffer'
import { whole } from './numbers.ts'
import { Pace } from './pace.ts'
import { DATA_HEADER, PACKET, WINDOW } from './packets.ts'

/** So many packets sent later arrived: this one did not. */
const OVERTAKEN = 3
/** How long the other end may take no step at all, ms. */
const PATIENCE = 30_000
const NOTHING: Buffer = Buffer.alloc(0)

/** One packet that is not known to have arrived. */
interface Flight {
  packet: Buffer
  sentAt: number
  /** The place of its first and its last sending among all. */
  first: number
  last: number
  state: 'waits' | 'flies' | 'arrived'
}

/** Stamps a packet with what is not known before it leaves, and sends it. */
export type Emit = (packet: Buffer, number: number) => void

export class Outbound {
  readonly pace: Pace = new Pace()
  /** Bytes, lengths included, that have not been sent once. */
  waiting = 0
  #queue: Uint8Array[] = []
  #head = 0
  /** How much of the queue's first frame has gone; -1: its length is still to be written. */
  #gone = -1
  #last: Uint8Array | null = null
  #flights: Flight[] = []
  /** The number of the first of `#flights`, and of the next new packet. */
  #oldest: number
  #next: number
  #flying = 0
  #sendings = 0
  /** The latest sending that is known to have arrived. */
  #newest = 0
  /** Losses before this number belong to one that the window has paid for. */
  #recovered = 0
  #progressAt = 0

  /** @param first the number of the first packet. */
  constructor(first = 0) {
    this.#oldest = this.#next = first
  }

  /** True where all has arrived that was given. */
  get isIdle(): boolean {
    return this.#flights.length === 0 && this.waiting === 0
  }

  get hasFlights(): boolean {
    return this.#flights.length > 0
  }

  add(frame: Uint8Array): void {
    this.#queue.push(frame)
    this.waiting += frame.length + varintSize(frame.length + 1)
  }

  /** Sends `record` as it is behind all frames. It is shorter than a packet. */
  end(record: Uint8Array): void {
    this.#last = record
    this.waiting += record.length
  }

  /** Forgets everything. */
  clear(): void {
    this.#queue = []
    this.#flights = []
    this.#last = null
    this.waiting = this.#flying = this.#head = 0
    this.#gone = -1
  }

  /** Sends what may leave now: what was lost first. */
  pump(now: number, emit: Emit): void {
    const window = Math.floor(this.pace.window)
    if (this.#flying < Math.min(window, this.#flights.length))
      for (let i = 0; i < this.#flights.length && this.#flying < window; i++)
        if (this.#flights[i]!.state === 'waits') this.#send(this.#flights[i]!, this.#oldest + i, now, emit)
    while (this.waiting > 0 && this.#flying < window && this.#flights.length < WINDOW) {
      if (this.#flights.length === 0) this.#progressAt = now
      const flight: Flight = { packet: this.#cut(), sentAt: now, first: this.#sendings + 1, last: 0, state: 'waits' }
      this.#flights.push(flight)
      this.#send(flight, this.#next++, now, emit)
    }
  }

  /**
   * The other end has all numbers before `next`, and of those behind it what the bits from `from` in `packet` say. False where it cannot be true.
   */
  acknowledge(next: number, packet: Buffer, from: number, now: number): boolean {
    const upTo = whole(next, this.#oldest)
    if (upTo > this.#next) return false
    if (upTo < this.#oldest) return true
    const full = this.#flying >= Math.floor(this.pace.window) / 2
    let arrived = 0
    let trip = Number.POSITIVE_INFINITY
    const count = upTo - this.#oldest
    const bits = Math.min((packet.length - from) * 8, this.#flights.length - count - 1)
    for (let i = 0; i < count + 1 + bits && i < this.#flights.length; i++) {
      const bit = i - count - 1
      // The bit that would be -1 stands for the number that the other end waits for.
      if (bit === -1 || (bit >= 0 && !(packet[from + (bit >> 3)]! & (1 << (bit & 7))))) continue
      const flight = this.#flights[i]!
      if (flight.state === 'arrived') continue
      if (flight.state === 'flies') this.#flying--
      flight.state = 'arrived'
      flight.packet = NOTHING
      // Of one that was sent twice nobody knows which of the two arrived.
      if (flight.first === flight.last) trip = Math.min(trip, now - flight.sentAt)
      this.#newest = Math.max(this.#newest, flight.first)
      arrived++
    }
    if (count > 0) {
      this.#flights.splice(0, count)
      this.#oldest = upTo
    }
    if (arrived === 0) return true
    this.#progressAt = now
    if (trip < Number.POSITIVE_INFINITY) this.pace.measured(trip)
    this.pace.arrived(arrived, full)
    // Without a bit nothing was overtaken.
    if (bits > 0) this.#findLost()
    return true
  }

  /** Looks whether an answer is overdue. */
  beat(now: number): 'calm' | 'missed' | 'dead' {
    const first = this.#flights.find(flight => flight.state === 'flies')
    if (this.#flights.length > 0 && now - this.#progressAt > PATIENCE) return 'dead'
    if (!first || now - first.sentAt < this.pace.wait) return 'calm'
    for (const flight of this.#flights) if (flight.state === 'flies') flight.state = 'waits'
    this.#flying = 0
    this.#recovered = this.#next
    this.pace.missed()
    return 'missed'
  }

  /** What flies may have left for where nobody is: sends it again. */
  repeat(): void {
    for (const flight of this.#flights) if (flight.state === 'flies') flight.state = 'waits'
    this.#flying = 0
  }

  #findLost(): void {
    for (let i = 0; i < this.#flights.length; i++) {
      const flight = this.#flights[i]!
      if (flight.state !== 'flies' || flight.last + OVERTAKEN > this.#newest) continue
      flight.state = 'waits'
      this.#flying--
      if (this.#oldest + i < this.#recovered) continue
      this.#recovered = this.#next
      this.pace.lost()
    }
  }

  #send(flight: Flight, number: number, now: number, emit: Emit): void {
    flight.state = 'flies'
    flight.sentAt = now
    flight.last = ++this.#sendings
    this.#flying++
    emit(flight.packet, number)
  }

  /** The next bytes of the stream, behind room for a header. */
  #cut(): Buffer {
    const packet = Buffer.allocUnsafe(Math.min(PACKET, DATA_HEADER + this.waiting))
    let at = DATA_HEADER
    while (at < packet.length && this.#head < this.#queue.length) {
      const frame = this.#queue[this.#head]!
      if (this.#gone < 0) {
        // Lengths are not cut in two.
        if (at + varintSize(frame.length + 1) > packet.length) break
        at = writeVarint(packet, at, frame.length + 1)
        this.#gone = 0
      }
      const part = Math.min(frame.length - this.#gone, packet.length - at)
      packet.set(part === frame.length ? frame : frame.subarray(this.#gone, this.#gone + part), at)
      at += part
      this.#gone += part
      if (this.#gone === frame.length) this.#step()
    }
    if (this.#last && this.#head === this.#queue.length && at + this.#last.length <= packet.length) {
      packet.set(this.#last, at)
      at += this.#last.length
      this.#last = null
    }
    this.waiting -= at - DATA_HEADER
    return at === packet.length ? packet : packet.subarray(0, at)
  }

  #step(): void {
    this.#gone = -1
    this.#queue[this.#head++] = NOTHING
    if (this.#head < this.#queue.length && this.#head < 1024) return
    this.#queue.splice(0, this.#head)
    this.#head = 0
  }
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

function writeVarint(packet: Buffer, at: number, value: number): number {
  let rest = value
  let end = at
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) packet[end++] = (rest % 0x80) | 0x80
  packet[end++] = rest
  return end
}
