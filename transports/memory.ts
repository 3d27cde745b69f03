/** A wire inside one process: for a player in the server's own process, and for tests under virtual time. */
import { type Clock, systemClock } from '../lib/base/clock.ts'
import { ConnectionFailed, UsageError } from '../lib/base/errors.ts'
import type { Channel, ChannelReceiver, Dialer, Listener, WireLimits } from '../lib/link/transport.ts'
import { CloseReason } from '../lib/protocol/close.ts'
import { closeText } from '../lib/protocol/close-text.ts'
import { End } from './memory/end.ts'
import { Pipe } from './memory/pipe.ts'

// For those who write a transport of their own: this is the smallest whole one.
export type {
  Channel,
  ChannelReceiver,
  Datagrams,
  Dialer,
  Frame,
  Listener,
  WireLimits,
} from '../lib/link/transport.ts'

const ADDRESS = 'memory:'

/** Options of `memory`. */
export interface MemoryOptions {
  /** Whose time the wire runs on. @default the platform's */
  readonly clock?: Clock
  /**
   * Milliseconds that so many bytes take on their way; asked once per frame and datagram, and with 0 bytes for each opening and end. Frames keep
   * their order whatever it answers, datagrams do not. With it the wire counts as a network, so that heartbeats run. @default none: as soon as the running code is done
   */
  readonly delay?: (bytes: number, toServer: boolean) => number
  /** Whether the wire has datagrams, as UDP and WebRTC have. None is lost here: `fieldcast/transports/conditioner` sees to that. @default false */
  readonly datagrams?: boolean
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
  const { delay, datagrams = false } = options
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
    schemes: ['memory'],

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
          const near = new End(clock, down, delay !== undefined, true, server.limits, datagrams, remove)
          const far = new End(clock, up, delay !== undefined, false, limits, datagrams, remove)
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
