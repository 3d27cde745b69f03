/**
 * Large frames at a client, between its session and the wire: deflated on their way, inflated when they come, all in their order. Part of what is loaded late, before the first
 * connection is made; the streams themselves are loaded for the first frame that needs them. "Large frames" in docs/protocol.md.
 */
import type { Channel, ChannelReceiver, Datagrams, Frame } from '../link/transport.ts'
import type { ClientSession } from './client-session.ts'

// As in protocol/opcodes.ts, which the first piece has: bundlers would cut it out of it.
const Deflated = 0x05

export interface LargeFrameOptions {
  readonly compression?: { readonly threshold?: number } | false
  readonly maxFrame?: number
}

export class LargeFrames implements Channel {
  readonly address: string
  readonly network: boolean
  readonly datagrams?: Datagrams
  readonly #wire: Channel
  /** Frames of more bytes leave deflated, where the server said that they may. */
  readonly #threshold: number
  /** The longest frame that is taken, bytes. */
  readonly #most: number
  readonly #coming = new Lane()
  readonly #going = new Lane()
  /** Bytes that wait to leave. */
  #waiting = 0
  #session: ClientSession | undefined

  constructor(wire: Channel, { compression, maxFrame = 16 << 20 }: LargeFrameOptions) {
    this.#wire = wire
    this.#threshold = (compression ? compression.threshold : undefined) ?? 8192
    this.#most = maxFrame
    this.address = wire.address
    this.network = wire.network
    if (wire.datagrams) this.datagrams = wire.datagrams
  }

  get buffered(): number {
    return this.#wire.buffered + this.#waiting
  }

  send(frame: Frame): void {
    const { bytes } = frame
    const isLarge = this.#session?.deflates === 1 && bytes.length > this.#threshold
    if (!isLarge && !this.#going.isBusy) return this.#wire.send(frame)
    this.#waiting += bytes.length
    this.#going.add(async () => {
      const wire = isLarge ? await (await streams()).deflate(bytes as Uint8Array<ArrayBuffer>) : bytes
      this.#waiting -= bytes.length
      this.#wire.send(wire === bytes ? frame : { bytes: wire, room: 0, wire: undefined })
    })
  }

  close(code: number, text: string): void {
    this.#going.run(() => this.#wire.close(code, text))
  }

  abort(): void {
    this.#wire.abort()
  }

  /** Who hears of the wire. @param to hears of it as if nothing had been deflated. */
  receiver(session: ClientSession, to: ChannelReceiver): ChannelReceiver {
    this.#session = session
    const lane = this.#coming
    return {
      frame: bytes => {
        const isDeflated = bytes[0] === Deflated
        if (!isDeflated && !lane.isBusy) return to.frame(bytes)
        const kept = bytes.slice()
        lane.add(async () => {
          const plain = isDeflated ? await (await streams()).inflate(kept, this.#most) : kept
          // It may have ended by this side meanwhile, and is to count nothing more.
          if (!session.isOpen) return
          if (plain) to.frame(plain)
          else session.close('malformed', 'The server broke the protocol: what it deflated is not what it says it is.')
        })
      },
      // They may overtake.
      datagram: bytes => to.datagram?.(bytes),
      end: (code, text) => lane.run(() => to.end(code, text)),
    }
  }
}

const streams = (): Promise<typeof import('./streams.ts')> => import('./streams.ts')

/** Does things in order, some of which take time. */
class Lane {
  #last: Promise<unknown> | undefined

  /** Something is under way: whatever comes has to be added behind it. */
  get isBusy(): boolean {
    return this.#last !== undefined
  }

  /** At once where nothing is under way. */
  run(task: () => void): void {
    if (this.isBusy) this.add(task)
    else task()
  }

  add(task: () => unknown): void {
    // What a task throws is reported by the platform, and holds up nobody.
    const mine = (this.#last ?? Promise.resolve()).then(task, task)
    this.#last = mine
    mine.finally(() => {
      if (this.#last === mine) this.#last = undefined
    })
  }
}
