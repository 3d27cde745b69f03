/** Which zones a client watches, and what it is told when that changes. Rules 23 to 25 of docs/guarantees.md. */
import type { Writer } from '../../base/bytes.ts'
import { putZoneDone, type WatchMode } from '../../protocol/messages.ts'
import * as Op from '../../protocol/opcodes.ts'
import { watchAsleep } from './asleep.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import { withWriter } from './call-arguments.ts'
import type { RemoteClient } from './client.ts'
import { settleHeld, settleZone } from './held-calls.ts'
import { type Asked, askGetters, writeEnter } from './snapshot.ts'
import type { Zone } from './zone.ts'

/**
 * Changes a client's interests. Resolves when the snapshots have been handed to it, those too that it waits for already. Zones whose objects are in the store alone are
 * waited for, and so are changes before: they happen in the order in which they were asked for.
 */
export function watch(
  authority: Authority,
  client: RemoteClient,
  mode: WatchMode,
  zones: readonly number[],
): Promise<void> {
  const missing = (): Promise<void> | null =>
    mode === 'delete' || !client.isHere ? null : authority.persistence.awaken(zones)
  const before = client.waking
  if (!before && !missing()) return watchNow(authority, client, mode, zones)
  let handed: Promise<void> | undefined
  const changed = (async () => {
    // Whoever asked for that has been told if it failed.
    await before?.catch(() => {})
    // One may have fallen asleep again while another was waited for.
    for (let waking = missing(); waking; waking = missing()) await waking
    handed = watchNow(authority, client, mode, zones)
  })()
  client.waking = changed
  const ended = (): void => {
    if (client.waking === changed) client.waking = null
  }
  changed.then(ended, ended)
  const whole = changed.then(() => handed)
  // As a send: one that nobody awaits ends no process.
  whole.catch(() => {})
  return whole
}

function watchNow(
  authority: Authority,
  client: RemoteClient,
  mode: WatchMode,
  zones: readonly number[],
): Promise<void> {
  if (!client.isHere) return Promise.resolve()
  if (client.asleep) {
    watchAsleep(authority, client, mode, zones)
    return Promise.resolve()
  }
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
  if (!client.isHere) return Promise.resolve()
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
  const { openings } = authority
  if (openings.isWhole(client)) return authority.handed(client)
  return new Promise(resolve => openings.whenWhole(client, () => client.handed.push(resolve)))
}

/** What getters gave; null where there are too many objects for one go, and each is asked in its turn. */
export type AskedIn = ReadonlyMap<Body, Asked> | null

/** Asks the getters of all objects in some zones, those that this brings forth too. */
export function askIn(authority: Authority, zones: readonly number[]): AskedIn {
  const { snapshotSlice } = authority.limits
  const asked = new Map<Body, Asked>()
  for (let before = -1; asked.size > before; ) {
    before = asked.size
    let count = 0
    for (const id of zones) {
      const members = authority.zoneIfAny(id)?.members
      if (!members) continue
      count += members.size
      if (count > snapshotSlice) return null
      const asking = [...members].filter(body => body.archetype.snapshot.getters.length > 0 && !asked.has(body))
      for (const body of asking) asked.set(body, askGetters(authority, body))
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
  asked: AskedIn,
): void {
  if (zones.length === 0) return
  // First all zones, so that references between them arrive.
  for (const zone of zones) {
    // What was called before is for those who watched then.
    settleZone(authority, zone)
    zone.admit(client)
    zone.arrivals++
    client.outbox.startAt(zone)
    client.watched.set(zone, 1)
  }
  // What it owns it has as it got it alone, not as the zone's stream said last.
  for (const body of client.owned) if (body !== fresh && zones.includes(body.inZone!)) settleHeld(authority, body)
  withWriter(w => {
    w.u8(Op.Open)
    w.varint(zones.length)
    if (asked) writeZones(authority, w, client, zones, fresh, asked)
    client.outbox.personal().append(w.bytes.subarray(0, w.position))
  })
  if (!asked) for (const zone of zones) authority.openings.begin(client, zone)
  authority.touchClient(client)
}

function writeZones(
  authority: Authority,
  w: Writer,
  client: RemoteClient,
  zones: readonly Zone[],
  fresh: Body | null,
  asked: ReadonlyMap<Body, Asked>,
): void {
  const asWatcher = { asOwner: false, viewer: client }
  for (const zone of zones) {
    for (const body of zone.members) {
      if (body === fresh) writeEnter(authority, w, body, { asOwner: true, viewer: client }, asked.get(body))
      else if (body.ownedBy !== client) writeEnter(authority, w, body, asWatcher, asked.get(body))
    }
  }
  for (const zone of zones) putZoneDone(w, zone.id, zone.members.size)
}

function close(authority: Authority, client: RemoteClient, zones: readonly Zone[]): void {
  if (zones.length === 0) return
  const { openings } = authority
  const now = authority.clock.now()
  for (const zone of zones) {
    settleZone(authority, zone)
    if (client.datagrams) confirmNow(authority, client, zone)
    client.outbox.stopAt(zone)
    client.unwatch(zone)
    zone.dismiss(client)
    const told = (body: Body): boolean => !openings.awaits(client, body)
    zone.members.ofLast(authority.limits.graceObjects, body => {
      if (body.ownedBy === client || !told(body)) return
      client.leftView.remember(body.id, now)
    })
    for (const body of client.owed.keys()) if (body.inZone === zone && body.ownedBy !== client) client.owed.delete(body)
    // It has been announced: the client waits for it.
    if (openings.isOpening(client, zone)) {
      const known = [...zone.members].filter(told).length
      openings.cancel(client, zone)
      client.outbox.write(w => putZoneDone(w, zone.id, known))
    }
  }
  client.outbox.write(w => {
    for (const zone of zones) {
      w.u8(Op.ZoneLeft)
      w.varint(zone.id)
    }
  })
  openings.settle(client)
  authority.touchClient(client)
  for (const zone of zones) authority.releaseZone(zone)
}

/** A client is about to hear no more of a zone: what may have been lost of the objects that it sees all the same is confirmed to it now. */
function confirmNow(authority: Authority, client: RemoteClient, { datagrams, id }: Zone): void {
  if (!datagrams?.watchers.has(client)) return
  for (const body of client.owned) if (body.inZone?.id === id) settleHeld(authority, body)
  const { writer, position } = datagrams.confirmed
  if (position > 0) client.outbox.personal().append(writer.bytes.subarray(0, position))
}
