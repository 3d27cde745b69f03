/** With `pump: 'manual'`: what was received waits for the game to ask for it, with the connection's end behind it. */
import type { ChannelReceiver } from '../../link/transport.ts'

export class HeldFrames implements ChannelReceiver {
  readonly #session: ChannelReceiver
  readonly #isHolding: () => boolean
  #frames: Uint8Array[] = []
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

  /** Hands on what waits, and gives the number of frames. */
  pump(): number {
    const frames = this.#frames
    const end = this.#end
    this.#frames = []
    for (const frame of frames) this.#session.frame(frame)
    if (end) this.#session.end(end.code, end.text)
    return frames.length
  }
}
