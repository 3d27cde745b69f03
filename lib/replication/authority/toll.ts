/** What a client's calls and wishes are charged, and what violations cost one whose connection they do not end: rules 10 and 32 of docs/guarantees.md. */

import { told, type ViolationReason } from '../../session/server-session.ts'
import { Standing } from '../../session/standing.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'

/** Counts one more call or wish. What stands in its way; null where nothing does. */
export function takeCall(client: RemoteClient): 'rate' | 'quarantined' | null {
  const { session, standing } = client
  if (!session.countCall()) return 'rate'
  if (standing === null || standing.level === 'good') return null
  if (standing.level === 'quarantined') return 'quarantined'
  return session.countCall() ? null : 'rate'
}

/** Puts an ignored violation on a client's account. `close` where that was one too many: the connection has ended. */
export function charge(authority: Authority, client: RemoteClient, reason: ViolationReason): 'close' | 'ignore' {
  const limits = authority.limits.standing
  if (limits === false || !client.connected) return 'ignore'
  client.standing ??= new Standing(limits, authority.clock, (level, points, reason) =>
    authority.emit('standing', { client, level, points, reason }),
  )
  client.standing.add(reason)
  if (client.standing.level !== 'closed') return 'ignore'
  client.session.close(told(reason))
  return 'close'
}
