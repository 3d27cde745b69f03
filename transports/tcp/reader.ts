/** Finds the frames in a stream of bytes, however the network has cut it. */
import { CloseReason } from '../../lib/protocol/close.ts'
import { CLOSES, CODE, HEADER, MAX_TEXT } from './wire.ts'

/** Who hears what was found. */
export interface Found {
  /** One whole frame; its bytes are lent for the call. False: nothing further is wanted. */
  frame(bytes: Uint8Array): boolean
  /** The other end has closed; nothing follows. */
  closed(code: number | undefined, text: string): void
  /** Bytes came that are not to be taken; nothing follows. */
  refuse(code: number, text: string): void
}

/** A frame in pieces is given a buffer of so many bytes, and twice of what has come when that is full: a length alone takes no memory. */
const FIRST_BUFFER = 1024

const BETWEEN = -1

export class FrameReader {
  readonly #maxFrame: number
  readonly #found: Found
  /** What is there of a header that came in pieces. */
  #header = 0
  #headerBytes = 0
  /** Bytes of the frame or close that is being read; BETWEEN while none is. */
  #length = BETWEEN
  #isClose = false
  /** What has come of it, where it came in pieces. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #filled = 0
  #done = false

  constructor(maxFrame: number, found: Found) {
    this.#maxFrame = maxFrame
    this.#found = found
  }

  /** Takes what came next. A frame that is whole within it is handed on as it lies there. */
  read(chunk: Uint8Array): void {
    for (let at = 0; !this.#done; ) {
      if (this.#length === BETWEEN) {
        at = this.#readHeader(chunk, at)
        if (this.#length === BETWEEN) return
      }
      const missing = this.#length - this.#filled
      if (chunk.length - at < missing) return this.#keep(chunk, at)
      const body = this.#filled > 0 ? this.#complete(chunk, at, missing) : view(chunk, at, missing)
      at += missing
      this.#length = BETWEEN
      if (this.#isClose) this.#close(body)
      else if (!this.#found.frame(body)) this.drop()
    }
  }

  /** Reads nothing further, and lets go of what is there. */
  drop(): void {
    this.#done = true
    this.#buffer = new Uint8Array(0)
  }

  /** The place behind the header, or the end of `chunk` where it is not whole yet. */
  #readHeader(chunk: Uint8Array, at: number): number {
    let place = at
    while (this.#headerBytes < HEADER) {
      if (place === chunk.length) return place
      this.#header += chunk[place++]! * 2 ** (8 * this.#headerBytes++)
    }
    const isClose = this.#header >= CLOSES
    const length = isClose ? this.#header - CLOSES : this.#header
    this.#header = this.#headerBytes = 0
    if (isClose && (length < CODE || length > CODE + MAX_TEXT)) {
      this.#refuse(CloseReason.malformed, `A close of ${length} bytes came.`)
    } else if (!isClose && length > this.#maxFrame) {
      this.#refuse(CloseReason['too-large'], `A frame of ${length} bytes is over the limit of ${this.#maxFrame}.`)
    } else {
      this.#isClose = isClose
      this.#length = length
    }
    return place
  }

  #keep(chunk: Uint8Array, at: number): void {
    const filled = this.#filled + chunk.length - at
    if (filled > this.#buffer.length) {
      const buffer = new Uint8Array(Math.min(this.#length, Math.max(FIRST_BUFFER, 2 * filled)))
      buffer.set(this.#buffer.subarray(0, this.#filled))
      this.#buffer = buffer
    }
    this.#buffer.set(at === 0 ? chunk : chunk.subarray(at), this.#filled)
    this.#filled = filled
  }

  #complete(chunk: Uint8Array, at: number, missing: number): Uint8Array {
    this.#keep(chunk.subarray(at, at + missing), 0)
    const body = this.#buffer.subarray(0, this.#length)
    this.#buffer = new Uint8Array(0)
    this.#filled = 0
    return body
  }

  #close(body: Uint8Array): void {
    const code = body[0]! | (body[1]! << 8)
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body.subarray(CODE))
    } catch {
      return this.#refuse(CloseReason.malformed, 'The text of a close is no UTF-8.')
    }
    this.drop()
    this.#found.closed(code || undefined, text)
  }

  #refuse(code: number, text: string): void {
    this.drop()
    this.#found.refuse(code, text)
  }
}

/** Some bytes of `chunk`, as a plain Uint8Array. */
const view = (chunk: Uint8Array, at: number, length: number): Uint8Array =>
  new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset + at, length)
