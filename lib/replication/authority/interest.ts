/** Which zones a client watches, and what it is told when that changes. Rules 23 to 25 of docs/guarantees.md. */
import { Op } from '../../protocol/opcodes.ts'
import type { WatchMode } from '../../protocol/opcodes.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { enterMessage } from './snapshot.ts'
import type { Zone } from './zone.ts'

/** Changes a client's interests. Resolves when the snapshots have been handed to it. */
export function watch(authority: Authority, client: RemoteClient, mode: WatchMode, zones: readonly number[]): Promise<void> {
  if (!client.connected) return Promise.resolve()
  const { watched } = client
  if (mode === 'delete') {
    const ended: Zone[] = []
    for (const zone of watched.keys()) {
      if (!zones.includes(zone.id)) continue
      const interests = watched.get(zone)! - 1
      if (interests === 0) ended.push(zone)
      else watched.set(zone, interests)
    }
    close(authority, client, ended)
    return authority.handed(client)
  }
  if (mode === 'set') {
    close(authority, client, [...watched.keys()].filter(zone => !zones.includes(zone.id)))
    for (const zone of watched.keys()) watched.set(zone, 1)
  }
  const opened: Zone[] = []
  for (const id of zones) {
    const zone = authority.zone(id)
    const interests = watched.get(zone)
    if (interests === undefined) opened.push(zone)
    else if (mode === 'add') watched.set(zone, interests + 1)
  }
  open(authority, client, opened, null)
  return authority.handed(client)
}

/**
 * Opens zones for a client: all snapshots, then a `zone-done` for each, then what happens from now on.
 * @param fresh an object of the client's own that it has not been told of yet.
 */
export function open(authority: Authority, client: RemoteClient, zones: readonly Zone[], fresh: Body | null): void {
  if (zones.length === 0) return
  // First all zones, so that references between them arrive.
  for (const zone of zones) {
    zone.watchers.add(client)
    client.outbox.startAt(zone)
    client.watched.set(zone, 1)
  }
  const { outbox } = client
  outbox.write(w => {
    w.u8(Op.Open)
    w.varint(zones.length)
  })
  const counts = new Map<Zone, number>()
  for (const zone of zones) {
    let count = 0
    // A copy: a getter may create, move or delete objects. What comes meanwhile comes by the zone's stream.
    for (const body of [...zone.members]) {
      if (body.deleted || body.inZone !== zone || !body.announced) continue
      count++
      if (body.ownedBy === client && body !== fresh) continue
      const message = enterMessage(authority, body, { asOwner: body.ownedBy === client, viewer: client })
      outbox.personal().append(message)
    }
    counts.set(zone, count)
  }
  for (const [zone, count] of counts) {
    outbox.write(w => {
      w.u8(Op.ZoneDone)
      w.varint(zone.id)
      w.varint(count)
    })
  }
  authority.touchClient(client)
}

function close(authority: Authority, client: RemoteClient, zones: readonly Zone[]): void {
  const now = authority.clock.now()
  for (const zone of zones) {
    client.outbox.stopAt(zone)
    client.watched.delete(zone)
    zone.watchers.delete(client)
    for (const body of zone.members) if (body.ownedBy !== client) client.leftView.remember(body.id, now)
    client.outbox.write(w => {
      w.u8(Op.ZoneLeft)
      w.varint(zone.id)
    })
    authority.releaseZone(zone)
    authority.touchClient(client)
  }
}
