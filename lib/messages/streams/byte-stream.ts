/** What a game has of a byte stream. docs/streams.md. */
import type { ArrivalOf, MessageLike } from '../definition.ts'

declare global {
  // Merged with the platform's own; without its types, as in a project without lib.dom and types of Node, the declarations of this package stand all the same.
  interface ReadableStream<R = any> {}
  interface WritableStream<W = any> {}
}

/** Bytes both ways, each way with an end of its own. A slow reader stops its sender. */
export interface ByteStream {
  /** What the other side writes. Cancelling it stops the other side: its `writable` errors with Rejected, whose reason is what was given where that is a string or `Reject`. */
  readonly readable: ReadableStream<Uint8Array>
  /** What the other side reads. Closing it ends this way alone; aborting it errors the other side's `readable` with Rejected. */
  readonly writable: WritableStream<Uint8Array>
  /** Ends both ways at once, on both sides, with Rejected. @param reason at most 1024 characters. @default 'aborted' */
  abort(reason?: string): void
}

/**
 * Takes a stream. Where it gives a promise, the stream ends with that: what was not closed is closed, what was not read is stopped with the reason `done`. One that throws
 * aborts the stream: with the reason of its `Reject`, else with `error`.
 */
export type StreamHandler<M extends MessageLike, P> = (
  head: ArrivalOf<M>,
  stream: ByteStream,
  from: P,
) => void | PromiseLike<void>
