/** `fieldcast/query`: asks a server what it says of itself, without a login and without knowing any of its classes. */
import { websocketDialer } from '../transports/websocket/client.ts'
import { type Clock, systemClock } from './base/clock.ts'
import { ConnectionFailed, TimedOut, UsageError } from './base/errors.ts'
import type { Dialer } from './link/transport.ts'
import { queryBytes } from './protocol/messages.ts'
import { Asking, type ServerInfo } from './query/asking.ts'

export { ConnectionFailed, Disconnected, TimedOut, UsageError } from './base/errors.ts'
export type { Dialer } from './link/transport.ts'
export type { ServerInfo } from './query/asking.ts'

export interface QueryOptions {
  /** Another wire than the one of the url's scheme, as for `connect`. */
  readonly transport?: Dialer | readonly Dialer[]
  /** How long all of it may take, the connection's opening included, ms. @default 5,000 */
  readonly timeoutMs?: number
  /** Goes along to the server's `info`, and comes back as `echo`; plain JSON of at most 1 KiB. @default null */
  readonly data?: unknown
  readonly clock?: Clock
}

/** Longest frame that is taken, bytes: hellos and answers are shorter. */
const maxFrame = 32 << 10

/**
 * Asks a server for its name, its players, its latency and the game's own word. Full servers answer too.
 *
 * ```ts
 * const { name, players, maxPlayers, latency, data } = await query('wss://game.example')
 * ```
 *
 * @throws ConnectionFailed when nobody answers there, or no fieldcast server; TimedOut; Disconnected with the server's reason where it answers no queries, or takes no connection
 * now; UsageError for data that cannot be sent.
 */
export async function query(url: string, options: QueryOptions = {}): Promise<ServerInfo> {
  const { timeoutMs = 5000, transport, data, clock = systemClock } = options
  const asking = new Asking(url, jsonOf(data), clock)
  const deadline = clock.after(timeoutMs, () =>
    asking.fail(new TimedOut(`${url} did not answer the query within ${timeoutMs} ms.`)),
  )
  const ask = async (): Promise<void> => {
    const { choose } = await import('#wires')
    const wire = { handshakeMs: timeoutMs, ...(transport && { transport }) }
    await choose(url, wire, clock, websocketDialer, ConnectionFailed, UsageError).dial(url, asking.open, { maxFrame })
  }
  ask().catch(asking.fail)
  try {
    return await asking.answer
  } finally {
    deadline.cancel()
  }
}

function jsonOf(data: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(data ?? null)
  } catch (cause) {
    throw new UsageError('query({ data }) must be plain JSON: no cycles, no bigint.', { cause })
  }
  const { length } = new TextEncoder().encode(json ?? '')
  if (length === 0 || length > queryBytes)
    throw new UsageError(`query({ data }) is plain JSON of at most ${queryBytes} bytes, not ${length}.`)
  return json!
}
