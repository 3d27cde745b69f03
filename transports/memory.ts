/** A wire inside one process: for a player in the server's own process, and for tests under virtual time. */
import { type Clock, systemClock, type Timer } from '../lib/base/clock.ts'
import { ConnectionFailed, UsageError } from '../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Dialer, Frame, Listener, WireLimits } from '../lib/link/transport.ts'
import { CloseReason } from '../lib/protocol/close.ts'
import { closeText } from '../lib/protocol/close-text.ts'

// For those who write a transport of their own: this is the smallest whole one.
export type { Channel, ChannelReceiver, Dialer, Frame, Listener, WireLimits } from '../lib/link/transport.ts'

const ADDRESS = 'memory:'
/** How long a polite end may take on a delayed wire, ms. */
const PATIENCE = 2000

/** Options of `memory`. */
export interface MemoryOptions {
  /** Whose time the wire runs on. @default the platform's */
  readonly clock?: Clock
  /**
   * Milliseconds that so many bytes take on their way; asked once per frame, and with 0 bytes for each opening and end. Order is kept
   * whatever it answers. With it the wire counts as a network, so that heartbeats run. @default none: as soon as the running code is done
   */
  readonly delay?: (bytes: number, toServer: boolean) => number
}

/** A wire on which one server listens and any number of clients dial. */
export interface MemoryWire extends Listener, Dialer {
  /** Breaks every open connection at once; either end sees it lost. The server goes on listening. */
  cut(): void
}

/**
 * A wire inside this process. Give the same one to the server and to its clients; several wires do not mix.
 *
 * ```ts
 * const wire = memory()
 * const server = createServer({ classes, transports: [wire, websocket({ port: 7200 })] })
 * await server.start()
 * const client = await connect('memory:', { classes, transport: wire })
 * ```
 */
export function memory(options: MemoryOptions = {}): MemoryWire {
  const clock = options.clock ?? systemClock
  const { delay } = options
  const ends = new Set<End>()
  let server: { readonly accept: (channel: Channel) => ChannelReceiver | null; readonly limits: WireLimits } | null =
    null
  let waiting: (() => void)[] = []

  const remove = (end: End): void => {
    ends.delete(end)
    if (ends.size > 0) return
    for (const resolve of waiting) resolve()
    waiting = []
  }

  return {
    async listen(accept, limits) {
      if (server) throw new UsageError('A server listens on this memory() already; give each server a wire of its own.')
      server = { accept, limits }
      return ADDRESS
    },

    async close() {
      server = null
      for (const end of ends)
        if (end.atServer) end.close(CloseReason['server-shutdown'], closeText(CloseReason['server-shutdown']))
      if (ends.size > 0) await new Promise<void>(resolve => waiting.push(resolve))
    },

    dial(url, accept, limits) {
      return new Promise((resolve, reject) => {
        const up = new Pipe(clock, delay && (bytes => delay(bytes, true)))
        const down = new Pipe(clock, delay && (bytes => delay(bytes, false)))
        up.push(() => {
          if (!server) {
            down.push(() =>
              reject(new ConnectionFailed(`No server listens on this memory wire (${url}): start it first.`)),
            )
            return
          }
          const near = new End(clock, down, delay !== undefined, true, server.limits, remove)
          const far = new End(clock, up, delay !== undefined, false, limits, remove)
          near.peer = far
          far.peer = near
          ends.add(near).add(far)
          // The opening travels before anything that the server sends from within its accept.
          down.push(() => {
            try {
              far.receiver = accept(far)
              resolve()
            } catch (error) {
              far.abort()
              reject(error)
            }
          })
          near.receiver = server.accept(near)
          if (!near.receiver)
            near.close(CloseReason['too-many-connections'], closeText(CloseReason['too-many-connections']))
        })
      })
    },

    cut() {
      for (const end of ends) end.abort()
    },
  }
}

/** What is on its way: a frame to an end, or what an opening or an end does. */
interface Underway {
  readonly due: number
  readonly to: End | (() => void)
  readonly frame: Frame | null
}

/** One direction: what is pushed runs later, in order, however the delays fall. */
class Pipe {
  /** Bytes on their way. */
  pending = 0
  readonly #clock: Clock
  readonly #delay: ((bytes: number) => number) | undefined
  #queue: Underway[] = []
  #due = 0
  #timer: Timer | null = null

