/**
 * What one client is to receive at the next flush: pieces of the streams of its zones, and messages of its own, in the order in which they happened.
 * A client that only watches keeps no record at all: what it is owed is its zones' streams from their start.
 */
import type { Writer } from '../../base/bytes.ts'
import { copyBytes } from '../../base/put-bytes.ts'
import { bytesFrom, type Slab } from '../../base/slab.ts'
import { Frame, frameRoom } from '../../link/transport.ts'
import { Stream } from './stream.ts'
import type { Zone } from './zone.ts'

interface Segment {
  readonly stream: Stream
  readonly from: number
  to: number
  /** Held calls alone: a client that cannot keep up does without. */
  readonly held: boolean
}

/** The end of a personal segment that is still being written. */
const OPEN = -1

export class Outbox {
  readonly #personal: Stream = new Stream()
  readonly #segments: Segment[] = []
  /** How far into a zone's stream the segments reach; absent for 0. */
  readonly #cursors = new Map<Zone, number>()
  readonly #watched: ReadonlyMap<Zone, unknown>
  #isOver = false

  /** @param watched the zones whose streams the client reads. */
  constructor(watched: ReadonlyMap<Zone, unknown>) {
    this.#watched = watched
  }

  /** The client is gone, or away for too long: what is written for it from now on is forgotten. An object may be kept for it all the same. */
  end(): void {
    this.#isOver = true
  }

  /** The client has come back, and is told everything anew: what was written for it before is forgotten. */
  begin(): void {
    this.#isOver = false
    this.#forget()
  }

  #forget(): void {
    this.#segments.length = 0
    this.#cursors.clear()
    this.#personal.reset(0)
  }

  /** A stream for a message to this client alone, which will come after all that has happened in its zones so far. */
  personal(): Stream {
    if (this.#isOver) {
      this.#forget()
      return this.#personal
    }
    for (const zone of this.#watched.keys()) this.#takeUp(zone)
    const stream = this.#personal
    if (this.#segments.at(-1)?.to !== OPEN) {
      stream.cut()
      this.#segments.push({ stream, from: stream.position, to: OPEN, held: false })
    }
    return stream
  }

  /** Writes a message to this client alone. */
  write(put: (w: Writer) => void): void {
    const stream = this.personal()
    stream.cut()
    put(stream.writer)
  }

  /** Leaves out what `append` adds to the zone's stream. */
  without(zone: Zone, append: () => void): void {
    this.#takeUp(zone)
    append()
    this.startAt(zone)
  }

  /** The client reads the zone's stream from its present end on. */
  startAt(zone: Zone): void {
    zone.stream.cut()
    this.#cursors.set(zone, zone.stream.position)
  }

  /** The client stops reading the zone's stream; what it was owed until now stays owed. */
  stopAt(zone: Zone): void {
    this.#takeUp(zone)
    this.#cursors.delete(zone)
  }

  /** Bytes that are owed so far, without held calls. */
  get sizeWithoutHeld(): number {
    for (const zone of this.#watched.keys()) this.#takeUp(zone)
    this.#closePersonal()
    let size = 0
    for (const { from, to, held } of this.#segments) if (!held) size += to - from
    return size
  }

  /** True where all that the client is owed is its zones' whole streams. */
  get isPlain(): boolean {
    return this.#segments.length === 0 && this.#cursors.size === 0
  }

  /**
   * One frame of all that is owed, or null where that is nothing; then starts anew, at the streams' start. @param slab null where the frame may have to wait.
   * @param thin leaves held calls out. @param head comes first, if anything comes.
   */
  drain(slab: Slab | null, thin: boolean, head: Uint8Array | null): Frame | null {
    for (const zone of this.#watched.keys()) this.#takeUp(zone)
    this.#closePersonal()
    let size = 0
    for (const { from, to, held } of this.#segments) if (!(thin && held)) size += to - from
    const first = head?.length ?? 0
    const bytes = bytesFrom(slab, first + size, frameRoom)
    if (head) bytes.set(head)
    let at = first
    for (const { stream, from, to, held } of this.#segments) {
      if (thin && held) continue
      copyBytes(stream.writer.bytes, from, to, bytes, at)
      at += to - from
    }
    this.#segments.length = 0
    this.#cursors.clear()
    // What a snapshot took is not needed again for long.
    this.#personal.reset(1024)
    return size === 0 ? null : new Frame(bytes, frameRoom)
  }

  /** The same within a tick: the streams go on. */
  drainSoFar(head: Uint8Array | null): Frame | null {
    const frame = this.drain(null, false, head)
    for (const zone of this.#watched.keys()) if (zone.stream.position > 0) this.startAt(zone)
    return frame
  }

  #takeUp(zone: Zone): void {
    const end = zone.stream.position
    const from = this.#cursors.get(zone) ?? 0
    if (end === from) return
    this.#closePersonal()
    const { stream, heldFrom } = zone
    const split = heldFrom < 0 ? end : Math.max(from, heldFrom)
    if (split > from) this.#segments.push({ stream, from, to: split, held: false })
    if (end > split) this.#segments.push({ stream, from: split, to: end, held: true })
    stream.cut()
    this.#cursors.set(zone, end)
  }

  #closePersonal(): void {
    const last = this.#segments.at(-1)
    if (last?.to === OPEN) last.to = this.#personal.position
  }
}
