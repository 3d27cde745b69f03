/** The end of a tick: what has gathered in zones and outboxes becomes one frame per client. Work follows change: quiet zones and clients are not visited. */
import { Frame } from '../../link/transport.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'
import { appendHeld } from './held-calls.ts'
import { keptPart } from './snapshot.ts'
import type { Zone } from './zone.ts'

export function flush(authority: Authority, zones: Set<Zone>, clients: Set<RemoteClient>): void {
  const tooSlow: RemoteClient[] = []
  const judged: RemoteClient[] = []
  for (const client of authority.slow) if (catchesUp(authority, client)) judged.push(client)
  for (const zone of zones) {
    appendHeld(authority, zone)
    for (const watcher of zone.watchers) {
      if (watcher.dirty) continue
      watcher.dirty = true
      clients.add(watcher)
    }
  }
  for (const client of clients) if (!handOver(authority, client, zones, judged)) tooSlow.push(client)
  clients.clear()
  for (const zone of zones) {
    zone.stream.reset()
    zone.flushed.length = 0
    zone.heldFrom = -1
    zone.frame = null
    zone.dirty = false
    authority.releaseZone(zone)
  }
  zones.clear()
  // Only now: listeners are the game's code and ends delete objects, and what that appends belongs to the next flush.
  for (const client of judged)
    authority.emit('slow', { client, slow: client.slow, waiting: client.session.channel.buffered })
  for (const { session } of tooSlow) {
    session.close('too-slow')
    session.channel.abort()
  }
}

/** False for a client that is to be closed as too slow. */
function handOver(
  authority: Authority,
  client: RemoteClient,
  zones: ReadonlySet<Zone>,
  judged: RemoteClient[],
): boolean {
  const { session, outbox } = client
  const { waitingBytes } = authority.limits
  client.dirty = false
  const waiting = session.channel.buffered
  if (waiting > waitingBytes * 2) return false
  if (!client.slow && waiting > waitingBytes) {
    client.slow = true
    authority.slow.add(client)
    judged.push(client)
  }
  const only = client.slow ? null : soleZone(client)
  const frame = only ? sharedFrame(only) : outbox.drain(waiting === 0 ? authority.slab : null, client.slow)
  if (client.slow) oweHeld(client, zones)
  if (frame) session.send(frame)
  resolveHanded(client)
  return true
}

/** The zone whose whole stream is all that the client is owed, or null. */
function soleZone(client: RemoteClient): Zone | null {
  let sole: Zone | null = null
  for (const zone of client.watched.keys()) {
    if (zone.stream.position === 0) continue
    if (sole || !client.outbox.wantsAllOf(zone)) return null
    sole = zone
  }
  return sole
}

/** One frame for all who want the same: a transport builds its wire form once. */
function sharedFrame(zone: Zone): Frame {
  return (zone.frame ??= new Frame(zone.stream.writer.slice()))
}

/**
 * Rule 32: a client that did not keep up was spared the Latest and Unreliable calls. Once it has read half, it is told what stands, before the
 * zones' streams go on. True where that has come.
 */
function catchesUp(authority: Authority, client: RemoteClient): boolean {
  if (client.session.channel.buffered >= authority.limits.waitingBytes / 2) return false
  client.slow = false
  authority.slow.delete(client)
  for (const zone of client.watched.keys()) zone.losses++
  for (const [body, fields] of client.owed) {
    const part = client.sees(body) ? keptPart(authority, body, fields, client) : null
    if (part) client.outbox.personal().append(part)
  }
  client.owed.clear()
  return true
}

/** Remembers the kept fields whose calls a slow client was spared: it gets their newest values when it has caught up. */
function oweHeld(client: RemoteClient, zones: ReadonlySet<Zone>): void {
  for (const zone of client.watched.keys()) {
    if (!zones.has(zone)) continue
    for (const { body, field } of zone.flushed) {
      if (!field.isKept) continue
      let fields = client.owed.get(body)
      if (!fields) client.owed.set(body, (fields = new Set()))
      fields.add(field.index)
    }
  }
}

export function resolveHanded(client: RemoteClient): void {
  if (client.handed.length > 0) for (const resolve of client.handed.splice(0)) resolve()
}
