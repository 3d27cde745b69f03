/** Who receives an accepted call, and how it gets into their outboxes. Rules 3 and 4 of docs/guarantees.md. */
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { Origin } from './call-path.ts'
import type { RemoteClient } from './client.ts'
import type { LatestCall, Zone } from './zone.ts'

/** Hands an accepted call to its receivers. `bytes` from `from` to `to` are its arguments; `args` the same as values. */
export function deliver(
  authority: Authority,
  body: Body,
  field: Field,
  origin: Origin,
  bytes: Uint8Array,
  from: number,
  to: number,
  args: readonly unknown[],
): void {
  const { flags } = field
  if (flags & Flags.ServerOnly || !body.announced) return
  const { client: sender, only } = origin
  const except = flags & Flags.NoEcho ? sender : origin.except
  const zone = body.inZone
  const owner = body.ownedBy
  const toWatchers = (flags & Flags.Broadcast) !== 0
  const toOwner = owner !== null && (sender === null || (flags & (Flags.Broadcast | Flags.OwnerOnly)) !== 0)
  // The sender of a kept field gets it back in any case, so that its copy is exact; what the owner alone may know stays the owner's.
  const toSender = sender !== null && field.isKept && (!(flags & Flags.OwnerOnly) || sender === owner)

  if (only || field.codec.hasReferences || !toWatchers || !zone) {
    const receivers = new Set<RemoteClient>()
    if (toOwner) receivers.add(owner)
    if (toWatchers && zone) for (const watcher of zone.watchers) receivers.add(watcher)
    if (toSender && sender.sees(body)) receivers.add(sender)
    if (except) receivers.delete(except)
    for (const receiver of receivers) {
      if (only && receiver !== only) continue
      if (field.codec.hasReferences) authority.deliverReferences(receiver, body, field, args)
      else receiver.outbox.personal().deliver(field.key, body.id, bytes, from, to)
      authority.touchClient(receiver)
    }
    return
  }

  if (flags & Flags.Latest) {
    holdLatest(authority, body, field, zone, bytes, from, to, except)
    // Who does not watch the zone has no part in its flush.
    if (owner && owner !== except && !owner.watched.has(zone)) toOne(authority, owner, body, field, bytes, from, to)
    return
  }
  appendTo(authority, zone, body, field, bytes, from, to, except)
  if (owner && owner !== except && !owner.watched.has(zone)) toOne(authority, owner, body, field, bytes, from, to)
}

function toOne(authority: Authority, client: RemoteClient, body: Body, field: Field, bytes: Uint8Array, from: number, to: number): void {
  client.outbox.personal().deliver(field.key, body.id, bytes, from, to)
  authority.touchClient(client)
}

function appendTo(authority: Authority, zone: Zone, body: Body, field: Field, bytes: Uint8Array, from: number, to: number, except: RemoteClient | null): void {
  if (zone.watchers.size === 0) return
  authority.touchZone(zone)
  if (except && zone.watchers.has(except)) {
    except.outbox.without(zone, () => zone.stream.deliver(field.key, body.id, bytes, from, to))
    authority.touchClient(except)
  } else {
    zone.stream.deliver(field.key, body.id, bytes, from, to)
  }
}

function holdLatest(authority: Authority, body: Body, field: Field, zone: Zone, bytes: Uint8Array, from: number, to: number, except: RemoteClient | null): void {
  const calls = (body.latest ??= [])
  let call = calls[field.index]
  if (!call) call = calls[field.index] = { body, field, args: new Uint8Array(to - from), except: null, waiting: false }
  call.args = overwrite(call.args, bytes, from, to)
  call.except = except
  if (call.waiting) return
  call.waiting = true
  zone.latest.push(call)
  authority.touchZone(zone)
}

/** Copies into the same store where the length allows: a field of fixed size allocates once. */
export function overwrite(store: Uint8Array | undefined, bytes: Uint8Array, from: number, to: number): Uint8Array {
  const target = store?.length === to - from ? store : new Uint8Array(to - from)
  // A loop: for the few bytes of a call it beats making a view for `set`.
  for (let i = from; i < to; i++) target[i - from] = bytes[i]!
  return target
}

/** Appends the Latest calls that wait in a zone; at its flush. */
export function appendLatest(authority: Authority, zone: Zone): void {
  const calls = zone.latest
  zone.flushed = calls
  if (calls.length === 0) return
  zone.latest = []
  zone.stream.cut()
  zone.latestFrom = zone.stream.position
  for (const call of calls) appendCall(authority, zone, call)
}

/** Puts an object's Latest calls into their zone's stream now: before it leaves, changes hands or is deleted. */
export function settleLatest(authority: Authority, body: Body): void {
  const zone = body.inZone
  if (!zone || !body.latest) return
  for (const call of body.latest) {
    if (!call?.waiting) continue
    zone.latest.splice(zone.latest.indexOf(call), 1)
    appendCall(authority, zone, call)
  }
}

/** Puts all Latest calls of a zone into its stream now: before a client begins or ends to watch it. */
export function settleZone(authority: Authority, zone: Zone): void {
  for (const call of zone.latest.splice(0)) appendCall(authority, zone, call)
}

function appendCall(authority: Authority, zone: Zone, call: LatestCall): void {
  call.waiting = false
  const { body, field, args, except } = call
  call.except = null
  appendTo(authority, zone, body, field, args, 0, args.length, except)
}