  constructor(clock: Clock, delay: ((bytes: number) => number) | undefined) {
    this.#clock = clock
    this.#delay = delay
  }

  /** An opening or an end: `drop` leaves these in. */
  push(run: () => void): void {
    this.#add(run, null, 0)
  }

  send(frame: Frame, to: End): void {
    const { length } = frame.bytes
    this.pending += length
    this.#add(to, frame, length)
  }

  #add(to: End | (() => void), frame: Frame | null, bytes: number): void {
    if (!this.#delay) {
      this.#queue.push({ due: 0, to, frame })
      // One function for all: a frame is to cost no closure of its own.
      this.#clock.soon(this.#arrive)
      return
    }
    this.#due = Math.max(this.#due, this.#clock.now() + Math.max(0, this.#delay(bytes)))
    this.#queue.push({ due: this.#due, to, frame })
    if (!this.#timer) this.#wait()
  }

  /** Forgets the frames that are on their way. */
  drop(): void {
    this.pending = 0
    this.#queue = this.#queue.filter(({ frame }) => !frame)
    this.#due = this.#queue.at(-1)?.due ?? 0
    this.#timer?.cancel()
    this.#timer = null
    if (this.#delay) this.#wait()
  }

  #wait(): void {
    const head = this.#queue[0]
    if (!head) return
    this.#timer = this.#clock.after(head.due - this.#clock.now(), () => {
      this.#timer = null
      try {
        while (this.#queue[0] && this.#queue[0].due <= this.#clock.now()) this.#arrive()
      } finally {
        if (!this.#timer) this.#wait()
      }
    })
  }

  readonly #arrive = (): void => {
    const next = this.#queue.shift()
    if (!next) return
    const { to, frame } = next
    if (typeof to === 'function') return to()
    this.pending -= frame!.bytes.length
    to.take(frame!.bytes)
  }
}

/** One end of a connection. */
class End implements Channel {
  readonly address = ''
  readonly network: boolean
  readonly atServer: boolean
  /** Null until `accept` has returned, and for good where it refused. */
  receiver: ChannelReceiver | null = null
  declare peer: End
  readonly #clock: Clock
  readonly #pipe: Pipe
  readonly #limit: number
  readonly #onEnd: (end: End) => void
  #state: 'open' | 'closing' | 'ended' = 'open'
  #broken = false
  #code: number | undefined
  #text = ''
  #force: Timer | null = null

  constructor(
    clock: Clock,
    pipe: Pipe,
    network: boolean,
    atServer: boolean,
    limits: WireLimits,
    onEnd: (end: End) => void,
  ) {
    this.#clock = clock
    this.#pipe = pipe
    this.network = network
    this.atServer = atServer
    this.#limit = limits.maxFrame
    this.#onEnd = onEnd
  }

  get buffered(): number {
    return this.#state === 'ended' ? 0 : this.#pipe.pending
  }

  send(frame: Frame): void {
    if (this.#state !== 'open') return
    this.#pipe.send(frame, this.peer)
  }

  close(code: number, text: string): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#code = code
    this.#text = text
    this.#pipe.push(() => {
      this.peer.#end(code, text)
      this.#end(code, text)
    })
    if (this.network) this.#force = this.#clock.after(PATIENCE, () => this.abort())
  }

  abort(): void {
    if (this.#state === 'ended' || this.#broken) return
    this.#broken = true
    this.#state = 'closing'
    this.#pipe.drop()
    this.#pipe.push(() => this.peer.#end(undefined, ''))
    this.#clock.soon(() => this.#end(undefined, ''))
  }

  /** A frame has arrived. */
  take(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    // A copy, so that the receiver cannot change what the sender, or another receiver of the same frame, still holds.
    if (bytes.length <= this.#limit) this.receiver?.frame(new Uint8Array(bytes))
    else this.close(CloseReason['too-large'], `A frame of ${bytes.length} bytes is over the limit of ${this.#limit}.`)
  }

  #end(code: number | undefined, text: string): void {
    if (this.#state === 'ended') return
    // Who closed first on this side hears its own reason, whatever crossed it on the way.
    const own = this.#state === 'closing'
    this.#state = 'ended'
    this.#force?.cancel()
    this.#pipe.drop()
    this.#onEnd(this)
    this.receiver?.end(own ? this.#code : code, own ? this.#text : text)
  }
}
