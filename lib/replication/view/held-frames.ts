/** With `pump: 'manual'`: what was received waits for the game to ask for it, with the connection's end behind it. */
import type { ChannelReceiver } from '../../link/transport.ts'

export class HeldFrames implements ChannelReceiver {
  readonly #session: ChannelReceiver
  readonly #isHolding: () => boolean
  readonly #frames: Uint8Array[] = []
  #end: { readonly code: number | undefined; readonly text: string } | undefined

  /** @param isHolding false while the handshake goes on, which waits for nobody. */
  constructor(session: ChannelReceiver, isHolding: () => boolean) {
    this.#session = session
    this.#isHolding = isHolding
  }

  frame(bytes: Uint8Array): void {
    if (this.#isHolding()) this.#frames.push(bytes.slice())
    else this.#session.frame(bytes)
  }

  end(code: number | undefined, text: string): void {
    if (this.#isHolding()) this.#end = { code, text }
    else this.#session.end(code, text)
  }

  /** Hands on what waits, and gives the number of frames. A handler may pump too: it gets what comes behind its own call. */
  pump(): number {
    let count = 0
    for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) {
      count++
      this.#session.frame(frame)
    }
    const end = this.#end
    this.#end = undefined
    if (end) this.#session.end(end.code, end.text)
    return count
  }
}
