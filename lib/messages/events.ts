/** What messages tell of themselves. Nothing happens to a message that is not told here, or to the server and client that carry it. */

/** @typeParam P who is at the other end: the client on a server, the server's end on a client. */
export interface MessageEvents<P> {
  /** A message came of an id that is not in the registry. It was ignored. Rule 34 of docs/guarantees.md. */
  unknown: { readonly id: number; readonly bytes: number; readonly from: P }
  /** A message came when its connection did not stand where it is taken. It was ignored, or has ended the connection. */
  misplaced: { readonly message: string; readonly why: string; readonly from: P }
  /** A message came that nobody handles: there is neither a handler of its own nor one for all. */
  unheard: { readonly message: string; readonly from: P }
  /**
   * A message was not read: its sender sends too much, where that is ignored, or is quarantined; `busy`: more of it wait for `pump()` already than may. `message` is null for what is not in the registry.
   */
  dropped: { readonly message: string | null; readonly why: 'rate' | 'quarantined' | 'busy'; readonly from: P }
  /** A handler threw `Reject`. Whoever asked is told so. */
  refused: { readonly message: string; readonly reason: string; readonly from: P }
  /** A message could not be sent, nor kept: its receiver is gone, or has missed too much. */
  lost: { readonly message: string; readonly to: P }
  /** A listener of these events threw. */
  error: { readonly error: unknown; readonly where: string }
}
