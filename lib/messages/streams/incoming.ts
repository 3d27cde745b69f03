/** The way of a stream on which this side receives: what has come waits here until it is read, and the other side sends no more than there is room for. */
import { toll, windowCost } from './wire.ts'

export interface IncomingOwner {
  /** Some of it was read. */
  wants(): void
  /** The game reads no more. */
  abortIn(reason: unknown): void
}

export class Incoming {
  readonly readable: ReadableStream<Uint8Array>
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  /** What has come, and how much the other side may send, in cost. */
  spent = 0
  granted = 0
  /** The other side has ended it. */
  isOver = false
  /** Nobody reads it any more: the other side has been told. */
  isStopped = false
  #fault: Error | null = null

  constructor(owner: IncomingOwner) {
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => owner.wants(),
        cancel: reason => owner.abortIn(reason),
      },
      { highWaterMark: windowCost, size: chunk => chunk.byteLength + toll },
    )
  }

  /** Why it failed, if it did. */
  get fault(): Error | null {
    return this.#fault
  }

  get isOpen(): boolean {
    return !this.isOver && !this.isStopped
  }

  /** What the other side could be granted besides, by what has been read. */
  get wish(): number {
    return this.isOpen ? this.spent + (this.#controller?.desiredSize ?? 0) - this.granted : 0
  }

  add(bytes: Uint8Array): void {
    this.spent += bytes.length + toll
    if (!this.isStopped) this.#controller!.enqueue(bytes)
  }

  end(): void {
    if (this.isOpen) this.#controller!.close()
    this.isOver = true
  }

  /** Nothing more is read. */
  fail(error: Error): void {
    if (!this.isOpen) return
    this.#fault = error
    this.#controller!.error(error)
  }

  /** The other side is told to stop. @param error null where whoever reads has had enough. */
  stop(error: Error | null): void {
    if (error) this.fail(error)
    else this.#close()
    this.isStopped = true
  }

  #close(): void {
    try {
      this.#controller!.close()
    } catch {
      // Cancelled: it is closed already.
    }
  }
}
