/**
 * Calls of Latest and Unreliable fields that leave as datagrams, where the wire has them. One that may be lost is sent once more, the reliable way, when
 * its Latest field has been quiet for a while. docs/protocol.md, "Datagrams".
 */
import type { Writer } from '../../base/bytes.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Datagrams, Frame } from '../../link/transport.ts'
import type { Field } from '../../schema/network-class.ts'
import type { ViewBody } from './view-body.ts'

/** What it would import if it were not loaded late. */
export interface FlightKit {
  readonly Writer: typeof Writer
  readonly Frame: typeof Frame
  readonly clock: Clock
}

/** What sends the reliable way. */
interface Reliable {
  put(op: number, put: (w: Writer) => void): void
}

interface Flight {
  readonly body: ViewBody
  readonly number: number
  readonly at: number
  readonly put: (w: Writer) => void
}

// As in protocol/limits.ts and opcodes.ts, which the first piece has.
const op = { Call: 0x12, Datagram: 0x19, Confirm: 0x1a }
const datagramBytes = 1000
const quietMs = 250
/** The most that stands before a call's arguments. */
const head = 24

export class Flights {
  /** Those of the wire that carries the client now. */
  datagrams: Datagrams | undefined
  readonly #kit: FlightKit
  readonly #reliable: Reliable
  readonly #packet: Writer
  /** By object and field, those quiet for longest first. */
  readonly #underway = new Map<string, Flight>()
  #number = 0
  #timer: Timer | undefined

  constructor(kit: FlightKit, reliable: Reliable) {
    this.#kit = kit
    this.#reliable = reliable
    this.#packet = new kit.Writer(datagramBytes)
  }

  /** Sends a call with the others of this turn. */
  send(body: ViewBody, { key, isLatest }: Field, bytes: Uint8Array): void {
    const { id } = body
    const { clock } = this.#kit
    const packet = this.#packet
    const put = (w: Writer): void => {
      w.varint(key)
      w.varint(id)
      w.varint(bytes.length)
      w.raw(bytes)
    }
    const isLong = bytes.length + 2 * head > datagramBytes
    if (packet.position > 0 && (isLong || packet.position + head + bytes.length > datagramBytes)) this.flush()
    if (packet.position === 0) this.#number++
    if (isLong) return this.#put(this.#number, put)
    if (packet.position === 0) {
      packet.u8(op.Datagram)
      packet.varint(this.#number)
    }
    packet.u8(op.Call)
    put(packet)
    if (!isLatest) return
    const place = `${id}.${key}`
    this.#underway.delete(place)
    this.#underway.set(place, { body, number: this.#number, at: clock.now(), put })
    this.#timer ??= clock.after(quietMs, () => this.#confirm())
  }

  /** Sends what has gathered in this turn. */
  flush(): void {
    const packet = this.#packet
    if (packet.position === 0) return
    this.datagrams?.send(new this.#kit.Frame(packet.slice()))
    packet.reset()
  }

  /** The wire is lost: what may have been lost with it goes the reliable way, ahead of whatever is sent from now on. */
  land(): void {
    for (const { body, number, put } of this.#underway.values()) if (body.inView) this.#put(number, put)
    this.end()
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#underway.clear()
  }

  /** Sends the newest call of a field the reliable way. */
  #put(number: number, call: (w: Writer) => void): void {
    this.#reliable.put(op.Confirm, w => {
      w.varint(number)
      call(w)
    })
  }

  #confirm(): void {
    const { clock } = this.#kit
    this.#timer = undefined
    for (const [place, { body, number, at, put }] of this.#underway) {
      const left = at + quietMs - clock.now()
      if (left > 0) {
        this.#timer = clock.after(left, () => this.#confirm())
        return
      }
      this.#underway.delete(place)
      if (body.inView) this.#put(number, put)
    }
  }
}
