/** Who receives an accepted call, and how it gets into their outboxes. Rules 3 and 4 of docs/guarantees.md. */
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { Origin } from './call-path.ts'
import type { RemoteClient } from './client.ts'
import { valuesOf } from './references.ts'
import type { HeldCall, Zone } from './zone.ts'

/** Hands an accepted call to its receivers. `bytes` from `from` to `to` are its arguments. */
export function deliver(
  authority: Authority,
  body: Body,
  field: Field,
  origin: Origin,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const { flags } = field
  if (flags & Flags.ServerOnly || !body.announced) return
  const { client: sender, only } = origin
  const except = sender && flags & Flags.NoEcho ? sender : origin.except
  const zone = body.inZone
  const owner = body.ownedBy
  const toWatchers = (flags & Flags.Broadcast) !== 0
  const toOwner = owner !== null && (sender === null || (flags & (Flags.Broadcast | Flags.OwnerOnly)) !== 0)
  // The sender of a kept field gets it back in any case, so that its copy is exact; what the owner alone may know stays the owner's.
  const toSender = sender !== null && field.isKept && (!(flags & Flags.OwnerOnly) || sender === owner)

  if (only || field.codec.hasReferences || !toWatchers || !zone) {
    // What was called before must not arrive after.
    if (only) settleHeld(authority, body)
    // Read from the bytes: the handler may have changed what it was given.
    const values = field.codec.hasReferences ? valuesOf(authority, field, bytes.subarray(from, to)) : null
    const receivers = new Set<RemoteClient>()
    if (toOwner) receivers.add(owner)
    if (toWatchers && zone) for (const watcher of zone.watchers) receivers.add(watcher)
    if (toSender && sender.sees(body)) receivers.add(sender)
    if (except) receivers.delete(except)
    for (const receiver of receivers) {
      if (only && receiver !== only) continue
      if (values) authority.deliverReferences(receiver, body, field, values)
      else receiver.outbox.personal().deliver(field.key, body.id, bytes, from, to)
      authority.touchClient(receiver)
    }
    return
  }

  if (flags & (Flags.Latest | Flags.Unreliable)) hold(authority, body, field, zone, bytes, from, to, except)
  else appendTo(authority, zone, body, field, bytes, from, to, except)
  // An owner who does not watch the zone has no part in its stream.
  if (owner && owner !== except && !owner.watched.has(zone)) {
    owner.outbox.personal().deliver(field.key, body.id, bytes, from, to)
    authority.touchClient(owner)
  }
}

function appendTo(
  authority: Authority,
  zone: Zone,
  body: Body,
  field: Field,
  bytes: Uint8Array,
  from: number,
  to: number,
  except: RemoteClient | null,
): void {
  if (zone.watchers.size === 0) return
  authority.touchZone(zone)
  if (except && zone.watchers.has(except)) {
    except.outbox.without(zone, () => zone.stream.deliver(field.key, body.id, bytes, from, to))
    authority.touchClient(except)
  } else {
    zone.stream.deliver(field.key, body.id, bytes, from, to)
  }
}

/** Keeps a call back until the flush, where a slow client can do without it: the newest of a Latest field, each of an Unreliable one. */
function hold(
  authority: Authority,
  body: Body,
  field: Field,
  zone: Zone,
  bytes: Uint8Array,
  from: number,
  to: number,
  except: RemoteClient | null,
): void {
  if (zone.watchers.size === 0) return
  const newest = field.has(Flags.Latest) ? (body.newest ??= []) : []
  const call = (newest[field.index] ??= { body, field, args: new Uint8Array(to - from), except: null, waiting: false })
  // Who does not get the new call must get the one before it.
  if (call.waiting && call.except !== except) settleHeld(authority, body)
  call.args = overwrite(call.args, bytes, from, to)
  call.except = except
  if (call.waiting) return
  call.waiting = true
  body.held++
  zone.held.push(call)
  authority.touchZone(zone)
}

/** Copies into the same store where the length allows: a field of fixed size allocates once. */
export function overwrite(store: Uint8Array | undefined, bytes: Uint8Array, from: number, to: number): Uint8Array {
  const target = store?.length === to - from ? store : new Uint8Array(to - from)
  // A loop: for the few bytes of a call it beats making a view for `set`.
  for (let i = from; i < to; i++) target[i - from] = bytes[i]!
  return target
}

/** Appends the calls that are held back in a zone; at its flush. */
export function appendHeld(authority: Authority, zone: Zone): void {
  const calls = zone.held
  zone.flushed = calls
  if (calls.length === 0) return
  zone.held = []
  zone.stream.cut()
  zone.heldFrom = zone.stream.position
  for (const call of calls) appendCall(authority, zone, call)
}

/** Puts an object's held calls into their zone's stream now: before it leaves, changes hands or is deleted. */
export function settleHeld(authority: Authority, body: Body): void {
  const zone = body.inZone
  if (!zone || body.held === 0) return
  const own = zone.held.filter(call => call.body === body)
  zone.held = zone.held.filter(call => call.body !== body)
  for (const call of own) appendCall(authority, zone, call)
}

/** Puts all held calls of a zone into its stream now: before a client begins or ends to watch it. */
export function settleZone(authority: Authority, zone: Zone): void {
  for (const call of zone.held.splice(0)) appendCall(authority, zone, call)
}

function appendCall(authority: Authority, zone: Zone, call: HeldCall): void {
  const { body, field, args, except } = call
  call.waiting = false
  call.except = null
  body.held--
  appendTo(authority, zone, body, field, args, 0, args.length, except)
}
