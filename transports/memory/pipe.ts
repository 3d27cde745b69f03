/** One direction of a connection inside one process: what is pushed runs later, in order, however the delays fall. */
import type { Clock, Timer } from '../../lib/base/clock.ts'
import type { Frame } from '../../lib/link/transport.ts'

/** Who is at the end of a pipe. */
interface Taker {
  /** A frame has arrived. */
  take(bytes: Uint8Array): void
  /** A datagram has arrived. */
  takeDatagram(bytes: Uint8Array): void
}

/** What is on its way: a frame to an end, or what an opening or an end does. */
interface Underway {
  readonly due: number
  readonly to: Taker | (() => void)
  readonly frame: Frame | null
}

export class Pipe {
  /** Bytes on their way. */
  pending = 0
  readonly #clock: Clock
  readonly #delay: ((bytes: number) => number) | undefined
  #queue: Underway[] = []
  #due = 0
  #timer: Timer | null = null
  /** Datagrams that are on their way: where there are no delays, and where there are. */
  readonly #loose: (() => void)[] = []
  readonly #timed = new Set<Timer>()

  constructor(clock: Clock, delay: ((bytes: number) => number) | undefined) {
    this.#clock = clock
    this.#delay = delay
  }

  /** An opening or an end: `drop` leaves these in. */
  push(run: () => void): void {
    this.#add(run, null, 0)
  }

  send(frame: Frame, to: Taker): void {
    const { length } = frame.bytes
    this.pending += length
    this.#add(to, frame, length)
  }

  /** Past the frames that wait, in no order, at most once. */
  datagram(frame: Frame, to: Taker): void {
    const arrive = (): void => to.takeDatagram(frame.bytes)
    if (!this.#delay) {
      this.#loose.push(arrive)
      this.#clock.soon(this.#arrive)
      return
    }
    const timer = this.#clock.after(Math.max(0, this.#delay(frame.bytes.length)), () => {
      this.#timed.delete(timer)
      arrive()
    })
    this.#timed.add(timer)
  }

  #add(to: Taker | (() => void), frame: Frame | null, bytes: number): void {
    if (!this.#delay) {
      this.#queue.push({ due: 0, to, frame })
      // One function for all: a frame is to cost no closure of its own.
      this.#clock.soon(this.#arrive)
      return
    }
    this.#due = Math.max(this.#due, this.#clock.now() + Math.max(0, this.#delay(bytes)))
    this.#queue.push({ due: this.#due, to, frame })
    if (!this.#timer) this.#wait()
  }

  /** Forgets the frames and datagrams that are on their way. */
  drop(): void {
    this.pending = 0
    this.#queue = this.#queue.filter(({ frame }) => !frame)
    this.#due = this.#queue.at(-1)?.due ?? 0
    this.#timer?.cancel()
    this.#timer = null
    this.#loose.length = 0
    for (const timer of this.#timed) timer.cancel()
    this.#timed.clear()
    if (this.#delay) this.#wait()
  }

  #wait(): void {
    const head = this.#queue[0]
    if (!head) return
    this.#timer = this.#clock.after(head.due - this.#clock.now(), () => {
      this.#timer = null
      try {
        while (this.#queue[0] && this.#queue[0].due <= this.#clock.now()) this.#arrive()
      } finally {
        if (!this.#timer) this.#wait()
      }
    })
  }

  readonly #arrive = (): void => {
    const [head] = this.#queue
    // Nothing goes before an opening or an end.
    if (this.#loose.length > 0 && (!head || head.frame)) return this.#loose.shift()!()
    const next = this.#queue.shift()
    if (!next) return
    const { to, frame } = next
    if (typeof to === 'function') return to()
    this.pending -= frame!.bytes.length
    to.take(frame!.bytes)
  }
}
