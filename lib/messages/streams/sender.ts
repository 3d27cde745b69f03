/** Sends what the streams of one connection say: small pieces, by turns, and only while little waits before them. */
import type { Writer } from '../../base/bytes.ts'
import type { Timer } from '../../base/clock.ts'
import { envelope, Inner } from '../envelope.ts'
import type { Talk } from '../talk.ts'
import type { Stream } from './stream.ts'
import { longestPiece, Said } from './wire.ts'

/** What leaves in one turn, bytes. */
const turnBytes: number = longestPiece * 2
/** How soon to look again whether the connection has room, ms. */
const shortestPauseMs = 10
const longestPauseMs = 100

export class Sender {
  readonly #talk: Talk<any>
  /** Those that can send, in the order of their turns. */
  readonly #ready = new Set<Stream>()
  /** What the connection did not take. */
  #unsent: Uint8Array[] = []
  #isDue = false
  #timer: Timer | null = null
  #pauseMs = shortestPauseMs

  constructor(talk: Talk<any>) {
    this.#talk = talk
  }

  /** The connection takes nothing now. */
  get isBlocked(): boolean {
    return this.#unsent.length > 0
  }

  /** Says something at once, or before anything else when the connection takes it. */
  tell(said: number, put: (w: Writer) => void): void {
    const talk = this.#talk
    if (talk.isOver) return
    const message = envelope(talk.hub.side, w => {
      w.varint(Inner.stream)
      w.u8(said)
      put(w)
    })
    const bytes = talk.hub.bytesOut(message)
    if (!bytes || (!this.isBlocked && talk.put(bytes))) return
    this.#unsent.push(bytes)
    this.#wait()
  }

  /** A stream can send. */
  add(stream: Stream): void {
    this.#ready.add(stream)
    this.#soon()
  }

  delete(stream: Stream): void {
    this.#ready.delete(stream)
  }

  /** Nothing of what waits is sent. */
  clear(): void {
    this.#ready.clear()
    this.#unsent = []
    this.#timer?.cancel()
    this.#timer = null
  }

  #soon(): void {
    if (this.#isDue || this.#timer) return
    this.#isDue = true
    this.#talk.hub.clock.soon(() => this.#run())
  }

  #run(): void {
    this.#isDue = false
    const { line } = this.#talk
    while (this.isBlocked && this.#talk.put(this.#unsent[0]!)) this.#unsent.shift()
    let left = turnBytes
    let hasRoom = true
    for (const stream of this.#ready) {
      if (this.isBlocked || left <= 0) break
      hasRoom = !line.room || line.room() > 0
      if (!hasRoom) break
      this.#ready.delete(stream)
      if (!stream.out.isReady) continue
      left -= this.#send(stream)
      // Behind the others.
      if (stream.out.isReady) this.#ready.add(stream)
    }
    if (left < turnBytes) this.#pauseMs = shortestPauseMs
    if (this.isBlocked || !hasRoom) this.#wait()
    else if (this.#ready.size > 0) this.#soon()
  }

  /** The next of a stream. Gives how many bytes that were. */
  #send(stream: Stream): number {
    const { out, number } = stream
    const isEnd = out.isAtEnd
    const { held, spent } = out
    this.tell(isEnd ? Said.end : Said.data, w => {
      w.varint(number)
      w.varint(spent)
      if (!isEnd) out.take(w)
    })
    if (isEnd) stream.hasEnded()
    return held - out.held
  }

  #wait(): void {
    if (this.#timer) return
    this.#timer = this.#talk.hub.clock.after(this.#pauseMs, () => {
      this.#timer = null
      this.#run()
    })
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs)
  }
}
