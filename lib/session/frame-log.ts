/** What one side has sent that the other has not acknowledged: it is sent again when the connection was lost. A ring of the frames themselves, which receivers share. */
import type { Frame } from '../link/transport.ts'

/** What a frame counts besides its bytes. */
export const frameCost = 64

/** What has come and costs so much is acknowledged, bytes. */
export const ackBytes: number = 64 << 10

export class FrameLog {
  /** How many frames have been sent: the number of the newest. */
  sent = 0
  /** Too much has been sent since `hold`: none of that is kept. */
  isOver = false
  readonly #limit: number
  /** As many places as a power of two. */
  #ring: (Frame | undefined)[] = [undefined, undefined, undefined, undefined]
  #first = 0
  #count = 0
  #cost = 0
  /** What was sent up to here is kept whatever comes; -1 while the connection stands. */
  #mark = -1

  /** @param limit bytes that frames may take, each with `frameCost` besides its own. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many of the frames are not kept any more. */
  get gone(): number {
    return this.sent - this.#count
  }

  /** What the kept frames cost, bytes. */
  get cost(): number {
    return this.#cost
  }

  add(frame: Frame): void {
    if (this.isOver) return
    this.sent++
    this.#cost += frame.bytes.length + frameCost
    if (this.#count === this.#ring.length) this.#grow()
    this.#ring[(this.#first + this.#count) & (this.#ring.length - 1)] = frame
    this.#count++
    if (this.#cost > this.#limit) this.#overflow()
  }

  /** So many have arrived. False where that is more than were sent. */
  ack(count: number): boolean {
    if (!(count <= this.sent)) return false
    while (this.gone < count) this.#dropFirst()
    return true
  }

  /** Whether everything behind the first `count` frames is kept. */
  holds(count: number): boolean {
    return count >= this.gone && count <= this.sent
  }

  /** The frames behind the first `count`. */
  after(count: number): Frame[] {
    const frames: Frame[] = []
    for (let i = count - this.gone; i < this.#count; i++) frames.push(this.#at(i)!)
    return frames
  }

  /** The connection is lost: nothing that was sent so far is given up from now on. @param copy gives a frame that keeps no bytes but its own from being freed. */
  hold(copy: (frame: Frame) => Frame): void {
    this.#mark = this.sent
    for (let i = 0; i < this.#count; i++) this.#ring[this.#place(i)] = copy(this.#at(i)!)
  }

  /** A connection stands again. */
  release(): void {
    this.#mark = -1
    this.isOver = false
  }

  clear(): void {
    while (this.#count > 0) this.#dropFirst()
  }

  #overflow(): void {
    if (this.#mark < 0) return this.clear()
    this.isOver = true
    // They never left, so their numbers are free.
    while (this.sent > this.#mark) this.#dropLast()
  }

  #place(index: number): number {
    return (this.#first + index) & (this.#ring.length - 1)
  }

  #at(index: number): Frame | undefined {
    return this.#ring[this.#place(index)]
  }

  #dropFirst(): void {
    this.#cost -= this.#at(0)!.bytes.length + frameCost
    this.#ring[this.#first] = undefined
    this.#first = this.#place(1)
    this.#count--
  }

  #dropLast(): void {
    const place = this.#place(this.#count - 1)
    this.#cost -= this.#ring[place]!.bytes.length + frameCost
    this.#ring[place] = undefined
    this.#count--
    this.sent--
  }

  #grow(): void {
    const { length } = this.#ring
    const ring = new Array<Frame | undefined>(length * 2).fill(undefined)
    for (let i = 0; i < length; i++) ring[i] = this.#at(i)
    this.#ring = ring
    this.#first = 0
  }
}
