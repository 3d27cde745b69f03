/**
 * Large frames of a server become small ones on the wire, those for many receivers once for all of them. What it costs is bounded: deflating a byte takes as long as sending
 * thousands. Rule 32 of docs/guarantees.md, and "Large frames" in docs/protocol.md.
 */
import { zlib } from '#zlib'
import { Writer } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { MalformedError, UsageError } from '../base/errors.ts'
import { Frame } from '../link/transport.ts'
import * as Op from '../protocol/opcodes.ts'
import { pay } from './gauges.ts'

export interface CompressionOptions {
  /** Frames of more bytes are deflated. @default 8,192 */
  readonly threshold?: number
  /** 1 is fast, 9 small. @default 6 */
  readonly level?: number
  /** Most bytes per second that are deflated, for all clients together, with bursts of twice that; others go as they are. A MiB takes some 70 ms at level 6. @default 2 MiB */
  readonly bytesPerSecond?: number
}

/** How far the rate may run ahead, ms. */
const burstMs = 2000

/** As much as a frame of any size counts for the rate of bytes that its client may send: below that setting zlib up is what costs. */
export const leastInflated = 4096

export class Deflater {
  readonly #threshold: number
  readonly #level: number
  /** What a byte takes off the rate, ms. */
  readonly #price: number
  readonly #clock: Clock
  readonly #paid = new Float64Array(1)
  /** What goes over the wire of frames that several receivers share. */
  readonly #shared = new WeakMap<Frame, Frame>()

  /** @throws UsageError for options that are none. */
  constructor(options: CompressionOptions, clock: Clock) {
    const { threshold = 8192, level = 6, bytesPerSecond = 2 << 20 } = options
    if (!(threshold >= 0)) throw wrong('threshold is a number of bytes', threshold)
    if (!Number.isInteger(level) || level < 1 || level > 9) throw wrong('level is 1 to 9', level)
    if (!(bytesPerSecond > 0)) throw wrong('bytesPerSecond is above 0', bytesPerSecond)
    this.#threshold = threshold
    this.#level = level
    this.#price = 1000 / bytesPerSecond
    this.#clock = clock
  }

  /** What to send in the place of a frame: itself, where it is small or would not get smaller. */
  wireOf(frame: Frame): Frame {
    if (frame.bytes.length <= this.#threshold) return frame
    const known = this.#shared.get(frame)
    if (known) return known
    const wire = this.#deflated(frame)
    if (frame.room === 0) this.#shared.set(frame, wire)
    return wire
  }

  #deflated(frame: Frame): Frame {
    const { bytes } = frame
    if (!zlib || !pay(this.#paid, 0, this.#clock.now(), bytes.length * this.#price, burstMs)) return frame
    const deflated = zlib.deflate(bytes, this.#level)
    const w = new Writer(deflated.length + 10)
    w.u8(Op.Deflated)
    w.varint(bytes.length)
    w.raw(deflated)
    return w.position < bytes.length ? new Frame(w.bytes.subarray(0, w.position)) : frame
  }
}

/** The frame in a deflated one. @param size as it says of itself. @throws MalformedError for anything but that. */
export function inflated(bytes: Uint8Array, size: number): Uint8Array {
  const frame = size > 0 ? zlib?.inflate(bytes, size) : null
  if (!frame) throw new MalformedError('What was deflated is not what it says it is.')
  return frame
}

/** Whether a server in this place can read deflated frames. */
export const canInflate: boolean = zlib !== null

function wrong(what: string, value: unknown): UsageError {
  return new UsageError(`createServer({ compression }): ${what}, not ${String(value)}.`)
}
