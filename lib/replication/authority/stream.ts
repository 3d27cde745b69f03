/** An append-only run of messages that several clients read the same bytes of. */
import { Writer } from '../../base/bytes.ts'
import { putBytes } from '../../base/put-bytes.ts'
import * as Op from '../../protocol/opcodes.ts'

/** First size of the store in bytes: most zones and clients are quiet, and a busy one's has grown after its first tick. */
const START = 32

export class Stream {
  writer: Writer = new Writer(START)
  #key = -1
  #object = 0

  get position(): number {
    return this.writer.position
  }

  /** Appends a delivery. One that follows another of the same field costs one byte besides its arguments. */
  deliver(key: number, object: number, args: Uint8Array, from: number, to: number): void {
    const w = this.writer
    const step = object - this.#object
    if (key === this.#key && step >= -64 && step < 64) {
      w.u8(Op.Repeat | (step & 0x7f))
    } else {
      w.u8(Op.Deliver)
      w.varint(key)
      w.varint(object)
      this.#key = key
    }
    this.#object = object
    putBytes(w, args, from, to)
  }

  /** Appends messages that are written already. */
  append(bytes: Uint8Array): void {
    this.writer.raw(bytes)
    this.cut()
  }

  /** What follows must be readable by someone who did not read what came before. */
  cut(): void {
    this.#key = -1
  }

  /** Starts anew. @param keep most bytes of its store that are worth keeping. */
  reset(keep: number = Number.POSITIVE_INFINITY): void {
    if (this.writer.bytes.length > keep) this.writer = new Writer(START)
    else this.writer.reset()
    this.cut()
  }
}
