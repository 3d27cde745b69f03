/** The end of a tick: what has gathered in zones and outboxes becomes one frame per client. Work follows change: quiet zones and clients are not visited. */
import type { Writer } from '../../base/bytes.ts'
import { copyBytes } from '../../base/put-bytes.ts'
import { bytesFrom, type Slab } from '../../base/slab.ts'
import { Frame, frameRoom } from '../../link/transport.ts'
import type { Authority } from './authority.ts'
import { withWriter } from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import { putTick } from './flights.ts'
import { appendHeld } from './held-calls.ts'
import { catchesUp, judge, oweHeld, payOwed } from './slow-clients.ts'
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
    zone.datagrams?.reset()
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
  client.dirty = client.comesLast = false
  if (client.asleep) return true
  let owed = 0
  let count = 0
  if (client.datagrams) return handOverDatagrams(authority, client, judged)
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
  if (!judge(authority, client, waiting, owed, judged)) return false
  // What goes into the log of one that is away waits for long.
  const slab = waiting === 0 && client.away === null ? authority.slab : null
  let frame: Frame | null
  if (client.slow) {
    oweHeld(client)
    payOwed(authority, client, waiting, outbox.sizeWithoutHeld)
    frame = outbox.drain(slab, true, null)
  } else if (!outbox.isPlain) frame = outbox.drain(slab, false, null)
  else frame = count === 1 ? sharedFrame(owing[0]!) : joined(count, owed, slab)
  if (frame) send(client, frame)
  resolveHanded(client)
  return true
}

/** The same for a client that gets held calls as datagrams. */
function handOverDatagrams(authority: Authority, client: RemoteClient, judged: RemoteClient[]): boolean {
  const { session, outbox, watched } = client
  const waiting = session.channel.buffered
  let owed = 0
  for (const zone of watched.keys()) owed += zone.owed
  if (!judge(authority, client, waiting, owed, judged)) return false
  const slab = waiting === 0 && client.away === null ? authority.slab : null
  if (client.slow) {
    oweHeld(client)
    payOwed(authority, client, waiting, 0)
  }
  const frame = outbox.isPlain ? reliableFrame(authority, watched) : reliableParts(authority, client, slab)
  if (frame) send(client, frame)
  if (!client.slow)
    for (const zone of watched.keys()) for (const packet of zone.datagrams!.packetsFor(client)) client.fire(packet)
  resolveHanded(client)
  return true
}

function send(client: RemoteClient, frame: Frame): void {
  client.budget?.spend(frame.bytes.length)
  client.deliver(frame)
}

/** What of some zones' streams goes the reliable way to who has datagrams; of one zone alone it is shared by all who want nothing else. */
function reliableFrame(authority: Authority, zones: ReadonlyMap<Zone, unknown>): Frame | null {
  let isQuiet = true
  let shared: Frame | null = null
  for (const zone of zones.keys()) {
    const { frame, confirmed } = zone.datagrams!
    if (frame) shared = frame
    if (reliableEnd(zone) > 0 || confirmed.position > 0) isQuiet = false
  }
  if (isQuiet) return null
  if (shared && zones.size === 1) return shared
  return withWriter(w => {
    putTick(w, authority.tick)
    putConfirmed(w, zones)
    for (const zone of zones.keys()) w.raw(zone.stream.writer.bytes, 0, reliableEnd(zone))
    const frame = new Frame(w.slice())
    if (zones.size === 1) for (const zone of zones.keys()) zone.datagrams!.frame = frame
    return frame
  })
}

/** Where the part of a zone's stream ends that does not go as datagrams. */
const reliableEnd = ({ heldFrom, owed }: Zone): number => (heldFrom < 0 ? owed : heldFrom)

/** The same for a client that is owed other things too. */
function reliableParts(authority: Authority, { outbox, watched }: RemoteClient, slab: Slab | null): Frame | null {
  return withWriter(w => {
    putTick(w, authority.tick)
    const start = w.position
    putConfirmed(w, watched)
    const head = w.slice()
    return outbox.drain(slab, true, head) ?? (head.length > start ? new Frame(head) : null)
  })
}

function putConfirmed(w: Writer, zones: ReadonlyMap<Zone, unknown>): void {
  for (const { datagrams } of zones.keys()) {
    const { writer, position } = datagrams!.confirmed
    w.raw(writer.bytes, 0, position)
  }
}

/** What comes first in a frame between flushes; null for a client without datagrams. */
export function headFor(authority: Authority, { datagrams }: RemoteClient): Uint8Array | null {
  if (!datagrams) return null
  return withWriter(w => {
    putTick(w, authority.tick)
    return w.slice()
  })
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

export function resolveHanded(client: RemoteClient): void {
  if (client.handed.length > 0) for (const resolve of client.handed.splice(0)) resolve()
}
