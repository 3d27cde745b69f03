/** The way of a stream on which this side sends: what is written waits here until the other side has room for it. */
import { Writer } from '../../base/bytes.ts'
import { Deferred } from '../../base/deferred.ts'
import { ArgumentError, UsageError } from '../../base/errors.ts'
import { longestPiece, toll } from './wire.ts'

/** What is kept of what was written, bytes. Whoever writes more waits. */
const mostHeld = 64 << 10

export interface OutgoingOwner {
  readonly name: string
  /** There is something to send. */
  ready(): void
  /** The game gives this way up. */
  abortOut(reason: unknown): void
}

export class Outgoing {
  readonly writable: WritableStream<Uint8Array>
  readonly #owner: OutgoingOwner
  #controller: WritableStreamDefaultController | null = null
  /** What is held lies behind `#start`. */
  readonly #held = new Writer(0)
  #start = 0
  #spent = 0
  #granted = 0
  /** Chunks that have been written, and those of them that were taken. */
  #given = 0
  #taken = 0
  #room: Deferred<void> | null = null
  #closing: Deferred<void> | null = null
  #isFinishing = false
  #fault: Error | null = null
  #isOver = false
  /** The game has aborted it: it fails by itself. */
  #isAborted = false

  constructor(owner: OutgoingOwner) {
    this.#owner = owner
    const size = (chunk: Uint8Array): number => {
      this.#given++
      return chunk?.byteLength || 1
    }
    this.writable = new WritableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
          // At once, where the platform has that: `abort` below waits for a write that waits itself.
          controller.signal?.addEventListener('abort', () => {
            this.#isAborted = true
            owner.abortOut(controller.signal.reason)
          })
        },
        write: chunk => this.#write(chunk),
        close: () => this.#close(),
        abort: reason => owner.abortOut(reason),
      },
      { highWaterMark: 1, size },
    )
  }

  /** Its end was told, or it was given up. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** What has been sent, in cost. */
  get spent(): number {
    return this.#spent
  }

  /** How far the other side lets this one send. */
  get granted(): number {
    return this.#granted
  }

  /** Bytes that wait. */
  get held(): number {
    return this.#held.position - this.#start
  }

  /** Why it failed, if it did. */
  get fault(): Error | null {
    return this.#fault
  }

  /** Something can be sent now. */
  get isReady(): boolean {
    return !this.#isOver && (this.#due > 0 || this.isAtEnd)
  }

  /** All has been sent but the end. */
  get isAtEnd(): boolean {
    return this.#closing !== null && this.held === 0
  }

  get #due(): number {
    return Math.min(this.held, this.#granted - this.#spent - toll, longestPiece)
  }

  grant(granted: number): void {
    this.#granted = granted
    if (this.isReady) this.#owner.ready()
  }

  /** Writes the next piece. Only where something is due. */
  take(w: Writer): void {
    const due = this.#due
    const end = this.#start + due
    w.raw(this.#held.bytes, this.#start, end)
    this.#start = end
    this.#spent += due + toll
    this.#compact()
    this.#room?.resolve()
    this.#room = null
  }

  /** Its end has been told. */
  end(): void {
    this.#isOver = true
    this.#closing?.resolve()
  }

  /** Nothing more is sent. */
  fail(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#fault = error
    this.#held.reset()
    this.#start = 0
    if (!this.#isAborted) this.#controller?.error(error)
    this.#room?.reject(error)
    this.#closing?.reject(error)
  }

  /** Ends it behind all that has been written, whoever holds the writer. */
  finish(): void {
    if (this.#isOver || this.#closing) return
    if (!this.writable.locked) return void this.writable.close().catch(() => {})
    this.#isFinishing = true
    if (this.#given === this.#taken) void this.#close()
  }

  async #write(chunk: Uint8Array): Promise<void> {
    if (!(chunk instanceof Uint8Array)) {
      this.#owner.abortOut('bad-arguments')
      throw new ArgumentError(`The stream ${this.#owner.name} takes Uint8Array, not ${typeof chunk}.`)
    }
    for (let at = 0; at < chunk.length; ) {
      if (this.#isOver)
        throw this.#fault ?? new UsageError(`The stream ${this.#owner.name} ended when its handler was done.`)
      const count = Math.min(chunk.length - at, mostHeld - this.held)
      if (count > 0) {
        this.#held.raw(chunk, at, at + count)
        at += count
        if (this.isReady) this.#owner.ready()
      } else {
        this.#room = new Deferred()
        await this.#room.promise
      }
    }
    this.#taken++
    if (this.#isFinishing && this.#given === this.#taken) void this.#close()
  }

  #close(): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    this.#closing ??= new Deferred()
    if (this.isReady) this.#owner.ready()
    return this.#closing.promise
  }

  #compact(): void {
    const held = this.#held
    if (this.held > 0 && this.#start < mostHeld) return
    held.bytes.copyWithin(0, this.#start, held.position)
    held.rewind(this.held)
    this.#start = 0
  }
}
