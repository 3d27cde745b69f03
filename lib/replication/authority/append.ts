/** How a call gets into the stream that all watchers of a zone read. */
import type { Field } from '../../schema/network-class.ts'
import type { Authority } from './authority.ts'
import type { Body } from './body.ts'
import type { RemoteClient } from './client.ts'
import type { Zone } from './zone.ts'

/** Appends a call to a zone's stream, past one client where that is to have no part in it. */
export function appendTo(
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
  if (except && zone.watchers.has(except)) appendWithout(authority, zone, body, field, bytes, from, to, except)
  else zone.stream.deliver(field.key, body.id, bytes, from, to)
}

// Apart: its closure would cost every call a context on the heap.
function appendWithout(
  authority: Authority,
  zone: Zone,
  body: Body,
  field: Field,
  bytes: Uint8Array,
  from: number,
  to: number,
  except: RemoteClient,
): void {
  except.outbox.without(zone, () => zone.stream.deliver(field.key, body.id, bytes, from, to))
  authority.touchClient(except)
}
