/** The wires that a link's url chooses among: those that `connect` has in Node. */
import type { Clock } from '../../lib/base/clock.ts'
import { ConnectionFailed, UsageError } from '../../lib/base/errors.ts'
import type { Dialer } from '../../lib/link/transport.ts'
import { websocketDialer } from '../websocket/client.ts'
import { choose } from '../wires/node.ts'

/** A Dialer for one url; `transport` as `connect` takes it. */
export function dialerFor(url: string, transport: Dialer | readonly Dialer[] | undefined, clock: Clock): Dialer {
  return choose(
    url,
    transport ? { transport } : {},
    clock,
    () => websocketDialer({ clock }),
    ConnectionFailed,
    UsageError,
  )
}
