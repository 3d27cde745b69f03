/** Writes the messages of a link: what gathers within a turn leaves as one frame, or as several where it is long. */
import { Writer } from '../../lib/base/bytes.ts'
import type { Clock } from '../../lib/base/clock.ts'
import { type Channel, Frame, frameRoom } from '../../lib/link/transport.ts'
import { linkFrame, More } from './wire.ts'

/** Room for an opcode and a length. */
const HEAD = 16

export class Outbound {
  readonly #channel: Channel
  readonly #clock: Clock
  readonly #beforeLeaving: () => void
  readonly #writer = new Writer(1024)
  #isDue = false

  /** @param beforeLeaving may write more, before what has gathered leaves. */
  constructor(channel: Channel, clock: Clock, beforeLeaving: () => void) {
    this.#channel = channel
    this.#clock = clock
    this.#beforeLeaving = beforeLeaving
    this.#writer.position = frameRoom
  }

  /** Where to write one message of at most `size` bytes, less than a frame of the link. */
  message(op: number, size = 0): Writer {
    const w = this.#writer
    if (w.position + HEAD + size > linkFrame + frameRoom) this.#ship()
    this.due()
    w.u8(op)
    return w
  }

  /** A message that ends with bytes of any length: `head` stands between opcode and bytes, which come in pieces where they are long. */
  payload(op: number, head: Uint8Array, headSize: number, bytes: Uint8Array): void {
    const most = linkFrame - 2 * HEAD - headSize
    let at = 0
    for (; bytes.length - at > most; at += most) {
      const piece = this.message(More, most)
      piece.varint(most)
      piece.raw(bytes, at, at + most)
    }
    const size = bytes.length - at
    const w = this.message(op, headSize + HEAD + size)
    w.raw(head, 0, headSize)
    w.varint(size)
    w.raw(bytes, at, bytes.length)
  }

  /** The same for a datagram of a player: as one of the link's where that has them, else among its frames; lost where it is too long for either. */
  datagram(op: number, head: Uint8Array, headSize: number, bytes: Uint8Array): void {
    const { datagrams } = this.#channel
    const size = HEAD + headSize + bytes.length
    if (datagrams && size <= datagrams.maxSize) {
      const w = new Writer(size)
      w.u8(op)
      w.raw(head, 0, headSize)
      w.varint(bytes.length)
      w.raw(bytes)
      datagrams.send(new Frame(w.slice()))
    } else if (size + HEAD <= linkFrame) this.payload(op, head, headSize, bytes)
  }

  /** Lets what gathers leave as soon as the running code is done. */
  due(): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#clock.soon(this.#leave)
  }

  /** Lets it leave now. */
  flush(): void {
    const wasDue = this.#isDue
    // What is written from here on leaves with the rest.
    this.#isDue = true
    this.#beforeLeaving()
    this.#ship()
    this.#isDue = wasDue
  }

  readonly #leave = (): void => {
    this.flush()
    this.#isDue = false
  }

  #ship(): void {
    const w = this.#writer
    if (w.position === frameRoom) return
    const bytes = w.slice().subarray(frameRoom)
    w.position = frameRoom
    this.#channel.send(new Frame(bytes, frameRoom))
  }
}
