/** What stands between a message and the wire. Rule 36 of docs/guarantees.md. */

/** A message under way. */
export interface Passing {
  readonly id: number
  readonly name: string
  readonly value: object
}

/** Sees messages as bytes, once for all receivers: the id and what follows it. Giving nothing drops the message. Both sides need one that undoes the other's. */
export interface BytesPass {
  send?(bytes: Uint8Array): Uint8Array | null | undefined | void
  receive?(bytes: Uint8Array): Uint8Array | null | undefined | void
}

/**
 * Sees every message of one's own, in the order of the list on the way out and in reverse on the way in. Giving nothing drops it. What it throws becomes the event `error` of the server
 * or client, and drops the message; a promise is an error.
 *
 * ```ts
 * const tidy: Middleware = {
 *   receive: message => ('text' in message.value ? { ...message, value: { ...message.value, text: trim(message.value.text) } } : message),
 * }
 * ```
 */
export interface Middleware {
  /** Once for each send, whoever receives it. */
  send?(message: Passing): Passing | null | undefined | void
  /** @param from the client on a server, the server's end on a client. */
  receive?(message: Passing, from: unknown): Passing | null | undefined | void
  readonly bytes?: BytesPass
}
