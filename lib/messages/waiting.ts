/** Waiting for what a connection comes to, with a limit to the waiting. */
import { type Clock, systemClock } from '../base/clock.ts'
import { Deferred } from '../base/deferred.ts'
import { Disconnected, TimedOut, UsageError } from '../base/errors.ts'
import { closeName } from '../protocol/close.ts'

export interface WaitOptions {
  /** Longest to wait, ms; 0 for no limit. @default 0 */
  readonly timeoutMs?: number
  /** Default: the client's own; of what is being connected, the platform's. */
  readonly clock?: Clock
}

/** How a connection ended, as in a client's event `close`. */
export interface Ending {
  readonly code: number
  readonly reason: string
  /** '' of a connection that had ended before. */
  readonly text: string
}

/** As much of a client as waiting needs: what `connect` gives. */
export interface Awaitable {
  readonly connected: boolean
  on(event: 'resumed' | 'transferred', listener: () => void): () => void
  on(event: 'close', listener: (ending: Ending) => void): () => void
}

/** What the engine's client has besides. */
interface Inside {
  readonly clock?: Clock
  readonly isMoving?: boolean
  readonly outgoing?: { readonly requests: { readonly isClosed: boolean; readonly closeCode: number | undefined } }
}

/**
 * Waits until a client is connected, and gives it: at once where it is, else when `connect` has resolved or a lost connection stands again. Rejects with TimedOut after `timeoutMs`, with Disconnected
 * where the connection has ended for good, and with whatever `connect` rejects with. The attempt itself goes on: `handshakeMs` of `connect` ends that.
 *
 * ```ts
 * const client = await whenConnected(connect(url, options), { timeoutMs: 3000 })
 * ```
 *
 * @throws UsageError for a limit that is none. It rejects with it.
 */
export async function whenConnected<C extends Awaitable>(
  client: C | PromiseLike<C>,
  options: WaitOptions = {},
): Promise<C> {
  const { timeoutMs } = checked(options)
  if ('then' in client)
    return within(Promise.resolve(client), timeoutMs, options.clock ?? systemClock, 'The connection did not stand')
  if (client.connected) return client
  const ending = endingOf(client)
  if (ending) throw endedBefore(ending)
  const stands = new Deferred<C>()
  const offs = [
    client.on('resumed', () => stands.resolve(client)),
    client.on('transferred', () => stands.resolve(client)),
    client.on('close', ending => stands.reject(endedBefore(ending))),
  ]
  try {
    return await within(stands.promise, timeoutMs, clockOf(client, options), 'The connection did not stand again')
  } finally {
    for (const off of offs) off()
  }
}

/**
 * Waits until a client's connection has ended for good, and says why: at once where it has. A connection that is lost may come back, and has not ended. Rejects with TimedOut after `timeoutMs`.
 * @throws UsageError for a limit that is none. It rejects with it.
 */
export async function whenClosed(client: Awaitable, options: WaitOptions = {}): Promise<Ending> {
  const { timeoutMs } = checked(options)
  const before = endingOf(client)
  if (before) return before
  const ended = new Deferred<Ending>()
  const off = client.on('close', ended.resolve)
  try {
    return await within(ended.promise, timeoutMs, clockOf(client, options), 'The connection did not end')
  } finally {
    off()
  }
}

/** What the promise gives, or TimedOut after so many ms; 0 for no limit. @param what the beginning of the sentence that the error says. */
export function within<T>(promise: Promise<T>, timeoutMs: number, clock: Clock, what: string): Promise<T> {
  if (timeoutMs === 0) return promise
  const result = new Deferred<T>()
  const timer = clock.after(timeoutMs, () => result.reject(new TimedOut(`${what} within ${timeoutMs} ms.`)))
  promise.then(result.resolve, result.reject).finally(() => timer.cancel())
  return result.promise
}

/** Why something cannot be the limit of a wait; null where it can. */
export const limitFault = (timeoutMs: unknown): string | null =>
  typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs < 2 ** 31
    ? null
    : `timeoutMs is a number of ms, or 0 for no limit, not ${String(timeoutMs)}.`

function checked({ timeoutMs = 0 }: WaitOptions): { readonly timeoutMs: number } {
  const fault = limitFault(timeoutMs)
  if (fault) throw new UsageError(fault)
  return { timeoutMs }
}

const clockOf = (client: Awaitable & Inside, { clock }: WaitOptions): Clock => clock ?? client.clock ?? systemClock

/** Null while it may go on: it is connected, on its way back, or on its way to another server. */
function endingOf(client: Awaitable & Inside): Ending | null {
  const { outgoing, isMoving, connected } = client
  if (connected || isMoving || !outgoing?.requests.isClosed) return null
  const code = outgoing.requests.closeCode!
  return { code, reason: closeName(code), text: '' }
}

const endedBefore = ({ code, reason }: Ending): Disconnected =>
  new Disconnected(`The connection has ended: ${reason}.`, code, reason)
