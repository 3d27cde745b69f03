/** What a client waits for at its beginning: its avatar and its first zone. Loaded late, with beside.ts. */
import type { Welcome } from '../../protocol/messages.ts'
import type { NetworkObject } from '../../schema/network-object.ts'
import type { ClientEvents } from './events.ts'

interface Seen {
  readonly bodies: ReadonlyMap<number, unknown>
  readonly zones: ReadonlySet<number>
}

/** Whether both are in view. */
export const isComplete = ({ avatar, zone }: Welcome, { bodies, zones }: Seen): boolean =>
  (avatar === 0 || bodies.has(avatar)) && (zone === null || zones.has(zone))

/** The same when something has left: the server may have sent it elsewhere before the client was told anything. */
export function without(welcome: Welcome, event: keyof ClientEvents, value: object): Welcome {
  const { zone, object } = value as { zone?: unknown; object?: NetworkObject }
  if (event === 'zone-left' && zone === welcome.zone) return { ...welcome, zone: null }
  if (event === 'leave' && object!.id === welcome.avatar) return { ...welcome, avatar: 0 }
  return welcome
}
