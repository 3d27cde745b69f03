/**
 * Clients that are away and have missed more than is kept: nothing is written for them any more, only noted which zones they watch. When they come back
 * everything is told anew (afresh.ts). Rule 26 of docs/guarantees.md.
 */
import type { WatchMode } from '../../protocol/messages.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'
import { resolveHanded } from './flush.ts'
import type { Zone } from './zone.ts'

/** Puts those to sleep who have missed too much by now; between flushes. */
export function putToSleep(authority: Authority): void {
  for (const client of authority.absent) if (client.session.log!.isOver && !client.asleep) fallAsleep(authority, client)
}

function fallAsleep(authority: Authority, client: RemoteClient): void {
  client.away!.asleep = true
  authority.neglect(client)
  client.outbox.end()
  for (const zone of client.watched.keys()) {
    zone.dismiss(client)
    zone.sleepers++
  }
  // What waits for it is answered, and the answers are kept.
  authority.openings.drop(client)
  resolveHanded(client)
}

/** Changes what a sleeping client will watch. */
export function watchAsleep(
  authority: Authority,
  client: RemoteClient,
  mode: WatchMode,
  zones: readonly number[],
): void {
  const { watched } = client
  const leave = (zone: Zone): void => {
    client.unwatch(zone)
    zone.sleepers--
    authority.releaseZone(zone)
  }
  if (mode === 'set') for (const zone of [...watched.keys()]) if (!zones.includes(zone.id)) leave(zone)
  for (const id of zones) {
    const zone = authority.zone(id)
    const interests = watched.get(zone) ?? 0
    if (mode === 'delete') {
      if (interests > 1) watched.set(zone, interests - 1)
      else if (interests === 1) leave(zone)
      else authority.releaseZone(zone)
      continue
    }
    if (interests === 0) zone.sleepers++
    watched.set(zone, mode === 'set' ? 1 : interests + 1)
  }
}
