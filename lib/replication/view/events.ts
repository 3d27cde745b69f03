/** Everything that a client tells of itself. */
import type { NetworkObject } from '../../schema/network-object.ts'

export interface ClientEvents {
  /** The server's first words, before the login is decided. */
  hello: { readonly protocol: number; readonly library: string; readonly motd: string }
  /** The connection was lost: without a word it is tried again until `windowMs` have passed, and what is sent gathers meanwhile. Rule 26 of docs/guarantees.md. */
  lost: { readonly code: number; readonly reason: string; readonly text: string; readonly windowMs: number }
  /** It stands again, after `awayMs`. `fresh`: too much was missed, and everything in view is told anew. */
  resumed: { readonly awayMs: number; readonly fresh: boolean }
  /** The server sends the client on to another one, at `url`: everything has left view, and requests in flight have rejected. docs/transfer.md. */
  transfer: { readonly url: string }
  /**
   * The client is there: its id, avatar, objects and zones are those of the server at `url`. `failed`: that is the one before, for the other could not be had; `reason` is the name of its close code,
   * or what `connect` would have rejected with, else null.
   */
  transferred: { readonly url: string; readonly failed: boolean; readonly reason: string | null }
  /** The connection has ended for good. `code` and `reason` are those of docs/protocol.md. */
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
  /** A call came for an object that this client does not have, or was sent without a connection; one that gathered while the connection was lost is told of when that is for good. */
  dropped: { readonly object: number; readonly field: string; readonly why: 'unknown-object' | 'disconnected' }
  /** The heartbeat has measured the round trip, in ms. */
  latency: { readonly latency: number }
}
