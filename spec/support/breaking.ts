/** A wire that breaks without a word at certain of its frames. */
import type { Clock } from '../../lib/base/clock.ts'
import { ConnectionFailed } from '../../lib/base/errors.ts'
import type { Channel, Dialer, Frame } from '../../lib/link/transport.ts'

export interface Breaks {
  readonly way: 'up' | 'down'
  /** Frames that way, counted from 1 since `begin`, over all connections. */
  readonly at: readonly number[]
  /** Whether the frame itself still arrives. */
  readonly arrives: boolean
  /** How long nobody answers then, ms. @default 0 */
  readonly awayMs?: number
}

export class Breaking {
  readonly frames: [up: number, down: number] = [0, 0]
  readonly #breaks: Breaks | null
  #begun = false
  #downUntil = 0

  constructor(breaks: Breaks | null) {
    this.#breaks = breaks
  }

  /** Counts from here on. */
  begin(): void {
    this.#begun = true
  }

  dialer(inner: Dialer, clock: Clock): Dialer {
    return {
      dial: async (url, accept, limits) => {
        if (clock.now() < this.#downUntil) throw new ConnectionFailed('The line is down.')
        await inner.dial(
          url,
          channel => {
            let broken = false
            const passes = (way: 'up' | 'down', pass: () => void): void => {
              if (broken) return
              broken = this.#breaksAt(way)
              if (!broken || this.#breaks!.arrives) pass()
              if (!broken) return
              this.#downUntil = clock.now() + (this.#breaks!.awayMs ?? 0)
              this.#break(channel, way)
            }
            const receiver = accept({
              address: channel.address,
              network: channel.network,
              get buffered() {
                return channel.buffered
              },
              send: (frame: Frame) => passes('up', () => channel.send(frame)),
              close: (code, text) => channel.close(code, text),
              abort: () => channel.abort(),
            } satisfies Channel)
            return {
              frame: bytes => passes('down', () => receiver.frame(bytes)),
              end: (code, text) => receiver.end(code, text),
            }
          },
          limits,
        )
      },
    }
  }

  #breaksAt(way: 'up' | 'down'): boolean {
    if (!this.#begun) return false
    const n = ++this.frames[way === 'up' ? 0 : 1]
    return way === this.#breaks?.way && this.#breaks.at.includes(n)
  }

  /** A frame on its way up that is to arrive must not be overtaken by the end. */
  #break(channel: Channel, way: 'up' | 'down'): void {
    if (way === 'up' && this.#breaks!.arrives) channel.close(13, '')
    else channel.abort()
  }
}
