/** What several connections are sent in one turn. Those that are sent the same share every link of it, and the frame at its end. */
import { Frame } from '../link/transport.ts'

export class Rope {
  readonly #before: Rope | null
  readonly #bytes: Uint8Array
  readonly length: number
  #after: Rope | null = null
  #frame: Frame | null = null

  constructor(bytes: Uint8Array, before: Rope | null = null) {
    this.#before = before
    this.#bytes = bytes
    this.length = bytes.length + (before?.length ?? 0)
  }

  /** This rope with one more message. Whoever asks for the same next gets the same. */
  with(bytes: Uint8Array): Rope {
    let after = this.#after
    if (after === null || after.#bytes !== bytes) this.#after = after = new Rope(bytes, this)
    return after
  }

  /** All of it, put together once. */
  get frame(): Frame {
    return (this.#frame ??= new Frame(this.#before ? this.#joined() : this.#bytes))
  }

  #joined(): Uint8Array {
    const bytes = new Uint8Array(this.length)
    for (let link: Rope | null = this; link; link = link.#before)
      bytes.set(link.#bytes, link.length - link.#bytes.length)
    return bytes
  }
}
