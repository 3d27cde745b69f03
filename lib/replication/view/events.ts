/** Everything that a client tells of itself. */
import type { NetworkObject } from '../../schema/network-object.ts'

export interface ClientEvents {
  /** The server's first words, before the login is decided. */
  hello: { readonly protocol: number; readonly library: string; readonly motd: string }
  /** The connection has ended. `code` and `reason` are those of docs/protocol.md. */
  close: { readonly code: number; readonly reason: string; readonly text: string }
  /** An object has come into view, its snapshot applied. */
  enter: { readonly object: NetworkObject }
  /** An object has left view; `deleted` where it exists no more. */
  leave: { readonly object: NetworkObject; readonly deleted: boolean }
  /** An object in view, or one's own, has moved to another zone. */
  zone: { readonly object: NetworkObject; readonly from: number | null; readonly to: number | null }
  /** An object in view has changed hands. Owners are client ids. */
  owner: { readonly object: NetworkObject; readonly from: number | null; readonly to: number | null }
  /** All of a zone has been handed over: `count` objects of it are in view. */
  'zone-done': { readonly zone: number; readonly count: number }
  /** A zone is watched no more. */
  'zone-left': { readonly zone: number }
  /** The server did not let a call pass. Requests reject instead. */
  vetoed: { readonly object: NetworkObject | null; readonly field: string; readonly reason: string }
  /** Code of the game threw: a handler, a hook, a listener, a constructor. The client goes on. */
  error: {
    readonly error: unknown
    readonly where: string
    readonly object: NetworkObject | null
    readonly field: string | null
  }
  /** A call came for an object that this client does not have, or was sent without a connection. */
  dropped: { readonly object: number; readonly field: string; readonly why: 'unknown-object' | 'disconnected' }
  /** The heartbeat has measured the round trip, in ms. */
  latency: { readonly latency: number }
}
