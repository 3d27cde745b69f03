/** With `pump: 'manual'`: what was received waits for the game to ask for it, over several connections where one was lost, with the last one's end behind it. */
import type { ChannelReceiver } from '../../link/transport.ts'
import type { ClientSession } from '../../session/client-session.ts'

export class HeldFrames {
  readonly #isHolding: (session: ClientSession) => boolean
  /** What was received, and what else the game is told: it counts for no frame. */
  readonly #waiting: { readonly run: () => void; readonly isFrame: boolean }[] = []

  /** @param isHolding false while the handshake goes on, which waits for nobody. */
  constructor(isHolding: (session: ClientSession) => boolean) {
    this.#isHolding = isHolding
  }

  /** @param ended hears at once of the end of a wire whose frames wait. */
  receiver(session: ClientSession, ended: (code: number | undefined, text: string) => void): ChannelReceiver {
    const take = (bytes: Uint8Array, read: (bytes: Uint8Array) => void): void => {
      const held = bytes.slice()
      this.#waiting.push({ run: () => read(held), isFrame: true })
    }
    return {
      frame: bytes => {
        if (!this.#isHolding(session)) return session.frame(bytes)
        session.arrive(bytes)
        take(bytes, held => session.read(held))
      },
      datagram: bytes => {
        if (this.#isHolding(session)) take(bytes, held => session.datagram(held))
        else session.datagram(bytes)
      },
      end: (code, text) => {
        if (!this.#isHolding(session)) return session.end(code, text)
        session.unwatch()
        this.later(() => session.end(code, text))
        ended(code, text)
      },
    }
  }

  /** Runs something behind all that waits. */
  later(run: () => void): void {
    this.#waiting.push({ run, isFrame: false })
  }

  /** Hands on what waits, and gives the number of frames. A handler may pump too: it gets what comes behind its own call. */
  pump(): number {
    let count = 0
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (next.isFrame) count++
      next.run()
    }
    return count
  }
}
