/** Who receives an accepted call, and how it gets into their outboxes. Rules 3 and 4 of docs/guarantees.md. */
import { Flags } from '../../schema/flags.ts'
import type { Field } from '../../schema/network-class.ts'
import { appendTo } from './append.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { Origin } from './call-path.ts'
import type { RemoteClient } from './client.ts'
import { payAhead } from './flights.ts'
import { hold, isHeld, settleHeld } from './held-calls.ts'
import { valuesOf } from './references.ts'
import { forgiveDebt } from './slow-clients.ts'

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
    if (only) {
      const call = body.newest?.[field.index]
      if (call && only.slow) payAhead(only, call)
      settleHeld(authority, body)
    }
    // Read from the bytes: the handler may have changed what it was given.
    const values = field.codec.hasReferences ? valuesOf(authority, field, bytes.subarray(from, to)) : null
    const receivers = new Set<RemoteClient>()
    if (toOwner) receivers.add(owner)
    if (toWatchers && zone) for (const watcher of zone.watchers) receivers.add(watcher)
    if (toSender && sender.sees(body)) receivers.add(sender)
    if (except) receivers.delete(except)
    for (const receiver of receivers) {
      if (only && receiver !== only) continue
      forgiveDebt(receiver, body, field)
      if (values) authority.deliverReferences(receiver, body, field, values)
      else receiver.outbox.personal().deliver(field.key, body.id, bytes, from, to)
      authority.touchClient(receiver)
    }
    return
  }

  if (isHeld(field)) hold(authority, body, field, zone, bytes, from, to, except)
  else appendTo(authority, zone, body, field, bytes, from, to, except)
  // An owner who does not watch the zone has no part in its stream.
  if (owner && owner !== except && !owner.watches(zone)) {
    forgiveDebt(owner, body, field)
    owner.outbox.personal().deliver(field.key, body.id, bytes, from, to)
    authority.touchClient(owner)
  }
}
