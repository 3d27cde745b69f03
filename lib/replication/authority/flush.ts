/** The end of a tick: what has gathered in zones and outboxes becomes one frame per client. Work follows change: quiet zones and clients are not visited. */
import { copyBytes } from '../../base/put-bytes.ts'
import { bytesFrom, type Slab } from '../../base/slab.ts'
import { Frame, frameRoom } from '../../link/transport.ts'
import type { Authority } from './authority.ts'
import type { RemoteClient } from './client.ts'
import { appendHeld } from './held-calls.ts'
import { keptPart } from './snapshot.ts'
import type { Zone } from './zone.ts'

export function flush(authority: Authority, zones: Set<Zone>, clients: Set<RemoteClient>): void {
  const tooSlow: RemoteClient[] = []
  const judged: RemoteClient[] = []
  let watchers = 0
  for (const client of authority.slow) if (catchesUp(authority, client)) judged.push(client)
  for (const zone of zones) {
    appendHeld(authority, zone)
    zone.owed = zone.stream.position
    watchers += zone.watchers.size
  }
  // Each watcher of nine busy zones would be found nine times: where most are concerned, everybody is looked at once instead.
  const everyone = watchers >= authority.clients.size
  if (!everyone) {
    for (const zone of zones) {
      for (const watcher of zone.watchers) {
        if (watcher.dirty) continue
        watcher.dirty = true
        clients.add(watcher)
      }
    }
  }
  // In the order in which they were touched: who loses an object is told before who gains it.
  for (const client of clients) if (!handOver(authority, client, judged)) tooSlow.push(client)
  if (everyone) {
    for (const client of authority.clients.values()) {
      if ((clients.size === 0 || !clients.has(client)) && !handOver(authority, client, judged)) tooSlow.push(client)
    }
  }
  clients.clear()
  for (const zone of zones) {
    zone.stream.reset()
    zone.flushed.length = 0
    zone.heldFrom = -1
    zone.owed = 0
    zone.frame = null
    zone.dirty = false
    authority.releaseZone(zone)
  }
  zones.clear()
  // A server that has stopped must not be kept by it.
  owing.fill(null)
  // Only now: listeners are the game's code and ends delete objects, and what that appends belongs to the next flush.
  for (const { session } of tooSlow) {
    session.close('too-slow')
    session.channel.abort()
  }
  for (const client of judged)
    authority.emit('slow', { client, slow: client.slow, waiting: client.session.channel.buffered })
}

/** The zones that a client is owed something of, as many as are counted; used again for each. Setting its length to 0 would give its store away. */
const owing: (Zone | null)[] = []

/** False for a client that is to be closed as too slow. */
function handOver(authority: Authority, client: RemoteClient, judged: RemoteClient[]): boolean {
  const { session, outbox } = client
  const { waitingBytes } = authority.limits
  client.dirty = client.comesLast = false
  let owed = 0
  let count = 0
  for (const zone of client.watched.keys()) {
    if (zone.owed === 0) continue
    owing[count++] = zone
    owed += zone.owed
  }
  if (count === 0 && !client.slow && outbox.isPlain) {
    resolveHanded(client)
    return true
  }
  const waiting = session.channel.buffered
  if (waiting > waitingBytes * 2) return false
  if (!client.slow && waiting > waitingBytes) {
    client.slow = true
    authority.slow.add(client)
    judged.push(client)
  }
  const slab = waiting === 0 ? authority.slab : null
  let frame: Frame | null
  if (client.slow || !outbox.isPlain) frame = outbox.drain(slab, client.slow)
  else frame = count === 1 ? sharedFrame(owing[0]!) : joined(count, owed, slab)
  if (client.slow) oweHeld(client)
  if (frame) session.send(frame)
  resolveHanded(client)
  return true
}

/** The whole streams of the first of `owing` as one frame. */
function joined(count: number, size: number, slab: Slab | null): Frame {
  const bytes = bytesFrom(slab, size, frameRoom)
  let at = 0
  for (let i = 0; i < count; i++) {
    const { stream, owed } = owing[i]!
    copyBytes(stream.writer.bytes, 0, owed, bytes, at)
    at += owed
  }
  return new Frame(bytes, frameRoom)
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
function oweHeld(client: RemoteClient): void {
  for (const zone of client.watched.keys()) {
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
