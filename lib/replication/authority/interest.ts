/** Which zones a client watches, and what it is told when that changes. Rules 23 to 25 of docs/guarantees.md. */
import type { WatchMode } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import { settleHeld, settleZone } from './held-calls.ts'
import { type Asked, askGetters, enterMessage } from './snapshot.ts'
import type { Zone } from './zone.ts'

/** Changes a client's interests. Resolves when the snapshots have been handed to it. */
export function watch(
  authority: Authority,
  client: RemoteClient,
  mode: WatchMode,
  zones: readonly number[],
): Promise<void> {
  if (!client.connected) return Promise.resolve()
  const { watched } = client
  if (mode === 'delete') {
    const ended: Zone[] = []
    const named = new Set(zones)
    for (const zone of watched.keys()) {
      if (!named.has(zone.id)) continue
      const interests = watched.get(zone)! - 1
      if (interests === 0) ended.push(zone)
      else watched.set(zone, interests)
    }
    close(authority, client, ended)
    return authority.handed(client)
  }
  const present = new Set(client.zones)
  const asked = askIn(
    authority,
    zones.filter(zone => !present.has(zone)),
  )
  if (!client.connected) return Promise.resolve()
  if (mode === 'set') {
    const named = new Set(zones)
    close(
      authority,
      client,
      [...watched.keys()].filter(zone => !named.has(zone.id)),
    )
    for (const zone of watched.keys()) watched.set(zone, 1)
  }
  const opened: Zone[] = []
  for (const id of zones) {
    const zone = authority.zone(id)
    const interests = watched.get(zone)
    if (interests === undefined) opened.push(zone)
    else if (mode === 'add') watched.set(zone, interests + 1)
  }
  open(authority, client, opened, null, asked)
  return authority.handed(client)
}

/** Asks the getters of all objects in some zones, those that this brings forth too. */
export function askIn(authority: Authority, zones: readonly number[]): ReadonlyMap<Body, Asked> {
  const asked = new Map<Body, Asked>()
  for (let before = -1; asked.size > before; ) {
    before = asked.size
    for (const zone of zones) {
      for (const body of authority.members(zone)) if (!asked.has(body)) asked.set(body, askGetters(authority, body))
    }
  }
  return asked
}

/**
 * Opens zones for a client: all snapshots, then a `zone-done` for each, then what happens from now on.
 * @param fresh an object of the client's own that it has not been told of yet.
 * @param asked what `askIn` gave for these zones: nothing here runs code of the game.
 */
export function open(
  authority: Authority,
  client: RemoteClient,
  zones: readonly Zone[],
  fresh: Body | null,
  asked: ReadonlyMap<Body, Asked>,
): void {
  if (zones.length === 0) return
  // First all zones, so that references between them arrive.
  for (const zone of zones) {
    // What was called before is for those who watched then.
    settleZone(authority, zone)
    zone.watchers.add(client)
    zone.arrivals++
    client.outbox.startAt(zone)
    client.watched.set(zone, 1)
  }
  const { outbox } = client
  outbox.write(w => {
    w.u8(Op.Open)
    w.varint(zones.length)
  })
  const stream = outbox.personal()
  for (const zone of zones) {
    for (const body of zone.members) {
      if (body.ownedBy === client && body !== fresh) {
        // It has what it got alone, not what the zone's stream said last.
        settleHeld(authority, body)
        continue
      }
      stream.append(
        enterMessage(authority, body, { asOwner: body.ownedBy === client, viewer: client }, asked.get(body) ?? []),
      )
    }
  }
  // In one go: each beginning of a message of its own looks at every zone that the client watches.
  outbox.write(w => {
    for (const zone of zones) {
      w.u8(Op.ZoneDone)
      w.varint(zone.id)
      w.varint(zone.members.size)
    }
  })
  authority.touchClient(client)
}

function close(authority: Authority, client: RemoteClient, zones: readonly Zone[]): void {
  if (zones.length === 0) return
  const now = authority.clock.now()
  for (const zone of zones) {
    settleZone(authority, zone)
    client.outbox.stopAt(zone)
    client.watched.delete(zone)
    zone.watchers.delete(client)
    for (const body of zone.members) if (body.ownedBy !== client) client.leftView.remember(body.id, now)
  }
  client.outbox.write(w => {
    for (const zone of zones) {
      w.u8(Op.ZoneLeft)
      w.varint(zone.id)
    }
  })
  authority.touchClient(client)
  for (const zone of zones) authority.releaseZone(zone)
}
