/** Everything that a server tells of itself: for logs, metrics and moderation. Nothing happens to a call that is not told here. */

import type { NetworkObject } from '../../schema/network-object.ts'
import type { ViolationReason } from '../../session/server-session.ts'
import type { StandingLevel } from '../../session/standing.ts'
import type { Client } from './client.ts'

export interface ServerEvents {
  /** The server listens, at these urls, and ticks. */
  start: { readonly urls: readonly string[] }
  /** It stops: every client has been told so, and nobody is let in any more. What `stop()` was given, with its defaults. */
  stop: { readonly reason: string | number; readonly text: string; readonly timeoutMs: number }
  /**
   * A client has logged in; its avatar, if any, is in its zone. `returned`: this server had sent it on to another one, where it could not go; sent on again at once it may come back for ever.
   * docs/transfer.md.
   */
  connect: { readonly client: Client; readonly returned: boolean }
  /** A client's connection was lost. It owns and watches on, and may come back within `limits.resumeMs`; if it does not, `close` follows. Rule 26 of docs/guarantees.md. */
  lost: { readonly client: Client; readonly code: number; readonly reason: string }
  /** It has come back, after `awayMs`, from `address`. `fresh`: it had missed more than is kept, and is told everything anew. */
  resumed: { readonly client: Client; readonly awayMs: number; readonly fresh: boolean; readonly address: string }
  /** A connection has ended for good: of a client, or of one that never logged in (`client` is null). `code` and `reason` are those of docs/protocol.md. */
  close: {
    readonly client: Client | null
    readonly address: string
    readonly code: number
    readonly reason: string
    readonly text: string
  }
  /** Someone broke rule 10 of docs/guarantees.md. `field` is `Class.field`. */
  violation: {
    readonly client: Client | null
    readonly address: string
    readonly reason: ViolationReason
    readonly detail: string
    readonly object: number | null
    readonly field: string | null
  }
  /**
   * A client was turned away, for it was built from other classes. `differences` is its own word for it, which nobody has checked: at most 9 lines of
   * 200 characters without control characters; none where it said nothing.
   */
  mismatch: { readonly address: string; readonly differences: readonly string[] }
  /**
   * Of a client whose violations are ignored there have been many, or no more for a while: what its calls cost it has changed (`limits.standing`). `points` is their sum now; `reason` is the
   * violation that did it, null where time did.
   */
  standing: {
    readonly client: Client
    readonly level: StandingLevel
    readonly points: number
    readonly reason: ViolationReason | null
  }
  /** A call was not handled, and not punished: it came too late, to an object that has just left the client's view or ownership, too much waited before it, or its sender is quarantined. */
  dropped: {
    readonly client: Client
    readonly object: number
    readonly field: string | null
    readonly why: 'left-view' | 'not-owner-any-more' | 'busy' | 'deleted' | 'quarantined'
  }
  /** A handler or hook vetoed with `Reject`. `client` is null for a send of the server's own. */
  vetoed: {
    readonly client: Client | null
    readonly object: NetworkObject | null
    readonly field: string
    readonly reason: string
  }
  /** Code of the game threw something other than `Reject`. The engine goes on. */
  error: {
    readonly error: unknown
    readonly where: string
    readonly object: NetworkObject | null
    readonly field: string | null
  }
  /** An object has come into being, with its first values, in its zone. */
  create: { readonly object: NetworkObject }
  delete: { readonly object: NetworkObject }
  owner: { readonly object: NetworkObject; readonly from: Client | null; readonly to: Client | null }
  zone: { readonly object: NetworkObject; readonly from: number | null; readonly to: number | null }
  /** A client reads more slowly than it is sent to: its Latest calls are thinned from now (`true`), or no longer. */
  slow: { readonly client: Client; readonly slow: boolean; readonly waiting: number }
  /**
   * The store: `failing`, writing does not succeed and goes on being tried; `working` again; `behind`, more than `storage.dirtyLimit` objects wait for it; `fenced`, another
   * server has taken over and this one writes nothing more. `waiting` objects are unsaved.
   */
  store: {
    readonly state: 'failing' | 'working' | 'behind' | 'fenced'
    readonly error: unknown
    readonly waiting: number
  }
  /** A value in the store that this server's class does not take: the object is loaded without it, and the store keeps it. */
  unreadable: {
    readonly id: string
    /** Null for a row that says nothing. */
    readonly class: string | null
    /** Null where the whole object cannot be read. */
    readonly field: string | null
    readonly value: unknown
    readonly problem: string
  }
  /** Something that works, but hardly as meant; told once per cause. */
  warning: { readonly text: string }
}
